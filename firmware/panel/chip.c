#include "chip.h"

#include "board.h"
#include "protocol.h"
#include "rp2040.h"

#define ASKED_MAGIC 0x41534B00u

static void release(uint32_t blocks) {
    REG(RESETS_RESET_ADDRESS + CLEAR_BITS) = blocks;
    while ((RESETS_DONE & blocks) != blocks) {
    }
}

static void pll(uint32_t base, uint32_t reset, uint32_t feedback, uint32_t dividers) {
    REG(RESETS_RESET_ADDRESS + SET_BITS) = reset;
    release(reset);
    PLL_CS(base) = 1;
    PLL_FBDIV(base) = feedback;
    PLL_PWR(base) = 0x0C;  // the oscillator runs, the dividers wait
    while (!(PLL_CS(base) & (1u << 31))) {
    }
    PLL_PRIM(base) = dividers;
    PLL_PWR(base) = 0x04;
}

void chip_clocks(void) {
    XOSC_CTRL = 0xAA0;
    XOSC_STARTUP = 47;  // about 1 ms
    REG(0x40024000u + SET_BITS) = 0xFAB000;
    while (!(XOSC_STATUS & (1u << 31))) {
    }
    CLK_SYS_CTRL = 0;
    while (!(CLK_SYS_SELECTED & 1)) {
    }
    CLK_REF_CTRL = 2;
    while (!(CLK_REF_SELECTED & 4)) {
    }
    pll(PLL_SYS, RESET_PLL_SYS, 125, 6u << 16 | 2u << 12);  // 12 x 125 = 1500 MHz / 6 / 2 = 125 MHz
    pll(PLL_USB, RESET_PLL_USB, 100, 5u << 16 | 5u << 12);  // 48 MHz for the converter
    CLK_SYS_CTRL = 1;                                       // auxiliary source 0 is the system PLL
    while (!(CLK_SYS_SELECTED & 2)) {
    }
    CLK_PERI_CTRL = 1u << 11;
    CLK_ADC_CTRL = 1u << 11;
    WATCHDOG_TICK = 1u << 9 | XOSC_HZ / 1000000u;
    release(RESET_TIMER);
}

static uint32_t watchdog_load;

void chip_watchdog(uint32_t ms) {
    watchdog_load = ms * 2000u;  // it counts twice a microsecond (erratum RP2040-E1)
    PSM_WDSEL = PSM_ALL_BUT_OSCILLATORS;
    REG(0x40058000u + CLEAR_BITS) = WATCHDOG_ENABLE;
    WATCHDOG_LOAD = watchdog_load;
    REG(0x40058000u + SET_BITS) = WATCHDOG_ENABLE;
}

void chip_feed(void) {
    WATCHDOG_LOAD = watchdog_load;
}

void chip_restart(uint32_t why) {
    WATCHDOG_SCRATCH(0) = ASKED_MAGIC | why;
    PSM_WDSEL = PSM_ALL_BUT_OSCILLATORS;
    REG(0x40058000u + SET_BITS) = WATCHDOG_TRIGGER;
    for (;;) {
    }
}

uint8_t chip_reset_cause(void) {
    uint32_t note = WATCHDOG_SCRATCH(0);
    WATCHDOG_SCRATCH(0) = 0;
    if (WATCHDOG_REASON && (note & 0xFFFFFF00u) == ASKED_MAGIC) return (uint8_t)note;
    if (WATCHDOG_REASON) {
        WATCHDOG_SCRATCH(1) = WATCHDOG_SCRATCH(1) + 1;
        return RESET_CAUSE_WATCHDOG;
    }
    WATCHDOG_SCRATCH(1) = 0;
    WATCHDOG_SCRATCH(2) = 0;
    if (CHIP_RESET & (1u << 20)) return RESET_CAUSE_DEBUGGER;
    return CHIP_RESET & (1u << 16) ? RESET_CAUSE_RUN_PIN : RESET_CAUSE_POWER_ON;
}

uint16_t chip_watchdog_resets(void) {
    return (uint16_t)WATCHDOG_SCRATCH(1);
}

uint32_t chip_fault_note(void) {
    return WATCHDOG_SCRATCH(2);
}

static void input(uint32_t pin, uint32_t pull) {
    PAD(pin) = PAD_INPUT | PAD_SCHMITT | pull;
    GPIO_CTRL(pin) = FUNCTION_SIO;
}

