#include "adapters/store_sqlite/store_trail.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

/* In the order of the table's columns: what is hashed is the whole row. */
#define ALERT_COLUMNS                                                                                                  \
    "alert_id, revision, kind, state, colour, peak, subject, onset_ms, raised_at_ms, updated_at_ms, rule, actor, "     \
    "note, "                                                                                                           \
    "body"
#define FEEDBACK_COLUMNS "id, alert_id, kind, rule, subject, outcome, actor, note, time_ms"

static const struct {
    const char *name, *content;
} events[TRAIL_EVENT_COUNT] = {
    [TRAIL_BEGIN] = {"begin", NULL},
    [TRAIL_ALERT] = {"alert", "SELECT " ALERT_COLUMNS " FROM alerts WHERE alert_id = ? AND revision = ?"},
    [TRAIL_FEEDBACK] = {"feedback", "SELECT " FEEDBACK_COLUMNS " FROM feedback WHERE alert_id = ? AND id = ?"},
    [TRAIL_COMMAND] = {"command", NULL},
    [TRAIL_ERASED] = {"erased", NULL},
    [TRAIL_ERASE] = {"erase", "SELECT sequence, hash FROM trail WHERE event = 'erased' AND about = ? AND number = ?"
                              " ORDER BY sequence"},
};

static const char *const before[] = {
    "SELECT " ALERT_COLUMNS " FROM alerts WHERE NOT EXISTS (SELECT 1 FROM trail WHERE event = 'alert'"
    " AND about = alerts.alert_id AND number = alerts.revision) ORDER BY alert_id, revision",
    "SELECT " FEEDBACK_COLUMNS " FROM feedback WHERE NOT EXISTS (SELECT 1 FROM trail WHERE event = 'feedback'"
    " AND about = feedback.alert_id AND number = feedback.id) ORDER BY id",
};

enum trail_event trail_event_from_name(const char *name)
{
    int event = 0;
    while (event < TRAIL_EVENT_COUNT && strcmp(events[event].name, name) != 0)
        event++;
    return (enum trail_event)event;
}

const char *trail_content_sql(enum trail_event event)
{
    return events[event].content;
}

/* ---- digests ---- */

/* A netstring: neither a field's end nor its absence can be mistaken, whatever stands in it. */
static bool add_field(EVP_MD_CTX *digest, const void *bytes, size_t size)
{
    char length[32];
    int digits = snprintf(length, sizeof length, "%zu:", size);
    return EVP_DigestUpdate(digest, length, (size_t)digits) && EVP_DigestUpdate(digest, bytes, size) &&
           EVP_DigestUpdate(digest, ",", 1);
}

static bool add_text(EVP_MD_CTX *digest, const char *text)
{
    return add_field(digest, text, strlen(text));
}

static bool add_number(EVP_MD_CTX *digest, int64_t number)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%" PRId64, number);
    return add_text(digest, text);
}

static EVP_MD_CTX *digest_new(void)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    if (digest && EVP_DigestInit_ex(digest, EVP_sha256(), NULL)) return digest;
    EVP_MD_CTX_free(digest);
    return NULL;
}

static bool digest_end(EVP_MD_CTX *digest, bool good, char hash[STORE_HASH_SIZE])
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    good = good && EVP_DigestFinal_ex(digest, bytes, &size) && 2 * size + 1 == STORE_HASH_SIZE;
    for (unsigned i = 0; good && i < size; i++)
        (void)snprintf(hash + (size_t)2 * i, 3, "%02x", bytes[i]);
    EVP_MD_CTX_free(digest);
    return good;
}

static bool add_rows(EVP_MD_CTX *digest, sqlite3_stmt *statement, int64_t *count)
{
    bool good = true;
    int result = SQLITE_DONE;
    while (good && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        for (int i = 0; good && i < sqlite3_column_count(statement); i++) {
            const unsigned char *text = sqlite3_column_text(statement, i);
            good = text && add_field(digest, text, (size_t)sqlite3_column_bytes(statement, i));
        }
        *count += 1;
    }
    return good && result == SQLITE_DONE;
}

