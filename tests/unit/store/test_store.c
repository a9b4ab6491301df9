#include <glob.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "adapters/store_sqlite/store_batch.h"
#include "stillwater/error.h"
#include "unit/store/store_fixture.h"

static void count_snapshot(void *ctx, int domain, const char *subject, const uint8_t *bytes, size_t size)
{
    unsigned *count = ctx;
    assert_int_equal(domain, 1);
    assert_string_equal(subject, "home-1");
    assert_int_equal(size, 4);
    assert_int_equal(bytes[3], 4);
    (*count)++;
}

static void count_open_alert(void *ctx, const struct sw_alert *alert, const char *body)
{
    unsigned *count = ctx;
    assert_string_equal(alert->id, "gw-1.level.site-1.20260922T000000000Z");
    assert_int_equal(alert->state, SW_ALERT_STATE_RAISED);
    assert_string_equal(body, "{\"revision\":1}");
    (*count)++;
}

static void everything_of_a_batch_is_there_after_reopening(void **state)
{
    (void)state;
    struct fixture fixture;
    uint8_t bytes[16];
    struct store_cursor cursor;
    fixture_init(&fixture);
    fixture_open(&fixture);
    assert_int_equal(store_load_cursor(fixture.store, 0x1234, &cursor), SW_ERROR_NOT_FOUND);
    assert_int_equal(store_load_snapshot(fixture.store, 1, "home-1", bytes, sizeof bytes, NULL), 0);
    assert_int_equal(store_load_last_time(fixture.store).ms, 0);
    struct store_batch *batch = sample_batch(1, 5, 1);
    assert_int_equal(store_batch_size(batch), 8);
    assert_int_equal(fixture_commit(&fixture, batch), SW_OK);
    store_batch_free(batch);
    assert_int_equal(store_load_cursor(fixture.store, 0x1234, &cursor), SW_OK);
    assert_int_equal(cursor.sequence, 5);
    fixture_close(&fixture);

    fixture_open(&fixture);
    assert_int_equal(store_load_cursor(fixture.store, 0x1234, &cursor), SW_OK);
    assert_int_equal(cursor.epoch, 1);
    assert_int_equal(cursor.sequence, 5);
    assert_int_equal(store_load_snapshot(fixture.store, 1, "home-1", bytes, sizeof bytes, NULL), 4);
    assert_int_equal(bytes[3], 4);
    assert_int_equal(store_load_snapshot(fixture.store, 1, "home-1", bytes, 3, NULL), 0);
    unsigned snapshots = 0;
    store_each_snapshot(fixture.store, &snapshots, count_snapshot);
    assert_int_equal(snapshots, 1);
    unsigned open = 0;
    store_each_open_alert(fixture.store, &open, count_open_alert);
    assert_int_equal(open, 1);
    assert_int_equal(store_load_last_time(fixture.store).ms, 1790000005000);
    fixture_read_outbox(&fixture, 0, 10);
    assert_int_equal(fixture.row_count, 1);
    assert_string_equal(fixture.first_topic, "stillwater/c/g/alert/x");
    assert_string_equal(fixture.first_payload, "{\"revision\":1}");
    assert_int_equal(fixture_number(&fixture, "SELECT sum(value_milli) FROM readings"), 1500);
    fixture_close(&fixture);
    fixture_destroy(&fixture);
}

static void expect_actor(void *ctx, const struct sw_alert *alert, const char *body)
{
    assert_int_equal(alert->revision, 5);
    assert_string_equal(alert->actor, ctx);
    assert_string_equal(body, "5");
}

