/* The node's clock, and the watchdog that only a healthy loop feeds. */
#include "firmware/clock/node_clock.h"
#include "tests/unit/firmware/bench.h"
#include "tests/unit/firmware/suites.h"

#define SECOND_US UINT64_C(1000000)
#define NOON_MS   INT64_C(1750000000000)

static void unset_clock_stamps_uptime(struct check *check)
{
    struct node_clock clock = {0};
    struct sw_record record;
    node_clock_stamp(&clock, 12345678, &record);
    CHECK_EQUAL(record.seconds, 12);
    CHECK_EQUAL(record.millis, 345);
    CHECK_EQUAL(record.clock_quality, SW_CLOCK_UNSET);
    CHECK(!sw_wall_known(node_clock_wall(&clock, 12345678)));
}

static void first_setting_corrects_a_saturated_error(struct check *check)
{
    struct node_clock clock = {0};
    CHECK_EQUAL(node_clock_set(&clock, 5 * SECOND_US, sw_wall_from_ms(NOON_MS)), INT32_MAX);
    CHECK_EQUAL(node_clock_wall(&clock, 5 * SECOND_US).ms, NOON_MS);
    CHECK_EQUAL(node_clock_wall(&clock, 7 * SECOND_US).ms, NOON_MS + 2000);
}

static void correction_is_positive_when_the_clock_was_behind(struct check *check)
{
    struct node_clock clock = {0};
    (void)node_clock_set(&clock, 0, sw_wall_from_ms(NOON_MS));
    CHECK_EQUAL(node_clock_set(&clock, SECOND_US, sw_wall_from_ms(NOON_MS + 1250)), 250);
    CHECK_EQUAL(node_clock_set(&clock, 2 * SECOND_US, sw_wall_from_ms(NOON_MS + 1250)), -1000);
    CHECK_EQUAL(node_clock_set(&clock, 2 * SECOND_US, sw_wall_from_ms(NOON_MS + INT64_C(90) * 86400000)), INT32_MAX);
    CHECK_EQUAL(node_clock_set(&clock, 2 * SECOND_US, sw_wall_from_ms(NOON_MS)), INT32_MIN);
}

static void clock_goes_into_holdover_an_hour_after_setting(struct check *check)
{
    struct node_clock clock = {0};
    CHECK_EQUAL(node_clock_quality(&clock, 0), SW_CLOCK_UNSET);
    (void)node_clock_set(&clock, SECOND_US, sw_wall_from_ms(NOON_MS));
    CHECK_EQUAL(node_clock_quality(&clock, SECOND_US), SW_CLOCK_SET);
    CHECK_EQUAL(node_clock_quality(&clock, 3600 * SECOND_US), SW_CLOCK_SET);
    CHECK_EQUAL(node_clock_quality(&clock, 3601 * SECOND_US), SW_CLOCK_HOLDOVER);
    (void)node_clock_set(&clock, 3700 * SECOND_US, sw_wall_from_ms(NOON_MS));
    CHECK_EQUAL(node_clock_quality(&clock, 3700 * SECOND_US), SW_CLOCK_SET);
}

static void watchdog_is_fed_by_a_loop_that_runs(struct check *check)
{
    struct bench *bench = bench_start();
    bench_run(bench, SECOND_US);
    CHECK(bench->system.watchdog_fed >= 4);
}

static void watchdog_is_not_fed_when_the_sensor_line_hangs(struct check *check)
{
    struct bench *bench = bench_start();
    struct slot_config config = {SW_PROFILE_MANHOLE, 1, 10, 0, 60};
    CHECK_EQUAL(bench_configure_slot(bench, 0, &config), 0);
    bench->node_sensors.hangs = true;
    bench_run(bench, 7 * SECOND_US);
    uint32_t fed = bench->system.watchdog_fed;
    bench_run(bench, 3 * SECOND_US);
    CHECK_EQUAL(bench->system.watchdog_fed, fed);
}

static void watchdog_is_not_fed_when_the_gateway_line_hangs(struct check *check)
{
    struct bench *bench = bench_start();
    uint16_t value;
    bench->node_gateway.hangs = true;
    (void)bench_read(bench, 0x04, SW_NODE_INPUT_MAGIC, 1, &value);
    bench_run(bench, 6 * SECOND_US);
    uint32_t fed = bench->system.watchdog_fed;
    bench_run(bench, 3 * SECOND_US);
    CHECK_EQUAL(bench->system.watchdog_fed, fed);
}

static void watchdog_needs_a_report_of_every_part(struct check *check)
{
    struct sim_system system;
    sim_system_init(&system, 1, NULL, 0);
    struct health health = {&system.port, 0};
    health_report(&health, HEALTH_SENSE);
    health_report(&health, HEALTH_SERVE);
    health_end_pass(&health);
    CHECK_EQUAL(system.watchdog_fed, 0);
    health_report(&health, HEALTH_SAMPLE);
    health_end_pass(&health);
    CHECK_EQUAL(system.watchdog_fed, 0);
    health_report(&health, HEALTH_ALL);
    health_end_pass(&health);
    CHECK_EQUAL(system.watchdog_fed, 1);
}

static const struct check_case cases[] = {
    {"an unset clock stamps uptime", unset_clock_stamps_uptime},
    {"the first setting corrects a saturated error", first_setting_corrects_a_saturated_error},
    {"a correction is positive when the clock was behind", correction_is_positive_when_the_clock_was_behind},
    {"the clock goes into holdover an hour after setting", clock_goes_into_holdover_an_hour_after_setting},
    {"the watchdog is fed by a loop that runs", watchdog_is_fed_by_a_loop_that_runs},
    {"the watchdog is not fed when the sensor line hangs", watchdog_is_not_fed_when_the_sensor_line_hangs},
    {"the watchdog is not fed when the gateway line hangs", watchdog_is_not_fed_when_the_gateway_line_hangs},
    {"the watchdog needs a report of every part", watchdog_needs_a_report_of_every_part},
};

const struct check_suite clock_suite = CHECK_SUITE("clock and health", cases);
