#include "unit/store/readings_world.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "stillwater/error.h"
#include "stillwater/time.h"

#define MODEL_MAX 400000

uint64_t world_roll(struct world *world, uint64_t end)
{
    world->dice = world->dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (world->dice >> 20) % end;
}

void world_open(struct world *world)
{
    assert_int_equal(readings_file_open(&world->file, world->path, world->text, sizeof world->text), SW_OK);
    readings_series_free(&world->series);
    assert_int_equal(readings_file_load_series(&world->file, &world->series), SW_OK);
    world->stored_series = world->series.count;
}

int world_set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    (void)snprintf(world->folder, sizeof world->folder, "/tmp/stillwater-readings-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    (void)snprintf(world->path, sizeof world->path, "%s/store-readings", world->folder);
    world->model = malloc(MODEL_MAX * sizeof *world->model);
    world->dice = 1;
    world_open(world);
    *state = world;
    return 0;
}

size_t world_files_with(const struct world *world, const char *part, bool remove_them)
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

int world_tear_down(void **state)
{
    struct world *world = *state;
    readings_file_close(&world->file);
    readings_series_free(&world->series);
    readings_block_free(&world->block);
    free(world->model);
    (void)world_files_with(world, "", true);
    (void)rmdir(world->folder);
    free(world);
    return 0;
}

struct series_reading world_reading(int64_t time_ms, int64_t value_milli)
{
    return (struct series_reading){
        .time_ms = time_ms, .value_milli = value_milli, .quality = SW_QUALITY_GOOD, .clock_quality = SW_CLOCK_SET};
}

uint32_t world_series(struct world *world, unsigned nth)
{
    char name[32];
    (void)snprintf(name, sizeof name, "home-%u", nth);
    return readings_series_number(&world->series, name, SW_READING_WATER_INDEX);
}

static void remember(struct world *world, uint32_t series, struct series_reading reading)
{
    assert_in_range(world->count, 0, MODEL_MAX - 1);
    world->model[world->count++] = (struct model_reading){series, reading};
}

static bool is_repeat(const struct world *world, uint32_t series, const struct series_reading *reading)
{
    if (reading->serial != 0) return false;
    for (size_t i = 0; i < world->count; i++)
        if (world->model[i].series == series && world->model[i].reading.time_ms == reading->time_ms) return true;
    return false;
}

void world_add(struct world *world, uint32_t series, struct series_reading reading)
{
    struct log_reading stored = {.series = series, .reading = reading, .taken_ms = reading.time_ms + 3};
    stored.reading.sequence = ++world->sequence;
    assert_int_equal(readings_block_add(&world->block, &stored), SW_OK);
    if (!is_repeat(world, series, &reading)) remember(world, series, reading);
}

void world_add_record(struct world *world, unsigned nth, uint32_t serial, uint16_t epoch, uint32_t sequence)
{
    struct log_reading stored = {
        .series = world_series(world, nth), .reading = world_reading(sequence * 1000, 5), .doubted = true};
    stored.reading.serial = serial;
    stored.reading.epoch = epoch;
    stored.reading.sequence = sequence;
    assert_int_equal(readings_block_add(&world->block, &stored), SW_OK);
    remember(world, stored.series, stored.reading);
}

void world_commit(struct world *world)
{
    size_t size;
    uint8_t *bytes = readings_block_write(&world->block, &world->series, world->stored_series, &size);
    assert_non_null(bytes);
    assert_int_equal(
        readings_file_append(&world->file, &world->block, bytes, size, true, world->text, sizeof world->text), SW_OK);
    free(bytes);
    world->stored_series = world->series.count;
    readings_block_free(&world->block);
}

void world_move_all(struct world *world)
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

/* glibc's qsort keeps the order of equals for this size only by chance, so values of equal times are compared as
 * sums. */
void world_check_series(struct world *world, struct readings_reader *reader, uint32_t series, int64_t from_ms,
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

void world_check(struct world *world)
{
    struct readings_reader *reader;
    assert_int_equal(readings_reader_open(world->path, &reader, world->text, sizeof world->text), SW_OK);
    const struct readings_series *series = readings_reader_series(reader);
    assert_int_equal(series->count, world->stored_series);
    for (uint32_t i = 0; i < series->count; i++) {
        assert_string_equal(readings_series_name(series, i), readings_series_name(&world->series, i));
        world_check_series(world, reader, i, 0, READING_TIME_MAX_MS);
        int64_t from = (int64_t)world_roll(world, 40000000), to = from + (int64_t)world_roll(world, 40000000);
        world_check_series(world, reader, i, from, to);
    }
    readings_reader_close(reader);
}

void world_add_in_turn(struct world *world, unsigned readings, unsigned series, int64_t *clock)
{
    for (unsigned i = 0; i < readings; i++)
        world_add(world, world_series(world, i % series),
                  world_reading(*clock += 1000, (int64_t)world_roll(world, 1000)));
}

void world_add_some(struct world *world, unsigned readings, int64_t *clock)
{
    for (unsigned i = 0; i < readings; i++) {
        uint32_t series = world_series(world, (unsigned)world_roll(world, 8));
        *clock += (int64_t)world_roll(world, 3000);
        struct series_reading reading = world_reading(*clock, (int64_t)world_roll(world, 100000));
        /* Some come late, some again, some are a node's, some are no good. */
        if (world_roll(world, 20) == 0) reading.time_ms = (int64_t)world_roll(world, (uint64_t)*clock + 1);
        if (world_roll(world, 30) == 0 && world->count > 0)
            reading.time_ms = world->model[world_roll(world, world->count)].reading.time_ms;
        reading.serial = world_roll(world, 4) == 0 ? 7 : 0;
        if (world_roll(world, 15) == 0) {
            reading.quality = SW_QUALITY_BAD;
            reading.reason = SW_REASON_RANGE;
        }
        world_add(world, series, reading);
    }
}

const struct readings_records *world_records(const struct world *world, uint32_t serial)
{
    for (size_t i = 0; i < world->file.record_count; i++)
        if (world->file.records[i].serial == serial) return &world->file.records[i];
    fail();
    return NULL;
}

off_t world_file_size(const char *path)
{
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    return about.st_size;
}