static void an_open_alert_says_who_brought_it_into_its_state(void **state)
{
    (void)state;
    static const struct {
        enum sw_alert_state state;
        char actor[16];
    } revisions[] = {{SW_ALERT_STATE_ACKNOWLEDGED, "officer-1"},
                     {SW_ALERT_STATE_RAISED, ""},
                     {SW_ALERT_STATE_ACKNOWLEDGED, "officer-2"},
                     {SW_ALERT_STATE_ACKNOWLEDGED, "worker-7"},
                     {SW_ALERT_STATE_ACKNOWLEDGED, ""}};
    struct fixture fixture;
    struct sw_alert alert = {.id = "gw-1.level.site-1.20260922T000000000Z", .kind = SW_ALERT_KIND_LEVEL};
    fixture_init(&fixture);
    fixture_open(&fixture);
    struct store_batch *batch = store_batch_new();
    for (uint32_t i = 0; i < sizeof revisions / sizeof revisions[0]; i++) {
        char body[2] = {(char)('1' + i), '\0'};
        alert.revision = i + 1;
        alert.state = revisions[i].state;
        memcpy(alert.actor, revisions[i].actor, sizeof revisions[i].actor);
        assert_int_equal(store_batch_add_alert(batch, &alert, "t", body), SW_OK);
    }
    assert_int_equal(fixture_commit(&fixture, batch), SW_OK);
    store_batch_free(batch);
    char expected[] = "officer-2";
    store_each_open_alert(fixture.store, expected, expect_actor);
    fixture_close(&fixture);
    fixture_destroy(&fixture);
}

static void readings_sent_twice_are_kept_once_and_counted(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_open(&fixture);
    struct store_batch *first = sample_batch(1, 5, 1), *second = sample_batch(3, 8, 1);
    struct store_reading plain = {.subject = "site-1", .kind = SW_READING_LEVEL, .time = {1790000000000}};
    store_batch_add_reading(second, &plain);
    store_batch_add_reading(second, &plain);
    assert_int_equal(fixture_commit(&fixture, first), SW_OK);
    assert_int_equal(fixture_commit(&fixture, second), SW_OK);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM readings WHERE serial <> 0"), 8);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM readings WHERE serial = 0"), 1);
    /* The alert's revision came twice too: one outbox row. */
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM outbox"), 1);
    struct store_counters counters = store_counters(fixture.store);
    /* Of the revision; readings are counted when they are moved into chunks. */
    assert_int_equal(counters.duplicates, 1);
    assert_int_equal(counters.commits, 2);
    assert_int_equal(counters.outbox_rows, 1);
    store_batch_free(first);
    store_batch_free(second);
    fixture_close(&fixture);
    fixture_destroy(&fixture);
}

static void a_row_is_done_by_its_revision_too(void **state)
{
    (void)state;
    struct fixture fixture;
    char id[SW_ALERT_ID_SIZE] = "";
    fixture_init(&fixture);
    fixture_open(&fixture);
    assert_int_equal(store_outbox_newest(fixture.store), 0);
    for (uint32_t revision = 1; revision <= 3; revision++) {
        struct store_batch *batch = sample_batch(revision, revision, revision);
        assert_int_equal(fixture_commit(&fixture, batch), SW_OK);
        memcpy(id, batch->alerts[0].alert.id, sizeof id);
        store_batch_free(batch);
    }
    assert_int_equal(store_outbox_newest(fixture.store), 3);
    assert_int_equal(store_outbox_done_revision(fixture.store, id, 2), SW_OK);
    assert_int_equal(store_outbox_done_revision(fixture.store, id, 9), SW_OK);
    assert_int_equal(store_outbox_done_revision(fixture.store, "no.such.alert", 1), SW_OK);
    fixture_read_outbox(&fixture, 0, 10);
    assert_int_equal(fixture.row_count, 2);
    assert_int_equal(fixture.row_revisions[0], 1);
    assert_int_equal(fixture.row_revisions[1], 3);
    fixture_close(&fixture);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM outbox"), 2);
    fixture_open(&fixture);
    assert_int_equal(store_outbox_newest(fixture.store), 3);
    fixture_close(&fixture);
    fixture_destroy(&fixture);
}

