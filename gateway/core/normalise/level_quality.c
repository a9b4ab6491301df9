#include "core/normalise/level_quality.h"

#define SECOND_MS 1000
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)
#define MM_UM     1000
#define NOISE_UM  10 /* unit of noise_10um and dry_10um */

/* Blame is counted in sixteenths of a false rise; at its cap it takes weeks without one to be healthy again. */
#define BLAME_ONE     16
#define BLAME_SMALL   4 /* too small to reach a band, but no water either */
#define BLAME_MOST    128
#define BLAME_HEAVY   64 /* from here on a sensor has to show more */
#define RISES_LIKE    2  /* so many rises in a row are the way of water */
#define RISES_HEAVY   4
#define SAMPLES_LEAST 3
#define BLIP_SAMPLES  2
#define RATE_SAMPLES  2    /* impossible rises in a row that are believed after all, the next time */
#define RISE_TREMBLE  2000 /* um: less is no rise */
#define RISE_LEAST    15000
#define DRY_REACH     4000 /* of dry_10um: 40 mm, more is a sensor to be levelled again */

enum { WET = 1, STEP = 2, CONFIRMED = 4, BLAMED = 8, QUARANTINED = 16, ANCHOR_IS_ENTRY = 32, LEFT_ENTRY = 64 };

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
        .fall_max_um = 0,
        .fall_hold_samples = 1,
        .flat_tolerance_um = 5 * MM_UM,
        .flat_wet_ms = 12 * HOUR_MS,
        .flat_any_ms = 0,
        .gap_ms = 20 * MINUTE_MS,
        .dries = true,
        .noise_start_um = 3 * MM_UM,
        .wet_um = 10 * MM_UM,
        .wet_most_um = 40 * MM_UM,
        .step_um = 50 * MM_UM,
        .step_ms = 6 * MINUTE_MS,
        .agree_rise_um = 100 * MM_UM,
        .agree_fall_um = 30 * MM_UM,
        .object_after_ms = 15 * MINUTE_MS,
        .blame_limit = 2 * BLAME_ONE,
        .blame_leak_ms = 7LL * DAY_MS,
        .confirm_samples = 5,
        .confirm_ms = 10 * MINUTE_MS,
        .very_high_um = 400 * MM_UM,
        .very_high_ms = 6LL * HOUR_MS,
    };
}

struct level_quality_policy level_quality_policy_river(void)
{
    struct level_quality_policy policy = level_quality_policy_default();
    policy.dries = false;
    policy.fall_max_um = 115 * MM_UM; /* Logan, MainStreet 2019 and TonyGrove 2020 */
    policy.fall_hold_samples = 6;
    policy.flat_tolerance_um = 0;
    policy.flat_wet_ms = 0;
    policy.flat_any_ms = 6LL * HOUR_MS;
    policy.gap_ms = 2LL * HOUR_MS;
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
    quality->flags = (uint8_t)(on ? quality->flags | flag : quality->flags & ~flag);
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
    return has(quality, QUARANTINED);
}

/* In hysteresis: half the limit sets it free. */
static void weigh_blame(struct level_quality *quality, const struct level_quality_policy *policy)
{
    if (policy->blame_limit <= 0 || quality->blame * 2 <= policy->blame_limit)
        set(quality, QUARANTINED, false);
    else if (quality->blame >= policy->blame_limit)
        set(quality, QUARANTINED, true);
}

static void put_blame(struct level_quality *quality, int sixteenths)
{
    quality->blame = (uint8_t)least(quality->blame + sixteenths, BLAME_MOST);
}

/* A sixteenth is forgotten at each full sixteenth of the leak time, so that no remainder need be kept. */
static void leak_blame(struct level_quality *quality, const struct level_quality_policy *policy, int64_t time_ms)
{
    int64_t unit_ms = policy->blame_leak_ms / BLAME_ONE;
    if (unit_ms <= 0 || quality->time_ms == 0 || quality->blame == 0) return;
    int64_t units = time_ms / unit_ms - quality->time_ms / unit_ms;
    quality->blame = (uint8_t)most(0, quality->blame - units);
}

static int64_t wet_line_um(const struct level_quality *quality, const struct level_quality_policy *policy)
{
    int64_t above_um = policy->wet_um + 4 * level_quality_noise_um(quality, policy);
    return (int64_t)quality->dry_10um * NOISE_UM + least(above_um, policy->wet_most_um);
}

static void learn_dry(struct level_quality *quality, const struct level_quality_policy *policy, int64_t level_um)
{
    int64_t change_10um = least(distance(level_um, quality->last_um) / NOISE_UM, UINT16_MAX);
    int64_t noise_10um = level_quality_noise_um(quality, policy) / NOISE_UM;
    noise_10um += (change_10um - noise_10um) / 16;
    quality->noise_10um = (uint16_t)most(1, least(noise_10um, UINT16_MAX));
    int64_t dry_10um = quality->dry_10um + (level_um / NOISE_UM - quality->dry_10um) / 32;
    quality->dry_10um = (int16_t)most(-DRY_REACH, least(DRY_REACH, dry_10um));
}

