#include <stdio.h>

#include "cli/backtest_series.h"
#include "core_fixture.h"
#include "message/message.h"

static int64_t at(const char *text)
{
    struct sw_wall time;
    assert_int_equal(message_time_parse(text, &time), SW_OK);
    return time.ms;
}

static void check(const char *wall, const char *previous_utc, const char *utc)
{
    assert_int_equal(series_utc(&series_central_europe, at(wall), previous_utc ? at(previous_utc) : 0), at(utc));
}

static void winter_and_summer(void **state)
{
    (void)state;
    check("2016-03-01T00:53:08Z", NULL, "2016-02-29T23:53:08Z");
    check("2016-07-01T00:30:00Z", NULL, "2016-06-30T22:30:00Z");
    check("2016-03-27T01:59:59Z", NULL, "2016-03-27T00:59:59Z");
    check("2017-03-26T03:00:00Z", NULL, "2017-03-26T01:00:00Z");
}

static void dst_missing_hour_is_no_gap(void **state)
{
    (void)state;
    check("2016-03-27T01:48:03Z", NULL, "2016-03-27T00:48:03Z");
    check("2016-03-27T03:48:03Z", NULL, "2016-03-27T01:48:03Z");
    check("2016-03-27T02:30:00Z", NULL, "2016-03-27T01:30:00Z"); /* no clock shows it */
}

static void dst_double_hour_comes_twice(void **state)
{
    (void)state;
    check("2016-10-30T01:43:41Z", NULL, "2016-10-29T23:43:41Z");
    check("2016-10-30T02:43:43Z", "2016-10-29T23:43:41Z", "2016-10-30T00:43:43Z");
    check("2016-10-30T02:43:43Z", "2016-10-30T00:43:43Z", "2016-10-30T01:43:43Z");
    check("2016-10-30T03:43:43Z", "2016-10-30T01:43:43Z", "2016-10-30T02:43:43Z");
}

static void a_stamp_that_is_there_twice_stays_so(void **state)
{
    (void)state;
    check("2016-05-01T12:00:00Z", "2016-05-01T10:00:00Z", "2016-05-01T10:00:00Z");
}

static void lists_find_by_name(void **state)
{
    (void)state;
    struct series_list list = {0};
    char name[8];
    for (int i = 0; i < 40; i++) {
        (void)snprintf(name, sizeof name, "D%02d", i);
        struct series *series = series_list_add(&list, name);
        assert_non_null(series);
        assert_true(series_add(series, T0, i));
    }
    assert_int_equal(series_list_find(&list, "D17")->readings[0].value_milli, 17);
    assert_null(series_list_find(&list, "D40"));
    series_list_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(winter_and_summer),           cmocka_unit_test(dst_missing_hour_is_no_gap),
        cmocka_unit_test(dst_double_hour_comes_twice), cmocka_unit_test(a_stamp_that_is_there_twice_stays_so),
        cmocka_unit_test(lists_find_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
