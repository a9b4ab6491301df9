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

#include "core/policy.h"
#include "stillwater/reading.h"

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
    enum sw_quality_reason reason;
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
