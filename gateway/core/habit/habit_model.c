/* Written by tools/fit-habit/fit.py; do not edit. From the hourly totals of 18 homes of one to 3 people,
 * 231 home-months and 75968 gaps (DAIAD, github DAIAD/data @8cbbcdc, CC BY-SA 4.0). */
#include "core/habit/habit_model.h"

const uint8_t habit_model_hours[HABIT_HORIZONS] = {8, 9, 11, 13, 15, 24, 36, 48};

/* one, own_9, own_15, own_hours, all_9, all_15, all_hours, weekend, friday, hole */
const int32_t habit_model_reaches[HABIT_HORIZONS][HABIT_FEATURES] = {
    {-71643, 35668, -4324, 47208, 42727, -12365, -9522, -3109, -80, 20140},
    {36127, 44472, -4370, 33888, 45980, 2686, -37215, -3897, 3475, 37562},
    {74200, 42806, -2351, 16544, 27074, 36558, -27135, 5612, -3249, 60122},
    {49708, 26221, 8212, 17715, 10936, 58011, -18494, 15238, 8718, 78634},
    {32942, 7595, 19918, 23873, 6883, 67859, -20094, 21156, 12389, 83445},
    {33699, -3153, 28687, 14611, -8759, 93165, -13315, 24239, 24766, 80755},
    {28205, -9652, 35182, 12080, -8457, 94983, -17787, 20486, 34460, 52367},
    {29399, -18769, 54422, 2877, -8224, 87659, -13891, 19491, 19589, 12022},
};

const int32_t habit_model_gap[HABIT_FEATURES] = {-16419, -1547, -5411, 37425, -2472, 1585, 10965, -363, 338, 7158};
