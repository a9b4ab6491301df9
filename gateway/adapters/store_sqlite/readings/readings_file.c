#include "adapters/store_sqlite/readings/readings_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "stillwater/error.h"

/* What one step moves is held in memory for it, and each step walks through the whole log. */
#define STEP_READINGS_MIN 8192
#define STEP_READINGS_MAX 32768
#define STEPS_OF_LOG      16
#define STEP_SERIES       1024
#define STEP_REWRITTEN    256 /* late readings each rewrite a chunk of their own: a step ends after so many */
#define NAME_SIZE         (READINGS_PATH_SIZE + 64)

/* ---- small things ---- */

static int other(int slot)
{
    return 1 - slot;
}

static int system_error(const char *path, const char *what, char *text, size_t text_size)
{
    bool full = errno == ENOSPC || errno == EDQUOT;
    if (full)
        (void)snprintf(text, text_size, "%s: the disk is full", path);
    else
        (void)snprintf(text, text_size, "%s: %s: %s", path, what, strerror(errno));
    return full ? SW_ERROR_STORE_FULL : SW_ERROR_STORE;
}

static bool grow(void **array, size_t count, size_t *capacity, size_t item_size)
{
    if (count < *capacity) return true;
    size_t wanted = 2 * *capacity + 16;
    void *larger = realloc(*array, wanted * item_size);
    if (!larger) return false;
    *array = larger;
    *capacity = wanted;
    return true;
}

static bool take_cursor(struct readings_file *file, const struct readings_cursor *cursor)
{
    for (size_t i = 0; i < file->cursor_count; i++) {
        if (file->cursors[i].serial != cursor->serial) continue;
        file->cursors[i] = *cursor;
        return true;
    }
    if (!grow((void **)&file->cursors, file->cursor_count, &file->cursor_capacity, sizeof *cursor)) return false;
    file->cursors[file->cursor_count++] = *cursor;
    return true;
}

static bool take_records(struct readings_file *file, const struct readings_records *records)
{
    for (size_t i = 0; i < file->record_count; i++) {
        struct readings_records *known = &file->records[i];
        if (known->serial != records->serial || known->epoch != records->epoch) continue;
        if (records->last > known->last) known->last = records->last;
        known->count += records->count;
        return true;
    }
    if (!grow((void **)&file->records, file->record_count, &file->record_capacity, sizeof *records)) return false;
    file->records[file->record_count++] = *records;
    return true;
}

/* ---- reading the log at the start ---- */

struct loading {
    struct readings_file *file;
    struct readings_series *series; /* NULL = not wanted */
    uint32_t moved;                 /* series below it are in chunks */
    uint64_t readings;
    bool good;
};

/* A head says all there was: what has been gathered before it is in it. */
static void begin_block(void *ctx, bool head, int64_t position)
{
    struct loading *loading = ctx;
    (void)position;
    if (head) loading->file->cursor_count = loading->file->record_count = 0;
}

static void load_cursor(void *ctx, const struct readings_cursor *cursor)
{
    struct loading *loading = ctx;
    loading->good = take_cursor(loading->file, cursor) && loading->good;
}

static void load_records(void *ctx, const struct readings_records *records)
{
    struct loading *loading = ctx;
    loading->good = take_records(loading->file, records) && loading->good;
}

static void count_reading(void *ctx, int64_t position, const struct log_reading *reading)
{
    struct loading *loading = ctx;
    (void)position;
    loading->readings += reading->series >= loading->moved;
}

/* All that are in it. */
static int count_readings(struct readings_file *file, int slot)
{
    struct loading loading = {.file = file};
    struct block_visitor visitor = {.ctx = &loading, .reading = count_reading};
    struct log_walk walk = {.at = 0};
    int error = log_file_walk(&file->logs[slot], &visitor, &walk);
    file->log_readings[slot] = loading.readings;
    return error;
}

static bool copy_bytes(int from, int to, int64_t size)
{
    uint8_t bytes[16384];
    for (int64_t at = 0; at < size;) {
        size_t wanted = size - at < (int64_t)sizeof bytes ? (size_t)(size - at) : sizeof bytes;
        ssize_t got = pread(from, bytes, wanted, at);
        if (got <= 0 || pwrite(to, bytes, (size_t)got, at) != got) return false;
        at += got;
    }
    return fsync(to) == 0;
}

