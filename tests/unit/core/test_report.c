/* What people report: the desk that takes it in, and the alerts of places in the core. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/report/report_desk.h"
#include "core_fixture.h"

#define MINUTE_MS INT64_C(60000)
#define NOW       (INT64_C(1000) * REPORT_HOUR_MS)

static const struct report_policy policy = {.per_reporter = 3, .per_portal = 5, .window_ms = 2 * REPORT_HOUR_MS};

static struct report_heard said_by(uint64_t id, uint64_t who, enum sw_report_source source, enum sw_report_kind kind)
{
    return (struct report_heard){.id = id,
                                 .reporter = who,
                                 .portal = source == SW_REPORT_SOURCE_CITIZEN ? 7 : 0,
                                 .source = source,
                                 .kind = kind,
                                 .time_ms = NOW};
}

static enum report_admission admit(struct report_desk *desk, uint64_t id, uint64_t who, enum sw_report_source source,
                                   int64_t now_ms)
{
    struct report_heard report = said_by(id, who, source, SW_REPORT_FLOOD);
    report.time_ms = now_ms;
    return report_desk_admit(desk, &policy, &report, now_ms);
}

static struct report_desk *new_desk(void)
{
    struct report_desk *desk = calloc(1, sizeof *desk);
    assert_non_null(desk);
    return desk;
}

static void a_report_is_taken_once(void **state)
{
    (void)state;
    struct report_desk *desk = new_desk();
    assert_int_equal(admit(desk, 1, 50, SW_REPORT_SOURCE_WORKER, NOW), REPORT_ADMITTED);
    assert_int_equal(admit(desk, 1, 50, SW_REPORT_SOURCE_WORKER, NOW), REPORT_REPEATED);
    assert_int_equal(admit(desk, 1, 51, SW_REPORT_SOURCE_CITIZEN, NOW + 1), REPORT_REPEATED);
    free(desk);
}

static void a_time_that_is_not_now_is_named(void **state)
{
    (void)state;
    struct report_desk *desk = new_desk();
    struct report_heard report = said_by(1, 50, SW_REPORT_SOURCE_WORKER, SW_REPORT_FLOOD);
    report.time_ms = NOW + REPORT_AHEAD_MOST_MS + 1;
    assert_int_equal(report_desk_admit(desk, &policy, &report, NOW), REPORT_AHEAD);
    report.time_ms = NOW - policy.window_ms;
    assert_int_equal(report_desk_admit(desk, &policy, &report, NOW), REPORT_TOO_OLD);
    report.time_ms++;
    assert_int_equal(report_desk_admit(desk, &policy, &report, NOW), REPORT_ADMITTED);
    free(desk);
}

static void one_person_says_so_much_an_hour_and_no_more(void **state)
{
    (void)state;
    struct report_desk *desk = new_desk();
    for (uint64_t i = 0; i < policy.per_reporter; i++)
        assert_int_equal(admit(desk, 100 + i, 50, SW_REPORT_SOURCE_WORKER, NOW), REPORT_ADMITTED);
    assert_int_equal(admit(desk, 200, 50, SW_REPORT_SOURCE_WORKER, NOW), REPORT_REPORTER_TOO_MUCH);
    assert_int_equal(admit(desk, 201, 51, SW_REPORT_SOURCE_WORKER, NOW), REPORT_ADMITTED);
    /* What was refused may come again once the hour is over. */
    assert_int_equal(admit(desk, 200, 50, SW_REPORT_SOURCE_WORKER, NOW + REPORT_HOUR_MS), REPORT_ADMITTED);
    free(desk);
}

static void a_portal_with_ever_new_people_is_bounded_too(void **state)
{
    (void)state;
    struct report_desk *desk = new_desk();
    int admitted = 0;
    for (uint64_t i = 0; i < 5 * REPORT_TALKERS_MAX; i++)
        admitted += admit(desk, 1000 + i, 9000 + i, SW_REPORT_SOURCE_CITIZEN, NOW + (int64_t)i) == REPORT_ADMITTED;
    assert_int_equal(admitted, policy.per_portal);
    free(desk);
}

