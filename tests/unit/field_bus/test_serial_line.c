/* The schedule of a serial line in simulated time: what dead units cost the others, devices that are exchanged, and a
 * new configuration while the line goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulated_line.h"
#include "stillwater/error.h"

#define TIMEOUT_MS  500
#define DEVICES_MAX 100
#define S           INT64_C(1000000)

/* A profile that takes no longer to answer than the line allows. */
static const struct sw_profile_block level_block = {.function = 4, .address = 0, .count = 1};
static const struct sw_profile_point level_point = {
    .kind = SW_READING_LEVEL, .at = {4, 0}, .type = SW_TYPE_U16, .scale = 1, .minimum = 0, .maximum = 65535};
static const struct sw_profile level = {.name = "level",
                                        .blocks = &level_block,
                                        .block_count = 1,
                                        .register_count = 1,
                                        .points = &level_point,
                                        .point_count = 1};

/* The same with a serial number in registers 8 and 9. */
static const struct sw_profile numbered = {.name = "numbered",
                                           .blocks = &level_block,
                                           .block_count = 1,
                                           .register_count = 1,
                                           .points = &level_point,
                                           .point_count = 1,
                                           .identity = {.function = 3, .address = 8, .count = 2}};

/* Two blocks, which are far apart. */
static const struct sw_profile_block apart_blocks[] = {{.function = 4, .address = 0, .count = 1},
                                                       {.function = 4, .address = 20, .count = 1}};
static const struct sw_profile_point apart_points[] = {
    {.kind = SW_READING_LEVEL, .at = {4, 0}, .type = SW_TYPE_U16, .scale = 1, .minimum = 0, .maximum = 65535},
    {.kind = SW_READING_COVER_TILT, .at = {4, 20}, .type = SW_TYPE_U16, .scale = 1, .minimum = 0, .maximum = 65535}};
static const struct sw_profile apart = {.name = "apart",
                                        .blocks = apart_blocks,
                                        .block_count = 2,
                                        .register_count = 2,
                                        .points = apart_points,
                                        .point_count = 2};

struct bench {
    struct config_device devices[DEVICES_MAX];
    struct config_line config;
    uv_loop_t loop;
    uv_async_t async;
    struct serial_line *line;
    /* what was said, by index of the device */
    uint32_t good[DEVICES_MAX], bad[DEVICES_MAX];
    int last_error[DEVICES_MAX];
    struct field_bus_sample last;
    char notice[FIELD_TEXT_SIZE];
    uint32_t notices;
};

static struct sw_wall wall_now(void)
{
    return sw_wall_from_ms(INT64_C(1795305600000) + port.now_us / 1000);
}

static void on_sample(void *ctx, const struct field_bus_sample *sample)
{
    struct bench *bench = ctx;
    assert_int_equal(sample->line, bench->line->context.line);
    if (sample->error == SW_OK)
        bench->good[sample->device]++;
    else
        bench->bad[sample->device]++;
    bench->last_error[sample->device] = sample->error;
    bench->last = *sample;
}

static void on_line_link(void *ctx, uint32_t line, bool up, const char *text)
{
    (void)ctx, (void)line, (void)up, (void)text;
}

static void on_device_notice(void *ctx, uint32_t line, uint32_t device, int error, const char *text)
{
    struct bench *bench = ctx;
    (void)line, (void)device, (void)error;
    bench->notices++;
    snprintf(bench->notice, sizeof bench->notice, "%s", text);
}

static void on_async(uv_async_t *async)
{
    (void)async;
}

static struct bench *bench_new(void)
{
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    port_reset();
    bench->config = (struct config_line){
        .id = "line", .port = "/dev/simulated", .settings = {9600, 'N', 1}, .timeout_ms = TIMEOUT_MS};
    bench->config.devices = bench->devices;
    assert_int_equal(uv_loop_init(&bench->loop), 0);
    assert_int_equal(uv_async_init(&bench->loop, &bench->async, on_async), 0);
    return bench;
}

/* Device `index` has unit id index + 1. */
static void add_devices(struct bench *bench, uint32_t count, const struct sw_profile *profile, uint32_t interval_ms)
{
    for (uint32_t i = 0; i < count; i++) {
        struct config_device *device = &bench->devices[bench->config.device_count++];
        *device = (struct config_device){
            .unit_id = (uint8_t)bench->config.device_count, .profile = profile, .poll_interval_ms = interval_ms};
        snprintf(device->id, sizeof device->id, "device-%u", (unsigned)device->unit_id);
    }
}

