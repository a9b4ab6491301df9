/* test_profile FILE: one sensor profile against a simulated device. libmodbus serves the registers at one end of a
 * pseudo-terminal, the gateway's field bus reads them at the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <pty.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "bus_listener.h"
#include "config/profile_file.h"
#include "sensors/profile_image.h"
#include "stillwater/error.h"

#define UNIT_ID 17

static const char *profile_path;

/* ---- the device ---- */

struct device {
    pthread_t thread;
    pthread_mutex_t lock; /* of the map */
    modbus_mapping_t *map;
    modbus_t *server;
    int master_fd, slave_fd;
    char port[64];
    atomic_bool stop;
};

static void *serve(void *ctx)
{
    struct device *device = ctx;
    uint8_t request[MODBUS_RTU_MAX_ADU_LENGTH];
    while (!atomic_load(&device->stop)) {
        int size = modbus_receive(device->server, request);
        if (size <= 0) continue;
        pthread_mutex_lock(&device->lock);
        (void)modbus_reply(device->server, request, size, device->map);
        pthread_mutex_unlock(&device->lock);
    }
    return NULL;
}

static void device_start(struct device *device, const struct sw_profile *profile)
{
    struct termios tty;
    *device = (struct device){.lock = PTHREAD_MUTEX_INITIALIZER};
    assert_int_equal(openpty(&device->master_fd, &device->slave_fd, device->port, NULL, NULL), 0);
    tcgetattr(device->slave_fd, &tty);
    cfmakeraw(&tty);
    tcsetattr(device->slave_fd, TCSANOW, &tty);
    device->map = profile_image_new(profile);
    device->server = modbus_new_rtu("pseudo-terminal", 115200, 'N', 8, 1);
    assert_non_null(device->map);
    assert_non_null(device->server);
    assert_int_equal(modbus_set_slave(device->server, UNIT_ID), 0);
    assert_int_equal(modbus_set_socket(device->server, device->master_fd), 0);
    modbus_set_indication_timeout(device->server, 0, 100000); /* to look whether to stop */
    assert_int_equal(pthread_create(&device->thread, NULL, serve, device), 0);
}

static void device_stop(struct device *device)
{
    atomic_store(&device->stop, true);
    pthread_join(device->thread, NULL);
    modbus_free(device->server);
    modbus_mapping_free(device->map);
    close(device->master_fd);
    close(device->slave_fd);
}

/* ---- the gateway ---- */

struct bench {
    struct profile_file *file;
    const struct sw_profile *profile;
    struct device device;
    struct listener *gateway;
    unsigned failures;
};

static void on_problem(void *ctx, const char *file, unsigned line, const char *field, const char *text)
{
    (void)ctx;
    print_error("%s:%u: %s: %s\n", file, line, field, text);
}

static int begin(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    struct config_report report = {NULL, on_problem};
    if (profile_file_load(profile_path, PROFILE_BUILT_IN, report, &bench->file) != SW_OK) return -1;
    bench->profile = &bench->file->profile;
    device_start(&bench->device, bench->profile);
    bench->gateway = listener_new(bench->device.port);
    listener_add_device(bench->gateway, UNIT_ID, SW_PROFILE_NONE, 1);
    /* The device is as the file says; the gateway reads it by the table that is made of the files. */
    bench->gateway->devices[0].profile = sw_profile_by_name(bench->profile->name);
    assert_non_null(bench->gateway->devices[0].profile);
    listener_start(bench->gateway);
    *state = bench;
    return 0;
}

static int end(void **state)
{
    struct bench *bench = *state;
    listener_finish(bench->gateway);
    device_stop(&bench->device);
    free(bench->file);
    free(bench);
    return 0;
}

/* The image as it is now, read by the gateway: the first sample may have begun before. */
static const struct sw_point_value *read_now(struct bench *bench)
{
    bench->gateway->sample_count = 0;
    listener_until(bench->gateway, bench->gateway->sample_count >= 2);
    const struct field_bus_sample *sample = &bench->gateway->samples[1];
    if (sample->error != SW_OK) fail_msg("not read: %s", sw_error_name(sample->error));
    assert_int_equal(sample->count, bench->profile->point_count);
    return sample->values;
}

static void put_raw(struct bench *bench, const struct sw_profile_point *point, double raw)
{
    pthread_mutex_lock(&bench->device.lock);
    profile_image_put(bench->device.map, point, raw);
    pthread_mutex_unlock(&bench->device.lock);
}

static uint16_t swap_register(struct bench *bench, const struct sw_profile_register *at, uint16_t value)
{
    pthread_mutex_lock(&bench->device.lock);
    uint16_t *target = profile_image_at(bench->device.map, at);
    uint16_t before = *target;
    *target = value;
    pthread_mutex_unlock(&bench->device.lock);
    return before;
}

