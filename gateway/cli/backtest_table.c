#include "cli/backtest_table.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void table_init(struct table *table, const struct table_column *columns, size_t column_count)
{
    *table = (struct table){.columns = columns, .column_count = column_count};
}

void table_free(struct table *table)
{
    free(table->cells);
    free(table->detail);
    memset(table, 0, sizeof *table);
}

static bool grow(struct table *table)
{
    size_t capacity = table->row_capacity ? 2 * table->row_capacity : 64;
    struct table_cell *cells = realloc(table->cells, capacity * table->column_count * sizeof *cells);
    if (!cells) return false;
    table->cells = cells;
    bool *detail = realloc(table->detail, capacity * sizeof *detail);
    if (!detail) return false;
    table->detail = detail;
    table->row_capacity = capacity;
    return true;
}

bool table_row(struct table *table, bool detail)
{
    if (table->row_count == table->row_capacity && !grow(table)) return false;
    size_t first = table->row_count * table->column_count;
    for (size_t i = 0; i < table->column_count; i++)
        table->cells[first + i] = (struct table_cell){.number = NAN, .text = ""};
    table->detail[table->row_count++] = detail;
    table->next = first;
    return true;
}

void table_text(struct table *table, const char *text)
{
    struct table_cell *cell = &table->cells[table->next++];
    size_t length = strlen(text);
    if (length >= sizeof cell->text) length = sizeof cell->text - 1;
    memcpy(cell->text, text, length);
    cell->text[length] = '\0';
}

void table_number(struct table *table, double number)
{
    table->cells[table->next++].number = number;
}

void table_count(struct table *table, bool applies, double number)
{
    table_number(table, applies ? number : NAN);
}

/* Text of a cell in `out`; `none` where it does not apply. */
static void cell_text(const struct table_column *column, const struct table_cell *cell, const char *none, char *out)
{
    if (column->decimals < 0)
        memcpy(out, cell->text, TABLE_TEXT_SIZE);
    else if (isnan(cell->number))
        memcpy(out, none, strlen(none) + 1);
    else
        (void)snprintf(out, TABLE_TEXT_SIZE, "%.*f", column->decimals, cell->number);
}

static const struct table_cell *cell_at(const struct table *table, size_t row, size_t column)
{
    return &table->cells[row * table->column_count + column];
}

/* One of the two lines of a column's head, and its length. */
static const char *head_line(const struct table_column *column, int line, size_t *length)
{
    const char *bar = strchr(column->head, '|');
    const char *start = line == 0 || !bar ? column->head : bar + 1;
    if (line == 0 && !bar) {
        *length = 0;
        return start;
    }
    *length = line == 0 ? (size_t)(bar - start) : strlen(start);
    return start;
}

static int width_of(const struct table *table, size_t column)
{
    size_t width = 0, length;
    for (int line = 0; line < 2; line++) {
        head_line(&table->columns[column], line, &length);
        if (length > width) width = length;
    }
    for (size_t row = 0; row < table->row_count; row++) {
        char text[TABLE_TEXT_SIZE];
        if (table->detail[row]) continue;
        cell_text(&table->columns[column], cell_at(table, row, column), "-", text);
        if (strlen(text) > width) width = strlen(text);
    }
    return (int)width;
}

static void print_padded(FILE *out, size_t column, bool left, int width, const char *text, int length)
{
    int pad = width - length;
    fprintf(out, "%s%*s%.*s%*s", column > 0 ? "  " : "", left ? 0 : pad, "", length, text, left ? pad : 0, "");
}

static void print_row(const struct table *table, size_t row, const int *widths, FILE *out)
{
    for (size_t column = 0; column < table->column_count; column++) {
        char text[TABLE_TEXT_SIZE];
        cell_text(&table->columns[column], cell_at(table, row, column), "-", text);
        print_padded(out, column, table->columns[column].decimals < 0, widths[column], text, (int)strlen(text));
    }
    fputc('\n', out);
}

void table_print(const struct table *table, FILE *out)
{
    int widths[TABLE_COLUMNS_MAX];
    for (size_t column = 0; column < table->column_count; column++)
        widths[column] = width_of(table, column);
    for (int line = 0; line < 2; line++) {
        for (size_t column = 0; column < table->column_count; column++) {
            size_t length;
            const char *text = head_line(&table->columns[column], line, &length);
            print_padded(out, column, table->columns[column].decimals < 0, widths[column], text, (int)length);
        }
        fputc('\n', out);
    }
    for (size_t row = 0; row < table->row_count; row++)
        if (!table->detail[row]) print_row(table, row, widths, out);
}

/* Quoted where a comma or quote is in it (RFC 4180). */
static void write_field(FILE *out, const char *text)
{
    if (!strpbrk(text, ",\"")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++)
        fprintf(out, *text == '"' ? "\"%c" : "%c", *text);
    fputc('"', out);
}

void table_write_csv(const struct table *table, FILE *out)
{
    for (size_t column = 0; column < table->column_count; column++)
        fprintf(out, "%s%s", column > 0 ? "," : "", table->columns[column].key);
    fputc('\n', out);
    for (size_t row = 0; row < table->row_count; row++) {
        for (size_t column = 0; column < table->column_count; column++) {
            char text[TABLE_TEXT_SIZE];
            cell_text(&table->columns[column], cell_at(table, row, column), "", text);
            if (column > 0) fputc(',', out);
            write_field(out, text);
        }
        fputc('\n', out);
    }
}

static json_t *row_object(const struct table *table, size_t row)
{
    json_t *object = json_object();
    for (size_t column = 0; object && column < table->column_count; column++) {
        const struct table_column *head = &table->columns[column];
        const struct table_cell *cell = cell_at(table, row, column);
        if (head->decimals >= 0 && isnan(cell->number)) continue;
        /* As many decimals as the table shows: what is beyond them is not known so well. */
        char text[TABLE_TEXT_SIZE];
        cell_text(head, cell, "", text);
        json_t *value = head->decimals < 0 ? json_string(text) : json_real(strtod(text, NULL));
        if (json_object_set_new(object, head->key, value) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

bool table_write_json(const struct table *table, const char *set, FILE *out)
{
    json_t *rows = json_array();
    bool done = rows != NULL;
    for (size_t row = 0; done && row < table->row_count; row++)
        done = json_array_append_new(rows, row_object(table, row)) == 0;
    json_t *root = done ? json_pack("{s:s, s:O}", "set", set, "rows", rows) : NULL;
    done = root && json_dumpf(root, out, JSON_INDENT(1) | JSON_REAL_PRECISION(10)) == 0;
    if (done) fputc('\n', out);
    json_decref(root);
    json_decref(rows);
    return done;
}
