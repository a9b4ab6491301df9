/* `stillwater erase`: nothing of the home is left in the file, the trail stays whole, and what is changed beside it
 * shows as before. */
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stillwater/error.h"
#include "unit/store/store_fixture.h"

#define SECRET "fell in the bath"

static char output[8192];

static int run(const char *line)
{
    return fixture_run(line, output, sizeof output);
}

static int erase(const struct fixture *fixture, const char *home)
{
    char line[512];
    snprintf(line, sizeof line, STILLWATER " erase --store %s --home %s --by officer-1 --why 'asked for, case 7' 2>&1",
             fixture->path, home);
    return run(line);
}

/* Both verifiers say so; `head` as it was told before, or "". */
static void expect_whole(const struct fixture *fixture, const char *head)
{
    char line[512];
    snprintf(line, sizeof line, STILLWATER " audit verify --store %s %s%s 2>&1", fixture->path, *head ? "--head " : "",
             head);
    if (run(line) != 0) fail_msg("%s", output);
    snprintf(line, sizeof line, VERIFIER " %s 2>&1", fixture->path);
    run(line);
    assert_string_equal(output, "whole\n");
}

/* And both that it is not. */
static void expect_broken(const struct fixture *fixture)
{
    char line[512];
    snprintf(line, sizeof line, STILLWATER " audit verify --store %s 2>&1", fixture->path);
    assert_int_equal(run(line), 1);
    snprintf(line, sizeof line, VERIFIER " %s 2>&1", fixture->path);
    run(line);
    assert_string_not_equal(output, "whole\n");
}

static void change(const struct fixture *fixture, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(fixture->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) fail_msg("%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void commit(struct fixture *fixture, struct store_batch *batch)
{
    assert_int_equal(fixture_commit(fixture, batch), SW_OK);
    store_batch_free(batch);
}

static void add_revision(struct fixture *fixture, const char *subject, uint32_t revision, enum sw_alert_state state)
{
    struct store_batch *batch = store_batch_new();
    struct sw_alert alert = sample_alert(revision);
    snprintf(alert.subject, sizeof alert.subject, "%s", subject);
    snprintf(alert.id, sizeof alert.id, "gw-1.no_use.%s.1", subject);
    alert.state = state;
    assert_int_equal(store_batch_add_alert(batch, &alert, "t", "{}"), SW_OK);
    commit(fixture, batch);
}

/* Readings, a snapshot, an alert with its end, feedback with a note, a command. */
static void fill_home(struct fixture *fixture, const char *home)
{
    static const uint8_t bytes[] = {1, 2, 3, 4};
    size_t index;
    add_revision(fixture, home, 1, SW_ALERT_STATE_RAISED);
    add_revision(fixture, home, 2, SW_ALERT_STATE_CLEARED);
    struct store_batch *batch = store_batch_new();
    for (uint32_t i = 1; i <= 100; i++) {
        struct store_reading reading = sample_reading(i);
        reading.serial = 0;
        snprintf(reading.subject, sizeof reading.subject, "%s", home);
        assert_int_equal(store_batch_add_reading(batch, &reading), SW_OK);
    }
    struct store_feedback feedback = {
        .outcome = SW_OUTCOME_ASSISTED, .by = "carer-3", .note = SECRET, .time = {1790000060000}};
    snprintf(feedback.alert_id, sizeof feedback.alert_id, "gw-1.no_use.%s.1", home);
    assert_int_equal(store_batch_add_feedback(batch, &feedback, &index), SW_OK);
    struct store_command command = {.text = "away", .by = "carer-3", .time = {1790000070000}};
    snprintf(command.about, sizeof command.about, "%s", home);
    assert_int_equal(store_batch_add_command(batch, &command), SW_OK);
    assert_int_equal(store_batch_add_snapshot(batch, 1, home, bytes, sizeof bytes), SW_OK);
    commit(fixture, batch);
}

/* Two homes and a site; the daemon has ended. */
static void make(struct fixture *fixture)
{
    fixture_init(fixture);
    fixture_open(fixture);
    fill_home(fixture, "home-4f21");
    add_revision(fixture, "site-2", 1, SW_ALERT_STATE_RAISED);
    fill_home(fixture, "home-77");
    fixture_close(fixture);
}

static bool file_holds(const struct fixture *fixture, const char *text)
{
    char line[256];
    snprintf(line, sizeof line, "cat %s* | grep -qaF '%s'", fixture->path, text);
    return run(line) == 0;
}

static void nothing_is_left_of_the_home_and_the_trail_is_whole(void **state)
{
    (void)state;
    struct fixture fixture;
    char head[128];
    make(&fixture);
    fixture_open(&fixture);
    struct store_trail_head told = store_trail_head(fixture.store);
    snprintf(head, sizeof head, "%lld:%s", (long long)told.sequence, told.hash);
    fixture_close(&fixture);
    assert_true(file_holds(&fixture, "home-4f21"));
    assert_int_equal(erase(&fixture, "home-4f21"), 0);
    assert_string_equal(output, "home-4f21 is erased: 100 readings, 1 snapshots, 2 alert revisions, 1 feedback, 0 "
                                "reports, 2 not yet delivered; 4 rows of the trail are emptied\n");
    assert_false(file_holds(&fixture, "home-4f21"));
    assert_true(file_holds(&fixture, "home-77"));
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM readings"), 100);
    expect_whole(&fixture, head);
    assert_int_equal(erase(&fixture, "home-77"), 0);
    assert_false(file_holds(&fixture, "home-77"));
    assert_false(file_holds(&fixture, SECRET));
    expect_whole(&fixture, head);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM alerts"), 1);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM trail WHERE who = 'officer-1'"
                                              " AND why = 'asked for, case 7' AND event = 'erase'"),
                     2);
    fixture_destroy(&fixture);
}

