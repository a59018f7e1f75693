// The pure parts on this machine, with sanitizers: `parts NAME` runs one test, `parts` all.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../board.h"
#include "../debounce.h"
#include "../lamp.h"
#include "../link.h"
#include "../power.h"
#include "../scenes.h"
#include "../sha256.h"
#include "../sha512.h"
#include "../signature.h"
#include "../slots.h"
#include "../tamper.h"

#define CHECK(what) \
    do { \
        if (!(what)) { \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
            exit(1); \
        } \
    } while (0)

// --- what the app would give them ---

static uint8_t sent[4096];
static size_t sent_size, carried_out;

void link_send(const uint8_t *bytes, size_t size) {
    CHECK(sent_size + size <= sizeof sent);
    memcpy(sent + sent_size, bytes, size);
    sent_size += size;
}

static uint8_t handle(const struct frame *in, uint8_t *reply, uint16_t *size) {
    carried_out++;
    memcpy(reply, in->body, in->size);
    *size = in->size;
    return 0;
}

static struct link line;

static void say(uint8_t kind, uint8_t sequence, const void *body, size_t size) {
    uint8_t out[FRAME_STUFFED + 1];
    size_t count = frame_encode(kind, sequence, body, size, out);
    for (size_t i = 0; i < count; i++) link_take(&line, out[i], 1000, handle);
}

static size_t heard(struct frame *frames, size_t most) {
    static struct frame_reader reader;
    size_t count = 0;
    memset(&reader, 0, sizeof reader);
    for (size_t i = 0; i < sent_size && count < most; i++) count += frame_feed(&reader, sent[i], &frames[count]);
    CHECK(reader.bad == 0);
    sent_size = 0;
    return count;
}

static void open_line(uint32_t schema) {
    struct hello_request hello = {PROTOCOL, schema};
    memset(&line, 0, sizeof line);
    say(MSG_HELLO, 0, &hello, sizeof hello);
    sent_size = carried_out = 0;
}

// --- frames ---

static void frames_of_every_size_come_back(void) {
    struct frame_reader reader = {0};
    struct frame out;
    uint8_t body[LONGEST_BODY], bytes[FRAME_STUFFED + 1];
    for (size_t size = 0; size <= LONGEST_BODY; size++)
        for (int pattern = 0; pattern < 4; pattern++) {
            for (size_t i = 0; i < size; i++) body[i] = (uint8_t)(pattern == 0 ? 0 : pattern == 1 ? 0xFF : pattern == 2 ? i : i % 3);
            size_t count = frame_encode(3, (uint8_t)size, body, size, bytes), got = 0;
            CHECK(count <= sizeof bytes && memchr(bytes, 0, count) == bytes + count - 1);
            for (size_t i = 0; i < count; i++) got += frame_feed(&reader, bytes[i], &out);
            CHECK(got == 1 && out.kind == 3 && out.sequence == (uint8_t)size && out.size == size);
            CHECK(memcmp(out.body, body, size) == 0);
        }
    CHECK(reader.bad == 0);
}

static void any_flipped_bit_is_noticed(void) {
    uint8_t bytes[FRAME_STUFFED + 1], body[40];
    for (size_t i = 0; i < sizeof body; i++) body[i] = (uint8_t)(i * 7);
    size_t count = frame_encode(MSG_PING, 9, body, sizeof body, bytes);
    for (size_t bit = 0; bit < (count - 1) * 8; bit++) {
        struct frame_reader reader = {0};
        struct frame out;
        size_t got = 0;
        for (size_t i = 0; i < count; i++) got += frame_feed(&reader, (uint8_t)(bytes[i] ^ (i == bit / 8 ? 1 << bit % 8 : 0)), &out);
        CHECK(got == 0);
    }
}

static void an_endless_frame_is_dropped_and_the_next_heard(void) {
    static struct frame_reader reader;
    struct frame out;
    uint8_t bytes[FRAME_STUFFED + 1];
    for (int i = 0; i < 100000; i++) CHECK(!frame_feed(&reader, 1, &out));
    CHECK(!frame_feed(&reader, 0, &out) && reader.bad == 1);
    size_t count = frame_encode(1, 2, "x", 1, bytes), got = 0;
    for (size_t i = 0; i < count; i++) got += frame_feed(&reader, bytes[i], &out);
    CHECK(got == 1);
}

