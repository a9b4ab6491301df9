/* `stillwater export`: readings in three formats, with filters, and all that is stored of a home. */
#include <jansson.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "stillwater/error.h"
#include "unit/store/store_fixture.h"

static char output[16384];

static int run(const struct fixture *fixture, const char *words)
{
    char line[512];
    snprintf(line, sizeof line, STILLWATER " export --store %s %s", fixture->path, words);
    return fixture_run(line, output, sizeof output);
}

static void add(struct store_batch *batch, const char *subject, enum sw_reading_kind kind, int64_t time_ms,
                int64_t value_milli, enum sw_quality quality)
{
    struct store_reading reading = {.kind = (uint8_t)kind,
                                    .quality = (uint8_t)quality,
                                    .reason = quality == SW_QUALITY_MISSING ? SW_REASON_TIMEOUT : SW_REASON_NONE,
                                    .clock_quality = SW_CLOCK_SET,
                                    .time = {time_ms},
                                    .value_milli = value_milli};
    snprintf(reading.subject, sizeof reading.subject, "%s", subject);
    assert_int_equal(store_batch_add_reading(batch, &reading), SW_OK);
}

static void open_filled(struct fixture *fixture)
{
    fixture_init(fixture);
    fixture_open(fixture);
    struct store_batch *batch = store_batch_new();
    add(batch, "home-1", SW_READING_WATER_INDEX, 1790000000000, 45287526, SW_QUALITY_GOOD);
    add(batch, "site-2", SW_READING_LEVEL, 1790000001000, -50, SW_QUALITY_SUSPECT);
    add(batch, "home-1", SW_READING_WATER_INDEX, 1790000002000, 0, SW_QUALITY_MISSING);
    add(batch, "home-1", SW_READING_BATTERY, 1790000003000, 3000, SW_QUALITY_GOOD);
    add(batch, "", SW_READING_NONE, 1790000004000, 0, SW_QUALITY_GOOD); /* an event of a node */
    assert_int_equal(fixture_commit(fixture, batch), SW_OK);
    store_batch_free(batch);
}

static void end(struct fixture *fixture)
{
    fixture_close(fixture);
    fixture_destroy(fixture);
}

#define HEAD  "time,subject,kind,value,unit,quality,reason,clock\n"
#define FIRST "2026-09-21T14:13:20.000Z,home-1,water_index_l,45287.526,L,good,,set\n"
#define LEVEL "2026-09-21T14:13:21.000Z,site-2,level_mm,-0.05,mm,suspect,,set\n"
#define GAP   "2026-09-21T14:13:22.000Z,home-1,water_index_l,,L,missing,timeout,set\n"
#define POWER "2026-09-21T14:13:23.000Z,home-1,battery_v,3,V,good,,set\n"

static void csv_has_every_reading_and_no_event_of_a_node(void **state)
{
    (void)state;
    struct fixture fixture;
    open_filled(&fixture);
    assert_int_equal(run(&fixture, "--out - 2>/dev/null"), 0);
    assert_string_equal(output, HEAD FIRST LEVEL GAP POWER);
    assert_int_equal(run(&fixture, "--out - 2>&1 >/dev/null"), 0);
    assert_string_equal(output, "4 readings\n");
    end(&fixture);
}

static void filters_leave_what_was_asked_for(void **state)
{
    (void)state;
    struct fixture fixture;
    open_filled(&fixture);
    assert_int_equal(run(&fixture, "--out - --subject site-2 2>/dev/null"), 0);
    assert_string_equal(output, HEAD LEVEL);
    assert_int_equal(run(&fixture, "--out - --kind battery_v --kind level_mm 2>/dev/null"), 0);
    assert_string_equal(output, HEAD LEVEL POWER);
    assert_int_equal(run(&fixture, "--out - --usable --subject home-1 2>/dev/null"), 0);
    assert_string_equal(output, HEAD FIRST POWER);
    assert_int_equal(run(&fixture, "--out - --from 2026-09-21T14:13:21Z --to 2026-09-21T16:13:22+02:00 2>/dev/null"),
                     0);
    assert_string_equal(output, HEAD LEVEL GAP);
    assert_int_equal(run(&fixture, "--out - --subject nobody 2>&1"), 1);
    assert_string_equal(output, HEAD "0 readings\n");
    end(&fixture);
}

static void json_lines_say_the_same(void **state)
{
    (void)state;
    struct fixture fixture;
    open_filled(&fixture);
    assert_int_equal(run(&fixture, "--out - --format jsonl --subject home-1 --kind water_index_l 2>/dev/null"), 0);
    assert_string_equal(output,
                        "{\"time\":\"2026-09-21T14:13:20.000Z\",\"subject\":\"home-1\",\"kind\":\"water_index_l\","
                        "\"value\":45287.526,\"unit\":\"L\",\"quality\":\"good\",\"reason\":\"\",\"clock\":\"set\"}\n"
                        "{\"time\":\"2026-09-21T14:13:22.000Z\",\"subject\":\"home-1\",\"kind\":\"water_index_l\","
                        "\"value\":null,\"unit\":\"L\",\"quality\":\"missing\",\"reason\":\"timeout\","
                        "\"clock\":\"set\"}\n");
    end(&fixture);
}

