/* A reading as the readings' files know it: of a series, which is one kind of reading of one subject. */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stillwater/reading.h"

/* What the formats hold: times from 1970 to 2248, and any value a record or a register can have. */
#define READING_TIME_MAX_MS (INT64_C(1) << 43)
#define READING_VALUE_MAX   (INT64_C(1) << 60)

struct series_reading {
    int64_t time_ms;
    int64_t value_milli; /* 0 where quality is MISSING */
    /* A node's record, which comes only once; a device's reading is told by its time. 0 = it is none, or that is no
     * longer known: chunks do not keep it. */
    uint32_t serial, sequence;
    uint16_t epoch;
    uint8_t quality, reason, clock_quality;
};

static inline bool series_reading_fits(const struct series_reading *reading)
{
    return reading->time_ms >= 0 && reading->time_ms < READING_TIME_MAX_MS &&
           reading->value_milli > -READING_VALUE_MAX && reading->value_milli < READING_VALUE_MAX &&
           reading->quality < 16 && reading->clock_quality < 16 &&
           (reading->quality != SW_QUALITY_MISSING || reading->value_milli == 0);
}

#endif