/* Those that are done are earlier all the same: whoever cancels names what it cancels. */
static void a_row_knows_the_newest_revisions_before_it(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_open(&fixture);
    struct store_batch *batch = store_batch_new();
    for (uint32_t revision = 1; revision <= STORE_EARLIER_MAX + 3; revision++) {
        struct sw_alert alert = sample_alert(revision);
        alert.updated_at.ms = 1000 * revision;
        assert_int_equal(store_batch_add_alert(batch, &alert, "t", "{}"), SW_OK);
    }
    assert_int_equal(fixture_commit(&fixture, batch), SW_OK);
    store_batch_free(batch);
    fixture_read_outbox(&fixture, 0, 1);
    assert_int_equal(fixture.last_row.earlier_count, 0);
    fixture_read_outbox(&fixture, 0, 3);
    assert_int_equal(store_outbox_done(fixture.store, fixture.row_ids[0]), SW_OK);
    assert_int_equal(fixture.last_row.earlier_count, 2);
    assert_int_equal(fixture.last_row.earlier[0].revision, 2);
    assert_int_equal(fixture.last_row.earlier[0].updated_at.ms, 2000);
    assert_int_equal(fixture.last_row.earlier[1].revision, 1);
    fixture_read_outbox(&fixture, fixture.row_ids[2], STORE_EARLIER_MAX);
    assert_int_equal(fixture.last_row.revision, STORE_EARLIER_MAX + 3);
    assert_int_equal(fixture.last_row.earlier_count, STORE_EARLIER_MAX);
    assert_int_equal(fixture.last_row.earlier[STORE_EARLIER_MAX - 1].revision, 3);
    fixture_close(&fixture);
    fixture_destroy(&fixture);
}

static void outbox_rows_come_in_order_and_go_when_done(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_open(&fixture);
    for (uint32_t revision = 1; revision <= 5; revision++) {
        struct store_batch *batch = sample_batch(revision, revision, revision);
        assert_int_equal(fixture_commit(&fixture, batch), SW_OK);
        store_batch_free(batch);
    }
    fixture_read_outbox(&fixture, 0, 3);
    assert_int_equal(fixture.row_count, 3);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(fixture.row_revisions[i], i + 1);
    fixture_read_outbox(&fixture, fixture.row_ids[2], 10);
    assert_int_equal(fixture.row_count, 2);
    assert_int_equal(fixture.row_revisions[0], 4);
    /* A row that is done is never shown again, whether or not it has been removed from the file yet. */
    assert_int_equal(store_outbox_done(fixture.store, fixture.row_ids[0]), SW_OK);
    fixture_read_outbox(&fixture, 0, 10);
    assert_int_equal(fixture.row_count, 4);
    assert_int_equal(fixture.row_revisions[3], 5);
    fixture_close(&fixture);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM outbox"), 4);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM alerts"), 5);
    fixture_destroy(&fixture);
}

