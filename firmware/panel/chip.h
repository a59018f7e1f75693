// The chip's own parts: clocks, pins, line, converter, lights, watchdog. Knows no rules.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void chip_clocks(void);                      // crystal and PLL, 125 MHz; time base of 1 us
void chip_watchdog(uint32_t ms);             // starts it; resets everything but the oscillators
void chip_feed(void);
_Noreturn void chip_restart(uint32_t why);   // `why` is in scratch 0 afterwards
uint8_t chip_reset_cause(void);              // enum reset_cause; call once
uint16_t chip_watchdog_resets(void);         // since the power came
uint32_t chip_fault_note(void);              // program counter of the last fault; 0: none

void chip_pins(void);
bool chip_pin(uint32_t pin);
void chip_set(uint32_t pin, bool high);

void chip_tick_begin(void);                  // calls tick() every millisecond from its interrupt
uint32_t chip_now_us(void);

void chip_line_begin(void);
bool chip_line_take(uint8_t *byte);
void chip_line_put(const uint8_t *bytes, size_t size);  // what does not fit is lost whole
void chip_line_pump(void);
bool chip_line_idle(void);
uint16_t chip_line_lost(void);               // bytes that came faster than they were taken

void chip_converter_begin(void);
void chip_convert(uint32_t channel);         // begins; takes 2 us
uint16_t chip_converted(void);               // 0..4095, of the channel begun last

void chip_lights_begin(void);
void chip_lamps(uint32_t white, uint32_t infrared);  // levels, 0..PWM_TOP + 1
void chip_buzzer(uint32_t hertz);            // 0: quiet
bool chip_ring(const uint32_t *grb, size_t count);   // false: the last is still going out
