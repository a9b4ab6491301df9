#include "core/detect/meter_fault.h"

#include <assert.h>
#include <string.h>

#include "core/kept_time.h"

#define DAY_MS  (24LL * 3600 * 1000)
#define SPAN_MS (METER_FAULT_COUNT_MS / METER_FAULT_SPANS)

/* Growths in a block: that so many are multiples of a coarser step by chance is less likely than one in a million. */
#define BLOCK_GROWTHS 20
/* Blocks, each of a day or more, that make another step sure; a finer one is, once the coarse one has held for long. */
#define COARSE_BLOCKS  3
#define FINE_BLOCKS    2
#define SETTLED_BLOCKS 5

/* A habit is known from this many days; an absence weighs no more than this many of them. */
#define HABIT_DAYS     28
#define ABSENCE_DAYS   7
#define HABIT_DAYS_MAX 100

/* Of the days of a stillness so many tenths must have had readings. */
#define STILL_TENTHS 8

static_assert(sizeof(struct meter_fault) <= 120, "part of a home's 1 KB");
static_assert(HABIT_DAYS_MAX + 1 + ABSENCE_DAYS <= UINT8_MAX, "days are counted in a byte");

struct meter_fault_policy meter_fault_policy_default(void)
{
    return (struct meter_fault_policy){.clear_ms = 14 * DAY_MS,
                                       .stuck_ms = 28 * DAY_MS,
                                       .used_permille = 900,
                                       .negative_steps = 10,
                                       .jumps = 3,
                                       .set_backs = 2,
                                       .colour = SW_COLOUR_YELLOW,
                                       .advice = SW_COLOUR_BLUE};
}

uint16_t meter_fault_count(const struct meter_fault *fault, enum meter_fault_count which)
{
    uint16_t sum = 0;
    for (int i = 0; i < METER_FAULT_SPANS; i++)
        sum = (uint16_t)(sum + fault->counts[which][i]);
    return sum;
}

/* Empties the spans that have begun since the last total. */
static void pass_spans(struct meter_fault *fault, int64_t time_ms)
{
    int32_t span = (int32_t)(time_ms / SPAN_MS);
    if (span - fault->span >= METER_FAULT_SPANS) memset(fault->counts, 0, sizeof fault->counts);
    if (span - fault->span >= METER_FAULT_SPANS) fault->span = span;
    while (fault->span < span) {
        fault->span++;
        for (int which = 0; which < METER_FAULT_COUNTS; which++)
            fault->counts[which][fault->span % METER_FAULT_SPANS] = 0;
    }
}

static void count(struct meter_fault *fault, enum meter_fault_count which)
{
    uint8_t *now = &fault->counts[which][fault->span % METER_FAULT_SPANS];
    if (*now < UINT8_MAX) ++*now;
}

/* Takes back the newest one that was counted. */
static void discount(struct meter_fault *fault, enum meter_fault_count which)
{
    for (int back = 0; back < METER_FAULT_SPANS && back <= fault->span; back++) {
        uint8_t *then = &fault->counts[which][(fault->span - back) % METER_FAULT_SPANS];
        if (*then == 0) continue;
        --*then;
        return;
    }
}

/* 2,147 m3 either way, more than a home uses in years. */
static int32_t within_i32(int64_t step_ml)
{
    if (step_ml > INT32_MAX) return INT32_MAX;
    return step_ml < -INT32_MAX ? -INT32_MAX : (int32_t)step_ml;
}

static void tell(struct meter_fault *fault, enum meter_fault_reason reason, int64_t onset_ms, int64_t step_ml)
{
    if ((uint8_t)reason < fault->reason) return;
    if (fault->reason == METER_FAULT_NONE) fault->onset_s = kept_s(onset_ms);
    fault->reason = (uint8_t)reason;
    fault->last_s = fault->time_s;
    fault->step_ml = within_i32(step_ml);
}

static void be_over(struct meter_fault *fault)
{
    fault->reason = METER_FAULT_NONE;
    fault->lowered = false;
}

/* A total that was wrong, or ran back, by `step_ml`. */
static void count_step(struct meter_fault *fault, const struct meter_fault_policy *policy, int64_t step_ml)
{
    enum meter_fault_count which = step_ml < 0 ? METER_FAULT_BACKS : METER_FAULT_JUMPS;
    count(fault, which);
    int32_t limit = step_ml < 0 ? policy->negative_steps : policy->jumps;
    if (limit <= 0 || meter_fault_count(fault, which) < limit) return;
    tell(fault, step_ml < 0 ? METER_FAULT_NEGATIVE_STEP : METER_FAULT_JUMP, kept_ms(fault->time_s), step_ml);
}