static void track_flat(struct level_quality *quality, const struct level_quality_policy *policy, int64_t elapsed_ms,
                       int64_t level_um)
{
    if (distance(level_um, quality->anchor_um) <= policy->flat_tolerance_um) {
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
    quality->flags &= QUARANTINED;
    set(quality, WET, true);
    set(quality, STEP, step);
    set(quality, ANCHOR_IS_ENTRY, true);
    quality->anchor_um = quality->entry_um = (int32_t)level_um;
    quality->flat_for_s = 0;
    quality->wet_for_s = 0;
    quality->wet_samples = 1;
    quality->rises = 0;
}

/* Water neither leaves within one sample nor comes and goes within minutes: with slow sampling two samples may well be
 * a flood. Returns true for a false rise. */
static bool end_wet(struct level_quality *quality, const struct level_quality_policy *policy, int64_t elapsed_ms,
                    int64_t level_um)
{
    int64_t fall_um = quality->last_um - level_um;
    int64_t height_um = most(quality->entry_um, quality->last_um) - (int64_t)quality->dry_10um * NOISE_UM;
    bool soon = elapsed_ms <= policy->step_ms;
    bool blip =
        quality->wet_samples <= BLIP_SAMPLES && (int64_t)quality->wet_for_s * SECOND_MS + elapsed_ms <= policy->step_ms;
    bool vanished = fall_um >= policy->step_um && fall_um * 4 >= height_um * 3;
    bool confirmed = has(quality, CONFIRMED), blamed = has(quality, BLAMED);
    quality->flags &= QUARANTINED;
    if (confirmed) {
        quality->blame = (uint8_t)(quality->blame - quality->blame / 4);
        return false;
    }
    if (blamed || !soon || !(blip || vanished)) return false;
    put_blame(quality, height_um >= policy->step_um ? BLAME_ONE : BLAME_SMALL);
    return height_um >= policy->step_um;
}

/* A single step up, and flat ever since. */
static bool is_like_object(const struct level_quality *quality)
{
    return has(quality, STEP) && has(quality, ANCHOR_IS_ENTRY);
}

/* So many samples that agree, or fewer over a longer time. */
static bool agrees_with_itself(const struct level_quality *quality, const struct level_quality_policy *policy)
{
    int64_t wet_ms = (int64_t)quality->wet_for_s * SECOND_MS;
    return quality->wet_samples >= policy->confirm_samples ||
           (quality->wet_samples >= SAMPLES_LEAST && wet_ms >= policy->confirm_ms);
}

static bool moves_like_water(struct level_quality *quality, const struct level_quality_policy *policy, int64_t level_um)
{
    int64_t wet_ms = (int64_t)quality->wet_for_s * SECOND_MS;
    int64_t step_um = quality->entry_um - (int64_t)quality->dry_10um * NOISE_UM;
    int64_t needed_um = most(RISE_LEAST, level_quality_noise_um(quality, policy));
    if (distance(level_um, quality->entry_um) >= needed_um) set(quality, LEFT_ENTRY, true);
    if (agrees_with_itself(quality, policy) && (!has(quality, STEP) || has(quality, LEFT_ENTRY))) return true;
    if (level_um >= policy->very_high_um && wet_ms >= policy->very_high_ms) return true;
    if (has(quality, STEP)) needed_um = most(needed_um, step_um / 8);
    int rises = quality->blame >= BLAME_HEAVY ? RISES_HEAVY : RISES_LIKE;
    return quality->rises >= rises && level_um - quality->entry_um >= needed_um;
}

/* Values that jump do not agree with each other: counting begins again. */
static void bounce(struct level_quality *quality, int64_t level_um, bool fell)
{
    if (fell && !has(quality, CONFIRMED)) put_blame(quality, BLAME_SMALL);
    set(quality, LEFT_ENTRY, false);
    quality->wet_samples = 1;
    quality->wet_for_s = 0;
    quality->rises = 0;
    quality->entry_um = (int32_t)level_um;
}

static void stay_wet(struct level_quality *quality, const struct level_quality_policy *policy, int64_t elapsed_ms,
                     int64_t level_um)
{
    int64_t change_um = level_um - quality->last_um;
    int64_t tremble_um = most(RISE_TREMBLE, level_quality_noise_um(quality, policy) / 2);
    bool jumps = change_um <= -policy->agree_fall_um || change_um >= policy->agree_rise_um;
    quality->wet_for_s = (uint16_t)least(quality->wet_for_s + elapsed_ms / SECOND_MS, UINT16_MAX);
    quality->wet_samples = one_more(quality->wet_samples);
    if (change_um > tremble_um)
        quality->rises = one_more(quality->rises);
    else if (change_um < -tremble_um)
        quality->rises = 0;
    if (jumps && elapsed_ms <= policy->step_ms) bounce(quality, level_um, change_um < 0);
    if (moves_like_water(quality, policy, level_um)) set(quality, CONFIRMED, true);
}

/* Wet or dry, and what that says of the sensor. Returns true when what it said before was a false rise. */
static bool follow_spell(struct level_quality *quality, const struct level_quality_policy *policy, int64_t elapsed_ms,
                         int64_t level_um, bool helped)
{
    bool wet = level_um >= wet_line_um(quality, policy);
    bool false_rise = false;
    if (wet && !has(quality, WET))
        begin_wet(quality, policy, elapsed_ms, level_um);
    else if (wet)
        stay_wet(quality, policy, elapsed_ms, level_um);
    else if (has(quality, WET))
        false_rise = end_wet(quality, policy, elapsed_ms, level_um);
    else
        learn_dry(quality, policy, level_um);
    if (wet && helped) set(quality, CONFIRMED, true);

    bool stands = (int64_t)quality->flat_for_s * SECOND_MS >= policy->object_after_ms;
    if (wet && stands && is_like_object(quality) && !has(quality, CONFIRMED) && !has(quality, BLAMED)) {
        set(quality, BLAMED, true);
        put_blame(quality, BLAME_ONE);
        false_rise = true;
    }
    return false_rise;
}

static enum sw_quality_reason doubt_of_spell(const struct level_quality *quality)
{
    if (!has(quality, WET) || has(quality, CONFIRMED)) return SW_REASON_NONE;
    if (has(quality, BLAMED)) return SW_REASON_OBSTRUCTION;
    return has(quality, QUARANTINED) ? SW_REASON_QUARANTINE : SW_REASON_NONE;
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
    if (policy->fall_max_um > 0 && -rise_um > policy->fall_max_um && elapsed_ms <= policy->gap_ms &&
        quality->odd_samples < policy->fall_hold_samples)
        return SW_REASON_SPIKE;
    return SW_REASON_NONE;
}

static enum sw_quality_reason doubt_of_flat(const struct level_quality *quality,
                                            const struct level_quality_policy *policy)
{
    int64_t flat_ms = (int64_t)quality->flat_for_s * SECOND_MS;
    if (policy->flat_any_ms > 0 && flat_ms >= policy->flat_any_ms) return SW_REASON_FLAT_LINE;
    bool wet = policy->dries && has(quality, WET);
    return wet && policy->flat_wet_ms > 0 && flat_ms >= policy->flat_wet_ms ? SW_REASON_FLAT_LINE : SW_REASON_NONE;
}

static enum sw_quality_reason take_in_range(struct level_quality *quality, const struct level_quality_policy *policy,
                                            int64_t elapsed_ms, int64_t level_um, bool helped, bool *false_rise)
{
    enum sw_quality_reason doubt = doubt_of_step(quality, policy, elapsed_ms, level_um);
    track_flat(quality, policy, elapsed_ms, level_um);
    if (doubt != SW_REASON_NONE) {
        quality->odd_samples = one_more(quality->odd_samples);
        return doubt;
    }
    if (policy->dries) {
        *false_rise = follow_spell(quality, policy, elapsed_ms, level_um, helped);
        doubt = doubt_of_spell(quality);
    }
    if (doubt == SW_REASON_NONE) doubt = doubt_of_flat(quality, policy);
    if (policy->dries && quality->odd_samples > 0 && !has(quality, WET)) put_blame(quality, BLAME_ONE);
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
    verdict.quarantined = has(quality, QUARANTINED);
    if (verdict.reason != SW_REASON_NONE) return verdict;

    if (quality->time_ms == 0) {
        quality->anchor_um = quality->believed_um = quality->last_um = (int32_t)level_um;
    }
    int64_t elapsed_ms = quality->time_ms ? most(0, time_ms - quality->time_ms) : 0;
    verdict.missing = policy->gap_ms > 0 && elapsed_ms > policy->gap_ms;
    leak_blame(quality, policy, time_ms);
    verdict.reason = take_in_range(quality, policy, elapsed_ms, level_um, helped, &verdict.false_rise);
    quality->time_ms = time_ms;
    quality->last_um = (int32_t)level_um;
    weigh_blame(quality, policy);
    verdict.quarantined = has(quality, QUARANTINED);
    verdict.quality = verdict.reason == SW_REASON_NONE ? SW_QUALITY_GOOD : SW_QUALITY_SUSPECT;
    return verdict;
}

void level_quality_set_back(struct level_quality *quality, int64_t now_ms)
{
    if (quality->time_ms > now_ms) quality->time_ms = now_ms;
}
