#include "adapters/store_sqlite/readings/readings_retain.h"

#include <stdio.h>
#include <stdlib.h>

#include "adapters/store_sqlite/readings/chunk_codec.h"
#include "adapters/store_sqlite/readings/readings_aggregate.h"
#include "stillwater/error.h"

#define STEP_CHUNKS  64
#define STEP_SERIES  512
#define SANE_COUNT   (1 << 24) /* a chunk that says more is none of ours */
#define TRIM_DAYS_MS AGGREGATE_DAY_MS

/* Room for what a chunk holds, and for its days. */
struct retaining {
    struct readings_file *file;
    struct series_reading *readings;
    struct readings_aggregate *days;
    uint8_t *bytes;
    size_t capacity, count;
    int error;
    struct readings_dropped *dropped;
};

static void free_retaining(struct retaining *retaining)
{
    free(retaining->readings);
    free(retaining->days);
    free(retaining->bytes);
}

static bool fail(struct retaining *retaining, int error)
{
    retaining->error = error;
    return false;
}

static bool run(struct retaining *retaining, sqlite3_stmt *statement)
{
    return readings_step_done(statement) || fail(retaining, SW_ERROR_STORE);
}

static size_t bytes_for(size_t count)
{
    size_t chunk = CHUNK_SIZE_MAX(count), days = AGGREGATES_SIZE_MAX(count);
    return chunk > days ? chunk : days;
}

static bool have_room(struct retaining *retaining, size_t count)
{
    if (count <= retaining->capacity) return true;
    free_retaining(retaining);
    retaining->readings = malloc(count * sizeof *retaining->readings);
    retaining->days = malloc(count * sizeof *retaining->days);
    retaining->bytes = malloc(bytes_for(count));
    retaining->capacity = retaining->readings && retaining->days && retaining->bytes ? count : 0;
    return retaining->capacity > 0 || fail(retaining, SW_ERROR_NO_SPACE);
}

/* The row's readings; their number and the block are its columns `column` and the next one. */
static bool load(struct retaining *retaining, sqlite3_stmt *s, int column)
{
    int64_t count = sqlite3_column_int64(s, column);
    if (count <= 0 || count > SANE_COUNT) return fail(retaining, SW_ERROR_MALFORMED);
    if (!have_room(retaining, (size_t)count)) return false;
    const uint8_t *bytes = sqlite3_column_blob(s, column + 1);
    int error = chunk_decode(bytes, (size_t)sqlite3_column_bytes(s, column + 1), retaining->readings, (size_t)count,
                             &retaining->count);
    return error == SW_OK || fail(retaining, error);
}

/* The first `count` of those loaded leave their days behind. */
static bool leave_days(struct retaining *retaining, uint32_t series, size_t count)
{
    sqlite3_stmt *s = retaining->file->database.statements[READINGS_AGGREGATE_ADD];
    size_t days = readings_aggregate_days(retaining->readings, count, retaining->days, count);
    size_t size = readings_aggregates_encode(retaining->days, days, retaining->bytes, bytes_for(retaining->capacity));
    sqlite3_bind_int64(s, 1, series);
    sqlite3_bind_int64(s, 2, retaining->days[0].from_ms);
    sqlite3_bind_int64(s, 3, retaining->days[days - 1].from_ms + AGGREGATE_DAY_MS - 1);
    sqlite3_bind_int64(s, 4, (int64_t)days);
    sqlite3_bind_blob64(s, 5, retaining->bytes, size, SQLITE_STATIC);
    retaining->dropped->readings += count;
    int64_t newest_ms = retaining->readings[count - 1].time_ms;
    if (newest_ms > retaining->dropped->newest_ms) retaining->dropped->newest_ms = newest_ms;
    return run(retaining, s);
}

static bool remove_chunk(struct retaining *retaining, int64_t id)
{
    sqlite3_stmt *s = retaining->file->database.statements[READINGS_CHUNK_REMOVE];
    sqlite3_bind_int64(s, 1, id);
    return run(retaining, s);
}

