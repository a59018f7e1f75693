// Lid and light: what counts as opening the box. Pure, stepped each millisecond; runs on the host, too.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "board.h"
#include "debounce.h"
#include "protocol.h"

struct tamper {
    struct debounce lid, light;
    bool latched;         // until somebody clears it with the lid closed
    uint16_t count;       // ever
    uint32_t service_ms;  // left of a maintainer's visit
};

// Returns what opened the box in this very step (enum tamper), 0 if nothing did.
static inline uint8_t tamper_step(struct tamper *tamper, bool lid_open, bool lit) {
    uint8_t cause = 0;
    if (debounce_step(&tamper->lid, lid_open, LID_REST_MS) && lid_open) cause = TAMPER_LID;
    if (debounce_step(&tamper->light, lit, LIT_REST_MS) && lit) cause = cause ? cause : TAMPER_LIGHT;
    if (tamper->service_ms) tamper->service_ms--;
    if (!cause) return 0;
    if (!tamper->service_ms) {
        if (!tamper->latched && tamper->count < 0xFFFF) tamper->count++;
        tamper->latched = true;
    }
    return cause;
}

// Whether the latch may be cleared: nothing is open.
static inline bool tamper_shut(const struct tamper *tamper) {
    return !tamper->lid.level && !tamper->light.level;
}
