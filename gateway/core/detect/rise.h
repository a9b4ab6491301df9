/* Rate of rise, and the time until the next band.
 *
 * The rate is the median of the slopes between all pairs of the last few samples (Theil and Sen): one wrong sample
 * among six does not move it. A warning comes before the band when the rate carries the level there within the horizon,
 * or when the level has come a good part of the way. How early depends on the sensor's own floods: where those often
 * reached the band the horizon is long, elsewhere it is short, so that streets where water never comes high do not cry
 * wolf. A weather warning, or neighbours that agree, lie in between.
 *
 * The range of the forecast is what real floods took, against the straight line (FloodNet, half of the sensors). */
#ifndef GATEWAY_CORE_DETECT_RISE_H
#define GATEWAY_CORE_DETECT_RISE_H

#include "core/detect/condition.h"
#include "core/policy.h"

#define RISE_SAMPLES 6

/* Starts zeroed. */
struct rise {
    int64_t time_ms;                /* of the last sample; 0 = none */
    int16_t level_mm[RISE_SAMPLES]; /* newest first, saturated */
    uint16_t gap_s[RISE_SAMPLES];   /* time from the sample before to this one, saturated */
    uint16_t warned_for_s;          /* since the warning began, saturated: the alert knows its own onset */
    uint16_t calm_for_s;            /* since anything last called for the warning, saturated */
    uint16_t below_for_s;           /* in a flood: since the level fell below its beginning, saturated */
    uint16_t crest_for_s;           /* since the last flood's last crest, saturated */
    int16_t peak_mm;                /* of the present flood */
    int16_t crest_mm;               /* of its present crest: a flood that falls to half begins another one */
    uint8_t count;                  /* samples in use */
    uint8_t warned;                 /* enum sw_colour; green = no warning */
    uint8_t in_flood;
    uint8_t floods;                       /* of this sensor; halved together with `reached` when full */
    uint8_t reached[SW_COLOUR_COUNT - 1]; /* index: colour - 1; of them, how many reached the band */
};

#define RISE_NEVER     INT64_MAX
#define RISE_NOT_ALONE (-1) /* rise_reach.alone_permille: no height is enough without a rise */

struct rise_forecast {
    bool rising;
    int64_t rate_um_min;
    enum sw_colour band; /* the band that the times are about */
    int64_t min_ms;      /* from the last sample; RISE_NEVER when not rising */
    int64_t likely_ms;
    int64_t max_ms;
    int32_t own_permille; /* share of this sensor's floods that reached the band, with the prior */
};

struct rise_policy rise_policy_default(void);

/* The same for a river: how high it stands says nothing of where it goes, and it takes its time. */
struct rise_policy rise_policy_of_river(const struct rise_policy *policy);

/* A good sample, not older than the one before. `eager`: weather warning or agreement, see agreement.h. */
void rise_take(struct rise *rise, const struct rise_policy *policy, const struct level_policy *bands, int64_t time_ms,
               int64_t level_um, bool eager);

/* Thousandths of a mm a minute; 0 with fewer than three samples in the window. */
int64_t rise_rate_um_min(const struct rise *rise, const struct rise_policy *policy);

/* The colour of the band to come; green when none is expected. Not a word on the bands that are reached. */
struct condition rise_judge(const struct rise *rise);

struct rise_forecast rise_forecast(const struct rise *rise, const struct rise_policy *policy,
                                   const struct level_policy *bands, enum sw_colour band);

/* `colour` is the band that is warned of; green, when the warning is over, names the lowest band that can be. */
void rise_evidence(const struct rise *rise, const struct rise_policy *policy, const struct level_policy *bands,
                   enum sw_colour colour, struct sw_evidence *evidence);

/* How long ago the water of the last flood was at its crest; RISE_NEVER when there was none. */
int64_t rise_crest_age_ms(const struct rise *rise, int64_t now_ms);

/* The clock was set back to `now_ms`. */
void rise_set_back(struct rise *rise, int64_t now_ms);

#endif
