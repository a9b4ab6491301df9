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
        use_window_alone(&window, &day_rule, T0 + t, 0);
        assert_false(no_use_judge(&window, &day_rule).decided);
    }
    use_window_alone(&window, &day_rule, T0 + DAY, 0);
    struct condition condition = no_use_judge(&window, &day_rule);
    assert_true(condition.decided);
    assert_int_equal(condition.colour, SW_COLOUR_ORANGE);
    assert_int_equal(condition.onset_ms, T0); /* no use seen: the start of the window */
}

static void unobserved_time_is_not_quiet_time(void **state)
{
    (void)state;
    struct use_window window = {0};
    use_window_alone(&window, &day_rule, T0, 0);
    use_window_alone(&window, &day_rule, T0 + DAY, 0); /* the same total at both ends of a day without readings */
    assert_int_equal(use_window_coverage_permille(&window, &day_rule), 0);
    assert_false(no_use_judge(&window, &day_rule).decided);
}

static void use_inside_a_gap_counts_at_its_end(void **state)
{
    (void)state;
    struct use_window window = {0};
    use_window_alone(&window, &day_rule, T0, 0);
    use_window_alone(&window, &day_rule, T0 + 10 * HOUR, 50 * LITRE);
    assert_int_equal((window.last_use_s * SECOND), T0 + 10 * HOUR);
    assert_int_equal(window.volume_ml, 50 * LITRE);
    assert_int_equal(use_window_coverage_permille(&window, &day_rule), 0);
}

static void a_gap_exactly_as_long_as_allowed_is_observed(void **state)
{
    (void)state;
    struct use_window window = {0};
    for (int i = 0; i <= 10; i++)
        use_window_alone(&window, &day_rule, T0 + i * 150 * MINUTE, 0);
    assert_int_equal(use_window_coverage_permille(&window, &day_rule), 1000);
}

static void coverage_follows_a_gap_out_of_the_window(void **state)
{
    (void)state;
    struct use_window window = {0};
    int64_t t = T0;
    for (; t <= T0 + 2 * DAY; t += HOUR)
        use_window_alone(&window, &day_rule, t, 0);
    int64_t gap_end = T0 + 2 * DAY + 6 * HOUR;
    use_window_alone(&window, &day_rule, gap_end, 0);
    assert_int_equal(use_window_coverage_permille(&window, &day_rule), 750);
    use_window_alone(&window, &day_rule, gap_end + 2 * HOUR, 0);
    assert_int_equal(use_window_coverage_permille(&window, &day_rule), 750);
    for (int64_t later = 4 * HOUR; later <= 18 * HOUR; later += 2 * HOUR)
        use_window_alone(&window, &day_rule, gap_end + later, 0);
    assert_int_equal(use_window_coverage_permille(&window, &day_rule), 750);
    use_window_alone(&window, &day_rule, gap_end + 20 * HOUR, 0);
    assert_int_equal(use_window_coverage_permille(&window, &day_rule), 833);
    use_window_alone(&window, &day_rule, gap_end + 22 * HOUR, 0);
    use_window_alone(&window, &day_rule, gap_end + 24 * HOUR, 0);
    assert_int_equal(use_window_coverage_permille(&window, &day_rule), 1000);
}

