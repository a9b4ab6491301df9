/* Readings of some series out of the log, series by series in the order in which they came. */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_GATHER_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_GATHER_H

#include "adapters/store_sqlite/readings/readings_block.h"

struct gathered {
    struct series_reading reading;
    uint32_t before; /* the same series' reading before it, plus one; 0 = none */
};

struct readings_gather {
    uint32_t first, end; /* series wanted: from `first` up to before `end` */
    struct gathered *items;
    uint32_t count, capacity;
    uint32_t *newest; /* of each series, plus one; 0 = none */
    uint32_t newest_count;
    bool no_memory;
};

void readings_gather_free(struct readings_gather *gather);
/* Empty, for these series. */
void readings_gather_begin(struct readings_gather *gather, uint32_t first, uint32_t end);
/* A visitor's callback; others than the series wanted are passed over. */
void readings_gather_add(void *gather, int64_t position, const struct log_reading *reading);
/* How many of the series; copies them to `out` unless that is NULL. */
uint32_t readings_gather_take(const struct readings_gather *gather, uint32_t series, struct series_reading *out);

#endif
