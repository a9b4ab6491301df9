/* What the centre says about homes, alerts and the weather: carried out, stored, answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/gateway_state.h"
#include "app/status.h"
#include "stillwater/error.h"
#include "unit/app/fake_ports.h"

#define COMMAND(command, rest)                                                                                         \
    "{\"schema\":\"stillwater.command/1\",\"command\":\"" command "\",\"by\":\"o-1\"" rest "}"
#define AWAY(home, mode) COMMAND("away", ",\"subject\":\"" home "\",\"mode\":\"" mode "\",\"until\":\"%s\"")

static void commit(void)
{
    while (fake.committing)
        fake_commit_done(SW_OK);
}

/* `format` has a place for the time `ms` ahead of now. */
static void command_until(const char *format, int64_t ms)
{
    char until[MESSAGE_TIME_SIZE], payload[512];
    message_time_format(sw_wall_from_ms(fake.wall_ms + ms), until);
    snprintf(payload, sizeof payload, format, until);
    fake_command(payload);
}

static const struct message_command_answer *last_answer(void)
{
    assert_true(fake.reply_count > 0);
    return &fake.replies[fake.reply_count - 1].answer;
}

static void expect_refused(const char *error, const char *text)
{
    assert_false(last_answer()->accepted);
    assert_string_equal(last_answer()->error, error);
    assert_string_equal(last_answer()->text, text);
    assert_null(fake.committing);
}

static struct core_absence away_of(const struct gateway_under_test *test, const char *home)
{
    uint32_t index;
    assert_int_equal(core_find_subject(test->gateway->core, SUBJECT_HOME, home, &index), SW_OK);
    return core_away(test->gateway->core, index);
}

/* A counter of the status as the gateway would send it now. */
static uint64_t counter(const struct gateway_under_test *test, const char *name)
{
    char wanted[64];
    char *body = status_encode(test->gateway, MESSAGE_STATUS_ONLINE);
    snprintf(wanted, sizeof wanted, "\"%s\":", name);
    const char *at = strstr(body, wanted);
    if (!at) fail_msg("no %s in %s", wanted, body);
    uint64_t value = strtoull(at + strlen(wanted), NULL, 10);
    free(body);
    return value;
}

static const char *level_alert(void)
{
    struct field_bus_sample sample = {.count = 1, .time = {fake.wall_ms}};
    sample.values[0] = (struct sw_point_value){.kind = SW_READING_LEVEL, .value = 6000};
    fake.bus.sample(fake.bus.ctx, &sample);
    commit();
    assert_int_equal(fake.outbox_count, 1);
    return fake.outbox[0].alert.id;
}

static void command_on(const char *verb, const char *alert, const char *rest)
{
    char payload[512];
    snprintf(payload, sizeof payload,
             "{\"schema\":\"stillwater.command/1\",\"command\":\"%s\",\"alert\":\"%s\",\"by\":\"carer-3\"%s}", verb,
             alert, rest);
    fake_command(payload);
}

static void a_home_is_set_away_once_that_is_stored(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    int64_t until = fake.wall_ms + 86400000;
    command_until(AWAY("home-1", "hospital"), 86400000);
    assert_int_equal(fake.reply_count, 0);
    assert_non_null(fake.committing);
    fake_commit_done(SW_ERROR_STORE_FULL);
    assert_int_equal(fake.reply_count, 0);
    fake_advance(&test, 1000);
    fake_commit_done(SW_OK);
    assert_true(last_answer()->accepted);
    assert_string_equal(last_answer()->subject, "home-1");
    assert_string_equal(last_answer()->alert_id, "");
    assert_int_equal(strncmp(last_answer()->text, "hospital until 20", 17), 0);
    assert_int_equal(fake.replies[0].correlation, 42);
    assert_int_equal(away_of(&test, "home-1").until.ms, until);
    assert_int_equal(fake.store_command_count, 1);
    assert_string_equal(fake.store_commands[0].about, "home-1");
    assert_string_equal(fake.store_commands[0].text, last_answer()->text);
    assert_int_equal(counter(&test, "homes_away"), 1);
    assert_int_equal(counter(&test, "homes_visitor"), 0);

    gateway_kill_and_begin(&test);
    assert_int_equal(away_of(&test, "home-1").away, SW_AWAY_HOSPITAL);
    assert_int_equal(away_of(&test, "home-1").until.ms, until);
    assert_int_equal(away_of(&test, "home-2").away, SW_AWAY_NONE);
    fake_advance(&test, 86400000);
    assert_int_equal(away_of(&test, "home-1").away, SW_AWAY_NONE);
    assert_int_equal(counter(&test, "homes_away"), 0);
    gateway_end(&test);
}

