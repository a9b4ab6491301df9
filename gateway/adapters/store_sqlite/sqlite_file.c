#include "adapters/store_sqlite/sqlite_file.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "stillwater/error.h"

int sqlite_file_error(sqlite3 *db, const char *path, char *text, size_t text_size)
{
    int code = sqlite3_extended_errcode(db);
    int system_error = sqlite3_system_errno(db);
    bool io = (code & 0xff) == SQLITE_IOERR;
    bool full = (code & 0xff) == SQLITE_FULL || (io && (system_error == ENOSPC || system_error == EDQUOT));
    if (full)
        snprintf(text, text_size, "%s: the disk is full", path);
    else if (io || (code & 0xff) == SQLITE_CANTOPEN)
        snprintf(text, text_size, "%s: %s (%s)", path, sqlite3_errmsg(db), strerror(system_error));
    else
        snprintf(text, text_size, "%s: %s", path, sqlite3_errmsg(db));
    return full ? SW_ERROR_STORE_FULL : SW_ERROR_STORE;
}

bool sqlite_file_is_damaged(sqlite3 *db)
{
    int code = sqlite3_errcode(db) & 0xff;
    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

/* By a file, or by the WAL of one that is no more. */
static bool is_taken(const char *path)
{
    char wal[PATH_MAX + 8];
    (void)snprintf(wal, sizeof wal, "%s-wal", path);
    return access(path, F_OK) == 0 || access(wal, F_OK) == 0;
}

void sqlite_file_name_damaged(const char *path, char *damaged, size_t size)
{
    int64_t now = (int64_t)time(NULL);
    int length = snprintf(damaged, size, "%s.corrupt-%" PRId64, path, now);
    for (unsigned nth = 2; length > 0 && (size_t)length < size && is_taken(damaged); nth++)
        length = snprintf(damaged, size, "%s.corrupt-%" PRId64 "-%u", path, now, nth);
}

void sqlite_file_tell_damage(struct sqlite_file_damage *damage, const char *path, const char *why, const char *damaged)
{
    damage->count++;
    (void)snprintf(damage->text, sizeof damage->text, "%.150s is damaged (%.150s) and was set aside as %.150s", path,
                   why, damaged);
}

bool sqlite_file_set_aside(const char *path, const char *why, struct sqlite_file_damage *damage)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char damaged[PATH_MAX], from[PATH_MAX], to[PATH_MAX + 8];
    sqlite_file_name_damaged(path, damaged, sizeof damaged);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        (void)snprintf(from, sizeof from, "%s%s", path, ends[i]);
        (void)snprintf(to, sizeof to, "%s%s", damaged, ends[i]);
        if (rename(from, to) != 0 && errno != ENOENT) return false;
    }
    sqlite_file_tell_damage(damage, path, why, damaged);
    return true;
}

bool sqlite_file_run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* One number out of a query; false on error. */
static bool query_number(sqlite3 *db, const char *sql, int64_t *number)
{
    sqlite3_stmt *statement = NULL;
    bool found =
        sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW;
    if (found) *number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return found;
}

static bool in_wal_mode(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    bool wal = sqlite3_prepare_v2(db, "PRAGMA journal_mode = WAL", -1, &statement, NULL) == SQLITE_OK &&
               sqlite3_step(statement) == SQLITE_ROW &&
               strcmp((const char *)sqlite3_column_text(statement, 0), "wal") == 0;
    sqlite3_finalize(statement);
    return wal;
}

bool sqlite_file_make_durable(sqlite3 *db)
{
    return in_wal_mode(db) && sqlite_file_run(db, "PRAGMA synchronous = FULL");
}

int sqlite_file_check(sqlite3 *db, const char *path, const struct sqlite_file_kind *kind, int64_t *version, char *text,
                      size_t text_size)
{
    int64_t application = 0, tables = 0;
    *version = 0;
    if (!query_number(db, "PRAGMA user_version", version) || !query_number(db, "PRAGMA application_id", &application) ||
        !query_number(db, "SELECT count(*) FROM sqlite_schema", &tables)) {
        if ((sqlite3_errcode(db) & 0xff) != SQLITE_NOTADB) return sqlite_file_error(db, path, text, text_size);
        snprintf(text, text_size, "%s: is not a database; expected %s or no file", path, kind->what);
        return SW_ERROR_STORE;
    }
    if (tables == 0 && *version == 0) return SW_OK;
    if (application != kind->application_id) {
        snprintf(text, text_size, "%s: is the database of another program; expected %s or no file", path, kind->what);
        return SW_ERROR_STORE;
    }
    if (*version < 1 || *version > kind->version) {
        snprintf(text, text_size, "%s: has schema version %lld; this program understands version %d", path,
                 (long long)*version, kind->version);
        return SW_ERROR_VERSION;
    }
    return SW_OK;
}
