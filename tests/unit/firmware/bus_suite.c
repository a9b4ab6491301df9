/* The bus master: what counts as the reply asked for, and what happens to everything else on the line. */
#include <string.h>

#include "firmware/sense/bus_master.h"
#include "tests/unit/firmware/bench.h"
#include "tests/unit/firmware/suites.h"

#define UNIT 9

/* A master, and the far end of its line in the hands of the test. */
struct bus {
    struct sim_clock clock;
    struct sim_uart near, far;
    struct rtu_link link;
    struct bus_master master;
    struct bus_statistics statistics, other_statistics;
    struct bus_reply reply;
    struct sw_profile profile;
};

static struct bus *bus_start(void)
{
    static struct bus bus;
    memset(&bus, 0, sizeof bus);
    bus.profile = *sw_profile_by_id(SW_PROFILE_MANHOLE);
    bus.clock.now_us = 1000000;
    sim_uart_join(&bus.near, &bus.far, &bus.clock);
    (void)rtu_link_init(&bus.link, &bus.near.port, &bus.profile.line, bus.clock.now_us);
    bus_master_init(&bus.master, &bus.link, &bus.profile.line);
    return &bus;
}

static void ask(struct bus *bus, uint8_t unit, uint8_t retries, struct bus_statistics *statistics)
{
    struct bus_request request = {&bus->profile, unit, retries, statistics};
    (void)bus_master_start(&bus->master, &request, bus->clock.now_us);
}

/* Runs until the request is over (true) or the time has come. */
static bool run_until(struct bus *bus, uint64_t until_us)
{
    while (bus->clock.now_us < until_us) {
        if (bus_master_poll(&bus->master, bus->clock.now_us, &bus->reply)) return true;
        bus->clock.now_us += 50;
    }
    return false;
}

static bool run_for(struct bus *bus, uint64_t duration_us)
{
    return run_until(bus, bus->clock.now_us + duration_us);
}

/* Takes what has arrived at the far end; returns how many bytes. */
static size_t hear(struct bus *bus, uint8_t *bytes, size_t room)
{
    struct port_byte byte;
    size_t size = 0;
    while (bus->far.port.receive(bus->far.port.ctx, &byte))
        if (size < room) bytes[size++] = byte.value;
    return size;
}

/* Lets the request go out whole. */
static void let_request_out(struct bus *bus, struct check *check)
{
    uint8_t bytes[16];
    CHECK(!run_for(bus, 20000));
    CHECK_EQUAL(hear(bus, bytes, sizeof bytes), 8);
}

static void say(struct bus *bus, const uint8_t *body, size_t size)
{
    uint8_t frame[64];
    memcpy(frame, body, size);
    uint16_t crc = bench_crc(frame, size);
    frame[size] = (uint8_t)crc;
    frame[size + 1] = (uint8_t)(crc >> 8);
    (void)bus->far.port.send(bus->far.port.ctx, frame, size + 2);
}

static const uint8_t good_reply[] = {UNIT, 4, 8, 0, 11, 0, 22, 0, 33, 0, 44};

static void request_is_as_the_standard_wants_it(struct check *check)
{
    struct bus *bus = bus_start();
    uint8_t bytes[16];
    ask(bus, UNIT, 0, &bus->statistics);
    CHECK(!run_for(bus, 20000));
    CHECK_EQUAL(hear(bus, bytes, sizeof bytes), 8);
    CHECK_EQUAL(bench_crc(bytes, 8), 0);
    const uint8_t expected[] = {UNIT, 4, 0, 0, 0, 4};
    CHECK_EQUAL(memcmp(bytes, expected, sizeof expected), 0);
    CHECK_EQUAL(bus->statistics.requests, 1);
}

