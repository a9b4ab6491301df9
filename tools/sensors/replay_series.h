/* A series of readings from a CSV file with a header line. */
#ifndef TOOLS_SENSORS_REPLAY_SERIES_H
#define TOOLS_SENSORS_REPLAY_SERIES_H

#include <stddef.h>
#include <stdint.h>

struct replay_row {
    double at_s;
    double value;
};

struct replay_series {
    struct replay_row *rows;
    size_t count;
    size_t skipped; /* rows without a number in the column */
};

struct replay_request {
    const char *file;
    const char *column;      /* of the values */
    const char *time_column; /* 2016-03-01T00:14:32, a blank for the T and fractions allowed; then Z, +hh:mm or none */
    double scale;            /* value = cell * scale */
    double start_s;          /* scenario time of the first row */
    double speed;            /* seconds of the file in one second of the scenario */
};

struct replay_problem {
    unsigned line;  /* in the CSV file; 0 = the whole file */
    char text[160]; /* what was found and what was expected */
};

/* Reads the whole file. A row whose time is before the one ahead of it (a wall clock set back) is played together
 * with it; a row without a number is skipped and counted. SW_OK, or SW_ERROR_MALFORMED and *problem. */
int replay_series_load(const struct replay_request *request, struct replay_series *series,
                       struct replay_problem *problem);

void replay_series_free(struct replay_series *series);

#endif
