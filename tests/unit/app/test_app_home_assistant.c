/* What families see: the homes that asked for it, and no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "stillwater/error.h"
#include "unit/app/fake_ports.h"

#define DEVICE(home) "homeassistant/device/stillwater-c-g/" home "/config"
#define STATE(home)  "stillwater/c/g/home/" home

/* In fake_ports.c home-2 is shown and home-1 is not. */
static void begin(struct gateway_under_test *test)
{
    gateway_begin(test);
    fake_link(true);
    fake_advance(test, 1000);
}

/* The last payload on the topic since `from`; NULL: there was none. */
static const char *told_since(size_t from, const char *topic)
{
    const char *payload = NULL;
    for (size_t i = from; i < fake.shown_count; i++)
        if (strcmp(fake.shown[i].topic, topic) == 0) payload = fake.shown[i].payload;
    return payload;
}

static void a_home_that_asked_for_it_is_shown_and_no_other(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin(&test);
    assert_int_equal(fake.shown_count, 2);
    assert_non_null(strstr(told_since(0, DEVICE("home-2")), STATE("home-2")));
    assert_non_null(strstr(told_since(0, STATE("home-2")), "\"state\":\"unknown\",\"problem\":false"));
    fake_advance(&test, 30000);
    assert_int_equal(fake.shown_count, 2);
    gateway_end(&test);
}

static void it_is_told_again_to_a_home_assistant_that_comes_online_and_after_a_lost_link(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin(&test);
    size_t before = fake.shown_count;
    fake.publisher.birth(fake.publisher.ctx);
    assert_int_equal(fake.shown_count, before + 1);
    assert_non_null(told_since(before, DEVICE("home-2")));
    before = fake.shown_count;
    fake_link(false);
    fake_link(true);
    fake_advance(&test, 1000);
    assert_non_null(told_since(before, DEVICE("home-2")));
    assert_non_null(told_since(before, STATE("home-2")));
    gateway_end(&test);
}

static void what_is_shown_no_longer_is_taken_away(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin(&test);
    size_t before = fake.shown_count;
    fake.publisher.retained_kept(fake.publisher.ctx, PUBLISHER_DISCOVERY, DEVICE("home-1"));
    fake.publisher.retained_kept(fake.publisher.ctx, PUBLISHER_DISCOVERY, DEVICE("home-2"));
    fake.publisher.retained_kept(fake.publisher.ctx, PUBLISHER_HOMES, STATE("home-2"));
    fake.publisher.retained_kept(fake.publisher.ctx, PUBLISHER_HOMES, STATE("home-9"));
    fake_advance(&test, 1000);
    assert_int_equal(fake.shown_count, before + 2);
    assert_string_equal(told_since(before, DEVICE("home-1")), "");
    assert_string_equal(told_since(before, STATE("home-9")), "");
    gateway_end(&test);
}

static void a_drill_is_shown_as_a_drill_and_as_no_problem(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin(&test);
    size_t before = fake.shown_count;
    fake_command("{\"schema\":\"stillwater.command/1\",\"command\":\"drill\",\"by\":\"o-1\",\"subject\":\"home-2\","
                 "\"kind\":\"no_use\",\"colour\":\"red\"}");
    fake_commit_done(SW_OK);
    fake_advance(&test, 1000);
    const char *payload = told_since(before, STATE("home-2"));
    assert_non_null(strstr(payload, "\"problem\":false,\"colour\":\"green\",\"alerts\":[],\"drill\":true"));
    gateway_end(&test);
}

static void nothing_is_shown_that_is_not_stored(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin(&test);
    size_t before = fake.shown_count;
    char payload[256], until[MESSAGE_TIME_SIZE];
    fake_command("{\"schema\":\"stillwater.command/1\",\"command\":\"drill\",\"by\":\"o-1\",\"subject\":\"home-2\","
                 "\"kind\":\"no_use\",\"colour\":\"red\"}");
    fake_advance(&test, 1000);
    assert_null(told_since(before, STATE("home-2")));
    fake_commit_done(SW_ERROR_STORE);
    fake_advance(&test, 1000);
    assert_null(told_since(before, STATE("home-2")));
    fake_commit_done(SW_OK);
    fake_advance(&test, 1000);
    assert_non_null(strstr(told_since(before, STATE("home-2")), "\"drill\":true"));

    before = fake.shown_count;
    message_time_format(sw_wall_from_ms(fake.wall_ms + 3600000), until);
    snprintf(payload, sizeof payload,
             "{\"schema\":\"stillwater.command/1\",\"command\":\"away\",\"by\":\"o-1\",\"subject\":\"home-2\","
             "\"mode\":\"away\",\"until\":\"%s\"}",
             until);
    fake_command(payload);
    fake_advance(&test, 1000);
    assert_null(told_since(before, STATE("home-2")));
    fake_commit_done(SW_OK);
    fake_advance(&test, 1000);
    assert_non_null(strstr(told_since(before, STATE("home-2")), "\"state\":\"away\""));
    gateway_end(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_home_that_asked_for_it_is_shown_and_no_other),
        cmocka_unit_test(it_is_told_again_to_a_home_assistant_that_comes_online_and_after_a_lost_link),
        cmocka_unit_test(what_is_shown_no_longer_is_taken_away),
        cmocka_unit_test(a_drill_is_shown_as_a_drill_and_as_no_problem),
        cmocka_unit_test(nothing_is_shown_that_is_not_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
