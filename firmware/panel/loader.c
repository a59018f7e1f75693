// The loader: never updated, runs from memory above the app. It starts the newest image that is genuine
// and good, gives a new one a few trials, and raises the security floor once an image is confirmed.
#include <string.h>

#include "chip.h"
#include "flash.h"
#include "image.h"
#include "key.h"
#include "sha256.h"
#include "signature.h"
#include "slots.h"

#define DIGEST 32

static struct image_header header;

static const struct image_header *header_at(int slot) {
    return flash_at(SLOT_OFFSET(slot));
}

static const struct slot_state *state_at(int slot) {
    return flash_at(STATE_OFFSET(slot));
}

// What was once found genuine is remembered by its digest, so that a start costs no signature.
static bool remembered(int slot, const uint8_t digest[DIGEST]) {
    for (int i = 0; i < STATE_VERIFIED_PAGES; i++)
        if (memcmp(state_at(slot)->verified[i], digest, DIGEST) == 0) return true;
    return false;
}

static void remember(int slot, const uint8_t digest[DIGEST]) {
    for (int i = 0; i < STATE_VERIFIED_PAGES; i++) {
        const uint8_t *page = state_at(slot)->verified[i];
        bool blank = true;
        for (int j = 0; j < DIGEST; j++) blank = blank && page[j] == 0xFF;
        if (!blank) continue;
        flash_program(STATE_OFFSET(slot) + (4u + (uint32_t)i) * PAGE, digest, DIGEST);
        return;
    }
}

// Copies the slot's image to where it runs; what is checked is the copy, not the flash.
static bool genuine(int slot) {
    uint8_t digest[DIGEST];
    struct sha256 hash;
    header = *header_at(slot);
    memcpy((void *)APP_BASE, flash_at(SLOT_OFFSET(slot) + PAGE), header.size);
    sha256_begin(&hash);
    sha256_add(&hash, &header, IMAGE_SIGNED + sizeof header.signature);
    sha256_add(&hash, (const void *)APP_BASE, header.size);
    sha256_end(&hash, digest);
    if (remembered(slot, digest)) return true;
    chip_feed();
    if (!signature_good(header.signature, LOADER_KEY, &header, IMAGE_SIGNED, (const void *)APP_BASE, header.size)) return false;
    remember(slot, digest);
    return true;
}

static void raise_floor(uint32_t from, uint32_t to) {
    static const uint32_t used = 0;
    for (; from < to; from++) flash_program(FLOOR_OFFSET + 4 * from, &used, sizeof used);
}

static void note(struct slot_choice choice, uint32_t trials_left, uint32_t least) {
    NOTES->slot = (uint32_t)choice.slot;
    NOTES->trust = choice.trust;
    NOTES->trials_left = trials_left;
    NOTES->sequence = state_at(choice.slot)->sequence;
    NOTES->security = header.security;
    NOTES->version = header.version;
    NOTES->least_security = least;
    NOTES->development_key = LOADER_KEY_IS_FOR_DEVELOPMENT;
    NOTES->magic = NOTES_MAGIC;
}

static _Noreturn void run(void) {
    const uint32_t *vectors = (const uint32_t *)APP_BASE;
    __asm volatile("msr msp, %0\n\tbx %1" : : "r"(vectors[0]), "r"(vectors[1]));
    for (;;) {
    }
}

static void start(struct slot_choice choice, struct slot_view view, uint32_t least) {
    if (!genuine(choice.slot)) return;
    if (choice.trust == TRUST_CONFIRMED && header.security > least) {
        raise_floor(least, header.security);
        least = header.security;
    }
    if (choice.trust == TRUST_ON_TRIAL) {
        static const uint32_t used = 0;
        uint32_t at = STATE_OFFSET(choice.slot) + 8u + 4u * (uint32_t)(TRIALS - view.trials_left);
        view.trials_left--;
        flash_program(at, &used, sizeof used);
    }
    note(choice, view.trials_left, least);
    run();
}

_Noreturn void loader_main(void);
_Noreturn void loader_main(void) {
    struct slot_view views[2];
    chip_clocks();
    chip_watchdog(LOADER_WATCHDOG_MS);
    uint32_t least = floor_read(flash_at(FLOOR_OFFSET));
    for (int i = 0; i < 2; i++) views[i] = slot_view(header_at(i), state_at(i), least);
    for (;;) {
        struct slot_choice choice = slot_choose(views);
        if (choice.slot < 0) flash_usb_boot();
        start(choice, views[choice.slot], least);
        views[choice.slot].possible = false;
    }
}
