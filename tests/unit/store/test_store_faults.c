#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cmocka.h>

#include "adapters/store_sqlite/store_audit.h"
#include "stillwater/error.h"
#include "unit/store/fault_vfs.h"
#include "unit/store/store_fixture.h"

#define BATCH_READINGS 200u
#define OLD_READINGS   4000u

static void expect_rows(const struct fixture *fixture, int64_t readings, int64_t alerts)
{
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM readings"), readings);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM alerts"), alerts);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM outbox"), alerts);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM feedback"), alerts - 1);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM trail"), 2 * alerts);
}

/* Of the batch that failed the readings may be there: what rests on them is not. */
static void expect_no_alert(const struct fixture *fixture)
{
    int64_t readings = fixture_number(fixture, "SELECT count(*) FROM readings");
    expect_rows(fixture, readings == 3 ? 3 : BATCH_READINGS, 1);
}

struct fault {
    enum fault_operation operation;
    int code;
    bool lasting;
    int error; /* that it surfaces as */
};

/* Whatever has happened: the file is sound, and nobody has been at its trail. */
static void expect_sound(const struct fixture *fixture)
{
    struct store_audit audit;
    char text[512] = "";
    assert_int_equal(fixture_number(fixture, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
    if (store_audit_verify(fixture->path, NULL, &audit, text, sizeof text)) fail_msg("%s", text);
    if (audit.broken)
        fail_msg("row %lld, %s: expected %s, found %s", (long long)audit.fault.sequence, audit.fault.what,
                 audit.fault.expected, audit.fault.found);
}

static struct store_batch *second_batch(void)
{
    struct store_batch *batch = sample_batch(4, BATCH_READINGS, 2);
    struct store_feedback feedback = {.outcome = SW_OUTCOME_ABSENT, .by = "o"};
    size_t index;
    memcpy(feedback.alert_id, sample_alert(2).id, sizeof feedback.alert_id);
    assert_int_equal(store_batch_add_feedback(batch, &feedback, &index), SW_OK);
    return batch;
}

static void open_with_first_batch(struct fixture *fixture)
{
    fixture_init(fixture);
    fixture_open(fixture);
    struct store_batch *first = sample_batch(1, 3, 1);
    assert_int_equal(fixture_commit(fixture, first), SW_OK);
    store_batch_free(first);
}

/* Returns whether the n-th operation was met; *failed whether the commit failed by it. */
static bool commit_with_fault(const struct fault *fault, int n, bool *failed)
{
    struct fixture fixture;
    open_with_first_batch(&fixture);
    struct store_batch *batch = second_batch();
    fault_vfs_arm(fault->operation, n, fault->code, fault->lasting);
    int error = fixture_commit(&fixture, batch);
    bool fired = fault_vfs_fired();
    fault_vfs_disarm();
    *failed = error != SW_OK;
    if (error) {
        assert_true(fired);
        assert_int_equal(error, fault->error);
        assert_non_null(strstr(fixture.commit_text, fixture.path));
        expect_no_alert(&fixture);
        assert_int_equal(store_counters(fixture.store).failures, 1);
        assert_int_equal(store_counters(fixture.store).outbox_rows, 1);
        assert_int_equal(fixture_commit(&fixture, batch), SW_OK);
    }
    /* A fault in the checkpoint after the commit is no failure of the commit. */
    expect_rows(&fixture, BATCH_READINGS, 2);
    store_batch_free(batch);
    fixture_close(&fixture);
    expect_rows(&fixture, BATCH_READINGS, 2);
    expect_sound(&fixture);
    fixture_destroy(&fixture);
    return fired;
}

static void a_commit_that_fails_anywhere_leaves_no_half_batch(void **state)
{
    (void)state;
    static const struct fault faults[] = {
        {FAULT_WRITE, SQLITE_IOERR_WRITE, false, SW_ERROR_STORE},
        {FAULT_WRITE, SQLITE_IOERR_WRITE, true, SW_ERROR_STORE},
        {FAULT_SYNC, SQLITE_IOERR_FSYNC, false, SW_ERROR_STORE},
        {FAULT_SYNC, SQLITE_IOERR_FSYNC, true, SW_ERROR_STORE},
        {FAULT_CHANGE, SQLITE_FULL, false, SW_ERROR_STORE_FULL},
        {FAULT_CHANGE, SQLITE_FULL, true, SW_ERROR_STORE_FULL},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        int failures = 0;
        bool fired = true, failed;
        for (int n = 1; fired; n++) {
            fired = commit_with_fault(&faults[i], n, &failed);
            failures += failed;
        }
        /* Pages of the WAL, each with its header, and one sync: a sweep that meets fewer has not swept. */
        assert_true(failures >= (faults[i].operation == FAULT_SYNC ? 1 : 5));
    }
}

static bool open_with_fault(const struct fault *fault, int n, bool there)
{
    struct fixture fixture;
    char text[512] = "";
    fixture_init(&fixture);
    if (there) {
        fixture_open(&fixture);
        struct store_batch *first = sample_batch(1, 3, 1);
        assert_int_equal(fixture_commit(&fixture, first), SW_OK);
        store_batch_free(first);
        fixture_close(&fixture);
    }
    fault_vfs_arm(fault->operation, n, fault->code, fault->lasting);
    int error = fixture_try_open(&fixture, text, sizeof text);
    bool fired = fault_vfs_fired();
    fault_vfs_disarm();
    if (error) {
        assert_int_equal(error, fault->error);
        assert_non_null(strstr(text, fixture.path));
        fixture_open(&fixture);
    }
    struct store_batch *batch = there ? second_batch() : sample_batch(1, 3, 1);
    assert_int_equal(fixture_commit(&fixture, batch), SW_OK);
    store_batch_free(batch);
    expect_rows(&fixture, there ? BATCH_READINGS : 3, there ? 2 : 1);
    fixture_close(&fixture);
    expect_sound(&fixture);
    fixture_destroy(&fixture);
    return fired;
}

static void a_start_that_fails_anywhere_is_reported_and_the_next_one_works(void **state)
{
    (void)state;
    static const struct fault faults[] = {
        {FAULT_OPEN, SQLITE_CANTOPEN, false, SW_ERROR_STORE},
        {FAULT_OPEN, SQLITE_CANTOPEN, true, SW_ERROR_STORE},
        {FAULT_WRITE, SQLITE_IOERR_WRITE, false, SW_ERROR_STORE},
        {FAULT_SYNC, SQLITE_IOERR_FSYNC, true, SW_ERROR_STORE},
        {FAULT_CHANGE, SQLITE_FULL, true, SW_ERROR_STORE_FULL},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        for (int there = 0; there <= 1; there++) {
            bool fired = true;
            for (int n = 1; fired; n++)
                fired = open_with_fault(&faults[i], n, there == 1);
        }
}

static void damage_found_by_a_commit_is_told_once(void **state)
{
    (void)state;
    struct fixture fixture;
    open_with_first_batch(&fixture);
    struct store_batch *batch = second_batch();
    assert_int_equal(store_room(fixture.store).database_damage.count, 0);
    fault_vfs_arm(FAULT_WRITE, 1, SQLITE_CORRUPT, true);
    assert_int_equal(fixture_commit(&fixture, batch), SW_ERROR_STORE);
    assert_int_equal(fixture_commit(&fixture, batch), SW_ERROR_STORE);
    fault_vfs_disarm();
    struct store_damage damage = store_room(fixture.store).database_damage;
    assert_int_equal(damage.count, 1);
    assert_non_null(strstr(damage.text, "the next start sets it aside"));
    store_batch_free(batch);
    fixture_close(&fixture);
    fixture_destroy(&fixture);
}

static bool tidy_with_fault(const struct fault *fault, int n)
{
    struct fixture fixture;
    const struct store_limits limits = {.quota_bytes = 1 << 20};
    const struct sw_wall later = {1790000000000 + INT64_C(3) * 86400000};
    const struct store_keep keep = {0};
    fixture_init(&fixture);
    fixture_open(&fixture);
    struct store_batch *batch = sample_batch(1, OLD_READINGS, 1);
    store_batch_set_checkpoint(batch, OLD_READINGS);
    assert_int_equal(fixture_commit(&fixture, batch), SW_OK);
    store_batch_free(batch);
    store_set_limits(fixture.store, &limits);
    fault_vfs_arm(fault->operation, n, fault->code, fault->lasting);
    store_tidy(fixture.store, later, &keep);
    /* The thread takes work in turn: by the second answer it has tidied. */
    fixture_read_outbox(&fixture, 0, 1);
    fixture_read_outbox(&fixture, 0, 1);
    bool fired = fault_vfs_fired();
    fault_vfs_disarm();
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM readings"), store_room(fixture.store).readings);
    for (int step = 0; step < 5; step++) {
        store_tidy(fixture.store, later, &keep);
        fixture_read_outbox(&fixture, 0, 1);
        fixture_read_outbox(&fixture, 0, 1);
    }
    assert_true(store_room(fixture.store).dropped > 0);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM outbox"), 1);
    fixture_close(&fixture);
    expect_sound(&fixture);
    fixture_destroy(&fixture);
    return fired;
}

static void dropping_that_fails_anywhere_harms_nothing_and_goes_on(void **state)
{
    (void)state;
    static const struct fault faults[] = {
        {FAULT_WRITE, SQLITE_IOERR_WRITE, false, SW_ERROR_STORE},
        {FAULT_SYNC, SQLITE_IOERR_FSYNC, true, SW_ERROR_STORE},
        {FAULT_CHANGE, SQLITE_FULL, true, SW_ERROR_STORE_FULL},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        bool fired = true;
        int met = 0;
        for (int n = 1; fired; n *= 2) {
            fired = tidy_with_fault(&faults[i], n);
            met += fired;
        }
        assert_true(met >= (faults[i].operation == FAULT_SYNC ? 1 : 2));
    }
}

static void removal_of_done_rows_is_tried_again_after_a_fault(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_open(&fixture);
    struct store_batch *batch = sample_batch(1, 3, 1);
    assert_int_equal(fixture_commit(&fixture, batch), SW_OK);
    store_batch_free(batch);
    fixture_read_outbox(&fixture, 0, 10);
    assert_int_equal(fixture.row_count, 1);
    fault_vfs_arm(FAULT_CHANGE, 1, SQLITE_FULL, true);
    assert_int_equal(store_outbox_done(fixture.store, fixture.row_ids[0]), SW_OK);
    batch = sample_batch(4, 5, 0);
    assert_int_equal(fixture_commit(&fixture, batch), SW_ERROR_STORE_FULL);
    fixture_read_outbox(&fixture, 0, 10);
    assert_int_equal(fixture.row_count, 0);
    fault_vfs_disarm();
    assert_int_equal(fixture_commit(&fixture, batch), SW_OK);
    store_batch_free(batch);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM outbox"), 0);
    assert_int_equal(store_counters(fixture.store).outbox_rows, 0);
    fixture_close(&fixture);
    fixture_destroy(&fixture);
}

/* A real small file system: what the kernel does when it is full, not what a layer pretends. */
static void a_full_file_system_is_named_and_space_made_free_lets_the_retry_through(void **state)
{
    (void)state;
    struct fixture fixture;
    char ballast[128];
    fixture_init(&fixture);
    if (mount("stillwater-test", fixture.folder, "tmpfs", 0, "size=1m") != 0) {
        print_message("mounting a small file system is not permitted here: %s\n", strerror(errno));
        fixture_destroy(&fixture);
        skip();
        return;
    }
    snprintf(ballast, sizeof ballast, "%s/ballast", fixture.folder);
    int file = open(ballast, O_CREAT | O_WRONLY, 0600);
    assert_true(file >= 0);
    assert_int_equal(posix_fallocate(file, 0, 256 * 1024), 0);
    close(file);
    fixture_open(&fixture);
    struct store_batch *batch = NULL;
    int error = SW_OK;
    uint32_t next = 1;
    while (!error && next < 100000) {
        store_batch_free(batch);
        batch = sample_batch(next, next + 99, next);
        error = fixture_commit(&fixture, batch);
        if (!error) next += 100;
    }
    assert_int_equal(error, SW_ERROR_STORE_FULL);
    char expected[256];
    snprintf(expected, sizeof expected, "%s: the disk is full", fixture.path);
    assert_string_equal(fixture.commit_text, expected);
    assert_int_equal(fixture_commit(&fixture, batch), SW_ERROR_STORE_FULL);
    assert_int_equal(unlink(ballast), 0);
    assert_int_equal(fixture_commit(&fixture, batch), SW_OK);
    store_batch_free(batch);
    assert_int_equal(fixture_number(&fixture, "SELECT count(*) FROM readings"), next + 99);
    fixture_close(&fixture);
    assert_int_equal(umount(fixture.folder), 0);
    fixture_destroy(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_commit_that_fails_anywhere_leaves_no_half_batch),
        cmocka_unit_test(damage_found_by_a_commit_is_told_once),
        cmocka_unit_test(a_start_that_fails_anywhere_is_reported_and_the_next_one_works),
        cmocka_unit_test(dropping_that_fails_anywhere_harms_nothing_and_goes_on),
        cmocka_unit_test(removal_of_done_rows_is_tried_again_after_a_fault),
        cmocka_unit_test(a_full_file_system_is_named_and_space_made_free_lets_the_retry_through),
    };
    fault_vfs_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
