/* What a scenario that is wrong is told, word for word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "process.h"
#include "sensors/scenario.h"
#include "stillwater/error.h"

#define PROFILES                                                                                                       \
    "xintai, bove, geolux-lx80, qdy30a, stillwater-rain, stillwater-manhole, tuf-2000m, "                              \
    "fts-sdi-radar-300wl, dfrobot-urm14"
#define SENSORS                                                                                                        \
    "sensors:\n"                                                                                                       \
    "  - {unit_id: 11, profile: xintai, name: meter-a}\n"                                                              \
    "  - {unit_id: 21, profile: geolux-lx80, name: river}\n"                                                           \
    "  - {unit_id: 31, profile: stillwater-manhole, name: cover}\n"

struct collected {
    char text[4096];
};

static void collect(void *ctx, const char *file, unsigned line, const char *field, const char *text)
{
    struct collected *collected = ctx;
    size_t used = strlen(collected->text);
    snprintf(collected->text + used, sizeof collected->text - used, "%s:%u: %s: %s\n", file, line, field, text);
}

static void expect(const char *text, const char *problems)
{
    struct scenario scenario;
    struct collected collected = {""};
    struct yaml_report report = {&collected, collect};
    int error = scenario_parse("s.yaml", text, strlen(text), NULL, report, &scenario);
    assert_string_equal(collected.text, problems);
    assert_int_equal(error, problems[0] ? SW_ERROR_CONFIG : SW_OK);
    if (error == SW_OK) scenario_free(&scenario);
}

static void good_scenario_is_taken(void **state)
{
    (void)state;
    expect(SENSORS "events:\n"
                   "  - {at: 10, sensor: meter-a, flow_l_per_min: 0}\n"
                   "  - {at: 15, sensor: cover, open: true, tilt_deg: 35}\n"
                   "  - {at: 20, sensor: meter-a, fault: silent, for_s: 3}\n",
           "");
}

static void a_sensor_may_have_an_operators_own_profile(void **state)
{
    (void)state;
    static const char text[] = "sensors: [{unit_id: 1, profile: own, name: m}]\n";
    struct sw_profile_point point = {.kind = SW_READING_PRESSURE, .at = {3, 7}, .scale = 1, .maximum = 100};
    struct profile_file file = {.name = "own", .profile = {.line = {9600, 'N', 1}, .points = &point, .point_count = 1}};
    struct profile_file *files[] = {&file};
    const struct profile_folder own = {.files = files, .count = 1};
    struct collected collected = {""};
    struct yaml_report report = {&collected, collect};
    struct scenario scenario;
    assert_int_equal(scenario_parse("s.yaml", text, strlen(text), &own, report, &scenario), SW_OK);
    assert_ptr_equal(scenario.sensors[0].profile, &file.profile);
    scenario_free(&scenario);
    snprintf(file.name, sizeof file.name, "else");
    assert_int_equal(scenario_parse("s.yaml", text, strlen(text), &own, report, &scenario), SW_ERROR_CONFIG);
    assert_non_null(strstr(collected.text, "found \"own\", expected one of: xintai, "));
    assert_non_null(strstr(collected.text, "dfrobot-urm14, else\n"));
}

static void text_that_is_no_yaml_is_refused_with_its_line(void **state)
{
    (void)state;
    expect("sensors:\n  - {unit_id: 1\n", "s.yaml:3: : not YAML: did not find expected ',' or '}', column 1\n");
    expect("", "s.yaml:0: : found nothing, expected a mapping\n");
    expect("- 1\n", "s.yaml:1: : found a list, expected a mapping with sensors\n");
}

static void unknown_key_is_named_with_those_there_are(void **state)
{
    (void)state;
    expect("sensor: []\n" SENSORS, "s.yaml:1: sensor: unknown key, expected one of: sensors, events, replay\n");
    expect("sensors: [{unit_id: 1, profile: qdy30a, name: p, level: 5}]\n",
           "s.yaml:1: sensors[0].level: unknown key, expected one of: unit_id, profile, name, turnaround_ms, level_mm, "
           "unit, decimals\n");
    expect(SENSORS "events: [{at: 1, sensor: river, open: true}]\n",
           "s.yaml:5: events[0].open: unknown key, expected one of: at, sensor, over_s, fault, for_s, exception_code, "
           "late_ms, temperature_c, level_mm, height_mm\n");
}

static void wrong_type_says_what_was_found(void **state)
{
    (void)state;
    expect("sensors:\n  - unit_id: eleven\n    profile: xintai\n    name: m\n    index_l: \"5\"\n",
           "s.yaml:2: sensors[0].unit_id: found \"eleven\", expected a whole number from 1 to 247\n"
           "s.yaml:5: sensors[0].index_l: found \"5\", expected a number from 0 to 4000000000\n");
    expect("sensors: 5\n", "s.yaml:1: sensors: found \"5\", expected a list of sensors\n");
    expect("sensors: [{unit_id: 1, profile: stillwater-manhole, name: c, open: 1, tilt_deg: .nan}]\n",
           "s.yaml:1: sensors[0].open: found \"1\", expected one of: false|true\n"
           "s.yaml:1: sensors[0].tilt_deg: found \".nan\", expected a number from -3276.8 to 3276.7\n");
}

static void number_out_of_range_is_refused(void **state)
{
    (void)state;
    expect("sensors: [{unit_id: 248, profile: qdy30a, name: p, decimals: 1.5}]\n",
           "s.yaml:1: sensors[0].unit_id: found \"248\", expected a whole number from 1 to 247\n"
           "s.yaml:1: sensors[0].decimals: found \"1.5\", expected a whole number from 0 to 4\n");
}

static void missing_key_is_named(void **state)
{
    (void)state;
    expect("events: []\n", "s.yaml:1: sensors: found nothing, expected a list of sensors\n");
    expect("sensors: []\n", "s.yaml:1: sensors: found 0 sensors, expected 1 to 247\n");
    expect("sensors: [{unit_id: 1}]\n",
           "s.yaml:1: sensors[0].name: found nothing, expected 1 to 63 letters, digits, '-', '_' or '.', a letter or "
           "digit first\n"
           "s.yaml:1: sensors[0].profile: found nothing, expected " PROFILES "\n");
}

static void unknown_profile_is_named_with_those_there_are(void **state)
{
    (void)state;
    expect("sensors: [{unit_id: 1, profile: acme, name: m}]\nevents: [{at: 1, sensor: m, fault: crc}]\n",
           "s.yaml:1: sensors[0].profile: found \"acme\", expected one of: " PROFILES "\n");
}

static void unit_id_or_name_of_another_sensor_is_refused(void **state)
{
    (void)state;
    expect("sensors:\n"
           "  - {unit_id: 1, profile: xintai, name: m}\n"
           "  - {unit_id: 1, profile: bove, name: m}\n",
           "s.yaml:3: sensors[1].unit_id: found 1, which sensors[0] has, expected another unit id\n"
           "s.yaml:3: sensors[1].name: found \"m\", which sensors[0] has, expected another name\n");
}

static void key_given_twice_is_refused(void **state)
{
    (void)state;
    expect("sensors: [{unit_id: 1, profile: xintai, name: m, name: n}]\n",
           "s.yaml:1: sensors[0].name: found a second time, expected once\n");
}

static void event_about_nobody_is_refused(void **state)
{
    (void)state;
    expect(SENSORS "events:\n  - {at: 1, sensor: lake, level_mm: 3}\n  - {sensor: river, level_mm: 3}\n",
           "s.yaml:6: events[0].sensor: found \"lake\", expected one of: meter-a, river, cover\n"
           "s.yaml:7: events[1].at: found nothing, expected seconds since start\n");
}

static void event_that_does_nothing_is_refused(void **state)
{
    (void)state;
    expect(SENSORS "events: [{at: 1, sensor: river}]\n",
           "s.yaml:5: events[0]: found nothing to do, expected a field of geolux-lx80 or fault\n");
}

static void unknown_fault_is_named_with_those_there_are(void **state)
{
    (void)state;
    expect(SENSORS "events: [{at: 1, sensor: river, fault: dead}]\n",
           "s.yaml:5: events[0].fault: found \"dead\", expected one of: none, silent, crc, exception, wrong_unit, "
           "short, truncated, late\n");
}

static void word_cannot_ramp(void **state)
{
    (void)state;
    expect(SENSORS "events: [{at: 1, sensor: cover, open: true, over_s: 5}]\n",
           "s.yaml:5: events[0].open: found together with over_s, expected a number: only numbers can ramp\n");
}

static void draw_longer_than_its_period_is_refused(void **state)
{
    (void)state;
    expect("sensors: [{unit_id: 1, profile: xintai, name: m, draws: [{at: 0, litres: 5, over_s: 60, every_s: 30}]}]\n",
           "s.yaml:1: sensors[0].draws[0].every_s: found 30, expected at least over_s (60)\n");
    expect("sensors: [{unit_id: 1, profile: qdy30a, name: m, draws: []}]\n",
           "s.yaml:1: sensors[0].draws: unknown key, expected one of: unit_id, profile, name, turnaround_ms, level_mm, "
           "unit, decimals\n");
}

static void file_that_is_not_there_is_named(void **state)
{
    (void)state;
    struct scenario scenario;
    struct collected collected = {""};
    struct yaml_report report = {&collected, collect};
    assert_int_equal(scenario_load("/nonexistent/s.yaml", NULL, report, &scenario), SW_ERROR_CONFIG);
    assert_string_equal(collected.text, "/nonexistent/s.yaml:0: : No such file or directory\n");
}

/* The problem of a series in r.csv with this content (NULL: no such file), without the path of the file. */
static void expect_series(const char *csv, const char *problem)
{
    char text[1024], expected[1024], path[PROCESS_PATH_SIZE];
    struct folder folder;
    folder_make(&folder);
    folder_file(&folder, "r.csv", path);
    if (csv != NULL) folder_write(&folder, "r.csv", csv);
    snprintf(text, sizeof text, SENSORS "replay:\n  - {sensor: river, file: %s, column: level, time_column: at}\n",
             path);
    snprintf(expected, sizeof expected, "s.yaml:6: replay[0].file: %s%s\n", path, problem);
    expect(text, expected);
    folder_remove(&folder);
}