static void the_sum_is_the_known_one(void) {
    CHECK(frame_sum((const uint8_t *)"123456789", 9) == 0x29B1);
}

// --- the line's rules ---

static void a_repeated_request_is_carried_out_once(void) {
    struct frame got[4];
    open_line(SCHEMA);
    for (int i = 0; i < 3; i++) say(MSG_PING, 5, "abc", 3);
    CHECK(carried_out == 1);
    CHECK(heard(got, 4) == 3 && got[2].kind == (MSG_PING | KIND_ANSWER) && got[2].sequence == 5 && memcmp(got[2].body, "abc", 3) == 0);
    say(MSG_PING, 6, "abc", 3);
    CHECK(carried_out == 2);
}

static void another_request_of_the_same_number_is_not_taken_for_a_repeat(void) {
    open_line(SCHEMA);
    say(MSG_PING, 5, "abc", 3);
    say(MSG_PING, 5, "abd", 3);
    CHECK(carried_out == 2);
}

static void another_schema_is_refused_all_but_what_an_update_needs(void) {
    struct frame got[4];
    open_line(SCHEMA ^ 1);
    say(MSG_PING, 1, "abc", 3);
    CHECK(heard(got, 4) == 1 && got[0].kind == (MSG_PING | KIND_REFUSAL) && got[0].body[0] == REFUSAL_SCHEMA);
    say(MSG_CONFIRM, 2, 0, 0);
    CHECK(heard(got, 4) == 1 && got[0].kind == (MSG_CONFIRM | KIND_REFUSAL));
    say(MSG_REBOOT, 3, 0, 0);
    CHECK(heard(got, 4) == 1 && got[0].kind == (MSG_REBOOT | KIND_ANSWER));
}

static void an_event_is_repeated_until_it_is_answered(void) {
    struct frame got[4];
    uint8_t button = 2;
    open_line(SCHEMA);
    link_tell(&line, EVENT_BUTTON, &button, 1);
    link_step(&line, 1000);
    CHECK(heard(got, 4) == 1 && got[0].kind == EVENT_BUTTON && got[0].body[0] == 2);
    link_step(&line, 1000 + EVENT_AGAIN_MS - 1);
    CHECK(heard(got, 4) == 0);
    link_step(&line, 1000 + EVENT_AGAIN_MS);
    CHECK(heard(got, 4) == 1);
    say(EVENT_BUTTON | KIND_ANSWER, got[0].sequence, 0, 0);
    link_step(&line, 5000);
    CHECK(heard(got, 4) == 0);
}

static void events_wait_in_order_for_a_kiosk_that_is_away(void) {
    struct frame got[4];
    memset(&line, 0, sizeof line);
    for (uint8_t i = 0; i < EVENTS + 2; i++) link_tell(&line, EVENT_BUTTON, &i, 1);
    link_step(&line, 500);
    CHECK(heard(got, 4) == 0 && line.events_lost == 2);
    struct hello_request hello = {PROTOCOL, SCHEMA};
    say(MSG_HELLO, 0, &hello, sizeof hello);
    sent_size = 0;
    for (uint8_t i = 0; i < EVENTS; i++) {
        link_step(&line, 1000);
        CHECK(heard(got, 4) == 1 && got[0].body[0] == i);
        say(EVENT_BUTTON | KIND_ANSWER, got[0].sequence, 0, 0);
    }
    CHECK(line.waiting == 0);
}

// --- inputs ---

static void a_bouncing_button_is_one_press(void) {
    struct debounce button = {0};
    const char *bounces = "1011010111111111111111111111111111110101000000000000000000000000000000";
    int ups = 0, downs = 0;
    for (const char *at = bounces; *at; at++)
        if (debounce_step(&button, *at == '1', BUTTON_REST_MS)) *(button.level ? &ups : &downs) += 1;
    CHECK(ups == 1 && downs == 1);
}

static void a_glitch_opens_nothing(void) {
    struct tamper tamper = {0};
    for (int i = 0; i < 1000; i++) CHECK(!tamper_step(&tamper, i % LID_REST_MS != 0, false));
    CHECK(!tamper.latched && !tamper.count);
}

static void an_open_lid_latches_until_cleared(void) {
    struct tamper tamper = {0};
    int causes = 0;
    for (int i = 0; i < 100; i++) causes += tamper_step(&tamper, true, false) == TAMPER_LID;
    for (int i = 0; i < 100; i++) tamper_step(&tamper, false, false);
    CHECK(causes == 1 && tamper.latched && tamper.count == 1 && tamper_shut(&tamper));
}

