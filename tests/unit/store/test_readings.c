/* The life of readings in their files: stored, moved, replayed and read. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "stillwater/error.h"
#include "unit/store/readings_world.h"

static void everything_comes_back_wherever_it_is(void **state)
{
    struct world *world = *state;
    int64_t clock = 1000;
    uint64_t late = 0, repeated = 0;
    for (int round = 0; round < 12; round++) {
        for (int batch = 0; batch < 8; batch++) {
            world_add_some(world, (unsigned)world_roll(world, 400), &clock);
            world_commit(world);
        }
        world_check(world);
        if (round % 3 == 1) world_move_all(world);
        world_check(world);
        late += world->file.counters.late;
        repeated += world->file.counters.repeated;
        if (round % 4 == 2) {
            readings_file_close(&world->file);
            world_open(world);
            world_check(world);
        }
    }
    assert_true(late > 0);
    assert_true(repeated > 0);
}

/* The daemon dies between any two steps: what has been moved is not there twice, what has not is not gone. */
static void a_stop_between_any_two_steps_changes_nothing(void **state)
{
    struct world *world = *state;
    int64_t clock = 1000;
    for (int round = 0; round < 6; round++) {
        world_add_some(world, 1500, &clock);
        world_commit(world);
        assert_int_equal(readings_file_move_now(&world->file, world->text, sizeof world->text), SW_OK);
        world_add_some(world, 200, &clock);
        world_commit(world);
        for (bool more = true; more;) {
            world_check(world);
            readings_file_close(&world->file);
            world_open(world);
            assert_int_equal(readings_file_step(&world->file, &more, world->text, sizeof world->text), SW_OK);
        }
        world_check(world);
    }
}

#define LIFE_SERIES 5
#define LIVES       60

/* Reading n of all is of series n % LIFE_SERIES, and says n. */
static void commit_numbered(struct world *world, int64_t first, int64_t count)
{
    for (int64_t n = first; n < first + count; n++) {
        struct log_reading stored = {.series = world_series(world, (unsigned)(n % LIFE_SERIES)),
                                     .reading = world_reading(n * 1000, n),
                                     .taken_ms = n * 1000};
        if (readings_block_add(&world->block, &stored) != SW_OK) _exit(1);
    }
    struct readings_cursor cursor = {7, 1, (uint32_t)(first + count - 1), 0};
    size_t size;
    if (readings_block_add_cursor(&world->block, &cursor) != SW_OK) _exit(1);
    uint8_t *bytes = readings_block_write(&world->block, &world->series, world->stored_series, &size);
    if (!bytes ||
        readings_file_append(&world->file, &world->block, bytes, size, false, world->text, sizeof world->text) != SW_OK)
        _exit(1);
    free(bytes);
    world->stored_series = world->series.count;
    readings_block_clear(&world->block);
}

/* A process that stores, tells of what it has stored, and moves, until it is killed. */
static _Noreturn void live(struct world *world, int told)
{
    bool more;
    if (readings_file_open(&world->file, world->path, world->text, sizeof world->text) != SW_OK ||
        readings_file_load_series(&world->file, &world->series) != SW_OK)
        _exit(1);
    world->stored_series = world->series.count;
    for (unsigned round = 0;; round++) {
        int64_t count = 1 + (int64_t)world_roll(world, 100);
        commit_numbered(world, world->file.next_position, count);
        int64_t newest = world->file.next_position - 1;
        if (write(told, &newest, sizeof newest) != (ssize_t)sizeof newest) _exit(1);
        if (round % 3 == 2 && readings_file_move_now(&world->file, world->text, sizeof world->text) != SW_OK) _exit(1);
        if (readings_file_step(&world->file, &more, world->text, sizeof world->text) != SW_OK) _exit(1);
    }
}

static int64_t live_and_die(struct world *world)
{
    int ends[2], status;
    int64_t newest = 0;
    unsigned rounds = (unsigned)world_roll(world, 8), wait_us = (unsigned)world_roll(world, 3000);
    (void)world_roll(world, 2); /* each life is another one */
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(ends[0]);
        live(world, ends[1]);
    }
    (void)close(ends[1]);
    for (unsigned i = 0; i < rounds; i++)
        assert_int_equal(read(ends[0], &newest, sizeof newest), sizeof newest);
    (void)usleep(wait_us);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    while (read(ends[0], &newest, sizeof newest) == (ssize_t)sizeof newest)
        continue;
    (void)close(ends[0]);
    return newest;
}

static void check_numbered(struct world *world, int64_t newest)
{
    struct readings_reader *reader;
    int64_t total = 0;
    assert_int_equal(readings_reader_open(world->path, &reader, world->text, sizeof world->text), SW_OK);
    for (uint32_t series = 0; series < readings_reader_series(reader)->count; series++) {
        const struct series_reading *readings;
        size_t count;
        assert_int_equal(readings_reader_read(reader, series, 0, READING_TIME_MAX_MS, &readings, &count), SW_OK);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(readings[i].time_ms, readings[i].value_milli * 1000);
            if (i > 0) assert_int_equal(readings[i].value_milli, readings[i - 1].value_milli + LIFE_SERIES);
        }
        total += (int64_t)count;
    }
    assert_int_equal(total, newest);
    readings_reader_close(reader);
}

