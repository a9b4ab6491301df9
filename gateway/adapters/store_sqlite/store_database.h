/* The database file: schema, statements and transactions. Blocking; one caller at a time. */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_STORE_DATABASE_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_STORE_DATABASE_H

#include <sqlite3.h>

#include "adapters/store_sqlite/sqlite_file.h"
#include "adapters/store_sqlite/store_batch.h"

#define STORE_SCHEMA_VERSION 5
#define STORE_APPLICATION_ID 0x53575354 /* "SWST": tells a store from another program's database */
#define STORE_TEXT_SIZE      512
#define STORE_WAL_KEPT_BYTES 1048576 /* the WAL's usual length */

enum store_statement {
    STATEMENT_BEGIN,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_CHECKPOINT_SET,
    STATEMENT_CHECKPOINT,
    STATEMENT_SNAPSHOT,
    STATEMENT_SNAPSHOT_REMOVE,
    STATEMENT_ALERT,
    STATEMENT_FEEDBACK,
    STATEMENT_REPORT,
    STATEMENT_REPORTS,
    STATEMENT_ALERT_WAS,
    STATEMENT_TRAIL_ADD,
    STATEMENT_TRAIL_ALERT,
    STATEMENT_TRAIL_FEEDBACK,
    STATEMENT_TRAIL_HEAD,
    STATEMENT_PAGES,
    STATEMENT_FREE_PAGES,
    STATEMENT_PAGE_BYTES,
    STATEMENT_OUTBOX_ADD,
    STATEMENT_OUTBOX_TAKE_ALONG,
    STATEMENT_OUTBOX_REMOVE,
    STATEMENT_OUTBOX_REMOVE_REVISION,
    STATEMENT_OUTBOX_READ,
    STATEMENT_EARLIER,
    STATEMENT_OUTBOX_COUNT,
    STATEMENT_OUTBOX_NEWEST,
    STATEMENT_LAST_TIME_SET,
    STATEMENT_LAST_TIME,
    STATEMENT_SNAPSHOT_LOAD,
    STATEMENT_SNAPSHOTS,
    STATEMENT_OPEN_ALERTS,
    STATEMENT_COUNT
};

struct store_database {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    struct store_trail_head trail; /* as committed */
    struct sqlite_file_damage damage;
    int lock_file;
    char path[4096];
};

/* An outbox row that is done. */
struct store_done {
    int64_t id; /* 0 = it is told by its revision */
    char alert_id[SW_ALERT_ID_SIZE];
    uint32_t revision;
};

/* What a transaction did. */
struct store_written {
    uint64_t duplicates, kept_bytes, outbox_added, outbox_removed, unknown_done;
    int64_t outbox_newest;         /* id of the last row added; 0 = none */
    struct store_trail_head trail; /* after it */
};

struct store_rows {
    struct store_outbox_row *rows; /* topic and payload are owned */
    size_t count;
};

/* SW_OK: store_database_close is owed. Otherwise nothing is, and `text` names the file and the reason. A damaged store
 * is set aside and a new one begun. */
int store_database_open(struct store_database *database, const char *path, char *text, size_t text_size);
void store_database_close(struct store_database *database);

/* The batch (NULL = none), but for its readings and cursors, which are stored already, and the removal of outbox rows
 * that are done, in one transaction. On error nothing of it is stored and `text` says why: SW_ERROR_STORE_FULL,
 * SW_ERROR_STORE. */
int store_database_write(struct store_database *database, struct store_batch *batch, const struct store_done *done,
                         size_t done_count, struct store_written *written, char *text, size_t text_size);

/* Takes the WAL over into the database and makes it short; false when whoever reads was not through within the time. */
bool store_database_empty_wal(struct store_database *database, int wait_ms);

/* Whether there is anything of the batch to write. */
bool store_database_concerns(const struct store_batch *batch);

/* What is asked for of the outbox. */
struct store_wanted {
    struct store_outbox_stretch stretches[STORE_OUTBOX_STRETCHES_MAX];
    size_t count, limit;
};

/* Rows that are not among `done`. Free with store_rows_free. */
int store_database_read_outbox(struct store_database *database, const struct store_wanted *wanted,
                               const struct store_done *done, size_t done_count, struct store_rows *rows);
void store_rows_free(struct store_rows *rows);

size_t store_database_load_snapshot(struct store_database *database, int domain, const char *subject, uint8_t *bytes,
                                    size_t size, int64_t *position);

/* Results of a query for one number; 0 when there is none. */
void store_database_each_open_alert(struct store_database *database, void *ctx,
                                    void (*each)(void *ctx, const struct sw_alert *alert, const char *body));
void store_database_each_report(struct store_database *database, int64_t since_ms, void *ctx,
                                void (*each)(void *ctx, const struct store_report *report));
int64_t store_database_number(struct store_database *database, enum store_statement statement);

#endif
