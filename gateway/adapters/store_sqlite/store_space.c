#include "adapters/store_sqlite/store_space.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "adapters/store_sqlite/sqlite_file.h"
#include "stillwater/error.h"

#define HOUR_MS (INT64_C(3600) * 1000)
#define DAY_MS  (24 * HOUR_MS)
/* So many are looked at together: enough that a quarter of an hour of many sensors is among them. */
#define LOOK_ROWS STORE_SPARE_MAX
/* So many are removed in one transaction: each may lie in a page of its own, and all of these go through the WAL. */
#define REMOVE_ROWS 500
#define STEPS       4 /* a call's: a commit that comes meanwhile waits for them */

/* What a reading takes, with its indexes; docs/store.md. */
#define READING_BYTES 80

/* ---- the reserve ---- */

static void name_reserve(const struct store_database *database, char *path, size_t size)
{
    (void)snprintf(path, size, "%s.reserve", database->path);
}

static int64_t disk_room(const struct store_database *database)
{
    struct statvfs disk;
    if (statvfs(database->path, &disk) != 0) return 0;
    return (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
}

/* Blocks of its own, not a hole: they have to be there when the disk has no more. */
static bool allocate(const char *path, int64_t bytes)
{
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return false;
    bool made = posix_fallocate(file, 0, bytes) == 0;
    (void)close(file);
    if (!made) (void)unlink(path);
    return made;
}

/* As much again has to stay free: a disk that is full to the last block for others is a full one. */
static void make_reserve(struct store_space *space, const struct store_database *database)
{
    char path[sizeof database->path + 16];
    struct stat file;
    if (space->limits.reserve_bytes <= 0 || space->has_reserve) return;
    name_reserve(database, path, sizeof path);
    bool there = stat(path, &file) == 0 && file.st_size >= space->limits.reserve_bytes;
    space->has_reserve = there || (disk_room(database) >= 2 * space->limits.reserve_bytes &&
                                   allocate(path, space->limits.reserve_bytes));
    space->room.full = !space->has_reserve;
}

static bool give_reserve(struct store_space *space, const struct store_database *database)
{
    char path[sizeof database->path + 16];
    if (!space->has_reserve) return false;
    name_reserve(database, path, sizeof path);
    space->has_reserve = false;
    space->room.full = true;
    return unlink(path) == 0;
}

/* ---- measures ---- */

/* What the files take beside the pages in use. */
static int64_t overhead(const struct store_space *space)
{
    return space->limits.reserve_bytes + STORE_WAL_KEPT_BYTES;
}

static void measure(struct store_space *space, struct store_database *database)
{
    struct store_room *room = &space->room;
    int64_t free_pages = store_database_number(database, STATEMENT_FREE_PAGES);
    room->free_bytes = free_pages * space->page_bytes;
    room->used_bytes = store_database_number(database, STATEMENT_PAGES) * space->page_bytes - room->free_bytes;
    room->readings = store_database_number(database, STATEMENT_READINGS);
    int64_t room_bytes =
        room->free_bytes + disk_room(database) + (space->has_reserve ? space->limits.reserve_bytes : 0);
    if (space->limits.quota_bytes > 0) {
        int64_t left = space->limits.quota_bytes - overhead(space) - room->used_bytes;
        if (left < room_bytes) room_bytes = left;
    }
    room_bytes += room->readings * READING_BYTES;
    room->room_bytes = room_bytes > 0 ? room_bytes : 0;
}

void store_space_open(struct store_space *space, struct store_database *database, const struct store_limits *limits)
{
    *space = (struct store_space){.limits = *limits};
    space->page_bytes = store_database_number(database, STATEMENT_PAGE_BYTES);
    space->thinned_to = store_database_number(database, STATEMENT_THINNED_TO);
    make_reserve(space, database);
    measure(space, database);
}

/* ---- writing ---- */

/* On a full disk new readings go into pages that older ones have left; what must be kept goes first. */
static bool takes_readings(const struct store_space *space)
{
    return !space->room.full || space->room.free_bytes > space->limits.reserve_bytes;
}

int store_space_write(struct store_space *space, struct store_database *database, struct store_batch *batch,
                      const struct store_done *done, size_t done_count, struct store_written *written, char *text,
                      size_t text_size)
{
    bool readings = takes_readings(space);
    int error = store_database_write(database, batch, readings, done, done_count, written, text, text_size);
    if (error == SW_ERROR_STORE_FULL && (give_reserve(space, database) || (space->room.full && readings))) {
        readings = false;
        error = store_database_write(database, batch, readings, done, done_count, written, text, text_size);
    }
    if (!error && !readings && batch) space->room.left_out += batch->reading_count;
    measure(space, database);
    return error;
}

/* ---- thinning ---- */

static bool wants_room(const struct store_space *space)
{
    const struct store_room *room = &space->room;
    bool over = space->limits.quota_bytes > 0 && room->used_bytes + overhead(space) > space->limits.quota_bytes;
    return over || (room->full && room->free_bytes < 2 * space->limits.reserve_bytes);
}

/* Rows with ids after a place that are from before some time, among the next ones. */
struct stretch {
    int64_t rows, end;
    int64_t first_ms, last_ms;
};

static struct stretch look_at(struct store_database *database, int64_t after, int64_t rows, int64_t before_ms)
{
    struct stretch stretch = {.rows = 0};
    sqlite3_stmt *s = database->statements[STATEMENT_STRETCH];
    sqlite3_bind_int64(s, 1, after);
    sqlite3_bind_int64(s, 2, rows);
    sqlite3_bind_int64(s, 3, before_ms);
    if (sqlite3_step(s) == SQLITE_ROW)
        stretch = (struct stretch){sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1), sqlite3_column_int64(s, 2),
                                   sqlite3_column_int64(s, 3)};
    sqlite3_reset(s);
    return stretch;
}