static void bad_readings_are_refused_with_file_and_line(void **state)
{
    (void)state;
    expect_series(NULL, ": found No such file or directory, expected a CSV file that can be read");
    expect_series("at,depth\n", ":1: found a header without it, expected a column \"level\"");
    expect_series("at,level\nyesterday,5\n", ":2: found yesterday, expected a time such as 2016-03-01T00:14:32");
    expect_series("at,level\n2016-03-01T00:14:32,-\n", ": found no reading, expected a row with a number");
}

static void series_for_a_field_the_sensor_does_not_have_is_refused(void **state)
{
    (void)state;
    expect(SENSORS "replay: [{sensor: river, file: x.csv, column: a, time_column: b, field: rain_mm}]\n",
           "s.yaml:5: replay[0].field: found \"rain_mm\", expected one of: temperature_c, level_mm, height_mm\n");
}

static void expect_line(const char *text, const char *problem)
{
    static const char sensors[] = SENSORS;
    struct scenario scenario;
    struct scenario_event event;
    struct collected collected = {""};
    struct yaml_report report = {&collected, collect};
    assert_int_equal(scenario_parse("s.yaml", sensors, strlen(sensors), NULL, report, &scenario), SW_OK);
    int error = scenario_parse_line(&scenario, text, strlen(text), report, &event);
    scenario_free(&scenario);
    assert_string_equal(collected.text, problem);
    assert_int_equal(error, problem[0] ? SW_ERROR_MESSAGE : SW_OK);
}