/* A new series begins. On the first day it is the first total that was wrong. */
static void take_replaced(struct meter_fault *fault, const struct meter_fault_policy *policy, int64_t index_ml,
                          int64_t step_ml)
{
    if (fault->days_seen == 0 && fault->still_days == 0) return;
    if (step_ml > 0) {
        count(fault, METER_FAULT_JUMPS);
        tell(fault, METER_FAULT_JUMP, kept_ms(fault->time_s), step_ml);
        return;
    }
    if (step_ml >= -METER_RUN_BACK_MAX_ML) {
        count_step(fault, policy, step_ml);
        return;
    }
    count(fault, METER_FAULT_SET_BACKS);
    bool again = policy->set_backs > 0 && meter_fault_count(fault, METER_FAULT_SET_BACKS) >= policy->set_backs;
    tell(fault, again ? METER_FAULT_TAMPER : METER_FAULT_SET_BACK, kept_ms(fault->time_s), step_ml);
    /* A new meter begins near 0; one that shows at least half of the old total was lowered. */
    fault->lowered = index_ml >= -step_ml;
}

/* The series that had been replaced is back: its replacement was a wrong value that stayed for a while. */
static void take_restored(struct meter_fault *fault, const struct meter_fault_policy *policy, int64_t step_ml)
{
    bool upwards = step_ml < 0; /* the wrong series lay above */
    bool far_back = step_ml > METER_RUN_BACK_MAX_ML;
    enum meter_fault_count lower = far_back ? METER_FAULT_SET_BACKS : METER_FAULT_BACKS;
    discount(fault, upwards ? METER_FAULT_JUMPS : lower);
    if (fault->reason == (upwards ? METER_FAULT_JUMP : METER_FAULT_SET_BACK)) be_over(fault);
    if (!upwards && fault->reason == METER_FAULT_TAMPER) be_over(fault);
    count_step(fault, policy, -step_ml);
}

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
    while (b != 0) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static void change_pulse(struct meter_fault *fault, uint32_t pulse_ml)
{
    fault->pulse_ml = pulse_ml;
    fault->coarse_blocks = fault->fine_blocks = fault->settled_blocks = 0;
    tell(fault, METER_FAULT_PULSE_WEIGHT, kept_ms(fault->time_s), pulse_ml);
}

static void close_coarse_block(struct meter_fault *fault)
{
    uint32_t coarse_ml = fault->coarse_blocks ? common_divisor(fault->coarse_ml, fault->block_ml) : fault->block_ml;
    fault->fine_blocks = 0;
    fault->coarse_ml = coarse_ml;
    fault->coarse_blocks = coarse_ml >= 2 * fault->pulse_ml ? (uint8_t)(fault->coarse_blocks + 1) : 0;
    if (fault->coarse_blocks >= COARSE_BLOCKS) change_pulse(fault, coarse_ml);
}

static void close_fine_block(struct meter_fault *fault)
{
    uint32_t fine_ml = common_divisor(fault->pulse_ml, fault->block_ml);
    fault->coarse_blocks = 0;
    if (fault->settled_blocks < SETTLED_BLOCKS)
        fault->pulse_ml = fine_ml; /* not well known yet */
    else if (++fault->fine_blocks >= FINE_BLOCKS)
        change_pulse(fault, fine_ml);
}

static void close_block(struct meter_fault *fault)
{
    uint32_t step_ml = fault->block_ml;
    fault->block_count = 0;
    if (fault->pulse_ml == 0) {
        fault->pulse_ml = step_ml;
    } else if (step_ml % fault->pulse_ml != 0) {
        close_fine_block(fault);
    } else if (step_ml != fault->pulse_ml) {
        close_coarse_block(fault);
    } else {
        fault->coarse_blocks = fault->fine_blocks = 0;
        if (fault->settled_blocks < SETTLED_BLOCKS) fault->settled_blocks++;
    }
}

