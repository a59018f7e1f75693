#include "link.h"

#include <string.h>

static void answer(struct link *link, uint8_t kind, const uint8_t *body, uint16_t size) {
    link->answer_size = (uint16_t)frame_encode(kind, link->in.sequence, body, size, link->answer);
    link_send(link->answer, link->answer_size);
}

static bool fixed(uint8_t kind) {
    return kind == MSG_HELLO || (kind >= MSG_UPDATE_BEGIN && kind <= MSG_REBOOT);
}

static uint8_t hello(struct link *link) {
    const struct hello_request *request = (const void *)link->in.body;
    if (link->in.size != sizeof *request) return REFUSAL_LENGTH;
    link->open = request->protocol == PROTOCOL && request->schema == SCHEMA;
    link->any = false;
    link->event_fresh = true;
    return 0;
}

static void request(struct link *link, link_handler handle) {
    uint8_t body[LONGEST_BODY];
    uint16_t size = 0, sum = frame_sum(link->in.body, link->in.size);
    uint8_t kind = link->in.kind, why = 0;
    if (kind == MSG_HELLO) why = hello(link);
    else if (link->any && kind == link->last_kind && link->in.sequence == link->last_sequence && sum == link->last_sum) {
        link_send(link->answer, link->answer_size);  // it came before: carried out already
        return;
    }
    if (!why && !link->open && !fixed(kind)) why = REFUSAL_SCHEMA;
    if (!why) why = handle(&link->in, body, &size);
    if (why) answer(link, kind | KIND_REFUSAL, &why, 1);
    else answer(link, kind | KIND_ANSWER, body, size);
    link->any = kind != MSG_HELLO;
    link->last_kind = kind;
    link->last_sequence = link->in.sequence;
    link->last_sum = sum;
}

static void heard(struct link *link, uint8_t kind, uint8_t sequence) {
    const struct event *event = &link->events[link->first];
    if (!link->waiting || (event->kind | KIND_ANSWER) != kind || event->sequence != sequence) return;
    link->first = (uint8_t)((link->first + 1) % EVENTS);
    link->waiting--;
    link->event_fresh = true;
}

void link_take(struct link *link, uint8_t byte, uint32_t now_ms, link_handler handle) {
    if (!frame_feed(&link->reader, byte, &link->in)) return;
    link->heard_ms = now_ms;
    if (link->in.kind & KIND_ANSWER) heard(link, link->in.kind, link->in.sequence);
    else request(link, handle);
}

void link_tell(struct link *link, uint8_t kind, const void *body, uint8_t size) {
    if (link->waiting == EVENTS) {
        if (link->events_lost < 0xFF) link->events_lost++;
        return;
    }
    struct event *event = &link->events[(link->first + link->waiting++) % EVENTS];
    event->kind = kind;
    event->sequence = link->event_sequence++;
    event->size = size;
    memcpy(event->body, body, size);
    if (link->waiting == 1) link->event_fresh = true;
}

void link_step(struct link *link, uint32_t now_ms) {
    uint8_t out[32];
    const struct event *event = &link->events[link->first];
    if (!link->open || !link->waiting || now_ms - link->heard_ms > LINK_QUIET_MS) return;
    if (!link->event_fresh && now_ms - link->event_sent_ms < EVENT_AGAIN_MS) return;
    link->event_fresh = false;
    link->event_sent_ms = now_ms;
    link_send(out, frame_encode(event->kind, event->sequence, event->body, event->size, out));
}