static void start(struct bench *bench)
{
    assert_int_equal(serial_line_new(&bench->config, 0, wall_now, &bench->async, &bench->line), SW_OK);
}

static void deliver(struct bench *bench)
{
    struct field_bus_events events = {
        .ctx = bench, .sample = on_sample, .line_link = on_line_link, .device_notice = on_device_notice};
    struct field_event event;
    while (serial_line_take(bench->line, &event))
        field_event_deliver(&event, &events);
}

static void run_until(struct bench *bench, int64_t until_us)
{
    while (port.now_us < until_us) {
        assert_true(serial_line_step(bench->line));
        deliver(bench);
    }
}

static void run_for(struct bench *bench, int64_t time_us)
{
    run_until(bench, port.now_us + time_us);
}

static void bench_free(struct bench *bench)
{
    serial_line_free(bench->line);
    uv_close((uv_handle_t *)&bench->async, NULL);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&bench->loop), 0);
    free(bench);
}

static uint64_t good_of(const struct bench *bench, uint32_t first, uint32_t count)
{
    uint64_t sum = 0;
    for (uint32_t i = first; i < first + count; i++)
        sum += bench->good[i];
    return sum;
}

/* ---- isolation ---- */

/* Good samples of the sound ones in half an hour of a line that is asked for more than it can carry. */
static uint64_t samples_beside_dead(uint32_t sound, uint32_t dead, struct bench **out)
{
    struct bench *bench = bench_new();
    add_devices(bench, sound + dead, &level, 500);
    for (uint32_t i = 0; i < dead; i++)
        port.units[sound + 1 + i].error = SW_ERROR_TIMEOUT;
    start(bench);
    run_for(bench, 1800 * S);
    for (uint32_t i = 0; i < dead; i++)
        assert_int_equal(bench->good[sound + i], 0);
    uint64_t good = good_of(bench, 0, sound);
    *out = bench;
    return good;
}

static void ten_dead_of_sixty_stretch_the_cycle_of_the_others_by_15_percent_at_most(void **state)
{
    (void)state;
    struct bench *alone, *beside;
    uint64_t full = samples_beside_dead(50, 0, &alone);
    bench_free(alone);
    uint64_t less = samples_beside_dead(50, 10, &beside);
    assert_true(less * 115 >= full * 100);
    /* And all have the same share: nobody pays for the dead alone. */
    for (uint32_t i = 0; i < 50; i++) {
        assert_true(beside->good[i] * 50 * 100 >= less * 99);
        assert_true(beside->good[i] * 50 * 100 <= less * 101);
    }
    for (uint32_t i = 50; i < 60; i++)
        assert_true(beside->bad[i] >= 10); /* nobody is given up */
    bench_free(beside);
}

static void one_dead_of_a_hundred_leaves_95_percent_to_the_others(void **state)
{
    (void)state;
    struct bench *bench;
    uint64_t full = samples_beside_dead(99, 0, &bench);
    bench_free(bench);
    uint64_t less = samples_beside_dead(99, 1, &bench);
    assert_true(less * 100 >= full * 95);
    bench_free(bench);
}

static void dead_units_have_a_tenth_of_the_line_at_most(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    add_devices(bench, 20, &level, 1000);
    for (uint8_t unit = 2; unit <= 20; unit++)
        port.units[unit].error = SW_ERROR_TIMEOUT;
    start(bench);
    /* Each may fail once before it is known to be dead. */
    run_for(bench, 60 * S);
    int64_t begun_us = port.now_us, failed_us = port.failed_us;
    run_for(bench, 600 * S);
    assert_true((port.failed_us - failed_us) * 10 <= port.now_us - begun_us);
    bench_free(bench);
}

static void where_nobody_answers_nobody_waits_for_another(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    add_devices(bench, 1, &level, 1000);
    port.units[1].error = SW_ERROR_TIMEOUT;
    start(bench);
    run_for(bench, 60 * S);
    /* Back-off alone: after 1, 2, 4, 8, 16 and 30 s, and a second each time. */
    assert_int_equal(port.units[1].requests, 6);
    bench_free(bench);
}

