/* First use of the day, broken nights, declining use. */
#include "core/aggregate/day_rhythm.h"
#include "core/local_time.h"
#include "flow_fixture.h"

static const int64_t periods[] = {MINUTE, 15 * MINUTE, HOUR};
#define PERIODS (sizeof periods / sizeof periods[0])

struct watch {
    struct day_rhythm rhythm;
    struct day_rhythm_policy policy;
    int64_t read_ms;
    int first_uses, declines, nights;
    int64_t noted_ms;
};

static struct watch watch_from(int64_t time_ms)
{
    return (struct watch){.policy = day_rhythm_policy_default(), .read_ms = time_ms};
}

static void heed(struct watch *watch, const struct flow *flow)
{
    struct use_start_verdict use = {.use = flow->use_ml > 0, .time_ms = flow->to_ms, .volume_ml = flow->use_ml};
    struct day_rhythm_verdict verdict = day_rhythm_take(&watch->rhythm, &watch->policy, flow, &use);
    watch->first_uses += verdict.first_use;
    watch->declines += verdict.use_declining;
    watch->nights += verdict.nights_broken;
    if (verdict.use_declining || verdict.nights_broken) watch->noted_ms = flow->to_ms;
}

static void read_on(struct watch *watch, const struct tap_home *home, int64_t until_ms, int64_t period_ms)
{
    for (; watch->read_ms + period_ms <= until_ms; watch->read_ms += period_ms) {
        struct flow flow = tap_flow(home, watch->read_ms, watch->read_ms + period_ms);
        heed(watch, &flow);
    }
}

/* A day of `litres` with `night_hours` hours of use at night, in intervals of an hour. */
static void live_a_day(struct watch *watch, int64_t litres, int night_hours)
{
    static const int at_night[] = {1, 3, 5, 0, 2, 4};
    for (int hour = 0; hour < 24; hour++, watch->read_ms += HOUR) {
        struct flow flow = {watch->read_ms, watch->read_ms + HOUR, 0, true};
        for (int i = 0; i < night_hours; i++)
            if (hour == at_night[i]) flow.use_ml = LITRE;
        if (hour == 8) flow.use_ml = (litres - night_hours) * LITRE;
        heed(watch, &flow);
    }
}

static void live(struct watch *watch, int days, int64_t litres, int night_hours)
{
    for (int i = 0; i < days; i++)
        live_a_day(watch, litres + i % 3, night_hours); /* days differ a little */
}

static void state_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(struct day_rhythm) <= 96);
}

static void the_first_use_of_a_day_is_told_once_and_not_at_night(void **state)
{
    (void)state;
    for (size_t p = 0; p < PERIODS; p++) {
        static struct tap_home home;
        home = (struct tap_home){.step_ml = LITRE};
        tap_live(&home, T0, 3); /* up at 3:00 for a moment, at 7:05 for good */
        struct watch watch = watch_from(T0);
        read_on(&watch, &home, T0 + 7 * HOUR, periods[p]);
        assert_int_equal(watch.first_uses, 0);
        read_on(&watch, &home, T0 + 8 * HOUR, periods[p]);
        assert_int_equal(watch.first_uses, 1);
        assert_in_range(watch.rhythm.first_use_s * SECOND, T0 + 7 * HOUR + 5 * MINUTE, T0 + 8 * HOUR);
        read_on(&watch, &home, T0 + 3 * DAY, periods[p]);
        assert_int_equal(watch.first_uses, 3);
    }
}

static void a_day_is_local(void **state)
{
    (void)state;
    static struct tap_home home;
    home = (struct tap_home){.step_ml = LITRE};
    tap_use(&home, T0 + 23 * HOUR, MINUTE, 6 * LITRE); /* 07:00 the next day in UTC+8 */
    tap_use(&home, T0 + 26 * HOUR, MINUTE, 6 * LITRE);
    struct watch watch = watch_from(T0);
    watch.policy.zone = local_time_fixed(8 * 60);
    read_on(&watch, &home, T0 + DAY, HOUR);
    assert_int_equal(watch.first_uses, 1);
    read_on(&watch, &home, T0 + 2 * DAY, HOUR);
    assert_int_equal(watch.first_uses, 1);
}

/* 4:00 by summer time is 2:00 UTC, by winter time 3:00: a use before it is of the night. In the south the other way. */
static void first_uses_at(const struct time_zone *zone, int64_t day_ms, int64_t four_ms, uint8_t night_hour)
{
    static struct tap_home home;
    home = (struct tap_home){.step_ml = LITRE};
    tap_use(&home, four_ms - 30 * MINUTE, MINUTE, 6 * LITRE); /* 3:30 */
    tap_use(&home, four_ms + 10 * MINUTE, MINUTE, 6 * LITRE);
    struct watch watch = watch_from(day_ms - DAY);
    watch.policy.zone = *zone;
    read_on(&watch, &home, four_ms, MINUTE);
    assert_int_equal(watch.first_uses, 0);
    assert_int_equal(watch.rhythm.hours, 1 << night_hour);
    read_on(&watch, &home, four_ms + HOUR, MINUTE);
    assert_int_equal(watch.first_uses, 1);
}

