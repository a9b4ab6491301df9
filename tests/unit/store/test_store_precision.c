/* What came of the alerts, read beside the daemon. */
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "adapters/store_sqlite/store_precision.h"
#include "stillwater/error.h"
#include "unit/store/store_fixture.h"

#define ROWS_MAX 32
#define DAY_MS   INT64_C(86400000)

struct table {
    struct store_precision rows[ROWS_MAX];
    size_t count;
};

static void take_row(void *ctx, const struct store_precision *row)
{
    struct table *table = ctx;
    assert_in_range(table->count, 0, ROWS_MAX - 1);
    table->rows[table->count++] = *row;
}

static void read_table(const struct fixture *fixture, int64_t since_ms, struct table *table)
{
    char text[512] = "";
    *table = (struct table){.count = 0};
    int error = store_precision_read(fixture->path, sw_wall_from_ms(since_ms), table, take_row, text, sizeof text);
    if (error) fail_msg("%s", text);
}

static struct sw_alert alert_of(int number, const char *home, enum sw_alert_kind kind, enum sw_alert_rule rule)
{
    struct sw_alert alert = sample_alert(1);
    alert.kind = kind;
    alert.raised_at.ms = number * DAY_MS;
    alert.evidence.rule = rule;
    snprintf(alert.subject, sizeof alert.subject, "%s", home);
    snprintf(alert.id, sizeof alert.id, "gw-1.%s.%s.%d", sw_alert_kind_name(kind), home, number);
    return alert;
}

/* Day 1..4: home-1, twice by each rule; day 5: home-2. An update of another rule does not make another alert. */
static void fill(struct fixture *fixture)
{
    static const struct {
        const char *home;
        enum sw_alert_kind kind;
        enum sw_alert_rule rule;
        enum sw_outcome outcomes[2];
    } told[] = {
        {"home-1", SW_ALERT_KIND_NO_USE, SW_ALERT_RULE_HABIT, {SW_OUTCOME_ABSENT, SW_OUTCOME_NONE}},
        {"home-1", SW_ALERT_KIND_NO_USE, SW_ALERT_RULE_HABIT, {SW_OUTCOME_FALSE_ALARM, SW_OUTCOME_EMERGENCY}},
        {"home-1", SW_ALERT_KIND_NO_USE, SW_ALERT_RULE_VOLUME_BELOW, {SW_OUTCOME_FALSE_ALARM, SW_OUTCOME_NONE}},
        {"home-1", SW_ALERT_KIND_QUIET, SW_ALERT_RULE_HABIT, {SW_OUTCOME_NONE, SW_OUTCOME_NONE}},
        {"home-2", SW_ALERT_KIND_NO_USE, SW_ALERT_RULE_HABIT, {SW_OUTCOME_ASSISTED, SW_OUTCOME_NONE}},
        /* Of a drill nothing counts, not even what somebody says of it. */
        {"home-3", SW_ALERT_KIND_NO_USE, SW_ALERT_RULE_DRILL, {SW_OUTCOME_FALSE_ALARM, SW_OUTCOME_NONE}},
    };
    struct store_batch *batch = store_batch_new();
    for (int i = 0; i < (int)(sizeof told / sizeof told[0]); i++) {
        struct sw_alert alert = alert_of(i + 1, told[i].home, told[i].kind, told[i].rule);
        assert_int_equal(store_batch_add_alert(batch, &alert, "t", "{}"), SW_OK);
        alert.revision = 2;
        alert.evidence.rule = SW_ALERT_RULE_NOTHING_IN;
        assert_int_equal(store_batch_add_alert(batch, &alert, "t", "{}"), SW_OK);
        for (int j = 0; j < 2 && told[i].outcomes[j] != SW_OUTCOME_NONE; j++) {
            struct store_feedback feedback = {.outcome = told[i].outcomes[j], .by = "o"};
            size_t index;
            memcpy(feedback.alert_id, alert.id, sizeof feedback.alert_id);
            assert_int_equal(store_batch_add_feedback(batch, &feedback, &index), SW_OK);
        }
    }
    assert_int_equal(fixture_commit(fixture, batch), SW_OK);
    store_batch_free(batch);
}

