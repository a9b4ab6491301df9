/* A home's own habit, on days made here. */
#include "core/habit/habit.h"

#include <string.h>

#include "core/local_time.h"
#include "flow_fixture.h"

#define WEEK (7 * DAY)
/* A Monday. */
#define MONDAY (T0 + 4 * DAY)

struct watch {
    struct habit habit;
    struct habit_policy policy;
    int64_t read_ms, last_use_ms;
    bool not_learning;
};

static struct watch watch_from(int64_t time_ms)
{
    return (struct watch){.policy = habit_policy_default(), .read_ms = time_ms};
}

static void heed(struct watch *watch, const struct flow *flow)
{
    struct use_start_verdict use = {.use = flow->use_ml > 0, .time_ms = flow->to_ms, .volume_ml = flow->use_ml};
    if (use.use) watch->last_use_ms = flow->to_ms;
    habit_take(&watch->habit, &watch->policy, flow, &use, !watch->not_learning);
    watch->read_ms = flow->to_ms;
}

static void read_on(struct watch *watch, const struct tap_home *home, int64_t until_ms, int64_t period_ms)
{
    while (watch->read_ms + period_ms <= until_ms) {
        struct flow flow = tap_flow(home, watch->read_ms, watch->read_ms + period_ms);
        heed(watch, &flow);
    }
}

static void stay_still(struct watch *watch, int64_t for_ms)
{
    for (int64_t until_ms = watch->read_ms + for_ms; watch->read_ms < until_ms;) {
        struct flow flow = {watch->read_ms, watch->read_ms + HOUR, 0, true};
        heed(watch, &flow);
    }
}

/* A day of hourly readings with use in the hours that `hours` names, a bit for each. */
static void live_a_day(struct watch *watch, uint32_t hours)
{
    for (int hour = 0; hour < 24; hour++) {
        struct flow flow = {watch->read_ms, watch->read_ms + HOUR, (hours >> hour & 1) != 0 ? 5 * LITRE : 0, true};
        heed(watch, &flow);
    }
}

static void live(struct watch *watch, int days, uint32_t hours)
{
    for (int day = 0; day < days; day++)
        live_a_day(watch, hours);
}

/* Up at 7, to bed at 22, never still for more than four hours in between. */
#define BY_DAY ((1u << 7) | (1u << 8) | (1u << 12) | (1u << 15) | (1u << 18) | (1u << 21))
/* Up at 17, to bed at 6. */
#define BY_NIGHT ((1u << 17) | (1u << 19) | (1u << 21) | (1u << 0) | (1u << 3) | (1u << 6))

static bool raised(const struct watch *watch, enum habit_stage stage)
{
    struct condition condition = habit_judge(&watch->habit, &watch->policy, stage);
    return condition.decided && condition.colour != SW_COLOUR_GREEN;
}

/* Hours of stillness from the last use until the stage speaks; 0: not within a week. */
static int told_after_h(struct watch watch, enum habit_stage stage)
{
    for (int i = 0; i < 7 * 24; i++) {
        if (raised(&watch, stage)) return (int)((watch.read_ms - watch.last_use_ms) / HOUR);
        stay_still(&watch, HOUR);
    }
    return 0;
}

static void state_is_small(void **state)
{
    (void)state;
    print_message("%zu bytes a home\n", sizeof(struct habit));
    assert_true(sizeof(struct habit) <= 320);
}

static void a_home_that_is_not_known_yet_has_no_habit(void **state)
{
    (void)state;
    struct watch watch = watch_from(MONDAY);
    assert_false(habit_judge(&watch.habit, &watch.policy, HABIT_QUIET).decided);
    live(&watch, 27, BY_DAY);
    stay_still(&watch, 20 * HOUR);
    assert_int_equal(habit_state(&watch.habit, &watch.policy), SW_HABIT_LEARNING);
    assert_false(habit_judge(&watch.habit, &watch.policy, HABIT_QUIET).decided);
    stay_still(&watch, 4 * HOUR);
    live(&watch, 1, BY_DAY);
    assert_int_equal(habit_state(&watch.habit, &watch.policy), SW_HABIT_LEARNED);
    watch.policy.enabled = false;
    assert_int_equal(habit_state(&watch.habit, &watch.policy), SW_HABIT_NONE);
    assert_false(habit_judge(&watch.habit, &watch.policy, HABIT_QUIET).decided);
}

