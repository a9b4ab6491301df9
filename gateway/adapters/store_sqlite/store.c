/* The port: a thread that owns the database, and the loop's side of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/store_sqlite/store_space.h"
#include "adapters/store_sqlite/store_takeover.h"
#include "stillwater/error.h"

#define REMOVE_DONE_AFTER_NS 1000000000u
#define REMOVE_DONE_AT       256
#define DONE_MAX             65536 /* more stay in the outbox and are sent once more */

struct store {
    struct store_events events;
    uv_thread_t thread;
    uv_async_t async;

    /* Held by whoever touches the database: the thread, or the loop while it loads at start. */
    uv_mutex_t database_mutex;
    struct store_database database;
    struct store_readings readings;
    struct store_space space;

    /* Loop's side only. */
    struct store_cursor *cursors; /* as committed */
    size_t cursor_count;
    struct store_batch *under_way;
    void (*closed)(void *ctx);
    void *closed_ctx;

    uv_mutex_t mutex; /* guards all that follows */
    uv_cond_t wake;
    struct store_batch *commit;
    bool read_wanted;
    struct store_wanted wanted; /* by it */
    struct store_done *done;    /* to be removed from the outbox */
    size_t done_count, done_capacity;
    bool tidy_wanted;
    struct sw_wall tidy_now;
    struct store_keep keep;
    bool stopping, stopped;

    bool commit_finished;
    int commit_error;
    char commit_text[STORE_TEXT_SIZE];
    bool read_finished;
    struct store_rows rows;
    struct store_counters counters;
    int64_t outbox_newest;
    struct store_trail_head trail;
    int64_t position;
    uint64_t repeated; /* readings, as counted so far */
    struct store_room room;
};

/* What the thread takes on in one go. */
struct work {
    struct store_batch *commit;
    bool read, tidy, stop;
    struct sw_wall tidy_now;
    struct store_keep keep;
    struct store_wanted wanted;
    struct store_done *done;
    size_t done_count;
};

/* Waits for something to do. Done rows alone are not hurried: they go with the next commit or after a while. */
static struct work wait_for_work(struct store *store)
{
    uv_mutex_lock(&store->mutex);
    while (!store->commit && !store->read_wanted && !store->tidy_wanted && !store->stopping) {
        if (store->done_count == 0)
            uv_cond_wait(&store->wake, &store->mutex);
        else if (uv_cond_timedwait(&store->wake, &store->mutex, REMOVE_DONE_AFTER_NS) == UV_ETIMEDOUT)
            break;
    }
    struct work work = {.commit = store->commit,
                        .read = store->read_wanted,
                        .tidy = store->tidy_wanted,
                        .stop = store->stopping,
                        .tidy_now = store->tidy_now,
                        .keep = store->keep,
                        .wanted = store->wanted,
                        .done = store->done,
                        .done_count = store->done_count};
    store->commit = NULL;
    store->read_wanted = store->tidy_wanted = false;
    store->done = NULL;
    store->done_count = store->done_capacity = 0;
    uv_mutex_unlock(&store->mutex);
    return work;
}

/* Rows that could not be removed are kept for the next try, before those that came meanwhile. */
static void keep_done(struct store *store, struct work *work)
{
    if (work->done_count == 0) {
        free(work->done);
        return;
    }
    if (store->done_count == 0) {
        free(store->done);
        store->done = work->done;
        store->done_count = store->done_capacity = work->done_count;
        return;
    }
    size_t count = work->done_count + store->done_count;
    struct store_done *joined = realloc(work->done, count * sizeof *joined);
    if (!joined) {
        /* Those rows stay in the outbox and are published once more; the centre drops the second copy. */
        free(work->done);
        return;
    }
    memcpy(joined + work->done_count, store->done, store->done_count * sizeof *joined);
    free(store->done);
    store->done = joined;
    store->done_count = store->done_capacity = count;
}

