/* The trail of a store, and `stillwater audit` on it: whatever is changed afterwards shows. */
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stillwater/error.h"
#include "unit/store/store_fixture.h"

#define OUTPUT_SIZE 8192

static char output[OUTPUT_SIZE];

/* Exit status; all it said is in `output`. */
static int run(const char *line)
{
    return fixture_run(line, output, sizeof output);
}

static int audit(const struct fixture *fixture, const char *words)
{
    char line[512];
    snprintf(line, sizeof line, STILLWATER " audit %s --store %s 2>&1", words, fixture->path);
    return run(line);
}

static void expect_output(const char *text)
{
    if (!strstr(output, text)) fail_msg("expected \"%s\" in:\n%s", text, output);
}

static int change(const struct fixture *fixture, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(fixture->path, &db), SQLITE_OK);
    int result = sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_close(db);
    return result;
}

static void add_revision(struct store_batch *batch, uint32_t revision, enum sw_alert_state state, const char *actor,
                         const char *note)
{
    struct sw_alert alert = sample_alert(revision);
    alert.state = state;
    alert.evidence.rule = SW_ALERT_RULE_LEVEL_BAND;
    alert.updated_at.ms += 1000 * (int64_t)revision;
    snprintf(alert.actor, sizeof alert.actor, "%s", actor);
    snprintf(alert.note, sizeof alert.note, "%s", note);
    assert_int_equal(store_batch_add_alert(batch, &alert, "t", "{}"), SW_OK);
}

static void commit(struct fixture *fixture, struct store_batch *batch)
{
    assert_int_equal(fixture_commit(fixture, batch), SW_OK);
    store_batch_free(batch);
}

/* Rows 2 to 5 of the trail; the first is its beginning. */
static void fill(struct fixture *fixture)
{
    size_t index;
    struct store_batch *batch = store_batch_new();
    add_revision(batch, 1, SW_ALERT_STATE_RAISED, "", "");
    commit(fixture, batch);

    batch = store_batch_new();
    add_revision(batch, 2, SW_ALERT_STATE_ACKNOWLEDGED, "officer-1", "on my way: 5, \xc3\xa4");
    struct store_feedback feedback = {.outcome = SW_OUTCOME_ASSISTED, .by = "carer-3", .time = {1790000060000}};
    memcpy(feedback.alert_id, sample_alert(1).id, sizeof feedback.alert_id);
    assert_int_equal(store_batch_add_feedback(batch, &feedback, &index), SW_OK);
    memcpy(feedback.alert_id, "g.x", 4);
    assert_int_equal(store_batch_add_feedback(batch, &feedback, &index), SW_OK);
    struct store_command command = {.about = "home-1", .text = "away", .by = "carer-3", .time = {1790000070000}};
    assert_int_equal(store_batch_add_command(batch, &command), SW_OK);
    commit(fixture, batch);
}

static void open_filled(struct fixture *fixture)
{
    fixture_init(fixture);
    fixture_open(fixture);
    fill(fixture);
}

static void end(struct fixture *fixture)
{
    fixture_close(fixture);
    fixture_destroy(fixture);
}

static void each_step_has_who_when_what_and_why(void **state)
{
    (void)state;
    struct fixture fixture;
    char words[256];
    open_filled(&fixture);
    snprintf(words, sizeof words, "show --alert %s", sample_alert(1).id);
    assert_int_equal(audit(&fixture, words), 0);
    assert_string_equal(
        output, "2026-09-21T14:13:22.000Z  the gateway       revision 1: raised red; level_band\n"
                "2026-09-21T14:13:23.000Z  officer-1         revision 2: raised red -> acknowledged red; on my way: 5, "
                "\xc3\xa4\n"
                "2026-09-21T14:14:20.000Z  carer-3           feedback: assisted\n");
    assert_int_equal(audit(&fixture, "show --alert home-1"), 0);
    assert_string_equal(output, "2026-09-21T14:14:30.000Z  carer-3           command: away\n");
    assert_int_equal(audit(&fixture, "show --alert nobody"), 1);
    expect_output("the trail says nothing of nobody");
    end(&fixture);
}