/* SQLITE_ROW, SQLITE_DONE, or an error that has been noted. */
static int look(struct retaining *retaining, sqlite3_stmt *s)
{
    int result = sqlite3_step(s);
    if (result == SQLITE_DONE) sqlite3_reset(s);
    if (result != SQLITE_ROW && result != SQLITE_DONE) (void)fail(retaining, SW_ERROR_STORE);
    return result;
}

/* ---- the oldest ---- */

static bool drop_oldest_chunk(struct retaining *retaining, bool *there)
{
    sqlite3_stmt *s = retaining->file->database.statements[READINGS_CHUNK_OLDEST];
    int result = look(retaining, s);
    *there = result == SQLITE_ROW;
    if (!*there) return result == SQLITE_DONE;
    int64_t id = sqlite3_column_int64(s, 0);
    uint32_t series = (uint32_t)sqlite3_column_int64(s, 1);
    bool good = load(retaining, s, 3);
    sqlite3_reset(s);
    return good && leave_days(retaining, series, retaining->count) && remove_chunk(retaining, id);
}

/* No chunk is left, so nothing is known of its series any more. */
static bool drop_oldest_tail(struct retaining *retaining)
{
    struct readings_database *database = &retaining->file->database;
    sqlite3_stmt *s = database->statements[READINGS_TAIL_OLDEST];
    int result = look(retaining, s);
    if (result != SQLITE_ROW) return result == SQLITE_DONE;
    uint32_t series = (uint32_t)sqlite3_column_int64(s, 0);
    bool good = load(retaining, s, 2);
    sqlite3_reset(s);
    if (!good || !leave_days(retaining, series, retaining->count)) return false;
    s = database->statements[READINGS_TAIL_REMOVE];
    sqlite3_bind_int64(s, 1, series);
    return run(retaining, s);
}

static bool drop_some(struct retaining *retaining)
{
    bool there = true, good = true;
    for (int i = 0; good && there && i < STEP_CHUNKS; i++)
        good = drop_oldest_chunk(retaining, &there);
    for (int i = 0; good && !there && i < STEP_CHUNKS; i++)
        good = drop_oldest_tail(retaining);
    return good;
}

/* Runs `part` in a transaction; what it has dropped counts only then. */
static int in_transaction(struct retaining *retaining, bool (*part)(struct retaining *retaining), char *text,
                          size_t text_size)
{
    struct readings_file *file = retaining->file;
    bool good = readings_file_has_way(file);
    if (!good) return SW_ERROR_BUSY;
    (void)readings_database_sync(&file->database, false);
    good = readings_database_begin(&file->database) && part(retaining) &&
           readings_file_count(file, -(int64_t)retaining->dropped->readings) &&
           readings_database_commit(&file->database);
    if (good) return SW_OK;
    *retaining->dropped = (struct readings_dropped){0};
    return readings_file_failed(file, retaining->error, text, text_size);
}

int readings_drop_oldest(struct readings_file *file, struct readings_dropped *dropped, char *text, size_t text_size)
{
    struct retaining retaining = {.file = file, .dropped = dropped};
    *dropped = (struct readings_dropped){0};
    int error = in_transaction(&retaining, drop_some, text, text_size);
    free_retaining(&retaining);
    if (!error && dropped->readings == 0) error = readings_file_move_now(file, text, text_size);
    return error;
}

/* ---- those before a time ---- */

struct older {
    struct retaining retaining;
    const struct readings_keep *keep;
    uint32_t first, end;
};

/* How many of the loaded ones are from before. */
static size_t older_than(const struct retaining *retaining, int64_t from_ms)
{
    size_t count = 0;
    while (count < retaining->count && retaining->readings[count].time_ms < from_ms)
        count++;
    return count;
}

