/* Exchanges over a real pty with a slave that does everything a slave can do wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <unistd.h>

#include "scripted_slave.h"
#include "serial/rtu_line.h"
#include "stillwater/error.h"

#define TIMEOUT_MS 400
/* Where an answer is expected: only a hang takes that long. */
#define PATIENT_MS 10000
#define UNIT       7

struct fixture {
    struct scripted_slave slave;
    struct field_mailbox mailbox;
    struct rtu_line line;
    struct field_bus_counters counters;
    bool doubtful;
    /* for handlers */
    atomic_int requests;
    atomic_int mode;
    atomic_bool released;
    int64_t reply_ended_us;
    int64_t shortest_gap_us;
};

/* Every register tells its address, so a reply to another request shows. */
static void send_addresses(struct scripted_slave *slave, const uint8_t *request, uint8_t unit, uint8_t function,
                           int surplus)
{
    uint16_t registers[130];
    unsigned address = (unsigned)request[2] << 8 | request[3];
    unsigned count = (unsigned)((int)((unsigned)request[4] << 8 | request[5]) + surplus);
    for (unsigned i = 0; i < count; i++)
        registers[i] = (uint16_t)(0x4000u + address + i);
    slave_send_registers(slave, unit, function, registers, count);
}

static void answer_well(struct scripted_slave *slave, const uint8_t *request)
{
    send_addresses(slave, request, request[0], request[1], 0);
}

enum {
    WELL,
    BAD_CRC,
    EXCEPTION,
    TOO_FEW,
    TOO_MANY,
    OTHER_UNIT,
    OTHER_FUNCTION,
    SILENT,
    BYTEWISE,
    TRICKLE,
    HALF,
    ECHOED,
    ONLY_ECHOED
};

/* Answers by `mode`. */
static void by_mode(void *ctx, struct scripted_slave *slave, const uint8_t *request, size_t size)
{
    struct fixture *fixture = ctx;
    uint8_t reply[] = {request[0], request[1], 4, 1, 2, 3, 4};
    uint8_t damaged[] = {request[0], request[1], 4, 1, 2, 3, 4, 0x12, 0x34};
    int mode = fixture->mode;
    fixture->requests++;
    switch (mode) {
    case WELL:
        answer_well(slave, request);
        break;
    case BAD_CRC:
        slave_send_raw(slave, damaged, sizeof damaged);
        break;
    case EXCEPTION:
        slave_send_exception(slave, request, 2);
        break;
    case TOO_FEW:
        send_addresses(slave, request, request[0], request[1], -1);
        break;
    case TOO_MANY:
        send_addresses(slave, request, request[0], request[1], 1);
        break;
    case OTHER_UNIT:
        send_addresses(slave, request, UNIT + 1, request[1], 0);
        break;
    case OTHER_FUNCTION:
        send_addresses(slave, request, request[0], 4, 0);
        break;
    case BYTEWISE:
        slave_send_slowly(slave, reply, sizeof reply, 8);
        break;
    case TRICKLE:
        slave_send_slowly(slave, reply, sizeof reply, TIMEOUT_MS / 2);
        break;
    case ECHOED:
        slave_send(slave, request, size);
        slave_sleep_ms(slave, 20); /* the slave's turnaround */
        answer_well(slave, request);
        break;
    case ONLY_ECHOED:
        slave_send(slave, request, size);
        break;
    case HALF:
        slave_send_raw(slave, reply, 4);
        break;
    default:
        break;
    }
}

static struct fixture *setup(slave_handler handler, uint32_t baud)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->shortest_gap_us = INT64_MAX;
    slave_init(&fixture->slave, handler, fixture);
    slave_connect(&fixture->slave);
    assert_int_equal(mailbox_init(&fixture->mailbox, NULL, 0), SW_OK);
    rtu_line_init(&fixture->line, fixture->slave.path, (struct sw_line_settings){baud, 'N', 1}, &fixture->mailbox,
                  &fixture->counters);
    char text[FIELD_TEXT_SIZE] = "";
    if (rtu_line_open(&fixture->line, text, sizeof text) != SW_OK) fail_msg("%s", text);
    return fixture;
}