static void good_reply_gives_its_registers(struct check *check)
{
    struct bus *bus = bus_start();
    ask(bus, UNIT, 1, &bus->statistics);
    let_request_out(bus, check);
    say(bus, good_reply, sizeof good_reply);
    CHECK(run_for(bus, 100000));
    CHECK_EQUAL(bus->reply.error, SW_OK);
    CHECK_EQUAL(bus->reply.registers[0], 11);
    CHECK_EQUAL(bus->reply.registers[3], 44);
    CHECK(bus->statistics.response_ms >= 10 && bus->statistics.response_ms <= 30);
    CHECK(!bus_master_busy(&bus->master));
}

static void second_request_is_refused_while_one_is_under_way(struct check *check)
{
    struct bus *bus = bus_start();
    struct bus_request request = {&bus->profile, UNIT, 0, &bus->statistics};
    CHECK_EQUAL(bus_master_start(&bus->master, &request, bus->clock.now_us), SW_OK);
    CHECK_EQUAL(bus_master_start(&bus->master, &request, bus->clock.now_us), SW_ERROR_BUSY);
}

/* Asks once, answers with `bytes`, and expects the request to end with this error. */
static struct bus *answer_wrongly(struct check *check, const uint8_t *bytes, size_t size, int error)
{
    struct bus *bus = bus_start();
    ask(bus, UNIT, 0, &bus->statistics);
    let_request_out(bus, check);
    say(bus, bytes, size);
    CHECK(run_for(bus, 1000000));
    CHECK_EQUAL(bus->reply.error, error);
    return bus;
}

static void reply_of_another_unit_is_not_taken(struct check *check)
{
    const uint8_t reply[] = {UNIT + 1, 4, 8, 0, 11, 0, 22, 0, 33, 0, 44};
    struct bus *bus = answer_wrongly(check, reply, sizeof reply, SW_ERROR_WRONG_UNIT);
    CHECK_EQUAL(bus->statistics.wrong_replies, 1);
    CHECK_EQUAL(bus->statistics.timeouts, 0);
}

static void reply_with_another_function_is_not_taken(struct check *check)
{
    const uint8_t reply[] = {UNIT, 3, 8, 0, 11, 0, 22, 0, 33, 0, 44};
    struct bus *bus = answer_wrongly(check, reply, sizeof reply, SW_ERROR_WRONG_FUNCTION);
    CHECK_EQUAL(bus->statistics.wrong_replies, 1);
}

static void reply_with_fewer_registers_is_not_taken(struct check *check)
{
    const uint8_t reply[] = {UNIT, 4, 6, 0, 11, 0, 22, 0, 33};
    struct bus *bus = answer_wrongly(check, reply, sizeof reply, SW_ERROR_WRONG_LENGTH);
    CHECK_EQUAL(bus->statistics.wrong_replies, 1);
}

static void reply_whose_byte_count_lies_is_not_taken(struct check *check)
{
    const uint8_t shorter[] = {UNIT, 4, 8, 0, 11, 0, 22, 0, 33};
    const uint8_t longer[] = {UNIT, 4, 8, 0, 11, 0, 22, 0, 33, 0, 44, 0, 55};
    const uint8_t says_less[] = {UNIT, 4, 6, 0, 11, 0, 22, 0, 33, 0, 44};
    (void)answer_wrongly(check, says_less, sizeof says_less, SW_ERROR_WRONG_LENGTH);
    (void)answer_wrongly(check, shorter, sizeof shorter, SW_ERROR_WRONG_LENGTH);
    (void)answer_wrongly(check, longer, sizeof longer, SW_ERROR_WRONG_LENGTH);
}

static void exception_reply_ends_the_request_at_once(struct check *check)
{
    struct bus *bus = bus_start();
    const uint8_t reply[] = {UNIT, 0x84, 2};
    ask(bus, UNIT, 1, &bus->statistics);
    let_request_out(bus, check);
    say(bus, reply, sizeof reply);
    CHECK(run_for(bus, 30000));
    CHECK_EQUAL(bus->reply.error, SW_ERROR_EXCEPTION_ADDRESS);
    CHECK_EQUAL(bus->statistics.exceptions, 1);
    CHECK_EQUAL(bus->statistics.requests, 1);
}