static void a_regular_home_is_asked_after_soon(void **state)
{
    (void)state;
    struct watch watch = watch_from(MONDAY);
    live(&watch, 8 * 7, BY_DAY);
    stay_still(&watch, 7 * HOUR);
    struct flow morning = {watch.read_ms, watch.read_ms + HOUR, 5 * LITRE, true};
    heed(&watch, &morning);
    struct condition now = habit_judge(&watch.habit, &watch.policy, HABIT_QUIET);
    assert_true(now.decided);
    assert_int_equal(now.colour, SW_COLOUR_GREEN);
    assert_int_equal(told_after_h(watch, HABIT_QUIET), 9);
    assert_int_equal(told_after_h(watch, HABIT_ALERT), 15);

    stay_still(&watch, 9 * HOUR);
    now = habit_judge(&watch.habit, &watch.policy, HABIT_QUIET);
    assert_true(now.decided);
    assert_int_equal(now.colour, SW_COLOUR_BLUE);
    assert_int_equal(now.onset_ms, watch.last_use_ms);
    assert_int_equal(now.rule, SW_ALERT_RULE_HABIT);
    struct sw_evidence evidence = {0};
    habit_evidence(&watch.habit, &watch.policy, HABIT_QUIET, &evidence);
    assert_int_equal(evidence.rule, SW_ALERT_RULE_HABIT);
    assert_int_equal(evidence.window_ms, 9 * HOUR);
    assert_int_equal(evidence.coverage_permille, 1000);
    assert_int_equal(evidence.habit, SW_HABIT_LEARNED);
    assert_int_equal(evidence.last_good.ms, watch.read_ms);
    assert_in_range(evidence.usual_low_ms, HOUR / 2, 5 * HOUR);
    assert_in_range(evidence.usual_high_ms, 3 * HOUR, 9 * HOUR);
    print_message("usually %d to %d min\n", (int)(evidence.usual_low_ms / MINUTE),
                  (int)(evidence.usual_high_ms / MINUTE));
    live(&watch, 1, BY_DAY);
    now = habit_judge(&watch.habit, &watch.policy, HABIT_QUIET);
    assert_true(now.decided);
    assert_int_equal(now.colour, SW_COLOUR_GREEN);
}

static void a_home_with_long_nights_is_left_in_peace(void **state)
{
    (void)state;
    struct watch watch = watch_from(MONDAY);
    int told = 0;
    for (int day = 0; day < 16 * 7; day++)
        for (int hour = 0; hour < 24; hour++) { /* 20:00 to 8:00 without use */
            struct flow flow = {watch.read_ms, watch.read_ms + HOUR, hour >= 8 && hour < 20 ? LITRE : 0, true};
            bool before = raised(&watch, HABIT_QUIET);
            heed(&watch, &flow);
            told += raised(&watch, HABIT_QUIET) && !before && day >= 8 * 7;
        }
    assert_int_equal(told, 0);
    assert_true(told_after_h(watch, HABIT_QUIET) >= 13);
}

static int chosen(const struct watch *watch, enum habit_stage stage)
{
    return watch->habit.wait_h[stage];
}

/* Share of the last weeks' gaps at whose begin both watches chose the same. */
static void the_same_flow_teaches_the_same_at_every_period(void **state)
{
    (void)state;
    static const int64_t periods[] = {MINUTE, 15 * MINUTE};
    for (size_t p = 0; p < sizeof periods / sizeof periods[0]; p++) {
        static struct tap_home home;
        home = (struct tap_home){.step_ml = LITRE};
        uint32_t chance = 1;
        for (int day = 0; day < 16 * 7; day++)
            for (int hour = 7; hour < 23; hour++) {
                chance = chance * 1664525 + 1013904223;
                bool out = day % 5 == 0 && hour > 8 && hour < 20;
                if (out || chance >> 30 == 0) continue;
                int64_t at_ms = MONDAY + day * DAY + hour * HOUR + (chance >> 8) % HOUR;
                tap_use(&home, at_ms, 2 * MINUTE, 6 * LITRE);
                if (chance >> 31) tap_use(&home, at_ms + 10 * MINUTE, MINUTE, 2 * LITRE);
            }
        struct watch fine = watch_from(MONDAY), hourly = watch_from(MONDAY);
        int hours = 0, same[HABIT_STAGE_COUNT] = {0};
        while (hourly.read_ms < MONDAY + 16 * WEEK) {
            read_on(&fine, &home, hourly.read_ms + HOUR, periods[p]);
            read_on(&hourly, &home, hourly.read_ms + HOUR, HOUR);
            if (hourly.read_ms < MONDAY + 6 * WEEK) continue;
            hours++;
            for (int stage = 0; stage < HABIT_STAGE_COUNT; stage++)
                same[stage] += chosen(&fine, (enum habit_stage)stage) == chosen(&hourly, (enum habit_stage)stage);
        }
        print_message("every %d min: in %d of %d hours the same level for the check, in %d for the alert\n",
                      (int)(periods[p] / MINUTE), same[HABIT_QUIET], hours, same[HABIT_ALERT]);
        assert_true(same[HABIT_QUIET] * 100 >= hours * 90);
        assert_true(same[HABIT_ALERT] * 100 >= hours * 85);
    }
}