static void teardown(struct fixture *fixture)
{
    rtu_line_close(&fixture->line);
    if (fixture->slave.master >= 0) slave_disconnect(&fixture->slave);
    slave_remove(&fixture->slave);
    mailbox_free(&fixture->mailbox);
    free(fixture);
}

/* `how` says the timing. */
static int exchange(struct fixture *fixture, struct exchange how, uint16_t address, uint8_t count,
                    struct exchange_reply *reply)
{
    how.request = field_request_read(UNIT, 3, (struct field_block){address, count});
    memset(reply, 0, sizeof *reply);
    return rtu_line_exchange(&fixture->line, &how, &fixture->doubtful, reply);
}

static int ask(struct fixture *fixture, uint16_t address, uint8_t count, struct exchange_reply *reply)
{
    return exchange(fixture, (struct exchange){.timeout_ms = TIMEOUT_MS}, address, count, reply);
}

static void ask_patiently(struct fixture *fixture, uint16_t address, uint8_t count, struct exchange_reply *reply)
{
    assert_int_equal(exchange(fixture, (struct exchange){.timeout_ms = PATIENT_MS}, address, count, reply), SW_OK);
}

/* Asks until there is an answer, which must be the request's own. What is still coming from before may cost a few
 * requests, and so may a host that takes the core away. */
static void ask_until_answered(struct fixture *fixture, uint16_t address, uint8_t count)
{
    struct exchange_reply reply;
    int result = SW_ERROR_BUSY;
    for (int i = 0; i < 30 && result != SW_OK; i++)
        result = ask(fixture, address, count, &reply);
    assert_int_equal(result, SW_OK);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(reply.registers[i], 0x4000u + address + i);
}

/* A host that takes the core away makes a timeout of anything: then the slave is asked again. */
static struct field_bus_counters assert_mode_gives(int mode, int expected)
{
    struct fixture *fixture = setup(by_mode, 115200);
    struct exchange_reply reply;
    int result = SW_ERROR_TIMEOUT;
    fixture->mode = mode;
    for (int i = 0; i < 10 && result == SW_ERROR_TIMEOUT; i++) {
        result = ask(fixture, 0x10, 2, &reply);
        if (expected == SW_ERROR_TIMEOUT) break;
    }
    assert_int_equal(result, expected);
    struct field_bus_counters counters = fixture->counters;
    /* Whatever went wrong: the next request gets its own answer. */
    fixture->mode = WELL;
    ask_until_answered(fixture, 0x20, 3);
    teardown(fixture);
    return counters;
}

static void a_reply_gives_its_registers(void **state)
{
    (void)state;
    struct fixture *fixture = setup(by_mode, 9600);
    struct exchange_reply reply;
    ask_patiently(fixture, 0x100, FIELD_READ_MAX, &reply);
    for (unsigned i = 0; i < FIELD_READ_MAX; i++)
        assert_int_equal(reply.registers[i], 0x4100 + i);
    assert_int_equal(fixture->counters.requests, 1);
    assert_int_equal(fixture->counters.replies, 1);
    assert_true(reply.first_byte_us >= reply.sent_us);
    teardown(fixture);
}

static void a_wrong_crc_is_not_an_answer(void **state)
{
    (void)state;
    struct field_bus_counters counters = assert_mode_gives(BAD_CRC, SW_ERROR_CRC);
    assert_int_equal(counters.crc_errors, 1);
    assert_int_equal(counters.replies, 0);
}

static void an_exception_reply_keeps_its_code(void **state)
{
    (void)state;
    struct field_bus_counters counters = assert_mode_gives(EXCEPTION, SW_ERROR_EXCEPTION_ADDRESS);
    assert_int_equal(counters.exceptions, 1);
}

static void too_few_registers_are_refused(void **state)
{
    (void)state;
    struct field_bus_counters counters = assert_mode_gives(TOO_FEW, SW_ERROR_WRONG_LENGTH);
    assert_int_equal(counters.wrong_replies, 1);
}

