#include "journal.h"

#include "flash.h"

#define BLANK 0xFFFFFFFFu
#define OPENED 0x4F50454Eu
#define CLEARED 0x434C4541u

static uint32_t used;
static bool written;

void journal_read(struct tamper *tamper) {
    const uint32_t *words = flash_at(LOG_OFFSET);
    tamper->count = 0;
    tamper->latched = false;
    for (used = 0; used < WORDS_A_SECTOR && words[used] != BLANK; used++) {
        // A word that a power cut tore is no clearing.
        tamper->latched = words[used] != CLEARED;
        if (tamper->latched) tamper->count++;
    }
    if (used == WORDS_A_SECTOR) tamper->latched = true;  // full: it needs the bench
    written = tamper->latched;
}

void journal_write(const struct tamper *tamper) {
    if (tamper->latched == written) return;
    written = tamper->latched;
    if (used >= WORDS_A_SECTOR) return;
    uint32_t word = written ? OPENED : CLEARED;
    flash_program(LOG_OFFSET + 4 * used++, &word, sizeof word);
}
