#include "core/outage/outage.h"
#include "core_fixture.h"

static void nothing_is_known_in_the_first_minute(void **state)
{
    (void)state;
    struct outage outage = {0};
    assert_int_equal(outage_hours_left(&outage, 1000, T0), -1);
    outage_note(&outage, 0, T0);
    outage_note(&outage, 500, T0 + 59999);
    assert_int_equal(outage_hours_left(&outage, 1000, T0 + 59999), -1);
    assert_int_equal(outage_hours_left(&outage, 60000, T0 + 60000), 2);
}

static void room_lasts_as_long_as_the_rate_says(void **state)
{
    (void)state;
    struct outage outage = {0};
    outage_note(&outage, 0, T0);
    assert_int_equal(outage_hours_left(&outage, 1 << 20, T0 + HOUR), OUTAGE_HOURS_MAX);
    outage_note(&outage, 1000, T0 + HOUR);
    assert_int_equal(outage_hours_left(&outage, 100 * 1000, T0 + HOUR), 100);
    assert_int_equal(outage_hours_left(&outage, 0, T0 + HOUR), 0);
    assert_int_equal(outage_hours_left(&outage, INT64_C(1) << 50, T0 + HOUR), OUTAGE_HOURS_MAX);
}

static void a_storm_is_forgotten_over_hours(void **state)
{
    (void)state;
    struct outage outage = {0};
    outage_note(&outage, 0, T0);
    outage_note(&outage, 1000000, T0 + HOUR);
    int64_t before = 1;
    for (int hour = 2; hour < 24; hour++) {
        outage_note(&outage, 0, T0 + hour * HOUR);
        int64_t left = outage_hours_left(&outage, 1000000, T0 + hour * HOUR);
        assert_true(left >= before);
        assert_true(T0 + hour * HOUR - outage.since_ms <= 2 * HOUR);
        before = left;
    }
    assert_true(before > 10000);
    /* A pause of a week, or a clock set back, is taken as it comes. */
    outage_note(&outage, 1000, T0 + 200 * HOUR);
    assert_true(T0 + 200 * HOUR - outage.since_ms <= 2 * HOUR);
    outage_note(&outage, 1000, T0);
    assert_int_equal(outage_hours_left(&outage, 1000, T0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_known_in_the_first_minute),
        cmocka_unit_test(room_lasts_as_long_as_the_rate_says),
        cmocka_unit_test(a_storm_is_forgotten_over_hours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