static void light_inside_latches_too(void) {
    struct tamper tamper = {0};
    int causes = 0;
    for (int i = 0; i < 100; i++) causes += tamper_step(&tamper, false, true) == TAMPER_LIGHT;
    CHECK(causes == 1 && tamper.latched && !tamper_shut(&tamper));
}

static void a_maintainers_visit_is_told_but_not_latched(void) {
    struct tamper tamper = {.service_ms = 50};
    int causes = 0;
    for (int i = 0; i < 40; i++) causes += tamper_step(&tamper, true, false) != 0;
    CHECK(causes == 1 && !tamper.latched && !tamper.count);
    for (int i = 0; i < 40; i++) tamper_step(&tamper, false, false);
    for (int i = 0; i < 40; i++) tamper_step(&tamper, true, false);
    CHECK(tamper.latched && tamper.count == 1);
}

// --- power ---

static struct power power;
static uint32_t clock_ms;

// Steps until the state changes or `ms` pass; true if it changed.
static bool pass(uint32_t ms, uint16_t supply_mv, bool halted, bool start) {
    for (uint32_t end = clock_ms + ms; clock_ms != end;) {
        bool graded;
        struct power_input in = {++clock_ms, supply_mv, halted, start};
        if (power_step(&power, &in, &graded)) return true;
    }
    return false;
}

static void begin_power(void) {
    clock_ms = 0;
    power_begin(&power, 0);
}

static void a_computer_that_never_beats_is_left_alone(void) {
    begin_power();
    CHECK(!pass(24 * 3600 * 1000, 12000, false, false) && !power.cut && !power.ask);
}

static void a_lost_beat_asks_then_cuts_then_gives_back(void) {
    begin_power();
    power_beat(&power, clock_ms, 30000);
    CHECK(power.state == POWER_WATCHED && pass(30000, 12000, false, false));
    CHECK(power.state == POWER_ASKED_TO_STOP && power.reason == REASON_BEAT_LOST && power.ask && !power.cut);
    CHECK(pass(STOP_LIMIT_MS, 12000, false, false) && power.cut && power.reason == REASON_WAITED_LONG);
    CHECK(pass(CUT_MS, 12000, false, false) && power.state == POWER_ON && !power.cut && !power.ask && power.cuts == 1);
}

static void a_halted_computer_is_cut_at_once(void) {
    begin_power();
    power_beat(&power, clock_ms, 30000);
    CHECK(pass(30000, 12000, false, false) && pass(HALTED_MS + 1, 12000, true, false));
    CHECK(power.cut && power.reason == REASON_HALTED);
}

static uint32_t next_ask(void) {
    uint32_t from = clock_ms;
    while (pass(10u * 3600 * 1000, 12000, false, false))
        if (power.state == POWER_ASKED_TO_STOP) break;
    return clock_ms - from;
}

static void each_further_cut_waits_longer(void) {
    begin_power();
    power_beat(&power, clock_ms, 30000);
    next_ask();
    uint32_t before = 0;
    for (int i = 0; i < MOST_BACK_OFF; i++) {
        uint32_t waited = next_ask();
        CHECK(waited >= BOOT_LIMIT_MS << i && waited > before);
        before = waited;
    }
}

static void a_computer_that_dies_soon_after_each_start_is_not_cycled_fast(void) {
    begin_power();
    for (int i = 0; i < 4; i++) {
        power_beat(&power, clock_ms, 30000);
        next_ask();
        while (power.state != POWER_ON) pass(3600 * 1000, 12000, false, false);
    }
    CHECK(power.tries == 4 && clock_ms > BOOT_LIMIT_MS * (1 + 2 + 4));
}

static void ten_good_minutes_forgive(void) {
    begin_power();
    power_beat(&power, clock_ms, 30000);
    next_ask();
    while (power.state != POWER_ON) pass(3600 * 1000, 12000, false, false);
    for (int i = 0; i < 62; i++) {
        power_beat(&power, clock_ms, 30000);
        CHECK(!pass(10000, 12000, false, false));
    }
    power_beat(&power, clock_ms, 30000);
    CHECK(power.tries == 0 && next_ask() == 30000);
}