static void wrong_crc_is_counted_and_asked_again(struct check *check)
{
    struct bus *bus = bus_start();
    ask(bus, UNIT, 1, &bus->statistics);
    let_request_out(bus, check);
    bus->far.fault = (struct sim_fault){SIM_FAULT_CORRUPT, 5, 1, 0};
    say(bus, good_reply, sizeof good_reply);
    CHECK(!run_for(bus, 90000));
    uint8_t bytes[16];
    CHECK_EQUAL(hear(bus, bytes, sizeof bytes), 8);
    say(bus, good_reply, sizeof good_reply);
    CHECK(run_for(bus, 50000));
    CHECK_EQUAL(bus->reply.error, SW_OK);
    CHECK_EQUAL(bus->statistics.crc_errors, 1);
    CHECK_EQUAL(bus->statistics.requests, 2);
}

static void gap_inside_a_reply_counts_as_a_frame_error(struct check *check)
{
    struct bus *bus = bus_start();
    ask(bus, UNIT, 0, &bus->statistics);
    let_request_out(bus, check);
    bus->far.fault = (struct sim_fault){SIM_FAULT_DELAY, 4, 1, 2500};
    say(bus, good_reply, sizeof good_reply);
    CHECK(run_for(bus, 100000));
    CHECK_EQUAL(bus->reply.error, SW_ERROR_FRAME_GAP);
    CHECK_EQUAL(bus->statistics.crc_errors, 1);
}

static void stray_byte_before_the_reply_does_no_harm(struct check *check)
{
    struct bus *bus = bus_start();
    const uint8_t stray = 0;
    ask(bus, UNIT, 0, &bus->statistics);
    let_request_out(bus, check);
    (void)bus->far.port.send(bus->far.port.ctx, &stray, 1);
    CHECK(!run_for(bus, 15000));
    say(bus, good_reply, sizeof good_reply);
    CHECK(run_for(bus, 50000));
    CHECK_EQUAL(bus->reply.error, SW_OK);
}

static void silence_is_a_timeout_after_the_profiles_time(struct check *check)
{
    struct bus *bus = bus_start();
    ask(bus, UNIT, 0, &bus->statistics);
    let_request_out(bus, check);
    uint64_t sent_us = bus->link.sent_us;
    CHECK(!run_until(bus, sent_us + 200000 - 100));
    CHECK(run_until(bus, sent_us + 200000 + 200));
    CHECK_EQUAL(bus->reply.error, SW_ERROR_TIMEOUT);
    CHECK_EQUAL(bus->statistics.timeouts, 1);
}

static void reply_that_begins_in_time_may_end_later(struct check *check)
{
    struct bus *bus = bus_start();
    ask(bus, UNIT, 0, &bus->statistics);
    let_request_out(bus, check);
    CHECK(!run_until(bus, bus->link.sent_us + 195000));
    say(bus, good_reply, sizeof good_reply);
    CHECK(run_for(bus, 50000));
    CHECK_EQUAL(bus->reply.error, SW_OK);
}

static void silent_sensor_is_asked_as_often_as_allowed(struct check *check)
{
    struct bus *bus = bus_start();
    ask(bus, UNIT, 1, &bus->statistics);
    CHECK(run_for(bus, 2000000));
    CHECK_EQUAL(bus->reply.error, SW_ERROR_TIMEOUT);
    CHECK_EQUAL(bus->statistics.requests, 2);
    CHECK_EQUAL(bus->statistics.timeouts, 2);
}