static void take_growth(struct meter_fault *fault, int64_t growth_ml)
{
    uint32_t step_ml = growth_ml < UINT32_MAX / 2 ? (uint32_t)growth_ml : 0;
    if (step_ml == 0) return;
    if (fault->block_count == 0) {
        fault->block_day = fault->day;
        fault->block_ml = step_ml;
    } else if (step_ml % fault->block_ml != 0) {
        fault->block_ml = common_divisor(fault->block_ml, step_ml);
    }
    if (fault->block_count < UINT8_MAX) fault->block_count++;
    if (fault->block_count >= BLOCK_GROWTHS && fault->day != fault->block_day) close_block(fault);
}

static void end_stillness(struct meter_fault *fault)
{
    fault->grown_s = fault->time_s;
    fault->used = true;
    if (fault->reason == METER_FAULT_STUCK) be_over(fault);
}

/* Still days enter the habit only when they are over, and then few of them: a stuck meter must not teach it. */
static void close_day(struct meter_fault *fault)
{
    if (!fault->used) {
        if (fault->still_days < UINT8_MAX) fault->still_days++;
        return;
    }
    fault->days_seen += fault->still_days < ABSENCE_DAYS ? fault->still_days : ABSENCE_DAYS;
    fault->still_days = 0;
    fault->days_seen++;
    fault->days_used++;
    if (fault->days_seen < HABIT_DAYS_MAX) return;
    fault->days_seen /= 2;
    fault->days_used /= 2;
}

static void pass_day(struct meter_fault *fault)
{
    int32_t day = (int32_t)(kept_ms(fault->time_s) / DAY_MS);
    if (day == fault->day) return;
    if (fault->day != 0) close_day(fault);
    fault->day = day;
    fault->used = false;
}

static void look_for_stuck(struct meter_fault *fault, const struct meter_fault_policy *policy)
{
    if (policy->stuck_ms <= 0 || kept_ms(fault->time_s) - kept_ms(fault->grown_s) < policy->stuck_ms) return;
    bool observed = fault->still_days * DAY_MS * 10 >= policy->stuck_ms * STILL_TENTHS;
    bool strange =
        fault->days_seen >= HABIT_DAYS && fault->days_used * 1000 >= policy->used_permille * fault->days_seen;
    if (observed && strange) tell(fault, METER_FAULT_STUCK, kept_ms(fault->grown_s), 0);
}

static void pass_time(struct meter_fault *fault, const struct meter_fault_policy *policy, int64_t time_ms)
{
    fault->time_s = kept_s(time_ms);
    pass_spans(fault, time_ms);
    if (fault->reason == METER_FAULT_STUCK && policy->stuck_ms <= 0) be_over(fault);
    if (fault->reason == METER_FAULT_NONE || fault->reason == METER_FAULT_STUCK) return;
    /* As long as the former series may come back, the lower total may be a wrong value. */
    if (fault->lowered && fault->reason == METER_FAULT_SET_BACK &&
        time_ms - kept_ms(fault->last_s) > METER_FORMER_KEEP_MS)
        tell(fault, METER_FAULT_TAMPER, time_ms, fault->step_ml);
    if (time_ms - kept_ms(fault->last_s) >= policy->clear_ms) be_over(fault);
}

static void take_event(struct meter_fault *fault, const struct meter_fault_policy *policy, int64_t index_ml,
                       const struct meter_verdict *verdict)
{
    /* An odd total before which another odd one takes its place was wrong, too. */
    if (verdict->event == METER_ODD && fault->odd_ml != 0) count_step(fault, policy, fault->odd_ml);
    fault->odd_ml = verdict->event == METER_ODD ? within_i32(verdict->step_ml) : 0;
    switch (verdict->event) {
    case METER_ODD_WITHDRAWN:
    case METER_RAN_BACK:
        count_step(fault, policy, verdict->step_ml);
        break;
    case METER_SERIES_REPLACED:
        take_replaced(fault, policy, index_ml, verdict->step_ml);
        break;
    case METER_SERIES_RESTORED:
        take_restored(fault, policy, verdict->step_ml);
        break;
    case METER_NONE:
    case METER_ROLLED_OVER:
        /* Growth that makes up for what ran back comes in other steps than use. */
        if (verdict->use_ml == verdict->step_ml) take_growth(fault, verdict->step_ml);
        break;
    case METER_ODD:
        break;
    }
}