static void count_written(struct store_counters *counters, bool commit, int error, const struct store_written *written)
{
    if (commit) *(error ? &counters->failures : &counters->commits) += 1;
    counters->duplicates += written->duplicates;
    counters->outbox_rows += written->outbox_added - written->outbox_removed;
    counters->unknown_done += written->unknown_done;
    counters->kept_bytes += written->kept_bytes;
}

static void do_work(struct store *store, struct work *work)
{
    struct store_written written = {0};
    struct store_rows rows = {0};
    char text[STORE_TEXT_SIZE] = "";
    int error = SW_OK;
    bool remove = work->done_count >= REMOVE_DONE_AT || (work->done_count > 0 && !work->read);
    bool write = work->commit || remove || (work->stop && work->done_count > 0);
    uv_mutex_lock(&store->database_mutex);
    if (write)
        error = store_space_write(&store->space, &store->database, &store->readings, work->commit, work->done,
                                  work->done_count, &written, text, sizeof text);
    if (write && !error) work->done_count = 0;
    if (work->read) store_database_read_outbox(&store->database, &work->wanted, work->done, work->done_count, &rows);
    if (work->tidy) store_space_tidy(&store->space, &store->database, &store->readings, work->tidy_now, &work->keep);
    struct store_room room = store->space.room;
    int64_t position = store_readings_position(&store->readings);
    uint64_t stored = store->readings.stored, repeated = store->readings.file.counters.repeated;
    uv_mutex_unlock(&store->database_mutex);

    uv_mutex_lock(&store->mutex);
    keep_done(store, work);
    count_written(&store->counters, work->commit != NULL, error, &written);
    store->counters.readings = stored;
    store->counters.duplicates += repeated - store->repeated;
    store->repeated = repeated;
    if (written.outbox_newest) store->outbox_newest = written.outbox_newest;
    store->trail = store->database.trail;
    store->position = position;
    store->room = room;
    if (work->commit) {
        store->commit_finished = true;
        store->commit_error = error;
        memcpy(store->commit_text, text, sizeof text);
    }
    if (work->read) {
        store->read_finished = true;
        store->rows = rows;
    }
    uv_mutex_unlock(&store->mutex);
    if (work->commit || work->read) uv_async_send(&store->async);
}

/* After whoever waits for a commit has been told. Trouble shows in the next commit; what is damaged has been set
 * aside. */
static void take_step(struct store *store)
{
    char text[READINGS_TEXT_SIZE];
    bool more;
    uv_mutex_lock(&store->database_mutex);
    (void)readings_file_step(&store->readings.file, &more, text, sizeof text);
    uv_mutex_unlock(&store->database_mutex);
}

static void run_thread(void *argument)
{
    struct store *store = argument;
    struct work work;
    do {
        work = wait_for_work(store);
        do_work(store, &work);
        if (!work.stop) take_step(store);
    } while (!work.stop);
    uv_mutex_lock(&store->database_mutex);
    store_readings_close(&store->readings);
    store_database_close(&store->database);
    uv_mutex_unlock(&store->database_mutex);
    uv_mutex_lock(&store->mutex);
    store->stopped = true;
    uv_mutex_unlock(&store->mutex);
    uv_async_send(&store->async);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct store *store = handle->data;
    void (*closed)(void *) = store->closed;
    void *ctx = store->closed_ctx;
    uv_mutex_destroy(&store->mutex);
    uv_mutex_destroy(&store->database_mutex);
    uv_cond_destroy(&store->wake);
    free(store->done);
    free(store->cursors);
    free(store);
    if (closed) closed(ctx);
}

static void remember_cursor(struct store *store, const struct store_cursor *cursor)
{
    for (size_t i = 0; i < store->cursor_count; i++) {
        if (store->cursors[i].serial != cursor->serial) continue;
        store->cursors[i] = *cursor;
        return;
    }
    struct store_cursor *larger = realloc(store->cursors, (store->cursor_count + 1) * sizeof *larger);
    if (!larger) return; /* the database has it; the node's records are told apart by their sequence anyway */
    store->cursors = larger;
    larger[store->cursor_count++] = *cursor;
}

