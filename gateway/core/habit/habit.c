#include "core/habit/habit.h"

#include <assert.h>

#include "core/habit/habit_math.h"
#include "core/kept_time.h"
#include "core/local_time.h"

static_assert(sizeof(struct habit) <= 312, "part of a home's 1 KB");

#define MINUTE_S INT64_C(60)
#define HOUR_S   (60 * MINUTE_S)
#define DAY_S    (24 * HOUR_S)
#define HOUR_MS  (HOUR_S * 1000)
#define ONE_Q24  INT64_C(16777216)

/* A reading may come a little early and still be the one at the full hour: a tenth of the interval, at most this. */
#define EARLY_MOST_S (6 * MINUTE_S)
/* Intervals of this length and more are a use each, whatever hour they lie in. */
#define HOURLY_S (45 * MINUTE_S)

/* Between readings at full hours a gap of 9 h is seen as 10 h, of 8 h as 9 h: the border is in the middle. */
#define GAP_9_S  (9 * HOUR_S + HOUR_S / 2)
#define GAP_15_S (15 * HOUR_S + HOUR_S / 2)

/* A cell's means: shares in units of 1/4095, hours in units of 1/160. */
enum cell_mean { MEAN_9, MEAN_15, MEAN_HOURS, MEAN_COUNT };
#define SHARE_ONE   4095
#define HOURS_ONE   160
#define HOURS_MOST  24
#define GAPS_MOST   16
#define GAPS_SEEN_1 1 /* what a home is taken for before its first gap counts as one gap */

static const uint16_t mean_at_first[MEAN_COUNT] = {82, 20, 2 * HOURS_ONE}; /* 2 %, 0.5 %, 2 h */

/* Neighbouring hours count, too. Of 20. */
static const uint8_t hour_weight[] = {5, 12, 20, 12, 5};
#define HOUR_REACH 2

/* The correction begins as if the model had been right about so many gaps; half of it is forgotten in 60 days. */
#define PRIOR_Q24        (3 * ONE_Q24)
#define FORGET_HALF_H    (60 * 24)
#define FORGET_MOST_S    (2 * DAY_S) /* for one gap: an absence is no reason to forget */
#define EXPECTED_MOST    (UINT32_C(200) << 24)
#define CERTAIN_LESS_Q24 16609444 /* 0.99 */

static int64_t at_most(int64_t value, int64_t limit)
{
    return value < limit ? value : limit;
}

/* Cells. The bits are kept inverted to what a fresh cell holds, so that zeroed memory is a home not known yet. */

static uint64_t cell_bits(const uint8_t *cell)
{
    return cell[0] | (uint64_t)cell[1] << 8 | (uint64_t)cell[2] << 16 | (uint64_t)cell[3] << 24 |
           (uint64_t)cell[4] << 32;
}

static int64_t bits_gaps(uint64_t bits)
{
    return GAPS_SEEN_1 + (int64_t)(bits & 0xF);
}

static int64_t bits_mean(uint64_t bits, int mean)
{
    return (int64_t)(bits >> (4 + 12 * mean) & 0xFFF) ^ mean_at_first[mean];
}

/* Toward `value` by one gap's weight, always by a step at least: a mean never sticks. */
static int64_t moved(int64_t mean, int64_t value, int64_t gaps)
{
    int64_t way = value - mean;
    int64_t step = (way + (way < 0 ? -gaps : gaps) / 2) / gaps;
    if (step == 0 && way != 0) step = way < 0 ? -1 : 1;
    return mean + step;
}

static void cell_learn(uint8_t *cell, const int64_t values[MEAN_COUNT])
{
    uint64_t before = cell_bits(cell);
    int64_t gaps = at_most(bits_gaps(before) + 1, GAPS_MOST);
    uint64_t bits = (uint64_t)(gaps - GAPS_SEEN_1);
    for (int mean = 0; mean < MEAN_COUNT; mean++) {
        int64_t now = moved(bits_mean(before, mean), values[mean], gaps);
        bits |= (uint64_t)(now ^ mean_at_first[mean]) << (4 + 12 * mean);
    }
    for (int i = 0; i < HABIT_CELL_BYTES; i++)
        cell[i] = (uint8_t)(bits >> (8 * i));
}

/* Where the present stretch began, by local clocks. */
struct place {
    int hour, day_type;
    bool weekend, friday;
};

