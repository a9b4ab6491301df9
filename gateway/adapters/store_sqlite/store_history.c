#include "adapters/store_sqlite/store_history.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/store_sqlite/sqlite_file.h"
#include "adapters/store_sqlite/store_schema.h"
#include "adapters/store_sqlite/store_table.h"
#include "stillwater/error.h"

struct store_history {
    sqlite3 *db;
    char path[4096];
};

int store_history_open(const char *path, struct store_history **out, char *text, size_t text_size)
{
    struct store_history *history = calloc(1, sizeof *history);
    *out = NULL;
    if (!history) {
        (void)snprintf(text, text_size, "no memory");
        return SW_ERROR_NO_SPACE;
    }
    int error = SW_OK;
    (void)snprintf(history->path, sizeof history->path, "%s", path);
    if (sqlite3_open_v2(path, &history->db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        error = sqlite_file_error(history->db, path, text, text_size);
    if (!error) error = store_schema_check(history->db, path, text, text_size);
    if (!error && !store_table_add(history->db, path)) error = sqlite_file_error(history->db, path, text, text_size);
    /* One view of the file for all that is read, whatever the daemon writes meanwhile. */
    if (!error && !sqlite_file_run(history->db, "BEGIN")) error = sqlite_file_error(history->db, path, text, text_size);
    if (error)
        store_history_close(history);
    else
        *out = history;
    return error;
}

void store_history_close(struct store_history *history)
{
    if (!history) return;
    sqlite3_close(history->db);
    free(history);
}

void store_history_text(struct store_history *history, char *text, size_t text_size)
{
    (void)sqlite_file_error(history->db, history->path, text, text_size);
}

static void copy_text(sqlite3_stmt *statement, int column, char *out, size_t size)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    (void)snprintf(out, size, "%s", text ? (const char *)text : "");
}

static struct sw_wall time_at(sqlite3_stmt *statement, int column)
{
    return sw_wall_from_ms(sqlite3_column_int64(statement, column));
}

/* Steps through the rows of `sql`, with the two times bound where it has places for them. */
static int walk(struct store_history *history, const char *sql, struct sw_wall from, struct sw_wall to, void *ctx,
                void (*row)(sqlite3_stmt *statement, void *ctx))
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(history->db, sql, -1, &statement, NULL);
    if (result == SQLITE_OK && sqlite3_bind_parameter_count(statement) == 2) {
        result = sqlite3_bind_int64(statement, 1, from.ms);
        if (result == SQLITE_OK) result = sqlite3_bind_int64(statement, 2, to.ms);
    }
    while (result == SQLITE_OK || result == SQLITE_ROW) {
        result = sqlite3_step(statement);
        if (result == SQLITE_ROW) row(statement, ctx);
    }
    /* Finalising a failed statement keeps its error for whoever asks. */
    sqlite3_finalize(statement);
    return result == SQLITE_DONE ? SW_OK : SW_ERROR_STORE;
}

struct reading_reader {
    void *ctx;
    void (*each)(void *ctx, const struct store_reading *reading);
};

static void read_reading(sqlite3_stmt *statement, void *ctx)
{
    const struct reading_reader *reader = ctx;
    struct store_reading reading = {.serial = (uint32_t)sqlite3_column_int64(statement, 0),
                                    .kind = (uint8_t)sqlite3_column_int(statement, 2),
                                    .quality = (uint8_t)sqlite3_column_int(statement, 3),
                                    .reason = (uint8_t)sqlite3_column_int(statement, 4),
                                    .clock_quality = (uint8_t)sqlite3_column_int(statement, 5),
                                    .time = time_at(statement, 6),
                                    .value_milli = sqlite3_column_int64(statement, 7)};
    copy_text(statement, 1, reading.subject, sizeof reading.subject);
    reader->each(reader->ctx, &reading);
}

int store_history_readings(struct store_history *history, struct sw_wall from, struct sw_wall to, void *ctx,
                           void (*each)(void *ctx, const struct store_reading *reading))
{
    static const char sql[] =
        "SELECT serial, subject, kind, quality, reason, clock_quality, time_ms, value_milli FROM readings"
        " WHERE time_ms BETWEEN ?1 AND ?2 ORDER BY time_ms";
    struct reading_reader reader = {ctx, each};
    return walk(history, sql, from, to, &reader, read_reading);
}

struct alert_reader {
    void *ctx;
    void (*each)(void *ctx, const struct sw_alert *alert, const char *body);
};

