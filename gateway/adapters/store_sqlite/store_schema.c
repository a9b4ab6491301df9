#include "adapters/store_sqlite/store_schema.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "adapters/store_sqlite/store_database.h"
#include "stillwater/error.h"

#define TEXT_OF(number)  #number
#define NUMBER_OF(macro) TEXT_OF(macro)
#define BUSY_TIMEOUT_MS  5000
/* Short, because the WAL shares the disk with the database: one that has filled a small disk leaves the database no
 * room to take its pages over, and the disk stays full although hardly anything is stored. */
#define WAL_PAGES      256
#define WAL_KEPT_BYTES 1048576

/* New with version 2. An alert's feedback with the highest id counts. */
#define FEEDBACK_SCHEMA                                                                                                \
    "CREATE TABLE feedback (id INTEGER PRIMARY KEY AUTOINCREMENT, alert_id TEXT NOT NULL, kind INTEGER NOT NULL,"      \
    " rule INTEGER NOT NULL, subject TEXT NOT NULL, outcome INTEGER NOT NULL, actor TEXT NOT NULL,"                    \
    " note TEXT NOT NULL, time_ms INTEGER NOT NULL) STRICT;"                                                           \
    "CREATE INDEX feedback_of_alerts ON feedback (alert_id, id);"

/* A receipt names a revision. No part of the version: a program that does not know the index keeps it all the same. */
#define OUTBOX_INDEX "CREATE INDEX IF NOT EXISTS outbox_of_alerts ON outbox (alert_id, revision)"

#define SET_VERSION "PRAGMA user_version = " NUMBER_OF(STORE_SCHEMA_VERSION) ";"

/* Identity of a reading: what a node sends twice is kept once, and so is a plain device's reading of one instant. */
static const char schema[] =
    "CREATE TABLE readings (id INTEGER PRIMARY KEY, serial INTEGER NOT NULL, epoch INTEGER NOT NULL,"
    " sequence INTEGER NOT NULL, subject TEXT NOT NULL, kind INTEGER NOT NULL, quality INTEGER NOT NULL,"
    " reason INTEGER NOT NULL, clock_quality INTEGER NOT NULL, time_ms INTEGER NOT NULL,"
    " value_milli INTEGER NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX readings_of_nodes ON readings (serial, epoch, sequence) WHERE serial <> 0;"
    "CREATE UNIQUE INDEX readings_of_devices ON readings (subject, kind, time_ms) WHERE serial = 0;"
    "CREATE TABLE cursors (serial INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, sequence INTEGER NOT NULL) STRICT;"
    "CREATE TABLE snapshots (domain INTEGER NOT NULL, subject TEXT NOT NULL, bytes BLOB NOT NULL,"
    " PRIMARY KEY (domain, subject)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE alerts (alert_id TEXT NOT NULL, revision INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " state INTEGER NOT NULL, colour INTEGER NOT NULL, peak INTEGER NOT NULL, subject TEXT NOT NULL,"
    " onset_ms INTEGER NOT NULL, raised_at_ms INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL,"
    " rule INTEGER NOT NULL, actor TEXT NOT NULL, note TEXT NOT NULL, body TEXT NOT NULL,"
    " PRIMARY KEY (alert_id, revision)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, alert_id TEXT NOT NULL, revision INTEGER NOT NULL,"
    " topic TEXT NOT NULL, FOREIGN KEY (alert_id, revision) REFERENCES alerts (alert_id, revision)) STRICT;"
    "CREATE TABLE state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;" FEEDBACK_SCHEMA
    "PRAGMA application_id = " NUMBER_OF(STORE_APPLICATION_ID) ";" SET_VERSION;

/* From version 1: what is there stays as it is. */
static const char upgrade[] = FEEDBACK_SCHEMA SET_VERSION;

