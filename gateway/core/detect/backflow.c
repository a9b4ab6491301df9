#include "core/detect/backflow.h"

#include <assert.h>

#include "core/kept_time.h"

#define HOUR_MS  (60LL * 60 * 1000)
#define LITRE_ML 1000

static_assert(sizeof(struct backflow) <= 64, "part of a home's 1 KB");

struct backflow_policy backflow_policy_default(void)
{
    return (struct backflow_policy){
        .volume_ml = 10 * LITRE_ML, .settle_ms = 6 * HOUR_MS, .clear_ms = 24 * HOUR_MS, .colour = SW_COLOUR_YELLOW};
}

static void add(uint32_t *sum_ml, int64_t volume_ml)
{
    *sum_ml = volume_ml < UINT32_MAX - *sum_ml ? *sum_ml + (uint32_t)volume_ml : UINT32_MAX;
}

static void run_back(struct backflow *backflow, const struct backflow_policy *policy, int64_t time_ms,
                     int64_t volume_ml, int64_t pulse_ml)
{
    if (volume_ml <= 0) return;
    if (backflow->outstanding_ml == 0 && !backflow->active) {
        backflow->onset_s = kept_s(time_ms);
        backflow->spell_ml = 0;
    }
    add(&backflow->outstanding_ml, volume_ml);
    add(&backflow->spell_ml, volume_ml);
    backflow->last_back_s = kept_s(time_ms);
    if (policy->volume_ml > 0 && backflow->outstanding_ml > policy->volume_ml && backflow->outstanding_ml > pulse_ml)
        backflow->active = true;
}

static void take_off(uint32_t *sum_ml, int64_t volume_ml)
{
    *sum_ml -= volume_ml < *sum_ml ? (uint32_t)volume_ml : *sum_ml;
}

/* The lower series was a wrong value that stayed for a while: nothing had run back. */
static void withdraw(struct backflow *backflow, int64_t volume_ml)
{
    if (backflow->reverse_s != 0 || volume_ml <= 0) return;
    take_off(&backflow->outstanding_ml, volume_ml);
    take_off(&backflow->spell_ml, volume_ml);
    if (backflow->spell_ml == 0) backflow->active = false;
}

static void settle(struct backflow *backflow, const struct backflow_policy *policy, int64_t time_ms)
{
    backflow->time_s = kept_s(time_ms);
    int64_t without_ms = time_ms - kept_ms(backflow->last_back_s);
    if (without_ms >= policy->clear_ms) backflow->outstanding_ml = 0;
    if (backflow->outstanding_ml == 0 && without_ms >= policy->settle_ms) backflow->active = false;
}

/* How far the total ran back with this reading. */
static int64_t back_of(const struct meter_verdict *verdict)
{
    bool little = verdict->step_ml < 0 && verdict->step_ml >= -METER_RUN_BACK_MAX_ML;
    bool replaced = verdict->event == METER_SERIES_REPLACED && little;
    return replaced || verdict->event == METER_RAN_BACK ? -verdict->step_ml : 0;
}

void backflow_take_total(struct backflow *backflow, const struct backflow_policy *policy, int64_t time_ms,
                         const struct meter_verdict *verdict, int64_t pulse_ml)
{
    if (backflow->reverse_s == 0) run_back(backflow, policy, time_ms, back_of(verdict), pulse_ml);
    if (verdict->quality != SW_QUALITY_GOOD) return;
    bool grew = verdict->event == METER_NONE || verdict->event == METER_ROLLED_OVER;
    if (verdict->event == METER_SERIES_RESTORED) withdraw(backflow, verdict->step_ml);
    take_off(&backflow->outstanding_ml, grew ? verdict->step_ml : verdict->use_ml);
    settle(backflow, policy, time_ms);
}

void backflow_take_reverse(struct backflow *backflow, const struct backflow_policy *policy,
                           const struct meter_policy *meter, int64_t time_ms, int64_t reverse_ml, int64_t pulse_ml)
{
    if (reverse_ml < 0 || reverse_ml > METER_INDEX_MAX_ML) return;
    int64_t most_ml = meter_passable_ml(meter, time_ms - kept_ms(backflow->reverse_s));
    int64_t growth_ml = reverse_ml - backflow->reverse_ml;
    int64_t odd_growth_ml = reverse_ml - backflow->reverse_odd_ml;
    bool first = backflow->reverse_s == 0;
    bool goes_on = growth_ml >= 0 && growth_ml <= most_ml;
    bool confirmed = backflow->reverse_odd && odd_growth_ml >= 0 && odd_growth_ml <= most_ml &&
                     (!goes_on || odd_growth_ml < growth_ml);
    backflow->reverse_odd = !first && !goes_on && !confirmed;
    backflow->reverse_odd_ml = reverse_ml;
    if (backflow->reverse_odd) return;
    backflow->reverse_ml = reverse_ml;
    backflow->reverse_s = kept_s(time_ms);
    if (!first && !confirmed) run_back(backflow, policy, time_ms, growth_ml, pulse_ml);
    settle(backflow, policy, time_ms);
}

static void not_after(uint32_t *time_s, uint32_t now_s)
{
    if (*time_s > now_s) *time_s = now_s;
}

void backflow_set_back(struct backflow *backflow, int64_t now_ms)
{
    not_after(&backflow->time_s, kept_s(now_ms));
    not_after(&backflow->onset_s, kept_s(now_ms));
    not_after(&backflow->last_back_s, kept_s(now_ms));
    not_after(&backflow->reverse_s, kept_s(now_ms));
}

bool backflow_is_even(const struct backflow *backflow)
{
    return backflow->outstanding_ml == 0 && !backflow->active;
}

struct condition backflow_judge(const struct backflow *backflow, const struct backflow_policy *policy)
{
    return (struct condition){.decided = backflow->time_s != 0,
                              .colour = backflow->active ? policy->colour : SW_COLOUR_GREEN,
                              .onset_ms = backflow->active ? kept_ms(backflow->onset_s) : 0,
                              .rule = SW_ALERT_RULE_RAN_BACK};
}

void backflow_evidence(const struct backflow *backflow, const struct backflow_policy *policy,
                       struct sw_evidence *evidence)
{
    evidence->rule = SW_ALERT_RULE_RAN_BACK;
    evidence->last_good.ms = kept_ms(backflow->time_s);
    evidence->value_kind = backflow->reverse_s ? SW_READING_WATER_REVERSE_INDEX : SW_READING_WATER_INDEX;
    evidence->value_milli = backflow->spell_ml;
    evidence->threshold_milli = policy->volume_ml;
}