static void a_home_is_set_back(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    fake_command(COMMAND("back", ",\"subject\":\"home-2\""));
    expect_refused("NOT_PERMITTED", "home-2 is not set away");
    command_until(AWAY("home-2", "visitor"), 3600000);
    commit();
    assert_int_equal(counter(&test, "homes_visitor"), 1);
    fake_command(COMMAND("back", ",\"subject\":\"home-2\""));
    commit();
    assert_true(last_answer()->accepted);
    assert_string_equal(last_answer()->text, "back");
    assert_int_equal(away_of(&test, "home-2").away, SW_AWAY_NONE);
    gateway_end(&test);
}

/* The device's site, the whole way: stored, published, marked, acknowledged, kept over a restart, over by itself. */
static void a_drill_goes_the_whole_way_and_survives_a_restart(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    fake_command(COMMAND("drill", ",\"subject\":\"site-1\",\"kind\":\"level\",\"colour\":\"red\""));
    assert_int_equal(fake.reply_count, 0);
    commit();
    assert_true(last_answer()->accepted);
    assert_string_equal(last_answer()->subject, "site-1");
    assert_int_equal(last_answer()->revision, 1);
    assert_int_equal(fake.outbox_count, 1);
    assert_string_equal(last_answer()->alert_id, fake.outbox[0].alert.id);
    assert_non_null(strstr(fake.outbox[0].topic, "Z.drill"));
    assert_non_null(strstr(fake.outbox[0].payload, "\"drill\":true"));
    assert_int_equal(counter(&test, "drills"), 1);
    assert_int_equal(counter(&test, "open_alerts"), 0);
    fake_command(COMMAND("drill", ",\"subject\":\"site-1\",\"kind\":\"level\",\"colour\":\"red\""));
    expect_refused("NOT_PERMITTED", "a level drill of site-1 goes on already");

    gateway_kill_and_begin(&test);
    assert_int_equal(counter(&test, "drills"), 1);
    command_on("acknowledge", fake.outbox[0].alert.id, "");
    commit();
    assert_true(last_answer()->accepted);
    assert_int_equal(last_answer()->revision, 2);
    fake_advance(&test, 3600000);
    commit();
    const struct sw_alert *last = &fake.outbox[fake.outbox_count - 1].alert;
    assert_true(last->drill);
    assert_int_equal(last->state, SW_ALERT_STATE_CLEARED);
    assert_int_equal(last->revision, 3);
    assert_int_equal(counter(&test, "drills"), 0);
    gateway_end(&test);
}

static void level(int32_t value)
{
    struct field_bus_sample sample = {.count = 1, .time = {fake.wall_ms}};
    sample.values[0] = (struct sw_point_value){.kind = SW_READING_LEVEL, .value = value};
    fake.bus.sample(fake.bus.ctx, &sample);
    if (!fake.committing) fake_let_wait();
    commit();
}

