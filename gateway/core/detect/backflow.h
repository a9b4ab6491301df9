/* Backflow: water that runs back through a home's meter. It is seen in the total, which goes down a little and counts
 * up again, or in the meter's own reverse total, where it has one; then the total's running back says nothing more.
 *
 * What has run back is outstanding until forward flow has made up for it, so that a trembling register, which goes back
 * and forth by a pulse, never adds up. */
#ifndef GATEWAY_CORE_DETECT_BACKFLOW_H
#define GATEWAY_CORE_DETECT_BACKFLOW_H

#include "core/detect/condition.h"
#include "core/normalise/meter.h"
#include "core/policy.h"

/* 10 L, a bucket: far above what a register trembles by, far below a boiler that drains. 6 h, 24 h, yellow. */
struct backflow_policy backflow_policy_default(void);

/* Starts zeroed. Times are 0 where nothing has been seen yet. */
struct backflow {
    int64_t reverse_ml; /* the reverse total, */
    int64_t reverse_odd_ml;
    uint32_t reverse_s;   /* when it was read; 0 = the meter has none */
    uint32_t time_s;      /* of the last good reading of either total */
    uint32_t onset_s;     /* of the present spell */
    uint32_t last_back_s; /* water last ran back */
    uint32_t outstanding_ml;
    uint32_t spell_ml; /* ran back since onset */
    bool reverse_odd;  /* reverse_odd_ml waits for the next one to confirm it */
    bool active;
};

/* The total was read; `verdict` is what meter_take() said. `pulse_ml` is the least it counts by, 0 = not known. */
void backflow_take_total(struct backflow *backflow, const struct backflow_policy *policy, int64_t time_ms,
                         const struct meter_verdict *verdict, int64_t pulse_ml);

/* The reverse total was read. Growth that no pipe can pass, and a total that went down, need a second reading. */
void backflow_take_reverse(struct backflow *backflow, const struct backflow_policy *policy,
                           const struct meter_policy *meter, int64_t time_ms, int64_t reverse_ml, int64_t pulse_ml);

/* True when forward flow has made up for all that ran back. */
bool backflow_is_even(const struct backflow *backflow);

/* The clock was set back to `now_ms`. */
void backflow_set_back(struct backflow *backflow, int64_t now_ms);

struct condition backflow_judge(const struct backflow *backflow, const struct backflow_policy *policy);
void backflow_evidence(const struct backflow *backflow, const struct backflow_policy *policy,
                       struct sw_evidence *evidence);

#endif