int store_schema_error(sqlite3 *db, const char *path, char *text, size_t text_size)
{
    int code = sqlite3_extended_errcode(db);
    int system_error = sqlite3_system_errno(db);
    bool io = (code & 0xff) == SQLITE_IOERR;
    bool full = (code & 0xff) == SQLITE_FULL || (io && (system_error == ENOSPC || system_error == EDQUOT));
    if (full)
        snprintf(text, text_size, "%s: the disk is full", path);
    else if (io || (code & 0xff) == SQLITE_CANTOPEN)
        snprintf(text, text_size, "%s: %s (%s)", path, sqlite3_errmsg(db), strerror(system_error));
    else
        snprintf(text, text_size, "%s: %s", path, sqlite3_errmsg(db));
    return full ? SW_ERROR_STORE_FULL : SW_ERROR_STORE;
}

static bool run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* One number out of a query; false on error. */
static bool query_number(sqlite3 *db, const char *sql, int64_t *number)
{
    sqlite3_stmt *statement = NULL;
    bool found =
        sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW;
    if (found) *number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return found;
}

static bool in_wal_mode(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    bool wal = sqlite3_prepare_v2(db, "PRAGMA journal_mode = WAL", -1, &statement, NULL) == SQLITE_OK &&
               sqlite3_step(statement) == SQLITE_ROW &&
               strcmp((const char *)sqlite3_column_text(statement, 0), "wal") == 0;
    sqlite3_finalize(statement);
    return wal;
}

/* SW_OK when the file is new (*version is 0 then) or a store of this version or an older one. */
static int check_origin(sqlite3 *db, const char *path, int64_t *version, char *text, size_t text_size)
{
    int64_t application = 0, tables = 0;
    if (!query_number(db, "PRAGMA user_version", version) || !query_number(db, "PRAGMA application_id", &application) ||
        !query_number(db, "SELECT count(*) FROM sqlite_schema", &tables)) {
        if ((sqlite3_errcode(db) & 0xff) != SQLITE_NOTADB) return store_schema_error(db, path, text, text_size);
        snprintf(text, text_size, "%s: is not a database; expected a Stillwater store or no file", path);
        return SW_ERROR_STORE;
    }
    if (tables == 0 && *version == 0) return SW_OK;
    if (application != STORE_APPLICATION_ID) {
        snprintf(text, text_size, "%s: is the database of another program; expected a Stillwater store or no file",
                 path);
        return SW_ERROR_STORE;
    }
    if (*version < 1 || *version > STORE_SCHEMA_VERSION) {
        snprintf(text, text_size, "%s: has schema version %lld; this program understands version %d", path,
                 (long long)*version, STORE_SCHEMA_VERSION);
        return SW_ERROR_VERSION;
    }
    return SW_OK;
}

int store_schema_check(sqlite3 *db, const char *path, char *text, size_t text_size)
{
    int64_t version = 0;
    sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
    int error = check_origin(db, path, &version, text, text_size);
    if (error || version == STORE_SCHEMA_VERSION) return error;
    if (version == 0)
        snprintf(text, text_size, "%s: is empty; expected a Stillwater store", path);
    else
        snprintf(text, text_size, "%s: has schema version %lld; the daemon makes it version %d when it starts", path,
                 (long long)version, STORE_SCHEMA_VERSION);
    return SW_ERROR_VERSION;
}

int store_schema_prepare(sqlite3 *db, const char *path, char *text, size_t text_size)
{
    int64_t version = 0;
    sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
    int error = check_origin(db, path, &version, text, text_size);
    if (error) return error;
    if (!in_wal_mode(db) || !run(db, "PRAGMA synchronous = FULL") || !run(db, "PRAGMA foreign_keys = ON") ||
        !run(db, "PRAGMA temp_store = MEMORY") || !run(db, "PRAGMA wal_autocheckpoint = " NUMBER_OF(WAL_PAGES)) ||
        !run(db, "PRAGMA journal_size_limit = " NUMBER_OF(WAL_KEPT_BYTES)))
        return store_schema_error(db, path, text, text_size);
    if (version < STORE_SCHEMA_VERSION &&
        (!run(db, "BEGIN IMMEDIATE") || !run(db, version == 0 ? schema : upgrade) || !run(db, "COMMIT")))
        return store_schema_error(db, path, text, text_size);
    if (!run(db, OUTBOX_INDEX)) return store_schema_error(db, path, text, text_size);
    return SW_OK;
}
