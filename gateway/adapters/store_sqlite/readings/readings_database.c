#include "adapters/store_sqlite/readings/readings_database.h"

#include <stdio.h>
#include <string.h>

#include "stillwater/error.h"

#define BUSY_TIMEOUT_MS 1000
/* Short, because the WAL shares the disk with the file: one that has filled a small disk leaves the file no room to
 * take its pages over. */
#define WAL_PAGES      256
#define WAL_KEPT_BYTES 1048576

static const char schema[] =
    "CREATE TABLE series (number INTEGER PRIMARY KEY, name TEXT NOT NULL, kind INTEGER NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX series_of_names ON series (name, kind);"
    "CREATE TABLE chunks (id INTEGER PRIMARY KEY, series INTEGER NOT NULL, first_ms INTEGER NOT NULL,"
    " last_ms INTEGER NOT NULL, count INTEGER NOT NULL, block BLOB NOT NULL) STRICT;"
    "CREATE INDEX chunks_of_series ON chunks (series, first_ms);"
    /* What is too few for a chunk; chunks of the series reach to after_ms. */
    "CREATE TABLE tails (series INTEGER PRIMARY KEY, after_ms INTEGER NOT NULL, first_ms INTEGER NOT NULL,"
    " last_ms INTEGER NOT NULL, count INTEGER NOT NULL, block BLOB NOT NULL) STRICT;"
    /* Of days whose readings have been dropped. */
    "CREATE TABLE aggregates (id INTEGER PRIMARY KEY, series INTEGER NOT NULL, first_ms INTEGER NOT NULL,"
    " last_ms INTEGER NOT NULL, count INTEGER NOT NULL, block BLOB NOT NULL) STRICT;"
    "CREATE INDEX aggregates_of_series ON aggregates (series, first_ms);"
    "CREATE TABLE state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "PRAGMA application_id = " SQLITE_NUMBER_OF(READINGS_APPLICATION_ID) ";"
                                                                         "PRAGMA user_version = " SQLITE_NUMBER_OF(
                                                                             READINGS_SCHEMA_VERSION) ";";

static const struct sqlite_file_kind kind = {READINGS_APPLICATION_ID, READINGS_SCHEMA_VERSION,
                                             "readings of a Stillwater store"};

static const char *const statement_sql[READINGS_STATEMENT_COUNT] = {
    [READINGS_BEGIN] = "BEGIN IMMEDIATE",
    [READINGS_COMMIT] = "COMMIT",
    [READINGS_ROLLBACK] = "ROLLBACK",
    [READINGS_STATE] = "SELECT value FROM state WHERE name = ?",
    [READINGS_STATE_SET] = "INSERT INTO state (name, value) VALUES (?, ?) ON CONFLICT (name)"
                           " DO UPDATE SET value = excluded.value",
    [READINGS_SERIES] = "SELECT number, name, kind FROM series ORDER BY number",
    [READINGS_SERIES_ADD] = "INSERT OR IGNORE INTO series (number, name, kind) VALUES (?, ?, ?)",
    [READINGS_TAIL] = "SELECT after_ms, count, block, first_ms FROM tails WHERE series = ?",
    [READINGS_TAIL_SET] = "INSERT OR REPLACE INTO tails (series, after_ms, first_ms, last_ms, count, block)"
                          " VALUES (?, ?, ?, ?, ?, ?)",
    [READINGS_TAIL_REMOVE] = "DELETE FROM tails WHERE series = ?",
    [READINGS_CHUNK_ADD] = "INSERT INTO chunks (series, first_ms, last_ms, count, block) VALUES (?, ?, ?, ?, ?)",
    [READINGS_CHUNK_AT] = "SELECT id, first_ms, count, block FROM chunks WHERE series = ? AND first_ms <= ?"
                          " ORDER BY first_ms DESC LIMIT 1",
    [READINGS_CHUNK_FIRST] = "SELECT id, first_ms, count, block, last_ms FROM chunks WHERE series = ?"
                             " ORDER BY first_ms LIMIT 1",
    [READINGS_CHUNK_AFTER] = "SELECT first_ms FROM chunks WHERE series = ? AND first_ms > ? ORDER BY first_ms LIMIT 1",
    [READINGS_CHUNK_SET] = "UPDATE chunks SET first_ms = ?2, last_ms = ?3, count = ?4, block = ?5 WHERE id = ?1",
    [READINGS_CHUNK_REMOVE] = "DELETE FROM chunks WHERE id = ?",
    [READINGS_CHUNK_OLDEST] = "SELECT id, series, last_ms, count, block FROM chunks ORDER BY id LIMIT 1",
    [READINGS_TAIL_OLDEST] = "SELECT series, last_ms, count, block FROM tails WHERE count > 0 ORDER BY last_ms LIMIT 1",
    [READINGS_NEWEST] = "SELECT ifnull(max(last_ms), 0) FROM tails",
    [READINGS_AGGREGATE_ADD] = "INSERT INTO aggregates (series, first_ms, last_ms, count, block)"
                               " VALUES (?, ?, ?, ?, ?)",
    [READINGS_PAGES] = "PRAGMA page_count",
    [READINGS_FREE_PAGES] = "PRAGMA freelist_count",
};

static int failure(sqlite3 *db, const char *path, char *text, size_t text_size)
{
    bool damaged = sqlite_file_is_damaged(db);
    int error = sqlite_file_error(db, path, text, text_size);
    return damaged ? SW_ERROR_MALFORMED : error;
}

static int on_commit(void *ctx, sqlite3 *db, const char *name, int pages)
{
    struct readings_database *database = ctx;
    database->wal_pages = pages;
    /* One that is read from now is taken over as far as its readers let it. */
    if (pages >= WAL_PAGES) (void)sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return SQLITE_OK;
}