static void the_daemon_goes_on_with_the_chain(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture);
    assert_int_equal(erase(&fixture, "home-4f21"), 0);
    fixture_open(&fixture);
    add_revision(&fixture, "home-77", 3, SW_ALERT_STATE_CLEARED);
    fixture_close(&fixture);
    expect_whole(&fixture, "");
    fixture_destroy(&fixture);
}

static void what_is_changed_beside_it_shows(void **state)
{
    (void)state;
    static const char *const changes[] = {
        /* a row emptied by hand, as if it had been erased */
        "UPDATE trail SET event = 'erased', about = '', who = '', why = '', was = '', became = '', content = '',"
        " number = (SELECT max(sequence) FROM trail) WHERE event = 'command'",
        /* and one that nothing accounts for */
        "UPDATE trail SET event = 'erased', about = '', who = '', why = '', was = '', became = '', content = '',"
        " number = 1000 WHERE event = 'command'",
        /* the hash of an emptied one */
        "UPDATE trail SET hash = replace(hash, 'a', 'b') WHERE event = 'erased'",
        /* an emptied one that says another row did it */
        "UPDATE trail SET number = number - 1 WHERE sequence = (SELECT min(sequence) FROM trail WHERE event = "
        "'erased')",
        /* what was taken out without a word */
        "DELETE FROM outbox; DELETE FROM feedback; DELETE FROM alerts WHERE subject = 'home-77'",
        /* who did it */
        "UPDATE trail SET who = 'officer-2' WHERE event = 'erase'",
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct fixture fixture;
        make(&fixture);
        assert_int_equal(erase(&fixture, "home-4f21"), 0);
        expect_whole(&fixture, "");
        change(&fixture, "DROP TRIGGER trail_never_changes; DROP TRIGGER trail_never_shrinks");
        change(&fixture, changes[i]);
        expect_broken(&fixture);
        fixture_destroy(&fixture);
    }
}

static void the_trail_refuses_changes_as_before(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture);
    assert_int_equal(erase(&fixture, "home-4f21"), 0);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(fixture.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "UPDATE trail SET who = ''", NULL, NULL, NULL), SQLITE_CONSTRAINT);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM trail", NULL, NULL, NULL), SQLITE_CONSTRAINT);
    sqlite3_close(db);
    fixture_destroy(&fixture);
}

static void nothing_is_done_while_the_daemon_runs(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture);
    fixture_open(&fixture);
    assert_int_equal(erase(&fixture, "home-4f21"), 2);
    assert_non_null(strstr(output, "is in use by another process"));
    fixture_close(&fixture);
    assert_true(file_holds(&fixture, "home-4f21"));
    fixture_destroy(&fixture);
}

static void expect_readings(const struct fixture *fixture, const char *subject, unsigned count)
{
    char line[256], said[64];
    snprintf(line, sizeof line, STILLWATER " export --store %s --out /dev/null %s%s 2>&1", fixture->path,
             *subject ? "--subject " : "", subject);
    snprintf(said, sizeof said, "%u readings\n", count);
    run(line);
    assert_string_equal(output, said);
}