static int64_t local_hour(const struct habit_policy *policy, int64_t time_ms)
{
    int64_t local_ms = local_time_ms(&policy->zone, time_ms);
    return local_ms > 0 ? local_ms / HOUR_MS : 0;
}

static struct place place_of(const struct habit *habit, const struct habit_policy *policy)
{
    int64_t hour = local_hour(policy, kept_ms(habit->still_from_s) - habit->half_s * INT64_C(1000));
    int weekday = (int)((hour / 24 + 3) % 7); /* 1970 began on a Thursday; 0 = Monday */
    return (struct place){
        .hour = (int)(hour % 24), .day_type = weekday >= 5, .weekend = weekday >= 5, .friday = weekday == 4};
}

/* Weighted sums around an hour. */
struct profile {
    int64_t gaps, sums[MEAN_COUNT];
};

static struct profile profile_at(const struct habit *habit, int hour, int day_type)
{
    struct profile profile = {0};
    for (int i = -HOUR_REACH; i <= HOUR_REACH; i++) {
        uint64_t bits = cell_bits(habit->cells[(hour + i + HABIT_HOURS) % HABIT_HOURS][day_type]);
        int64_t weight = hour_weight[i + HOUR_REACH] * bits_gaps(bits);
        profile.gaps += weight;
        for (int mean = 0; mean < MEAN_COUNT; mean++)
            profile.sums[mean] += weight * bits_mean(bits, mean);
    }
    return profile;
}

/* ln of a mean in Q16. A hundredth more for shares, so that what has never been seen has a logarithm. */
static int32_t ln_mean(const struct profile *profile, enum cell_mean mean)
{
    int64_t one = mean == MEAN_HOURS ? HOURS_ONE : SHARE_ONE;
    int64_t value_q24 = profile->sums[mean] * ONE_Q24 / (profile->gaps * one);
    if (mean != MEAN_HOURS) value_q24 += ONE_Q24 / 100;
    return habit_ln_q16((uint64_t)(value_q24 > 0 ? value_q24 : 1)) - 24 * HABIT_LN2_Q16;
}

static void look_at(const struct habit *habit, const struct habit_policy *policy, int32_t features[HABIT_FEATURES])
{
    struct place place = place_of(habit, policy);
    struct profile own = profile_at(habit, place.hour, place.day_type);
    struct profile all = profile_at(habit, place.hour, !place.day_type);
    all.gaps += own.gaps;
    for (int mean = 0; mean < MEAN_COUNT; mean++) {
        all.sums[mean] += own.sums[mean];
        features[HABIT_OWN_9 + mean] = ln_mean(&own, (enum cell_mean)mean);
        features[HABIT_ALL_9 + mean] = ln_mean(&all, (enum cell_mean)mean);
    }
    features[HABIT_ONE] = 1 << 16;
    features[HABIT_WEEKEND] = place.weekend ? 1 << 16 : 0;
    features[HABIT_FRIDAY] = place.friday ? 1 << 16 : 0;
    features[HABIT_HOLE] = habit->after_hole ? 1 << 16 : 0;
}

static int32_t weigh(const int32_t figures[HABIT_FEATURES], const int32_t features[HABIT_FEATURES])
{
    int64_t sum = 0;
    for (int i = 0; i < HABIT_FEATURES; i++)
        sum += (int64_t)figures[i] * features[i];
    return (int32_t)(sum / (1 << 16));
}

/* Before the home's own correction. */
static int64_t likely_q24(int horizon, const int32_t features[HABIT_FEATURES])
{
    return habit_logistic_q24(weigh(habit_model_reaches[horizon], features));
}

static int64_t corrected_q24(const struct habit *habit, int horizon, int64_t likely)
{
    int64_t reached = ((int64_t)habit->reached[horizon] << 16) + PRIOR_Q24;
    int64_t expected = habit->expected[horizon] + PRIOR_Q24;
    return at_most(likely * (reached >> 8) / (expected >> 8), CERTAIN_LESS_Q24);
}

static int64_t usual_gap_q24(const int32_t features[HABIT_FEATURES])
{
    return habit_exp_q24(weigh(habit_model_gap, features));
}

static int horizon_of(int hours)
{
    for (int i = 0; i < HABIT_HORIZONS; i++)
        if (habit_model_hours[i] == hours) return i;
    return -1;
}

