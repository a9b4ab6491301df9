#include "core/detect/level.h"
#include "core_fixture.h"

static struct level_policy bands(int64_t on_delay_ms, int64_t off_delay_ms)
{
    struct level_policy policy = policy_city_default().level;
    policy.on_delay_ms = on_delay_ms;
    policy.off_delay_ms = off_delay_ms;
    return policy;
}

static void one_sample_over_all_bands_fires_the_top_one(void **state)
{
    (void)state;
    struct level_policy policy = bands(0, 0);
    struct level level = {0};
    level_take(&level, &policy, T0, 0);
    assert_int_equal(level_judge(&level).colour, SW_COLOUR_GREEN);
    level_take(&level, &policy, T0 + MINUTE, 900 * MM);
    assert_int_equal(level_judge(&level).colour, SW_COLOUR_RED);
    assert_int_equal(level_judge(&level).onset_ms, T0 + MINUTE);
}

static void exactly_at_the_threshold_is_in_the_band(void **state)
{
    (void)state;
    struct level_policy policy = bands(0, 0);
    struct level level = {0};
    level_take(&level, &policy, T0, 100 * MM - 1);
    assert_int_equal(level_judge(&level).colour, SW_COLOUR_BLUE);
    level_take(&level, &policy, T0 + MINUTE, 100 * MM);
    assert_int_equal(level_judge(&level).colour, SW_COLOUR_YELLOW);
}

static void a_level_inside_the_deadband_keeps_its_band(void **state)
{
    (void)state;
    struct level_policy policy = bands(0, 0);
    struct level level = {0};
    level_take(&level, &policy, T0, 100 * MM);
    level_take(&level, &policy, T0 + MINUTE, 90 * MM);
    assert_int_equal(level_judge(&level).colour, SW_COLOUR_YELLOW);
    level_take(&level, &policy, T0 + 2 * MINUTE, 90 * MM - 1);
    assert_int_equal(level_judge(&level).colour, SW_COLOUR_BLUE);
}

static void on_delays_of_all_bands_run_in_parallel(void **state)
{
    (void)state;
    struct level_policy policy = bands(2 * MINUTE, 0);
    struct level level = {0};
    level_take(&level, &policy, T0, 60 * MM);
    level_take(&level, &policy, T0 + MINUTE, 300 * MM);
    level_take(&level, &policy, T0 + 2 * MINUTE, 300 * MM);
    assert_int_equal(level_judge(&level).colour, SW_COLOUR_BLUE);
    assert_int_equal(level_judge(&level).onset_ms, T0);
    level_take(&level, &policy, T0 + 3 * MINUTE, 300 * MM);
    assert_int_equal(level_judge(&level).colour, SW_COLOUR_ORANGE);
    assert_int_equal(level_judge(&level).onset_ms, T0 + MINUTE);
}

static void a_dip_starts_the_on_delay_again(void **state)
{
    (void)state;
    struct level_policy policy = bands(2 * MINUTE, 0);
    struct level level = {0};
    level_take(&level, &policy, T0, 60 * MM);
    level_take(&level, &policy, T0 + MINUTE, 49 * MM);
    level_take(&level, &policy, T0 + 2 * MINUTE, 60 * MM);
    level_take(&level, &policy, T0 + 3 * MINUTE, 60 * MM);
    assert_int_equal(level_judge(&level).colour, SW_COLOUR_GREEN);
    level_take(&level, &policy, T0 + 4 * MINUTE, 60 * MM);
    assert_int_equal(level_judge(&level).colour, SW_COLOUR_BLUE);
}

