#include <math.h>
#include <stdlib.h>

#include "cli/backtest_flags.h"
#include "cli/backtest_series.h"
#include "core_fixture.h"

static void samples_and_spans(void **state)
{
    (void)state;
    static const bool labels[] = {0, 1, 1, 1, 0, 0, 1, 1, 0, 0};
    static const bool flags[] = {0, 0, 1, 0, 0, 1, 0, 0, 0, 1};
    struct flag_score score = {0};
    flag_score_count(&score, labels, flags, 10);
    assert_int_equal(score.labelled, 5);
    assert_int_equal(score.flagged, 3);
    assert_int_equal(score.both, 1);
    assert_int_equal(score.label_spans, 2);
    assert_int_equal(score.label_spans_found, 1);
    assert_int_equal(score.flag_spans, 3);
    assert_int_equal(score.flag_spans_right, 1);
    assert_float_equal(flag_score_f1(&score), 2.0 / 8, 1e-12);
    struct flag_score sum = {0};
    flag_score_add(&sum, &score);
    flag_score_add(&sum, &score);
    assert_int_equal(sum.samples, 20);
    assert_int_equal(sum.flag_spans_right, 2);
    assert_true(isnan(flag_share(0, 0)));
}

static void steps_and_flat_lines(void **state)
{
    (void)state;
    static const int64_t levels_mm[] = {100, 120, 151, 151, 151, 151, 140, 100, 100};
    struct series series = {.name = "site"};
    for (size_t i = 0; i < 9; i++)
        assert_true(series_add(&series, T0 + (int64_t)i * 15 * MINUTE, levels_mm[i] * MM));
    static const struct flag_rule step = {"step", 30 * MM, 0}, flat = {"flat", 0, 45 * MINUTE};
    static const bool expected_step[] = {0, 0, 1, 0, 0, 0, 0, 1, 0}, expected_flat[] = {0, 0, 0, 0, 0, 1, 0, 0, 0};
    bool flags[9];
    flag_rule_apply(&step, &series, flags);
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(flags[i], expected_step[i]);
    flag_rule_apply(&flat, &series, flags);
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(flags[i], expected_flat[i]);
    free(series.readings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(samples_and_spans), cmocka_unit_test(steps_and_flat_lines)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
