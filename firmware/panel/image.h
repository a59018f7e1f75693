// What lies in a slot, and what the loader tells the app. The host's side: panel_image.py.
#pragma once
#include <stdint.h>

#include "board.h"

#define IMAGE_MAGIC 0x4C4E5048u  // "HPNL"
#define IMAGE_SIGNED 64          // bytes of the header that are signed, before the code
#define CODE_LIMIT (SLOT_SIZE - PAGE)

// The first page of a slot; the code follows it. The signature (Ed25519, RFC 8032) is over the 64 bytes
// before it and the code.
struct image_header {
    uint32_t magic, size, version, schema, security, board, reserved[10];
    uint8_t signature[64];
    uint8_t padding[128];
};

// The state of a slot, in a sector of its own. Words are only ever cleared: 0xFFFFFFFF is "not yet".
#define STATE_CONFIRMED 0x434F4E46u
#define STATE_VERIFIED_PAGES 12
struct slot_state {
    uint32_t sequence, confirmed, tried[TRIALS];
    uint8_t rest[PAGE - 8 - 4 * TRIALS];
    uint8_t unused[3 * PAGE];
    uint8_t verified[STATE_VERIFIED_PAGES][PAGE];  // each: SHA-256 of what was found genuine
};

#define NOTES_MAGIC 0x4E4F5445u
struct boot_notes {
    uint32_t magic, slot, trust, trials_left, sequence, security, version, least_security, development_key;
};
#define NOTES ((volatile struct boot_notes *)NOTES_BASE)
