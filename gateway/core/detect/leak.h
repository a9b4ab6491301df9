/* Leak: water flows without a still hour. Nobody uses water in every hour of a day and a night, a leak does.
 *
 * A still hour is an hour, watched without a break, in which no more than still_ml went through. A meter that counts in
 * coarse steps has to stand still for longer to prove that: for as long as a leak of least_ml_h takes for a step, two
 * hours at most, so that a leak is sure to be found from half a step an hour. Time that was not observed is neither
 * still nor flowing: it ends no leak and makes none. The tiers are times of observed flow since the last still hour. */
#ifndef GATEWAY_CORE_DETECT_LEAK_H
#define GATEWAY_CORE_DETECT_LEAK_H

#include "core/aggregate/flow.h"
#include "core/detect/condition.h"
#include "core/policy.h"

/* Starts zeroed. */
struct leak {
    uint32_t since_s; /* end of the last still hour, or when watching began; 0 = nothing seen */
    uint32_t last_s;  /* the last good reading */
    uint32_t spell_s; /* begin of the present still time, which may become an hour */
    int32_t spell_ml;
    int32_t unobserved_s; /* since since_ms */
    int32_t hour_ml;      /* the present hour of flow and how much of it has passed */
    int32_t hour_ms;
    int32_t least_ml_h; /* smallest hourly flow since since_ms; 0 = no whole hour yet */
    bool still_seen;    /* since_ms is the end of a still hour */
};

struct leak_figures {
    int64_t observed_ms; /* without a still hour */
    int32_t coverage_permille;
    int64_t rate_ml_h; /* the smallest hourly flow: what runs when nobody uses water; 0 = not known yet */
    int64_t lost_ml;   /* at that rate since the last still hour: at least so much */
};

struct leak_policy leak_policy_default(void);

/* `step_ml` is the step in which the meter counts (use_start_step_ml), 0 where it is not known. */
void leak_take(struct leak *leak, const struct leak_policy *policy, const struct flow *flow, int32_t step_ml);

/* Over only by a still hour. */
struct condition leak_judge(const struct leak *leak, const struct leak_policy *policy);

/* When leak_judge may say something else though no water flows any more; INT64_MAX: never. May be too early. */
int64_t leak_due_ms(const struct leak *leak, const struct leak_policy *policy);

struct leak_figures leak_figures(const struct leak *leak);

/* Value: the litres lost at least, with the leak's rate. */
void leak_evidence(const struct leak *leak, struct sw_evidence *evidence);

/* The clock was set back to `now_ms`: watching begins anew. */
void leak_set_back(struct leak *leak, int64_t now_ms);

#endif
