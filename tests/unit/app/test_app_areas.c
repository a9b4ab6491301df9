/* Areas on their way to the city: what is published, when, and what is taken away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/areas.h"
#include "app/gateway_state.h"
#include "stillwater/error.h"
#include "unit/app/fake_ports.h"

/* site-1 in a/b; the two homes have no place and are too few for any map. */
#define STREET "stillwater/c/g/area/a"
#define CELL   "stillwater/c/g/area/a/b"

static void level(struct gateway_under_test *test, int32_t wire_steps)
{
    struct field_bus_sample sample = {.count = 1, .time = {fake.wall_ms}};
    sample.values[0] = (struct sw_point_value){.kind = SW_READING_LEVEL, .value = wire_steps};
    fake.bus.sample(fake.bus.ctx, &sample);
    fake_advance(test, 1000);
    if (fake.committing) fake_commit_done(SW_OK);
}

static const struct fake_area *last_of(const char *topic)
{
    for (size_t i = fake.area_count; i-- > 0;)
        if (strcmp(fake.areas[i].topic, topic) == 0) return &fake.areas[i];
    return NULL;
}

static void assert_last(const char *topic, enum sw_colour colour, bool unknown)
{
    const struct fake_area *last = last_of(topic);
    assert_non_null(last);
    assert_false(last->is_empty);
    assert_string_equal(sw_colour_name(last->area.colour), sw_colour_name(colour));
    assert_int_equal(last->area.unknown, unknown);
}

static void begin_up(struct gateway_under_test *test)
{
    gateway_begin(test);
    fake_link(true);
    fake_advance(test, 1000);
    (void)fake_areas_taken();
}

static void all_are_told_after_a_connect_then_only_what_changes(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    fake_link(true);
    assert_int_equal(fake.area_count, 0);
    fake_advance(&test, 1000);
    assert_int_equal(fake.area_count, 1); /* until the broker has taken it */
    assert_int_equal(fake_areas_taken(), 2);
    assert_last(STREET, SW_COLOUR_GREEN, true);
    assert_last(CELL, SW_COLOUR_GREEN, true);
    assert_string_equal(last_of(CELL)->area.area, "a/b");
    assert_int_equal(last_of(CELL)->area.time.ms, fake.wall_ms);
    /* The homes are in nobody's message, not even in their number. */
    assert_int_equal(last_of(STREET)->area.homes_watched, 0);
    assert_null(last_of("stillwater/c/g/area/c"));
    for (int i = 0; i < 20; i++)
        fake_advance(&test, 1000);
    assert_int_equal(fake.area_count, 2);

    level(&test, 100);
    assert_int_equal(fake_areas_taken(), 2);
    assert_last(CELL, SW_COLOUR_GREEN, false);
    level(&test, 110); /* another level, the same colour */
    assert_int_equal(fake_areas_taken(), 0);

    fake_link(false);
    fake_advance(&test, 1000);
    assert_int_equal(fake.area_count, 0);
    fake_link(true);
    fake_advance(&test, 1000);
    assert_int_equal(fake_areas_taken(), 2);
    assert_last(CELL, SW_COLOUR_GREEN, false);
    gateway_end(&test);
}

static void an_area_turns_red_and_green_again(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin_up(&test);
    level(&test, 100);
    for (int i = 0; i < 10; i++)
        level(&test, 4100);
    (void)fake_areas_taken();
    assert_last(CELL, SW_COLOUR_RED, false);
    assert_last(STREET, SW_COLOUR_RED, false);
    const struct message_area *area = &last_of(STREET)->area;
    assert_int_equal(area->level.colours[SW_COLOUR_RED], 1);
    assert_int_equal(area->worst_count, 1);
    assert_string_equal(area->worst[0].subject, "site-1");
    assert_int_equal(area->worst[0].colour, SW_COLOUR_RED);
    /* The sensor drowns: still red, and unknown. */
    for (int i = 0; i < 300; i++)
        fake_advance(&test, 60000);
    (void)fake_areas_taken();
    assert_last(CELL, SW_COLOUR_RED, true);
    for (int i = 0; i < 2000 && !(last_of(CELL)->area.colour == SW_COLOUR_GREEN); i++) {
        level(&test, 100);
        (void)fake_areas_taken();
    }
    assert_last(CELL, SW_COLOUR_GREEN, false);
    gateway_end(&test);
}

