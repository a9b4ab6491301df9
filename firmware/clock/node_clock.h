/* Wall time of a node without a clock chip: uptime plus an offset that the gateway gives it. */
#ifndef FIRMWARE_CLOCK_NODE_CLOCK_H
#define FIRMWARE_CLOCK_NODE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "stillwater/record_format.h"
#include "stillwater/time.h"

/* Corrections below this leave the order of readings alone and are not worth a record. */
#define NODE_CLOCK_EVENT_MS 100

struct node_clock {
    int64_t offset_ms; /* wall time = uptime + offset */
    bool set;
    uint64_t set_at_us;
    int32_t last_error_ms;
};

static inline struct sw_mono node_clock_uptime(uint64_t now_us)
{
    return sw_mono_from_ms((int64_t)(now_us / 1000));
}

/* UNSET, SET or HOLDOVER. */
enum sw_clock_quality node_clock_quality(const struct node_clock *clock, uint64_t now_us);

/* Unknown (0) while the clock is unset. */
struct sw_wall node_clock_wall(const struct node_clock *clock, uint64_t now_us);

/* Sets the clock. Returns the error corrected in ms, positive when the clock was behind, saturated to 32 bits; the
 * first setting gives INT32_MAX, because a clock that was never set is behind by more than that. */
int32_t node_clock_set(struct node_clock *clock, uint64_t now_us, struct sw_wall wall);

/* Puts time and clock quality into a record: wall time, or uptime while the clock is unset. */
void node_clock_stamp(const struct node_clock *clock, uint64_t now_us, struct sw_record *record);

#endif
