/* A float under a manhole cover: water stands at the cover. That is "over the top" of the pipe. */
#ifndef GATEWAY_CORE_DETECT_FLOAT_SWITCH_H
#define GATEWAY_CORE_DETECT_FLOAT_SWITCH_H

#include "core/detect/condition.h"
#include "core/policy.h"

/* Starts zeroed. */
struct float_switch {
    int64_t time_ms;       /* of the last reading; 0 = none */
    int64_t up_since_ms;   /* without a break, or since it became active; 0 = not */
    int64_t down_since_ms; /* active, and down without a break; 0 = not */
    bool up;
    bool active;
};

struct float_switch_policy float_switch_policy_default(void);

void float_switch_take(struct float_switch *floats, const struct float_switch_policy *policy, int64_t time_ms, bool up);

/* Delays run out, unless the last reading is older than `trusted_ms` (0 = any age). */
void float_switch_pass_time(struct float_switch *floats, const struct float_switch_policy *policy, int64_t now_ms,
                            int64_t trusted_ms);
int64_t float_switch_deadline_ms(const struct float_switch *floats, const struct float_switch_policy *policy,
                                 int64_t trusted_ms);
void float_switch_restart_delays(struct float_switch *floats, int64_t now_ms);

struct condition float_switch_judge(const struct float_switch *floats, const struct float_switch_policy *policy);

#endif
