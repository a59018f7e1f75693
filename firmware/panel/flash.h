// Writing flash through the mask ROM's functions, one sector or page at a time, never while code is read
// from it (all of ours runs from memory). Interrupts stay on; the watchdog is fed between commands.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Erases the sector at this offset; true if it is blank afterwards. Takes up to 0.4 s on a real chip.
bool flash_erase(uint32_t offset);

// Programs `size` bytes within one page: only clears bits. True if they read back as written.
bool flash_program(uint32_t offset, const void *data, size_t size);

// Where an offset can be read.
static inline const void *flash_at(uint32_t offset) {
    return (const void *)(uintptr_t)(0x10000000u + offset);
}

// Into the ROM's own loader over USB, for the bench: nothing genuine is left to run.
_Noreturn void flash_usb_boot(void);
