#include <stdlib.h>

#include "cli/backtest_home.h"
#include "core_fixture.h"

static const struct fixed_rule nothing_in_24_h = {"nothing in 24 h", 1, 24 * HOUR};

static const struct drip no_drip = {.lot_ml = 1, .step_ml = LITRE};

/* The policy that is the same as nothing_in_24_h, with every other rule of a home's water off. */
static struct policy same_policy(void)
{
    struct policy policy = policy_city_default();
    policy.no_use.volume_ml = 1;
    policy.no_use.window_ms = 24 * HOUR;
    policy.no_use.coverage_permille = 1000;
    policy.nothing_in.window_ms = 0;
    policy.no_real_use.window_ms = 0;
    policy.habit.enabled = false;
    policy.use_start.drip_most_ml_day = 0;
    policy.leak.advice_ms = 0;
    policy.burst.flow_ml_min = 0;
    policy.day_volume.limit_ml = 0;
    policy.backflow.volume_ml = 0;
    policy.tell_first_use = false;
    policy.tell_slow_change = false;
    policy.meter_fault.stuck_ms = 0;
    return policy;
}

/* Sixty days, hourly: uses at 7 and 19 o'clock, except on days 40 and 41 (away from 19 o'clock on day 39 to 7 o'clock
 * on day 42). */
static struct series sixty_days(void)
{
    struct series series = {.name = "home"};
    int64_t total_ml = 100 * LITRE;
    for (int hour = 0; hour < 60 * 24; hour++) {
        bool away = hour / 24 == 40 || hour / 24 == 41;
        if (!away && (hour % 24 == 7 || hour % 24 == 19)) total_ml += 10 * LITRE;
        assert_true(series_add(&series, T0 + hour * HOUR, total_ml));
    }
    return series;
}

struct case_of_home {
    struct series series;
    struct policy policy;
    struct history history;
    struct numbers cuts;
};

static struct case_of_home begin(bool without_absences)
{
    struct case_of_home home = {.series = sixty_days(), .policy = same_policy()};
    assert_true(home_history(&home.series, &home.policy, &home.history));
    assert_true(home_cuts(&home.history, 5 * HOUR, without_absences, &home.cuts));
    return home;
}

static void end(struct case_of_home *home)
{
    free(home->series.readings);
    history_free(&home->history);
    numbers_free(&home->cuts);
}

static void check_score(struct home_score *score, const struct case_of_home *home)
{
    assert_int_equal(score->observed_ms, (60 * 24 - 1) * HOUR);
    assert_int_equal(score->alarms, 1);
    assert_int_equal(score->alarms_under_36h, 0);
    assert_int_equal(score->alarms_under_24h, 0);
    assert_int_equal(score->delays_ms.count, home->cuts.count);
    assert_int_equal(score->untold, 0);
    assert_int_equal(numbers_quantile(&score->delays_ms, 0), 24 * HOUR);
    assert_int_equal(numbers_quantile(&score->delays_ms, 1000), 24 * HOUR);
}

static void the_core_and_the_model_of_the_same_rule_agree(void **state)
{
    (void)state;
    struct case_of_home home = begin(false);
    struct home_score core = {0}, fixed = {0};
    assert_true(home_score_core(&home.series, &no_drip, &home.policy, &home.history, &home.cuts, false, &core));
    assert_true(home_score_fixed(&nothing_in_24_h, &home.history, &home.cuts, false, &fixed));
    check_score(&core, &home);
    check_score(&fixed, &home);
    assert_int_equal(core.raised[SW_ALERT_KIND_NO_USE], 1);
    assert_int_equal(core.serious[SW_ALERT_KIND_NO_USE], 1);
    for (int kind = 0; kind < SW_ALERT_KIND_COUNT; kind++)
        if (kind != SW_ALERT_KIND_NO_USE) assert_int_equal(core.raised[kind], 0);
    end(&home);
    home_score_free(&core);
    home_score_free(&fixed);
}

