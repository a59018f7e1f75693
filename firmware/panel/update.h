// Takes a new image over the line into the slot that does not run. The loader, not this, decides whether
// it is genuine; the header goes in last, so that half an image is none.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "image.h"

struct update {
    bool open;
    uint8_t slot;
    uint16_t next, pages;
    struct image_header header;
};

// Each returns 0 or why not (enum refusal).
uint8_t update_begin(struct update *update, const uint8_t head[128]);
uint8_t update_page(struct update *update, uint16_t page, const uint8_t content[256]);
uint8_t update_end(struct update *update);
uint8_t update_confirm(void);
