#include "frame.h"

uint16_t frame_sum(const uint8_t *data, size_t size) {
    uint16_t sum = 0xFFFF;
    for (size_t i = 0; i < size; i++) {
        uint16_t x = (uint16_t)((sum >> 8) ^ data[i]);
        x ^= (uint16_t)(x >> 4);
        sum = (uint16_t)((sum << 8) ^ (x << 12) ^ (x << 5) ^ x);
    }
    return sum;
}

size_t frame_encode(uint8_t kind, uint8_t sequence, const void *body, size_t size, uint8_t *out) {
    const uint8_t *bytes = body;
    uint8_t plain[FRAME_PLAIN];
    if (size > LONGEST_BODY) size = LONGEST_BODY;
    plain[0] = kind;
    plain[1] = sequence;
    for (size_t i = 0; i < size; i++) plain[2 + i] = bytes[i];
    uint16_t sum = frame_sum(plain, size + 2);
    plain[size + 2] = (uint8_t)sum;
    plain[size + 3] = (uint8_t)(sum >> 8);
    size_t code_at = 0, end = 1;
    for (size_t i = 0; i < size + 4; i++) {
        if (plain[i]) out[end++] = plain[i];
        if (!plain[i] || end - code_at == 255) {
            out[code_at] = (uint8_t)(end - code_at);
            code_at = end++;
        }
    }
    out[code_at] = (uint8_t)(end - code_at);
    out[end++] = 0;
    return end;
}

// Undoes COBS in place; returns the size, 0 if it is none.
static size_t unstuff(uint8_t *data, size_t size) {
    size_t in = 0, out = 0;
    while (in < size) {
        uint8_t code = data[in++];
        if (code == 0 || in + code - 1u > size) return 0;
        for (uint8_t i = 1; i < code; i++) data[out++] = data[in++];
        if (code < 255 && in < size) data[out++] = 0;
    }
    return out;
}

static bool complete(struct frame_reader *reader, struct frame *out) {
    const uint8_t *plain = reader->stuffed;
    size_t size = unstuff(reader->stuffed, reader->count);
    if (size < 4 || size > FRAME_PLAIN) return false;
    if (frame_sum(plain, size - 2) != (uint16_t)(plain[size - 2] | plain[size - 1] << 8)) return false;
    out->kind = plain[0];
    out->sequence = plain[1];
    out->size = (uint16_t)(size - 4);
    for (size_t i = 0; i < out->size; i++) out->body[i] = plain[2 + i];
    return true;
}

bool frame_feed(struct frame_reader *reader, uint8_t byte, struct frame *out) {
    if (byte) {
        if (reader->count == FRAME_STUFFED) reader->spoiled = true;
        else reader->stuffed[reader->count++] = byte;
        return false;
    }
    bool any = reader->count || reader->spoiled;
    bool good = any && !reader->spoiled && complete(reader, out);
    if (any && !good) reader->bad++;
    reader->count = 0;
    reader->spoiled = false;
    return good;
}