static void change_file(const struct fixture *fixture, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(fixture->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void expect_order(const struct fixture *fixture, const int64_t *ids, size_t count)
{
    assert_int_equal(fixture->row_count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(fixture->row_ids[i], ids[i]);
}

static void rows_stand_in_line_by_colour_and_a_subjects_rows_together(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_open(&fixture);
    fixture_add_alert(&fixture, "a", 1, 1, SW_COLOUR_BLUE);   /* 1 */
    fixture_add_alert(&fixture, "b", 1, 1, SW_COLOUR_RED);    /* 2 */
    fixture_add_alert(&fixture, "c", 1, 1, SW_COLOUR_YELLOW); /* 3 */
    fixture_add_alert(&fixture, "d", 1, 1, SW_COLOUR_RED);    /* 4 */
    fixture_read_outbox(&fixture, 0, 10);
    expect_order(&fixture, (const int64_t[]){2, 4, 3, 1}, 4);
    /* An alert that turns red takes what was said of it before along; an end does not overtake, nor does it fall back.
     */
    fixture_add_alert(&fixture, "a", 1, 2, SW_COLOUR_RED);   /* 5 */
    fixture_add_alert(&fixture, "b", 1, 2, SW_COLOUR_GREEN); /* 6 */
    fixture_add_alert(&fixture, "a", 2, 1, SW_COLOUR_BLUE);  /* 7: another alert of the same subject */
    fixture_read_outbox(&fixture, 0, 10);
    expect_order(&fixture, (const int64_t[]){2, 4, 1, 5, 6, 7, 3}, 7);
    assert_int_equal(fixture.row_places[2], 5);
    /* Who has read the red line up to 4 finds the row that joined it. */
    const struct store_outbox_stretch rest[] = {{SW_COLOUR_RED, {4, 4}, INT64_MAX},
                                                {SW_COLOUR_BLUE, {0, 0}, INT64_MAX}};
    fixture_read_stretches(&fixture, rest, 2, 10);
    expect_order(&fixture, (const int64_t[]){1, 5, 6, 7}, 4);
    const struct store_outbox_stretch up_to[] = {{SW_COLOUR_YELLOW, {0, 0}, 3}, {SW_COLOUR_RED, {5, 1}, 6}};
    fixture_read_stretches(&fixture, up_to, 2, 10);
    expect_order(&fixture, (const int64_t[]){3, 5, 6}, 3);
    assert_int_equal(fixture.row_stretches[0], 0);
    assert_int_equal(fixture.row_stretches[2], 1);
    /* Once its rows are done a subject starts anew. */
    for (int64_t id = 1; id <= 7; id++)
        assert_int_equal(store_outbox_done(fixture.store, id), SW_OK);
    fixture_add_alert(&fixture, "a", 2, 2, SW_COLOUR_BLUE); /* 8 */
    fixture_add_alert(&fixture, "e", 1, 1, SW_COLOUR_RED);  /* 9 */
    fixture_read_outbox(&fixture, 0, 10);
    expect_order(&fixture, (const int64_t[]){9, 8}, 2);
    fixture_close(&fixture);
    fixture_destroy(&fixture);
}

static void the_outbox_of_version_2_is_lined_up(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_open(&fixture);
    fixture_add_alert(&fixture, "a", 1, 1, SW_COLOUR_BLUE);
    fixture_add_alert(&fixture, "b", 1, 1, SW_COLOUR_ORANGE);
    fixture_add_alert(&fixture, "a", 1, 2, SW_COLOUR_RED);
    fixture_close(&fixture);
    change_file(&fixture, FIXTURE_TO_VERSION_3 FIXTURE_TO_VERSION_2);
    fixture_open(&fixture);
    fixture_add_alert(&fixture, "c", 1, 1, SW_COLOUR_RED);
    fixture_read_outbox(&fixture, 0, 10);
    expect_order(&fixture, (const int64_t[]){1, 3, 4, 2}, 4);
    fixture_close(&fixture);
    fixture_destroy(&fixture);
}

static void a_second_commit_under_way_is_refused(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_open(&fixture);
    struct store_batch *first = sample_batch(1, 1, 0), *second = sample_batch(2, 2, 0);
    assert_int_equal(store_commit(fixture.store, first), SW_OK);
    assert_int_equal(store_commit(fixture.store, second), SW_ERROR_BUSY);
    /* Closing waits for it and still reports it. */
    fixture_close(&fixture);
    assert_int_equal(fixture.commits_finished, 1);
    assert_int_equal(fixture.commit_error, SW_OK);
    store_batch_free(first);
    store_batch_free(second);
    fixture_destroy(&fixture);
}

static void a_second_process_cannot_open_the_same_store(void **state)
{
    (void)state;
    struct fixture fixture;
    char text[512];
    fixture_init(&fixture);
    fixture_open(&fixture);
    struct store *first = fixture.store;
    assert_int_equal(fixture_try_open(&fixture, text, sizeof text), SW_ERROR_STORE);
    assert_non_null(strstr(text, fixture.path));
    assert_non_null(strstr(text, "in use by another process"));
    fixture.store = first;
    fixture_close(&fixture);
    fixture_destroy(&fixture);
}

static void expect_refusal(struct fixture *fixture, int expected_error, const char *expected_text)
{
    char text[512] = "", whole[640];
    assert_int_equal(fixture_try_open(fixture, text, sizeof text), expected_error);
    snprintf(whole, sizeof whole, "%s: %s", fixture->path, expected_text);
    assert_string_equal(text, whole);
    assert_null(fixture->store);
}

static void a_newer_schema_is_refused_by_name(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_open(&fixture);
    fixture_close(&fixture);
    change_file(&fixture, "PRAGMA user_version = 6");
    expect_refusal(&fixture, SW_ERROR_VERSION, "has schema version 6; this program understands version 5");
    fixture_destroy(&fixture);
}

/* What version 1 left, with the tables of later versions taken away. */
static void a_store_of_version_1_is_taken_over_with_all_it_holds(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_open(&fixture);
    struct store_batch *batch = sample_batch(1, 5, 1);
    assert_int_equal(fixture_commit(&fixture, batch), SW_OK);
    store_batch_free(batch);
    fixture_close(&fixture);
    change_file(&fixture, FIXTURE_TO_VERSION_3 FIXTURE_TO_VERSION_2 FIXTURE_TO_VERSION_1);
    change_file(&fixture,
                "WITH n (i) AS (VALUES (1) UNION ALL SELECT i + 2 FROM n WHERE i < 39999) INSERT INTO readings"
                " SELECT i, 4660 * (i % 4 = 1), 1, i, iif(i % 8 = 1, '', 'home-1'), 1, 0, 0, 1, i * 1000, i"
                " FROM n; INSERT INTO cursors VALUES (4660, 1, 39997)");
    fixture_open(&fixture);
    struct store_cursor cursor;
    assert_int_equal(store_load_cursor(fixture.store, 4660, &cursor), SW_OK);
    assert_int_equal(cursor.sequence, 39997);
    assert_int_equal(store_position(fixture.store), 39999);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM readings"), 20000);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM readings WHERE subject = ''"), 5000);
    assert_int_equal(fixture_number(&fixture, "SELECT min(serial) FROM readings WHERE subject = ''"), 4660);
    assert_int_equal(fixture_number(&fixture, "SELECT sum(value_milli) FROM readings"), 400000000);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'old%'"), 0);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM alerts"), 1);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM feedback"), 0);
    assert_int_equal(fixture_number(&fixture, "PRAGMA user_version"), 5);
    fixture_close(&fixture);
    fixture_open(&fixture);
    fixture_close(&fixture);
    fixture_destroy(&fixture);
}