static void more_gaps_than_fit_never_raise_coverage(void **state)
{
    (void)state;
    struct no_use_policy picky = day_rule;
    picky.observed_gap_ms = 2 * MINUTE;
    struct use_window window = {0};
    int64_t unobserved_ms = 0, t = T0;
    use_window_alone(&window, &picky, t, 0);
    while (t < T0 + DAY) {
        int64_t step = (t / MINUTE) % 7 == 0 ? 5 * MINUTE : MINUTE;
        t += step;
        if (step > picky.observed_gap_ms) unobserved_ms += step;
        use_window_alone(&window, &picky, t, 0);
    }
    int32_t truth = (int32_t)((picky.window_ms - unobserved_ms) * 1000 / picky.window_ms);
    assert_true(use_window_coverage_permille(&window, &picky) <= truth + 5);
    assert_true(use_window_coverage_permille(&window, &picky) >= 0);
    /* And it recovers fully once the gaps have left. */
    for (int64_t end = t + DAY; t <= end;)
        use_window_alone(&window, &picky, t += MINUTE, 0);
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
        use_window_alone(&window, &policy, time_ms, use_ml);
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

/* Windows of weeks, rules of up to 1,000 L, pauses of months: the promises without the exact coverage, for there are
 * more gaps than places. */
static void expect_promises_kept(uint64_t seed, struct model *model)
{
    struct chance chance = {seed * UINT64_C(0x9e3779b97f4a7c15)};
    struct no_use_policy policy = day_rule;
    policy.volume_ml = LITRE + chance_below(&chance, 1000 * LITRE);
    policy.window_ms = DAY + chance_below(&chance, 30 * DAY);
    int64_t span_ms = HOUR + chance_below(&chance, 44 * DAY);
    int64_t most_ml = 1 + chance_below(&chance, policy.volume_ml / 10);
    struct use_window window = {0};
    int64_t time_ms = T0 + chance_below(&chance, 100 * DAY);
    model->count = 0;
    for (int i = 0; i < 4000; i++) {
        time_ms += 1 + chance_below(&chance, 2 * HOUR);
        if (chance_below(&chance, 100) == 0) time_ms += chance_below(&chance, 3 * DAY);
        if (chance_below(&chance, 1500) == 0) time_ms += chance_below(&chance, 200 * DAY);
        int64_t use_ml = chance_below(&chance, i / 700 % 2 ? 60 : 3) ? 0 : chance_below(&chance, most_ml);
        use_window_take(&window, &policy, span_ms, time_ms, use_ml);
        model->time_ms[model->count] = time_ms;
        model->use_ml[model->count++] = use_ml;

        int64_t start_ms = time_ms - policy.window_ms;
        int64_t volume_ml = model_volume_ml(model, start_ms);
        int64_t observed_ms = model_observed_ms(model, start_ms, policy.observed_gap_ms);
        int64_t span_observed_ms = model_observed_ms(model, time_ms - span_ms, policy.observed_gap_ms);
        int32_t coverage = use_window_coverage_permille(&window, &policy);
        int32_t span_coverage = use_window_span_coverage_permille(&window, span_ms);
        if (coverage < 0 || coverage > observed_ms * 1000 / policy.window_ms || span_coverage < 0 ||
            span_coverage > span_observed_ms * 1000 / span_ms)
            fail_msg("seed %llu step %d: coverage %d and %d are too high", (unsigned long long)seed, i, coverage,
                     span_coverage);
        bool full = time_ms - model->time_ms[0] >= policy.window_ms;
        bool little = volume_ml + policy.volume_ml / USE_WINDOW_SHARE < policy.volume_ml;
        struct condition condition = no_use_judge(&window, &policy);
        bool holds = condition.decided && condition.colour != SW_COLOUR_GREEN;
        if (holds && (!full || volume_ml >= policy.volume_ml))
            fail_msg("seed %llu step %d: holds with %lld ml", (unsigned long long)seed, i, (long long)volume_ml);
        if (!holds && full && little && coverage >= policy.coverage_permille)
            fail_msg("seed %llu step %d: does not hold with %lld ml of %lld", (unsigned long long)seed, i,
                     (long long)volume_ml, (long long)policy.volume_ml);
    }
}

static void long_windows_and_large_volumes_keep_the_promises(void **state)
{
    (void)state;
    static struct model model;
    for (uint64_t seed = 1; seed <= 40; seed++)
        expect_promises_kept(seed, &model);
}

static void a_pause_of_months_leaves_nothing_of_the_time_before(void **state)
{
    (void)state;
    /* Around 2^32 ms, where short times begin anew. */
    for (int64_t pause = 49 * DAY; pause < 50 * DAY; pause += 7 * MINUTE) {
        struct use_window window = {0};
        for (int i = 0; i < 30; i++)
            use_window_alone(&window, &day_rule, T0 + i * HOUR, 500);
        int64_t back = T0 + 30 * HOUR + pause;
        use_window_alone(&window, &day_rule, back, 0);
        assert_int_equal(window.volume_ml, 0);
        assert_int_equal(use_window_coverage_permille(&window, &day_rule), 0);
        for (int i = 1; i <= 24; i++)
            use_window_alone(&window, &day_rule, back + i * HOUR, 0);
        assert_int_equal(use_window_coverage_permille(&window, &day_rule), 1000);
        assert_int_equal(no_use_judge(&window, &day_rule).colour, SW_COLOUR_ORANGE);
    }
}

static void a_use_of_a_whole_town_ends_the_stillness_and_leaves_with_the_window(void **state)
{
    (void)state;
    struct use_window window = {0};
    use_window_alone(&window, &day_rule, T0, 0);
    for (int i = 1; i <= 24; i++)
        use_window_alone(&window, &day_rule, T0 + i * HOUR, i <= 3 ? INT64_MAX : 0);
    assert_true(window.volume_ml >= USE_WINDOW_VOLUME_MAX_ML);
    for (int i = 25; i <= 27; i++)
        use_window_alone(&window, &day_rule, T0 + i * HOUR, 0);
    assert_int_equal(window.volume_ml, 0);
    assert_int_equal(no_use_judge(&window, &day_rule).colour, SW_COLOUR_ORANGE);
}

static void a_ring_that_a_changed_rule_fills_loses_no_volume(void **state)
{
    (void)state;
    struct no_use_policy small = day_rule, large = day_rule;
    small.volume_ml = 1600;
    large.volume_ml = 200 * LITRE;
    struct use_window window = {0};
    for (int i = 0; i < 60; i++)
        use_window_alone(&window, &small, T0 + i * MINUTE, 60);
    int64_t volume_ml = window.kept_ml;
    assert_true(volume_ml >= small.volume_ml);
    for (int i = 60; i < 79; i++) {
        use_window_alone(&window, &large, T0 + i * MINUTE, 10 * LITRE);
        assert_int_equal(window.volume_ml, volume_ml += 10 * LITRE);
    }
    /* And it all leaves again. */
    use_window_alone(&window, &large, T0 + 78 * MINUTE + DAY, 0);
    assert_int_equal(window.volume_ml, 0);
}

static void coverage_of_a_span_without_its_gaps_is_never_too_high(void **state)
{
    (void)state;
    static struct model model;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct chance chance = {seed * UINT64_C(0xd1342543de82ef95)};
        struct use_window window = {0};
        int64_t time_ms = T0;
        model.count = 0;
        for (int i = 0; i < 2000; i++) {
            time_ms += 1 + chance_below(&chance, HOUR);
            if (chance_below(&chance, 60) == 0)
                time_ms += chance_below(&chance, chance_below(&chance, 2) ? DAY : 9 * DAY);
            use_window_alone(&window, &day_rule, time_ms, 0);
            model.time_ms[model.count++] = time_ms;
            for (int64_t span_ms = DAY; span_ms <= 8 * DAY; span_ms += 31 * HOUR) {
                int64_t observed_ms = model_observed_ms(&model, time_ms - span_ms, day_rule.observed_gap_ms);
                if (use_window_span_coverage_permille(&window, span_ms) > observed_ms * 1000 / span_ms)
                    fail_msg("seed %llu step %d: coverage of %lld h is %d, not %lld", (unsigned long long)seed, i,
                             (long long)(span_ms / HOUR), use_window_span_coverage_permille(&window, span_ms),
                             (long long)(observed_ms * 1000 / span_ms));
            }
        }
    }
}

static void a_rule_beyond_what_is_kept_is_never_decided_as_still(void **state)
{
    (void)state;
    struct no_use_policy policies[2] = {day_rule, day_rule};
    policies[0].window_ms = USE_WINDOW_LONGEST_MS + 1;
    policies[1].volume_ml = USE_WINDOW_VOLUME_MAX_ML + 1;
    for (int k = 0; k < 2; k++) {
        struct use_window window = {0};
        for (int64_t t = 0; t < 60 * DAY; t += HOUR) {
            use_window_alone(&window, &policies[k], T0 + t, 0);
            assert_false(no_use_judge(&window, &policies[k]).decided);
        }
    }
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
        cmocka_unit_test(long_windows_and_large_volumes_keep_the_promises),
        cmocka_unit_test(a_pause_of_months_leaves_nothing_of_the_time_before),
        cmocka_unit_test(a_use_of_a_whole_town_ends_the_stillness_and_leaves_with_the_window),
        cmocka_unit_test(a_ring_that_a_changed_rule_fills_loses_no_volume),
        cmocka_unit_test(coverage_of_a_span_without_its_gaps_is_never_too_high),
        cmocka_unit_test(a_rule_beyond_what_is_kept_is_never_decided_as_still),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
