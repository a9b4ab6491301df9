/* Counter algebra: from the total a meter shows to the water that went through it.
 *
 * A total is believed when the one before it explains it: it grew by no more than the pipe can have passed in between,
 * directly or over the rollover. One that is not explained is put aside as odd and its neighbour decides:
 *   - the next total goes on from the believed one: the odd value was wrong and leaves no trace;
 *   - the next total goes on from the odd one: the meter was exchanged, reset or ran back. The new series is taken
 *     over and the step between the two is not use. A total that falls twice in a row runs back.
 * A series that was taken over by mistake (a wrong value that stayed for a while) is left again without a trace when
 * the old one comes back within a week. */
#ifndef GATEWAY_CORE_NORMALISE_METER_H
#define GATEWAY_CORE_NORMALISE_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/policy.h"
#include "stillwater/reading.h"

/* A total and when it was read; time 0 = there is none. */
struct meter_mark {
    int64_t index_ml;
    int64_t time_ms;
};

struct meter {
    struct meter_mark believed; /* the last total that was believed */
    struct meter_mark odd;      /* the last one that was not, while nothing has decided on it */
    struct meter_mark former;   /* where the series stood that the present one has replaced */
    uint32_t deficit_ml;        /* the total ran back this far: growth up to here is not use */
    uint32_t doubtful_ml;       /* use of the present series while the former may come back */
};

/* What a total did, beside growing, for those who count faults. */
enum meter_event {
    METER_NONE = 0,
    METER_ODD,             /* it is put aside */
    METER_ODD_WITHDRAWN,   /* the one put aside was wrong: the series goes on as if it had not been */
    METER_SERIES_REPLACED, /* the one put aside is confirmed: a new series from there */
    METER_SERIES_RESTORED, /* the series that had been replaced is back */
    METER_RAN_BACK,        /* the one put aside is confirmed, a little lower: the total ran back */
    METER_ROLLED_OVER,     /* it went over its rollover */
};

struct meter_verdict {
    enum sw_quality quality;
    enum sw_quality_reason reason;
    int64_t use_ml; /* 0 unless quality is good */
    enum meter_event event;
    /* NONE, ROLLED_OVER: growth since the last believed total, use or not. ODD, ODD_WITHDRAWN, SERIES_REPLACED: from
     * the believed total to the odd one. SERIES_RESTORED: from the total of the wrong series to the one that is back.
     * RAN_BACK: from the believed total to this one, negative. */
    int64_t step_ml;
};

/* Runs back by no more than this in all are taken for back-flow or a trembling register, which counts up again. */
#define METER_DEFICIT_MAX_ML 20000

/* A new series lower by up to this may be water that ran back all the same: a boiler of a home holds 50 to 200 L.
 * Farther back is another total. For those who count faults; as use the two count alike. */
#define METER_RUN_BACK_MAX_ML 200000

/* How long a replaced series is remembered. */
#define METER_FORMER_KEEP_MS (7LL * 24 * 3600 * 1000)

/* Meters count in pulses of up to 100 L: growth of a minute at full flow is believed however short the interval. */
#define METER_BURST_MS (60LL * 1000)

/* No meter shows more than this (10^9 m3); sums of totals below it stay far from overflow. */
#define METER_INDEX_MAX_ML 1000000000000000LL

/* `time_ms` is above 0 and later than that of every total before. `meter` starts zeroed. */
struct meter_verdict meter_take(struct meter *meter, const struct meter_policy *policy, int64_t time_ms,
                                int64_t index_ml);

/* The most a pipe can have passed in `elapsed_ms`. */
int64_t meter_passable_ml(const struct meter_policy *policy, int64_t elapsed_ms);

/* True when it shows its one series, with nothing that is in doubt or has to be counted up again. */
bool meter_is_settled(const struct meter *meter);

/* The clock was set back to `now_ms`: totals that were read later count as read now. */
void meter_set_back(struct meter *meter, int64_t now_ms);

#endif