static void a_daemon_that_leaves_orderly_is_not_missed(void) {
    begin_power();
    power_beat(&power, clock_ms, 30000);
    power_beat(&power, clock_ms, 0);
    CHECK(power.state == POWER_ON && !pass(3600 * 1000, 12000, false, false));
}

static void a_dip_is_told_but_stops_nothing(void) {
    begin_power();
    CHECK(!pass(10000, SUPPLY_LOW_MV - 1, false, false) && power.grade == SUPPLY_LOW);
    CHECK(!pass(SUPPLY_FAILING_MS - 1, SUPPLY_FAILING_MV - 1, false, false));
    CHECK(!pass(SUPPLY_GOOD_MS + 1, SUPPLY_GOOD_MV, false, false) && power.grade == SUPPLY_GOOD);
}

static void a_failing_supply_stops_in_order_and_waits_for_its_return(void) {
    begin_power();
    CHECK(pass(SUPPLY_FAILING_MS + 1, SUPPLY_FAILING_MV - 1, false, false));
    CHECK(power.state == POWER_ASKED_TO_STOP && power.reason == REASON_SUPPLY_FAILING);
    CHECK(pass(STOP_FAILING_MS, SUPPLY_FAILING_MV - 1, false, false) && power.cut);
    CHECK(!pass(3600 * 1000, SUPPLY_LOW_MV, false, false) && power.cut);
    CHECK(pass(SUPPLY_GOOD_MS + 1, SUPPLY_GOOD_MV, false, false) && power.state == POWER_ON);
}

static void who_was_switched_off_stays_off_until_start(void) {
    begin_power();
    CHECK(power_wish(&power, clock_ms, 1) && !power_wish(&power, clock_ms, 2));
    CHECK(pass(HALTED_MS + 1, 12000, true, false) && power.cut);
    CHECK(!pass(24 * 3600 * 1000, 12000, false, false));
    CHECK(pass(2, 12000, false, true) && power.state == POWER_ON);
}

static void time_may_wrap(void) {
    clock_ms = 0xFFFFFF00u;
    power_begin(&power, clock_ms);
    power_beat(&power, clock_ms, 30000);
    CHECK(!pass(29000, 12000, false, false));
    power_beat(&power, clock_ms, 30000);
    CHECK(pass(30000, 12000, false, false) && power.state == POWER_ASKED_TO_STOP);
}

// --- light ---

static void the_lamps_sensor_reads_degrees(void) {
    CHECK(lamp_celsius(2048) == 25);
    CHECK(lamp_celsius(815) >= 59 && lamp_celsius(815) <= 61);
    CHECK(lamp_celsius(0) == LAMP_NO_SENSOR && lamp_celsius(4095) == LAMP_NO_SENSOR);
    for (uint32_t counts = 151; counts <= 4000; counts++) CHECK(lamp_celsius(counts) <= lamp_celsius(counts - 1) || counts == 151);
}

static void a_hot_lamp_is_dimmed_and_a_blind_one_limited(void) {
    CHECK(lamp_most(25) == 100 && lamp_most(LAMP_WARM_C) == 100 && lamp_most(LAMP_HOT_C) == 0 && lamp_most(120) == 0);
    for (int16_t c = 0; c < 100; c++) CHECK(lamp_most(c + 1) <= lamp_most(c));
    CHECK(lamp_most(LAMP_NO_SENSOR) == LAMP_BLIND_PERCENT);
}

static void every_scene_has_a_look(void) {
    for (uint8_t scene = SCENE_OFF; scene <= SCENE_FAULT; scene++) {
        uint32_t any = 0;
        for (uint32_t ms = 0; ms < 2000; ms += SCENE_STEP_MS)
            for (uint32_t led = 0; led < RING_LEDS; led++) any |= scene_colour(scene, ms, led);
        CHECK((any != 0) == (scene != SCENE_OFF));
        CHECK(scene_tone(scene, 300) == 0 && scene_tone(scene, 0xFFFFFFFF) == 0);
    }
}

// --- slots ---

static struct image_header headers[2];
static struct slot_state states[2];

static void two_slots(bool confirmed_b) {
    memset(states, 0xFF, sizeof states);
    for (int i = 0; i < 2; i++) {
        headers[i] = (struct image_header){.magic = IMAGE_MAGIC, .size = 4096, .security = 3, .board = BOARD};
        states[i].sequence = (uint32_t)i + 1;
    }
    states[0].confirmed = STATE_CONFIRMED;
    if (confirmed_b) states[1].confirmed = STATE_CONFIRMED;
}

