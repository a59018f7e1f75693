#include "signature.h"

#include "monocypher.h"
#include "sha512.h"

bool signature_good(const uint8_t signature[64], const uint8_t key[32], const void *first, size_t first_size,
                    const void *second, size_t second_size) {
    struct sha512 hash;
    uint8_t digest[64], reduced[32];
    sha512_begin(&hash);
    sha512_add(&hash, signature, 32);
    sha512_add(&hash, key, 32);
    sha512_add(&hash, first, first_size);
    sha512_add(&hash, second, second_size);
    sha512_end(&hash, digest);
    crypto_eddsa_reduce(reduced, digest);
    return crypto_eddsa_check_equation(signature, key, reduced) == 0;
}
