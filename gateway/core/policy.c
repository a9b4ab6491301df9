#include "core/policy.h"

#include "core/aggregate/day_rhythm.h"
#include "core/aggregate/use_start.h"
#include "core/detect/agreement.h"
#include "core/detect/backflow.h"
#include "core/detect/battery.h"
#include "core/detect/burst.h"
#include "core/detect/cover_mount.h"
#include "core/detect/day_volume.h"
#include "core/detect/float_switch.h"
#include "core/detect/leak.h"
#include "core/detect/meter_fault.h"
#include "core/detect/rise.h"
#include "core/habit/habit.h"
#include "core/normalise/level_quality.h"

#define SECOND_MS 1000
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define MM_UM     1000
#define DEGREE    1000

/* Where each figure comes from is told in docs/policy.md, in the same order. */
struct policy policy_city_default(void)
{
    return (struct policy){
        .no_use = {.volume_ml = 2000,
                   .window_ms = 24 * HOUR_MS,
                   .coverage_permille = 800,
                   .observed_gap_ms = 150 * MINUTE_MS,
                   .colour = SW_COLOUR_ORANGE},
        .nothing_in = {.window_ms = 24 * HOUR_MS, .coverage_permille = 800, .colour = SW_COLOUR_ORANGE},
        .no_real_use = {.window_ms = 44 * HOUR_MS, .coverage_permille = 900, .colour = SW_COLOUR_ORANGE},
        .no_use_always = false,
        .habit = habit_policy_default(),
        .use_start = use_start_policy_default(),
        .leak = leak_policy_default(),
        .burst = burst_policy_default(),
        .day_volume = day_volume_policy_default(),
        .day_rhythm = day_rhythm_policy_default(),
        .tell_first_use = false,
        .tell_slow_change = true,
        .meter = {.rollover_ml = 0, .max_flow_ml_s = 2200},
        .meter_fault = meter_fault_policy_default(),
        .backflow = backflow_policy_default(),
        .level = {.band_um = {[SW_COLOUR_GREEN] = LEVEL_BAND_OFF,
                              [SW_COLOUR_BLUE] = 50 * MM_UM,
                              [SW_COLOUR_YELLOW] = 100 * MM_UM,
                              [SW_COLOUR_ORANGE] = 250 * MM_UM,
                              [SW_COLOUR_RED] = 400 * MM_UM},
                  .deadband_um = 10 * MM_UM,
                  .on_delay_ms = 0,
                  .off_delay_ms = 5 * MINUTE_MS,
                  .range_min_um = -500 * MM_UM,
                  .range_max_um = 10000 * MM_UM,
                  .top_um = LEVEL_BAND_OFF},
        .level_quality = level_quality_policy_default(),
        .rise = rise_policy_default(),
        .agreement = agreement_policy_default(),
        .cover_mount = cover_mount_policy_default(),
        .float_switch = float_switch_policy_default(),
        .battery = battery_policy_default(),
        .cover = {.tilt_limit_mdeg = 10 * DEGREE,
                  .tilt_deadband_mdeg = 2 * DEGREE,
                  .on_delay_ms = 0,
                  .off_delay_ms = 10 * SECOND_MS,
                  .colour = SW_COLOUR_ORANGE},
        .silence = {.home_ms = 6 * HOUR_MS,
                    .level_ms = HOUR_MS,
                    .cover_ms = 24 * HOUR_MS,
                    .rain_ms = 24 * HOUR_MS,
                    .node_ms = 60 * SECOND_MS,
                    .bus_ms = 10 * SECOND_MS,
                    .colour = SW_COLOUR_YELLOW},
        .latency = {.home_ms = 3 * HOUR_MS, .level_ms = 60 * SECOND_MS, .cover_ms = 30 * SECOND_MS},
        .noise = {.on_delay_ms = 0,
                  .off_delay_ms = 0,
                  .flap_raises = 4,
                  .flap_window_ms = HOUR_MS,
                  .flap_quiet_ms = HOUR_MS,
                  .expire_after_ms = 7 * 24 * HOUR_MS},
    };
}

bool policy_asks_for(const struct policy *policy, enum sw_alert_rule rule)
{
    switch (rule) {
    case SW_ALERT_RULE_VOLUME_BELOW:
        return policy->no_use.window_ms > 0 && policy->no_use.volume_ml > 0;
    case SW_ALERT_RULE_NOTHING_IN:
        return policy->nothing_in.window_ms > 0;
    case SW_ALERT_RULE_NO_REAL_USE:
        return policy->no_real_use.window_ms > 0;
    case SW_ALERT_RULE_HABIT:
        return policy->habit.enabled;
    case SW_ALERT_RULE_NO_STILL_HOUR:
        return policy->leak.advice_ms > 0;
    case SW_ALERT_RULE_HIGH_FLOW:
        return policy->burst.flow_ml_min > 0;
    case SW_ALERT_RULE_DAY_VOLUME:
        return policy->day_volume.limit_ml > 0;
    case SW_ALERT_RULE_RAN_BACK:
        return policy->backflow.volume_ml > 0;
    case SW_ALERT_RULE_STUCK:
        return policy->meter_fault.stuck_ms > 0;
    case SW_ALERT_RULE_NIGHTS_BROKEN:
    case SW_ALERT_RULE_USE_DECLINING:
        return policy->tell_slow_change;
    case SW_ALERT_RULE_DAY_BEGUN:
        return policy->tell_first_use;
    case SW_ALERT_RULE_TIME_TO_BAND:
        return policy->rise.lowest < SW_COLOUR_COUNT;
    case SW_ALERT_RULE_BATTERY:
        return policy->battery.low_mv > 0;
    default:
        return true;
    }
}