static void three_weeks_away_weigh_no_more_than_three_days(void **state)
{
    (void)state;
    struct watch watch = watch_from(MONDAY);
    live(&watch, 8 * 7, BY_DAY);
    struct watch shortly = watch;
    stay_still(&watch, 21 * DAY);
    stay_still(&shortly, 3 * DAY);
    live(&watch, 1, BY_DAY);
    live(&shortly, 1, BY_DAY);
    assert_memory_equal(watch.habit.cells, shortly.habit.cells, sizeof watch.habit.cells);
    assert_memory_equal(watch.habit.reached, shortly.habit.reached, sizeof watch.habit.reached);
    assert_memory_equal(watch.habit.expected, shortly.habit.expected, sizeof watch.habit.expected);
    live(&watch, 1, 0xFF); /* the first use in the morning: the next day is as before */
    assert_int_equal(chosen(&watch, HABIT_QUIET), 9);
}

static void a_new_habit_is_learned_within_weeks(void **state)
{
    (void)state;
    struct watch watch = watch_from(MONDAY);
    live(&watch, 16 * 7, BY_DAY);
    int told[6] = {0};
    for (int week = 0; week < 6; week++)
        for (int day = 0; day < 7; day++)
            for (int hour = 0; hour < 24; hour++) {
                bool before = raised(&watch, HABIT_QUIET);
                struct flow flow = {watch.read_ms, watch.read_ms + HOUR, (BY_NIGHT >> hour & 1) != 0 ? LITRE : 0, true};
                heed(&watch, &flow);
                told[week] += raised(&watch, HABIT_QUIET) && !before;
            }
    print_message("checks in the weeks of a new habit: %d %d %d %d %d %d\n", told[0], told[1], told[2], told[3],
                  told[4], told[5]);
    assert_true(told[0] >= 1);
    assert_int_equal(told[2] + told[3] + told[4] + told[5], 0);
}

static void what_was_not_observed_is_not_still(void **state)
{
    (void)state;
    struct watch watch = watch_from(MONDAY);
    live(&watch, 8 * 7, BY_DAY);
    stay_still(&watch, 6 * HOUR);
    struct flow hole = {watch.read_ms, watch.read_ms + 5 * HOUR, 0, false};
    heed(&watch, &hole);
    int64_t back_ms = watch.read_ms;
    assert_false(habit_judge(&watch.habit, &watch.policy, HABIT_QUIET).decided);
    while (!raised(&watch, HABIT_QUIET))
        stay_still(&watch, HOUR);
    struct condition now = habit_judge(&watch.habit, &watch.policy, HABIT_QUIET);
    assert_int_equal(now.onset_ms, back_ms);
    assert_int_equal(watch.read_ms, back_ms + chosen(&watch, HABIT_QUIET) * HOUR);
    struct flow used = {watch.read_ms, watch.read_ms + 5 * HOUR, LITRE, false};
    heed(&watch, &used); /* somebody was there, whenever that was */
    now = habit_judge(&watch.habit, &watch.policy, HABIT_QUIET);
    assert_true(now.decided);
    assert_int_equal(now.colour, SW_COLOUR_GREEN);
}

static void an_absence_that_was_told_teaches_nothing(void **state)
{
    (void)state;
    struct watch watch = watch_from(MONDAY);
    live(&watch, 8 * 7, BY_DAY);
    struct habit before = watch.habit;
    watch.not_learning = true;
    live(&watch, 21, BY_NIGHT); /* a visitor */
    assert_memory_equal(watch.habit.expected, before.expected, sizeof before.expected);
    int64_t back_ms = watch.read_ms - 30 * MINUTE;
    habit_restart(&watch.habit, back_ms);
    watch.not_learning = false;
    assert_false(habit_judge(&watch.habit, &watch.policy, HABIT_QUIET).decided);
    while (!raised(&watch, HABIT_QUIET))
        stay_still(&watch, HOUR);
    assert_int_equal(habit_judge(&watch.habit, &watch.policy, HABIT_QUIET).onset_ms, back_ms);
    assert_in_range(watch.read_ms - back_ms, chosen(&watch, HABIT_QUIET) * HOUR,
                    chosen(&watch, HABIT_QUIET) * HOUR + 30 * MINUTE);
    assert_memory_equal(watch.habit.cells, before.cells, sizeof before.cells);
}

