#include <stdlib.h>
#include <string.h>

#include "cli/csv.h"
#include "core_fixture.h"

struct text {
    FILE *file;
    struct csv *csv;
};

static struct text open_text(const void *bytes, size_t size)
{
    struct text text = {.file = tmpfile(), .csv = malloc(sizeof(struct csv))};
    assert_non_null(text.file);
    assert_non_null(text.csv);
    assert_int_equal(fwrite(bytes, 1, size, text.file), size);
    rewind(text.file);
    csv_open(text.csv, text.file);
    return text;
}

static void close_text(struct text *text)
{
    fclose(text->file);
    free(text->csv);
}

static void fields_lines_and_ends(void **state)
{
    (void)state;
    static const char bytes[] = "\xef\xbb\xbf"
                                "a,b ,\tc\r\n\n\r\n \t\r\n \"x,\"\"y\"\"\" ,,z\nlast";
    struct text text = open_text(bytes, sizeof bytes - 1);
    struct csv *csv = text.csv;
    assert_int_equal(csv_next(csv), CSV_RECORD);
    assert_int_equal(csv->field_count, 3);
    assert_string_equal(csv->fields[0], "a");
    assert_string_equal(csv->fields[1], "b");
    assert_string_equal(csv->fields[2], "c");
    assert_int_equal(csv_next(csv), CSV_RECORD);
    assert_int_equal(csv->line, 5);
    assert_int_equal(csv->field_count, 3);
    assert_string_equal(csv->fields[0], "x,\"y\"");
    assert_string_equal(csv->fields[1], "");
    assert_int_equal(csv_next(csv), CSV_RECORD);
    assert_string_equal(csv->fields[0], "last");
    assert_int_equal(csv_next(csv), CSV_END);
    assert_int_equal(csv_next(csv), CSV_END);
    close_text(&text);
}

static void lines_that_are_no_records_are_told_and_passed(void **state)
{
    (void)state;
    static const char bytes[] = "\"open,1\n\"a\"b,1\nx\0y,1\nok,1\n";
    struct text text = open_text(bytes, sizeof bytes - 1);
    assert_int_equal(csv_next(text.csv), CSV_QUOTE_OPEN);
    assert_int_equal(csv_next(text.csv), CSV_QUOTE_OPEN);
    assert_int_equal(csv_next(text.csv), CSV_NUL);
    assert_int_equal(csv_next(text.csv), CSV_RECORD);
    assert_int_equal(text.csv->line, 4);
    close_text(&text);
}

static void a_line_of_any_length_is_passed(void **state)
{
    (void)state;
    static const size_t lengths[] = {CSV_LINE_MAX - 1,     CSV_LINE_MAX,     CSV_LINE_MAX + 1, 2 * CSV_LINE_MAX - 2,
                                     2 * CSV_LINE_MAX - 1, 2 * CSV_LINE_MAX, 5 * CSV_LINE_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        size_t size = 3 + lengths[i] + 4;
        char *bytes = malloc(size);
        assert_non_null(bytes);
        memset(bytes, 'x', size);
        memcpy(bytes, "a\n", 2);
        memcpy(bytes + 2 + lengths[i], "\nend\n", 5);
        struct text text = open_text(bytes, size);
        assert_int_equal(csv_next(text.csv), CSV_RECORD);
        enum csv_result expected = lengths[i] <= CSV_LINE_MAX ? CSV_RECORD : CSV_LINE_TOO_LONG;
        assert_int_equal(csv_next(text.csv), expected);
        assert_int_equal(csv_next(text.csv), CSV_RECORD);
        assert_string_equal(text.csv->fields[0], "end");
        assert_int_equal(text.csv->line, 3);
        assert_int_equal(csv_next(text.csv), CSV_END);
        close_text(&text);
        free(bytes);
    }
}

static void more_fields_than_fit_are_told(void **state)
{
    (void)state;
    char bytes[2 * CSV_FIELDS_MAX];
    memset(bytes, ',', sizeof bytes);
    bytes[CSV_FIELDS_MAX - 1] = '\n';
    struct text text = open_text(bytes, sizeof bytes);
    assert_int_equal(csv_next(text.csv), CSV_RECORD);
    assert_int_equal(text.csv->field_count, CSV_FIELDS_MAX);
    assert_int_equal(csv_next(text.csv), CSV_TOO_MANY_FIELDS);
    assert_int_equal(csv_next(text.csv), CSV_END);
    close_text(&text);
}

static void any_bytes_are_survived(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct chance chance = {seed * UINT64_C(0x9e3779b97f4a7c15)};
        char bytes[4000];
        static const char alphabet[] = "a,\"\n\r \t1.\0-";
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = alphabet[chance_below(&chance, sizeof alphabet - 1)];
        struct text text = open_text(bytes, sizeof bytes);
        uint64_t calls = 0;
        while (csv_next(text.csv) != CSV_END)
            calls++;
        assert_true(calls <= text.csv->line && text.csv->line <= sizeof bytes);
        close_text(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_lines_and_ends),
        cmocka_unit_test(lines_that_are_no_records_are_told_and_passed),
        cmocka_unit_test(a_line_of_any_length_is_passed),
        cmocka_unit_test(more_fields_than_fit_are_told),
        cmocka_unit_test(any_bytes_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