/* A request that timed out; its reply comes afterwards, when the next request is already waiting to go. */
static void late_reply_is_not_taken_for_the_next_units_reply(struct check *check)
{
    struct bus *bus = bus_start();
    ask(bus, UNIT, 0, &bus->statistics);
    CHECK(run_for(bus, 1000000));
    ask(bus, UNIT + 1, 0, &bus->other_statistics);
    uint8_t bytes[16];
    (void)hear(bus, bytes, sizeof bytes);
    say(bus, good_reply, sizeof good_reply);
    CHECK(!run_for(bus, 40000));
    CHECK_EQUAL(bus->statistics.late_frames, 1);
    CHECK_EQUAL(hear(bus, bytes, sizeof bytes), 0);
    CHECK(!run_for(bus, 60000));
    CHECK_EQUAL(hear(bus, bytes, sizeof bytes), 8);
    CHECK_EQUAL(bytes[0], UNIT + 1);
    CHECK_EQUAL(bus->other_statistics.wrong_replies, 0);
}

static void line_is_quarantined_after_a_timeout(struct check *check)
{
    struct bus *bus = bus_start();
    ask(bus, UNIT, 0, &bus->statistics);
    CHECK(run_for(bus, 1000000));
    uint64_t over_us = bus->clock.now_us;
    ask(bus, UNIT + 1, 0, &bus->other_statistics);
    uint8_t bytes[16];
    (void)hear(bus, bytes, sizeof bytes);
    CHECK(!run_until(bus, over_us + 66000));
    CHECK_EQUAL(bus->other_statistics.requests, 0);
    CHECK(!run_until(bus, over_us + 80000));
    CHECK_EQUAL(bus->other_statistics.requests, 1);
}

static void later_still_a_stale_reply_is_known_by_the_unit_that_owes_it(struct check *check)
{
    struct bus *bus = bus_start();
    ask(bus, UNIT, 0, &bus->statistics);
    CHECK(run_for(bus, 1000000));
    ask(bus, UNIT + 1, 0, &bus->other_statistics);
    CHECK(!run_for(bus, 100000));
    uint8_t bytes[16];
    (void)hear(bus, bytes, sizeof bytes);
    say(bus, good_reply, sizeof good_reply);
    CHECK(!run_for(bus, 40000));
    CHECK_EQUAL(bus->statistics.late_frames, 1);
    const uint8_t reply[] = {UNIT + 1, 4, 8, 0, 1, 0, 2, 0, 3, 0, 4};
    say(bus, reply, sizeof reply);
    CHECK(run_for(bus, 50000));
    CHECK_EQUAL(bus->reply.error, SW_OK);
    CHECK_EQUAL(bus->reply.registers[0], 1);
    CHECK_EQUAL(bus->other_statistics.wrong_replies, 0);
}

/* Asked twice, answered twice: the second answer must not pass for the answer to a third request. */
static void unit_that_owes_a_reply_is_waited_for_before_it_is_asked_anew(struct check *check)
{
    struct bus *bus = bus_start();
    ask(bus, UNIT, 1, &bus->statistics);
    while (bus->statistics.requests < 2 && !run_for(bus, 1000))
        continue;
    CHECK(!run_for(bus, 15000));
    say(bus, good_reply, sizeof good_reply);
    CHECK(run_for(bus, 50000));
    CHECK_EQUAL(bus->reply.error, SW_OK);
    ask(bus, UNIT, 0, &bus->statistics);
    CHECK(!run_for(bus, 10000));
    CHECK_EQUAL(bus->statistics.requests, 2);
    say(bus, good_reply, sizeof good_reply);
    CHECK(!run_for(bus, 40000));
    CHECK_EQUAL(bus->statistics.late_frames, 1);
    CHECK(!run_for(bus, 60000));
    CHECK_EQUAL(bus->statistics.requests, 3);
}

