/* What the city wants to be told: the settings of the detectors. Plain data, copied by value.
 * Durations in ms, volumes in ml, levels in thousandths of a mm, angles in thousandths of a degree. */
#ifndef GATEWAY_CORE_POLICY_H
#define GATEWAY_CORE_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "stillwater/alert.h"

/* Once a year: on the week-th such weekday of the month, week 5 being the last, by the clocks before the change. */
struct clock_change {
    int8_t month;   /* 1 = January; 0 = never */
    int8_t week;    /* 1..5 */
    int8_t weekday; /* 0 = Sunday */
    int16_t at_min; /* after that day's midnight; may lie before or beyond the day */
};

/* What local clocks are ahead of UTC (local_time.h). All zero: UTC. */
struct time_zone {
    int16_t standard_min, summer_min;
    struct clock_change begins, ends; /* of summer time; in the south begins comes after ends, in Ireland, too */
};

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

/* ---- the home's own habit (habit/habit.h) ---- */

enum habit_stage {
    HABIT_QUIET, /* a soft check */
    HABIT_ALERT, /* nobody uses water: the alert */
    HABIT_STAGE_COUNT
};

#define HABIT_LEVELS_MAX 4

/* A stage may wait this long. */
struct habit_level {
    uint8_t hours;     /* one of habit_model_hours; 0 = no level */
    int32_t price_ppm; /* 0 .. 10^6: millionths of a false alarm that one is ready to have more for each hour of the
                          usual gap, rather than wait until this level instead of the first */
};

struct habit_stage_policy {
    struct habit_level levels[HABIT_LEVELS_MAX];
    enum sw_colour colour; /* of the condition; blue where the kind of alert has no colours */
};

struct habit_policy {
    bool enabled;          /* false: it learns, but has no say */
    struct time_zone zone; /* that people live by */
    int64_t learn_ms;      /* from the first reading until it has a say */
    struct habit_stage_policy stages[HABIT_STAGE_COUNT];
};

/* Rates in ml a day, for the sake of integers. */
struct use_start_policy {
    int32_t drip_least_ml_day; /* slower: taken for no drip */
    int32_t drip_most_ml_day;  /* faster: not taken for a drip */
    int64_t line_ms;           /* a line has to hold for this long */
    int32_t line_growths;      /* and over this many growths of the total after its first, up to 200 */
    int32_t grain_ml;          /* unevenness of a drip that is allowed where the meter's step is finer */
    int32_t lot_ml;            /* the same where readings are frequent: a cistern that leaks is filled up in lots */
    int64_t pause_ms;          /* a drip fast enough to pass real_ml within an hour does not pause for so long */
    int32_t real_ml;           /* so much within an hour, beyond a drip that is known, no slow drip passes */
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
    int64_t limit_ml; /* 0 = the rule is off */
    struct time_zone zone;
    int32_t coverage_permille; /* of a day, for it to end the condition */
    enum sw_colour colour;
};

/* Days and weeks of a home, for the carer (aggregate/day_rhythm.h). */
struct day_rhythm_policy {
    struct time_zone zone;
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
    int64_t top_um; /* "over the top": bank or crown of the pipe; LEVEL_BAND_OFF = none */
};

/* A false rise, in the units of blame. */
#define LEVEL_QUALITY_BLAME_ONE 16

/* How far a level is believed (normalise/level_quality.h). 0 switches a test off. */
struct level_quality_policy {
    int64_t range_min_um;
    int64_t range_max_um;
    int64_t full_scale_um;     /* the level of "no echo" or of an object at the sensor's face */
    int64_t rise_max_um_min;   /* per minute; street floods reach 259 mm/min */
    int64_t rise_free_um;      /* a step of this size is believed however short the interval */
    int64_t fall_max_um;       /* rivers: a fall by more between two samples is a spike for fall_hold_samples */
    int32_t fall_hold_samples; /* so many low samples in a row are believed after all; 1..255 */
    int64_t flat_tolerance_um; /* standing still = within this of where it began; in rivers: the very same value */
    int64_t flat_wet_ms;       /* streets: flat line while above the dry level */
    int64_t flat_any_ms;       /* rivers, whose level always moves: flat line */
    int64_t river_gap_ms;      /* two samples of a river further apart say nothing of how it fell between them */

    bool dries;              /* the sensor is dry most of the time (streets): what follows applies, ... */
    bool finds_site;         /* ... until it turns out to be a river */
    int64_t river_after_ms;  /* so much longer wet than dry is a river, half of it a street again; up to 45 days */
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
    int64_t drift_um_h;      /* the dry level rises this fast at most: what is slower is drift */
    int64_t drift_least_um;  /* a dry level that comes this high by day is blamed for it when it is back */
    int32_t confirm_samples; /* wet samples in a row that agree confirm a flood, 1..255; or three of them ... */
    int64_t confirm_ms;      /* ... when they take this long */
    int64_t very_high_um;    /* so high ... */
    int64_t very_high_ms;    /* ... for so long is believed even of an object */
};

/* Parts of a band's threshold in thousandths; durations in ms, levels in um. Levels and thresholds count from dry. */
struct rise_reach {
    int64_t horizon_ms;     /* warn when the rate reaches the band within this, ... */
    int32_t from_permille;  /* ... once the level is at this part of the band, */
    int32_t alone_permille; /* or whatever the rate, from this part on */
};

