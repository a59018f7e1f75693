// The panel's app: samples in the millisecond's interrupt, everything else in one loop that sleeps.
#include <string.h>

#include "chip.h"
#include "flash.h"
#include "journal.h"
#include "lamp.h"
#include "link.h"
#include "power.h"
#include "scenes.h"
#include "tamper.h"
#include "update.h"

static const uint8_t BUTTON_PINS[] = {PIN_START, PIN_LANGUAGE, PIN_HELP};
#define BUTTONS 3

// Written by the interrupt.
static volatile uint32_t now_ms;
static volatile uint8_t pressed, opened_by;
static volatile uint16_t daylight;
static struct tamper tamper;
static struct debounce buttons[BUTTONS];

static struct link line;
static struct power power;
static struct update update;
static uint32_t supply_mv, scene_ms, shown_ms, light_until_ms;
static int16_t lamp_c;
static uint8_t scene, white, infrared, lamp_limit, restart_why, reset_cause;
static uint32_t lamp_levels;
static bool ring_due;

void tick(void) {
    now_ms++;
    uint8_t cause = tamper_step(&tamper, chip_pin(PIN_LID), daylight > LIT_ABOVE);
    if (cause) opened_by = cause;
    if (tamper.latched) chip_set(PIN_ZEROISE, true);
    for (uint8_t i = 0; i < BUTTONS; i++)
        if (debounce_step(&buttons[i], !chip_pin(BUTTON_PINS[i]), BUTTON_REST_MS) && buttons[i].level) pressed |= (uint8_t)(1u << i);
}

void link_send(const uint8_t *bytes, size_t size) {
    chip_line_put(bytes, size);
}

// What the interrupt left, taken whole.
static uint8_t taken(volatile uint8_t *left) {
    __asm volatile("cpsid i" ::: "memory");
    uint8_t value = *left;
    *left = 0;
    __asm volatile("cpsie i" ::: "memory");
    return value;
}

// --- requests ---

static uint8_t on_hello(uint8_t *reply, uint16_t *size) {
    struct hello_reply said = {
        .protocol = PROTOCOL, .schema = SCHEMA, .version = NOTES->version, .security = (uint16_t)NOTES->security,
        .least_security = (uint16_t)NOTES->least_security, .board = BOARD, .reset_cause = reset_cause,
        .slot = (uint8_t)NOTES->slot, .trust = (uint8_t)NOTES->trust, .trials_left = (uint8_t)NOTES->trials_left,
        .development_key = (uint8_t)NOTES->development_key, .tampered = tamper.count,
        .resets = chip_watchdog_resets(), .fault_note = chip_fault_note(),
    };
    memcpy(reply, &said, *size = sizeof said);
    return 0;
}

static uint16_t flags(void) {
    return (uint16_t)((tamper.lid.level ? FLAG_LID_OPEN : 0) | (tamper.light.level ? FLAG_LIT : 0) |
                      (tamper.latched ? FLAG_TAMPERED : 0) | (tamper.service_ms ? FLAG_SERVICE : 0) |
                      (lamp_limit < 100 ? FLAG_LAMP_LIMITED : 0) | (power.grade != SUPPLY_GOOD ? FLAG_SUPPLY_LOW : 0) |
                      (NOTES->trust == TRUST_ON_TRIAL ? FLAG_ON_TRIAL : 0) | (chip_pin(PIN_HALTED) ? FLAG_HALT_LINE : 0));
}

static uint8_t on_beat(const struct frame *in, uint8_t *reply, uint16_t *size) {
    const struct beat_request *asked = (const void *)in->body;
    power_beat(&power, now_ms, asked->limit_s * 1000u);
    struct beat_reply said = {
        .uptime_s = now_ms / 1000, .supply_mv = (uint16_t)supply_mv, .lamp_c = lamp_c, .daylight = daylight,
        .flags = flags(), .power = power.state, .tampered = tamper.count, .cut_count = power.cuts,
        .bytes_lost = chip_line_lost(), .frames_bad = line.reader.bad, .events_lost = line.events_lost,
    };
    memcpy(reply, &said, *size = sizeof said);
    return 0;
}

static uint8_t on_show(const struct frame *in) {
    if (in->body[0] > SCENE_FAULT) return REFUSAL_VALUE;
    scene = in->body[0];
    scene_ms = now_ms;
    ring_due = true;
    return 0;
}

