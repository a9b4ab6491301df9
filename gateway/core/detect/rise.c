#include "core/detect/rise.h"

#include <string.h>

#define SECOND_MS   1000
#define MINUTE_MS   (60 * SECOND_MS)
#define MM_UM       1000
#define SLOPES_MOST (RISE_SAMPLES * (RISE_SAMPLES - 1) / 2)
#define SLOPES_OF   3   /* samples at least */
#define RATE_LEAST  200 /* um a minute: slower is not rising */

/* The reaches were chosen on one half of FloodNet's sensors; the figures of the other half are in the tests. */
struct rise_policy rise_policy_default(void)
{
    return (struct rise_policy){
        .lowest = SW_COLOUR_ORANGE,
        .window_ms = 60 * MINUTE_MS,
        .spacing_ms = 45 * SECOND_MS,
        .flood_um = 10 * MM_UM,
        .flood_over_ms = 30 * MINUTE_MS,
        .calm_ms = 20 * MINUTE_MS,
        .seldom = {.horizon_ms = 15 * MINUTE_MS, .from_permille = 200, .alone_permille = 800},
        .often = {.horizon_ms = 45 * MINUTE_MS, .from_permille = 120, .alone_permille = 400},
        .eager = {.horizon_ms = 30 * MINUTE_MS, .from_permille = 200, .alone_permille = 600},
        .often_permille = 80,
        .prior_floods = 60,
        .prior_reached = 3,
        .min_permille = 400,
        .likely_permille = 1100,
        .max_permille = 2200,
    };
}

