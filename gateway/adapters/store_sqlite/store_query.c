#include "adapters/store_sqlite/store_query.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/store_sqlite/sqlite_file.h"
#include "adapters/store_sqlite/store_schema.h"
#include "adapters/store_sqlite/store_table.h"
#include "stillwater/error.h"

static bool is_number(const char *text)
{
    size_t sign = text[0] == '-', digits = strspn(text + sign, "0123456789");
    return digits > 0 && digits < 19 && text[sign + digits] == '\0';
}

static int bind(sqlite3_stmt *s, int place, const char *given)
{
    return is_number(given) ? sqlite3_bind_int64(s, place, strtoll(given, NULL, 10))
                            : sqlite3_bind_text(s, place, given, -1, SQLITE_STATIC);
}

static struct store_query_value value_at(sqlite3_stmt *s, int column)
{
    struct store_query_value value = {.type = STORE_QUERY_NULL};
    switch (sqlite3_column_type(s, column)) {
    case SQLITE_INTEGER:
        value.type = STORE_QUERY_INTEGER;
        value.integer = sqlite3_column_int64(s, column);
        break;
    case SQLITE_FLOAT:
        value.type = STORE_QUERY_REAL;
        value.real = sqlite3_column_double(s, column);
        break;
    case SQLITE_TEXT:
        value.type = STORE_QUERY_TEXT;
        value.text = (const char *)sqlite3_column_text(s, column);
        break;
    default:
        break;
    }
    return value;
}

static int walk(sqlite3_stmt *s, void *ctx,
                void (*each)(void *ctx, const struct store_query_value *values, size_t count))
{
    int columns = sqlite3_column_count(s), result;
    struct store_query_value *values = calloc((size_t)columns + 1, sizeof *values);
    if (!values) return SQLITE_NOMEM;
    while ((result = sqlite3_step(s)) == SQLITE_ROW) {
        for (int i = 0; i < columns; i++)
            values[i] = value_at(s, i);
        each(ctx, values, (size_t)columns);
    }
    free(values);
    return result;
}

int store_query(const char *path, const char *sql, const char *const *given, size_t given_count, void *ctx,
                void (*each)(void *ctx, const struct store_query_value *values, size_t count), char *text,
                size_t text_size)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    int result = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), error = SW_OK;
    if (result == SQLITE_OK) error = store_schema_check(db, path, text, text_size);
    if (!error && result == SQLITE_OK && !store_table_add(db, path)) result = SQLITE_ERROR;
    if (!error && result == SQLITE_OK) result = sqlite3_prepare_v2(db, sql, -1, &s, NULL);
    if (!error && result == SQLITE_OK && (size_t)sqlite3_bind_parameter_count(s) != given_count) {
        (void)snprintf(text, text_size, "the statement has %d places for values, found %zu values",
                       sqlite3_bind_parameter_count(s), given_count);
        error = SW_ERROR_INVALID_ARGUMENT;
    }
    for (size_t i = 0; !error && result == SQLITE_OK && i < given_count; i++)
        result = bind(s, (int)i + 1, given[i]);
    if (!error && result == SQLITE_OK) result = walk(s, ctx, each);
    if (!error && result != SQLITE_DONE) error = sqlite_file_error(db, path, text, text_size);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return error;
}
