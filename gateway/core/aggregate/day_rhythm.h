/* A home's days and weeks, for the carer: the first use of each day, and habits that change slowly.
 *
 * A day here begins with the night before it (23:00 local), so that a night is of one piece. Its first use is looked
 * for from the early morning on: who was up at night has not got up.
 *
 * Of each day that was observed and saw use, the litres and the number of hours of the night with use are kept until
 * the week is over; of each week the median of its litres and the mean of its nights, for ten weeks. A change is told
 * when each of the last two weeks lies beyond all of the eight before, and beyond their median by a margin. If nothing
 * has changed, the last two of ten weeks are the two lowest in 1 of 45 cases; the margin makes that fewer. Days without
 * any use are left out, an absence is no decline. */
#ifndef GATEWAY_CORE_AGGREGATE_DAY_RHYTHM_H
#define GATEWAY_CORE_AGGREGATE_DAY_RHYTHM_H

#include "core/aggregate/flow.h"
#include "core/aggregate/use_start.h"
#include "core/policy.h"
#include "stillwater/alert.h"

#define DAY_RHYTHM_WEEKS 10 /* two that are compared with the eight before */

/* Starts zeroed. */
struct day_rhythm {
    uint32_t first_use_s; /* of the present day; 0 = none yet */
    int32_t day;          /* since 1970, local, from night to night; 0 = none seen */
    int32_t noted_day;    /* of the last note; 0 = none */
    int32_t day_ml;
    int32_t observed_s;
    uint16_t day_l[7];                     /* of the present week's days, in no order */
    uint16_t week_l[DAY_RHYTHM_WEEKS];     /* a day, newest first; DAY_RHYTHM_NO_LITRES = not known */
    uint8_t week_tenths[DAY_RHYTHM_WEEKS]; /* of an hour a night with use */
    uint8_t night_hours[7];                /* of the present week's days */
    uint8_t days;                          /* of the present week so far */
    uint8_t hours;                         /* of the present night, a bit for each with use */
    uint8_t weeks;                         /* that are kept */
};

#define DAY_RHYTHM_NO_LITRES UINT16_MAX

struct day_rhythm_verdict {
    bool first_use; /* this interval brought the first use of its day */
    bool use_declining;
    bool nights_broken; /* a note is due; both may be in one */
};

struct day_rhythm_figures {
    bool known;                          /* enough weeks */
    int64_t recent_ml_day, usual_ml_day; /* last 14 days (mean of two weeks' medians), 8 weeks before (median) */
    int64_t usual_low_ml_day;            /* least of the 8 weeks */
    int32_t recent_tenths, usual_tenths; /* of an hour a night with use */
    int32_t usual_high_tenths;
};

struct day_rhythm_policy day_rhythm_policy_default(void);

/* `use` is what use_start_take said of the same interval. Intervals that cross a border of hours or days count where
 * their middle lies. Use in a time that was not observed is a day's first use only if the whole time lies in its day,
 * and belongs to no hour of a night. */
struct day_rhythm_verdict day_rhythm_take(struct day_rhythm *rhythm, const struct day_rhythm_policy *policy,
                                          const struct flow *flow, const struct use_start_verdict *use);

/* As of the last week that ended. */
struct day_rhythm_figures day_rhythm_figures(const struct day_rhythm *rhythm);

/* `rule`: USE_DECLINING (value and threshold: litres a day, recent and usual), NIGHTS_BROKEN (count: hours with use in
 * the last 14 nights), or DAY_BEGUN. */
void day_rhythm_evidence(const struct day_rhythm *rhythm, enum sw_alert_rule rule, struct sw_evidence *evidence);

/* The clock was set back to `now_ms`: the present day begins anew. */
void day_rhythm_set_back(struct day_rhythm *rhythm, const struct day_rhythm_policy *policy, int64_t now_ms);

#endif
