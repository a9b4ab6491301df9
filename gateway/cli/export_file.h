/* Readings written to a file that analysts open: CSV, JSON lines, or a SQLite database. */
#ifndef GATEWAY_CLI_EXPORT_FILE_H
#define GATEWAY_CLI_EXPORT_FILE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>

#include "ports/store.h"

enum export_format { EXPORT_CSV, EXPORT_JSON_LINES, EXPORT_SQLITE, EXPORT_FORMAT_COUNT };

struct export_file {
    enum export_format format;
    const char *path;
    FILE *text; /* of CSV and JSON lines */
    sqlite3 *db;
    sqlite3_stmt *insert;
    bool failed; /* a write was refused: export_file_close says why */
};

/* The format of this name ("csv", "jsonl", "sqlite"); EXPORT_FORMAT_COUNT when there is none. */
enum export_format export_format_named(const char *name);
/* By the end of a file's name; CSV when it says nothing. */
enum export_format export_format_of(const char *path);

/* "-" is standard output, but not for SQLite, whose file must be new. False, and why in `text`. */
bool export_file_open(struct export_file *file, enum export_format format, const char *path, char *text, size_t size);
void export_file_write(struct export_file *file, const struct store_reading *reading);
/* False when not everything is in the file, and why in `text`. */
bool export_file_close(struct export_file *file, char *text, size_t size);

#endif