static void output(uint32_t pin) {
    SIO_OUT_CLEAR = 1u << pin;
    SIO_ENABLE_SET = 1u << pin;
    PAD(pin) = PAD_INPUT | PAD_4MA;
    GPIO_CTRL(pin) = FUNCTION_SIO;
}

void chip_pins(void) {
    static const uint8_t raised[] = {PIN_LID, PIN_START, PIN_LANGUAGE, PIN_HELP};
    static const uint8_t driven[] = {PIN_ZEROISE, PIN_CUT, PIN_SHUTDOWN, PIN_WHITE, PIN_INFRARED, PIN_BUZZER};
    release(RESET_IO_BANK0 | RESET_PADS_BANK0);
    for (uint32_t i = 0; i < sizeof raised; i++) input(raised[i], PAD_PULL_UP);
    input(PIN_HALTED, PAD_PULL_DOWN);
    for (uint32_t i = 0; i < sizeof driven; i++) output(driven[i]);
}

bool chip_pin(uint32_t pin) {
    return SIO_IN >> pin & 1;
}

void chip_set(uint32_t pin, bool high) {
    if (high) SIO_OUT_SET = 1u << pin;
    else SIO_OUT_CLEAR = 1u << pin;
}

// --- time ---

void tick(void);  // of the app

static uint32_t next_tick;

void timer_handler(void);
void timer_handler(void) {
    TIMER_INTERRUPTS = 1;
    next_tick += 1000;
    if ((int32_t)(next_tick - TIMER_NOW) < 20) next_tick = TIMER_NOW + 1000;  // one was missed
    TIMER_ALARM0 = next_tick;
    tick();
}

void chip_tick_begin(void) {
    next_tick = TIMER_NOW + 1000;
    TIMER_ENABLE = 1;
    TIMER_ALARM0 = next_tick;
    NVIC_ENABLE = 1u << IRQ_TIMER0;
}

uint32_t chip_now_us(void) {
    return TIMER_NOW;
}

// --- the line ---

#define IN_SIZE 1024u  // powers of two
#define OUT_SIZE 2048u
static volatile uint8_t in_ring[IN_SIZE];
static uint8_t out_ring[OUT_SIZE];
static volatile uint32_t in_head, in_tail;
static uint32_t out_head, out_tail;
static volatile uint16_t lost;

void uart_handler(void);
void uart_handler(void) {
    while (!(UART_FLAGS & UART_RX_EMPTY)) {
        uint32_t word = UART_DATA;
        if (word & 0x800) lost++;  // the chip's own buffer overran
        if (in_head - in_tail == IN_SIZE) lost++;
        else in_ring[in_head++ % IN_SIZE] = (uint8_t)word;
    }
    UART_CLEAR = 0x7F0;
}

void chip_line_begin(void) {
    uint32_t divider = SYS_HZ * 4 / BAUD;  // 64ths of SYS_HZ / 16 / BAUD
    release(RESET_UART0);
    UART_INTEGER = divider >> 6;
    UART_FRACTION = divider & 63;
    UART_LINE = 3u << 5 | 1u << 4;  // 8N1, buffers on
    UART_LEVELS = 1u << 3;          // interrupt at a quarter full, or after a pause
    UART_CONTROL = 1u << 9 | 1u << 8 | 1u;
    PAD(PIN_UART_TX) = PAD_INPUT | PAD_4MA;
    PAD(PIN_UART_RX) = PAD_INPUT | PAD_SCHMITT | PAD_PULL_UP;
    GPIO_CTRL(PIN_UART_TX) = FUNCTION_UART;
    GPIO_CTRL(PIN_UART_RX) = FUNCTION_UART;
    UART_MASK = 1u << 4 | 1u << 6;
    NVIC_CLEAR = 1u << IRQ_UART0;
    NVIC_ENABLE = 1u << IRQ_UART0;
}

bool chip_line_take(uint8_t *byte) {
    if (in_tail == in_head) return false;
    *byte = in_ring[in_tail % IN_SIZE];
    in_tail = in_tail + 1;
    return true;
}

void chip_line_put(const uint8_t *bytes, size_t size) {
    if (OUT_SIZE - (out_head - out_tail) < size) return;
    while (size--) out_ring[out_head++ % OUT_SIZE] = *bytes++;
    chip_line_pump();
}

void chip_line_pump(void) {
    while (out_tail != out_head && !(UART_FLAGS & UART_TX_FULL)) UART_DATA = out_ring[out_tail++ % OUT_SIZE];
}

bool chip_line_idle(void) {
    return out_tail == out_head && !(UART_FLAGS & (1u << 3));
}

