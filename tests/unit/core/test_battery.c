#include "core/detect/battery.h"
#include "core_fixture.h"

static void a_dip_is_not_a_low_battery(void **state)
{
    (void)state;
    struct battery_policy policy = battery_policy_default();
    struct battery battery = {0};
    battery_take(&battery, &policy, T0, 3200);
    battery_take(&battery, &policy, T0 + 30 * MINUTE, 3500);
    battery_take(&battery, &policy, T0 + HOUR, 3200);
    assert_int_equal(battery_judge(&battery, &policy).colour, SW_COLOUR_GREEN);
}

static void low_for_an_hour_is_blue_and_critical_yellow(void **state)
{
    (void)state;
    struct battery_policy policy = battery_policy_default();
    struct battery battery = {0};
    struct sw_evidence evidence = {0};
    battery_take(&battery, &policy, T0, 3299);
    battery_take(&battery, &policy, T0 + HOUR, 3250);
    assert_int_equal(battery_judge(&battery, &policy).colour, SW_COLOUR_BLUE);
    assert_int_equal(battery_judge(&battery, &policy).onset_ms, T0);
    battery_evidence(&battery, &policy, &evidence);
    assert_int_equal(evidence.rule, SW_ALERT_RULE_BATTERY);
    assert_int_equal(evidence.value_milli, 3250);
    assert_int_equal(evidence.threshold_milli, 3300);
    battery_take(&battery, &policy, T0 + 2 * HOUR, 2900);
    battery_take(&battery, &policy, T0 + 3 * HOUR, 2900);
    assert_int_equal(battery_judge(&battery, &policy).colour, SW_COLOUR_YELLOW);
}

static void it_is_over_above_the_deadband_only(void **state)
{
    (void)state;
    struct battery_policy policy = battery_policy_default();
    policy.on_delay_ms = 0;
    struct battery battery = {0};
    battery_take(&battery, &policy, T0, 3250);
    battery_take(&battery, &policy, T0 + HOUR, 3399);
    assert_int_equal(battery_judge(&battery, &policy).colour, SW_COLOUR_BLUE);
    battery_take(&battery, &policy, T0 + 2 * HOUR, 3400);
    assert_int_equal(battery_judge(&battery, &policy).colour, SW_COLOUR_GREEN);
}

static void a_unit_that_does_not_measure_its_battery_is_not_low(void **state)
{
    (void)state;
    struct battery_policy policy = battery_policy_default();
    policy.on_delay_ms = 0;
    struct battery battery = {0};
    battery_take(&battery, &policy, T0, 0);
    assert_false(battery_judge(&battery, &policy).decided);
}

static void a_stepped_clock_never_lets_the_delay_end_early(void **state)
{
    (void)state;
    struct battery_policy policy = battery_policy_default();
    struct battery battery = {0};
    battery_take(&battery, &policy, T0 + DAY, 3000);
    battery_restart_delays(&battery, T0);
    battery_take(&battery, &policy, T0 + HOUR - 1, 3000);
    assert_int_equal(battery_judge(&battery, &policy).colour, SW_COLOUR_GREEN);
    battery_take(&battery, &policy, T0 + HOUR, 3000);
    assert_int_equal(battery_judge(&battery, &policy).colour, SW_COLOUR_BLUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dip_is_not_a_low_battery),
        cmocka_unit_test(low_for_an_hour_is_blue_and_critical_yellow),
        cmocka_unit_test(it_is_over_above_the_deadband_only),
        cmocka_unit_test(a_unit_that_does_not_measure_its_battery_is_not_low),
        cmocka_unit_test(a_stepped_clock_never_lets_the_delay_end_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
