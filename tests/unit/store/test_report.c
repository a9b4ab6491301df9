/* `stillwater report` on a small storm whose figures are known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "stillwater/error.h"
#include "unit/store/store_fixture.h"

#define MINUTE_MS INT64_C(60000)
#define START_MS  INT64_C(1795305600000) /* 2026-11-22T00:00:00Z */

static const char config[] = "schema: stillwater.gateway/1\ncity: c\ngateway: gw-1\nstore: {path: s}\nmqtt: {host: h}\n"
                             "subjects:\n"
                             "  - {id: told, place: {grid: c/east}}\n"
                             "  - {id: missed, place: {grid: c/east/mill}}\n"
                             "  - {id: blind, place: {grid: c/eastern}}\n"
                             "  - {id: home-1, place: {grid: c/east}}\n"
                             "lines:\n"
                             "  - id: line-1\n"
                             "    port: p\n"
                             "    devices:\n"
                             "      - {id: dev-1, unit_id: 1, profile: geolux-lx80, subject: told}\n"
                             "      - {id: dev-2, unit_id: 2, profile: geolux-lx80, subject: missed}\n"
                             "      - {id: dev-3, unit_id: 3, profile: geolux-lx80, subject: blind}\n"
                             "      - {id: dev-4, unit_id: 4, profile: xintai, subject: home-1}\n";

#define WHEN "--from 2026-11-22T00:00:00Z --to 2026-11-22T03:20:00Z"

struct town {
    struct fixture fixture;
    char config[64];
};

static char output[65536];

static int run(const char *words)
{
    char line[2048];
    snprintf(line, sizeof line, STILLWATER " report %s 2>&1", words);
    return fixture_run(line, output, sizeof output);
}

static int run_on(const struct town *town, const char *words)
{
    char line[1024];
    snprintf(line, sizeof line, "--config %s --store %s %s", town->config, town->fixture.path, words);
    return run(line);
}

/* A reading a minute, from `from` to `to` minutes: up to the peak at minute 100 and down again. */
static void add_levels(struct store_batch *batch, const char *subject, int from, int to, int64_t peak_mm)
{
    for (int minute = from; minute < to; minute++) {
        int64_t away = minute > 100 ? minute - 100 : 100 - minute;
        struct store_reading reading = {.kind = SW_READING_LEVEL,
                                        .clock_quality = SW_CLOCK_SET,
                                        .time = {START_MS + minute * MINUTE_MS},
                                        .value_milli = peak_mm * 1000 * (100 - away) / 100};
        snprintf(reading.subject, sizeof reading.subject, "%s", subject);
        assert_int_equal(store_batch_add_reading(batch, &reading), SW_OK);
    }
}

static void add_revision(struct store_batch *batch, const char *subject, enum sw_alert_kind kind, uint32_t revision,
                         int minute, enum sw_alert_state state, enum sw_colour colour)
{
    struct sw_alert alert = sample_alert(revision);
    alert.kind = kind;
    alert.state = state;
    alert.colour = colour;
    alert.peak = colour == SW_COLOUR_GREEN ? SW_COLOUR_RED : colour;
    alert.raised_at.ms = alert.onset.ms = START_MS + 30 * MINUTE_MS;
    alert.updated_at.ms = START_MS + minute * MINUTE_MS;
    snprintf(alert.actor, sizeof alert.actor, "%s", state == SW_ALERT_STATE_ACKNOWLEDGED ? "officer-7" : "");
    snprintf(alert.subject, sizeof alert.subject, "%s", subject);
    snprintf(alert.id, sizeof alert.id, "gw-1.%s.%s.x", sw_alert_kind_name(kind), subject);
    const char *body = "{\"incident\":\"gw-1.incident.told.x\",\"escalation\":{\"level\":2}}";
    assert_int_equal(store_batch_add_alert(batch, &alert, "t", body), SW_OK);
}

/* A flood that people reported, in this cell; so many sensors told of it by and by. */
static void add_reported(struct store_batch *batch, const char *name, const char *grid, int sensors)
{
    char body[200];
    struct sw_alert alert = sample_alert(1);
    alert.kind = SW_ALERT_KIND_REPORTED;
    alert.evidence.rule = SW_ALERT_RULE_REPORTED_FLOOD;
    alert.onset.ms = alert.raised_at.ms = alert.updated_at.ms = START_MS + 60 * MINUTE_MS;
    snprintf(alert.id, sizeof alert.id, "gw-1.reported.%s.x", name);
    snprintf(alert.subject, sizeof alert.subject, "%s", name);
    for (int i = 0; i <= sensors; i++) {
        alert.revision = (uint32_t)i + 1;
        snprintf(body, sizeof body, "{\"place\":{\"grid\":\"%s\"},\"reports\":{\"sensors\":%d}}", grid, i);
        assert_int_equal(store_batch_add_alert(batch, &alert, "t", body), SW_OK);
    }
}