void meter_fault_take(struct meter_fault *fault, const struct meter_fault_policy *policy, int64_t time_ms,
                      int64_t index_ml, const struct meter_verdict *verdict)
{
    if (verdict->quality == SW_QUALITY_BAD) return;
    pass_time(fault, policy, time_ms);
    bool moved = verdict->event == METER_RAN_BACK || verdict->event == METER_SERIES_REPLACED;
    bool good = verdict->quality == SW_QUALITY_GOOD;
    if (good) pass_day(fault);
    if (fault->grown_s == 0) fault->grown_s = kept_s(time_ms);
    bool grew = good && (verdict->use_ml > 0 || (verdict->event == METER_NONE && verdict->step_ml > 0));
    if (grew || moved) end_stillness(fault);
    take_event(fault, policy, index_ml, verdict);
    if (good) look_for_stuck(fault, policy);
}

void meter_fault_excuse(struct meter_fault *fault, int64_t time_ms)
{
    if (fault->grown_s == 0) return;
    fault->grown_s = kept_s(time_ms);
    fault->still_days = 0;
    if (fault->reason == METER_FAULT_STUCK) be_over(fault);
}

static void not_after(uint32_t *time_s, uint32_t now_s)
{
    if (*time_s > now_s) *time_s = now_s;
}

void meter_fault_set_back(struct meter_fault *fault, int64_t now_ms)
{
    not_after(&fault->time_s, kept_s(now_ms));
    not_after(&fault->grown_s, kept_s(now_ms));
    not_after(&fault->onset_s, kept_s(now_ms));
    not_after(&fault->last_s, kept_s(now_ms));
    if (fault->span > now_ms / SPAN_MS) fault->span = (int32_t)(now_ms / SPAN_MS);
    if (fault->day > now_ms / DAY_MS) fault->day = (int32_t)(now_ms / DAY_MS);
    fault->block_count = 0;
}

struct condition meter_fault_judge(const struct meter_fault *fault, const struct meter_fault_policy *policy)
{
    static const enum sw_alert_rule rules[] = {
        [METER_FAULT_NONE] = SW_ALERT_RULE_NONE,
        [METER_FAULT_NEGATIVE_STEP] = SW_ALERT_RULE_NEGATIVE_STEP,
        [METER_FAULT_STUCK] = SW_ALERT_RULE_STUCK,
        [METER_FAULT_JUMP] = SW_ALERT_RULE_JUMP,
        [METER_FAULT_PULSE_WEIGHT] = SW_ALERT_RULE_PULSE_WEIGHT,
        [METER_FAULT_SET_BACK] = SW_ALERT_RULE_INDEX_SET_BACK,
        [METER_FAULT_TAMPER] = SW_ALERT_RULE_TAMPER,
    };
    bool told = fault->reason != METER_FAULT_NONE;
    bool advice = fault->reason == METER_FAULT_NEGATIVE_STEP || fault->reason == METER_FAULT_STUCK;
    enum sw_colour colour = advice ? policy->advice : policy->colour;
    return (struct condition){.decided = fault->time_s != 0,
                              .colour = told ? colour : SW_COLOUR_GREEN,
                              .onset_ms = told ? kept_ms(fault->onset_s) : 0,
                              .rule = rules[fault->reason]};
}

static uint16_t count_of_reason(const struct meter_fault *fault)
{
    switch ((enum meter_fault_reason)fault->reason) {
    case METER_FAULT_NEGATIVE_STEP:
        return meter_fault_count(fault, METER_FAULT_BACKS);
    case METER_FAULT_JUMP:
        return meter_fault_count(fault, METER_FAULT_JUMPS);
    case METER_FAULT_SET_BACK:
    case METER_FAULT_TAMPER:
        return meter_fault_count(fault, METER_FAULT_SET_BACKS);
    case METER_FAULT_NONE:
    case METER_FAULT_STUCK:
    case METER_FAULT_PULSE_WEIGHT:
        break;
    }
    return 0;
}

void meter_fault_evidence(const struct meter_fault *fault, struct sw_evidence *evidence)
{
    static const struct meter_fault_policy any = {.colour = SW_COLOUR_YELLOW};
    bool stuck = fault->reason == METER_FAULT_STUCK;
    evidence->rule = meter_fault_judge(fault, &any).rule;
    evidence->window_ms = stuck ? kept_ms(fault->time_s) - kept_ms(fault->grown_s) : METER_FAULT_COUNT_MS;
    evidence->last_good.ms = kept_ms(fault->time_s);
    evidence->value_kind = SW_READING_WATER_INDEX;
    evidence->value_milli = fault->step_ml;
    evidence->count = count_of_reason(fault);
}