static uint8_t on_light(const struct frame *in, uint8_t *reply, uint16_t *size) {
    const struct light_request *asked = (const void *)in->body;
    if (asked->white > 100 || asked->infrared > 100 || asked->seconds > LIGHT_MOST_S) return REFUSAL_VALUE;
    white = asked->white;
    infrared = asked->infrared > INFRARED_MOST_PERCENT ? INFRARED_MOST_PERCENT : asked->infrared;
    light_until_ms = now_ms + asked->seconds * 1000u;
    if (!asked->seconds) white = infrared = 0;
    struct light_reply said = {white < lamp_limit ? white : lamp_limit, infrared < lamp_limit ? infrared : lamp_limit};
    memcpy(reply, &said, *size = sizeof said);
    return 0;
}

static uint8_t on_service(const struct frame *in) {
    if (in->body[0] > SERVICE_MOST_MIN) return REFUSAL_VALUE;
    tamper.service_ms = in->body[0] * 60000u;
    return 0;
}

static uint8_t on_clear(void) {
    __asm volatile("cpsid i" ::: "memory");  // a lid that opens in this very moment must stay latched
    bool shut = tamper_shut(&tamper);
    if (shut) {
        tamper.latched = false;
        chip_set(PIN_ZEROISE, false);
    }
    __asm volatile("cpsie i" ::: "memory");
    return shut ? 0 : REFUSAL_LID_OPEN;
}

static uint8_t on_power(const struct frame *in) {
    if (in->body[0] != 1 && in->body[0] != 2) return REFUSAL_VALUE;
    return power_wish(&power, now_ms, in->body[0]) ? 0 : REFUSAL_BUSY;
}

static uint8_t on_begin(const struct frame *in, uint8_t *reply, uint16_t *size) {
    uint8_t why = update_begin(&update, in->body);
    reply[0] = update.slot;
    *size = 1;
    return why;
}

static uint8_t on_page(const struct frame *in, uint8_t *reply, uint16_t *size) {
    const struct update_page_request *asked = (const void *)in->body;
    uint8_t why = update_page(&update, asked->page, asked->content);
    struct update_page_reply said = {update.next};
    memcpy(reply, &said, *size = sizeof said);
    return why;
}

static uint8_t on_reboot(void) {
    restart_why = RESET_CAUSE_ASKED;
    return 0;
}

static int32_t wanted_size(uint8_t kind) {
    switch (kind) {
        case MSG_HELLO: return sizeof(struct hello_request);
        case MSG_PING: return -1;
        case MSG_BEAT: return sizeof(struct beat_request);
        case MSG_LIGHT: return sizeof(struct light_request);
        case MSG_SHOW: case MSG_SERVICE: case MSG_POWER: return 1;
        case MSG_UPDATE_BEGIN: return sizeof(struct update_begin_request);
        case MSG_UPDATE_PAGE: return sizeof(struct update_page_request);
        default: return 0;
    }
}

static uint8_t handle(const struct frame *in, uint8_t *reply, uint16_t *size) {
    int32_t wanted = wanted_size(in->kind);
    if (wanted >= 0 && wanted != in->size) return REFUSAL_LENGTH;
    switch (in->kind) {
        case MSG_HELLO: return on_hello(reply, size);
        case MSG_PING: memcpy(reply, in->body, *size = in->size); return 0;
        case MSG_BEAT: return on_beat(in, reply, size);
        case MSG_SHOW: return on_show(in);
        case MSG_LIGHT: return on_light(in, reply, size);
        case MSG_SERVICE: return on_service(in);
        case MSG_CLEAR_TAMPER: return on_clear();
        case MSG_POWER: return on_power(in);
        case MSG_UPDATE_BEGIN: return on_begin(in, reply, size);
        case MSG_UPDATE_PAGE: return on_page(in, reply, size);
        case MSG_UPDATE_END: return update_end(&update);
        case MSG_REBOOT: return on_reboot();
        case MSG_CONFIRM: return update_confirm();
        default: return REFUSAL_UNKNOWN;
    }
}

// --- what the loop does ---

static void tell_inputs(void) {
    uint8_t presses = taken(&pressed), cause = taken(&opened_by);
    for (uint8_t i = 0; i < BUTTONS; i++) {
        uint8_t button = (uint8_t)(BUTTON_START + i);
        if (presses >> i & 1) link_tell(&line, EVENT_BUTTON, &button, 1);
    }
    if (!cause) return;
    struct tamper_event event = {cause, tamper.count};
    link_tell(&line, EVENT_TAMPER, &event, sizeof event);
}