struct rise_policy rise_policy_of_river(const struct rise_policy *policy)
{
    struct rise_policy river = *policy;
    river.often.alone_permille = RISE_NOT_ALONE;
    river.seldom = river.eager = river.often;
    return river;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static uint16_t seconds_more(uint16_t for_s, int64_t elapsed_ms)
{
    return (uint16_t)least(for_s + elapsed_ms / SECOND_MS, UINT16_MAX);
}

static int16_t whole_mm(int64_t level_um)
{
    int64_t mm = level_um / MM_UM;
    if (mm > INT16_MAX) return INT16_MAX;
    return mm < -INT16_MAX ? -INT16_MAX : (int16_t)mm;
}

/* The newest place is provisional while it is too close to the one before: fast sampling does not shorten the window.
 */
static void keep_sample(struct rise *rise, const struct rise_policy *policy, int64_t elapsed_ms, int64_t level_um)
{
    uint16_t gap_s = (uint16_t)least((elapsed_ms + SECOND_MS / 2) / SECOND_MS, UINT16_MAX);
    if (rise->count > 1 && (int64_t)rise->gap_s[0] * SECOND_MS < policy->spacing_ms) {
        rise->gap_s[0] = (uint16_t)least((int64_t)rise->gap_s[0] + gap_s, UINT16_MAX);
    } else {
        memmove(&rise->level_mm[1], &rise->level_mm[0], sizeof rise->level_mm - sizeof rise->level_mm[0]);
        memmove(&rise->gap_s[1], &rise->gap_s[0], sizeof rise->gap_s - sizeof rise->gap_s[0]);
        rise->gap_s[0] = gap_s;
        if (rise->count < RISE_SAMPLES) rise->count++;
    }
    rise->level_mm[0] = whole_mm(level_um);
}

/* Age of each sample against the newest, in seconds; returns how many are inside the window. */
static int ages_of(const struct rise *rise, const struct rise_policy *policy, int64_t ages_s[RISE_SAMPLES])
{
    int64_t age_s = 0;
    int inside = 0;
    while (inside < rise->count && age_s * SECOND_MS <= policy->window_ms) {
        ages_s[inside] = age_s;
        age_s += rise->gap_s[inside++];
    }
    return inside;
}

static void insert_sorted(int64_t *values, int count, int64_t value)
{
    int at = count;
    for (; at > 0 && values[at - 1] > value; at--)
        values[at] = values[at - 1];
    values[at] = value;
}

int64_t rise_rate_um_min(const struct rise *rise, const struct rise_policy *policy)
{
    int64_t ages_s[RISE_SAMPLES], slopes[SLOPES_MOST];
    int samples = ages_of(rise, policy, ages_s), count = 0;
    if (samples < SLOPES_OF) return 0;
    for (int newer = 0; newer < samples; newer++) {
        for (int older = newer + 1; older < samples; older++) {
            int64_t apart_s = ages_s[older] - ages_s[newer];
            if (apart_s <= 0) continue;
            int64_t rise_um = (int64_t)(rise->level_mm[newer] - rise->level_mm[older]) * MM_UM;
            insert_sorted(slopes, count++, rise_um * 60 / apart_s);
        }
    }
    return count ? slopes[count / 2] : 0;
}

/* Share of the sensor's floods that reached the band, in thousandths, with the prior. */
static int32_t own_share(const struct rise *rise, const struct rise_policy *policy, enum sw_colour band)
{
    int32_t floods = 10 * rise->floods + policy->prior_floods;
    int32_t reached = 10 * rise->reached[band - 1] + policy->prior_reached;
    return floods > 0 ? 1000 * reached / floods : 0;
}

static bool expects(const struct rise *rise, const struct rise_policy *policy, const struct level_policy *bands,
                    enum sw_colour band, int64_t rate_um_min, bool eager)
{
    bool often = own_share(rise, policy, band) >= policy->often_permille;
    const struct rise_reach *reach = often ? &policy->often : eager ? &policy->eager : &policy->seldom;
    int64_t level_um = (int64_t)rise->level_mm[0] * MM_UM, band_um = bands->band_um[band];
    /* Below its crest the water is not on its way up, however high it stands and whatever the last hour was like. */
    if (rise->level_mm[0] < rise->crest_mm) return false;
    bool alone = reach->alone_permille != RISE_NOT_ALONE;
    if (alone && level_um * 1000 >= band_um * reach->alone_permille) return true;
    if (level_um * 1000 < band_um * reach->from_permille || rate_um_min < RATE_LEAST) return false;
    return level_um + rate_um_min * (reach->horizon_ms / SECOND_MS) / 60 >= band_um;
}

static bool is_ahead(const struct rise *rise, const struct level_policy *bands, int band)
{
    return bands->band_um[band] != LEVEL_BAND_OFF && (int64_t)rise->level_mm[0] * MM_UM < bands->band_um[band];
}

/* By this crest: water that falls from a band is not on its way to it. */
static bool was_reached(const struct rise *rise, const struct level_policy *bands, int band)
{
    return (int64_t)rise->crest_mm * MM_UM >= bands->band_um[band];
}

static enum sw_colour band_to_come(const struct rise *rise, const struct rise_policy *policy,
                                   const struct level_policy *bands, bool eager)
{
    int64_t rate_um_min = rise_rate_um_min(rise, policy);
    for (int band = SW_COLOUR_RED; band >= (int)policy->lowest && band > SW_COLOUR_GREEN; band--)
        if (is_ahead(rise, bands, band) && !was_reached(rise, bands, band) &&
            expects(rise, policy, bands, (enum sw_colour)band, rate_um_min, eager))
            return (enum sw_colour)band;
    return SW_COLOUR_GREEN;
}

static void warn(struct rise *rise, const struct rise_policy *policy, const struct level_policy *bands,
                 int64_t elapsed_ms, bool receded, bool eager)
{
    if (!rise->in_flood) {
        rise->warned = SW_COLOUR_GREEN;
        rise->warned_for_s = rise->calm_for_s = 0;
        return;
    }
    enum sw_colour band = receded ? SW_COLOUR_GREEN : band_to_come(rise, policy, bands, eager);
    rise->warned_for_s = seconds_more(rise->warned_for_s, elapsed_ms);
    rise->calm_for_s = seconds_more(rise->calm_for_s, elapsed_ms);
    if (band >= (enum sw_colour)rise->warned && band != SW_COLOUR_GREEN) rise->calm_for_s = 0;
    bool fulfilled = rise->warned && !is_ahead(rise, bands, rise->warned);
    bool calm = (int64_t)rise->calm_for_s * SECOND_MS >= policy->calm_ms || receded;
    if (band > (enum sw_colour)rise->warned || fulfilled || calm) {
        if (rise->warned == SW_COLOUR_GREEN) rise->warned_for_s = 0;
        rise->warned = (uint8_t)band;
        rise->calm_for_s = 0;
    }
}

static void remember_flood(struct rise *rise, const struct level_policy *bands)
{
    if (rise->floods == UINT8_MAX) {
        rise->floods /= 2;
        for (int i = 0; i < SW_COLOUR_COUNT - 1; i++)
            rise->reached[i] /= 2;
    }
    rise->floods++;
    for (int band = SW_COLOUR_BLUE; band < SW_COLOUR_COUNT; band++)
        if (bands->band_um[band] != LEVEL_BAND_OFF && (int64_t)rise->peak_mm * MM_UM >= bands->band_um[band])
            rise->reached[band - 1]++;
    rise->in_flood = 0;
}

/* True when the water has fallen to half its crest: what comes then is another one, once it has risen again by more
 * than it trembles. */
static bool has_receded(struct rise *rise, int64_t elapsed_ms)
{
    int16_t level_mm = rise->level_mm[0];
    bool receded = rise->in_flood && 2 * level_mm < rise->crest_mm;
    rise->crest_for_s = seconds_more(rise->crest_for_s, elapsed_ms);
    if (receded) {
        rise->crest_mm = (int16_t)(level_mm + level_mm / 20 + 2);
    } else if (level_mm > rise->crest_mm || !rise->in_flood) {
        rise->crest_mm = level_mm;
        if (rise->in_flood) rise->crest_for_s = 0;
    }
    return receded;
}

static void follow_flood(struct rise *rise, const struct rise_policy *policy, const struct level_policy *bands,
                         int64_t elapsed_ms, int64_t level_um)
{
    if (level_um >= policy->flood_um) {
        bool new_flood = !rise->in_flood;
        if (rise->in_flood && elapsed_ms >= policy->flood_over_ms && rise->below_for_s > 0) {
            remember_flood(rise, bands);
            new_flood = true;
        }
        rise->below_for_s = 0;
        rise->in_flood = 1;
        if (new_flood || rise->level_mm[0] > rise->peak_mm) rise->peak_mm = rise->level_mm[0];
        return;
    }
    if (!rise->in_flood) return;
    rise->below_for_s = seconds_more(rise->below_for_s, elapsed_ms);
    if ((int64_t)rise->below_for_s * SECOND_MS >= policy->flood_over_ms) remember_flood(rise, bands);
}

void rise_take(struct rise *rise, const struct rise_policy *policy, const struct level_policy *bands, int64_t time_ms,
               int64_t level_um, bool eager)
{
    int64_t elapsed_ms = rise->time_ms != 0 && time_ms > rise->time_ms ? time_ms - rise->time_ms : 0;
    keep_sample(rise, policy, elapsed_ms, level_um);
    rise->time_ms = time_ms;
    follow_flood(rise, policy, bands, elapsed_ms, level_um);
    warn(rise, policy, bands, elapsed_ms, has_receded(rise, elapsed_ms), eager);
}

struct condition rise_judge(const struct rise *rise)
{
    return (struct condition){.decided = rise->time_ms != 0,
                              .colour = (enum sw_colour)rise->warned,
                              .onset_ms = rise->warned ? rise->time_ms - (int64_t)rise->warned_for_s * SECOND_MS : 0};
}

struct rise_forecast rise_forecast(const struct rise *rise, const struct rise_policy *policy,
                                   const struct level_policy *bands, enum sw_colour band)
{
    struct rise_forecast forecast = {.band = band, .min_ms = RISE_NEVER, .likely_ms = RISE_NEVER, .max_ms = RISE_NEVER};
    forecast.rate_um_min = rise_rate_um_min(rise, policy);
    if (band == SW_COLOUR_GREEN || bands->band_um[band] == LEVEL_BAND_OFF) return forecast;
    forecast.own_permille = own_share(rise, policy, band);
    forecast.rising = forecast.rate_um_min >= RATE_LEAST;
    if (!forecast.rising) return forecast;
    int64_t way_um = bands->band_um[band] - (int64_t)rise->level_mm[0] * MM_UM;
    int64_t straight_ms = way_um > 0 ? way_um * 60 / forecast.rate_um_min * SECOND_MS : 0;
    forecast.min_ms = straight_ms / 1000 * policy->min_permille;
    forecast.likely_ms = straight_ms / 1000 * policy->likely_permille;
    forecast.max_ms = straight_ms / 1000 * policy->max_permille;
    return forecast;
}

void rise_evidence(const struct rise *rise, const struct rise_policy *policy, const struct level_policy *bands,
                   enum sw_colour colour, struct sw_evidence *evidence)
{
    if (colour == SW_COLOUR_GREEN) colour = policy->lowest;
    evidence->rule = SW_ALERT_RULE_TIME_TO_BAND;
    if (colour >= SW_COLOUR_COUNT) return; /* switched off meanwhile */
    struct rise_forecast forecast = rise_forecast(rise, policy, bands, colour);
    evidence->value_kind = SW_READING_LEVEL;
    evidence->value_milli = (int64_t)rise->level_mm[0] * MM_UM;
    evidence->threshold_milli = bands->band_um[colour] == LEVEL_BAND_OFF ? 0 : bands->band_um[colour];
    evidence->rate_known = rise->count >= SLOPES_OF;
    evidence->rate_milli_per_h = forecast.rate_um_min * 60;
    if (!forecast.rising) return;
    evidence->forecast_min_ms = forecast.min_ms;
    evidence->forecast_ms = forecast.likely_ms;
    evidence->forecast_max_ms = forecast.max_ms;
}

int64_t rise_crest_age_ms(const struct rise *rise, int64_t now_ms)
{
    bool seen = rise->in_flood || rise->floods > 0;
    return seen ? now_ms - rise->time_ms + (int64_t)rise->crest_for_s * SECOND_MS : RISE_NEVER;
}

void rise_set_back(struct rise *rise, int64_t now_ms)
{
    if (rise->time_ms > now_ms) rise->time_ms = now_ms;
}