static void a_revision_that_comes_twice_has_one_row(void **state)
{
    (void)state;
    struct fixture fixture;
    open_filled(&fixture);
    struct store_trail_head head = store_trail_head(fixture.store);
    struct store_batch *batch = store_batch_new();
    add_revision(batch, 2, SW_ALERT_STATE_ACKNOWLEDGED, "officer-1", "again");
    commit(&fixture, batch);
    assert_int_equal(store_trail_head(fixture.store).sequence, head.sequence);
    assert_int_equal(audit(&fixture, "verify"), 0);
    end(&fixture);
}

static void the_chain_goes_on_after_a_restart(void **state)
{
    (void)state;
    struct fixture fixture;
    open_filled(&fixture);
    struct store_trail_head head = store_trail_head(fixture.store);
    assert_int_equal(head.sequence, 5);
    fixture_close(&fixture);
    fixture_open(&fixture);
    assert_string_equal(store_trail_head(fixture.store).hash, head.hash);
    struct store_batch *batch = store_batch_new();
    add_revision(batch, 3, SW_ALERT_STATE_CLEARED, "", "");
    commit(&fixture, batch);
    assert_int_equal(store_trail_head(fixture.store).sequence, 6);
    assert_int_equal(audit(&fixture, "verify"), 0);
    expect_output("rows     6\n");
    expect_output("whole\n");
    end(&fixture);
}

static void rows_are_not_changed_by_mistake(void **state)
{
    (void)state;
    struct fixture fixture;
    open_filled(&fixture);
    assert_int_equal(change(&fixture, "UPDATE trail SET who = 'x'"), SQLITE_CONSTRAINT);
    assert_int_equal(change(&fixture, "DELETE FROM trail WHERE sequence = 5"), SQLITE_CONSTRAINT);
    end(&fixture);
}

#define UNLOCK "DROP TRIGGER trail_never_changes; DROP TRIGGER trail_never_shrinks; "

static const struct {
    const char *sql;
    const char *row;   /* the first that is broken */
    const char *fault; /* as the command words it */
} changes[] = {
    {UNLOCK "UPDATE trail SET who = 'officer-2' WHERE sequence = 3", "3", "hash"},
    {UNLOCK "UPDATE trail SET why = '' WHERE sequence = 3", "3", "hash"},
    {UNLOCK "UPDATE trail SET time_ms = time_ms + 1 WHERE sequence = 2", "2", "hash"},
    {UNLOCK "UPDATE trail SET hash = substr(hash, 2) || substr(hash, 1, 1) WHERE sequence = 4", "4", "hash"},
    {UNLOCK "UPDATE trail SET was = was || '1', became = 'x' WHERE sequence = 5", "5", "hash"},
    {UNLOCK "DELETE FROM trail WHERE sequence = 3", "3", "sequence"},
    {UNLOCK "DELETE FROM trail WHERE sequence = 1", "1", "sequence"},
    {UNLOCK "DELETE FROM trail", "1", "event"},
    {"UPDATE alerts SET note = '' WHERE revision = 2", "3", "alert"},
    {"UPDATE alerts SET state = 5 WHERE revision = 2", "3", "alert"},
    {"UPDATE alerts SET body = '{ }' WHERE revision = 1", "2", "alert"},
    {"DELETE FROM alerts WHERE revision = 2", "3", "alert"},
    {"UPDATE feedback SET outcome = 1", "4", "feedback"},
    {"INSERT INTO alerts SELECT alert_id, 3, kind, state, colour, peak, subject, onset_ms, raised_at_ms, updated_at_ms,"
     " rule, actor, note, body FROM alerts WHERE revision = 2",
     "1", "number of revisions and feedback that no row speaks for"},
};

static void whatever_is_changed_shows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct fixture fixture;
        char expected[128], line[512];
        open_filled(&fixture);
        fixture_close(&fixture);
        snprintf(line, sizeof line, VERIFIER " %s", fixture.path);
        assert_int_equal(run(line), 0);
        assert_string_equal(output, "whole\n");
        assert_int_equal(audit(&fixture, "verify"), 0);
        assert_int_equal(change(&fixture, changes[i].sql), SQLITE_OK);
        int status = audit(&fixture, "verify");
        if (status != 1) fail_msg("\"%s\": exit status %d\n%s", changes[i].sql, status, output);
        snprintf(expected, sizeof expected, "BROKEN   row %s, %s\n  expected  ", changes[i].row, changes[i].fault);
        expect_output(expected);
        assert_int_equal(run(line), 0);
        snprintf(expected, sizeof expected, "%s\n", changes[i].row);
        if (strcmp(output, expected) != 0) fail_msg("\"%s\": the other verifier says %s", changes[i].sql, output);
        fixture_destroy(&fixture);
    }
}

