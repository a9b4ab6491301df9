/* What each fault looks like to a libmodbus client, and that it stays with its unit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "line_fixture.h"
#include "stillwater/sensor_profile.h"

static const char two_units[] = "sensors:\n"
                                "  - {unit_id: 11, profile: geolux-lx80, name: river, level_mm: 111}\n"
                                "  - {unit_id: 12, profile: geolux-lx80, name: canal, level_mm: 222}\n";

static void canal_is_undisturbed(struct line *line)
{
    uint16_t level = 0;
    assert_int_equal(line_read_block(line, 12, "geolux-lx80", &level), 1);
    assert_int_equal(level, 222);
}

static void river_is_well(struct line *line)
{
    uint16_t level = 0;
    assert_int_equal(line_read_block(line, 11, "geolux-lx80", &level), 1);
    assert_int_equal(level, 111);
}

/* Gives the river the fault, reads it and its neighbour, takes the fault away, reads both again. Longer than a host
 * takes a core away: whatever answers does so within three seconds. */
static int error_under_fault(const char *event)
{
    uint16_t level;
    struct line line;
    line_start(&line, two_units);
    river_is_well(&line);
    line_control(&line, event);
    int got = line_read_block_within(&line, 11, "geolux-lx80", 3000, &level), error = errno;
    line_flush(&line, 100);
    canal_is_undisturbed(&line);
    line_control(&line, "{sensor: river, fault: none}");
    river_is_well(&line);
    canal_is_undisturbed(&line);
    line_stop(&line);
    assert_int_equal(got, -1);
    return error;
}

static void silent_unit_times_out(void **state)
{
    (void)state;
    assert_int_equal(error_under_fault("{sensor: river, fault: silent}"), ETIMEDOUT);
}

static void crc_fault_is_a_crc_error(void **state)
{
    (void)state;
    assert_int_equal(error_under_fault("{sensor: river, fault: crc}"), EMBBADCRC);
}

static void exception_is_the_one_asked_for(void **state)
{
    (void)state;
    assert_int_equal(error_under_fault("{sensor: river, fault: exception}"), EMBXSFAIL);
    assert_int_equal(error_under_fault("{sensor: river, fault: exception, exception_code: 6}"), EMBXSBUSY);
}

static void reply_of_a_wrong_unit_is_seen_as_such(void **state)
{
    (void)state;
    assert_int_equal(error_under_fault("{sensor: river, fault: wrong_unit}"), EMBBADSLAVE);
}

static void short_reply_has_a_wrong_number_of_registers(void **state)
{
    (void)state;
    assert_int_equal(error_under_fault("{sensor: river, fault: short}"), EMBBADDATA);
}

static void truncated_reply_times_out(void **state)
{
    (void)state;
    assert_int_equal(error_under_fault("{sensor: river, fault: truncated}"), ETIMEDOUT);
}

/* The reply that comes after its request was given up is the one that spoils the next: it has to come, and whole. */
static void late_reply_comes_after_the_timeout(void **state)
{
    (void)state;
    uint16_t level;
    uint8_t reply[64];
    struct line line;
    line_start(&line, two_units);
    line_control(&line, "{sensor: river, fault: late, late_ms: 4000}");
    int got = line_read_block_within(&line, 11, "geolux-lx80", 200, &level), error = errno;
    modbus_set_response_timeout(line.client, 15, 0);
    int late = modbus_receive_confirmation(line.client, reply);
    line_control(&line, "{sensor: river, fault: none}");
    river_is_well(&line);
    line_stop(&line);
    assert_int_equal(got, -1);
    assert_int_equal(error, ETIMEDOUT);
    assert_int_equal(late, 7);
    assert_int_equal(reply[0], 11);
    assert_int_equal(reply[4], 111);
}

static void fault_ends_by_itself(void **state)
{
    (void)state;
    uint16_t level;
    struct line line;
    line_start(&line, two_units);
    line_control(&line, "{sensor: river, fault: exception, for_s: 0.2}");
    assert_true(file_wait(line.output, "fault over"));
    int got = line_read_block(&line, 11, "geolux-lx80", &level);
    line_stop(&line);
    assert_int_equal(got, 1);
}

