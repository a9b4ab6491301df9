/* `stillwater readiness` on a store whose sensors are each unfit in another way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "core/core.h"
#include "stillwater/error.h"
#include "unit/store/store_fixture.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)

static const char config[] = "schema: stillwater.gateway/1\ncity: c\ngateway: g\nstore: {path: s}\nmqtt: {host: h}\n"
                             "subjects:\n"
                             "  - {id: fit, place: {grid: c/east}}\n"
                             "  - {id: silent, place: {grid: c/west}}\n"
                             "  - {id: unheard, place: {grid: c/west}}\n"
                             "  - {id: flat, place: {grid: c/east}}\n"
                             "  - {id: dirty, place: {grid: c/east}}\n"
                             "  - {id: gappy, place: {grid: c/east}}\n"
                             "  - {id: doubted, place: {grid: c/east}}\n"
                             "  - {id: home-1}\n"
                             "lines:\n"
                             "  - id: line-1\n"
                             "    port: p\n"
                             "    nodes:\n"
                             "      - {id: node-1, unit_id: 9, slots: [{slot: 2, profile: xintai, unit_id: 1,"
                             " subject: home-1}]}\n"
                             "    devices:\n"
                             "      - {id: dev-1, unit_id: 1, profile: geolux-lx80, subject: fit}\n"
                             "      - {id: dev-2, unit_id: 2, profile: geolux-lx80, subject: silent}\n"
                             "      - {id: dev-3, unit_id: 3, profile: geolux-lx80, subject: unheard}\n"
                             "      - {id: dev-4, unit_id: 4, profile: geolux-lx80, subject: flat}\n"
                             "      - {id: dev-5, unit_id: 5, profile: geolux-lx80, subject: dirty}\n"
                             "      - {id: dev-6, unit_id: 6, profile: geolux-lx80, subject: gappy}\n"
                             "      - {id: dev-7, unit_id: 7, profile: geolux-lx80, subject: doubted}\n";

struct town {
    struct fixture fixture;
    char config[64];
    int64_t now_ms;
};

static char output[16384];

static int run(const char *words)
{
    char line[2048];
    snprintf(line, sizeof line, STILLWATER " readiness %s 2>&1", words);
    return fixture_run(line, output, sizeof output);
}

static int run_on(const struct town *town, const char *words)
{
    char line[1024];
    snprintf(line, sizeof line, "--config %s --store %s %s", town->config, town->fixture.path, words);
    return run(line);
}

/* A level a minute, from `from_ms` before now up to `to_ms` before it. */
static void fill(const struct town *town, struct store_batch *batch, const char *subject, int64_t from_ms,
                 int64_t to_ms, bool moves, int bad_of_10)
{
    int count = 0;
    for (int64_t ago_ms = from_ms; ago_ms >= to_ms; ago_ms -= MINUTE_MS, count++) {
        struct store_reading reading = {.kind = SW_READING_LEVEL,
                                        .clock_quality = SW_CLOCK_SET,
                                        .time = {town->now_ms - ago_ms},
                                        .value_milli = 100000 + (moves ? count % 7 * 1000 : 0)};
        if (count % 10 < bad_of_10) reading.quality = SW_QUALITY_BAD;
        snprintf(reading.subject, sizeof reading.subject, "%s", subject);
        assert_int_equal(store_batch_add_reading(batch, &reading), SW_OK);
    }
}

