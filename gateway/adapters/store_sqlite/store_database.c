#include "adapters/store_sqlite/store_database.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "adapters/store_sqlite/store_lock.h"
#include "adapters/store_sqlite/store_readings.h"
#include "adapters/store_sqlite/store_schema.h"
#include "adapters/store_sqlite/store_trail.h"
#include "stillwater/error.h"

/* What a revision takes beside its body, measured: the columns, the rows of trail and outbox with their indexes, and
 * what a page has left over. */
#define KEPT_ROW_BYTES 1100

/* More may push out again what has been read. */
#define AHEAD_BYTES_MAX (128 << 20)

/* SW_ALERT_STATE_RAISED, ACKNOWLEDGED and DISPATCHED are the open ones; a revision is the present one when no later
 * one exists. */
static const char *const statement_sql[STATEMENT_COUNT] = {
    [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_CHECKPOINT_SET] = "INSERT INTO state (name, value) VALUES ('checkpoint', ?) ON CONFLICT (name)"
                                 " DO UPDATE SET value = excluded.value",
    [STATEMENT_CHECKPOINT] = "SELECT value FROM state WHERE name = 'checkpoint'",
    [STATEMENT_SNAPSHOT] = "INSERT INTO snapshots (domain, subject, bytes, position) VALUES (?, ?, ?, ?)"
                           " ON CONFLICT (domain, subject) DO UPDATE SET bytes = excluded.bytes,"
                           " position = excluded.position",
    [STATEMENT_SNAPSHOT_REMOVE] = "DELETE FROM snapshots WHERE domain = ? AND subject = ?",
    [STATEMENT_ALERT] = "INSERT OR IGNORE INTO alerts (alert_id, revision, kind, state, colour, peak, subject,"
                        " onset_ms, raised_at_ms, updated_at_ms, rule, actor, note, body)"
                        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [STATEMENT_FEEDBACK] = "INSERT INTO feedback (alert_id, kind, rule, subject, outcome, actor, note, time_ms)"
                           " SELECT alert_id, kind, rule, subject, ?2, ?3, ?4, ?5 FROM alerts"
                           " WHERE alert_id = ?1 AND revision = 1",
    [STATEMENT_REPORT] = "INSERT OR IGNORE INTO reports (report_id, source, kind, colour, actor, portal, time_ms,"
                         " received_ms, latitude, longitude, grid, text, alert_id)"
                         " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [STATEMENT_REPORTS] = "SELECT report_id, source, kind, colour, actor, portal, time_ms, received_ms, latitude,"
                          " longitude, grid, text, alert_id FROM reports WHERE received_ms >= ? ORDER BY id",
    [STATEMENT_ALERT_WAS] = "SELECT state, colour FROM alerts WHERE alert_id = ? AND revision = ?",
    [STATEMENT_TRAIL_ADD] = TRAIL_ADD_SQL,
    [STATEMENT_TRAIL_HEAD] = "SELECT sequence, hash FROM trail ORDER BY sequence DESC LIMIT 1",
    [STATEMENT_OUTBOX_ADD] = "INSERT INTO outbox (alert_id, revision, topic, subject, colour, place)"
                             " SELECT ?1, ?2, ?3, ?4,"
                             " max(?5, ifnull((SELECT max(colour) FROM outbox WHERE subject = ?4), ?5)),"
                             " ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), 0) + 1",
    [STATEMENT_OUTBOX_TAKE_ALONG] = "UPDATE outbox SET colour = ?2, place = ?3 WHERE subject = ?1 AND colour < ?2",
    [STATEMENT_OUTBOX_REMOVE] = "DELETE FROM outbox WHERE id = ?",
    [STATEMENT_OUTBOX_REMOVE_REVISION] = "DELETE FROM outbox WHERE alert_id = ? AND revision = ?",
    [STATEMENT_OUTBOX_READ] = "SELECT id, alert_id, revision, topic, body, place FROM outbox CROSS JOIN alerts"
                              " USING (alert_id, revision) WHERE outbox.colour = ?1 AND (place, id) > (?2, ?3)"
                              " AND place <= ?4 ORDER BY place, id",
    [STATEMENT_EARLIER] = "SELECT revision, updated_at_ms FROM alerts WHERE alert_id = ? AND revision < ?"
                          " ORDER BY revision DESC LIMIT " SQLITE_NUMBER_OF(STORE_EARLIER_MAX),
    [STATEMENT_OUTBOX_COUNT] = "SELECT count(*) FROM outbox",
    [STATEMENT_OUTBOX_NEWEST] = "SELECT seq FROM sqlite_sequence WHERE name = 'outbox'",
    [STATEMENT_LAST_TIME_SET] = "INSERT INTO state (name, value) VALUES ('last_time_ms', ?) ON CONFLICT (name)"
                                " DO UPDATE SET value = max(value, excluded.value)",
    [STATEMENT_LAST_TIME] = "SELECT value FROM state WHERE name = 'last_time_ms'",
    [STATEMENT_PAGES] = "PRAGMA page_count",
    [STATEMENT_FREE_PAGES] = "PRAGMA freelist_count",
    [STATEMENT_PAGE_BYTES] = "PRAGMA page_size",
    [STATEMENT_SNAPSHOT_LOAD] = "SELECT bytes, position FROM snapshots WHERE domain = ? AND subject = ?",
    [STATEMENT_SNAPSHOTS] = "SELECT domain, subject, bytes FROM snapshots",
    [STATEMENT_OPEN_ALERTS] =
        "SELECT alert_id, revision, kind, state, colour, peak, subject, onset_ms, raised_at_ms,"
        " updated_at_ms, rule, (SELECT actor FROM alerts AS c WHERE c.alert_id = a.alert_id AND c.revision > ifnull("
        "(SELECT max(revision) FROM alerts AS d WHERE d.alert_id = a.alert_id AND d.state <> a.state), 0)"
        " ORDER BY c.revision LIMIT 1), note, body FROM alerts AS a WHERE state IN (1, 2, 3) AND NOT EXISTS"
        " (SELECT 1 FROM alerts AS b WHERE b.alert_id = a.alert_id AND b.revision > a.revision)",
};
_Static_assert(SW_ALERT_STATE_RAISED == 1 && SW_ALERT_STATE_ACKNOWLEDGED == 2 && SW_ALERT_STATE_DISPATCHED == 3,
               "the open states of STATEMENT_OPEN_ALERTS");

