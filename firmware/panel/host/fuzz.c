// Random frames and noise against the parser and the line's rules, with sanitizers: `fuzz COUNT SEED`.
// What is accepted must be a frame that was really sent, byte for byte.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../link.h"

static uint64_t state;
static struct link line;
static uint64_t accepted, expected, answered;
static uint8_t last_kind, last_sequence, last_body[LONGEST_BODY];
static uint16_t last_size;

static uint32_t any(uint32_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % below;
}

void link_send(const uint8_t *bytes, size_t size) {
    if (size > FRAME_STUFFED + 1 || memchr(bytes, 0, size) != bytes + size - 1) abort();
    answered++;
}

static uint8_t handle(const struct frame *in, uint8_t *reply, uint16_t *size) {
    if (in->kind != last_kind || in->sequence != last_sequence || in->size != last_size) abort();
    if (memcmp(in->body, last_body, in->size) != 0) abort();
    accepted++;
    memcpy(reply, in->body, in->size);
    *size = in->size;
    return (uint8_t)any(2);
}

static void put(const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) link_take(&line, bytes[i], (uint32_t)expected, handle);
}

static void whole(void) {
    uint8_t out[FRAME_STUFFED + 1], zero = 0;
    put(&zero, 1);
    last_kind = (uint8_t)(1 + any(0x14));
    last_sequence = (uint8_t)(last_sequence + 1);
    last_size = (uint16_t)any(LONGEST_BODY + 1);
    for (size_t i = 0; i < last_size; i++) last_body[i] = (uint8_t)(any(3) ? any(256) : 0);
    expected++;
    uint64_t before = accepted + answered;
    put(out, frame_encode(last_kind, last_sequence, last_body, last_size, out));
    if (accepted + answered == before) abort();  // a whole frame is always answered
}

// Noise may not be accepted unless its sum is right, which one in 65,536 is by chance: those are counted.
static uint64_t by_chance;

static uint8_t chance(const struct frame *in, uint8_t *reply, uint16_t *size) {
    (void)in, (void)reply, (void)size;
    by_chance++;
    return 0;
}

static void noise(void) {
    uint8_t out[600], body[LONGEST_BODY];
    size_t size = any(sizeof out);
    switch (any(4)) {
        case 0:
            for (size_t i = 0; i < size; i++) out[i] = (uint8_t)any(256);
            break;
        case 1:
            memset(out, (int)any(256), size);
            break;
        default:  // a true frame, damaged
            for (size_t i = 0; i < sizeof body; i++) body[i] = (uint8_t)any(256);
            size = frame_encode((uint8_t)any(256), (uint8_t)any(256), body, any(LONGEST_BODY + 1), out);
            for (uint32_t n = 1 + any(4); n; n--) out[any((uint32_t)size)] ^= (uint8_t)(1 + any(255));
            break;
    }
    for (size_t i = 0; i < size; i++) link_take(&line, out[i], 0, chance);
    link_step(&line, any(100000));
}

int main(int count, char **words) {
    uint64_t frames = count > 1 ? strtoull(words[1], 0, 10) : 1000;
    state = count > 2 ? strtoull(words[2], 0, 10) : 1;
    struct hello_request hello = {PROTOCOL, SCHEMA};
    for (uint64_t i = 0; i < frames; i++) {
        if (i % 1000 == 0) {
            uint8_t out[FRAME_STUFFED + 1], body[4] = {1, 2, 3, 4};
            last_kind = MSG_HELLO, last_sequence = 0, last_size = sizeof hello;
            memcpy(last_body, &hello, sizeof hello);
            uint8_t zero = 0;
            put(&zero, 1);
            put(out, frame_encode(MSG_HELLO, 0, &hello, sizeof hello, out));
            link_tell(&line, EVENT_POWER_STEP, body, 2);
        }
        if (any(2)) whole();
        else noise();
    }
    printf("%llu frames: %llu whole ones answered, %llu bad, %llu of noise with a right sum by chance\n", (unsigned long long)frames,
           (unsigned long long)expected, (unsigned long long)line.reader.bad, (unsigned long long)by_chance);
    return by_chance > frames / 20000 + 3;
}
