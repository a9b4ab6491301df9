#include "cli/backtest_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/backtest.h"
#include "cli/reading_row.h"
#include "message/message.h"
#include "stillwater/error.h"

#define EXPECTED_TIME       "a time after RFC 3339 such as 2026-01-31T06:00:00Z"
#define EXPECTED_WALL_CLOCK "a local time such as 2016-03-01T00:53:08"
#define EXPECTED_DECIMAL    "a decimal number such as 1234.5"
#define WALL_CLOCK_LENGTH   19

static bool find_column(struct backtest_file *file, size_t column)
{
    size_t count = 0;
    for (size_t i = 0; i < file->csv.field_count; i++) {
        if (strcmp(file->csv.fields[i], file->columns[column]) != 0) continue;
        file->field[column] = i;
        count++;
    }
    if (count == 1) return true;
    fprintf(stderr, "%s:%" PRIu64 ": column %s is %s, expected a header line that has it once\n", file->path,
            file->csv.line ? file->csv.line : 1, file->columns[column], count == 0 ? "missing" : "there twice");
    return false;
}

static bool read_error(struct backtest_file *file)
{
    fprintf(stderr, "stillwater backtest: cannot read %s: %s\n", file->path, strerror(errno));
    file->failed = true;
    return false;
}

static bool read_header(struct backtest_file *file)
{
    enum csv_result result = csv_next(&file->csv);
    if (result == CSV_READ_ERROR) return read_error(file);
    if (result != CSV_RECORD) file->csv.field_count = 0;
    for (size_t column = 0; column < file->column_count; column++)
        if (!find_column(file, column)) return false;
    return true;
}

struct backtest_file *backtest_file_open(const char *dir, const char *name, const char *const *columns,
                                         size_t column_count, uint64_t *bad_rows)
{
    struct backtest_file *file = calloc(1, sizeof *file);
    if (!file) {
        backtest_out_of_memory();
        return NULL;
    }
    file->columns = columns;
    file->column_count = column_count;
    file->bad_rows = bad_rows;
    int length = snprintf(file->path, sizeof file->path, "%s/%s", dir, name);
    errno = ENAMETOOLONG;
    FILE *stream = length > 0 && (size_t)length < sizeof file->path ? fopen(file->path, "r") : NULL;
    if (!stream) fprintf(stderr, "stillwater backtest: cannot open %s: %s\n", file->path, strerror(errno));
    csv_open(&file->csv, stream);
    if (stream && read_header(file)) return file;
    backtest_file_close(file);
    return NULL;
}

void backtest_file_close(struct backtest_file *file)
{
    if (file && file->csv.file) (void)fclose(file->csv.file);
    free(file);
}

static void tell(struct backtest_file *file, const struct row_problem *problem)
{
    row_problem_tell(problem, file->path, file->csv.line, file->bad_rows);
}

bool backtest_file_next(struct backtest_file *file)
{
    for (;;) {
        enum csv_result result = csv_next(&file->csv);
        if (result == CSV_END) return false;
        if (result == CSV_READ_ERROR) return read_error(file);
        if (result != CSV_RECORD) {
            struct row_problem problem = row_problem_of_line(result);
            tell(file, &problem);
            continue;
        }
        size_t column = 0;
        while (column < file->column_count && file->field[column] < file->csv.field_count)
            column++;
        if (column == file->column_count) return true;
        struct row_problem problem = {file->columns[column], NULL, "a field for every column of the header line"};
        tell(file, &problem);
    }
}

const char *backtest_file_text(const struct backtest_file *file, size_t column)
{
    return file->csv.fields[file->field[column]];
}

void backtest_file_bad(struct backtest_file *file, size_t column, const char *expected)
{
    struct row_problem problem = {file->columns[column], backtest_file_text(file, column), expected};
    tell(file, &problem);
}

bool backtest_file_time(struct backtest_file *file, size_t column, int64_t *ms)
{
    struct sw_wall time;
    if (message_time_parse(backtest_file_text(file, column), &time) != SW_OK || time.ms <= 0) {
        backtest_file_bad(file, column, EXPECTED_TIME);
        return false;
    }
    *ms = time.ms;
    return true;
}

bool backtest_file_wall_clock(struct backtest_file *file, size_t column, int64_t *ms)
{
    const char *text = backtest_file_text(file, column);
    char utc[WALL_CLOCK_LENGTH + 2];
    struct sw_wall time = {0};
    if (strlen(text) >= WALL_CLOCK_LENGTH) {
        memcpy(utc, text, WALL_CLOCK_LENGTH);
        memcpy(utc + WALL_CLOCK_LENGTH, "Z", 2);
        if (message_time_parse(utc, &time) != SW_OK) time.ms = 0;
    }
    if (time.ms <= 0) backtest_file_bad(file, column, EXPECTED_WALL_CLOCK);
    *ms = time.ms;
    return time.ms > 0;
}

bool backtest_file_milli(struct backtest_file *file, size_t column, int64_t *milli)
{
    if (decimal_parse_milli(backtest_file_text(file, column), milli) == SW_OK) return true;
    backtest_file_bad(file, column, EXPECTED_DECIMAL);
    return false;
}
