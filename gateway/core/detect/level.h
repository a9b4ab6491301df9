/* Level bands. The state is the highest band exceeded now, not an edge between two samples: a sample that jumps over
 * all bands fires the top one. Each band has its own on-delay and off-delay, counted from its own crossing, so that
 * they run in parallel. */
#ifndef GATEWAY_CORE_DETECT_LEVEL_H
#define GATEWAY_CORE_DETECT_LEVEL_H

#include "core/detect/condition.h"
#include "core/policy.h"

struct level_band {
    bool active;
    int64_t above_since_ms; /* at or above the threshold without a break; 0 = not */
    int64_t below_since_ms; /* active and below threshold - deadband without a break; 0 = not */
};

/* Starts zeroed. */
struct level {
    int64_t time_ms; /* of the last good sample; 0 = none */
    int64_t level_um;
    struct level_band bands[SW_COLOUR_COUNT]; /* index: enum sw_colour; GREEN unused */
};

/* A good sample. */
void level_take(struct level *level, const struct level_policy *policy, int64_t time_ms, int64_t level_um);

/* Time passes without a sample: on-delays run out, unless the last sample is older than `trusted_ms` (0 = any age). A
 * band is left on the word of a sample only, so that a flood does not end because its sensor died. */
void level_pass_time(struct level *level, const struct level_policy *policy, int64_t now_ms, int64_t trusted_ms);

/* When level_pass_time could next change something. */
int64_t level_deadline_ms(const struct level *level, const struct level_policy *policy, int64_t trusted_ms);

/* The clock was stepped back to `now_ms`: delays that began later begin now. */
void level_restart_delays(struct level *level, int64_t now_ms);

struct condition level_judge(const struct level *level);

/* `colour` is the band the alert is about: the one that fired, or the lowest one when the condition is over. */
void level_evidence(const struct level *level, const struct level_policy *policy, enum sw_colour colour,
                    struct sw_evidence *evidence);

#endif
