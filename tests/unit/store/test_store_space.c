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

/* A sensor's reading of each minute; now and then one that stands out. */
static struct store_reading reading_of(int sensor, int64_t minute)
{
    struct store_reading reading = {.kind = SW_READING_LEVEL, .time = {T0 + minute * MINUTE}};
    reading.value_milli = minute % 15 == 7 ? (minute % 2 ? 9000 : -9000) : 1000 + minute % 15;
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

static int commit_readings(struct fixture *fixture, int sensors, int64_t first_minute, int64_t minutes)
{
    struct store_batch *batch = store_batch_new();
    add_readings(batch, sensors, first_minute, minutes);
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

static struct store_room tidy(struct fixture *fixture, int64_t now_ms)
{
    store_tidy(fixture->store, (struct sw_wall){now_ms}, (struct sw_wall){keep_for_ms > 0 ? now_ms - keep_for_ms : 0});
    /* The thread takes work in turn: when it has read the outbox after that, it has tidied. */
    fixture_read_outbox(fixture, 0, 1);
    fixture_read_outbox(fixture, 0, 1);
    return store_room(fixture->store);
}

/* Until a step changes nothing any more. */
static struct store_room tidy_up(struct fixture *fixture, int64_t now_ms)
{
    struct store_room before = store_room(fixture->store), room = before;
    for (int step = 0; step < 1000; step++) {
        room = tidy(fixture, now_ms);
        if (room.thinned == before.thinned && room.dropped == before.dropped) return room;
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

#define QUARTERS                                                                                                       \
    "SELECT count(*) FROM (SELECT 1 FROM readings GROUP BY subject, time_ms / 900000"                                  \
    " HAVING min(value_milli) IN (-9000, 1000) AND max(value_milli) IN (9000, 1014) AND min(time_ms) % 900000 = 0"     \
    " AND max(time_ms) % 900000 = 840000)"

static void old_readings_are_thinned_to_first_last_and_extremes(void **state)
{
    (void)state;
    struct fixture fixture;
    const int64_t minutes = 4 * 1440, now = T0 + minutes * MINUTE;
    open_with(&fixture, 0, 0);
    assert_int_equal(commit_readings(&fixture, SENSORS, 0, minutes), SW_OK);
    assert_int_equal(commit_alert(&fixture, 1), SW_OK);
    struct store_room room = tidy_up(&fixture, now);
    assert_int_equal(room.thinned, 0);
    int64_t full = room.used_bytes, quarters = fixture_number(&fixture, QUARTERS);
    assert_int_equal(quarters, SENSORS * minutes / 15);

    set_quota(&fixture, full * 6 / 10 + OVERHEAD);
    room = tidy_up(&fixture, now);
    assert_true(room.used_bytes <= full * 6 / 10);
    assert_true(room.thinned > 0);
    assert_int_equal(room.dropped, 0);
    assert_int_equal(room.short_at.ms, 0);
    assert_int_equal(room.readings, fixture_number(&fixture, "SELECT count(*) FROM readings"));
    assert_int_equal(fixture_number(&fixture, QUARTERS), quarters);
    char last_day[96];
    snprintf(last_day, sizeof last_day, "SELECT count(*) FROM readings WHERE time_ms >= %lld", (long long)(now - DAY));
    assert_int_equal(fixture_number(&fixture, last_day), SENSORS * 1440);
    expect_kept(&fixture, 1);

    /* What was freed is used again: the file does not grow. */
    int64_t pages = fixture_number(&fixture, "PRAGMA page_count");
    assert_int_equal(commit_readings(&fixture, SENSORS, minutes, 360), SW_OK);
    assert_int_equal(fixture_number(&fixture, "PRAGMA page_count"), pages);
    end(&fixture);
}

static void what_thinning_cannot_spare_goes_by_age(void **state)
{
    (void)state;
    struct fixture fixture;
    const int64_t minutes = 4 * 1440, now = T0 + minutes * MINUTE;
    open_with(&fixture, 0, 0);
    assert_int_equal(commit_readings(&fixture, SENSORS, 0, minutes), SW_OK);
    assert_int_equal(commit_alert(&fixture, 1), SW_OK);
    int64_t full = store_room(fixture.store).used_bytes;
    set_quota(&fixture, full * 4 / 10 + OVERHEAD);
    struct store_room room = tidy_up(&fixture, now);
    assert_true(room.used_bytes <= full * 4 / 10);
    assert_true(room.dropped > 0);
    assert_int_equal(room.short_at.ms, 0);
    char oldest[128];
    snprintf(oldest, sizeof oldest, "SELECT min(time_ms) >= %lld FROM readings", (long long)T0 + DAY);
    assert_int_equal(fixture_number(&fixture, oldest), 1);
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

static void readings_older_than_asked_for_go(void **state)
{
    (void)state;
    struct fixture fixture;
    open_with(&fixture, 0, 2 * DAY);
    assert_int_equal(commit_readings(&fixture, SENSORS, 0, 4 * 1440), SW_OK);
    struct store_room room = tidy_up(&fixture, T0 + 4 * DAY);
    assert_int_equal(room.dropped, SENSORS * 2 * 1440);
    assert_int_equal(room.thinned, 0);
    assert_int_equal(room.short_at.ms, 0);
    char older[96];
    snprintf(older, sizeof older, "SELECT count(*) FROM readings WHERE time_ms < %lld", (long long)(T0 + 2 * DAY));
    assert_int_equal(fixture_number(&fixture, older), 0);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM readings"), SENSORS * 2 * 1440);
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
    const int64_t minutes = 3 * 1440, now = T0 + minutes * MINUTE;
    if (!mount_small(&fixture)) {
        skip();
        return;
    }
    fixture_open(&fixture);
    store_set_limits(fixture.store, &limits);
    assert_true(reserve_exists(&fixture));
    for (int64_t day = 0; day < 3; day++)
        assert_int_equal(commit_readings(&fixture, MANY_SENSORS, day * 1440, 1440), SW_OK);
    assert_false(store_room(fixture.store).full);
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
    assert_int_equal(fixture_number(&fixture, "SELECT sequence FROM cursors"), 1);

    fill_disk(&fixture, "more", RESERVE);
    /* Old readings make room for new ones, though the disk stays full. */
    struct store_room room = tidy_up(&fixture, now);
    assert_true(room.full);
    assert_true(room.thinned > 0);
    assert_true(room.free_bytes >= 2 * RESERVE);
    int64_t rows = fixture_number(&fixture, "SELECT count(*) FROM readings");
    /* The WAL shares the disk: one batch may find it at its end, is left out and counted, and the next has room. */
    uint64_t left_out = store_room(fixture.store).left_out;
    for (int64_t at = 0; at < 100; at += 10)
        assert_int_equal(commit_readings(&fixture, MANY_SENSORS, minutes + at, 10), SW_OK);
    left_out = store_room(fixture.store).left_out - left_out;
    assert_in_range(left_out, 0, 10 * MANY_SENSORS);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM readings"),
                     rows + 100 * MANY_SENSORS - (int64_t)left_out);

    make_disk_room(&fixture, "others");
    assert_false(tidy(&fixture, now).full);
    assert_true(reserve_exists(&fixture));
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
        cmocka_unit_test(old_readings_are_thinned_to_first_last_and_extremes),
        cmocka_unit_test(what_thinning_cannot_spare_goes_by_age),
        cmocka_unit_test(a_quota_that_does_not_hold_a_day_is_told_and_alerts_stay),
        cmocka_unit_test(readings_older_than_asked_for_go),
        cmocka_unit_test(alerts_are_stored_on_a_full_disk_and_readings_give_way),
        cmocka_unit_test(with_the_reserve_used_up_too_the_commit_fails_and_room_lets_it_through),
        cmocka_unit_test(a_disk_found_full_at_the_start_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