static void too_many_registers_are_refused(void **state)
{
    (void)state;
    struct field_bus_counters counters = assert_mode_gives(TOO_MANY, SW_ERROR_WRONG_LENGTH);
    assert_int_equal(counters.wrong_replies, 1);
}

static void a_reply_of_another_unit_is_refused(void **state)
{
    (void)state;
    struct field_bus_counters counters = assert_mode_gives(OTHER_UNIT, SW_ERROR_WRONG_UNIT);
    assert_int_equal(counters.wrong_replies, 1);
}

static void a_reply_with_another_function_is_refused(void **state)
{
    (void)state;
    struct field_bus_counters counters = assert_mode_gives(OTHER_FUNCTION, SW_ERROR_WRONG_FUNCTION);
    assert_int_equal(counters.wrong_replies, 1);
}

static void silence_is_a_timeout(void **state)
{
    (void)state;
    struct field_bus_counters counters = assert_mode_gives(SILENT, SW_ERROR_TIMEOUT);
    assert_int_equal(counters.timeouts, 1);
    assert_int_equal(counters.late_frames, 0);
}

static void a_frame_that_stops_in_the_middle_is_damaged_not_silent(void **state)
{
    (void)state;
    struct field_bus_counters counters = assert_mode_gives(HALF, SW_ERROR_FRAME_GAP);
    assert_int_equal(counters.crc_errors, 1);
}

static void a_trickling_frame_ends_at_the_overall_deadline(void **state)
{
    (void)state;
    (void)assert_mode_gives(TRICKLE, SW_ERROR_FRAME_GAP);
}

static void a_reply_byte_by_byte_is_an_answer(void **state)
{
    (void)state;
    struct fixture *fixture = setup(by_mode, 1200);
    struct exchange_reply reply;
    fixture->mode = BYTEWISE;
    ask_patiently(fixture, 0x10, 2, &reply);
    assert_int_equal(reply.registers[0], 0x0102);
    assert_int_equal(reply.registers[1], 0x0304);
    teardown(fixture);
}

static void a_port_that_echoes_is_found_out_and_its_slave_understood(void **state)
{
    (void)state;
    const uint16_t addresses[] = {0x0010, 0x0110, 0x0210, 0x1010};
    for (unsigned i = 0; i < 4; i++) {
        struct fixture *fixture = setup(by_mode, 115200);
        struct exchange_reply reply;
        fixture->mode = ECHOED;
        assert_int_not_equal(ask(fixture, addresses[i], 2, &reply), SW_OK);
        ask_until_answered(fixture, addresses[i], 2);
        assert_true(fixture->line.echoes);
        for (uint16_t next = 0; next < 5; next++) {
            ask_patiently(fixture, (uint16_t)(addresses[i] + next), 2, &reply);
            assert_int_equal(reply.registers[0], 0x4000 + addresses[i] + next);
        }
        teardown(fixture);
    }
}

static void an_echo_alone_is_a_silent_slave(void **state)
{
    (void)state;
    struct fixture *fixture = setup(by_mode, 115200);
    struct exchange_reply reply;
    fixture->mode = ONLY_ECHOED;
    assert_int_not_equal(ask(fixture, 0x10, 2, &reply), SW_OK);
    assert_int_equal(ask(fixture, 0x10, 2, &reply), SW_ERROR_TIMEOUT);
    assert_true(fixture->line.echoes);
    assert_int_equal(fixture->counters.replies, 0);
    teardown(fixture);
}

static void a_port_that_echoes_no_more_is_found_out_too(void **state)
{
    (void)state;
    struct fixture *fixture = setup(by_mode, 115200);
    fixture->mode = ECHOED;
    ask_until_answered(fixture, 0x10, 2);
    fixture->mode = WELL;
    ask_until_answered(fixture, 0x20, 2);
    assert_false(fixture->line.echoes);
    ask_until_answered(fixture, 0x30, 2);
    teardown(fixture);
}

/* The first request is answered after one and a half timeouts, the others at once. */
static void first_late(void *ctx, struct scripted_slave *slave, const uint8_t *request, size_t size)
{
    struct fixture *fixture = ctx;
    (void)size;
    if (fixture->requests++ == 0) slave_sleep_ms(slave, 3 * TIMEOUT_MS / 2);
    answer_well(slave, request);
}