static void finish_commit(struct store *store, int error, const char *text)
{
    struct store_batch *batch = store->under_way;
    store->under_way = NULL;
    for (size_t i = 0; !error && i < batch->cursor_count; i++)
        remember_cursor(store, &batch->cursors[i]);
    store->events.committed(store->events.ctx, batch, error, text);
}

static void on_async(uv_async_t *async)
{
    struct store *store = async->data;
    char text[STORE_TEXT_SIZE];
    uv_mutex_lock(&store->mutex);
    bool commit_finished = store->commit_finished, read_finished = store->read_finished, stopped = store->stopped;
    int error = store->commit_error;
    struct store_rows rows = store->rows;
    memcpy(text, store->commit_text, sizeof text);
    store->commit_finished = store->read_finished = false;
    store->rows = (struct store_rows){0};
    uv_mutex_unlock(&store->mutex);

    if (commit_finished) finish_commit(store, error, text);
    if (read_finished) {
        store->events.outbox(store->events.ctx, rows.rows, rows.count);
        store_rows_free(&rows);
    }
    if (stopped && !uv_is_closing((uv_handle_t *)async)) {
        uv_thread_join(&store->thread);
        uv_close((uv_handle_t *)async, on_handle_closed);
    }
}

static int load_at_start(struct store *store, char *text, size_t text_size)
{
    const struct readings_file *file = &store->readings.file;
    store->cursors = calloc(file->cursor_count + 1, sizeof *store->cursors);
    int error = store->cursors ? SW_OK : SW_ERROR_NO_SPACE;
    if (error) snprintf(text, text_size, "%s: %s", store->database.path, sw_error_text(error));
    for (size_t i = 0; !error && i < file->cursor_count; i++)
        store->cursors[store->cursor_count++] =
            (struct store_cursor){file->cursors[i].serial, file->cursors[i].epoch, file->cursors[i].sequence};
    store->counters.outbox_rows = (uint64_t)store_database_number(&store->database, STATEMENT_OUTBOX_COUNT);
    store->outbox_newest = store_database_number(&store->database, STATEMENT_OUTBOX_NEWEST);
    store->trail = store->database.trail;
    store->position = store_readings_position(&store->readings);
    store->counters.cut = file->counters.cut;
    return error;
}

int store_open(uv_loop_t *loop, const char *path, struct store_events events, struct store **store, char *text,
               size_t text_size)
{
    struct store *opened = calloc(1, sizeof *opened);
    *store = NULL;
    if (!opened) {
        snprintf(text, text_size, "%s: no memory", path);
        return SW_ERROR_NO_SPACE;
    }
    opened->events = events;
    int error = store_database_open(&opened->database, path, text, text_size);
    if (error) goto free_store;
    error = store_takeover_open(&opened->database, &opened->readings, text, text_size);
    if (error) goto close_database;
    store_space_open(&opened->space, &opened->database, &opened->readings, &(struct store_limits){.quota_bytes = 0});
    error = load_at_start(opened, text, text_size);
    if (error) goto close_readings;
    snprintf(text, text_size, "%s: cannot start the store's thread", path);
    error = SW_ERROR_SYSTEM;
    if (uv_mutex_init(&opened->mutex)) goto close_readings;
    if (uv_mutex_init(&opened->database_mutex)) goto destroy_mutex;
    if (uv_cond_init(&opened->wake)) goto destroy_database_mutex;
    if (uv_async_init(loop, &opened->async, on_async)) goto destroy_condition;
    opened->async.data = opened;
    if (uv_thread_create(&opened->thread, run_thread, opened) == 0) {
        text[0] = '\0';
        *store = opened;
        return SW_OK;
    }
    /* The handle is the loop's already: the rest goes when it is closed. */
    store_readings_close(&opened->readings);
    store_database_close(&opened->database);
    uv_close((uv_handle_t *)&opened->async, on_handle_closed);
    return error;
destroy_condition:
    uv_cond_destroy(&opened->wake);
destroy_database_mutex:
    uv_mutex_destroy(&opened->database_mutex);
destroy_mutex:
    uv_mutex_destroy(&opened->mutex);
close_readings:
    store_readings_close(&opened->readings);
close_database:
    store_database_close(&opened->database);
free_store:
    free(opened->cursors);
    free(opened);
    return error;
}

