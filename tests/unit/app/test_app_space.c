/* A store that is full: the alert about it, what the status says, and how long it would last. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/gateway_state.h"
#include "app/space.h"
#include "app/status.h"
#include "stillwater/error.h"
#include "unit/app/fake_ports.h"

static void pass(struct gateway_under_test *test, int64_t ms)
{
    fake_advance(test, ms);
    if (fake.committing) fake_commit_done(SW_OK);
}

static const struct sw_alert *last_alert(void)
{
    assert_true(fake.outbox_count > 0);
    return &fake.outbox[fake.outbox_count - 1].alert;
}

static void expect_status(const struct gateway_under_test *test, const char *text)
{
    char *body = status_encode(test->gateway, MESSAGE_STATUS_ONLINE);
    if (!strstr(body, text)) fail_msg("expected %s in %s", text, body);
    free(body);
}

static void a_clock_set_years_ahead_takes_no_readings(void **state)
{
    (void)state;
    const int64_t days_ms = INT64_C(30) * 24 * 3600 * 1000;
    struct gateway_under_test test;
    gateway_begin(&test);
    int64_t begin_ms = fake.wall_ms;
    pass(&test, 1000);
    assert_false(sw_wall_known(fake.keep.from[SW_READING_LEVEL]));
    test.config->store_keep_days[SW_READING_LEVEL] = 30;
    fake.wall_ms += 400 * days_ms;
    pass(&test, 1000);
    assert_in_range(fake.keep.from[SW_READING_LEVEL].ms, begin_ms - days_ms, begin_ms - days_ms + 5000);
    assert_false(sw_wall_known(fake.keep.from[SW_READING_RAIN]));
    fake.wall_ms = begin_ms - 2 * days_ms;
    pass(&test, 1000);
    assert_in_range(fake.keep.from[SW_READING_LEVEL].ms, begin_ms - 3 * days_ms, begin_ms - 3 * days_ms + 5000);
    gateway_end(&test);
}

static void a_full_disk_is_one_alert_of_the_gateway(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    pass(&test, 1000);
    assert_int_equal(fake.outbox_count, 0);
    assert_int_equal(fake.limits.reserve_bytes, 4 << 20);
    assert_true(fake.tidied > 0);
    fake.room.full = true;
    pass(&test, 1000);
    assert_int_equal(fake.outbox_count, 1);
    assert_int_equal(last_alert()->kind, SW_ALERT_KIND_STORE_FULL);
    assert_int_equal(last_alert()->colour, SW_COLOUR_ORANGE);
    assert_int_equal(last_alert()->evidence.rule, SW_ALERT_RULE_DISK_FULL);
    assert_string_equal(last_alert()->subject, "g");
    expect_status(&test, "\"trouble\":\"the disk is full: readings are given up, alerts are stored\"");
    pass(&test, 60000);
    assert_int_equal(fake.outbox_count, 1);
    gateway_kill_and_begin(&test);
    pass(&test, 1000);
    assert_int_equal(fake.outbox_count, 1);
    fake.room.full = false;
    pass(&test, 1000);
    assert_int_equal(fake.outbox_count, 2);
    assert_int_equal(last_alert()->state, SW_ALERT_STATE_CLEARED);
    gateway_end(&test);
}

static void a_quota_that_is_short_is_told_for_a_day(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    fake.room.short_at.ms = fake.wall_ms;
    pass(&test, 1000);
    assert_int_equal(last_alert()->evidence.rule, SW_ALERT_RULE_QUOTA_SHORT);
    assert_int_equal(last_alert()->colour, SW_COLOUR_YELLOW);
    fake.room.full = true;
    pass(&test, 1000);
    assert_int_equal(last_alert()->evidence.rule, SW_ALERT_RULE_DISK_FULL);
    assert_int_equal(last_alert()->revision, 2);
    fake.room.full = false;
    pass(&test, 1000);
    assert_int_equal(last_alert()->colour, SW_COLOUR_YELLOW);
    fake.room.short_at.ms = fake.wall_ms - 86400000;
    pass(&test, 1000);
    assert_int_equal(last_alert()->state, SW_ALERT_STATE_CLEARED);
    gateway_end(&test);
}

static void the_status_says_how_long_an_outage_may_last(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    char *body = status_encode(test.gateway, MESSAGE_STATUS_ONLINE);
    assert_null(strstr(body, "outage_hours_left"));
    free(body);
    fake.room.room_bytes = 100000000;
    pass(&test, 1000);
    fake.kept_bytes = 1000000;
    for (int minute = 0; minute < 60; minute++)
        pass(&test, 60000);
    expect_status(&test, "\"outage_hours_left\":100,");
    gateway_end(&test);
}

static void a_store_that_fails_for_longer_does_not_keep_alerts_silent(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    fake_link(true);
    struct field_bus_sample sample = {.count = 1, .time = {fake.wall_ms}};
    sample.values[0] = (struct sw_point_value){.kind = SW_READING_LEVEL, .value = 6000};
    fake.bus.sample(fake.bus.ctx, &sample);
    fake_commit_done(SW_ERROR_STORE_FULL);
    fake_advance(&test, 4000);
    assert_int_equal(fake.unstored_count, 0);
    fake_advance(&test, 1000);
    assert_int_equal(fake.unstored_count, 1);
    assert_non_null(strstr(fake.unstored, "\"kind\":\"level\""));
    assert_non_null(strstr(fake.unstored, ",\"unstored\":true}"));
    fake_commit_done(SW_ERROR_STORE_FULL);

    /* What is decided meanwhile waits for the link only, and is told once. */
    fake_link(false);
    fake.room.full = true;
    fake_advance(&test, 1000);
    assert_int_equal(fake.unstored_count, 1);
    fake_link(true);
    fake_advance(&test, 1000);
    assert_int_equal(fake.unstored_count, 2);
    assert_non_null(strstr(fake.unstored, "\"kind\":\"store_full\""));
    fake_commit_done(SW_ERROR_STORE_FULL);
    fake_advance(&test, 60000);
    assert_int_equal(fake.unstored_count, 2);
    expect_status(&test, "\"alerts_unstored\":2,");

    /* Stored, they go as if nothing had been. */
    assert_int_equal(fake.outbox_count, 0);
    fake_commit_done(SW_OK);
    fake_commit_done(SW_OK);
    assert_int_equal(fake.outbox_count, 2);
    assert_null(strstr(fake.outbox[0].payload, "unstored"));
    fake_advance(&test, 60000);
    assert_int_equal(fake.unstored_count, 2);
    gateway_end(&test);
}

