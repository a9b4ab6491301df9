/* Human use in a home's flow: a start of flow that a drip does not explain.
 *
 * A tap that drips or a cistern that leaks passes water at a constant rate. Through a meter that counts in steps this
 * looks like use: single steps at regular distances, or 5, 5, 6, 5 L by the hour. A flow is taken for a drip when the
 * totals of some hours stay within one step of a straight line, and when nothing has stood still for so long that it
 * could not have dripped then, for longer than a home is awake: people sleep, a drip does not. Then its rate is known.
 * From there on the drip has an allowance that grows with that rate up to one step, and only what goes beyond it is
 * human use. Where no drip is known any growth is. Standing still for as long as a drip of that rate would take for
 * several steps ends it.
 *
 * Real use is so much of it within an hour that a drip which is too slow to be found, or has not been found yet, does
 * not pass it.
 *
 * The line is anchored at a growth of the total and bounded by the slowest and fastest rate that explain each reading
 * since, so that no readings need to be kept. What breaks it (a use, or the end of the drip) starts a new one.
 * When a drip is found out, the uses that it was taken for since its line began are taken back: last_use_ms returns to
 * the beginning of that line. They are given back when it stops within a day: that was no drip. */
#ifndef GATEWAY_CORE_AGGREGATE_USE_START_H
#define GATEWAY_CORE_AGGREGATE_USE_START_H

#include "core/aggregate/flow.h"
#include "core/policy.h"

/* Still spells are remembered by length: of 1, 2, 4 and 8 h and more. */
#define USE_START_SPELLS 4

/* Starts zeroed. */
struct use_start {
    uint32_t last_use_s;  /* 0 = none seen */
    uint32_t last_real_s; /* the same of real use */
    uint32_t anchor_s;    /* the reading that showed the line's first growth; 0 = no line */
    uint32_t still_s;     /* the last reading that showed growth, or the first one of all; 0 = none */
    int32_t anchor_late_ms;
    int32_t line_ml;        /* since the anchor */
    int32_t slowest_ml_day; /* that explains the line so far */
    int32_t fastest_ml_day;
    int32_t drip_ml_day;  /* 0 = none known */
    int32_t allowance_ul; /* what the drip may still pass without being human use */
    int32_t step_ml;      /* the meter's, by the week before; 0 = not known */
    int16_t step_week;    /* weeks since 1970 in which the next one is learned */
    uint8_t line_growths; /* stops at 255 */
    bool line_is_drip;
    int32_t next_step_ml;
    int32_t real_ml;        /* use since then */
    uint32_t real_from_min; /* minutes since 1970 */
    uint32_t
        still_end_min[USE_START_SPELLS]; /* minutes since 1970: end of the last still spell so long; 0 = none yet */
};

/* What an interval says. */
struct use_start_verdict {
    bool use;
    bool real;         /* and so much of it within an hour that no drip is that has not been found yet */
    int64_t time_ms;   /* to_ms of the interval */
    int64_t volume_ml; /* beyond the drip */
    bool taken_back;   /* last_use_ms was set right: a drip was found out, or what had been taken for one was none */
};

struct use_start_policy use_start_policy_default(void);

struct use_start_verdict use_start_take(struct use_start *start, const struct use_start_policy *policy,
                                        const struct flow *flow);

/* The step in which the meter counts as far as it is known: the greatest one that explains the growths of the last one
 * to two weeks. 0 = not known. */
int32_t use_start_step_ml(const struct use_start *start);

/* What was used up to now makes no use after it real. */
void use_start_begin_real(struct use_start *start);

/* The clock was set back to `now_ms`: lines begin anew, what is known of the drip stays. */
void use_start_set_back(struct use_start *start, int64_t now_ms);

#endif
