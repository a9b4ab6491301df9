/* Readings as they come, on MQTT: whose are told, how they are judged, and what happens when they cannot go. */
#include "fake_ports.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "app/gateway_state.h"
#include "message/message_telemetry.h"
#include "stillwater/error.h"

#define SITE_TOPIC "stillwater/c/g/telemetry/site"
#define HOME_TOPIC "stillwater/c/g/telemetry/home"

static void begin(struct gateway_under_test *test, const char *telemetry)
{
    fake.with_telemetry = telemetry;
    gateway_begin(test);
    fake_link(true);
}

static void say_level(int error, int32_t tenths_mm)
{
    struct field_bus_sample sample = {
        .error = error,
        .values = {{.kind = SW_READING_LEVEL, .value = tenths_mm}},
        .count = error ? 0 : 1,
        .time = sw_wall_from_ms(fake.wall_ms),
    };
    fake.bus.sample(fake.bus.ctx, &sample);
}

static void say_water(uint32_t first, uint32_t last)
{
    struct field_bus_batch batch = batch_of(0, 4711, 1, first, last);
    fake_batch(&batch);
}

/* Until the next messages have gone, or would have. */
static void gather(struct gateway_under_test *test)
{
    size_t before = fake.telemetry_count;
    for (int i = 0; i < 50 && fake.telemetry_count == before; i++) {
        uv_sleep(1);
        (void)uv_run(&test->loop, UV_RUN_NOWAIT);
    }
}

static void nothing_is_told_unless_asked_for(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin(&test, NULL);
    say_level(SW_OK, 123);
    say_water(1, 2);
    gather(&test);
    assert_int_equal(fake.telemetry_count, 0);
    gateway_end(&test);
}

static void sites_are_told_and_homes_are_not(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin(&test, "sites");
    say_water(1, 2);
    say_level(SW_OK, 123);
    assert_int_equal(fake.telemetry_count, 0);
    gather(&test);
    assert_int_equal(fake.telemetry_count, 1);
    assert_string_equal(fake.telemetry[0].topic, SITE_TOPIC);
    assert_string_equal(fake.telemetry[0].text,
                        "{\"schema\":\"stillwater.telemetry/1\",\"city\":\"c\",\"gateway\":\"g\",\"samples\":["
                        "{\"subject\":\"site-1\",\"time\":\"2026-09-21T14:13:31.000Z\",\"readings\":["
                        "{\"kind\":\"level_mm\",\"value\":12.3}]}]}");
    gateway_end(&test);
}

static void homes_have_a_topic_of_their_own(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin(&test, "all");
    say_water(1, 2);
    say_level(SW_OK, 123);
    gather(&test);
    assert_int_equal(fake.telemetry_count, 2);
    assert_string_equal(fake.telemetry[0].topic, SITE_TOPIC);
    assert_null(strstr(fake.telemetry[0].text, "home-1"));
    assert_string_equal(fake.telemetry[1].topic, HOME_TOPIC);
    assert_non_null(strstr(fake.telemetry[1].text, "\"subject\":\"home-1\""));
    assert_null(strstr(fake.telemetry[1].text, "site-1"));
    /* Both records, each with its time. */
    assert_non_null(strstr(fake.telemetry[1].text, "\"value\":100.1}]},{"));
    assert_non_null(strstr(fake.telemetry[1].text, "\"value\":100.2}]}]}"));
    gateway_end(&test);
}

/* As in the store: the first of a spell. */
static void a_sensor_that_is_silent_is_told_once(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin(&test, "sites");
    for (int i = 0; i < 3; i++)
        say_level(SW_ERROR_TIMEOUT, 0);
    gather(&test);
    assert_int_equal(fake.telemetry_count, 1);
    assert_non_null(strstr(fake.telemetry[0].text, "\"readings\":[{\"kind\":\"level_mm\",\"quality\":\"missing\","
                                                   "\"reason\":\"timeout\"}]}]}"));
    gateway_end(&test);
}