static void expect(struct bench *bench, size_t index, const char *what, enum sw_quality quality,
                   enum sw_quality_reason reason, double value, double tolerance)
{
    struct sw_point_value got = read_now(bench)[index];
    if (got.kind == bench->profile->points[index].kind && got.quality == quality && got.reason == reason &&
        fabs(got.value - value) <= tolerance)
        return;
    print_error("%s, %s: found %d, quality %d, reason %d; expected %.10g, quality %d, reason %d\n",
                sw_reading_kind_info(bench->profile->points[index].kind)->name, what, got.value, got.quality,
                got.reason, value, quality, reason);
    bench->failures++;
}

static void expect_bad(struct bench *bench, size_t index, const char *what, enum sw_quality_reason reason)
{
    expect(bench, index, what, SW_QUALITY_BAD, reason, 0, 0);
}

/* ---- values ---- */

static bool can_hold(const struct sw_profile_point *point, double raw)
{
    switch (point->type) {
    case SW_TYPE_U16:
        return raw >= 0 && raw <= (point->mask ? 255 : UINT16_MAX);
    case SW_TYPE_I16:
        return raw >= INT16_MIN && raw <= INT16_MAX;
    case SW_TYPE_U32:
        return raw >= 0 && raw <= UINT32_MAX;
    case SW_TYPE_I32:
        return raw >= INT32_MIN && raw <= INT32_MAX;
    case SW_TYPE_F32:
        return true;
    }
    return false;
}

/* What one more in the raw number is worth, in our steps: seen over many, since a raw number is whole. */
static double step_of_device(struct bench *bench, const struct sw_profile_point *point)
{
    double many = fabs(point->scale) * 1e6;
    return many /
           fabs(profile_image_raw(bench->device.map, point, many) - profile_image_raw(bench->device.map, point, 0));
}

/* Within half a step of the device, and half a step of ours; a float has 24 bits. */
static void check_value(struct bench *bench, size_t index, const char *what, double steps)
{
    const struct sw_profile_point *point = &bench->profile->points[index];
    bool real = point->type == SW_TYPE_F32 || point->fraction.function;
    double raw = profile_image_raw(bench->device.map, point, steps);
    double device_step = real ? fabs(steps) / (1 << 23) : step_of_device(bench, point);
    if (!can_hold(point, raw)) return;
    put_raw(bench, point, raw);
    expect(bench, index, what, SW_QUALITY_GOOD, SW_REASON_NONE, steps, device_step / 2 + 0.5);
}

static void expect_out_of_range(struct bench *bench, size_t index, const char *what, double steps)
{
    const struct sw_profile_point *point = &bench->profile->points[index];
    double raw = profile_image_raw(bench->device.map, point, steps);
    bool sentinel = point->has_no_reading && raw == (double)point->no_reading;
    if (!can_hold(point, raw) || sentinel) return;
    put_raw(bench, point, raw);
    expect_bad(bench, index, what, SW_REASON_RANGE);
}

/* A hundredth of the range inside its ends: what lies at the very end may be rounded to beyond it. */
static void check_range(struct bench *bench, size_t index)
{
    const struct sw_profile_point *point = &bench->profile->points[index];
    double span = (double)point->maximum - point->minimum, beyond = span / 10 + fabs(point->scale) * 2;
    if (point->mask && span < 16) span = 0; /* a bit or two: the ends are what there is */
    check_value(bench, index, "least", point->minimum + span / 100);
    check_value(bench, index, "between", point->minimum + span * 0.4567891); /* of no whole number */
    check_value(bench, index, "most", point->maximum - span / 100);
    expect_out_of_range(bench, index, "above", point->maximum + beyond);
    expect_out_of_range(bench, index, "below", point->minimum - beyond);
    check_value(bench, index, "middle again", point->minimum + span / 2);
}

static void check_codes(struct bench *bench, size_t index)
{
    const struct sw_profile_point *point = &bench->profile->points[index];
    uint16_t unknown = 0;
    for (size_t i = 0; i < point->code_count; i++) {
        put_raw(bench, point, point->codes[i].raw);
        expect(bench, index, "code", SW_QUALITY_GOOD, SW_REASON_NONE, point->codes[i].value, 0);
        if (unknown == point->codes[i].raw) unknown++;
    }
    put_raw(bench, point, unknown);
    expect_bad(bench, index, "unknown code", SW_REASON_RANGE);
    put_raw(bench, point, point->codes[0].raw);
}