static void no_area_is_told_more_often_than_once_a_second(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin_up(&test);
    level(&test, 100);
    (void)fake_areas_taken();
    size_t before = fake.area_count;
    /* Ten ticks a second for ten seconds, with a clock that is wrong by two hours in every other one. */
    for (int i = 0; i < 100; i++) {
        fake.wall_ms += i % 2 ? -7200000 : 7200000;
        fake_advance(&test, 100);
        (void)fake_areas_taken();
    }
    assert_in_range(fake.area_count - before, 2 * 5, 2 * 11);
    gateway_end(&test);
}

static void what_left_the_configuration_is_taken_away(void **state)
{
    (void)state;
    struct gateway_under_test test;
    begin_up(&test);
    fake.publisher.retained_kept(fake.publisher.ctx, PUBLISHER_AREAS, CELL);
    fake.publisher.retained_kept(fake.publisher.ctx, PUBLISHER_AREAS, "stillwater/c/g/area/a/gone");
    fake.publisher.retained_kept(fake.publisher.ctx, PUBLISHER_AREAS,
                                 "stillwater/c/g/area/c"); /* two homes alone are shown nowhere */
    fake.publisher.retained_kept(fake.publisher.ctx, PUBLISHER_AREAS, "stillwater/c/other/area/a");
    size_t before = fake.area_count;
    fake_advance(&test, 1000);
    (void)fake_areas_taken();
    assert_int_equal(fake.area_count - before, 2);
    assert_true(last_of("stillwater/c/g/area/a/gone")->is_empty);
    assert_true(last_of("stillwater/c/g/area/c")->is_empty);

    fake.without_device = true;
    gateway_kill_and_begin(&test);
    fake_link(true);
    fake.publisher.retained_kept(fake.publisher.ctx, PUBLISHER_AREAS, CELL);
    fake.publisher.retained_kept(fake.publisher.ctx, PUBLISHER_AREAS, STREET);
    fake_advance(&test, 1000);
    (void)fake_areas_taken();
    assert_int_equal(fake.area_count, 2);
    assert_true(last_of(CELL)->is_empty && last_of(STREET)->is_empty);
    gateway_end(&test);
}

static void a_broker_that_permits_no_areas_is_asked_once(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    fake_link(true);
    fake_advance(&test, 1000);
    fake_area_done(false);
    for (int i = 0; i < 40; i++)
        fake_advance(&test, 1000);
    assert_int_equal(fake.area_count, 1);
    assert_string_equal(fake.status.trouble, "areas are not published: the broker does not permit them");
    fake_link(false);
    fake_link(true);
    fake_advance(&test, 1000);
    assert_int_equal(fake.area_count, 0);
    gateway_end(&test);
}

static void a_broker_that_closes_over_areas_is_left_in_peace(void **state)
{
    (void)state;
    struct gateway_under_test test;
    gateway_begin(&test);
    size_t sent = 0;
    for (int i = 0; i < 10; i++) {
        fake_link(true);
        fake_advance(&test, 1000);
        sent += fake.area_count;
        fake_link(false);
    }
    assert_int_equal(sent, 3);
    /* A link that breaks for other reasons is no sign. */
    gateway_end(&test);
    gateway_begin(&test);
    for (int i = 0; i < 10; i++) {
        fake_link(true);
        fake_advance(&test, 1000);
        assert_int_equal(fake_areas_taken(), 2);
        fake_link(false);
    }
    gateway_end(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_told_after_a_connect_then_only_what_changes),
        cmocka_unit_test(an_area_turns_red_and_green_again),
        cmocka_unit_test(no_area_is_told_more_often_than_once_a_second),
        cmocka_unit_test(what_left_the_configuration_is_taken_away),
        cmocka_unit_test(a_broker_that_permits_no_areas_is_asked_once),
        cmocka_unit_test(a_broker_that_closes_over_areas_is_left_in_peace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
