/* The readings' files, against a model that keeps everything in memory. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "adapters/store_sqlite/readings/readings_erase.h"
#include "adapters/store_sqlite/readings/readings_file.h"
#include "adapters/store_sqlite/readings/readings_reader.h"
#include "adapters/store_sqlite/readings/readings_retain.h"
#include "stillwater/error.h"
#include "stillwater/time.h"

#define MODEL_MAX  400000
#define SERIES_MAX 64
#define LIVES      60

/* All that was stored and not repeated, in the order in which it came. */
struct model_reading {
    uint32_t series;
    struct series_reading reading;
};

struct world {
    char folder[64], path[96], text[READINGS_TEXT_SIZE];
    struct readings_file file;
    struct readings_series series;
    uint32_t stored_series;
    struct readings_block block;
    struct model_reading *model;
    size_t count;
};

static uint64_t dice = 1;

static uint64_t roll(uint64_t end)
{
    dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (dice >> 20) % end;
}

static void open_file(struct world *world)
{
    assert_int_equal(readings_file_open(&world->file, world->path, world->text, sizeof world->text), SW_OK);
    readings_series_free(&world->series);
    assert_int_equal(readings_file_load_series(&world->file, &world->series), SW_OK);
    world->stored_series = world->series.count;
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    (void)snprintf(world->folder, sizeof world->folder, "/tmp/stillwater-readings-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    (void)snprintf(world->path, sizeof world->path, "%s/store-readings", world->folder);
    world->model = malloc(MODEL_MAX * sizeof *world->model);
    dice = 1;
    open_file(world);
    *state = world;
    return 0;
}

/* Calls each() for the files in the world's folder; how many names contain `part`. */
static size_t files_with(const struct world *world, const char *part, bool remove_them)
{
    size_t count = 0;
    char name[sizeof world->folder + 260];
    DIR *folder = opendir(world->folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.' || !strstr(entry->d_name, part)) continue;
        count++;
        (void)snprintf(name, sizeof name, "%s/%s", world->folder, entry->d_name);
        if (remove_them) (void)unlink(name);
    }
    (void)closedir(folder);
    return count;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    readings_file_close(&world->file);
    readings_series_free(&world->series);
    readings_block_free(&world->block);
    free(world->model);
    (void)files_with(world, "", true);
    (void)rmdir(world->folder);
    free(world);
    return 0;
}

static struct series_reading reading_at(int64_t time_ms, int64_t value_milli)
{
    return (struct series_reading){
        .time_ms = time_ms, .value_milli = value_milli, .quality = SW_QUALITY_GOOD, .clock_quality = SW_CLOCK_SET};
}

static uint32_t series_number(struct world *world, unsigned nth)
{
    char name[32];
    (void)snprintf(name, sizeof name, "home-%u", nth);
    return readings_series_number(&world->series, name, SW_READING_WATER_INDEX);
}

static bool is_repeat(const struct world *world, uint32_t series, const struct series_reading *reading)
{
    if (reading->serial != 0) return false;
    for (size_t i = 0; i < world->count; i++)
        if (world->model[i].series == series && world->model[i].reading.time_ms == reading->time_ms) return true;
    return false;
}

static void add(struct world *world, uint32_t series, struct series_reading reading)
{
    static uint32_t sequence;
    struct log_reading stored = {.series = series, .reading = reading, .taken_ms = reading.time_ms + 3};
    stored.reading.sequence = ++sequence;
    assert_int_equal(readings_block_add(&world->block, &stored), SW_OK);
    if (is_repeat(world, series, &reading)) return;
    assert_in_range(world->count, 0, MODEL_MAX - 1);
    world->model[world->count++] = (struct model_reading){series, reading};
}

static void clear_block(struct world *world)
{
    readings_block_free(&world->block);
}

static int try_commit(struct world *world, bool durable)
{
    size_t size;
    uint8_t *bytes = readings_block_write(&world->block, &world->series, world->stored_series, &size);
    assert_non_null(bytes);
    int error =
        readings_file_append(&world->file, &world->block, bytes, size, durable, world->text, sizeof world->text);
    free(bytes);
    if (!error) world->stored_series = world->series.count;
    return error;
}

static void commit(struct world *world)
{
    assert_int_equal(try_commit(world, true), SW_OK);
    clear_block(world);
}

static void move_all(struct world *world)
{
    bool more = true;
    assert_int_equal(readings_file_move_now(&world->file, world->text, sizeof world->text), SW_OK);
    while (more)
        assert_int_equal(readings_file_step(&world->file, &more, world->text, sizeof world->text), SW_OK);
}

static int by_time(const void *a, const void *b)
{
    const struct model_reading *left = a, *right = b;
    return (left->reading.time_ms > right->reading.time_ms) - (left->reading.time_ms < right->reading.time_ms);
}

/* The model's readings of the series in the order of their times; glibc's qsort keeps the order of equals for this
 * size only by chance, so values of equal times are compared as sums. */
static void check_series(struct world *world, struct readings_reader *reader, uint32_t series, int64_t from_ms,
                         int64_t to_ms)
{
    struct model_reading *wanted = malloc((world->count + 1) * sizeof *wanted);
    const struct series_reading *readings;
    size_t count = 0, got;
    int64_t sum = 0, sum_got = 0;
    for (size_t i = 0; i < world->count; i++) {
        const struct model_reading *known = &world->model[i];
        if (known->series != series || known->reading.time_ms < from_ms || known->reading.time_ms > to_ms) continue;
        wanted[count++] = *known;
        sum += known->reading.value_milli + known->reading.reason;
    }
    qsort(wanted, count, sizeof *wanted, by_time);
    assert_int_equal(readings_reader_read(reader, series, from_ms, to_ms, &readings, &got), SW_OK);
    assert_int_equal(got, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(readings[i].time_ms, wanted[i].reading.time_ms);
        sum_got += readings[i].value_milli + readings[i].reason;
    }
    assert_int_equal(sum_got, sum);
    free(wanted);
}

static void check_all(struct world *world)
{
    struct readings_reader *reader;
    assert_int_equal(readings_reader_open(world->path, &reader, world->text, sizeof world->text), SW_OK);
    const struct readings_series *series = readings_reader_series(reader);
    assert_int_equal(series->count, world->stored_series);
    for (uint32_t i = 0; i < series->count; i++) {
        assert_string_equal(readings_series_name(series, i), readings_series_name(&world->series, i));
        check_series(world, reader, i, 0, READING_TIME_MAX_MS);
        int64_t from = (int64_t)roll(40000000), to = from + (int64_t)roll(40000000);
        check_series(world, reader, i, from, to);
    }
    readings_reader_close(reader);
}

/* A reading a second, of one of so many series after the other. */
static void add_in_turn(struct world *world, unsigned readings, unsigned series, int64_t *clock)
{
    for (unsigned i = 0; i < readings; i++)
        add(world, series_number(world, i % series), reading_at(*clock += 1000, (int64_t)roll(1000)));
}

static void add_some(struct world *world, unsigned readings, int64_t *clock)
{
    for (unsigned i = 0; i < readings; i++) {
        uint32_t series = series_number(world, (unsigned)roll(8));
        *clock += (int64_t)roll(3000);
        struct series_reading reading = reading_at(*clock, (int64_t)roll(100000));
        /* Some come late, some again, some are a node's, some are no good. */
        if (roll(20) == 0) reading.time_ms = (int64_t)roll((uint64_t)*clock + 1);
        if (roll(30) == 0 && world->count > 0) reading.time_ms = world->model[roll(world->count)].reading.time_ms;
        reading.serial = roll(4) == 0 ? 7 : 0;
        if (roll(15) == 0) {
            reading.quality = SW_QUALITY_BAD;
            reading.reason = SW_REASON_RANGE;
        }
        add(world, series, reading);
    }
}

static void everything_comes_back_wherever_it_is(void **state)
{
    struct world *world = *state;
    int64_t clock = 1000;
    uint64_t late = 0, repeated = 0;
    for (int round = 0; round < 12; round++) {
        for (int batch = 0; batch < 8; batch++) {
            add_some(world, (unsigned)roll(400), &clock);
            commit(world);
        }
        check_all(world);
        if (round % 3 == 1) move_all(world);
        check_all(world);
        late += world->file.counters.late;
        repeated += world->file.counters.repeated;
        if (round % 4 == 2) {
            readings_file_close(&world->file);
            open_file(world);
            check_all(world);
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
        add_some(world, 1500, &clock);
        commit(world);
        assert_int_equal(readings_file_move_now(&world->file, world->text, sizeof world->text), SW_OK);
        add_some(world, 200, &clock);
        commit(world);
        for (bool more = true; more;) {
            check_all(world);
            readings_file_close(&world->file);
            open_file(world);
            assert_int_equal(readings_file_step(&world->file, &more, world->text, sizeof world->text), SW_OK);
        }
        check_all(world);
    }
}

#define LIFE_SERIES 5

/* Reading n of all is of series n % LIFE_SERIES, and says n. */
static void commit_numbered(struct world *world, int64_t first, int64_t count)
{
    for (int64_t n = first; n < first + count; n++) {
        struct log_reading stored = {.series = series_number(world, (unsigned)(n % LIFE_SERIES)),
                                     .reading = reading_at(n * 1000, n),
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
        int64_t count = 1 + (int64_t)roll(100);
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
    unsigned rounds = (unsigned)roll(8), wait_us = (unsigned)roll(3000);
    (void)roll(2); /* each life is another one */
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
        open_file(world);
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
    open_file(world);
}

static void steps_are_taken_when_there_is_enough(void **state)
{
    struct world *world = *state;
    bool more;
    for (int64_t i = 0; i < MOVE_READINGS_MIN; i++) {
        assert_int_equal(readings_file_step(&world->file, &more, world->text, sizeof world->text), SW_OK);
        assert_false(more);
        struct log_reading stored = {.series = series_number(world, (unsigned)i % 4), .reading.time_ms = i};
        assert_int_equal(readings_block_add(&world->block, &stored), SW_OK);
        if (i % 512 == 511) commit(world);
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
        add(world, series_number(world, 0), reading_at(i * 1000, i * 10));
        if (i % 100 == 0) commit(world);
        if (i == 500) assert_int_equal(readings_file_move_now(&world->file, world->text, sizeof world->text), SW_OK);
    }
    for (int round = 0; round < 2; round++) {
        struct replayed replayed = {.next = 301};
        assert_int_equal(world->file.next_position, 1001);
        assert_int_equal(readings_file_each_since(&world->file, 301, &replayed, replay), SW_OK);
        assert_int_equal(replayed.count, 700);
        readings_file_close(&world->file);
        open_file(world);
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

static const struct readings_records *records_of(const struct world *world, uint32_t serial)
{
    for (size_t i = 0; i < world->file.record_count; i++)
        if (world->file.records[i].serial == serial) return &world->file.records[i];
    fail();
    return NULL;
}

static void add_record(struct world *world, unsigned nth, uint32_t serial, uint16_t epoch, uint32_t sequence)
{
    struct log_reading stored = {
        .series = series_number(world, nth), .reading = reading_at(sequence * 1000, 5), .doubted = true};
    stored.reading.serial = serial;
    stored.reading.epoch = epoch;
    stored.reading.sequence = sequence;
    assert_int_equal(readings_block_add(&world->block, &stored), SW_OK);
    world->model[world->count++] = (struct model_reading){stored.series, stored.reading};
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
        add_record(world, 0, 1001, 2, sequence);
        if (sequence == 17) continue;
        add_record(world, 1, 1002, 1, sequence);
        if (sequence % 50 != 0) continue;
        struct readings_cursor cursor = {1001, 2, sequence, 77};
        assert_int_equal(readings_block_add_cursor(&world->block, &cursor), SW_OK);
        commit(world);
        if (sequence == 100) move_all(world);
    }
    struct records_told told = {{0}, 0};
    assert_int_equal(readings_file_each_since(&world->file, 200, &told, tell_record), SW_OK);
    assert_int_equal(told.last[0], 300);
    assert_int_equal(told.told, 400);
    for (int round = 0; round < 3; round++) {
        const struct readings_records *whole = records_of(world, 1001), *holed = records_of(world, 1002);
        assert_int_equal(whole->first, 1);
        assert_int_equal(whole->last, 300);
        assert_int_equal(whole->count, 300);
        assert_int_equal(holed->count, 299);
        assert_int_equal(world->file.cursor_count, 1);
        assert_int_equal(world->file.cursors[0].sequence, 300);
        assert_int_equal(world->file.cursors[0].seen_until_ms, 77);
        if (round == 1) move_all(world);
        readings_file_close(&world->file);
        open_file(world);
    }
    check_all(world);
}

/* ---- damage ---- */

static void change_byte(const char *path, off_t at)
{
    int file = open(path, O_RDWR | O_CLOEXEC);
    uint8_t byte;
    assert_int_equal(pread(file, &byte, 1, at), 1);
    byte ^= 0x40;
    assert_int_equal(pwrite(file, &byte, 1, at), 1);
    (void)close(file);
}

static off_t size_of(const char *path)
{
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    return about.st_size;
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
    add_some(world, 100, clock);
    commit(world);
    size_t whole = world->count;
    off_t end = size_of(log);
    for (int i = 0; i < more; i++) {
        add_some(world, readings, clock);
        commit(world);
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
    for (off_t size = size_of(log) - 1; size >= end; size -= 41) {
        assert_int_equal(truncate(log, size), 0);
        open_file(world);
        assert_int_equal(world->file.damage.count, 0);
        assert_int_equal(world->file.counters.cut, size > end);
        assert_int_equal(world->file.next_position, (int64_t)101);
        check_all(world);
        kill_file(world);
        assert_int_equal(size_of(log), end);
        assert_int_equal(truncate(log, size), 0); /* the rest as zeros: its blocks never reached the disk */
    }
    open_file(world);
    add_some(world, 50, &clock);
    commit(world);
    check_all(world);
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
    assert_true(size_of(log) - end > 1500);
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
    open_file(world);
    assert_int_equal(world->file.damage.count, 0);
    assert_int_equal(world->file.counters.cut, 1);
    check_all(world);
}

static void a_damaged_last_block_is_no_torn_write(void **state)
{
    struct world *world = *state;
    char log[128];
    off_t end = store_two_blocks(world, log), length = size_of(log) - end;
    kill_file(world);
    for (off_t at = 0; at < length; at += at < 16 ? 1 : 97) {
        change_byte(log, end + at);
        open_file(world);
        assert_int_equal(world->file.damage.count, 1);
        assert_int_equal(world->file.counters.cut, 0);
        check_all(world);
        kill_file(world);
        assert_int_equal(size_of(log), end);
        take_back(world, log);
        change_byte(log, end + at);
    }
    open_file(world);
    assert_int_equal(world->file.damage.count, 0);
}

static void what_a_clean_stop_left_cannot_be_torn(void **state)
{
    struct world *world = *state;
    char log[128];
    off_t end = store_two_blocks(world, log);
    readings_file_close(&world->file);
    assert_int_equal(truncate(log, end + 100), 0);
    open_file(world);
    assert_int_equal(world->file.damage.count, 1);
    assert_int_equal(files_with(world, "log0.corrupt-", false), 1);
    check_all(world);
    /* Known of that log alone, and until the next start alone. */
    kill_file(world);
    assert_int_equal(truncate(log, end - 1), 0);
    world->count = 0;
    open_file(world);
    assert_int_equal(world->file.damage.count, 0);
    assert_int_equal(world->file.counters.cut, 1);
}

static void a_log_of_a_newer_program_is_refused_and_stays(void **state)
{
    struct world *world = *state;
    char log[128], wanted[256];
    static const uint8_t newer[] = {0, 0, 0, 9};
    off_t size = store_two_blocks(world, log);
    size = size_of(log);
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
    assert_int_equal(size_of(log), size);
    assert_int_equal(files_with(world, "corrupt-", false), 0);
    assert_int_equal(pwrite(file, version, sizeof version, 4), sizeof version);
    (void)close(file);
    open_file(world);
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
    open_file(world);
    assert_int_equal(world->file.damage.count, 1);
    assert_non_null(strstr(world->file.damage.text, log));
    assert_int_equal(files_with(world, "log0.corrupt-", false), 1);
    check_all(world);
    add_some(world, 50, &clock);
    commit(world);
    check_all(world);
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
        open_file(world);
        assert_int_equal(world->file.damage.count, 1);
        readings_file_close(&world->file);
        assert_int_equal(size_of(log), end);
        take_back(world, log);
        change_byte(log, end + byte);
    }
    change_byte(log, end + 3);
    open_file(world);
    check_all(world);
}

/* What comes next must not be taken for the head: nodes' cursors would be forgotten with it. */
static void a_log_whose_head_is_damaged_is_begun_anew(void **state)
{
    struct world *world = *state;
    char log[128];
    int64_t clock = 1000;
    struct readings_cursor one = {7, 1, 40, 0}, other = {8, 1, 50, 0};
    assert_int_equal(readings_block_add_cursor(&world->block, &one), SW_OK);
    add_some(world, 100, &clock);
    commit(world);
    assert_int_equal(readings_file_move_now(&world->file, world->text, sizeof world->text), SW_OK);
    (void)snprintf(log, sizeof log, "%s-log%d", world->path, world->file.current);
    readings_file_close(&world->file);
    change_byte(log, 30);
    open_file(world);
    assert_int_equal(world->file.damage.count, 1);
    assert_int_equal(readings_block_add_cursor(&world->block, &other), SW_OK);
    add_some(world, 100, &clock);
    commit(world);
    readings_file_close(&world->file);
    open_file(world);
    assert_int_equal(world->file.damage.count, 0);
    assert_int_equal(world->file.cursor_count, 2);
    check_all(world);
}

/* Whatever was moved out of the log is gone with the file; the rest, and all names, are there. */
static void expect_only_the_log(struct world *world, size_t moved)
{
    assert_int_equal(world->file.damage.count, 1);
    assert_int_equal(files_with(world, "readings.corrupt-", false) > 0, 1);
    memmove(world->model, world->model + moved, (world->count - moved) * sizeof *world->model);
    world->count -= moved;
    check_all(world);
    int64_t clock = 90000000;
    add_some(world, 500, &clock);
    commit(world);
    move_all(world);
    check_all(world);
}

static void damage_found_at_the_start_is_set_aside(void **state)
{
    struct world *world = *state;
    int64_t clock = 1000;
    add_in_turn(world, 3000, 8, &clock);
    commit(world);
    move_all(world);
    size_t moved = world->count;
    add_in_turn(world, 100, 8, &clock);
    commit(world);
    readings_file_close(&world->file);
    int file = open(world->path, O_WRONLY | O_CLOEXEC);
    char rubbish[8192];
    memset(rubbish, 'x', sizeof rubbish);
    assert_int_equal(pwrite(file, rubbish, sizeof rubbish, 0), sizeof rubbish);
    (void)close(file);
    open_file(world);
    expect_only_the_log(world, moved);
}

static void damage_found_in_use_is_set_aside(void **state)
{
    struct world *world = *state;
    int64_t clock = 1000;
    add_in_turn(world, 3000, 8, &clock);
    commit(world);
    move_all(world);
    size_t moved = world->count;
    assert_int_equal(sqlite3_exec(world->file.database.db,
                                  "UPDATE tails SET block = CAST(x'00' || substr(block, 2) AS BLOB)", NULL, NULL, NULL),
                     SQLITE_OK);
    add_in_turn(world, 100, 8, &clock);
    commit(world);
    move_all(world);
    expect_only_the_log(world, moved);
}

/* While a log is being moved: what had been moved out of it is in the file that is set aside. */
static void readings_are_counted_anew_when_a_file_is_set_aside(void **state)
{
    struct world *world = *state;
    int64_t clock = 1000;
    bool more;
    add_in_turn(world, 3000, 2000, &clock);
    commit(world);
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
    check_all(world);
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

/* ---- readers ---- */

static void a_slow_reader_does_not_let_the_wal_grow(void **state)
{
    struct world *world = *state;
    char wal[128], select[] = "BEGIN; SELECT count(*) FROM tails";
    int64_t clock = 1000;
    sqlite3 *slow;
    (void)snprintf(wal, sizeof wal, "%s-wal", world->path);
    add_in_turn(world, 2000, 60, &clock);
    commit(world);
    move_all(world);
    assert_int_equal(sqlite3_open(world->path, &slow), SQLITE_OK);
    assert_int_equal(sqlite3_exec(slow, select, NULL, NULL, NULL), SQLITE_OK);
    /* Stands for the days it takes to fill so many pages with readings. */
    while (world->file.database.wal_pages < READINGS_WAL_PAGES_MAX)
        assert_int_equal(
            sqlite3_exec(world->file.database.db, "UPDATE tails SET last_ms = last_ms + 1", NULL, NULL, NULL),
            SQLITE_OK);
    off_t longest = size_of(wal);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 500; i++)
            add(world, series_number(world, (unsigned)i % 60), reading_at(clock += 1000, (int64_t)roll(1000)));
        commit(world);
        bool more;
        (void)readings_file_move_now(&world->file, world->text, sizeof world->text);
        assert_int_equal(readings_file_step(&world->file, &more, world->text, sizeof world->text), SW_OK);
        assert_false(more);
        assert_true(world->file.held_back);
    }
    assert_in_range(size_of(wal), 0, longest + 65536);
    check_all(world);
    (void)sqlite3_close(slow);
    move_all(world);
    assert_false(world->file.held_back);
    check_all(world);
    assert_in_range(size_of(wal), 0, 2 * 1048576);
}

static void a_reader_sees_what_is_moved_while_it_reads(void **state)
{
    struct world *world = *state;
    struct readings_reader *reader;
    int64_t clock = 1000;
    add_some(world, 1000, &clock);
    commit(world);
    assert_int_equal(readings_reader_open(world->path, &reader, world->text, sizeof world->text), SW_OK);
    for (int round = 0; round < 5; round++) {
        bool more = true;
        add_some(world, 300, &clock);
        commit(world);
        (void)readings_file_move_now(&world->file, world->text, sizeof world->text);
        while (more) {
            assert_int_equal(readings_file_step(&world->file, &more, world->text, sizeof world->text), SW_OK);
            for (uint32_t i = 0; i < 8; i++)
                check_series(world, reader, i, 0, READING_TIME_MAX_MS);
        }
    }
    readings_reader_close(reader);
}

/* ---- what goes, and what it came to ---- */

#define HOUR_MS INT64_C(3600000)
#define DAY_MS  INT64_C(86400000)

struct spans {
    struct readings_aggregate told[2000];
    size_t count;
};

static void take_span(void *ctx, const struct readings_aggregate *aggregate)
{
    struct spans *spans = ctx;
    assert_in_range(spans->count, 0, 1999);
    spans->told[spans->count++] = *aggregate;
}

/* From the model alone. */
static size_t expect_spans(const struct world *world, uint32_t series, int64_t step_ms, struct spans *wanted)
{
    struct series_reading *sorted = malloc((world->count + 1) * 2 * sizeof *sorted);
    size_t count = 0;
    for (size_t i = 0; i < world->count; i++)
        if (world->model[i].series == series) sorted[count++] = world->model[i].reading;
    for (size_t i = 1; i < count; i++)
        for (size_t at = i; at > 0 && sorted[at - 1].time_ms > sorted[at].time_ms; at--) {
            struct series_reading swapped = sorted[at];
            sorted[at] = sorted[at - 1];
            sorted[at - 1] = swapped;
        }
    int64_t last = sorted[0].value_milli;
    wanted->count = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t from_ms = sorted[i].time_ms / step_ms * step_ms;
        if (wanted->count == 0 || wanted->told[wanted->count - 1].from_ms != from_ms)
            wanted->told[wanted->count++] = (struct readings_aggregate){
                .from_ms = from_ms, .first = sorted[i].value_milli, .least = INT64_MAX, .most = INT64_MIN};
        struct readings_aggregate *span = &wanted->told[wanted->count - 1];
        int64_t value = sorted[i].value_milli;
        span->count++;
        if (value < span->least) span->least = value;
        if (value > span->most) span->most = value;
        if (value > last) span->grown += value - last;
        span->last = last = value;
    }
    free(sorted);
    return wanted->count;
}

static void check_spans(struct world *world, int64_t step_ms)
{
    static struct spans told, wanted;
    struct readings_reader *reader;
    assert_int_equal(readings_reader_open(world->path, &reader, world->text, sizeof world->text), SW_OK);
    for (uint32_t series = 0; series < 4; series++) {
        told.count = 0;
        assert_int_equal(
            readings_reader_aggregates(reader, series, 0, READING_TIME_MAX_MS - DAY_MS, step_ms, &told, take_span),
            SW_OK);
        assert_int_equal(told.count, expect_spans(world, series, step_ms, &wanted));
        for (size_t i = 0; i < told.count; i++) {
            assert_int_equal(told.told[i].from_ms, wanted.told[i].from_ms);
            assert_int_equal(told.told[i].count, wanted.told[i].count);
            assert_int_equal(told.told[i].first, wanted.told[i].first);
            assert_int_equal(told.told[i].last, wanted.told[i].last);
            assert_int_equal(told.told[i].least, wanted.told[i].least);
            assert_int_equal(told.told[i].most, wanted.told[i].most);
            assert_int_equal(told.told[i].grown, wanted.told[i].grown);
        }
    }
    readings_reader_close(reader);
}

/* Meters of four homes, every ten minutes; a reading in ten is held back and comes at the end, late. */
static void add_days(struct world *world, int days, bool late)
{
    dice = 5;
    for (unsigned nth = 0; nth < 4; nth++)
        for (int64_t i = 0, index = 0; i < days * 144; i++) {
            index += roll(5) == 0 ? (int64_t)roll(300) * 100 : 0;
            if ((roll(10) == 0) == late) add(world, series_number(world, nth), reading_at(i * 600000, index));
        }
    commit(world);
}

static void aggregates_are_right_when_data_come_late(void **state)
{
    struct world *world = *state;
    add_days(world, 20, false);
    move_all(world);
    check_spans(world, HOUR_MS);
    check_spans(world, DAY_MS);
    add_days(world, 20, true);
    check_spans(world, HOUR_MS);
    move_all(world);
    check_spans(world, HOUR_MS);
    check_spans(world, DAY_MS);
}

static void forget_before(struct world *world, int64_t from_ms)
{
    size_t left = 0;
    for (size_t i = 0; i < world->count; i++)
        if (world->model[i].reading.time_ms >= from_ms) world->model[left++] = world->model[i];
    world->count = left;
}

static uint64_t drop_older(struct world *world, int64_t from_ms)
{
    static struct readings_keep keep;
    struct readings_dropped dropped;
    uint64_t all = 0;
    keep.from_ms[SW_READING_WATER_INDEX] = from_ms;
    for (bool round = false; !round; all += dropped.readings)
        assert_int_equal(readings_drop_older(&world->file, &keep, &dropped, &round, world->text, sizeof world->text),
                         SW_OK);
    return all;
}

static void what_is_too_old_goes_and_its_days_stay(void **state)
{
    struct world *world = *state;
    add_days(world, 20, false);
    add_days(world, 20, true);
    move_all(world);
    int64_t readings = readings_file_readings(&world->file);
    assert_int_equal(readings, 4 * 20 * 144);
    uint64_t gone = drop_older(world, 12 * DAY_MS);
    assert_int_equal(gone, 4 * 12 * 144);
    assert_int_equal(readings_file_readings(&world->file), readings - (int64_t)gone);
    check_spans(world, DAY_MS);
    assert_int_equal(drop_older(world, 12 * DAY_MS), 0);
    /* Another kind's time is not theirs, and a part of a day is not worth writing a chunk. */
    assert_int_equal(drop_older(world, 12 * DAY_MS + HOUR_MS), 0);
    forget_before(world, 12 * DAY_MS);
    check_all(world);
    assert_true(drop_older(world, 40 * DAY_MS) > 0);
    world->count = 0;
    check_all(world);
}

static void the_oldest_go_first_and_the_days_stay(void **state)
{
    struct world *world = *state;
    struct readings_dropped dropped;
    int64_t newest_ms = 0;
    add_days(world, 20, false);
    move_all(world);
    add_days(world, 20, true);
    while (readings_file_readings(&world->file) > 0) {
        bool more = true;
        assert_int_equal(readings_drop_oldest(&world->file, &dropped, world->text, sizeof world->text), SW_OK);
        if (dropped.newest_ms > newest_ms) newest_ms = dropped.newest_ms;
        while (more)
            assert_int_equal(readings_file_step(&world->file, &more, world->text, sizeof world->text), SW_OK);
    }
    assert_int_equal(newest_ms, (20 * 144 - 1) * INT64_C(600000));
    int64_t grown = 0, wanted_grown = 0;
    static struct spans told, wanted;
    struct readings_reader *reader;
    assert_int_equal(readings_reader_open(world->path, &reader, world->text, sizeof world->text), SW_OK);
    told.count = 0;
    assert_int_equal(readings_reader_aggregates(reader, 2, 0, 40 * DAY_MS, DAY_MS, &told, take_span), SW_OK);
    assert_int_equal(told.count, expect_spans(world, 2, DAY_MS, &wanted));
    for (size_t i = 0; i < told.count; i++) {
        assert_int_equal(told.told[i].count, wanted.told[i].count);
        grown += told.told[i].grown;
        wanted_grown += wanted.told[i].grown;
    }
    assert_int_equal(grown, wanted_grown);
    readings_reader_close(reader);
    world->count = 0;
    check_all(world);
    int64_t clock = 1000;
    add_some(world, 500, &clock);
    commit(world);
    move_all(world);
    check_all(world);
}

static void count_erased(void *ctx, int64_t position, const struct log_reading *stored)
{
    struct replayed *replayed = ctx;
    assert_int_equal(position, replayed->next++);
    replayed->count += stored->reading.quality == SW_QUALITY_MISSING && stored->reading.value_milli == 0;
}

static void what_is_erased_leaves_all_else_as_it_was(void **state)
{
    struct world *world = *state;
    size_t left = 0;
    for (int part = 0; part < 2; part++) {
        for (int64_t i = 1; i <= 4000; i++)
            add(world, series_number(world, (unsigned)i % 4), reading_at((part * 4000 + i) * 1000, 100 + i));
        add_record(world, 1, 1001, 1, (uint32_t)part + 1);
        commit(world);
        if (part == 0) move_all(world);
    }
    assert_int_equal(readings_erase(&world->file, "home-2", world->text, sizeof world->text), SW_OK);
    for (size_t i = 0; i < world->count; i++)
        if (strcmp(readings_series_name(&world->series, world->model[i].series), "home-2") != 0)
            world->model[left++] = world->model[i];
    assert_int_equal(world->count - left, 2000);
    for (int round = 0; round < 2; round++) {
        struct readings_reader *reader;
        struct replayed replayed = {.next = 4002};
        assert_int_equal(readings_file_each_since(&world->file, 0, &replayed, count_erased), SW_OK);
        assert_int_equal(replayed.next, 8003);
        assert_int_equal(replayed.count, 1000);
        assert_int_equal(readings_reader_open(world->path, &reader, world->text, sizeof world->text), SW_OK);
        assert_int_equal(readings_series_find(readings_reader_series(reader), "home-2", SW_READING_WATER_INDEX),
                         SERIES_NONE);
        size_t kept = world->count;
        world->count = left;
        for (uint32_t i = 0; i < 4; i++)
            if (strcmp(readings_series_name(&world->series, i), "home-2") != 0)
                check_series(world, reader, i, 0, READING_TIME_MAX_MS);
        world->count = kept;
        readings_reader_close(reader);
        assert_int_equal(records_of(world, 1001)->count, 2);
        if (round > 0) continue;
        readings_file_close(&world->file);
        assert_int_equal(readings_file_open(&world->file, world->path, world->text, sizeof world->text), SW_OK);
        assert_int_equal(world->file.next_position, 8003);
    }
}

static void a_reading_that_does_not_fit_is_refused(void **state)
{
    struct world *world = *state;
    struct log_reading stored = {.reading = reading_at(-1, 0)};
    assert_int_equal(readings_block_add(&world->block, &stored), SW_ERROR_INVALID_ARGUMENT);
    stored.reading = reading_at(1, READING_VALUE_MAX);
    assert_int_equal(readings_block_add(&world->block, &stored), SW_ERROR_INVALID_ARGUMENT);
    assert_int_equal(world->block.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything_comes_back_wherever_it_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_stop_between_any_two_steps_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(steps_are_taken_when_there_is_enough, set_up, tear_down),
        cmocka_unit_test_setup_teardown(positions_go_on_and_are_kept_for_replay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(records_without_a_hole_can_be_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_acknowledged_outlives_any_kill, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_torn_write_is_forgotten, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_write_with_a_hole_is_a_torn_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_last_block_is_no_torn_write, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_clean_stop_left_cannot_be_torn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_log_of_a_newer_program_is_refused_and_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(readings_are_counted_anew_when_a_file_is_set_aside, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_damaged_file_takes_the_place_of_another, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_size_is_no_torn_write, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_log_whose_head_is_damaged_is_begun_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_log_is_set_aside_and_what_is_whole_goes_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damage_found_at_the_start_is_set_aside, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damage_found_in_use_is_set_aside, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_slow_reader_does_not_let_the_wal_grow, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reader_sees_what_is_moved_while_it_reads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(aggregates_are_right_when_data_come_late, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_too_old_goes_and_its_days_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_oldest_go_first_and_the_days_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_erased_leaves_all_else_as_it_was, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reading_that_does_not_fit_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