static void a_trail_cut_off_shows_against_a_head_kept_elsewhere(void **state)
{
    (void)state;
    struct fixture fixture;
    char words[128];
    open_filled(&fixture);
    struct store_trail_head head = store_trail_head(fixture.store);
    snprintf(words, sizeof words, "verify --head %lld:%s", (long long)head.sequence, head.hash);
    assert_int_equal(audit(&fixture, words), 0);
    expect_output("whole, and the row that was told is in it");
    assert_int_equal(change(&fixture, UNLOCK "DELETE FROM trail WHERE sequence = 5"), SQLITE_OK);
    assert_int_equal(audit(&fixture, "verify"), 0);
    assert_int_equal(audit(&fixture, words), 1);
    expect_output("BROKEN   row 5, hash, as told elsewhere\n");
    expect_output("no such row: the trail ends at row 4");
    /* One that was written anew fits together; only whoever kept a row can tell. */
    snprintf(words, sizeof words, "verify --head 4:%s", head.hash);
    assert_int_equal(audit(&fixture, words), 1);
    expect_output("BROKEN   row 4, hash, as told elsewhere\n");
    end(&fixture);
}

static void what_was_there_before_the_trail_is_held_by_its_first_row(void **state)
{
    (void)state;
    struct fixture fixture;
    open_filled(&fixture);
    fixture_close(&fixture);
    assert_int_equal(change(&fixture, FIXTURE_TO_VERSION_3 FIXTURE_TO_VERSION_2), SQLITE_OK);
    assert_int_equal(audit(&fixture, "verify"), 2);
    expect_output("the daemon makes it version 5 when it starts");
    fixture_open(&fixture);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM trail WHERE why = 'upgraded from version 2'"), 1);
    struct store_batch *batch = store_batch_new();
    add_revision(batch, 3, SW_ALERT_STATE_CLEARED, "", "");
    commit(&fixture, batch);
    assert_int_equal(audit(&fixture, "verify"), 0);
    expect_output("rows     2\n");
    expect_output("before   3 revisions and feedback older than the trail\n");
    assert_int_equal(change(&fixture, "UPDATE alerts SET colour = 1 WHERE revision = 1"), SQLITE_OK);
    assert_int_equal(audit(&fixture, "verify"), 1);
    expect_output("BROKEN   row 1, revisions and feedback from before the trail\n");
    end(&fixture);
}

static void a_wrong_command_line_is_refused(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        "check",
        "verify extra",
        "verify --alert x",
        "verify --head 5",
        "verify --head 0:0011223344556677889900112233445566778899001122334455667788990011",
        "verify --head 5:00112233445566778899001122334455667788990011223344556677889900G1",
        "show",
        "show --alert x --head 5:0011223344556677889900112233445566778899001122334455667788990011",
    };
    struct fixture fixture;
    open_filled(&fixture);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_int_equal(audit(&fixture, lines[i]), 2);
        expect_output("Usage: stillwater audit verify");
    }
    end(&fixture);
    assert_int_equal(run(STILLWATER " audit verify --store /nonexistent/x.db 2>&1"), 2);
    expect_output("stillwater audit: /nonexistent/x.db: ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_step_has_who_when_what_and_why),
        cmocka_unit_test(a_revision_that_comes_twice_has_one_row),
        cmocka_unit_test(the_chain_goes_on_after_a_restart),
        cmocka_unit_test(rows_are_not_changed_by_mistake),
        cmocka_unit_test(whatever_is_changed_shows),
        cmocka_unit_test(a_trail_cut_off_shows_against_a_head_kept_elsewhere),
        cmocka_unit_test(what_was_there_before_the_trail_is_held_by_its_first_row),
        cmocka_unit_test(a_wrong_command_line_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
