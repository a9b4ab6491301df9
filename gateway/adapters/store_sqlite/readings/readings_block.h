/* A block of the readings' log: what was stored with one commit, as it comes. Readings of all series in one row, each
 * written as its difference from the one before it: 6 to 10 bytes.
 *
 *   u64  position of the first reading
 *   varint: new series; each: varint number, u8 kind, u8 size of the name, the name
 *   varint: cursors; each: varints serial, epoch, sequence, seen until
 *   varint: records; each: varints serial, epoch, first sequence, last sequence, how many
 *   varint: readings; each: u8 head (BLOCK_...), varint series and varint time (zigzag, differences) unless the head
 *           says them, varint value (zigzag, in the head's steps); and where the head says that they follow: u8 clock
 *           quality << 4 | quality and u8 reason; varint index among the records << 1, lowest bit 1 and varint sequence
 *           (zigzag, difference) unless it is the next one; varint time it was taken at (zigzag, difference) */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_BLOCK_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_BLOCK_H

#include "adapters/store_sqlite/readings/readings.h"
#include "adapters/store_sqlite/readings/readings_series.h"

/* How far a node's log is stored. */
struct readings_cursor {
    uint32_t serial;
    uint16_t epoch;
    uint32_t sequence;
    int64_t seen_until_ms;
};

/* Records of one log of a node: without a hole, when there are as many as sequences. */
struct readings_records {
    uint32_t serial;
    uint16_t epoch;
    uint32_t first, last;
    uint64_t count;
};

/* A reading as it was stored. */
struct log_reading {
    uint32_t series;
    struct series_reading reading;
    int64_t taken_ms; /* when the core was handed it */
    bool doubted;     /* quality and reason are what the core made of a reading that had a good value */
};

struct readings_block {
    uint8_t *bytes; /* of the readings */
    size_t size, capacity;
    uint32_t count;
    uint32_t last_series;
    int64_t last_time_ms, last_taken_ms;
    struct readings_cursor *cursors;
    size_t cursor_count, cursor_capacity;
    struct readings_records *records;
    size_t record_count, record_capacity;
};

void readings_block_free(struct readings_block *block);
/* Empty again; its memory is kept. */
void readings_block_clear(struct readings_block *block);

/* SW_OK; SW_ERROR_NO_SPACE when memory is refused, SW_ERROR_INVALID_ARGUMENT for a reading that does not fit (nothing
 * is added then). */
int readings_block_add(struct readings_block *block, const struct log_reading *reading);
int readings_block_add_cursor(struct readings_block *block, const struct readings_cursor *cursor);

/* Counts of records beside those of the block's own readings. */
int readings_block_keep_records(struct readings_block *block, const struct readings_records *records);

/* The whole block in memory of its own, with the series from `first_new` on; NULL when memory is refused. Its position
 * is set when it is stored. */
uint8_t *readings_block_write(const struct readings_block *block, const struct readings_series *series,
                              uint32_t first_new, size_t *size);
void readings_block_set_position(uint8_t *bytes, int64_t position);

/* Called for what a block holds, in the order above; NULL = not wanted. */
struct block_visitor {
    void *ctx;
    void (*series)(void *ctx, uint32_t number, const char *name, uint8_t kind);
    void (*cursor)(void *ctx, const struct readings_cursor *cursor);
    void (*records)(void *ctx, const struct readings_records *records);
    void (*reading)(void *ctx, int64_t position, const struct log_reading *reading);
};

/* SW_OK, or SW_ERROR_MALFORMED: what came before the flaw has been told. *next is the position after it. */
int readings_block_read(const uint8_t *bytes, size_t size, const struct block_visitor *visitor, int64_t *next);

#endif
