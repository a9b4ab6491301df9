/* What gives way when the quota or the disk is full, and what never does. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cmocka.h>

#include "stillwater/error.h"
#include "unit/store/store_fixture.h"

#define MINUTE       INT64_C(60000)
#define DAY          INT64_C(86400000)
#define T0           INT64_C(1790000100000) /* a full quarter of an hour */
#define MIB          INT64_C(1048576)
#define RESERVE      MIB
#define SENSORS      3
#define MANY_SENSORS 15
/* What a quota counts beside the pages in use. */
#define OVERHEAD (RESERVE + MIB)

/* A sensor's reading of each minute, by chance. */
static struct store_reading reading_of(int sensor, int64_t minute)
{
    struct store_reading reading = {
        .kind = SW_READING_LEVEL, .clock_quality = SW_CLOCK_SET, .time = {T0 + minute * MINUTE}};
    uint64_t mixed = (uint64_t)(minute * 64 + sensor) * UINT64_C(0x9e3779b97f4a7c15);
    reading.taken = reading.time;
    reading.value_milli = (int64_t)(mixed >> 44);
    snprintf(reading.subject, sizeof reading.subject, "site-%d", sensor);
    return reading;
}

static void add_readings(struct store_batch *batch, int sensors, int64_t first_minute, int64_t minutes)
{
    for (int64_t minute = first_minute; minute < first_minute + minutes; minute++)
        for (int sensor = 0; sensor < sensors; sensor++) {
            struct store_reading reading = reading_of(sensor, minute);
            assert_int_equal(store_batch_add_reading(batch, &reading), SW_OK);
        }
}

/* As if the core had just saved all it knows: readings are not needed for a replay. */
static int commit_readings(struct fixture *fixture, int sensors, int64_t first_minute, int64_t minutes)
{
    struct store_batch *batch = store_batch_new();
    add_readings(batch, sensors, first_minute, minutes);
    store_batch_set_checkpoint(batch, store_position(fixture->store) + sensors * minutes);
    int error = fixture_commit(fixture, batch);
    store_batch_free(batch);
    return error;
}

/* An alert with feedback, in an outbox that nobody empties. */
static int commit_alert(struct fixture *fixture, uint32_t revision)
{
    size_t index;
    struct store_batch *batch = store_batch_new();
    struct sw_alert alert = sample_alert(revision);
    struct store_feedback feedback = {.outcome = SW_OUTCOME_ABSENT, .by = "o"};
    memcpy(feedback.alert_id, alert.id, sizeof feedback.alert_id);
    assert_int_equal(store_batch_add_alert(batch, &alert, "t", "{}"), SW_OK);
    assert_int_equal(store_batch_add_feedback(batch, &feedback, &index), SW_OK);
    int error = fixture_commit(fixture, batch);
    store_batch_free(batch);
    return error;
}

static void expect_kept(const struct fixture *fixture, int64_t revisions)
{
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM alerts"), revisions);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM outbox"), revisions);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM feedback"), revisions);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM trail"), 1 + 2 * revisions);
}

static int64_t keep_for_ms; /* 0 = for ever */
static int kept_kind = -1;  /* this one for ever */

static struct store_room tidy(struct fixture *fixture, int64_t now_ms)
{
    struct store_keep keep;
    for (int kind = 0; kind < SW_READING_KIND_END; kind++)
        keep.from[kind] = sw_wall_from_ms(keep_for_ms > 0 && kind != kept_kind ? now_ms - keep_for_ms : 0);
    store_tidy(fixture->store, sw_wall_from_ms(now_ms), &keep);
    /* The thread takes work in turn: when it has read the outbox after that, it has tidied. */
    fixture_read_outbox(fixture, 0, 1);
    fixture_read_outbox(fixture, 0, 1);
    return store_room(fixture->store);
}

/* Until steps change nothing any more; some only move readings into chunks. */
static struct store_room tidy_up(struct fixture *fixture, int64_t now_ms)
{
    struct store_room before = store_room(fixture->store), room = before;
    for (int step = 0, same = 0; step < 1000; step++) {
        room = tidy(fixture, now_ms);
        same = room.used_bytes == before.used_bytes && room.dropped == before.dropped ? same + 1 : 0;
        if (same == 5) return room;
        before = room;
    }
    fail_msg("a thousand steps and no end");
    return room;
}

static void open_with(struct fixture *fixture, int64_t quota_bytes, int64_t keep_ms)
{
    struct store_limits limits = {quota_bytes, RESERVE};
    keep_for_ms = keep_ms;
    fixture_init(fixture);
    fixture_open(fixture);
    store_set_limits(fixture->store, &limits);
}

