// What the ring shows and the buzzer plays for each scene. Pure; runs on the host, too.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "protocol.h"

#define SCENE_STEP_MS 100  // a picture lasts this long

// The colour of a light (green << 16 | red << 8 | blue) `ms` after the scene began.
uint32_t scene_colour(uint8_t scene, uint32_t ms, uint32_t led);

// The tone `ms` after the scene began, in hertz; 0: quiet.
uint32_t scene_tone(uint8_t scene, uint32_t ms);

// Whether its picture changes with time.
bool scene_moves(uint8_t scene);
