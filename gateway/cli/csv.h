/* Lines of comma-separated values (RFC 4180, without line ends inside quotes), read through one buffer of fixed size.
 */
#ifndef GATEWAY_CLI_CSV_H
#define GATEWAY_CLI_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CSV_LINE_MAX   65536
#define CSV_FIELDS_MAX 64

enum csv_result {
    CSV_RECORD,
    CSV_END,
    CSV_LINE_TOO_LONG, /* longer than CSV_LINE_MAX; skipped to its end */
    CSV_QUOTE_OPEN,    /* a quoted field does not end on its line, or goes on after its closing quote */
    CSV_NUL,           /* a zero byte in the line */
    CSV_TOO_MANY_FIELDS,
    CSV_READ_ERROR, /* errno says why; nothing more comes */
};

struct csv {
    FILE *file;
    uint64_t line; /* number of the line last read, from 1 */
    size_t start, end;
    bool at_end;
    char buffer[2 * CSV_LINE_MAX];
    /* The record: fields without quotes and surrounding blanks, terminated, valid until the next call. */
    char *fields[CSV_FIELDS_MAX];
    size_t field_count;
};

/* `file` stays the caller's. A byte order mark at its start is skipped. */
void csv_open(struct csv *csv, FILE *file);

/* The next line that is not blank. */
enum csv_result csv_next(struct csv *csv);

#endif
