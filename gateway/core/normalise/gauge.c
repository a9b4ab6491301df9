#include "core/normalise/gauge.h"

bool gauge_level_in_range(const struct level_policy *policy, int64_t level_um)
{
    return level_um >= policy->range_min_um && level_um <= policy->range_max_um;
}

bool gauge_tilt_in_range(int64_t tilt_mdeg)
{
    return tilt_mdeg >= -180000 && tilt_mdeg <= 180000;
}

bool gauge_switch_in_range(int64_t value_milli)
{
    return value_milli == 0 || value_milli == 1000;
}
