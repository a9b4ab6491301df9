#include "adapters/store_sqlite/store_precision.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>

#include "adapters/store_sqlite/sqlite_file.h"
#include "adapters/store_sqlite/store_schema.h"
#include "stillwater/error.h"

/* Revision 1 is the raising: its rule and its time stay, whatever became of the alert. A drill says nothing of rules.
 */
#define JUDGED                                                                                                         \
    "WITH judged AS (SELECT a.kind, a.rule, a.subject, (SELECT outcome FROM feedback AS f"                             \
    " WHERE f.alert_id = a.alert_id ORDER BY id DESC LIMIT 1) AS outcome"                                              \
    " FROM alerts AS a WHERE a.revision = 1 AND a.rule <> 33 AND a.raised_at_ms >= ?1) "
#define COUNTS                                                                                                         \
    "count(*), count(outcome), total(outcome = 1), total(outcome = 2), total(outcome = 3), total(outcome = 4)"         \
    " FROM judged "

_Static_assert(SW_ALERT_RULE_DRILL == 33, "the rule of JUDGED");
_Static_assert(SW_OUTCOME_FALSE_ALARM == 1 && SW_OUTCOME_EMERGENCY == 4 && SW_OUTCOME_COUNT == 5,
               "the outcomes of COUNTS");

static const char by_rule[] = JUDGED "SELECT kind, rule, '', " COUNTS "GROUP BY kind, rule ORDER BY kind, rule";
static const char by_subject[] =
    JUDGED "SELECT kind, 0, subject, " COUNTS "GROUP BY subject, kind ORDER BY subject, kind";

static void read_row(sqlite3_stmt *statement, struct store_precision *row)
{
    *row = (struct store_precision){.kind = (enum sw_alert_kind)sqlite3_column_int(statement, 0),
                                    .rule = (enum sw_alert_rule)sqlite3_column_int(statement, 1),
                                    .alerts = (uint64_t)sqlite3_column_int64(statement, 3),
                                    .with_feedback = (uint64_t)sqlite3_column_int64(statement, 4)};
    (void)snprintf(row->subject, sizeof row->subject, "%s", (const char *)sqlite3_column_text(statement, 2));
    for (int outcome = 1; outcome < SW_OUTCOME_COUNT; outcome++)
        row->outcomes[outcome] = (uint64_t)sqlite3_column_int64(statement, 4 + outcome);
}

static bool read_rows(sqlite3 *db, const char *sql, struct sw_wall since, void *ctx,
                      void (*each)(void *ctx, const struct store_precision *row))
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (result == SQLITE_OK) result = sqlite3_bind_int64(statement, 1, since.ms);
    while (result == SQLITE_OK || result == SQLITE_ROW) {
        result = sqlite3_step(statement);
        struct store_precision row;
        if (result != SQLITE_ROW) break;
        read_row(statement, &row);
        each(ctx, &row);
    }
    /* Finalising a failed statement keeps its error for whoever asks. */
    sqlite3_finalize(statement);
    return result == SQLITE_DONE;
}

int store_precision_read(const char *path, struct sw_wall since, void *ctx,
                         void (*each)(void *ctx, const struct store_precision *row), char *text, size_t text_size)
{
    sqlite3 *db = NULL;
    int error = SW_OK;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        error = sqlite_file_error(db, path, text, text_size);
    if (!error) error = store_schema_check(db, path, text, text_size);
    /* One view of the file for both tables, whatever the daemon writes meanwhile. */
    if (!error &&
        (sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK || !read_rows(db, by_rule, since, ctx, each) ||
         !read_rows(db, by_subject, since, ctx, each) || sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK))
        error = sqlite_file_error(db, path, text, text_size);
    sqlite3_close(db);
    return error;
}
