/* How far a level can be believed: the tests of QARTOD (gross range, spike, rate of change, flat line, missing) and
 * what street sensors really do: noise when dry, one-sample blips, objects parked under the sensor, no echo.
 *
 * A healthy sensor is believed at once, whatever it says, unless no water can rise that fast: a flood is never delayed
 * by a sensor that has given no ground for doubt. Every false rise is remembered against the sensor. One that does it
 * too often is quarantined: what it says above its dry level then is suspect until it moves like water (a rise in
 * several steps, or many samples that agree and are not a step that stands still), until neighbours or rain say the
 * same, or until it has stood very high for a long time. The sensor leaves quarantine by a long time without a false
 * rise, or sooner by a flood that was confirmed. */
#ifndef GATEWAY_CORE_NORMALISE_LEVEL_QUALITY_H
#define GATEWAY_CORE_NORMALISE_LEVEL_QUALITY_H

#include <stdbool.h>
#include <stdint.h>

#include "stillwater/reading.h"

/* Why a level is not good. To become rows of enum sw_quality_reason (codes are on the wire). */
enum level_doubt {
    LEVEL_DOUBT_NONE = 0,
    LEVEL_DOUBT_RANGE,       /* gross range: no such level can be measured */
    LEVEL_DOUBT_RATE,        /* rises faster than any water */
    LEVEL_DOUBT_SPIKE,       /* fell by more than water can: out of the water, or off an object */
    LEVEL_DOUBT_FLAT,        /* flat line: the value stands still for too long */
    LEVEL_DOUBT_NO_ECHO,     /* at full scale, or stands still near it */
    LEVEL_DOUBT_OBSTRUCTION, /* one step up and flat since: an object under the sensor */
    LEVEL_DOUBT_QUARANTINE   /* above its dry level, not confirmed yet */
};

/* Durations in ms, levels in thousandths of a mm. 0 switches a test off. */
struct level_quality_policy {
    int64_t range_min_um;
    int64_t range_max_um;
    int64_t full_scale_um;     /* the level of "no echo" or of an object at the sensor's face */
    int64_t rise_max_um_min;   /* per minute; street floods reach 259 mm/min */
    int64_t rise_free_um;      /* a step of this size is believed however short the interval */
    int64_t fall_max_um;       /* a fall by more than this between two samples is a spike for fall_hold_samples */
    int32_t fall_hold_samples; /* so many low samples in a row are believed after all; 1..255 */
    int64_t flat_tolerance_um; /* standing still = within this of where it began */
    int64_t flat_wet_ms;       /* flat line while above the dry level */
    int64_t flat_any_ms;       /* flat line at any level: only where a level always moves (rivers) */
    int64_t gap_ms;            /* two samples further apart have missing ones between them */

    bool dries;              /* the sensor is dry most of the time (streets): what follows applies */
    int64_t noise_start_um;  /* noise when dry, until it has been learned */
    int64_t wet_um;          /* above the dry level by this and by four times the noise: wet ... */
    int64_t wet_most_um;     /* ... but by no more than this, however noisy the sensor is */
    int64_t step_um;         /* a rise or fall of this size within one sample is a step ... */
    int64_t step_ms;         /* ... when the sample before is not older than this */
    int64_t agree_rise_um;   /* samples agree when one is not above the one before by this much or more ... */
    int64_t agree_fall_um;   /* ... and not below it by this much or more */
    int64_t object_after_ms; /* a single step that stands still this long is an object */
    int32_t blame_limit;     /* false rises until quarantine, in sixteenths; leaks away */
    int64_t blame_leak_ms;   /* one whole false rise is forgotten in this time */
    int32_t confirm_samples; /* wet samples in a row that agree confirm a flood, 1..255; or three of them ... */
    int64_t confirm_ms;      /* ... when they take this long */
    int64_t very_high_um;    /* so high ... */
    int64_t very_high_ms;    /* ... for so long is believed even of an object */
};

/* Starts zeroed. Saturated counters stay at their greatest value. */
struct level_quality {
    int64_t time_ms;     /* of the last sample in range; 0 = none */
    int32_t last_um;     /* its level */
    int32_t believed_um; /* last level that was good */
    int32_t anchor_um;   /* where the present stretch of standing still began */
    int32_t entry_um;    /* first level of the present wet spell */
    uint32_t flat_for_s; /* length of the stretch of standing still */
    uint16_t wet_for_s;  /* length of the wet spell, saturated */
    uint16_t noise_10um; /* learned mean change between dry samples, hundredths of a mm; 0 = not yet */
    int16_t dry_10um;    /* learned dry level, hundredths of a mm */
    uint8_t blame;       /* false rises, in sixteenths, saturated */
    uint8_t wet_samples; /* of the wet spell, since they last bounced, saturated */
    uint8_t rises;       /* rises in a row in the wet spell, saturated */
    uint8_t odd_samples; /* in a row, held back by the rate test or the fall test */
    uint8_t flags;
};

struct level_quality_verdict {
    enum sw_quality quality; /* GOOD, SUSPECT or BAD */
    enum level_doubt doubt;
    bool quarantined;
    bool false_rise; /* what this sensor said before was no water; the alerts made of it may be taken back */
    bool missing;    /* samples are missing between the one before and this one */
};

/* Streets: dry most of the time, sampled every 1 to 5 min. */
struct level_quality_policy level_quality_policy_default(void);

/* Rivers, canals and pipes that always carry water, sampled every 1 to 60 min. */
struct level_quality_policy level_quality_policy_river(void);

/* A sample, later than every one before. `helped`: neighbours or rain gauges say that water is rising here now, or a
 * weather warning is on (agreement.h). */
struct level_quality_verdict level_quality_take(struct level_quality *quality,
                                                const struct level_quality_policy *policy, int64_t time_ms,
                                                int64_t level_um, bool helped);

bool level_quality_is_quarantined(const struct level_quality *quality);

/* What counts as noise of this sensor now, in um. */
int64_t level_quality_noise_um(const struct level_quality *quality, const struct level_quality_policy *policy);

/* The clock was set back to `now_ms`. */
void level_quality_set_back(struct level_quality *quality, int64_t now_ms);

#endif
