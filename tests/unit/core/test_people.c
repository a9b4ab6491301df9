/* What the centre says about homes: away, hospital, visitor; and about the weather. */
#include <string.h>

#include "core/core_state.h"
#include "core_fixture.h"

#define ID "gw-1.no_use.home-1.20260102T000000000Z"

static struct policy city;

static int set_up(void **state)
{
    (void)state;
    city = world_policy();
    return 0;
}

struct flat {
    struct world *world;
    uint32_t home;
    int64_t total_ml, read_ms;
};

static void read_at(struct flat *flat, int64_t time_ms, int64_t use_ml)
{
    flat->total_ml += use_ml;
    flat->read_ms = time_ms;
    world_read(flat->world, flat->home, SW_READING_WATER_INDEX, time_ms, flat->total_ml);
    world_tick(flat->world, time_ms);
}

/* Hourly readings without use up to and including `until_ms`. */
static void be_still(struct flat *flat, int64_t until_ms)
{
    while (flat->read_ms + HOUR <= until_ms)
        read_at(flat, flat->read_ms + HOUR, 0);
}

/* A day as people spend it, still at night; the last use is at T0 + DAY. */
static struct flat new_flat(void)
{
    static const int64_t litres[] = {6, 0, 0, 0, 0, 0, 0, 25, 12, 0, 3, 9, 40, 0, 0, 6, 0, 12, 30, 8, 3, 60, 0, 9, 20};
    struct flat flat = {.world = world_new(2), .total_ml = 100 * LITRE};
    flat.home = world_add(flat.world, SUBJECT_HOME, "home-1", CORE_NO_PARENT, &city);
    for (int hour = 0; hour <= 24; hour++)
        read_at(&flat, T0 + hour * HOUR, litres[hour] * LITRE);
    return flat;
}

static int set(struct flat *flat, enum sw_away away, int64_t until_ms, int64_t now_ms)
{
    return core_set_away(flat->world->core, flat->home, away, sw_wall_from_ms(until_ms), "officer-7", "with her son",
                         sw_wall_from_ms(now_ms));
}

static enum sw_away away_of(const struct flat *flat)
{
    return core_away(flat->world->core, flat->home).away;
}

static enum subject_condition condition_of(const struct flat *flat)
{
    return core_subject_status(flat->world->core, flat->home, sw_wall_from_ms(flat->read_ms)).condition;
}

/* That an absence has ended by itself is told once, as something that is over. */
static void expect_back(const struct flat *flat, enum sw_alert_rule rule, int64_t time_ms, const char *note)
{
    const struct sw_alert *alert = world_last(flat->world);
    assert_int_equal(alert->kind, SW_ALERT_KIND_BACK);
    assert_int_equal(alert->state, SW_ALERT_STATE_CLEARED);
    assert_int_equal(alert->revision, 1);
    assert_int_equal(alert->colour, SW_COLOUR_GREEN);
    assert_int_equal(alert->evidence.rule, rule);
    assert_int_equal(alert->onset.ms, time_ms);
    assert_string_equal(alert->actor, "");
    assert_string_equal(alert->note, note);
}

static void a_home_that_is_away_raises_nothing_until_its_time_and_then_counts_anew(void **state)
{
    (void)state;
    struct flat flat = new_flat();
    int64_t until = T0 + 5 * DAY + 30 * MINUTE;
    assert_int_equal(set(&flat, SW_AWAY_AWAY, until, flat.read_ms + MINUTE), SW_OK);
    assert_int_equal(away_of(&flat), SW_AWAY_AWAY);
    assert_int_equal(core_away(flat.world->core, flat.home).since.ms, T0 + DAY + MINUTE);
    assert_int_equal(core_away(flat.world->core, flat.home).until.ms, until);
    assert_int_equal(core_next_deadline(flat.world->core).ms, until);
    be_still(&flat, T0 + 5 * DAY);
    assert_int_equal(condition_of(&flat), SUBJECT_AWAY);
    assert_int_equal(flat.world->alert_count, 0);

    /* By its time; what was still before is not held against the home. */
    be_still(&flat, T0 + 5 * DAY + HOUR);
    assert_int_equal(away_of(&flat), SW_AWAY_NONE);
    assert_int_not_equal(condition_of(&flat), SUBJECT_AWAY);
    expect_back(&flat, SW_ALERT_RULE_TIME_OVER, until, "away");
    be_still(&flat, T0 + 6 * DAY);
    assert_int_equal(flat.world->alert_count, 1);
    be_still(&flat, T0 + 6 * DAY + HOUR);
    assert_int_equal(flat.world->alert_count, 2);
    assert_int_equal(world_last(flat.world)->kind, SW_ALERT_KIND_NO_USE);
    assert_int_equal(world_last(flat.world)->onset.ms, until);
    assert_int_equal(world_last(flat.world)->evidence.last_use.ms, T0 + DAY);
    world_free(flat.world);
}