static void control_line_is_checked_like_an_event(void **state)
{
    (void)state;
    expect_line("{sensor: cover, open: true}", "");
    expect_line("{\"sensor\": \"cover\", \"open\": true, \"tilt_deg\": 12.5}", "");
    expect_line("open the cover",
                "control:1: : found \"open the cover\", expected an event such as {sensor: river, level_mm: 420}\n");
    expect_line("{sensor: cover}",
                "control:1: : found nothing to do, expected a field of stillwater-manhole or fault\n");
    expect_line("{at: 5, sensor: cover, open: true}",
                "control:1: at: unknown key, expected one of: sensor, over_s, fault, for_s, exception_code, late_ms, "
                "battery_v, tilt_deg, open, self_test\n");
}

/* The program's exit status; what it says in `said`. */
static int run(const char *const *options, const char *scenario, char *said, size_t size)
{
    char path[PROCESS_PATH_SIZE], output[PROCESS_PATH_SIZE];
    const char *argv[16] = {SENSORS_PROGRAM, "--scenario", path};
    struct folder folder;
    folder_make(&folder);
    folder_write(&folder, "s.yaml", scenario);
    folder_file(&folder, "s.yaml", path);
    folder_file(&folder, "output", output);
    for (size_t i = 0; options[i] != NULL; i++)
        argv[3 + i] = options[i];
    int status = process_wait(process_start(argv, output));
    file_read(output, said, size);
    folder_remove(&folder);
    return status;
}

