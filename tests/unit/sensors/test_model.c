/* What a sensor's values do with time: totals, ramps, draws, faults, order of events and readings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "process.h"
#include "sensors/scenario.h"
#include "stillwater/error.h"

struct heard {
    unsigned count;
    char last[160];
    double last_s;
};

static void hear(void *ctx, double at_s, const struct sensor *sensor, const char *what)
{
    struct heard *heard = ctx;
    (void)sensor;
    heard->count++;
    heard->last_s = at_s;
    snprintf(heard->last, sizeof heard->last, "%s", what);
}

static void complain(void *ctx, const char *file, unsigned line, const char *field, const char *text)
{
    (void)ctx;
    print_message("%s:%u: %s: %s\n", file, line, field, text);
}

static struct heard heard_now;
static const struct scenario_listener listener = {&heard_now, hear};

static struct scenario parse(const char *text)
{
    struct scenario scenario;
    struct yaml_report report = {NULL, complain};
    memset(&heard_now, 0, sizeof heard_now);
    assert_int_equal(scenario_parse("test.yaml", text, strlen(text), NULL, report, &scenario), SW_OK);
    return scenario;
}

static double value_at(struct scenario *scenario, double at_s, enum sensor_field field)
{
    scenario_advance(scenario, at_s, listener);
    return scenario->sensors[0].value[field];
}

static void assert_near(double a, double b)
{
    if (fabs(a - b) > 1e-6) fail_msg("found %.9f, expected %.9f", a, b);
}

static void flow_goes_into_the_index(void **state)
{
    (void)state;
    struct scenario scenario =
        parse("sensors: [{unit_id: 1, profile: bove, name: m, index_l: 100, flow_l_per_min: 6}]\n"
              "events: [{at: 60, sensor: m, flow_l_per_min: -3}]\n");
    assert_near(value_at(&scenario, 30, SENSOR_FIELD_INDEX_L), 103);
    assert_near(value_at(&scenario, 120, SENSOR_FIELD_INDEX_L), 106);
    assert_near(value_at(&scenario, 120, SENSOR_FIELD_REVERSE_INDEX_L), 3);
    scenario_free(&scenario);
}

/* However rarely it is looked at. */
static void flow_on_a_ramp_goes_into_the_index(void **state)
{
    (void)state;
    struct scenario scenario = parse("sensors: [{unit_id: 1, profile: bove, name: m}]\n"
                                     "events: [{at: 10, sensor: m, flow_l_per_min: 60, over_s: 20}]\n");
    assert_near(value_at(&scenario, 40, SENSOR_FIELD_INDEX_L), 10 + 10);
    assert_near(sensor_flow_l_per_min(&scenario.sensors[0]), 60);
    scenario_free(&scenario);
}

static void level_ramps_in_a_straight_line_and_stops(void **state)
{
    (void)state;
    struct scenario scenario = parse("sensors: [{unit_id: 1, profile: qdy30a, name: p, level_mm: 20}]\n"
                                     "events: [{at: 10, sensor: p, level_mm: 420, over_s: 20}]\n");
    assert_near(value_at(&scenario, 10, SENSOR_FIELD_LEVEL_MM), 20);
    assert_near(value_at(&scenario, 15, SENSOR_FIELD_LEVEL_MM), 120);
    assert_near(value_at(&scenario, 29, SENSOR_FIELD_LEVEL_MM), 400);
    assert_near(value_at(&scenario, 100, SENSOR_FIELD_LEVEL_MM), 420);
    assert_int_equal(heard_now.count, 1);
    assert_string_equal(heard_now.last, "level_mm 20 -> 420 over 20 s");
    scenario_free(&scenario);
}

