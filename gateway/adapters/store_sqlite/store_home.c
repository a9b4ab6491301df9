#include "adapters/store_sqlite/store_home.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "adapters/store_sqlite/readings/readings_erase.h"
#include "adapters/store_sqlite/sqlite_file.h"
#include "adapters/store_sqlite/store_lock.h"
#include "adapters/store_sqlite/store_readings.h"
#include "adapters/store_sqlite/store_schema.h"
#include "adapters/store_sqlite/store_table.h"
#include "adapters/store_sqlite/store_trail.h"
#include "stillwater/error.h"

/* An alert of its own, by id; ?1 is the home. */
#define ITS_ALERTS "(SELECT alert_id FROM alerts WHERE subject = ?1)"

/* What is there of it. Rows that refer to others stand before them, so that they can go in this order. */
static const struct {
    const char *table, *where;
    size_t counter; /* in struct store_erased */
    bool in_files;  /* of their own: store_history.h shows them, readings_erase.h takes them out */
} parts[] = {
    {"readings", "subject = ?1", offsetof(struct store_erased, readings), true},
    {"snapshots", "subject = ?1 OR subject IN " ITS_ALERTS, offsetof(struct store_erased, snapshots), false},
    {"outbox", "alert_id IN " ITS_ALERTS, offsetof(struct store_erased, outbox), false},
    {"reports", "alert_id IN " ITS_ALERTS, offsetof(struct store_erased, reports), false},
    {"feedback", "subject = ?1", offsetof(struct store_erased, feedback), false},
    {"alerts", "subject = ?1", offsetof(struct store_erased, alerts), false},
};

#define PART_COUNT (sizeof parts / sizeof parts[0])
#define ITS_TRAIL  "about = ?1 OR about IN " ITS_ALERTS

static sqlite3_stmt *prepare(sqlite3 *db, const char *home, const char *format, const char *table, const char *where)
{
    char sql[512];
    sqlite3_stmt *statement = NULL;
    snprintf(sql, sizeof sql, format, table, where);
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK) return NULL;
    sqlite3_bind_text(statement, 1, home, -1, SQLITE_STATIC);
    return statement;
}

/* ---- shown ---- */

static bool each_row(sqlite3 *db, const char *home, const char *table, const char *where, void *ctx,
                     void (*each)(void *ctx, const char *table, sqlite3_stmt *row))
{
    sqlite3_stmt *statement = prepare(db, home, "SELECT * FROM %s WHERE %s", table, where);
    int result = statement ? SQLITE_ROW : SQLITE_ERROR;
    while (result == SQLITE_ROW && (result = sqlite3_step(statement)) == SQLITE_ROW)
        each(ctx, table, statement);
    sqlite3_finalize(statement);
    return result == SQLITE_DONE;
}

int store_home_each(const char *path, const char *home, void *ctx,
                    void (*each)(void *ctx, const char *table, sqlite3_stmt *row), char *text, size_t text_size)
{
    sqlite3 *db = NULL;
    int error = SW_OK;
    bool read = true;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        error = sqlite_file_error(db, path, text, text_size);
    if (!error) error = store_schema_check(db, path, text, text_size);
    if (!error) {
        read = sqlite_file_run(db, "BEGIN");
        for (size_t i = 0; read && i < PART_COUNT; i++)
            if (!parts[i].in_files) read = each_row(db, home, parts[i].table, parts[i].where, ctx, each);
        read = read && each_row(db, home, "trail", ITS_TRAIL, ctx, each);
    }
    if (!error && !read) error = sqlite_file_error(db, path, text, text_size);
    sqlite3_close(db);
    return error;
}

/* ---- taken out ---- */

static bool count_of(sqlite3 *db, const char *home, const char *table, const char *where, int64_t *count)
{
    sqlite3_stmt *statement = prepare(db, home, "SELECT count(*) FROM %s WHERE %s", table, where);
    bool good = statement && sqlite3_step(statement) == SQLITE_ROW;
    if (good) *count = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return good;
}

static bool run_on(sqlite3 *db, const char *home, const char *format, const char *table, const char *where)
{
    sqlite3_stmt *statement = prepare(db, home, format, table, where);
    bool good = statement && sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_finalize(statement);
    return good;
}

