/* From a node's time stamps to wall time. A record made before the gateway had set the clock carries uptime; how uptime
 * and wall time of a boot go together is learned from every log window and remembered for the last few boots. A boot
 * that ended before anybody asked is guessed to have begun right after the record before it: a log's order is that of
 * time, so a record is never later than one that follows it. Pure. */
#ifndef FIELD_BUS_RECORD_TIME_H
#define FIELD_BUS_RECORD_TIME_H

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
        bool guessed;
        int64_t offset_ms;      /* wall time at uptime 0 */
    } boots[RECORD_TIME_BOOTS]; /* the most recent first */
    uint32_t count;
    int64_t last_ms; /* time of the last record that was told; 0 = there was none yet */
};

/* Forgets everything: another node, or another log. */
void record_time_reset(struct record_time *time);

/* A window's header, taken at `at`. */
void record_time_observe(struct record_time *time, const struct sw_node_window_header *header, struct sw_wall at);

struct record_wall {
    struct sw_wall time;
    enum sw_clock_quality clock;
    bool clamped; /* it would have been more than RECORD_TIME_TOLERANCE_MS in the future */
};

/* Wall times of the records of a window taken at `at`; none is later than that. The same window again has the same
 * times. */
void record_time_of(struct record_time *time, const struct sw_record *records, uint16_t count, struct sw_wall at,
                    struct record_wall *walls);

#endif
