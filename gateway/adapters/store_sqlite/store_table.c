#include "adapters/store_sqlite/store_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/store_sqlite/readings/readings_erase.h"
#include "adapters/store_sqlite/readings/readings_reader.h"
#include "adapters/store_sqlite/store_readings.h"
#include "stillwater/error.h"

enum column {
    COLUMN_SERIAL,
    COLUMN_EPOCH,
    COLUMN_SEQUENCE,
    COLUMN_SUBJECT,
    COLUMN_KIND,
    COLUMN_QUALITY,
    COLUMN_REASON,
    COLUMN_CLOCK_QUALITY,
    COLUMN_TIME,
    COLUMN_VALUE,
};

static const char columns[] = "CREATE TABLE readings (serial INTEGER, epoch INTEGER, sequence INTEGER, subject TEXT,"
                              " kind INTEGER, quality INTEGER, reason INTEGER, clock_quality INTEGER, time_ms INTEGER,"
                              " value_milli INTEGER)";

/* What is looked for; bits of the plan, in the order of their arguments. */
enum plan { PLAN_SUBJECT = 1, PLAN_KIND = 2, PLAN_FROM = 4, PLAN_TO = 8 };

struct table {
    sqlite3_vtab base;
    struct readings_reader *reader; /* NULL = there are no readings */
};

struct cursor {
    sqlite3_vtab_cursor base;
    char subject[SW_ID_SIZE];
    bool one_subject;
    int kind; /* -1 = all */
    int64_t from_ms, to_ms;
    uint32_t series, series_count;
    char series_subject[SW_ID_SIZE];
    uint32_t series_serial;
    struct series_reading *readings; /* of the series */
    size_t count, capacity, at;
    int64_t row;
};

static int table_connect(sqlite3 *db, void *path, int argc, const char *const *argv, sqlite3_vtab **made, char **text)
{
    (void)argc;
    (void)argv;
    char readings[READINGS_PATH_SIZE], why[READINGS_TEXT_SIZE];
    struct table *table = calloc(1, sizeof *table);
    if (!table) return SQLITE_NOMEM;
    store_readings_path(path, readings, sizeof readings);
    int error = readings_reader_open(readings, &table->reader, why, sizeof why);
    int result = SQLITE_OK;
    if (error && error != SW_ERROR_NOT_FOUND) {
        *text = sqlite3_mprintf("%s", why);
        result = SQLITE_ERROR;
    }
    if (result == SQLITE_OK) result = sqlite3_declare_vtab(db, columns);
    if (result == SQLITE_OK) {
        *made = &table->base;
        return SQLITE_OK;
    }
    readings_reader_close(table->reader);
    free(table);
    return result;
}

static int table_disconnect(sqlite3_vtab *base)
{
    struct table *table = (struct table *)base;
    readings_reader_close(table->reader);
    free(table);
    return SQLITE_OK;
}

static int plan_of(const struct sqlite3_index_constraint *constraint)
{
    bool equal = constraint->op == SQLITE_INDEX_CONSTRAINT_EQ;
    if (!constraint->usable) return 0;
    if (constraint->iColumn == COLUMN_SUBJECT && equal) return PLAN_SUBJECT;
    if (constraint->iColumn == COLUMN_KIND && equal) return PLAN_KIND;
    if (constraint->iColumn != COLUMN_TIME) return 0;
    if (constraint->op == SQLITE_INDEX_CONSTRAINT_GT || constraint->op == SQLITE_INDEX_CONSTRAINT_GE) return PLAN_FROM;
    if (constraint->op == SQLITE_INDEX_CONSTRAINT_LT || constraint->op == SQLITE_INDEX_CONSTRAINT_LE) return PLAN_TO;
    return 0;
}

static int table_best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
    static const struct {
        int plan;
        double costs_times;
    } parts[] = {{PLAN_SUBJECT, 0.001}, {PLAN_KIND, 0.5}, {PLAN_FROM, 0.3}, {PLAN_TO, 0.5}};
    int arguments = 0;
    (void)base;
    info->estimatedCost = 1e7;
    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++)
        for (int i = 0; i < info->nConstraint; i++) {
            if (plan_of(&info->aConstraint[i]) != parts[p].plan || info->idxNum & parts[p].plan) continue;
            info->aConstraintUsage[i].argvIndex = ++arguments;
            info->idxNum |= parts[p].plan;
            info->estimatedCost *= parts[p].costs_times;
        }
    info->estimatedRows = (sqlite3_int64)info->estimatedCost;
    return SQLITE_OK;
}

static int table_open(sqlite3_vtab *base, sqlite3_vtab_cursor **made)
{
    struct cursor *cursor = calloc(1, sizeof *cursor);
    (void)base;
    if (!cursor) return SQLITE_NOMEM;
    *made = &cursor->base;
    return SQLITE_OK;
}

static int table_close(sqlite3_vtab_cursor *base)
{
    struct cursor *cursor = (struct cursor *)base;
    free(cursor->readings);
    free(cursor);
    return SQLITE_OK;
}

static int failed(struct table *table)
{
    char why[READINGS_TEXT_SIZE];
    readings_reader_text(table->reader, why, sizeof why);
    sqlite3_free(table->base.zErrMsg);
    table->base.zErrMsg = sqlite3_mprintf("%s", why);
    return SQLITE_ERROR;
}

