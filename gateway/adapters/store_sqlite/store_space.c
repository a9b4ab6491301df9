#include "adapters/store_sqlite/store_space.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "adapters/store_sqlite/sqlite_file.h"
#include "stillwater/error.h"

#define HOUR_MS (INT64_C(3600) * 1000)
#define DAY_MS  (24 * HOUR_MS)
/* A commit that comes while readers are waited for waits, too: a fiftieth of the time at most. */
#define WAL_WAIT_MIN_MS 100
#define WAL_WAIT_MAX_MS 1600
#define WAL_WAIT_SHARE  50
#define STEPS           4 /* a call's: a commit that comes meanwhile waits for them */

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

static void tell_damage(const struct sqlite_file_damage *damage, struct store_damage *told)
{
    told->count = damage->count;
    (void)snprintf(told->text, sizeof told->text, "%.255s", damage->text);
}

/* What a reader that stays keeps the WAL from giving back. */
static int64_t wal_bytes(const struct store_database *database)
{
    char path[sizeof database->path + 8];
    struct stat file;
    (void)snprintf(path, sizeof path, "%s-wal", database->path);
    if (stat(path, &file) != 0 || file.st_size <= STORE_WAL_KEPT_BYTES) return 0;
    return file.st_size - STORE_WAL_KEPT_BYTES;
}

static void measure(struct store_space *space, struct store_database *database, struct store_readings *readings)
{
    struct store_room *room = &space->room;
    int64_t free_pages = store_database_number(database, STATEMENT_FREE_PAGES);
    int64_t readings_bytes = readings_file_bytes(&readings->file);
    room->free_bytes = free_pages * space->page_bytes;
    room->used_bytes = store_database_number(database, STATEMENT_PAGES) * space->page_bytes - room->free_bytes;
    room->wal_bytes = wal_bytes(database);
    room->used_bytes += readings_bytes + room->wal_bytes;
    room->readings = readings_file_readings(&readings->file);
    tell_damage(&readings->file.damage, &room->readings_damage);
    tell_damage(&database->damage, &room->database_damage);
    int64_t room_bytes =
        room->free_bytes + disk_room(database) + (space->has_reserve ? space->limits.reserve_bytes : 0);
    if (space->limits.quota_bytes > 0) {
        int64_t left = space->limits.quota_bytes - overhead(space) - room->used_bytes;
        if (left < room_bytes) room_bytes = left;
    }
    room_bytes += readings_bytes;
    room->room_bytes = room_bytes > 0 ? room_bytes : 0;
}

void store_space_open(struct store_space *space, struct store_database *database, struct store_readings *readings,
                      const struct store_limits *limits)
{
    *space = (struct store_space){.limits = *limits};
    space->page_bytes = store_database_number(database, STATEMENT_PAGE_BYTES);
    make_reserve(space, database);
    measure(space, database, readings);
}

/* ---- writing ---- */

/* An alert that is made again because its commit has been lost must not be there twice, and one whose readings have
 * been lost must not be there at all: readings first. */
static int write_all(struct store_database *database, struct store_readings *readings, struct store_batch *batch,
                     bool with_readings, const struct store_done *done, size_t done_count,
                     struct store_written *written, char *text, size_t text_size)
{
    int error = batch ? store_readings_write(readings, batch, with_readings, text, text_size) : SW_OK;
    bool more = done_count > 0 || (batch && store_database_concerns(batch));
    *written = (struct store_written){.trail = database->trail};
    if (!error && more) error = store_database_write(database, batch, done, done_count, written, text, text_size);
    if (!error && batch && batch->checkpoint != 0) store_readings_checkpoint(readings, batch->checkpoint);
    return error;
}

