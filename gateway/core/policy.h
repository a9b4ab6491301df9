/* What the city wants to be told: the settings of the detectors. Plain data, copied by value.
 * Durations in ms, volumes in ml, levels in thousandths of a mm, angles in thousandths of a degree. */
#ifndef GATEWAY_CORE_POLICY_H
#define GATEWAY_CORE_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "stillwater/alert.h"

/* A home has used less than volume_ml in the last window_ms, and at least coverage_permille of it was observed.
 * Time between two good readings counts as observed when they are at most observed_gap_ms apart. */
struct no_use_policy {
    int64_t volume_ml;
    int64_t window_ms;
    int32_t coverage_permille;
    int64_t observed_gap_ms;
    enum sw_colour colour;
};

/* Meter plausibility: what a counter may do (normalise/). */
struct meter_policy {
    int64_t rollover_ml;   /* the total goes back to 0 here; 0 = no rollover known */
    int64_t max_flow_ml_s; /* more than this between two readings is a jump, not use */
};

/* Bands by colour; a band is off where its threshold is LEVEL_BAND_OFF. Thresholds rise with the colour. */
#define LEVEL_BAND_OFF INT64_MAX
struct level_policy {
    int64_t band_um[SW_COLOUR_COUNT]; /* index: enum sw_colour; GREEN unused */
    int64_t deadband_um;              /* a band is left at threshold - deadband */
    int64_t on_delay_ms;  /* level must stay at or above the threshold this long; 0 = one sample is enough */
    int64_t off_delay_ms; /* and below threshold - deadband this long to leave it */
    int64_t range_min_um; /* outside: a sensor fault, neither flood nor silence */
    int64_t range_max_um;
};

struct cover_policy {
    int64_t tilt_limit_mdeg;
    int64_t tilt_deadband_mdeg;
    int64_t on_delay_ms;
    int64_t off_delay_ms;
    enum sw_colour colour;
};

/* Longest time without good data before silence is an alert. 0 = never. */
struct silence_policy {
    int64_t home_ms;
    int64_t level_ms;
    int64_t cover_ms;
    int64_t rain_ms;
    int64_t node_ms;
    int64_t bus_ms;
    enum sw_colour colour;
};

struct policy {
    struct no_use_policy no_use;
    struct meter_policy meter;
    struct level_policy level;
    struct cover_policy cover;
    struct silence_policy silence;
};

/* The built-in city policy; docs/policy.md has its figures and their sources. */
struct policy policy_city_default(void);

#endif
