/* The file of JSON lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "centre/archive.h"
#include "stillwater/error.h"

struct lines {
    unsigned count;
    char last[256];
};

static void on_line(void *ctx, const char *line, size_t size)
{
    struct lines *lines = ctx;
    lines->count++;
    (void)snprintf(lines->last, sizeof lines->last, "%.*s", (int)size, line);
}

static char path[64];

static int make_path(void **state)
{
    (void)state;
    (void)snprintf(path, sizeof path, "/tmp/stillwater-archive-XXXXXX");
    int descriptor = mkstemp(path);
    return descriptor < 0 ? -1 : close(descriptor);
}

static int remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

static void assert_holds(const char *expected)
{
    char found[4096];
    FILE *stream = fopen(path, "r");
    found[fread(found, 1, sizeof found - 1, stream)] = '\0';
    (void)fclose(stream);
    assert_string_equal(found, expected);
}

static void open_archive(struct archive *archive, struct lines *lines)
{
    char text[256];
    struct archive_reader reader = {lines, on_line};
    *lines = (struct lines){0};
    assert_int_equal(archive_open(archive, path, reader, text, sizeof text), SW_OK);
}

static void write_line(struct archive *archive, const char *body)
{
    char text[256];
    assert_int_equal(archive_write(archive, body, strlen(body), text, sizeof text), SW_OK);
}

static void lines_are_there_at_once_and_are_read_after_a_restart(void **state)
{
    (void)state;
    struct archive archive;
    struct lines lines;
    open_archive(&archive, &lines);
    assert_int_equal(lines.count, 0);
    write_line(&archive, "{\"a\":1}");
    assert_holds("{\"a\":1}\n");
    write_line(&archive, "{\"a\":2}");
    archive_close(&archive);
    open_archive(&archive, &lines);
    assert_int_equal(lines.count, 2);
    assert_string_equal(lines.last, "{\"a\":2}");
    write_line(&archive, "{\"a\":3}");
    archive_close(&archive);
    assert_holds("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
}

static void a_body_of_several_lines_becomes_one(void **state)
{
    (void)state;
    struct archive archive;
    struct lines lines;
    open_archive(&archive, &lines);
    write_line(&archive, "{\r\n\"a\":\n1}");
    archive_close(&archive);
    assert_holds("{  \"a\": 1}\n");
}

static void what_a_crash_left_of_a_line_is_cut_off(void **state)
{
    (void)state;
    struct archive archive;
    struct lines lines;
    FILE *stream = fopen(path, "w");
    (void)fputs("{\"a\":1}\n{\"a\":", stream);
    (void)fclose(stream);
    open_archive(&archive, &lines);
    assert_int_equal(lines.count, 1);
    assert_holds("{\"a\":1}\n");
    write_line(&archive, "{\"a\":2}");
    archive_close(&archive);
    assert_holds("{\"a\":1}\n{\"a\":2}\n");
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    struct archive archive;
    char text[256];
    struct lines lines = {0};
    struct archive_reader reader = {&lines, on_line};
    (void)snprintf(archive.path, sizeof archive.path, "/dev/full");
    archive.stream = fopen("/dev/full", "w");
    assert_non_null(archive.stream);
    assert_int_equal(archive_write(&archive, "{}", 2, text, sizeof text), SW_ERROR_STORE_FULL);
    assert_string_equal(text, "/dev/full: No space left on device");
    archive_close(&archive);
    (void)reader;
}

static void a_file_that_cannot_be_opened_is_told(void **state)
{
    (void)state;
    struct archive archive;
    char text[256];
    struct lines lines = {0};
    struct archive_reader reader = {&lines, on_line};
    assert_int_not_equal(archive_open(&archive, "/nowhere/alerts.jsonl", reader, text, sizeof text), SW_OK);
    assert_string_equal(text, "/nowhere/alerts.jsonl: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_are_there_at_once_and_are_read_after_a_restart, make_path, remove_path),
        cmocka_unit_test_setup_teardown(a_body_of_several_lines_becomes_one, make_path, remove_path),
        cmocka_unit_test_setup_teardown(what_a_crash_left_of_a_line_is_cut_off, make_path, remove_path),
        cmocka_unit_test(a_full_disk_is_told),
        cmocka_unit_test(a_file_that_cannot_be_opened_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