int store_space_write(struct store_space *space, struct store_database *database, struct store_readings *readings,
                      struct store_batch *batch, const struct store_done *done, size_t done_count,
                      struct store_written *written, char *text, size_t text_size)
{
    bool with_readings = !space->room.full, were_done = batch && batch->readings_done;
    int error = write_all(database, readings, batch, with_readings, done, done_count, written, text, text_size);
    if (error == SW_ERROR_STORE_FULL && (give_reserve(space, database) || (space->room.full && with_readings))) {
        were_done = batch && batch->readings_done;
        with_readings = false;
        error = write_all(database, readings, batch, with_readings, done, done_count, written, text, text_size);
    }
    if (batch && batch->readings_done && !were_done && !with_readings) space->room.left_out += batch->reading_count;
    measure(space, database, readings);
    return error;
}

/* ---- what goes ---- */

static bool wants_room(const struct store_space *space)
{
    const struct store_room *room = &space->room;
    return room->full ||
           (space->limits.quota_bytes > 0 && room->used_bytes + overhead(space) > space->limits.quota_bytes);
}

/* The oldest readings. What a full disk is short of are blocks of its own, not pages of ours. */
static bool drop_oldest(struct store_space *space, struct store_readings *readings, struct sw_wall now)
{
    char text[READINGS_TEXT_SIZE];
    struct readings_dropped dropped;
    bool more = false;
    if (readings_drop_oldest(&readings->file, &dropped, text, sizeof text) != SW_OK) return false;
    if (dropped.readings == 0) (void)readings_file_step(&readings->file, &more, text, sizeof text);
    if (space->room.full) readings_file_shrink(&readings->file);
    space->room.dropped += dropped.readings;
    if (dropped.newest_ms > now.ms - DAY_MS) space->room.short_at = now;
    return dropped.readings > 0 || more;
}

/* Once an hour all series are looked at, some with each call. */
static void drop_older(struct store_space *space, struct store_readings *readings, struct sw_wall now,
                       const struct store_keep *wanted)
{
    char text[READINGS_TEXT_SIZE];
    struct readings_keep keep;
    struct readings_dropped dropped;
    bool round, any = false;
    for (size_t kind = 0; kind < sizeof keep.from_ms / sizeof keep.from_ms[0]; kind++) {
        keep.from_ms[kind] = wanted->from[kind < SW_READING_KIND_END ? kind : 0].ms;
        any = any || keep.from_ms[kind] > 0;
    }
    if (!any || llabs(now.ms - space->looked_at_ms) < HOUR_MS) return;
    if (readings_drop_older(&readings->file, &keep, &dropped, &round, text, sizeof text) != SW_OK) return;
    space->room.dropped += dropped.readings;
    if (round) space->looked_at_ms = now.ms;
}

/* Readers that follow closely on one another never leave a moment in which a commit could begin the WAL anew: those
 * that are there are waited for, while new ones are sent to the database alone. Longer with each time that was too
 * short. */
static void shorten_wal(struct store_space *space, struct store_database *database, struct sw_wall now)
{
    if (space->room.wal_bytes == 0) return;
    if (space->wal_wait_ms < WAL_WAIT_MIN_MS) space->wal_wait_ms = WAL_WAIT_MIN_MS;
    if (llabs(now.ms - space->waited_at_ms) < WAL_WAIT_SHARE * space->wal_wait_ms) return;
    space->waited_at_ms = now.ms;
    bool done = store_database_empty_wal(database, space->wal_wait_ms);
    space->wal_wait_ms = done ? space->wal_wait_ms / 2 : 2 * space->wal_wait_ms;
    if (space->wal_wait_ms > WAL_WAIT_MAX_MS) space->wal_wait_ms = WAL_WAIT_MAX_MS;
}

void store_space_tidy(struct store_space *space, struct store_database *database, struct store_readings *readings,
                      struct sw_wall now, const struct store_keep *keep)
{
    make_reserve(space, database);
    measure(space, database, readings);
    shorten_wal(space, database, now);
    for (int step = 0; step < STEPS && wants_room(space) && drop_oldest(space, readings, now); step++)
        measure(space, database, readings);
    drop_older(space, readings, now, keep);
    measure(space, database, readings);
}