static void every_point_is_read_within_its_range_and_refused_beyond(void **state)
{
    struct bench *bench = *state;
    for (size_t i = 0; i < bench->profile->point_count; i++) {
        const struct sw_profile_point *point = &bench->profile->points[i];
        /* Bits that are not its own are set, and do not matter. */
        if (point->mask) (void)swap_register(bench, &point->at, (uint16_t)~point->mask);
        if (point->code_count > 0)
            check_codes(bench, i);
        else
            check_range(bench, i);
    }
    assert_int_equal(bench->failures, 0);
}

static void what_is_no_number_or_no_reading_is_bad(void **state)
{
    static const uint32_t not_numbers[] = {0x7fc00000, 0x7f800000, 0xff800000};
    struct bench *bench = *state;
    for (size_t i = 0; i < bench->profile->point_count; i++) {
        const struct sw_profile_point *point = &bench->profile->points[i];
        for (size_t n = 0; point->type == SW_TYPE_F32 && n < 3; n++) {
            pthread_mutex_lock(&bench->device.lock);
            profile_image_put_bits(bench->device.map, point, not_numbers[n]);
            pthread_mutex_unlock(&bench->device.lock);
            expect_bad(bench, i, "not a number", SW_REASON_RANGE);
        }
        if (point->has_no_reading) {
            put_raw(bench, point, point->no_reading);
            expect_bad(bench, i, "no reading", SW_REASON_NO_ECHO);
        }
        if (point->type == SW_TYPE_F32 || point->has_no_reading)
            put_raw(bench, point, profile_image_raw(bench->device.map, point, point->maximum / 2));
    }
    assert_int_equal(bench->failures, 0);
}

/* In the middle of the range, or as far as the type goes in that unit. */
static void check_unit(struct bench *bench, size_t index)
{
    const struct sw_profile_point *point = &bench->profile->points[index];
    double steps = ((double)point->maximum + point->minimum) / 2;
    while (!can_hold(point, profile_image_raw(bench->device.map, point, steps)))
        steps /= 10;
    check_value(bench, index, "in another unit", steps);
}

static void device_may_be_set_to_other_units(void **state)
{
    struct bench *bench = *state;
    for (size_t i = 0; i < bench->profile->point_count; i++) {
        const struct sw_profile_point *point = &bench->profile->points[i];
        for (uint16_t decimals = 0; point->decimals.function && decimals <= 4; decimals++) {
            (void)swap_register(bench, &point->decimals, decimals);
            check_unit(bench, i);
        }
        if (point->decimals.function) {
            (void)swap_register(bench, &point->decimals, 10);
            expect_bad(bench, i, "ten decimals", SW_REASON_RANGE);
            (void)swap_register(bench, &point->decimals, 0);
        }
        for (size_t u = 0; u < point->unit_count; u++) {
            (void)swap_register(bench, &point->unit, point->units[u].code);
            check_unit(bench, i);
        }
        if (point->unit_count > 0) {
            (void)swap_register(bench, &point->unit, 0xfffe);
            expect_bad(bench, i, "unknown unit", SW_REASON_SENSOR_FAULT);
            (void)swap_register(bench, &point->unit, point->units[0].code);
        }
    }
    assert_int_equal(bench->failures, 0);
}

static void a_guard_that_fails_marks_its_points(void **state)
{
    struct bench *bench = *state;
    for (size_t i = 0; i < bench->profile->point_count; i++)
        if (bench->profile->points[i].code_count == 0) check_unit(bench, i);
    for (size_t g = 0; g < bench->profile->guard_count; g++) {
        const struct sw_profile_guard *guard = &bench->profile->guards[g];
        uint16_t wrong = (uint16_t)(guard->expected ^ (guard->mask & (0u - guard->mask)));
        uint16_t well = swap_register(bench, &guard->at, wrong);
        const struct sw_point_value *values = read_now(bench);
        for (size_t i = 0; i < bench->profile->point_count; i++) {
            bool marked = (guard->points >> i & 1u) != 0;
            assert_int_equal(values[i].quality, marked ? guard->quality : SW_QUALITY_GOOD);
            assert_int_equal(values[i].reason, marked ? SW_REASON_SENSOR_FAULT : SW_REASON_NONE);
        }
        (void)swap_register(bench, &guard->at, well);
        values = read_now(bench);
        for (size_t i = 0; i < bench->profile->point_count; i++)
            assert_int_equal(values[i].quality, SW_QUALITY_GOOD);
    }
    assert_int_equal(bench->failures, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_point_is_read_within_its_range_and_refused_beyond),
        cmocka_unit_test(what_is_no_number_or_no_reading_is_bad),
        cmocka_unit_test(device_may_be_set_to_other_units),
        cmocka_unit_test(a_guard_that_fails_marks_its_points),
    };
    if (argc != 2) {
        fputs("usage: test_profile FILE\n", stderr);
        return 64;
    }
    profile_path = argv[1];
    return cmocka_run_group_tests(tests, begin, end);
}
