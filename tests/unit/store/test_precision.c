/* `stillwater precision` on a store that is in use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "stillwater/error.h"
#include "unit/store/store_fixture.h"

#define OUTPUT_SIZE 16384

static char output[OUTPUT_SIZE];

/* Runs the command with these words behind it; its exit status, with all it said in `output`. */
static int run(const char *words)
{
    char line[1024];
    snprintf(line, sizeof line, STILLWATER " precision %s 2>&1", words);
    return fixture_run(line, output, sizeof output);
}

static int run_on(const struct fixture *fixture, const char *words)
{
    char line[512];
    snprintf(line, sizeof line, "--store %s %s", fixture->path, words);
    return run(line);
}

static void add(struct store_batch *batch, int number, const char *home, enum sw_alert_kind kind,
                enum sw_alert_rule rule, enum sw_outcome outcome)
{
    struct sw_alert alert = sample_alert(1);
    alert.kind = kind;
    alert.evidence.rule = rule;
    alert.raised_at.ms = 1790000000000 + number * INT64_C(86400000);
    snprintf(alert.subject, sizeof alert.subject, "%s", home);
    snprintf(alert.id, sizeof alert.id, "gw-1.%s.%s.%d", sw_alert_kind_name(kind), home, number);
    assert_int_equal(store_batch_add_alert(batch, &alert, "t", "{}"), SW_OK);
    if (outcome == SW_OUTCOME_NONE) return;
    struct store_feedback feedback = {.outcome = outcome, .by = "carer-3", .note = "never shown"};
    size_t index;
    memcpy(feedback.alert_id, alert.id, sizeof feedback.alert_id);
    assert_int_equal(store_batch_add_feedback(batch, &feedback, &index), SW_OK);
}

static void open_filled(struct fixture *fixture)
{
    fixture_init(fixture);
    fixture_open(fixture);
    struct store_batch *batch = store_batch_new();
    add(batch, 0, "home-1", SW_ALERT_KIND_NO_USE, SW_ALERT_RULE_HABIT, SW_OUTCOME_ABSENT);
    add(batch, 1, "home-1", SW_ALERT_KIND_NO_USE, SW_ALERT_RULE_HABIT, SW_OUTCOME_EMERGENCY);
    add(batch, 2, "home-1", SW_ALERT_KIND_NO_USE, SW_ALERT_RULE_HABIT, SW_OUTCOME_ASSISTED);
    add(batch, 3, "home-2", SW_ALERT_KIND_NO_USE, SW_ALERT_RULE_HABIT, SW_OUTCOME_NONE);
    add(batch, 4, "home-2", SW_ALERT_KIND_QUIET, SW_ALERT_RULE_HABIT, SW_OUTCOME_FALSE_ALARM);
    add(batch, 5, "site-1", SW_ALERT_KIND_LEVEL, SW_ALERT_RULE_LEVEL_BAND, SW_OUTCOME_NONE);
    assert_int_equal(fixture_commit(fixture, batch), SW_OK);
    store_batch_free(batch);
}

static void assert_says(const char *line)
{
    if (!strstr(output, line)) fail_msg("no \"%s\" in:\n%s", line, output);
}

/* A line of the output whose words are these, whatever the space between them. */
static void assert_line(const char *words)
{
    const char *found = output, *wanted = words;
    while (*found != '\0') {
        if (*found == *wanted) {
            wanted++;
            if (*found++ == ' ') found += strspn(found, " ");
            if (*wanted == '\0' && *found == '\n') return;
        } else {
            wanted = words;
            found += strcspn(found, "\n");
            found += strspn(found, "\n");
        }
    }
    fail_msg("no \"%s\" in:\n%s", words, output);
}

static void tables_by_rule_and_by_home(void **state)
{
    (void)state;
    struct fixture fixture;
    open_filled(&fixture);
    assert_int_equal(run_on(&fixture, ""), 0);
    assert_line("kind rule alerts feedback false_alarm absent assisted emergency precision");
    assert_line("no_use habit 4 3 0 1 1 1 66.7%");
    assert_line("quiet habit 1 1 1 0 0 0 0.0%");
    assert_line("level level_band 1 0 0 0 0 0 -");
    assert_line("home kind alerts feedback false_alarm absent assisted emergency precision");
    assert_line("home-1 no_use 3 3 0 1 1 1 66.7%");
    assert_line("home-2 no_use 1 0 0 0 0 0 -");
    assert_line("home-2 quiet 1 1 1 0 0 0 0.0%");
    assert_null(strstr(output, "site-1"));
    assert_null(strstr(output, "never shown"));
    assert_null(strstr(output, "carer-3"));
    /* From day 2 on. */
    assert_int_equal(run_on(&fixture, "--since 2026-09-23T13:46:40Z"), 0);
    assert_line("no_use habit 2 1 0 0 1 0 100.0%");
    assert_int_equal(run_on(&fixture, "--since 2027-01-01"), 0);
    assert_null(strstr(output, "habit"));
    fixture_close(&fixture);
    fixture_destroy(&fixture);
}

static void one_object_of_json(void **state)
{
    (void)state;
    struct fixture fixture;
    open_filled(&fixture);
    assert_int_equal(run_on(&fixture, "--json --since 2026-09-01T00:00:00+02:00"), 0);
    json_t *body = json_loads(output, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(body);
    assert_string_equal(json_string_value(json_object_get(body, "schema")), "stillwater.precision/1");
    assert_string_equal(json_string_value(json_object_get(body, "since")), "2026-08-31T22:00:00.000Z");
    json_t *rules = json_object_get(body, "rules"), *homes = json_object_get(body, "homes");
    assert_int_equal(json_array_size(rules), 3);
    assert_int_equal(json_array_size(homes), 3);
    json_t *first = json_array_get(rules, 0);
    assert_string_equal(json_string_value(json_object_get(first, "rule")), "habit");
    assert_int_equal(json_integer_value(json_object_get(first, "absent")), 1);
    assert_true(json_number_value(json_object_get(first, "precision_pct")) > 66.69 &&
                json_number_value(json_object_get(first, "precision_pct")) < 66.71);
    json_t *third = json_array_get(homes, 2);
    assert_string_equal(json_string_value(json_object_get(third, "home")), "home-2");
    assert_string_equal(json_string_value(json_object_get(third, "kind")), "quiet");
    json_t *second = json_array_get(homes, 1);
    assert_null(json_object_get(second, "precision_pct"));
    json_decref(body);
    fixture_close(&fixture);
    fixture_destroy(&fixture);
}

static void what_cannot_be_done_is_said(void **state)
{
    (void)state;
    assert_int_equal(run(""), 2);
    assert_says("Usage: stillwater precision --store FILE");
    assert_int_equal(run("--help"), 0);
    assert_int_equal(run("--store /nowhere/x.db"), 2);
    assert_says("stillwater precision: /nowhere/x.db: unable to open database file (No such file or directory)\n");
    assert_int_equal(run("--store x --since yesterday"), 2);
    assert_says("--since: found \"yesterday\", expected a time as 2026-11-01\n");
    assert_int_equal(run("--store x more"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_by_rule_and_by_home),
        cmocka_unit_test(one_object_of_json),
        cmocka_unit_test(what_cannot_be_done_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
