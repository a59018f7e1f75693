// Runs from flash: copies the loader to memory and starts it there, because flash cannot be read while
// it is written.
    .syntax unified
    .cpu cortex-m0plus
    .thumb
    .section .entry, "ax"
    .global loader_entry
    .type loader_entry, %function
    .thumb_func
loader_entry:
    cpsid i
    ldr r0, =loader_load
    ldr r1, =loader_start
    ldr r2, =loader_end
1:  ldmia r0!, {r3}
    stmia r1!, {r3}
    cmp r1, r2
    blo 1b
    ldr r2, =bss_end
    movs r3, #0
2:  cmp r1, r2
    bhs 3f
    stmia r1!, {r3}
    b 2b
3:  ldr r0, =stack_top
    mov sp, r0
    ldr r0, =loader_main
    blx r0
4:  b 4b
    .ltorg
