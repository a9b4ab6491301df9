/* The policy rule "more than Y litres a day". A day is a local calendar day: that takes one sum, where a rolling 24 h
 * takes one for each hour, and a city that agrees a volume a day with a home means the calendar's.
 *
 * The volume of an observed interval over midnight is shared by time. Where the time over midnight was not observed, no
 * day is charged with its use. The condition lasts until a whole day, enough of it observed, has stayed within the
 * limit, so that a home that uses too much every day makes one alert and not seven a week. */
#ifndef GATEWAY_CORE_DETECT_DAY_VOLUME_H
#define GATEWAY_CORE_DETECT_DAY_VOLUME_H

#include "core/aggregate/flow.h"
#include "core/detect/condition.h"
#include "core/policy.h"

/* Starts zeroed. */
struct day_volume {
    uint32_t exceeded_s; /* the reading that showed it; 0 = within the limit */
    uint32_t last_s;     /* the last good reading */
    int32_t volume_ml;   /* of the day of the last reading, at most FLOW_USE_MAX_ML */
    int32_t day;         /* since 1970, local */
    int32_t unobserved_s;
};

/* Off. */
struct day_volume_policy day_volume_policy_default(void);

void day_volume_take(struct day_volume *day, const struct day_volume_policy *policy, const struct flow *flow);

struct condition day_volume_judge(const struct day_volume *day, const struct day_volume_policy *policy);

/* Window: from local midnight to the last good reading. */
void day_volume_evidence(const struct day_volume *day, const struct day_volume_policy *policy,
                         struct sw_evidence *evidence);

/* The clock was set back to `now_ms`: the present day begins anew. */
void day_volume_set_back(struct day_volume *day, const struct day_volume_policy *policy, int64_t now_ms);

#endif
