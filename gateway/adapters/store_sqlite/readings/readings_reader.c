#include "adapters/store_sqlite/readings/readings_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "adapters/store_sqlite/readings/chunk_codec.h"
#include "adapters/store_sqlite/readings/readings_database.h"
#include "adapters/store_sqlite/readings/readings_gather.h"
#include "adapters/store_sqlite/readings/readings_log.h"
#include "adapters/store_sqlite/readings/readings_order.h"
#include "stillwater/error.h"

#define SANE_COUNT (1 << 24) /* a chunk that says more is none of ours */

enum reader_statement {
    READ_BEGIN,
    READ_COMMIT,
    READ_STATE,
    READ_SERIES,
    READ_CHUNKS,
    READ_TAIL,
    READ_AGGREGATES,
    READ_STATEMENT_COUNT
};

static const char *const statement_sql[READ_STATEMENT_COUNT] = {
    [READ_BEGIN] = "BEGIN",
    [READ_COMMIT] = "COMMIT",
    [READ_STATE] = "SELECT ifnull((SELECT value FROM state WHERE name = 'log_done'), 0),"
                   " ifnull((SELECT value FROM state WHERE name = 'series_done'), 0)",
    [READ_SERIES] = "SELECT number, name, kind FROM series ORDER BY number",
    [READ_CHUNKS] = "SELECT last_ms, count, block FROM chunks WHERE series = ?1 AND first_ms <= ?3 AND first_ms >="
                    " ifnull((SELECT max(first_ms) FROM chunks WHERE series = ?1 AND first_ms <= ?2), 0)"
                    " ORDER BY first_ms",
    [READ_AGGREGATES] = "SELECT count, block FROM aggregates WHERE series = ?1 AND first_ms <= ?3 AND last_ms >= ?2"
                        " ORDER BY first_ms, id",
    [READ_TAIL] = "SELECT last_ms, count, block FROM tails WHERE series = ?1 AND first_ms <= ?3 AND last_ms >= ?2",
};

/* A file of the log, as far as it has been read. */
struct reader_log {
    struct log_file file;
    ino_t inode;
    struct log_walk walk;
    struct readings_gather gather;
};

struct array {
    struct series_reading *readings;
    size_t count, capacity;
};

struct readings_reader {
    sqlite3 *db;
    sqlite3_stmt *statements[READ_STATEMENT_COUNT];
    char path[READINGS_PATH_SIZE];
    struct readings_series series;
    struct readings_records *records;
    size_t record_count;
    struct reader_log logs[LOG_SLOTS];
    struct array base, fresh, joined;
    struct readings_aggregate *days; /* of readings that have been dropped */
    size_t day_count, day_capacity;
    int error; /* of what is not SQLite's; 0 = it is */
};

static bool have_room(struct array *array, size_t wanted)
{
    if (wanted <= array->capacity) return true;
    size_t capacity = wanted + wanted / 2 + 1024;
    struct series_reading *larger = realloc(array->readings, capacity * sizeof *larger);
    if (!larger) return false;
    array->readings = larger;
    array->capacity = capacity;
    return true;
}

static int fail(struct readings_reader *reader, int error)
{
    reader->error = error;
    return error;
}

void readings_reader_text(struct readings_reader *reader, char *text, size_t text_size)
{
    for (int slot = 0; reader->error == SW_ERROR_VERSION && slot < LOG_SLOTS; slot++)
        if (reader->logs[slot].file.version != 0) {
            log_file_tell_version(reader->path, slot, &reader->logs[slot].file, text, text_size);
            return;
        }
    if (reader->error)
        (void)snprintf(text, text_size, "%s: %s", reader->path, sw_error_text(reader->error));
    else
        (void)sqlite_file_error(reader->db, reader->path, text, text_size);
}

/* ---- the log ---- */

static void forget_log(struct reader_log *log)
{
    log_file_close(&log->file);
    readings_gather_free(&log->gather);
    readings_gather_begin(&log->gather, 0, SERIES_NONE);
    log->walk = (struct log_walk){.at = 0};
}

static void learn_series(void *ctx, uint32_t number, const char *name, uint8_t kind)
{
    struct readings_reader *reader = ctx;
    if (readings_series_put(&reader->series, number, name, kind) != SW_OK) reader->error = SW_ERROR_NO_SPACE;
}