static void sqlite_can_be_asked(void **state)
{
    (void)state;
    struct fixture fixture;
    char file[200], words[256];
    struct stat written;
    sqlite3 *db;
    sqlite3_stmt *statement;
    open_filled(&fixture);
    snprintf(file, sizeof file, "%s/out.sqlite", fixture.folder);
    snprintf(words, sizeof words, "--out %s 2>/dev/null", file);
    assert_int_equal(run(&fixture, words), 0);
    assert_int_equal(stat(file, &written), 0);
    assert_int_equal(written.st_mode & (S_IRWXG | S_IRWXO), 0);
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*), sum(value), sum(time_ms = 1790000003000) FROM readings",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(statement, 0), 4);
    assert_true(sqlite3_column_double(statement, 1) == 45287.526 - 0.05 + 3);
    assert_int_equal(sqlite3_column_int(statement, 2), 1);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    snprintf(words, sizeof words, "--out %s 2>&1", file);
    assert_int_equal(run(&fixture, words), 2);
    assert_non_null(strstr(output, "out.sqlite: expected the name of a file that is not there yet"));
    unlink(file);
    end(&fixture);
}

/* Rows of each table among the lines. */
static unsigned rows_of(const char *table)
{
    unsigned count = 0;
    char member[64];
    snprintf(member, sizeof member, "{\"table\":\"%s\",", table);
    for (const char *at = output; (at = strstr(at, member)) != NULL; at++)
        count++;
    return count;
}

static void everything_of_a_home_is_shown_and_nothing_of_others(void **state)
{
    (void)state;
    struct fixture fixture;
    size_t index;
    open_filled(&fixture);
    fixture_add_alert(&fixture, "home-1", 1, 1, SW_COLOUR_ORANGE);
    fixture_add_alert(&fixture, "site-2", 1, 1, SW_COLOUR_ORANGE);
    struct store_batch *batch = sample_batch(1, 0, 0);
    struct store_feedback feedback = {.outcome = SW_OUTCOME_ASSISTED, .by = "carer-3", .note = "fell", .time = {1}};
    snprintf(feedback.alert_id, sizeof feedback.alert_id, "gw-1.level.home-1.1");
    assert_int_equal(store_batch_add_feedback(batch, &feedback, &index), SW_OK);
    struct store_command command = {.about = "home-1", .text = "away", .by = "carer-3", .time = {2}};
    assert_int_equal(store_batch_add_command(batch, &command), SW_OK);
    assert_int_equal(fixture_commit(&fixture, batch), SW_OK);
    store_batch_free(batch);
    assert_int_equal(run(&fixture, "--out - --home home-1 2>/dev/null"), 0);
    assert_null(strstr(output, "site-2"));
    assert_int_equal(rows_of("snapshots"), 1);
    assert_int_equal(rows_of("alerts"), 1);
    assert_int_equal(rows_of("outbox"), 1);
    assert_int_equal(rows_of("feedback"), 1);
    assert_int_equal(rows_of("trail"), 3);
    assert_non_null(strstr(output, "\"bytes\":\"01020304\""));
    unsigned lines = 0;
    for (char *line = strtok(output, "\n"); line; line = strtok(NULL, "\n"), lines++) {
        json_t *row = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        if (!row) fail_msg("no JSON: %s", line);
        json_decref(row);
    }
    assert_int_equal(lines, 3 + 7);
    end(&fixture);
}

static void usage_ends_with_2_and_says_what_was_expected(void **state)
{
    (void)state;
    struct fixture fixture;
    static const struct {
        const char *words, *said;
    } cases[] = {
        {"2>&1", "expected --store FILE --out FILE"},
        {"--out - --kind rainfall 2>&1", "--kind: found \"rainfall\"; expected a kind of reading"},
        {"--out - --from yesterday 2>&1", "--from: found \"yesterday\"; expected a time such as"},
        {"--out - --format parquet 2>&1", "--format: found \"parquet\"; expected csv, jsonl or sqlite"},
        {"--out - --home home-1 --usable 2>&1", "--home: found \"home-1\"; expected it without filters"},
        {"--out /tmp/nothing.csv --home home-1 2>&1",
         "--out: found \"/tmp/nothing.csv\"; expected a name that does not end as"},
        {"--out - --format sqlite 2>&1", "-: expected the name of a file that is not there yet"},
        {"--out /nowhere/x.csv 2>&1", "/nowhere/x.csv: No such file or directory"},
    };
    open_filled(&fixture);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(run(&fixture, cases[i].words), 2);
        if (!strstr(output, cases[i].said)) fail_msg("expected \"%s\" in:\n%s", cases[i].said, output);
    }
    snprintf(fixture.path, sizeof fixture.path, "%s/none.db", fixture.folder);
    assert_int_equal(run(&fixture, "--out - 2>&1"), 2);
    assert_non_null(strstr(output, "none.db: unable to open database file"));
    snprintf(fixture.path, sizeof fixture.path, "%s/gateway.db", fixture.folder);
    end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_has_every_reading_and_no_event_of_a_node),
        cmocka_unit_test(filters_leave_what_was_asked_for),
        cmocka_unit_test(json_lines_say_the_same),
        cmocka_unit_test(sqlite_can_be_asked),
        cmocka_unit_test(everything_of_a_home_is_shown_and_nothing_of_others),
        cmocka_unit_test(usage_ends_with_2_and_says_what_was_expected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
