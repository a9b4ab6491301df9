/* High flow that does not stop, at all reading periods and pulse weights. */
#include "core/detect/burst.h"
#include "flow_fixture.h"

static const int64_t periods[] = {MINUTE, 15 * MINUTE, HOUR};
#define PERIODS (sizeof periods / sizeof periods[0])

/* Reads a home from T0 on; the time of the first reading at which a burst is told, 0 = none. */
static int64_t told_at(struct burst *burst, const struct tap_home *home, int64_t until_ms, int64_t period_ms)
{
    struct burst_policy policy = burst_policy_default();
    int64_t told_ms = 0;
    for (int64_t t = T0; t + period_ms <= until_ms; t += period_ms) {
        struct flow flow = tap_flow(home, t, t + period_ms);
        burst_take(burst, &policy, &flow);
        struct condition condition = burst_judge(burst, &policy);
        assert_true(condition.decided);
        if (!told_ms && condition.colour != SW_COLOUR_GREEN) told_ms = t + period_ms;
    }
    return told_ms;
}

static void state_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(struct burst) <= 40);
}

static void a_burst_is_told_after_an_hour(void **state)
{
    (void)state;
    static const int64_t steps_ml[] = {1, LITRE, 3785, 10 * LITRE, 100 * LITRE};
    for (size_t s = 0; s < sizeof steps_ml / sizeof steps_ml[0]; s++) {
        for (size_t p = 0; p < PERIODS; p++) {
            static struct tap_home home;
            home = (struct tap_home){.step_ml = steps_ml[s]};
            tap_use(&home, T0 + 2 * HOUR, 8 * HOUR, 8 * 60 * 20 * LITRE);
            struct burst burst = {0};
            int64_t told_ms = told_at(&burst, &home, T0 + 6 * HOUR, periods[p]);
            assert_in_range(told_ms, T0 + 3 * HOUR, T0 + (p < 2 ? 3 : 4) * HOUR + 20 * MINUTE);
        }
    }
}

static void told_in_the_same_hour_when_it_begins_between_readings(void **state)
{
    (void)state;
    for (size_t p = 0; p < PERIODS; p++) {
        static struct tap_home home;
        home = (struct tap_home){.step_ml = LITRE};
        tap_use(&home, T0 + 2 * HOUR + 25 * MINUTE, 8 * HOUR, 8 * 60 * 30 * LITRE);
        struct burst burst = {0};
        int64_t told_ms = told_at(&burst, &home, T0 + 6 * HOUR, periods[p]);
        assert_in_range(told_ms, T0 + 3 * HOUR + 15 * MINUTE, T0 + 4 * HOUR);
    }
}

static void a_bath_a_shower_and_the_garden_are_no_bursts(void **state)
{
    (void)state;
    for (size_t p = 0; p < PERIODS; p++) {
        static struct tap_home home;
        home = (struct tap_home){.step_ml = LITRE};
        tap_use(&home, T0 + 2 * HOUR, 10 * MINUTE, 200 * LITRE);               /* bath */
        tap_use(&home, T0 + 2 * HOUR + 30 * MINUTE, 15 * MINUTE, 180 * LITRE); /* shower after it */
        tap_use(&home, T0 + 10 * HOUR, 2 * HOUR, 2 * 60 * 9 * LITRE);          /* sprinkler, 9 L/min */
        tap_use(&home, T0 + 18 * HOUR, 40 * MINUTE, 40 * 15 * LITRE);          /* hose, 15 L/min */
        struct burst burst = {0};
        assert_int_equal(told_at(&burst, &home, T0 + DAY, periods[p]), 0);
    }
}

static void it_is_over_when_the_flow_stops(void **state)
{
    (void)state;
    struct burst_policy policy = burst_policy_default();
    for (size_t p = 0; p < PERIODS; p++) {
        static struct tap_home home;
        home = (struct tap_home){.step_ml = LITRE};
        tap_use(&home, T0, 4 * HOUR, 4 * 60 * 20 * LITRE);
        struct burst burst = {0};
        assert_true(told_at(&burst, &home, T0 + 4 * HOUR, periods[p]) > 0);
        struct sw_evidence evidence = {0};
        burst_evidence(&burst, &policy, &evidence);
        assert_int_equal(evidence.value_milli, 4800 * LITRE);
        assert_int_equal(evidence.rate_milli_per_h, 1200 * LITRE);
        assert_int_equal(evidence.threshold_milli, 600 * LITRE);
        assert_int_equal(evidence.window_ms, 4 * HOUR);
        assert_int_equal(burst_judge(&burst, &policy).onset_ms, T0);
        burst = (struct burst){0};
        told_at(&burst, &home, T0 + 5 * HOUR, periods[p]);
        assert_int_equal(burst_judge(&burst, &policy).colour, SW_COLOUR_GREEN);
    }
}