/* False where the host took the core away, and the reply was in time or came after the quarantine. */
static bool a_reply_came_in_the_quarantine(void)
{
    struct fixture *fixture = setup(first_late, 115200);
    struct exchange_reply reply;
    int result = ask(fixture, 0x10, 1, &reply);
    bool came = result == SW_ERROR_TIMEOUT && !fixture->doubtful;
    if (came) {
        assert_int_equal(fixture->counters.late_frames, 1);
        ask_until_answered(fixture, 0x20, 1);
    }
    teardown(fixture);
    return came;
}

static void a_late_reply_is_thrown_away_in_quarantine(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        if (a_reply_came_in_the_quarantine()) return;
    fail_msg("no reply was taken for a late one");
}

/* Noise that begins like the reply and is longer, then the reply itself; the other requests are answered at once. */
static void first_after_noise(void *ctx, struct scripted_slave *slave, const uint8_t *request, size_t size)
{
    struct fixture *fixture = ctx;
    const uint8_t noise[] = {request[0], request[1], 2, 1, 2, 0x12, 0x34, 0x55, 0xaa, 0x55};
    (void)size;
    if (fixture->requests++ == 0) {
        slave_send_raw(slave, noise, sizeof noise);
        slave_sleep_ms(slave, TIMEOUT_MS / 2);
    }
    answer_well(slave, request);
}

static void a_reply_after_noise_is_not_the_next_answer(void **state)
{
    (void)state;
    struct fixture *fixture = setup(first_after_noise, 115200);
    struct exchange_reply reply;
    assert_int_not_equal(ask(fixture, 0x10, 1, &reply), SW_OK);
    ask_until_answered(fixture, 0x11, 1);
    ask_until_answered(fixture, 0x12, 1);
    assert_true(fixture->counters.late_frames >= 1);
    teardown(fixture);
}

/* The first request is answered when the test says so, or when the next request has come; the others at once. */
static void first_held_back(void *ctx, struct scripted_slave *slave, const uint8_t *request, size_t size)
{
    struct fixture *fixture = ctx;
    struct pollfd next = {.fd = slave->master, .events = POLLIN};
    (void)size;
    if (fixture->requests++ == 0)
        while (!fixture->released && poll(&next, 1, 1) == 0)
            continue;
    answer_well(slave, request);
}

static struct fixture *setup_with_a_reply_held_back(void)
{
    struct fixture *fixture = setup(first_held_back, 115200);
    struct exchange_reply reply;
    assert_int_equal(ask(fixture, 0x10, 1, &reply), SW_ERROR_TIMEOUT);
    assert_true(fixture->doubtful);
    return fixture;
}

static void a_reply_later_than_the_quarantine_is_not_the_next_answer(void **state)
{
    (void)state;
    struct fixture *fixture = setup_with_a_reply_held_back();
    struct exchange_reply reply;
    /* The second request brings the first one's reply, with the same unit, function and length. */
    assert_int_not_equal(ask(fixture, 0x11, 1, &reply), SW_OK);
    ask_until_answered(fixture, 0x12, 1);
    ask_until_answered(fixture, 0x13, 1);
    assert_true(fixture->counters.late_frames >= 1);
    assert_false(fixture->doubtful);
    teardown(fixture);
}

static void a_reply_that_comes_while_the_line_is_idle_is_counted(void **state)
{
    (void)state;
    struct fixture *fixture = setup_with_a_reply_held_back();
    fixture->released = true;
    for (int i = 0; i < 100 && fixture->counters.late_frames == 0; i++)
        assert_int_equal(rtu_line_wait(&fixture->line, rtu_now_us() + TIMEOUT_MS * 1000), SW_OK);
    assert_int_equal(fixture->counters.late_frames, 1);
    ask_until_answered(fixture, 0x20, 1);
    teardown(fixture);
}

