/* The sampler: when a sensor is asked, and what becomes a record. Sensors are simulated, the log is read directly. */
#include <string.h>

#include "tests/unit/firmware/bench.h"
#include "tests/unit/firmware/suites.h"

#define SECOND_US UINT64_C(1000000)

static struct sw_record records[64];

/* The readings of a kind in the log, oldest first; returns how many. */
static size_t readings(struct bench *bench, unsigned kind, unsigned slot)
{
    static struct sw_record all[200];
    if (bench->node.log.header.epoch == 0) (void)record_log_open(&bench->node.log, 1, 0);
    size_t count = record_log_read(&bench->node.log, all, 200), kept = 0;
    for (size_t i = 0; i < count && kept < 64; i++)
        if (all[i].kind == kind && all[i].slot == slot) records[kept++] = all[i];
    return kept;
}

static void configure(struct bench *bench, unsigned slot, struct slot_config config)
{
    sampler_configure(&bench->node.sampler, slot, &config, bench->clock.now_us);
}

static struct sample_slot *slot_of(struct bench *bench, unsigned slot)
{
    return &bench->node.sampler.slots[slot];
}

static void slot_is_sampled_at_its_period(struct check *check)
{
    struct bench *bench = bench_start();
    struct bench_sensor *sensor = bench_add_sensor(bench, 3, SW_PROFILE_GEOLUX_LX80);
    configure(bench, 0, (struct slot_config){SW_PROFILE_GEOLUX_LX80, 3, 5, 0, 60});
    bench_run(bench, 10 * SECOND_US + 100000);
    CHECK_EQUAL(sensor->requests, 21);
    CHECK_EQUAL(readings(bench, SW_READING_LEVEL, 0), 21);
    CHECK_EQUAL(slot_of(bench, 0)->state, SW_SLOT_OK);
}

static void small_change_is_not_recorded_and_a_big_one_is_at_once(struct check *check)
{
    struct bench *bench = bench_start();
    struct bench_sensor *sensor = bench_add_sensor(bench, 3, SW_PROFILE_GEOLUX_LX80);
    sensor->registers[0] = 100;
    configure(bench, 0, (struct slot_config){SW_PROFILE_GEOLUX_LX80, 3, 5, 50, 600});
    bench_run(bench, 2 * SECOND_US);
    sensor->registers[0] = 104;
    bench_run(bench, 2 * SECOND_US);
    CHECK_EQUAL(readings(bench, SW_READING_LEVEL, 0), 1);
    sensor->registers[0] = 105;
    bench_run(bench, 2 * SECOND_US);
    CHECK_EQUAL(readings(bench, SW_READING_LEVEL, 0), 2);
    CHECK_EQUAL(records[1].value, 1050);
    sensor->registers[0] = 99;
    bench_run(bench, 2 * SECOND_US);
    CHECK_EQUAL(readings(bench, SW_READING_LEVEL, 0), 3);
}

static void unchanged_value_is_recorded_at_the_heartbeat(struct check *check)
{
    struct bench *bench = bench_start();
    (void)bench_add_sensor(bench, 3, SW_PROFILE_GEOLUX_LX80);
    configure(bench, 0, (struct slot_config){SW_PROFILE_GEOLUX_LX80, 3, 10, 65535, 10});
    bench_run(bench, 61 * SECOND_US);
    size_t count = readings(bench, SW_READING_LEVEL, 0);
    CHECK(count >= 6 && count <= 8);
    for (size_t i = 1; i < count; i++) {
        uint32_t apart_ms =
            (records[i].seconds - records[i - 1].seconds) * 1000u + records[i].millis - records[i - 1].millis;
        CHECK(apart_ms <= 10000);
    }
}

static void cover_that_opens_is_recorded_whatever_the_delta(struct check *check)
{
    struct bench *bench = bench_start();
    struct bench_sensor *sensor = bench_add_sensor(bench, 3, SW_PROFILE_MANHOLE);
    configure(bench, 0, (struct slot_config){SW_PROFILE_MANHOLE, 3, 5, 65535, 3600});
    bench_run(bench, 3 * SECOND_US);
    sensor->registers[1] = 1;
    bench_run(bench, SECOND_US);
    CHECK_EQUAL(readings(bench, SW_READING_COVER_OPEN, 0), 2);
    CHECK_EQUAL(records[1].value, 1);
    CHECK_EQUAL(readings(bench, SW_READING_COVER_TILT, 0), 1);
}