static void begin(struct town *town, bool fit_only)
{
    fixture_init(&town->fixture);
    fixture_open(&town->fixture);
    town->now_ms = (int64_t)time(NULL) * 1000;
    snprintf(town->config, sizeof town->config, "/tmp/stillwater-readiness-XXXXXX");
    int descriptor = mkstemp(town->config);
    FILE *stream = fdopen(descriptor, "w");
    assert_non_null(stream);
    if (fit_only)
        fputs("schema: stillwater.gateway/1\ncity: c\ngateway: g\nstore: {path: s}\nmqtt: {host: h}\n"
              "subjects: [{id: fit, place: {grid: c/east}}]\nlines:\n  - id: line-1\n    port: p\n    devices:\n"
              "      - {id: dev-1, unit_id: 1, profile: geolux-lx80, subject: fit}\n",
              stream);
    else
        fputs(config, stream);
    fclose(stream);
    struct store_batch *batch = store_batch_new();
    fill(town, batch, "fit", 6 * HOUR_MS, 0, true, 0);
    fill(town, batch, "silent", 6 * HOUR_MS, 5 * HOUR_MS, true, 0);
    fill(town, batch, "flat", 6 * HOUR_MS, 0, false, 0);
    fill(town, batch, "dirty", 6 * HOUR_MS, 0, true, 3);
    fill(town, batch, "gappy", 6 * HOUR_MS, 4 * HOUR_MS, true, 0);
    fill(town, batch, "gappy", HOUR_MS, 0, true, 0);
    fill(town, batch, "doubted", 6 * HOUR_MS, 0, true, 0);
    struct sw_alert alert = sample_alert(1);
    alert.kind = SW_ALERT_KIND_SENSOR_QUALITY;
    alert.state = SW_ALERT_STATE_RAISED;
    snprintf(alert.subject, sizeof alert.subject, "doubted");
    assert_int_equal(store_batch_add_alert(batch, &alert, "t", "{}"), SW_OK);
    assert_int_equal(fixture_commit(&town->fixture, batch), SW_OK);
    store_batch_free(batch);
}

static void end(struct town *town)
{
    fixture_close(&town->fixture);
    fixture_destroy(&town->fixture);
    unlink(town->config);
}

/* Of one subject, from --json. */
static json_t *sensor_named(const json_t *body, const char *subject)
{
    size_t i;
    json_t *sensor;
    json_array_foreach(json_object_get(body, "sensors"), i,
                       sensor) if (strcmp(json_string_value(json_object_get(sensor, "subject")), subject) ==
                                   0) return sensor;
    fail_msg("no sensor of %s in %s", subject, output);
    return NULL;
}

static void each_is_told_with_what_to_do(void **state)
{
    (void)state;
    static const struct {
        const char *subject, *verdict, *finding; /* NULL: there is none */
    } expected[] = {
        {"fit", "ready", NULL},
        {"silent", "missing", "silent for 5 h: check power and wiring"},
        {"unheard", "missing", "has never been heard: check power, wiring and unit id"},
        {"flat", "doubtful", "its level has not moved by a step: wet or lift it, and see it answer"},
        {"dirty", "doubtful", "only 69% of its readings are good: clean it, check the wiring"},
        {"gappy", "doubtful", "was without a good reading for 3 h"},
        {"doubted", "doubtful", "in quarantine, its readings are not believed: clean it, check what is under it"},
        {"home-1", "missing", "has never been heard: check power, wiring and unit id"},
    };
    struct town town;
    begin(&town, false);
    assert_int_equal(run_on(&town, "--json"), 1);
    json_t *body = json_loads(output, 0, NULL);
    assert_non_null(body);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const json_t *sensor = sensor_named(body, expected[i].subject);
        const json_t *findings = json_object_get(sensor, "findings");
        assert_string_equal(json_string_value(json_object_get(sensor, "verdict")), expected[i].verdict);
        assert_int_equal(json_array_size(findings), expected[i].finding ? 1 : 0);
        if (expected[i].finding)
            assert_string_equal(json_string_value(json_array_get(findings, 0)), expected[i].finding);
    }
    assert_string_equal(json_string_value(json_object_get(sensor_named(body, "home-1"), "sensor")), "node-1 slot 2");
    assert_int_equal(json_integer_value(json_object_get(body, "ready")), 1);
    assert_int_equal(json_integer_value(json_object_get(body, "doubtful")), 4);
    assert_int_equal(json_integer_value(json_object_get(body, "missing")), 4); /* the node among them */
    const json_t *blind = json_object_get(body, "blind");
    assert_int_equal(json_array_size(blind), 1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(blind, 0), "area")), "c/west");
    json_decref(body);
    assert_int_equal(run_on(&town, ""), 1);
    assert_non_null(strstr(output, "missing   node-1"));
    assert_non_null(strstr(output, "1 ready, 4 doubtful, 4 missing"));
    end(&town);
}