static void bytes_that_wait_in_the_port_are_not_the_answer(void **state)
{
    (void)state;
    struct fixture *fixture = setup_with_a_reply_held_back();
    struct exchange_reply reply;
    struct pollfd port = {.fd = fixture->line.fd, .events = POLLIN};
    /* The late reply comes while nobody looks; as if another unit's doubt had been forgotten. */
    fixture->released = true;
    assert_int_equal(poll(&port, 1, PATIENT_MS), 1);
    fixture->doubtful = false;
    ask_patiently(fixture, 0x20, 1, &reply);
    assert_int_equal(reply.registers[0], 0x4020);
    assert_int_equal(fixture->counters.late_frames, 1);
    teardown(fixture);
}

/* Notes the silence between the end of a reply and the next request. */
static void measure_gap(void *ctx, struct scripted_slave *slave, const uint8_t *request, size_t size)
{
    struct fixture *fixture = ctx;
    (void)size;
    if (fixture->requests++ > 0) {
        int64_t gap_us = slave->request_begun_us - fixture->reply_ended_us;
        if (gap_us < fixture->shortest_gap_us) fixture->shortest_gap_us = gap_us;
    }
    fixture->reply_ended_us = slave_now_us();
    answer_well(slave, request);
}

static void a_request_comes_after_three_and_a_half_characters_of_silence(void **state)
{
    (void)state;
    struct fixture *fixture = setup(measure_gap, 1200);
    struct exchange_reply reply;
    for (uint16_t i = 0; i < 5; i++)
        ask_patiently(fixture, i, 1, &reply);
    slave_disconnect(&fixture->slave); /* joins the thread: its notes may be read */
    /* 3.5 characters of 11 bits at 1200 baud. */
    assert_true(fixture->shortest_gap_us >= 32083);
    teardown(fixture);
}

/* Never stops sending once asked, until `mode` is set back. */
static void babble(void *ctx, struct scripted_slave *slave, const uint8_t *request, size_t size)
{
    struct fixture *fixture = ctx;
    (void)size;
    fixture->requests++;
    if (fixture->mode == 0) answer_well(slave, request);
    const uint8_t noise[] = {0x55, 0xaa, 0x00, 0xff};
    while (fixture->mode != 0) {
        slave_send_raw(slave, noise, sizeof noise);
        slave_sleep_ms(slave, 1);
    }
}

/* False where the host took the core away from the babbler for so long that it was taken for silent. */
static bool a_babbler_was_waited_for(void)
{
    struct fixture *fixture = setup(babble, 9600);
    struct exchange_reply reply;
    struct exchange timing = {.timeout_ms = TIMEOUT_MS, .extra_gap_us = 300000};
    fixture->mode = 1;
    assert_int_not_equal(exchange(fixture, timing, 0x10, 1, &reply), SW_OK);
    bool waited = exchange(fixture, timing, 0x11, 1, &reply) == SW_ERROR_LATE_FRAME;
    fixture->mode = 0;
    if (waited) {
        assert_int_equal(fixture->counters.requests, 1);
        ask_until_answered(fixture, 0x20, 1);
    }
    teardown(fixture);
    return waited;
}

static void a_babbling_line_gets_no_request_and_recovers(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        if (a_babbler_was_waited_for()) return;
    fail_msg("a request is made while something on the line sends");
}

static void a_missing_port_is_named_with_the_reason(void **state)
{
    (void)state;
    struct field_mailbox mailbox;
    assert_int_equal(mailbox_init(&mailbox, NULL, 0), SW_OK);
    struct rtu_line line;
    struct field_bus_counters counters;
    char text[FIELD_TEXT_SIZE] = "";
    rtu_line_init(&line, "/nonexistent/ttyS9", (struct sw_line_settings){9600, 'N', 1}, &mailbox, &counters);
    assert_int_equal(rtu_line_open(&line, text, sizeof text), SW_ERROR_PORT);
    assert_non_null(strstr(text, "/nonexistent/ttyS9"));
    assert_non_null(strstr(text, "No such file"));
    rtu_line_close(&line);
    mailbox_free(&mailbox);
}