/* Kept back over a restart, seen by all, and raised with its reason when it is over. */
static void a_silence_keeps_back_until_it_ends(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    command_until(COMMAND("silence", ",\"subject\":\"site-1\",\"colour\":\"red\",\"note\":\"works\",\"until\":\"%s\""),
                  3600000);
    assert_int_equal(fake.reply_count, 0);
    commit();
    assert_true(last_answer()->accepted);
    assert_int_equal(strncmp(last_answer()->text, "silenced up to red until 20", 27), 0);
    assert_string_equal(fake.store_commands[0].about, "site-1");
    assert_string_equal(fake.store_commands[0].by, "o-1");
    assert_string_equal(fake.store_commands[0].note, "works");
    level(6000);
    assert_int_equal(fake.outbox_count, 0);
    assert_int_equal(counter(&test, "silences"), 1);
    assert_int_equal(counter(&test, "alerts_pending"), 1);
    char *status = status_encode(test.gateway, MESSAGE_STATUS_ONLINE);
    assert_non_null(strstr(status, "\"holds\":[{\"reason\":\"silence\",\"subject\":\"site-1\",\"colour\":\"red\""));
    assert_null(strstr(status, "works"));
    free(status);

    gateway_kill_and_begin(&test);
    assert_int_equal(counter(&test, "silences"), 1);
    assert_int_equal(counter(&test, "alerts_pending"), 1);
    fake_command(COMMAND("unsilence", ",\"subject\":\"site-1\""));
    commit();
    assert_true(last_answer()->accepted);
    assert_int_equal(counter(&test, "silences"), 0);
    assert_int_equal(fake.outbox_count, 1);
    assert_int_equal(fake.outbox[0].alert.state, SW_ALERT_STATE_RAISED);
    assert_string_equal(fake.outbox[0].alert.note, "was held back, silenced by o-1: works");
    fake_command(COMMAND("unsilence", ",\"subject\":\"site-1\""));
    expect_refused("NOT_FOUND", "nothing of this kind is in force for site-1");
    gateway_end(&test);
}

/* The status is read by families, too. */
static void the_status_does_not_name_a_home_that_is_held(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    command_until(COMMAND("silence", ",\"subject\":\"home-1\",\"note\":\"away\",\"until\":\"%s\""), 3600000);
    commit();
    assert_true(last_answer()->accepted);
    assert_int_equal(counter(&test, "silences"), 1);
    char *status = status_encode(test.gateway, MESSAGE_STATUS_ONLINE);
    assert_null(strstr(status, "home-1"));
    assert_null(strstr(status, "\"holds\""));
    free(status);
    gateway_end(&test);
}

static void a_sensor_in_maintenance_is_judged_by_nobody(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    level(6000);
    assert_int_equal(fake.outbox_count, 1);
    command_until(COMMAND("maintenance", ",\"subject\":\"site-1\",\"until\":\"%s\""), 3600000);
    commit();
    assert_int_equal(fake.outbox_count, 2);
    assert_int_equal(fake.outbox[1].alert.state, SW_ALERT_STATE_CLEARED);
    assert_string_equal(fake.outbox[1].alert.actor, "o-1");
    gateway_kill_and_begin(&test);
    assert_int_equal(counter(&test, "maintenance"), 1);
    fake_advance(&test, 60000);
    level(7000);
    assert_int_equal(fake.outbox_count, 2);
    fake_command(COMMAND("serviced", ",\"subject\":\"site-1\""));
    commit();
    assert_string_equal(last_answer()->text, "watched again");
    fake_advance(&test, 60000);
    level(7000);
    assert_int_equal(fake.outbox_count, 3);
    assert_int_equal(fake.outbox[2].alert.state, SW_ALERT_STATE_RAISED);
    gateway_end(&test);
}

static void a_hold_that_cannot_be_is_refused_with_its_reason(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    command_until(COMMAND("silence", ",\"subject\":\"site-9\",\"note\":\"n\",\"until\":\"%s\""), 1000);
    expect_refused("NOT_FOUND", "no subject has the id site-9");
    command_until(COMMAND("silence", ",\"area\":\"nowhere/at/all\",\"note\":\"n\",\"until\":\"%s\""), 1000);
    expect_refused("NOT_FOUND", "no subject lies in nowhere/at/all");
    command_until(COMMAND("silence", ",\"subject\":\"site-1\",\"note\":\"n\",\"until\":\"%s\""), 0);
    expect_refused("INVALID_ARGUMENT", "until: expected a time in the future, at most 31 days ahead");
    command_until(COMMAND("maintenance", ",\"subject\":\"site-9\",\"until\":\"%s\""), 1000);
    expect_refused("NOT_FOUND", "no sensor has the id site-9");
    assert_int_equal(counter(&test, "silences"), 0);
    gateway_end(&test);
}