static void line_settings_change_with_the_profile(struct check *check)
{
    struct bus *bus = bus_start();
    uint8_t bytes[16];
    bus->profile = *sw_profile_by_id(SW_PROFILE_BOVE);
    bus->far.settings = bus->profile.line;
    uint32_t configured = bus->near.configured;
    ask(bus, UNIT, 0, &bus->statistics);
    uint64_t asked_us = bus->clock.now_us;
    CHECK(!run_for(bus, 100000));
    CHECK_EQUAL(bus->near.configured, configured + 1);
    CHECK_EQUAL(bus->near.settings.baud, 2400);
    CHECK_EQUAL(bus->near.settings.parity, 'E');
    struct port_byte first = {0};
    CHECK(bus->far.port.receive(bus->far.port.ctx, &first));
    CHECK(!first.damaged);
    CHECK(first.at_us >= asked_us + rtu_timing_at(2400).t35_us);
    (void)hear(bus, bytes, sizeof bytes);
    CHECK(run_for(bus, 1000000));
    ask(bus, UNIT, 0, &bus->statistics);
    CHECK(run_for(bus, 1000000));
    CHECK_EQUAL(bus->near.configured, configured + 1);
}

static void port_that_refuses_the_settings_fails_the_request(struct check *check)
{
    struct bus *bus = bus_start();
    bus->profile.line.baud = 0;
    ask(bus, UNIT, 1, &bus->statistics);
    CHECK(run_for(bus, 1000));
    CHECK_EQUAL(bus->reply.error, SW_ERROR_PORT);
}

static void reply_that_never_ends_is_given_up(struct check *check)
{
    struct bus *bus = bus_start();
    const uint8_t noise = 0x55;
    ask(bus, UNIT, 0, &bus->statistics);
    let_request_out(bus, check);
    bool over = false;
    for (unsigned i = 0; i < 3000 && !over; i++) {
        (void)bus->far.port.send(bus->far.port.ctx, &noise, 1);
        over = run_for(bus, 1050);
    }
    CHECK(over);
    CHECK(bus->reply.error != SW_OK);
}

static const struct check_case cases[] = {
    {"a request is as the standard wants it", request_is_as_the_standard_wants_it},
    {"a good reply gives its registers", good_reply_gives_its_registers},
    {"a second request is refused while one is under way", second_request_is_refused_while_one_is_under_way},
    {"a reply of another unit is not taken", reply_of_another_unit_is_not_taken},
    {"a reply with another function is not taken", reply_with_another_function_is_not_taken},
    {"a reply with fewer registers is not taken", reply_with_fewer_registers_is_not_taken},
    {"a reply whose byte count lies is not taken", reply_whose_byte_count_lies_is_not_taken},
    {"an exception reply ends the request at once", exception_reply_ends_the_request_at_once},
    {"a wrong CRC is counted and asked again", wrong_crc_is_counted_and_asked_again},
    {"a gap inside a reply counts as a frame error", gap_inside_a_reply_counts_as_a_frame_error},
    {"a stray byte before the reply does no harm", stray_byte_before_the_reply_does_no_harm},
    {"silence is a timeout after the profile's time", silence_is_a_timeout_after_the_profiles_time},
    {"a reply that begins in time may end later", reply_that_begins_in_time_may_end_later},
    {"a silent sensor is asked as often as allowed", silent_sensor_is_asked_as_often_as_allowed},
    {"a late reply is not taken for the next unit's reply", late_reply_is_not_taken_for_the_next_units_reply},
    {"the line is quarantined after a timeout", line_is_quarantined_after_a_timeout},
    {"later still, a stale reply is known by the unit that owes it",
     later_still_a_stale_reply_is_known_by_the_unit_that_owes_it},
    {"a unit that owes a reply is waited for before it is asked anew",
     unit_that_owes_a_reply_is_waited_for_before_it_is_asked_anew},
    {"line settings change with the profile", line_settings_change_with_the_profile},
    {"a port that refuses the settings fails the request", port_that_refuses_the_settings_fails_the_request},
    {"a reply that never ends is given up", reply_that_never_ends_is_given_up},
};

const struct check_suite bus_suite = CHECK_SUITE("bus", cases);