static bool trim_chunk(struct retaining *retaining, uint32_t series, int64_t id, int64_t from_ms)
{
    size_t gone = older_than(retaining, from_ms), left = retaining->count - gone;
    if (!leave_days(retaining, series, gone)) return false;
    if (left == 0) return remove_chunk(retaining, id);
    sqlite3_stmt *s = retaining->file->database.statements[READINGS_CHUNK_SET];
    const struct series_reading *kept = retaining->readings + gone;
    size_t size = chunk_encode(kept, left, retaining->bytes, bytes_for(retaining->capacity));
    sqlite3_bind_int64(s, 1, id);
    sqlite3_bind_int64(s, 2, kept[0].time_ms);
    sqlite3_bind_int64(s, 3, kept[left - 1].time_ms);
    sqlite3_bind_int64(s, 4, (int64_t)left);
    sqlite3_bind_blob64(s, 5, retaining->bytes, size, SQLITE_STATIC);
    return run(retaining, s);
}

/* Chunks in order, until one has nothing to give. */
static bool trim_chunks(struct retaining *retaining, uint32_t series, int64_t from_ms)
{
    sqlite3_stmt *s = retaining->file->database.statements[READINGS_CHUNK_FIRST];
    for (;;) {
        sqlite3_bind_int64(s, 1, series);
        int result = look(retaining, s);
        if (result != SQLITE_ROW) return result == SQLITE_DONE;
        int64_t id = sqlite3_column_int64(s, 0), first_ms = sqlite3_column_int64(s, 1);
        int64_t last_ms = sqlite3_column_int64(s, 4);
        bool due = first_ms < from_ms && (last_ms < from_ms || first_ms < from_ms - TRIM_DAYS_MS);
        bool good = !due || load(retaining, s, 2);
        sqlite3_reset(s);
        if (!due) return true;
        if (!good || !trim_chunk(retaining, series, id, from_ms)) return false;
        if (last_ms >= from_ms) return true;
    }
}

static bool trim_tail(struct retaining *retaining, uint32_t series, int64_t from_ms)
{
    sqlite3_stmt *s = retaining->file->database.statements[READINGS_TAIL];
    sqlite3_bind_int64(s, 1, series);
    int result = look(retaining, s);
    if (result != SQLITE_ROW) return result == SQLITE_DONE;
    int64_t after_ms = sqlite3_column_int64(s, 0), count = sqlite3_column_int64(s, 1);
    bool due = count > 0 && sqlite3_column_int64(s, 3) < from_ms - TRIM_DAYS_MS;
    bool good = !due || load(retaining, s, 1);
    sqlite3_reset(s);
    if (!due || !good) return good;
    size_t gone = older_than(retaining, from_ms), left = retaining->count - gone;
    if (!leave_days(retaining, series, gone)) return false;
    const struct series_reading *kept = retaining->readings + gone;
    size_t size = left > 0 ? chunk_encode(kept, left, retaining->bytes, bytes_for(retaining->capacity)) : 0;
    return readings_tail_set(&retaining->file->database, series, after_ms, kept, left, retaining->bytes, size) ||
           fail(retaining, SW_ERROR_STORE);
}

static bool trim_series(struct retaining *retaining)
{
    struct older *older = (struct older *)(void *)retaining;
    bool good = true;
    for (uint32_t series = older->first; good && series < older->end; series++) {
        int64_t from_ms = older->keep->from_ms[retaining->file->kinds[series]];
        if (from_ms > 0) good = trim_chunks(retaining, series, from_ms) && trim_tail(retaining, series, from_ms);
    }
    return good;
}

int readings_drop_older(struct readings_file *file, const struct readings_keep *keep, struct readings_dropped *dropped,
                        bool *round, char *text, size_t text_size)
{
    struct older older = {.retaining = {.file = file, .dropped = dropped}, .keep = keep, .first = file->trimmed_to};
    *dropped = (struct readings_dropped){0};
    *round = false;
    older.end = older.first + STEP_SERIES < file->kind_count ? older.first + STEP_SERIES : file->kind_count;
    int error = in_transaction(&older.retaining, trim_series, text, text_size);
    free_retaining(&older.retaining);
    if (error) return error;
    *round = older.end == file->kind_count;
    file->trimmed_to = *round ? 0 : older.end;
    return SW_OK;
}
