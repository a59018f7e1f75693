#include "power.h"

#include "board.h"

static bool over(uint32_t now_ms, uint32_t since_ms, uint32_t limit_ms) {
    return now_ms - since_ms >= limit_ms;
}

static void enter(struct power *power, uint32_t now_ms, uint8_t state, uint8_t reason) {
    power->state = state;
    power->reason = reason;
    power->since_ms = now_ms;
    power->ask = state == POWER_ASKED_TO_STOP;
    power->cut = state == POWER_CUT;
}

void power_begin(struct power *power, uint32_t now_ms) {
    *power = (struct power){.grade = SUPPLY_GOOD};
    enter(power, now_ms, POWER_ON, REASON_NONE);
}

void power_beat(struct power *power, uint32_t now_ms, uint32_t limit_ms) {
    if (!power->limit_ms || over(now_ms, power->last_beat_ms, power->limit_ms)) power->first_beat_ms = now_ms;
    power->last_beat_ms = now_ms;
    power->limit_ms = limit_ms;
    power->expecting = false;
    if (over(now_ms, power->first_beat_ms, GOOD_AGAIN_MS)) power->tries = 0, power->not_before_ms = 0;
    if (power->state == POWER_ON && limit_ms) enter(power, now_ms, POWER_WATCHED, REASON_FIRST_BEAT);
    if (power->state == POWER_WATCHED && !limit_ms) enter(power, now_ms, POWER_ON, REASON_NONE);
}

bool power_wish(struct power *power, uint32_t now_ms, uint8_t wish) {
    if (power->state != POWER_ON && power->state != POWER_WATCHED) return false;
    power->stay_off = wish == 1;
    enter(power, now_ms, POWER_ASKED_TO_STOP, REASON_WISHED);
    return true;
}

static uint32_t held_since(uint32_t since_ms, bool so, uint32_t now_ms) {
    if (!so) return 0;
    return since_ms ? since_ms : (now_ms ? now_ms : 1);
}

static bool grade(struct power *power, const struct power_input *in) {
    uint8_t before = power->grade;
    bool failing = in->supply_mv < SUPPLY_FAILING_MV, good = in->supply_mv >= SUPPLY_GOOD_MV;
    power->failing_ms = held_since(power->failing_ms, failing, in->now_ms);
    power->good_ms = held_since(power->good_ms, good, in->now_ms);
    if (failing && over(in->now_ms, power->failing_ms, SUPPLY_FAILING_MS)) power->grade = SUPPLY_FAILING;
    else if (good && over(in->now_ms, power->good_ms, SUPPLY_GOOD_MS)) power->grade = SUPPLY_GOOD;
    else if (in->supply_mv < SUPPLY_LOW_MV && power->grade == SUPPLY_GOOD) power->grade = SUPPLY_LOW;
    return power->grade != before;
}

static bool beat_lost(const struct power *power, uint32_t now_ms) {
    bool late = power->state == POWER_WATCHED && over(now_ms, power->last_beat_ms, power->limit_ms);
    bool never = power->state == POWER_ON && power->expecting;
    if (!late && !never) return false;
    return !power->not_before_ms || (int32_t)(now_ms - power->not_before_ms) >= 0;
}

static bool step_running(struct power *power, const struct power_input *in) {
    if (power->grade == SUPPLY_FAILING) {
        enter(power, in->now_ms, POWER_ASKED_TO_STOP, REASON_SUPPLY_FAILING);
        return true;
    }
    if (power->halted_ms && over(in->now_ms, power->halted_ms, HALTED_MS)) {
        power->stay_off = true;
        enter(power, in->now_ms, POWER_CUT, REASON_HALTED);
        return true;
    }
    if (!beat_lost(power, in->now_ms)) return false;
    enter(power, in->now_ms, POWER_ASKED_TO_STOP, REASON_BEAT_LOST);
    return true;
}

static bool step_asked(struct power *power, const struct power_input *in) {
    bool halted = power->halted_ms && over(in->now_ms, power->halted_ms, HALTED_MS);
    uint32_t limit = power->grade == SUPPLY_FAILING ? STOP_FAILING_MS : STOP_LIMIT_MS;
    if (!halted && !over(in->now_ms, power->since_ms, limit)) return false;
    if (power->reason == REASON_BEAT_LOST) {
        power->expecting = true;
        power->not_before_ms = in->now_ms + (BOOT_LIMIT_MS << power->tries);
        if (!power->not_before_ms) power->not_before_ms = 1;
        if (power->tries < MOST_BACK_OFF) power->tries++;
    }
    power->limit_ms = 0;
    power->cuts++;
    enter(power, in->now_ms, POWER_CUT, halted ? REASON_HALTED : REASON_WAITED_LONG);
    return true;
}

static bool step_cut(struct power *power, const struct power_input *in) {
    if (in->start_held) power->stay_off = false;
    if (power->stay_off || power->grade == SUPPLY_FAILING || !over(in->now_ms, power->since_ms, CUT_MS)) return false;
    enter(power, in->now_ms, POWER_ON, REASON_PAUSE_OVER);
    return true;
}

bool power_step(struct power *power, const struct power_input *in, bool *grade_changed) {
    *grade_changed = grade(power, in);
    power->halted_ms = held_since(power->halted_ms, in->halt_line, in->now_ms);
    if (power->state == POWER_ASKED_TO_STOP) return step_asked(power, in);
    if (power->state == POWER_CUT) return step_cut(power, in);
    return step_running(power, in);
}
