/* Readings that are too old or erased, and the hours and days they came to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "adapters/store_sqlite/readings/readings_erase.h"
#include "adapters/store_sqlite/readings/readings_retain.h"
#include "stillwater/error.h"
#include "unit/store/readings_world.h"

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
    world->dice = 5;
    for (unsigned nth = 0; nth < 4; nth++)
        for (int64_t i = 0, index = 0; i < days * 144; i++) {
            index += world_roll(world, 5) == 0 ? (int64_t)world_roll(world, 300) * 100 : 0;
            if ((world_roll(world, 10) == 0) == late)
                world_add(world, world_series(world, nth), world_reading(i * 600000, index));
        }
    world_commit(world);
}

static void aggregates_are_right_when_data_come_late(void **state)
{
    struct world *world = *state;
    add_days(world, 20, false);
    world_move_all(world);
    check_spans(world, HOUR_MS);
    check_spans(world, DAY_MS);
    add_days(world, 20, true);
    check_spans(world, HOUR_MS);
    world_move_all(world);
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
    world_move_all(world);
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
    world_check(world);
    assert_true(drop_older(world, 40 * DAY_MS) > 0);
    world->count = 0;
    world_check(world);
}

static void the_oldest_go_first_and_the_days_stay(void **state)
{
    struct world *world = *state;
    struct readings_dropped dropped;
    int64_t newest_ms = 0;
    add_days(world, 20, false);
    world_move_all(world);
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
    world_check(world);
    int64_t clock = 1000;
    world_add_some(world, 500, &clock);
    world_commit(world);
    world_move_all(world);
    world_check(world);
}

struct replayed {
    int64_t next;
    size_t emptied;
};

static void count_erased(void *ctx, int64_t position, const struct log_reading *stored)
{
    struct replayed *replayed = ctx;
    assert_int_equal(position, replayed->next++);
    replayed->emptied += stored->reading.quality == SW_QUALITY_MISSING && stored->reading.value_milli == 0;
}

static void what_is_erased_leaves_all_else_as_it_was(void **state)
{
    struct world *world = *state;
    size_t left = 0;
    for (int part = 0; part < 2; part++) {
        for (int64_t i = 1; i <= 4000; i++)
            world_add(world, world_series(world, (unsigned)i % 4), world_reading((part * 4000 + i) * 1000, 100 + i));
        world_add_record(world, 1, 1001, 1, (uint32_t)part + 1);
        world_commit(world);
        if (part == 0) world_move_all(world);
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
        assert_int_equal(replayed.emptied, 1000);
        assert_int_equal(readings_reader_open(world->path, &reader, world->text, sizeof world->text), SW_OK);
        assert_int_equal(readings_series_find(readings_reader_series(reader), "home-2", SW_READING_WATER_INDEX),
                         SERIES_NONE);
        size_t kept = world->count;
        world->count = left;
        for (uint32_t i = 0; i < 4; i++)
            if (strcmp(readings_series_name(&world->series, i), "home-2") != 0)
                world_check_series(world, reader, i, 0, READING_TIME_MAX_MS);
        world->count = kept;
        readings_reader_close(reader);
        assert_int_equal(world_records(world, 1001)->count, 2);
        if (round > 0) continue;
        readings_file_close(&world->file);
        assert_int_equal(readings_file_open(&world->file, world->path, world->text, sizeof world->text), SW_OK);
        assert_int_equal(world->file.next_position, 8003);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(aggregates_are_right_when_data_come_late),
        WORLD_TEST(what_is_too_old_goes_and_its_days_stay),
        WORLD_TEST(the_oldest_go_first_and_the_days_stay),
        WORLD_TEST(what_is_erased_leaves_all_else_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
