// Which slot to start. Pure; runs on the host, too.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "image.h"
#include "protocol.h"

struct slot_view {
    bool possible;      // the header makes sense and is not older than the floor; refused ones lose it
    bool confirmed;
    uint8_t trials_left;
    uint32_t sequence;  // the newest has the highest
};

struct slot_choice {
    int slot;       // -1: none
    uint8_t trust;  // enum trust
};

// What header and state say; `least_security` is the floor.
struct slot_view slot_view(const struct image_header *header, const struct slot_state *state, uint32_t least_security);

// A newer image on trial, else the newest confirmed one, else anything genuine rather than nothing.
struct slot_choice slot_choose(const struct slot_view views[2]);

// How far the security floor has risen: one more than the highest word that is not blank. It can only rise.
uint32_t floor_read(const uint32_t words[WORDS_A_SECTOR]);
