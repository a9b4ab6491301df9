#include "unit/store/store_fixture.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "adapters/store_sqlite/store_table.h"
#include "stillwater/error.h"

#define SERIAL 0x1234u

static void on_committed(void *ctx, struct store_batch *batch, int error, const char *text)
{
    struct fixture *fixture = ctx;
    fixture->commits_finished++;
    fixture->commit_error = error;
    fixture->returned = batch;
    snprintf(fixture->commit_text, sizeof fixture->commit_text, "%s", text);
}

static void on_outbox(void *ctx, const struct store_outbox_row *rows, size_t count)
{
    struct fixture *fixture = ctx;
    fixture->reads_finished++;
    fixture->row_count = count;
    assert_in_range(count, 0, FIXTURE_ROWS_MAX);
    for (size_t i = 0; i < count; i++) {
        fixture->row_ids[i] = rows[i].id;
        fixture->row_places[i] = rows[i].place;
        fixture->row_stretches[i] = rows[i].stretch;
        fixture->row_revisions[i] = rows[i].revision;
        fixture->last_row = rows[i];
    }
    if (count == 0) return;
    snprintf(fixture->first_topic, sizeof fixture->first_topic, "%s", rows[0].topic);
    snprintf(fixture->first_payload, sizeof fixture->first_payload, "%s", rows[0].payload);
}

static void on_closed(void *ctx)
{
    ((struct fixture *)ctx)->closed = true;
}

void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){.folder = "/tmp/stillwater-store-XXXXXX"};
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->path, sizeof fixture->path, "%s/gateway.db", fixture->folder);
    assert_int_equal(uv_loop_init(&fixture->loop), 0);
}

int fixture_try_open(struct fixture *fixture, char *text, size_t text_size)
{
    struct store_events events = {fixture, on_committed, on_outbox};
    fixture->closed = false;
    return store_open(&fixture->loop, fixture->path, events, &fixture->store, text, text_size);
}

void fixture_open(struct fixture *fixture)
{
    char text[512] = "";
    int error = fixture_try_open(fixture, text, sizeof text);
    if (error) fail_msg("store_open: %s: %s", sw_error_name(error), text);
}

void fixture_close(struct fixture *fixture)
{
    store_close(fixture->store, on_closed, fixture);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_true(fixture->closed);
    fixture->store = NULL;
}

void fixture_destroy(struct fixture *fixture)
{
    static const char *const endings[] = {
        "",          "-wal",          "-shm",          ".lock",          ".reserve",      "-journal",
        "-readings", "-readings-wal", "-readings-shm", "-readings-log0", "-readings-log1"};
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s%s", fixture->path, endings[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(fixture->folder), 0);
}

int fixture_commit(struct fixture *fixture, struct store_batch *batch)
{
    int before = fixture->commits_finished;
    assert_int_equal(store_commit(fixture->store, batch), SW_OK);
    while (fixture->commits_finished == before)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_ptr_equal(fixture->returned, batch);
    return fixture->commit_error;
}

void fixture_read_outbox(struct fixture *fixture, int64_t after_place, size_t limit)
{
    struct store_outbox_stretch stretches[SW_COLOUR_COUNT];
    for (int i = 0; i < SW_COLOUR_COUNT; i++)
        stretches[i] = (struct store_outbox_stretch){
            (enum sw_colour)(SW_COLOUR_COUNT - 1 - i), {after_place, INT64_MAX}, INT64_MAX};
    fixture_read_stretches(fixture, stretches, SW_COLOUR_COUNT, limit);
}

void fixture_read_stretches(struct fixture *fixture, const struct store_outbox_stretch *stretches, size_t count,
                            size_t limit)
{
    int before = fixture->reads_finished;
    assert_int_equal(store_read_outbox(fixture->store, stretches, count, limit), SW_OK);
    while (fixture->reads_finished == before)
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

int fixture_run(const char *line, char *output, size_t size)
{
    FILE *stream = popen(line, "r");
    assert_non_null(stream);
    output[fread(output, 1, size - 1, stream)] = '\0';
    int status = pclose(stream);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

int64_t fixture_number(const struct fixture *fixture, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    /* By name, so that a test's own file system layer does not get into the way. */
    assert_int_equal(sqlite3_open_v2(fixture->path, &db, SQLITE_OPEN_READWRITE, "unix"), SQLITE_OK);
    assert_true(store_table_add(db, fixture->path));
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return number;
}

struct store_reading sample_reading(uint32_t sequence)
{
    struct store_reading reading = {.serial = SERIAL,
                                    .epoch = 1,
                                    .sequence = sequence,
                                    .subject = "home-1",
                                    .kind = SW_READING_WATER_INDEX,
                                    .time = {1790000000000 + (int64_t)sequence * 1000},
                                    .value_milli = 100 * (int64_t)sequence};
    return reading;
}

struct sw_alert sample_alert(uint32_t revision)
{
    struct sw_alert alert = {.id = "gw-1.level.site-1.20260922T000000000Z",
                             .revision = revision,
                             .kind = SW_ALERT_KIND_LEVEL,
                             .state = SW_ALERT_STATE_RAISED,
                             .colour = SW_COLOUR_RED,
                             .peak = SW_COLOUR_RED,
                             .subject = "site-1",
                             .onset = {1790000000000},
                             .raised_at = {1790000001000},
                             .updated_at = {1790000001000}};
    return alert;
}

struct store_batch *sample_batch(uint32_t first, uint32_t last, uint32_t revision)
{
    static const uint8_t bytes[] = {1, 2, 3, 4};
    struct store_batch *batch = store_batch_new();
    assert_non_null(batch);
    for (uint32_t i = first; i <= last; i++) {
        struct store_reading reading = sample_reading(i);
        assert_int_equal(store_batch_add_reading(batch, &reading), SW_OK);
    }
    struct store_cursor cursor = {SERIAL, 1, last};
    assert_int_equal(store_batch_add_cursor(batch, &cursor), SW_OK);
    assert_int_equal(store_batch_add_snapshot(batch, 1, "home-1", bytes, sizeof bytes), SW_OK);
    if (revision) {
        struct sw_alert alert = sample_alert(revision);
        assert_int_equal(store_batch_add_alert(batch, &alert, "stillwater/c/g/alert/x", "{\"revision\":1}"), SW_OK);
    }
    return batch;
}

void fixture_add_alert(struct fixture *fixture, const char *subject, unsigned nth, uint32_t revision,
                       enum sw_colour colour)
{
    struct store_batch *batch = store_batch_new();
    struct sw_alert alert = sample_alert(revision);
    assert_non_null(batch);
    snprintf(alert.subject, sizeof alert.subject, "%s", subject);
    snprintf(alert.id, sizeof alert.id, "gw-1.level.%s.%u", subject, nth);
    alert.colour = colour;
    assert_int_equal(store_batch_add_alert(batch, &alert, "stillwater/c/g/alert/x", "{}"), SW_OK);
    assert_int_equal(fixture_commit(fixture, batch), SW_OK);
    store_batch_free(batch);
}