static void those_that_come_back_are_all_asked_again_soon(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    add_devices(bench, 60, &level, 1000);
    for (uint8_t unit = 2; unit <= 60; unit++)
        port.units[unit].error = SW_ERROR_TIMEOUT;
    start(bench);
    run_for(bench, 300 * S);
    for (uint8_t unit = 2; unit <= 60; unit++)
        port.units[unit].error = SW_OK;
    /* A probe that is answered keeps nobody waiting: the longest back-off and one cycle. */
    run_for(bench, 40 * S);
    for (uint32_t i = 0; i < 60; i++)
        assert_int_equal(bench->last_error[i], SW_OK);
    bench_free(bench);
}

static void no_old_value_is_told_again(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    add_devices(bench, 1, &level, 1000);
    port.units[1].registers[0] = 77;
    start(bench);
    run_for(bench, 3 * S);
    assert_int_equal(bench->last.values[0].value, 77);
    int64_t last_ms = bench->last.time.ms;
    port.units[1].error = SW_ERROR_TIMEOUT;
    run_for(bench, 10 * S);
    assert_int_equal(bench->last.error, SW_ERROR_TIMEOUT);
    assert_int_equal(bench->last.count, 0);
    assert_true(bench->last.time.ms > last_ms);
    bench_free(bench);
}

/* ---- devices ---- */

static void blocks_are_read_one_after_the_other_into_one_sample(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    add_devices(bench, 1, &apart, 1000);
    port.units[1].registers[0] = 11;
    port.units[1].registers[20] = 22;
    start(bench);
    run_for(bench, S / 2);
    assert_int_equal(port.units[1].requests, 2);
    assert_int_equal(bench->good[0], 1);
    assert_int_equal(bench->last.count, 2);
    assert_int_equal(bench->last.values[0].value, 11);
    assert_int_equal(bench->last.values[1].value, 22);
    /* A sample is as old as its oldest part. */
    int64_t first_block_us = port.units[1].asked_us[0] + SIMULATED_EXCHANGE_US;
    assert_int_equal(bench->last.time.ms, INT64_C(1795305600000) + first_block_us / 1000);
    bench_free(bench);
}

static struct bench *bench_with_number(uint16_t number)
{
    struct bench *bench = bench_new();
    add_devices(bench, 1, &numbered, 1000);
    port.units[1].registers[0] = 100;
    port.units[1].registers[9] = number;
    start(bench);
    run_for(bench, 5 * S + S / 2);
    assert_int_equal(bench->good[0], 6);
    assert_int_equal(bench->notices, 1);
    assert_non_null(strstr(bench->notice, "unit 1 has identity 0000 "));
    bench->notices = 0;
    return bench;
}

static void an_identity_is_read_once_while_all_is_well(void **state)
{
    (void)state;
    struct bench *bench = bench_with_number(4711);
    assert_int_equal(port.units[1].requests, 7);
    assert_int_equal(bench->notices, 0);
    bench_free(bench);
}

/* Silent for three seconds, as in an exchange of meters. */
static void renumber(struct bench *bench, uint16_t number)
{
    port.units[1].error = SW_ERROR_TIMEOUT;
    run_for(bench, 3 * S);
    port.units[1].error = SW_OK;
    port.units[1].registers[9] = number;
    run_for(bench, 60 * S);
}

static void another_device_in_the_place_of_a_known_one_gives_no_readings(void **state)
{
    (void)state;
    struct bench *bench = bench_with_number(4711);
    renumber(bench, 4712);
    assert_int_equal(bench->good[0], 6);
    assert_int_equal(bench->last_error[0], SW_ERROR_OTHER_DEVICE);
    assert_int_equal(bench->last.count, 0);
    assert_int_equal(bench->line->context.counters.other_devices, 1);
    assert_int_equal(bench->notices, 1);
    assert_string_equal(bench->notice, "another device answers at unit 1: identity 0000 1268 instead of 0000 1267");
    bench_free(bench);
}