static void a_hang_up_ends_the_wait_for_a_reply(void **state)
{
    (void)state;
    struct fixture *fixture = setup(by_mode, 115200);
    struct exchange_reply reply;
    ask_patiently(fixture, 0x10, 1, &reply);
    slave_disconnect(&fixture->slave);
    assert_int_equal(ask(fixture, 0x10, 1, &reply), SW_ERROR_PORT);
    assert_int_equal(rtu_line_wait(&fixture->line, rtu_now_us() + 1000000), SW_ERROR_PORT);
    teardown(fixture);
}

static void *stop_soon(void *mailbox)
{
    usleep(20000);
    mailbox_order_stop(mailbox);
    return NULL;
}

static void the_order_to_stop_ends_an_exchange(void **state)
{
    (void)state;
    struct fixture *fixture = setup(by_mode, 115200);
    fixture->mode = SILENT;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, &fixture->mailbox), 0);
    struct exchange_reply reply;
    assert_int_equal(exchange(fixture, (struct exchange){.timeout_ms = 60000}, 1, 1, &reply), RTU_STOPPED);
    pthread_join(thread, NULL);
    teardown(fixture);
}

static void a_descriptor_too_high_for_select_is_refused(void **state)
{
    (void)state;
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    struct rlimit old = limit;
    if (limit.rlim_cur < FD_SETSIZE + 64) {
        limit.rlim_cur = FD_SETSIZE + 64;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0) skip();
    }
    struct fixture *fixture = setup(by_mode, 9600);
    rtu_line_close(&fixture->line);
    int filler[FD_SETSIZE + 8];
    int count = 0;
    do
        filler[count++] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    while (filler[count - 1] >= 0 && filler[count - 1] < FD_SETSIZE);
    char text[FIELD_TEXT_SIZE] = "";
    int result = rtu_line_open(&fixture->line, text, sizeof text);
    while (count > 0)
        close(filler[--count]);
    assert_int_equal(result, SW_ERROR_PORT);
    assert_non_null(strstr(text, "descriptor"));
    assert_null(fixture->line.modbus);
    teardown(fixture);
    setrlimit(RLIMIT_NOFILE, &old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_gives_its_registers),
        cmocka_unit_test(a_wrong_crc_is_not_an_answer),
        cmocka_unit_test(an_exception_reply_keeps_its_code),
        cmocka_unit_test(too_few_registers_are_refused),
        cmocka_unit_test(too_many_registers_are_refused),
        cmocka_unit_test(a_reply_of_another_unit_is_refused),
        cmocka_unit_test(a_reply_with_another_function_is_refused),
        cmocka_unit_test(silence_is_a_timeout),
        cmocka_unit_test(a_frame_that_stops_in_the_middle_is_damaged_not_silent),
        cmocka_unit_test(a_trickling_frame_ends_at_the_overall_deadline),
        cmocka_unit_test(a_reply_byte_by_byte_is_an_answer),
        cmocka_unit_test(a_port_that_echoes_is_found_out_and_its_slave_understood),
        cmocka_unit_test(an_echo_alone_is_a_silent_slave),
        cmocka_unit_test(a_port_that_echoes_no_more_is_found_out_too),
        cmocka_unit_test(a_late_reply_is_thrown_away_in_quarantine),
        cmocka_unit_test(a_reply_after_noise_is_not_the_next_answer),
        cmocka_unit_test(a_reply_later_than_the_quarantine_is_not_the_next_answer),
        cmocka_unit_test(a_reply_that_comes_while_the_line_is_idle_is_counted),
        cmocka_unit_test(bytes_that_wait_in_the_port_are_not_the_answer),
        cmocka_unit_test(a_request_comes_after_three_and_a_half_characters_of_silence),
        cmocka_unit_test(a_babbling_line_gets_no_request_and_recovers),
        cmocka_unit_test(a_missing_port_is_named_with_the_reason),
        cmocka_unit_test(a_hang_up_ends_the_wait_for_a_reply),
        cmocka_unit_test(the_order_to_stop_ends_an_exchange),
        cmocka_unit_test(a_descriptor_too_high_for_select_is_refused),
    };
    return cmocka_run_group_tests_name("field_bus rtu_line", tests, NULL, NULL);
}
