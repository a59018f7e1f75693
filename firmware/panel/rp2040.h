// The registers used, by their addresses (RP2040 datasheet; section in brackets).
#pragma once
#include <stdint.h>

#define REG(address) (*(volatile uint32_t *)(address))
#define SET_BITS 0x2000u  // [2.1.2] atomic aliases
#define CLEAR_BITS 0x3000u

#define CLOCKS 0x40008000u  // [2.15]
#define CLK_REF_CTRL REG(CLOCKS + 0x30)
#define CLK_REF_SELECTED REG(CLOCKS + 0x38)
#define CLK_SYS_CTRL REG(CLOCKS + 0x3C)
#define CLK_SYS_SELECTED REG(CLOCKS + 0x44)
#define CLK_PERI_CTRL REG(CLOCKS + 0x48)
#define CLK_ADC_CTRL REG(CLOCKS + 0x60)
#define XOSC_CTRL REG(0x40024000u)  // [2.16]
#define XOSC_STATUS REG(0x40024004u)
#define XOSC_STARTUP REG(0x4002400Cu)
#define PLL_SYS 0x40028000u  // [2.18]
#define PLL_USB 0x4002C000u
#define PLL_CS(pll) REG((pll) + 0x0)
#define PLL_PWR(pll) REG((pll) + 0x4)
#define PLL_FBDIV(pll) REG((pll) + 0x8)
#define PLL_PRIM(pll) REG((pll) + 0xC)

#define RESETS_RESET_ADDRESS 0x4000C000u  // [2.14]
#define RESETS_DONE REG(0x4000C008u)
#define RESET_ADC (1u << 0)
#define RESET_DMA (1u << 2)
#define RESET_IO_BANK0 (1u << 5)
#define RESET_PADS_BANK0 (1u << 8)
#define RESET_PIO0 (1u << 10)
#define RESET_PLL_SYS (1u << 12)
#define RESET_PLL_USB (1u << 13)
#define RESET_PWM (1u << 14)
#define RESET_TIMER (1u << 21)
#define RESET_UART0 (1u << 22)

#define PSM_WDSEL REG(0x40010008u)  // [2.13]
#define PSM_ALL_BUT_OSCILLATORS 0x0001FFFCu
#define CHIP_RESET REG(0x40064008u)  // [2.10]
#define WATCHDOG_CTRL REG(0x40058000u)  // [4.7]
#define WATCHDOG_LOAD REG(0x40058004u)
#define WATCHDOG_REASON REG(0x40058008u)
#define WATCHDOG_SCRATCH(n) REG(0x4005800Cu + 4u * (n))
#define WATCHDOG_TICK REG(0x4005802Cu)
#define WATCHDOG_ENABLE (1u << 30)
#define WATCHDOG_TRIGGER (1u << 31)

#define GPIO_CTRL(pin) REG(0x40014004u + 8u * (pin))  // [2.19]
#define PAD(pin) REG(0x4001C004u + 4u * (pin))
#define PAD_INPUT (1u << 6)
#define PAD_PULL_UP (1u << 3)
#define PAD_PULL_DOWN (1u << 2)
#define PAD_SCHMITT (1u << 1)
#define PAD_4MA (1u << 4)
#define FUNCTION_UART 2u
#define FUNCTION_PWM 4u
#define FUNCTION_SIO 5u
#define FUNCTION_PIO0 6u
#define FUNCTION_NONE 31u
#define SIO_IN REG(0xD0000004u)  // [2.3]
#define SIO_OUT_SET REG(0xD0000014u)
#define SIO_OUT_CLEAR REG(0xD0000018u)
#define SIO_ENABLE_SET REG(0xD0000024u)

#define UART0 0x40034000u  // [4.2]
#define UART_DATA REG(UART0 + 0x00)
#define UART_ERRORS REG(UART0 + 0x04)
#define UART_FLAGS REG(UART0 + 0x18)
#define UART_INTEGER REG(UART0 + 0x24)
#define UART_FRACTION REG(UART0 + 0x28)
#define UART_LINE REG(UART0 + 0x2C)
#define UART_CONTROL REG(UART0 + 0x30)
#define UART_LEVELS REG(UART0 + 0x34)
#define UART_MASK REG(UART0 + 0x38)
#define UART_CLEAR REG(UART0 + 0x44)
#define UART_RX_EMPTY (1u << 4)
#define UART_TX_FULL (1u << 5)

#define TIMER_NOW REG(0x40054028u)  // [4.6]
#define TIMER_ALARM0 REG(0x40054010u)
#define TIMER_INTERRUPTS REG(0x40054034u)
#define TIMER_ENABLE REG(0x40054038u)

#define PWM(slice, offset) REG(0x40050000u + 0x14u * (slice) + (offset))  // [4.5]
#define PWM_CONTROL 0x00
#define PWM_DIVIDER 0x04
#define PWM_COUNTER 0x08
#define PWM_LEVELS 0x0C
#define PWM_WRAP 0x10

#define ADC_CONTROL REG(0x4004C000u)  // [4.9]
#define ADC_RESULT REG(0x4004C004u)
#define ADC_READY (1u << 8)

#define PIO0 0x50200000u  // [3.7]
#define PIO_CTRL REG(PIO0 + 0x00)
#define PIO_TX0_ADDRESS (PIO0 + 0x10)
#define PIO_INSTRUCTION(n) REG(PIO0 + 0x48 + 4u * (n))
#define SM0_CLOCK REG(PIO0 + 0xC8)
#define SM0_EXECUTION REG(PIO0 + 0xCC)
#define SM0_SHIFT REG(PIO0 + 0xD0)
#define SM0_INSTRUCTION REG(PIO0 + 0xD8)
#define SM0_PINS REG(PIO0 + 0xDC)

#define DMA_READ REG(0x50000000u)  // [2.5]
#define DMA_WRITE REG(0x50000004u)
#define DMA_COUNT REG(0x50000008u)
#define DMA_TRIGGER REG(0x5000000Cu)
#define DMA_BUSY (1u << 24)

#define NVIC_ENABLE REG(0xE000E100u)
#define NVIC_CLEAR REG(0xE000E280u)
#define VECTOR_TABLE REG(0xE000ED08u)
#define IRQ_TIMER0 0
#define IRQ_UART0 20
