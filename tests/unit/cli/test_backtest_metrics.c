#include <math.h>

#include "cli/backtest_metrics.h"
#include "core_fixture.h"

static void nearest_rank_quantiles(void **state)
{
    (void)state;
    struct numbers numbers = {0};
    assert_true(numbers_quantile(&numbers, 500) == INT64_MIN);
    for (int64_t value = 10; value >= 1; value--)
        assert_true(numbers_add(&numbers, value));
    assert_int_equal(numbers_quantile(&numbers, 500), 5);
    assert_int_equal(numbers_quantile(&numbers, 501), 6);
    assert_int_equal(numbers_quantile(&numbers, 900), 9);
    assert_int_equal(numbers_quantile(&numbers, 1000), 10);
    assert_int_equal(numbers_quantile(&numbers, 0), 1);
    struct numbers more = {0};
    assert_true(numbers_add(&more, 11) && numbers_add_all(&numbers, &more));
    assert_int_equal(numbers_quantile(&numbers, 1000), 11);
    numbers_free(&numbers);
    numbers_free(&more);
}

/* Hourly observations from T0 on; a use of `litres[i]` at hour i. */
static struct history hourly(const int *litres, size_t count)
{
    struct history history = {.gap_ms = 150 * MINUTE};
    for (size_t i = 0; i < count; i++)
        assert_true(history_add(&history, T0 + (int64_t)i * HOUR, litres[i] * LITRE));
    assert_true(history_finish(&history));
    return history;
}

static void observed_time_leaves_out_long_intervals(void **state)
{
    (void)state;
    struct history history = {.gap_ms = 150 * MINUTE};
    static const int64_t times[] = {0, 1 * HOUR, 2 * HOUR, 4 * HOUR + 30 * MINUTE, 8 * HOUR, 9 * HOUR};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        assert_true(history_add(&history, T0 + times[i], 0));
    assert_true(history_finish(&history));
    assert_int_equal(history.observed_ms, 5 * HOUR + 30 * MINUTE);
    assert_int_equal(history.cadence_ms, HOUR);
    history_free(&history);
}

static void stillness_reaches_from_use_to_use(void **state)
{
    (void)state;
    static const int litres[] = {0, 0, 3, 0, 0, 1, 2, 0, 0};
    struct history history = hourly(litres, 9);
    static const int expected[][3] = {{0, 0, 2}, {1, 0, 2}, {2, 2, 5}, {4, 2, 5}, {5, 5, 6}, {6, 6, 8}, {8, 6, 8}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        struct stillness still = history_stillness(&history, T0 + expected[i][0] * HOUR);
        assert_int_equal(still.start_ms, T0 + expected[i][1] * HOUR);
        assert_int_equal(still.end_ms, T0 + expected[i][2] * HOUR);
    }
    history_free(&history);
}

/* Times of the alarms, in hours from T0, the last -1. */
static void check_alarms(const struct history *history, const struct fixed_rule *rule, const int *expected)
{
    struct fixed_state fixed = {0};
    for (size_t i = 0; i < history->count; i++) {
        if (!fixed_state_take(&fixed, rule, history)) continue;
        assert_int_equal(history->observations[i].time_ms, T0 + *expected * HOUR);
        assert_int_equal(fixed.raised_ms, T0 + *expected * HOUR);
        expected++;
    }
    assert_int_equal(*expected, -1);
}

static void nothing_in_four_hours(void **state)
{
    (void)state;
    static const int litres[] = {0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0};
    struct history history = hourly(litres, 18);
    static const struct fixed_rule rule = {"nothing in 4 h", 1, 4 * HOUR};
    static const int expected[] = {6, 16, -1};
    check_alarms(&history, &rule, expected);
    history_free(&history);
}

static void the_first_window_must_have_been_seen(void **state)
{
    (void)state;
    static const int litres[] = {0, 0, 0, 0, 0, 0, 5};
    struct history history = hourly(litres, 7);
    static const struct fixed_rule rule = {"nothing in 4 h", 1, 4 * HOUR};
    static const int expected[] = {4, -1};
    check_alarms(&history, &rule, expected);
    history_free(&history);
}

