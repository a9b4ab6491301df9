/* Two kinds of time that the compiler keeps apart.
 *
 * Wall time says when something happened (milliseconds since 1970-01-01T00:00:00Z, no leap seconds); it may be
 * stepped by whoever sets the clock. Monotonic time measures how long something took (milliseconds since an
 * arbitrary start, never goes back). One never stands in for the other. */
#ifndef STILLWATER_TIME_H
#define STILLWATER_TIME_H

#include <stdbool.h>
#include <stdint.h>

struct sw_wall {
    int64_t ms; /* 0 means "not known" wherever a header does not say otherwise */
};

struct sw_mono {
    int64_t ms;
};

/* How far a time stamp can be believed. Values are on the wire (record_format.h). */
enum sw_clock_quality {
    SW_CLOCK_UNSET = 0,     /* time is uptime of the given boot, not wall time */
    SW_CLOCK_SET = 1,       /* set by the gateway during this boot, less than SW_CLOCK_HOLDOVER_S ago */
    SW_CLOCK_HOLDOVER = 2,  /* set during this boot, longer ago: drift is not known */
    SW_CLOCK_CORRECTED = 3, /* was uptime; the gateway worked the wall time out afterwards (never on the wire) */
    SW_CLOCK_ESTIMATED = 4, /* uptime of a boot nobody set the clock in: the time of reception (never on the wire) */
};

/* A crystal of 100 ppm drifts 0.36 s in this time. */
#define SW_CLOCK_HOLDOVER_S 3600

static inline struct sw_wall sw_wall_from_ms(int64_t ms)
{
    struct sw_wall wall = {ms};
    return wall;
}

static inline struct sw_mono sw_mono_from_ms(int64_t ms)
{
    struct sw_mono mono = {ms};
    return mono;
}

static inline int64_t sw_wall_diff_ms(struct sw_wall later, struct sw_wall earlier)
{
    return later.ms - earlier.ms;
}

static inline int64_t sw_mono_diff_ms(struct sw_mono later, struct sw_mono earlier)
{
    return later.ms - earlier.ms;
}

static inline bool sw_wall_known(struct sw_wall wall)
{
    return wall.ms != 0;
}

#endif