static void begin(struct town *town)
{
    fixture_init(&town->fixture);
    fixture_open(&town->fixture);
    snprintf(town->config, sizeof town->config, "/tmp/stillwater-report-XXXXXX");
    int descriptor = mkstemp(town->config);
    FILE *stream = fdopen(descriptor, "w");
    assert_non_null(stream);
    fputs(config, stream);
    fclose(stream);
    struct store_batch *batch = store_batch_new();
    add_levels(batch, "told", 0, 200, 450);
    add_levels(batch, "missed", 0, 200, 150);
    add_levels(batch, "blind", 0, 40, 45);
    add_levels(batch, "blind", 190, 200, 45);
    add_revision(batch, "told", SW_ALERT_KIND_LEVEL, 1, 30, SW_ALERT_STATE_RAISED, SW_COLOUR_YELLOW);
    add_revision(batch, "told", SW_ALERT_KIND_LEVEL, 2, 34, SW_ALERT_STATE_ACKNOWLEDGED, SW_COLOUR_YELLOW);
    add_revision(batch, "told", SW_ALERT_KIND_LEVEL, 3, 89, SW_ALERT_STATE_RAISED, SW_COLOUR_RED);
    add_revision(batch, "told", SW_ALERT_KIND_LEVEL, 4, 95, SW_ALERT_STATE_DISPATCHED, SW_COLOUR_RED);
    add_revision(batch, "told", SW_ALERT_KIND_LEVEL, 5, 190, SW_ALERT_STATE_CLEARED, SW_COLOUR_GREEN);
    add_revision(batch, "told", SW_ALERT_KIND_LEVEL_SOON, 1, 30, SW_ALERT_STATE_RAISED, SW_COLOUR_ORANGE);
    add_revision(batch, "home-1", SW_ALERT_KIND_NO_USE, 1, 30, SW_ALERT_STATE_RAISED, SW_COLOUR_ORANGE);
    add_reported(batch, "seen", "c/east/mill", 1);
    add_reported(batch, "unseen", "c/east/mill", 0);
    add_reported(batch, "west", "c/west/mill", 0);
    assert_int_equal(fixture_commit(&town->fixture, batch), SW_OK);
    store_batch_free(batch);
    batch = store_batch_new();
    struct store_feedback feedback = {
        .alert_id = "gw-1.level_soon.told.x", .outcome = SW_OUTCOME_FALSE_ALARM, .by = "officer-7", .time = {START_MS}};
    size_t index;
    assert_int_equal(store_batch_add_feedback(batch, &feedback, &index), SW_OK);
    assert_int_equal(fixture_commit(&town->fixture, batch), SW_OK);
    store_batch_free(batch);
}

static void end(struct town *town)
{
    fixture_close(&town->fixture);
    fixture_destroy(&town->fixture);
    unlink(town->config);
}

static json_t *named(const json_t *body, const char *list, const char *member, const char *name)
{
    size_t i;
    json_t *found;
    json_array_foreach(json_object_get(body, list), i,
                       found) if (strcmp(json_string_value(json_object_get(found, member)), name) == 0) return found;
    fail_msg("no %s %s in %s", member, name, output);
    return NULL;
}

static const char *text_of(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    return text ? text : "";
}