/* As the daemon stores them. */
static void hold(struct town *town, const struct hold *holds, size_t count)
{
    static uint8_t bytes[CORE_HELD_SIZE_MAX];
    struct core_capacity one = {.of = {[SUBJECT_LEVEL] = 1}};
    struct core_sink nobody = {.ctx = NULL};
    struct core *core;
    uint32_t index;
    void *memory = calloc(1, core_size(&one));
    assert_non_null(memory);
    assert_int_equal(core_init(memory, &one, "g", nobody, &core), SW_OK);
    struct policy policy = policy_city_default();
    assert_int_equal(core_add_subject(core, SUBJECT_LEVEL, "fit", CORE_NO_PARENT, &policy, &index), SW_OK);
    core_set_grid(core, index, "c/east");
    for (size_t i = 0; i < count; i++)
        assert_int_equal(core_hold(core, &holds[i], holds[i].since), SW_OK);
    struct store_batch *batch = store_batch_new();
    size_t size = core_held_snapshot(core, bytes, sizeof bytes);
    assert_int_equal(store_batch_add_snapshot(batch, STORE_SNAPSHOT_HELD, "held", bytes, size), SW_OK);
    assert_int_equal(fixture_commit(&town->fixture, batch), SW_OK);
    store_batch_free(batch);
    free(memory);
}

static void what_is_held_back_is_said(void **state)
{
    (void)state;
    struct town town;
    begin(&town, true);
    struct sw_wall since = {town.now_ms - 2 * HOUR_MS};
    const struct hold holds[] = {{.reason = HOLD_MAINTENANCE,
                                  .subject = "fit",
                                  .since = since,
                                  .until = {town.now_ms + HOUR_MS},
                                  .by = "worker-7"},
                                 {.reason = HOLD_SILENCE,
                                  .area = "c/east",
                                  .most = SW_COLOUR_ORANGE,
                                  .since = since,
                                  .until = {town.now_ms + HOUR_MS},
                                  .by = "officer-1",
                                  .note = "sluice test"},
                                 {.reason = HOLD_SILENCE,
                                  .area = "c",
                                  .most = SW_COLOUR_BLUE,
                                  .since = since,
                                  .until = {town.now_ms - HOUR_MS},
                                  .by = "officer-2"}};
    hold(&town, holds, sizeof holds / sizeof holds[0]);
    assert_int_equal(run_on(&town, ""), 1);
    assert_non_null(strstr(output, "in maintenance until "));
    assert_non_null(strstr(output, "by worker-7: nobody watches it"));
    assert_non_null(strstr(output, "silenced  c/east               all kinds up to orange until "));
    assert_null(strstr(output, "officer-2"));
    assert_int_equal(run_on(&town, "--json"), 1);
    json_t *body = json_loads(output, 0, NULL);
    const json_t *silences = json_object_get(body, "silences");
    assert_int_equal(json_array_size(silences), 1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(silences, 0), "by")), "officer-1");
    json_decref(body);
    end(&town);
}

static void all_ready_is_exit_status_0(void **state)
{
    (void)state;
    struct town town;
    begin(&town, true);
    assert_int_equal(run_on(&town, "--days 1"), 0);
    assert_non_null(strstr(output, "1 ready, 0 doubtful, 0 missing"));
    end(&town);
}

static void what_cannot_be_found_out_is_exit_status_2(void **state)
{
    (void)state;
    struct town town;
    begin(&town, true);
    assert_int_equal(run("--config /nowhere --store /nowhere"), 2);
    assert_int_equal(run_on(&town, "--days 0"), 2);
    assert_non_null(strstr(output, "--days: found \"0\", expected 1 to 366"));
    assert_int_equal(run_on(&town, "surplus"), 2);
    assert_int_equal(run_on(&town, "--store /nowhere/store.db"), 2);
    assert_non_null(strstr(output, "/nowhere/store.db"));
    end(&town);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_told_with_what_to_do),
        cmocka_unit_test(what_is_held_back_is_said),
        cmocka_unit_test(all_ready_is_exit_status_0),
        cmocka_unit_test(what_cannot_be_found_out_is_exit_status_2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
