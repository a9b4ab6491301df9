/* A home's own habit: how long it is still after a use at such an hour of such a day, learned from its gaps, and from
 * that how long to wait before its stillness is worth a word.
 *
 * Per hour of the day and type of day (Monday to Friday, weekend) three means are kept over the gaps that began there:
 * the share of 9 h and more, the share of 15 h and more, and the hours, a gap counting as 24 h at most, so that a
 * holiday weighs no more than a day. They are plain means of the first 16 gaps and forget with a weight of 1/16 after
 * that. When a gap begins, a model (habit_model.h) makes of them how likely the gap reaches 8, 9, ... 48 h: each time
 * it does, an alarm there would be false. What the model expected of this home and what came of it in the last months
 * corrects it. Of the levels a policy allows the one is taken that costs least, by a price for each hour of waiting.
 *
 * Gaps are told apart by the hour, whatever the period of reading: uses within an hour are one, and the length of a gap
 * is taken from the middle of the interval that showed its first use to the middle of that which showed the next one.
 * Time that was not observed ends a gap: stillness counts anew from the reading after it.
 *
 * Integers only; 312 bytes a home; work per reading is a comparison unless a gap begins or ends. */
#ifndef GATEWAY_CORE_HABIT_HABIT_H
#define GATEWAY_CORE_HABIT_HABIT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/aggregate/flow.h"
#include "core/aggregate/use_start.h"
#include "core/detect/condition.h"
#include "core/habit/habit_model.h"
#include "core/policy.h"

#define HABIT_HOURS      24
#define HABIT_DAY_TYPES  2
#define HABIT_CELL_BYTES 5 /* gaps seen: 4 bits; share of 9 h, share of 15 h, hours: 12 bits each */

/* Starts zeroed. */
struct habit {
    uint32_t still_from_s;             /* the present stretch began: last use, end of a hole or absence; 0 = none yet */
    uint32_t expected[HABIT_HORIZONS]; /* Q24: gaps to reach each of the hours by the model, forgotten within months */
    uint16_t reached[HABIT_HORIZONS];  /* Q8: and those that did */
    int32_t still_s;                   /* of the present stretch, up to the last reading */
    uint32_t since_min;                /* first reading, minutes since 1970; 0 = none yet */
    uint16_t half_s;                   /* the use that began the stretch was so long before, at a guess */
    uint8_t forget_h;                  /* hours of gaps that have not been forgotten yet */
    uint8_t wait_h[HABIT_STAGE_COUNT]; /* the level chosen for the present stretch; 0 = none: still learning */
    bool by_use;                       /* the stretch began with a use */
    bool after_hole;                   /* what went before it was not observed */
    bool skip;                         /* it is not learned from */
    bool choose;                       /* its levels have not been chosen yet */
    bool is_over[HABIT_STAGE_COUNT];   /* the level has been reached */
    uint8_t cells[HABIT_HOURS][HABIT_DAY_TYPES][HABIT_CELL_BYTES];
};

/* Levels and prices measured on real homes; docs/decisions/0007-habit.md has the curve they are points of. */
struct habit_policy habit_policy_default(void);

/* `use` is what use_start_take said of the same interval. `learning` false: somebody is away or visiting, nothing is
 * learned from this gap. */
void habit_take(struct habit *habit, const struct habit_policy *policy, const struct flow *flow,
                const struct use_start_verdict *use, bool learning);

/* A drip was found out (use_start_verdict.taken_back): the last use was at last_use_ms, or somebody's absence ended
 * then. Call after habit_take of the same interval. What the drip has taught in its first hours stays. */
void habit_take_back(struct habit *habit, const struct habit_policy *policy, int64_t last_use_ms);

/* Stillness counts from here: the end of an absence. */
void habit_restart(struct habit *habit, int64_t from_ms);

/* Raised: the home has been seen still since its last use (the onset) for as long as the level chosen then. Over: by a
 * use. Undecided: still learning, or the stretch began with something else than a use and is short. */
struct condition habit_judge(const struct habit *habit, const struct habit_policy *policy, enum habit_stage stage);

/* When habit_judge may say something else by stillness alone; INT64_MAX: never. May be too early. */
int64_t habit_due_ms(const struct habit *habit);

enum sw_habit_state habit_state(const struct habit *habit, const struct habit_policy *policy);

/* rule, window, coverage, last good reading, habit, usual_low_ms and usual_high_ms: how long the home is still after
 * a use at such an hour, the middle and the 1 in 20. */
void habit_evidence(const struct habit *habit, const struct habit_policy *policy, enum habit_stage stage,
                    struct sw_evidence *evidence);

/* The clock was set back to `now_ms`. */
void habit_set_back(struct habit *habit, int64_t now_ms);

#endif