/* False alarms that the level may bring, and the price of waiting for it. */
static uint8_t cheapest(const struct habit *habit, const struct habit_stage_policy *stage,
                        const int64_t likely[HABIT_HORIZONS], int64_t gap_h_q16)
{
    int64_t least = INT64_MAX;
    uint8_t hours = 0;
    for (int i = 0; i < HABIT_LEVELS_MAX; i++) {
        const struct habit_level *level = &stage->levels[i];
        int horizon = horizon_of(level->hours);
        if (horizon < 0) continue;
        int64_t cost = corrected_q24(habit, horizon, likely[horizon]) + level->price_ppm * gap_h_q16 * 256 / 1000000;
        if (cost >= least) continue;
        least = cost;
        hours = level->hours;
    }
    return hours;
}

static int64_t last_reading_ms(const struct habit *habit)
{
    return kept_ms(habit->still_from_s) + habit->still_s * INT64_C(1000);
}

/* A home that is silent for most of each day would overflow: it forgets sooner. */
static void expect(struct habit *habit, int horizon, int64_t likely)
{
    if (habit->expected[horizon] > EXPECTED_MOST || habit->reached[horizon] > EXPECTED_MOST >> 16) {
        habit->expected[horizon] /= 2;
        habit->reached[horizon] /= 2;
    }
    habit->expected[horizon] += (uint32_t)likely;
}

/* A soft check that would come with the alert, or after it, comes at the last horizon before it: there has to be time
 * to ring somebody. */
static void ask_first(struct habit *habit)
{
    uint8_t alert_h = habit->wait_h[HABIT_ALERT];
    for (int i = HABIT_HORIZONS - 1; alert_h != 0 && i >= 0 && habit->wait_h[HABIT_QUIET] >= alert_h; i--)
        if (habit_model_hours[i] < alert_h) habit->wait_h[HABIT_QUIET] = (uint8_t)habit_model_hours[i];
}

/* A gap begins: its levels, and what is expected of it. */
static void choose(struct habit *habit, const struct habit_policy *policy)
{
    int32_t features[HABIT_FEATURES];
    int64_t likely[HABIT_HORIZONS];
    look_at(habit, policy, features);
    for (int i = 0; i < HABIT_HORIZONS; i++)
        likely[i] = likely_q24(i, features);
    bool learned = kept_ms(habit->still_from_s) - habit->since_min * MINUTE_S * 1000 >= policy->learn_ms;
    /* The mean is some way above what is usual. */
    int64_t gap_h_q16 = at_most(usual_gap_q24(features) * 3 / 512, INT64_C(1000) << 16);
    for (int stage = 0; stage < HABIT_STAGE_COUNT; stage++)
        habit->wait_h[stage] = learned ? cheapest(habit, &policy->stages[stage], likely, gap_h_q16) : 0;
    ask_first(habit);
    habit->choose = false;
    for (int i = 0; i < HABIT_HORIZONS && !habit->skip; i++)
        expect(habit, i, likely[i]);
}

static void forget(struct habit *habit, int64_t gap_s)
{
    int64_t hours = habit->forget_h + (at_most(gap_s, FORGET_MOST_S) + HOUR_S / 2) / HOUR_S;
    habit->forget_h = (uint8_t)(hours < 24 ? hours : 0);
    if (hours < 24) return;
    int64_t kept_q24 = habit_exp_q24((int32_t)(-HABIT_LN2_Q16 * hours / FORGET_HALF_H));
    for (int i = 0; i < HABIT_HORIZONS; i++) {
        habit->expected[i] = (uint32_t)(habit->expected[i] * kept_q24 >> 24);
        habit->reached[i] = (uint16_t)((habit->reached[i] * kept_q24 + ONE_Q24 / 2) >> 24);
    }
}

static int64_t early_s(int64_t interval_s)
{
    return at_most(interval_s / 10, EARLY_MOST_S);
}

/* The stretch is over: by a use in the last interval, or unknown because nobody looked (interval_s 0). */
static void learn(struct habit *habit, const struct habit_policy *policy, int64_t interval_s)
{
    int64_t gap_s = habit->still_s + habit->half_s + interval_s / 2;
    if (gap_s < HOUR_S) gap_s = HOUR_S;
    forget(habit, gap_s);
    for (int i = 0; i < HABIT_HORIZONS; i++)
        if (habit->still_s + early_s(interval_s) >= habit_model_hours[i] * HOUR_S)
            habit->reached[i] = (uint16_t)(habit->reached[i] + (1 << 8));
    if (interval_s == 0 && gap_s < GAP_9_S) return;
    const int64_t values[MEAN_COUNT] = {gap_s >= GAP_9_S ? SHARE_ONE : 0, gap_s >= GAP_15_S ? SHARE_ONE : 0,
                                        at_most(gap_s, HOURS_MOST * HOUR_S) * HOURS_ONE / HOUR_S};
    struct place place = place_of(habit, policy);
    cell_learn(habit->cells[place.hour][place.day_type], values);
}

