// Frames on the line: COBS(kind, sequence, body, CRC-16) and a zero byte. Pure; runs on the host, too.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol.h"

#define FRAME_PLAIN (2 + LONGEST_BODY + 2)
#define FRAME_STUFFED (FRAME_PLAIN + FRAME_PLAIN / 254 + 1)

struct frame {
    uint8_t kind, sequence;
    uint16_t size;
    uint8_t body[LONGEST_BODY];
};

struct frame_reader {
    uint8_t stuffed[FRAME_STUFFED];
    uint16_t count;
    bool spoiled;
    uint16_t bad;  // frames that were none, modulo 65536
};

// Takes one byte; true if it completed a verified frame, which is then in `out`.
bool frame_feed(struct frame_reader *reader, uint8_t byte, struct frame *out);

// Writes a frame with its closing zero into `out` (FRAME_STUFFED + 1 bytes); returns how many bytes.
size_t frame_encode(uint8_t kind, uint8_t sequence, const void *body, size_t size, uint8_t *out);

// CRC-16/CCITT-FALSE.
uint16_t frame_sum(const uint8_t *data, size_t size);
