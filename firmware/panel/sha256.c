#include "sha256.h"

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
static const uint32_t ROUND[64] = {
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
    0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
    0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
    0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
    0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
    0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
    0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
    0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2,
};

static uint32_t right(uint32_t x, int bits) {
    return x >> bits | x << (32 - bits);
}

static void extend(uint32_t w[64], const uint8_t *block) {
    for (int t = 0; t < 16; t++, block += 4)
        w[t] = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 | (uint32_t)block[2] << 8 | block[3];
    for (int t = 16; t < 64; t++) {
        uint32_t a = w[t - 15], b = w[t - 2];
        w[t] = w[t - 16] + w[t - 7] + (right(a, 7) ^ right(a, 18) ^ a >> 3) + (right(b, 17) ^ right(b, 19) ^ b >> 10);
    }
}

// One round; the names move on by one with each, so that nothing has to be copied.
__attribute__((always_inline)) static inline void turn(uint32_t s[8], unsigned t, uint32_t word) {
    uint32_t a = s[-t & 7], e = s[(4 - t) & 7], *h = &s[(7 - t) & 7];
    uint32_t choose = (e & s[(5 - t) & 7]) ^ (~e & s[(6 - t) & 7]);
    uint32_t b = s[(1 - t) & 7], c = s[(2 - t) & 7];
    uint32_t one = *h + (right(e, 6) ^ right(e, 11) ^ right(e, 25)) + choose + word;
    s[(3 - t) & 7] += one;
    *h = one + (right(a, 2) ^ right(a, 13) ^ right(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
}

static void compress(uint32_t state[8], const uint8_t *block) {
    uint32_t w[64], s[8];
    extend(w, block);
    for (int i = 0; i < 8; i++) s[i] = state[i];
    for (unsigned t = 0; t < 64; t += 8) {
        turn(s, 0, ROUND[t] + w[t]);
        turn(s, 1, ROUND[t + 1] + w[t + 1]);
        turn(s, 2, ROUND[t + 2] + w[t + 2]);
        turn(s, 3, ROUND[t + 3] + w[t + 3]);
        turn(s, 4, ROUND[t + 4] + w[t + 4]);
        turn(s, 5, ROUND[t + 5] + w[t + 5]);
        turn(s, 6, ROUND[t + 6] + w[t + 6]);
        turn(s, 7, ROUND[t + 7] + w[t + 7]);
    }
    for (int i = 0; i < 8; i++) state[i] += s[i];
}

void sha256_begin(struct sha256 *hash) {
    // The same of the square roots of the first eight.
    static const uint32_t FIRST[8] = {
        0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
    };
    for (int i = 0; i < 8; i++) hash->state[i] = FIRST[i];
    hash->size = 0;
}

void sha256_add(struct sha256 *hash, const void *data, size_t size) {
    const uint8_t *bytes = data;
    while (size--) {
        hash->block[hash->size++ & 63] = *bytes++;
        if (!(hash->size & 63)) compress(hash->state, hash->block);
    }
}

void sha256_end(struct sha256 *hash, uint8_t digest[32]) {
    uint64_t bits = (uint64_t)hash->size * 8;
    uint8_t byte = 0x80;
    sha256_add(hash, &byte, 1);
    for (byte = 0; (hash->size & 63) != 56;) sha256_add(hash, &byte, 1);
    for (int i = 56; i >= 0; i -= 8) {
        byte = (uint8_t)(bits >> i);
        sha256_add(hash, &byte, 1);
    }
    for (int i = 0; i < 32; i++) digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}
