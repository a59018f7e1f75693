// SHA-512 (FIPS 180-4). Pure; runs on the host, too.
#pragma once
#include <stddef.h>
#include <stdint.h>

struct sha512 {
    uint64_t state[8];
    uint64_t size;
    uint8_t block[128];
};

void sha512_begin(struct sha512 *hash);
void sha512_add(struct sha512 *hash, const void *data, size_t size);
void sha512_end(struct sha512 *hash, uint8_t digest[64]);