static void the_first_real_use_ends_it_and_counts_as_any_use(void **state)
{
    (void)state;
    struct flat flat = new_flat();
    assert_int_equal(set(&flat, SW_AWAY_HOSPITAL, T0 + 30 * DAY, flat.read_ms), SW_OK);
    be_still(&flat, T0 + 4 * DAY);
    /* Less than a flush: a drip, a trembling digit, somebody who looks after the flowers. */
    read_at(&flat, T0 + 4 * DAY + HOUR, 2 * LITRE);
    be_still(&flat, T0 + 4 * DAY + 2 * HOUR);
    assert_int_equal(away_of(&flat), SW_AWAY_HOSPITAL);
    read_at(&flat, T0 + 4 * DAY + 3 * HOUR, 3 * LITRE);
    assert_int_equal(away_of(&flat), SW_AWAY_HOSPITAL);
    be_still(&flat, T0 + 4 * DAY + 4 * HOUR);
    assert_int_equal(away_of(&flat), SW_AWAY_NONE);
    expect_back(&flat, SW_ALERT_RULE_USED_AGAIN, T0 + 4 * DAY + 3 * HOUR, "hospital");
    be_still(&flat, T0 + 5 * DAY + 2 * HOUR);
    assert_int_equal(flat.world->alert_count, 1);
    be_still(&flat, T0 + 5 * DAY + 3 * HOUR);
    assert_int_equal(flat.world->alert_count, 2);
    assert_int_equal(world_last(flat.world)->onset.ms, T0 + 4 * DAY + 3 * HOUR);
    world_free(flat.world);
}

/* At any rate, and however often the meter is read: what shows enough within an hour never pauses for half of one. */
static void a_drip_is_no_real_use(void **state)
{
    (void)state;
    static const int64_t litres_h[] = {1, 3, 6, 12, 24, 100};
    static const int64_t periods[] = {MINUTE, 15 * MINUTE, HOUR};
    for (size_t i = 0; i < sizeof litres_h / sizeof litres_h[0] * 3; i++) {
        struct flat flat = new_flat();
        int64_t period = periods[i % 3], start = T0 + DAY, before = 0;
        assert_int_equal(set(&flat, SW_AWAY_AWAY, T0 + 30 * DAY, start), SW_OK);
        be_still(&flat, start + 5 * HOUR);
        for (int64_t t = period; t <= 4 * DAY; t += period) {
            int64_t drip = litres_h[i / 3] * t / HOUR * LITRE;
            read_at(&flat, start + 5 * HOUR + t, drip - before);
            before = drip;
        }
        assert_int_equal(away_of(&flat), SW_AWAY_AWAY);
        world_free(flat.world);
    }
}

/* Plain devices may be read every second: no reading by itself shows a litre then. */
static void a_flush_is_a_real_use_however_often_the_meter_is_read(void **state)
{
    (void)state;
    struct flat flat = new_flat();
    int64_t start = T0 + DAY;
    assert_int_equal(set(&flat, SW_AWAY_AWAY, T0 + 30 * DAY, start), SW_OK);
    for (int i = 1; i <= 60; i++)
        read_at(&flat, start + i * SECOND, 100);
    for (int i = 2; i <= 30; i++)
        read_at(&flat, start + i * MINUTE, 0);
    assert_int_equal(away_of(&flat), SW_AWAY_AWAY);
    read_at(&flat, start + 31 * MINUTE, 0);
    assert_int_equal(away_of(&flat), SW_AWAY_NONE);
    expect_back(&flat, SW_ALERT_RULE_USED_AGAIN, start + 60 * SECOND, "away");
    world_free(flat.world);
}

