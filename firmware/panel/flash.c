#include "flash.h"

#include "board.h"
#include "chip.h"

typedef void (*plain_function)(void);
typedef void (*erase_function)(uint32_t, size_t, uint32_t, uint8_t);
typedef void (*program_function)(uint32_t, const uint8_t *, size_t);
typedef void *(*lookup_function)(uint16_t *, uint32_t);

// The ROM's table of functions by two letters (datasheet 2.8.3).
static void *rom(char a, char b) {
    lookup_function lookup = (lookup_function)(uintptr_t)*(volatile uint16_t *)0x18;
    uint16_t *table = (uint16_t *)(uintptr_t)*(volatile uint16_t *)0x14;
    return lookup(table, (uint32_t)a | (uint32_t)b << 8);
}

#define ROM_PLAIN(a, b) ((plain_function)(uintptr_t)rom(a, b))

static void open_flash(void) {
    ROM_PLAIN('I', 'F')();
    ROM_PLAIN('E', 'X')();
}

static void close_flash(void) {
    ROM_PLAIN('F', 'C')();
    ROM_PLAIN('C', 'X')();
}

static bool same(const uint8_t *wanted, const uint8_t *there, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (there[i] != (wanted ? wanted[i] : 0xFF)) return false;
    return true;
}

bool flash_erase(uint32_t offset) {
    chip_feed();
    open_flash();
    ((erase_function)(uintptr_t)rom('R', 'E'))(offset, SECTOR, 0x10000, 0xD8);
    close_flash();
    chip_feed();
    return same(0, flash_at(offset), SECTOR);
}

bool flash_program(uint32_t offset, const void *data, size_t size) {
    uint8_t page[PAGE];
    const uint8_t *bytes = data;
    for (size_t i = 0; i < PAGE; i++) page[i] = 0xFF;  // leaves what is there
    for (size_t i = 0; i < size; i++) page[offset % PAGE + i] = bytes[i];
    chip_feed();
    open_flash();
    ((program_function)(uintptr_t)rom('R', 'P'))(offset - offset % PAGE, page, PAGE);
    close_flash();
    chip_feed();
    return same(bytes, flash_at(offset), size);
}

void flash_usb_boot(void) {
    ((void (*)(uint32_t, uint32_t))(uintptr_t)rom('U', 'B'))(0, 0);
    for (;;) {
    }
}