/* Those of the trail's contents are its own. */
static const char *sql_of(int statement)
{
    if (statement == STATEMENT_TRAIL_ALERT) return trail_content_sql(TRAIL_ALERT);
    if (statement == STATEMENT_TRAIL_FEEDBACK) return trail_content_sql(TRAIL_FEEDBACK);
    return statement_sql[statement];
}

static int prepare_statements(struct store_database *database, char *text, size_t text_size)
{
    for (int i = 0; i < STATEMENT_COUNT; i++)
        if (sqlite3_prepare_v3(database->db, sql_of(i), -1, SQLITE_PREPARE_PERSISTENT, &database->statements[i],
                               NULL) != SQLITE_OK)
            return sqlite_file_error(database->db, database->path, text, text_size);
    return SW_OK;
}

static int load_trail_head(struct store_database *database, char *text, size_t text_size)
{
    sqlite3_stmt *s = database->statements[STATEMENT_TRAIL_HEAD];
    int result = sqlite3_step(s);
    if (result == SQLITE_ROW) {
        const char *hash = (const char *)sqlite3_column_text(s, 1);
        database->trail.sequence = sqlite3_column_int64(s, 0);
        snprintf(database->trail.hash, sizeof database->trail.hash, "%s", hash ? hash : "");
    }
    int error = result == SQLITE_ROW || result == SQLITE_DONE
                    ? SW_OK
                    : sqlite_file_error(database->db, database->path, text, text_size);
    sqlite3_reset(s);
    return error;
}

/* Reads all pages, as looking for the open alerts does: what is damaged is found before anything rests on it. */
static int check_pages(struct store_database *database, char *text, size_t text_size)
{
    sqlite3_stmt *s = NULL;
    bool asked = sqlite3_prepare_v2(database->db, "PRAGMA quick_check(1)", -1, &s, NULL) == SQLITE_OK &&
                 sqlite3_step(s) == SQLITE_ROW;
    int error = asked ? SW_OK : sqlite_file_error(database->db, database->path, text, text_size);
    const char *said = asked ? (const char *)sqlite3_column_text(s, 0) : NULL;
    if (said && strcmp(said, "ok") != 0) {
        (void)snprintf(text, text_size, "%s: %s", database->path, said);
        error = SW_ERROR_MALFORMED;
    }
    sqlite3_finalize(s);
    return error;
}

