/* Wall time of records whose node did not know it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record_time.h"

#define NOW_MS INT64_C(1795305600000)

static struct sw_record unset(uint16_t boot, uint32_t uptime_s)
{
    return (struct sw_record){.boot = boot, .seconds = uptime_s, .millis = 250, .clock_quality = SW_CLOCK_UNSET};
}

static void observe(struct record_time *time, uint16_t boot, uint32_t uptime_s, int64_t at_ms)
{
    struct sw_node_window_header header = {.boot = boot, .uptime_s = uptime_s};
    record_time_observe(time, &header, sw_wall_from_ms(at_ms));
}

static void a_set_clock_is_believed(void **state)
{
    (void)state;
    struct record_time time = {.count = 0};
    struct sw_record record = {
        .seconds = (uint32_t)(NOW_MS / 1000) - 60, .millis = 7, .clock_quality = SW_CLOCK_HOLDOVER};
    struct record_wall wall = record_time_of(&time, &record, sw_wall_from_ms(NOW_MS));
    assert_int_equal(wall.time.ms, NOW_MS - 60000 + 7);
    assert_int_equal(wall.clock, SW_CLOCK_HOLDOVER);
    assert_false(wall.clamped);
}

static void uptime_of_this_boot_is_counted_back_from_now(void **state)
{
    (void)state;
    struct record_time time = {.count = 0};
    observe(&time, 4, 1000, NOW_MS);
    struct sw_record record = unset(4, 400);
    struct record_wall wall = record_time_of(&time, &record, sw_wall_from_ms(NOW_MS));
    assert_int_equal(wall.time.ms, NOW_MS - 600000 + 250);
    assert_int_equal(wall.clock, SW_CLOCK_CORRECTED);
}

static void an_earlier_boot_that_was_seen_keeps_its_offset(void **state)
{
    (void)state;
    struct record_time time = {.count = 0};
    observe(&time, 4, 1000, NOW_MS);
    observe(&time, 5, 3, NOW_MS + 60000);
    struct sw_record record = unset(4, 1010);
    struct record_wall wall = record_time_of(&time, &record, sw_wall_from_ms(NOW_MS + 60000));
    assert_int_equal(wall.time.ms, NOW_MS + 10000 + 250);
    assert_int_equal(wall.clock, SW_CLOCK_CORRECTED);
}

static void a_boot_nobody_saw_gets_the_time_of_reception(void **state)
{
    (void)state;
    struct record_time time = {.count = 0};
    observe(&time, 5, 3, NOW_MS);
    struct sw_record record = unset(3, 77);
    struct record_wall wall = record_time_of(&time, &record, sw_wall_from_ms(NOW_MS));
    assert_int_equal(wall.time.ms, NOW_MS);
    assert_int_equal(wall.clock, SW_CLOCK_ESTIMATED);
}

static void the_future_is_clamped_and_only_much_of_it_counted(void **state)
{
    (void)state;
    struct record_time time = {.count = 0};
    struct sw_record record = {.seconds = (uint32_t)(NOW_MS / 1000) + 1, .clock_quality = SW_CLOCK_SET};
    struct record_wall wall = record_time_of(&time, &record, sw_wall_from_ms(NOW_MS));
    assert_int_equal(wall.time.ms, NOW_MS);
    assert_false(wall.clamped);
    record.seconds += 5;
    wall = record_time_of(&time, &record, sw_wall_from_ms(NOW_MS));
    assert_int_equal(wall.time.ms, NOW_MS);
    assert_true(wall.clamped);
}

static void the_oldest_of_many_boots_is_forgotten(void **state)
{
    (void)state;
    struct record_time time = {.count = 0};
    for (uint16_t boot = 1; boot <= RECORD_TIME_BOOTS + 1; boot++)
        observe(&time, boot, 10, NOW_MS + boot * 1000);
    assert_int_equal(time.count, RECORD_TIME_BOOTS);
    struct sw_wall at = sw_wall_from_ms(NOW_MS + 100000);
    struct sw_record first = unset(1, 5), second = unset(2, 5), last = unset(RECORD_TIME_BOOTS + 1, 5);
    assert_int_equal(record_time_of(&time, &first, at).clock, SW_CLOCK_ESTIMATED);
    assert_int_equal(record_time_of(&time, &second, at).time.ms, NOW_MS + 2000 - 5000 + 250);
    assert_int_equal(record_time_of(&time, &last, at).clock, SW_CLOCK_CORRECTED);
}

static void a_boot_seen_again_takes_the_newer_offset(void **state)
{
    (void)state;
    struct record_time time = {.count = 0};
    observe(&time, 1, 10, NOW_MS);
    observe(&time, 2, 10, NOW_MS + 50000);
    observe(&time, 2, 20, NOW_MS + 60500);
    assert_int_equal(time.count, 2);
    struct sw_record record = unset(2, 20), other = unset(1, 10);
    struct sw_wall at = sw_wall_from_ms(NOW_MS + 100000);
    assert_int_equal(record_time_of(&time, &record, at).time.ms, NOW_MS + 60500 + 250);
    assert_int_equal(record_time_of(&time, &other, at).time.ms, NOW_MS + 250);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_clock_is_believed),
        cmocka_unit_test(uptime_of_this_boot_is_counted_back_from_now),
        cmocka_unit_test(an_earlier_boot_that_was_seen_keeps_its_offset),
        cmocka_unit_test(a_boot_nobody_saw_gets_the_time_of_reception),
        cmocka_unit_test(the_future_is_clamped_and_only_much_of_it_counted),
        cmocka_unit_test(the_oldest_of_many_boots_is_forgotten),
        cmocka_unit_test(a_boot_seen_again_takes_the_newer_offset),
    };
    return cmocka_run_group_tests_name("field_bus record_time", tests, NULL, NULL);
}