/* The reader's array is good until its next call, which may be another cursor's. */
static int read_series(struct table *table, struct cursor *cursor)
{
    const struct series_reading *readings;
    size_t count;
    if (readings_reader_read(table->reader, cursor->series, cursor->from_ms, cursor->to_ms, &readings, &count))
        return failed(table);
    if (count > cursor->capacity) {
        struct series_reading *larger = realloc(cursor->readings, count * sizeof *larger);
        if (!larger) return SQLITE_NOMEM;
        cursor->readings = larger;
        cursor->capacity = count;
    }
    if (count > 0) memcpy(cursor->readings, readings, count * sizeof *readings);
    cursor->count = count;
    cursor->at = 0;
    return SQLITE_OK;
}

static bool is_wanted(struct table *table, struct cursor *cursor)
{
    const struct readings_series *series = readings_reader_series(table->reader);
    if (cursor->kind >= 0 && series->entries[cursor->series].kind != cursor->kind) return false;
    if (strncmp(readings_series_name(series, cursor->series), SERIES_ERASED, sizeof SERIES_ERASED - 1) == 0)
        return false;
    cursor->series_serial = 0;
    store_readings_subject(readings_series_name(series, cursor->series), cursor->series_subject,
                           &cursor->series_serial);
    return !cursor->one_subject || strcmp(cursor->series_subject, cursor->subject) == 0;
}

/* The next series that has any readings, from the one that the cursor is at. */
static int find_readings(struct table *table, struct cursor *cursor)
{
    int result = SQLITE_OK;
    cursor->at = cursor->count = 0;
    for (; result == SQLITE_OK && cursor->series < cursor->series_count; cursor->series++) {
        if (is_wanted(table, cursor)) result = read_series(table, cursor);
        if (cursor->count > 0) break;
    }
    return result;
}

static int table_filter(sqlite3_vtab_cursor *base, int plan, const char *unused, int argc, sqlite3_value **argv)
{
    struct cursor *cursor = (struct cursor *)base;
    struct table *table = (struct table *)base->pVtab;
    int at = 0;
    (void)unused;
    (void)argc;
    cursor->series = cursor->series_count = 0;
    cursor->row = 0;
    cursor->at = cursor->count = 0;
    if (!table->reader) return SQLITE_OK;
    cursor->one_subject = plan & PLAN_SUBJECT;
    if (cursor->one_subject) {
        const char *subject = (const char *)sqlite3_value_text(argv[at++]);
        (void)snprintf(cursor->subject, sizeof cursor->subject, "%s", subject ? subject : "");
    }
    cursor->kind = plan & PLAN_KIND ? sqlite3_value_int(argv[at++]) : -1;
    cursor->from_ms = plan & PLAN_FROM ? sqlite3_value_int64(argv[at++]) : 0;
    cursor->to_ms = plan & PLAN_TO ? sqlite3_value_int64(argv[at++]) : READING_TIME_MAX_MS;
    if (readings_reader_refresh(table->reader)) return failed(table);
    cursor->series_count = readings_reader_series(table->reader)->count;
    return find_readings(table, cursor);
}

static int table_next(sqlite3_vtab_cursor *base)
{
    struct cursor *cursor = (struct cursor *)base;
    cursor->row++;
    if (++cursor->at < cursor->count) return SQLITE_OK;
    cursor->series++;
    return find_readings((struct table *)base->pVtab, cursor);
}

static int table_eof(sqlite3_vtab_cursor *base)
{
    const struct cursor *cursor = (struct cursor *)base;
    return cursor->at >= cursor->count;
}

static int table_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
    const struct cursor *cursor = (struct cursor *)base;
    const struct table *table = (const struct table *)base->pVtab;
    const struct series_reading *reading = &cursor->readings[cursor->at];
    switch ((enum column)column) {
    case COLUMN_SERIAL:
        sqlite3_result_int64(context, reading->serial ? reading->serial : cursor->series_serial);
        break;
    case COLUMN_EPOCH:
        sqlite3_result_int(context, reading->epoch);
        break;
    case COLUMN_SEQUENCE:
        sqlite3_result_int64(context, reading->sequence);
        break;
    case COLUMN_SUBJECT:
        sqlite3_result_text(context, cursor->series_subject, -1, SQLITE_TRANSIENT);
        break;
    case COLUMN_KIND:
        sqlite3_result_int(context, readings_reader_series(table->reader)->entries[cursor->series].kind);
        break;
    case COLUMN_QUALITY:
        sqlite3_result_int(context, reading->quality);
        break;
    case COLUMN_REASON:
        sqlite3_result_int(context, reading->reason);
        break;
    case COLUMN_CLOCK_QUALITY:
        sqlite3_result_int(context, reading->clock_quality);
        break;
    case COLUMN_TIME:
        sqlite3_result_int64(context, reading->time_ms);
        break;
    case COLUMN_VALUE:
        sqlite3_result_int64(context, reading->value_milli);
        break;
    }
    return SQLITE_OK;
}

static int table_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *row)
{
    *row = ((struct cursor *)base)->row;
    return SQLITE_OK;
}

/* Without xCreate it is there without having been made. */
static const sqlite3_module module = {
    .xConnect = table_connect,
    .xBestIndex = table_best_index,
    .xDisconnect = table_disconnect,
    .xOpen = table_open,
    .xClose = table_close,
    .xFilter = table_filter,
    .xNext = table_next,
    .xEof = table_eof,
    .xColumn = table_column,
    .xRowid = table_rowid,
};

bool store_table_add(sqlite3 *db, const char *path)
{
    char *copy = strdup(path);
    if (!copy) return false;
    return sqlite3_create_module_v2(db, "readings", &module, copy, free) == SQLITE_OK;
}