static void only_the_point_that_moved_is_recorded(struct check *check)
{
    struct bench *bench = bench_start();
    struct bench_sensor *sensor = bench_add_sensor(bench, 3, SW_PROFILE_MANHOLE);
    configure(bench, 0, (struct slot_config){SW_PROFILE_MANHOLE, 3, 5, 20, 3600});
    bench_run(bench, 2 * SECOND_US);
    sensor->registers[0] = (uint16_t)-25;
    bench_run(bench, SECOND_US);
    CHECK_EQUAL(readings(bench, SW_READING_COVER_TILT, 0), 2);
    CHECK_EQUAL(records[1].value, -25);
    CHECK_EQUAL(readings(bench, SW_READING_COVER_OPEN, 0), 1);
    CHECK_EQUAL(readings(bench, SW_READING_BATTERY, 0), 1);
}

static void dead_sensor_is_recorded_missing_once_and_then_per_heartbeat(struct check *check)
{
    struct bench *bench = bench_start();
    struct bench_sensor *sensor = bench_add_sensor(bench, 3, SW_PROFILE_GEOLUX_LX80);
    sensor->registers[0] = 7;
    configure(bench, 0, (struct slot_config){SW_PROFILE_GEOLUX_LX80, 3, 10, 100, 120});
    bench_run(bench, 5 * SECOND_US);
    CHECK_EQUAL(readings(bench, SW_READING_LEVEL, 0), 1);
    sensor->manner = SENSOR_DEAD;
    bench_run(bench, 10 * SECOND_US);
    CHECK_EQUAL(readings(bench, SW_READING_LEVEL, 0), 2);
    CHECK_EQUAL(records[1].quality, SW_QUALITY_MISSING);
    CHECK_EQUAL(records[1].reason, SW_REASON_TIMEOUT);
    CHECK_EQUAL(records[1].value, 0);
    CHECK_EQUAL(slot_of(bench, 0)->state, SW_SLOT_SILENT);
    bench_run(bench, 240 * SECOND_US);
    size_t count = readings(bench, SW_READING_LEVEL, 0);
    CHECK(count >= 4 && count <= 5);
    CHECK_EQUAL(slot_of(bench, 0)->last_value, 70);
}

static void sensor_that_comes_back_is_recorded_good_again(struct check *check)
{
    struct bench *bench = bench_start();
    struct bench_sensor *sensor = bench_add_sensor(bench, 3, SW_PROFILE_GEOLUX_LX80);
    configure(bench, 0, (struct slot_config){SW_PROFILE_GEOLUX_LX80, 3, 10, 100, 600});
    sensor->manner = SENSOR_DEAD;
    bench_run(bench, 20 * SECOND_US);
    CHECK_EQUAL(readings(bench, SW_READING_LEVEL, 0), 1);
    sensor->manner = SENSOR_ANSWERS;
    bench_run(bench, 31 * SECOND_US);
    CHECK_EQUAL(readings(bench, SW_READING_LEVEL, 0), 2);
    CHECK_EQUAL(records[0].quality, SW_QUALITY_MISSING);
    CHECK_EQUAL(records[1].quality, SW_QUALITY_GOOD);
    CHECK_EQUAL(slot_of(bench, 0)->state, SW_SLOT_OK);
    uint32_t requests = sensor->requests;
    bench_run(bench, 5 * SECOND_US);
    CHECK(sensor->requests >= requests + 4);
}

static void single_lost_reply_leaves_no_trace_in_the_log(struct check *check)
{
    struct bench *bench = bench_start();
    struct bench_sensor *sensor = bench_add_sensor(bench, 3, SW_PROFILE_GEOLUX_LX80);
    configure(bench, 0, (struct slot_config){SW_PROFILE_GEOLUX_LX80, 3, 10, 100, 600});
    bench_run(bench, 3 * SECOND_US);
    sensor->manner = SENSOR_DEAD;
    sensor->manner_count = 1;
    bench_run(bench, 5 * SECOND_US);
    CHECK_EQUAL(readings(bench, SW_READING_LEVEL, 0), 1);
    CHECK_EQUAL(slot_of(bench, 0)->statistics.timeouts, 1);
    CHECK_EQUAL(slot_of(bench, 0)->state, SW_SLOT_OK);
}

