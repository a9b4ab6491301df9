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

/* No human use for T (detect/nothing_in.h). */
struct nothing_in_policy {
    int64_t window_ms; /* T, up to USE_WINDOW_LONGEST_MS; 0 = off */
    int32_t coverage_permille;
    enum sw_colour colour;
};

/* Rates in ml a day, for the sake of integers. */
struct use_start_policy {
    int32_t drip_least_ml_day; /* slower: taken for no drip */
    int32_t drip_most_ml_day;  /* faster: not taken for a drip */
    int64_t line_ms;           /* a line has to hold for this long */
    int32_t line_growths;      /* and over this many growths of the total after its first, up to 200 */
    int32_t grain_ml;          /* unevenness of a drip that is allowed where the meter's step is finer */
};

/* Water flows without a still hour (detect/leak.h). */
struct leak_policy {
    int64_t advice_ms; /* without a still hour: blue; 0 = the rule is off */
    int64_t alert_ms;  /* and the alert, in `colour`; >= advice_ms */
    enum sw_colour colour;
    int32_t coverage_permille; /* of the time since the last still hour that has to be observed */
    int32_t still_ml;          /* in an hour: what a still home's meter may creep */
    int32_t least_ml_h;        /* the smallest leak that a coarse meter has to rule out; > 0 */
};

/* High flow held (detect/burst.h). */
struct burst_policy {
    int32_t flow_ml_min; /* 0 = the rule is off; at most 10^6 */
    int64_t hold_ms;     /* held for this long, and in two intervals at least */
    int64_t off_ms;      /* over when the flow stayed under a quarter of the limit for this long */
    enum sw_colour colour;
};

/* More than Y litres on a local calendar day (detect/day_volume.h). */
struct day_volume_policy {
    int64_t limit_ml;          /* 0 = the rule is off */
    int32_t utc_offset_min;    /* local time is UTC plus this */
    int32_t coverage_permille; /* of a day, for it to end the condition */
    enum sw_colour colour;
};

/* Days and weeks of a home, for the carer (aggregate/day_rhythm.h). */
struct day_rhythm_policy {
    int32_t utc_offset_min;      /* local time is UTC plus this */
    int32_t night_from_min;      /* the night, in minutes after local midnight: begins before it, */
    int32_t night_to_min;        /* ends after it; at most 8 h */
    int32_t morning_min;         /* the day's first use is looked for from here */
    int32_t coverage_permille;   /* of a day that has to be observed */
    int32_t decline_permille;    /* of the usual litres a day: less by so much is a decline */
    int32_t more_tenths_a_night; /* tenths of an hour of the night with use: more by so many is a change */
    int32_t pause_days;          /* between notes */
};

/* Faults of a meter (detect/meter_fault.h). */
struct meter_fault_policy {
    int64_t clear_ms;       /* over after this long without another; 14 d */
    int64_t stuck_ms;       /* still for this long is stuck; 0 = never; 28 d, longer than holidays */
    int32_t used_permille;  /* days with use, of those before: makes such stillness strange; 900 */
    int32_t negative_steps; /* told from this many in 30 days on; 10 */
    int32_t jumps;          /* 3 */
    int32_t set_backs;      /* from this many on it is tamper; 2 */
    enum sw_colour colour;  /* jump, pulse weight, set back, tamper; yellow */
    enum sw_colour advice;  /* negative steps, stuck; blue */
};

/* Water runs back through a meter (detect/backflow.h). */
struct backflow_policy {
    int64_t volume_ml; /* alert when more than this, and more than one pulse, is outstanding; 0 = off */
    int64_t settle_ms; /* made up: over when nothing has run back for this long; keeps one alert of many spells */
    int64_t clear_ms;  /* over in any case when nothing has run back for this long */
    enum sw_colour colour;
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
    struct nothing_in_policy nothing_in;
    struct use_start_policy use_start;
    struct leak_policy leak;
    struct burst_policy burst;
    struct day_volume_policy day_volume;
    struct day_rhythm_policy day_rhythm;
    bool tell_first_use; /* of each day: a reassurance */
    bool tell_slow_change;
    struct meter_policy meter;
    struct meter_fault_policy meter_fault;
    struct backflow_policy backflow;
    struct level_policy level;
    struct cover_policy cover;
    struct silence_policy silence;
};

/* The built-in city policy; docs/policy.md has its figures and their sources. */
struct policy policy_city_default(void);

#endif