static void the_last_use_before_leaving_that_is_read_after_it_ends_nothing(void **state)
{
    (void)state;
    struct flat flat = new_flat();
    assert_int_equal(set(&flat, SW_AWAY_AWAY, T0 + 9 * DAY, flat.read_ms + 50 * MINUTE), SW_OK);
    read_at(&flat, flat.read_ms + HOUR, 40 * LITRE);
    assert_int_equal(away_of(&flat), SW_AWAY_AWAY);
    /* Of what was used in a gap of the data nobody knows when it was. */
    read_at(&flat, flat.read_ms + 5 * HOUR, 40 * LITRE);
    assert_int_equal(away_of(&flat), SW_AWAY_AWAY);
    read_at(&flat, flat.read_ms + HOUR, 40 * LITRE);
    be_still(&flat, flat.read_ms + HOUR);
    assert_int_equal(away_of(&flat), SW_AWAY_NONE);
    world_free(flat.world);
}

static void an_open_alert_is_cleared_by_whoever_says_that_nobody_is_at_home(void **state)
{
    (void)state;
    struct flat flat = new_flat();
    be_still(&flat, T0 + 2 * DAY);
    assert_string_equal(world_last(flat.world)->id, ID);
    assert_int_equal(set(&flat, SW_AWAY_AWAY, T0 + 9 * DAY, flat.read_ms), SW_OK);
    assert_int_equal(flat.world->alert_count, 2);
    assert_string_equal(world_last(flat.world)->id, ID);
    assert_int_equal(world_last(flat.world)->revision, 2);
    assert_int_equal(world_last(flat.world)->state, SW_ALERT_STATE_CLEARED);
    assert_int_equal(world_last(flat.world)->colour, SW_COLOUR_GREEN);
    assert_string_equal(world_last(flat.world)->actor, "officer-7");
    assert_string_equal(world_last(flat.world)->note, "with her son");
    be_still(&flat, T0 + 8 * DAY);
    assert_int_equal(flat.world->alert_count, 2);
    world_free(flat.world);
}

/* Resolved with "in hospital", set to hospital, home again, and still: somebody has to go and look. */
static void what_was_resolved_before_an_absence_is_raised_again_after_it(void **state)
{
    (void)state;
    struct flat flat = new_flat();
    be_still(&flat, T0 + 2 * DAY);
    assert_int_equal(core_on_action(flat.world->core, ID, 0, SW_ALERT_ACTION_RESOLVE, "officer-7", "in hospital",
                                    sw_wall_from_ms(flat.read_ms)),
                     SW_OK);
    assert_int_equal(set(&flat, SW_AWAY_HOSPITAL, T0 + 4 * DAY, flat.read_ms), SW_OK);
    assert_int_equal(flat.world->alert_count, 2);
    be_still(&flat, T0 + 5 * DAY - HOUR);
    assert_int_equal(flat.world->alert_count, 3);
    expect_back(&flat, SW_ALERT_RULE_TIME_OVER, T0 + 4 * DAY, "hospital");
    be_still(&flat, T0 + 5 * DAY);
    assert_int_equal(flat.world->alert_count, 4);
    assert_int_equal(world_last(flat.world)->revision, 1);
    assert_int_equal(world_last(flat.world)->onset.ms, T0 + 4 * DAY);
    world_free(flat.world);
}

static void back_ends_it_at_once(void **state)
{
    (void)state;
    struct flat flat = new_flat();
    assert_int_equal(set(&flat, SW_AWAY_NONE, 0, flat.read_ms), SW_ERROR_NOT_PERMITTED);
    assert_int_equal(set(&flat, SW_AWAY_AWAY, T0 + 9 * DAY, flat.read_ms), SW_OK);
    be_still(&flat, T0 + 3 * DAY);
    assert_int_equal(set(&flat, SW_AWAY_NONE, 0, flat.read_ms), SW_OK);
    assert_int_equal(away_of(&flat), SW_AWAY_NONE);
    be_still(&flat, T0 + 4 * DAY - HOUR);
    assert_int_equal(flat.world->alert_count, 0);
    be_still(&flat, T0 + 4 * DAY);
    assert_int_equal(flat.world->alert_count, 1);
    world_free(flat.world);
}