int readings_schema_check(sqlite3 *db, const char *path, char *text, size_t text_size)
{
    int64_t version = 0;
    sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
    int error = sqlite_file_check(db, path, &kind, &version, text, text_size);
    if (!error && version == 0) {
        (void)snprintf(text, text_size, "%s: is empty; expected %s", path, kind.what);
        error = SW_ERROR_VERSION;
    }
    return error;
}

static int prepare(struct readings_database *database, char *text, size_t text_size)
{
    int64_t version = 0;
    sqlite3 *db = database->db;
    sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
    int error = sqlite_file_check(db, database->path, &kind, &version, text, text_size);
    if (error) return sqlite_file_is_damaged(db) ? SW_ERROR_MALFORMED : error;
    /* Before anything is in the file: pages can be given back to a disk that is full. */
    bool good = (version > 0 || sqlite_file_run(db, "PRAGMA auto_vacuum = INCREMENTAL")) &&
                sqlite_file_make_durable(db) && sqlite_file_run(db, "PRAGMA temp_store = MEMORY") &&
                sqlite_file_run(db, SQLITE_SMALL_CACHE) &&
                sqlite_file_run(db, "PRAGMA journal_size_limit = " SQLITE_NUMBER_OF(WAL_KEPT_BYTES));
    if (good && version == 0)
        good = sqlite_file_run(db, "BEGIN IMMEDIATE") && sqlite_file_run(db, schema) && sqlite_file_run(db, "COMMIT");
    for (int i = 0; good && i < READINGS_STATEMENT_COUNT; i++)
        good = sqlite3_prepare_v3(db, statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT, &database->statements[i],
                                  NULL) == SQLITE_OK;
    /* Not the whole file, which may take minutes to read: the trees that everything is found by. */
    good = good && sqlite_file_run(db, "SELECT count(*), sum(first_ms) FROM chunks INDEXED BY chunks_of_series") &&
           sqlite_file_run(db, "SELECT sum(length(block)) FROM tails");
    if (!good) return failure(db, database->path, text, text_size);
    (void)sqlite3_wal_hook(db, on_commit, database);
    return SW_OK;
}

int readings_database_open(struct readings_database *database, const char *path, char *text, size_t text_size)
{
    *database = (struct readings_database){.page_bytes = 4096};
    (void)snprintf(database->path, sizeof database->path, "%s", path);
    int error = SW_OK;
    if (sqlite3_open_v2(path, &database->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
        error = failure(database->db, path, text, text_size);
    if (!error) error = prepare(database, text, text_size);
    if (error) readings_database_close(database);
    return error;
}

void readings_database_close(struct readings_database *database)
{
    for (int i = 0; i < READINGS_STATEMENT_COUNT; i++)
        sqlite3_finalize(database->statements[i]);
    sqlite3_close(database->db);
    database->db = NULL;
    memset(database->statements, 0, sizeof database->statements);
}

bool readings_step_done(sqlite3_stmt *statement)
{
    bool done = sqlite3_step(statement) == SQLITE_DONE;
    if (done) sqlite3_reset(statement);
    return done;
}

int readings_database_failed(struct readings_database *database, char *text, size_t text_size)
{
    int error = failure(database->db, database->path, text, text_size);
    for (int i = 0; i < READINGS_STATEMENT_COUNT; i++)
        sqlite3_reset(database->statements[i]);
    if (!sqlite3_get_autocommit(database->db)) (void)readings_step_done(database->statements[READINGS_ROLLBACK]);
    sqlite3_reset(database->statements[READINGS_ROLLBACK]);
    if (error == SW_ERROR_STORE_FULL)
        (void)sqlite3_wal_checkpoint_v2(database->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    return error;
}

bool readings_database_begin(struct readings_database *database)
{
    return readings_step_done(database->statements[READINGS_BEGIN]);
}

bool readings_database_commit(struct readings_database *database)
{
    return readings_step_done(database->statements[READINGS_COMMIT]);
}

bool readings_database_sync(struct readings_database *database, bool full)
{
    return sqlite_file_run(database->db, full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
}

bool readings_tail_set(struct readings_database *database, uint32_t series, int64_t after_ms,
                       const struct series_reading *readings, size_t count, const uint8_t *bytes, size_t size)
{
    sqlite3_stmt *s = database->statements[READINGS_TAIL_SET];
    sqlite3_bind_int64(s, 1, series);
    sqlite3_bind_int64(s, 2, after_ms);
    sqlite3_bind_int64(s, 3, count > 0 ? readings[0].time_ms : after_ms);
    sqlite3_bind_int64(s, 4, count > 0 ? readings[count - 1].time_ms : after_ms);
    sqlite3_bind_int64(s, 5, (int64_t)count);
    sqlite3_bind_blob64(s, 6, size > 0 ? (const void *)bytes : "", size, SQLITE_STATIC);
    return readings_step_done(s);
}

int64_t readings_state(struct readings_database *database, const char *name)
{
    sqlite3_stmt *s = database->statements[READINGS_STATE];
    sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
    int64_t value = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    return value;
}

bool readings_state_set(struct readings_database *database, const char *name, int64_t value)
{
    sqlite3_stmt *s = database->statements[READINGS_STATE_SET];
    sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 2, value);
    return readings_step_done(s);
}

static int64_t number(sqlite3_stmt *statement)
{
    int64_t value = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_reset(statement);
    return value;
}

int64_t readings_database_bytes(struct readings_database *database)
{
    int64_t pages = number(database->statements[READINGS_PAGES]) - number(database->statements[READINGS_FREE_PAGES]);
    return pages * database->page_bytes;
}