static void ramp_turns_round_where_it_is(void **state)
{
    (void)state;
    struct scenario scenario = parse("sensors: [{unit_id: 1, profile: qdy30a, name: p}]\n"
                                     "events:\n"
                                     "  - {at: 0, sensor: p, level_mm: 100, over_s: 10}\n"
                                     "  - {at: 5, sensor: p, level_mm: 0, over_s: 10}\n");
    assert_near(value_at(&scenario, 5, SENSOR_FIELD_LEVEL_MM), 50);
    assert_near(value_at(&scenario, 10, SENSOR_FIELD_LEVEL_MM), 25);
    scenario_free(&scenario);
}

static void draws_add_their_litres_and_come_again(void **state)
{
    (void)state;
    struct scenario scenario = parse("sensors:\n"
                                     "  - unit_id: 1\n"
                                     "    profile: xintai\n"
                                     "    name: m\n"
                                     "    draws:\n"
                                     "      - {at: 10, litres: 6, over_s: 60}\n"
                                     "      - {at: 100, litres: 40, over_s: 200, every_s: 1000}\n");
    assert_near(value_at(&scenario, 10, SENSOR_FIELD_INDEX_L), 0);
    assert_near(value_at(&scenario, 40, SENSOR_FIELD_INDEX_L), 3);
    assert_near(sensor_flow_l_per_min(&scenario.sensors[0]), 6);
    assert_near(value_at(&scenario, 200, SENSOR_FIELD_INDEX_L), 26);
    assert_near(sensor_flow_l_per_min(&scenario.sensors[0]), 12);
    assert_near(value_at(&scenario, 1050, SENSOR_FIELD_INDEX_L), 46);
    assert_near(value_at(&scenario, 10350, SENSOR_FIELD_INDEX_L), 6 + 40 * 11);
    scenario_free(&scenario);
}

static void closed_valve_stops_the_water(void **state)
{
    (void)state;
    struct scenario scenario =
        parse("sensors: [{unit_id: 1, profile: xintai, name: m, flow_l_per_min: 60, draws: [{at: 20, litres: 5}]}]\n"
              "events: [{at: 10, sensor: m, valve: closed}]\n");
    assert_near(value_at(&scenario, 100, SENSOR_FIELD_INDEX_L), 10);
    scenario_free(&scenario);
}

static void rain_adds_up(void **state)
{
    (void)state;
    struct scenario scenario = parse("sensors: [{unit_id: 1, profile: stillwater-rain, name: r, rain_mm: 10}]\n"
                                     "events: [{at: 0, sensor: r, rain_mm_per_h: 36}]\n");
    assert_near(value_at(&scenario, 100, SENSOR_FIELD_RAIN_MM), 11);
    scenario_free(&scenario);
}

static void fault_ends_after_its_time(void **state)
{
    (void)state;
    struct scenario scenario = parse("sensors: [{unit_id: 1, profile: qdy30a, name: p}]\n"
                                     "events: [{at: 10, sensor: p, fault: crc, for_s: 5}]\n");
    scenario_advance(&scenario, 14.9, listener);
    assert_int_equal(scenario.sensors[0].fault.kind, SENSOR_FAULT_CRC);
    assert_near(scenario_next_s(&scenario), 15);
    scenario_advance(&scenario, 20, listener);
    assert_int_equal(scenario.sensors[0].fault.kind, SENSOR_FAULT_NONE);
    assert_string_equal(heard_now.last, "fault over");
    assert_near(heard_now.last_s, 15);
    scenario_free(&scenario);
}

static void events_of_one_moment_happen_in_the_order_written(void **state)
{
    (void)state;
    struct scenario scenario = parse("sensors: [{unit_id: 1, profile: qdy30a, name: p}]\n"
                                     "events:\n"
                                     "  - {at: 7, sensor: p, level_mm: 1}\n"
                                     "  - {at: 3, sensor: p, level_mm: 9}\n"
                                     "  - {at: 7, sensor: p, level_mm: 2}\n");
    assert_near(value_at(&scenario, 3, SENSOR_FIELD_LEVEL_MM), 9);
    assert_near(value_at(&scenario, 7, SENSOR_FIELD_LEVEL_MM), 2);
    assert_true(isinf(scenario_next_s(&scenario)));
    scenario_free(&scenario);
}

