// How bright the face light may be. Pure; runs on the host, too.
#pragma once
#include <stdint.h>

#define LAMP_NO_SENSOR (-128)

// Degrees Celsius of the light's board from the converter's counts; LAMP_NO_SENSOR if the wire is cut or shorted.
int16_t lamp_celsius(uint32_t counts);

// The most that it may be given at this temperature, in percent.
uint8_t lamp_most(int16_t celsius);