uint16_t chip_line_lost(void) {
    return lost;
}

// --- the converter ---

void chip_converter_begin(void) {
    release(RESET_ADC);
    for (uint32_t pin = 26; pin <= 28; pin++) {
        PAD(pin) = 1u << 7;  // neither digital input nor output, no pulls
        GPIO_CTRL(pin) = FUNCTION_NONE;
    }
    ADC_CONTROL = 1;
    while (!(ADC_CONTROL & ADC_READY)) {
    }
}

void chip_convert(uint32_t channel) {
    ADC_CONTROL = channel << 12 | 1u << 2 | 1u;
}

uint16_t chip_converted(void) {
    for (uint32_t patience = 1000; patience && !(ADC_CONTROL & ADC_READY); patience--) {
    }
    return (uint16_t)(ADC_RESULT & 0xFFF);
}

// --- lights and sound ---

#define LAMP_SLICE 5
#define BUZZER_SLICE 6
#define BUZZER_HZ 1000000u

// Off is a pin that is driven low, not a counter that stands still somewhere.
static void pwm_pin(uint32_t pin, bool on) {
    GPIO_CTRL(pin) = on ? FUNCTION_PWM : FUNCTION_SIO;
}

// The WS2812 waveform, ten clocks a bit: high 2 and low 8 for 0, high 7 and low 3 for 1.
static const uint16_t RING_PROGRAM[4] = {
    0x6221,  // out x, 1       side 0 [2]
    0x1123,  // jmp !x, 3      side 1 [1]
    0x1400,  // jmp 0          side 1 [4]
    0xA442,  // nop            side 0 [4]
};

static void ring_begin(void) {
    release(RESET_PIO0 | RESET_DMA);
    for (uint32_t i = 0; i < 4; i++) PIO_INSTRUCTION(i) = RING_PROGRAM[i];
    PAD(PIN_RING) = PAD_INPUT | PAD_4MA;
    GPIO_CTRL(PIN_RING) = FUNCTION_PIO0;
    SM0_CLOCK = 15u << 16 | 160u << 8;  // 125 MHz / 15.625 = 8 MHz
    SM0_EXECUTION = 3u << 12;           // wrap from 3 to 0
    SM0_SHIFT = 1u << 30 | 24u << 25 | 1u << 17;  // long buffer, left, pulls by itself every 24 bits
    SM0_PINS = 1u << 29 | 1u << 26 | PIN_RING << 10 | PIN_RING << 5;
    SM0_INSTRUCTION = 0xE081;  // set pindirs, 1
    SM0_PINS = 1u << 29 | PIN_RING << 10;
    PIO_CTRL = 1;
}

void chip_lights_begin(void) {
    release(RESET_PWM);
    PWM(LAMP_SLICE, PWM_WRAP) = PWM_TOP;
    PWM(BUZZER_SLICE, PWM_DIVIDER) = SYS_HZ / BUZZER_HZ << 4;
    ring_begin();
}

void chip_lamps(uint32_t white, uint32_t infrared) {
    PWM(LAMP_SLICE, PWM_LEVELS) = infrared << 16 | white;
    PWM(LAMP_SLICE, PWM_CONTROL) = white || infrared ? 1 : 0;
    pwm_pin(PIN_WHITE, white);
    pwm_pin(PIN_INFRARED, infrared);
}

void chip_buzzer(uint32_t hertz) {
    uint32_t wrap = hertz ? BUZZER_HZ / hertz - 1 : 999;
    PWM(BUZZER_SLICE, PWM_WRAP) = wrap;
    PWM(BUZZER_SLICE, PWM_LEVELS) = hertz ? wrap / 2 : 0;
    PWM(BUZZER_SLICE, PWM_CONTROL) = hertz ? 1 : 0;
    pwm_pin(PIN_BUZZER, hertz);
}

static uint32_t ring_words[RING_LEDS];

bool chip_ring(const uint32_t *grb, size_t count) {
    if (DMA_TRIGGER & DMA_BUSY) return false;
    for (size_t i = 0; i < count && i < RING_LEDS; i++) ring_words[i] = grb[i] << 8;
    DMA_READ = (uint32_t)(uintptr_t)ring_words;
    DMA_WRITE = PIO_TX0_ADDRESS;
    DMA_COUNT = count;
    DMA_TRIGGER = 0u << 15 | 0u << 11 | 1u << 4 | 2u << 2 | 1u;  // paced by PIO0's first buffer, words
    return true;
}