static void readings_are_told_as_they_were_judged(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin(&test, "sites");
    say_level(SW_OK, 100000000); /* ten kilometres of water */
    gather(&test);
    assert_int_equal(fake.telemetry_count, 1);
    assert_non_null(strstr(fake.telemetry[0].text, "\"quality\":\"bad\",\"reason\":\"range\""));
    gateway_end(&test);
}

static void what_the_network_does_not_take_is_dropped_when_its_room_is_full(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin(&test, "sites");
    fake.telemetry_error = SW_ERROR_BUSY;
    int count = 0;
    for (; count < 2 * (int)MESSAGE_TELEMETRY_SIZE / 40; count++) {
        fake.wall_ms++;
        say_level(SW_OK, 100 + count % 100);
        if (fake.committing) fake_commit_done(SW_OK);
    }
    gather(&test);
    assert_int_equal(fake.telemetry_count, 0);
    fake.telemetry_error = SW_OK;
    gather(&test);
    assert_int_equal(fake.telemetry_count, 1);
    assert_true(strlen(fake.telemetry[0].text) <= MESSAGE_TELEMETRY_SIZE);
    char newest[32];
    int32_t last = 100 + (count - 1) % 100;
    snprintf(newest, sizeof newest, last % 10 ? "\"value\":%d.%d}]}]}" : "\"value\":%d}]}]}", last / 10, last % 10);
    assert_non_null(strstr(fake.telemetry[0].text, newest));
    size_t told = 0;
    for (const char *at = fake.telemetry[0].text; (at = strstr(at, "level_mm")) != NULL; at++)
        told++;
    assert_in_range(told, 1, (size_t)count - 1);
    assert_int_equal(test.gateway->counters.telemetry_readings, told);
    assert_int_equal(test.gateway->counters.telemetry_dropped, (size_t)count - told);
    gateway_end(&test);
}

static void while_the_broker_is_away_nothing_is_gathered(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin(&test, "sites");
    say_level(SW_OK, 100);
    fake_link(false);
    say_level(SW_OK, 200);
    fake_link(true);
    say_level(SW_OK, 300);
    gather(&test);
    assert_int_equal(fake.telemetry_count, 1);
    assert_null(strstr(fake.telemetry[0].text, "\"value\":10}"));
    assert_null(strstr(fake.telemetry[0].text, "\"value\":20}"));
    assert_non_null(strstr(fake.telemetry[0].text, "\"value\":30}"));
    assert_int_equal(test.gateway->counters.telemetry_dropped, 1);
    gateway_end(&test);
}

static void a_broker_that_permits_none_gets_none(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin(&test, "all");
    say_water(1, 2);
    say_level(SW_OK, 100);
    gather(&test);
    assert_int_equal(fake.telemetry_count, 2);
    assert_int_equal(fake.telemetry[1].of, PUBLISHER_TELEMETRY_HOMES);
    fake.publisher.telemetry_done(fake.publisher.ctx, PUBLISHER_TELEMETRY_HOMES, false);
    fake.publisher.telemetry_done(fake.publisher.ctx, PUBLISHER_TELEMETRY_SITES, true);
    fake_advance(&test, 1000);
    assert_non_null(strstr(fake.status.trouble, "telemetry of homes is not published"));
    say_water(3, 4);
    say_level(SW_OK, 100);
    gather(&test);
    assert_int_equal(fake.telemetry_count, 3);
    assert_string_equal(fake.telemetry[2].topic, SITE_TOPIC);
    gateway_end(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_told_unless_asked_for),
        cmocka_unit_test(sites_are_told_and_homes_are_not),
        cmocka_unit_test(homes_have_a_topic_of_their_own),
        cmocka_unit_test(a_sensor_that_is_silent_is_told_once),
        cmocka_unit_test(readings_are_told_as_they_were_judged),
        cmocka_unit_test(what_the_network_does_not_take_is_dropped_when_its_room_is_full),
        cmocka_unit_test(while_the_broker_is_away_nothing_is_gathered),
        cmocka_unit_test(a_broker_that_permits_none_gets_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
