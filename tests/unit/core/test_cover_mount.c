/* What hangs on a cover besides its switch: the angle of installation, and the float. */
#include "core/detect/cover_mount.h"
#include "core/detect/float_switch.h"
#include "core_fixture.h"

#define DEGREE 1000

static struct cover_mount_policy learning(void)
{
    struct cover_mount_policy policy = cover_mount_policy_default();
    policy.learn = true;
    return policy;
}

static void a_given_angle_is_taken_off(void **state)
{
    (void)state;
    struct cover_mount_policy policy = cover_mount_policy_default();
    struct cover_mount mount = {0};
    int64_t tilt_mdeg = 0;
    policy.angle_mdeg = 30 * DEGREE;
    assert_true(cover_mount_take(&mount, &policy, 42 * DEGREE, false, &tilt_mdeg));
    assert_int_equal(tilt_mdeg, 12 * DEGREE);
}

static void the_angle_is_learned_from_readings_that_agree(void **state)
{
    (void)state;
    struct cover_mount_policy policy = learning();
    struct cover_mount mount = {0};
    int64_t tilt_mdeg = 77;
    const int64_t angles[] = {5 * DEGREE, 90 * DEGREE, 91 * DEGREE, 90 * DEGREE, 89 * DEGREE};
    for (int i = 0; i < 5; i++)
        assert_false(cover_mount_take(&mount, &policy, angles[i], false, &tilt_mdeg));
    assert_int_equal(tilt_mdeg, 77);
    assert_true(cover_mount_take(&mount, &policy, 90 * DEGREE, false, &tilt_mdeg));
    assert_int_equal(tilt_mdeg, 0);
    cover_mount_take(&mount, &policy, 101 * DEGREE, false, &tilt_mdeg);
    assert_int_equal(tilt_mdeg, 11 * DEGREE);
    assert_int_equal(mount.angle_mdeg, 90 * DEGREE);
}

static void nothing_is_learned_from_an_open_cover(void **state)
{
    (void)state;
    struct cover_mount_policy policy = learning();
    struct cover_mount mount = {0};
    int64_t tilt_mdeg;
    for (int i = 0; i < 20; i++)
        assert_false(cover_mount_take(&mount, &policy, 90 * DEGREE, true, &tilt_mdeg));
}

static void a_unit_mounted_upside_down_goes_the_short_way_round(void **state)
{
    (void)state;
    struct cover_mount_policy policy = learning();
    struct cover_mount mount = {0};
    int64_t tilt_mdeg = 0;
    for (int i = 0; i < 5; i++)
        cover_mount_take(&mount, &policy, i % 2 ? 179500 : -179500, false, &tilt_mdeg);
    assert_true(mount.known);
    cover_mount_take(&mount, &policy, -170 * DEGREE, false, &tilt_mdeg);
    assert_in_range(tilt_mdeg, 9 * DEGREE, 11 * DEGREE);
}

static void water_at_the_cover_is_red_at_once(void **state)
{
    (void)state;
    struct float_switch_policy policy = float_switch_policy_default();
    struct float_switch floats = {0};
    float_switch_take(&floats, &policy, T0, false);
    assert_int_equal(float_switch_judge(&floats, &policy).colour, SW_COLOUR_GREEN);
    float_switch_take(&floats, &policy, T0 + MINUTE, true);
    assert_int_equal(float_switch_judge(&floats, &policy).colour, SW_COLOUR_RED);
    assert_int_equal(float_switch_judge(&floats, &policy).onset_ms, T0 + MINUTE);
}

static void waves_under_the_cover_are_one_flood(void **state)
{
    (void)state;
    struct float_switch_policy policy = float_switch_policy_default();
    struct float_switch floats = {0};
    for (int64_t minute = 0; minute < 20; minute++)
        float_switch_take(&floats, &policy, T0 + minute * MINUTE, minute % 4 == 0);
    assert_int_equal(float_switch_judge(&floats, &policy).onset_ms, T0);
    assert_int_equal(float_switch_deadline_ms(&floats, &policy, HOUR), T0 + 22 * MINUTE);
    float_switch_pass_time(&floats, &policy, T0 + 22 * MINUTE, HOUR);
    assert_int_equal(float_switch_judge(&floats, &policy).colour, SW_COLOUR_GREEN);
    assert_int_equal(float_switch_deadline_ms(&floats, &policy, HOUR), DEADLINE_NONE);
}

static void a_stepped_clock_never_lets_the_float_fire_early(void **state)
{
    (void)state;
    struct float_switch_policy policy = float_switch_policy_default();
    struct float_switch floats = {0};
    policy.on_delay_ms = 2 * MINUTE;
    float_switch_take(&floats, &policy, T0 + HOUR, true);
    float_switch_restart_delays(&floats, T0);
    float_switch_pass_time(&floats, &policy, T0 + 2 * MINUTE - 1, 0);
    assert_int_equal(float_switch_judge(&floats, &policy).colour, SW_COLOUR_GREEN);
    float_switch_pass_time(&floats, &policy, T0 + 2 * MINUTE, 0);
    assert_int_equal(float_switch_judge(&floats, &policy).colour, SW_COLOUR_RED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_given_angle_is_taken_off),
        cmocka_unit_test(the_angle_is_learned_from_readings_that_agree),
        cmocka_unit_test(nothing_is_learned_from_an_open_cover),
        cmocka_unit_test(a_unit_mounted_upside_down_goes_the_short_way_round),
        cmocka_unit_test(water_at_the_cover_is_red_at_once),
        cmocka_unit_test(waves_under_the_cover_are_one_flood),
        cmocka_unit_test(a_stepped_clock_never_lets_the_float_fire_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
