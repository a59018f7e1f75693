#include "lamp.h"

#include "board.h"

// Counts of a 10 k NTC with B 3950 below 10 k, every ten degrees from -20: 4095 R / (R + 10 k) with
// R = 10 k exp(3950 (1 / T - 1 / 298.15)).
static const uint16_t COUNTS[] = {3740, 3495, 3156, 2738, 2278, 1825, 1419, 1081, 815, 613, 462, 350, 267};
#define STEPS (sizeof COUNTS / sizeof COUNTS[0])

int16_t lamp_celsius(uint32_t counts) {
    if (counts < 150 || counts > 4000) return LAMP_NO_SENSOR;
    if (counts >= COUNTS[0]) return -20;
    for (uint32_t i = 1; i < STEPS; i++) {
        if (counts < COUNTS[i]) continue;
        uint32_t width = COUNTS[i - 1] - COUNTS[i], into = COUNTS[i - 1] - counts;
        return (int16_t)(-20 + 10 * ((int32_t)i - 1) + (int32_t)(10 * into / width));
    }
    return -20 + 10 * ((int16_t)STEPS - 1);
}

uint8_t lamp_most(int16_t celsius) {
    if (celsius == LAMP_NO_SENSOR) return LAMP_BLIND_PERCENT;
    if (celsius <= LAMP_WARM_C) return 100;
    if (celsius >= LAMP_HOT_C) return 0;
    return (uint8_t)(100 * (LAMP_HOT_C - celsius) / (LAMP_HOT_C - LAMP_WARM_C));
}
