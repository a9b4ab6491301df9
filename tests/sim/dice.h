/* Chance from a seed: the same seed throws the same numbers on every machine. Each part of the simulation that throws
 * has dice of its own, so that one throw more in one place does not change another. */
#ifndef TESTS_SIM_DICE_H
#define TESTS_SIM_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

/* A counter whose bits are mixed thoroughly. */
static inline uint64_t dice_throw(struct dice *dice)
{
    uint64_t x = dice->state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
    x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
    return x ^ x >> 32;
}

static inline struct dice dice_for(uint64_t seed, uint64_t whose)
{
    struct dice dice = {seed ^ whose * UINT64_C(0xa0761d6478bd642f)};
    return (struct dice){dice_throw(&dice)};
}

/* From low to high, both included. */
static inline int64_t dice_between(struct dice *dice, int64_t low, int64_t high)
{
    return low + (int64_t)(dice_throw(dice) % (uint64_t)(high - low + 1));
}

static inline bool dice_hit(struct dice *dice, uint64_t one_in)
{
    return one_in > 0 && dice_throw(dice) % one_in == 0;
}

#endif
