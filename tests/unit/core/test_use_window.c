/* The window of the no-use rule, against a slow model that keeps everything. */
#include "core/aggregate/use_window.h"
#include "core/detect/no_use.h"
#include "core_fixture.h"

static const struct no_use_policy day_rule = {.volume_ml = 2000,
                                              .window_ms = 24 * 3600 * 1000,
                                              .coverage_permille = 800,
                                              .observed_gap_ms = 150 * 60 * 1000,
                                              .colour = SW_COLOUR_ORANGE};

static void a_home_seen_for_less_than_a_window_is_undecided(void **state)
{
    (void)state;
    struct use_window window = {0};
    for (int64_t t = 0; t < DAY; t += MINUTE) {
        use_window_take(&window, &day_rule, T0 + t, 0);
        assert_false(no_use_judge(&window, &day_rule).decided);
    }
    use_window_take(&window, &day_rule, T0 + DAY, 0);
    struct condition condition = no_use_judge(&window, &day_rule);
    assert_true(condition.decided);
    assert_int_equal(condition.colour, SW_COLOUR_ORANGE);
    assert_int_equal(condition.onset_ms, T0); /* no use seen: the start of the window */
}

static void unobserved_time_is_not_quiet_time(void **state)
{
    (void)state;
    struct use_window window = {0};
    use_window_take(&window, &day_rule, T0, 0);
    use_window_take(&window, &day_rule, T0 + DAY, 0); /* the same total at both ends of a day without readings */
    assert_int_equal(use_window_coverage_permille(&window, &day_rule), 0);
    assert_false(no_use_judge(&window, &day_rule).decided);
}

static void use_inside_a_gap_counts_at_its_end(void **state)
{
    (void)state;
    struct use_window window = {0};
    use_window_take(&window, &day_rule, T0, 0);
    use_window_take(&window, &day_rule, T0 + 10 * HOUR, 50 * LITRE);
    assert_int_equal(window.last_use_ms, T0 + 10 * HOUR);
    assert_int_equal(window.volume_ml, 50 * LITRE);
    assert_int_equal(use_window_coverage_permille(&window, &day_rule), 0);
}

static void a_gap_exactly_as_long_as_allowed_is_observed(void **state)
{
    (void)state;
    struct use_window window = {0};
    for (int i = 0; i <= 10; i++)
        use_window_take(&window, &day_rule, T0 + i * 150 * MINUTE, 0);
    assert_int_equal(use_window_coverage_permille(&window, &day_rule), 1000);
}

static void coverage_follows_a_gap_out_of_the_window(void **state)
{
    (void)state;
    struct use_window window = {0};
    int64_t t = T0;
    for (; t <= T0 + 2 * DAY; t += HOUR)
        use_window_take(&window, &day_rule, t, 0);
    int64_t gap_end = T0 + 2 * DAY + 6 * HOUR;
    use_window_take(&window, &day_rule, gap_end, 0);
    assert_int_equal(use_window_coverage_permille(&window, &day_rule), 750);
    use_window_take(&window, &day_rule, gap_end + 2 * HOUR, 0);
    assert_int_equal(use_window_coverage_permille(&window, &day_rule), 750);
    for (int64_t later = 4 * HOUR; later <= 18 * HOUR; later += 2 * HOUR)
        use_window_take(&window, &day_rule, gap_end + later, 0);
    assert_int_equal(use_window_coverage_permille(&window, &day_rule), 750);
    use_window_take(&window, &day_rule, gap_end + 20 * HOUR, 0);
    assert_int_equal(use_window_coverage_permille(&window, &day_rule), 833);
    use_window_take(&window, &day_rule, gap_end + 22 * HOUR, 0);
    use_window_take(&window, &day_rule, gap_end + 24 * HOUR, 0);
    assert_int_equal(use_window_coverage_permille(&window, &day_rule), 1000);
}

static void more_gaps_than_fit_never_raise_coverage(void **state)
{
    (void)state;
    struct no_use_policy picky = day_rule;
    picky.observed_gap_ms = 2 * MINUTE;
    struct use_window window = {0};
    int64_t unobserved_ms = 0, t = T0;
    use_window_take(&window, &picky, t, 0);
    while (t < T0 + DAY) {
        int64_t step = (t / MINUTE) % 7 == 0 ? 5 * MINUTE : MINUTE;
        t += step;
        if (step > picky.observed_gap_ms) unobserved_ms += step;
        use_window_take(&window, &picky, t, 0);
    }
    int32_t truth = (int32_t)((picky.window_ms - unobserved_ms) * 1000 / picky.window_ms);
    assert_true(use_window_coverage_permille(&window, &picky) <= truth + 5);
    assert_true(use_window_coverage_permille(&window, &picky) >= 0);
    /* And it recovers fully once the gaps have left. */
    for (int64_t end = t + DAY; t <= end;)
        use_window_take(&window, &picky, t += MINUTE, 0);
    assert_int_equal(use_window_coverage_permille(&window, &picky), 1000);
}