static void cuts_begin_after_28_days_and_come_every_five_hours(void **state)
{
    (void)state;
    struct case_of_home home = begin(false);
    assert_int_equal(home.cuts.values[0], T0 + 675 * HOUR); /* 28 days are 672 h */
    assert_int_equal(home.cuts.values[1], T0 + 680 * HOUR);
    assert_int_equal(home.cuts.values[home.cuts.count - 1], T0 + 1435 * HOUR);
    assert_int_equal(home.cuts.count, 153);
    end(&home);
}

static void absences_can_be_left_out(void **state)
{
    (void)state;
    struct case_of_home home = begin(true);
    int64_t away_ms = T0 + (39 * 24 + 19) * HOUR, back_ms = T0 + (42 * 24 + 7) * HOUR;
    for (size_t i = 0; i < home.cuts.count; i++)
        assert_true(home.cuts.values[i] < away_ms || home.cuts.values[i] >= back_ms);
    struct home_score core = {0}, fixed = {0};
    assert_true(home_score_core(&home.series, &no_drip, &home.policy, &home.history, &home.cuts, true, &core));
    assert_true(home_score_fixed(&nothing_in_24_h, &home.history, &home.cuts, true, &fixed));
    assert_int_equal(core.alarms, 0);
    assert_int_equal(fixed.alarms, 0);
    end(&home);
    home_score_free(&core);
    home_score_free(&fixed);
}

static void what_is_not_told_within_48_h_counts_as_48_h(void **state)
{
    (void)state;
    struct case_of_home home = begin(false);
    home.policy.no_use.window_ms = 72 * HOUR;
    struct home_score core = {0};
    assert_true(home_score_core(&home.series, &no_drip, &home.policy, &home.history, &home.cuts, false, &core));
    assert_int_equal(core.alarms, 0);
    assert_int_equal(core.untold, home.cuts.count);
    assert_int_equal(numbers_quantile(&core.delays_ms, 0), 48 * HOUR);
    end(&home);
    home_score_free(&core);
}

/* Two litres a day: a litre every twelve hours hides the still home from a rule that asks for nothing at all. */
static void a_drip_goes_on_after_the_water_stops(void **state)
{
    (void)state;
    struct case_of_home home = begin(false);
    const struct drip drip = {.ml_day = 2 * LITRE, .lot_ml = 1, .step_ml = LITRE};
    struct home_score score = {0};
    assert_true(home_score_core(&home.series, &drip, &home.policy, &home.history, &home.cuts, false, &score));
    assert_int_equal(score.alarms, 0);
    assert_int_equal(score.untold, home.cuts.count);
    home.policy.no_use.volume_ml = 4 * LITRE;
    struct home_score by_volume = {0};
    assert_true(home_score_core(&home.series, &drip, &home.policy, &home.history, &home.cuts, false, &by_volume));
    assert_int_equal(by_volume.untold, 0);
    end(&home);
    home_score_free(&score);
    home_score_free(&by_volume);
}

static void scores_add_up(void **state)
{
    (void)state;
    struct case_of_home home = begin(false);
    struct home_score one = {0}, sum = {0};
    assert_true(home_score_fixed(&nothing_in_24_h, &home.history, &home.cuts, false, &one));
    assert_true(home_score_add(&sum, &one) && home_score_add(&sum, &one));
    assert_int_equal(sum.homes, 2);
    assert_int_equal(sum.alarms, 2);
    assert_int_equal(sum.observed_ms, 2 * one.observed_ms);
    assert_int_equal(sum.delays_ms.count, 2 * one.delays_ms.count);
    end(&home);
    home_score_free(&one);
    home_score_free(&sum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_core_and_the_model_of_the_same_rule_agree),
        cmocka_unit_test(cuts_begin_after_28_days_and_come_every_five_hours),
        cmocka_unit_test(absences_can_be_left_out),
        cmocka_unit_test(what_is_not_told_within_48_h_counts_as_48_h),
        cmocka_unit_test(a_drip_goes_on_after_the_water_stops),
        cmocka_unit_test(scores_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
