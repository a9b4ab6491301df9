#include "core/aggregate/use_start.h"

#include "core/kept_time.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)
#define WEEK_MS   (7 * DAY_MS)

/* A drip that stands still for so many of its steps has stopped. */
#define STOPPED_STEPS 4

/* A drip has to be seen for this long without a still spell: a home that sleeps has one within it. */
#define AWAKE_MS (20 * HOUR_MS)

/* A growth of more steps than this tells little of the step and much of rounding. */
#define STEP_LEARN_MAX 256

/* Readings closer than this are frequent. */
#define OFTEN_MS (45 * MINUTE_MS)

struct use_start_policy use_start_policy_default(void)
{
    return (struct use_start_policy){.drip_least_ml_day = 4800,  /* 0.2 L/h */
                                     .drip_most_ml_day = 480000, /* 20 L/h */
                                     .line_ms = 3 * HOUR_MS,
                                     .line_growths = 4,
                                     .grain_ml = 100,
                                     .lot_ml = 2500,
                                     .real_ml = 3000,
                                     .pause_ms = HOUR_MS / 2};
}

static int64_t clamp(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

/* Euclid's algorithm, with a remainder of less than 1/64 taken for rounding of a total that is not kept in ml. */
static int32_t common_step(int32_t a, int32_t b)
{
    while (b > 0) {
        int32_t rest = a % b;
        if (b - rest < rest) rest = b - rest;
        if (rest <= b / 64) return b;
        a = b;
        b = rest;
    }
    return a;
}

static void learn_step(struct use_start *start, const struct flow *flow)
{
    int16_t week = (int16_t)clamp(flow->to_ms / WEEK_MS, 0, INT16_MAX);
    if (week != start->step_week) {
        if (start->next_step_ml) start->step_ml = start->next_step_ml;
        start->next_step_ml = 0;
        start->step_week = week;
    }
    int32_t *next = &start->next_step_ml;
    int32_t use_ml = (int32_t)clamp(flow->use_ml, 0, INT32_MAX);
    if (use_ml == 0 || (*next && use_ml / STEP_LEARN_MAX > *next)) return;
    *next = *next > use_ml ? common_step(*next, use_ml) : common_step(use_ml, *next);
    if (start->step_ml == 0 || *next < start->step_ml) start->step_ml = *next;
}

int32_t use_start_step_ml(const struct use_start *start)
{
    return start->step_ml;
}

/* Unevenness that a drip may show: a step of the meter, and where readings are frequent a lot that a cistern lets in.
 * By the hour several lots come together and even out, and people would often enough be as even as that. */
static int32_t grain_ml(const struct use_start *start, const struct use_start_policy *policy, const struct flow *flow)
{
    int32_t uneven_ml = flow->to_ms - flow->from_ms < OFTEN_MS ? policy->lot_ml : policy->grain_ml;
    return start->step_ml > uneven_ml ? start->step_ml : uneven_ml;
}

static int32_t rate_ml_day(int64_t volume_ml, int64_t time_ms)
{
    return (int32_t)clamp(volume_ml * DAY_MS / (time_ms > 0 ? time_ms : 1), 0, INT32_MAX);
}

static void begin_line(struct use_start *start, const struct use_start_policy *policy, const struct flow *flow)
{
    bool anchored = flow->observed && flow->use_ml > 0;
    start->anchor_s = kept_s(anchored ? flow->to_ms : 0);
    start->anchor_late_ms = anchored ? (int32_t)clamp(flow->to_ms - flow->from_ms, 0, INT32_MAX) : 0;
    start->line_ml = 0;
    start->slowest_ml_day = 0;
    start->fastest_ml_day = policy->drip_most_ml_day;
    start->line_growths = 0;
    start->line_is_drip = false;
}

static int32_t larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* True when the interval alone passed what the line's rates make of it: a use soon after a long quiet line, or a pause
 * in it, would else hide in the line's total. */
static bool is_even(const struct use_start *start, const struct flow *flow, int64_t grain)
{
    int64_t elapsed_ms = flow->to_ms - flow->from_ms;
    int64_t most_ml = start->fastest_ml_day * elapsed_ms / DAY_MS;
    int64_t least_ml = start->slowest_ml_day * elapsed_ms / DAY_MS;
    return flow->use_ml <= most_ml + most_ml / 8 + grain && flow->use_ml >= least_ml - least_ml / 8 - grain;
}

/* Narrows the bounds by one more reading. False when no rate explains the line any longer; rates that differ by an
 * eighth pass for one, since no drip is constant. The first growth happened somewhere in its interval, and the total
 * shows whole steps only: each gives a bound for the slowest rate. */
static bool narrow_line(struct use_start *start, const struct use_start_policy *policy, const struct flow *flow)
{
    int64_t after_ms = flow->to_ms - kept_ms(start->anchor_s);
    int64_t volume_ml = start->line_ml + clamp(flow->use_ml, 0, FLOW_USE_MAX_ML);
    int64_t grain = grain_ml(start, policy, flow);
    int32_t slowest =
        larger(rate_ml_day(volume_ml, after_ms + start->anchor_late_ms), rate_ml_day(volume_ml - grain, after_ms));
    int32_t fastest = rate_ml_day(volume_ml + grain, after_ms);
    start->slowest_ml_day = larger(start->slowest_ml_day, slowest);
    if (fastest < start->fastest_ml_day) start->fastest_ml_day = fastest;
    start->line_ml = (int32_t)clamp(volume_ml, 0, INT32_MAX);
    if (flow->use_ml > 0 && start->line_growths < UINT8_MAX) start->line_growths++;
    return start->fastest_ml_day >= policy->drip_least_ml_day && is_even(start, flow, grain) &&
           start->slowest_ml_day <= start->fastest_ml_day + start->fastest_ml_day / 8;
}

static uint32_t minutes(int64_t time_ms)
{
    return (uint32_t)clamp(time_ms / MINUTE_MS, 1, UINT32_MAX);
}

static int64_t spell_ms(int spell)
{
    return HOUR_MS << spell;
}

/* Notes how long the total has stood still by now. Watching begins as if a spell of every length had just ended. */
static void note_spell(struct use_start *start, const struct flow *flow)
{
    for (int spell = 0; spell < USE_START_SPELLS; spell++) {
        bool long_enough =
            flow->use_ml == 0 && flow->observed && flow->to_ms - kept_ms(start->still_s) >= spell_ms(spell);
        if (long_enough || start->still_end_min[spell] == 0) start->still_end_min[spell] = minutes(flow->to_ms);
    }
}

/* True when the last spell in which such a drip would have shown steps ended long ago. Two steps of time and a half: no
 * drip is even. */
static bool never_sleeps(const struct use_start *start, const struct use_start_policy *policy, const struct flow *flow)
{
    int64_t step_ms =
        start->slowest_ml_day > 0 ? grain_ml(start, policy, flow) * DAY_MS / start->slowest_ml_day : DAY_MS;
    int spell = 0;
    while (spell < USE_START_SPELLS - 1 && spell_ms(spell) * 2 < step_ms * 5)
        spell++;
    return flow->to_ms - start->still_end_min[spell] * MINUTE_MS >= AWAKE_MS;
}

/* True when the line has just been found to be a drip's. While a drip's total stands still the line waits: whether the
 * drip goes on or is over is for the next growth to say, or for was_use(). */
static bool follow_line(struct use_start *start, const struct use_start_policy *policy, const struct flow *flow)
{
    if (start->line_is_drip && flow->observed && flow->use_ml == 0) return false;
    if (!flow->observed || start->anchor_s == 0 || !narrow_line(start, policy, flow)) {
        begin_line(start, policy, flow);
        return false;
    }
    bool long_enough =
        start->line_growths >= policy->line_growths && flow->to_ms - kept_ms(start->anchor_s) >= policy->line_ms;
    if (!long_enough || flow->use_ml == 0) return false;
    if (!start->line_is_drip && !never_sleeps(start, policy, flow)) return false;
    bool found = !start->line_is_drip;
    start->line_is_drip = true;
    start->drip_ml_day = larger(start->slowest_ml_day, start->fastest_ml_day);
    return found;
}

/* The total stands still since still_ms: a drip is over when it should have shown several steps by now, or has become
 * too slow for one. A quarter is for its unevenness. One that has only become slower is found out anew. */
static void heed_stillness(struct use_start *start, const struct use_start_policy *policy, const struct flow *flow)
{
    if (flow->use_ml > 0 || !flow->observed || start->still_s == 0) {
        start->still_s = kept_s(flow->to_ms);
        return;
    }
    if (start->drip_ml_day == 0) return;
    int64_t still_ms = flow->to_ms - kept_ms(start->still_s);
    int32_t step_ml = larger(start->step_ml, policy->grain_ml);
    bool stopped = still_ms > STOPPED_STEPS * (grain_ml(start, policy, flow) * DAY_MS / start->drip_ml_day);
    bool too_slow = rate_ml_day(step_ml + step_ml / 4, still_ms) < policy->drip_least_ml_day;
    if (stopped || too_slow) start->drip_ml_day = 0;
}

static bool has_stopped(const struct use_start *start, const struct use_start_policy *policy, const struct flow *flow)
{
    if (!start->line_is_drip || !flow->observed || flow->use_ml > 0 || start->slowest_ml_day <= 0) return false;
    int64_t step_ms = grain_ml(start, policy, flow) * DAY_MS / start->slowest_ml_day;
    return flow->to_ms - kept_ms(start->still_s) > STOPPED_STEPS * step_ms;
}

/* What began less than a day ago and has stopped was not a drip but people, who use as much in each of some hours; or
 * it was a tap that somebody has closed. */
static bool was_use(const struct use_start *start)
{
    return kept_ms(start->still_s) - kept_ms(start->anchor_s) < DAY_MS;
}

static void give_back(struct use_start *start)
{
    if (start->last_use_s < start->still_s) start->last_use_s = start->still_s;
    start->last_real_s = start->last_use_s;
}

/* Volume beyond what the drip explains. Human use leaves the allowance as it is: the drip's next step is still to come.
 */
static int64_t spend_allowance(struct use_start *start, const struct use_start_policy *policy, const struct flow *flow)
{
    if (start->drip_ml_day == 0) {
        start->allowance_ul = 0;
        return flow->use_ml;
    }
    /* An eighth more than its rate, again for unevenness. */
    int64_t rate_ml_day = start->drip_ml_day + start->drip_ml_day / 8;
    int64_t elapsed_ms = clamp(flow->to_ms - flow->from_ms, 0, 52 * WEEK_MS);
    int64_t allowed_ul = start->allowance_ul + rate_ml_day * elapsed_ms / (DAY_MS / 1000);
    int64_t most_ul = clamp(grain_ml(start, policy, flow) * INT64_C(1000), 0, INT32_MAX);
    int64_t used_ul = clamp(flow->use_ml, 0, FLOW_USE_MAX_ML) * 1000;
    int64_t beyond_ul = used_ul - allowed_ul;
    start->allowance_ul = (int32_t)clamp(beyond_ul > 0 ? allowed_ul : -beyond_ul, 0, most_ul);
    return beyond_ul > 0 ? (beyond_ul + 999) / 1000 : 0;
}

/* Uses of an hour count together, so that it is the same at every period of reading. */
static bool is_real(struct use_start *start, const struct use_start_policy *policy, const struct flow *flow,
                    int64_t use_ml)
{
    if (use_ml <= 0) return false;
    if (minutes(flow->to_ms) - start->real_from_min > HOUR_MS / MINUTE_MS) {
        start->real_from_min = minutes(flow->from_ms);
        start->real_ml = 0;
    }
    start->real_ml = (int32_t)clamp(start->real_ml + use_ml, 0, INT32_MAX);
    return start->real_ml >= policy->real_ml;
}

struct use_start_verdict use_start_take(struct use_start *start, const struct use_start_policy *policy,
                                        const struct flow *flow)
{
    struct use_start_verdict verdict = {.use = false, .time_ms = flow->to_ms, .volume_ml = 0, .taken_back = false};
    learn_step(start, flow);
    heed_stillness(start, policy, flow);
    note_spell(start, flow);
    int64_t line_began_ms = kept_ms(start->anchor_s);
    bool found = follow_line(start, policy, flow);
    if (found) {
        start->allowance_ul = (int32_t)clamp(grain_ml(start, policy, flow) * INT64_C(1000), 0, INT32_MAX);
        verdict.taken_back = kept_ms(start->last_use_s) > line_began_ms;
        if (verdict.taken_back) start->last_use_s = kept_s(line_began_ms);
        if (kept_ms(start->last_real_s) > line_began_ms) start->last_real_s = kept_s(line_began_ms);
    } else if (has_stopped(start, policy, flow)) {
        verdict.taken_back = was_use(start) && start->last_use_s != start->still_s;
        if (was_use(start)) give_back(start);
        start->drip_ml_day = 0;
        start->anchor_s = 0;
        start->line_is_drip = false;
    }
    verdict.volume_ml = found ? 0 : spend_allowance(start, policy, flow);
    verdict.use = verdict.volume_ml > 0;
    verdict.real = is_real(start, policy, flow, verdict.volume_ml);
    if (verdict.use) start->last_use_s = kept_s(flow->to_ms);
    if (verdict.real) start->last_real_s = kept_s(flow->to_ms);
    return verdict;
}

void use_start_begin_real(struct use_start *start)
{
    start->real_ml = 0;
    start->real_from_min = 0;
}

void use_start_set_back(struct use_start *start, int64_t now_ms)
{
    if (start->last_use_s > kept_s(now_ms)) start->last_use_s = kept_s(now_ms);
    if (start->last_real_s > kept_s(now_ms)) start->last_real_s = kept_s(now_ms);
    use_start_begin_real(start);
    for (int spell = 0; spell < USE_START_SPELLS; spell++)
        if (start->still_end_min[spell] > minutes(now_ms)) start->still_end_min[spell] = minutes(now_ms);
    if (start->still_s > kept_s(now_ms)) start->still_s = kept_s(now_ms);
    start->anchor_s = 0;
    start->line_is_drip = false;
    start->line_growths = 0;
}