static void unit_nobody_has_does_not_answer(void **state)
{
    (void)state;
    uint16_t level;
    struct line line;
    line_start(&line, two_units);
    int got = line_read_block_within(&line, 99, "geolux-lx80", 200, &level), error = errno;
    canal_is_undisturbed(&line);
    line_stop(&line);
    assert_int_equal(got, -1);
    assert_int_equal(error, ETIMEDOUT);
}

static void request_to_all_is_not_answered(void **state)
{
    (void)state;
    uint16_t level;
    struct line line;
    line_start(&line, two_units);
    line_control(&line, "{sensor: river, fault: exception}");
    int got = line_read_block_within(&line, 0, "geolux-lx80", 300, &level), error = errno;
    canal_is_undisturbed(&line);
    line_stop(&line);
    assert_int_equal(got, -1);
    assert_int_equal(error, ETIMEDOUT);
}

/* libmodbus sleeps before it refuses a function; other units must not wait for that. */
static void unknown_function_is_refused_and_forgotten(void **state)
{
    (void)state;
    uint8_t request[] = {11, 0x44}, reply[64];
    struct line line;
    line_start(&line, two_units);
    modbus_set_slave(line.client, 11);
    modbus_set_response_timeout(line.client, 10, 0);
    modbus_send_raw_request(line.client, request, sizeof request);
    int got = modbus_receive_confirmation(line.client, reply);
    canal_is_undisturbed(&line);
    river_is_well(&line);
    line_stop(&line);
    assert_int_equal(got, 5);
    assert_int_equal(reply[1], 0xc4);
    assert_int_equal(reply[2], 1);
}

static void garbage_on_the_line_costs_one_silence(void **state)
{
    (void)state;
    static const uint8_t garbage[] = {11, 3, 0, 0x20, 0, 1, 0, 0, 0x55, 0xaa};
    struct line line;
    line_start(&line, two_units);
    assert_int_equal(write(line.master_fd, garbage, sizeof garbage), sizeof garbage);
    line_flush(&line, 2500); /* as long as the program may be kept from seeing it end */
    river_is_well(&line);
    canal_is_undisturbed(&line);
    line_stop(&line);
}

static void control_line_that_is_wrong_is_reported_and_changes_nothing(void **state)
{
    (void)state;
    struct line line;
    line_start(&line, two_units);
    line_control(&line, "{sensor: river, level_mm: high}");
    line_control(&line, "{\"sensor\": \"river\", \"level_mm\": 111}");
    river_is_well(&line);
    assert_true(
        file_wait(line.output, "control:1: level_mm: found \"high\", expected a number from -32768 to 327670\n"));
    line_stop(&line);
}

static void events_and_counters_are_printed(void **state)
{
    (void)state;
    char output[4096];
    struct line line;
    line_start(&line, two_units);
    line_control(&line, "{sensor: river, level_mm: 300, over_s: 1000}");
    line_control(&line, "{sensor: canal, fault: silent, for_s: 900}");
    assert_true(file_wait(line.output, "fault silent for 900 s"));
    kill(line.pid, SIGTERM);
    assert_true(file_wait(line.output, "control lines refused 0\n"));
    file_read(line.output, output, sizeof output);
    line_stop(&line);
    assert_non_null(strstr(output, "river            level_mm 111 -> 300 over 1000 s\n"));
    assert_non_null(strstr(output, "unit  12 canal            requests 0, replies 0, exceptions 0\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silent_unit_times_out),
        cmocka_unit_test(crc_fault_is_a_crc_error),
        cmocka_unit_test(exception_is_the_one_asked_for),
        cmocka_unit_test(reply_of_a_wrong_unit_is_seen_as_such),
        cmocka_unit_test(short_reply_has_a_wrong_number_of_registers),
        cmocka_unit_test(truncated_reply_times_out),
        cmocka_unit_test(late_reply_comes_after_the_timeout),
        cmocka_unit_test(fault_ends_by_itself),
        cmocka_unit_test(unit_nobody_has_does_not_answer),
        cmocka_unit_test(request_to_all_is_not_answered),
        cmocka_unit_test(unknown_function_is_refused_and_forgotten),
        cmocka_unit_test(garbage_on_the_line_costs_one_silence),
        cmocka_unit_test(control_line_that_is_wrong_is_reported_and_changes_nothing),
        cmocka_unit_test(events_and_counters_are_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