/* A copy: what is whole of the log stays under its name, whenever the power goes. */
static int save_damaged(struct readings_file *file, int slot, char *text, size_t text_size)
{
    char name[NAME_SIZE], damaged[NAME_SIZE + 32];
    const struct log_file *log = &file->logs[slot];
    log_file_name(file->path, slot, name, sizeof name);
    sqlite_file_name_damaged(name, damaged, sizeof damaged);
    int saved = open(damaged, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = saved >= 0 && copy_bytes(log->fd, saved, log->size);
    if (saved >= 0) (void)close(saved);
    if (!good) return system_error(damaged, "a damaged log cannot be saved", text, text_size);
    sqlite_file_tell_damage(&file->damage, name, "a block does not check out", damaged);
    return SW_OK;
}

static int remove_log(struct readings_file *file, int slot)
{
    char name[NAME_SIZE];
    log_file_name(file->path, slot, name, sizeof name);
    log_file_close(&file->logs[slot]);
    file->log_readings[slot] = 0;
    return unlink(name) == 0 ? SW_OK : SW_ERROR_SYSTEM;
}

/* ---- the end of the log, as a clean stop left it ---- */

static int64_t synced_end(struct readings_file *file, const struct log_file *log)
{
    return readings_state(&file->database, "synced_first") == log->first ? readings_state(&file->database, "synced_end")
                                                                         : 0;
}

/* Up to here it is no torn write, whatever the next start finds. Without it the start knows less, and no more. */
static void note_end(struct readings_file *file)
{
    char sql[160];
    const struct log_file *log = &file->logs[file->current];
    if (!file->loaded || fdatasync(log->fd) != 0) return;
    (void)snprintf(sql, sizeof sql,
                   "INSERT OR REPLACE INTO state (name, value) VALUES ('synced_first', %" PRId64
                   "), ('synced_end', %" PRId64 ")",
                   log->first, log->size);
    (void)sqlite_file_run(file->database.db, sql);
}

/* Another log may begin where this one did. */
static void forget_end(struct readings_file *file)
{
    if (readings_state(&file->database, "synced_first") == 0) return;
    (void)sqlite_file_run(file->database.db, "DELETE FROM state WHERE name IN ('synced_first', 'synced_end')");
}

static int load_log(struct readings_file *file, int slot, char *text, size_t text_size)
{
    struct loading loading = {.file = file, .good = true};
    if (slot != file->current) loading.moved = file->series_done;
    struct block_visitor visitor = {
        .ctx = &loading, .cursor = load_cursor, .records = load_records, .reading = count_reading};
    struct log_walk walk = {.block = begin_block, .ctx = &loading, .settled = true};
    struct log_file *log = &file->logs[slot];
    int error = log_file_walk(log, &visitor, &walk);
    if (!error && walk.at < synced_end(file, log)) error = SW_ERROR_MALFORMED;
    bool torn = !error && walk.at < log->size;
    /* It was begun with a head. */
    if (!error && walk.blocks == 0) error = SW_ERROR_MALFORMED;
    if (error == SW_ERROR_MALFORMED) error = save_damaged(file, slot, text, text_size);
    if (error == SW_ERROR_SYSTEM) return system_error(file->path, "the log cannot be read", text, text_size);
    if (error) return error;
    if (!loading.good) return SW_ERROR_NO_SPACE;
    /* What is next in it would be taken for its head. */
    if (walk.blocks == 0) return remove_log(file, slot);
    /* A torn write was never told to anybody. */
    file->counters.cut += torn;
    if (walk.at < log->size && ftruncate(log->fd, walk.at) != 0)
        return system_error(file->path, "the log cannot be cut", text, text_size);
    log->size = walk.at;
    file->log_readings[slot] = loading.readings;
    if (walk.next > file->next_position) file->next_position = walk.next;
    return SW_OK;
}

/* ---- series ---- */

static bool know_kind(struct readings_file *file, uint32_t number, uint8_t kind)
{
    if (number >= file->kind_capacity) {
        uint32_t wanted = number + number / 2 + 64;
        uint8_t *larger = realloc(file->kinds, wanted);
        if (!larger) return false;
        memset(larger + file->kind_capacity, 0, wanted - file->kind_capacity);
        file->kinds = larger;
        file->kind_capacity = wanted;
    }
    file->kinds[number] = kind;
    if (number >= file->kind_count) file->kind_count = number + 1;
    return true;
}

static int load_kinds(struct readings_file *file)
{
    sqlite3_stmt *s = file->database.statements[READINGS_SERIES];
    bool good = true;
    while (good && sqlite3_step(s) == SQLITE_ROW)
        good = know_kind(file, (uint32_t)sqlite3_column_int64(s, 0), (uint8_t)sqlite3_column_int(s, 2));
    sqlite3_reset(s);
    return good ? SW_OK : SW_ERROR_NO_SPACE;
}

static int load_series_of_database(struct readings_file *file, struct readings_series *series)
{
    sqlite3_stmt *s = file->database.statements[READINGS_SERIES];
    int result, error = SW_OK;
    while (!error && (result = sqlite3_step(s)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(s, 1);
        if (!name || readings_series_put(series, (uint32_t)sqlite3_column_int64(s, 0), name,
                                         (uint8_t)sqlite3_column_int(s, 2)) != SW_OK)
            error = SW_ERROR_NO_SPACE;
    }
    sqlite3_reset(s);
    if (!error && result != SQLITE_DONE) error = SW_ERROR_STORE;
    return error;
}

static void load_series(void *ctx, uint32_t number, const char *name, uint8_t kind)
{
    struct loading *loading = ctx;
    loading->good = readings_series_put(loading->series, number, name, kind) == SW_OK && loading->good;
}

int readings_file_load_series(struct readings_file *file, struct readings_series *series)
{
    struct loading loading = {.file = file, .series = series, .good = true};
    struct block_visitor visitor = {.ctx = &loading, .series = load_series};
    int error = load_series_of_database(file, series);
    for (int i = 0; !error && i < LOG_SLOTS; i++) {
        struct log_walk walk = {.at = 0};
        int slot = i == 0 ? other(file->current) : file->current;
        if (file->logs[slot].fd >= 0) error = log_file_walk(&file->logs[slot], &visitor, &walk);
    }
    return error == SW_OK && !loading.good ? SW_ERROR_NO_SPACE : error;
}

/* Begins the log in this slot, with all that has to be known. */
static int make_log(struct readings_file *file, int slot, char *text, size_t text_size)
{
    struct readings_series series = {0};
    struct readings_block head = {.cursors = file->cursors,
                                  .cursor_count = file->cursor_count,
                                  .records = file->records,
                                  .record_count = file->record_count};
    size_t size = 0;
    int error = readings_file_load_series(file, &series);
    uint8_t *bytes = error ? NULL : readings_block_write(&head, &series, 0, &size);
    readings_series_free(&series);
    if (!error && !bytes) error = SW_ERROR_NO_SPACE;
    if (!error) {
        readings_block_set_position(bytes, file->next_position);
        error = log_file_begin(file->path, slot, file->next_position, bytes, size, &file->logs[slot]);
        if (!error) error = log_file_finish(file->path, slot, &file->logs[slot]);
        file->log_readings[slot] = 0;
    }
    free(bytes);
    if (error == SW_ERROR_SYSTEM) return system_error(file->path, "a new log cannot be begun", text, text_size);
    if (error) (void)snprintf(text, text_size, "%s: %s", file->path, sw_error_text(error));
    return error;
}

/* ---- opening ---- */

static int open_slot(struct readings_file *file, int slot, char *text, size_t text_size)
{
    char name[NAME_SIZE], damaged[NAME_SIZE + 32];
    int error = log_file_open(file->path, slot, true, &file->logs[slot]);
    if (error == SW_ERROR_NOT_FOUND) return SW_OK;
    log_file_name(file->path, slot, name, sizeof name);
    if (error == SW_ERROR_SYSTEM) return system_error(name, "cannot be opened", text, text_size);
    if (error == SW_ERROR_VERSION) log_file_tell_version(file->path, slot, &file->logs[slot], text, text_size);
    if (error != SW_ERROR_MALFORMED) return error;
    sqlite_file_name_damaged(name, damaged, sizeof damaged);
    if (rename(name, damaged) != 0) return system_error(name, "cannot be set aside", text, text_size);
    sqlite_file_tell_damage(&file->damage, name, "it does not begin as a log does", damaged);
    return SW_OK;
}

static int open_logs(struct readings_file *file, char *text, size_t text_size)
{
    int64_t done = readings_state(&file->database, "log_done");
    int error = open_slot(file, 0, text, text_size);
    if (!error) error = open_slot(file, 1, text, text_size);
    if (error) return error;
    struct log_file *logs = file->logs;
    file->current = logs[1].fd >= 0 && (logs[0].fd < 0 || logs[1].first > logs[0].first) ? 1 : 0;
    int old = other(file->current);
    /* The power went between the last step and the removal. */
    if (logs[old].fd >= 0 && logs[old].first < done) (void)remove_log(file, old);
    file->next_position = done > 1 ? done : 1;
    file->series_done = (uint32_t)readings_state(&file->database, "series_done");
    if (logs[old].fd >= 0) error = load_log(file, old, text, text_size);
    if (!error && logs[file->current].fd >= 0) error = load_log(file, file->current, text, text_size);
    if (!error && logs[file->current].fd < 0) error = make_log(file, file->current, text, text_size);
    return error;
}

static int set_aside(struct readings_file *file, const char *why, char *text, size_t text_size)
{
    if (sqlite_file_set_aside(file->path, why, &file->damage)) return SW_OK;
    return system_error(file->path, "cannot be set aside", text, text_size);
}

int readings_file_open(struct readings_file *file, const char *path, char *text, size_t text_size)
{
    *file = (struct readings_file){.logs = {LOG_FILE_NONE, LOG_FILE_NONE}, .keep_from = INT64_MAX};
    char why[READINGS_TEXT_SIZE];
    text[0] = '\0';
    (void)snprintf(file->path, sizeof file->path, "%s", path);
    int error = readings_database_open(&file->database, path, text, text_size);
    if (error == SW_ERROR_MALFORMED) {
        (void)snprintf(why, sizeof why, "%s", text);
        error = set_aside(file, why, text, text_size);
        if (!error) error = readings_database_open(&file->database, path, text, text_size);
    }
    if (error) return error;
    file->merge.database = &file->database;
    file->moved = readings_state(&file->database, "readings");
    error = load_kinds(file);
    if (!error) error = open_logs(file, text, text_size);
    if (!error) forget_end(file);
    file->loaded = !error;
    if (error && text[0] == '\0') (void)snprintf(text, text_size, "%s: %s", path, sw_error_text(error));
    if (error) readings_file_close(file);
    return error;
}

void readings_file_close(struct readings_file *file)
{
    note_end(file);
    file->loaded = false;
    readings_database_close(&file->database);
    for (int i = 0; i < LOG_SLOTS; i++)
        log_file_close(&file->logs[i]);
    readings_gather_free(&file->gather);
    readings_merge_free(&file->merge);
    free(file->per_series);
    free(file->cursors);
    free(file->records);
    free(file->kinds);
    file->kinds = NULL;
    file->per_series = NULL;
    file->cursors = NULL;
    file->records = NULL;
}

/* The logs hold what has not been moved out of them yet, and the names of all series. */
int readings_file_set_aside(struct readings_file *file, const char *why, char *text, size_t text_size)
{
    readings_database_close(&file->database);
    int error = set_aside(file, why, text, text_size);
    int reopened = readings_database_open(&file->database, file->path, text, text_size);
    if (!error) error = reopened;
    if (error) return error;
    int old = other(file->current);
    bool moving = file->logs[old].fd >= 0;
    file->series_done = 0;
    file->moved = 0;
    bool good = readings_state_set(&file->database, "log_done", file->logs[moving ? old : file->current].first);
    if (!good) return readings_database_failed(&file->database, text, text_size);
    /* What had been moved out of it is moved once more. */
    return moving ? count_readings(file, old) : SW_OK;
}

/* ---- appending ---- */

int readings_file_append(struct readings_file *file, const struct readings_block *block, uint8_t *bytes, size_t size,
                         bool durable, char *text, size_t text_size)
{
    struct log_file *log = &file->logs[file->current];
    if (size > LOG_BLOCK_SIZE_MAX) {
        (void)snprintf(text, text_size, "%s: too much for one block", file->path);
        return SW_ERROR_NO_SPACE;
    }
    readings_block_set_position(bytes, file->next_position);
    if (log_file_append(log, bytes, size, durable) != SW_OK)
        return system_error(file->path, "the log cannot be written", text, text_size);
    file->counters.syncs += durable;
    file->next_position += block->count;
    file->log_readings[file->current] += block->count;
    bool good = true;
    for (size_t i = 0; i < block->cursor_count; i++)
        good = take_cursor(file, &block->cursors[i]) && good;
    for (size_t i = 0; i < block->record_count; i++)
        good = take_records(file, &block->records[i]) && good;
    /* They are stored; the next head would lack them. The counts are there again after the next start. */
    if (!good) (void)snprintf(text, text_size, "%s: no memory for a node's cursor", file->path);
    return SW_OK;
}

struct since {
    int64_t position;
    void *ctx;
    void (*each)(void *ctx, int64_t position, const struct log_reading *reading);
};

static void tell_since(void *ctx, int64_t position, const struct log_reading *reading)
{
    const struct since *since = ctx;
    if (position >= since->position) since->each(since->ctx, position, reading);
}

int readings_file_each_since(struct readings_file *file, int64_t position, void *ctx,
                             void (*each)(void *ctx, int64_t position, const struct log_reading *reading))
{
    struct since since = {position, ctx, each};
    struct block_visitor visitor = {.ctx = &since, .reading = tell_since};
    int error = SW_OK;
    for (int i = 0; !error && i < LOG_SLOTS; i++) {
        struct log_walk walk = {.at = 0};
        int slot = i == 0 ? other(file->current) : file->current;
        if (file->logs[slot].fd >= 0) error = log_file_walk(&file->logs[slot], &visitor, &walk);
    }
    return error;
}

int64_t readings_file_bytes(struct readings_file *file)
{
    int64_t bytes = readings_database_bytes(&file->database);
    for (int i = 0; i < LOG_SLOTS; i++)
        if (file->logs[i].fd >= 0) bytes += file->logs[i].size;
    return bytes;
}

void readings_file_shrink(struct readings_file *file)
{
    sqlite3 *db = file->database.db;
    (void)sqlite_file_run(db, "PRAGMA incremental_vacuum");
    (void)sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

int64_t readings_file_newest_ms(struct readings_file *file)
{
    sqlite3_stmt *s = file->database.statements[READINGS_NEWEST];
    int64_t newest_ms = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    return newest_ms;
}

int64_t readings_file_readings(const struct readings_file *file)
{
    return file->moved + (int64_t)(file->log_readings[0] + file->log_readings[1]);
}

bool readings_file_count(struct readings_file *file, int64_t more)
{
    file->moved += more;
    return more == 0 || readings_state_set(&file->database, "readings", file->moved);
}

/* ---- moving ---- */

static bool is_moving(const struct readings_file *file)
{
    return file->logs[other(file->current)].fd >= 0;
}

static void count_series(void *ctx, int64_t position, const struct log_reading *reading)
{
    struct readings_file *file = ctx;
    uint32_t series = reading->series;
    (void)position;
    if (series >= file->series_capacity) {
        uint32_t wanted = series + series / 2 + 64;
        uint32_t *larger = realloc(file->per_series, wanted * sizeof *larger);
        if (!larger) return;
        memset(larger + file->series_capacity, 0, (wanted - file->series_capacity) * sizeof *larger);
        file->per_series = larger;
        file->series_capacity = wanted;
    }
    file->per_series[series]++;
    if (series >= file->series_end) file->series_end = series + 1;
}

static int walk_moving(struct readings_file *file, const struct block_visitor *visitor)
{
    struct log_walk walk = {.at = 0};
    return log_file_walk(&file->logs[other(file->current)], visitor, &walk);
}

static int count_all(struct readings_file *file)
{
    struct block_visitor visitor = {.ctx = file, .reading = count_series};
    file->series_end = file->series_capacity = 0;
    free(file->per_series);
    file->per_series = NULL;
    int error = walk_moving(file, &visitor);
    if (!error && !file->per_series && file->log_readings[other(file->current)] > 0) error = SW_ERROR_NO_SPACE;
    file->series_seen = 0;
    for (uint32_t i = 0; i < file->series_end; i++)
        file->series_seen += file->per_series[i] > 0;
    return error;
}

struct naming {
    struct readings_file *file;
    bool good;
};

static void store_series(void *ctx, uint32_t number, const char *name, uint8_t kind)
{
    struct naming *naming = ctx;
    sqlite3_stmt *s = naming->file->database.statements[READINGS_SERIES_ADD];
    sqlite3_bind_int64(s, 1, number);
    sqlite3_bind_text(s, 2, name, -1, SQLITE_STATIC);
    sqlite3_bind_int(s, 3, kind);
    naming->good = naming->good && readings_step_done(s) && know_kind(naming->file, number, kind);
}

/* Begins another log and stores the names of the series in the one before, which are then in the new one's head. */
static int turn_over(struct readings_file *file, char *text, size_t text_size)
{
    int next = other(file->current);
    struct naming naming = {file, true};
    struct block_visitor visitor = {.ctx = &naming, .series = store_series};
    struct log_walk walk = {.at = 0};
    int error = SW_OK;
    bool good = readings_database_begin(&file->database);
    if (good) error = log_file_walk(&file->logs[file->current], &visitor, &walk);
    good = good && naming.good && readings_state_set(&file->database, "log_done", file->logs[file->current].first) &&
           readings_state_set(&file->database, "series_done", 0) && readings_database_commit(&file->database);
    if (!good || error) {
        int failed = readings_database_failed(&file->database, text, text_size);
        return error ? error : failed;
    }
    error = make_log(file, next, text, text_size);
    if (error) return error;
    file->current = next;
    file->series_done = 0;
    return SW_OK;
}

static uint64_t readings_wanted(const struct readings_file *file)
{
    uint64_t wanted = (uint64_t)MOVE_PER_SERIES * file->series_seen;
    if (wanted < MOVE_READINGS_MIN) return MOVE_READINGS_MIN;
    return wanted < MOVE_READINGS_MAX ? wanted : MOVE_READINGS_MAX;
}

bool readings_file_has_way(struct readings_file *file)
{
    file->held_back = false;
    if (file->database.wal_pages < READINGS_WAL_PAGES_MAX) return true;
    int frames = 0, taken = 0;
    sqlite3_busy_timeout(file->database.db, 0);
    int result = sqlite3_wal_checkpoint_v2(file->database.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, &frames, &taken);
    sqlite3_busy_timeout(file->database.db, 1000);
    if (result == SQLITE_OK) file->database.wal_pages = 0;
    file->held_back = result != SQLITE_OK;
    return !file->held_back;
}

static uint64_t readings_of_step(const struct readings_file *file)
{
    int64_t in_log = file->logs[file->current].first - file->logs[other(file->current)].first;
    uint64_t share = (uint64_t)in_log / STEPS_OF_LOG;
    if (share < STEP_READINGS_MIN) return STEP_READINGS_MIN;
    return share < STEP_READINGS_MAX ? share : STEP_READINGS_MAX;
}

/* The series of the next step. */
static uint32_t step_end(const struct readings_file *file)
{
    uint64_t readings = 0, wanted = readings_of_step(file);
    uint32_t end = file->series_done;
    while (end < file->series_end && end - file->series_done < STEP_SERIES &&
           (end == file->series_done || readings + file->per_series[end] <= wanted))
        readings += file->per_series[end++];
    return end;
}

/* Series up to before *end, or fewer. */
static bool move_series(struct readings_file *file, uint32_t *end, struct series_reading *fresh, uint64_t *moved)
{
    for (uint32_t series = file->series_done; series < *end; series++) {
        uint32_t count = readings_gather_take(&file->gather, series, fresh);
        if (count > 0 && !readings_merge_series(&file->merge, series, fresh, count)) return false;
        *moved += count;
        if (file->merge.rewritten >= STEP_REWRITTEN) *end = series + 1;
    }
    return true;
}

static bool move_step(struct readings_file *file, uint32_t end, struct series_reading *fresh, bool *last)
{
    struct readings_database *database = &file->database;
    uint64_t moved = 0;
    bool good = readings_database_begin(database) && move_series(file, &end, fresh, &moved);
    *last = good && end == file->series_end;
    if (*last) {
        good = readings_state_set(database, "log_done", file->logs[file->current].first) &&
               readings_state_set(database, "series_done", 0);
        end = 0;
    } else if (good) {
        good = readings_state_set(database, "series_done", end);
    }
    good = good && readings_file_count(file, (int64_t)file->merge.stored) && readings_database_commit(database);
    if (!good) return false;
    file->series_done = end;
    file->log_readings[other(file->current)] -= moved;
    return true;
}

static void end_moving(struct readings_file *file)
{
    (void)remove_log(file, other(file->current));
    free(file->per_series);
    file->per_series = NULL;
    readings_gather_free(&file->gather);
    readings_merge_free(&file->merge);
}

int readings_file_failed(struct readings_file *file, int known, char *text, size_t text_size)
{
    int error = readings_database_failed(&file->database, text, text_size);
    file->moved = readings_state(&file->database, "readings");
    if (known == SW_ERROR_NO_SPACE) return SW_ERROR_NO_SPACE;
    if (error != SW_ERROR_MALFORMED && known != SW_ERROR_MALFORMED) return error;
    char why[READINGS_TEXT_SIZE];
    (void)snprintf(why, sizeof why, "%s", error == SW_ERROR_MALFORMED ? text : "a chunk does not check out");
    return readings_file_set_aside(file, why, text, text_size);
}

static int take_step(struct readings_file *file, char *text, size_t text_size)
{
    bool last = false;
    uint32_t end = step_end(file);
    struct block_visitor visitor = {.ctx = &file->gather, .reading = readings_gather_add};
    readings_gather_begin(&file->gather, file->series_done, end);
    int error = walk_moving(file, &visitor);
    if (!error && file->gather.no_memory) error = SW_ERROR_NO_SPACE;
    struct series_reading *fresh = error ? NULL : malloc((file->gather.count + 1u) * sizeof *fresh);
    if (!error && !fresh) error = SW_ERROR_NO_SPACE;
    if (error) return error;
    file->merge.stored = file->merge.repeated = file->merge.late = file->merge.rewritten = 0;
    file->merge.error = SW_OK;
    /* The log goes after the last step: by then its readings have to be on the disk. */
    (void)readings_database_sync(&file->database, end == file->series_end);
    bool good = move_step(file, end, fresh, &last);
    free(fresh);
    if (!good) return readings_file_failed(file, file->merge.error, text, text_size);
    file->counters.repeated += file->merge.repeated;
    file->counters.late += file->merge.late;
    if (last) end_moving(file);
    return SW_OK;
}

int readings_file_step(struct readings_file *file, bool *more, char *text, size_t text_size)
{
    int error = SW_OK;
    *more = false;
    text[0] = '\0';
    if (!is_moving(file)) {
        if (file->log_readings[file->current] < readings_wanted(file)) return SW_OK;
        error = turn_over(file, text, text_size);
    } else if (file->logs[file->current].first <= file->keep_from && readings_file_has_way(file)) {
        if (!file->per_series) error = count_all(file);
        if (!error) error = take_step(file, text, text_size);
    } else {
        return SW_OK;
    }
    *more = error == SW_OK;
    if (error && text[0] == '\0') (void)snprintf(text, text_size, "%s: %s", file->path, sw_error_text(error));
    return error;
}

int readings_file_move_now(struct readings_file *file, char *text, size_t text_size)
{
    text[0] = '\0';
    /* Two logs that begin at one position could not be told apart. */
    bool nothing = file->log_readings[file->current] == 0;
    return is_moving(file) || nothing ? SW_OK : turn_over(file, text, text_size);
}
