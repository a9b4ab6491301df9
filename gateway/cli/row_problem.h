/* What is wrong with a row of a file, told in one shape by every command that reads rows: file, line, column, what was
 * found and what was expected. */
#ifndef GATEWAY_CLI_ROW_PROBLEM_H
#define GATEWAY_CLI_ROW_PROBLEM_H

#include <stdint.h>

#include "cli/csv.h"

/* So many bad rows are described; the others are only counted. */
#define ROW_PROBLEMS_SHOWN_MAX 1000

/* `found` may be NULL: nothing was there. */
struct row_problem {
    const char *column;
    const char *found;
    const char *expected;
};

/* What a line that is no record is told to be; for any result but CSV_RECORD, CSV_END and CSV_READ_ERROR. */
struct row_problem row_problem_of_line(enum csv_result result);

/* Counts a bad row and, while there are not too many, describes it on standard error. */
void row_problem_tell(const struct row_problem *problem, const char *file, uint64_t line, uint64_t *bad_rows);

#endif
