#include "core/habit/habit_math.h"

#include <assert.h>

#define Q30         (INT64_C(1) << 30)
#define SQRT2_Q30   INT64_C(1518500250)
#define LOG2_E_Q30  INT64_C(1549082005)
#define EXP_MOST_Q4 16 /* whole powers of two of the largest result */

/* x = m * 2^e with m in [sqrt(1/2), sqrt(2)); ln m = 2 (z + z^3/3 + z^5/5 + ...) with z = (m - 1) / (m + 1), |z| <
 * 0.172: what is left out is below 2e-6. */
int32_t habit_ln_q16(uint64_t x)
{
    assert(x > 0);
    int exponent = 0;
    for (int step = 32; step > 0; step /= 2)
        if (x >> (exponent + step) != 0) exponent += step;
    int64_t m = exponent <= 30 ? (int64_t)(x << (30 - exponent)) : (int64_t)(x >> (exponent - 30));
    if (m >= SQRT2_Q30) {
        m /= 2;
        exponent++;
    }
    int64_t z = (m - Q30) * Q30 / (m + Q30);
    uint64_t square = (uint64_t)(z * z) >> 30;
    int64_t ln_m = 2 * (z + z * (int64_t)(square / 3 + (square * square >> 30) / 5) / Q30);
    int64_t ln = exponent * INT64_C(744261118) + ln_m; /* ln 2 in Q30 */
    return (int32_t)((ln + (1 << 13)) >> 14);
}

/* 2^f for f in [0, 1), Q30: degree four with the ends held, error below 5e-6. */
static uint64_t exp2_fraction(uint64_t f)
{
    uint64_t sum = 55559984 + (14712399 * f >> 30);
    sum = 259362148 + (sum * f >> 30);
    sum = 744107293 + (sum * f >> 30);
    return (uint64_t)Q30 + (sum * f >> 30);
}

int64_t habit_exp_q24(int32_t x_q16)
{
    int64_t power_q30 = x_q16 * LOG2_E_Q30 / (1 << 16);
    int64_t whole = power_q30 >= 0 ? power_q30 / Q30 : -((Q30 - 1 - power_q30) / Q30);
    if (whole >= EXP_MOST_Q4) return INT64_C(1) << (24 + EXP_MOST_Q4);
    if (whole < -25) return 0;
    uint64_t mantissa = exp2_fraction((uint64_t)(power_q30 - whole * Q30));
    int64_t shift = 6 - whole;
    return (int64_t)(shift <= 0 ? mantissa << -shift : (mantissa + (UINT64_C(1) << (shift - 1))) >> shift);
}

int32_t habit_logistic_q24(int32_t x_q16)
{
    const int64_t one = 1 << 24;
    int64_t e = habit_exp_q24(x_q16 < 0 ? x_q16 : -x_q16);
    int64_t small = e * one / (one + e);
    return (int32_t)(x_q16 < 0 ? small : one - small);
}
