#include "core/normalise/meter.h"

/* Far above any pipe and any pause, and their product still fits in 63 bits. */
#define FLOW_MAX_ML_S 1000000LL
#define PAUSE_MAX_MS  1000000000000LL

int64_t meter_passable_ml(const struct meter_policy *policy, int64_t elapsed_ms)
{
    int64_t flow = policy->max_flow_ml_s < FLOW_MAX_ML_S ? policy->max_flow_ml_s : FLOW_MAX_ML_S;
    if (flow <= 0) return INT64_MAX;
    if (elapsed_ms < METER_BURST_MS) elapsed_ms = METER_BURST_MS;
    if (elapsed_ms > PAUSE_MAX_MS) elapsed_ms = PAUSE_MAX_MS;
    return flow * elapsed_ms / 1000;
}

/* Growth from `from` to `to`, over the rollover where there is one; negative when the total went back. A rollover
 * explains a step back only when it leaves less than half a turn of growth, else every trembling would be a turn. */
static int64_t growth_ml(const struct meter_policy *policy, const struct meter_mark *from, const struct meter_mark *to)
{
    int64_t growth = to->index_ml - from->index_ml;
    int64_t turn = policy->rollover_ml;
    if (growth >= 0 || turn <= 0 || from->index_ml >= turn) return growth;
    int64_t over_the_top = growth + turn;
    return over_the_top < turn / 2 ? over_the_top : growth;
}

static bool explains(const struct meter_policy *policy, const struct meter_mark *from, const struct meter_mark *to)
{
    if (from->time_ms == 0) return false;
    int64_t growth = growth_ml(policy, from, to);
    return growth >= 0 && growth <= meter_passable_ml(policy, to->time_ms - from->time_ms);
}

/* True when `now` is below the odd total as that is below the believed one, by no more than a pipe can have passed: two
 * in a row that fall are a meter that runs back. */
static bool runs_on_back(const struct meter *meter, const struct meter_policy *policy, const struct meter_mark *now)
{
    int64_t fall = meter->odd.index_ml - now->index_ml;
    if (meter->odd.time_ms == 0 || meter->odd.index_ml >= meter->believed.index_ml || fall <= 0) return false;
    return fall <= METER_RUN_BACK_MAX_ML && fall <= meter_passable_ml(policy, now->time_ms - meter->odd.time_ms);
}

static struct meter_verdict doubt(const struct meter_mark *believed, const struct meter_mark *odd,
                                  enum meter_event event)
{
    int64_t step = odd->index_ml - believed->index_ml;
    enum sw_quality_reason reason = step < 0 ? SW_REASON_COUNTER_BACK : SW_REASON_COUNTER_JUMP;
    return (struct meter_verdict){SW_QUALITY_SUSPECT, reason, 0, event, step};
}

static void move_to(struct meter *meter, const struct meter_mark *now)
{
    meter->believed = *now;
    meter->odd.time_ms = 0;
}

static void add_doubtful(struct meter *meter, int64_t use_ml)
{
    int64_t sum_ml = meter->doubtful_ml + use_ml;
    meter->doubtful_ml = sum_ml < UINT32_MAX ? (uint32_t)sum_ml : UINT32_MAX;
}

static struct meter_verdict believe(struct meter *meter, const struct meter_mark *now, int64_t growth)
{
    struct meter_verdict verdict = {SW_QUALITY_GOOD, SW_REASON_NONE, growth, METER_NONE, growth};
    int64_t repaid = growth < meter->deficit_ml ? growth : meter->deficit_ml;
    verdict.use_ml -= repaid;
    if (meter->odd.time_ms != 0) {
        verdict.event = METER_ODD_WITHDRAWN;
        verdict.step_ml = meter->odd.index_ml - meter->believed.index_ml;
    } else if (now->index_ml < meter->believed.index_ml) {
        verdict.event = METER_ROLLED_OVER;
    }
    meter->deficit_ml -= (uint32_t)repaid;
    if (meter->former.time_ms != 0) add_doubtful(meter, verdict.use_ml);
    move_to(meter, now);
    return verdict;
}

