/* A battery that runs low. The voltage dips when a radio sends and in the cold: it has to be below a limit for a while,
 * and well above it to be over. */
#ifndef GATEWAY_CORE_DETECT_BATTERY_H
#define GATEWAY_CORE_DETECT_BATTERY_H

#include "core/detect/condition.h"
#include "core/policy.h"

/* Starts zeroed. */
struct battery {
    uint32_t time_s;      /* of the last reading; 0 = none */
    uint32_t low_since_s; /* without a break; 0 = not */
    uint32_t critical_since_s;
    int32_t millivolts;
    bool low; /* with delay and deadband */
    bool critical;
};

/* For a 3.6 V lithium thionyl chloride cell, whose voltage falls only in the last tenth of its life. */
struct battery_policy battery_policy_default(void);

void battery_take(struct battery *battery, const struct battery_policy *policy, int64_t time_ms, int64_t millivolts);

struct condition battery_judge(const struct battery *battery, const struct battery_policy *policy);
void battery_evidence(const struct battery *battery, const struct battery_policy *policy, struct sw_evidence *evidence);

/* The clock was set back to `now_ms`. */
void battery_restart_delays(struct battery *battery, int64_t now_ms);

#endif