static void single_pulses_of_little_flow_do_not_keep_it_up(void **state)
{
    (void)state;
    static const int64_t often[] = {SECOND, 10 * SECOND, MINUTE};
    static const int64_t steps_ml[] = {1, LITRE, 10 * LITRE};
    for (size_t p = 0; p < sizeof often / sizeof often[0]; p++)
        for (size_t s = 0; s < sizeof steps_ml / sizeof steps_ml[0]; s++) {
            static struct tap_home home;
            home = (struct tap_home){.step_ml = steps_ml[s]};
            tap_use(&home, T0, 2 * HOUR, 2 * 60 * 20 * LITRE);
            tap_use(&home, T0 + 2 * HOUR, 10 * HOUR, 10 * 60 * LITRE); /* a tap, 1 L/min */
            struct burst burst = {0};
            told_at(&burst, &home, T0 + 2 * HOUR, often[p]);
            assert_true(burst.active);
            burst = (struct burst){0};
            told_at(&burst, &home, T0 + 2 * HOUR + 25 * MINUTE, often[p]);
            assert_false(burst.active);
        }
}

static void a_flow_that_eases_is_still_a_burst(void **state)
{
    (void)state;
    static struct tap_home home;
    home = (struct tap_home){.step_ml = LITRE};
    tap_use(&home, T0, 2 * HOUR, 2 * 60 * 20 * LITRE);
    tap_use(&home, T0 + 2 * HOUR, 10 * HOUR, 10 * 60 * 6 * LITRE);
    struct burst burst = {0};
    told_at(&burst, &home, T0 + 12 * HOUR, MINUTE);
    assert_true(burst.active);
}

static void unobserved_time_neither_makes_nor_ends_a_burst(void **state)
{
    (void)state;
    struct burst_policy policy = burst_policy_default();
    struct burst burst = {0};
    struct flow gap = {T0, T0 + 5 * HOUR, 6000 * LITRE, false};
    burst_take(&burst, &policy, &gap);
    assert_false(burst_judge(&burst, &policy).decided);
    assert_false(burst.active);
    for (int i = 5; i < 8; i++) {
        struct flow flow = {T0 + i * HOUR, T0 + (i + 1) * HOUR, 1200 * LITRE, true};
        burst_take(&burst, &policy, &flow);
    }
    assert_int_equal(burst_judge(&burst, &policy).colour, policy.colour);
    assert_int_equal(burst_judge(&burst, &policy).onset_ms, T0 + 5 * HOUR);
    struct flow still_gap = {T0 + 8 * HOUR, T0 + 12 * HOUR, 0, false};
    burst_take(&burst, &policy, &still_gap);
    assert_false(burst_judge(&burst, &policy).decided);
    assert_true(burst.active);
    struct flow still = {T0 + 12 * HOUR, T0 + 13 * HOUR, 0, true};
    burst_take(&burst, &policy, &still);
    assert_true(burst_judge(&burst, &policy).decided);
    assert_int_equal(burst_judge(&burst, &policy).colour, SW_COLOUR_GREEN);
}

static void a_clock_set_back_leaves_no_time_ahead(void **state)
{
    (void)state;
    struct burst_policy policy = burst_policy_default();
    static struct tap_home home;
    home = (struct tap_home){.step_ml = LITRE};
    tap_use(&home, T0, 4 * HOUR, 4 * 60 * 20 * LITRE);
    struct burst burst = {0};
    told_at(&burst, &home, T0 + 3 * HOUR, MINUTE);
    burst_set_back(&burst, T0 - HOUR);
    assert_int_equal(burst_judge(&burst, &policy).onset_ms, T0 - HOUR);
    assert_true(burst.active);
    burst = (struct burst){0};
    told_at(&burst, &home, T0 + 30 * MINUTE, MINUTE);
    burst_set_back(&burst, T0 - HOUR);
    assert_int_equal(burst.since_s, 0);
}

static void switched_off_it_is_undecided(void **state)
{
    (void)state;
    struct burst_policy policy = burst_policy_default();
    policy.flow_ml_min = 0;
    struct burst burst = {0};
    struct flow flow = {T0, T0 + HOUR, 6000 * LITRE, true};
    burst_take(&burst, &policy, &flow);
    assert_false(burst_judge(&burst, &policy).decided);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_is_small),
        cmocka_unit_test(a_burst_is_told_after_an_hour),
        cmocka_unit_test(told_in_the_same_hour_when_it_begins_between_readings),
        cmocka_unit_test(a_bath_a_shower_and_the_garden_are_no_bursts),
        cmocka_unit_test(it_is_over_when_the_flow_stops),
        cmocka_unit_test(single_pulses_of_little_flow_do_not_keep_it_up),
        cmocka_unit_test(a_flow_that_eases_is_still_a_burst),
        cmocka_unit_test(unobserved_time_neither_makes_nor_ends_a_burst),
        cmocka_unit_test(a_clock_set_back_leaves_no_time_ahead),
        cmocka_unit_test(switched_off_it_is_undecided),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
