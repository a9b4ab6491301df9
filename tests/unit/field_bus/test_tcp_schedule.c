/* How far apart wake-ups are, by how much there is to do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tcp/tcp_schedule.h"

#define MS INT64_C(1000)
#define S  INT64_C(1000000)

static int64_t step_at(double polls_per_s)
{
    struct tcp_schedule schedule = {.count = 0};
    tcp_schedule_pace(&schedule, polls_per_s);
    return tcp_schedule_on_grid(&schedule, 1, S);
}

static void the_more_there_is_to_do_the_finer_are_the_steps(void **state)
{
    (void)state;
    assert_int_equal(step_at(0), 80 * MS);
    assert_int_equal(step_at(100), 80 * MS);
    assert_int_equal(step_at(600), 40 * MS);
    assert_int_equal(step_at(1000), 20 * MS);
    assert_int_equal(step_at(2000), 10 * MS);
    assert_int_equal(step_at(50000), 5 * MS);
}

static void nobody_is_later_than_it_allows(void **state)
{
    (void)state;
    struct tcp_schedule schedule = {.count = 0};
    tcp_schedule_pace(&schedule, 100);
    for (int64_t at_us = S; at_us < 2 * S; at_us += 777) {
        int64_t turn_us = tcp_schedule_on_grid(&schedule, at_us, 25 * MS);
        assert_in_range(turn_us, at_us, at_us + 20 * MS - 1);
    }
    assert_int_equal(tcp_schedule_on_grid(&schedule, S + 1, 0), S + 5 * MS);
}

static void steps_meet(void **state)
{
    (void)state;
    struct tcp_schedule schedule = {.count = 0};
    tcp_schedule_pace(&schedule, 100);
    int64_t coarse_us = tcp_schedule_on_grid(&schedule, S + 1, S);
    for (int64_t late_us = 5 * MS; late_us <= 80 * MS; late_us *= 2)
        assert_int_equal(tcp_schedule_on_grid(&schedule, coarse_us, late_us), coarse_us);
}

static void never_stays_never(void **state)
{
    (void)state;
    struct tcp_schedule schedule = {.count = 0};
    tcp_schedule_pace(&schedule, 100);
    assert_int_equal(tcp_schedule_on_grid(&schedule, TCP_SCHEDULE_NEVER_US, S), TCP_SCHEDULE_NEVER_US);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_more_there_is_to_do_the_finer_are_the_steps),
        cmocka_unit_test(nobody_is_later_than_it_allows),
        cmocka_unit_test(steps_meet),
        cmocka_unit_test(never_stays_never),
    };
    return cmocka_run_group_tests_name("field_bus tcp_schedule", tests, NULL, NULL);
}
