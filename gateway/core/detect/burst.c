#include "core/detect/burst.h"

#include "core/kept_time.h"

#define MINUTE_MS       INT64_C(60000)
#define SURPLUS_MINUTES 10

struct burst_policy burst_policy_default(void)
{
    return (struct burst_policy){
        .flow_ml_min = 10000, .hold_ms = 60 * MINUTE_MS, .off_ms = 10 * MINUTE_MS, .colour = SW_COLOUR_ORANGE};
}

static int64_t at_most(int64_t value, int64_t most)
{
    return value < most ? value : most;
}

static void forget(struct burst *burst)
{
    burst->since_s = burst->low_s = 0;
    burst->volume_ml = burst->surplus_ml = 0;
    burst->intervals = 0;
    burst->active = false;
}

/* A minute's worth more is the meter's step: between frequent readings even little flow comes in single pulses. */
static void follow_low(struct burst *burst, const struct burst_policy *policy, const struct flow *flow)
{
    burst->volume_ml = (int32_t)at_most(burst->volume_ml + flow->use_ml, INT32_MAX);
    if (burst->low_s == 0) {
        burst->low_s = kept_s(flow->from_ms);
        burst->surplus_ml = 0;
    }
    burst->surplus_ml = (int32_t)at_most(burst->surplus_ml + flow->use_ml, INT32_MAX);
    int64_t low_for_ms = flow->to_ms - kept_ms(burst->low_s);
    if (burst->surplus_ml > policy->flow_ml_min * low_for_ms / MINUTE_MS / 4 + policy->flow_ml_min)
        burst->low_s = 0;
    else if (low_for_ms >= policy->off_ms)
        forget(burst);
}

static void follow_high(struct burst *burst, const struct burst_policy *policy, const struct flow *flow)
{
    int64_t limit_ml = policy->flow_ml_min * (flow->to_ms - flow->from_ms) / MINUTE_MS;
    int64_t surplus_ml = burst->surplus_ml + at_most(flow->use_ml, FLOW_USE_MAX_ML) - limit_ml;
    /* A minute's worth less is the meter's step. */
    bool held = burst->since_s == 0 ? surplus_ml >= 0 : surplus_ml >= -policy->flow_ml_min;
    if (!held) {
        forget(burst);
        return;
    }
    if (burst->since_s == 0) burst->since_s = kept_s(flow->from_ms);
    burst->surplus_ml = (int32_t)at_most(surplus_ml, INT64_C(1) * SURPLUS_MINUTES * policy->flow_ml_min);
    burst->volume_ml = (int32_t)at_most(burst->volume_ml + flow->use_ml, INT32_MAX);
    if (burst->intervals < UINT8_MAX) burst->intervals++;
    burst->active = burst->intervals >= 2 && flow->to_ms - kept_ms(burst->since_s) >= policy->hold_ms;
}

void burst_take(struct burst *burst, const struct burst_policy *policy, const struct flow *flow)
{
    burst->last_s = kept_s(flow->to_ms);
    burst->observed = flow->observed;
    if (policy->flow_ml_min <= 0) {
        forget(burst);
        return;
    }
    if (!flow->observed) {
        burst->low_s = 0;
        if (!burst->active) forget(burst);
        return;
    }
    if (burst->active)
        follow_low(burst, policy, flow);
    else
        follow_high(burst, policy, flow);
}

bool burst_is_running(const struct burst *burst)
{
    return burst->since_s != 0 || burst->active;
}

struct condition burst_judge(const struct burst *burst, const struct burst_policy *policy)
{
    bool off = policy->flow_ml_min <= 0;
    return (struct condition){.decided = !off && burst->last_s != 0 && burst->observed,
                              .colour = burst->active ? policy->colour : SW_COLOUR_GREEN,
                              .onset_ms = burst->active ? kept_ms(burst->since_s) : 0,
                              .rule = burst->active ? SW_ALERT_RULE_HIGH_FLOW : SW_ALERT_RULE_NONE};
}

void burst_evidence(const struct burst *burst, const struct burst_policy *policy, struct sw_evidence *evidence)
{
    int64_t span_ms = burst->since_s ? kept_ms(burst->last_s) - kept_ms(burst->since_s) : 0;
    evidence->rule = SW_ALERT_RULE_HIGH_FLOW;
    evidence->window_ms = span_ms;
    evidence->coverage_permille = -1;
    evidence->last_good.ms = kept_ms(burst->last_s);
    evidence->value_kind = SW_READING_WATER_INDEX;
    evidence->value_milli = burst->volume_ml;
    evidence->threshold_milli = policy->flow_ml_min * policy->hold_ms / MINUTE_MS;
    evidence->rate_known = span_ms > 0;
    evidence->rate_milli_per_h = span_ms > 0 ? burst->volume_ml * 60 * MINUTE_MS / span_ms : 0;
}

void burst_set_back(struct burst *burst, int64_t now_ms)
{
    if (kept_ms(burst->last_s) > now_ms) burst->last_s = kept_s(now_ms);
    burst->low_s = 0;
    if (!burst->active) forget(burst);
    if (kept_ms(burst->since_s) > now_ms) burst->since_s = kept_s(now_ms);
}
