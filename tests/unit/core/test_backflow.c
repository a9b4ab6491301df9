/* Water that runs back, told apart from a register that trembles. */
#include "core/detect/backflow.h"
#include "core_fixture.h"

static const struct meter_policy pipe = {.rollover_ml = 0, .max_flow_ml_s = 2200};

struct bench {
    struct backflow_policy policy;
    struct meter meter;
    struct backflow backflow;
    int64_t time_ms, total_ml, pulse_ml;
};

static struct bench begin(void)
{
    struct bench bench = {.policy = backflow_policy_default(), .time_ms = T0, .total_ml = 100000 * LITRE};
    return bench;
}

static bool step(struct bench *bench, int64_t step_ml)
{
    bench->time_ms += HOUR;
    bench->total_ml += step_ml;
    struct meter_verdict verdict = meter_take(&bench->meter, &pipe, bench->time_ms, bench->total_ml);
    backflow_take_total(&bench->backflow, &bench->policy, bench->time_ms, &verdict, bench->pulse_ml);
    return backflow_judge(&bench->backflow, &bench->policy).colour != SW_COLOUR_GREEN;
}

static bool reverse(struct bench *bench, int64_t reverse_ml)
{
    backflow_take_reverse(&bench->backflow, &bench->policy, &pipe, bench->time_ms, reverse_ml, bench->pulse_ml);
    return backflow_judge(&bench->backflow, &bench->policy).colour != SW_COLOUR_GREEN;
}

static void a_register_that_trembles_is_no_backflow(void **state)
{
    (void)state;
    struct bench bench = begin();
    for (int i = 0; i < 1000; i++) {
        assert_false(step(&bench, i % 4 < 2 ? LITRE : -LITRE));
        assert_false(reverse(&bench, i / 2 * LITRE)); /* a reverse total counts each of them */
    }
}

static void one_pulse_back_is_no_backflow_however_large(void **state)
{
    (void)state;
    struct bench bench = begin();
    bench.pulse_ml = 100 * LITRE;
    step(&bench, 0);
    assert_false(step(&bench, -100 * LITRE));
    assert_false(step(&bench, 0));
}

static void a_boiler_that_drains_is_told_until_it_is_filled_again(void **state)
{
    (void)state;
    struct bench bench = begin();
    step(&bench, 5 * LITRE);
    assert_false(step(&bench, -80 * LITRE)); /* might be a wrong value yet */
    assert_true(step(&bench, 0));
    struct sw_evidence evidence = {0};
    backflow_evidence(&bench.backflow, &bench.policy, &evidence);
    assert_int_equal(evidence.rule, SW_ALERT_RULE_RAN_BACK);
    assert_int_equal(evidence.value_milli, 80 * LITRE);
    assert_true(step(&bench, 50 * LITRE));
    for (int hour = 0; hour < 4; hour++)
        assert_true(step(&bench, 10 * LITRE));
    assert_false(step(&bench, 10 * LITRE)); /* 6 h after the last */
}

static void small_runs_back_add_up(void **state)
{
    (void)state;
    struct bench bench = begin();
    step(&bench, LITRE);
    bool told = false;
    for (int i = 0; i < 24 && !told; i++)
        told = step(&bench, i % 2 ? 0 : -2 * LITRE);
    assert_true(told);
    assert_in_range(bench.backflow.spell_ml, 10 * LITRE + 1, 14 * LITRE);
}

static void it_is_over_after_a_day_without(void **state)
{
    (void)state;
    struct bench bench = begin();
    step(&bench, 0);
    step(&bench, -50 * LITRE);
    assert_true(step(&bench, 0));
    for (int hour = 1; hour < 24; hour++)
        assert_true(step(&bench, 0));
    assert_false(step(&bench, 0));
}

static void a_single_wrong_value_and_a_series_that_goes_again_are_no_backflow(void **state)
{
    (void)state;
    struct bench bench = begin();
    step(&bench, 0);
    assert_false(step(&bench, -90 * LITRE));
    assert_false(step(&bench, 91 * LITRE));
    step(&bench, -90 * LITRE);
    assert_true(step(&bench, 0));
    assert_false(step(&bench, 90 * LITRE)); /* back in its place: nothing had run back */
}

static void an_exchange_is_no_backflow(void **state)
{
    (void)state;
    struct bench bench = begin();
    step(&bench, 0);
    step(&bench, -bench.total_ml);
    for (int i = 0; i < 30; i++)
        assert_false(step(&bench, LITRE));
}

static void the_reverse_total_is_believed_before_the_total(void **state)
{
    (void)state;
    struct bench bench = begin();
    step(&bench, 0);
    assert_false(reverse(&bench, 500 * LITRE)); /* where it stood when it was read first */
    step(&bench, -15 * LITRE);
    step(&bench, 0);
    assert_false(backflow_judge(&bench.backflow, &bench.policy).colour != SW_COLOUR_GREEN);
    assert_true(reverse(&bench, 515 * LITRE));
    assert_int_equal(bench.backflow.spell_ml, 15 * LITRE);
    struct sw_evidence evidence = {0};
    backflow_evidence(&bench.backflow, &bench.policy, &evidence);
    assert_int_equal(evidence.value_kind, SW_READING_WATER_REVERSE_INDEX);
}

static void wrong_reverse_totals_need_a_second_reading(void **state)
{
    (void)state;
    struct bench bench = begin();
    static const int64_t litres[] = {500, 248743, 500, 436, 500, 500, 3, 3, 4};
    for (size_t i = 0; i < sizeof litres / sizeof litres[0]; i++) {
        step(&bench, 0);
        assert_false(reverse(&bench, litres[i] * LITRE));
    }
    assert_int_equal(bench.backflow.reverse_ml, 4 * LITRE); /* a new meter */
    assert_false(reverse(&bench, -1));
    assert_false(reverse(&bench, INT64_MAX));
    assert_int_equal(bench.backflow.reverse_ml, 4 * LITRE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_register_that_trembles_is_no_backflow),
        cmocka_unit_test(one_pulse_back_is_no_backflow_however_large),
        cmocka_unit_test(a_boiler_that_drains_is_told_until_it_is_filled_again),
        cmocka_unit_test(small_runs_back_add_up),
        cmocka_unit_test(it_is_over_after_a_day_without),
        cmocka_unit_test(a_single_wrong_value_and_a_series_that_goes_again_are_no_backflow),
        cmocka_unit_test(an_exchange_is_no_backflow),
        cmocka_unit_test(the_reverse_total_is_believed_before_the_total),
        cmocka_unit_test(wrong_reverse_totals_need_a_second_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
