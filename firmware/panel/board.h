// Everything about the board: pins, limits, the map of the flash. A port to another board changes this
// file, to another chip also chip.c, flash.c, boot2.S and rp2040.h.
#pragma once

#define BOARD 1  // in every image's header: RP2040 panel, first layout

// Pins. Inputs have pulls so that a cut wire reads as an alarm; outputs rest low through resistors on
// the board, so that a panel in reset neither cuts the computer's power nor raises the zeroise line.
#define PIN_UART_TX 0       // to the computer's receive pin
#define PIN_UART_RX 1       // from the computer's transmit pin
#define PIN_LID 2           // switch to ground, closed while the lid is; pull-up
#define PIN_ZEROISE 3       // high: destroy the keys
#define PIN_START 4         // buttons to ground; pull-up
#define PIN_LANGUAGE 5
#define PIN_HELP 6
#define PIN_CUT 7           // high: the computer's power is cut
#define PIN_SHUTDOWN 8      // high: please stop (the computer's gpio-shutdown)
#define PIN_HALTED 9        // high: halted, cut me (the computer's gpio-poweroff); pull-down
#define PIN_WHITE 10        // PWM slice 5, A
#define PIN_INFRARED 11     // PWM slice 5, B
#define PIN_BUZZER 12       // PWM slice 6, A
#define PIN_RING 13         // WS2812 data
#define ADC_SUPPLY 0        // GPIO 26
#define ADC_LAMP 1          // GPIO 27
#define ADC_DAYLIGHT 2      // GPIO 28
#define RING_LEDS 16

// Clocks.
#define XOSC_HZ 12000000u
#define SYS_HZ 125000000u
#define BAUD 115200u

// Supply: 12 V through 100 k / 10 k, 3.3 V at 4095.
#define SUPPLY_MV(adc) ((uint32_t)(adc) * 3300u / 4095u * 11u)
#define SUPPLY_LOW_MV 11000u
#define SUPPLY_FAILING_MV 10500u
#define SUPPLY_GOOD_MV 11500u
#define SUPPLY_FAILING_MS 500u
#define SUPPLY_GOOD_MS 5000u

// The computer's power.
#define HALTED_MS 200u
#define STOP_LIMIT_MS 60000u
#define STOP_FAILING_MS 30000u
#define CUT_MS 5000u
#define BOOT_LIMIT_MS 180000u
#define MOST_BACK_OFF 5
#define GOOD_AGAIN_MS 600000u

// Face light: dimmed from WARM to HOT (degrees Celsius), 10 k NTC (B 3950) below 10 k to 3.3 V.
#define LAMP_WARM_C 55
#define LAMP_HOT_C 70
#define LAMP_BLIND_PERCENT 25  // at most, with a broken temperature sensor
#define INFRARED_MOST_PERCENT 60
#define LIGHT_MOST_S 120
#define PWM_TOP 6249u          // 20 kHz

// Tamper and buttons: samples of one millisecond each.
#define LID_REST_MS 20
#define LIT_REST_MS 50
#define BUTTON_REST_MS 20
#define LIT_ABOVE 600          // ADC counts of the light sensor under the lid
#define SERVICE_MOST_MIN 60

// Watchdogs.
#define WATCHDOG_MS 2000u      // while the app runs
#define LOADER_WATCHDOG_MS 8000u
#define TRIAL_MS 600000u       // a trial that nobody confirms ends
#define TRIALS 3

// Flash, offsets from its start. One sector is erased at a time; the floor and the log never are.
#define FLASH_BASE 0x10000000u
#define SECTOR 4096u
#define PAGE 256u
#define SLOT_OFFSET(slot) (0x10000u + (uint32_t)(slot) * 0x10000u)
#define SLOT_SIZE 0x10000u
#define STATE_OFFSET(slot) (0x30000u + (uint32_t)(slot) * SECTOR)
#define FLOOR_OFFSET 0x32000u  // a word per security step, cleared once
#define LOG_OFFSET 0x33000u    // a word per tamper and per clearing
#define WORDS_A_SECTOR (SECTOR / 4)

// Memory: the app runs at its start, the loader above, boot notes in a bank of their own.
#define APP_BASE 0x20000000u
#define APP_LIMIT 0x20010000u  // code and data as stored
#define NOTES_BASE 0x20040000u