static void program_checks_a_scenario_and_says_where_it_is_wrong(void **state)
{
    (void)state;
    char said[1024];
    static const char *const check[] = {"--check", NULL};
    assert_int_equal(run(check, SENSORS, said, sizeof said), 0);
    assert_string_equal(said, "");
    assert_int_equal(run(check, SENSORS "events: []\nreplays: []\n", said, sizeof said), 2);
    assert_non_null(strstr(said, "/s.yaml:6: replays: unknown key, expected one of: sensors, events, replay\n"));
}

static void program_plays_a_scenario_fast_and_ends_though_the_port_is_not_there(void **state)
{
    (void)state;
    char said[2048];
    static const char *const options[] = {"--port", "/nonexistent/port", "--speed", "1000", "--duration", "900", NULL};
    int status = run(options,
                     SENSORS "events:\n"
                             "  - {at: 700, sensor: cover, open: true}\n"
                             "  - {at: 300, sensor: river, level_mm: 5}\n"
                             "  - {at: 950, sensor: river, level_mm: 6}\n",
                     said, sizeof said);
    assert_int_equal(status, 0);
    const char *port = strstr(said, "/nonexistent/port: No such file or directory; trying again until it works\n");
    const char *river = strstr(said, "    300.0 s  river            level_mm 0 -> 5\n");
    const char *cover = strstr(said, "    700.0 s  cover            open false -> true\n");
    assert_non_null(port);
    assert_non_null(river);
    assert_non_null(cover);
    assert_true(river < cover);
    assert_null(strstr(said, "950.0 s"));
}

static void options_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    char said[2048];
    static const char *const baud[] = {"--port", "x", "--baud", "9601", NULL};
    static const char *const speed[] = {"--port", "x", "--speed", "0", NULL};
    static const char *const parity[] = {"--port", "x", "--parity", "even", NULL};
    static const char *const no_port[] = {NULL};
    assert_int_equal(run(baud, SENSORS, said, sizeof said), 2);
    assert_string_equal(said,
                        "--baud: found \"9601\", expected 1200, 2400, 4800, 9600, 19200, 38400, 57600 or 115200\n");
    assert_int_equal(run(speed, SENSORS, said, sizeof said), 2);
    assert_string_equal(said, "--speed: found \"0\", expected a number from 0.001 to 1e+06\n");
    assert_int_equal(run(parity, SENSORS, said, sizeof said), 2);
    assert_string_equal(said, "--parity: found \"even\", expected N, E or O\n");
    assert_int_equal(run(no_port, SENSORS, said, sizeof said), 2);
    assert_non_null(strstr(said, "stillwater-sensors --port DEVICE --scenario FILE"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_scenario_is_taken),
        cmocka_unit_test(a_sensor_may_have_an_operators_own_profile),
        cmocka_unit_test(text_that_is_no_yaml_is_refused_with_its_line),
        cmocka_unit_test(unknown_key_is_named_with_those_there_are),
        cmocka_unit_test(wrong_type_says_what_was_found),
        cmocka_unit_test(number_out_of_range_is_refused),
        cmocka_unit_test(missing_key_is_named),
        cmocka_unit_test(unknown_profile_is_named_with_those_there_are),
        cmocka_unit_test(unit_id_or_name_of_another_sensor_is_refused),
        cmocka_unit_test(key_given_twice_is_refused),
        cmocka_unit_test(event_about_nobody_is_refused),
        cmocka_unit_test(event_that_does_nothing_is_refused),
        cmocka_unit_test(unknown_fault_is_named_with_those_there_are),
        cmocka_unit_test(word_cannot_ramp),
        cmocka_unit_test(draw_longer_than_its_period_is_refused),
        cmocka_unit_test(file_that_is_not_there_is_named),
        cmocka_unit_test(bad_readings_are_refused_with_file_and_line),
        cmocka_unit_test(series_for_a_field_the_sensor_does_not_have_is_refused),
        cmocka_unit_test(control_line_is_checked_like_an_event),
        cmocka_unit_test(program_checks_a_scenario_and_says_where_it_is_wrong),
        cmocka_unit_test(program_plays_a_scenario_fast_and_ends_though_the_port_is_not_there),
        cmocka_unit_test(options_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
