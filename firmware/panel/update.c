#include "update.h"

#include <string.h>

#include "flash.h"
#include "protocol.h"

static uint8_t unfit(const struct image_header *header) {
    if (header->magic != IMAGE_MAGIC || !header->size || header->size > CODE_LIMIT || header->size % 4) return REFUSAL_IMAGE_SIZE;
    if (header->board != BOARD) return REFUSAL_IMAGE_BOARD;
    if (header->security < NOTES->least_security || header->security > WORDS_A_SECTOR) return REFUSAL_IMAGE_OLD;
    return 0;
}

uint8_t update_begin(struct update *update, const uint8_t head[128]) {
    memset(update, 0, sizeof *update);
    memcpy(&update->header, head, 128);
    memset(update->header.padding, 0xFF, sizeof update->header.padding);
    uint8_t why = unfit(&update->header);
    if (why) return why;
    // An image on trial must not overwrite the one that would be fallen back to.
    if (NOTES->trust == TRUST_ON_TRIAL) return REFUSAL_STATE;
    update->slot = !NOTES->slot;
    update->pages = (uint16_t)((update->header.size + PAGE - 1) / PAGE);
    uint32_t sequence = NOTES->sequence + 1, last = (PAGE + update->header.size - 1) / SECTOR;
    // The first sector holds the old header: once it is gone the slot is empty, whatever its state says.
    for (uint32_t i = 0; i <= last; i++)
        if (!flash_erase(SLOT_OFFSET(update->slot) + i * SECTOR)) return REFUSAL_FLASH;
    if (!flash_erase(STATE_OFFSET(update->slot))) return REFUSAL_FLASH;
    if (!flash_program(STATE_OFFSET(update->slot), &sequence, sizeof sequence)) return REFUSAL_FLASH;
    update->open = true;
    return 0;
}

uint8_t update_page(struct update *update, uint16_t page, const uint8_t content[256]) {
    if (!update->open || page != update->next || page >= update->pages) return REFUSAL_STATE;
    if (!flash_program(SLOT_OFFSET(update->slot) + PAGE * (page + 1u), content, PAGE)) return REFUSAL_FLASH;
    update->next++;
    return 0;
}

uint8_t update_end(struct update *update) {
    if (!update->open || update->next != update->pages) return REFUSAL_STATE;
    update->open = false;
    return flash_program(SLOT_OFFSET(update->slot), &update->header, sizeof update->header) ? 0 : REFUSAL_FLASH;
}

uint8_t update_confirm(void) {
    static const uint32_t confirmed = STATE_CONFIRMED;
    if (NOTES->trust == TRUST_CONFIRMED) return 0;
    if (!flash_program(STATE_OFFSET(NOTES->slot) + 4, &confirmed, sizeof confirmed)) return REFUSAL_FLASH;
    NOTES->trust = TRUST_CONFIRMED;
    return 0;
}
