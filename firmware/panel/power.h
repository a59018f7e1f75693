// The care for the computer's power: a pure state machine, stepped with the time.
//
// It never cuts a computer that runs without having asked it to stop, and waits longer before each
// further try. A panel that starts anew cuts nothing: ON is where it begins.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "protocol.h"

struct power_input {
    uint32_t now_ms;
    uint16_t supply_mv;
    bool halt_line;    // the computer says: halted, cut me
    bool start_held;   // somebody wants it on again
};

struct power {
    uint8_t state;   // enum power
    uint8_t reason;  // why it got there, enum reason
    uint8_t grade;   // enum supply
    uint8_t tries;   // cuts for lost beats without ten good minutes since
    bool ask, cut;   // the two lines
    bool stay_off;   // somebody wished it off
    bool expecting;  // it was cut for lost beats and has not said anything since
    uint16_t cuts;
    uint32_t limit_ms, last_beat_ms, first_beat_ms, since_ms, not_before_ms;
    uint32_t failing_ms, good_ms, halted_ms;  // since when without a break; 0: not so
};

void power_begin(struct power *power, uint32_t now_ms);

// The computer lives; it will say so again within `limit_ms` (0: it makes no promise any more).
void power_beat(struct power *power, uint32_t now_ms, uint32_t limit_ms);

// The computer wishes to be off (1) or cycled (2); false if it is on its way already.
bool power_wish(struct power *power, uint32_t now_ms, uint8_t wish);

// True if the state changed; `grade_changed` says whether the supply's grade did.
bool power_step(struct power *power, const struct power_input *input, bool *grade_changed);
