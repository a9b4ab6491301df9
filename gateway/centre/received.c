#include "centre/received.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/store_sqlite/sqlite_file.h"
#include "stillwater/error.h"

/* Somebody who reads with the sqlite3 program may hold it for a moment. */
#define BUSY_TIMEOUT_MS 30000

#define VERSION        1
#define APPLICATION_ID 0x53574352 /* "SWCR" */

static const struct sqlite_file_kind kind = {APPLICATION_ID, VERSION, "a store of stillwater-centre"};

static const char *const schema[] = {
    "BEGIN IMMEDIATE",
    "CREATE TABLE received (id INTEGER PRIMARY KEY, city TEXT NOT NULL, gateway TEXT NOT NULL, alert_id TEXT NOT NULL,"
    " revision INTEGER NOT NULL, received_at_ms INTEGER NOT NULL, body TEXT NOT NULL,"
    " UNIQUE (city, alert_id, revision)) STRICT",
    "PRAGMA application_id = " SQLITE_NUMBER_OF(APPLICATION_ID),
    "PRAGMA user_version = " SQLITE_NUMBER_OF(VERSION),
    "COMMIT",
};

enum statement { BEGIN, COMMIT, ROLLBACK, HAS, ADD, STATEMENT_COUNT };

static const char *const statement_sql[STATEMENT_COUNT] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [HAS] = "SELECT 1 FROM received WHERE city = ? AND alert_id = ? AND revision = ?",
    [ADD] = ("INSERT OR IGNORE INTO received (city, gateway, alert_id, revision, received_at_ms, body)"
             " VALUES (?, ?, ?, ?, ?, ?)"),
};

struct received {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    char path[512];
};

static int fail(const struct received *received, char *text, size_t text_size)
{
    return sqlite_file_error(received->db, received->path, text, text_size);
}

static bool make_tables(sqlite3 *db)
{
    for (size_t i = 0; i < sizeof schema / sizeof schema[0]; i++)
        if (!sqlite_file_run(db, schema[i])) return false;
    return true;
}

static int prepare_file(struct received *received, char *text, size_t text_size)
{
    int64_t version;
    sqlite3 *db = received->db;
    (void)sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
    int error = sqlite_file_check(db, received->path, &kind, &version, text, text_size);
    if (error != SW_OK) return error;
    if (!sqlite_file_make_durable(db) || (version == 0 && !make_tables(db))) return fail(received, text, text_size);
    for (int i = 0; i < STATEMENT_COUNT; i++)
        if (sqlite3_prepare_v3(db, statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT, &received->statements[i], NULL) !=
            SQLITE_OK)
            return fail(received, text, text_size);
    return SW_OK;
}

int received_open(struct received **out, const char *path, char *text, size_t text_size)
{
    struct received *received = calloc(1, sizeof *received);
    *out = NULL;
    if (!received) {
        (void)snprintf(text, text_size, "%s: no memory", path);
        return SW_ERROR_NO_SPACE;
    }
    (void)snprintf(received->path, sizeof received->path, "%s", path);
    int error = sqlite3_open_v2(path, &received->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) == SQLITE_OK
                    ? prepare_file(received, text, text_size)
                    : fail(received, text, text_size);
    if (error != SW_OK) {
        received_close(received);
        return error;
    }
    *out = received;
    return SW_OK;
}

void received_close(struct received *received)
{
    if (!received) return;
    for (int i = 0; i < STATEMENT_COUNT; i++)
        (void)sqlite3_finalize(received->statements[i]);
    (void)sqlite3_close(received->db);
    free(received);
}

static bool step_done(sqlite3_stmt *statement)
{
    bool done = sqlite3_step(statement) == SQLITE_DONE;
    /* The reset of a failed statement would report its error again; the connection keeps the text until then. */
    if (done) (void)sqlite3_reset(statement);
    return done;
}

static int take_back(struct received *received, char *text, size_t text_size)
{
    int error = fail(received, text, text_size);
    for (int i = 0; i < STATEMENT_COUNT; i++)
        (void)sqlite3_reset(received->statements[i]);
    if (!sqlite3_get_autocommit(received->db)) (void)step_done(received->statements[ROLLBACK]);
    return error;
}

int received_has(struct received *received, const char *city, const char *alert_id, uint32_t revision, bool *known,
                 char *text, size_t text_size)
{
    *known = false;
    if (!received) return SW_OK;
    sqlite3_stmt *s = received->statements[HAS];
    (void)sqlite3_bind_text(s, 1, city, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(s, 2, alert_id, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(s, 3, revision);
    int code = sqlite3_step(s);
    *known = code == SQLITE_ROW;
    if (code != SQLITE_ROW && code != SQLITE_DONE) return take_back(received, text, text_size);
    (void)sqlite3_reset(s);
    return SW_OK;
}

int received_add(struct received *received, const struct message_alert_summary *alert, const char *body, size_t size,
                 struct sw_wall now, char *text, size_t text_size)
{
    sqlite3_stmt *s = received->statements[ADD];
    if (sqlite3_get_autocommit(received->db) && !step_done(received->statements[BEGIN]))
        return take_back(received, text, text_size);
    (void)sqlite3_bind_text(s, 1, alert->city, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(s, 2, alert->gateway, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(s, 3, alert->id, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(s, 4, alert->revision);
    (void)sqlite3_bind_int64(s, 5, now.ms);
    (void)sqlite3_bind_text64(s, 6, body, size, SQLITE_STATIC, SQLITE_UTF8);
    bool good = step_done(s);
    (void)sqlite3_bind_null(s, 6); /* the caller's memory */
    return good ? SW_OK : take_back(received, text, text_size);
}

int received_commit(struct received *received, char *text, size_t text_size)
{
    if (sqlite3_get_autocommit(received->db)) return SW_OK;
    return step_done(received->statements[COMMIT]) ? SW_OK : take_back(received, text, text_size);
}