static void less_than_ten_litres_in_three_hours(void **state)
{
    (void)state;
    /* 4 + 5 L in a window are less and do not end an alarm; 1 + 4 + 6 end it. */
    static const int litres[] = {20, 0, 0, 4, 5, 0, 0, 3, 1, 4, 6, 0, 0, 9, 0};
    struct history history = hourly(litres, 15);
    static const struct fixed_rule rule = {"less than 10 L in 3 h", 10 * LITRE, 3 * HOUR};
    static const int expected[] = {3, 12, -1};
    check_alarms(&history, &rule, expected);
    history_free(&history);
}

static void an_unobserved_interval_starts_the_window_again_and_ends_no_alarm(void **state)
{
    (void)state;
    struct history history = {.gap_ms = 150 * MINUTE};
    static const struct fixed_rule rule = {"nothing in 4 h", 1, 4 * HOUR};
    /* Three hours seen, five not, still: the window counts from hour 8. Raised at 12, it stands over the hole to 17. */
    static const int hours[] = {0, 1, 2, 3, 8, 9, 10, 11, 12, 17, 18, 19, 20, 21, 22};
    for (size_t i = 0; i < sizeof hours / sizeof hours[0]; i++)
        assert_true(history_add(&history, T0 + hours[i] * HOUR, hours[i] == 0 ? LITRE : 0));
    assert_true(history_finish(&history));
    static const int expected[] = {12, -1};
    check_alarms(&history, &rule, expected);
    history_free(&history);
}

static void water_that_stops_is_told_after_the_window(void **state)
{
    (void)state;
    static const int litres[] = {0, 0, 7};
    struct history history = hourly(litres, 3);
    static const struct fixed_rule rule = {"nothing in 4 h", 1, 4 * HOUR};
    struct fixed_state fixed = {0};
    for (size_t i = 0; i < history.count; i++)
        assert_false(fixed_state_take(&fixed, &rule, &history));
    for (int hour = 3; hour <= 6; hour++)
        assert_int_equal(fixed_state_take_still(&fixed, &rule, &history, T0 + hour * HOUR), hour == 6);
    assert_int_equal(alarm_delay_ms(T0 + 2 * HOUR, fixed.raised_ms), 4 * HOUR);
    assert_int_equal(alarm_delay_ms(T0 + 7 * HOUR, fixed.raised_ms), 0);
    history_free(&history);
}

static void the_curve_is_read_by_straight_lines(void **state)
{
    (void)state;
    static const double rates[] = {10, 4, 4, 1};
    static const double delays[] = {8, 12, 14, 24};
    assert_float_equal(curve_delay_at(rates, delays, 4, 10), 8, 1e-9);
    assert_float_equal(curve_delay_at(rates, delays, 4, 7), 10, 1e-9);
    assert_float_equal(curve_delay_at(rates, delays, 4, 4), 12, 1e-9);
    assert_float_equal(curve_delay_at(rates, delays, 4, 2.5), 19, 1e-9);
    assert_true(isnan(curve_delay_at(rates, delays, 4, 11)));
    assert_true(isnan(curve_delay_at(rates, delays, 4, 0.5)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearest_rank_quantiles),
        cmocka_unit_test(observed_time_leaves_out_long_intervals),
        cmocka_unit_test(stillness_reaches_from_use_to_use),
        cmocka_unit_test(nothing_in_four_hours),
        cmocka_unit_test(the_first_window_must_have_been_seen),
        cmocka_unit_test(less_than_ten_litres_in_three_hours),
        cmocka_unit_test(an_unobserved_interval_starts_the_window_again_and_ends_no_alarm),
        cmocka_unit_test(water_that_stops_is_told_after_the_window),
        cmocka_unit_test(the_curve_is_read_by_straight_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