static void the_alerts_of_version_2_move_with_all_that_refers_to_them(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_open(&fixture);
    for (uint32_t revision = 1; revision <= 20; revision++)
        fixture_add_alert(&fixture, "site-1", 1, revision, SW_COLOUR_RED);
    fixture_close(&fixture);
    change_file(&fixture, FIXTURE_TO_VERSION_3 FIXTURE_TO_VERSION_2);
    assert_int_equal(fixture_number(&fixture, "SELECT wr FROM pragma_table_list('alerts')"), 1);
    fixture_open(&fixture);
    assert_int_equal(fixture_number(&fixture, "SELECT wr FROM pragma_table_list('alerts')"), 0);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM alerts JOIN outbox USING (alert_id, revision)"),
                     20);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM pragma_foreign_key_list('outbox')"
                                              " WHERE \"table\" = 'alerts'"),
                     2);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    fixture_add_alert(&fixture, "site-1", 1, 20, SW_COLOUR_RED); /* it is there already */
    fixture_add_alert(&fixture, "site-1", 1, 21, SW_COLOUR_RED);
    fixture_read_outbox(&fixture, 0, 64);
    assert_int_equal(fixture.row_count, 21);
    for (size_t i = 0; i < fixture.row_count; i++)
        assert_int_equal(fixture.row_revisions[i], i + 1);
    fixture_close(&fixture);
    fixture_destroy(&fixture);
}

