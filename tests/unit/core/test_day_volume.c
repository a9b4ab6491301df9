/* More than Y litres a local day. */
#include "core/detect/day_volume.h"
#include "core/local_time.h"
#include "flow_fixture.h"

static const int64_t periods[] = {MINUTE, 15 * MINUTE, HOUR};
#define PERIODS (sizeof periods / sizeof periods[0])

static struct day_volume_policy rule(int64_t limit_ml)
{
    struct day_volume_policy policy = day_volume_policy_default();
    policy.limit_ml = limit_ml;
    return policy;
}

static void read_on(struct day_volume *day, const struct day_volume_policy *policy, const struct tap_home *home,
                    int64_t from_ms, int64_t until_ms, int64_t period_ms)
{
    for (int64_t t = from_ms; t + period_ms <= until_ms; t += period_ms) {
        struct flow flow = tap_flow(home, t, t + period_ms);
        day_volume_take(day, policy, &flow);
    }
}

static void state_is_small_and_the_rule_off_by_default(void **state)
{
    (void)state;
    assert_true(sizeof(struct day_volume) <= 32);
    struct day_volume_policy policy = day_volume_policy_default();
    struct day_volume day = {0};
    struct flow flow = {T0, T0 + HOUR, 5000 * LITRE, true};
    day_volume_take(&day, &policy, &flow);
    assert_false(day_volume_judge(&day, &policy).decided);
}

static void told_when_the_limit_is_passed_and_over_after_a_day_within_it(void **state)
{
    (void)state;
    struct day_volume_policy policy = rule(94 * LITRE);
    for (size_t p = 0; p < PERIODS; p++) {
        static struct tap_home home;
        home = (struct tap_home){.step_ml = LITRE};
        tap_live(&home, T0, 6); /* 95 L a day; the last litres at 22:20 */
        home.count = 5 * 9 - 1; /* the fifth day without them */
        struct day_volume day = {0};
        read_on(&day, &policy, &home, T0, T0 + 22 * HOUR, periods[p]);
        assert_int_equal(day_volume_judge(&day, &policy).colour, SW_COLOUR_GREEN);
        read_on(&day, &policy, &home, T0 + 22 * HOUR, T0 + 23 * HOUR, periods[p]);
        struct condition condition = day_volume_judge(&day, &policy);
        assert_int_equal(condition.colour, SW_COLOUR_YELLOW);
        assert_in_range(condition.onset_ms, T0 + 22 * HOUR + 20 * MINUTE, T0 + 23 * HOUR);
        for (int d = 1; d < 5; d++) { /* every day: one condition */
            read_on(&day, &policy, &home, T0 + d * DAY - HOUR, T0 + d * DAY + 23 * HOUR, periods[p]);
            assert_int_equal(day_volume_judge(&day, &policy).onset_ms, condition.onset_ms);
        }
        read_on(&day, &policy, &home, T0 + 5 * DAY - HOUR, T0 + 5 * DAY + HOUR, periods[p]);
        assert_int_equal(day_volume_judge(&day, &policy).colour, SW_COLOUR_GREEN);
    }
}

static void a_day_is_local(void **state)
{
    (void)state;
    struct day_volume_policy policy = rule(100 * LITRE);
    policy.zone = local_time_fixed(8 * 60);
    static struct tap_home home;
    home = (struct tap_home){.step_ml = LITRE};
    tap_use(&home, T0 + 15 * HOUR, MINUTE, 60 * LITRE); /* 23:00 */
    tap_use(&home, T0 + 17 * HOUR, MINUTE, 60 * LITRE); /* 01:00 */
    struct day_volume day = {0};
    read_on(&day, &policy, &home, T0, T0 + DAY, MINUTE);
    assert_int_equal(day.volume_ml, 60 * LITRE);
    assert_int_equal(day_volume_judge(&day, &policy).colour, SW_COLOUR_GREEN);
    policy.zone = local_time_fixed(0);
    day = (struct day_volume){0};
    read_on(&day, &policy, &home, T0, T0 + DAY, MINUTE);
    assert_int_equal(day_volume_judge(&day, &policy).colour, SW_COLOUR_YELLOW);
}

static const struct time_zone berlin = {60, 120, {3, 5, 0, 120}, {10, 5, 0, 180}};

/* A litre each quarter of an hour: 23 h or 25 h of them, none left to the days beside. */
static void litres_of_the_day(int64_t midnight_ms, int hours)
{
    struct day_volume_policy policy = rule(1000 * LITRE);
    policy.zone = berlin;
    struct day_volume day = {0};
    for (int64_t t = midnight_ms - DAY; t < midnight_ms + hours * HOUR; t += 15 * MINUTE) {
        struct flow flow = {t, t + 15 * MINUTE, LITRE, true};
        day_volume_take(&day, &policy, &flow);
    }
    struct sw_evidence evidence = {0};
    day_volume_evidence(&day, &policy, &evidence);
    assert_int_equal(evidence.window_ms, hours * HOUR);
    assert_int_equal(evidence.value_milli, 4 * hours * LITRE);
    assert_int_equal(evidence.coverage_permille, 1000);
    struct flow next = {midnight_ms + hours * HOUR, midnight_ms + (hours + 1) * HOUR, 7 * LITRE, true};
    day_volume_take(&day, &policy, &next);
    assert_int_equal(day.volume_ml, 7 * LITRE);
}

static void dst_missing_hour_makes_a_day_of_23_hours(void **state)
{
    (void)state;
    litres_of_the_day(T0 + 87 * DAY - HOUR, 23); /* 2026-03-29 */
}

static void dst_double_hour_makes_a_day_of_25_hours(void **state)
{
    (void)state;
    litres_of_the_day(T0 + 297 * DAY - 2 * HOUR, 25); /* 2026-10-25 */
}

