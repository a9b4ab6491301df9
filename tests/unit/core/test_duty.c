/* Who is called for an area at an hour. */
#include "core/escalation/duty.h"
#include "core/local_time.h"
#include "small_city.h"

static void a_place_belongs_to_the_nearest_area_around_it(void **state)
{
    (void)state;
    struct small_city city;
    small_city_make(&city);
    assert_int_equal(duty_area_around(&city.roster, "northport/east/mill-lane"), STREET);
    assert_int_equal(duty_area_around(&city.roster, "northport/east/mill-lane/c7/left"), CELL);
    assert_int_equal(duty_area_around(&city.roster, "northport/east/mill-lane-2/c1"), EAST);
    assert_int_equal(duty_area_around(&city.roster, "northport/east-2"), CITY);
    assert_int_equal(duty_area_around(&city.roster, "southport/east"), CITY);
    assert_int_equal(duty_area_around(&city.roster, ""), CITY);
}

static void expect_call(const struct small_city *city, int64_t now_ms, uint32_t area, uint32_t person,
                        uint32_t deputy_of)
{
    struct duty_call call = duty_find(&city->roster, CELL, sw_wall_from_ms(now_ms));
    assert_int_equal(call.area, area);
    assert_int_equal(call.person, person);
    assert_int_equal(call.deputy_of, deputy_of);
    assert_false(call.off_duty);
}

static void hours_begin_with_their_minute_and_end_before_it(void **state)
{
    (void)state;
    struct small_city city;
    small_city_make(&city);
    expect_call(&city, MONDAY + 8 * HOUR - 1, EAST, OFFICER, DUTY_NONE);
    expect_call(&city, MONDAY + 8 * HOUR, STREET, WORKER, DUTY_NONE);
    expect_call(&city, MONDAY + 16 * HOUR - 1, STREET, WORKER, DUTY_NONE);
    expect_call(&city, MONDAY + 16 * HOUR, STREET, STAND_IN, WORKER);
    expect_call(&city, MONDAY + 20 * HOUR, EAST, OFFICER, DUTY_NONE);
    expect_call(&city, MONDAY + 4 * DAY + 9 * HOUR, STREET, WORKER, DUTY_NONE);
    expect_call(&city, MONDAY + 5 * DAY + 9 * HOUR, EAST, OFFICER, DUTY_NONE);
    expect_call(&city, MONDAY - 52 * 7 * DAY + 9 * HOUR, STREET, WORKER, DUTY_NONE);
}

static void hours_are_those_of_local_clocks_summer_and_winter(void **state)
{
    (void)state;
    struct small_city city;
    small_city_make(&city);
    city.roster.zone = (struct time_zone){60, 120, {3, 5, 0, 120}, {10, 5, 0, 180}}; /* Berlin */
    expect_call(&city, MONDAY + 7 * HOUR, STREET, WORKER, DUTY_NONE);
    expect_call(&city, MONDAY + 7 * HOUR - 1, EAST, OFFICER, DUTY_NONE);
    const int64_t july = MONDAY + 26 * 7 * DAY; /* 2026-07-06, a Monday */
    expect_call(&city, july + 6 * HOUR, STREET, WORKER, DUTY_NONE);
    expect_call(&city, july + 6 * HOUR - 1, EAST, OFFICER, DUTY_NONE);
}

static void who_is_on_leave_is_stood_in_for(void **state)
{
    (void)state;
    struct small_city city;
    small_city_make(&city);
    city.leave[0] = (struct duty_leave){MONDAY, MONDAY + DAY};
    city.people[WORKER].leave = city.leave;
    city.people[WORKER].leave_count = 1;
    expect_call(&city, MONDAY + 9 * HOUR, EAST, OFFICER, DUTY_NONE);
    city.people[STAND_IN].hours_count = 0;
    expect_call(&city, MONDAY + 9 * HOUR, STREET, STAND_IN, WORKER);
    expect_call(&city, MONDAY + DAY + 9 * HOUR, STREET, WORKER, DUTY_NONE);
}

static void with_nobody_on_duty_anywhere_the_root_is_called_all_the_same(void **state)
{
    (void)state;
    struct small_city city;
    small_city_make(&city);
    for (int i = 0; i < PEOPLE; i++) {
        city.people[i].hours = city.evening;
        city.people[i].hours_count = 1;
    }
    struct duty_call call = duty_find(&city.roster, CELL, sw_wall_from_ms(MONDAY));
    assert_int_equal(call.area, CITY);
    assert_int_equal(call.person, CHIEF);
    assert_true(call.off_duty);
}

static void the_week_is_searched_for_hours_without_anybody(void **state)
{
    (void)state;
    struct small_city city;
    small_city_make(&city);
    static const uint16_t gaps[][2] = {{0, 480},
                                       {1200, 1440 + 480},
                                       {1440 + 960, 2880 + 480},
                                       {2880 + 960, 4320 + 480},
                                       {4320 + 960, 5760 + 480},
                                       {5760 + 960, DUTY_WEEK_MIN}};
    uint16_t from = 0, until;
    for (size_t i = 0; i < sizeof gaps / sizeof gaps[0]; i++, from = until) {
        assert_true(duty_next_gap(&city.roster, STREET, &from, &until));
        assert_int_equal(from, gaps[i][0]);
        assert_int_equal(until, gaps[i][1]);
    }
    assert_false(duty_next_gap(&city.roster, STREET, &from, &until));
    from = 0;
    assert_false(duty_next_gap(&city.roster, EAST, &from, &until));
    from = 0;
    assert_false(duty_next_gap(&city.roster, CELL, &from, &until));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_belongs_to_the_nearest_area_around_it),
        cmocka_unit_test(hours_begin_with_their_minute_and_end_before_it),
        cmocka_unit_test(hours_are_those_of_local_clocks_summer_and_winter),
        cmocka_unit_test(who_is_on_leave_is_stood_in_for),
        cmocka_unit_test(with_nobody_on_duty_anywhere_the_root_is_called_all_the_same),
        cmocka_unit_test(the_week_is_searched_for_hours_without_anybody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
