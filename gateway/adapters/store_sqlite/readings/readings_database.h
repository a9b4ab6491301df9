/* The readings' SQLite file: chunks and what leads to them. Blocking; for one thread. */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_DATABASE_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_DATABASE_H

#include <sqlite3.h>

#include "adapters/store_sqlite/readings/readings.h"
#include "adapters/store_sqlite/sqlite_file.h"

#define READINGS_SCHEMA_VERSION 1
#define READINGS_APPLICATION_ID 0x53575244 /* "SWRD" */
#define READINGS_PATH_SIZE      4096

#define CHUNK_READINGS     512                  /* in a chunk, when it is filled */
#define CHUNK_READINGS_MAX (2 * CHUNK_READINGS) /* late ones may bring it so far; more at one instant of time */

enum readings_statement {
    READINGS_BEGIN,
    READINGS_COMMIT,
    READINGS_ROLLBACK,
    READINGS_STATE,
    READINGS_STATE_SET,
    READINGS_SERIES,
    READINGS_SERIES_ADD,
    READINGS_TAIL,
    READINGS_TAIL_SET,
    READINGS_TAIL_REMOVE,
    READINGS_CHUNK_ADD,
    READINGS_CHUNK_AT,
    READINGS_CHUNK_FIRST,
    READINGS_CHUNK_AFTER,
    READINGS_CHUNK_SET,
    READINGS_CHUNK_REMOVE,
    READINGS_CHUNK_OLDEST,
    READINGS_TAIL_OLDEST,
    READINGS_NEWEST,
    READINGS_AGGREGATE_ADD,
    READINGS_PAGES,
    READINGS_FREE_PAGES,
    READINGS_STATEMENT_COUNT
};

struct readings_database {
    sqlite3 *db;
    sqlite3_stmt *statements[READINGS_STATEMENT_COUNT];
    char path[READINGS_PATH_SIZE];
    int64_t page_bytes;
    int wal_pages; /* after the last commit */
};

/* SW_OK: close is owed. Otherwise nothing is: SW_ERROR_STORE_FULL, SW_ERROR_STORE, SW_ERROR_MALFORMED (the file is
 * damaged), SW_ERROR_VERSION. */
int readings_database_open(struct readings_database *database, const char *path, char *text, size_t text_size);
void readings_database_close(struct readings_database *database);
/* As in the file: SW_OK, or an error and a sentence in `text`. */
int readings_schema_check(sqlite3 *db, const char *path, char *text, size_t text_size);

/* The error that a statement has just come back with, after rolling back: SW_ERROR_STORE_FULL, SW_ERROR_MALFORMED (the
 * file is damaged) or SW_ERROR_STORE. */
int readings_database_failed(struct readings_database *database, char *text, size_t text_size);
bool readings_database_begin(struct readings_database *database);
bool readings_database_commit(struct readings_database *database);
/* Commits from now on reach the disk before they return, or some time after. Not within a transaction. */
bool readings_database_sync(struct readings_database *database, bool full);

/* Runs a statement that gives no rows. */
bool readings_step_done(sqlite3_stmt *statement);

/* What is too few for a chunk, encoded; chunks of the series reach to after_ms (-1 = there are none). */
bool readings_tail_set(struct readings_database *database, uint32_t series, int64_t after_ms,
                       const struct series_reading *readings, size_t count, const uint8_t *bytes, size_t size);

int64_t readings_state(struct readings_database *database, const char *name);
bool readings_state_set(struct readings_database *database, const char *name, int64_t value);

/* Of the pages in use. */
int64_t readings_database_bytes(struct readings_database *database);

#endif
