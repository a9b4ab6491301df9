/* Hours and days as people write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "registry/people_hours.h"

#define DAY_MIN (24 * 60)

static void expect(const char *text, int count, const struct duty_hours *expected)
{
    struct duty_hours hours[PEOPLE_HOURS_EACH_MAX];
    assert_int_equal(people_hours_parse(text, hours), count);
    for (int i = 0; i < count; i++) {
        assert_int_equal(hours[i].from_min, expected[i].from_min);
        assert_int_equal(hours[i].until_min, expected[i].until_min);
    }
}

static void hours_are_a_stretch_of_each_day(void **state)
{
    (void)state;
    expect("Tue 08:30-16:00", 1, (struct duty_hours[]){{DAY_MIN + 510, DAY_MIN + 960}});
    expect("Mon-Wed 00:00-24:00", 3,
           (struct duty_hours[]){{0, DAY_MIN}, {DAY_MIN, 2 * DAY_MIN}, {2 * DAY_MIN, 3 * DAY_MIN}});
    expect("Fri 22:00-06:00", 1, (struct duty_hours[]){{4 * DAY_MIN + 1320, 5 * DAY_MIN + 360}});
    expect("Fri 22:00-00:00", 1, (struct duty_hours[]){{4 * DAY_MIN + 1320, 5 * DAY_MIN}});
}

static void what_goes_past_sunday_goes_on_with_monday(void **state)
{
    (void)state;
    expect("Sun 22:00-06:00", 2, (struct duty_hours[]){{6 * DAY_MIN + 1320, 7 * DAY_MIN}, {0, 360}});
    expect("Sun 22:00-24:00", 1, (struct duty_hours[]){{6 * DAY_MIN + 1320, 7 * DAY_MIN}});
    expect("Sun-Mon 09:00-10:00", 2, (struct duty_hours[]){{6 * DAY_MIN + 540, 6 * DAY_MIN + 600}, {540, 600}});
    struct duty_hours week[PEOPLE_HOURS_EACH_MAX];
    assert_int_equal(people_hours_parse("Mon-Sun 23:00-01:00", week), 8);
}

static void what_is_written_otherwise_is_no_hours(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "Mon",
                                        "Mon ",
                                        "mon 08:00-16:00",
                                        "Mon-Fry 08:00-16:00",
                                        "Mon- 08:00-16:00",
                                        "Mon-Tue-Wed 08:00-16:00",
                                        "Mon 8:00-16:00",
                                        "Mon 08:00",
                                        "Mon 08:00-",
                                        "Mon 08:00-16:60",
                                        "Mon 08:00-24:01",
                                        "Mon 24:00-24:00",
                                        "Mon 25:00-26:00",
                                        "Mon 08:00-08:00",
                                        "Mon 08:00-16:00 ",
                                        "Mon  08:00-16:00",
                                        "Mon 08:000-16:00",
                                        "Mon 08-16",
                                        "08:00-16:00"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        expect(wrong[i], 0, NULL);
}

static void a_day_is_one_of_the_calendar(void **state)
{
    (void)state;
    int64_t day_ms = 0;
    assert_true(people_day_parse("1970-01-02", &day_ms));
    assert_int_equal(day_ms, 86400000);
    assert_true(people_day_parse("2028-02-29", &day_ms));
    static const char *const wrong[] = {"2026-02-29", "2026-13-01", "2026-1-01", "2026-01-010",
                                        "20260101",   "today",      ""};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(people_day_parse(wrong[i], &day_ms));
}

static void minutes_are_told_by_day_and_an_end_by_the_day_it_ends(void **state)
{
    (void)state;
    char text[PEOPLE_MINUTE_SIZE];
    people_minute_format(0, false, text);
    assert_string_equal(text, "Mon 00:00");
    people_minute_format(DAY_MIN, true, text);
    assert_string_equal(text, "Mon 24:00");
    people_minute_format(DAY_MIN, false, text);
    assert_string_equal(text, "Tue 00:00");
    people_minute_format(DUTY_WEEK_MIN, true, text);
    assert_string_equal(text, "Sun 24:00");
    people_minute_format(6 * DAY_MIN + 1439, true, text);
    assert_string_equal(text, "Sun 23:59");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hours_are_a_stretch_of_each_day),
        cmocka_unit_test(what_goes_past_sunday_goes_on_with_monday),
        cmocka_unit_test(what_is_written_otherwise_is_no_hours),
        cmocka_unit_test(a_day_is_one_of_the_calendar),
        cmocka_unit_test(minutes_are_told_by_day_and_an_end_by_the_day_it_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
