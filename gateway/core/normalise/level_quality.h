/* How far a level can be believed: the tests of QARTOD (gross range, spike, rate of change, flat line; what is
 * missing is for detect/silence.h) and
 * what street sensors really do: noise when dry, one-sample blips, objects parked under the sensor, no echo.
 *
 * A healthy sensor is believed at once, whatever it says: a flood is never delayed by a sensor that has given no ground
 * for doubt. A false rise is remembered against the sensor and puts it in quarantine for a week, longer the more of
 * them there were: what it says above its dry level then is suspect until it moves like water (a rise in several steps,
 * or many samples that agree and are not a step that stands still), until neighbours or rain say the same, or until it
 * has stood very high for a long time. What was held back of a flood that is known only when it ebbs is released then.
 * A sensor whose values contradict each other has to agree with itself for longer.
 *
 * The dry level follows what is slower than water comes. When it has come high and gone back, the next time is not
 * believed to be a flood unless it rises faster.
 *
 * A sensor that is wet from its first sample on, or for days, is judged as a river: it has no dry level and no blame,
 * but a probe may be lifted out of the water or stand still. */
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
    int32_t entry_um;    /* first level of the present wet spell, or of a step within it */
    int32_t peak_um;     /* highest since then, or since the spell bounced */
    int32_t dry_um;      /* learned dry level; follows no faster than the policy's drift */
    uint32_t flat_for_s; /* length of the stretch of standing still */
    uint16_t wet_for_s;  /* length of the wet spell, saturated */
    uint16_t noise_10um; /* learned mean change between dry samples, hundredths of a mm; 0 = not yet */
    uint16_t water_min;  /* minutes that water stood, less those without, saturated: tells a river */
    uint16_t flags;
    uint8_t blame;       /* false rises, in sixteenths, saturated */
    uint8_t drift;       /* high tides of the dry level, in sixteenths, saturated */
    uint8_t bounced;     /* values that contradicted each other, in sixteenths, saturated */
    uint8_t unrest;      /* how much the last samples contradicted each other, saturated */
    uint8_t wet_samples; /* of the wet spell, since they last bounced, saturated */
    uint8_t rises;       /* rises in a row in the wet spell, saturated */
    uint8_t odd_samples; /* in a row, held back by the rate test or the fall test */
};

struct level_quality_verdict {
    enum sw_quality quality; /* GOOD, SUSPECT or BAD */
    enum sw_quality_reason reason;
    bool quarantined;
    bool released; /* this sample confirms what was held back before; held_um is the highest of it */
    int64_t held_um;
};

/* Streets, dry most of the time, sampled every 1 to 5 min; what is not dry for days is judged as a river. */
struct level_quality_policy level_quality_policy_default(void);

/* Rivers, canals and pipes that always carry water, sampled every 1 to 60 min. */
struct level_quality_policy level_quality_policy_river(void);

/* A sample, later than every one before. `helped`: neighbours or rain gauges say that water is rising here now, or a
 * weather warning is on (agreement.h). */
struct level_quality_verdict level_quality_take(struct level_quality *quality,
                                                const struct level_quality_policy *policy, int64_t time_ms,
                                                int64_t level_um, bool helped);

bool level_quality_is_quarantined(const struct level_quality *quality);

/* Believed, but nothing is to be foretold of it yet: a step that stands on its own, or a sensor that has contradicted
 * itself or is to blame and has not shown that this is water. */
bool level_quality_is_unsteady(const struct level_quality *quality, const struct level_quality_policy *policy);

/* Whether the sensor is judged as one that always has water under it. */
bool level_quality_is_river(const struct level_quality *quality);

/* What counts as noise of this sensor now, in um. */
int64_t level_quality_noise_um(const struct level_quality *quality, const struct level_quality_policy *policy);

/* The clock was set back to `now_ms`. */
void level_quality_set_back(struct level_quality *quality, int64_t now_ms);

#endif
