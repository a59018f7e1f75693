#include "scenes.h"

#include "board.h"

#define GRB(r, g, b) ((uint32_t)(g) << 16 | (uint32_t)(r) << 8 | (uint32_t)(b))
enum motion { STILL, TURN, BLINK };

struct scene_look {
    uint32_t colour;
    uint8_t motion;
    uint16_t tones[3];  // a tenth of a second each
};

// Red never stands for a person: a kiosk accuses nobody. It means that the box needs somebody.
static const struct scene_look LOOKS[] = {
    [SCENE_OFF] = {0, STILL, {0, 0, 0}},
    [SCENE_READY] = {GRB(0, 0, 12), STILL, {0, 0, 0}},
    [SCENE_NOTICE] = {GRB(16, 16, 16), STILL, {0, 0, 0}},
    [SCENE_LOOK] = {GRB(40, 40, 40), STILL, {880, 0, 0}},
    [SCENE_FINGER] = {GRB(0, 0, 48), BLINK, {880, 0, 0}},
    [SCENE_LIFT] = {GRB(0, 32, 32), STILL, {1320, 0, 0}},
    [SCENE_BUSY] = {GRB(24, 24, 24), TURN, {0, 0, 0}},
    [SCENE_AGAIN] = {GRB(48, 24, 0), BLINK, {660, 660, 0}},
    [SCENE_DONE] = {GRB(0, 40, 0), STILL, {880, 1320, 0}},
    [SCENE_ATTENTION] = {GRB(48, 24, 0), TURN, {660, 0, 660}},
    [SCENE_FAULT] = {GRB(32, 0, 0), BLINK, {0, 0, 0}},
};

uint32_t scene_colour(uint8_t scene, uint32_t ms, uint32_t led) {
    const struct scene_look *look = &LOOKS[scene];
    uint32_t step = ms / SCENE_STEP_MS;
    if (look->motion == TURN) return (led + RING_LEDS - step % RING_LEDS) % RING_LEDS < 4 ? look->colour : 0;
    if (look->motion == BLINK) return step / 5 % 2 ? 0 : look->colour;
    return look->colour;
}

uint32_t scene_tone(uint8_t scene, uint32_t ms) {
    return ms < 300 ? LOOKS[scene].tones[ms / 100] : 0;
}

bool scene_moves(uint8_t scene) {
    return LOOKS[scene].motion != STILL;
}
