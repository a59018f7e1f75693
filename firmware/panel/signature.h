// Ed25519 (RFC 8032) verification: Monocypher's curve with SHA-512. Pure; runs on the host, too.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Whether `signature` by `key` is over the two pieces, one behind the other.
bool signature_good(const uint8_t signature[64], const uint8_t key[32], const void *first, size_t first_size,
                    const void *second, size_t second_size);