static void dead_sensor_is_asked_more_and_more_rarely(struct check *check)
{
    struct bench *bench = bench_start();
    struct bench_sensor *sensor = bench_add_sensor(bench, 3, SW_PROFILE_GEOLUX_LX80);
    sensor->manner = SENSOR_DEAD;
    configure(bench, 0, (struct slot_config){SW_PROFILE_GEOLUX_LX80, 3, 5, 0, 60});
    bench_run(bench, 120 * SECOND_US);
    uint32_t early = sensor->requests;
    CHECK(early <= 16);
    bench_run(bench, 300 * SECOND_US);
    uint32_t late = sensor->requests - early;
    CHECK(late >= 9 && late <= 11);
}

static void slow_sensor_that_fails_is_asked_again_soon(struct check *check)
{
    struct bench *bench = bench_start();
    struct bench_sensor *sensor = bench_add_sensor(bench, 3, SW_PROFILE_GEOLUX_LX80);
    sensor->manner = SENSOR_DEAD;
    configure(bench, 0, (struct slot_config){SW_PROFILE_GEOLUX_LX80, 3, 9000, 0, 3600});
    bench_run(bench, 10 * SECOND_US);
    CHECK_EQUAL(slot_of(bench, 0)->state, SW_SLOT_SILENT);
    CHECK_EQUAL(readings(bench, SW_READING_LEVEL, 0), 1);
}

static void dead_sensor_costs_the_others_little(struct check *check)
{
    struct bench *bench = bench_start();
    struct bench_sensor *good = bench_add_sensor(bench, 3, SW_PROFILE_GEOLUX_LX80);
    struct bench_sensor *dead = bench_add_sensor(bench, 4, SW_PROFILE_MANHOLE);
    dead->manner = SENSOR_DEAD;
    configure(bench, 0, (struct slot_config){SW_PROFILE_GEOLUX_LX80, 3, 5, 100, 600});
    configure(bench, 1, (struct slot_config){SW_PROFILE_MANHOLE, 4, 5, 100, 600});
    bench_run(bench, 60 * SECOND_US);
    uint32_t requests = good->requests;
    bench_run(bench, 100 * SECOND_US);
    CHECK(good->requests - requests >= 195);
}

static void bad_answers(struct check *check, enum sensor_manner manner, enum sw_quality_reason reason,
                        enum sw_slot_state state)
{
    struct bench *bench = bench_start();
    struct bench_sensor *sensor = bench_add_sensor(bench, 3, SW_PROFILE_GEOLUX_LX80);
    configure(bench, 0, (struct slot_config){SW_PROFILE_GEOLUX_LX80, 3, 10, 100, 600});
    sensor->manner = manner;
    sensor->exception = 4;
    bench_run(bench, 15 * SECOND_US);
    CHECK_EQUAL(readings(bench, SW_READING_LEVEL, 0), 1);
    CHECK_EQUAL(records[0].quality, SW_QUALITY_BAD);
    CHECK_EQUAL(records[0].reason, reason);
    CHECK_EQUAL(slot_of(bench, 0)->state, state);
}

static void sensor_of_bad_frames_is_recorded_bad(struct check *check)
{
    bad_answers(check, SENSOR_WRONG_CRC, SW_REASON_FRAME, SW_SLOT_SILENT);
    bad_answers(check, SENSOR_GAP_INSIDE, SW_REASON_FRAME, SW_SLOT_SILENT);
    bad_answers(check, SENSOR_OTHER_UNIT, SW_REASON_FRAME, SW_SLOT_SILENT);
    bad_answers(check, SENSOR_OTHER_FUNCTION, SW_REASON_FRAME, SW_SLOT_SILENT);
    bad_answers(check, SENSOR_ONE_REGISTER_LESS, SW_REASON_FRAME, SW_SLOT_SILENT);
}

static void sensor_of_exceptions_is_recorded_bad_and_faulty(struct check *check)
{
    bad_answers(check, SENSOR_EXCEPTION, SW_REASON_EXCEPTION, SW_SLOT_FAULTY);
}

static void value_out_of_range_is_recorded_bad_at_once(struct check *check)
{
    struct bench *bench = bench_start();
    struct bench_sensor *sensor = bench_add_sensor(bench, 3, SW_PROFILE_GEOLUX_LX80);
    sensor->registers[0] = 500;
    configure(bench, 0, (struct slot_config){SW_PROFILE_GEOLUX_LX80, 3, 10, 100, 600});
    bench_run(bench, 2 * SECOND_US);
    sensor->registers[0] = 0x8000;
    bench_run(bench, 2 * SECOND_US);
    CHECK_EQUAL(readings(bench, SW_READING_LEVEL, 0), 2);
    CHECK_EQUAL(records[1].quality, SW_QUALITY_BAD);
    CHECK_EQUAL(records[1].reason, SW_REASON_RANGE);
    CHECK_EQUAL(slot_of(bench, 0)->state, SW_SLOT_FAULTY);
    CHECK_EQUAL(slot_of(bench, 0)->last_value, 5000);
}

