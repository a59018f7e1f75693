// The line's rules: a request is carried out once however often it comes, an event is repeated until it is
// answered. Pure but for `link_send`; runs on the host, too.
#pragma once
#include "frame.h"

#define EVENTS 16
#define EVENT_BODY 4
#define EVENT_AGAIN_MS 250
#define LINK_QUIET_MS 10000

struct event {
    uint8_t kind, sequence, size, body[EVENT_BODY];
};

struct link {
    struct frame_reader reader;
    struct frame in;
    bool open;             // the kiosk said HELLO with our schema
    bool any;              // `last` holds an answered request
    uint8_t last_kind, last_sequence;
    uint16_t last_sum, answer_size;
    uint8_t answer[FRAME_STUFFED + 1];
    struct event events[EVENTS];
    uint8_t first, waiting, event_sequence, events_lost;
    uint32_t event_sent_ms, heard_ms;
    bool event_fresh;
};

// What carries out a request: fills `reply`, sets `size`, returns 0 or why not (enum refusal).
typedef uint8_t (*link_handler)(const struct frame *request, uint8_t *reply, uint16_t *size);

void link_send(const uint8_t *bytes, size_t size);  // the app's, or a test's

void link_take(struct link *link, uint8_t byte, uint32_t now_ms, link_handler handle);
void link_tell(struct link *link, uint8_t kind, const void *body, uint8_t size);
void link_step(struct link *link, uint32_t now_ms);
