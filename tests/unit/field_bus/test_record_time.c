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

static struct sw_record stamped(uint16_t boot, int64_t wall_ms)
{
    return (struct sw_record){.boot = boot,
                              .seconds = (uint32_t)(wall_ms / 1000),
                              .millis = (uint16_t)(wall_ms % 1000),
                              .clock_quality = SW_CLOCK_SET};
}

/* A record that is alone in its window. */
static struct record_wall one(struct record_time *time, const struct sw_record *record, struct sw_wall at)
{
    struct record_wall wall;
    record_time_of(time, record, 1, at, &wall);
    return wall;
}

static void a_set_clock_is_believed(void **state)
{
    (void)state;
    struct record_time time = {.count = 0};
    struct sw_record record = {
        .seconds = (uint32_t)(NOW_MS / 1000) - 60, .millis = 7, .clock_quality = SW_CLOCK_HOLDOVER};
    struct record_wall wall = one(&time, &record, sw_wall_from_ms(NOW_MS));
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
    struct record_wall wall = one(&time, &record, sw_wall_from_ms(NOW_MS));
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
    struct record_wall wall = one(&time, &record, sw_wall_from_ms(NOW_MS + 60000));
    assert_int_equal(wall.time.ms, NOW_MS + 10000 + 250);
    assert_int_equal(wall.clock, SW_CLOCK_CORRECTED);
}

static void a_boot_nobody_saw_begins_after_the_record_before_it(void **state)
{
    (void)state;
    struct record_time time = {.count = 0};
    struct sw_wall at = sw_wall_from_ms(NOW_MS);
    observe(&time, 6, 3600, NOW_MS);
    struct sw_record records[] = {stamped(4, NOW_MS - 20000000), unset(5, 0), unset(5, 900), unset(6, 0)};
    struct record_wall walls[4];
    record_time_of(&time, records, 4, at, walls);
    assert_int_equal(walls[1].time.ms, NOW_MS - 20000000 + 250);
    assert_int_equal(walls[2].time.ms, NOW_MS - 20000000 + 900250);
    assert_int_equal(walls[2].clock, SW_CLOCK_ESTIMATED);
    assert_int_equal(walls[3].time.ms, NOW_MS - 3600000 + 250);
    assert_int_equal(walls[3].clock, SW_CLOCK_CORRECTED);
    struct record_wall again[4];
    record_time_of(&time, records, 4, at, again);
    for (int i = 0; i < 4; i++)
        assert_int_equal(again[i].time.ms, walls[i].time.ms);
    struct sw_record next_window = unset(5, 1800);
    assert_int_equal(one(&time, &next_window, at).time.ms, NOW_MS - 20000000 + 1800250);
}

static void boots_nobody_saw_follow_each_other(void **state)
{
    (void)state;
    struct record_time time = {.count = 0};
    observe(&time, 1, 3600, NOW_MS);
    struct sw_record records[] = {stamped(65534, NOW_MS - 9000000), unset(65535, 600), unset(0, 900), unset(1, 0)};
    struct record_wall walls[4];
    record_time_of(&time, records, 4, sw_wall_from_ms(NOW_MS), walls);
    assert_int_equal(walls[1].time.ms, NOW_MS - 9000000 + 600250);
    assert_int_equal(walls[2].time.ms, NOW_MS - 9000000 + 600250 + 900250);
}

static void a_guess_is_not_later_than_what_followed(void **state)
{
    (void)state;
    struct record_time time = {.count = 0};
    struct sw_wall at = sw_wall_from_ms(NOW_MS);
    observe(&time, 6, 100, NOW_MS);
    /* The gateway's clock went back between these: the first one's time cannot be a bound. */
    struct sw_record boots[] = {stamped(4, NOW_MS - 50000), unset(5, 0), unset(5, 900)};
    struct record_wall walls[3];
    record_time_of(&time, boots, 3, at, walls);
    assert_int_equal(walls[2].time.ms, NOW_MS - 100000);
    assert_int_equal(walls[1].time.ms, NOW_MS - 1000000);
    record_time_reset(&time);
    struct sw_record set_later[] = {unset(5, 0), unset(5, 900), stamped(5, NOW_MS - 70000)};
    record_time_of(&time, set_later, 3, at, walls);
    assert_int_equal(walls[1].time.ms, NOW_MS - 70000);
    assert_int_equal(walls[0].time.ms, NOW_MS - 970000);
}

static void a_boot_of_which_nothing_is_known_ends_now(void **state)
{
    (void)state;
    struct record_time time = {.count = 0};
    struct sw_record record = unset(3, 77);
    struct record_wall wall = one(&time, &record, sw_wall_from_ms(NOW_MS));
    assert_int_equal(wall.time.ms, NOW_MS);
    assert_int_equal(wall.clock, SW_CLOCK_ESTIMATED);
}

static void the_future_is_clamped_and_only_much_of_it_counted(void **state)
{
    (void)state;
    struct record_time time = {.count = 0};
    struct sw_record record = {.seconds = (uint32_t)(NOW_MS / 1000) + 1, .clock_quality = SW_CLOCK_SET};
    struct record_wall wall = one(&time, &record, sw_wall_from_ms(NOW_MS));
    assert_int_equal(wall.time.ms, NOW_MS);
    assert_false(wall.clamped);
    record.seconds += 5;
    wall = one(&time, &record, sw_wall_from_ms(NOW_MS));
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
    assert_int_equal(one(&time, &second, at).time.ms, NOW_MS + 2000 - 5000 + 250);
    assert_int_equal(one(&time, &last, at).clock, SW_CLOCK_CORRECTED);
    assert_int_equal(one(&time, &first, at).clock, SW_CLOCK_ESTIMATED);
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
    assert_int_equal(one(&time, &record, at).time.ms, NOW_MS + 60500 + 250);
    assert_int_equal(one(&time, &other, at).time.ms, NOW_MS + 250);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_clock_is_believed),
        cmocka_unit_test(uptime_of_this_boot_is_counted_back_from_now),
        cmocka_unit_test(an_earlier_boot_that_was_seen_keeps_its_offset),
        cmocka_unit_test(a_boot_nobody_saw_begins_after_the_record_before_it),
        cmocka_unit_test(boots_nobody_saw_follow_each_other),
        cmocka_unit_test(a_guess_is_not_later_than_what_followed),
        cmocka_unit_test(a_boot_of_which_nothing_is_known_ends_now),
        cmocka_unit_test(the_future_is_clamped_and_only_much_of_it_counted),
        cmocka_unit_test(the_oldest_of_many_boots_is_forgotten),
        cmocka_unit_test(a_boot_seen_again_takes_the_newer_offset),
    };
    return cmocka_run_group_tests_name("field_bus record_time", tests, NULL, NULL);
}