static const struct time_zone berlin = {60, 120, {3, 5, 0, 120}, {10, 5, 0, 180}};

static void summer_mornings_are_an_hour_earlier(void **state)
{
    (void)state;
    const struct time_zone sydney = {600, 660, {10, 1, 0, 120}, {4, 1, 0, 180}};
    int64_t july = T0 + 181 * DAY;
    first_uses_at(&berlin, T0, T0 + 3 * HOUR, 4); /* hours of the night count from 23:00 */
    first_uses_at(&berlin, july, july + 2 * HOUR, 4);
    first_uses_at(&sydney, T0 + DAY, T0 + DAY + 17 * HOUR, 4);
    first_uses_at(&sydney, july, july + 18 * HOUR, 4);
}

static void dst_missing_hour_moves_the_morning(void **state)
{
    (void)state;
    int64_t spring = T0 + 87 * DAY; /* 2026-03-29: the night has seven hours less one */
    first_uses_at(&berlin, spring, spring + 2 * HOUR, 4);
}

/* Both are the night's fourth hour: two uses in it make one hour with use. */
static void dst_double_hour_is_one_hour_of_the_night(void **state)
{
    (void)state;
    static struct tap_home home;
    int64_t autumn = T0 + 297 * DAY; /* 2026-10-25: 2:30 is at 0:30 and 1:30 UTC */
    home = (struct tap_home){.step_ml = LITRE};
    tap_use(&home, autumn + 30 * MINUTE, MINUTE, 6 * LITRE);
    tap_use(&home, autumn + 90 * MINUTE, MINUTE, 6 * LITRE);
    struct watch watch = watch_from(autumn - DAY);
    watch.policy.zone = berlin;
    read_on(&watch, &home, autumn + 3 * HOUR, MINUTE);
    assert_int_equal(watch.rhythm.hours, 1 << 3);
    assert_int_equal(watch.rhythm.observed_s, 6 * 3600); /* since 23:00, with both of them */
    assert_int_equal(watch.first_uses, 0);
}

static void first_use_in_an_unobserved_time_counts_when_all_of_it_is_today(void **state)
{
    (void)state;
    struct watch watch = watch_from(T0);
    struct flow over_night = {T0 - 5 * HOUR, T0 + 8 * HOUR, 9 * LITRE, false};
    heed(&watch, &over_night);
    assert_int_equal(watch.first_uses, 0);
    struct flow today = {T0 + 8 * HOUR, T0 + 12 * HOUR, 9 * LITRE, false};
    heed(&watch, &today);
    assert_int_equal(watch.first_uses, 1);
    assert_int_equal(watch.rhythm.first_use_s * SECOND, T0 + 12 * HOUR);
    assert_int_equal(watch.rhythm.observed_s, 0);
}

static void use_declining_is_noted_once_in_four_weeks(void **state)
{
    (void)state;
    struct watch watch = watch_from(T0);
    live(&watch, 11 * 7, 90, 1);
    assert_int_equal(watch.declines + watch.nights, 0);
    live(&watch, 21, 60, 1);
    assert_int_equal(watch.declines, 1);
    assert_int_equal(watch.nights, 0);
    struct day_rhythm_figures figures = day_rhythm_figures(&watch.rhythm);
    assert_true(figures.known);
    assert_in_range(figures.recent_ml_day, 60 * LITRE, 62 * LITRE);
    assert_in_range(figures.usual_ml_day, 90 * LITRE, 92 * LITRE);
    struct sw_evidence evidence = {0};
    day_rhythm_evidence(&watch.rhythm, SW_ALERT_RULE_USE_DECLINING, &evidence);
    assert_int_equal(evidence.value_milli, figures.recent_ml_day);
    assert_int_equal(evidence.threshold_milli, figures.usual_ml_day);
    assert_int_equal(evidence.window_ms, 14 * DAY);
    int64_t noted_ms = watch.noted_ms;
    live(&watch, 42, 30, 1); /* and on: the next note not before four weeks */
    assert_true(watch.noted_ms == noted_ms || watch.noted_ms - noted_ms >= 28 * DAY);
    assert_true(watch.declines <= 3);
}

static void broken_nights_are_noted(void **state)
{
    (void)state;
    struct watch watch = watch_from(T0);
    live(&watch, 11 * 7, 90, 1);
    live(&watch, 21, 90, 3);
    assert_int_equal(watch.nights, 1);
    assert_int_equal(watch.declines, 0);
    struct day_rhythm_figures figures = day_rhythm_figures(&watch.rhythm);
    assert_int_equal(figures.recent_tenths, 30);
    assert_int_equal(figures.usual_tenths, 10);
    struct sw_evidence evidence = {0};
    day_rhythm_evidence(&watch.rhythm, SW_ALERT_RULE_NIGHTS_BROKEN, &evidence);
    assert_int_equal(evidence.count, 42);
}

