#include "adapters/store_sqlite/store_audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/store_sqlite/sqlite_file.h"
#include "adapters/store_sqlite/store_schema.h"
#include "stillwater/error.h"

static const char all_rows[] = "SELECT " TRAIL_COLUMNS " FROM trail ORDER BY sequence";
static const char rows_about[] = "SELECT " TRAIL_COLUMNS " FROM trail WHERE about = ? ORDER BY sequence";

struct verifier {
    sqlite3 *db;
    sqlite3_stmt *rows;
    sqlite3_stmt *contents[TRAIL_EVENT_COUNT]; /* NULL where an event has none */
    const struct store_trail_head *told;
    struct store_audit *audit;
    /* Of the first row; checked last, or every row that is missing would be taken for one that never was. */
    int64_t before;
    char content_before[STORE_HASH_SIZE];
    /* Rows that were emptied, and those that a later row says were. */
    int64_t emptied, accounted;
};

static int open_store(const char *path, sqlite3 **db, char *text, size_t text_size)
{
    int error = SW_OK;
    if (sqlite3_open_v2(path, db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        error = sqlite_file_error(*db, path, text, text_size);
    if (!error) error = store_schema_check(*db, path, text, text_size);
    if (!error && !sqlite_file_run(*db, "BEGIN")) error = sqlite_file_error(*db, path, text, text_size);
    return error;
}

/* ---- verify ---- */

static void note_fault(struct store_audit *audit, int64_t sequence, const char *what, const char *expected,
                       const char *found)
{
    audit->broken = true;
    audit->fault.sequence = sequence;
    (void)snprintf(audit->fault.what, sizeof audit->fault.what, "%s", what);
    (void)snprintf(audit->fault.expected, sizeof audit->fault.expected, "%s", expected);
    (void)snprintf(audit->fault.found, sizeof audit->fault.found, "%s", found);
}

static void note_number_fault(struct store_audit *audit, int64_t sequence, const char *what, int64_t expected,
                              int64_t found)
{
    char numbers[2][24];
    (void)snprintf(numbers[0], sizeof numbers[0], "%" PRId64, expected);
    (void)snprintf(numbers[1], sizeof numbers[1], "%" PRId64, found);
    note_fault(audit, sequence, what, numbers[0], numbers[1]);
}

/* Each check notes a fault, and returns false when the file could not be read. */

static bool check_content(struct verifier *verifier, sqlite3_stmt *statement, const struct trail_row *row)
{
    char content[STORE_HASH_SIZE];
    int64_t count;
    sqlite3_bind_text(statement, 1, row->about, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, row->number);
    bool read = trail_content(statement, &count, content);
    sqlite3_reset(statement);
    if (!read) return false;
    bool of_emptied = statement == verifier->contents[TRAIL_ERASE];
    if (of_emptied) verifier->accounted += count;
    /* Of a home without alerts no row of the trail was emptied. */
    if (count == 0 && !of_emptied)
        note_fault(verifier->audit, row->sequence, row->event, row->content, "no such row in its table");
    else if (strcmp(content, row->content) != 0)
        note_fault(verifier->audit, row->sequence, row->event, row->content, content);
    return true;
}

/* What had to be there before the trail: as its first row says, and after rows were taken out as that says. */
static void note_before(struct verifier *verifier, enum trail_event event, const struct trail_row *row)
{
    if (event != TRAIL_BEGIN && event != TRAIL_ERASE) return;
    verifier->before = event == TRAIL_BEGIN ? row->number : strtoll(row->became, NULL, 10);
    (void)snprintf(verifier->content_before, sizeof verifier->content_before, "%s",
                   event == TRAIL_BEGIN ? row->content : row->was);
}

static void check_hash(struct verifier *verifier, const struct trail_row *row, const char *stored, const char *hash)
{
    const struct store_trail_head *told = verifier->told;
    if (strcmp(stored, hash) != 0)
        note_fault(verifier->audit, row->sequence, "hash", hash, stored);
    else if (told && told->sequence == row->sequence && strcmp(told->hash, stored) != 0)
        note_fault(verifier->audit, row->sequence, "hash, as told elsewhere", told->hash, stored);
}

static bool check_row(struct verifier *verifier)
{
    struct store_audit *audit = verifier->audit;
    struct trail_row row = trail_row_of(verifier->rows);
    const char *stored = (const char *)sqlite3_column_text(verifier->rows, TRAIL_COLUMN_HASH);
    enum trail_event event = trail_event_from_name(row.event);
    char hash[STORE_HASH_SIZE];
    if (!stored || !trail_hash(&row, audit->head.hash, hash)) return false;
    /* What it was made of is gone. The row after it holds it, and the row that tells of the erasure. */
    if (event == TRAIL_ERASED) (void)snprintf(hash, sizeof hash, "%s", stored);
    verifier->emptied += event == TRAIL_ERASED;
    bool read = true;
    if (row.sequence != audit->head.sequence + 1)
        note_number_fault(audit, audit->head.sequence + 1, "sequence", audit->head.sequence + 1, row.sequence);
    if (!audit->broken) check_hash(verifier, &row, stored, hash);
    if (!audit->broken && event == TRAIL_EVENT_COUNT)
        note_fault(audit, row.sequence, "event", "begin, alert, feedback, command, erase or erased", row.event);
    if (!audit->broken && (event == TRAIL_BEGIN) != (row.sequence == 1))
        note_fault(audit, row.sequence, "event", row.sequence == 1 ? "begin" : "begin in the first row only",
                   row.event);
    if (!audit->broken) note_before(verifier, event, &row);
    if (!audit->broken && verifier->contents[event]) read = check_content(verifier, verifier->contents[event], &row);
    if (!read || audit->broken) return read;
    if (audit->rows == 0) audit->first = sw_wall_from_ms(row.time_ms);
    audit->last = sw_wall_from_ms(row.time_ms);
    audit->rows++;
    audit->head.sequence = row.sequence;
    memcpy(audit->head.hash, hash, sizeof hash);
    return true;
}

static bool check_before(struct verifier *verifier)
{
    char content[STORE_HASH_SIZE];
    struct store_audit *audit = verifier->audit;
    if (!trail_content_before(verifier->db, &audit->before, content)) return false;
    if (audit->before != verifier->before)
        note_number_fault(audit, 1, "number of revisions and feedback that no row speaks for", verifier->before,
                          audit->before);
    else if (strcmp(content, verifier->content_before) != 0)
        note_fault(audit, 1, "revisions and feedback from before the trail", verifier->content_before, content);
    return true;
}

static void check_end(struct verifier *verifier)
{
    const struct store_trail_head *told = verifier->told;
    struct store_audit *audit = verifier->audit;
    char found[STORE_AUDIT_VALUE_SIZE];
    (void)snprintf(found, sizeof found, "no such row: the trail ends at row %" PRId64, audit->head.sequence);
    if (audit->rows == 0)
        note_fault(audit, 1, "event", "begin", found);
    else if (verifier->emptied != verifier->accounted)
        note_number_fault(audit, audit->head.sequence, "number of rows that were emptied", verifier->accounted,
                          verifier->emptied);
    else if (told && told->sequence > audit->head.sequence)
        note_fault(audit, told->sequence, "hash, as told elsewhere", told->hash, found);
}

static bool prepare(struct verifier *verifier)
{
    bool good = sqlite3_prepare_v2(verifier->db, all_rows, -1, &verifier->rows, NULL) == SQLITE_OK;
    for (int event = 0; good && event < TRAIL_EVENT_COUNT; event++) {
        const char *sql = trail_content_sql((enum trail_event)event);
        good = !sql || sqlite3_prepare_v2(verifier->db, sql, -1, &verifier->contents[event], NULL) == SQLITE_OK;
    }
    return good;
}

static bool check_all(struct verifier *verifier)
{
    int result = SQLITE_DONE;
    bool read = true;
    while (read && !verifier->audit->broken && (result = sqlite3_step(verifier->rows)) == SQLITE_ROW)
        read = check_row(verifier);
    if (!read || (!verifier->audit->broken && result != SQLITE_DONE)) return false;
    if (!verifier->audit->broken) check_end(verifier);
    return verifier->audit->broken || check_before(verifier);
}

int store_audit_verify(const char *path, const struct store_trail_head *told, struct store_audit *audit, char *text,
                       size_t text_size)
{
    struct verifier verifier = {.told = told, .audit = audit};
    *audit = (struct store_audit){.rows = 0};
    int error = open_store(path, &verifier.db, text, text_size);
    if (!error && !(prepare(&verifier) && check_all(&verifier)))
        error = sqlite_file_error(verifier.db, path, text, text_size);
    sqlite3_finalize(verifier.rows);
    for (int event = 0; event < TRAIL_EVENT_COUNT; event++)
        sqlite3_finalize(verifier.contents[event]);
    sqlite3_close(verifier.db);
    return error;
}

/* ---- show ---- */

int store_audit_each(const char *path, const char *about, void *ctx,
                     void (*each)(void *ctx, const struct trail_row *row), char *text, size_t text_size)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    int error = open_store(path, &db, text, text_size);
    int result = SQLITE_DONE;
    if (!error && sqlite3_prepare_v2(db, rows_about, -1, &statement, NULL) == SQLITE_OK) {
        sqlite3_bind_text(statement, 1, about, -1, SQLITE_STATIC);
        while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
            struct trail_row row = trail_row_of(statement);
            each(ctx, &row);
        }
    }
    if (!error && (!statement || result != SQLITE_DONE)) error = sqlite_file_error(db, path, text, text_size);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return error;
}
