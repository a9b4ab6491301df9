#include "core/detect/float_switch.h"

#define MINUTE_MS (60 * 1000)

struct float_switch_policy float_switch_policy_default(void)
{
    return (struct float_switch_policy){.on_delay_ms = 0, .off_delay_ms = 5 * MINUTE_MS, .colour = SW_COLOUR_RED};
}

static void run_delays(struct float_switch *floats, const struct float_switch_policy *policy, int64_t now_ms)
{
    if (!floats->active && floats->up && now_ms - floats->up_since_ms >= policy->on_delay_ms) floats->active = true;
    if (floats->active && floats->down_since_ms && now_ms - floats->down_since_ms >= policy->off_delay_ms) {
        floats->active = false;
        floats->up_since_ms = floats->down_since_ms = 0;
    }
}

void float_switch_take(struct float_switch *floats, const struct float_switch_policy *policy, int64_t time_ms, bool up)
{
    floats->time_ms = time_ms;
    floats->up = up;
    if (up) {
        if (!floats->up_since_ms) floats->up_since_ms = time_ms;
        floats->down_since_ms = 0;
    } else if (!floats->active) {
        floats->up_since_ms = 0;
    } else if (!floats->down_since_ms) {
        floats->down_since_ms = time_ms;
    }
    run_delays(floats, policy, time_ms);
}

void float_switch_pass_time(struct float_switch *floats, const struct float_switch_policy *policy, int64_t now_ms,
                            int64_t trusted_ms)
{
    if (floats->time_ms == 0 || (trusted_ms > 0 && now_ms - floats->time_ms > trusted_ms)) return;
    run_delays(floats, policy, now_ms);
}

int64_t float_switch_deadline_ms(const struct float_switch *floats, const struct float_switch_policy *policy,
                                 int64_t trusted_ms)
{
    int64_t deadline_ms = DEADLINE_NONE;
    if (!floats->active && floats->up) deadline_ms = floats->up_since_ms + policy->on_delay_ms;
    if (floats->active && floats->down_since_ms) deadline_ms = floats->down_since_ms + policy->off_delay_ms;
    if (deadline_ms == DEADLINE_NONE) return DEADLINE_NONE;
    return trusted_ms <= 0 || deadline_ms - floats->time_ms <= trusted_ms ? deadline_ms : DEADLINE_NONE;
}

void float_switch_restart_delays(struct float_switch *floats, int64_t now_ms)
{
    if (floats->time_ms > now_ms) floats->time_ms = now_ms;
    if (!floats->active && floats->up_since_ms > now_ms) floats->up_since_ms = now_ms;
    if (floats->down_since_ms > now_ms) floats->down_since_ms = now_ms;
}

struct condition float_switch_judge(const struct float_switch *floats, const struct float_switch_policy *policy)
{
    return (struct condition){.decided = floats->time_ms != 0,
                              .colour = floats->active ? policy->colour : SW_COLOUR_GREEN,
                              .onset_ms = floats->active ? floats->up_since_ms : 0,
                              .rule = floats->active ? SW_ALERT_RULE_OVER_THE_TOP : SW_ALERT_RULE_NONE};
}
