#include "core/aggregate/day_rhythm.h"

#include "core/kept_time.h"
#include "core/local_time.h"

#define MINUTE_MS   INT64_C(60000)
#define HOUR_MS     (60 * MINUTE_MS)
#define DAY_MS      (24 * HOUR_MS)
#define DAY_S       (24 * 3600)
#define DAY_MIN     (24 * 60)
#define RECENT      2 /* weeks */
#define USUAL_LEAST 6 /* of the eight weeks before that have to be known */
#define DAYS_LEAST  4 /* of a week */

struct day_rhythm_policy day_rhythm_policy_default(void)
{
    return (struct day_rhythm_policy){.night_from_min = 23 * 60,
                                      .night_to_min = 6 * 60,
                                      .morning_min = 4 * 60,
                                      .coverage_permille = 800,
                                      .decline_permille = 250,
                                      .more_tenths_a_night = 10,
                                      .pause_days = 28};
}

/* Time since the first night of 1970 began, by local clocks. */
static int64_t night_clock_ms(const struct day_rhythm_policy *policy, int64_t time_ms)
{
    int64_t clock_ms = local_time_ms(&policy->zone, time_ms) + (DAY_MIN - policy->night_from_min) * MINUTE_MS;
    return clock_ms > 0 ? clock_ms : 0;
}

static int32_t day_of(const struct day_rhythm_policy *policy, int64_t time_ms)
{
    return (int32_t)(night_clock_ms(policy, time_ms) / DAY_MS);
}

/* A day is named after the date of its morning. */
static int64_t morning_ms(const struct day_rhythm_policy *policy, int32_t day)
{
    return local_time_to_utc_ms(&policy->zone, day * DAY_MS + policy->morning_min * MINUTE_MS);
}

static uint32_t count_bits(uint32_t bits)
{
    uint32_t count = 0;
    for (; bits; bits &= bits - 1)
        count++;
    return count;
}

static void sort(uint16_t *values, int count)
{
    for (int i = 1; i < count; i++) {
        uint16_t value = values[i];
        int j = i;
        for (; j > 0 && values[j - 1] > value; j--)
            values[j] = values[j - 1];
        values[j] = value;
    }
}

static void begin_day(struct day_rhythm *rhythm, int32_t day)
{
    rhythm->day = day;
    rhythm->first_use_s = 0;
    rhythm->day_ml = rhythm->observed_s = 0;
    rhythm->hours = 0;
}

static void end_day(struct day_rhythm *rhythm, const struct day_rhythm_policy *policy)
{
    bool seen_enough = (int64_t)rhythm->observed_s * 1000 >= (int64_t)DAY_S * policy->coverage_permille;
    if (!seen_enough || rhythm->day_ml == 0 || rhythm->days == 7) return;
    int32_t litres = rhythm->day_ml / 1000;
    rhythm->day_l[rhythm->days] = (uint16_t)(litres < DAY_RHYTHM_NO_LITRES ? litres : DAY_RHYTHM_NO_LITRES - 1);
    rhythm->night_hours[rhythm->days] = (uint8_t)count_bits(rhythm->hours);
    rhythm->days++;
}

static void push_week(struct day_rhythm *rhythm, uint16_t litres, uint8_t tenths)
{
    for (int i = DAY_RHYTHM_WEEKS - 1; i > 0; i--) {
        rhythm->week_l[i] = rhythm->week_l[i - 1];
        rhythm->week_tenths[i] = rhythm->week_tenths[i - 1];
    }
    rhythm->week_l[0] = litres;
    rhythm->week_tenths[0] = tenths;
    if (rhythm->weeks < DAY_RHYTHM_WEEKS) rhythm->weeks++;
}

static void end_week(struct day_rhythm *rhythm)
{
    if (rhythm->days < DAYS_LEAST) {
        push_week(rhythm, DAY_RHYTHM_NO_LITRES, 0);
    } else {
        uint32_t hours = 0;
        for (int i = 0; i < rhythm->days; i++)
            hours += rhythm->night_hours[i];
        sort(rhythm->day_l, rhythm->days);
        push_week(rhythm, rhythm->day_l[rhythm->days / 2], (uint8_t)(hours * 10 / rhythm->days));
    }
    rhythm->days = 0;
}

static struct day_rhythm_figures summary(uint16_t *litres, uint16_t *tenths, int count)
{
    sort(litres, count);
    sort(tenths, count);
    return (struct day_rhythm_figures){.usual_ml_day = litres[count / 2] * INT64_C(1000),
                                       .usual_low_ml_day = litres[0] * INT64_C(1000),
                                       .usual_tenths = tenths[count / 2],
                                       .usual_high_tenths = tenths[count - 1]};
}

static bool week_known(const struct day_rhythm *rhythm, int week)
{
    return week < rhythm->weeks && rhythm->week_l[week] != DAY_RHYTHM_NO_LITRES;
}

struct day_rhythm_figures day_rhythm_figures(const struct day_rhythm *rhythm)
{
    uint16_t litres[DAY_RHYTHM_WEEKS], tenths[DAY_RHYTHM_WEEKS];
    int count = 0;
    for (int i = RECENT; i < DAY_RHYTHM_WEEKS; i++) {
        if (!week_known(rhythm, i)) continue;
        litres[count] = rhythm->week_l[i];
        tenths[count++] = rhythm->week_tenths[i];
    }
    if (count < USUAL_LEAST || !week_known(rhythm, 0) || !week_known(rhythm, 1))
        return (struct day_rhythm_figures){.known = false};
    struct day_rhythm_figures figures = summary(litres, tenths, count);
    figures.known = true;
    figures.recent_ml_day = (rhythm->week_l[0] + rhythm->week_l[1]) * INT64_C(500);
    figures.recent_tenths = (rhythm->week_tenths[0] + rhythm->week_tenths[1]) / 2;
    return figures;
}

