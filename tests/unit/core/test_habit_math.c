/* Integer logarithm, exponential and logistic function against those of libm. */
#include <math.h>

#include "core/habit/habit_math.h"
#include "core_fixture.h"

static void ln_is_right_from_1_to_2_to_the_63(void **state)
{
    (void)state;
    assert_int_equal(habit_ln_q16(1), 0);
    assert_int_equal(habit_ln_q16(2), HABIT_LN2_Q16);
    double worst = 0;
    for (uint64_t x = 1; x < UINT64_C(1) << 62; x += x / 512 + 1)
        worst = fmax(worst, fabs(habit_ln_q16(x) - log((double)x) * 65536));
    print_message("ln: off by %.2f units of 2^-16 at most\n", worst);
    assert_true(worst < 1.5);
}

static void exp_is_right_and_saturates(void **state)
{
    (void)state;
    assert_int_equal(habit_exp_q24(0), 1 << 24);
    double worst = 0;
    for (int32_t x = -20 * 65536; x < 11 * 65536; x += 7) {
        double right = exp(x / 65536.0) * 16777216;
        worst = fmax(worst, (fabs((double)habit_exp_q24(x) - right) - 2) / right);
    }
    print_message("exp: off by %.1e at most\n", worst);
    assert_true(worst < 2e-5);
    assert_int_equal(habit_exp_q24(INT32_MIN), 0);
    assert_int_equal(habit_exp_q24(INT32_MAX), INT64_C(1) << 40);
    assert_int_equal(habit_exp_q24(12 * 65536), INT64_C(1) << 40);
}

static void exp_and_ln_never_fall(void **state)
{
    (void)state;
    for (int32_t x = -19 * 65536; x < 12 * 65536; x++)
        if (habit_exp_q24(x + 1) < habit_exp_q24(x)) fail_msg("exp falls at %d", (int)x);
    for (uint64_t x = 1; x < 3000000; x++)
        if (habit_ln_q16(x + 1) < habit_ln_q16(x)) fail_msg("ln falls at %d", (int)x);
}

static void logistic_is_right_and_bounded(void **state)
{
    (void)state;
    assert_int_equal(habit_logistic_q24(0), 1 << 23);
    assert_int_equal(habit_logistic_q24(INT32_MIN), 0);
    assert_int_equal(habit_logistic_q24(INT32_MAX), 1 << 24);
    double worst = 0;
    for (int32_t x = -16 * 65536; x < 16 * 65536; x += 5)
        worst = fmax(worst, fabs(habit_logistic_q24(x) - 16777216 / (1 + exp(-x / 65536.0))));
    print_message("logistic: off by %.1f units of 2^-24 at most\n", worst);
    assert_true(worst < 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ln_is_right_from_1_to_2_to_the_63),
        cmocka_unit_test(exp_is_right_and_saturates),
        cmocka_unit_test(exp_and_ln_never_fall),
        cmocka_unit_test(logistic_is_right_and_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
