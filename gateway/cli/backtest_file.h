/* A CSV file of a data set, read by the names of its columns. Rows that cannot be used are told on standard error, with
 * file, line, column and what was expected, counted and passed over. */
#ifndef GATEWAY_CLI_BACKTEST_FILE_H
#define GATEWAY_CLI_BACKTEST_FILE_H

#include <stdbool.h>

#include "cli/csv.h"
#include "cli/row_problem.h"

#define BACKTEST_COLUMNS_MAX 8
#define BACKTEST_PATH_SIZE   1024

struct backtest_file {
    char path[BACKTEST_PATH_SIZE];
    const char *const *columns;
    size_t column_count;
    size_t field[BACKTEST_COLUMNS_MAX]; /* where each column is */
    uint64_t *bad_rows;                 /* the caller's counter */
    bool failed;                        /* ended by an error of the file, which was told */
    struct csv csv;
};

/* Opens DIR/NAME and finds the columns in its header line. NULL after the reason was told. */
struct backtest_file *backtest_file_open(const char *dir, const char *name, const char *const *columns,
                                         size_t column_count, uint64_t *bad_rows);
/* Also on NULL. */
void backtest_file_close(struct backtest_file *file);

/* The next row that has a field for every column; false at the end, and on an error: see `failed`. */
bool backtest_file_next(struct backtest_file *file);
const char *backtest_file_text(const struct backtest_file *file, size_t column);

/* The row last read is bad in this column. */
void backtest_file_bad(struct backtest_file *file, size_t column, const char *expected);

/* A field of the row in milliseconds since 1970 or in thousandths; false after the row was told to be bad. */
bool backtest_file_time(struct backtest_file *file, size_t column, int64_t *ms);
/* A wall clock without offset, "2016-03-01T00:53:08" and whatever follows, as if it were UTC. */
bool backtest_file_wall_clock(struct backtest_file *file, size_t column, int64_t *ms);
bool backtest_file_milli(struct backtest_file *file, size_t column, int64_t *milli);

#endif