static struct slot_choice choice(uint32_t least) {
    struct slot_view views[2];
    for (int i = 0; i < 2; i++) views[i] = slot_view(&headers[i], &states[i], least);
    return slot_choose(views);
}

static void a_newer_image_is_tried_then_left(void) {
    two_slots(false);
    for (int i = 0; i < TRIALS; i++) {
        CHECK(choice(3).slot == 1 && choice(3).trust == TRUST_ON_TRIAL);
        states[1].tried[i] = 0x7FFFFFFF;  // as torn as can be
    }
    CHECK(choice(3).slot == 0 && choice(3).trust == TRUST_CONFIRMED);
}

static void the_newest_confirmed_wins(void) {
    two_slots(true);
    CHECK(choice(3).slot == 1);
    states[0].sequence = 9;
    CHECK(choice(3).slot == 0);
}

static void a_torn_confirmation_is_none(void) {
    for (int bit = 0; bit < 32; bit++) {
        if (STATE_CONFIRMED >> bit & 1) continue;
        two_slots(true);
        states[1].confirmed |= 1u << bit;
        CHECK(choice(3).trust == TRUST_ON_TRIAL);
    }
}

static void what_is_older_than_the_floor_is_no_choice(void) {
    two_slots(true);
    headers[1].security = 2;
    CHECK(choice(3).slot == 0);
    headers[0].security = 2;
    CHECK(choice(3).slot == -1);
}

static void a_header_that_makes_no_sense_is_no_choice(void) {
    for (int way = 0; way < 6; way++) {
        two_slots(true);
        if (way == 0) headers[1].magic = 0xFFFFFFFF;
        if (way == 1) headers[1].size = CODE_LIMIT + 4;
        if (way == 2) headers[1].size = 0;
        if (way == 3) headers[1].board = BOARD + 1;
        if (way == 4) headers[1].size = 4095;
        if (way == 5) states[1].sequence = 0xFFFFFFFF;
        CHECK(choice(3).slot == 0);
    }
}

static void rather_anything_genuine_than_nothing(void) {
    two_slots(false);
    headers[0].magic = 0;
    memset(states[1].tried, 0, sizeof states[1].tried);
    CHECK(choice(3).slot == 1 && choice(3).trust == TRUST_LAST_RESORT);
}

static void the_floor_only_rises(void) {
    static uint32_t words[WORDS_A_SECTOR];
    memset(words, 0xFF, sizeof words);
    CHECK(floor_read(words) == 0);
    words[4] = 0x7FFFFFFF;
    CHECK(floor_read(words) == 5);
    words[0] = 0;
    CHECK(floor_read(words) == 5);
    memset(words, 0, sizeof words);
    CHECK(floor_read(words) == WORDS_A_SECTOR);
}

static void the_state_lies_as_the_tools_write_it(void) {
    CHECK(sizeof(struct image_header) == PAGE && sizeof(struct slot_state) == SECTOR);
    CHECK(offsetof(struct image_header, signature) == IMAGE_SIGNED && offsetof(struct slot_state, verified) == 4 * PAGE);
}

// --- digests and signatures ---

static void from_hex(const char *hex, uint8_t *out) {
    for (size_t i = 0; hex[2 * i]; i++) {
        unsigned value;
        CHECK(sscanf(hex + 2 * i, "%2x", &value) == 1);
        out[i] = (uint8_t)value;
    }
}

static void short_digest_is(const char *text, size_t times, const char *hex) {
    uint8_t wanted[32], got[32];
    struct sha256 hash;
    sha256_begin(&hash);
    for (size_t i = 0; i < times; i++) sha256_add(&hash, text, strlen(text));
    sha256_end(&hash, got);
    from_hex(hex, wanted);
    CHECK(memcmp(wanted, got, 32) == 0);
}

static void digest_is(const char *text, size_t times, const char *hex) {
    uint8_t wanted[64], got[64];
    struct sha512 hash;
    sha512_begin(&hash);
    for (size_t i = 0; i < times; i++) sha512_add(&hash, text, strlen(text));
    sha512_end(&hash, got);
    from_hex(hex, wanted);
    CHECK(memcmp(wanted, got, 64) == 0);
}