/* As after a restart: nobody has been asked yet. */
static void the_configuration_says_which_device_is_meant(void **state)
{
    (void)state;
    uint16_t identity[] = {0, 4711};
    struct bench *bench = bench_new();
    add_devices(bench, 1, &numbered, 1000);
    bench->devices[0].identity = identity;
    port.units[1].registers[9] = 4712;
    start(bench);
    run_for(bench, 5 * S + S / 2);
    assert_int_equal(bench->good[0], 0);
    assert_int_equal(bench->last_error[0], SW_ERROR_OTHER_DEVICE);
    assert_int_equal(bench->line->context.counters.other_devices, 1);
    assert_int_equal(bench->notices, 1);
    assert_string_equal(bench->notice, "another device answers at unit 1: identity 0000 1268 instead of 0000 1267");
    renumber(bench, 4711);
    assert_true(bench->good[0] > 50);
    assert_string_equal(bench->notice, "the known device answers again at unit 1");
    bench_free(bench);
}

static void a_device_that_is_meant_must_tell_its_identity(void **state)
{
    (void)state;
    uint16_t identity[] = {0, 4711};
    struct bench *bench = bench_new();
    add_devices(bench, 1, &numbered, 1000);
    bench->devices[0].identity = identity;
    port.units[1].refused_from = 8;
    start(bench);
    run_for(bench, 5 * S + S / 2);
    assert_int_equal(bench->good[0], 0);
    assert_int_equal(bench->last_error[0], SW_ERROR_EXCEPTION_ADDRESS);
    bench_free(bench);
}

static void a_device_that_has_no_identity_is_read_without(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    add_devices(bench, 1, &numbered, 1000);
    port.units[1].refused_from = 8;
    start(bench);
    run_for(bench, 5 * S + S / 2);
    assert_int_equal(bench->good[0], 6);
    assert_int_equal(bench->bad[0], 0);
    renumber(bench, 0);
    assert_int_equal(bench->last_error[0], SW_OK);
    assert_int_equal(bench->notices, 1);
    assert_non_null(strstr(bench->notice, "unit 1 does not tell its identity"));
    bench_free(bench);
}

static void a_device_that_had_an_identity_and_has_none_is_another(void **state)
{
    (void)state;
    struct bench *bench = bench_with_number(4711);
    port.units[1].refused_from = 8;
    renumber(bench, 0);
    assert_int_equal(bench->good[0], 6);
    assert_int_equal(bench->last_error[0], SW_ERROR_EXCEPTION_ADDRESS);
    bench_free(bench);
}

static void the_known_device_gives_readings_again(void **state)
{
    (void)state;
    struct bench *bench = bench_with_number(4711);
    renumber(bench, 4712);
    renumber(bench, 4711);
    assert_true(bench->good[0] > 50);
    assert_int_equal(bench->last_error[0], SW_OK);
    assert_int_equal(bench->notices, 2);
    assert_string_equal(bench->notice, "the known device answers again at unit 1");
    bench_free(bench);
}

static void a_device_is_recognised_after_its_line_was_unplugged(void **state)
{
    (void)state;
    struct bench *bench = bench_with_number(4711);
    port.pulled_out = true;
    run_for(bench, 3 * S);
    port.pulled_out = false;
    port.units[1].registers[9] = 4712;
    run_for(bench, 30 * S);
    assert_int_equal(bench->good[0], 6);
    assert_int_equal(bench->last_error[0], SW_ERROR_OTHER_DEVICE);
    bench_free(bench);
}

/* ---- another configuration ---- */

/* Every second, on the second: none is missing, none is doubled. */
static void assert_polled_each_second(const struct simulated_unit *unit, int64_t from_us, uint32_t seconds)
{
    assert_int_equal(unit->requests, seconds);
    for (uint32_t i = 0; i < seconds; i++) {
        int64_t late_us = unit->asked_us[i] - (from_us + i * S);
        assert_true(late_us >= 0 && late_us <= 2 * SIMULATED_EXCHANGE_US);
    }
}

static void apply(struct bench *bench, const struct config_line *next, uint32_t index)
{
    assert_int_equal(serial_line_prepare(bench->line, next, index), SW_OK);
    serial_line_commit(bench->line);
}