/* A head says all there was before it. */
static void begin_block(void *ctx, bool head, int64_t position)
{
    struct readings_reader *reader = ctx;
    (void)position;
    if (head) reader->record_count = 0;
}

static void learn_records(void *ctx, const struct readings_records *records)
{
    struct readings_reader *reader = ctx;
    for (size_t i = 0; i < reader->record_count; i++) {
        struct readings_records *known = &reader->records[i];
        if (known->serial != records->serial || known->epoch != records->epoch) continue;
        if (records->last > known->last) known->last = records->last;
        known->count += records->count;
        return;
    }
    struct readings_records *larger = realloc(reader->records, (reader->record_count + 1) * sizeof *larger);
    if (!larger) {
        reader->error = SW_ERROR_NO_SPACE;
        return;
    }
    reader->records = larger;
    larger[reader->record_count++] = *records;
}

struct taking {
    struct readings_reader *reader;
    struct reader_log *log;
};

static void take_series(void *ctx, uint32_t number, const char *name, uint8_t kind)
{
    learn_series(((struct taking *)ctx)->reader, number, name, kind);
}

static void take_records(void *ctx, const struct readings_records *records)
{
    learn_records(((struct taking *)ctx)->reader, records);
}

static void take_reading(void *ctx, int64_t position, const struct log_reading *reading)
{
    readings_gather_add(&((struct taking *)ctx)->log->gather, position, reading);
}

static int read_on(struct readings_reader *reader, struct reader_log *log)
{
    struct taking taking = {reader, log};
    struct block_visitor visitor = {
        .ctx = &taking, .series = take_series, .records = take_records, .reading = take_reading};
    log->walk.block = begin_block;
    log->walk.ctx = reader;
    int error = log_file_walk(&log->file, &visitor, &log->walk);
    if (!error && log->gather.no_memory) error = SW_ERROR_NO_SPACE;
    return error ? error : reader->error;
}

/* Whether the file under the slot's name is another one than was read. */
static bool is_another(struct readings_reader *reader, int slot, struct stat *about)
{
    char name[READINGS_PATH_SIZE + 8];
    log_file_name(reader->path, slot, name, sizeof name);
    bool there = stat(name, about) == 0;
    const struct reader_log *log = &reader->logs[slot];
    return there ? log->file.fd < 0 || log->inode != about->st_ino : log->file.fd >= 0;
}

static int open_logs(struct readings_reader *reader)
{
    reader->record_count = 0;
    for (int slot = 0; slot < LOG_SLOTS; slot++) {
        struct reader_log *log = &reader->logs[slot];
        struct stat about;
        forget_log(log);
        int error = log_file_open(reader->path, slot, false, &log->file);
        if (error == SW_ERROR_NOT_FOUND) continue;
        if (error || fstat(log->file.fd, &about) != 0) return error ? error : SW_ERROR_SYSTEM;
        log->inode = about.st_ino;
    }
    /* The older one first: the head of the other one goes by it. */
    int older = reader->logs[0].file.fd >= 0 &&
                (reader->logs[1].file.fd < 0 || reader->logs[0].file.first < reader->logs[1].file.first);
    int order[LOG_SLOTS] = {older ? 0 : 1, older ? 1 : 0}, error = SW_OK;
    for (int i = 0; !error && i < LOG_SLOTS; i++)
        if (reader->logs[order[i]].file.fd >= 0) error = read_on(reader, &reader->logs[order[i]]);
    return error;
}

int readings_reader_refresh(struct readings_reader *reader)
{
    struct stat about[LOG_SLOTS];
    bool another = false;
    reader->error = SW_OK;
    for (int slot = 0; slot < LOG_SLOTS; slot++)
        another = is_another(reader, slot, &about[slot]) || another;
    if (another) return fail(reader, open_logs(reader));
    for (int slot = 0; slot < LOG_SLOTS; slot++) {
        struct reader_log *log = &reader->logs[slot];
        if (log->file.fd < 0 || log->file.size == about[slot].st_size) continue;
        log->file.size = about[slot].st_size;
        int error = read_on(reader, log);
        if (error) return fail(reader, error);
    }
    return SW_OK;
}

/* ---- opening ---- */

