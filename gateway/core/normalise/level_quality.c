#include "core/normalise/level_quality.h"

#define SECOND_MS 1000
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)
#define MM_UM     1000
#define NOISE_UM  10 /* unit of noise_10um */

/* Blame is counted in sixteenths of a false rise; at its cap it takes weeks without one to be healthy again. */
#define BLAME_ONE     LEVEL_QUALITY_BLAME_ONE
#define BLAME_SMALL   4 /* too small to reach a band, but no water either */
#define BLAME_MOST    128
#define RISES_LIKE    2 /* so many rises in a row are the way of water */
#define RISES_HEAVY   5
#define SAMPLES_LEAST 3
#define SAMPLES_HEAVY 2  /* so many more have to agree */
#define BOUNCED_HEAVY 16 /* sensors that bounced so much have to show more */
#define BLIP_SAMPLES  2
#define UNREST_ONE    5 /* each sample that agrees with the one before takes back 1 */
#define UNREST_WILD   9 /* no water is like this, whatever was thought before */
#define UNREST_MOST   30
#define RATE_SAMPLES  2    /* impossible rises in a row that are believed after all, the next time */
#define RISE_TREMBLE  2000 /* um: less is no rise */
#define RISE_LEAST    15000
#define STIR_LEAST    7000
#define DRY_REACH     150000           /* um: of the dry level; more is a sensor to be levelled again */
#define FALL_MS       (15 * MINUTE_MS) /* what a river's fall is counted over, at least */
#define FALL_EBB      4                /* an ebb does not begin at its fastest, and goes on so many times as fast */
#define PAUSE_MOST_MS HOUR_MS          /* of a longer time between two samples nothing is known */

enum {
    WET = 1,
    STEP = 2,
    CONFIRMED = 4,
    BLAMED = 8,
    QUARANTINED = 16,
    ANCHOR_IS_ENTRY = 32,
    LEFT_ENTRY = 64,
    DRIFTED = 128,  /* the dry level came high, without a rise that is like water */
    DRIFTING = 256, /* it does so often */
    RIVER = 512,
    HELD = 1024,   /* samples of this spell were held back */
    ROSE = 2048,   /* the last sample of it did, by much */
    TURNED = 4096, /* one rose by much, and the next fell */
    FELL = 8192    /* a river: the last sample that was believed did, by much */
};
#define LASTING (QUARANTINED | DRIFTING | RIVER) /* longer than a wet spell */

struct level_quality_policy level_quality_policy_default(void)
{
    return (struct level_quality_policy){
        .range_min_um = -500 * MM_UM,
        .range_max_um = 10000 * MM_UM,
        .full_scale_um = 0,
        /* Off: a level may go from half full to over the top in one sample, and a warning that waits for a second one
         * costs more than a false one. FloodNet's fastest of 832 floods rose by 260 mm/min. */
        .rise_max_um_min = 0,
        .rise_free_um = 1000 * MM_UM,
        .fall_max_um = 115 * MM_UM, /* Logan, MainStreet 2019 and TonyGrove 2020 */
        .fall_hold_samples = 6,
        .flat_tolerance_um = 5 * MM_UM,
        .flat_wet_ms = 12 * HOUR_MS,
        .flat_any_ms = 6LL * HOUR_MS,
        .river_gap_ms = 2LL * HOUR_MS,
        .dries = true,
        .finds_site = true,
        .river_after_ms = 4LL * DAY_MS, /* FloodNet's longest flood took 76 h */
        .noise_start_um = 3 * MM_UM,
        .wet_um = 10 * MM_UM,
        .wet_most_um = 40 * MM_UM,
        .step_um = 50 * MM_UM,
        .step_ms = 6 * MINUTE_MS,
        .agree_rise_um = 100 * MM_UM,
        .agree_fall_um = 30 * MM_UM,
        .object_after_ms = 15 * MINUTE_MS,
        .blame_limit = BLAME_ONE,
        .blame_leak_ms = 10LL * DAY_MS,
        /* 2 of FloodNet's 578 floods of 50 mm and more rose as slowly as this. */
        .drift_um_h = 12 * MM_UM,
        .drift_least_um = 40 * MM_UM,
        .confirm_samples = 5,
        .confirm_ms = 10 * MINUTE_MS,
        .very_high_um = 400 * MM_UM,
        .very_high_ms = 6LL * HOUR_MS,
    };
}