static void judge_weeks(struct day_rhythm *rhythm, const struct day_rhythm_policy *policy,
                        struct day_rhythm_verdict *verdict)
{
    struct day_rhythm_figures now = day_rhythm_figures(rhythm);
    if (!now.known) return;
    if (rhythm->noted_day && rhythm->day - rhythm->noted_day < policy->pause_days) return;
    bool both_below = rhythm->week_l[0] * INT64_C(1000) < now.usual_low_ml_day &&
                      rhythm->week_l[1] * INT64_C(1000) < now.usual_low_ml_day;
    bool both_above = rhythm->week_tenths[0] > now.usual_high_tenths && rhythm->week_tenths[1] > now.usual_high_tenths;
    verdict->use_declining =
        both_below && now.recent_ml_day * 1000 <= now.usual_ml_day * (1000 - policy->decline_permille);
    verdict->nights_broken = both_above && now.recent_tenths - now.usual_tenths >= policy->more_tenths_a_night;
    if (verdict->use_declining || verdict->nights_broken) rhythm->noted_day = rhythm->day;
}

/* Ends the day, and the weeks that are over, when `day` is another one. */
static void turn_to(struct day_rhythm *rhythm, const struct day_rhythm_policy *policy, int32_t day,
                    struct day_rhythm_verdict *verdict)
{
    if (rhythm->day == 0) begin_day(rhythm, day);
    if (day <= rhythm->day) return;
    int32_t weeks = day / 7 - rhythm->day / 7;
    end_day(rhythm, policy);
    begin_day(rhythm, day);
    for (int32_t i = 0; i < weeks && i < DAY_RHYTHM_WEEKS; i++)
        end_week(rhythm);
    if (weeks > 0) judge_weeks(rhythm, policy, verdict);
}

static void mark_night(struct day_rhythm *rhythm, const struct day_rhythm_policy *policy, int64_t at_ms)
{
    int64_t night_ms = (DAY_MIN - policy->night_from_min + policy->night_to_min) * MINUTE_MS;
    int64_t into_ms = night_clock_ms(policy, at_ms) % DAY_MS;
    if (into_ms < night_ms && into_ms < 8 * HOUR_MS) rhythm->hours |= (uint8_t)(1U << (into_ms / HOUR_MS));
}

struct day_rhythm_verdict day_rhythm_take(struct day_rhythm *rhythm, const struct day_rhythm_policy *policy,
                                          const struct flow *flow, const struct use_start_verdict *use)
{
    struct day_rhythm_verdict verdict = {.first_use = false};
    int64_t middle_ms = flow->from_ms + (flow->to_ms - flow->from_ms) / 2;
    int64_t at_ms = flow->observed ? middle_ms : flow->to_ms;
    turn_to(rhythm, policy, day_of(policy, at_ms), &verdict);
    if (flow->observed) rhythm->observed_s += (int32_t)(kept_s(flow->to_ms) - kept_s(flow->from_ms));
    if (!use->use) return verdict;

    bool of_this_day = flow->observed || day_of(policy, flow->from_ms) == rhythm->day;
    if (!of_this_day) return verdict;
    int64_t volume_ml = rhythm->day_ml + (use->volume_ml < FLOW_USE_MAX_ML ? use->volume_ml : FLOW_USE_MAX_ML);
    rhythm->day_ml = (int32_t)(volume_ml < FLOW_USE_MAX_ML ? volume_ml : FLOW_USE_MAX_ML);
    if (flow->observed) mark_night(rhythm, policy, at_ms);
    int64_t earliest_ms = flow->observed ? at_ms : flow->from_ms;
    if (rhythm->first_use_s == 0 && earliest_ms >= morning_ms(policy, rhythm->day)) {
        rhythm->first_use_s = kept_s(flow->to_ms);
        verdict.first_use = true;
    }
    return verdict;
}

void day_rhythm_evidence(const struct day_rhythm *rhythm, enum sw_alert_rule rule, struct sw_evidence *evidence)
{
    struct day_rhythm_figures figures = day_rhythm_figures(rhythm);
    evidence->rule = rule;
    evidence->coverage_permille = -1;
    if (rule == SW_ALERT_RULE_DAY_BEGUN) {
        evidence->last_use.ms = kept_ms(rhythm->first_use_s);
        return;
    }
    evidence->window_ms = 14 * DAY_MS;
    if (rule == SW_ALERT_RULE_NIGHTS_BROKEN) {
        evidence->count = (uint16_t)(figures.recent_tenths * 14 / 10);
        return;
    }
    evidence->value_kind = SW_READING_WATER_INDEX;
    evidence->value_milli = figures.recent_ml_day;
    evidence->threshold_milli = figures.usual_ml_day;
}

void day_rhythm_set_back(struct day_rhythm *rhythm, const struct day_rhythm_policy *policy, int64_t now_ms)
{
    if (rhythm->day == 0) return;
    int32_t day = day_of(policy, now_ms);
    int64_t first_use_ms = day == rhythm->day ? kept_ms(rhythm->first_use_s) : 0;
    begin_day(rhythm, day);
    rhythm->first_use_s = kept_s(first_use_ms < now_ms ? first_use_ms : now_ms);
    if (rhythm->noted_day > day) rhythm->noted_day = day;
}