static void an_untouched_device_on_a_changed_line_does_not_miss_a_poll(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    add_devices(bench, 3, &level, 1000);
    start(bench);
    int64_t begun_us = port.now_us;
    run_until(bench, begun_us + 10 * S - S / 2);

    /* The middle one goes, a new one comes first, another has a new interval; the line has a new place. */
    struct config_device devices[3] = {
        {.id = "new", .unit_id = 50, .profile = &level, .poll_interval_ms = 700}, bench->devices[2], bench->devices[0]};
    struct config_line next = bench->config;
    snprintf(devices[2].id, sizeof devices[2].id, "device-1");
    devices[1].poll_interval_ms = 250;
    next.devices = devices;
    apply(bench, &next, 7);
    /* What the line was told to forget it forgets. */
    memset(bench->devices, 0xee, sizeof bench->devices);
    uint32_t middle = port.units[2].requests;
    assert_true(serial_line_step(bench->line));
    deliver(bench);
    assert_int_equal(bench->line->context.line, 7);
    memset(bench->good, 0, sizeof bench->good);
    run_until(bench, begun_us + 20 * S - S / 2);

    assert_polled_each_second(&port.units[1], begun_us, 20);
    assert_int_equal(bench->good[2], 10);
    assert_int_equal(port.units[2].requests, middle);
    assert_in_range(port.units[50].requests, 13, 15);
    assert_in_range(bench->good[1], 38, 42);
    bench_free(bench);
}

static void a_dead_device_stays_dead_over_a_new_configuration(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    add_devices(bench, 2, &level, 1000);
    port.units[2].error = SW_ERROR_TIMEOUT;
    start(bench);
    run_for(bench, 300 * S);
    uint32_t asked = port.units[2].requests;
    struct config_line next = bench->config;
    for (int i = 0; i < 10; i++) {
        apply(bench, &next, 0);
        run_for(bench, S);
    }
    assert_true(port.units[2].requests <= asked + 1);
    bench_free(bench);
}

static void what_was_said_before_has_the_new_indices(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    add_devices(bench, 3, &level, 1000);
    start(bench);
    while (port.units[3].requests == 0)
        assert_true(serial_line_step(bench->line));
    struct config_device devices[2] = {bench->devices[2], bench->devices[1]};
    struct config_line next = bench->config;
    next.devices = devices;
    next.device_count = 2;
    apply(bench, &next, 0);
    deliver(bench);
    assert_int_equal(bench->good[0], 1);
    assert_int_equal(bench->good[1], 1);
    assert_int_equal(bench->good[2], 0);
    bench_free(bench);
}

static void a_change_that_is_given_up_changes_nothing(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    add_devices(bench, 2, &level, 1000);
    start(bench);
    int64_t begun_us = port.now_us;
    run_until(bench, begun_us + 5 * S - S / 2);
    struct config_line next = bench->config;
    next.device_count = 0;
    assert_int_equal(serial_line_prepare(bench->line, &next, 3), SW_OK);
    serial_line_discard(bench->line);
    run_until(bench, begun_us + 10 * S - S / 2);
    assert_polled_each_second(&port.units[1], begun_us, 10);
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_dead_of_sixty_stretch_the_cycle_of_the_others_by_15_percent_at_most),
        cmocka_unit_test(one_dead_of_a_hundred_leaves_95_percent_to_the_others),
        cmocka_unit_test(dead_units_have_a_tenth_of_the_line_at_most),
        cmocka_unit_test(where_nobody_answers_nobody_waits_for_another),
        cmocka_unit_test(those_that_come_back_are_all_asked_again_soon),
        cmocka_unit_test(no_old_value_is_told_again),
        cmocka_unit_test(blocks_are_read_one_after_the_other_into_one_sample),
        cmocka_unit_test(an_identity_is_read_once_while_all_is_well),
        cmocka_unit_test(another_device_in_the_place_of_a_known_one_gives_no_readings),
        cmocka_unit_test(the_configuration_says_which_device_is_meant),
        cmocka_unit_test(a_device_that_is_meant_must_tell_its_identity),
        cmocka_unit_test(a_device_that_has_no_identity_is_read_without),
        cmocka_unit_test(a_device_that_had_an_identity_and_has_none_is_another),
        cmocka_unit_test(the_known_device_gives_readings_again),
        cmocka_unit_test(a_device_is_recognised_after_its_line_was_unplugged),
        cmocka_unit_test(an_untouched_device_on_a_changed_line_does_not_miss_a_poll),
        cmocka_unit_test(a_dead_device_stays_dead_over_a_new_configuration),
        cmocka_unit_test(what_was_said_before_has_the_new_indices),
        cmocka_unit_test(a_change_that_is_given_up_changes_nothing),
    };
    return cmocka_run_group_tests_name("field_bus serial_line", tests, NULL, NULL);
}
