/* How late the loop comes to what is due: what a reading or an alert may wait before anybody looks at it. */
#ifndef GATEWAY_APP_LOOP_LAG_H
#define GATEWAY_APP_LOOP_LAG_H

#include <stdint.h>
#include <uv.h>

/* Four steps to a doubling, up to 2^32 us. */
#define LOOP_LAG_STEPS 128

struct loop_lag_counts {
    uint32_t steps[LOOP_LAG_STEPS];
    uint32_t total, longest_us;
};

struct loop_lag {
    uv_timer_t timer; /* first: its callback goes by that */
    uint64_t due_us;
    uint32_t samples;                   /* of `now` */
    struct loop_lag_counts now, before; /* five minutes each */
};

/* Starts to look. The timer has been initialised and is closed by the caller. */
void loop_lag_start(struct loop_lag *lag);

/* The loop came so late to the sample that was due. The samples that were due meanwhile count, too: a long halt is not
 * one sample among many. */
void loop_lag_note(struct loop_lag *lag, uint64_t late_us);

/* Of the last five to ten minutes: 99 of 100 moments had no longer to wait, to a quarter; and the longest. */
uint64_t loop_lag_p99_us(const struct loop_lag *lag);
uint64_t loop_lag_longest_us(const struct loop_lag *lag);

#endif