static void sensors_of_different_line_settings_share_the_line(struct check *check)
{
    struct bench *bench = bench_start();
    struct bench_sensor *xintai = bench_add_sensor(bench, 1, SW_PROFILE_XINTAI);
    struct bench_sensor *bove = bench_add_sensor(bench, 2, SW_PROFILE_BOVE);
    bench_put_float(&xintai->registers[0], 12.345f, SW_ORDER_DCBA);
    bench_put_float(&xintai->registers[25], 3.6f, SW_ORDER_DCBA);
    bench_put_u32(&bove->registers[0], 98765, SW_ORDER_CDAB);
    configure(bench, 0, (struct slot_config){SW_PROFILE_XINTAI, 1, 20, 0, 60});
    configure(bench, 1, (struct slot_config){SW_PROFILE_BOVE, 2, 20, 0, 60});
    bench_run(bench, 10 * SECOND_US);
    CHECK(readings(bench, SW_READING_WATER_INDEX, 0) >= 4);
    CHECK_EQUAL(records[0].value, 123450);
    CHECK(readings(bench, SW_READING_WATER_INDEX, 1) >= 4);
    CHECK_EQUAL(records[0].value, 987650);
    CHECK(bench->node_sensors.configured > 6);
}

static void slot_configured_anew_during_its_request_ignores_the_old_reply(struct check *check)
{
    struct bench *bench = bench_start();
    struct bench_sensor *sensor = bench_add_sensor(bench, 3, SW_PROFILE_GEOLUX_LX80);
    sensor->turnaround_us = 100000;
    configure(bench, 0, (struct slot_config){SW_PROFILE_GEOLUX_LX80, 3, 10, 0, 60});
    bench_run(bench, 50000);
    CHECK(bus_master_busy(&bench->node.master));
    configure(bench, 0, (struct slot_config){SW_PROFILE_MANHOLE, 9, 10, 0, 60});
    bench_run(bench, 200000);
    CHECK_EQUAL(readings(bench, SW_READING_LEVEL, 0), 0);
    CHECK_EQUAL(slot_of(bench, 0)->state, SW_SLOT_WAITING);
    CHECK_EQUAL(slot_of(bench, 0)->statistics.late_frames, 0);
}

static void request_of_a_slot_given_up_is_not_counted_for_it(struct check *check)
{
    struct bench *bench = bench_start();
    struct bench_sensor *sensor = bench_add_sensor(bench, 3, SW_PROFILE_GEOLUX_LX80);
    sensor->manner = SENSOR_DEAD;
    configure(bench, 0, (struct slot_config){SW_PROFILE_GEOLUX_LX80, 3, 10, 0, 60});
    bench_run(bench, 50000);
    CHECK_EQUAL(slot_of(bench, 0)->statistics.requests, 1);
    configure(bench, 0, (struct slot_config){0});
    bench_run(bench, 2 * SECOND_US);
    CHECK_EQUAL(slot_of(bench, 0)->statistics.requests, 0);
    CHECK_EQUAL(slot_of(bench, 0)->statistics.timeouts, 0);
}

static void sample_that_fails_with_its_retry_leaves_no_trace_in_the_log(struct check *check)
{
    struct bench *bench = bench_start();
    struct bench_sensor *sensor = bench_add_sensor(bench, 3, SW_PROFILE_GEOLUX_LX80);
    configure(bench, 0, (struct slot_config){SW_PROFILE_GEOLUX_LX80, 3, 10, 100, 600});
    bench_run(bench, 3 * SECOND_US + 500000);
    sensor->manner = SENSOR_DEAD;
    sensor->manner_count = 4;
    bench_run(bench, 6 * SECOND_US);
    CHECK_EQUAL(slot_of(bench, 0)->statistics.timeouts, 4);
    CHECK_EQUAL(readings(bench, SW_READING_LEVEL, 0), 1);
    CHECK_EQUAL(slot_of(bench, 0)->state, SW_SLOT_OK);
}

