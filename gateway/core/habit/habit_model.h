/* How likely a home that has just used water stays still for so long, given what is known of its habit: the figures of
 * a logistic regression over real homes. habit_model.c is written by tools/fit-habit; its head says from what. */
#ifndef GATEWAY_CORE_HABIT_HABIT_MODEL_H
#define GATEWAY_CORE_HABIT_HABIT_MODEL_H

#include <stdint.h>

/* Hours of stillness the model knows. */
#define HABIT_HORIZONS 8
extern const uint8_t habit_model_hours[HABIT_HORIZONS];

/* What it asks. Shares and hours are logarithms: of gaps of 9 h and more and of 15 h and more after a use at such an
 * hour (plus 1 in 100), and of the mean hours of such gaps (cut at 24). OWN: on days of the same type (Monday to
 * Friday, weekend); ALL: on both. The others are 0 or 1. */
enum habit_feature {
    HABIT_ONE,
    HABIT_OWN_9,
    HABIT_OWN_15,
    HABIT_OWN_HOURS,
    HABIT_ALL_9,
    HABIT_ALL_15,
    HABIT_ALL_HOURS,
    HABIT_WEEKEND,
    HABIT_FRIDAY,
    HABIT_HOLE, /* what went before was not observed */
    HABIT_FEATURES
};

/* Q16. Stillness reaches habit_model_hours[i]: logistic of the sum of feature times figure. */
extern const int32_t habit_model_reaches[HABIT_HORIZONS][HABIT_FEATURES];

/* Q16. Logarithm of the usual hours of the gap, and half an hour more. */
extern const int32_t habit_model_gap[HABIT_FEATURES];

#endif
