/* New readings into the chunks of their series. Within a transaction of the caller's. */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_MERGE_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_MERGE_H

#include "adapters/store_sqlite/readings/readings.h"
#include "adapters/store_sqlite/readings/readings_database.h"

struct readings_merge {
    struct readings_database *database;
    uint64_t stored, repeated, late; /* readings */
    uint64_t rewritten;              /* full chunks, for late readings */
    int error;                       /* where a call has come back false */

    /* Scratch. */
    struct series_reading *base, *joined;
    size_t base_capacity, joined_capacity;
    uint8_t *bytes;
    size_t bytes_capacity;
};

void readings_merge_free(struct readings_merge *merge);

/* A series' readings in the order in which they came; they are sorted here. False on error. */
bool readings_merge_series(struct readings_merge *merge, uint32_t series, struct series_reading *fresh, size_t count);

#endif
