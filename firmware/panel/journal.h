// The tamper log in flash: a word for each tamper and each clearing, so that a power cut forgets nothing.
#pragma once
#include "tamper.h"

// What the log says, at the start.
void journal_read(struct tamper *tamper);

// Writes what `tamper` has become since it was last written or read. Not from an interrupt.
void journal_write(const struct tamper *tamper);
