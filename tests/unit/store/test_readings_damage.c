/* Readings in files that are torn or damaged. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "stillwater/error.h"
#include "unit/store/readings_world.h"

static void change_byte(const char *path, off_t at)
{
    int file = open(path, O_RDWR | O_CLOEXEC);
    uint8_t byte;
    assert_int_equal(pread(file, &byte, 1, at), 1);
    byte ^= 0x40;
    assert_int_equal(pwrite(file, &byte, 1, at), 1);
    (void)close(file);
}

/* As a kill leaves it: without a word about where the log ends. */
static void kill_file(struct world *world)
{
    world->file.loaded = false;
    readings_file_close(&world->file);
}

/* A block of 100 readings, which alone are in the model, and more blocks behind it: where those begin. */
static off_t store_blocks(struct world *world, char log[128], int64_t *clock, int more, unsigned readings)
{
    (void)snprintf(log, 128, "%s-log0", world->path);
    world_add_some(world, 100, clock);
    world_commit(world);
    size_t whole = world->count;
    off_t end = world_file_size(log);
    for (int i = 0; i < more; i++) {
        world_add_some(world, readings, clock);
        world_commit(world);
    }
    world->count = whole;
    return end;
}

static void a_torn_write_is_forgotten(void **state)
{
    struct world *world = *state;
    char log[128];
    int64_t clock = 1000;
    off_t end = store_blocks(world, log, &clock, 1, 100);
    kill_file(world);
    for (off_t size = world_file_size(log) - 1; size >= end; size -= 41) {
        assert_int_equal(truncate(log, size), 0);
        world_open(world);
        assert_int_equal(world->file.damage.count, 0);
        assert_int_equal(world->file.counters.cut, size > end);
        assert_int_equal(world->file.next_position, (int64_t)101);
        world_check(world);
        kill_file(world);
        assert_int_equal(world_file_size(log), end);
        assert_int_equal(truncate(log, size), 0); /* the rest as zeros: its blocks never reached the disk */
    }
    world_open(world);
    world_add_some(world, 50, &clock);
    world_commit(world);
    world_check(world);
}