static int load_series(struct readings_reader *reader)
{
    sqlite3_stmt *s = reader->statements[READ_SERIES];
    int result;
    while ((result = sqlite3_step(s)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(s, 1);
        learn_series(reader, (uint32_t)sqlite3_column_int64(s, 0), name ? name : "", (uint8_t)sqlite3_column_int(s, 2));
    }
    if (result == SQLITE_DONE) sqlite3_reset(s);
    return result == SQLITE_DONE ? reader->error : SW_ERROR_STORE;
}

static int open_database(struct readings_reader *reader, char *text, size_t text_size)
{
    if (sqlite3_open_v2(reader->path, &reader->db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        return sqlite_file_error(reader->db, reader->path, text, text_size);
    int error = readings_schema_check(reader->db, reader->path, text, text_size);
    for (int i = 0; !error && i < READ_STATEMENT_COUNT; i++)
        if (sqlite3_prepare_v3(reader->db, statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT, &reader->statements[i],
                               NULL) != SQLITE_OK)
            error = sqlite_file_error(reader->db, reader->path, text, text_size);
    return error;
}

int readings_reader_open(const char *path, struct readings_reader **out, char *text, size_t text_size)
{
    struct stat about;
    *out = NULL;
    if (stat(path, &about) != 0) {
        (void)snprintf(text, text_size, "%s: there is no such file", path);
        return SW_ERROR_NOT_FOUND;
    }
    struct readings_reader *reader = calloc(1, sizeof *reader);
    if (!reader) {
        (void)snprintf(text, text_size, "no memory");
        return SW_ERROR_NO_SPACE;
    }
    (void)snprintf(reader->path, sizeof reader->path, "%s", path);
    for (int slot = 0; slot < LOG_SLOTS; slot++)
        reader->logs[slot].file = LOG_FILE_NONE;
    int error = open_database(reader, text, text_size);
    if (!error) {
        error = load_series(reader);
        if (!error) error = readings_reader_refresh(reader);
        if (error) readings_reader_text(reader, text, text_size);
    }
    if (error)
        readings_reader_close(reader);
    else
        *out = reader;
    return error;
}

void readings_reader_close(struct readings_reader *reader)
{
    if (!reader) return;
    for (int i = 0; i < READ_STATEMENT_COUNT; i++)
        sqlite3_finalize(reader->statements[i]);
    sqlite3_close(reader->db);
    for (int slot = 0; slot < LOG_SLOTS; slot++) {
        log_file_close(&reader->logs[slot].file);
        readings_gather_free(&reader->logs[slot].gather);
    }
    readings_series_free(&reader->series);
    free(reader->records);
    free(reader->days);
    free(reader->base.readings);
    free(reader->fresh.readings);
    free(reader->joined.readings);
    free(reader);
}

const struct readings_series *readings_reader_series(const struct readings_reader *reader)
{
    return &reader->series;
}

const struct readings_records *readings_reader_records(const struct readings_reader *reader, size_t *count)
{
    *count = reader->record_count;
    return reader->records;
}

/* ---- reading ---- */

static int read_blocks(struct readings_reader *reader, enum reader_statement statement, uint32_t series,
                       int64_t from_ms, int64_t to_ms)
{
    sqlite3_stmt *s = reader->statements[statement];
    struct array *base = &reader->base;
    int result, error = SW_OK;
    sqlite3_bind_int64(s, 1, series);
    sqlite3_bind_int64(s, 2, from_ms);
    sqlite3_bind_int64(s, 3, to_ms);
    while (!error && (result = sqlite3_step(s)) == SQLITE_ROW) {
        int64_t count = sqlite3_column_int64(s, 1);
        size_t got = 0;
        if (sqlite3_column_int64(s, 0) < from_ms || count == 0) continue;
        if (count < 0 || count > SANE_COUNT) {
            error = SW_ERROR_MALFORMED;
        } else if (!have_room(base, base->count + (size_t)count)) {
            error = SW_ERROR_NO_SPACE;
        } else {
            const uint8_t *bytes = sqlite3_column_blob(s, 2);
            error = chunk_decode(bytes, (size_t)sqlite3_column_bytes(s, 2), base->readings + base->count, (size_t)count,
                                 &got);
            base->count += got;
        }
    }
    if (error) {
        sqlite3_reset(s);
        return fail(reader, error);
    }
    if (result == SQLITE_DONE) sqlite3_reset(s);
    return result == SQLITE_DONE ? SW_OK : SW_ERROR_STORE;
}

/* Chunks and tail as of one moment, and what of the log is not in them. */
static int read_parts(struct readings_reader *reader, uint32_t series, int64_t from_ms, int64_t to_ms)
{
    sqlite3_stmt *s = reader->statements[READ_STATE];
    reader->base.count = reader->fresh.count = 0;
    if (sqlite3_step(s) != SQLITE_ROW) return SW_ERROR_STORE;
    int64_t log_done = sqlite3_column_int64(s, 0);
    uint32_t series_done = (uint32_t)sqlite3_column_int64(s, 1);
    sqlite3_reset(s);
    int error = read_blocks(reader, READ_CHUNKS, series, from_ms, to_ms);
    if (!error) error = read_blocks(reader, READ_TAIL, series, from_ms, to_ms);
    int order[LOG_SLOTS] = {0, 1};
    if (reader->logs[1].file.first < reader->logs[0].file.first) {
        order[0] = 1;
        order[1] = 0;
    }
    for (int i = 0; !error && i < LOG_SLOTS; i++) {
        struct reader_log *log = &reader->logs[order[i]];
        bool moved = log->file.first < log_done || (log->file.first == log_done && series < series_done);
        uint32_t more = log->file.fd < 0 || moved ? 0 : readings_gather_take(&log->gather, series, NULL);
        if (more == 0) continue;
        if (!have_room(&reader->fresh, reader->fresh.count + more)) return fail(reader, SW_ERROR_NO_SPACE);
        reader->fresh.count += readings_gather_take(&log->gather, series, reader->fresh.readings + reader->fresh.count);
    }
    return error;
}

static int read_days(struct readings_reader *reader, uint32_t series, int64_t from_ms, int64_t to_ms)
{
    sqlite3_stmt *s = reader->statements[READ_AGGREGATES];
    int result, error = SW_OK;
    sqlite3_bind_int64(s, 1, series);
    sqlite3_bind_int64(s, 2, from_ms);
    sqlite3_bind_int64(s, 3, to_ms);
    while (!error && (result = sqlite3_step(s)) == SQLITE_ROW) {
        int64_t count = sqlite3_column_int64(s, 0);
        size_t wanted = reader->day_count + (count > 0 && count < SANE_COUNT ? (size_t)count : 0), got;
        if (wanted > reader->day_capacity) {
            struct readings_aggregate *larger = realloc(reader->days, 2 * wanted * sizeof *larger);
            if (!larger) {
                error = SW_ERROR_NO_SPACE;
                break;
            }
            reader->days = larger;
            reader->day_capacity = 2 * wanted;
        }
        const uint8_t *bytes = sqlite3_column_blob(s, 1);
        error = readings_aggregates_decode(bytes, (size_t)sqlite3_column_bytes(s, 1), reader->days + reader->day_count,
                                           wanted - reader->day_count, &got);
        reader->day_count += got;
    }
    sqlite3_reset(s);
    if (error) return fail(reader, error);
    return result == SQLITE_DONE ? SW_OK : SW_ERROR_STORE;
}

static int read_at_once(struct readings_reader *reader, uint32_t series, int64_t from_ms, int64_t to_ms, bool days)
{
    reader->error = SW_OK;
    reader->day_count = 0;
    if (!readings_step_done(reader->statements[READ_BEGIN])) return SW_ERROR_STORE;
    int error = read_parts(reader, series, from_ms, to_ms);
    if (!error && days) error = read_days(reader, series, from_ms, to_ms);
    /* On error, too: a transaction left open would hold up the WAL. */
    bool ended = readings_step_done(reader->statements[READ_COMMIT]);
    return error || ended ? error : SW_ERROR_STORE;
}

static int read_all(struct readings_reader *reader, uint32_t series, int64_t from_ms, int64_t to_ms, bool days,
                    const struct series_reading **readings, size_t *count)
{
    *count = 0;
    int error = readings_reader_refresh(reader);
    if (!error) error = read_at_once(reader, series, from_ms, to_ms, days);
    if (error) return error;
    struct array *all = &reader->base;
    if (reader->fresh.count > 0) {
        all = &reader->joined;
        if (!have_room(all, reader->base.count + reader->fresh.count)) return fail(reader, SW_ERROR_NO_SPACE);
        readings_sort(reader->fresh.readings, reader->fresh.count, all->readings);
        all->count = readings_join(reader->base.readings, reader->base.count, reader->fresh.readings,
                                   reader->fresh.count, all->readings);
    }
    size_t first = 0, end = all->count;
    while (first < end && all->readings[first].time_ms < from_ms)
        first++;
    while (end > first && all->readings[end - 1].time_ms > to_ms)
        end--;
    *readings = all->readings + first;
    *count = end - first;
    return SW_OK;
}

int readings_reader_read(struct readings_reader *reader, uint32_t series, int64_t from_ms, int64_t to_ms,
                         const struct series_reading **readings, size_t *count)
{
    return read_all(reader, series, from_ms, to_ms, false, readings, count);
}

int readings_reader_each(struct readings_reader *reader, uint32_t series, int64_t from_ms, int64_t to_ms, void *ctx,
                         void (*each)(void *ctx, const struct series_reading *reading))
{
    const struct series_reading *readings;
    size_t count;
    int error = readings_reader_read(reader, series, from_ms, to_ms, &readings, &count);
    for (size_t i = 0; i < count; i++)
        each(ctx, &readings[i]);
    return error;
}

/* ---- aggregates ---- */

static int by_time(const void *a, const void *b)
{
    const struct readings_aggregate *one = a, *other = b;
    int64_t left = one->count ? one->first_ms : one->from_ms, right = other->count ? other->first_ms : other->from_ms;
    return (left > right) - (left < right);
}

struct telling {
    struct readings_aggregate dropped, there; /* readings of the span it is at */
    int64_t step_ms;
    bool any, counted; /* `last` is known */
    int64_t last;
    void *ctx;
    void (*each)(void *ctx, const struct readings_aggregate *aggregate);
};

/* A counter's step from the span before counts for the later one. */
static void tell_span(struct telling *telling)
{
    struct readings_aggregate *span = &telling->dropped;
    if (!telling->any) return;
    readings_aggregate_join(span, &telling->there);
    if (span->count > 0) {
        if (telling->counted && span->first > telling->last) span->grown += span->first - telling->last;
        telling->last = span->last;
        telling->counted = true;
    }
    telling->each(telling->ctx, span);
}

/* What is to come is of the span that this time is in. */
static void come_to(struct telling *telling, int64_t time_ms)
{
    int64_t from_ms = time_ms - time_ms % telling->step_ms;
    if (telling->any && telling->dropped.from_ms == from_ms) return;
    tell_span(telling);
    telling->dropped = telling->there = (struct readings_aggregate){.from_ms = from_ms};
    telling->any = true;
}

static void tell_all(struct telling *telling, const struct readings_aggregate *days, size_t day_count,
                     const struct series_reading *readings, size_t count)
{
    size_t d = 0, r = 0;
    while (d < day_count || r < count) {
        bool day = d < day_count && (r == count || days[d].from_ms <= readings[r].time_ms);
        come_to(telling, day ? days[d].from_ms : readings[r].time_ms);
        if (day)
            readings_aggregate_join(&telling->dropped, &days[d++]);
        else
            readings_aggregate_add(&telling->there, &readings[r++]);
    }
    tell_span(telling);
}

int readings_reader_aggregates(struct readings_reader *reader, uint32_t series, int64_t from_ms, int64_t to_ms,
                               int64_t step_ms, void *ctx,
                               void (*each)(void *ctx, const struct readings_aggregate *aggregate))
{
    struct telling telling = {.step_ms = step_ms, .ctx = ctx, .each = each};
    const struct series_reading *readings;
    size_t count;
    int64_t first_ms = from_ms - from_ms % step_ms, end_ms = to_ms - to_ms % step_ms + step_ms - 1;
    int error = read_all(reader, series, first_ms, end_ms, step_ms % AGGREGATE_DAY_MS == 0, &readings, &count);
    if (error) return error;
    if (reader->day_count > 0) qsort(reader->days, reader->day_count, sizeof *reader->days, by_time);
    tell_all(&telling, reader->days, reader->day_count, readings, count);
    return SW_OK;
}
