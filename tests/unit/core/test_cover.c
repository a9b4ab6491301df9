#include "core/detect/cover.h"
#include "core_fixture.h"

#define DEGREE 1000

static struct cover_policy delays(int64_t on_delay_ms, int64_t off_delay_ms)
{
    struct cover_policy policy = policy_city_default().cover;
    policy.on_delay_ms = on_delay_ms;
    policy.off_delay_ms = off_delay_ms;
    return policy;
}

static void tilt_fires_to_either_side(void **state)
{
    (void)state;
    struct cover_policy policy = delays(0, 0);
    struct cover cover = {0};
    cover_take_tilt(&cover, &policy, T0, 9 * DEGREE);
    assert_int_equal(cover_judge(&cover, &policy).colour, SW_COLOUR_GREEN);
    cover_take_tilt(&cover, &policy, T0 + 1, -10 * DEGREE);
    assert_int_equal(cover_judge(&cover, &policy).colour, SW_COLOUR_ORANGE);
    assert_int_equal(cover.rule, SW_ALERT_RULE_COVER_TILT);
}

static void tilt_in_the_deadband_keeps_the_cover_open(void **state)
{
    (void)state;
    struct cover_policy policy = delays(0, 0);
    struct cover cover = {0};
    cover_take_tilt(&cover, &policy, T0, 12 * DEGREE);
    cover_take_tilt(&cover, &policy, T0 + 1, 8 * DEGREE);
    assert_int_equal(cover_judge(&cover, &policy).colour, SW_COLOUR_ORANGE);
    cover_take_tilt(&cover, &policy, T0 + 2, 8 * DEGREE - 1);
    assert_int_equal(cover_judge(&cover, &policy).colour, SW_COLOUR_GREEN);
}

static void the_switch_wins_over_the_tilt_in_the_evidence(void **state)
{
    (void)state;
    struct cover_policy policy = delays(MINUTE, 0);
    struct cover cover = {0};
    cover_take_tilt(&cover, &policy, T0, 30 * DEGREE);
    cover_take_switch(&cover, &policy, T0 + 1, true);
    cover_pass_time(&cover, &policy, T0 + MINUTE, HOUR);
    struct sw_evidence evidence = {0};
    cover_evidence(&cover, &policy, &evidence);
    assert_int_equal(evidence.rule, SW_ALERT_RULE_COVER_SWITCH);
    assert_int_equal(evidence.value_kind, SW_READING_COVER_OPEN);
    assert_int_equal(cover_judge(&cover, &policy).onset_ms, T0);
}

static void it_is_over_only_when_neither_tilt_nor_switch_says_open(void **state)
{
    (void)state;
    struct cover_policy policy = delays(0, 0);
    struct cover cover = {0};
    cover_take_tilt(&cover, &policy, T0, 30 * DEGREE);
    cover_take_switch(&cover, &policy, T0 + 1, true);
    cover_take_tilt(&cover, &policy, T0 + 2, 0);
    assert_int_equal(cover_judge(&cover, &policy).colour, SW_COLOUR_ORANGE);
    cover_take_switch(&cover, &policy, T0 + 3, false);
    assert_int_equal(cover_judge(&cover, &policy).colour, SW_COLOUR_GREEN);
}

static void the_off_delay_runs_out_without_a_reading(void **state)
{
    (void)state;
    struct cover_policy policy = delays(0, 10 * SECOND);
    struct cover cover = {0};
    cover_take_switch(&cover, &policy, T0, true);
    cover_take_switch(&cover, &policy, T0 + MINUTE, false);
    assert_int_equal(cover_deadline_ms(&cover, &policy, DAY), T0 + MINUTE + 10 * SECOND);
    cover_pass_time(&cover, &policy, T0 + MINUTE + 10 * SECOND - 1, DAY);
    assert_int_equal(cover_judge(&cover, &policy).colour, SW_COLOUR_ORANGE);
    cover_pass_time(&cover, &policy, T0 + MINUTE + 10 * SECOND, DAY);
    assert_int_equal(cover_judge(&cover, &policy).colour, SW_COLOUR_GREEN);
}

static void closed_for_less_than_the_off_delay_is_one_opening(void **state)
{
    (void)state;
    struct cover_policy policy = delays(0, 10 * SECOND);
    struct cover cover = {0};
    cover_take_switch(&cover, &policy, T0, true);
    cover_take_switch(&cover, &policy, T0 + 5 * SECOND, false);
    cover_take_switch(&cover, &policy, T0 + 14 * SECOND, true);
    cover_pass_time(&cover, &policy, T0 + HOUR, DAY);
    assert_int_equal(cover_judge(&cover, &policy).colour, SW_COLOUR_ORANGE);
    assert_int_equal(cover_judge(&cover, &policy).onset_ms, T0);
}

static void open_for_less_than_the_on_delay_is_nothing(void **state)
{
    (void)state;
    struct cover_policy policy = delays(10 * SECOND, 0);
    struct cover cover = {0};
    cover_take_switch(&cover, &policy, T0, true);
    cover_take_switch(&cover, &policy, T0 + 5 * SECOND, false);
    cover_pass_time(&cover, &policy, T0 + HOUR, DAY);
    assert_int_equal(cover_judge(&cover, &policy).colour, SW_COLOUR_GREEN);
    assert_int_equal(cover_deadline_ms(&cover, &policy, DAY), DEADLINE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tilt_fires_to_either_side),
        cmocka_unit_test(tilt_in_the_deadband_keeps_the_cover_open),
        cmocka_unit_test(the_switch_wins_over_the_tilt_in_the_evidence),
        cmocka_unit_test(it_is_over_only_when_neither_tilt_nor_switch_says_open),
        cmocka_unit_test(the_off_delay_runs_out_without_a_reading),
        cmocka_unit_test(closed_for_less_than_the_off_delay_is_one_opening),
        cmocka_unit_test(open_for_less_than_the_on_delay_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
