/* Rows of a file of readings: the columns time, subject, kind and value, found by the header line; others are ignored.
 */
#ifndef GATEWAY_CLI_READING_ROW_H
#define GATEWAY_CLI_READING_ROW_H

#include <stdint.h>

#include "cli/csv.h"
#include "cli/row_problem.h"
#include "stillwater/reading.h"
#include "stillwater/time.h"

enum row_column { ROW_TIME, ROW_SUBJECT, ROW_KIND, ROW_VALUE, ROW_COLUMN_COUNT };

/* Where each column is. */
struct row_header {
    size_t field[ROW_COLUMN_COUNT];
};

struct reading_row {
    struct sw_wall time;
    const char *subject; /* valid until the next csv_next */
    enum sw_reading_kind kind;
    int64_t value_milli;
};

/* The record last read is the header line. SW_OK, or SW_ERROR_MALFORMED: a column is missing or there twice. */
int row_header_read(struct row_header *header, const struct csv *csv, struct row_problem *problem);

/* Reads the record last read. SW_OK or SW_ERROR_MALFORMED. */
int reading_row_read(const struct row_header *header, const struct csv *csv, struct reading_row *row,
                     struct row_problem *problem);

/* A decimal number, with or without fraction and exponent, in thousandths, halves rounded away from zero. SW_OK or
 * SW_ERROR_MALFORMED (also where it does not fit). */
int decimal_parse_milli(const char *text, int64_t *milli);

#endif