static struct store_feedback sample_feedback(const char *alert_id, enum sw_outcome outcome)
{
    struct store_feedback feedback = {.outcome = outcome, .by = "carer-3", .note = "was out", .time = {1790000060000}};
    snprintf(feedback.alert_id, sizeof feedback.alert_id, "%s", alert_id);
    return feedback;
}

struct kept_reports {
    size_t count;
    struct store_report last;
};

static void keep_report(void *ctx, const struct store_report *report)
{
    struct kept_reports *kept = ctx;
    kept->count++;
    kept->last = *report;
}

static void a_report_is_kept_once_and_read_back_whole(void **state)
{
    (void)state;
    struct fixture fixture;
    struct store_report report = {.id = "r-1",
                                  .source = SW_REPORT_SOURCE_CITIZEN,
                                  .kind = SW_REPORT_LEAK,
                                  .colour = SW_COLOUR_GREEN,
                                  .by = "c-1",
                                  .portal = "portal-1",
                                  .time = {1000},
                                  .received = {2000},
                                  .latitude = 31.25,
                                  .longitude = -121.5,
                                  .grid = "c/n",
                                  .text = "caf\xc3\xa9",
                                  .alert_id = "gw.leak.home-1.x"};
    fixture_init(&fixture);
    fixture_open(&fixture);
    struct store_batch *batch = store_batch_new();
    assert_int_equal(store_batch_add_report(batch, &report), SW_OK);
    assert_int_equal(store_batch_add_report(batch, &report), SW_OK);
    assert_int_equal(store_batch_size(batch), 2);
    assert_int_equal(fixture_commit(&fixture, batch), SW_OK);
    store_batch_free(batch);
    fixture_close(&fixture);
    fixture_open(&fixture);
    struct kept_reports kept = {.count = 0};
    store_each_report(fixture.store, sw_wall_from_ms(2001), &kept, keep_report);
    assert_int_equal(kept.count, 0);
    store_each_report(fixture.store, sw_wall_from_ms(2000), &kept, keep_report);
    assert_int_equal(kept.count, 1);
    assert_memory_equal(&kept.last, &report, sizeof report);
    fixture_close(&fixture);
    fixture_destroy(&fixture);
}

static void feedback_is_kept_for_alerts_that_exist_and_for_no_others(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_open(&fixture);
    struct store_batch *batch = sample_batch(1, 2, 1);
    struct store_feedback known = sample_feedback(sample_alert(1).id, SW_OUTCOME_ABSENT);
    struct store_feedback unknown = sample_feedback("gw-1.level.site-1.20200101T000000000Z", SW_OUTCOME_ABSENT);
    size_t first, second;
    size_t rows = store_batch_size(batch);
    /* The alert is of the same batch: a resolve that says at once what it was. */
    assert_int_equal(store_batch_add_feedback(batch, &known, &first), SW_OK);
    assert_int_equal(store_batch_add_feedback(batch, &unknown, &second), SW_OK);
    assert_int_equal(store_batch_size(batch), rows + 2);
    assert_int_equal(fixture_commit(&fixture, batch), SW_OK);
    assert_true(store_batch_feedback_stored(batch, first));
    assert_false(store_batch_feedback_stored(batch, second));
    assert_false(store_batch_feedback_stored(batch, 99));
    store_batch_free(batch);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM feedback"), 1);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM feedback WHERE kind = 2 AND subject = 'site-1' AND"
                                              " actor = 'carer-3' AND note = 'was out' AND outcome = 2 AND"
                                              " time_ms = 1790000060000"),
                     1);
    /* Told again, otherwise: a row more. */
    batch = store_batch_new();
    known.outcome = SW_OUTCOME_ASSISTED;
    assert_int_equal(store_batch_add_feedback(batch, &known, &first), SW_OK);
    assert_int_equal(fixture_commit(&fixture, batch), SW_OK);
    assert_true(store_batch_feedback_stored(batch, first));
    store_batch_free(batch);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM feedback"), 2);
    assert_int_equal(fixture_number(&fixture, "SELECT outcome FROM feedback ORDER BY id DESC LIMIT 1"), 3);
    fixture_close(&fixture);
    fixture_destroy(&fixture);
}

