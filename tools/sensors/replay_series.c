#include "sensors/replay_series.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stillwater/error.h"

#define COLUMNS_MAX 64

/* Cuts a line at its commas, in place. Cells are numbers and times: no quoting. */
static size_t cut_cells(char *line, char *cells[COLUMNS_MAX])
{
    size_t count = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (char *rest = line; rest != NULL && count < COLUMNS_MAX;)
        cells[count++] = strsep(&rest, ",");
    return count;
}

static int find_column(char *const cells[], size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(cells[i], name) == 0) return (int)i;
    return -1;
}

/* Seconds of a time stamp on a scale of its own; only differences count. What follows the seconds and is no zone is
 * not looked at: published series differ there. */
static int parse_time(const char *text, double *seconds)
{
    struct tm date = {0};
    int used = 0, zone_h, zone_m;
    char sign[2];
    if (sscanf(text, "%4d-%2d-%2d%*1[T ]%2d:%2d:%2d%n", &date.tm_year, &date.tm_mon, &date.tm_mday, &date.tm_hour,
               &date.tm_min, &date.tm_sec, &used) != 6 ||
        used == 0)
        return SW_ERROR_MALFORMED;
    date.tm_year -= 1900;
    date.tm_mon -= 1;
    *seconds = (double)timegm(&date);
    const char *rest = text + used;
    if (*rest == '.') {
        char *end;
        *seconds += strtod(rest, &end);
        rest = end;
    }
    if (sscanf(rest, "%1[+-]%2d:%2d", sign, &zone_h, &zone_m) == 3)
        *seconds -= (sign[0] == '-' ? -1 : 1) * (zone_h * 3600.0 + zone_m * 60.0);
    return SW_OK;
}

static int fail(struct replay_problem *problem, unsigned line, const char *found, const char *expected)
{
    problem->line = line;
    snprintf(problem->text, sizeof problem->text, "found %.60s, expected %.80s", found, expected);
    return SW_ERROR_MALFORMED;
}

static int append(struct replay_series *series, size_t *room, struct replay_row row)
{
    if (series->count == *room) {
        size_t more = *room == 0 ? 1024 : *room * 2;
        struct replay_row *rows = realloc(series->rows, more * sizeof *rows);
        if (rows == NULL) return SW_ERROR_NO_SPACE;
        series->rows = rows;
        *room = more;
    }
    series->rows[series->count++] = row;
    return SW_OK;
}

struct reader {
    const struct replay_request *request;
    struct replay_series *series;
    size_t room;
    int value_column, time_column;
    double first_s;
};

static int read_header(struct reader *reader, char *line, struct replay_problem *problem)
{
    char *cells[COLUMNS_MAX];
    size_t count = cut_cells(line, cells);
    char expected[80];
    reader->value_column = find_column(cells, count, reader->request->column);
    reader->time_column = find_column(cells, count, reader->request->time_column);
    const char *absent = reader->value_column < 0 ? reader->request->column : reader->request->time_column;
    snprintf(expected, sizeof expected, "a column \"%.50s\"", absent);
    if (reader->value_column < 0 || reader->time_column < 0) return fail(problem, 1, "a header without it", expected);
    return SW_OK;
}

static int read_row(struct reader *reader, char *line, unsigned number, struct replay_problem *problem)
{
    char *cells[COLUMNS_MAX], *end;
    size_t count = cut_cells(line, cells);
    double seconds;
    struct replay_series *series = reader->series;
    if (count <= (size_t)reader->value_column || count <= (size_t)reader->time_column) {
        series->skipped++;
        return SW_OK;
    }
    if (parse_time(cells[reader->time_column], &seconds) != SW_OK)
        return fail(problem, number, cells[reader->time_column], "a time such as 2016-03-01T00:14:32");
    const char *cell = cells[reader->value_column];
    double value = strtod(cell, &end);
    if (end == cell || *end != '\0' || !(value >= -1e12 && value <= 1e12)) {
        series->skipped++;
        return SW_OK;
    }
    if (series->count == 0) reader->first_s = seconds;
    double at_s = reader->request->start_s + (seconds - reader->first_s) / reader->request->speed;
    if (series->count > 0 && at_s < series->rows[series->count - 1].at_s) at_s = series->rows[series->count - 1].at_s;
    if (append(series, &reader->room, (struct replay_row){at_s, value * reader->request->scale}) != SW_OK)
        return fail(problem, number, "no memory", "a shorter series");
    return SW_OK;
}

int replay_series_load(const struct replay_request *request, struct replay_series *series,
                       struct replay_problem *problem)
{
    struct reader reader = {.request = request, .series = series};
    char *line = NULL;
    size_t size = 0;
    int error = SW_OK;
    *series = (struct replay_series){0};
    FILE *file = fopen(request->file, "re");
    if (file == NULL) return fail(problem, 0, strerror(errno), "a CSV file that can be read");
    for (unsigned number = 1; error == SW_OK && getline(&line, &size, file) > 0; number++)
        error = number == 1 ? read_header(&reader, line, problem) : read_row(&reader, line, number, problem);
    if (error == SW_OK && series->count == 0) error = fail(problem, 0, "no reading", "a row with a number");
    free(line);
    fclose(file);
    if (error != SW_OK) replay_series_free(series);
    return error;
}

void replay_series_free(struct replay_series *series)
{
    free(series->rows);
    *series = (struct replay_series){0};
}