static void uses_that_were_a_drip_give_the_stillness_back(void **state)
{
    (void)state;
    struct watch watch = watch_from(MONDAY);
    live(&watch, 8 * 7, BY_DAY);
    stay_still(&watch, 7 * HOUR);
    struct flow morning = {watch.read_ms, watch.read_ms + HOUR, 5 * LITRE, true};
    heed(&watch, &morning);
    struct watch true_home = watch;
    int64_t last_use_ms = watch.last_use_ms;
    live(&watch, 1, 0x0F); /* a drip passes for use at four hours */
    struct flow found = {watch.read_ms, watch.read_ms + HOUR, LITRE, true};
    struct use_start_verdict verdict = {.use = false, .time_ms = found.to_ms, .taken_back = true};
    habit_take(&watch.habit, &watch.policy, &found, &verdict, true);
    watch.read_ms = found.to_ms;
    habit_take_back(&watch.habit, &watch.policy, last_use_ms);
    assert_true(raised(&watch, HABIT_QUIET));
    assert_int_equal(habit_judge(&watch.habit, &watch.policy, HABIT_QUIET).onset_ms, last_use_ms);
    assert_in_range(chosen(&watch, HABIT_QUIET), 9, chosen(&true_home, HABIT_QUIET));
    habit_take_back(&watch.habit, &watch.policy, watch.read_ms); /* nothing to take back */
    assert_int_equal(watch.habit.still_from_s * SECOND, last_use_ms);
}

static void a_clock_set_back_begins_anew(void **state)
{
    (void)state;
    struct watch watch = watch_from(MONDAY);
    live(&watch, 8 * 7, BY_DAY);
    stay_still(&watch, 24 * HOUR);
    assert_true(raised(&watch, HABIT_QUIET));
    int64_t now_ms = watch.read_ms - 12 * HOUR;
    habit_set_back(&watch.habit, now_ms);
    watch.read_ms = now_ms;
    assert_false(habit_judge(&watch.habit, &watch.policy, HABIT_QUIET).decided);
    stay_still(&watch, 8 * HOUR);
    assert_false(raised(&watch, HABIT_QUIET));
    stay_still(&watch, 16 * HOUR);
    assert_true(raised(&watch, HABIT_QUIET));
}

static void odd_lives_leave_a_sound_state(void **state)
{
    (void)state;
    struct watch watch = watch_from(MONDAY);
    live(&watch, 3 * 365, (1u << 3) | (1u << 15)); /* twice a day for years */
    for (int i = 0; i < HABIT_HORIZONS; i++)
        assert_in_range(watch.habit.reached[i], 0, 201 << 8);
    assert_true(told_after_h(watch, HABIT_QUIET) > 11);
    struct flow gap = {watch.read_ms, watch.read_ms + 4000 * DAY, 1000 * LITRE, false};
    heed(&watch, &gap);
    live(&watch, 60, 0xFFFFFF); /* then every hour */
    assert_int_equal(told_after_h(watch, HABIT_QUIET), 9);
}

/* A level that the model does not know is passed over; a price of 0 makes the longest level the cheapest. */
static void levels_and_prices_are_the_policys(void **state)
{
    (void)state;
    struct watch watch = watch_from(MONDAY);
    watch.policy.stages[HABIT_QUIET] =
        (struct habit_stage_policy){.levels = {{10, 0}, {11, 0}, {24, 0}}, .colour = SW_COLOUR_YELLOW};
    watch.policy.stages[HABIT_ALERT] = (struct habit_stage_policy){.levels = {{0, 0}}};
    live(&watch, 8 * 7, BY_DAY);
    assert_int_equal(told_after_h(watch, HABIT_QUIET), 24);
    assert_int_equal(told_after_h(watch, HABIT_ALERT), 0);
    watch.policy.stages[HABIT_QUIET].levels[2].price_ppm = 1000000;
    live(&watch, 1, BY_DAY);
    assert_int_equal(told_after_h(watch, HABIT_QUIET), 11);
}

static const struct time_zone berlin = {60, 120, {3, 5, 0, 120}, {10, 5, 0, 180}};