static void a_file_that_is_no_database_is_refused_by_name(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    FILE *file = fopen(fixture.path, "w");
    assert_non_null(file);
    for (int i = 0; i < 200; i++)
        fputs("this is a letter, not a database\n", file);
    fclose(file);
    expect_refusal(&fixture, SW_ERROR_STORE, "is not a database; expected a Stillwater store or no file");
    fixture_destroy(&fixture);
}

static void another_programs_database_is_refused_by_name(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    change_file(&fixture, "CREATE TABLE recipes (name TEXT)");
    expect_refusal(&fixture, SW_ERROR_STORE,
                   "is the database of another program; expected a Stillwater store or no file");
    fixture_destroy(&fixture);
}

/* ---- damage ---- */

static void overwrite(const struct fixture *fixture, long at, size_t size)
{
    static const char bytes[8192] = "\xff\xff\xff\xff\xff\xff\xff\xff";
    FILE *file = fopen(fixture->path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    assert_int_equal(fwrite(bytes, size, 1, file), 1);
    fclose(file);
}

/* Removes the files that were set aside; how many they are. */
static int remove_set_aside(const struct fixture *fixture)
{
    glob_t found;
    char pattern[160];
    snprintf(pattern, sizeof pattern, "%s.corrupt-*", fixture->path);
    int count = glob(pattern, 0, NULL, &found) == 0 ? (int)found.gl_pathc : 0;
    for (int i = 0; i < count; i++)
        assert_int_equal(unlink(found.gl_pathv[i]), 0);
    globfree(&found);
    return count;
}

static struct store_damage database_damage(struct fixture *fixture)
{
    store_set_limits(fixture->store, &(struct store_limits){0});
    return store_room(fixture->store).database_damage;
}

static void a_damaged_database_is_set_aside_and_a_new_one_begun(void **state)
{
    (void)state;
    static const struct {
        long at;
        size_t size;
    } damages[] = {{0, 100}, {16, 40}, {100, 4000}, {4096, 4096}, {12 * 4096, 8192}};
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        struct fixture fixture;
        fixture_init(&fixture);
        fixture_open(&fixture);
        struct store_batch *batch = sample_batch(1, 3, 1);
        assert_int_equal(fixture_commit(&fixture, batch), SW_OK);
        fixture_close(&fixture);
        overwrite(&fixture, damages[i].at, damages[i].size);

        fixture_open(&fixture);
        struct store_damage damage = database_damage(&fixture);
        if (damage.count != 1) fail_msg("the damage at %ld is not found", damages[i].at);
        assert_non_null(strstr(damage.text, "gateway.db.corrupt-"));
        assert_int_equal(fixture_number(&fixture, "SELECT why LIKE 'a new store: %gateway.db is damaged (%) and was set"
                                                  " aside as %gateway.db.corrupt-%' FROM trail WHERE sequence = 1"),
                         1);
        assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM alerts"), 0);
        assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM readings"), 3);
        store_batch_free(batch);
        batch = sample_batch(4, 4, 1);
        assert_int_equal(fixture_commit(&fixture, batch), SW_OK);
        store_batch_free(batch);
        fixture_close(&fixture);

        fixture_open(&fixture);
        assert_int_equal(database_damage(&fixture).count, 0);
        assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM alerts"), 1);
        assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM readings"), 4);
        fixture_close(&fixture);
        assert_int_equal(remove_set_aside(&fixture), 1);
        fixture_destroy(&fixture);
    }
}

