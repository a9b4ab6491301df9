/* The trail: who did what to an alert, when and why, each row chained to the one before by SHA-256. Format:
 * docs/audit.md. */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_STORE_TRAIL_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_STORE_TRAIL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ports/store.h"

enum trail_event {
    TRAIL_BEGIN = 0, /* the first row: what was there before it */
    TRAIL_ALERT,     /* a revision; `number` */
    TRAIL_FEEDBACK,  /* `number` is its id */
    TRAIL_COMMAND,   /* one that changed something else */
    TRAIL_ERASED,    /* nothing any more; `number` is the row that says so */
    TRAIL_ERASE,     /* rows were emptied; `number` is its own */
    TRAIL_EVENT_COUNT
};

/* TRAIL_EVENT_COUNT when there is none of this name. */
enum trail_event trail_event_from_name(const char *name);

struct trail_row {
    int64_t sequence, time_ms;
    const char *who; /* "" = the gateway itself */
    const char *event;
    const char *about; /* alert or subject */
    int64_t number;
    const char *was, *became;
    const char *why;
    const char *content; /* digest of the rows elsewhere that it speaks for; "" = none */
};

/* A query begins with these columns, in the order of struct trail_row; the row's own hash comes after. */
#define TRAIL_COLUMNS     "sequence, time_ms, who, event, about, number, was, became, why, content, hash"
#define TRAIL_COLUMN_HASH 10

/* Pointers are the statement's and hold until its next step. */
struct trail_row trail_row_of(sqlite3_stmt *statement);

/* False when memory is refused. `previous`: hash of the row before, "" for the first. */
bool trail_hash(const struct trail_row *row, const char *previous, char hash[STORE_HASH_SIZE]);

/* Rows of other tables that the trail speaks for, as queries: an event's parameters are `about` and `number`; NULL when
 * the event has none. */
const char *trail_content_sql(enum trail_event event);

/* Digest of all rows the query gives; *count is how many. False: the query failed, or memory. */
bool trail_content(sqlite3_stmt *statement, int64_t *count, char hash[STORE_HASH_SIZE]);

/* The same of all rows that were there before the trail: no row of it speaks for them. */
bool trail_content_before(sqlite3 *db, int64_t *count, char hash[STORE_HASH_SIZE]);

/* They keep honest tools from a mistake; that nothing was changed, the hashes show. */
#define TRAIL_GUARDS                                                                                                   \
    "CREATE TRIGGER trail_never_changes BEFORE UPDATE ON trail"                                                        \
    " BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END;"                                                     \
    "CREATE TRIGGER trail_never_shrinks BEFORE DELETE ON trail"                                                        \
    " BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END;"
#define TRAIL_GUARDS_OFF "DROP TRIGGER trail_never_changes; DROP TRIGGER trail_never_shrinks"

#define TRAIL_ADD_SQL "INSERT INTO trail (" TRAIL_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

/* Adds a row after *head, which it then is; sequence and event are set here. `add`: TRAIL_ADD_SQL, prepared. False:
 * see the connection's error, or memory. */
bool trail_add(sqlite3_stmt *add, enum trail_event event, struct trail_row row, struct store_trail_head *head);

/* Empties the rows that the condition picks (?1 is `home`) but for their times and hashes, and gives the number of the
 * row that is to say so. Within the transaction that takes out what they speak for. */
bool trail_empty(sqlite3 *db, const char *where, const char *home, int64_t *erase);
/* The last of that transaction: adds that row. */
bool trail_say_erased(sqlite3 *db, int64_t erase, const char *by, const char *why);

/* The first row, in a table that is still empty. `why` says what kind of beginning it is. */
bool trail_begin(sqlite3 *db, const char *why);

#endif