/* Removing takes room, too, before it gives any. */
static bool remove_readings(struct store_space *space, struct store_database *database, const int64_t *ids,
                            size_t count, int64_t thinned_to)
{
    int error = store_database_remove_readings(database, ids, count, thinned_to);
    if (error == SW_ERROR_STORE_FULL) (void)give_reserve(space, database);
    return error == SW_OK;
}

/* Finds what the next stretch can do without. Not by dribs: what is looked at alone has nothing to spare. */
static bool look_for_spare(struct store_space *space, struct store_database *database, int64_t before_ms)
{
    struct stretch old = look_at(database, space->thinned_to, LOOK_ROWS, before_ms);
    if (old.rows < LOOK_ROWS && old.last_ms - old.first_ms < HOUR_MS) return false;
    sqlite3_stmt *s = database->statements[STATEMENT_SPARE];
    sqlite3_bind_int64(s, 1, space->thinned_to);
    sqlite3_bind_int64(s, 2, old.end);
    sqlite3_bind_int64(s, 3, before_ms);
    space->spare_count = space->spare_next = 0;
    while (space->spare_count < STORE_SPARE_MAX && sqlite3_step(s) == SQLITE_ROW)
        space->spare[space->spare_count++] = sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    space->spare_end = old.end;
    return true;
}

/* Readings of more than a day ago: of each quarter of an hour, subject and kind the first, the last and the extremes
 * stay. False when there are none, or too few yet. */
static bool thin(struct store_space *space, struct store_database *database, struct sw_wall now)
{
    if (space->spare_next == space->spare_count && !look_for_spare(space, database, now.ms - DAY_MS)) return false;
    size_t left = space->spare_count - space->spare_next, count = left < REMOVE_ROWS ? left : REMOVE_ROWS;
    int64_t thinned_to = count == left ? space->spare_end : space->thinned_to;
    if (!remove_readings(space, database, space->spare + space->spare_next, count, thinned_to)) return false;
    space->spare_next += count;
    space->thinned_to = thinned_to;
    space->room.thinned += count;
    return true;
}

/* The oldest readings, those from before `before_ms`. */
static void drop(struct store_space *space, struct store_database *database, int64_t before_ms, struct sw_wall now)
{
    int64_t ids[REMOVE_ROWS], newest_ms = 0;
    size_t count = 0;
    sqlite3_stmt *s = database->statements[STATEMENT_OLDEST];
    sqlite3_bind_int64(s, 1, REMOVE_ROWS);
    while (count < REMOVE_ROWS && sqlite3_step(s) == SQLITE_ROW) {
        int64_t time_ms = sqlite3_column_int64(s, 1);
        if (time_ms >= before_ms) continue;
        ids[count++] = sqlite3_column_int64(s, 0);
        if (time_ms > newest_ms) newest_ms = time_ms;
    }
    sqlite3_reset(s);
    if (count == 0 || !remove_readings(space, database, ids, count, space->thinned_to)) return;
    space->room.dropped += count;
    if (before_ms > now.ms && newest_ms > now.ms - DAY_MS) space->room.short_at = now;
}

static bool take_step(struct store_space *space, struct store_database *database, struct sw_wall now,
                      struct sw_wall keep_from)
{
    if (wants_room(space)) {
        if (!thin(space, database, now)) drop(space, database, INT64_MAX, now);
        return true;
    }
    if (!sw_wall_known(keep_from) || space->room.readings == 0 ||
        store_database_number(database, STATEMENT_OLDEST_TIME) >= keep_from.ms)
        return false;
    drop(space, database, keep_from.ms, now);
    return true;
}

void store_space_tidy(struct store_space *space, struct store_database *database, struct sw_wall now,
                      struct sw_wall keep_from)
{
    make_reserve(space, database);
    measure(space, database);
    for (int step = 0; step < STEPS && take_step(space, database, now, keep_from); step++)
        measure(space, database);
}
