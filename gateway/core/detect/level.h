/* Level bands. The state is the highest band exceeded now, not an edge between two samples: a sample that jumps over
 * all bands fires the top one. Each band has its own on-delay and off-delay, counted from its own crossing, so that
 * they run in parallel. Above red lies "over the top", the bank or the crown of the pipe: its colour is red, its rule
 * and threshold are its own. */
#ifndef GATEWAY_CORE_DETECT_LEVEL_H
#define GATEWAY_CORE_DETECT_LEVEL_H

#include "core/detect/condition.h"
#include "core/policy.h"

/* A band is known by its colour; the one over the top comes after red. */
#define LEVEL_BAND_TOP   SW_COLOUR_COUNT
#define LEVEL_BAND_COUNT (SW_COLOUR_COUNT + 1)

/* Starts zeroed. Delays are kept as they stood at the last sample: a band's beginning is time_ms less its `for`. They
 * stop growing after 49 days, longer than any delay: the alert knows its own onset by then. */
struct level {
    int64_t time_ms;                             /* of the last good sample; 0 = none */
    int32_t level_um;                            /* of the last good sample, within +-2147 m */
    uint8_t above;                               /* bit `band`: at or above the threshold, or active */
    uint8_t active;                              /* bit `band`: with the delays */
    uint8_t below;                               /* bit `band`: active, and below threshold - deadband */
    uint32_t above_for_ms[LEVEL_BAND_COUNT - 1]; /* index: band - 1; without a break */
    uint32_t below_for_ms[LEVEL_BAND_COUNT - 1];
};

/* A good sample, not older than the one before. */
void level_take(struct level *level, const struct level_policy *policy, int64_t time_ms, int64_t level_um);

/* Time passes without a sample: on-delays run out, unless the last sample is older than `trusted_ms` (0 = any age). A
 * band is left on the word of a sample only, so that a flood does not end because its sensor died. */
void level_pass_time(struct level *level, const struct level_policy *policy, int64_t now_ms, int64_t trusted_ms);

/* When level_pass_time could next change something. */
int64_t level_deadline_ms(const struct level *level, const struct level_policy *policy, int64_t trusted_ms);

/* The clock was stepped back to `now_ms`: delays that began later begin now. */
void level_restart_delays(struct level *level, int64_t now_ms);

struct condition level_judge(const struct level *level);

/* True while the band over the top is active. */
bool level_is_over_the_top(const struct level *level);

/* `colour` is the band the alert is about: the one that fired, or the lowest one when the condition is over. Red
 * names the top and its threshold while the level is over it. */
void level_evidence(const struct level *level, const struct level_policy *policy, enum sw_colour colour,
                    struct sw_evidence *evidence);

#endif