struct rise_policy {
    enum sw_colour lowest;    /* lowest band that is warned of; SW_COLOUR_COUNT = none */
    int64_t window_ms;        /* older samples do not count towards the rate */
    int64_t spacing_ms;       /* samples that come faster replace each other */
    int64_t flood_um;         /* a flood begins here ... */
    int64_t flood_over_ms;    /* ... and is over when the level was below for so long */
    int64_t calm_ms;          /* a warning ends when nothing has called for it for so long */
    struct rise_reach seldom; /* floods of this sensor that reached the band are few ... */
    struct rise_reach often;  /* ... or not */
    struct rise_reach eager;  /* ... few, but neighbours or a weather warning say that it may come */
    int32_t often_permille;   /* share of floods from which on it is often */
    int32_t prior_floods;     /* floods believed to have been seen before the first, in tenths */
    int32_t prior_reached;    /* of them reached the band, in tenths */
    int32_t min_permille;     /* range of the time to the band against the straight line */
    int32_t likely_permille;
    int32_t max_permille;
};

/* Who else says it (detect/agreement.h). */
enum agreement_place { AGREEMENT_NEIGHBOUR, AGREEMENT_UPSTREAM, AGREEMENT_RAIN, AGREEMENT_PLACE_COUNT };

struct agreement_policy {
    int32_t reach_m[AGREEMENT_PLACE_COUNT];    /* for who looks them up by place; those upstream are named; 0 = none */
    int64_t trusted_ms[AGREEMENT_PLACE_COUNT]; /* an older word is unknown */
    int64_t travel_ms;                         /* of water from those upstream */
    int32_t rising_weight[AGREEMENT_PLACE_COUNT];
    int32_t dry_weight[AGREEMENT_PLACE_COUNT];
    int32_t decides_at;             /* weight by which one side has to be ahead; above 0 */
    int32_t warning_delay_permille; /* of the on-delay, while a weather warning is on or others agree */
    int64_t rising_um_min;          /* a level sensor says RISING from this rate on */
    int64_t rain_um;                /* a gauge does from this much rain in its window on */
};

struct cover_policy {
    int64_t tilt_limit_mdeg;
    int64_t tilt_deadband_mdeg;
    int64_t on_delay_ms;
    int64_t off_delay_ms;
    enum sw_colour colour;
};

/* The angle at which a cover unit was installed (detect/cover_mount.h). Thousandths of a degree. */
struct cover_mount_policy {
    bool learn;            /* false: angle_mdeg counts, 0 for units that report tilt against their installation */
    int32_t angle_mdeg;    /* -180..180 degrees */
    int32_t agree_mdeg;    /* readings to learn from lie within this of the first of them */
    int32_t learn_samples; /* so many in a row, 1..255 */
};

/* Water stands at the cover (detect/float_switch.h). */
struct float_switch_policy {
    int64_t on_delay_ms;  /* up this long; 0 = one reading is enough */
    int64_t off_delay_ms; /* down this long: waves lift it again and again */
    enum sw_colour colour;
};

/* A battery that runs low (detect/battery.h). Millivolts and ms. */
struct battery_policy {
    int32_t low_mv; /* 0 = off */
    int32_t critical_mv;
    int32_t deadband_mv; /* over at limit + deadband */
    int32_t absent_mv;   /* below: not measured on this unit, no word on the battery */
    int64_t on_delay_ms;
    enum sw_colour low_colour;
    enum sw_colour critical_colour;
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

/* What the city is promised: longest time from a change at a sensor until its alert is handed to the broker, when the
 * rule itself waits for nothing. Plans are held against it (core/poll/line_plan.h). 0 = nothing is promised. */
struct latency_policy {
    int64_t home_ms;
    int64_t level_ms;
    int64_t cover_ms;
};

/* What is told late or not at all, because it would only be noise (alert/flap.h). The detectors have delays of their
 * own; these come on top. */
#define NOISE_RAISES_MAX 8
struct noise_policy {
    int64_t on_delay_ms;     /* a condition holds for so long before it is told; red is told at once */
    int64_t off_delay_ms;    /* it is over for so long before that is told */
    int32_t flap_raises;     /* raised more often than this ... */
    int64_t flap_window_ms;  /* ... within so long: held open ... */
    int64_t flap_quiet_ms;   /* ... until the condition has stood still for so long; flap_raises 0 = never */
    int64_t expire_after_ms; /* no readings for so long: nothing can clear it any more; 0 = never */
};

struct policy {
    struct no_use_policy no_use;
    struct nothing_in_policy nothing_in;
    struct nothing_in_policy no_real_use; /* the same of real use (aggregate/use_start.h), whatever the habit */
    bool no_use_always;                   /* the two rules above also once the home's own habit is known */
    struct habit_policy habit;
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
    struct level_quality_policy level_quality;
    struct rise_policy rise;
    struct agreement_policy agreement;
    struct cover_policy cover;
    struct cover_mount_policy cover_mount;
    struct float_switch_policy float_switch;
    struct battery_policy battery;
    struct silence_policy silence;
    struct latency_policy latency;
    struct noise_policy noise;
};

/* The built-in city policy; docs/policy.md has its figures and their sources. */
struct policy policy_city_default(void);

/* False for a rule that is switched off. Silence is not asked for by rule but by kind of subject. */
bool policy_asks_for(const struct policy *policy, enum sw_alert_rule rule);

#endif
