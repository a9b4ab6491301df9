/* Street sensors made up with what is known to go wrong with them, for the published set has no quiet time: a sample a
 * minute of noise, with real floods laid over it. The same numbers on every machine and in every run. */
#ifndef GATEWAY_CLI_BACKTEST_NOISE_H
#define GATEWAY_CLI_BACKTEST_NOISE_H

#include "cli/backtest_series.h"
#include "core/policy.h"
#include "stillwater/alert.h"

#define NOISE_KIND_COUNT    7
#define NOISE_SENSORS       5 /* of each kind */
#define NOISE_DAYS          61
#define NOISE_FLOOD_EVERY   3                 /* days; the first comes after as many */
#define NOISE_FLOOD_LEAST   50000             /* um; floods less deep are not laid over noise */
#define NOISE_FLOOD_REST_MS INT64_C(21600000) /* so long after a flood an alarm is not yet false */

const char *noise_kind_name(size_t kind);

/* One sensor: its samples, and when floods are on (time of the first sample, and of the last one as its value). */
struct noise_sensor {
    struct series samples;
    struct series floods;
};

/* `profiles` are real floods of NOISE_FLOOD_LEAST and more, taken in turn. False when memory is refused. */
bool noise_sensor_make(struct noise_sensor *sensor, size_t kind, uint64_t seed, const struct series *const *profiles,
                       size_t profile_count);
void noise_sensor_free(struct noise_sensor *sensor);

/* Starts zeroed. */
struct noise_score {
    uint64_t floods, found; /* found: an alarm was raised or stood while the flood was on */
    uint64_t false_alarms;  /* raised while no flood was on */
    uint64_t quality_alerts;
};

/* An alarm each time the level comes to the line from below. */
void noise_score_line(const struct noise_sensor *sensor, int64_t line_um, struct noise_score *score);
/* Alerts of the level or its forecast, of any colour. False after the reason was told. */
bool noise_score_core(const struct noise_sensor *sensor, const struct policy *policy, struct noise_score *score);

#endif