static void expect_row(const struct store_precision *row, const char *subject, enum sw_alert_kind kind,
                       enum sw_alert_rule rule, const uint64_t counts[6])
{
    assert_string_equal(row->subject, subject);
    assert_int_equal(row->kind, kind);
    assert_int_equal(row->rule, rule);
    assert_int_equal(row->alerts, counts[0]);
    assert_int_equal(row->with_feedback, counts[1]);
    for (int outcome = 1; outcome < SW_OUTCOME_COUNT; outcome++)
        assert_int_equal(row->outcomes[outcome], counts[1 + outcome]);
}

static void alerts_are_counted_by_rule_and_by_home_while_the_daemon_runs(void **state)
{
    (void)state;
    struct fixture fixture;
    struct table table;
    fixture_init(&fixture);
    fixture_open(&fixture);
    fill(&fixture);
    read_table(&fixture, 0, &table);
    assert_int_equal(table.count, 6);
    expect_row(&table.rows[0], "", SW_ALERT_KIND_NO_USE, SW_ALERT_RULE_VOLUME_BELOW, (uint64_t[]){1, 1, 1, 0, 0, 0});
    expect_row(&table.rows[1], "", SW_ALERT_KIND_NO_USE, SW_ALERT_RULE_HABIT, (uint64_t[]){3, 3, 0, 1, 1, 1});
    expect_row(&table.rows[2], "", SW_ALERT_KIND_QUIET, SW_ALERT_RULE_HABIT, (uint64_t[]){1, 0, 0, 0, 0, 0});
    expect_row(&table.rows[3], "home-1", SW_ALERT_KIND_NO_USE, SW_ALERT_RULE_NONE, (uint64_t[]){3, 3, 1, 1, 0, 1});
    expect_row(&table.rows[4], "home-1", SW_ALERT_KIND_QUIET, SW_ALERT_RULE_NONE, (uint64_t[]){1, 0, 0, 0, 0, 0});
    expect_row(&table.rows[5], "home-2", SW_ALERT_KIND_NO_USE, SW_ALERT_RULE_NONE, (uint64_t[]){1, 1, 0, 0, 1, 0});
    read_table(&fixture, 5 * DAY_MS, &table);
    assert_int_equal(table.count, 2);
    assert_string_equal(table.rows[1].subject, "home-2");
    fixture_close(&fixture);
    /* And when it does not run. */
    read_table(&fixture, 0, &table);
    assert_int_equal(table.count, 6);
    fixture_destroy(&fixture);
}

static void expect_refusal(const char *path, int expected_error, const char *expected_text)
{
    char text[512] = "", whole[640];
    struct table table = {.count = 0};
    int error = store_precision_read(path, sw_wall_from_ms(0), &table, take_row, text, sizeof text);
    assert_int_equal(error, expected_error);
    snprintf(whole, sizeof whole, "%s: %s", path, expected_text);
    assert_string_equal(text, whole);
    assert_int_equal(table.count, 0);
}

static void what_is_no_store_is_refused_by_name_and_left_alone(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    expect_refusal(fixture.path, SW_ERROR_STORE, "unable to open database file (No such file or directory)");
    assert_int_not_equal(access(fixture.path, F_OK), 0);
    FILE *file = fopen(fixture.path, "w");
    assert_non_null(file);
    fclose(file);
    expect_refusal(fixture.path, SW_ERROR_VERSION, "is empty; expected a Stillwater store");
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(fixture.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE t (x); PRAGMA application_id = 0x53575354; PRAGMA user_version = 1",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    expect_refusal(fixture.path, SW_ERROR_VERSION,
                   "has schema version 1; the daemon makes it version 5 when it starts");
    assert_int_equal(sqlite3_exec(db, "PRAGMA application_id = 7", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    expect_refusal(fixture.path, SW_ERROR_STORE,
                   "is the database of another program; expected a Stillwater store or no file");
    fixture_destroy(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alerts_are_counted_by_rule_and_by_home_while_the_daemon_runs),
        cmocka_unit_test(what_is_no_store_is_refused_by_name_and_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