// FIPS 180-4's examples.
static void digests_are_the_known_ones(void) {
    short_digest_is("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    short_digest_is("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    short_digest_is("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
                    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    short_digest_is("a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    digest_is("abc", 1,
              "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
              "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
    digest_is("", 1,
              "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
              "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e");
    digest_is("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu", 1,
              "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
              "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909");
    digest_is("a", 1000000,
              "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
              "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b");
}

static bool verify(const char *key_hex, const char *message_hex, const char *signature_hex, int flip) {
    uint8_t key[32], message[1024], signature[64];
    size_t size = strlen(message_hex) / 2;
    from_hex(key_hex, key);
    from_hex(message_hex, message);
    from_hex(signature_hex, signature);
    if (flip >= 0) signature[flip / 8] ^= (uint8_t)(1 << flip % 8);
    return signature_good(signature, key, message, size / 2, message + size / 2, size - size / 2);
}

// RFC 8032, 7.1, tests 1 to 3.
static const char *VECTORS[][3] = {
    {"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

static void signatures_are_the_known_ones(void) {
    for (size_t i = 0; i < 3; i++) CHECK(verify(VECTORS[i][0], VECTORS[i][1], VECTORS[i][2], -1));
}

static void a_changed_signature_is_refused(void) {
    for (int bit = 0; bit < 512; bit++) CHECK(!verify(VECTORS[2][0], VECTORS[2][1], VECTORS[2][2], bit));
    CHECK(!verify(VECTORS[2][0], "af83", VECTORS[2][2], -1) && !verify(VECTORS[1][0], "af82", VECTORS[2][2], -1));
}

#define TEST(name) {#name, name}
static const struct {
    const char *name;
    void (*run)(void);
} TESTS[] = {
    TEST(frames_of_every_size_come_back),
    TEST(any_flipped_bit_is_noticed),
    TEST(an_endless_frame_is_dropped_and_the_next_heard),
    TEST(the_sum_is_the_known_one),
    TEST(a_repeated_request_is_carried_out_once),
    TEST(another_request_of_the_same_number_is_not_taken_for_a_repeat),
    TEST(another_schema_is_refused_all_but_what_an_update_needs),
    TEST(an_event_is_repeated_until_it_is_answered),
    TEST(events_wait_in_order_for_a_kiosk_that_is_away),
    TEST(a_bouncing_button_is_one_press),
    TEST(a_glitch_opens_nothing),
    TEST(an_open_lid_latches_until_cleared),
    TEST(light_inside_latches_too),
    TEST(a_maintainers_visit_is_told_but_not_latched),
    TEST(a_computer_that_never_beats_is_left_alone),
    TEST(a_lost_beat_asks_then_cuts_then_gives_back),
    TEST(a_halted_computer_is_cut_at_once),
    TEST(each_further_cut_waits_longer),
    TEST(a_computer_that_dies_soon_after_each_start_is_not_cycled_fast),
    TEST(ten_good_minutes_forgive),
    TEST(a_daemon_that_leaves_orderly_is_not_missed),
    TEST(a_dip_is_told_but_stops_nothing),
    TEST(a_failing_supply_stops_in_order_and_waits_for_its_return),
    TEST(who_was_switched_off_stays_off_until_start),
    TEST(time_may_wrap),
    TEST(the_lamps_sensor_reads_degrees),
    TEST(a_hot_lamp_is_dimmed_and_a_blind_one_limited),
    TEST(every_scene_has_a_look),
    TEST(a_newer_image_is_tried_then_left),
    TEST(the_newest_confirmed_wins),
    TEST(a_torn_confirmation_is_none),
    TEST(what_is_older_than_the_floor_is_no_choice),
    TEST(a_header_that_makes_no_sense_is_no_choice),
    TEST(rather_anything_genuine_than_nothing),
    TEST(the_floor_only_rises),
    TEST(the_state_lies_as_the_tools_write_it),
    TEST(digests_are_the_known_ones),
    TEST(signatures_are_the_known_ones),
    TEST(a_changed_signature_is_refused),
};

int main(int count, char **words) {
    int ran = 0;
    for (size_t i = 0; i < sizeof TESTS / sizeof TESTS[0]; i++) {
        if (count > 1 && strcmp(words[1], TESTS[i].name) != 0) continue;
        TESTS[i].run();
        ran++;
    }
    printf("%d good\n", ran);
    return ran ? 0 : 2;
}