static void end(struct fixture *fixture)
{
    fixture_close(fixture);
    fixture_destroy(fixture);
}

static void set_quota(struct fixture *fixture, int64_t quota_bytes)
{
    struct store_limits limits = {quota_bytes, RESERVE};
    store_set_limits(fixture->store, &limits);
}

static void the_oldest_readings_go_when_a_quota_is_reached(void **state)
{
    (void)state;
    struct fixture fixture;
    const int64_t days = 4, now = T0 + days * DAY;
    open_with(&fixture, 0, 0);
    for (int64_t day = 0; day < days; day++) {
        assert_int_equal(commit_readings(&fixture, MANY_SENSORS, day * 1440, 1440), SW_OK);
        (void)tidy_up(&fixture, now); /* days that wait together in one log may be dropped together */
    }
    assert_int_equal(commit_alert(&fixture, 1), SW_OK);
    struct store_room room = tidy_up(&fixture, now);
    assert_int_equal(room.dropped, 0);
    assert_int_equal(room.readings, MANY_SENSORS * days * 1440);
    int64_t full = room.used_bytes;

    set_quota(&fixture, full - 80000 + OVERHEAD);
    room = tidy_up(&fixture, now);
    assert_true(room.used_bytes <= full - 80000);
    assert_in_range(room.dropped, 1, MANY_SENSORS * 3 * 1440);
    assert_int_equal(room.short_at.ms, 0);
    assert_int_equal(room.readings, MANY_SENSORS * days * 1440 - (int64_t)room.dropped);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM readings"), room.readings);
    char last_day[96];
    snprintf(last_day, sizeof last_day, "SELECT count(*) FROM readings WHERE time_ms >= %lld", (long long)(now - DAY));
    assert_int_equal(fixture_number(&fixture, last_day), MANY_SENSORS * 1440);
    expect_kept(&fixture, 1);
    end(&fixture);
}

static void a_quota_that_does_not_hold_a_day_is_told_and_alerts_stay(void **state)
{
    (void)state;
    struct fixture fixture;
    const int64_t now = T0 + 1440 * MINUTE;
    open_with(&fixture, OVERHEAD, 0);
    assert_int_equal(commit_readings(&fixture, SENSORS, 0, 1440), SW_OK);
    assert_int_equal(commit_alert(&fixture, 1), SW_OK);
    struct store_room room = tidy_up(&fixture, now);
    assert_int_equal(room.short_at.ms, now);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM readings"), 0);
    assert_int_equal(room.readings, 0);
    assert_int_equal(commit_alert(&fixture, 2), SW_OK);
    expect_kept(&fixture, 2);
    end(&fixture);
}

static void a_kind_can_be_kept_for_longer_than_others(void **state)
{
    (void)state;
    struct fixture fixture;
    open_with(&fixture, 0, 2 * DAY);
    for (int64_t day = 0; day < 4; day++)
        assert_int_equal(commit_readings(&fixture, SENSORS, day * 1440, 1440), SW_OK);
    kept_kind = SW_READING_LEVEL;
    assert_int_equal(tidy_up(&fixture, T0 + 4 * DAY).dropped, 0);
    kept_kind = SW_READING_RAIN;
    assert_true(tidy_up(&fixture, T0 + 4 * DAY + 120 * MINUTE).dropped > 0);
    kept_kind = -1;
    end(&fixture);
}

static int64_t wal_bytes(const struct fixture *fixture)
{
    char path[160];
    struct stat file;
    snprintf(path, sizeof path, "%s-wal", fixture->path);
    return stat(path, &file) == 0 ? file.st_size : 0;
}