static void a_visitor_changes_no_alarm_but_teaches_nothing(void **state)
{
    (void)state;
    struct flat flat = new_flat();
    const struct subject *subject = &flat.world->core->subjects[flat.home];
    assert_true(core_home_is_learning(subject));
    assert_int_equal(set(&flat, SW_AWAY_VISITOR, T0 + 3 * DAY, flat.read_ms), SW_OK);
    assert_false(core_home_is_learning(subject));
    assert_int_not_equal(condition_of(&flat), SUBJECT_AWAY);
    read_at(&flat, flat.read_ms + HOUR, 40 * LITRE);
    read_at(&flat, flat.read_ms + HOUR, 40 * LITRE);
    assert_int_equal(away_of(&flat), SW_AWAY_VISITOR);
    be_still(&flat, T0 + 2 * DAY + 2 * HOUR);
    assert_int_equal(flat.world->alert_count, 1);
    be_still(&flat, T0 + 3 * DAY);
    assert_int_equal(away_of(&flat), SW_AWAY_NONE);
    assert_true(core_home_is_learning(subject));
    assert_int_equal(flat.world->alert_count, 1);
    world_free(flat.world);
}

static void a_setting_that_cannot_be_is_refused(void **state)
{
    (void)state;
    struct flat flat = new_flat();
    int64_t now = flat.read_ms;
    assert_int_equal(set(&flat, SW_AWAY_AWAY, now, now), SW_ERROR_INVALID_ARGUMENT);
    assert_int_equal(set(&flat, SW_AWAY_AWAY, now - DAY, now), SW_ERROR_INVALID_ARGUMENT);
    assert_int_equal(set(&flat, SW_AWAY_AWAY, now + 366 * DAY + 1, now), SW_ERROR_INVALID_ARGUMENT);
    assert_int_equal(away_of(&flat), SW_AWAY_NONE);
    assert_int_equal(set(&flat, SW_AWAY_AWAY, now + 366 * DAY, now), SW_OK);
    uint32_t site = world_add(flat.world, SUBJECT_LEVEL, "drain-1", CORE_NO_PARENT, &city);
    assert_int_equal(
        core_set_away(flat.world->core, site, SW_AWAY_AWAY, sw_wall_from_ms(now + DAY), "o", "", sw_wall_from_ms(now)),
        SW_ERROR_INVALID_ARGUMENT);
    assert_int_equal(core_away(flat.world->core, site).away, SW_AWAY_NONE);
    world_free(flat.world);
}

static void it_survives_a_restart_and_ends_while_the_gateway_was_off(void **state)
{
    (void)state;
    struct flat flat = new_flat();
    uint8_t bytes[CORE_SNAPSHOT_SIZE_MAX];
    assert_int_equal(set(&flat, SW_AWAY_AWAY, T0 + 3 * DAY, flat.read_ms + MINUTE), SW_OK);
    assert_true(core_snapshot_dirty(flat.world->core, flat.home));
    size_t size = core_snapshot(flat.world->core, flat.home, bytes, sizeof bytes);
    for (int late = 0; late < 2; late++) {
        world_renew(flat.world, 2);
        flat.home = world_add(flat.world, SUBJECT_HOME, "home-1", CORE_NO_PARENT, &city);
        assert_int_equal(core_restore(flat.world->core, flat.home, bytes, size), SW_OK);
        assert_int_equal(away_of(&flat), SW_AWAY_AWAY);
        assert_int_equal(core_away(flat.world->core, flat.home).since.ms, T0 + DAY + MINUTE);
        world_tick(flat.world, late ? T0 + 4 * DAY : T0 + 2 * DAY);
        assert_int_equal(away_of(&flat), late ? SW_AWAY_NONE : SW_AWAY_AWAY);
    }
    assert_int_equal(core_home_still_from_ms(&flat.world->core->subjects[flat.home], T0), T0 + 3 * DAY);
    world_free(flat.world);
}

