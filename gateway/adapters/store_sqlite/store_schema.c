#include "adapters/store_sqlite/store_schema.h"

#include <stdio.h>

#include "adapters/store_sqlite/sqlite_file.h"
#include "adapters/store_sqlite/store_database.h"
#include "stillwater/error.h"

#define BUSY_TIMEOUT_MS 5000
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

#define SET_VERSION "PRAGMA user_version = " SQLITE_NUMBER_OF(STORE_SCHEMA_VERSION) ";"

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
    "PRAGMA application_id = " SQLITE_NUMBER_OF(STORE_APPLICATION_ID) ";" SET_VERSION;

/* From version 1: what is there stays as it is. */
static const char upgrade[] = FEEDBACK_SCHEMA SET_VERSION;

static const struct sqlite_file_kind store_kind = {STORE_APPLICATION_ID, STORE_SCHEMA_VERSION, "a Stillwater store"};

int store_schema_check(sqlite3 *db, const char *path, char *text, size_t text_size)
{
    int64_t version = 0;
    sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
    int error = sqlite_file_check(db, path, &store_kind, &version, text, text_size);
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
    int error = sqlite_file_check(db, path, &store_kind, &version, text, text_size);
    if (error) return error;
    if (!sqlite_file_make_durable(db) || !sqlite_file_run(db, "PRAGMA foreign_keys = ON") ||
        !sqlite_file_run(db, "PRAGMA temp_store = MEMORY") ||
        !sqlite_file_run(db, "PRAGMA wal_autocheckpoint = " SQLITE_NUMBER_OF(WAL_PAGES)) ||
        !sqlite_file_run(db, "PRAGMA journal_size_limit = " SQLITE_NUMBER_OF(WAL_KEPT_BYTES)))
        return sqlite_file_error(db, path, text, text_size);
    if (version < STORE_SCHEMA_VERSION &&
        (!sqlite_file_run(db, "BEGIN IMMEDIATE") || !sqlite_file_run(db, version == 0 ? schema : upgrade) ||
         !sqlite_file_run(db, "COMMIT")))
        return sqlite_file_error(db, path, text, text_size);
    if (!sqlite_file_run(db, OUTBOX_INDEX)) return sqlite_file_error(db, path, text, text_size);
    return SW_OK;
}