/* The damaged file under its own name again. */
static void take_back(const struct world *world, const char *log)
{
    char name[sizeof world->folder + 260] = "";
    DIR *folder = opendir(world->folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (strstr(entry->d_name, "log0.corrupt-"))
            (void)snprintf(name, sizeof name, "%s/%s", world->folder, entry->d_name);
    (void)closedir(folder);
    assert_int_equal(rename(name, log), 0);
}

/* Its last block is so long that it has whole sectors. */
static off_t store_two_blocks(struct world *world, char log[128])
{
    int64_t clock = 1000;
    off_t end = store_blocks(world, log, &clock, 1, 200);
    assert_true(world_file_size(log) - end > 1500);
    return end;
}

/* The power goes, and one sector of the last block has not been written. */
static void a_write_with_a_hole_is_a_torn_one(void **state)
{
    struct world *world = *state;
    static const uint8_t nothing[512];
    char log[128];
    off_t end = store_two_blocks(world, log);
    kill_file(world);
    int file = open(log, O_RDWR | O_CLOEXEC);
    assert_int_equal(pwrite(file, nothing, sizeof nothing, (end / 512 + 1) * 512), sizeof nothing);
    (void)close(file);
    world_open(world);
    assert_int_equal(world->file.damage.count, 0);
    assert_int_equal(world->file.counters.cut, 1);
    world_check(world);
}

static void a_damaged_last_block_is_no_torn_write(void **state)
{
    struct world *world = *state;
    char log[128];
    off_t end = store_two_blocks(world, log), length = world_file_size(log) - end;
    kill_file(world);
    for (off_t at = 0; at < length; at += at < 16 ? 1 : 97) {
        change_byte(log, end + at);
        world_open(world);
        assert_int_equal(world->file.damage.count, 1);
        assert_int_equal(world->file.counters.cut, 0);
        world_check(world);
        kill_file(world);
        assert_int_equal(world_file_size(log), end);
        take_back(world, log);
        change_byte(log, end + at);
    }
    world_open(world);
    assert_int_equal(world->file.damage.count, 0);
}

static void what_a_clean_stop_left_cannot_be_torn(void **state)
{
    struct world *world = *state;
    char log[128];
    off_t end = store_two_blocks(world, log);
    readings_file_close(&world->file);
    assert_int_equal(truncate(log, end + 100), 0);
    world_open(world);
    assert_int_equal(world->file.damage.count, 1);
    assert_int_equal(world_files_with(world, "log0.corrupt-", false), 1);
    world_check(world);
    /* Known of that log alone, and until the next start alone. */
    kill_file(world);
    assert_int_equal(truncate(log, end - 1), 0);
    world->count = 0;
    world_open(world);
    assert_int_equal(world->file.damage.count, 0);
    assert_int_equal(world->file.counters.cut, 1);
}

static void a_log_of_a_newer_program_is_refused_and_stays(void **state)
{
    struct world *world = *state;
    char log[128], wanted[256];
    static const uint8_t newer[] = {0, 0, 0, 9};
    off_t size = store_two_blocks(world, log);
    size = world_file_size(log);
    uint8_t version[sizeof newer];
    readings_file_close(&world->file);
    int file = open(log, O_RDWR | O_CLOEXEC);
    assert_int_equal(pread(file, version, sizeof version, 4), sizeof version);
    assert_int_equal(version[0] + version[3], 1); /* whichever end comes first */
    uint8_t at = version[3] == 1 ? 3 : 0;
    assert_int_equal(pwrite(file, &newer[3], 1, 4 + at), 1);
    assert_int_equal(readings_file_open(&world->file, world->path, world->text, sizeof world->text), SW_ERROR_VERSION);
    (void)snprintf(wanted, sizeof wanted, "%s: has version 9; this program understands version 1", log);
    assert_string_equal(world->text, wanted);
    struct readings_reader *reader;
    assert_int_equal(readings_reader_open(world->path, &reader, world->text, sizeof world->text), SW_ERROR_VERSION);
    assert_string_equal(world->text, wanted);
    assert_int_equal(world_file_size(log), size);
    assert_int_equal(world_files_with(world, "corrupt-", false), 0);
    assert_int_equal(pwrite(file, version, sizeof version, 4), sizeof version);
    (void)close(file);
    world_open(world);
    assert_int_equal(world->file.damage.count, 0);
}

static void a_damaged_log_is_set_aside_and_what_is_whole_goes_on(void **state)
{
    struct world *world = *state;
    char log[128];
    int64_t clock = 1000;
    off_t end = store_blocks(world, log, &clock, 2, 100);
    readings_file_close(&world->file);
    change_byte(log, end + 100);
    world_open(world);
    assert_int_equal(world->file.damage.count, 1);
    assert_non_null(strstr(world->file.damage.text, log));
    assert_int_equal(world_files_with(world, "log0.corrupt-", false), 1);
    world_check(world);
    world_add_some(world, 50, &clock);
    world_commit(world);
    world_check(world);
}

/* The highest bit of a block's size: it then reaches past the end of the file, as that of a torn write does. */
static void a_damaged_size_is_no_torn_write(void **state)
{
    struct world *world = *state;
    char log[128];
    int64_t clock = 1000;
    off_t end = store_blocks(world, log, &clock, 2, 100);
    readings_file_close(&world->file);
    for (int byte = 0; byte < 4; byte++) {
        change_byte(log, end + byte);
        world_open(world);
        assert_int_equal(world->file.damage.count, 1);
        readings_file_close(&world->file);
        assert_int_equal(world_file_size(log), end);
        take_back(world, log);
        change_byte(log, end + byte);
    }
    change_byte(log, end + 3);
    world_open(world);
    world_check(world);
}

/* What comes next must not be taken for the head: nodes' cursors would be forgotten with it. */
static void a_log_whose_head_is_damaged_is_begun_anew(void **state)
{
    struct world *world = *state;
    char log[128];
    int64_t clock = 1000;
    struct readings_cursor one = {7, 1, 40, 0}, other = {8, 1, 50, 0};
    assert_int_equal(readings_block_add_cursor(&world->block, &one), SW_OK);
    world_add_some(world, 100, &clock);
    world_commit(world);
    assert_int_equal(readings_file_move_now(&world->file, world->text, sizeof world->text), SW_OK);
    (void)snprintf(log, sizeof log, "%s-log%d", world->path, world->file.current);
    readings_file_close(&world->file);
    change_byte(log, 30);
    world_open(world);
    assert_int_equal(world->file.damage.count, 1);
    assert_int_equal(readings_block_add_cursor(&world->block, &other), SW_OK);
    world_add_some(world, 100, &clock);
    world_commit(world);
    readings_file_close(&world->file);
    world_open(world);
    assert_int_equal(world->file.damage.count, 0);
    assert_int_equal(world->file.cursor_count, 2);
    world_check(world);
}

/* Whatever was moved out of the log is gone with the file; the rest, and all names, are there. */
static void expect_only_the_log(struct world *world, size_t moved)
{
    assert_int_equal(world->file.damage.count, 1);
    assert_int_equal(world_files_with(world, "readings.corrupt-", false) > 0, 1);
    memmove(world->model, world->model + moved, (world->count - moved) * sizeof *world->model);
    world->count -= moved;
    world_check(world);
    int64_t clock = 90000000;
    world_add_some(world, 500, &clock);
    world_commit(world);
    world_move_all(world);
    world_check(world);
}

static void damage_found_at_the_start_is_set_aside(void **state)
{
    struct world *world = *state;
    int64_t clock = 1000;
    world_add_in_turn(world, 3000, 8, &clock);
    world_commit(world);
    world_move_all(world);
    size_t moved = world->count;
    world_add_in_turn(world, 100, 8, &clock);
    world_commit(world);
    readings_file_close(&world->file);
    int file = open(world->path, O_WRONLY | O_CLOEXEC);
    char rubbish[8192];
    memset(rubbish, 'x', sizeof rubbish);
    assert_int_equal(pwrite(file, rubbish, sizeof rubbish, 0), sizeof rubbish);
    (void)close(file);
    world_open(world);
    expect_only_the_log(world, moved);
}

static void damage_found_in_use_is_set_aside(void **state)
{
    struct world *world = *state;
    int64_t clock = 1000;
    world_add_in_turn(world, 3000, 8, &clock);
    world_commit(world);
    world_move_all(world);
    size_t moved = world->count;
    assert_int_equal(sqlite3_exec(world->file.database.db,
                                  "UPDATE tails SET block = CAST(x'00' || substr(block, 2) AS BLOB)", NULL, NULL, NULL),
                     SQLITE_OK);
    world_add_in_turn(world, 100, 8, &clock);
    world_commit(world);
    world_move_all(world);
    expect_only_the_log(world, moved);
}

/* While a log is being moved: what had been moved out of it is in the file that is set aside. */
static void readings_are_counted_anew_when_a_file_is_set_aside(void **state)
{
    struct world *world = *state;
    int64_t clock = 1000;
    bool more;
    world_add_in_turn(world, 3000, 2000, &clock);
    world_commit(world);
    assert_int_equal(readings_file_move_now(&world->file, world->text, sizeof world->text), SW_OK);
    assert_int_equal(readings_file_step(&world->file, &more, world->text, sizeof world->text), SW_OK);
    assert_in_range(world->file.series_done, 1, 1999);
    assert_int_equal(readings_file_readings(&world->file), 3000);
    assert_int_equal(readings_file_set_aside(&world->file, "of no reason", world->text, sizeof world->text), SW_OK);
    assert_int_equal(readings_file_readings(&world->file), 3000);
    for (more = true; more;)
        assert_int_equal(readings_file_step(&world->file, &more, world->text, sizeof world->text), SW_OK);
    assert_int_equal(world->file.log_readings[0] + world->file.log_readings[1], 0);
    assert_int_equal(readings_file_readings(&world->file), 3000);
    world_check(world);
}

static void no_damaged_file_takes_the_place_of_another(void **state)
{
    struct world *world = *state;
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(readings_file_set_aside(&world->file, "of no reason", world->text, sizeof world->text), SW_OK);
    char name[sizeof world->folder + 260], path[sizeof name + 8];
    size_t count = 0;
    DIR *folder = opendir(world->folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        const char *end = strrchr(entry->d_name, '-');
        if (strstr(entry->d_name, "corrupt-") && strcmp(end, "-wal") != 0 && strcmp(end, "-shm") != 0) count++;
    }
    (void)closedir(folder);
    assert_int_equal(count, 5);
    (void)snprintf(path, sizeof path, "%s/one", world->folder);
    /* A WAL that has lost its file keeps its name, too. */
    sqlite_file_name_damaged(path, name, sizeof name);
    (void)snprintf(path, sizeof path, "%s-wal", name);
    assert_int_equal(close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)), 0);
    char next[sizeof name];
    (void)snprintf(path, sizeof path, "%s/one", world->folder);
    sqlite_file_name_damaged(path, next, sizeof next);
    assert_string_not_equal(next, name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_torn_write_is_forgotten),
        WORLD_TEST(a_write_with_a_hole_is_a_torn_one),
        WORLD_TEST(a_damaged_last_block_is_no_torn_write),
        WORLD_TEST(what_a_clean_stop_left_cannot_be_torn),
        WORLD_TEST(a_log_of_a_newer_program_is_refused_and_stays),
        WORLD_TEST(readings_are_counted_anew_when_a_file_is_set_aside),
        WORLD_TEST(no_damaged_file_takes_the_place_of_another),
        WORLD_TEST(a_damaged_size_is_no_torn_write),
        WORLD_TEST(a_log_whose_head_is_damaged_is_begun_anew),
        WORLD_TEST(a_damaged_log_is_set_aside_and_what_is_whole_goes_on),
        WORLD_TEST(damage_found_at_the_start_is_set_aside),
        WORLD_TEST(damage_found_in_use_is_set_aside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