/* As many readings as make chunks, and some that are still in the log. */
static void readings_in_chunks_go_and_those_of_others_stay(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture);
    fixture_open(&fixture);
    for (uint32_t part = 0; part < 30; part++) {
        struct store_batch *batch = store_batch_new();
        for (uint32_t i = 0; i < 1000; i++) {
            struct store_reading reading = sample_reading(1000 + 1000 * part + i);
            snprintf(reading.subject, sizeof reading.subject, "%s", i % 2 == 0 ? "home-4f21" : "home-77");
            assert_int_equal(store_batch_add_reading(batch, &reading), SW_OK);
        }
        store_batch_set_checkpoint(batch, store_position(fixture.store) + 1000);
        commit(&fixture, batch);
    }
    fixture_close(&fixture);
    assert_int_equal(erase(&fixture, "home-4f21"), 0);
    assert_non_null(strstr(output, "home-4f21 is erased: 15100 readings"));
    assert_false(file_holds(&fixture, "home-4f21"));
    expect_readings(&fixture, "home-77", 15100);
    expect_readings(&fixture, "", 15100);
    fixture_open(&fixture);
    fill_home(&fixture, "home-4f21"); /* whoever is measured again begins anew */
    fixture_close(&fixture);
    expect_readings(&fixture, "home-4f21", 100);
    fixture_destroy(&fixture);
}

static void readings_of_an_older_version_come_first(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture);
    change(&fixture, "CREATE TABLE old_readings (subject TEXT)");
    assert_int_equal(erase(&fixture, "home-4f21"), 1);
    assert_non_null(strstr(output, "home-4f21: the readings of an older version are not taken over yet"));
    assert_true(file_holds(&fixture, "home-4f21"));
    fixture_destroy(&fixture);
}

static void an_open_alert_and_an_unknown_home_are_refused(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture);
    int64_t rows = fixture_number(&fixture, "SELECT count(*) FROM trail");
    assert_int_equal(erase(&fixture, "site-2"), 1);
    assert_non_null(strstr(output, "site-2: one of its alerts is open"));
    assert_int_equal(erase(&fixture, "home-5"), 1);
    assert_non_null(strstr(output, "home-5: nothing is stored of it"));
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM trail"), rows);
    expect_whole(&fixture, "");
    fixture_destroy(&fixture);
}

static void a_home_without_alerts_is_told_in_the_trail_too(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_open(&fixture);
    commit(&fixture, sample_batch(1, 3, 1));
    fixture_close(&fixture);
    assert_int_equal(erase(&fixture, "home-1"), 0);
    assert_non_null(strstr(output, "home-1 is erased: 3 readings, 1 snapshots, 0 alert revisions"));
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM trail WHERE event = 'erase'"), 1);
    expect_whole(&fixture, "");
    fixture_destroy(&fixture);
}

/* Alerts from before the trail: its first row speaks for them, all together. */
static void alerts_older_than_the_trail_go_as_well(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture);
    change(&fixture, FIXTURE_TO_VERSION_3 FIXTURE_TO_VERSION_2);
    fixture_open(&fixture);
    fixture_close(&fixture);
    expect_whole(&fixture, "");
    assert_int_equal(erase(&fixture, "home-4f21"), 0);
    assert_non_null(strstr(output, "2 alert revisions, 1 feedback"));
    assert_false(file_holds(&fixture, "home-4f21"));
    expect_whole(&fixture, "");
    change(&fixture, "DELETE FROM outbox; DELETE FROM alerts WHERE subject = 'home-77'");
    expect_broken(&fixture);
    fixture_destroy(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_left_of_the_home_and_the_trail_is_whole),
        cmocka_unit_test(the_daemon_goes_on_with_the_chain),
        cmocka_unit_test(what_is_changed_beside_it_shows),
        cmocka_unit_test(the_trail_refuses_changes_as_before),
        cmocka_unit_test(nothing_is_done_while_the_daemon_runs),
        cmocka_unit_test(readings_in_chunks_go_and_those_of_others_stay),
        cmocka_unit_test(readings_of_an_older_version_come_first),
        cmocka_unit_test(an_open_alert_and_an_unknown_home_are_refused),
        cmocka_unit_test(a_home_without_alerts_is_told_in_the_trail_too),
        cmocka_unit_test(alerts_older_than_the_trail_go_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