bool trail_content(sqlite3_stmt *statement, int64_t *count, char hash[STORE_HASH_SIZE])
{
    *count = 0;
    EVP_MD_CTX *digest = digest_new();
    bool good = digest && add_rows(digest, statement, count);
    return digest_end(digest, good, hash);
}

bool trail_content_before(sqlite3 *db, int64_t *count, char hash[STORE_HASH_SIZE])
{
    *count = 0;
    EVP_MD_CTX *digest = digest_new();
    bool good = digest != NULL;
    for (size_t i = 0; good && i < sizeof before / sizeof before[0]; i++) {
        sqlite3_stmt *statement = NULL;
        good =
            sqlite3_prepare_v2(db, before[i], -1, &statement, NULL) == SQLITE_OK && add_rows(digest, statement, count);
        sqlite3_finalize(statement);
    }
    return digest_end(digest, good, hash);
}

bool trail_hash(const struct trail_row *row, const char *previous, char hash[STORE_HASH_SIZE])
{
    EVP_MD_CTX *digest = digest_new();
    bool good = digest && add_text(digest, previous) && add_number(digest, row->sequence) &&
                add_number(digest, row->time_ms) && add_text(digest, row->who) && add_text(digest, row->event) &&
                add_text(digest, row->about) && add_number(digest, row->number) && add_text(digest, row->was) &&
                add_text(digest, row->became) && add_text(digest, row->why) && add_text(digest, row->content);
    return digest_end(digest, good, hash);
}

/* ---- rows ---- */

static const char *text_of(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return text ? text : "";
}

struct trail_row trail_row_of(sqlite3_stmt *statement)
{
    return (struct trail_row){.sequence = sqlite3_column_int64(statement, 0),
                              .time_ms = sqlite3_column_int64(statement, 1),
                              .who = text_of(statement, 2),
                              .event = text_of(statement, 3),
                              .about = text_of(statement, 4),
                              .number = sqlite3_column_int64(statement, 5),
                              .was = text_of(statement, 6),
                              .became = text_of(statement, 7),
                              .why = text_of(statement, 8),
                              .content = text_of(statement, 9)};
}

bool trail_add(sqlite3_stmt *add, enum trail_event event, struct trail_row row, struct store_trail_head *head)
{
    struct store_trail_head next = {.sequence = head->sequence + 1};
    row.sequence = next.sequence;
    row.event = events[event].name;
    if (!trail_hash(&row, head->hash, next.hash)) return false;
    sqlite3_bind_int64(add, 1, row.sequence);
    sqlite3_bind_int64(add, 2, row.time_ms);
    sqlite3_bind_text(add, 3, row.who, -1, SQLITE_STATIC);
    sqlite3_bind_text(add, 4, row.event, -1, SQLITE_STATIC);
    sqlite3_bind_text(add, 5, row.about, -1, SQLITE_STATIC);
    sqlite3_bind_int64(add, 6, row.number);
    sqlite3_bind_text(add, 7, row.was, -1, SQLITE_STATIC);
    sqlite3_bind_text(add, 8, row.became, -1, SQLITE_STATIC);
    sqlite3_bind_text(add, 9, row.why, -1, SQLITE_STATIC);
    sqlite3_bind_text(add, 10, row.content, -1, SQLITE_STATIC);
    sqlite3_bind_text(add, 11, next.hash, -1, SQLITE_STATIC);
    /* The reset of a failed statement reports its error again; the connection keeps the text until then. */
    if (sqlite3_step(add) != SQLITE_DONE) return false;
    sqlite3_reset(add);
    sqlite3_clear_bindings(add);
    *head = next;
    return true;
}