static void a_clock_that_is_set_back_does_not_keep_a_home_away_for_longer_than_a_year(void **state)
{
    (void)state;
    struct flat flat = new_flat();
    int64_t ahead = T0 + 3000 * DAY;
    world_tick(flat.world, ahead);
    assert_int_equal(set(&flat, SW_AWAY_AWAY, ahead + 10 * DAY, ahead), SW_OK);
    int64_t now = T0 + DAY + 30 * MINUTE;
    world_tick(flat.world, now);
    assert_int_equal(core_away(flat.world->core, flat.home).since.ms, now);
    assert_int_equal(core_away(flat.world->core, flat.home).until.ms, now + 366 * DAY);
    /* And a use after it ends it as ever. */
    be_still(&flat, T0 + DAY + 2 * HOUR);
    read_at(&flat, T0 + DAY + 3 * HOUR, 5 * LITRE);
    be_still(&flat, T0 + DAY + 4 * HOUR);
    assert_int_equal(away_of(&flat), SW_AWAY_NONE);
    world_free(flat.world);
}

static void two_rules_wait_each_for_its_own_window_after_an_absence(void **state)
{
    (void)state;
    city.nothing_in.window_ms = 12 * HOUR;
    city.nothing_in.colour = SW_COLOUR_ORANGE;
    struct flat flat = new_flat();
    assert_int_equal(set(&flat, SW_AWAY_AWAY, T0 + 3 * DAY, flat.read_ms), SW_OK);
    be_still(&flat, T0 + 3 * DAY + 11 * HOUR);
    assert_int_equal(flat.world->alert_count, 1);
    be_still(&flat, T0 + 3 * DAY + 12 * HOUR);
    assert_int_equal(flat.world->alert_count, 2);
    assert_int_equal(world_last(flat.world)->evidence.rule, SW_ALERT_RULE_NOTHING_IN);
    assert_int_equal(world_last(flat.world)->onset.ms, T0 + 3 * DAY);
    be_still(&flat, T0 + 5 * DAY);
    assert_int_equal(flat.world->alert_count, 2);
    world_free(flat.world);
    city = world_policy();
}

/* A rule of another kind that counts from the end of the absence may speak at once; one that does not has to wait, but
 * not for ever. */
static void a_rule_that_counts_from_the_end_may_speak_before_the_window_is_over(void **state)
{
    (void)state;
    struct flat flat = new_flat();
    struct subject *subject = &flat.world->core->subjects[flat.home];
    assert_int_equal(set(&flat, SW_AWAY_AWAY, T0 + 3 * DAY, flat.read_ms), SW_OK);
    be_still(&flat, T0 + 3 * DAY + 9 * HOUR);
    int64_t from = core_home_still_from_ms(subject, T0 + DAY);
    assert_int_equal(from, T0 + 3 * DAY);
    struct condition habit = {
        .decided = true, .colour = SW_COLOUR_ORANGE, .onset_ms = from, .rule = SW_ALERT_RULE_HABIT};
    assert_true(core_people_judge(subject, SUBJECT_ALERT_MAIN, habit).decided);
    assert_true(core_people_judge(subject, HOME_ALERT_QUIET, habit).decided);
    habit.onset_ms = T0 + DAY;
    assert_false(core_people_judge(subject, HOME_ALERT_QUIET, habit).decided);
    assert_true(core_people_judge(subject, HOME_ALERT_LEAK, habit).decided);
    be_still(&flat, T0 + 4 * DAY);
    assert_int_equal(core_people_judge(subject, HOME_ALERT_QUIET, habit).onset_ms, T0 + 3 * DAY);
    world_free(flat.world);
}