static void whoever_keeps_the_wal_long_is_named(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    fake.room.wal_bytes = STORE_WAL_LONG_BYTES - 1;
    pass(&test, 1000);
    expect_status(&test, "\"store_wal_bytes\":33554431,");
    assert_string_equal(space_trouble(test.gateway), "");
    fake.room.wal_bytes = STORE_WAL_LONG_BYTES;
    pass(&test, 1000);
    expect_status(&test, "\"trouble\":\"somebody reads the database in one long transaction, and its WAL grows "
                         "meanwhile\"");
    fake.room.wal_bytes = 0;
    pass(&test, 1000);
    assert_string_equal(space_trouble(test.gateway), "");
    gateway_end(&test);
}

static void expect_damage(enum sw_alert_rule rule, enum sw_alert_state state, uint32_t revision, const char *note)
{
    assert_int_equal(last_alert()->kind, SW_ALERT_KIND_STORE_DAMAGED);
    assert_int_equal(last_alert()->evidence.rule, rule);
    assert_int_equal(last_alert()->state, state);
    assert_int_equal(last_alert()->revision, revision);
    assert_string_equal(last_alert()->note, note);
}

static void each_damage_is_told_once_and_for_a_day(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    pass(&test, 1000);
    expect_status(&test, "\"store_set_aside\":0,");
    expect_status(&test, "\"store_cut\":0,");
    fake.cut = 1;
    pass(&test, 1000);
    expect_status(&test, "\"store_cut\":1,");
    fake.room.readings_damage = (struct store_damage){1, "one is damaged"};
    pass(&test, 1000);
    expect_status(&test, "\"store_set_aside\":1,");
    expect_status(&test, "\"trouble\":\"damaged readings were set aside: the log names the file\"");
    expect_damage(SW_ALERT_RULE_READINGS_DAMAGED, SW_ALERT_STATE_RAISED, 1, "one is damaged");
    assert_int_equal(last_alert()->colour, SW_COLOUR_ORANGE);
    assert_string_equal(last_alert()->subject, "g");
    pass(&test, 60000);
    assert_int_equal(fake.outbox_count, 1);
    fake.room.readings_damage = (struct store_damage){2, "another is damaged"};
    pass(&test, 1000);
    assert_int_equal(fake.outbox_count, 2);
    expect_damage(SW_ALERT_RULE_READINGS_DAMAGED, SW_ALERT_STATE_RAISED, 2, "another is damaged");

    /* The next process finds sound files, and the alert that was raised. */
    fake.room.readings_damage = (struct store_damage){0, ""};
    gateway_kill_and_begin(&test);
    pass(&test, 1000);
    assert_int_equal(fake.outbox_count, 2);
    pass(&test, 86400000);
    pass(&test, 1000);
    expect_damage(SW_ALERT_RULE_READINGS_DAMAGED, SW_ALERT_STATE_CLEARED, 3, "");
    gateway_end(&test);
}

static void a_damaged_database_is_told_again_after_it_was_resolved(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    pass(&test, 1000);
    fake.room.database_damage = (struct store_damage){1, "the database"};
    pass(&test, 1000);
    expect_status(&test, "\"trouble\":\"the store's database was damaged: the log names the file\"");
    expect_damage(SW_ALERT_RULE_DATABASE_DAMAGED, SW_ALERT_STATE_RAISED, 1, "the database");
    assert_int_equal(core_on_action(test.gateway->core, last_alert()->id, 0, SW_ALERT_ACTION_RESOLVE, "officer-1", "",
                                    sw_wall_from_ms(fake.wall_ms)),
                     SW_OK);
    pass(&test, 1000);
    pass(&test, 1000);
    expect_damage(SW_ALERT_RULE_DATABASE_DAMAGED, SW_ALERT_STATE_RESOLVED, 2, "");
    fake.room.database_damage.count = 2;
    pass(&test, 1000);
    expect_damage(SW_ALERT_RULE_DATABASE_DAMAGED, SW_ALERT_STATE_RAISED, 1, "the database");
    gateway_end(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_set_years_ahead_takes_no_readings),
        cmocka_unit_test(a_full_disk_is_one_alert_of_the_gateway),
        cmocka_unit_test(a_quota_that_is_short_is_told_for_a_day),
        cmocka_unit_test(whoever_keeps_the_wal_long_is_named),
        cmocka_unit_test(each_damage_is_told_once_and_for_a_day),
        cmocka_unit_test(a_damaged_database_is_told_again_after_it_was_resolved),
        cmocka_unit_test(a_store_that_fails_for_longer_does_not_keep_alerts_silent),
        cmocka_unit_test(the_status_says_how_long_an_outage_may_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