static void begin(struct habit *habit, int64_t from_ms, int64_t interval_s, bool by_use, bool after_hole)
{
    habit->still_from_s = kept_s(from_ms);
    habit->still_s = 0;
    habit->half_s = (uint16_t)at_most(interval_s / 2, UINT16_MAX);
    habit->by_use = by_use;
    habit->after_hole = after_hole;
    habit->skip = false;
    habit->choose = true;
    habit->is_over[HABIT_QUIET] = habit->is_over[HABIT_ALERT] = false;
}

/* A use in the hour of the last one: both are one to the habit. An hour that clocks repeat is two. */
static bool joins(const struct habit *habit, const struct habit_policy *policy, const struct flow *flow,
                  int64_t interval_s)
{
    if (!habit->by_use || habit->after_hole || interval_s >= HOURLY_S) return false;
    int64_t middle_ms = flow->to_ms - interval_s * 500;
    int64_t last_ms = kept_ms(habit->still_from_s) - habit->half_s * INT64_C(1000);
    return middle_ms - last_ms < HOUR_MS && local_hour(policy, middle_ms) == local_hour(policy, last_ms);
}

static void take_use(struct habit *habit, const struct habit_policy *policy, const struct flow *flow,
                     int64_t interval_s)
{
    if (joins(habit, policy, flow, interval_s)) {
        bool skip = habit->skip, choose_yet = habit->choose;
        begin(habit, flow->to_ms, interval_s, true, false);
        habit->skip = skip;
        habit->choose = choose_yet;
        return;
    }
    if (!habit->skip) learn(habit, policy, interval_s);
    begin(habit, flow->to_ms, interval_s, true, false);
}

static void stay_still(struct habit *habit, const struct flow *flow)
{
    int64_t from_ms = flow->from_ms > kept_ms(habit->still_from_s) ? flow->from_ms : kept_ms(habit->still_from_s);
    if (flow->to_ms <= from_ms) return;
    int64_t interval_s = (flow->to_ms - from_ms) / 1000;
    habit->still_s = (int32_t)at_most((flow->to_ms - kept_ms(habit->still_from_s)) / 1000, INT32_MAX);
    for (int stage = 0; stage < HABIT_STAGE_COUNT; stage++)
        if (habit->wait_h[stage] && habit->still_s + early_s(interval_s) >= habit->wait_h[stage] * HOUR_S)
            habit->is_over[stage] = true;
}

void habit_take(struct habit *habit, const struct habit_policy *policy, const struct flow *flow,
                const struct use_start_verdict *use, bool learning)
{
    int64_t interval_s = (flow->to_ms - flow->from_ms) / 1000;
    if (habit->since_min == 0) {
        habit->since_min = (uint32_t)(flow->from_ms / 1000 / MINUTE_S);
        begin(habit, flow->from_ms, 0, false, true);
    }
    if (!learning) habit->skip = true;
    if (!flow->observed) {
        if (!habit->skip) learn(habit, policy, 0);
        begin(habit, flow->to_ms, 0, use->use, true);
    } else if (use->use) {
        take_use(habit, policy, flow, interval_s);
    }
    if (!learning) habit->skip = true;
    if (habit->choose) choose(habit, policy);
    if (flow->observed && !use->use) stay_still(habit, flow);
}

void habit_take_back(struct habit *habit, const struct habit_policy *policy, int64_t last_use_ms)
{
    if (last_use_ms <= 0 || last_use_ms >= kept_ms(habit->still_from_s)) return;
    struct flow still = {.from_ms = last_reading_ms(habit), .to_ms = last_reading_ms(habit), .observed = true};
    bool skip = habit->skip;
    begin(habit, last_use_ms, 0, true, false);
    habit->skip = true; /* its beginning has been counted before */
    choose(habit, policy);
    habit->skip = skip;
    still.from_ms = last_use_ms;
    stay_still(habit, &still);
}