static void one_odd_week_and_an_absence_are_no_change(void **state)
{
    (void)state;
    struct watch watch = watch_from(T0);
    live(&watch, 11 * 7, 90, 1);
    live(&watch, 7, 40, 4);
    live(&watch, 21, 90, 1);
    for (int i = 0; i < 20; i++) { /* away: no use at all */
        struct flow flow = {watch.read_ms, watch.read_ms + DAY, 0, true};
        heed(&watch, &flow);
        watch.read_ms += DAY;
    }
    live(&watch, 30, 90, 1);
    assert_int_equal(watch.declines + watch.nights, 0);
}

static void readings_within_a_second_are_observed_time(void **state)
{
    (void)state;
    struct watch watch = watch_from(T0 + 5 * HOUR);
    struct tap_home home = {0};
    read_on(&watch, &home, T0 + 6 * HOUR, 900);
    assert_int_equal(watch.rhythm.observed_s, 3600);
}

static void days_hardly_observed_say_nothing(void **state)
{
    (void)state;
    struct watch watch = watch_from(T0);
    live(&watch, 11 * 7, 90, 1);
    for (int i = 0; i < 28; i++) { /* ten hours of each day are not observed, the rest shows less use */
        struct flow gap = {watch.read_ms, watch.read_ms + 10 * HOUR, 3 * LITRE, false};
        heed(&watch, &gap);
        for (int hour = 10; hour < 24; hour++) {
            struct flow flow = {watch.read_ms + hour * HOUR, watch.read_ms + (hour + 1) * HOUR, LITRE, true};
            heed(&watch, &flow);
        }
        watch.read_ms += DAY;
    }
    assert_int_equal(watch.declines + watch.nights, 0);
    assert_false(day_rhythm_figures(&watch.rhythm).known);
}

static void weeks_are_the_same_at_every_period(void **state)
{
    (void)state;
    struct watch watches[PERIODS];
    for (size_t p = 0; p < PERIODS; p++) {
        static struct tap_home home;
        home = (struct tap_home){.step_ml = LITRE};
        tap_live(&home, T0, 30);
        watches[p] = watch_from(T0);
        read_on(&watches[p], &home, T0 + 30 * DAY, periods[p]);
        assert_memory_equal(watches[p].rhythm.week_l, watches[0].rhythm.week_l, sizeof watches[0].rhythm.week_l);
        assert_memory_equal(watches[p].rhythm.week_tenths, watches[0].rhythm.week_tenths,
                            sizeof watches[0].rhythm.week_tenths);
        assert_int_equal(watches[p].rhythm.week_l[0], 95);
        assert_int_equal(watches[p].rhythm.week_tenths[0], 10);
    }
}

static void a_clock_set_back_tells_no_second_first_use_that_day(void **state)
{
    (void)state;
    static struct tap_home home;
    home = (struct tap_home){.step_ml = LITRE};
    tap_live(&home, T0, 2);
    struct watch watch = watch_from(T0);
    read_on(&watch, &home, T0 + 12 * HOUR, HOUR);
    assert_int_equal(watch.first_uses, 1);
    day_rhythm_set_back(&watch.rhythm, &watch.policy, T0 + 6 * HOUR);
    assert_int_equal(watch.rhythm.first_use_s * SECOND, T0 + 6 * HOUR);
    assert_int_equal(watch.rhythm.day_ml, 0);
    watch.read_ms = T0 + 6 * HOUR;
    read_on(&watch, &home, T0 + 20 * HOUR, HOUR);
    assert_int_equal(watch.first_uses, 1);
}

static void years_without_readings_leave_a_sound_state(void **state)
{
    (void)state;
    struct watch watch = watch_from(T0);
    live(&watch, 11 * 7, 90, 1);
    struct flow gap = {watch.read_ms, watch.read_ms + 4000 * DAY, 1000 * LITRE, false};
    heed(&watch, &gap);
    assert_false(day_rhythm_figures(&watch.rhythm).known);
    watch.read_ms += 4000 * DAY;
    live(&watch, 90, 90, 1);
    assert_true(day_rhythm_figures(&watch.rhythm).known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_is_small),
        cmocka_unit_test(the_first_use_of_a_day_is_told_once_and_not_at_night),
        cmocka_unit_test(a_day_is_local),
        cmocka_unit_test(summer_mornings_are_an_hour_earlier),
        cmocka_unit_test(dst_missing_hour_moves_the_morning),
        cmocka_unit_test(dst_double_hour_is_one_hour_of_the_night),
        cmocka_unit_test(first_use_in_an_unobserved_time_counts_when_all_of_it_is_today),
        cmocka_unit_test(use_declining_is_noted_once_in_four_weeks),
        cmocka_unit_test(broken_nights_are_noted),
        cmocka_unit_test(one_odd_week_and_an_absence_are_no_change),
        cmocka_unit_test(readings_within_a_second_are_observed_time),
        cmocka_unit_test(days_hardly_observed_say_nothing),
        cmocka_unit_test(weeks_are_the_same_at_every_period),
        cmocka_unit_test(a_clock_set_back_tells_no_second_first_use_that_day),
        cmocka_unit_test(years_without_readings_leave_a_sound_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
