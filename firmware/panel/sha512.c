#include "sha512.h"

// The first 64 bits of the fractional parts of the cube roots of the first 80 primes.
static const uint64_t ROUND[80] = {
    0x428A2F98D728AE22, 0x7137449123EF65CD, 0xB5C0FBCFEC4D3B2F, 0xE9B5DBA58189DBBC,
    0x3956C25BF348B538, 0x59F111F1B605D019, 0x923F82A4AF194F9B, 0xAB1C5ED5DA6D8118,
    0xD807AA98A3030242, 0x12835B0145706FBE, 0x243185BE4EE4B28C, 0x550C7DC3D5FFB4E2,
    0x72BE5D74F27B896F, 0x80DEB1FE3B1696B1, 0x9BDC06A725C71235, 0xC19BF174CF692694,
    0xE49B69C19EF14AD2, 0xEFBE4786384F25E3, 0x0FC19DC68B8CD5B5, 0x240CA1CC77AC9C65,
    0x2DE92C6F592B0275, 0x4A7484AA6EA6E483, 0x5CB0A9DCBD41FBD4, 0x76F988DA831153B5,
    0x983E5152EE66DFAB, 0xA831C66D2DB43210, 0xB00327C898FB213F, 0xBF597FC7BEEF0EE4,
    0xC6E00BF33DA88FC2, 0xD5A79147930AA725, 0x06CA6351E003826F, 0x142929670A0E6E70,
    0x27B70A8546D22FFC, 0x2E1B21385C26C926, 0x4D2C6DFC5AC42AED, 0x53380D139D95B3DF,
    0x650A73548BAF63DE, 0x766A0ABB3C77B2A8, 0x81C2C92E47EDAEE6, 0x92722C851482353B,
    0xA2BFE8A14CF10364, 0xA81A664BBC423001, 0xC24B8B70D0F89791, 0xC76C51A30654BE30,
    0xD192E819D6EF5218, 0xD69906245565A910, 0xF40E35855771202A, 0x106AA07032BBD1B8,
    0x19A4C116B8D2D0C8, 0x1E376C085141AB53, 0x2748774CDF8EEB99, 0x34B0BCB5E19B48A8,
    0x391C0CB3C5C95A63, 0x4ED8AA4AE3418ACB, 0x5B9CCA4F7763E373, 0x682E6FF3D6B2B8A3,
    0x748F82EE5DEFB2FC, 0x78A5636F43172F60, 0x84C87814A1F0AB72, 0x8CC702081A6439EC,
    0x90BEFFFA23631E28, 0xA4506CEBDE82BDE9, 0xBEF9A3F7B2C67915, 0xC67178F2E372532B,
    0xCA273ECEEA26619C, 0xD186B8C721C0C207, 0xEADA7DD6CDE0EB1E, 0xF57D4F7FEE6ED178,
    0x06F067AA72176FBA, 0x0A637DC5A2C898A6, 0x113F9804BEF90DAE, 0x1B710B35131C471B,
    0x28DB77F523047D84, 0x32CAAB7B40C72493, 0x3C9EBE0A15C9BEBC, 0x431D67C49C100D4C,
    0x4CC5D4BECB3E42B6, 0x597F299CFC657E2A, 0x5FCB6FAB3AD6FAEC, 0x6C44198C4A475817,
};

static uint64_t right(uint64_t x, int bits) {
    return x >> bits | x << (64 - bits);
}

static uint64_t big_endian(const uint8_t *bytes) {
    uint64_t word = 0;
    for (int i = 0; i < 8; i++) word = word << 8 | bytes[i];
    return word;
}

static void extend(uint64_t w[80], const uint8_t *block) {
    for (int t = 0; t < 16; t++) w[t] = big_endian(block + 8 * t);
    for (int t = 16; t < 80; t++) {
        uint64_t a = w[t - 15], b = w[t - 2];
        w[t] = w[t - 16] + w[t - 7] + (right(a, 1) ^ right(a, 8) ^ a >> 7) + (right(b, 19) ^ right(b, 61) ^ b >> 6);
    }
}

// One round; the names move on by one with each, so that nothing has to be copied.
__attribute__((always_inline)) static inline void turn(uint64_t s[8], unsigned t, uint64_t word) {
    uint64_t a = s[-t & 7], e = s[(4 - t) & 7], *h = &s[(7 - t) & 7];
    uint64_t choose = (e & s[(5 - t) & 7]) ^ (~e & s[(6 - t) & 7]);
    uint64_t b = s[(1 - t) & 7], c = s[(2 - t) & 7];
    uint64_t one = *h + (right(e, 14) ^ right(e, 18) ^ right(e, 41)) + choose + word;
    s[(3 - t) & 7] += one;
    *h = one + (right(a, 28) ^ right(a, 34) ^ right(a, 39)) + ((a & b) ^ (a & c) ^ (b & c));
}

static void compress(uint64_t state[8], const uint8_t *block) {
    uint64_t w[80], s[8];
    extend(w, block);
    for (int i = 0; i < 8; i++) s[i] = state[i];
    for (unsigned t = 0; t < 80; t += 8) {
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

void sha512_begin(struct sha512 *hash) {
    // The same of the square roots of the first eight.
    static const uint64_t FIRST[8] = {
        0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
        0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
    };
    for (int i = 0; i < 8; i++) hash->state[i] = FIRST[i];
    hash->size = 0;
}

void sha512_add(struct sha512 *hash, const void *data, size_t size) {
    const uint8_t *bytes = data;
    while (size--) {
        hash->block[hash->size++ & 127] = *bytes++;
        if (!(hash->size & 127)) compress(hash->state, hash->block);
    }
}

void sha512_end(struct sha512 *hash, uint8_t digest[64]) {
    uint64_t bits = hash->size * 8;  // far below 2^64: an image is at most 64 KiB
    uint8_t byte = 0x80;
    sha512_add(hash, &byte, 1);
    for (byte = 0; (hash->size & 127) != 112;) sha512_add(hash, &byte, 1);
    for (int i = 0; i < 8; i++) sha512_add(hash, &byte, 1);  // the upper half of the size
    for (int i = 56; i >= 0; i -= 8) {
        byte = (uint8_t)(bits >> i);
        sha512_add(hash, &byte, 1);
    }
    for (int i = 0; i < 64; i++) digest[i] = (uint8_t)(hash->state[i / 8] >> (56 - 8 * (i % 8)));
}