static void step_power(void) {
    bool graded;
    struct power_input input = {now_ms, (uint16_t)supply_mv, chip_pin(PIN_HALTED), buttons[0].level};
    bool moved = power_step(&power, &input, &graded);
    chip_set(PIN_SHUTDOWN, power.ask);
    chip_set(PIN_CUT, power.cut);
    struct supply_event supply = {power.grade, (uint16_t)supply_mv};
    if (graded) link_tell(&line, EVENT_SUPPLY, &supply, sizeof supply);
    struct power_step_event step = {power.state, power.reason};
    if (moved) link_tell(&line, EVENT_POWER_STEP, &step, sizeof step);
}

static void step_lamps(void) {
    uint8_t before = lamp_limit;
    lamp_limit = lamp_most(lamp_c);
    if ((white || infrared) && (int32_t)(now_ms - light_until_ms) >= 0) white = infrared = 0;
    struct lamp_hot_event event = {lamp_c, lamp_limit};
    if (before == 100 && lamp_limit < 100) link_tell(&line, EVENT_LAMP_HOT, &event, sizeof event);
    uint32_t w = white < lamp_limit ? white : lamp_limit, i = infrared < lamp_limit ? infrared : lamp_limit;
    uint32_t levels = i << 8 | w;
    if (levels == lamp_levels) return;
    lamp_levels = levels;
    chip_lamps(w * (PWM_TOP + 1) / 100, i * (PWM_TOP + 1) / 100);
}

static void step_scene(void) {
    uint32_t colours[RING_LEDS];
    static uint32_t tone;
    uint32_t age = now_ms - scene_ms, wanted = scene_tone(scene, age);
    if (wanted != tone) chip_buzzer(tone = wanted);
    // A still picture goes out once a second, for lights that lost it to a spike.
    uint32_t every = scene_moves(scene) ? SCENE_STEP_MS : 1000;
    if (!ring_due && now_ms - shown_ms < every) return;
    for (uint32_t i = 0; i < RING_LEDS; i++) colours[i] = scene_colour(scene, age, i);
    if (chip_ring(colours, RING_LEDS)) ring_due = false, shown_ms = now_ms;
}

// One conversion a millisecond, fetched when the next begins: daylight every other time.
static void measure(void) {
    static const uint8_t ORDER[] = {ADC_DAYLIGHT, ADC_LAMP, ADC_DAYLIGHT, ADC_SUPPLY};
    static uint8_t turn;
    uint16_t counts = chip_converted();
    uint8_t was = ORDER[turn];
    turn = (uint8_t)((turn + 1) % sizeof ORDER);
    chip_convert(ORDER[turn]);
    if (was == ADC_DAYLIGHT) daylight = counts;
    else if (was == ADC_LAMP) lamp_c = lamp_celsius(counts);
    else supply_mv = SUPPLY_MV(counts);
}

static uint16_t measured(uint8_t channel) {
    chip_convert(channel);
    return chip_converted();
}

static void restart_if_wished(void) {
    if (NOTES->trust == TRUST_ON_TRIAL && now_ms >= TRIAL_MS) restart_why = RESET_CAUSE_TRIAL_OVER;
    if (restart_why && chip_line_idle()) chip_restart(restart_why);
}

static void every_ms(void) {
    measure();
    step_power();
    step_lamps();
    step_scene();
    tell_inputs();
    journal_write(&tamper);
    link_step(&line, now_ms);
    restart_if_wished();
}

static void begin(void) {
    chip_watchdog(WATCHDOG_MS);
    reset_cause = chip_reset_cause();
    chip_pins();
    journal_read(&tamper);
    chip_set(PIN_ZEROISE, tamper.latched);
    chip_converter_begin();
    chip_lights_begin();
    supply_mv = SUPPLY_MV(measured(ADC_SUPPLY));
    lamp_c = lamp_celsius(measured(ADC_LAMP));
    daylight = measured(ADC_DAYLIGHT);
    lamp_limit = 100;
    power_begin(&power, 0);
    chip_line_begin();
    chip_tick_begin();
    __asm volatile("cpsie i");
}

int main(void) {
    uint32_t done_ms = 0;
    uint8_t byte;
    begin();
    for (;;) {
        chip_feed();
        while (chip_line_take(&byte)) link_take(&line, byte, now_ms, handle);
        chip_line_pump();
        if (done_ms != now_ms) {
            done_ms = now_ms;
            every_ms();
        }
        __asm volatile("wfi");
    }
}
