/* Numbers, durations and clean UTF-8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "message/message_text.h"
#include "support/exact.h"

static void assert_milli(int64_t milli, int places, const char *expected)
{
    char text[64];
    struct message_line line = message_line_over(text, sizeof text);
    message_line_add_milli(&line, milli, places);
    assert_string_equal(text, expected);
}

static void thousandths_have_no_noise(void **state)
{
    (void)state;
    assert_milli(0, 0, "0");
    assert_milli(0, 1, "0.0");
    assert_milli(1500, 0, "1.5");
    assert_milli(1970, 1, "1.97");
    assert_milli(1999, 1, "1.999");
    assert_milli(-1500, 0, "-1.5");
    assert_milli(-1, 0, "-0.001");
    assert_milli(10, 0, "0.01");
    assert_milli(2000, 0, "2");
    assert_milli(INT64_MAX, 0, "9223372036854775.807");
    assert_milli(INT64_MIN, 0, "-9223372036854775.808");
}

static void assert_duration(int64_t ms, const char *expected)
{
    char text[64];
    struct message_line line = message_line_over(text, sizeof text);
    message_line_add_duration(&line, ms);
    assert_string_equal(text, expected);
}

static void durations_show_their_two_largest_units(void **state)
{
    (void)state;
    assert_duration(86400000, "24 h");
    assert_duration(5400000, "1 h 30 min");
    assert_duration(3661000, "1 h 1 min");
    assert_duration(3600999, "1 h");
    assert_duration(130500, "2 min 10 s");
    assert_duration(60000, "1 min");
    assert_duration(1999, "1 s");
    assert_duration(800, "800 ms");
    assert_duration(0, "0 ms");
}

static void a_line_that_does_not_fit_is_cut(void **state)
{
    (void)state;
    char text[8];
    struct message_line line = message_line_over(text, sizeof text);
    message_line_add(&line, "%s", "water");
    message_line_add(&line, "%s", " level");
    message_line_add(&line, "%s", " high");
    assert_string_equal(text, "water l");
}

static size_t clean_length(const char *text, size_t size)
{
    char *copy = exact_copy(text, size);
    size_t length = message_text_clean_length(copy, size);
    free(copy);
    return length;
}

static void clean_utf_8_is_told_from_the_rest(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size, clean;
    } cases[] = {
        {"", 0, 0},
        {"abc", 3, 3},
        {"\xc3\xa9", 2, 2},         /* U+00E9 */
        {"\xe6\xb0\xb4", 3, 3},     /* U+6C34 */
        {"\xf0\x9f\x9a\xb0", 4, 4}, /* U+1F6B0 */
        {"a\xc3", 2, 1},            /* cut */
        {"a\xe6\xb0", 3, 1},
        {"a\xf0\x9f\x9a", 4, 1},
        {"a\x80", 2, 1},     /* no start */
        {"a\xc0\x80", 3, 1}, /* overlong */
        {"a\xe0\x80\x80", 4, 1},
        {"a\xf0\x80\x80\x80", 5, 1},
        {"a\xed\xa0\x80", 4, 1},     /* surrogate */
        {"a\xf4\x90\x80\x80", 5, 1}, /* past U+10FFFF */
        {"a\xf5\x80\x80\x80", 5, 1},
        {"a\xff", 2, 1},
        {"a\nb", 3, 1},
        {"a\x1b[31m", 6, 1},
        {"a\x7f", 2, 1},
        {"a\xc2\x9b", 3, 1}, /* C1 control */
        {"a\xc2\xa0", 3, 3}, /* no-break space */
        {"a\0b", 3, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(clean_length(cases[i].text, cases[i].size), cases[i].clean);
}

static void scrubbing_leaves_clean_text(void **state)
{
    (void)state;
    char text[] = "a\x1b[31m\xc3\xa9\xff\xe6\xb0";
    message_text_scrub(text);
    assert_string_equal(text, "a?[31m\xc3\xa9???");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thousandths_have_no_noise),       cmocka_unit_test(durations_show_their_two_largest_units),
        cmocka_unit_test(a_line_that_does_not_fit_is_cut), cmocka_unit_test(clean_utf_8_is_told_from_the_rest),
        cmocka_unit_test(scrubbing_leaves_clean_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
