/* What local clocks show, by the rule of a policy's time zone: pure arithmetic, no state. The rule of today counts for
 * all years. */
#ifndef GATEWAY_CORE_LOCAL_TIME_H
#define GATEWAY_CORE_LOCAL_TIME_H

#include "core/policy.h"

/* What clocks show at that time, as if it were UTC: ms since the local beginning of 1970. An hour that clocks leave out
 * is never shown, one that they repeat is shown twice. */
int64_t local_time_ms(const struct time_zone *zone, int64_t utc_ms);

/* The first time at which clocks show `local_ms`; where they leave it out, the time at which they do so. */
int64_t local_time_to_utc_ms(const struct time_zone *zone, int64_t local_ms);

/* A zone that never changes its clocks. */
struct time_zone local_time_fixed(int32_t offset_min);

#endif