/* It cannot be bounded: what it holds must be kept. Readings give way for it, and it is short again afterwards. */
static void a_wal_that_a_reader_keeps_long_counts_as_used(void **state)
{
    (void)state;
    struct fixture fixture;
    sqlite3 *reader = NULL;
    open_with(&fixture, 0, 0);
    assert_int_equal(commit_alert(&fixture, 1), SW_OK);
    assert_int_equal(sqlite3_open_v2(fixture.path, &reader, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM alerts", NULL, NULL, NULL), SQLITE_OK);
    unsigned revision = 1;
    while (wal_bytes(&fixture) < 4 * MIB && revision < 10000)
        assert_int_equal(commit_alert(&fixture, ++revision), SW_OK);
    assert_true(wal_bytes(&fixture) >= 4 * MIB);
    int64_t used = tidy(&fixture, T0).used_bytes;
    assert_true(used > 3 * MIB);
    assert_int_equal(sqlite3_close(reader), SQLITE_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(commit_alert(&fixture, ++revision), SW_OK);
    assert_in_range(wal_bytes(&fixture), 0, 2 * MIB);
    assert_true(tidy(&fixture, T0).used_bytes < used - 2 * MIB);
    expect_kept(&fixture, revision);
    end(&fixture);
}

static void a_wal_is_short_again_without_a_commit(void **state)
{
    (void)state;
    struct fixture fixture;
    sqlite3 *reader = NULL;
    open_with(&fixture, 0, 0);
    assert_int_equal(commit_alert(&fixture, 1), SW_OK);
    assert_int_equal(sqlite3_open_v2(fixture.path, &reader, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM alerts", NULL, NULL, NULL), SQLITE_OK);
    unsigned revision = 1;
    while (wal_bytes(&fixture) < 4 * MIB && revision < 10000)
        assert_int_equal(commit_alert(&fixture, ++revision), SW_OK);
    int64_t longest = wal_bytes(&fixture);
    assert_int_equal(tidy(&fixture, T0).wal_bytes, longest - MIB);
    assert_int_equal(wal_bytes(&fixture), longest);
    assert_int_equal(sqlite3_exec(reader, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    /* Not before its time: a reader that stays would hold up every commit. */
    (void)tidy(&fixture, T0 + 9999);
    assert_int_equal(wal_bytes(&fixture), longest);
    assert_int_equal(tidy(&fixture, T0 + 10000).wal_bytes, 0);
    assert_int_equal(wal_bytes(&fixture), 0);
    assert_int_equal(sqlite3_close(reader), SQLITE_OK);
    assert_int_equal(commit_alert(&fixture, ++revision), SW_OK);
    expect_kept(&fixture, revision);
    end(&fixture);
}

static void readings_older_than_asked_for_go(void **state)
{
    (void)state;
    struct fixture fixture;
    open_with(&fixture, 0, 2 * DAY);
    for (int64_t day = 0; day < 4; day++)
        assert_int_equal(commit_readings(&fixture, SENSORS, day * 1440, 1440), SW_OK);
    struct store_room room = tidy_up(&fixture, T0 + 4 * DAY);
    assert_int_equal(room.short_at.ms, 0);
    /* At most a day later than asked for. */
    char older[96], younger[96];
    snprintf(older, sizeof older, "SELECT count(*) FROM readings WHERE time_ms < %lld", (long long)(T0 + DAY));
    snprintf(younger, sizeof younger, "SELECT count(*) FROM readings WHERE time_ms >= %lld", (long long)(T0 + 2 * DAY));
    assert_int_equal(fixture_number(&fixture, older), 0);
    assert_int_equal(fixture_number(&fixture, younger), SENSORS * 2 * 1440);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM readings"),
                     SENSORS * 4 * 1440 - (int64_t)room.dropped);
    end(&fixture);
}

/* ---- a real small file system ---- */

static bool mount_small(struct fixture *fixture)
{
    fixture_init(fixture);
    if (mount("stillwater-test", fixture->folder, "tmpfs", 0, "size=10m") == 0) return true;
    print_message("mounting a small file system is not permitted here: %s\n", strerror(errno));
    fixture_destroy(fixture);
    return false;
}

static void unmount(struct fixture *fixture)
{
    fixture_close(fixture);
    assert_int_equal(umount(fixture->folder), 0);
    fixture_destroy(fixture);
}

static int64_t disk_room(const struct fixture *fixture)
{
    struct statvfs disk;
    assert_int_equal(statvfs(fixture->folder, &disk), 0);
    return (int64_t)(disk.f_bavail * disk.f_frsize);
}

/* Another program's file takes all room but so much. */
static void fill_disk(const struct fixture *fixture, const char *name, int64_t leave)
{
    static const char bytes[4096];
    char path[160];
    snprintf(path, sizeof path, "%s/%s", fixture->folder, name);
    int file = open(path, O_CREAT | O_WRONLY | O_APPEND, 0600);
    assert_true(file >= 0);
    while (disk_room(fixture) > leave && write(file, bytes, sizeof bytes) == (ssize_t)sizeof bytes)
        continue;
    close(file);
}

static void make_disk_room(const struct fixture *fixture, const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", fixture->folder, name);
    assert_int_equal(unlink(path), 0);
}

static bool reserve_exists(const struct fixture *fixture)
{
    char path[160];
    struct stat file;
    snprintf(path, sizeof path, "%s.reserve", fixture->path);
    return stat(path, &file) == 0 && file.st_blocks * 512 >= RESERVE;
}

static void alerts_are_stored_on_a_full_disk_and_readings_give_way(void **state)
{
    (void)state;
    struct fixture fixture;
    struct store_limits limits = {0, RESERVE};
    const int64_t days = 33, minutes = days * 1440, now = T0 + minutes * MINUTE;
    if (!mount_small(&fixture)) {
        skip();
        return;
    }
    keep_for_ms = 0;
    fixture_open(&fixture);
    store_set_limits(fixture.store, &limits);
    assert_true(reserve_exists(&fixture));
    for (int64_t day = 0; day < days; day++)
        assert_int_equal(commit_readings(&fixture, MANY_SENSORS, day * 1440, 1440), SW_OK);
    assert_false(tidy_up(&fixture, now).full);
    fill_disk(&fixture, "others", 0);

    /* The batch has more readings than there is room: they are left out, the alert beside them is not. */
    struct store_batch *batch = sample_batch(1, 1, 1);
    add_readings(batch, 50, minutes, 1000);
    assert_int_equal(fixture_commit(&fixture, batch), SW_OK);
    store_batch_free(batch);
    assert_true(store_room(fixture.store).full);
    assert_int_equal(store_room(fixture.store).left_out, 50 * 1000 + 1);
    assert_false(reserve_exists(&fixture));
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM alerts"), 1);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM readings"), MANY_SENSORS * minutes);
    struct store_cursor cursor;
    assert_int_equal(store_load_cursor(fixture.store, 0x1234, &cursor), SW_OK);
    assert_int_equal(cursor.sequence, 1);
    assert_int_equal(commit_readings(&fixture, MANY_SENSORS, minutes, 10), SW_OK);
    assert_int_equal(store_room(fixture.store).left_out, 50 * 1000 + 1 + 10 * MANY_SENSORS);

    /* Old readings make room until there is a reserve again, and then for new ones. */
    fill_disk(&fixture, "more", RESERVE);
    struct store_room room = tidy_up(&fixture, now);
    assert_false(room.full);
    assert_true(room.dropped > 0);
    assert_true(reserve_exists(&fixture));
    int64_t rows = fixture_number(&fixture, "SELECT count(*) FROM readings");
    assert_int_equal(rows, MANY_SENSORS * minutes - (int64_t)room.dropped);
    assert_int_equal(commit_readings(&fixture, MANY_SENSORS, minutes, 10), SW_OK);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM readings"), rows + 10 * MANY_SENSORS);
    assert_int_equal(fixture_number(&fixture, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
    unmount(&fixture);
}

static void with_the_reserve_used_up_too_the_commit_fails_and_room_lets_it_through(void **state)
{
    (void)state;
    struct fixture fixture;
    struct store_limits limits = {0, RESERVE};
    if (!mount_small(&fixture)) {
        skip();
        return;
    }
    fixture_open(&fixture);
    store_set_limits(fixture.store, &limits);
    fill_disk(&fixture, "others", 0);
    uint32_t revision = 1;
    while (!store_room(fixture.store).full && revision < 10000)
        assert_int_equal(commit_alert(&fixture, revision++), SW_OK);
    fill_disk(&fixture, "more", 0);
    int error = SW_OK;
    while (!error && revision < 20000)
        error = commit_alert(&fixture, revision++);
    assert_int_equal(error, SW_ERROR_STORE_FULL);
    make_disk_room(&fixture, "others");
    assert_int_equal(commit_alert(&fixture, --revision), SW_OK);
    expect_kept(&fixture, revision);
    assert_false(tidy(&fixture, T0).full);
    unmount(&fixture);
}

static void a_disk_found_full_at_the_start_is_told(void **state)
{
    (void)state;
    struct fixture fixture;
    struct store_limits limits = {0, RESERVE};
    if (!mount_small(&fixture)) {
        skip();
        return;
    }
    fixture_open(&fixture);
    fill_disk(&fixture, "others", 0);
    store_set_limits(fixture.store, &limits);
    assert_true(store_room(fixture.store).full);
    make_disk_room(&fixture, "others");
    assert_false(tidy(&fixture, T0).full);
    unmount(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_oldest_readings_go_when_a_quota_is_reached),
        cmocka_unit_test(a_quota_that_does_not_hold_a_day_is_told_and_alerts_stay),
        cmocka_unit_test(a_kind_can_be_kept_for_longer_than_others),
        cmocka_unit_test(a_wal_that_a_reader_keeps_long_counts_as_used),
        cmocka_unit_test(a_wal_is_short_again_without_a_commit),
        cmocka_unit_test(readings_older_than_asked_for_go),
        cmocka_unit_test(alerts_are_stored_on_a_full_disk_and_readings_give_way),
        cmocka_unit_test(with_the_reserve_used_up_too_the_commit_fails_and_room_lets_it_through),
        cmocka_unit_test(a_disk_found_full_at_the_start_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