static void citizens_make_yellow_two_of_them_the_whole_colour(void **state)
{
    (void)state;
    struct report_tally tally = {.alert = 1};
    struct report_heard first = said_by(1, 50, SW_REPORT_SOURCE_CITIZEN, SW_REPORT_FLOOD);
    struct report_heard again = said_by(2, 50, SW_REPORT_SOURCE_CITIZEN, SW_REPORT_FLOOD);
    struct report_heard second = said_by(3, 51, SW_REPORT_SOURCE_CITIZEN, SW_REPORT_FLOOD);
    assert_true(report_tally_take(&tally, &first));
    assert_int_equal(report_tally_colour(&tally, SW_REPORT_FLOOD), SW_COLOUR_YELLOW);
    assert_false(report_tally_take(&tally, &again));
    assert_int_equal(tally.citizens, 1);
    assert_true(report_tally_take(&tally, &second));
    assert_int_equal(report_tally_colour(&tally, SW_REPORT_FLOOD), SW_COLOUR_ORANGE);
    assert_int_equal(report_tally_colour(&tally, SW_REPORT_SENSOR_FAULT), SW_COLOUR_BLUE);
}

static void a_sensor_agrees_as_well_as_a_second_citizen(void **state)
{
    (void)state;
    struct report_tally tally = {.alert = 1};
    struct report_heard first = said_by(1, 50, SW_REPORT_SOURCE_CITIZEN, SW_REPORT_FLOOD);
    struct report_heard sensor = said_by(2, 60, SW_REPORT_SOURCE_SENSOR, SW_REPORT_FLOOD);
    assert_true(report_tally_take(&tally, &first));
    assert_true(report_tally_take(&tally, &sensor));
    assert_int_equal(tally.sensors, 1);
    assert_int_equal(report_tally_colour(&tally, SW_REPORT_FLOOD), SW_COLOUR_ORANGE);
}

static void a_workers_word_counts_up_to_red(void **state)
{
    (void)state;
    struct report_tally tally = {.alert = 1};
    struct report_heard worker = said_by(1, 50, SW_REPORT_SOURCE_WORKER, SW_REPORT_FLOOD);
    assert_true(report_tally_take(&tally, &worker));
    assert_int_equal(report_tally_colour(&tally, SW_REPORT_FLOOD), SW_COLOUR_ORANGE);
    worker.colour = SW_COLOUR_RED;
    assert_true(report_tally_take(&tally, &worker));
    assert_int_equal(report_tally_colour(&tally, SW_REPORT_FLOOD), SW_COLOUR_RED);
    assert_int_equal(tally.workers, 1);
    assert_false(report_tally_take(&tally, &worker));
}

static void who_says_all_clear_is_shown_against_it(void **state)
{
    (void)state;
    struct report_tally tally = {.alert = 1};
    struct report_heard worker = said_by(1, 50, SW_REPORT_SOURCE_WORKER, SW_REPORT_FLOOD);
    assert_true(report_tally_take(&tally, &worker));
    worker.kind = SW_REPORT_ALL_CLEAR;
    assert_true(report_tally_take(&tally, &worker));
    assert_int_equal(tally.workers, 0);
    assert_int_equal(tally.disagree, 1);
    assert_false(report_tally_take(&tally, &worker));
    worker.kind = SW_REPORT_FLOOD;
    assert_true(report_tally_take(&tally, &worker));
    assert_int_equal(tally.workers, 1);
    assert_int_equal(tally.disagree, 0);
}

static void no_more_voices_count_than_there_is_room_for(void **state)
{
    (void)state;
    struct report_tally tally = {.alert = 1};
    int told = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        struct report_heard report = said_by(i + 1, 100 + i, SW_REPORT_SOURCE_CITIZEN, SW_REPORT_FLOOD);
        told += report_tally_take(&tally, &report);
    }
    assert_int_equal(told, REPORT_VOICES_MAX);
}

static void tallies_are_bounded_and_given_back(void **state)
{
    (void)state;
    struct report_desk *desk = new_desk();
    for (uint64_t i = 1; i <= REPORT_TALLIES_MAX; i++)
        assert_non_null(report_desk_tally(desk, i));
    assert_null(report_desk_tally(desk, 9999));
    report_desk_forget(desk, 17);
    assert_null(report_desk_find(desk, 17));
    assert_non_null(report_desk_tally(desk, 9999));
    free(desk);
}