/* Whoever was told that a reading is stored finds it, once, wherever the process was killed. */
static void what_was_acknowledged_outlives_any_kill(void **state)
{
    struct world *world = *state;
    int64_t known = 0;
    bool moved = false;
    readings_file_close(&world->file);
    for (int i = 0; i < LIVES; i++) {
        int64_t told = live_and_die(world);
        if (told > known) known = told;
        world_open(world);
        int64_t newest = world->file.next_position - 1;
        assert_in_range(newest, known, known + 100);
        assert_int_equal(world->file.damage.count, 0);
        assert_int_equal(readings_file_readings(&world->file), newest);
        if (newest > 0) assert_int_equal(world->file.cursors[0].sequence, newest);
        check_numbered(world, newest);
        moved = moved || world->file.moved > 0;
        known = newest;
        readings_file_close(&world->file);
    }
    assert_true(moved);
    world_open(world);
}

static void steps_are_taken_when_there_is_enough(void **state)
{
    struct world *world = *state;
    bool more;
    for (int64_t i = 0; i < MOVE_READINGS_MIN; i++) {
        assert_int_equal(readings_file_step(&world->file, &more, world->text, sizeof world->text), SW_OK);
        assert_false(more);
        struct log_reading stored = {.series = world_series(world, (unsigned)i % 4), .reading.time_ms = i};
        assert_int_equal(readings_block_add(&world->block, &stored), SW_OK);
        if (i % 512 == 511) world_commit(world);
    }
    assert_int_equal(readings_file_step(&world->file, &more, world->text, sizeof world->text), SW_OK);
    assert_true(more);
}

struct replayed {
    int64_t next;
    size_t count;
};

static void replay(void *ctx, int64_t position, const struct log_reading *stored)
{
    struct replayed *replayed = ctx;
    assert_int_equal(position, replayed->next);
    assert_int_equal(stored->reading.value_milli, position * 10);
    assert_int_equal(stored->taken_ms, position * 1000 + 3);
    replayed->next++;
    replayed->count++;
}

static void positions_go_on_and_are_kept_for_replay(void **state)
{
    struct world *world = *state;
    world->file.keep_from = 1;
    for (int64_t i = 1; i <= 1000; i++) {
        world_add(world, world_series(world, 0), world_reading(i * 1000, i * 10));
        if (i % 100 == 0) world_commit(world);
        if (i == 500) assert_int_equal(readings_file_move_now(&world->file, world->text, sizeof world->text), SW_OK);
    }
    for (int round = 0; round < 2; round++) {
        struct replayed replayed = {.next = 301};
        assert_int_equal(world->file.next_position, 1001);
        assert_int_equal(readings_file_each_since(&world->file, 301, &replayed, replay), SW_OK);
        assert_int_equal(replayed.count, 700);
        readings_file_close(&world->file);
        world_open(world);
        world->file.keep_from = 1;
        bool more;
        assert_int_equal(readings_file_step(&world->file, &more, world->text, sizeof world->text), SW_OK);
        assert_false(more); /* the first half may still be asked for */
    }
    world->file.keep_from = 501;
    bool more;
    assert_int_equal(readings_file_step(&world->file, &more, world->text, sizeof world->text), SW_OK);
    assert_true(more);
    struct replayed replayed = {.next = 501};
    assert_int_equal(readings_file_each_since(&world->file, 0, &replayed, replay), SW_OK);
    assert_int_equal(replayed.count, 500);
}

struct records_told {
    uint32_t last[2], told;
};

static void tell_record(void *ctx, int64_t position, const struct log_reading *stored)
{
    struct records_told *told = ctx;
    (void)position;
    assert_true(stored->doubted);
    assert_int_equal(stored->taken_ms, 0);
    assert_int_equal(stored->reading.epoch, stored->reading.serial == 1001 ? 2 : 1);
    assert_int_equal(stored->reading.time_ms, stored->reading.sequence * 1000);
    assert_true(stored->reading.sequence > told->last[stored->reading.serial - 1001]);
    told->last[stored->reading.serial - 1001] = stored->reading.sequence;
    told->told++;
}

