#include "adapters/store_sqlite/store_schema.h"

#include <stdio.h>

#include "adapters/store_sqlite/sqlite_file.h"
#include "adapters/store_sqlite/store_database.h"
#include "adapters/store_sqlite/store_trail.h"
#include "stillwater/error.h"

/* Short, because the WAL shares the disk with the database: one that has filled a small disk leaves the database no
 * room to take its pages over, and the disk stays full although hardly anything is stored. */
#define WAL_PAGES 256

/* New with version 2. An alert's feedback with the highest id counts. */
#define FEEDBACK_SCHEMA                                                                                                \
    "CREATE TABLE feedback (id INTEGER PRIMARY KEY AUTOINCREMENT, alert_id TEXT NOT NULL, kind INTEGER NOT NULL,"      \
    " rule INTEGER NOT NULL, subject TEXT NOT NULL, outcome INTEGER NOT NULL, actor TEXT NOT NULL,"                    \
    " note TEXT NOT NULL, time_ms INTEGER NOT NULL) STRICT;"                                                           \
    "CREATE INDEX feedback_of_alerts ON feedback (alert_id, id);"

/* New with version 3: docs/audit.md. */
#define TRAIL_SCHEMA                                                                                                   \
    "CREATE TABLE trail (sequence INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, who TEXT NOT NULL,"                   \
    " event TEXT NOT NULL, about TEXT NOT NULL, number INTEGER NOT NULL, was TEXT NOT NULL, became TEXT NOT NULL,"     \
    " why TEXT NOT NULL, content TEXT NOT NULL, hash TEXT NOT NULL) STRICT;"                                           \
    "CREATE INDEX trail_of ON trail (about, number);" TRAIL_GUARDS

/* New with version 3: docs/store.md. Rows that are there already are lined up as if they had been added now. */
#define OUTBOX_LINES                                                                                                   \
    "ALTER TABLE outbox ADD COLUMN subject TEXT NOT NULL DEFAULT '';"                                                  \
    "ALTER TABLE outbox ADD COLUMN colour INTEGER NOT NULL DEFAULT 0;"                                                 \
    "ALTER TABLE outbox ADD COLUMN place INTEGER NOT NULL DEFAULT 0;"                                                  \
    "UPDATE outbox SET place = id, (subject, colour) = (SELECT subject, colour FROM alerts"                            \
    " WHERE alerts.alert_id = outbox.alert_id AND alerts.revision = outbox.revision);"                                 \
    "CREATE INDEX outbox_of_subjects ON outbox (subject, colour);"                                                     \
    "UPDATE outbox AS o SET colour = (SELECT max(colour) FROM outbox WHERE subject = o.subject);"                      \
    "CREATE INDEX outbox_lines ON outbox (colour, place, id);"

/* New with version 3, too: docs/reports.md. */
#define REPORT_SCHEMA                                                                                                  \
    "CREATE TABLE reports (id INTEGER PRIMARY KEY AUTOINCREMENT, report_id TEXT NOT NULL UNIQUE,"                      \
    " source INTEGER NOT NULL, kind INTEGER NOT NULL, colour INTEGER NOT NULL, actor TEXT NOT NULL,"                   \
    " portal TEXT NOT NULL, time_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL, latitude REAL NOT NULL,"           \
    " longitude REAL NOT NULL, grid TEXT NOT NULL, text TEXT NOT NULL, alert_id TEXT NOT NULL) STRICT;"                \
    "CREATE INDEX reports_by_time ON reports (received_ms);"

/* New with version 3: a row has its body beside it. In a table without rowids whatever a row has beyond a quarter of a
 * page went to a page of its own. What refers to alerts refers to the new table then; for that foreign keys are off. */
#define ALERT_ROWS                                                                                                     \
    "CREATE TABLE alert_rows (alert_id TEXT NOT NULL, revision INTEGER NOT NULL, kind INTEGER NOT NULL,"               \
    " state INTEGER NOT NULL, colour INTEGER NOT NULL, peak INTEGER NOT NULL, subject TEXT NOT NULL,"                  \
    " onset_ms INTEGER NOT NULL, raised_at_ms INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL,"                       \
    " rule INTEGER NOT NULL, actor TEXT NOT NULL, note TEXT NOT NULL, body TEXT NOT NULL,"                             \
    " UNIQUE (alert_id, revision)) STRICT;"                                                                            \
    "INSERT INTO alert_rows SELECT * FROM alerts;"                                                                     \
    "DROP TABLE alerts;"                                                                                               \
    "ALTER TABLE alert_rows RENAME TO alerts;"

/* New with version 4: readings have positions, and a snapshot has the one it was made at. A snapshot of a home is
 * longer than a quarter of a page: as ALERT_ROWS. */
