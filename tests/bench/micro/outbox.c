/* How fast the outbox drains when everything that it holds is taken at once: read from the store, told to be done, and
 * gone from the disk. Beside it a table of which row after row is read and deleted, with the same promise to be on the
 * disk. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "micro/micro.h"
#include "ports/store.h"
#include "stillwater/error.h"

#define ALERTS   3000
#define A_COMMIT 500
#define AT_ONCE  100 /* as many are under way (mqtt.inflight) */
#define TOPIC    "stillwater/northport/gw-1/alert/gw-1.level.site-1.1790000000"

struct outbox {
    char folder[64], path[96];
    char payload[900]; /* as long as an alert is */
    uv_loop_t loop;
    struct store *store;
    bool committed, closed;
    uint64_t taken;
};

static void must(bool held, const char *what)
{
    if (held) return;
    fprintf(stderr, "micro: %s\n", what);
    exit(1);
}

/* ---- ours ---- */

static void on_committed(void *ctx, struct store_batch *batch, int error, const char *text)
{
    struct outbox *outbox = ctx;
    (void)batch;
    must(error == SW_OK, text);
    outbox->committed = true;
}

static void read_behind(struct outbox *outbox, struct store_outbox_place after)
{
    const struct store_outbox_stretch stretch = {SW_COLOUR_RED, after, INT64_MAX};
    must(store_read_outbox(outbox->store, &stretch, 1, AT_ONCE) == SW_OK, "the outbox cannot be read");
}

static void on_outbox(void *ctx, const struct store_outbox_row *rows, size_t count)
{
    struct outbox *outbox = ctx;
    for (size_t i = 0; i < count; i++)
        must(store_outbox_done(outbox->store, rows[i].id) == SW_OK, "a row cannot be done");
    outbox->taken += count;
    if (count > 0) read_behind(outbox, (struct store_outbox_place){rows[count - 1].place, rows[count - 1].id});
}

static void on_closed(void *ctx)
{
    ((struct outbox *)ctx)->closed = true;
}

static void commit(struct outbox *outbox, uint32_t first)
{
    struct store_batch *batch = micro_must(store_batch_new());
    for (uint32_t i = first; i < first + A_COMMIT; i++) {
        struct sw_alert alert = {.revision = 1,
                                 .kind = SW_ALERT_KIND_LEVEL,
                                 .state = SW_ALERT_STATE_RAISED,
                                 .colour = SW_COLOUR_RED,
                                 .peak = SW_COLOUR_RED};
        snprintf(alert.subject, sizeof alert.subject, "site-%u", i);
        snprintf(alert.id, sizeof alert.id, "gw-1.level.site-%u.1790000000", i);
        must(store_batch_add_alert(batch, &alert, TOPIC, outbox->payload) == SW_OK, "no memory");
    }
    outbox->committed = false;
    must(store_commit(outbox->store, batch) == SW_OK, "the store is busy");
    while (!outbox->committed)
        uv_run(&outbox->loop, UV_RUN_ONCE);
    store_batch_free(batch);
}

static void open_store(struct outbox *outbox)
{
    const struct store_events events = {outbox, on_committed, on_outbox};
    char text[512] = "";
    must(uv_loop_init(&outbox->loop) == 0, "no loop");
    must(store_open(&outbox->loop, outbox->path, events, &outbox->store, text, sizeof text) == SW_OK, text);
}

static void close_store(struct outbox *outbox)
{
    outbox->closed = false;
    store_close(outbox->store, on_closed, outbox);
    uv_run(&outbox->loop, UV_RUN_DEFAULT);
    must(outbox->closed && uv_loop_close(&outbox->loop) == 0, "the store does not close");
}

static void remove_files(const struct outbox *outbox)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".reserve"};
    char path[128];
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        snprintf(path, sizeof path, "%s%s", outbox->path, suffixes[i]);
        (void)unlink(path);
    }
}

static double drain(void *ctx)
{
    struct outbox *outbox = ctx;
    open_store(outbox);
    for (uint32_t i = 0; i < ALERTS; i += A_COMMIT)
        commit(outbox, i);
    outbox->taken = 0;
    double begun = micro_wall_s();
    read_behind(outbox, (struct store_outbox_place){0, 0});
    while (outbox->taken < ALERTS)
        uv_run(&outbox->loop, UV_RUN_ONCE);
    close_store(outbox); /* what is done is gone from the disk then */
    double spent = micro_wall_s() - begun;
    open_store(outbox);
    must(store_counters(outbox->store).outbox_rows == 0, "rows are left");
    close_store(outbox);
    remove_files(outbox);
    return ALERTS / spent;
}

/* ---- the naive way ---- */

static void execute(sqlite3 *database, const char *sql)
{
    must(sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK, sqlite3_errmsg(database));
}

static sqlite3_stmt *prepare(sqlite3 *database, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    must(sqlite3_prepare_v2(database, sql, -1, &statement, NULL) == SQLITE_OK, sqlite3_errmsg(database));
    return statement;
}

static void fill_table(const struct outbox *outbox, sqlite3 *database)
{
    execute(database, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                      "CREATE TABLE outbox(id INTEGER PRIMARY KEY, topic TEXT, payload TEXT); BEGIN");
    sqlite3_stmt *insert = prepare(database, "INSERT INTO outbox(topic, payload) VALUES(?1, ?2)");
    for (uint32_t i = 0; i < ALERTS; i++) {
        sqlite3_bind_text(insert, 1, TOPIC, -1, SQLITE_STATIC);
        sqlite3_bind_text(insert, 2, outbox->payload, -1, SQLITE_STATIC);
        must(sqlite3_step(insert) == SQLITE_DONE, sqlite3_errmsg(database));
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    execute(database, "COMMIT");
}

static double row_by_row(void *ctx)
{
    struct outbox *outbox = ctx;
    sqlite3 *database;
    must(sqlite3_open(outbox->path, &database) == SQLITE_OK, "no database");
    fill_table(outbox, database);
    sqlite3_stmt *next = prepare(database, "SELECT id, topic, payload FROM outbox ORDER BY id LIMIT 1");
    sqlite3_stmt *done = prepare(database, "DELETE FROM outbox WHERE id = ?1");
    uint32_t count = 0;
    double begun = micro_wall_s();
    for (; sqlite3_step(next) == SQLITE_ROW; count++) {
        sqlite3_bind_int64(done, 1, sqlite3_column_int64(next, 0));
        sqlite3_reset(next);
        must(sqlite3_step(done) == SQLITE_DONE, sqlite3_errmsg(database));
        sqlite3_reset(done);
    }
    double spent = micro_wall_s() - begun;
    must(count == ALERTS, "not every row was read");
    sqlite3_finalize(next);
    sqlite3_finalize(done);
    sqlite3_close(database);
    remove_files(outbox);
    return ALERTS / spent;
}

void outbox_bench(void)
{
    struct outbox outbox = {.folder = "/tmp/stillwater-outbox-XXXXXX"};
    must(mkdtemp(outbox.folder) != NULL, "no folder");
    snprintf(outbox.path, sizeof outbox.path, "%s/gateway.db", outbox.folder);
    memset(outbox.payload, 'x', sizeof outbox.payload - 1);
    micro_measure(&(struct micro){"alerts drained", "1/s", "row by row in SQLite", drain, row_by_row}, &outbox);
    (void)rmdir(outbox.folder);
}
