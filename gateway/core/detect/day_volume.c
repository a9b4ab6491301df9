#include "core/detect/day_volume.h"

#include "core/kept_time.h"
#include "core/local_time.h"

#define DAY_MS (24 * INT64_C(3600000))

struct day_volume_policy day_volume_policy_default(void)
{
    return (struct day_volume_policy){.limit_ml = 0, .coverage_permille = 800, .colour = SW_COLOUR_YELLOW};
}

/* The day in which time just before `time_ms` lies: a reading at midnight ends a day. */
static int32_t day_before(const struct day_volume_policy *policy, int64_t time_ms)
{
    int64_t local_ms = local_time_ms(&policy->zone, time_ms - 1);
    return (int32_t)(local_ms >= 0 ? local_ms / DAY_MS : -((-local_ms + DAY_MS - 1) / DAY_MS));
}

static int64_t midnight_ms(const struct day_volume_policy *policy, int32_t day)
{
    return local_time_to_utc_ms(&policy->zone, day * DAY_MS);
}

/* 23 h or 25 h where clocks change. */
static int64_t length_s(const struct day_volume_policy *policy, int32_t day)
{
    return (midnight_ms(policy, day + 1) - midnight_ms(policy, day)) / 1000;
}

/* The part of the day before `time_ms` was not observed. */
static void begin_day(struct day_volume *day, const struct day_volume_policy *policy, int64_t time_ms)
{
    day->day = day_before(policy, time_ms + 1);
    day->unobserved_s = (int32_t)((time_ms - midnight_ms(policy, day->day)) / 1000);
    day->volume_ml = 0;
}

static void add(struct day_volume *day, const struct day_volume_policy *policy, int64_t use_ml, int64_t time_ms)
{
    int64_t volume_ml = day->volume_ml + use_ml;
    day->volume_ml = (int32_t)(volume_ml < FLOW_USE_MAX_ML ? volume_ml : FLOW_USE_MAX_ML);
    if (policy->limit_ml > 0 && day->volume_ml > policy->limit_ml && !day->exceeded_s)
        day->exceeded_s = kept_s(time_ms);
}

static void end_day(struct day_volume *day, const struct day_volume_policy *policy)
{
    int64_t whole_s = length_s(policy, day->day);
    bool seen_enough = (whole_s - day->unobserved_s) * 1000 >= whole_s * policy->coverage_permille;
    if (seen_enough && day->volume_ml <= policy->limit_ml) day->exceeded_s = 0;
}

static void cross_midnight(struct day_volume *day, const struct day_volume_policy *policy, const struct flow *flow)
{
    int64_t midnight = midnight_ms(policy, day->day + 1);
    bool next_day = flow->from_ms <= midnight && flow->to_ms <= midnight_ms(policy, day->day + 2);
    if (flow->observed && next_day) {
        int64_t elapsed_ms = flow->to_ms - flow->from_ms;
        int64_t use_ml = flow->use_ml < FLOW_USE_MAX_ML ? flow->use_ml : FLOW_USE_MAX_ML;
        int64_t before_ml = use_ml * (midnight - flow->from_ms) / elapsed_ms;
        add(day, policy, before_ml, flow->to_ms);
        end_day(day, policy);
        begin_day(day, policy, midnight);
        add(day, policy, use_ml - before_ml, flow->to_ms);
        return;
    }
    if (flow->from_ms < midnight) day->unobserved_s += (int32_t)((midnight - flow->from_ms) / 1000);
    end_day(day, policy);
    begin_day(day, policy, flow->to_ms);
}

void day_volume_take(struct day_volume *day, const struct day_volume_policy *policy, const struct flow *flow)
{
    if (day->last_s == 0) begin_day(day, policy, flow->from_ms);
    day->last_s = kept_s(flow->to_ms);
    if (day_before(policy, flow->to_ms) != day->day) {
        cross_midnight(day, policy, flow);
        return;
    }
    if (!flow->observed) day->unobserved_s += (int32_t)((flow->to_ms - flow->from_ms) / 1000);
    add(day, policy, flow->use_ml < FLOW_USE_MAX_ML ? flow->use_ml : FLOW_USE_MAX_ML, flow->to_ms);
}

struct condition day_volume_judge(const struct day_volume *day, const struct day_volume_policy *policy)
{
    bool exceeded = policy->limit_ml > 0 && day->exceeded_s != 0;
    return (struct condition){.decided = policy->limit_ml > 0 && day->last_s != 0,
                              .colour = exceeded ? policy->colour : SW_COLOUR_GREEN,
                              .onset_ms = exceeded ? kept_ms(day->exceeded_s) : 0,
                              .rule = exceeded ? SW_ALERT_RULE_DAY_VOLUME : SW_ALERT_RULE_NONE};
}

void day_volume_evidence(const struct day_volume *day, const struct day_volume_policy *policy,
                         struct sw_evidence *evidence)
{
    int64_t window_ms = kept_ms(day->last_s) - midnight_ms(policy, day->day);
    int64_t observed_ms = window_ms - day->unobserved_s * INT64_C(1000);
    evidence->rule = SW_ALERT_RULE_DAY_VOLUME;
    evidence->window_ms = window_ms;
    evidence->coverage_permille = window_ms > 0 && observed_ms > 0 ? (int32_t)(observed_ms * 1000 / window_ms) : 0;
    evidence->last_good.ms = kept_ms(day->last_s);
    evidence->value_kind = SW_READING_WATER_INDEX;
    evidence->value_milli = day->volume_ml;
    evidence->threshold_milli = policy->limit_ml;
}

void day_volume_set_back(struct day_volume *day, const struct day_volume_policy *policy, int64_t now_ms)
{
    if (day->last_s == 0) return;
    if (kept_ms(day->exceeded_s) > now_ms) day->exceeded_s = kept_s(now_ms);
    day->last_s = kept_s(now_ms);
    begin_day(day, policy, now_ms);
}