#define POSITIONS                                                                                                      \
    "ALTER TABLE readings ADD COLUMN taken_ms INTEGER NOT NULL DEFAULT 0;"                                             \
    "ALTER TABLE readings ADD COLUMN doubted INTEGER NOT NULL DEFAULT 0;"                                              \
    "INSERT OR REPLACE INTO state SELECT 'position', max(ifnull((SELECT max(id) FROM readings), 0),"                   \
    " ifnull((SELECT value FROM state WHERE name = 'thinned_to'), 0));"                                                \
    "INSERT INTO state SELECT 'checkpoint', value FROM state WHERE name = 'position';"                                 \
    "CREATE TABLE snapshot_rows (domain INTEGER NOT NULL, subject TEXT NOT NULL, position INTEGER NOT NULL,"           \
    " bytes BLOB NOT NULL, UNIQUE (domain, subject)) STRICT;"                                                          \
    "INSERT INTO snapshot_rows SELECT domain, subject, (SELECT value FROM state WHERE name = 'position'), bytes"       \
    " FROM snapshots;"                                                                                                 \
    "DROP TABLE snapshots;"                                                                                            \
    "ALTER TABLE snapshot_rows RENAME TO snapshots;"

/* A receipt names a revision. No part of the version: a program that does not know the index keeps it all the same. */
#define OUTBOX_INDEX "CREATE INDEX IF NOT EXISTS outbox_of_alerts ON outbox (alert_id, revision)"

/* New with version 5: readings and cursors are in files of their own. Those that are here are taken over at the next
 * start (store_takeover.h). */
#define READINGS_GO                                                                                                    \
    "DROP INDEX readings_of_nodes;"                                                                                    \
    "DROP INDEX readings_of_devices;"                                                                                  \
    "DROP INDEX IF EXISTS readings_by_time;"                                                                           \
    "ALTER TABLE readings RENAME TO old_readings;"                                                                     \
    "ALTER TABLE cursors RENAME TO old_cursors;"

#define TRAIL_SINCE_VERSION 3
#define SET_VERSION         "PRAGMA user_version = " SQLITE_NUMBER_OF(STORE_SCHEMA_VERSION)

/* Version 1. Identity of a reading: what a node sends twice is kept once, and so is a plain device's reading of one
 * instant. */
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
    "CREATE TABLE state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "PRAGMA application_id = " SQLITE_NUMBER_OF(STORE_APPLICATION_ID) ";";

/* What makes a file of the version before into one of version i + 1; what is there stays as it is. */
static const char *const upgrades[STORE_SCHEMA_VERSION] = {
    schema, FEEDBACK_SCHEMA, TRAIL_SCHEMA OUTBOX_LINES REPORT_SCHEMA ALERT_ROWS, POSITIONS, READINGS_GO};

static const struct sqlite_file_kind store_kind = {STORE_APPLICATION_ID, STORE_SCHEMA_VERSION, "a Stillwater store"};

int store_schema_check(sqlite3 *db, const char *path, char *text, size_t text_size)
{
    int64_t version = 0;
    sqlite3_busy_timeout(db, STORE_BUSY_TIMEOUT_MS);
    int error = sqlite_file_check(db, path, &store_kind, &version, text, text_size);
    if (error || version == STORE_SCHEMA_VERSION) return error;
    if (version == 0)
        snprintf(text, text_size, "%s: is empty; expected a Stillwater store", path);
    else
        snprintf(text, text_size, "%s: has schema version %lld; the daemon makes it version %d when it starts", path,
                 (long long)version, STORE_SCHEMA_VERSION);
    return SW_ERROR_VERSION;
}

static bool make_tables(sqlite3 *db, int64_t version, const char *beginning)
{
    char upgraded[64];
    bool good = sqlite_file_run(db, "BEGIN IMMEDIATE");
    (void)snprintf(upgraded, sizeof upgraded, "upgraded from version %d", (int)version);
    for (int64_t i = version; good && i < STORE_SCHEMA_VERSION; i++)
        good = sqlite_file_run(db, upgrades[i]);
    if (version == 0) good = good && sqlite_file_run(db, STORE_TAKEN_OVER);
    return good && (version >= TRAIL_SINCE_VERSION || trail_begin(db, version > 0 ? upgraded : beginning)) &&
           sqlite_file_run(db, SET_VERSION) && sqlite_file_run(db, "COMMIT");
}

int store_schema_prepare(sqlite3 *db, const char *path, const char *beginning, char *text, size_t text_size)
{
    int64_t version = 0;
    sqlite3_busy_timeout(db, STORE_BUSY_TIMEOUT_MS);
    int error = sqlite_file_check(db, path, &store_kind, &version, text, text_size);
    if (error) return error;
    if (!sqlite_file_make_durable(db) || !sqlite_file_run(db, "PRAGMA foreign_keys = OFF") ||
        !sqlite_file_run(db, "PRAGMA temp_store = MEMORY") || !sqlite_file_run(db, SQLITE_SMALL_CACHE) ||
        !sqlite_file_run(db, "PRAGMA wal_autocheckpoint = " SQLITE_NUMBER_OF(WAL_PAGES)) ||
        !sqlite_file_run(db, "PRAGMA journal_size_limit = " SQLITE_NUMBER_OF(STORE_WAL_KEPT_BYTES)))
        return sqlite_file_error(db, path, text, text_size);
    if (version < STORE_SCHEMA_VERSION && !make_tables(db, version, beginning))
        return sqlite_file_error(db, path, text, text_size);
    if (!sqlite_file_run(db, "PRAGMA foreign_keys = ON") || !sqlite_file_run(db, OUTBOX_INDEX))
        return sqlite_file_error(db, path, text, text_size);
    return SW_OK;
}
