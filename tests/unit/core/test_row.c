#include <stdlib.h>
#include <string.h>

#include "cli/reading_row.h"
#include "core_fixture.h"

static void decimals_become_thousandths(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t milli;
    } cases[] = {
        {"0", 0},
        {"-0.000", 0},
        {"12", 12000},
        {"+12.5", 12500},
        {"-12.345", -12345},
        {".5", 500},
        {"7.", 7000},
        {"1.0004", 1000},
        {"1.0005", 1001},
        {"-1.0005", -1001},
        {"1.00049999999999999999999999", 1000},
        {"0.00000000000000000000000001", 0},
        {"45287.526", 45287526},
        {"1e3", 1000000},
        {"1.5E-2", 15},
        {"2.5e-400", 0},
        {"0e400", 0},
        {"123456789012345.678", INT64_C(123456789012345678)},
        {"00000000000000000000000000001", 1000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t milli = -77;
        if (decimal_parse_milli(cases[i].text, &milli) != SW_OK || milli != cases[i].milli)
            fail_msg("\"%s\" gives %lld, not %lld", cases[i].text, (long long)milli, (long long)cases[i].milli);
    }
}

static void what_is_no_decimal_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",   "-",    ".",   "-.",  "e5",    "1e",  "1e+",  "1,5",
                                        "1 ", "0x10", "nan", "inf", "1.2.3", "--1", "1e40", "99999999999999999999"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t milli;
        if (decimal_parse_milli(texts[i], &milli) == SW_OK) fail_msg("\"%s\" was taken", texts[i]);
    }
}

static struct csv *record_of(const char *line)
{
    struct csv *csv = malloc(sizeof *csv);
    FILE *file = tmpfile();
    assert_non_null(csv);
    assert_non_null(file);
    fputs(line, file);
    rewind(file);
    csv_open(csv, file);
    assert_int_equal(csv_next(csv), CSV_RECORD);
    fclose(file);
    return csv;
}

static void columns_are_found_by_name(void **state)
{
    (void)state;
    struct row_header header;
    struct row_problem problem;
    struct csv *csv = record_of("quality,value,kind,subject,time");
    assert_int_equal(row_header_read(&header, csv, &problem), SW_OK);
    free(csv);
    csv = record_of("good,3.25,level_mm,drain-1,2026-01-01T08:00:00.5+08:00");
    struct reading_row row;
    assert_int_equal(reading_row_read(&header, csv, &row, &problem), SW_OK);
    assert_int_equal(row.time.ms, T0 + 500);
    assert_string_equal(row.subject, "drain-1");
    assert_int_equal(row.kind, SW_READING_LEVEL);
    assert_int_equal(row.value_milli, 3250);
    free(csv);
}

static void a_header_without_or_with_two_of_a_column_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *line, *column;
    } cases[] = {
        {"time,subject,kind", "value"},
        {"time,subject,kind,value,time", "time"},
        {"Time,subject,kind,value", "time"},
        {"2026-01-01T00:00:00Z,a,level_mm,1", "time"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct row_header header;
        struct row_problem problem = {0};
        struct csv *csv = record_of(cases[i].line);
        assert_int_equal(row_header_read(&header, csv, &problem), SW_ERROR_MALFORMED);
        assert_string_equal(problem.column, cases[i].column);
        free(csv);
    }
}

static void a_bad_field_is_named_with_what_was_found(void **state)
{
    (void)state;
    static const struct {
        const char *line, *column, *found;
    } cases[] = {
        {"yesterday,a,level_mm,1", "time", "yesterday"},
        {"2026-01-01T00:00:00,a,level_mm,1", "time", "2026-01-01T00:00:00"},
        {"1970-01-01T00:00:00Z,a,level_mm,1", "time", "1970-01-01T00:00:00Z"},
        {"2026-02-30T00:00:00Z,a,level_mm,1", "time", "2026-02-30T00:00:00Z"},
        {"2026-01-01T00:00:00Z,,level_mm,1", "subject", ""},
        {"2026-01-01T00:00:00Z,Mrs Li,level_mm,1", "subject", "Mrs Li"},
        {"2026-01-01T00:00:00Z,a,level,1", "kind", "level"},
        {"2026-01-01T00:00:00Z,a,level_mm,high", "value", "high"},
        {"2026-01-01T00:00:00Z,a,level_mm,", "value", ""},
        {"2026-01-01T00:00:00Z,a,cover_open,2", "value", "2"},
        {"2026-01-01T00:00:00Z,a,cover_open,open", "value", "open"},
        {"2026-01-01T00:00:00Z,a,level_mm", "value", NULL},
    };
    const struct row_header header = {{0, 1, 2, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct reading_row row;
        struct row_problem problem = {0};
        struct csv *csv = record_of(cases[i].line);
        assert_int_equal(reading_row_read(&header, csv, &row, &problem), SW_ERROR_MALFORMED);
        assert_string_equal(problem.column, cases[i].column);
        assert_non_null(problem.expected);
        if (cases[i].found)
            assert_string_equal(problem.found, cases[i].found);
        else
            assert_null(problem.found);
        free(csv);
    }
}

static void a_switch_is_0_or_1_true_or_false(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int64_t milli;
    } cases[] = {{"0", 0}, {"1", 1000}, {"true", 1000}, {"FALSE", 0}, {"1.0", 1000}};
    const struct row_header header = {{0, 1, 2, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char line[100];
        struct reading_row row;
        struct row_problem problem;
        snprintf(line, sizeof line, "2026-01-01T00:00:00Z,a,cover_open,%s", cases[i].value);
        struct csv *csv = record_of(line);
        assert_int_equal(reading_row_read(&header, csv, &row, &problem), SW_OK);
        assert_int_equal(row.value_milli, cases[i].milli);
        free(csv);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals_become_thousandths),
        cmocka_unit_test(what_is_no_decimal_is_refused),
        cmocka_unit_test(columns_are_found_by_name),
        cmocka_unit_test(a_header_without_or_with_two_of_a_column_is_refused),
        cmocka_unit_test(a_bad_field_is_named_with_what_was_found),
        cmocka_unit_test(a_switch_is_0_or_1_true_or_false),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