static struct scenario parse_replay(struct folder *folder, const char *csv, const char *settings, const char *events)
{
    char text[1024];
    folder_make(folder);
    folder_write(folder, "home.csv", csv);
    snprintf(text, sizeof text,
             "sensors: [{unit_id: 1, profile: bove, name: m}]\n%s\n"
             "replay: [{sensor: m, file: %s/home.csv, column: index_l, time_column: local_time%s}]\n",
             events, folder->path, settings);
    return parse(text);
}

static void readings_drive_a_sensor(void **state)
{
    (void)state;
    struct folder folder;
    struct scenario scenario = parse_replay(&folder,
                                            "local_time,index_l\n2016-03-01T00:14:32,255139\n"
                                            "2016-03-01T01:14:32,255140\n2016-03-01T01:14:32,\n"
                                            "2016-03-01 02:14:32.500,255150\n",
                                            ", speed: 3600, at: 5", "");
    assert_near(value_at(&scenario, 4, SENSOR_FIELD_INDEX_L), 0);
    assert_near(value_at(&scenario, 5, SENSOR_FIELD_INDEX_L), 255139);
    assert_near(value_at(&scenario, 6.5, SENSOR_FIELD_INDEX_L), 255140);
    assert_near(value_at(&scenario, 8, SENSOR_FIELD_INDEX_L), 255150);
    assert_int_equal(scenario.replays[0].series.count, 3);
    assert_int_equal(scenario.replays[0].series.skipped, 1);
    scenario_free(&scenario);
    folder_remove(&folder);
}

/* A row of second 8 must not undo an event of second 10 because both came due between two looks at the clock. */
static void readings_and_events_keep_their_order(void **state)
{
    (void)state;
    struct folder folder;
    struct scenario scenario = parse_replay(&folder,
                                            "local_time,index_l\n2016-03-01T00:00:00,1\n2016-03-01T00:00:08,2\n"
                                            "2016-03-01T00:00:30,3\n",
                                            ", scale: 10", "events: [{at: 10, sensor: m, index_l: 777}]");
    assert_near(value_at(&scenario, 20, SENSOR_FIELD_INDEX_L), 777);
    assert_near(value_at(&scenario, 30, SENSOR_FIELD_INDEX_L), 30);
    scenario_free(&scenario);
    folder_remove(&folder);
}

static void wall_clock_set_back_does_not_stop_the_readings(void **state)
{
    (void)state;
    struct folder folder;
    struct scenario scenario = parse_replay(&folder,
                                            "local_time,index_l\n2016-10-30T02:30:00+02:00,1\n"
                                            "2016-10-30T02:00:00+01:00,2\n2016-10-30T02:00:00+02:00,3\n"
                                            "2016-10-30T03:00:00+01:00,4\n",
                                            "", "");
    assert_near(value_at(&scenario, 1799, SENSOR_FIELD_INDEX_L), 1);
    assert_near(value_at(&scenario, 1800, SENSOR_FIELD_INDEX_L), 3);
    assert_near(value_at(&scenario, 5400, SENSOR_FIELD_INDEX_L), 4);
    scenario_free(&scenario);
    folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flow_goes_into_the_index),
        cmocka_unit_test(flow_on_a_ramp_goes_into_the_index),
        cmocka_unit_test(level_ramps_in_a_straight_line_and_stops),
        cmocka_unit_test(ramp_turns_round_where_it_is),
        cmocka_unit_test(draws_add_their_litres_and_come_again),
        cmocka_unit_test(closed_valve_stops_the_water),
        cmocka_unit_test(rain_adds_up),
        cmocka_unit_test(fault_ends_after_its_time),
        cmocka_unit_test(events_of_one_moment_happen_in_the_order_written),
        cmocka_unit_test(readings_drive_a_sensor),
        cmocka_unit_test(readings_and_events_keep_their_order),
        cmocka_unit_test(wall_clock_set_back_does_not_stop_the_readings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
