#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/backtest_svg.h"
#include "cli/backtest_table.h"
#include "core_fixture.h"

static const struct table_column columns[] = {{"who", "|who", -1}, {"rate", "per|month", 2}, {"count", "|n", 0}};

static struct table two_rows(void)
{
    struct table table;
    table_init(&table, columns, 3);
    assert_true(table_row(&table, false));
    table_text(&table, "a \"b\", c");
    table_number(&table, 1.0 / 3);
    table_count(&table, true, 7);
    assert_true(table_row(&table, true));
    table_text(&table, "detail");
    table_number(&table, NAN);
    table_count(&table, false, 7);
    return table;
}

/* What a writer has written, from malloc. */
static char *text_of(FILE *file)
{
    long size = ftell(file);
    assert_true(size >= 0);
    rewind(file);
    char *text = calloc(1, (size_t)size + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)size, file), size);
    fclose(file);
    return text;
}

static void printed_table(void **state)
{
    (void)state;
    struct table table = two_rows();
    FILE *file = tmpfile();
    table_print(&table, file);
    char *text = text_of(file);
    assert_string_equal(text, "            per   \n"
                              "who       month  n\n"
                              "a \"b\", c   0.33  7\n");
    free(text);
    table_free(&table);
}

static void csv_has_every_row(void **state)
{
    (void)state;
    struct table table = two_rows();
    FILE *file = tmpfile();
    table_write_csv(&table, file);
    char *text = text_of(file);
    assert_string_equal(text, "who,rate,count\n\"a \"\"b\"\", c\",0.33,7\ndetail,,\n");
    free(text);
    table_free(&table);
}

static void json_leaves_out_what_does_not_apply(void **state)
{
    (void)state;
    struct table table = two_rows();
    FILE *file = tmpfile();
    assert_true(table_write_json(&table, "daiad", file));
    char *text = text_of(file);
    assert_non_null(strstr(text, "\"set\": \"daiad\""));
    assert_non_null(strstr(text, "\"rate\": 0.33"));
    assert_null(strstr(text, "null"));
    free(text);
    table_free(&table);
}

static void a_picture_holds_points_and_escapes(void **state)
{
    (void)state;
    static struct plot plot = {.title = "a < b & c", .x_title = "x", .y_title = "y", .log_y = true};
    struct plot_series *series = plot_add_series(&plot, "curve", true);
    plot_add_point(series, 8, NAN, 10, "8 h");
    plot_add_point(series, 24, 25, 0, "24 h");
    plot_add_point(series, NAN, 25, 1, "nowhere");
    FILE *file = tmpfile();
    plot_write_svg(&plot, file);
    char *text = text_of(file);
    assert_non_null(strstr(text, "a &lt; b &amp; c"));
    assert_non_null(strstr(text, "<polyline"));
    assert_non_null(strstr(text, ">24 h</text>"));
    assert_null(strstr(text, "nowhere"));
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "inf"));
    free(text);
}

static void a_picture_of_nothing_is_fine(void **state)
{
    (void)state;
    static const struct plot plot = {.title = "t", .x_title = "x", .y_title = "y"};
    FILE *file = tmpfile();
    plot_write_svg(&plot, file);
    char *text = text_of(file);
    assert_non_null(strstr(text, "</svg>"));
    assert_null(strstr(text, "nan"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printed_table),
        cmocka_unit_test(csv_has_every_row),
        cmocka_unit_test(json_leaves_out_what_does_not_apply),
        cmocka_unit_test(a_picture_holds_points_and_escapes),
        cmocka_unit_test(a_picture_of_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
