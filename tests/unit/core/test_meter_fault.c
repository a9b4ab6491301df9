/* Faults of meters: each is told by its own name, and a home that is only still is none. */
#include "core_fixture.h"
#include "meter_run.h"

static struct meter_run run;

/* A home read every hour, and what its meter does beside its work. */
struct bench {
    struct chance chance;
    int64_t time_ms, total_ml, shown_ml;
    int64_t pulse_ml;
    bool still;
};

static struct bench begin(uint64_t seed)
{
    meter_run_begin(&run, "bench");
    return (struct bench){
        .chance = {seed}, .time_ms = T0, .total_ml = 600000 * LITRE, .shown_ml = 0, .pulse_ml = LITRE};
}

static void read_meter(struct bench *bench, int64_t shown_ml)
{
    struct meter_verdict verdict = meter_take(&run.meter, &run.policy.meter, bench->time_ms, shown_ml);
    meter_fault_take(&run.fault, &run.fault_policy, bench->time_ms, shown_ml, &verdict);
    backflow_take_total(&run.backflow, &run.backflow_policy, bench->time_ms, &verdict, run.fault.pulse_ml);
    if (verdict.quality == SW_QUALITY_GOOD)
        use_window_alone(&run.window, &run.policy.no_use, bench->time_ms, verdict.use_ml);
    bench->time_ms += HOUR;
}

/* Hours of ordinary life. The meter shows its total plus shown_ml in whole pulses. */
static void live(struct bench *bench, int hours)
{
    for (int i = 0; i < hours; i++) {
        int64_t hour = bench->time_ms / HOUR % 24;
        bool uses = hour >= 6 && hour < 23 && chance_below(&bench->chance, 2) == 0;
        if (uses && !bench->still) bench->total_ml += 1 + chance_below(&bench->chance, 60 * LITRE);
        read_meter(bench, (bench->total_ml + bench->shown_ml) / bench->pulse_ml * bench->pulse_ml);
    }
}

static enum sw_alert_rule told(void)
{
    struct condition condition = meter_fault_judge(&run.fault, &run.fault_policy);
    assert_true(condition.decided);
    assert_true((condition.colour == SW_COLOUR_GREEN) == (condition.rule == SW_ALERT_RULE_NONE));
    return condition.rule;
}

static struct sw_evidence evidence(void)
{
    struct sw_evidence evidence = {0};
    meter_fault_evidence(&run.fault, &evidence);
    return evidence;
}

static void ordinary_life_is_no_fault(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct bench bench = begin(seed);
        static const int64_t pulses[] = {1, 10, 500, LITRE, 10 * LITRE, 100 * LITRE};
        bench.pulse_ml = pulses[seed % 6];
        for (int day = 0; day < 400; day++) {
            live(&bench, 24);
            if (told() != SW_ALERT_RULE_NONE)
                fail_msg("seed %llu day %d: rule %d", (unsigned long long)seed, day, told());
        }
    }
}

static void single_wrong_values_are_counted_and_not_told(void **state)
{
    (void)state;
    struct bench bench = begin(3);
    live(&bench, 10 * 24);
    for (int i = 0; i < 2; i++) {
        read_meter(&bench, bench.total_ml + 248243 * LITRE);
        live(&bench, 10);
        read_meter(&bench, bench.total_ml - 12288 * LITRE);
        live(&bench, 10);
    }
    assert_int_equal(told(), SW_ALERT_RULE_NONE);
    assert_int_equal(meter_fault_count(&run.fault, METER_FAULT_JUMPS), 2);
    assert_int_equal(meter_fault_count(&run.fault, METER_FAULT_BACKS), 2);
    live(&bench, 31 * 24);
    assert_int_equal(meter_fault_count(&run.fault, METER_FAULT_JUMPS), 0);
    assert_int_equal(meter_fault_count(&run.fault, METER_FAULT_BACKS), 0);
}

static void the_third_jump_in_30_days_is_told_and_ends_after_14_good_days(void **state)
{
    (void)state;
    struct bench bench = begin(4);
    live(&bench, 24);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(told(), SW_ALERT_RULE_NONE);
        live(&bench, 5 * 24);
        read_meter(&bench, bench.total_ml + 90000 * LITRE);
        live(&bench, 1);
    }
    assert_int_equal(told(), SW_ALERT_RULE_JUMP);
    assert_int_equal(evidence().count, 3);
    assert_in_range(evidence().value_milli, 89000 * LITRE, 90100 * LITRE);
    live(&bench, 14 * 24 - 2);
    assert_int_equal(told(), SW_ALERT_RULE_JUMP);
    live(&bench, 2);
    assert_int_equal(told(), SW_ALERT_RULE_NONE);
}