static void records_without_a_hole_can_be_told(void **state)
{
    struct world *world = *state;
    for (uint32_t sequence = 1; sequence <= 300; sequence++) {
        world_add_record(world, 0, 1001, 2, sequence);
        if (sequence == 17) continue;
        world_add_record(world, 1, 1002, 1, sequence);
        if (sequence % 50 != 0) continue;
        struct readings_cursor cursor = {1001, 2, sequence, 77};
        assert_int_equal(readings_block_add_cursor(&world->block, &cursor), SW_OK);
        world_commit(world);
        if (sequence == 100) world_move_all(world);
    }
    struct records_told told = {{0}, 0};
    assert_int_equal(readings_file_each_since(&world->file, 200, &told, tell_record), SW_OK);
    assert_int_equal(told.last[0], 300);
    assert_int_equal(told.told, 400);
    for (int round = 0; round < 3; round++) {
        const struct readings_records *whole = world_records(world, 1001), *holed = world_records(world, 1002);
        assert_int_equal(whole->first, 1);
        assert_int_equal(whole->last, 300);
        assert_int_equal(whole->count, 300);
        assert_int_equal(holed->count, 299);
        assert_int_equal(world->file.cursor_count, 1);
        assert_int_equal(world->file.cursors[0].sequence, 300);
        assert_int_equal(world->file.cursors[0].seen_until_ms, 77);
        if (round == 1) world_move_all(world);
        readings_file_close(&world->file);
        world_open(world);
    }
    world_check(world);
}

static void a_reading_that_does_not_fit_is_refused(void **state)
{
    struct world *world = *state;
    struct log_reading stored = {.reading = world_reading(-1, 0)};
    assert_int_equal(readings_block_add(&world->block, &stored), SW_ERROR_INVALID_ARGUMENT);
    stored.reading = world_reading(1, READING_VALUE_MAX);
    assert_int_equal(readings_block_add(&world->block, &stored), SW_ERROR_INVALID_ARGUMENT);
    assert_int_equal(world->block.count, 0);
}

static void a_slow_reader_does_not_let_the_wal_grow(void **state)
{
    struct world *world = *state;
    char wal[128], select[] = "BEGIN; SELECT count(*) FROM tails";
    int64_t clock = 1000;
    sqlite3 *slow;
    (void)snprintf(wal, sizeof wal, "%s-wal", world->path);
    world_add_in_turn(world, 2000, 60, &clock);
    world_commit(world);
    world_move_all(world);
    assert_int_equal(sqlite3_open(world->path, &slow), SQLITE_OK);
    assert_int_equal(sqlite3_exec(slow, select, NULL, NULL, NULL), SQLITE_OK);
    /* Stands for the days it takes to fill so many pages with readings. */
    while (world->file.database.wal_pages < READINGS_WAL_PAGES_MAX)
        assert_int_equal(
            sqlite3_exec(world->file.database.db, "UPDATE tails SET last_ms = last_ms + 1", NULL, NULL, NULL),
            SQLITE_OK);
    off_t longest = world_file_size(wal);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 500; i++)
            world_add(world, world_series(world, (unsigned)i % 60),
                      world_reading(clock += 1000, (int64_t)world_roll(world, 1000)));
        world_commit(world);
        bool more;
        (void)readings_file_move_now(&world->file, world->text, sizeof world->text);
        assert_int_equal(readings_file_step(&world->file, &more, world->text, sizeof world->text), SW_OK);
        assert_false(more);
        assert_true(world->file.held_back);
    }
    assert_in_range(world_file_size(wal), 0, longest + 65536);
    world_check(world);
    (void)sqlite3_close(slow);
    world_move_all(world);
    assert_false(world->file.held_back);
    world_check(world);
    assert_in_range(world_file_size(wal), 0, 2 * 1048576);
}

static void a_reader_sees_what_is_moved_while_it_reads(void **state)
{
    struct world *world = *state;
    struct readings_reader *reader;
    int64_t clock = 1000;
    world_add_some(world, 1000, &clock);
    world_commit(world);
    assert_int_equal(readings_reader_open(world->path, &reader, world->text, sizeof world->text), SW_OK);
    for (int round = 0; round < 5; round++) {
        bool more = true;
        world_add_some(world, 300, &clock);
        world_commit(world);
        (void)readings_file_move_now(&world->file, world->text, sizeof world->text);
        while (more) {
            assert_int_equal(readings_file_step(&world->file, &more, world->text, sizeof world->text), SW_OK);
            for (uint32_t i = 0; i < 8; i++)
                world_check_series(world, reader, i, 0, READING_TIME_MAX_MS);
        }
    }
    readings_reader_close(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(everything_comes_back_wherever_it_is),    WORLD_TEST(a_stop_between_any_two_steps_changes_nothing),
        WORLD_TEST(steps_are_taken_when_there_is_enough),    WORLD_TEST(positions_go_on_and_are_kept_for_replay),
        WORLD_TEST(records_without_a_hole_can_be_told),      WORLD_TEST(what_was_acknowledged_outlives_any_kill),
        WORLD_TEST(a_slow_reader_does_not_let_the_wal_grow), WORLD_TEST(a_reader_sees_what_is_moved_while_it_reads),
        WORLD_TEST(a_reading_that_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
