/* From a node's time stamps to wall time. A record made before the gateway had set the clock carries uptime; how uptime
 * and wall time of a boot go together is learned from every log window and remembered for the last few boots. Pure. */
#ifndef FIELD_BUS_RTU_RECORD_TIME_H
#define FIELD_BUS_RTU_RECORD_TIME_H

#include <stddef.h>
#include <stdint.h>

#include "stillwater/node_map.h"
#include "stillwater/record_format.h"
#include "stillwater/time.h"

#define RECORD_TIME_BOOTS 8

/* A record may be ahead of the gateway by what two clocks differ between settings; more is counted. */
#define RECORD_TIME_TOLERANCE_MS 1000

struct record_time {
    struct {
        uint16_t boot;
        int64_t offset_ms;      /* wall time at uptime 0 */
    } boots[RECORD_TIME_BOOTS]; /* the most recent first */
    uint32_t count;
};

/* Forgets everything: another node. */
void record_time_reset(struct record_time *time);

/* A window's header, taken at `at`. */
void record_time_observe(struct record_time *time, const struct sw_node_window_header *header, struct sw_wall at);

struct record_wall {
    struct sw_wall time;
    enum sw_clock_quality clock;
    bool clamped; /* it would have been more than RECORD_TIME_TOLERANCE_MS in the future */
};

/* Wall time of a record that came in a window taken at `at`; never later than `at`. */
struct record_wall record_time_of(const struct record_time *time, const struct sw_record *record, struct sw_wall at);

#endif