static void unused_slot_is_left_alone(struct check *check)
{
    struct bench *bench = bench_start();
    struct bench_sensor *sensor = bench_add_sensor(bench, 3, SW_PROFILE_GEOLUX_LX80);
    configure(bench, 0, (struct slot_config){SW_PROFILE_GEOLUX_LX80, 3, 10, 0, 60});
    bench_run(bench, 3 * SECOND_US + 500000);
    configure(bench, 0, (struct slot_config){0});
    uint32_t requests = sensor->requests;
    bench_run(bench, 5 * SECOND_US);
    CHECK_EQUAL(sensor->requests, requests);
    CHECK_EQUAL(slot_of(bench, 0)->state, SW_SLOT_EMPTY);
}

static void configuration_survives_a_restart(struct check *check)
{
    struct bench *bench = bench_start();
    struct bench_sensor *sensor = bench_add_sensor(bench, 3, SW_PROFILE_GEOLUX_LX80);
    configure(bench, 5, (struct slot_config){SW_PROFILE_GEOLUX_LX80, 3, 10, 7, 60});
    CHECK_EQUAL(bench_restart_node(bench, SW_RESET_WATCHDOG), SW_OK);
    CHECK_EQUAL(slot_of(bench, 5)->config.report_delta, 7);
    bench_run(bench, 3 * SECOND_US);
    CHECK(sensor->requests >= 3);
    CHECK(readings(bench, SW_READING_LEVEL, 5) >= 1);
    CHECK_EQUAL(records[0].boot, 2);
}

static void damaged_configuration_falls_back_to_the_copy_before(struct check *check)
{
    struct bench *bench = bench_start();
    configure(bench, 0, (struct slot_config){SW_PROFILE_GEOLUX_LX80, 3, 10, 0, 60});
    configure(bench, 1, (struct slot_config){SW_PROFILE_BOVE, 4, 10, 0, 60});
    uint32_t *words = (uint32_t *)bench->retained;
    unsigned current = bench->node.sampler.store.pair.current;
    words[current * (SLOT_STORE_CONTENT + 2) + 5] ^= 0x40u;
    CHECK_EQUAL(bench_restart_node(bench, SW_RESET_PIN), SW_OK);
    CHECK_EQUAL(slot_of(bench, 0)->config.profile, SW_PROFILE_GEOLUX_LX80);
    CHECK_EQUAL(slot_of(bench, 1)->config.profile, 0);
}

static const struct check_case cases[] = {
    {"a slot is sampled at its period", slot_is_sampled_at_its_period},
    {"a small change is not recorded, a big one at once", small_change_is_not_recorded_and_a_big_one_is_at_once},
    {"an unchanged value is recorded at the heartbeat", unchanged_value_is_recorded_at_the_heartbeat},
    {"a cover that opens is recorded whatever the delta", cover_that_opens_is_recorded_whatever_the_delta},
    {"only the point that moved is recorded", only_the_point_that_moved_is_recorded},
    {"a dead sensor is recorded missing once, then per heartbeat",
     dead_sensor_is_recorded_missing_once_and_then_per_heartbeat},
    {"a sensor that comes back is recorded good again", sensor_that_comes_back_is_recorded_good_again},
    {"a single lost reply leaves no trace in the log", single_lost_reply_leaves_no_trace_in_the_log},
    {"a dead sensor is asked more and more rarely", dead_sensor_is_asked_more_and_more_rarely},
    {"a slow sensor that fails is asked again soon", slow_sensor_that_fails_is_asked_again_soon},
    {"a dead sensor costs the others little", dead_sensor_costs_the_others_little},
    {"a sensor of bad frames is recorded bad", sensor_of_bad_frames_is_recorded_bad},
    {"a sensor of exceptions is recorded bad and faulty", sensor_of_exceptions_is_recorded_bad_and_faulty},
    {"a value out of range is recorded bad at once", value_out_of_range_is_recorded_bad_at_once},
    {"sensors of different line settings share the line", sensors_of_different_line_settings_share_the_line},
    {"a slot configured anew ignores the old reply", slot_configured_anew_during_its_request_ignores_the_old_reply},
    {"a request of a slot given up is not counted for it", request_of_a_slot_given_up_is_not_counted_for_it},
    {"two failed samples leave no trace in the log", sample_that_fails_with_its_retry_leaves_no_trace_in_the_log},
    {"an unused slot is left alone", unused_slot_is_left_alone},
    {"the configuration survives a restart", configuration_survives_a_restart},
    {"a damaged configuration falls back to the copy before", damaged_configuration_falls_back_to_the_copy_before},
};

const struct check_suite sampler_suite = CHECK_SUITE("sampler", cases);