/* The odd value has been confirmed by `now`. */
static struct meter_verdict take_over(struct meter *meter, const struct meter_mark *now)
{
    int64_t back = meter->believed.index_ml - now->index_ml;
    if (back >= 0 && back + meter->deficit_ml <= METER_DEFICIT_MAX_ML) {
        meter->deficit_ml += (uint32_t)back;
        move_to(meter, now);
        return (struct meter_verdict){SW_QUALITY_GOOD, SW_REASON_NONE, 0, METER_RAN_BACK, -back};
    }
    const struct meter_mark *begin = now->index_ml < meter->odd.index_ml ? now : &meter->odd;
    struct meter_verdict verdict = doubt(&meter->believed, begin, METER_SERIES_REPLACED);
    meter->former = meter->believed;
    meter->deficit_ml = 0;
    meter->doubtful_ml = 0;
    move_to(meter, now);
    return verdict;
}

/* The series that was replaced goes on. Its growth since then is use, as far as the other series has not shown it. */
static struct meter_verdict restore(struct meter *meter, const struct meter_mark *now, int64_t growth)
{
    int64_t step = now->index_ml - meter->believed.index_ml;
    meter->former.time_ms = 0;
    struct meter_verdict verdict = believe(meter, now, growth > meter->doubtful_ml ? growth - meter->doubtful_ml : 0);
    verdict.event = METER_SERIES_RESTORED;
    verdict.step_ml = step;
    return verdict;
}

/* True when the series that was replaced explains `now`, and better than the present one does: also all that the
 * present one has shown since, or an exchanged meter would be taken for the old one when its total comes past the old
 * total. */
static bool former_is_back(struct meter *meter, const struct meter_policy *policy, const struct meter_mark *now)
{
    if (meter->former.time_ms == 0) return false;
    if (now->time_ms - meter->former.time_ms > METER_FORMER_KEEP_MS) {
        meter->former.time_ms = 0;
        return false;
    }
    if (!explains(policy, &meter->former, now)) return false;
    if (!explains(policy, &meter->believed, now)) return true;
    int64_t growth = growth_ml(policy, &meter->former, now);
    return growth < growth_ml(policy, &meter->believed, now) && growth >= meter->doubtful_ml;
}

struct meter_verdict meter_take(struct meter *meter, const struct meter_policy *policy, int64_t time_ms,
                                int64_t index_ml)
{
    struct meter_mark now = {index_ml, time_ms};
    if (index_ml < 0 || index_ml > METER_INDEX_MAX_ML)
        return (struct meter_verdict){.quality = SW_QUALITY_BAD, .reason = SW_REASON_RANGE};
    if (meter->believed.time_ms == 0) {
        meter->believed = now;
        return (struct meter_verdict){.quality = SW_QUALITY_GOOD};
    }
    if (former_is_back(meter, policy, &now)) return restore(meter, &now, growth_ml(policy, &meter->former, &now));

    bool goes_on = explains(policy, &meter->believed, &now);
    bool odd_goes_on = explains(policy, &meter->odd, &now);
    /* Where both explain it, the one that needs less water does: a jump stays a jump after a long pause, too. */
    if (odd_goes_on && (!goes_on || growth_ml(policy, &meter->odd, &now) < growth_ml(policy, &meter->believed, &now)))
        return take_over(meter, &now);
    if (goes_on) return believe(meter, &now, growth_ml(policy, &meter->believed, &now));
    if (runs_on_back(meter, policy, &now)) return take_over(meter, &now);

    meter->odd = now;
    return doubt(&meter->believed, &now, METER_ODD);
}

bool meter_is_settled(const struct meter *meter)
{
    return meter->odd.time_ms == 0 && meter->former.time_ms == 0 && meter->deficit_ml == 0;
}

void meter_set_back(struct meter *meter, int64_t now_ms)
{
    struct meter_mark *const marks[] = {&meter->believed, &meter->odd, &meter->former};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (marks[i]->time_ms > now_ms) marks[i]->time_ms = now_ms;
}
