// The second stage: the mask ROM copies these 256 bytes to memory, checks their CRC-32 and runs them.
// Sets the flash interface up for plain reads (command 03h, which every SPI NOR flash knows) and goes on
// to the loader's entry behind it. Register values: RP2040 datasheet 4.10.
    .syntax unified
    .cpu cortex-m0plus
    .thumb
    .section .boot2, "ax"
    .global boot2
    .thumb_func
boot2:
    ldr r3, =0x18000000      // SSI
    movs r0, #0
    str r0, [r3, #0x08]      // disable while it is set up
    movs r0, #4
    str r0, [r3, #0x14]      // clock: system / 4, 31 MHz at most
    ldr r0, =((31 << 16) | (3 << 8))
    str r0, [r3, #0x00]      // 32 data bits a frame, "EEPROM read"
    movs r0, #0
    str r0, [r3, #0x04]      // one frame at a time
    ldr r0, =((0x03 << 24) | (2 << 8) | (6 << 2))
    ldr r1, =0x180000F4
    str r0, [r1]             // command 03h: 8 bits of instruction, 24 of address, one wire
    movs r0, #1
    str r0, [r3, #0x08]
    ldr r0, =loader_entry
    bx r0
    .ltorg