static int64_t clock_ms(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    int64_t ms = 0;
    if (sqlite3_prepare_v2(db, "SELECT unixepoch() * 1000", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        ms = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return ms;
}

bool trail_begin(sqlite3 *db, const char *why)
{
    char content[STORE_HASH_SIZE];
    struct trail_row row = {
        .time_ms = clock_ms(db), .who = "", .about = "", .was = "", .became = "", .why = why, .content = content};
    struct store_trail_head head = {.sequence = 0};
    sqlite3_stmt *add = NULL;
    bool good = trail_content_before(db, &row.number, content) &&
                sqlite3_prepare_v2(db, TRAIL_ADD_SQL, -1, &add, NULL) == SQLITE_OK &&
                trail_add(add, TRAIL_BEGIN, row, &head);
    sqlite3_finalize(add);
    return good;
}

/* ---- what is emptied ---- */

static bool find_head(sqlite3 *db, struct store_trail_head *head)
{
    sqlite3_stmt *statement = NULL;
    bool good = sqlite3_prepare_v2(db, "SELECT sequence, hash FROM trail ORDER BY sequence DESC LIMIT 1", -1,
                                   &statement, NULL) == SQLITE_OK &&
                sqlite3_step(statement) == SQLITE_ROW;
    if (good) {
        head->sequence = sqlite3_column_int64(statement, 0);
        (void)snprintf(head->hash, sizeof head->hash, "%s", text_of(statement, 1));
    }
    sqlite3_finalize(statement);
    return good;
}

bool trail_empty(sqlite3 *db, const char *where, const char *home, int64_t *erase)
{
    char sql[512];
    struct store_trail_head head;
    sqlite3_stmt *statement = NULL;
    (void)snprintf(sql, sizeof sql,
                   "UPDATE trail SET who = '', event = 'erased', about = '', number = ?2, was = '', became = '',"
                   " why = '', content = '' WHERE %s",
                   where);
    bool good = find_head(db, &head) && sqlite3_exec(db, TRAIL_GUARDS_OFF, NULL, NULL, NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK;
    if (good) {
        *erase = head.sequence + 1;
        sqlite3_bind_text(statement, 1, home, -1, SQLITE_STATIC);
        sqlite3_bind_int64(statement, 2, *erase);
        good = sqlite3_step(statement) == SQLITE_DONE;
    }
    sqlite3_finalize(statement);
    return good && sqlite3_exec(db, TRAIL_GUARDS, NULL, NULL, NULL) == SQLITE_OK;
}

static bool digest_erased(sqlite3 *db, int64_t erase, char content[STORE_HASH_SIZE])
{
    sqlite3_stmt *statement = NULL;
    int64_t count;
    bool good = sqlite3_prepare_v2(db, events[TRAIL_ERASE].content, -1, &statement, NULL) == SQLITE_OK;
    if (good) {
        sqlite3_bind_text(statement, 1, "", -1, SQLITE_STATIC);
        sqlite3_bind_int64(statement, 2, erase);
        good = trail_content(statement, &count, content);
    }
    sqlite3_finalize(statement);
    return good;
}

bool trail_say_erased(sqlite3 *db, int64_t erase, const char *by, const char *why)
{
    char content[STORE_HASH_SIZE], left[STORE_HASH_SIZE], left_count[24];
    int64_t count;
    struct store_trail_head head;
    sqlite3_stmt *add = NULL;
    bool good = find_head(db, &head) && digest_erased(db, erase, content) && trail_content_before(db, &count, left) &&
                sqlite3_prepare_v2(db, TRAIL_ADD_SQL, -1, &add, NULL) == SQLITE_OK;
    (void)snprintf(left_count, sizeof left_count, "%" PRId64, good ? count : 0);
    struct trail_row row = {.time_ms = clock_ms(db),
                            .who = by,
                            .about = "",
                            .number = erase,
                            .was = left,
                            .became = left_count,
                            .why = why,
                            .content = content};
    good = good && trail_add(add, TRAIL_ERASE, row, &head);
    sqlite3_finalize(add);
    return good;
}