static void values_that_are_all_different_garbage_are_told(void **state)
{
    (void)state;
    struct bench bench = begin(5);
    live(&bench, 3 * 24);
    for (int i = 4; i > 0; i--)
        read_meter(&bench, bench.total_ml + i * 90000 * LITRE);
    assert_int_equal(told(), SW_ALERT_RULE_JUMP);
}

static void a_total_that_jumps_for_good_is_told_at_once(void **state)
{
    (void)state;
    struct bench bench = begin(6);
    live(&bench, 3 * 24);
    bench.shown_ml = 50000 * LITRE;
    live(&bench, 2);
    assert_int_equal(told(), SW_ALERT_RULE_JUMP);
    assert_int_equal(evidence().count, 1);
    live(&bench, 15 * 24);
    assert_int_equal(told(), SW_ALERT_RULE_NONE);
}

static void an_exchanged_meter_is_set_back_and_never_tamper(void **state)
{
    (void)state;
    struct bench bench = begin(7);
    live(&bench, 30 * 24);
    bench.shown_ml = -bench.total_ml;
    for (int day = 0; day < 13; day++) {
        live(&bench, 24);
        assert_int_equal(told(), SW_ALERT_RULE_INDEX_SET_BACK);
    }
    assert_true(evidence().value_milli <= -600000 * LITRE);
    live(&bench, 3 * 24);
    assert_int_equal(told(), SW_ALERT_RULE_NONE);
}

/* Its total comes past the old one within days: the old meter is not back for that. */
static void an_exchanged_meter_a_little_lower_is_told_for_14_days(void **state)
{
    (void)state;
    struct bench bench = begin(34);
    bench.total_ml = 1200 * LITRE;
    live(&bench, 2 * 24);
    bench.shown_ml = 200 * LITRE - bench.total_ml;
    for (int day = 0; day < 13; day++) {
        live(&bench, 24);
        if (told() != SW_ALERT_RULE_INDEX_SET_BACK) fail_msg("day %d: rule %d", day, told());
    }
    live(&bench, 3 * 24);
    assert_int_equal(told(), SW_ALERT_RULE_NONE);
}

/* A wrong series that goes with the true one, a thousand litres lower, and then is gone. */
static void a_lower_series_that_follows_the_true_one_is_withdrawn(void **state)
{
    (void)state;
    struct bench bench = begin(35);
    live(&bench, 30 * 24);
    bench.shown_ml = -1000 * LITRE;
    live(&bench, 2 * 24);
    assert_int_equal(told(), SW_ALERT_RULE_INDEX_SET_BACK);
    bench.shown_ml = 0;
    live(&bench, 1);
    assert_int_equal(told(), SW_ALERT_RULE_NONE);
}

static void a_first_total_that_is_wrong_is_no_exchange(void **state)
{
    (void)state;
    struct bench bench = begin(8);
    read_meter(&bench, bench.total_ml * 2);
    live(&bench, 24);
    assert_int_equal(told(), SW_ALERT_RULE_NONE);
}

static void a_total_set_back_twice_is_tamper(void **state)
{
    (void)state;
    struct bench bench = begin(9);
    live(&bench, 30 * 24);
    bench.shown_ml = -bench.total_ml;
    live(&bench, 10 * 24);
    assert_int_equal(told(), SW_ALERT_RULE_INDEX_SET_BACK);
    bench.shown_ml = -bench.total_ml;
    live(&bench, 2);
    assert_int_equal(told(), SW_ALERT_RULE_TAMPER);
    assert_int_equal(evidence().count, 2);
    live(&bench, 15 * 24);
    assert_int_equal(told(), SW_ALERT_RULE_NONE);
}

static void a_total_that_is_lowered_is_tamper_once_it_has_stood_for_a_week(void **state)
{
    (void)state;
    struct bench bench = begin(10);
    live(&bench, 30 * 24);
    bench.shown_ml = -20000 * LITRE;
    live(&bench, 6 * 24);
    assert_int_equal(told(), SW_ALERT_RULE_INDEX_SET_BACK);
    live(&bench, 2 * 24);
    assert_int_equal(told(), SW_ALERT_RULE_TAMPER);
}

static void a_lower_series_that_goes_again_is_withdrawn(void **state)
{
    (void)state;
    struct bench bench = begin(11);
    live(&bench, 30 * 24);
    bench.shown_ml = -20000 * LITRE;
    live(&bench, 3 * 24);
    assert_int_equal(told(), SW_ALERT_RULE_INDEX_SET_BACK);
    bench.shown_ml = 0;
    live(&bench, 1);
    assert_int_equal(told(), SW_ALERT_RULE_NONE);
    assert_int_equal(meter_fault_count(&run.fault, METER_FAULT_SET_BACKS), 0);
    assert_int_equal(meter_fault_count(&run.fault, METER_FAULT_BACKS), 1);
}