static void kinds_fit_what_they_may_tell_of(void **state)
{
    (void)state;
    assert_true(sw_report_fits(SW_REPORT_FLOOD, SW_ALERT_KIND_LEVEL, SW_ALERT_RULE_LEVEL_BAND));
    assert_false(sw_report_fits(SW_REPORT_FLOOD, SW_ALERT_KIND_NO_USE, SW_ALERT_RULE_HABIT));
    assert_true(sw_report_fits(SW_REPORT_FLOOD, SW_ALERT_KIND_REPORTED, SW_ALERT_RULE_REPORTED_FLOOD));
    assert_false(sw_report_fits(SW_REPORT_FLOOD, SW_ALERT_KIND_REPORTED, SW_ALERT_RULE_REPORTED_LEAK));
    assert_true(sw_report_fits(SW_REPORT_ALL_CLEAR, SW_ALERT_KIND_REPORTED, SW_ALERT_RULE_REPORTED_LEAK));
    for (int kind = 1; kind < SW_REPORT_KIND_COUNT; kind++) {
        enum sw_alert_rule rule = sw_report_rule((enum sw_report_kind)kind);
        if (rule != SW_ALERT_RULE_NONE) assert_int_equal(sw_report_kind_of_rule(rule), kind);
    }
}

/* ---- in the core ---- */

static struct sw_wall at(int64_t minute)
{
    return sw_wall_from_ms(NOW + minute * MINUTE_MS);
}

static const struct sw_alert *last(const struct world *world)
{
    return world_last(world);
}

static void a_place_has_an_alert_like_others(void **state)
{
    (void)state;
    struct policy city = policy_city_default();
    struct world *world = world_new(4);
    uint32_t place = world_add(world, SUBJECT_PLACE, "reported-1", CORE_NO_PARENT, &city);
    assert_int_equal(
        core_report(world->core, place, SW_COLOUR_YELLOW, SW_ALERT_RULE_REPORTED_FLOOD, at(0), "portal-1", "", at(1)),
        SW_OK);
    assert_int_equal(last(world)->revision, 1);
    assert_int_equal(last(world)->kind, SW_ALERT_KIND_REPORTED);
    assert_int_equal(last(world)->evidence.rule, SW_ALERT_RULE_REPORTED_FLOOD);
    assert_int_equal(last(world)->colour, SW_COLOUR_YELLOW);
    assert_string_equal(last(world)->actor, "portal-1");
    char id[SW_ALERT_ID_SIZE];
    memcpy(id, last(world)->id, sizeof id);

    assert_int_equal(core_on_action(world->core, id, 1, SW_ALERT_ACTION_ACKNOWLEDGE, "officer-1", "", at(2)), SW_OK);
    core_report(world->core, place, SW_COLOUR_YELLOW, SW_ALERT_RULE_REPORTED_FLOOD, at(3), "portal-1", "", at(3));
    assert_int_equal(last(world)->revision, 3);
    assert_int_equal(last(world)->state, SW_ALERT_STATE_ACKNOWLEDGED);
    core_report(world->core, place, SW_COLOUR_ORANGE, SW_ALERT_RULE_REPORTED_FLOOD, at(4), "worker-7", "deep", at(4));
    assert_int_equal(last(world)->state, SW_ALERT_STATE_RAISED);
    assert_int_equal(last(world)->colour, SW_COLOUR_ORANGE);
    assert_string_equal(last(world)->note, "deep");
    assert_int_equal(core_on_action(world->core, id, 0, SW_ALERT_ACTION_RESOLVE, "officer-1", "", at(5)), SW_OK);

    /* The same place once more: a new alert, although the last one was resolved by a person. */
    core_report(world->core, place, SW_COLOUR_YELLOW, SW_ALERT_RULE_REPORTED_LEAK, at(0), "portal-1", "", at(6));
    assert_int_equal(last(world)->revision, 1);
    assert_string_not_equal(last(world)->id, id);
    assert_int_equal(last(world)->evidence.rule, SW_ALERT_RULE_REPORTED_LEAK);
    core_expire_place(world->core, place, "nothing more was reported", at(7));
    assert_int_equal(last(world)->state, SW_ALERT_STATE_EXPIRED);
    size_t count = world->alert_count;
    core_expire_place(world->core, place, "nothing more was reported", at(8));
    assert_int_equal(world->alert_count, count);
    world_free(world);
}

