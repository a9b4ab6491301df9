/* What readings of a span of time come to. As long as the readings are there it is worked out from them when it is
 * asked for, and so is right whatever comes late; what is dropped leaves a row for each of its days (UTC). */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_AGGREGATE_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_AGGREGATE_H

#include "adapters/store_sqlite/readings/readings.h"

#define AGGREGATE_DAY_MS INT64_C(86400000)

struct readings_aggregate {
    int64_t from_ms;          /* where the span begins */
    uint64_t count, unusable; /* readings with a value that can be believed, and others; if count is 0: only that */
    int64_t first_ms, last_ms;
    int64_t first, last, least, most; /* thousandths */
    int64_t grown; /* sum of the steps up, from the last reading before the span on: what a counter has counted */
};

/* Readings are added in the order of their times. */
void readings_aggregate_add(struct readings_aggregate *aggregate, const struct series_reading *reading);
/* `more` is of the same span or of one that begins later; they may overlap. Steps up are then a lower bound. */
void readings_aggregate_join(struct readings_aggregate *aggregate, const struct readings_aggregate *more);

/* Days of readings in order; at most `capacity`, which is enough for all if it is `count`. How many. */
size_t readings_aggregate_days(const struct series_reading *readings, size_t count, struct readings_aggregate *days,
                               size_t capacity);

#define AGGREGATES_SIZE_MAX(count) (16 + 90 * (size_t)(count))
size_t readings_aggregates_encode(const struct readings_aggregate *days, size_t count, uint8_t *bytes, size_t size);
/* SW_OK or SW_ERROR_MALFORMED. */
int readings_aggregates_decode(const uint8_t *bytes, size_t size, struct readings_aggregate *days, size_t capacity,
                               size_t *count);

#endif