static void a_meter_mounted_backwards_is_told_as_fault_and_backflow(void **state)
{
    (void)state;
    struct bench bench = begin(12);
    live(&bench, 30 * 24);
    for (int i = 0; i < 48; i++)
        read_meter(&bench, bench.total_ml -= chance_below(&bench.chance, 60 * LITRE));
    assert_true(told() != SW_ALERT_RULE_NONE);
    assert_int_equal(backflow_judge(&run.backflow, &run.backflow_policy).colour, SW_COLOUR_YELLOW);
}

static void a_pulse_weight_that_changes_is_told_within_days_and_once(void **state)
{
    (void)state;
    static const int64_t weights[][2] = {{1, 10}, {10, 1}, {1, 2}, {1, 100}, {10, 25}};
    for (size_t k = 0; k < sizeof weights / sizeof weights[0]; k++) {
        struct bench bench = begin(20 + k);
        bench.pulse_ml = weights[k][0] * LITRE;
        live(&bench, 60 * 24);
        assert_int_equal(run.fault.pulse_ml, bench.pulse_ml);
        assert_int_equal(told(), SW_ALERT_RULE_NONE);
        bench.total_ml = bench.total_ml / (50 * LITRE) * (50 * LITRE) + 50 * LITRE;
        bench.pulse_ml = weights[k][1] * LITRE;
        int days = 0;
        /* A pulse of 100 L comes a few times a day only. */
        for (; told() == SW_ALERT_RULE_NONE && days < 40; days++)
            live(&bench, 24);
        assert_int_equal(told(), SW_ALERT_RULE_PULSE_WEIGHT);
        assert_int_equal(run.fault.pulse_ml, weights[k][0] == 10 && weights[k][1] == 25 ? 5 * LITRE : bench.pulse_ml);
        live(&bench, 15 * 24);
        for (int day = 0; day < 60 && weights[k][1] != 25; day++) {
            live(&bench, 24);
            assert_int_equal(told(), SW_ALERT_RULE_NONE);
        }
    }
}

static void low_digits_that_freeze_are_a_changed_pulse_weight(void **state)
{
    (void)state;
    struct bench bench = begin(30);
    bench.pulse_ml = 1;
    live(&bench, 60 * 24);
    for (int day = 0; day < 12; day++)
        for (int hour = 0; hour < 24; hour++) {
            if (hour >= 6) bench.total_ml += chance_below(&bench.chance, 60 * LITRE);
            read_meter(&bench, bench.total_ml / LITRE * LITRE + 526);
        }
    assert_int_equal(run.fault.pulse_ml, LITRE);
    assert_int_equal(told(), SW_ALERT_RULE_PULSE_WEIGHT);
}

static void a_still_home_is_no_use_long_before_it_is_a_stuck_meter(void **state)
{
    (void)state;
    struct bench bench = begin(31);
    live(&bench, 60 * 24);
    bench.still = true;
    live(&bench, 26);
    assert_int_equal(no_use_judge(&run.window, &run.policy.no_use).colour, SW_COLOUR_ORANGE);
    for (int day = 1; day < 27; day++) {
        assert_int_equal(told(), SW_ALERT_RULE_NONE);
        live(&bench, 24);
    }
    live(&bench, 2 * 24);
    assert_int_equal(told(), SW_ALERT_RULE_STUCK);
    assert_int_equal(meter_fault_judge(&run.fault, &run.fault_policy).onset_ms, (run.fault.grown_s * SECOND));
    assert_true(evidence().window_ms >= 28 * DAY);
    /* The home is still without use, whatever the meter is thought to be. */
    assert_int_equal(no_use_judge(&run.window, &run.policy.no_use).colour, SW_COLOUR_ORANGE);
    bench.still = false;
    live(&bench, 24);
    assert_int_equal(told(), SW_ALERT_RULE_NONE);
    assert_int_equal(no_use_judge(&run.window, &run.policy.no_use).colour, SW_COLOUR_GREEN);
}

static void weeks_without_readings_are_no_stuck_meter(void **state)
{
    (void)state;
    struct bench bench = begin(32);
    live(&bench, 60 * 24);
    bench.still = true;
    bench.time_ms += 40 * DAY;
    live(&bench, 24);
    assert_int_equal(told(), SW_ALERT_RULE_NONE);
}