static void figures_are_those_of_the_storm(void **state)
{
    (void)state;
    struct town town;
    begin(&town);
    assert_int_equal(run_on(&town, WHEN " --json"), 0);
    assert_null(strstr(output, "home-1"));
    json_t *body = json_loads(output, 0, NULL);
    assert_non_null(body);
    const json_t *told = named(body, "sensors", "subject", "told");
    assert_int_equal((int)json_real_value(json_object_get(told, "peak_mm")), 450);
    assert_string_equal(text_of(told, "peak_at"), "2026-11-22T01:40:00.000Z");
    assert_int_equal((int)json_real_value(json_object_get(told, "rise_mm_per_h")), 270);
    assert_string_equal(text_of(told, "band"), "red");
    assert_false(json_boolean_value(json_object_get(told, "missed")));
    assert_int_equal(json_integer_value(json_object_get(told, "coverage_pct")), 100);
    const json_t *missed = named(body, "sensors", "subject", "missed");
    assert_string_equal(text_of(missed, "band"), "yellow");
    assert_true(json_boolean_value(json_object_get(missed, "missed")));
    const json_t *blind = named(body, "sensors", "subject", "blind");
    assert_int_equal(json_integer_value(json_object_get(blind, "coverage_pct")), 24); /* 39 + 9 + 1 of 200 minutes */
    assert_int_equal(json_integer_value(json_object_get(blind, "longest_gap_s")), 151 * 60);
    assert_string_equal(text_of(blind, "gap_from"), "2026-11-22T00:39:00.000Z");

    const json_t *alert = named(body, "alerts", "alert", "gw-1.level.told.x");
    assert_string_equal(text_of(alert, "acknowledged_at"), "2026-11-22T00:34:00.000Z");
    assert_string_equal(text_of(alert, "acknowledged_by"), "officer-7");
    assert_string_equal(text_of(alert, "dispatched_at"), "2026-11-22T01:35:00.000Z");
    assert_string_equal(text_of(alert, "over_at"), "2026-11-22T03:10:00.000Z");
    assert_string_equal(text_of(alert, "peak_colour"), "red");
    assert_string_equal(text_of(alert, "incident"), "gw-1.incident.told.x");
    assert_int_equal(json_integer_value(json_object_get(alert, "escalated")), 2);
    assert_string_equal(text_of(named(body, "alerts", "alert", "gw-1.level_soon.told.x"), "outcome"), "false_alarm");
    assert_int_equal(json_array_size(json_object_get(body, "events")), 6);
    assert_string_equal(text_of(json_array_get(json_object_get(body, "events"), 3), "what"), "worsened");
    assert_int_equal(json_array_size(json_object_get(body, "unseen")), 2);
    assert_string_equal(text_of(named(body, "unseen", "alert", "gw-1.reported.unseen.x"), "area"), "c/east/mill");
    const json_t *times = json_array_get(json_object_get(body, "times"), 0);
    assert_string_equal(text_of(times, "until"), "acknowledged");
    assert_int_equal(json_integer_value(json_object_get(times, "alerts")), 2);
    assert_int_equal(json_integer_value(json_object_get(times, "done")), 1);
    assert_int_equal((int)json_real_value(json_object_get(times, "median_s")), 240);
    json_decref(body);
    end(&town);
}

static void an_area_is_what_lies_in_it(void **state)
{
    (void)state;
    struct town town;
    begin(&town);
    assert_int_equal(run_on(&town, WHEN " --area c/east"), 0);
    assert_non_null(strstr(output, "told "));
    assert_non_null(strstr(output, "MISSED"));
    assert_null(strstr(output, "blind"));
    assert_non_null(strstr(output, "c/east/mill          MISSED: no sensor told of it; water in the street"));
    assert_null(strstr(output, "gw-1.reported.seen.x"));
    assert_null(strstr(output, "c/west/mill"));
    end(&town);
}

static void the_page_stands_by_itself(void **state)
{
    (void)state;
    struct town town;
    char words[256], path[160];
    begin(&town);
    snprintf(path, sizeof path, "%s/report.html", town.fixture.folder);
    snprintf(words, sizeof words, WHEN " --html %s", path);
    assert_int_equal(run_on(&town, words), 0);
    FILE *stream = fopen(path, "r");
    assert_non_null(stream);
    output[fread(output, 1, sizeof output - 1, stream)] = '\0';
    fclose(stream);
    unlink(path);
    assert_non_null(strstr(output, "<!doctype html>"));
    assert_non_null(strstr(output, "aria-label='level of missed'"));
    assert_non_null(strstr(output, "url(#nodata)'><title>no data"));
    assert_non_null(strstr(output, "<td>gw-1.reported.unseen.x"));
    assert_null(strstr(output, "http://"));
    assert_null(strstr(output, "https://"));
    assert_null(strstr(output, "home-1"));
    end(&town);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    struct town town;
    begin(&town);
    assert_int_equal(run_on(&town, "--from yesterday --to now"), 2);
    assert_non_null(strstr(output, "--from: found \"yesterday\", expected a time"));
    assert_int_equal(run_on(&town, "--from 2026-11-22T03:00:00Z --to 2026-11-22T00:00:00Z"), 2);
    assert_non_null(strstr(output, "--to: expected a time after --from"));
    assert_int_equal(run_on(&town, WHEN " --html /nowhere/report.html"), 2);
    assert_non_null(strstr(output, "/nowhere/report.html: "));
    assert_int_equal(run("--config /nowhere --store /nowhere " WHEN), 2);
    end(&town);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_those_of_the_storm),
        cmocka_unit_test(an_area_is_what_lies_in_it),
        cmocka_unit_test(the_page_stands_by_itself),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
