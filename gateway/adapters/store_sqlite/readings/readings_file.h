/* The readings of a store: a log that makes them durable as they come (readings_log.h), and a SQLite file that holds
 * them series by series in chunks. Blocking; for one thread.
 *
 *   FILE-log0, -log1   blocks as they were committed. The newer one is written to. When it holds enough readings for
 *                      each series, the other one is begun, and what it holds is moved into chunks, step by step.
 *   FILE               full chunks are only ever added to; what is too few for a chunk is the series' tail, and tails
 *                      lie side by side, so that a step writes few pages.
 *
 * A position is the number of a reading, in the order in which they were stored. */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_FILE_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_FILE_H

#include "adapters/store_sqlite/readings/readings_block.h"
#include "adapters/store_sqlite/readings/readings_database.h"
#include "adapters/store_sqlite/readings/readings_gather.h"
#include "adapters/store_sqlite/readings/readings_log.h"
#include "adapters/store_sqlite/readings/readings_merge.h"

#define READINGS_TEXT_SIZE 512

/* Moves what the log holds when there are so many for each series: chunks that grow by few readings at a time are
 * written over and over. */
#define MOVE_PER_SERIES   64
#define MOVE_READINGS_MIN 8192
#define MOVE_READINGS_MAX (1 << 20)

/* The WAL of a file that somebody reads for long cannot be emptied; no step is taken while it is longer, and readings
 * wait in the log, which nobody holds up. */
#define READINGS_WAL_PAGES_MAX 8192

struct readings_counters {
    uint64_t repeated; /* readings that were there already */
    uint64_t late;     /* that came after a chunk of later ones was full */
    uint64_t syncs;    /* of the log */
    uint64_t cut;      /* writes at the log's end that looked torn at the start */
};

struct readings_file {
    struct readings_database database;
    char path[READINGS_PATH_SIZE];
    struct log_file logs[LOG_SLOTS];
    uint64_t log_readings[LOG_SLOTS];
    bool loaded; /* their ends are known */
    int current; /* the one written to; the other is being moved, if it is there */
    int64_t next_position;
    int64_t keep_from; /* no reading from this position on is moved; INT64_MAX = all may be */
    struct readings_cursor *cursors;
    size_t cursor_count, cursor_capacity;
    struct readings_records *records;
    size_t record_count, record_capacity;
    struct readings_counters counters;
    bool held_back;                   /* by a reader of the SQLite file */
    struct sqlite_file_damage damage; /* files that were set aside */

    /* Moving. */
    struct readings_gather gather;
    struct readings_merge merge;
    uint32_t *per_series; /* readings in the log that is being moved; NULL = not counted yet */
    uint32_t series_end, series_capacity;
    uint32_t series_done; /* those below are in chunks */
    uint32_t series_seen; /* series in the log that was moved last; 0 = not known */

    uint8_t *kinds; /* of all series, by number */
    uint32_t kind_count, kind_capacity;
    uint32_t trimmed_to; /* series that have had their turn (readings_retain.h) */
    int64_t moved;       /* readings in chunks and tails */
};

/* SW_OK: close is owed. A damaged file is set aside and a new one begun. `text` gets a sentence on error. */
int readings_file_open(struct readings_file *file, const char *path, char *text, size_t text_size);
void readings_file_close(struct readings_file *file);

/* The series there are, by number. SW_OK, SW_ERROR_NO_SPACE, SW_ERROR_STORE. */
int readings_file_load_series(struct readings_file *file, struct readings_series *series);

/* All of it or, on error (SW_ERROR_STORE_FULL, SW_ERROR_STORE), nothing. `bytes` is the block as written
 * (readings_block_write); it gets its position here. */
int readings_file_append(struct readings_file *file, const struct readings_block *block, uint8_t *bytes, size_t size,
                         bool durable, char *text, size_t text_size);

/* Takes a short step of moving readings into chunks, if it is time. *more: another one can follow at once. An error
 * leaves everything as it was; damage is dealt with. */
int readings_file_step(struct readings_file *file, bool *more, char *text, size_t text_size);
/* The log is moved although there is little in it. */
int readings_file_move_now(struct readings_file *file, char *text, size_t text_size);

/* Readings from this position on that are still in the log, in their order. */
int readings_file_each_since(struct readings_file *file, int64_t position, void *ctx,
                             void (*each)(void *ctx, int64_t position, const struct log_reading *reading));

/* Of all files, pages and blocks in use. */
int64_t readings_file_bytes(struct readings_file *file);
/* The latest time of a reading in a tail, and so of all that have been moved; 0 = there is none. */
int64_t readings_file_newest_ms(struct readings_file *file);
/* How many there are; what is there twice counts twice until it has been moved. */
int64_t readings_file_readings(const struct readings_file *file);

/* For what writes to the SQLite file beside the steps of moving. Whether the WAL is short enough: */
bool readings_file_has_way(struct readings_file *file);
/* So many more readings are in chunks and tails; within the transaction. */
bool readings_file_count(struct readings_file *file, int64_t more);
/* Ends a transaction that has failed, `known` being what is known of why (0 = SQLite knows). Damage is dealt with. */
int readings_file_failed(struct readings_file *file, int known, char *text, size_t text_size);

/* Gives pages that are free back to the file system. */
void readings_file_shrink(struct readings_file *file);

/* A file that is not to be trusted gets another name, and a new one is begun. */
int readings_file_set_aside(struct readings_file *file, const char *why, char *text, size_t text_size);

#endif