static void a_drill_that_cannot_be_is_refused_with_its_reason(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    fake_command(COMMAND("drill", ",\"subject\":\"site-1\",\"kind\":\"leak\",\"colour\":\"red\""));
    expect_refused("NOT_FOUND", "no subject site-1 can have an alert of kind leak");
    command_until(COMMAND("drill", ",\"subject\":\"site-1\",\"kind\":\"level\",\"colour\":\"red\",\"until\":\"%s\""),
                  86401000);
    expect_refused("INVALID_ARGUMENT", "until: expected a time in the future, at most 24 hours ahead");
    gateway_end(&test);
}

static void a_setting_that_cannot_be_is_refused_with_its_reason(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    command_until(AWAY("home-9", "away"), 3600000);
    expect_refused("NOT_FOUND", "no home has the id home-9");
    assert_string_equal(last_answer()->subject, "home-9");
    command_until(AWAY("site-1", "away"), 3600000);
    expect_refused("NOT_FOUND", "no home has the id site-1");
    command_until(AWAY("home-1", "away"), 0);
    expect_refused("INVALID_ARGUMENT", "until: expected a time in the future, at most 366 days ahead");
    command_until(AWAY("home-1", "away"), INT64_C(367) * 86400000);
    expect_refused("INVALID_ARGUMENT", "until: expected a time in the future, at most 366 days ahead");
    fake_command(COMMAND("away", ",\"subject\":\"home-1\",\"mode\":\"away\""));
    expect_refused("MESSAGE", "until: missing");
    assert_int_equal(test.gateway->counters.commands_refused, 5);
    assert_int_equal(away_of(&test, "home-1").away, SW_AWAY_NONE);
    gateway_end(&test);
}

static void feedback_on_open_and_closed_alerts_is_stored(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    char id[SW_ALERT_ID_SIZE];
    snprintf(id, sizeof id, "%s", level_alert());
    command_on("feedback", id, ",\"outcome\":\"assisted\",\"note\":\"fell in the bath\"");
    assert_int_equal(fake.reply_count, 0);
    commit();
    assert_true(last_answer()->accepted);
    assert_string_equal(last_answer()->alert_id, id);
    assert_int_equal(last_answer()->revision, 0);
    assert_string_equal(last_answer()->text, "assisted");
    assert_int_equal(fake.feedback_count, 1);
    assert_int_equal(fake.feedback[0].outcome, SW_OUTCOME_ASSISTED);
    assert_string_equal(fake.feedback[0].by, "carer-3");
    assert_string_equal(fake.feedback[0].note, "fell in the bath");
    assert_int_equal(fake.feedback[0].time.ms, fake.wall_ms);
    /* Resolved with its outcome in one; the note is the alert's as well. */
    command_on("resolve", id, ",\"outcome\":\"false_alarm\"");
    commit();
    assert_true(last_answer()->accepted);
    assert_int_equal(last_answer()->revision, 2);
    assert_string_equal(last_answer()->text, "resolved");
    assert_int_equal(fake.feedback_count, 2);
    /* It is over now, and somebody knows better. */
    gateway_kill_and_begin(&test);
    command_on("feedback", id, ",\"outcome\":\"emergency\"");
    commit();
    assert_true(last_answer()->accepted);
    assert_int_equal(fake.feedback_count, 3);
    assert_int_equal(fake.store_command_count, 0);
    assert_int_equal(fake.feedback[2].outcome, SW_OUTCOME_EMERGENCY);
    assert_int_equal(test.gateway->counters.feedback, 1);
    assert_int_equal(fake.outbox_count, 2);
    gateway_end(&test);
}

