/* Plausibility of levels, angles and switches: a value outside what the sensor can measure is a fault of the sensor,
 * neither a flood nor an open cover. */
#ifndef GATEWAY_CORE_NORMALISE_GAUGE_H
#define GATEWAY_CORE_NORMALISE_GAUGE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/policy.h"

bool gauge_level_in_range(const struct level_policy *policy, int64_t level_um);
bool gauge_tilt_in_range(int64_t tilt_mdeg);     /* -180..180 degrees */
bool gauge_switch_in_range(int64_t value_milli); /* 0 or 1 */

#endif