static void read_alert(sqlite3_stmt *statement, void *ctx)
{
    const struct alert_reader *reader = ctx;
    struct sw_alert alert = {.revision = (uint32_t)sqlite3_column_int64(statement, 1),
                             .kind = (enum sw_alert_kind)sqlite3_column_int(statement, 2),
                             .state = (enum sw_alert_state)sqlite3_column_int(statement, 3),
                             .colour = (enum sw_colour)sqlite3_column_int(statement, 4),
                             .peak = (enum sw_colour)sqlite3_column_int(statement, 5),
                             .onset = time_at(statement, 7),
                             .raised_at = time_at(statement, 8),
                             .updated_at = time_at(statement, 9),
                             .evidence.rule = (enum sw_alert_rule)sqlite3_column_int(statement, 10)};
    copy_text(statement, 0, alert.id, sizeof alert.id);
    copy_text(statement, 6, alert.subject, sizeof alert.subject);
    copy_text(statement, 11, alert.actor, sizeof alert.actor);
    copy_text(statement, 12, alert.note, sizeof alert.note);
    alert.drill = alert.evidence.rule == SW_ALERT_RULE_DRILL;
    const unsigned char *body = sqlite3_column_text(statement, 13);
    reader->each(reader->ctx, &alert, body ? (const char *)body : "");
}

int store_history_alerts(struct store_history *history, struct sw_wall from, struct sw_wall to, void *ctx,
                         void (*each)(void *ctx, const struct sw_alert *alert, const char *body))
{
    /* The last revision of one that is still open says nothing of its end. */
    static const char sql[] =
        "WITH lives AS (SELECT alert_id, min(raised_at_ms) AS raised, max(revision) AS last FROM alerts"
        " GROUP BY alert_id),"
        " wanted AS (SELECT lives.alert_id FROM lives JOIN alerts AS a ON a.alert_id = lives.alert_id"
        " AND a.revision = lives.last WHERE raised <= ?2 AND (a.updated_at_ms >= ?1 OR a.state IN (1, 2, 3)))"
        "SELECT alert_id, revision, kind, state, colour, peak, subject, onset_ms, raised_at_ms, updated_at_ms, rule,"
        " actor, note, body FROM alerts WHERE alert_id IN wanted ORDER BY alert_id, revision";
    _Static_assert(SW_ALERT_STATE_RAISED == 1 && SW_ALERT_STATE_ACKNOWLEDGED == 2 && SW_ALERT_STATE_DISPATCHED == 3,
                   "the open states of the query");
    struct alert_reader reader = {ctx, each};
    return walk(history, sql, from, to, &reader, read_alert);
}

struct feedback_reader {
    void *ctx;
    void (*each)(void *ctx, const struct store_feedback *feedback);
};

static void read_feedback(sqlite3_stmt *statement, void *ctx)
{
    const struct feedback_reader *reader = ctx;
    struct store_feedback feedback = {.outcome = (enum sw_outcome)sqlite3_column_int(statement, 1),
                                      .time = time_at(statement, 4)};
    copy_text(statement, 0, feedback.alert_id, sizeof feedback.alert_id);
    copy_text(statement, 2, feedback.by, sizeof feedback.by);
    copy_text(statement, 3, feedback.note, sizeof feedback.note);
    reader->each(reader->ctx, &feedback);
}

int store_history_feedback(struct store_history *history, void *ctx,
                           void (*each)(void *ctx, const struct store_feedback *feedback))
{
    static const char sql[] = "SELECT alert_id, outcome, actor, note, time_ms FROM feedback"
                              " WHERE id IN (SELECT max(id) FROM feedback GROUP BY alert_id)";
    struct feedback_reader reader = {ctx, each};
    struct sw_wall none = {0};
    return walk(history, sql, none, none, &reader, read_feedback);
}

struct snapshot_reader {
    void *ctx;
    void (*each)(void *ctx, int domain, const char *name, const uint8_t *bytes, size_t size);
};

static void read_snapshot(sqlite3_stmt *statement, void *ctx)
{
    const struct snapshot_reader *reader = ctx;
    const uint8_t *bytes = sqlite3_column_blob(statement, 2);
    reader->each(reader->ctx, sqlite3_column_int(statement, 0), (const char *)sqlite3_column_text(statement, 1), bytes,
                 (size_t)sqlite3_column_bytes(statement, 2));
}

int store_history_snapshots(struct store_history *history, void *ctx,
                            void (*each)(void *ctx, int domain, const char *name, const uint8_t *bytes, size_t size))
{
    struct snapshot_reader reader = {ctx, each};
    struct sw_wall none = {0};
    return walk(history, "SELECT domain, subject, bytes FROM snapshots", none, none, &reader, read_snapshot);
}