static void feedback_on_what_never_was_is_refused_after_the_store_was_asked(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    command_on("feedback", "g.no_use.home-1.20200101T000000000Z", ",\"outcome\":\"absent\"");
    assert_int_equal(fake.reply_count, 0);
    commit();
    expect_refused("NOT_FOUND", "no alert has the id g.no_use.home-1.20200101T000000000Z");
    assert_int_equal(test.gateway->counters.feedback, 0);
    assert_int_equal(test.gateway->counters.commands_refused, 1);
    assert_int_equal(fake.feedback_count, 0);
    /* A resolve that is refused leaves no feedback either. */
    command_on("resolve", "g.no_use.home-1.20200101T000000000Z", ",\"outcome\":\"absent\"");
    expect_refused("NOT_FOUND", "no open alert has the id g.no_use.home-1.20200101T000000000Z");
    gateway_end(&test);
}

static void weather_until(const char *colour, int64_t ms)
{
    char until[MESSAGE_TIME_SIZE], payload[256];
    message_time_format(sw_wall_from_ms(fake.wall_ms + ms), until);
    snprintf(payload, sizeof payload,
             "{\"schema\":\"stillwater.weather/1\",\"colour\":\"%s\",\"until\":\"%s\",\"by\":\"met\"}", colour, until);
    fake_weather(payload);
}

static void the_weather_is_handed_on_and_wrong_weather_is_not(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    assert_int_equal(counter(&test, "weather_colour"), SW_COLOUR_GREEN);
    weather_until("orange", 3600000);
    assert_int_equal(counter(&test, "weather_colour"), SW_COLOUR_ORANGE);
    fake_weather("storm");
    assert_string_equal(last_answer()->error, "MESSAGE");
    assert_string_equal(last_answer()->text, "weather: line 1, column 5: invalid token near 'storm'");
    assert_string_equal(fake.replies[0].response_topic, "");
    weather_until("red", INT64_C(32) * 86400000);
    assert_string_equal(last_answer()->error, "INVALID_ARGUMENT");
    assert_string_equal(last_answer()->text, "weather: until: expected at most 31 days ahead");
    assert_int_equal(counter(&test, "weather_refused"), 2);
    assert_int_equal(counter(&test, "weather_colour"), SW_COLOUR_ORANGE);
    /* What has run out stays on its topic, and is no mistake. */
    weather_until("red", -1000);
    assert_int_equal(counter(&test, "weather_colour"), SW_COLOUR_GREEN);
    assert_int_equal(counter(&test, "weather_refused"), 2);
    weather_until("yellow", 3600000);
    fake_weather("");
    assert_int_equal(counter(&test, "weather_colour"), SW_COLOUR_GREEN);
    assert_int_equal(counter(&test, "weather_refused"), 2);
    gateway_end(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_home_is_set_away_once_that_is_stored),
        cmocka_unit_test(a_home_is_set_back),
        cmocka_unit_test(a_drill_goes_the_whole_way_and_survives_a_restart),
        cmocka_unit_test(a_silence_keeps_back_until_it_ends),
        cmocka_unit_test(the_status_does_not_name_a_home_that_is_held),
        cmocka_unit_test(a_sensor_in_maintenance_is_judged_by_nobody),
        cmocka_unit_test(a_hold_that_cannot_be_is_refused_with_its_reason),
        cmocka_unit_test(a_drill_that_cannot_be_is_refused_with_its_reason),
        cmocka_unit_test(a_setting_that_cannot_be_is_refused_with_its_reason),
        cmocka_unit_test(feedback_on_open_and_closed_alerts_is_stored),
        cmocka_unit_test(feedback_on_what_never_was_is_refused_after_the_store_was_asked),
        cmocka_unit_test(the_weather_is_handed_on_and_wrong_weather_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