static bool count_all(sqlite3 *db, const char *home, struct store_erased *erased, int64_t *total)
{
    bool good = count_of(db, home, "trail", ITS_TRAIL, &erased->trail);
    *total = erased->trail;
    for (size_t i = 0; good && i < PART_COUNT; i++) {
        int64_t *count = (int64_t *)(void *)((char *)erased + parts[i].counter);
        good = count_of(db, home, parts[i].table, parts[i].where, count);
        *total += *count;
    }
    return good;
}

static bool take_out(sqlite3 *db, const char *home)
{
    bool good = true;
    for (size_t i = 0; good && i < PART_COUNT; i++)
        good = parts[i].in_files || run_on(db, home, "DELETE FROM %s WHERE %s", parts[i].table, parts[i].where);
    return good;
}

static int refuse(int error, const char *why, const char *home, char *text, size_t text_size)
{
    snprintf(text, text_size, "%s: %s", home, why);
    return error;
}

static int erase_in(sqlite3 *db, const char *path, const struct store_erasure *erasure, struct store_erased *erased,
                    char *text, size_t text_size)
{
    static const char open[] = "subject = ?1 AND state IN (1, 2, 3) AND NOT EXISTS (SELECT 1 FROM alerts AS b"
                               " WHERE b.alert_id = alerts.alert_id AND b.revision > alerts.revision)";
    _Static_assert(SW_ALERT_STATE_RAISED == 1 && SW_ALERT_STATE_ACKNOWLEDGED == 2 && SW_ALERT_STATE_DISPATCHED == 3,
                   "the open states");
    const char *home = erasure->home;
    int64_t still_open = 0, total = 0, old = 0;
    if (!sqlite_file_run(db, "BEGIN IMMEDIATE") || !count_of(db, home, "alerts", open, &still_open) ||
        !count_of(db, home, "sqlite_schema", "name = 'old_readings' AND ?1 <> ''", &old) ||
        !count_all(db, home, erased, &total))
        return sqlite_file_error(db, path, text, text_size);
    if (old > 0)
        return refuse(SW_ERROR_NOT_PERMITTED,
                      "the readings of an older version are not taken over yet; let the gateway run, and stop it", home,
                      text, text_size);
    if (total == 0) return refuse(SW_ERROR_NOT_FOUND, "nothing is stored of it", home, text, text_size);
    if (still_open > 0)
        return refuse(
            SW_ERROR_NOT_PERMITTED,
            "one of its alerts is open, and would stay so at the centre; take it out of the configuration, and "
            "let the gateway run until that is delivered",
            home, text, text_size);
    /* The trail first: which of its rows are about the home, its alerts say. */
    int64_t row;
    if (!trail_empty(db, ITS_TRAIL, home, &row) || !take_out(db, home) ||
        !trail_say_erased(db, row, erasure->by, erasure->why) || !sqlite_file_run(db, "COMMIT"))
        return sqlite_file_error(db, path, text, text_size);
    return SW_OK;
}

/* The bytes go, too: pages that became free are written over, and those of the WAL with them. */
static bool wipe(sqlite3 *db)
{
    return sqlite_file_run(db, "VACUUM") && sqlite_file_run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
}

static int erase_readings(const char *path, const char *home, char *text, size_t text_size)
{
    struct store_readings readings;
    int error = store_readings_open(&readings, path, text, text_size);
    if (error) return error;
    error = readings_erase(&readings.file, home, text, text_size);
    store_readings_close(&readings);
    return error;
}

int store_home_erase(const char *path, const struct store_erasure *erasure, struct store_erased *erased, char *text,
                     size_t text_size)
{
    sqlite3 *db = NULL;
    int lock, error = store_lock_take(path, &lock, text, text_size);
    *erased = (struct store_erased){.readings = 0};
    if (error) return error;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        error = sqlite_file_error(db, path, text, text_size);
    if (!error) error = store_schema_check(db, path, text, text_size);
    if (!error && !(sqlite_file_make_durable(db) && sqlite_file_run(db, "PRAGMA secure_delete = ON")))
        error = sqlite_file_error(db, path, text, text_size);
    if (!error && !store_table_add(db, path)) error = sqlite_file_error(db, path, text, text_size);
    if (!error) error = erase_in(db, path, erasure, erased, text, text_size);
    if (!error && !wipe(db)) error = sqlite_file_error(db, path, text, text_size);
    /* Found again by the next try, should it fail: there is something of the home still. */
    if (!error) error = erase_readings(path, erasure->home, text, text_size);
    /* What was begun and not committed goes with the connection. */
    sqlite3_close(db);
    close(lock);
    return error;
}
