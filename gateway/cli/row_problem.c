#include "cli/row_problem.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

struct row_problem row_problem_of_line(enum csv_result result)
{
    struct row_problem problem = {"(whole line)", NULL, "a line of comma-separated values"};
    if (result == CSV_LINE_TOO_LONG) {
        problem.found = "a line of more than 65536 characters";
        problem.expected = "a shorter one";
    } else if (result == CSV_QUOTE_OPEN) {
        problem.found = "a quote that is not closed, or text behind a closed one";
        problem.expected = "quoted fields that end on their line";
    } else if (result == CSV_NUL) {
        problem.found = "a zero byte";
        problem.expected = "text";
    } else if (result == CSV_TOO_MANY_FIELDS) {
        problem.found = "more than 64 fields";
        problem.expected = "fewer";
    }
    return problem;
}

void row_problem_tell(const struct row_problem *problem, const char *file, uint64_t line, uint64_t *bad_rows)
{
    if (++*bad_rows > ROW_PROBLEMS_SHOWN_MAX) return;
    bool found = problem->found != NULL;
    fprintf(stderr, "%s:%" PRIu64 ": column %s: found %s%.80s%s, expected %s\n", file, line, problem->column,
            found ? "\"" : "", found ? problem->found : "nothing", found ? "\"" : "", problem->expected);
    if (*bad_rows == ROW_PROBLEMS_SHOWN_MAX) fputs("Further bad rows are only counted.\n", stderr);
}
