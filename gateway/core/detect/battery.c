#include "core/detect/battery.h"

#include "core/kept_time.h"

#define HOUR_MS (60 * 60 * 1000)

struct battery_policy battery_policy_default(void)
{
    return (struct battery_policy){.low_mv = 3300,
                                   .critical_mv = 3000,
                                   .deadband_mv = 100,
                                   .absent_mv = 500,
                                   .on_delay_ms = HOUR_MS,
                                   .low_colour = SW_COLOUR_BLUE,
                                   .critical_colour = SW_COLOUR_YELLOW};
}

static void follow(bool *active, uint32_t *since_s, const struct battery *battery, const struct battery_policy *policy,
                   int32_t limit_mv)
{
    if (limit_mv <= 0 || battery->millivolts >= limit_mv + (*active ? policy->deadband_mv : 0)) {
        *active = false;
        *since_s = 0;
        return;
    }
    if (*since_s == 0) *since_s = battery->time_s;
    if (kept_ms(battery->time_s) - kept_ms(*since_s) >= policy->on_delay_ms) *active = true;
}

void battery_take(struct battery *battery, const struct battery_policy *policy, int64_t time_ms, int64_t millivolts)
{
    if (millivolts < policy->absent_mv || millivolts > INT32_MAX) return;
    battery->time_s = kept_s(time_ms);
    battery->millivolts = (int32_t)millivolts;
    follow(&battery->low, &battery->low_since_s, battery, policy, policy->low_mv);
    follow(&battery->critical, &battery->critical_since_s, battery, policy, policy->critical_mv);
}

struct condition battery_judge(const struct battery *battery, const struct battery_policy *policy)
{
    struct condition condition = {.decided = battery->time_s != 0, .colour = SW_COLOUR_GREEN};
    if (battery->critical) {
        condition.colour = policy->critical_colour;
        condition.onset_ms = kept_ms(battery->critical_since_s);
    } else if (battery->low) {
        condition.colour = policy->low_colour;
        condition.onset_ms = kept_ms(battery->low_since_s);
    }
    return condition;
}

void battery_evidence(const struct battery *battery, const struct battery_policy *policy, struct sw_evidence *evidence)
{
    evidence->rule = SW_ALERT_RULE_BATTERY;
    evidence->value_kind = SW_READING_BATTERY;
    evidence->value_milli = battery->millivolts;
    evidence->threshold_milli = battery->critical ? policy->critical_mv : policy->low_mv;
}

static void not_after(uint32_t *time_s, uint32_t now_s)
{
    if (*time_s > now_s) *time_s = now_s;
}

void battery_restart_delays(struct battery *battery, int64_t now_ms)
{
    not_after(&battery->time_s, kept_s(now_ms));
    not_after(&battery->low_since_s, kept_s(now_ms));
    not_after(&battery->critical_since_s, kept_s(now_ms));
}
