/* The result of a back-test: rows of text and numbers, written as a table for people, as CSV and as JSON. */
#ifndef GATEWAY_CLI_BACKTEST_TABLE_H
#define GATEWAY_CLI_BACKTEST_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_TEXT_SIZE   80
#define TABLE_COLUMNS_MAX 32

struct table_column {
    const char *key;  /* in CSV and JSON */
    const char *head; /* over the printed table; two lines, parted by one '|' */
    int decimals;     /* -1 = text */
};

/* A number that is not one (NAN) is "does not apply": "-" for people, empty in CSV, left out of JSON. */
struct table_cell {
    double number;
    char text[TABLE_TEXT_SIZE];
};

struct table {
    const struct table_column *columns; /* not owned */
    size_t column_count;
    struct table_cell *cells;
    bool *detail; /* per row: not printed, only in CSV and JSON */
    size_t row_count, row_capacity;
    size_t next; /* cell to be filled */
};

void table_init(struct table *table, const struct table_column *columns, size_t column_count);
void table_free(struct table *table);

/* A new row, whose cells are then filled from the left. False when memory is refused. */
bool table_row(struct table *table, bool detail);
/* Cut to the cell's size. */
void table_text(struct table *table, const char *text);
void table_number(struct table *table, double number);
/* A whole number, and "-" when it does not apply. */
void table_count(struct table *table, bool applies, double number);

void table_print(const struct table *table, FILE *out);
void table_write_csv(const struct table *table, FILE *out);
/* {"set": ..., "rows": [{...}, ...]}; false when memory is refused. */
bool table_write_json(const struct table *table, const char *set, FILE *out);

#endif
