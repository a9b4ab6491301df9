#include "adapters/store_sqlite/store_takeover.h"

#include <stdio.h>
#include <unistd.h>

#include "adapters/store_sqlite/sqlite_file.h"
#include "adapters/store_sqlite/store_schema.h"
#include "stillwater/error.h"

#define BATCH_ROWS 10000

/* One number out of a query; 0 when there is none. */
static int64_t number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s = NULL;
    int64_t value = 0;
    if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
        value = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return value;
}

/* What a takeover that was broken off has left. */
static void remove_files(const char *store_path)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-log0", "-log1"};
    char path[READINGS_PATH_SIZE], name[READINGS_PATH_SIZE + 8];
    store_readings_path(store_path, path, sizeof path);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        (void)snprintf(name, sizeof name, "%s%s", path, ends[i]);
        (void)unlink(name);
    }
}

static struct store_reading reading_of(sqlite3_stmt *s)
{
    struct store_reading reading = {.serial = (uint32_t)sqlite3_column_int64(s, 1),
                                    .epoch = (uint16_t)sqlite3_column_int(s, 2),
                                    .sequence = (uint32_t)sqlite3_column_int64(s, 3),
                                    .kind = (uint8_t)sqlite3_column_int(s, 5),
                                    .quality = (uint8_t)sqlite3_column_int(s, 6),
                                    .reason = (uint8_t)sqlite3_column_int(s, 7),
                                    .clock_quality = (uint8_t)sqlite3_column_int(s, 8),
                                    .time.ms = sqlite3_column_int64(s, 9),
                                    .value_milli = sqlite3_column_int64(s, 10),
                                    .taken.ms = sqlite3_column_int64(s, 11),
                                    .doubted = sqlite3_column_int(s, 12) != 0};
    const char *subject = (const char *)sqlite3_column_text(s, 4);
    (void)snprintf(reading.subject, sizeof reading.subject, "%s", subject ? subject : "");
    return reading;
}

/* One after the other, and room for those that come: steps as they are due. */
static int write_batch(struct store_readings *readings, struct store_batch **batch, char *text, size_t text_size)
{
    bool more = true;
    int error = store_readings_write(readings, *batch, true, text, text_size);
    while (!error && more)
        error = readings_file_step(&readings->file, &more, text, text_size);
    store_batch_free(*batch);
    *batch = store_batch_new();
    return error || *batch ? error : SW_ERROR_NO_SPACE;
}

/* A row's position is its id. Those before the checkpoint are not asked for any more and may close up. */
static int take_rows(struct store_readings *readings, sqlite3_stmt *s, int64_t checkpoint, char *text, size_t text_size)
{
    struct store_batch *batch = store_batch_new();
    int64_t expected = 0;
    int error = batch ? SW_OK : SW_ERROR_NO_SPACE, result = SQLITE_DONE;
    while (!error && (result = sqlite3_step(s)) == SQLITE_ROW) {
        int64_t id = sqlite3_column_int64(s, 0);
        bool gap = id > checkpoint && id != expected;
        if (store_batch_size(batch) >= BATCH_ROWS || gap) error = write_batch(readings, &batch, text, text_size);
        if (!error && gap) store_readings_pass(readings, id - 1);
        struct store_reading reading = reading_of(s);
        if (!error) error = store_batch_add_reading(batch, &reading);
        expected = id + 1;
    }
    if (!error) error = write_batch(readings, &batch, text, text_size);
    store_batch_free(batch);
    if (error) return error;
    return result == SQLITE_DONE ? SW_OK : SW_ERROR_STORE;
}

static int take_cursors(struct store_readings *readings, sqlite3_stmt *s, char *text, size_t text_size)
{
    struct store_batch *batch = store_batch_new();
    int error = batch ? SW_OK : SW_ERROR_NO_SPACE;
    while (!error && sqlite3_step(s) == SQLITE_ROW) {
        struct store_cursor cursor = {(uint32_t)sqlite3_column_int64(s, 0), (uint16_t)sqlite3_column_int(s, 1),
                                      (uint32_t)sqlite3_column_int64(s, 2)};
        error = store_batch_add_cursor(batch, &cursor);
    }
    if (!error) error = store_readings_write(readings, batch, true, text, text_size);
    store_batch_free(batch);
    return error;
}

static int take_over(struct store_database *database, struct store_readings *readings, char *text, size_t text_size)
{
    sqlite3 *db = database->db;
    sqlite3_stmt *rows = NULL, *cursors = NULL;
    int64_t checkpoint = store_database_number(database, STATEMENT_CHECKPOINT);
    int error = SW_OK;
    if (sqlite3_prepare_v2(db,
                           "SELECT id, serial, epoch, sequence, subject, kind, quality, reason, clock_quality, time_ms,"
                           " value_milli, taken_ms, doubted FROM old_readings ORDER BY id",
                           -1, &rows, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, "SELECT serial, epoch, sequence FROM old_cursors", -1, &cursors, NULL) != SQLITE_OK)
        error = SW_ERROR_STORE;
    text[0] = '\0';
    store_readings_checkpoint(readings, checkpoint);
    if (!error) error = take_rows(readings, rows, checkpoint, text, text_size);
    if (!error) error = take_cursors(readings, cursors, text, text_size);
    sqlite3_finalize(rows);
    sqlite3_finalize(cursors);
    store_readings_pass(readings, number(db, "SELECT value FROM state WHERE name = 'position'"));
    if (!error && !sqlite_file_run(db, "BEGIN;" STORE_TAKEN_OVER "COMMIT")) error = SW_ERROR_STORE;
    if (error == SW_ERROR_STORE && text[0] == '\0') return sqlite_file_error(db, database->path, text, text_size);
    if (error && text[0] == '\0') (void)snprintf(text, text_size, "%s: %s", database->path, sw_error_text(error));
    return error;
}

int store_takeover_open(struct store_database *database, struct store_readings *readings, char *text, size_t text_size)
{
    bool old = number(database->db, "SELECT count(*) FROM sqlite_schema WHERE name = 'old_readings'") > 0;
    if (old) remove_files(database->path);
    int error = store_readings_open(readings, database->path, text, text_size);
    if (error) return error;
    if (old) error = take_over(database, readings, text, text_size);
    /* Readings that were left out have had positions, too, and snapshots may be of later ones than the log tells. */
    store_readings_pass(readings, number(database->db, "SELECT max(position) FROM snapshots"));
    int64_t checkpoint = store_database_number(database, STATEMENT_CHECKPOINT);
    store_readings_pass(readings, checkpoint);
    store_readings_checkpoint(readings, checkpoint);
    if (error) store_readings_close(readings);
    return error;
}