/* 80 % of 23 h are 18.4 h, of 25 h 20 h. */
static void dst_days_are_seen_enough_of_by_their_own_length(void **state)
{
    (void)state;
    const struct {
        int64_t midnight_ms;
        int hours, unseen_min;
        bool ends;
    } days[] = {{T0 + 87 * DAY - HOUR, 23, 275, true},
                {T0 + 87 * DAY - HOUR, 23, 277, false},
                {T0 + 297 * DAY - 2 * HOUR, 25, 299, true},
                {T0 + 297 * DAY - 2 * HOUR, 25, 301, false}};
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
        struct day_volume_policy policy = rule(100 * LITRE);
        policy.zone = berlin;
        struct day_volume day = {0};
        int64_t begin_ms = days[i].midnight_ms, seen_ms = begin_ms + days[i].unseen_min * MINUTE;
        int64_t end_ms = begin_ms + days[i].hours * HOUR;
        const struct flow flows[] = {{begin_ms - 2 * HOUR, begin_ms, 200 * LITRE, true},
                                     {begin_ms, seen_ms, 0, false},
                                     {seen_ms, end_ms, 0, true},
                                     {end_ms, end_ms + HOUR, 0, true}};
        for (int f = 0; f < 4; f++)
            day_volume_take(&day, &policy, &flows[f]);
        assert_int_equal(day_volume_judge(&day, &policy).colour == SW_COLOUR_GREEN, days[i].ends);
    }
}

static void an_interval_over_midnight_is_shared(void **state)
{
    (void)state;
    struct day_volume_policy policy = rule(100 * LITRE);
    struct day_volume day = {0};
    struct flow flow = {T0 + DAY - 15 * MINUTE, T0 + DAY + 45 * MINUTE, 80 * LITRE, true};
    day_volume_take(&day, &policy, &flow);
    assert_int_equal(day.volume_ml, 60 * LITRE);
    struct sw_evidence evidence = {0};
    day_volume_evidence(&day, &policy, &evidence);
    assert_int_equal(evidence.window_ms, 45 * MINUTE);
    assert_int_equal(evidence.coverage_permille, 1000);
    assert_int_equal(evidence.value_milli, 60 * LITRE);
    assert_int_equal(evidence.threshold_milli, 100 * LITRE);
}

static void use_of_an_unobserved_time_counts_only_where_its_day_is_known(void **state)
{
    (void)state;
    struct day_volume_policy policy = rule(100 * LITRE);
    struct day_volume day = {0};
    struct flow begin = {T0, T0 + HOUR, 10 * LITRE, true};
    struct flow inside = {T0 + HOUR, T0 + 9 * HOUR, 80 * LITRE, false};
    struct flow over_two_midnights = {T0 + 9 * HOUR, T0 + 2 * DAY + HOUR, 500 * LITRE, false};
    day_volume_take(&day, &policy, &begin);
    day_volume_take(&day, &policy, &inside);
    assert_int_equal(day.volume_ml, 90 * LITRE);
    day_volume_take(&day, &policy, &over_two_midnights);
    assert_int_equal(day.volume_ml, 0);
    assert_int_equal(day.unobserved_s, 3600);
    assert_int_equal(day_volume_judge(&day, &policy).colour, SW_COLOUR_GREEN);
}

static void a_day_hardly_observed_does_not_end_it(void **state)
{
    (void)state;
    struct day_volume_policy policy = rule(100 * LITRE);
    struct day_volume day = {0};
    struct flow flows[] = {{T0, T0 + HOUR, 200 * LITRE, true},
                           {T0 + HOUR, T0 + DAY + HOUR, 10 * LITRE, false},
                           {T0 + DAY + HOUR, T0 + DAY + 12 * HOUR, 0, false},
                           {T0 + DAY + 12 * HOUR, T0 + 2 * DAY + HOUR, 0, false}};
    for (size_t i = 0; i < sizeof flows / sizeof flows[0]; i++) {
        day_volume_take(&day, &policy, &flows[i]);
        assert_int_equal(day_volume_judge(&day, &policy).colour, SW_COLOUR_YELLOW);
    }
}

static void a_clock_set_back_begins_the_day_anew(void **state)
{
    (void)state;
    struct day_volume_policy policy = rule(100 * LITRE);
    struct day_volume day = {0};
    struct flow flow = {T0 + DAY, T0 + DAY + HOUR, 200 * LITRE, true};
    day_volume_take(&day, &policy, &flow);
    day_volume_set_back(&day, &policy, T0 + 6 * HOUR);
    assert_int_equal(day.volume_ml, 0);
    assert_int_equal(day_volume_judge(&day, &policy).onset_ms, T0 + 6 * HOUR);
    struct flow next = {T0 + 6 * HOUR, T0 + 7 * HOUR, 5 * LITRE, true};
    day_volume_take(&day, &policy, &next);
    assert_int_equal(day.volume_ml, 5 * LITRE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_is_small_and_the_rule_off_by_default),
        cmocka_unit_test(told_when_the_limit_is_passed_and_over_after_a_day_within_it),
        cmocka_unit_test(a_day_is_local),
        cmocka_unit_test(dst_missing_hour_makes_a_day_of_23_hours),
        cmocka_unit_test(dst_double_hour_makes_a_day_of_25_hours),
        cmocka_unit_test(dst_days_are_seen_enough_of_by_their_own_length),
        cmocka_unit_test(an_interval_over_midnight_is_shared),
        cmocka_unit_test(use_of_an_unobserved_time_counts_only_where_its_day_is_known),
        cmocka_unit_test(a_day_hardly_observed_does_not_end_it),
        cmocka_unit_test(a_clock_set_back_begins_the_day_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
