/* What local clocks show, where they change and where they do not. */
#include "core/local_time.h"
#include "core_fixture.h"

/* Last Sundays of March and October, 01:00 UTC: 2026-03-29 and 2026-10-25. */
static const struct time_zone berlin = {60, 120, {3, 5, 0, 120}, {10, 5, 0, 180}};
/* First Sundays of October and April at 2:00 and 3:00: 2026-10-04 and 2026-04-05. */
static const struct time_zone sydney = {600, 660, {10, 1, 0, 120}, {4, 1, 0, 180}};
/* Its winter time is the exception in law: an hour less. */
static const struct time_zone dublin = {60, 0, {10, 5, 0, 120}, {3, 5, 0, 60}};
/* Clocks leave out the hour after midnight: 2026-03-29. */
static const struct time_zone beirut = {120, 180, {3, 5, 0, 0}, {10, 5, 0, 0}};

#define SPRING (T0 + 87 * DAY)  /* 2026-03-29T00:00:00Z */
#define AUTUMN (T0 + 297 * DAY) /* 2026-10-25T00:00:00Z */

static void shows(const struct time_zone *zone, int64_t utc_ms, int64_t local_ms)
{
    assert_int_equal(local_time_ms(zone, utc_ms), local_ms);
}

static void a_zone_without_summer_time_is_a_fixed_step(void **state)
{
    (void)state;
    const struct time_zone utc = {0}, delhi = local_time_fixed(330), caracas = local_time_fixed(-240);
    for (int64_t time_ms = T0 - 30 * 365 * DAY; time_ms < T0 + 30 * 365 * DAY; time_ms += 7 * DAY + HOUR) {
        shows(&utc, time_ms, time_ms);
        shows(&delhi, time_ms, time_ms + 330 * MINUTE);
        shows(&caracas, time_ms, time_ms - 240 * MINUTE);
        assert_int_equal(local_time_to_utc_ms(&delhi, time_ms + 330 * MINUTE), time_ms);
    }
}

static void dst_missing_hour_is_left_out(void **state)
{
    (void)state;
    shows(&berlin, SPRING + HOUR - 1, SPRING + 2 * HOUR - 1);
    shows(&berlin, SPRING + HOUR, SPRING + 3 * HOUR);
    assert_int_equal(local_time_to_utc_ms(&berlin, SPRING + 2 * HOUR - 1), SPRING + HOUR - 1);
    for (int64_t minute = 0; minute < 60; minute++)
        assert_int_equal(local_time_to_utc_ms(&berlin, SPRING + 2 * HOUR + minute * MINUTE), SPRING + HOUR);
    assert_int_equal(local_time_to_utc_ms(&berlin, SPRING + 3 * HOUR), SPRING + HOUR);
}

static void dst_double_hour_comes_twice(void **state)
{
    (void)state;
    shows(&berlin, AUTUMN, AUTUMN + 2 * HOUR);
    shows(&berlin, AUTUMN + HOUR - 1, AUTUMN + 3 * HOUR - 1);
    shows(&berlin, AUTUMN + HOUR, AUTUMN + 2 * HOUR);
    shows(&berlin, AUTUMN + 2 * HOUR, AUTUMN + 3 * HOUR);
    assert_int_equal(local_time_to_utc_ms(&berlin, AUTUMN + 2 * HOUR), AUTUMN);
    assert_int_equal(local_time_to_utc_ms(&berlin, AUTUMN + 2 * HOUR + 30 * MINUTE), AUTUMN + 30 * MINUTE);
    assert_int_equal(local_time_to_utc_ms(&berlin, AUTUMN + 3 * HOUR), AUTUMN + 2 * HOUR);
}

static void in_the_south_summer_is_over_new_year(void **state)
{
    (void)state;
    const int64_t april = T0 + 94 * DAY - 8 * HOUR;    /* 2026-04-04T16:00Z, 3:00 of the 5th */
    const int64_t october = T0 + 276 * DAY - 8 * HOUR; /* 2026-10-03T16:00Z, 2:00 of the 4th */
    shows(&sydney, T0, T0 + 11 * HOUR);
    shows(&sydney, april - 1, april - 1 + 11 * HOUR);
    shows(&sydney, april, april + 10 * HOUR);
    shows(&sydney, october - 1, october - 1 + 10 * HOUR);
    shows(&sydney, october, october + 11 * HOUR);
    shows(&sydney, T0 + 365 * DAY, T0 + 365 * DAY + 11 * HOUR);
}

static void an_exception_in_winter_is_the_same(void **state)
{
    (void)state;
    const struct time_zone london = {0, 60, {3, 5, 0, 60}, {10, 5, 0, 120}};
    for (int64_t time_ms = T0; time_ms < T0 + 3 * 366 * DAY; time_ms += 30 * MINUTE) {
        assert_int_equal(local_time_ms(&dublin, time_ms), local_time_ms(&london, time_ms));
        int64_t local_ms = local_time_ms(&london, time_ms);
        assert_int_equal(local_time_to_utc_ms(&dublin, local_ms), local_time_to_utc_ms(&london, local_ms));
    }
}

static void a_day_whose_midnight_is_left_out_begins_when_clocks_jump(void **state)
{
    (void)state;
    assert_int_equal(local_time_to_utc_ms(&beirut, SPRING), SPRING - 2 * HOUR);
    shows(&beirut, SPRING - 2 * HOUR - 1, SPRING - 1);
    shows(&beirut, SPRING - 2 * HOUR, SPRING + HOUR);
    assert_int_equal(local_time_to_utc_ms(&beirut, SPRING + DAY), SPRING + 21 * HOUR);
}

/* Days of 23, 24 and 25 hours follow each other without a hole, in leap years and others. */
static void days_join_and_a_year_has_one_short_and_one_long(void **state)
{
    (void)state;
    const struct time_zone *zones[] = {&berlin, &sydney, &dublin, &beirut};
    for (size_t z = 0; z < sizeof zones / sizeof zones[0]; z++) {
        for (int64_t first = 20454; first < 20454 + 40 * 365; first += 365) { /* 2026-01-01 */
            int shorter = 0, longer = 0;
            for (int64_t day = first; day < first + 365; day++) {
                int64_t from_ms = local_time_to_utc_ms(zones[z], day * DAY);
                int64_t to_ms = local_time_to_utc_ms(zones[z], (day + 1) * DAY);
                shorter += to_ms - from_ms == 23 * HOUR;
                longer += to_ms - from_ms == 25 * HOUR;
                assert_in_range(to_ms - from_ms, 23 * HOUR, 25 * HOUR);
                assert_int_equal(local_time_ms(zones[z], from_ms - 1) / DAY, day - 1);
                assert_int_equal(local_time_ms(zones[z], from_ms) / DAY, day);
            }
            assert_int_equal(shorter, 1);
            assert_int_equal(longer, 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_zone_without_summer_time_is_a_fixed_step),
        cmocka_unit_test(dst_missing_hour_is_left_out),
        cmocka_unit_test(dst_double_hour_comes_twice),
        cmocka_unit_test(in_the_south_summer_is_over_new_year),
        cmocka_unit_test(an_exception_in_winter_is_the_same),
        cmocka_unit_test(a_day_whose_midnight_is_left_out_begins_when_clocks_jump),
        cmocka_unit_test(days_join_and_a_year_has_one_short_and_one_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
