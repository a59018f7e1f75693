// An input that must rest before it counts. Pure; runs on the host, too.
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct debounce {
    bool level;
    uint8_t moving;  // samples in a row that differ from `level`
};

// Takes a sample; true if the level changed with it, which takes `rest` samples in a row.
static inline bool debounce_step(struct debounce *input, bool sample, uint8_t rest) {
    input->moving = sample == input->level ? 0 : (uint8_t)(input->moving + 1);
    if (input->moving < rest) return false;
    input->moving = 0;
    input->level = sample;
    return true;
}
