/* The rule "nothing in T": by the last use and what was observed since. */
#include "core/detect/nothing_in.h"
#include "core_fixture.h"

static const struct no_use_policy volume_rule = {.volume_ml = 2000,
                                                 .window_ms = DAY,
                                                 .coverage_permille = 800,
                                                 .observed_gap_ms = 150 * MINUTE,
                                                 .colour = SW_COLOUR_ORANGE};
static const struct nothing_in_policy in_12_h = {12 * HOUR, 800, SW_COLOUR_ORANGE};
static const struct nothing_in_policy in_3_days = {3 * DAY, 800, SW_COLOUR_YELLOW};

static struct use_window window;

static struct condition take(const struct nothing_in_policy *policy, int64_t time_ms, int64_t use_ml)
{
    use_window_take(&window, &volume_rule, policy->window_ms, time_ms, use_ml);
    return nothing_in_judge(&window, policy, (window.last_use_s * SECOND));
}

static void forget(void)
{
    window = (struct use_window){0};
}

static void nothing_for_t_holds_from_t_after_the_last_use(void **state)
{
    (void)state;
    forget();
    for (int i = 0; i <= 20; i++)
        take(&in_12_h, T0 + i * HOUR, LITRE);
    for (int i = 21; i <= 31; i++)
        assert_int_equal(take(&in_12_h, T0 + i * HOUR, 0).colour, SW_COLOUR_GREEN);
    struct condition condition = take(&in_12_h, T0 + 32 * HOUR, 0);
    assert_true(condition.decided);
    assert_int_equal(condition.colour, SW_COLOUR_ORANGE);
    assert_int_equal(condition.onset_ms, T0 + 20 * HOUR);
    assert_int_equal(condition.rule, SW_ALERT_RULE_NOTHING_IN);
    struct sw_evidence evidence = {0};
    nothing_in_evidence(&window, &in_12_h, (window.last_use_s * SECOND), &evidence);
    assert_int_equal(evidence.coverage_permille, 1000);
    assert_int_equal(evidence.last_use.ms, T0 + 20 * HOUR);
    condition = take(&in_12_h, T0 + 33 * HOUR, 1); /* a single millilitre */
    assert_true(condition.decided);
    assert_int_equal(condition.colour, SW_COLOUR_GREEN);
}

static void a_drip_hides_nothing_where_use_by_people_is_told_apart(void **state)
{
    (void)state;
    forget();
    for (int i = 0; i <= 12; i++) {
        take(&in_12_h, T0 + i * HOUR, 10);
        struct condition by_people = nothing_in_judge(&window, &in_12_h, T0);
        assert_int_equal(by_people.colour, i < 12 ? SW_COLOUR_GREEN : SW_COLOUR_ORANGE);
    }
}

static void time_that_was_not_observed_is_not_quiet(void **state)
{
    (void)state;
    forget();
    for (int i = 0; i <= 10; i++)
        take(&in_3_days, T0 + i * HOUR, i == 10);
    /* 30 h without readings, then still: known again when less than a fifth of three days is missing. */
    int64_t back = T0 + 40 * HOUR;
    for (int i = 0; i <= 57; i++) {
        struct condition condition = take(&in_3_days, back + i * HOUR, 0);
        if (i >= 42) assert_false(condition.decided);
    }
    struct condition condition = take(&in_3_days, back + 58 * HOUR, 0);
    assert_true(condition.decided);
    assert_int_equal(condition.colour, SW_COLOUR_YELLOW);
    assert_int_equal(condition.onset_ms, T0 + 10 * HOUR);
}

static void a_span_whose_gaps_were_not_kept_is_unobserved(void **state)
{
    (void)state;
    forget();
    for (int i = 0; i <= 96; i++) {
        if (i >= 30 && i < 36) continue;
        use_window_alone(&window, &volume_rule, T0 + i * HOUR, 0);
    }
    assert_true(use_window_span_coverage_permille(&window, 3 * DAY) < 900);
    assert_false(nothing_in_judge(&window, &in_3_days, 0).decided);
}

static void a_home_that_never_used_any_needs_t_of_observation(void **state)
{
    (void)state;
    forget();
    for (int i = 0; i < 12; i++)
        assert_false(take(&in_12_h, T0 + i * HOUR, 0).decided);
    struct condition condition = take(&in_12_h, T0 + 12 * HOUR, 0);
    assert_int_equal(condition.colour, SW_COLOUR_ORANGE);
    assert_int_equal(condition.onset_ms, T0);
}

static void off_means_off(void **state)
{
    (void)state;
    forget();
    static const struct nothing_in_policy off = {.window_ms = 0, .coverage_permille = 800, .colour = SW_COLOUR_RED};
    for (int i = 0; i < 100; i++)
        assert_false(take(&off, T0 + i * HOUR, 0).decided);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_for_t_holds_from_t_after_the_last_use),
        cmocka_unit_test(a_drip_hides_nothing_where_use_by_people_is_told_apart),
        cmocka_unit_test(time_that_was_not_observed_is_not_quiet),
        cmocka_unit_test(a_span_whose_gaps_were_not_kept_is_unobserved),
        cmocka_unit_test(a_home_that_never_used_any_needs_t_of_observation),
        cmocka_unit_test(off_means_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
