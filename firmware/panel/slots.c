#include "slots.h"

#define BLANK 0xFFFFFFFFu

struct slot_view slot_view(const struct image_header *header, const struct slot_state *state, uint32_t least_security) {
    struct slot_view view = {.sequence = state->sequence};
    view.possible = header->magic == IMAGE_MAGIC && header->board == BOARD && header->size > 0 &&
                    header->size <= CODE_LIMIT && header->size % 4 == 0 && header->security <= WORDS_A_SECTOR &&
                    header->security >= least_security && state->sequence != BLANK;
    view.confirmed = state->confirmed == STATE_CONFIRMED;
    for (int i = 0; i < TRIALS; i++) view.trials_left = (uint8_t)(view.trials_left + (state->tried[i] == BLANK));
    return view;
}

static int newest(const struct slot_view views[2], bool confirmed) {
    int best = -1;
    for (int i = 0; i < 2; i++) {
        if (!views[i].possible || views[i].confirmed != confirmed) continue;
        if (best < 0 || views[i].sequence > views[best].sequence) best = i;
    }
    return best;
}

struct slot_choice slot_choose(const struct slot_view views[2]) {
    int sure = newest(views, true), other = newest(views, false);
    bool newer = other >= 0 && (sure < 0 || views[other].sequence > views[sure].sequence);
    if (newer && views[other].trials_left) return (struct slot_choice){other, TRUST_ON_TRIAL};
    if (sure >= 0) return (struct slot_choice){sure, TRUST_CONFIRMED};
    return (struct slot_choice){other, TRUST_LAST_RESORT};
}

uint32_t floor_read(const uint32_t words[WORDS_A_SECTOR]) {
    uint32_t count = WORDS_A_SECTOR;
    while (count && words[count - 1] == BLANK) count--;
    return count;
}