#define MODEL_MAX 20000

struct model {
    int64_t time_ms[MODEL_MAX], use_ml[MODEL_MAX];
    int count;
};

static int64_t model_volume_ml(const struct model *model, int64_t start_ms)
{
    int64_t volume_ml = 0;
    for (int i = model->count - 1; i >= 0 && model->time_ms[i] > start_ms; i--)
        volume_ml += model->use_ml[i];
    return volume_ml;
}

static int64_t model_observed_ms(const struct model *model, int64_t start_ms, int64_t gap_ms)
{
    int64_t observed_ms = 0;
    for (int i = model->count - 1; i > 0 && model->time_ms[i] > start_ms; i--) {
        int64_t from_ms = model->time_ms[i - 1];
        if (model->time_ms[i] - from_ms > gap_ms) continue;
        observed_ms += model->time_ms[i] - (from_ms > start_ms ? from_ms : start_ms);
    }
    return observed_ms;
}

/* The rule never holds when the model says there was enough use, always when the volume is below it by more than the
 * share that small uses may hide; coverage is equal to the model's. */
static void expect_like_model(uint64_t seed, struct model *model)
{
    struct chance chance = {seed * UINT64_C(0x2545f4914f6cdd1d)};
    struct no_use_policy policy = day_rule;
    policy.volume_ml = 1 + chance_below(&chance, 20 * LITRE);
    policy.window_ms = HOUR + chance_below(&chance, 2 * DAY);
    policy.observed_gap_ms = policy.window_ms / 10;
    int64_t period_ms = 1 + chance_below(&chance, 10 * MINUTE);
    int64_t drip_ml = 1 + chance_below(&chance, policy.volume_ml);
    struct use_window window = {0};
    int64_t time_ms = T0;
    model->count = 0;
    for (int i = 0; i < 3000; i++) {
        time_ms += 1 + chance_below(&chance, 2 * period_ms);
        if (chance_below(&chance, 300) == 0) time_ms += policy.observed_gap_ms + chance_below(&chance, HOUR);
        bool quiet = i / 500 % 2 == 1;
        int64_t use_ml = chance_below(&chance, quiet ? 40 : 4) ? 0 : chance_below(&chance, drip_ml);
        use_window_take(&window, &policy, time_ms, use_ml);
        model->time_ms[model->count] = time_ms;
        model->use_ml[model->count++] = use_ml;

        int64_t start_ms = time_ms - policy.window_ms;
        int64_t volume_ml = model_volume_ml(model, start_ms);
        int64_t observed_ms = model_observed_ms(model, start_ms, policy.observed_gap_ms);
        int32_t coverage = (int32_t)(observed_ms * 1000 / policy.window_ms);
        if (use_window_coverage_permille(&window, &policy) != coverage)
            fail_msg("seed %llu step %d: coverage %d, model %d", (unsigned long long)seed, i,
                     use_window_coverage_permille(&window, &policy), coverage);
        bool known = time_ms - model->time_ms[0] >= policy.window_ms && coverage >= policy.coverage_permille;
        struct condition condition = no_use_judge(&window, &policy);
        bool holds = condition.decided && condition.colour != SW_COLOUR_GREEN;
        bool surely = known && volume_ml + policy.volume_ml / USE_WINDOW_SHARE < policy.volume_ml;
        if (holds && (!known || volume_ml >= policy.volume_ml))
            fail_msg("seed %llu step %d: holds with %lld ml in the window", (unsigned long long)seed, i,
                     (long long)volume_ml);
        if (surely && !holds)
            fail_msg("seed %llu step %d: does not hold with %lld ml of %lld", (unsigned long long)seed, i,
                     (long long)volume_ml, (long long)policy.volume_ml);
    }
}

static void holds_exactly_when_the_slow_model_does(void **state)
{
    (void)state;
    static struct model model;
    for (uint64_t seed = 1; seed <= 60; seed++)
        expect_like_model(seed, &model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_home_seen_for_less_than_a_window_is_undecided),
        cmocka_unit_test(unobserved_time_is_not_quiet_time),
        cmocka_unit_test(use_inside_a_gap_counts_at_its_end),
        cmocka_unit_test(a_gap_exactly_as_long_as_allowed_is_observed),
        cmocka_unit_test(coverage_follows_a_gap_out_of_the_window),
        cmocka_unit_test(more_gaps_than_fit_never_raise_coverage),
        cmocka_unit_test(holds_exactly_when_the_slow_model_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