void habit_restart(struct habit *habit, int64_t from_ms)
{
    if (habit->since_min == 0) return;
    begin(habit, from_ms, 0, false, true);
}

struct habit_policy habit_policy_default(void)
{
    return (struct habit_policy){
        .enabled = true,
        .learn_ms = 28 * DAY_S * 1000,
        .stages = {[HABIT_QUIET] = {.levels = {{9, 0}, {15, 5000}, {24, 5800}}, .colour = SW_COLOUR_BLUE},
                   [HABIT_ALERT] = {.levels = {{15, 0}, {24, 850}, {48, 1500}}, .colour = SW_COLOUR_ORANGE}}};
}

struct condition habit_judge(const struct habit *habit, const struct habit_policy *policy, enum habit_stage stage)
{
    struct condition condition = {.decided = false, .colour = SW_COLOUR_GREEN, .rule = SW_ALERT_RULE_HABIT};
    if (!policy->enabled || habit->wait_h[stage] == 0) return condition;
    condition.decided = habit->is_over[stage] || habit->by_use;
    if (!habit->is_over[stage]) return condition;
    condition.colour = policy->stages[stage].colour;
    condition.onset_ms = kept_ms(habit->still_from_s);
    return condition;
}

int64_t habit_due_ms(const struct habit *habit)
{
    int64_t least_h = INT64_MAX;
    for (int stage = 0; stage < HABIT_STAGE_COUNT; stage++)
        if (habit->wait_h[stage] && !habit->is_over[stage] && habit->wait_h[stage] < least_h)
            least_h = habit->wait_h[stage];
    return least_h == INT64_MAX ? INT64_MAX : kept_ms(habit->still_from_s) + least_h * HOUR_MS - EARLY_MOST_S * 1000;
}

enum sw_habit_state habit_state(const struct habit *habit, const struct habit_policy *policy)
{
    if (!policy->enabled) return SW_HABIT_NONE;
    bool learned = habit->wait_h[HABIT_QUIET] || habit->wait_h[HABIT_ALERT];
    return learned ? SW_HABIT_LEARNED : SW_HABIT_LEARNING;
}

/* The stillness that one gap in 20 reaches, along straight lines of the logarithm between the horizons. */
static int64_t one_in_20_ms(const struct habit *habit, const int32_t features[HABIT_FEATURES])
{
    const int32_t wanted = habit_ln_q16(ONE_Q24 / 20);
    int32_t before = habit_ln_q16(ONE_Q24);
    int64_t before_ms = 0;
    for (int i = 0; i < HABIT_HORIZONS; i++) {
        int64_t likely = corrected_q24(habit, i, likely_q24(i, features));
        int32_t here = habit_ln_q16((uint64_t)(likely > 0 ? likely : 1));
        int64_t here_ms = habit_model_hours[i] * HOUR_MS;
        if (here <= wanted)
            return here < before ? before_ms + (here_ms - before_ms) * (before - wanted) / (before - here) : here_ms;
        before = here;
        before_ms = here_ms;
    }
    return before_ms;
}

void habit_evidence(const struct habit *habit, const struct habit_policy *policy, enum habit_stage stage,
                    struct sw_evidence *evidence)
{
    evidence->rule = SW_ALERT_RULE_HABIT;
    evidence->window_ms = habit->wait_h[stage] * HOUR_MS;
    evidence->coverage_permille = 1000; /* a stretch has no holes */
    evidence->last_good.ms = last_reading_ms(habit);
    evidence->habit = habit_state(habit, policy);
    if (evidence->habit != SW_HABIT_LEARNED) return;
    int32_t features[HABIT_FEATURES];
    look_at(habit, policy, features);
    int64_t usual_ms = (usual_gap_q24(features) - ONE_Q24 / 2) * HOUR_MS / ONE_Q24;
    evidence->usual_low_ms = usual_ms > 0 ? at_most(usual_ms, 48 * HOUR_MS) : 0;
    evidence->usual_high_ms = one_in_20_ms(habit, features);
}

void habit_set_back(struct habit *habit, int64_t now_ms)
{
    if (habit->since_min == 0) return;
    uint32_t now_min = (uint32_t)(now_ms / 1000 / MINUTE_S);
    if (habit->since_min > now_min) habit->since_min = now_min > 0 ? now_min : 1;
    habit_restart(habit, now_ms);
}