static void the_on_delay_runs_out_without_a_sample_unless_the_last_one_is_old(void **state)
{
    (void)state;
    struct level_policy policy = bands(2 * MINUTE, 0);
    struct level level = {0};
    level_take(&level, &policy, T0, 60 * MM);
    assert_int_equal(level_deadline_ms(&level, &policy, HOUR), T0 + 2 * MINUTE);
    assert_int_equal(level_deadline_ms(&level, &policy, MINUTE), DEADLINE_NONE);
    level_pass_time(&level, &policy, T0 + 2 * MINUTE, MINUTE);
    assert_int_equal(level_judge(&level).colour, SW_COLOUR_GREEN);
    level_pass_time(&level, &policy, T0 + 2 * MINUTE, HOUR);
    assert_int_equal(level_judge(&level).colour, SW_COLOUR_BLUE);
    assert_int_equal(level_deadline_ms(&level, &policy, HOUR), DEADLINE_NONE);
}

static void the_off_delay_needs_samples_below_all_the_time(void **state)
{
    (void)state;
    struct level_policy policy = bands(0, 5 * MINUTE);
    struct level level = {0};
    level_take(&level, &policy, T0, 60 * MM);
    level_take(&level, &policy, T0 + MINUTE, 0);
    level_take(&level, &policy, T0 + 4 * MINUTE, 45 * MM); /* in the deadband: not below */
    level_take(&level, &policy, T0 + 5 * MINUTE, 0);
    level_pass_time(&level, &policy, T0 + 50 * MINUTE, HOUR);
    assert_int_equal(level_judge(&level).colour, SW_COLOUR_BLUE);
    level_take(&level, &policy, T0 + 9 * MINUTE, 0);
    assert_int_equal(level_judge(&level).colour, SW_COLOUR_BLUE);
    level_take(&level, &policy, T0 + 10 * MINUTE, 0);
    assert_int_equal(level_judge(&level).colour, SW_COLOUR_GREEN);
}

static void a_band_that_is_off_never_fires(void **state)
{
    (void)state;
    struct level_policy policy = bands(0, 0);
    policy.band_um[SW_COLOUR_YELLOW] = LEVEL_BAND_OFF;
    policy.band_um[SW_COLOUR_RED] = LEVEL_BAND_OFF;
    struct level level = {0};
    level_take(&level, &policy, T0, 200 * MM);
    assert_int_equal(level_judge(&level).colour, SW_COLOUR_BLUE);
    level_take(&level, &policy, T0 + 1, 9000 * MM);
    assert_int_equal(level_judge(&level).colour, SW_COLOUR_ORANGE);
}

/* The configuration was changed while it stood. */
static void a_band_that_is_switched_off_is_left_with_the_next_sample(void **state)
{
    (void)state;
    struct level_policy policy = bands(0, HOUR);
    struct level level = {0};
    level_take(&level, &policy, T0, 110 * MM);
    assert_int_equal(level_judge(&level).colour, SW_COLOUR_YELLOW);
    policy.band_um[SW_COLOUR_YELLOW] = LEVEL_BAND_OFF;
    level_take(&level, &policy, T0 + MINUTE, 110 * MM);
    assert_int_equal(level_judge(&level).colour, SW_COLOUR_BLUE);
    policy.band_um[SW_COLOUR_BLUE] = LEVEL_BAND_OFF;
    level_take(&level, &policy, T0 + 2 * MINUTE, 110 * MM);
    assert_int_equal(level_judge(&level).colour, SW_COLOUR_GREEN);
}

static void a_stepped_clock_never_lets_the_on_delay_end_early(void **state)
{
    (void)state;
    struct level_policy policy = bands(2 * MINUTE, 0);
    struct level level = {0};
    level_take(&level, &policy, T0 + HOUR, 60 * MM);
    level_restart_delays(&level, T0);
    level_pass_time(&level, &policy, T0 + 2 * MINUTE - 1, 0);
    assert_int_equal(level_judge(&level).colour, SW_COLOUR_GREEN);
    level_pass_time(&level, &policy, T0 + 2 * MINUTE, 0);
    assert_int_equal(level_judge(&level).colour, SW_COLOUR_BLUE);
}