int store_commit(struct store *store, struct store_batch *batch)
{
    if (store->under_way) return SW_ERROR_BUSY;
    store->under_way = batch;
    uv_mutex_lock(&store->mutex);
    store->commit = batch;
    uv_cond_signal(&store->wake);
    uv_mutex_unlock(&store->mutex);
    return SW_OK;
}

int store_read_outbox(struct store *store, const struct store_outbox_stretch *stretches, size_t count, size_t limit)
{
    if (count > STORE_OUTBOX_STRETCHES_MAX) return SW_ERROR_INVALID_ARGUMENT;
    uv_mutex_lock(&store->mutex);
    bool busy = store->read_wanted || store->read_finished;
    if (!busy) {
        store->read_wanted = true;
        memcpy(store->wanted.stretches, stretches, count * sizeof *stretches);
        store->wanted.count = count;
        store->wanted.limit = limit;
        uv_cond_signal(&store->wake);
    }
    uv_mutex_unlock(&store->mutex);
    return busy ? SW_ERROR_BUSY : SW_OK;
}

static int add_done(struct store *store, const struct store_done *done)
{
    int error = SW_OK;
    uv_mutex_lock(&store->mutex);
    if (store->done_count == store->done_capacity) {
        size_t capacity = store->done_capacity ? 2 * store->done_capacity : 64;
        struct store_done *larger = capacity <= DONE_MAX ? realloc(store->done, capacity * sizeof *larger) : NULL;
        if (larger) {
            store->done = larger;
            store->done_capacity = capacity;
        } else {
            error = SW_ERROR_NO_SPACE;
        }
    }
    if (!error) {
        /* The first one starts the thread's wait; each one more would start it anew. */
        if (store->done_count == 0) uv_cond_signal(&store->wake);
        store->done[store->done_count++] = *done;
    }
    uv_mutex_unlock(&store->mutex);
    return error;
}

int store_outbox_done(struct store *store, int64_t id)
{
    return add_done(store, &(struct store_done){.id = id});
}

int store_outbox_done_revision(struct store *store, const char *alert_id, uint32_t revision)
{
    struct store_done done = {.revision = revision};
    snprintf(done.alert_id, sizeof done.alert_id, "%s", alert_id);
    return add_done(store, &done);
}

int store_load_cursor(struct store *store, uint32_t serial, struct store_cursor *cursor)
{
    for (size_t i = 0; i < store->cursor_count; i++) {
        if (store->cursors[i].serial != serial) continue;
        *cursor = store->cursors[i];
        return SW_OK;
    }
    return SW_ERROR_NOT_FOUND;
}

size_t store_load_snapshot(struct store *store, int domain, const char *subject, uint8_t *bytes, size_t size,
                           int64_t *position)
{
    uv_mutex_lock(&store->database_mutex);
    size_t loaded = store_database_load_snapshot(&store->database, domain, subject, bytes, size, position);
    uv_mutex_unlock(&store->database_mutex);
    return loaded;
}

void store_each_snapshot(struct store *store, void *ctx,
                         void (*each)(void *ctx, int domain, const char *subject, const uint8_t *bytes, size_t size))
{
    uv_mutex_lock(&store->database_mutex);
    sqlite3_stmt *s = store->database.statements[STATEMENT_SNAPSHOTS];
    while (sqlite3_step(s) == SQLITE_ROW) {
        const char *subject = (const char *)sqlite3_column_text(s, 1);
        const uint8_t *bytes = sqlite3_column_blob(s, 2);
        if (subject && bytes) each(ctx, sqlite3_column_int(s, 0), subject, bytes, (size_t)sqlite3_column_bytes(s, 2));
    }
    sqlite3_reset(s);
    uv_mutex_unlock(&store->database_mutex);
}