static void a_home_that_is_away_for_long_has_no_stuck_meter(void **state)
{
    (void)state;
    struct flat flat = new_flat();
    for (int day = 1; day < 40; day++)
        for (int hour = 1; hour <= 24; hour++)
            read_at(&flat, flat.read_ms + HOUR, hour == 8 ? 30 * LITRE : 0);
    int64_t from = flat.read_ms;
    assert_int_equal(set(&flat, SW_AWAY_AWAY, from + 40 * DAY, from), SW_OK);
    uint32_t before = flat.world->alert_count;
    be_still(&flat, from + 40 * DAY - HOUR);
    assert_int_equal(flat.world->alert_count, before);
    be_still(&flat, from + 67 * DAY);
    for (uint32_t i = before; i < flat.world->alert_count; i++)
        assert_int_not_equal(flat.world->alerts[i].kind, SW_ALERT_KIND_METER_FAULT);
    be_still(&flat, from + 69 * DAY);
    assert_int_equal(world_last(flat.world)->kind, SW_ALERT_KIND_METER_FAULT);
    assert_int_equal(world_last(flat.world)->evidence.rule, SW_ALERT_RULE_STUCK);
    world_free(flat.world);
}

static void a_weather_warning_lasts_until_its_end(void **state)
{
    (void)state;
    struct world *world = world_new(1);
    assert_int_equal(core_weather(world->core, sw_wall_from_ms(T0)), SW_COLOUR_GREEN);
    core_set_weather(world->core, SW_COLOUR_RED, sw_wall_from_ms(T0 + DAY));
    assert_int_equal(core_weather(world->core, sw_wall_from_ms(T0)), SW_COLOUR_RED);
    assert_int_equal(core_weather(world->core, sw_wall_from_ms(T0 + DAY)), SW_COLOUR_GREEN);
    core_set_weather(world->core, SW_COLOUR_GREEN, sw_wall_from_ms(T0 + DAY));
    assert_int_equal(core_weather(world->core, sw_wall_from_ms(T0)), SW_COLOUR_GREEN);
    world_free(world);
}

static void names_of_settings_and_outcomes(void **state)
{
    (void)state;
    for (int away = SW_AWAY_AWAY; away < SW_AWAY_COUNT; away++)
        assert_int_equal(sw_away_from_name(sw_away_name((enum sw_away)away)), away);
    for (int outcome = 1; outcome < SW_OUTCOME_COUNT; outcome++)
        assert_int_equal(sw_outcome_from_name(sw_outcome_name((enum sw_outcome)outcome)), outcome);
    assert_int_equal(sw_away_from_name("holiday"), SW_AWAY_NONE);
    assert_int_equal(sw_outcome_from_name(""), SW_OUTCOME_NONE);
    assert_string_equal(sw_away_name(SW_AWAY_COUNT), "unknown");
    assert_string_equal(sw_outcome_name(SW_OUTCOME_NONE), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_home_that_is_away_raises_nothing_until_its_time_and_then_counts_anew),
        cmocka_unit_test(the_first_real_use_ends_it_and_counts_as_any_use),
        cmocka_unit_test(a_drip_is_no_real_use),
        cmocka_unit_test(a_flush_is_a_real_use_however_often_the_meter_is_read),
        cmocka_unit_test(the_last_use_before_leaving_that_is_read_after_it_ends_nothing),
        cmocka_unit_test(an_open_alert_is_cleared_by_whoever_says_that_nobody_is_at_home),
        cmocka_unit_test(what_was_resolved_before_an_absence_is_raised_again_after_it),
        cmocka_unit_test(back_ends_it_at_once),
        cmocka_unit_test(a_visitor_changes_no_alarm_but_teaches_nothing),
        cmocka_unit_test(a_setting_that_cannot_be_is_refused),
        cmocka_unit_test(it_survives_a_restart_and_ends_while_the_gateway_was_off),
        cmocka_unit_test(a_clock_that_is_set_back_does_not_keep_a_home_away_for_longer_than_a_year),
        cmocka_unit_test(two_rules_wait_each_for_its_own_window_after_an_absence),
        cmocka_unit_test(a_rule_that_counts_from_the_end_may_speak_before_the_window_is_over),
        cmocka_unit_test(a_home_that_is_away_for_long_has_no_stuck_meter),
        cmocka_unit_test(a_weather_warning_lasts_until_its_end),
        cmocka_unit_test(names_of_settings_and_outcomes),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
