/* An open or tilted manhole cover: the tilt is at its limit or above, or the switch says open. Covers report on change,
 * so both delays also run out while no reading comes. */
#ifndef GATEWAY_CORE_DETECT_COVER_H
#define GATEWAY_CORE_DETECT_COVER_H

#include "core/detect/condition.h"
#include "core/policy.h"

/* Starts zeroed. Times are 0 where nothing has been seen yet. */
struct cover {
    int64_t time_ms; /* of the last good reading of either kind */
    int64_t tilt_mdeg;
    bool tilted;             /* with the deadband */
    bool open;               /* the switch */
    bool active;             /* with the delays */
    enum sw_alert_rule rule; /* what made it active */
    int64_t on_since_ms;     /* tilted or open without a break; 0 = not */
    int64_t off_since_ms;    /* active, and neither without a break; 0 = not */
};

void cover_take_tilt(struct cover *cover, const struct cover_policy *policy, int64_t time_ms, int64_t tilt_mdeg);
void cover_take_switch(struct cover *cover, const struct cover_policy *policy, int64_t time_ms, bool open);

/* Delays run out, unless the last reading is older than `trusted_ms` (0 = any age). */
void cover_pass_time(struct cover *cover, const struct cover_policy *policy, int64_t now_ms, int64_t trusted_ms);
int64_t cover_deadline_ms(const struct cover *cover, const struct cover_policy *policy, int64_t trusted_ms);
void cover_restart_delays(struct cover *cover, int64_t now_ms);

struct condition cover_judge(const struct cover *cover, const struct cover_policy *policy);
void cover_evidence(const struct cover *cover, const struct cover_policy *policy, struct sw_evidence *evidence);

#endif
