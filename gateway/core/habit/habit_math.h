/* Logarithm, exponential and logistic function in integers: the same result on every machine. Qn: fixed point with n
 * fractional bits. Tested against libm (tests/unit/core/test_habit_math.c). */
#ifndef GATEWAY_CORE_HABIT_HABIT_MATH_H
#define GATEWAY_CORE_HABIT_HABIT_MATH_H

#include <stdint.h>

#define HABIT_LN2_Q16 45426 /* ln 2 */

/* Natural logarithm of a whole number above 0; of one in Qn take n * ln 2 off. Q16, right to 1.5 units. */
int32_t habit_ln_q16(uint64_t x);

/* e to the x (Q16). Q24, relative error 2e-5 and two units; 2^40 from x = 11.09 on. */
int64_t habit_exp_q24(int32_t x_q16);

/* 1 / (1 + e^-x), x in Q16. Q24, 0..2^24. */
int32_t habit_logistic_q24(int32_t x_q16);

#endif