struct level_quality_policy level_quality_policy_river(void)
{
    struct level_quality_policy policy = level_quality_policy_default();
    policy.dries = policy.finds_site = false;
    return policy;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t distance(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

static bool has(const struct level_quality *quality, int flag)
{
    return (quality->flags & flag) != 0;
}

static void set(struct level_quality *quality, int flag, bool on)
{
    quality->flags = (uint16_t)(on ? quality->flags | flag : quality->flags & ~flag);
}

static uint8_t one_more(uint8_t count)
{
    return count < UINT8_MAX ? (uint8_t)(count + 1) : count;
}

int64_t level_quality_noise_um(const struct level_quality *quality, const struct level_quality_policy *policy)
{
    return quality->noise_10um ? (int64_t)quality->noise_10um * NOISE_UM : policy->noise_start_um;
}

bool level_quality_is_quarantined(const struct level_quality *quality)
{
    return has(quality, QUARANTINED | DRIFTING);
}

bool level_quality_is_river(const struct level_quality *quality)
{
    return has(quality, RIVER);
}

/* In hysteresis: a quarter of the limit sets it free. */
static void weigh(struct level_quality *quality, const struct level_quality_policy *policy, int flag, int blame)
{
    if (policy->blame_limit <= 0 || blame * 4 <= policy->blame_limit)
        set(quality, flag, false);
    else if (blame >= policy->blame_limit)
        set(quality, flag, true);
}

static void put_blame(uint8_t *blame, int sixteenths)
{
    *blame = (uint8_t)least(*blame + sixteenths, BLAME_MOST);
}

static void disturb(struct level_quality *quality, int by)
{
    quality->unrest = (uint8_t)least(quality->unrest + by, UNREST_MOST);
}

/* A sample that fits, or a pause. */
static void calm(struct level_quality *quality, const struct level_quality_policy *policy, int64_t elapsed_ms)
{
    if (quality->unrest == 0) return;
    int64_t by = policy->step_ms > 0 ? most(1, elapsed_ms / policy->step_ms) : 1;
    quality->unrest = (uint8_t)most(0, quality->unrest - by);
}

/* A sixteenth is forgotten at each full sixteenth of the leak time, so that no remainder need be kept. What often did
 * wrong has more to forget, so it stays in quarantine longer. */
static void leak_blame(struct level_quality *quality, const struct level_quality_policy *policy, int64_t time_ms)
{
    int64_t unit_ms = policy->blame_leak_ms / BLAME_ONE;
    if (unit_ms <= 0 || quality->time_ms == 0 || (quality->blame | quality->drift | quality->bounced) == 0) return;
    int64_t units = time_ms / unit_ms - quality->time_ms / unit_ms;
    quality->blame = (uint8_t)most(0, quality->blame - units);
    quality->drift = (uint8_t)most(0, quality->drift - units);
    quality->bounced = (uint8_t)most(0, quality->bounced - units);
}

static int64_t wet_line_um(const struct level_quality *quality, const struct level_quality_policy *policy)
{
    int64_t above_um = policy->wet_um + 4 * level_quality_noise_um(quality, policy);
    return quality->dry_um + least(above_um, policy->wet_most_um);
}

/* The dry level follows warm days and dirt, but slower than water comes. */
static void learn_dry(struct level_quality *quality, const struct level_quality_policy *policy, int64_t elapsed_ms,
                      int64_t level_um)
{
    int64_t change_10um = least(distance(level_um, quality->last_um) / NOISE_UM, UINT16_MAX);
    int64_t noise_10um = level_quality_noise_um(quality, policy) / NOISE_UM;
    noise_10um += (change_10um - noise_10um) / 16;
    quality->noise_10um = (uint16_t)most(1, least(noise_10um, UINT16_MAX));
    int64_t reach_um = policy->drift_um_h * least(elapsed_ms, PAUSE_MOST_MS) / HOUR_MS;
    int64_t change_um = most(-reach_um, least(reach_um, level_um - quality->dry_um));
    quality->dry_um = (int32_t)most(-DRY_REACH, least(DRY_REACH, quality->dry_um + change_um));
    calm(quality, policy, elapsed_ms);
}

/* A dry level that comes high and goes back, as slowly as that, is no flood. The first time it may be one. */
static void track_drift(struct level_quality *quality, const struct level_quality_policy *policy, int64_t level_um)
{
    if (policy->drift_least_um <= 0) return;
    if (level_um >= policy->drift_least_um) {
        set(quality, DRIFTED, true);
    } else if (has(quality, DRIFTED) && level_um * 2 < policy->drift_least_um) {
        set(quality, DRIFTED, false);
        put_blame(&quality->drift, BLAME_ONE);
    }
}

static void track_flat(struct level_quality *quality, const struct level_quality_policy *policy, int64_t elapsed_ms,
                       int64_t level_um)
{
    int64_t noise_um = 3 * level_quality_noise_um(quality, policy);
    int64_t tolerance_um = has(quality, RIVER) ? 0 : most(policy->flat_tolerance_um, least(noise_um, RISE_LEAST));
    if (distance(level_um, quality->anchor_um) <= tolerance_um) {
        quality->flat_for_s = (uint32_t)least(quality->flat_for_s + elapsed_ms / SECOND_MS, UINT32_MAX);
        return;
    }
    quality->anchor_um = (int32_t)level_um;
    quality->flat_for_s = 0;
    set(quality, ANCHOR_IS_ENTRY, false);
}

static void begin_wet(struct level_quality *quality, const struct level_quality_policy *policy, int64_t elapsed_ms,
                      int64_t level_um)
{
    bool step = elapsed_ms <= policy->step_ms && level_um - quality->last_um >= policy->step_um;
    quality->flags &= LASTING;
    set(quality, WET, true);
    set(quality, STEP | ROSE, step);
    set(quality, ANCHOR_IS_ENTRY, true);
    quality->anchor_um = quality->entry_um = quality->peak_um = (int32_t)level_um;
    quality->flat_for_s = 0;
    quality->wet_for_s = 0;
    quality->wet_samples = 1;
    quality->rises = 0;
}

/* Water neither leaves within one sample nor comes and goes within minutes: with slow sampling two samples may well be
 * a flood. */
static void end_wet(struct level_quality *quality, const struct level_quality_policy *policy, int64_t elapsed_ms,
                    int64_t level_um)
{
    int64_t fall_um = quality->last_um - level_um;
    int64_t height_um = most(quality->entry_um, quality->last_um) - quality->dry_um;
    bool soon = elapsed_ms <= policy->step_ms;
    bool blip =
        quality->wet_samples <= BLIP_SAMPLES && (int64_t)quality->wet_for_s * SECOND_MS + elapsed_ms <= policy->step_ms;
    bool vanished = fall_um >= policy->step_um && fall_um * 4 >= height_um * 3;
    bool confirmed = has(quality, CONFIRMED), blamed = has(quality, BLAMED);
    quality->flags &= LASTING;
    if (confirmed || blamed || !soon || !(blip || vanished)) return;
    if (height_um * 2 < policy->step_um) return;
    put_blame(&quality->blame, height_um >= policy->step_um ? BLAME_ONE : BLAME_SMALL);
    disturb(quality, UNREST_ONE);
}

/* A single step up, and flat ever since. */
static bool is_like_object(const struct level_quality *quality)
{
    return has(quality, STEP) && has(quality, ANCHOR_IS_ENTRY);
}

/* So many samples that agree, or fewer over a longer time; more where they contradicted each other of late. */
static bool agrees_with_itself(const struct level_quality *quality, const struct level_quality_policy *policy)
{
    int64_t wet_ms = (int64_t)quality->wet_for_s * SECOND_MS;
    int more = quality->unrest / 2 + (quality->bounced >= BOUNCED_HEAVY ? SAMPLES_HEAVY : 0);
    if (quality->wet_samples >= policy->confirm_samples + more) return true;
    return quality->wet_samples >= SAMPLES_LEAST && wet_ms >= policy->confirm_ms * (UNREST_ONE + more) / UNREST_ONE;
}

static bool moves_like_water(struct level_quality *quality, const struct level_quality_policy *policy, int64_t level_um)
{
    int64_t wet_ms = (int64_t)quality->wet_for_s * SECOND_MS;
    int64_t step_um = quality->entry_um - quality->dry_um;
    int64_t needed_um = most(RISE_LEAST, level_quality_noise_um(quality, policy));
    if (distance(level_um, quality->entry_um) >= needed_um) set(quality, LEFT_ENTRY, true);
    if (agrees_with_itself(quality, policy) && (!has(quality, STEP) || has(quality, LEFT_ENTRY))) return true;
    if (level_um >= policy->very_high_um && wet_ms >= policy->very_high_ms) return true;
    if (has(quality, STEP)) needed_um = most(needed_um, step_um / 8);
    int rises = (quality->bounced >= BOUNCED_HEAVY ? RISES_HEAVY : RISES_LIKE) + quality->unrest / 4;
    return quality->rises >= rises && level_um - quality->entry_um >= needed_um;
}

/* Values that jump do not agree with each other: counting begins again. Water that drains fast jumps, too, but does
 * not turn round within a sample. */
static void bounce(struct level_quality *quality, int64_t level_um, bool turns)
{
    if (turns) {
        disturb(quality, UNREST_ONE);
        set(quality, TURNED, true);
    }
    if (quality->unrest >= UNREST_WILD) set(quality, CONFIRMED, false);
    if (turns && !has(quality, CONFIRMED)) {
        put_blame(&quality->blame, BLAME_SMALL);
        put_blame(&quality->bounced, BLAME_SMALL);
    }
    set(quality, LEFT_ENTRY, false);
    quality->wet_samples = 1;
    quality->wet_for_s = 0;
    quality->rises = 0;
    quality->entry_um = quality->peak_um = (int32_t)level_um;
}

static void count_sample(struct level_quality *quality, const struct level_quality_policy *policy, int64_t elapsed_ms,
                         int64_t change_um)
{
    int64_t tremble_um = most(RISE_TREMBLE, level_quality_noise_um(quality, policy) / 2);
    quality->wet_for_s = (uint16_t)least(quality->wet_for_s + elapsed_ms / SECOND_MS, UINT16_MAX);
    quality->wet_samples = one_more(quality->wet_samples);
    quality->peak_um = (int32_t)most(quality->peak_um, quality->last_um + change_um);
    if (change_um > tremble_um)
        quality->rises = one_more(quality->rises);
    else if (change_um < -tremble_um)
        quality->rises = 0;
}

static void stay_wet(struct level_quality *quality, const struct level_quality_policy *policy, int64_t elapsed_ms,
                     int64_t level_um)
{
    int64_t change_um = level_um - quality->last_um;
    bool soon = elapsed_ms <= policy->step_ms;
    bool falls = soon && change_um <= -policy->agree_fall_um;
    bool jumps = falls || (soon && change_um >= policy->agree_rise_um && quality->unrest > 0);
    bool turns = falls && has(quality, ROSE);
    set(quality, ROSE, change_um >= policy->agree_fall_um);
    count_sample(quality, policy, elapsed_ms, change_um);
    if (has(quality, QUARANTINED) && soon && change_um >= policy->step_um) {
        /* Objects come over water, too: what was confirmed was the water. */
        begin_wet(quality, policy, elapsed_ms, level_um);
        disturb(quality, 1);
        return;
    }
    if (jumps)
        bounce(quality, level_um, turns);
    else
        calm(quality, policy, elapsed_ms);
    if (moves_like_water(quality, policy, level_um)) set(quality, CONFIRMED, true);
}

/* An object stands under the sensor, and nothing has moved since. */
static void find_object(struct level_quality *quality, const struct level_quality_policy *policy)
{
    bool stands = (int64_t)quality->flat_for_s * SECOND_MS >= policy->object_after_ms;
    if (!has(quality, WET) || has(quality, CONFIRMED) || has(quality, BLAMED)) return;
    if (!stands || !is_like_object(quality)) return;
    set(quality, BLAMED, true);
    put_blame(&quality->blame, BLAME_ONE);
}

/* Wet or dry, and what that says of the sensor. */
static void follow_spell(struct level_quality *quality, const struct level_quality_policy *policy, int64_t elapsed_ms,
                         int64_t level_um, bool helped)
{
    bool wet = level_um >= wet_line_um(quality, policy);
    if (wet && !has(quality, WET)) {
        begin_wet(quality, policy, elapsed_ms, level_um);
    } else if (wet) {
        stay_wet(quality, policy, elapsed_ms, level_um);
    } else if (has(quality, WET)) {
        end_wet(quality, policy, elapsed_ms, level_um);
    } else {
        learn_dry(quality, policy, elapsed_ms, level_um);
        track_drift(quality, policy, level_um);
    }
    if (wet && helped) set(quality, CONFIRMED, true);
    find_object(quality, policy);
}

/* A river is not dry for days. One that is wet from its first sample on is taken for one until it was dry for an hour;
 * an object is not water. */
static void track_site(struct level_quality *quality, const struct level_quality_policy *policy, int64_t time_ms,
                       int64_t level_um)
{
    bool wet = level_um >= wet_line_um(quality, policy), river = has(quality, RIVER);
    int64_t limit_min = policy->river_after_ms / MINUTE_MS;
    int64_t minutes = least(time_ms / MINUTE_MS - quality->time_ms / MINUTE_MS, PAUSE_MOST_MS / MINUTE_MS);
    if (!policy->finds_site) {
        set(quality, RIVER, !policy->dries);
        return;
    }
    if (quality->time_ms == 0) {
        quality->water_min = (uint16_t)(wet ? limit_min / 2 + HOUR_MS / MINUTE_MS : 0);
        set(quality, RIVER, wet);
        return;
    }
    if (wet && (river || has(quality, CONFIRMED)))
        quality->water_min = (uint16_t)least(quality->water_min + minutes, limit_min);
    else if (!wet)
        quality->water_min = (uint16_t)most(0, quality->water_min - minutes);
    if (!river && quality->water_min >= limit_min) {
        quality->flags = RIVER;
    } else if (river && quality->water_min <= limit_min / 2) {
        quality->flags = 0;
    }
}

/* Short floods are over when their shape has shown what they are: better told late than not at all. */
static void release(struct level_quality *quality, struct level_quality_verdict *verdict)
{
    if (verdict->reason == SW_REASON_QUARANTINE && has(quality, WET)) set(quality, HELD, true);
    if (verdict->reason != SW_REASON_NONE || !has(quality, HELD) || !has(quality, CONFIRMED)) return;
    set(quality, HELD, false);
    verdict->released = true;
    verdict->held_um = quality->peak_um;
}

/* A step on its own has no rate, and whoever rose falsely of late has to show more than a band's height. */
bool level_quality_is_unsteady(const struct level_quality *quality, const struct level_quality_policy *policy)
{
    if (!has(quality, WET) || has(quality, RIVER)) return false;
    if (quality->unrest > 0 || has(quality, TURNED)) return true;
    if (has(quality, CONFIRMED)) return false;
    if (quality->blame > 0) return true;
    int64_t stir_um = most(STIR_LEAST, 3 * level_quality_noise_um(quality, policy));
    bool high = quality->entry_um - quality->dry_um >= policy->agree_rise_um;
    return has(quality, STEP) && high && quality->peak_um - quality->entry_um < stir_um;
}

static enum sw_quality_reason doubt_of_spell(const struct level_quality *quality,
                                             const struct level_quality_policy *policy, int64_t level_um)
{
    bool drifts = has(quality, DRIFTING) && level_um >= policy->drift_least_um;
    if (!has(quality, WET)) return drifts ? SW_REASON_QUARANTINE : SW_REASON_NONE;
    if (has(quality, CONFIRMED)) return SW_REASON_NONE;
    if (has(quality, BLAMED)) return SW_REASON_OBSTRUCTION;
    return has(quality, QUARANTINED) ? SW_REASON_QUARANTINE : SW_REASON_NONE;
}

/* What a river may fall by since the sample before. */
static int64_t fall_most_um(const struct level_quality_policy *policy, int64_t elapsed_ms)
{
    return policy->fall_max_um * most(elapsed_ms, FALL_MS) / FALL_MS;
}

/* Steps no water makes, seen from the last level that was believed. */
static enum sw_quality_reason doubt_of_step(const struct level_quality *quality,
                                            const struct level_quality_policy *policy, int64_t elapsed_ms,
                                            int64_t level_um)
{
    int64_t rise_um = level_um - quality->believed_um;
    int64_t minutes = least(elapsed_ms, DAY_MS) * (quality->odd_samples + 1) / MINUTE_MS;
    int64_t possible_um = most(policy->rise_free_um, policy->rise_max_um_min * minutes);
    if (policy->rise_max_um_min > 0 && rise_um > possible_um && quality->odd_samples < RATE_SAMPLES)
        return SW_REASON_RATE;
    if (!has(quality, RIVER) || policy->fall_max_um <= 0 || elapsed_ms > policy->river_gap_ms) return SW_REASON_NONE;
    int64_t fall_um = fall_most_um(policy, elapsed_ms) * (has(quality, FELL) ? FALL_EBB : 1);
    if (-rise_um > fall_um && quality->odd_samples < policy->fall_hold_samples) return SW_REASON_SPIKE;
    return SW_REASON_NONE;
}

static enum sw_quality_reason doubt_of_flat(const struct level_quality *quality,
                                            const struct level_quality_policy *policy)
{
    int64_t flat_ms = (int64_t)quality->flat_for_s * SECOND_MS;
    int64_t limit_ms = has(quality, RIVER) ? policy->flat_any_ms : has(quality, WET) ? policy->flat_wet_ms : 0;
    return limit_ms > 0 && flat_ms >= limit_ms ? SW_REASON_FLAT_LINE : SW_REASON_NONE;
}

static enum sw_quality_reason take_in_range(struct level_quality *quality, const struct level_quality_policy *policy,
                                            int64_t elapsed_ms, int64_t level_um, bool helped)
{
    enum sw_quality_reason doubt = doubt_of_step(quality, policy, elapsed_ms, level_um);
    track_flat(quality, policy, elapsed_ms, level_um);
    if (doubt != SW_REASON_NONE) {
        quality->odd_samples = one_more(quality->odd_samples);
        return doubt;
    }
    if (!has(quality, RIVER)) {
        follow_spell(quality, policy, elapsed_ms, level_um, helped);
        doubt = doubt_of_spell(quality, policy, level_um);
        if (quality->odd_samples > 0 && !has(quality, WET)) put_blame(&quality->blame, BLAME_ONE);
    } else {
        int64_t fall_um = quality->believed_um - level_um;
        set(quality, FELL, fall_um > 0 && fall_um * FALL_EBB >= fall_most_um(policy, elapsed_ms));
    }
    if (doubt == SW_REASON_NONE) doubt = doubt_of_flat(quality, policy);
    quality->odd_samples = 0;
    quality->believed_um = (int32_t)level_um;
    return doubt;
}

static enum sw_quality_reason doubt_of_range(const struct level_quality_policy *policy, int64_t level_um)
{
    if (level_um < policy->range_min_um || level_um > policy->range_max_um) return SW_REASON_RANGE;
    if (level_um < INT32_MIN || level_um > INT32_MAX) return SW_REASON_RANGE;
    return policy->full_scale_um > 0 && level_um >= policy->full_scale_um ? SW_REASON_NO_ECHO : SW_REASON_NONE;
}

struct level_quality_verdict level_quality_take(struct level_quality *quality,
                                                const struct level_quality_policy *policy, int64_t time_ms,
                                                int64_t level_um, bool helped)
{
    struct level_quality_verdict verdict = {.quality = SW_QUALITY_BAD, .reason = doubt_of_range(policy, level_um)};
    verdict.quarantined = level_quality_is_quarantined(quality);
    if (verdict.reason != SW_REASON_NONE) return verdict;

    if (quality->time_ms == 0) {
        quality->anchor_um = quality->believed_um = quality->last_um = (int32_t)level_um;
    }
    int64_t elapsed_ms = quality->time_ms ? most(0, time_ms - quality->time_ms) : 0;
    track_site(quality, policy, time_ms, level_um);
    leak_blame(quality, policy, time_ms);
    verdict.reason = take_in_range(quality, policy, elapsed_ms, level_um, helped);
    quality->time_ms = time_ms;
    quality->last_um = (int32_t)level_um;
    if (!has(quality, RIVER)) {
        weigh(quality, policy, QUARANTINED, quality->blame);
        weigh(quality, policy, DRIFTING, quality->drift);
        release(quality, &verdict);
    }
    verdict.quarantined = level_quality_is_quarantined(quality);
    verdict.quality = verdict.reason == SW_REASON_NONE ? SW_QUALITY_GOOD : SW_QUALITY_SUSPECT;
    return verdict;
}

void level_quality_set_back(struct level_quality *quality, int64_t now_ms)
{
    if (quality->time_ms > now_ms) quality->time_ms = now_ms;
}