static void one_sample_over_the_top_is_red_and_says_so(void **state)
{
    (void)state;
    struct level_policy policy = bands(0, 0);
    policy.top_um = 1000 * MM;
    struct level level = {0};
    struct sw_evidence evidence = {0};
    level_take(&level, &policy, T0, 500 * MM);
    level_evidence(&level, &policy, SW_COLOUR_RED, &evidence);
    assert_int_equal(evidence.rule, SW_ALERT_RULE_LEVEL_BAND);
    assert_int_equal(evidence.threshold_milli, 400 * MM);
    level_take(&level, &policy, T0 + MINUTE, 1050 * MM);
    assert_true(level_is_over_the_top(&level));
    assert_int_equal(level_judge(&level).rule, SW_ALERT_RULE_OVER_THE_TOP);
    assert_int_equal(level_judge(&level).colour, SW_COLOUR_RED);
    assert_int_equal(level_judge(&level).onset_ms, T0);
    level_evidence(&level, &policy, SW_COLOUR_RED, &evidence);
    assert_int_equal(evidence.rule, SW_ALERT_RULE_OVER_THE_TOP);
    assert_int_equal(evidence.threshold_milli, policy.top_um);
    assert_int_equal(evidence.value_milli, 1050 * MM);
}

static void half_full_to_over_the_top_in_one_sample(void **state)
{
    (void)state;
    struct level_policy policy = bands(0, 0);
    for (int colour = SW_COLOUR_BLUE; colour < SW_COLOUR_COUNT; colour++)
        policy.band_um[colour] = LEVEL_BAND_OFF;
    policy.band_um[SW_COLOUR_ORANGE] = 900 * MM;
    policy.top_um = 1000 * MM;
    struct level level = {0};
    level_take(&level, &policy, T0, 500 * MM);
    assert_int_equal(level_judge(&level).colour, SW_COLOUR_GREEN);
    assert_int_equal(level_judge(&level).rule, SW_ALERT_RULE_NONE);
    level_take(&level, &policy, T0 + 10 * MINUTE, 1050 * MM);
    assert_int_equal(level_judge(&level).colour, SW_COLOUR_RED);
    assert_int_equal(level_judge(&level).onset_ms, T0 + 10 * MINUTE);
    level_take(&level, &policy, T0 + 20 * MINUTE, 950 * MM);
    assert_int_equal(level_judge(&level).colour, SW_COLOUR_ORANGE);
}

static void the_onset_of_a_flood_of_a_week_is_its_first_sample(void **state)
{
    (void)state;
    struct level_policy policy = bands(0, 0);
    struct level level = {0};
    for (int64_t time_ms = T0; time_ms <= T0 + 7 * DAY; time_ms += 15 * MINUTE)
        level_take(&level, &policy, time_ms, 300 * MM);
    assert_int_equal(level_judge(&level).onset_ms, T0);
}

static void the_state_of_all_bands_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(struct level) <= 56);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_sample_over_all_bands_fires_the_top_one),
        cmocka_unit_test(exactly_at_the_threshold_is_in_the_band),
        cmocka_unit_test(a_level_inside_the_deadband_keeps_its_band),
        cmocka_unit_test(on_delays_of_all_bands_run_in_parallel),
        cmocka_unit_test(a_dip_starts_the_on_delay_again),
        cmocka_unit_test(the_on_delay_runs_out_without_a_sample_unless_the_last_one_is_old),
        cmocka_unit_test(the_off_delay_needs_samples_below_all_the_time),
        cmocka_unit_test(a_band_that_is_off_never_fires),
        cmocka_unit_test(a_band_that_is_switched_off_is_left_with_the_next_sample),
        cmocka_unit_test(a_stepped_clock_never_lets_the_on_delay_end_early),
        cmocka_unit_test(one_sample_over_the_top_is_red_and_says_so),
        cmocka_unit_test(half_full_to_over_the_top_in_one_sample),
        cmocka_unit_test(the_onset_of_a_flood_of_a_week_is_its_first_sample),
        cmocka_unit_test(the_state_of_all_bands_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
