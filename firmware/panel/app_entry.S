// The app's vector table and start. It lies at the start of memory, where the loader put it.
    .syntax unified
    .cpu cortex-m0plus
    .thumb
    .section .vectors, "a"
    .global vectors
vectors:
    .word stack_top, app_entry, fault, fault, 0, 0, 0, 0, 0, 0, 0, fault, 0, 0, fault, fault
    .word timer_handler
    .rept 19
    .word fault
    .endr
    .word uart_handler
    .rept 11
    .word fault
    .endr

    .section .text
    .global app_entry
    .thumb_func
app_entry:
    cpsid i
    ldr r0, =0xE000ED08
    ldr r1, =vectors
    str r1, [r0]
    ldr r1, =bss_start
    ldr r2, =bss_end
    movs r3, #0
1:  cmp r1, r2
    bhs 2f
    stmia r1!, {r3}
    b 1b
2:  ldr r0, =stack_top
    mov sp, r0
    ldr r0, =main
    blx r0

    // A fault keeps its place for the next HELLO and starts the panel anew.
    .global fault
    .thumb_func
fault:
    cpsid i
    ldr r0, [sp, #24]
    ldr r1, =0x40058014
    str r0, [r1]             // scratch 2
    ldr r1, =0x4005A000
    movs r0, #1
    lsls r0, r0, #31
    str r0, [r1]             // watchdog: now
3:  b 3b
    .ltorg
