/* How late the loop is, from samples of which the lateness is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/loop_lag.h"

static void nothing_seen_is_no_lag(void **state)
{
    struct loop_lag lag = {.samples = 0};
    (void)state;
    assert_int_equal(loop_lag_p99_us(&lag), 0);
    assert_int_equal(loop_lag_longest_us(&lag), 0);
}

static void the_p99_is_told_to_a_quarter(void **state)
{
    (void)state;
    for (uint64_t us = 1; us < 100000; us = us * 3 / 2 + 1) {
        struct loop_lag lag = {.samples = 0};
        loop_lag_note(&lag, us);
        assert_in_range(loop_lag_p99_us(&lag), us, us + us / 4);
        assert_int_equal(loop_lag_longest_us(&lag), us);
    }
}

/* More than 32 bits of microseconds hold. */
static void an_hour_late_does_not_overflow(void **state)
{
    struct loop_lag lag = {.samples = 0};
    (void)state;
    loop_lag_note(&lag, UINT64_C(2) * 3600 * 1000000);
    assert_int_equal(loop_lag_longest_us(&lag), UINT32_MAX);
    assert_int_equal(lag.now.total, 72001);
}

static void one_in_a_hundred_is_left_out(void **state)
{
    struct loop_lag lag = {.samples = 0};
    (void)state;
    for (int i = 0; i < 99; i++)
        loop_lag_note(&lag, 1000);
    loop_lag_note(&lag, 90000);
    assert_in_range(loop_lag_p99_us(&lag), 1000, 1250);
    loop_lag_note(&lag, 90000);
    assert_in_range(loop_lag_p99_us(&lag), 90000, 112500);
}

/* Ten samples were due while the loop stood still for a second. */
static void a_long_halt_counts_for_all_it_kept_waiting(void **state)
{
    struct loop_lag lag = {.samples = 0};
    (void)state;
    for (int i = 0; i < 189; i++)
        loop_lag_note(&lag, 100);
    loop_lag_note(&lag, 1000000);
    assert_int_equal(lag.now.total, 200);
    assert_in_range(loop_lag_p99_us(&lag), 800000, 1000000);
    assert_int_equal(loop_lag_longest_us(&lag), 1000000);
}

static void what_is_ten_minutes_old_is_forgotten(void **state)
{
    struct loop_lag lag = {.samples = 0};
    (void)state;
    loop_lag_note(&lag, 50000);
    for (int i = 0; i < 3000; i++)
        loop_lag_note(&lag, 10);
    assert_int_equal(loop_lag_longest_us(&lag), 50000);
    for (int i = 0; i < 3000; i++)
        loop_lag_note(&lag, 10);
    assert_int_equal(loop_lag_longest_us(&lag), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_seen_is_no_lag),
        cmocka_unit_test(the_p99_is_told_to_a_quarter),
        cmocka_unit_test(an_hour_late_does_not_overflow),
        cmocka_unit_test(one_in_a_hundred_is_left_out),
        cmocka_unit_test(a_long_halt_counts_for_all_it_kept_waiting),
        cmocka_unit_test(what_is_ten_minutes_old_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
