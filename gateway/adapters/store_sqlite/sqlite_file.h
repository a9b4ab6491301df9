/* A SQLite file as a program's own: whose it is, which version, and what went wrong with it, in words. For the
 * gateway's store and for the centre's. */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_SQLITE_FILE_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_SQLITE_FILE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Macros into SQL. */
#define SQLITE_TEXT_OF(number)  #number
#define SQLITE_NUMBER_OF(macro) SQLITE_TEXT_OF(macro)

struct sqlite_file_kind {
    int64_t application_id; /* tells it from another program's database */
    int version;            /* newest that this program understands; from 1 */
    const char *what;       /* "a Stillwater store" */
};

/* SW_OK when the file is new (*version is 0 then) or of this kind, in this version or an older one. Else `text` names
 * the file, what it is and what was expected. */
int sqlite_file_check(sqlite3 *db, const char *path, const struct sqlite_file_kind *kind, int64_t *version, char *text,
                      size_t text_size);

/* What has been found wrong with files. */
struct sqlite_file_damage {
    uint64_t count; /* files */
    char text[512]; /* the last one, in a sentence; "" = none */
};

/* Whether the connection's last error means that the file is no sound database. */
bool sqlite_file_is_damaged(sqlite3 *db);
/* "<path>.corrupt-<time>", or "-2" and so on behind it: no damage takes the place of another. */
void sqlite_file_name_damaged(const char *path, char *damaged, size_t size);
/* Gives the file, which nobody has open, its WAL with it, that name. False: see errno. */
bool sqlite_file_set_aside(const char *path, const char *why, struct sqlite_file_damage *damage);
void sqlite_file_tell_damage(struct sqlite_file_damage *damage, const char *path, const char *why, const char *damaged);

/* Statements without a result. */
bool sqlite_file_run(sqlite3 *db, const char *sql);

/* The kernel keeps the file's pages anyway; a connection's own would go on growing to 2 MB for days. */
#define SQLITE_SMALL_CACHE "PRAGMA cache_size = -256"

/* A commit survives a power cut from now on (WAL, synchronous FULL). */
bool sqlite_file_make_durable(sqlite3 *db);

/* SW_ERROR_STORE_FULL when the last error of the connection means that the disk is full, else SW_ERROR_STORE. Writes
 * the reason, with the file's name, into `text`. */
int sqlite_file_error(sqlite3 *db, const char *path, char *text, size_t text_size);

#endif
