/* Back-off and the judgement that a link is down. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit_health.h"

#define S INT64_C(1000000)

static void the_pause_doubles_up_to_the_limit(void **state)
{
    (void)state;
    struct unit_health health;
    unit_health_init(&health, 1000, UNIT_BACKOFF_DEVICE_MS);
    const int64_t expected_s[] = {1, 2, 4, 8, 16, 30, 30};
    for (unsigned i = 0; i < 7; i++)
        assert_int_equal(unit_health_failed(&health, 0), expected_s[i] * S);
    unit_health_succeeded(&health);
    assert_int_equal(unit_health_failed(&health, 0), 1 * S);
}

static void a_long_interval_is_never_shortened(void **state)
{
    (void)state;
    struct unit_health health;
    unit_health_init(&health, 60000, UNIT_BACKOFF_DEVICE_MS);
    for (int i = 0; i < 5; i++)
        assert_int_equal(unit_health_failed(&health, 0), 60 * S);
}

static void down_needs_both_a_count_and_a_time(void **state)
{
    (void)state;
    struct unit_health health;
    unit_health_init(&health, 1000, UNIT_BACKOFF_NODE_MS);
    unit_health_failed(&health, 10 * S);
    unit_health_failed(&health, 20 * S);
    assert_false(unit_health_is_down(&health, 20 * S)); /* long enough, too few */
    unit_health_succeeded(&health);
    for (int i = 0; i < 3; i++)
        unit_health_failed(&health, 30 * S);
    assert_false(unit_health_is_down(&health, 31 * S)); /* enough, too short */
    assert_true(unit_health_is_down(&health, 32 * S));
    unit_health_succeeded(&health);
    assert_false(unit_health_is_down(&health, 60 * S));
}

static void polls_stay_on_their_raster(void **state)
{
    (void)state;
    struct unit_health health;
    unit_health_init(&health, 1000, UNIT_BACKOFF_NODE_MS);
    assert_int_equal(unit_health_next_poll(&health, 5 * S + 300, 5 * S + 40000), 6 * S + 300);
    /* Served late: the missed ones are left out, not made up for. */
    assert_int_equal(unit_health_next_poll(&health, 5 * S + 300, 8 * S + 500), 9 * S + 300);
    assert_int_equal(unit_health_next_poll(&health, 5 * S, 6 * S), 7 * S);
}

static void a_hurry_shortens_and_never_lengthens(void **state)
{
    (void)state;
    struct unit_health health;
    unit_health_init(&health, 1000, UNIT_BACKOFF_NODE_MS);
    health.hurry_ms = 250;
    assert_int_equal(unit_health_next_poll(&health, 5 * S, 5 * S + 100), 5 * S + S / 4);
    health.hurry_ms = 2000;
    assert_int_equal(unit_health_next_poll(&health, 5 * S, 5 * S + 100), 6 * S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pause_doubles_up_to_the_limit),    cmocka_unit_test(a_long_interval_is_never_shortened),
        cmocka_unit_test(down_needs_both_a_count_and_a_time),   cmocka_unit_test(polls_stay_on_their_raster),
        cmocka_unit_test(a_hurry_shortens_and_never_lengthens),
    };
    return cmocka_run_group_tests_name("field_bus unit_health", tests, NULL, NULL);
}
