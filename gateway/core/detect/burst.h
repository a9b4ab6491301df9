/* Burst: a high flow that does not stop. A bath takes 150 to 200 L at most, a shower less; watering a garden runs for
 * long but rarely at more than 10 L/min, half of what a burst service pipe passes.
 *
 * The flow is held as long as its mean since it began stays above the limit; a surplus counts for ten minutes at most,
 * so that neither a meter's coarse steps nor a short dip end it, and a bath does not lend its litres to a later shower.
 * The same rule serves every reading period: with hourly readings it takes the limit in each of two hours. */
#ifndef GATEWAY_CORE_DETECT_BURST_H
#define GATEWAY_CORE_DETECT_BURST_H

#include "core/aggregate/flow.h"
#include "core/detect/condition.h"
#include "core/policy.h"

/* Starts zeroed. */
struct burst {
    uint32_t since_s;   /* the high flow's begin; 0 = no high flow */
    uint32_t low_s;     /* active, and the flow has been low since; 0 = it is not */
    uint32_t last_s;    /* the last good reading */
    int32_t volume_ml;  /* since since_ms */
    int32_t surplus_ml; /* beyond the limit; active: all that went through since low_s */
    uint8_t intervals;  /* stops at 255 */
    bool active;
    bool observed; /* the last interval was */
};

struct burst_policy burst_policy_default(void);

void burst_take(struct burst *burst, const struct burst_policy *policy, const struct flow *flow);

/* False while nothing is counted towards an alert. */
bool burst_is_running(const struct burst *burst);

/* Undecided after a time that was not observed, until the next interval that is. */
struct condition burst_judge(const struct burst *burst, const struct burst_policy *policy);

/* Value: the volume since the flow began, with its mean rate; threshold: the volume at which the rule fires. */
void burst_evidence(const struct burst *burst, const struct burst_policy *policy, struct sw_evidence *evidence);

/* The clock was set back to `now_ms`. */
void burst_set_back(struct burst *burst, int64_t now_ms);

#endif
