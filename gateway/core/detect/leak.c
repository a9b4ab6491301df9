#include "core/detect/leak.h"

#include "core/kept_time.h"

#define HOUR_MS INT64_C(3600000)
/* Hourly readings come a little early at times. */
#define HOUR_SLACK_MS (HOUR_MS / 12)
/* Asked to stand still for longer than this, large homes without a leak fail (AMPds2 its totals read
 * in steps of 3.785 and 10 L: 0 advices a year with 2 h, 18 and 4 with 3 h, 51 and 39 with 4 h). */
#define STILL_MOST_MS (2 * HOUR_MS)

struct leak_policy leak_policy_default(void)
{
    return (struct leak_policy){.advice_ms = 24 * HOUR_MS,
                                .alert_ms = 48 * HOUR_MS,
                                .colour = SW_COLOUR_YELLOW,
                                .coverage_permille = 800,
                                .still_ml = 100,
                                .least_ml_h = 1000};
}

static int32_t add_up(int32_t sum, int64_t more)
{
    return more > INT32_MAX - sum ? INT32_MAX : (int32_t)(sum + more);
}

static int64_t still_needed_ms(const struct leak_policy *policy, int32_t step_ml)
{
    int64_t needed_ms = step_ml * HOUR_MS / (policy->least_ml_h > 0 ? policy->least_ml_h : 1);
    if (needed_ms < HOUR_MS) return HOUR_MS;
    return needed_ms < STILL_MOST_MS ? needed_ms : STILL_MOST_MS;
}

static void watch_from(struct leak *leak, int64_t time_ms, bool still_seen)
{
    leak->since_s = kept_s(time_ms);
    leak->unobserved_s = 0;
    leak->hour_ml = leak->hour_ms = leak->least_ml_h = 0;
    leak->still_seen = still_seen;
}

static void pass_unobserved(struct leak *leak, const struct leak_policy *policy, const struct flow *flow)
{
    int64_t gap_ms = flow->to_ms - flow->from_ms;
    leak->unobserved_s = add_up(leak->unobserved_s, gap_ms / 1000);
    leak->hour_ml = leak->hour_ms = 0;
    leak->spell_s = kept_s(flow->to_ms);
    leak->spell_ml = 0;
    /* Longer than half the first tier: what was before says nothing of now. */
    if (gap_ms > policy->advice_ms / 2) watch_from(leak, flow->to_ms, false);
}

static void count_hour(struct leak *leak, const struct flow *flow)
{
    leak->hour_ml = add_up(leak->hour_ml, flow->use_ml);
    leak->hour_ms = add_up(leak->hour_ms, flow->to_ms - flow->from_ms);
    if (leak->hour_ms + (flow->to_ms - flow->from_ms) / 2 < HOUR_MS)
        return; /* the next reading is nearer to the hour */
    int32_t rate_ml_h = (int32_t)(leak->hour_ml * HOUR_MS / leak->hour_ms);
    if (rate_ml_h > 0 && (leak->least_ml_h == 0 || rate_ml_h < leak->least_ml_h)) leak->least_ml_h = rate_ml_h;
    leak->hour_ml = leak->hour_ms = 0;
}

void leak_take(struct leak *leak, const struct leak_policy *policy, const struct flow *flow, int32_t step_ml)
{
    if (leak->since_s == 0) {
        watch_from(leak, flow->from_ms, false);
        leak->spell_s = kept_s(flow->from_ms);
    }
    leak->last_s = kept_s(flow->to_ms);
    if (!flow->observed) {
        pass_unobserved(leak, policy, flow);
        return;
    }
    count_hour(leak, flow);
    leak->spell_ml = add_up(leak->spell_ml, flow->use_ml);
    if (leak->spell_ml > policy->still_ml) {
        leak->spell_s = kept_s(flow->to_ms);
        leak->spell_ml = 0;
    }
    if (flow->to_ms - kept_ms(leak->spell_s) < still_needed_ms(policy, step_ml) - HOUR_SLACK_MS) return;
    watch_from(leak, flow->to_ms, true);
    /* A further hour is counted anew, so that what creeps on has to stay within still_ml each hour. */
    if (leak->spell_ml > 0) leak->spell_s = kept_s(flow->to_ms);
    leak->spell_ml = 0;
}

struct leak_figures leak_figures(const struct leak *leak)
{
    int64_t span_ms = kept_ms(leak->last_s) - kept_ms(leak->since_s);
    int64_t observed_ms = span_ms - leak->unobserved_s * INT64_C(1000);
    if (observed_ms < 0) observed_ms = 0;
    return (struct leak_figures){.observed_ms = observed_ms,
                                 .coverage_permille = span_ms > 0 ? (int32_t)(observed_ms * 1000 / span_ms) : 0,
                                 .rate_ml_h = leak->least_ml_h,
                                 .lost_ml = leak->least_ml_h * (span_ms / 1000) / 3600};
}

struct condition leak_judge(const struct leak *leak, const struct leak_policy *policy)
{
    struct condition condition = {.decided = false, .colour = SW_COLOUR_GREEN, .rule = SW_ALERT_RULE_NONE};
    if (leak->since_s == 0 || policy->advice_ms <= 0) return condition;
    struct leak_figures figures = leak_figures(leak);
    if (figures.observed_ms < policy->advice_ms) {
        condition.decided = leak->still_seen;
        return condition;
    }
    if (figures.coverage_permille < policy->coverage_permille) return condition;
    condition.decided = true;
    condition.colour = figures.observed_ms >= policy->alert_ms ? policy->colour : SW_COLOUR_BLUE;
    condition.onset_ms = kept_ms(leak->since_s);
    condition.rule = SW_ALERT_RULE_NO_STILL_HOUR;
    return condition;
}

int64_t leak_due_ms(const struct leak *leak, const struct leak_policy *policy)
{
    int64_t from_ms = kept_ms(leak->since_s) + leak->unobserved_s * INT64_C(1000);
    if (leak->since_s == 0 || policy->advice_ms <= 0) return INT64_MAX;
    if (from_ms + policy->advice_ms > kept_ms(leak->last_s)) return from_ms + policy->advice_ms;
    return from_ms + policy->alert_ms > kept_ms(leak->last_s) ? from_ms + policy->alert_ms : INT64_MAX;
}

void leak_evidence(const struct leak *leak, struct sw_evidence *evidence)
{
    struct leak_figures figures = leak_figures(leak);
    evidence->rule = SW_ALERT_RULE_NO_STILL_HOUR;
    evidence->window_ms = kept_ms(leak->last_s) - kept_ms(leak->since_s);
    evidence->coverage_permille = figures.coverage_permille;
    evidence->last_good.ms = kept_ms(leak->last_s);
    evidence->value_kind = SW_READING_WATER_INDEX;
    evidence->value_milli = figures.lost_ml;
    evidence->rate_known = figures.rate_ml_h > 0;
    evidence->rate_milli_per_h = figures.rate_ml_h;
}

void leak_set_back(struct leak *leak, int64_t now_ms)
{
    if (leak->since_s == 0) return;
    watch_from(leak, now_ms, false);
    leak->last_s = leak->spell_s = kept_s(now_ms);
    leak->spell_ml = 0;
}