static void a_folder_that_does_not_exist_is_named(void **state)
{
    (void)state;
    struct fixture fixture;
    char text[512] = "";
    fixture_init(&fixture);
    snprintf(fixture.path, sizeof fixture.path, "%s/nowhere/gateway.db", fixture.folder);
    assert_int_equal(fixture_try_open(&fixture, text, sizeof text), SW_ERROR_STORE);
    assert_non_null(strstr(text, fixture.path));
    assert_non_null(strstr(text, "No such file or directory"));
    fixture_destroy(&fixture);
}

/* A process that dies right after commits were reported leaves all of them behind. */
static void committed_batches_survive_a_kill(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    int reported[2];
    assert_int_equal(pipe(reported), 0);
    pid_t child = fork();
    if (child == 0) {
        fixture_open(&fixture);
        for (uint32_t i = 1;; i++) {
            struct store_batch *batch = sample_batch(i, i, i);
            if (fixture_commit(&fixture, batch) != SW_OK || write(reported[1], &i, sizeof i) != sizeof i) _exit(1);
            store_batch_free(batch);
        }
    }
    close(reported[1]);
    uint32_t last = 0;
    while (last < 50)
        assert_int_equal(read(reported[0], &last, sizeof last), sizeof last);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    while (read(reported[0], &last, sizeof last) == sizeof last) {
    }
    close(reported[0]);
    fixture_open(&fixture);
    struct store_cursor cursor;
    assert_int_equal(store_load_cursor(fixture.store, 0x1234, &cursor), SW_OK);
    assert_in_range(cursor.sequence, last, last + 1);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM readings"), cursor.sequence);
    /* What rests on readings is committed after them: the last batch may lack it, and the core makes it again. */
    int64_t alerts = fixture_number(&fixture, "SELECT count(*) FROM alerts");
    assert_in_range(alerts, last, cursor.sequence);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM outbox"), alerts);
    assert_int_equal(fixture_number(&fixture, "SELECT max(sequence) FROM readings"), cursor.sequence);
    fixture_close(&fixture);
    fixture_destroy(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_is_kept_once_and_read_back_whole),
        cmocka_unit_test(everything_of_a_batch_is_there_after_reopening),
        cmocka_unit_test(an_open_alert_says_who_brought_it_into_its_state),
        cmocka_unit_test(readings_sent_twice_are_kept_once_and_counted),
        cmocka_unit_test(a_row_is_done_by_its_revision_too),
        cmocka_unit_test(a_row_knows_the_newest_revisions_before_it),
        cmocka_unit_test(outbox_rows_come_in_order_and_go_when_done),
        cmocka_unit_test(rows_stand_in_line_by_colour_and_a_subjects_rows_together),
        cmocka_unit_test(the_outbox_of_version_2_is_lined_up),
        cmocka_unit_test(a_second_commit_under_way_is_refused),
        cmocka_unit_test(a_second_process_cannot_open_the_same_store),
        cmocka_unit_test(a_newer_schema_is_refused_by_name),
        cmocka_unit_test(a_store_of_version_1_is_taken_over_with_all_it_holds),
        cmocka_unit_test(the_alerts_of_version_2_move_with_all_that_refers_to_them),
        cmocka_unit_test(feedback_is_kept_for_alerts_that_exist_and_for_no_others),
        cmocka_unit_test(a_damaged_database_is_set_aside_and_a_new_one_begun),
        cmocka_unit_test(a_file_that_is_no_database_is_refused_by_name),
        cmocka_unit_test(another_programs_database_is_refused_by_name),
        cmocka_unit_test(a_folder_that_does_not_exist_is_named),
        cmocka_unit_test(committed_batches_survive_a_kill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