static void a_silence_holds_back_what_is_reported(void **state)
{
    (void)state;
    struct policy city = policy_city_default();
    struct world *world = world_new(4);
    struct sw_alert held;
    uint32_t place = world_add(world, SUBJECT_PLACE, "reported-1", CORE_NO_PARENT, &city);
    core_set_grid(world->core, place, "c/n/1");
    struct hold silence = {.reason = HOLD_SILENCE,
                           .area = "c/n",
                           .kind = SW_ALERT_KIND_REPORTED,
                           .most = SW_COLOUR_YELLOW,
                           .until = at(1000)};
    assert_int_equal(core_hold(world->core, &silence, at(0)), SW_OK);
    core_report(world->core, place, SW_COLOUR_BLUE, SW_ALERT_RULE_REPORTED_FLOOD, at(1), "portal-1", "", at(1));
    core_report(world->core, place, SW_COLOUR_YELLOW, SW_ALERT_RULE_REPORTED_FLOOD, at(1), "portal-1", "", at(2));
    assert_int_equal(world->alert_count, 0);
    assert_true(core_held_report(world->core, place, &held));
    assert_int_equal(held.evidence.rule, SW_ALERT_RULE_REPORTED_FLOOD);
    core_expire_place(world->core, place, "nothing more was reported", at(3));
    assert_false(core_held_report(world->core, place, &held));
    assert_int_equal(world->alert_count, 0);

    core_report(world->core, place, SW_COLOUR_YELLOW, SW_ALERT_RULE_REPORTED_FLOOD, at(4), "portal-1", "", at(4));
    assert_true(core_held_report(world->core, place, &held));
    /* Worse than the silence covers. */
    core_report(world->core, place, SW_COLOUR_ORANGE, SW_ALERT_RULE_REPORTED_FLOOD, at(4), "portal-1", "", at(5));
    assert_int_equal(world->alert_count, 1);
    assert_string_equal(last(world)->id, held.id);
    assert_int_equal(last(world)->colour, SW_COLOUR_ORANGE);
    assert_false(core_held_report(world->core, place, &held));
    world_free(world);
}

static void only_open_alerts_are_told_of(void **state)
{
    (void)state;
    struct policy city = policy_city_default();
    struct world *world = world_new(4);
    uint32_t place = world_add(world, SUBJECT_PLACE, "reported-1", CORE_NO_PARENT, &city);
    uint32_t site = world_add(world, SUBJECT_LEVEL, "site-1", CORE_NO_PARENT, &city);
    assert_int_equal(core_tell(world->core, site, SW_ALERT_KIND_LEVEL, "worker-7", "", at(0)), SW_ERROR_NOT_FOUND);
    assert_int_equal(core_tell(world->core, place, SW_ALERT_KIND_LEVEL, "worker-7", "", at(0)), SW_ERROR_NOT_FOUND);
    assert_int_equal(core_report(world->core, site, SW_COLOUR_RED, SW_ALERT_RULE_REPORTED_FLOOD, at(0), "", "", at(0)),
                     SW_ERROR_INVALID_ARGUMENT);
    assert_int_equal(world->alert_count, 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_is_taken_once),
        cmocka_unit_test(a_time_that_is_not_now_is_named),
        cmocka_unit_test(one_person_says_so_much_an_hour_and_no_more),
        cmocka_unit_test(a_portal_with_ever_new_people_is_bounded_too),
        cmocka_unit_test(citizens_make_yellow_two_of_them_the_whole_colour),
        cmocka_unit_test(a_sensor_agrees_as_well_as_a_second_citizen),
        cmocka_unit_test(a_workers_word_counts_up_to_red),
        cmocka_unit_test(who_says_all_clear_is_shown_against_it),
        cmocka_unit_test(no_more_voices_count_than_there_is_room_for),
        cmocka_unit_test(tallies_are_bounded_and_given_back),
        cmocka_unit_test(kinds_fit_what_they_may_tell_of),
        cmocka_unit_test(a_place_has_an_alert_like_others),
        cmocka_unit_test(a_silence_holds_back_what_is_reported),
        cmocka_unit_test(only_open_alerts_are_told_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
