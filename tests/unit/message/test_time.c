/* RFC 3339 times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "message/message.h"
#include "stillwater/error.h"

static void assert_parses(const char *text, int64_t ms)
{
    struct sw_wall time = {-1};
    if (message_time_parse(text, &time) != SW_OK) fail_msg("%s is not parsed", text);
    assert_int_equal(time.ms, ms);
}

static void assert_malformed(const char *text)
{
    struct sw_wall time = {42};
    if (message_time_parse(text, &time) != SW_ERROR_MALFORMED) fail_msg("%s is parsed", text);
    assert_int_equal(time.ms, 42);
}

static void offsets_and_fractions_are_understood(void **state)
{
    (void)state;
    assert_parses("1970-01-01T00:00:00Z", 0);
    assert_parses("2026-11-22T03:40:00Z", INT64_C(1795318800000));
    assert_parses("2026-11-22T11:40:00+08:00", INT64_C(1795318800000));
    assert_parses("2026-11-21T22:10:00-05:30", INT64_C(1795318800000));
    assert_parses("2026-11-22t03:40:00z", INT64_C(1795318800000));
    assert_parses("2026-11-22 03:40:00Z", INT64_C(1795318800000));
    assert_parses("2026-11-22T03:40:00-00:00", INT64_C(1795318800000));
    assert_parses("2026-11-22T03:40:00.1Z", INT64_C(1795318800100));
    assert_parses("2026-11-22T03:40:00.12Z", INT64_C(1795318800120));
    assert_parses("2026-11-22T03:40:00.123Z", INT64_C(1795318800123));
    assert_parses("2026-11-22T03:40:00.1239999999999999999999Z", INT64_C(1795318800123));
    assert_parses("2024-02-29T00:00:00Z", INT64_C(1709164800000));
    assert_parses("1969-12-31T23:59:59.999Z", -1);
    assert_parses("0000-01-01T00:00:00Z", INT64_C(-62167219200000));
    assert_parses("9999-12-31T23:59:59.999Z", INT64_C(253402300799999));
    /* A leap second is the first second of the next minute. */
    assert_parses("2016-12-31T23:59:60Z", INT64_C(1483228800000));
}

static void what_is_no_rfc_3339_time_is_refused(void **state)
{
    (void)state;
    const char *const wrong[] = {
        "",
        "2026",
        "2026-11-22",
        "2026-11-22T03:40:00",
        "2026-11-22T03:40Z",
        "2026-11-22T03:40:00Z ",
        " 2026-11-22T03:40:00Z",
        "2026-11-22T03:40:00.Z",
        "2026-11-22T03:40:00,5Z",
        "2026-11-22T03:40:00+0800",
        "2026-11-22T03:40:00+08",
        "2026-11-22T03:40:00+24:00",
        "2026-11-22T03:40:00+08:60",
        "2026-11-22T03:40:61Z",
        "2026-11-22T03:60:00Z",
        "2026-11-22T24:00:00Z",
        "2026-13-22T03:40:00Z",
        "2026-00-22T03:40:00Z",
        "2026-11-00T03:40:00Z",
        "2026-11-31T03:40:00Z",
        "2026-02-29T03:40:00Z",
        "1900-02-29T03:40:00Z",
        "26-11-22T03:40:00Z",
        "-026-11-22T03:40:00Z",
        "2026/11/22T03:40:00Z",
        "2026-11-22_03:40:00Z",
        "2026-1-22T03:40:00Z",
        "2026-11-22T3:40:00Z",
        "+2026-11-22T03:40:00Z",
        "1795318800",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_malformed(wrong[i]);
}

/* Any cut of a valid time, each in its own allocation so that a sanitizer sees a read past the end. */
static void a_cut_time_is_refused(void **state)
{
    (void)state;
    const char whole[] = "2026-11-22T03:40:00.123+08:00";
    for (size_t length = 0; length < sizeof whole - 1; length++) {
        char *cut = strndup(whole, length);
        assert_malformed(cut);
        free(cut);
    }
}

static void a_formatted_time_is_parsed_back(void **state)
{
    (void)state;
    uint64_t dice = 1;
    for (int i = 0; i < 100000; i++) {
        dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        int64_t ms = (int64_t)(dice % UINT64_C(315569519999999)) - INT64_C(62167219200000);
        char text[MESSAGE_TIME_SIZE];
        message_time_format(sw_wall_from_ms(ms), text);
        assert_int_equal(strlen(text), 24);
        assert_parses(text, ms);
    }
}

static void times_that_rfc_3339_cannot_write_are_held_at_the_ends(void **state)
{
    (void)state;
    char text[MESSAGE_TIME_SIZE];
    message_time_format(sw_wall_from_ms(INT64_MAX), text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
    message_time_format(sw_wall_from_ms(INT64_MIN), text);
    assert_string_equal(text, "0000-01-01T00:00:00.000Z");
    message_time_format(sw_wall_from_ms(INT64_C(1795318800000)), text);
    assert_string_equal(text, "2026-11-22T03:40:00.000Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_and_fractions_are_understood),
        cmocka_unit_test(what_is_no_rfc_3339_time_is_refused),
        cmocka_unit_test(a_cut_time_is_refused),
        cmocka_unit_test(a_formatted_time_is_parsed_back),
        cmocka_unit_test(times_that_rfc_3339_cannot_write_are_held_at_the_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