static void a_holiday_home_is_no_stuck_meter(void **state)
{
    (void)state;
    struct bench bench = begin(33);
    for (int month = 0; month < 12; month++) {
        bench.still = false;
        live(&bench, 8 * 24);
        bench.still = true;
        for (int day = 0; day < 35; day++) {
            live(&bench, 24);
            assert_int_equal(told(), SW_ALERT_RULE_NONE);
        }
    }
}

static void a_home_that_is_known_to_be_empty_is_no_stuck_meter(void **state)
{
    (void)state;
    struct bench bench = begin(36);
    live(&bench, 60 * 24);
    bench.still = true;
    live(&bench, 29 * 24);
    assert_int_equal(told(), SW_ALERT_RULE_STUCK);
    /* Somebody says so now: it is over, and counts anew from the last time that it was said. */
    for (int day = 0; day < 40; day++) {
        meter_fault_excuse(&run.fault, bench.time_ms);
        live(&bench, 24);
        assert_int_equal(told(), SW_ALERT_RULE_NONE);
    }
    live(&bench, 26 * 24);
    assert_int_equal(told(), SW_ALERT_RULE_NONE);
    live(&bench, 2 * 24);
    assert_int_equal(told(), SW_ALERT_RULE_STUCK);
}

static void a_stuck_meter_is_not_told_any_longer_once_nobody_asks(void **state)
{
    (void)state;
    struct bench bench = begin(37);
    live(&bench, 60 * 24);
    bench.still = true;
    live(&bench, 29 * 24);
    assert_int_equal(told(), SW_ALERT_RULE_STUCK);
    run.fault_policy.stuck_ms = 0;
    live(&bench, 1);
    assert_int_equal(told(), SW_ALERT_RULE_NONE);
}

static void garbage_never_breaks_the_counts(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct bench bench = begin(seed * UINT64_C(0x9e3779b97f4a7c15));
        for (int i = 0; i < 2000; i++) {
            if (chance_below(&bench.chance, 200) == 0) bench.time_ms += chance_below(&bench.chance, 100 * DAY);
            if (chance_below(&bench.chance, 400) == 0 && bench.time_ms > T0 + DAY) {
                bench.time_ms -= chance_below(&bench.chance, DAY);
                meter_set_back(&run.meter, bench.time_ms - 1);
                meter_fault_set_back(&run.fault, bench.time_ms - 1);
                backflow_set_back(&run.backflow, bench.time_ms - 1);
                use_window_set_back(&run.window, bench.time_ms - 1);
            }
            read_meter(&bench, (int64_t)(chance_next(&bench.chance) >> (1 + chance_below(&bench.chance, 62))));
            struct condition condition = meter_fault_judge(&run.fault, &run.fault_policy);
            assert_true(condition.colour == SW_COLOUR_GREEN || condition.onset_ms > 0);
            assert_true(meter_fault_count(&run.fault, METER_FAULT_JUMPS) <= 10 * UINT8_MAX);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_life_is_no_fault),
        cmocka_unit_test(single_wrong_values_are_counted_and_not_told),
        cmocka_unit_test(the_third_jump_in_30_days_is_told_and_ends_after_14_good_days),
        cmocka_unit_test(values_that_are_all_different_garbage_are_told),
        cmocka_unit_test(a_total_that_jumps_for_good_is_told_at_once),
        cmocka_unit_test(an_exchanged_meter_a_little_lower_is_told_for_14_days),
        cmocka_unit_test(a_lower_series_that_follows_the_true_one_is_withdrawn),
        cmocka_unit_test(an_exchanged_meter_is_set_back_and_never_tamper),
        cmocka_unit_test(a_first_total_that_is_wrong_is_no_exchange),
        cmocka_unit_test(a_total_set_back_twice_is_tamper),
        cmocka_unit_test(a_total_that_is_lowered_is_tamper_once_it_has_stood_for_a_week),
        cmocka_unit_test(a_lower_series_that_goes_again_is_withdrawn),
        cmocka_unit_test(a_meter_mounted_backwards_is_told_as_fault_and_backflow),
        cmocka_unit_test(a_pulse_weight_that_changes_is_told_within_days_and_once),
        cmocka_unit_test(low_digits_that_freeze_are_a_changed_pulse_weight),
        cmocka_unit_test(a_still_home_is_no_use_long_before_it_is_a_stuck_meter),
        cmocka_unit_test(weeks_without_readings_are_no_stuck_meter),
        cmocka_unit_test(a_holiday_home_is_no_stuck_meter),
        cmocka_unit_test(a_home_that_is_known_to_be_empty_is_no_stuck_meter),
        cmocka_unit_test(a_stuck_meter_is_not_told_any_longer_once_nobody_asks),
        cmocka_unit_test(garbage_never_breaks_the_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