static void close_file(struct store_database *database)
{
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(database->statements[i]);
    sqlite3_close(database->db);
    memset(database->statements, 0, sizeof database->statements);
    database->db = NULL;
}

/* What is looked at all over the file is read in its order before, which takes a disk a fraction of the time. Not while
 * the database is open: whoever closes a file gives up all locks that the process has on it. */
static void read_ahead(const char *path)
{
    static char bytes[65536];
    int64_t left = AHEAD_BYTES_MAX;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    for (ssize_t got = 1; got > 0 && left > 0; left -= got)
        got = read(file, bytes, sizeof bytes);
    (void)close(file);
}

/* SW_ERROR_MALFORMED: damaged, or no database. */
static int open_file(struct store_database *database, const char *beginning, char *text, size_t text_size)
{
    int error = SW_OK;
    read_ahead(database->path);
    if (sqlite3_open_v2(database->path, &database->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
        error = sqlite_file_error(database->db, database->path, text, text_size);
    if (!error) error = store_schema_prepare(database->db, database->path, beginning, text, text_size);
    if (!error) error = prepare_statements(database, text, text_size);
    if (!error) error = load_trail_head(database, text, text_size);
    if (!error) error = check_pages(database, text, text_size);
    return error && sqlite_file_is_damaged(database->db) ? SW_ERROR_MALFORMED : error;
}

static uint32_t big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Whether a file that cannot be read as a database was a store: by its header (https://sqlite.org/fileformat.html §1.3)
 * or, if that is what is damaged, by the readings beside it. */
static bool is_ours(const char *path)
{
    static const char magic[] = "SQLite format 3";
    uint8_t header[72] = {0};
    char readings[READINGS_PATH_SIZE];
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    bool read = fread(header, sizeof header, 1, file) == 1;
    (void)fclose(file);
    if (read && memcmp(header, magic, sizeof magic) == 0)
        return big_endian(header + 68) == STORE_APPLICATION_ID && big_endian(header + 60) <= STORE_SCHEMA_VERSION;
    store_readings_path(path, readings, sizeof readings);
    return access(readings, F_OK) == 0;
}

static int begin_anew(struct store_database *database, char *text, size_t text_size)
{
    char why[STORE_TEXT_SIZE], beginning[STORE_TEXT_SIZE + 32];
    size_t named = strlen(database->path);
    bool is_named = strncmp(text, database->path, named) == 0 && text[named] == ':';
    (void)snprintf(why, sizeof why, "%s", is_named ? text + named + 2 : text);
    close_file(database);
    if (!sqlite_file_set_aside(database->path, why, &database->damage)) {
        (void)snprintf(text, text_size, "%s: is damaged and cannot be set aside (%s)", database->path, strerror(errno));
        return SW_ERROR_STORE;
    }
    (void)snprintf(beginning, sizeof beginning, "a new store: %s", database->damage.text);
    return open_file(database, beginning, text, text_size);
}

int store_database_open(struct store_database *database, const char *path, char *text, size_t text_size)
{
    *database = (struct store_database){.lock_file = -1};
    if ((size_t)snprintf(database->path, sizeof database->path, "%s", path) >= sizeof database->path) {
        snprintf(text, text_size, "%.60s...: the path is too long", path);
        return SW_ERROR_STORE;
    }
    /* Two daemons on one store would both publish its outbox. */
    int error = store_lock_take(path, &database->lock_file, text, text_size);
    if (!error) error = open_file(database, "a new store", text, text_size);
    if (error == SW_ERROR_MALFORMED && is_ours(path)) error = begin_anew(database, text, text_size);
    if (error) store_database_close(database);
    return error == SW_ERROR_MALFORMED ? SW_ERROR_STORE : error;
}

void store_database_close(struct store_database *database)
{
    close_file(database);
    if (database->lock_file >= 0) close(database->lock_file);
    database->lock_file = -1;
}

/* Runs a statement that gives no rows. */
static bool step_done(sqlite3_stmt *statement)
{
    bool done = sqlite3_step(statement) == SQLITE_DONE;
    /* The reset of a failed statement reports its error again; the connection keeps the text until then. */
    if (done) sqlite3_reset(statement);
    return done;
}

static bool write_snapshot(struct store_database *database, const struct store_batch *batch,
                           const struct batch_snapshot *snapshot)
{
    sqlite3_stmt *s = database->statements[snapshot->size > 0 ? STATEMENT_SNAPSHOT : STATEMENT_SNAPSHOT_REMOVE];
    sqlite3_bind_int(s, 1, snapshot->domain);
    sqlite3_bind_text(s, 2, snapshot->name, -1, SQLITE_STATIC);
    if (snapshot->size > 0) {
        sqlite3_bind_blob64(s, 3, snapshot->bytes, snapshot->size, SQLITE_STATIC);
        sqlite3_bind_int64(s, 4, batch->position + (int64_t)snapshot->readings);
    }
    return step_done(s);
}

static bool write_outbox(struct store_database *database, const struct batch_alert *row)
{
    sqlite3_stmt *s = database->statements[STATEMENT_OUTBOX_ADD];
    sqlite3_bind_text(s, 1, row->alert.id, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 2, row->alert.revision);
    sqlite3_bind_text(s, 3, row->topic, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 4, row->alert.subject, -1, SQLITE_STATIC);
    sqlite3_bind_int(s, 5, (int)row->alert.colour);
    if (!step_done(s)) return false;
    s = database->statements[STATEMENT_OUTBOX_TAKE_ALONG];
    sqlite3_bind_text(s, 1, row->alert.subject, -1, SQLITE_STATIC);
    sqlite3_bind_int(s, 2, (int)row->alert.colour);
    sqlite3_bind_int64(s, 3, sqlite3_last_insert_rowid(database->db));
    return step_done(s);
}

/* ---- the trail ---- */

/* The row as it stands in its table now. */
static bool read_content(struct store_database *database, enum store_statement statement, const char *about,
                         int64_t number, char content[STORE_HASH_SIZE])
{
    sqlite3_stmt *s = database->statements[statement];
    int64_t rows = 0;
    sqlite3_bind_text(s, 1, about, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 2, number);
    bool good = trail_content(s, &rows, content) && rows == 1;
    if (good) sqlite3_reset(s);
    return good;
}

#define STATE_TEXT_SIZE 64

static void describe_state(enum sw_alert_state state, enum sw_colour colour, char text[STATE_TEXT_SIZE])
{
    (void)snprintf(text, STATE_TEXT_SIZE, "%s %s", sw_alert_state_name(state), sw_colour_name(colour));
}

/* "" when the store has no revision before this one. */
static bool read_state_before(struct store_database *database, const struct sw_alert *alert, char text[STATE_TEXT_SIZE])
{
    sqlite3_stmt *s = database->statements[STATEMENT_ALERT_WAS];
    text[0] = '\0';
    sqlite3_bind_text(s, 1, alert->id, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 2, (int64_t)alert->revision - 1);
    int result = sqlite3_step(s);
    if (result == SQLITE_ROW)
        describe_state((enum sw_alert_state)sqlite3_column_int(s, 0), (enum sw_colour)sqlite3_column_int(s, 1), text);
    if (result != SQLITE_ROW && result != SQLITE_DONE) return false;
    sqlite3_reset(s);
    return true;
}

static bool trail_alert(struct store_database *database, const struct sw_alert *alert, struct store_trail_head *head)
{
    char was[STATE_TEXT_SIZE], became[STATE_TEXT_SIZE], content[STORE_HASH_SIZE];
    describe_state(alert->state, alert->colour, became);
    struct trail_row row = {
        .time_ms = alert->updated_at.ms,
        .who = alert->actor,
        .about = alert->id,
        .number = alert->revision,
        .was = was,
        .became = became,
        .why = alert->note[0] != '\0' ? alert->note : sw_alert_rule_name(alert->evidence.rule),
        .content = content,
    };
    return read_state_before(database, alert, was) &&
           read_content(database, STATEMENT_TRAIL_ALERT, alert->id, alert->revision, content) &&
           trail_add(database->statements[STATEMENT_TRAIL_ADD], TRAIL_ALERT, row, head);
}

static bool trail_feedback(struct store_database *database, const struct store_feedback *feedback,
                           struct store_trail_head *head)
{
    char content[STORE_HASH_SIZE];
    struct trail_row row = {
        .time_ms = feedback->time.ms,
        .who = feedback->by,
        .about = feedback->alert_id,
        .number = sqlite3_last_insert_rowid(database->db),
        .was = "",
        .became = sw_outcome_name(feedback->outcome),
        .why = feedback->note,
        .content = content,
    };
    return read_content(database, STATEMENT_TRAIL_FEEDBACK, feedback->alert_id, row.number, content) &&
           trail_add(database->statements[STATEMENT_TRAIL_ADD], TRAIL_FEEDBACK, row, head);
}

static bool trail_command(struct store_database *database, const struct store_command *command,
                          struct store_trail_head *head)
{
    struct trail_row row = {
        .time_ms = command->time.ms,
        .who = command->by,
        .about = command->about,
        .was = "",
        .became = command->text,
        .why = command->note,
        .content = "",
    };
    return trail_add(database->statements[STATEMENT_TRAIL_ADD], TRAIL_COMMAND, row, head);
}

/* A revision that is there already has had its outbox row: it is not published twice. */
static bool write_alert(struct store_database *database, const struct batch_alert *row, struct store_written *written)
{
    const struct sw_alert *alert = &row->alert;
    sqlite3_stmt *s = database->statements[STATEMENT_ALERT];
    sqlite3_bind_text(s, 1, alert->id, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 2, alert->revision);
    sqlite3_bind_int(s, 3, (int)alert->kind);
    sqlite3_bind_int(s, 4, (int)alert->state);
    sqlite3_bind_int(s, 5, (int)alert->colour);
    sqlite3_bind_int(s, 6, (int)alert->peak);
    sqlite3_bind_text(s, 7, alert->subject, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 8, alert->onset.ms);
    sqlite3_bind_int64(s, 9, alert->raised_at.ms);
    sqlite3_bind_int64(s, 10, alert->updated_at.ms);
    sqlite3_bind_int(s, 11, (int)alert->evidence.rule);
    sqlite3_bind_text(s, 12, alert->actor, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 13, alert->note, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 14, row->payload, -1, SQLITE_STATIC);
    if (!step_done(s)) return false;
    if (sqlite3_changes(database->db) == 0) {
        written->duplicates++;
        return true;
    }
    if (!write_outbox(database, row)) return false;
    written->outbox_added++;
    written->kept_bytes += KEPT_ROW_BYTES + strlen(row->payload);
    written->outbox_newest = sqlite3_last_insert_rowid(database->db);
    return trail_alert(database, alert, &written->trail);
}

static bool write_feedback(struct store_database *database, struct batch_feedback *row, struct store_written *written)
{
    const struct store_feedback *feedback = &row->feedback;
    sqlite3_stmt *s = database->statements[STATEMENT_FEEDBACK];
    sqlite3_bind_text(s, 1, feedback->alert_id, -1, SQLITE_STATIC);
    sqlite3_bind_int(s, 2, (int)feedback->outcome);
    sqlite3_bind_text(s, 3, feedback->by, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 4, feedback->note, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 5, feedback->time.ms);
    if (!step_done(s)) return false;
    row->stored = sqlite3_changes(database->db) > 0;
    return !row->stored || trail_feedback(database, feedback, &written->trail);
}

static bool write_report(struct store_database *database, const struct store_report *report)
{
    sqlite3_stmt *s = database->statements[STATEMENT_REPORT];
    sqlite3_bind_text(s, 1, report->id, -1, SQLITE_STATIC);
    sqlite3_bind_int(s, 2, (int)report->source);
    sqlite3_bind_int(s, 3, (int)report->kind);
    sqlite3_bind_int(s, 4, (int)report->colour);
    sqlite3_bind_text(s, 5, report->by, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 6, report->portal, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 7, report->time.ms);
    sqlite3_bind_int64(s, 8, report->received.ms);
    sqlite3_bind_double(s, 9, report->latitude);
    sqlite3_bind_double(s, 10, report->longitude);
    sqlite3_bind_text(s, 11, report->grid, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 12, report->text, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 13, report->alert_id, -1, SQLITE_STATIC);
    return step_done(s);
}

static bool set_number(struct store_database *database, enum store_statement statement, int64_t number)
{
    sqlite3_bind_int64(database->statements[statement], 1, number);
    return step_done(database->statements[statement]);
}

static bool write_last_time(struct store_database *database, const struct store_batch *batch)
{
    int64_t last = 0;
    for (size_t i = 0; i < batch->alert_count; i++)
        if (batch->alerts[i].alert.updated_at.ms > last) last = batch->alerts[i].alert.updated_at.ms;
    return last == 0 || set_number(database, STATEMENT_LAST_TIME_SET, last);
}

static bool write_batch(struct store_database *database, struct store_batch *batch, struct store_written *written)
{
    bool good = batch->checkpoint == 0 || set_number(database, STATEMENT_CHECKPOINT_SET, batch->checkpoint);
    for (size_t i = 0; good && i < batch->snapshot_count; i++)
        good = write_snapshot(database, batch, &batch->snapshots[i]);
    for (size_t i = 0; good && i < batch->alert_count; i++)
        good = write_alert(database, &batch->alerts[i], written);
    /* After the alerts: one may be about a revision of the same batch. */
    for (size_t i = 0; good && i < batch->feedback_count; i++)
        good = write_feedback(database, &batch->feedback[i], written);
    for (size_t i = 0; good && i < batch->report_count; i++)
        good = write_report(database, &batch->reports[i]);
    for (size_t i = 0; good && i < batch->command_count; i++)
        good = trail_command(database, &batch->commands[i], &written->trail);
    return good && write_last_time(database, batch);
}

static bool remove_row(struct store_database *database, const struct store_done *done, struct store_written *written)
{
    sqlite3_stmt *s = database->statements[done->id ? STATEMENT_OUTBOX_REMOVE : STATEMENT_OUTBOX_REMOVE_REVISION];
    if (done->id) {
        sqlite3_bind_int64(s, 1, done->id);
    } else {
        sqlite3_bind_text(s, 1, done->alert_id, -1, SQLITE_STATIC);
        sqlite3_bind_int64(s, 2, done->revision);
    }
    if (!step_done(s)) return false;
    *(sqlite3_changes(database->db) ? &written->outbox_removed : &written->unknown_done) += 1;
    return true;
}

static bool remove_done(struct store_database *database, const struct store_done *done, size_t count,
                        struct store_written *written)
{
    bool good = true;
    for (size_t i = 0; good && i < count; i++)
        good = remove_row(database, &done[i], written);
    return good;
}

/* Ends a transaction that has failed, and says why it did. */
static int take_back(struct store_database *database, char *text, size_t text_size)
{
    if (sqlite_file_is_damaged(database->db) && database->damage.text[0] == '\0') {
        database->damage.count++;
        (void)snprintf(database->damage.text, sizeof database->damage.text,
                       "%.150s is damaged (%.150s) and nothing can be stored: the next start sets it aside",
                       database->path, sqlite3_errmsg(database->db));
    }
    int error = sqlite_file_error(database->db, database->path, text, text_size);
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_reset(database->statements[i]);
    /* Some errors (a full disk among them) have ended the transaction already. */
    if (!sqlite3_get_autocommit(database->db)) {
        sqlite3_step(database->statements[STATEMENT_ROLLBACK]);
        sqlite3_reset(database->statements[STATEMENT_ROLLBACK]);
    }
    /* The WAL is emptied at its usual length only, and a small disk may be full before: what it holds goes into the
     * database now, so that the next try finds its room. */
    if (error == SW_ERROR_STORE_FULL)
        (void)sqlite3_wal_checkpoint_v2(database->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    return error;
}

bool store_database_empty_wal(struct store_database *database, int wait_ms)
{
    sqlite3_busy_timeout(database->db, wait_ms);
    int result = sqlite3_wal_checkpoint_v2(database->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    sqlite3_busy_timeout(database->db, STORE_BUSY_TIMEOUT_MS);
    return result == SQLITE_OK;
}

bool store_database_concerns(const struct store_batch *batch)
{
    return batch->snapshot_count + batch->alert_count + batch->feedback_count + batch->report_count +
                   batch->command_count >
               0 ||
           batch->checkpoint != 0;
}

int store_database_write(struct store_database *database, struct store_batch *batch, const struct store_done *done,
                         size_t done_count, struct store_written *written, char *text, size_t text_size)
{
    *written = (struct store_written){.trail = database->trail};
    /* First what is done: new rows do not stand in line with it. */
    if (step_done(database->statements[STATEMENT_BEGIN]) && remove_done(database, done, done_count, written) &&
        (!batch || write_batch(database, batch, written)) && step_done(database->statements[STATEMENT_COMMIT])) {
        database->trail = written->trail;
        return SW_OK;
    }
    *written = (struct store_written){0};
    return take_back(database, text, text_size);
}

static bool is_among(const struct store_outbox_row *row, const struct store_done *done, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (done[i].id ? done[i].id == row->id
                       : done[i].revision == row->revision && strcmp(done[i].alert_id, row->alert_id) == 0)
            return true;
    return false;
}

static void name_row(sqlite3_stmt *statement, struct store_outbox_row *row)
{
    row->id = sqlite3_column_int64(statement, 0);
    row->revision = (uint32_t)sqlite3_column_int64(statement, 2);
    row->place = sqlite3_column_int64(statement, 5);
    snprintf(row->alert_id, sizeof row->alert_id, "%s", (const char *)sqlite3_column_text(statement, 1));
}

static bool copy_row(sqlite3_stmt *statement, struct store_outbox_row *row)
{
    row->topic = strdup((const char *)sqlite3_column_text(statement, 3));
    row->payload = strdup((const char *)sqlite3_column_text(statement, 4));
    return row->topic && row->payload;
}

static void read_earlier(struct store_database *database, struct store_outbox_row *row)
{
    sqlite3_stmt *s = database->statements[STATEMENT_EARLIER];
    if (row->revision == 1) return;
    sqlite3_bind_text(s, 1, row->alert_id, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 2, row->revision);
    while (sqlite3_step(s) == SQLITE_ROW)
        row->earlier[row->earlier_count++] =
            (struct store_earlier){(uint32_t)sqlite3_column_int64(s, 0), {sqlite3_column_int64(s, 1)}};
    sqlite3_reset(s);
}

static int read_stretch(struct store_database *database, const struct store_wanted *wanted, size_t stretch,
                        const struct store_done *done, size_t done_count, struct store_rows *rows)
{
    sqlite3_stmt *s = database->statements[STATEMENT_OUTBOX_READ];
    const struct store_outbox_stretch *part = &wanted->stretches[stretch];
    sqlite3_bind_int(s, 1, (int)part->colour);
    sqlite3_bind_int64(s, 2, part->after.place);
    sqlite3_bind_int64(s, 3, part->after.id);
    sqlite3_bind_int64(s, 4, part->until);
    int error = SW_OK;
    while (!error && rows->count < wanted->limit && sqlite3_step(s) == SQLITE_ROW) {
        struct store_outbox_row *row = &rows->rows[rows->count];
        name_row(s, row);
        row->stretch = stretch;
        if (is_among(row, done, done_count)) continue;
        if (!copy_row(s, row)) error = SW_ERROR_NO_SPACE;
        read_earlier(database, row);
        rows->count++;
    }
    sqlite3_reset(s);
    return error;
}

int store_database_read_outbox(struct store_database *database, const struct store_wanted *wanted,
                               const struct store_done *done, size_t done_count, struct store_rows *rows)
{
    rows->count = 0;
    rows->rows = calloc(wanted->limit ? wanted->limit : 1, sizeof *rows->rows);
    if (!rows->rows) return SW_ERROR_NO_SPACE;
    int error = SW_OK;
    for (size_t i = 0; !error && i < wanted->count && rows->count < wanted->limit; i++)
        error = read_stretch(database, wanted, i, done, done_count, rows);
    return error;
}

void store_rows_free(struct store_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        /* The port shows them as const; they came from strdup above. */
        free((void *)(uintptr_t)rows->rows[i].topic);
        free((void *)(uintptr_t)rows->rows[i].payload);
    }
    free(rows->rows);
    *rows = (struct store_rows){0};
}

size_t store_database_load_snapshot(struct store_database *database, int domain, const char *subject, uint8_t *bytes,
                                    size_t size, int64_t *position)
{
    sqlite3_stmt *s = database->statements[STATEMENT_SNAPSHOT_LOAD];
    size_t written = 0;
    sqlite3_bind_int(s, 1, domain);
    sqlite3_bind_text(s, 2, subject, -1, SQLITE_TRANSIENT);
    if (sqlite3_step(s) == SQLITE_ROW) {
        size_t stored = (size_t)sqlite3_column_bytes(s, 0);
        if (stored <= size && stored > 0) {
            memcpy(bytes, sqlite3_column_blob(s, 0), stored);
            if (position) *position = sqlite3_column_int64(s, 1);
            written = stored;
        }
    }
    sqlite3_reset(s);
    return written;
}

static void copy_column(sqlite3_stmt *s, int column, char *out, size_t size)
{
    const char *text = (const char *)sqlite3_column_text(s, column);
    snprintf(out, size, "%s", text ? text : "");
}

void store_database_each_open_alert(struct store_database *database, void *ctx,
                                    void (*each)(void *ctx, const struct sw_alert *alert, const char *body))
{
    sqlite3_stmt *s = database->statements[STATEMENT_OPEN_ALERTS];
    while (sqlite3_step(s) == SQLITE_ROW) {
        struct sw_alert alert = {.revision = (uint32_t)sqlite3_column_int64(s, 1),
                                 .kind = (enum sw_alert_kind)sqlite3_column_int(s, 2),
                                 .state = (enum sw_alert_state)sqlite3_column_int(s, 3),
                                 .colour = (enum sw_colour)sqlite3_column_int(s, 4),
                                 .peak = (enum sw_colour)sqlite3_column_int(s, 5),
                                 .onset.ms = sqlite3_column_int64(s, 7),
                                 .raised_at.ms = sqlite3_column_int64(s, 8),
                                 .updated_at.ms = sqlite3_column_int64(s, 9)};
        alert.evidence.rule = (enum sw_alert_rule)sqlite3_column_int(s, 10);
        alert.drill = alert.evidence.rule == SW_ALERT_RULE_DRILL;
        copy_column(s, 0, alert.id, sizeof alert.id);
        copy_column(s, 6, alert.subject, sizeof alert.subject);
        copy_column(s, 11, alert.actor, sizeof alert.actor);
        copy_column(s, 12, alert.note, sizeof alert.note);
        const char *body = (const char *)sqlite3_column_text(s, 13);
        if (body) each(ctx, &alert, body);
    }
    sqlite3_reset(s);
}

void store_database_each_report(struct store_database *database, int64_t since_ms, void *ctx,
                                void (*each)(void *ctx, const struct store_report *report))
{
    sqlite3_stmt *s = database->statements[STATEMENT_REPORTS];
    sqlite3_bind_int64(s, 1, since_ms);
    while (sqlite3_step(s) == SQLITE_ROW) {
        struct store_report report = {.source = (enum sw_report_source)sqlite3_column_int(s, 1),
                                      .kind = (enum sw_report_kind)sqlite3_column_int(s, 2),
                                      .colour = (enum sw_colour)sqlite3_column_int(s, 3),
                                      .time.ms = sqlite3_column_int64(s, 6),
                                      .received.ms = sqlite3_column_int64(s, 7),
                                      .latitude = sqlite3_column_double(s, 8),
                                      .longitude = sqlite3_column_double(s, 9)};
        copy_column(s, 0, report.id, sizeof report.id);
        copy_column(s, 4, report.by, sizeof report.by);
        copy_column(s, 5, report.portal, sizeof report.portal);
        copy_column(s, 10, report.grid, sizeof report.grid);
        copy_column(s, 11, report.text, sizeof report.text);
        copy_column(s, 12, report.alert_id, sizeof report.alert_id);
        each(ctx, &report);
    }
    sqlite3_reset(s);
}

int64_t store_database_number(struct store_database *database, enum store_statement statement)
{
    sqlite3_stmt *s = database->statements[statement];
    int64_t number = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    return number;
}
