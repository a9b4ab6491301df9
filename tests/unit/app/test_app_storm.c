/* Storm watch: what switches it on, what it does, and where it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stillwater/error.h"
#include "unit/app/fake_ports.h"

#define STORM "{\"schema\":\"stillwater.command/1\",\"command\":\"storm\",\"by\":\"officer-1\",\"until\":\"%s\"}"
#define CALM  "{\"schema\":\"stillwater.command/1\",\"command\":\"calm\",\"by\":\"officer-1\"}"

static void settle(struct gateway_under_test *test)
{
    fake_advance(test, 1000);
    while (fake.committing)
        fake_commit_done(SW_OK);
}

static void level(struct gateway_under_test *test, int32_t mm)
{
    struct field_bus_sample sample = {.count = 1, .time = {fake.wall_ms}};
    sample.values[0] = (struct sw_point_value){.kind = SW_READING_LEVEL, .value = 10 * mm};
    fake.bus.sample(fake.bus.ctx, &sample);
    settle(test);
}

static void command_storm(int64_t for_ms)
{
    char time[MESSAGE_TIME_SIZE], command[256];
    message_time_format(sw_wall_from_ms(fake.wall_ms + for_ms), time);
    snprintf(command, sizeof command, STORM, time);
    fake_command(command);
}

static void assert_storm(const char *why)
{
    assert_string_equal(fake.status.storm.why, why);
    assert_int_equal(fake.hurry_ms, why[0] != '\0' ? 500 : 0);
}

static void the_first_orange_alert_switches_it_on(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    level(&test, 10);
    level(&test, 120);
    settle(&test);
    assert_storm("");
    level(&test, 300);
    settle(&test);
    assert_storm("alert");
    int64_t since_ms = fake.status.storm.since.ms;
    assert_true(since_ms > 0);
    gateway_kill_and_begin(&test);
    settle(&test);
    settle(&test);
    assert_storm("alert");
    assert_int_equal(fake.status.storm.since.ms, since_ms);
    gateway_end(&test);
}

static void a_warning_switches_it_on_and_quiet_off(void **state)
{
    (void)state;
    struct gateway_under_test test;
    char weather[256], until[MESSAGE_TIME_SIZE];
    gateway_begin(&test);
    message_time_format(sw_wall_from_ms(fake.wall_ms + 3600000), until);
    snprintf(weather, sizeof weather,
             "{\"schema\":\"stillwater.weather/1\",\"colour\":\"orange\",\"until\":\"%s\",\"by\":\"met\"}", until);
    fake_weather(weather);
    settle(&test);
    settle(&test);
    assert_storm("weather_warning");
    fake_weather("");
    for (int minute = 0; minute < 178; minute++)
        fake_advance(&test, 60000);
    settle(&test);
    assert_storm("weather_warning");
    for (int minute = 0; minute < 4; minute++)
        fake_advance(&test, 60000);
    settle(&test);
    settle(&test);
    assert_storm("");
    gateway_end(&test);
}

static void by_hand_it_is_answered_when_it_is_stored(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    command_storm(600000);
    assert_int_equal(fake.reply_count, 0);
    settle(&test);
    assert_int_equal(fake.reply_count, 1);
    assert_true(fake.replies[0].answer.accepted);
    assert_string_equal(fake.replies[0].answer.subject, "g");
    settle(&test);
    assert_storm("by_hand");
    assert_true(fake.status.storm.until.ms > fake.wall_ms);
    gateway_kill_and_begin(&test);
    settle(&test);
    settle(&test);
    assert_storm("by_hand");
    fake_command(CALM);
    settle(&test);
    settle(&test);
    assert_true(fake.replies[1].answer.accepted);
    assert_storm("");
    gateway_end(&test);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    fake_command(CALM);
    assert_string_equal(fake.replies[0].answer.error, "NOT_PERMITTED");
    assert_string_equal(fake.replies[0].answer.text, "storm watch is not on");
    command_storm(-1000);
    assert_string_equal(fake.replies[1].answer.error, "INVALID_ARGUMENT");
    assert_string_equal(fake.replies[1].answer.text, "until: expected a time in the future, at most 31 days ahead");
    settle(&test);
    settle(&test);
    assert_storm("");
    gateway_end(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_orange_alert_switches_it_on),
        cmocka_unit_test(a_warning_switches_it_on_and_quiet_off),
        cmocka_unit_test(by_hand_it_is_answered_when_it_is_stored),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