static int64_t number_now(struct store *store, enum store_statement statement)
{
    uv_mutex_lock(&store->database_mutex);
    int64_t number = store_database_number(&store->database, statement);
    uv_mutex_unlock(&store->database_mutex);
    return number;
}

void store_each_open_alert(struct store *store, void *ctx,
                           void (*each)(void *ctx, const struct sw_alert *alert, const char *body))
{
    uv_mutex_lock(&store->database_mutex);
    store_database_each_open_alert(&store->database, ctx, each);
    uv_mutex_unlock(&store->database_mutex);
}

void store_each_report(struct store *store, struct sw_wall since, void *ctx,
                       void (*each)(void *ctx, const struct store_report *report))
{
    uv_mutex_lock(&store->database_mutex);
    store_database_each_report(&store->database, since.ms, ctx, each);
    uv_mutex_unlock(&store->database_mutex);
}

int64_t store_load_checkpoint(struct store *store)
{
    return number_now(store, STATEMENT_CHECKPOINT);
}

void store_each_reading_since(struct store *store, int64_t position, void *ctx,
                              void (*each)(void *ctx, int64_t position, const struct store_reading *reading))
{
    uv_mutex_lock(&store->database_mutex);
    (void)store_readings_each_since(&store->readings, position, ctx, each);
    uv_mutex_unlock(&store->database_mutex);
}

struct sw_wall store_load_last_time(struct store *store)
{
    int64_t last_ms = number_now(store, STATEMENT_LAST_TIME), newest_ms = store->readings.newest_ms;
    return sw_wall_from_ms(last_ms > newest_ms ? last_ms : newest_ms);
}

struct store_counters store_counters(const struct store *store)
{
    /* The mutex is no part of what the caller sees as constant. */
    struct store *shared = (struct store *)(uintptr_t)store;
    uv_mutex_lock(&shared->mutex);
    struct store_counters counters = shared->counters;
    uv_mutex_unlock(&shared->mutex);
    return counters;
}

int64_t store_outbox_newest(const struct store *store)
{
    struct store *shared = (struct store *)(uintptr_t)store;
    uv_mutex_lock(&shared->mutex);
    int64_t newest = shared->outbox_newest;
    uv_mutex_unlock(&shared->mutex);
    return newest;
}

int64_t store_position(const struct store *store)
{
    struct store *shared = (struct store *)(uintptr_t)store;
    uv_mutex_lock(&shared->mutex);
    int64_t position = shared->position;
    uv_mutex_unlock(&shared->mutex);
    return position;
}

void store_set_limits(struct store *store, const struct store_limits *limits)
{
    uv_mutex_lock(&store->database_mutex);
    store_space_open(&store->space, &store->database, &store->readings, limits);
    struct store_room room = store->space.room;
    uv_mutex_unlock(&store->database_mutex);
    uv_mutex_lock(&store->mutex);
    store->room = room;
    uv_mutex_unlock(&store->mutex);
}

void store_tidy(struct store *store, struct sw_wall now, const struct store_keep *keep)
{
    uv_mutex_lock(&store->mutex);
    store->tidy_wanted = true;
    store->tidy_now = now;
    store->keep = *keep;
    uv_cond_signal(&store->wake);
    uv_mutex_unlock(&store->mutex);
}

struct store_room store_room(const struct store *store)
{
    struct store *shared = (struct store *)(uintptr_t)store;
    uv_mutex_lock(&shared->mutex);
    struct store_room room = shared->room;
    uv_mutex_unlock(&shared->mutex);
    return room;
}

struct store_trail_head store_trail_head(const struct store *store)
{
    struct store *shared = (struct store *)(uintptr_t)store;
    uv_mutex_lock(&shared->mutex);
    struct store_trail_head head = shared->trail;
    uv_mutex_unlock(&shared->mutex);
    return head;
}

void store_close(struct store *store, void (*closed)(void *ctx), void *ctx)
{
    store->closed = closed;
    store->closed_ctx = ctx;
    uv_mutex_lock(&store->mutex);
    store->stopping = true;
    uv_cond_signal(&store->wake);
    uv_mutex_unlock(&store->mutex);
}