/* Over the spring's change only the hours are learned that clocks show. */
static void the_soft_check_comes_before_the_alert(void **state)
{
    (void)state;
    static const struct {
        uint8_t quiet_h, alert_h, asked_after_h;
    } cases[] = {{9, 15, 9}, {15, 15, 13}, {24, 15, 13}, {24, 24, 15}, {48, 24, 15}, {24, 48, 24}, {9, 9, 8}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct watch watch = watch_from(MONDAY);
        watch.policy.stages[HABIT_QUIET] = (struct habit_stage_policy){{{cases[i].quiet_h, 0}}, SW_COLOUR_BLUE};
        watch.policy.stages[HABIT_ALERT] = (struct habit_stage_policy){{{cases[i].alert_h, 0}}, SW_COLOUR_RED};
        live(&watch, 5 * 7, BY_DAY);
        assert_int_equal(told_after_h(watch, HABIT_QUIET), cases[i].asked_after_h);
        assert_int_equal(told_after_h(watch, HABIT_ALERT), cases[i].alert_h);
    }
}

static void a_habit_goes_by_local_clocks(void **state)
{
    (void)state;
    struct watch local = watch_from(MONDAY + 6 * HOUR); /* 7:00 */
    local.policy.zone = berlin;
    int weeks = 20;
    for (int hour = 0; hour < weeks * 7 * 24; hour++) {
        int shown = (int)(local_time_ms(&berlin, local.read_ms) / HOUR % 24);
        struct flow flow = {local.read_ms, local.read_ms + HOUR, (BY_DAY >> shown & 1) != 0 ? 5 * LITRE : 0, true};
        heed(&local, &flow);
    }
    static const uint8_t unknown[HABIT_CELL_BYTES];
    int learned = 0;
    for (int hour = 0; hour < HABIT_HOURS; hour++) {
        bool seen = memcmp(local.habit.cells[hour][0], unknown, HABIT_CELL_BYTES) != 0;
        assert_int_equal(seen, (BY_DAY >> hour & 1) != 0);
        learned += seen;
    }
    assert_int_equal(learned, 6);
}

/* Of two uses in one hour by the clock the second goes on with the first; of those in an hour that comes twice it does
 * not. */
static void dst_double_hour_is_two_hours(void **state)
{
    (void)state;
    const int64_t autumn = T0 + 297 * DAY;
    const int64_t firsts[] = {autumn + 30 * MINUTE, autumn + 4 * HOUR}; /* 2:30 and, 75 min on, 2:45; 5:00 and 5:40 */
    const int64_t pauses[] = {75 * MINUTE, 40 * MINUTE};
    for (int i = 0; i < 2; i++) {
        struct watch watch = watch_from(firsts[i] - 10 * MINUTE);
        watch.policy.zone = berlin;
        uint32_t expected[2];
        for (int use = 0; use < 2; use++) {
            struct flow still = {watch.read_ms, firsts[i] + use * pauses[i], 0, true};
            heed(&watch, &still);
            struct flow flow = {still.to_ms, still.to_ms + MINUTE, 5 * LITRE, true};
            heed(&watch, &flow);
            expected[use] = watch.habit.expected[0];
        }
        assert_int_equal(expected[0] == expected[1], i == 1); /* one gap more is expected of, or none */
    }
}

static void dst_missing_hour_makes_no_gap_longer(void **state)
{
    (void)state;
    const int64_t spring = T0 + 87 * DAY;
    struct watch watch = watch_from(spring - 2 * HOUR);
    watch.policy.zone = berlin;
    struct flow use = {spring - 2 * HOUR, spring - HOUR, 5 * LITRE, true};
    heed(&watch, &use);
    stay_still(&watch, 4 * HOUR);
    assert_int_equal(watch.habit.still_s, 4 * 3600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_is_small),
        cmocka_unit_test(a_home_that_is_not_known_yet_has_no_habit),
        cmocka_unit_test(a_regular_home_is_asked_after_soon),
        cmocka_unit_test(a_home_with_long_nights_is_left_in_peace),
        cmocka_unit_test(the_same_flow_teaches_the_same_at_every_period),
        cmocka_unit_test(three_weeks_away_weigh_no_more_than_three_days),
        cmocka_unit_test(a_new_habit_is_learned_within_weeks),
        cmocka_unit_test(what_was_not_observed_is_not_still),
        cmocka_unit_test(an_absence_that_was_told_teaches_nothing),
        cmocka_unit_test(uses_that_were_a_drip_give_the_stillness_back),
        cmocka_unit_test(a_clock_set_back_begins_anew),
        cmocka_unit_test(odd_lives_leave_a_sound_state),
        cmocka_unit_test(levels_and_prices_are_the_policys),
        cmocka_unit_test(the_soft_check_comes_before_the_alert),
        cmocka_unit_test(a_habit_goes_by_local_clocks),
        cmocka_unit_test(dst_double_hour_is_two_hours),
        cmocka_unit_test(dst_missing_hour_makes_no_gap_longer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
