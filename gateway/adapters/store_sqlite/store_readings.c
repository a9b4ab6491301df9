#include "adapters/store_sqlite/store_readings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stillwater/error.h"

/* A subject's id has no slash. */
#define NODE_NAME     "node/"
#define NODE_NAME_END (sizeof NODE_NAME - 1)

void store_readings_path(const char *store_path, char *path, size_t size)
{
    (void)snprintf(path, size, "%s" STORE_READINGS_END, store_path);
}

void store_readings_subject(const char *name, char subject[SW_ID_SIZE], uint32_t *serial)
{
    bool node = strncmp(name, NODE_NAME, NODE_NAME_END) == 0;
    (void)snprintf(subject, SW_ID_SIZE, "%s", node ? "" : name);
    if (node) *serial = (uint32_t)strtoul(name + NODE_NAME_END, NULL, 10);
}

static void find_newest(void *ctx, int64_t position, const struct log_reading *reading)
{
    int64_t *newest_ms = ctx;
    (void)position;
    if (reading->reading.time_ms > *newest_ms) *newest_ms = reading->reading.time_ms;
}

int store_readings_open(struct store_readings *readings, const char *store_path, char *text, size_t text_size)
{
    char path[READINGS_PATH_SIZE];
    *readings = (struct store_readings){.newest_ms = 0};
    store_readings_path(store_path, path, sizeof path);
    int error = readings_file_open(&readings->file, path, text, text_size);
    if (error) return error;
    readings->newest_ms = readings_file_newest_ms(&readings->file);
    error = readings_file_load_series(&readings->file, &readings->series);
    if (!error) error = readings_file_each_since(&readings->file, 0, &readings->newest_ms, find_newest);
    readings->series_stored = readings->series.count;
    if (!error) return SW_OK;
    (void)snprintf(text, text_size, "%s: %s", path, sw_error_text(error));
    store_readings_close(readings);
    return error;
}

void store_readings_close(struct store_readings *readings)
{
    readings_file_close(&readings->file);
    readings_series_free(&readings->series);
    readings_block_free(&readings->block);
}

static int64_t within(int64_t number, int64_t least, int64_t most)
{
    return number < least ? least : number > most ? most : number;
}

/* What is beyond the formats' ends, which nothing real is, is stored as these. */
static int add_reading(struct store_readings *readings, const struct store_reading *row)
{
    char node[SERIES_NAME_SIZE];
    const char *name = row->subject;
    if (row->subject[0] == '\0') {
        (void)snprintf(node, sizeof node, NODE_NAME "%" PRIu32, row->serial);
        name = node;
    }
    struct log_reading stored = {
        .series = readings_series_number(&readings->series, name, row->kind),
        .reading = {.time_ms = within(row->time.ms, 0, READING_TIME_MAX_MS - 1),
                    .value_milli = within(row->value_milli, 1 - READING_VALUE_MAX, READING_VALUE_MAX - 1),
                    .serial = row->serial,
                    .sequence = row->sequence,
                    .epoch = row->epoch,
                    .quality = row->quality,
                    .reason = row->reason,
                    .clock_quality = row->clock_quality},
        .taken_ms = row->taken.ms,
        .doubted = row->doubted};
    if (row->quality == SW_QUALITY_MISSING) stored.reading.value_milli = 0;
    return stored.series == SERIES_NONE ? SW_ERROR_NO_SPACE : readings_block_add(&readings->block, &stored);
}

static int fill_block(struct store_readings *readings, const struct store_batch *batch, bool with_readings)
{
    int error = SW_OK;
    readings_block_clear(&readings->block);
    for (size_t i = 0; !error && with_readings && i < batch->reading_count; i++) {
        struct store_reading row = store_batch_reading(batch, i);
        error = add_reading(readings, &row);
    }
    for (size_t i = 0; !error && i < batch->cursor_count; i++) {
        const struct store_cursor *cursor = &batch->cursors[i];
        struct readings_cursor stored = {cursor->serial, cursor->epoch, cursor->sequence, 0};
        error = readings_block_add_cursor(&readings->block, &stored);
    }
    return error;
}

static int append(struct store_readings *readings, char *text, size_t text_size)
{
    size_t size;
    uint8_t *bytes = readings_block_write(&readings->block, &readings->series, readings->series_stored, &size);
    if (!bytes) return SW_ERROR_NO_SPACE;
    uint32_t series = readings->series.count;
    int error = readings_file_append(&readings->file, &readings->block, bytes, size, true, text, text_size);
    free(bytes);
    if (!error) readings->series_stored = series;
    return error;
}

int store_readings_write(struct store_readings *readings, struct store_batch *batch, bool with_readings, char *text,
                         size_t text_size)
{
    if (batch->readings_done) return SW_OK;
    int64_t before = store_readings_position(readings);
    text[0] = '\0';
    if (batch->cursor_count > 0 || (with_readings && batch->reading_count > 0)) {
        int error = fill_block(readings, batch, with_readings);
        if (!error) error = append(readings, text, text_size);
        if (error && text[0] == '\0')
            (void)snprintf(text, text_size, "%s: %s", readings->file.path, sw_error_text(error));
        if (error) return error == SW_ERROR_STORE_FULL ? error : SW_ERROR_STORE;
    }
    store_readings_pass(readings, before + (int64_t)batch->reading_count);
    for (size_t i = 0; i < batch->reading_count; i++)
        if (batch->readings[i].time_ms > readings->newest_ms) readings->newest_ms = batch->readings[i].time_ms;
    if (with_readings) readings->stored += batch->reading_count;
    batch->position = before;
    batch->readings_done = true;
    return SW_OK;
}

void store_readings_checkpoint(struct store_readings *readings, int64_t position)
{
    readings->file.keep_from = position + 1;
}

void store_readings_pass(struct store_readings *readings, int64_t position)
{
    if (readings->file.next_position <= position) readings->file.next_position = position + 1;
}

struct since {
    struct store_readings *readings;
    void *ctx;
    void (*each)(void *ctx, int64_t position, const struct store_reading *reading);
};

static void tell(void *ctx, int64_t position, const struct log_reading *stored)
{
    const struct since *since = ctx;
    const struct readings_series *series = &since->readings->series;
    if (stored->series >= series->count) return;
    struct store_reading reading = {.serial = stored->reading.serial,
                                    .epoch = stored->reading.epoch,
                                    .sequence = stored->reading.sequence,
                                    .kind = series->entries[stored->series].kind,
                                    .quality = stored->reading.quality,
                                    .reason = stored->reading.reason,
                                    .clock_quality = stored->reading.clock_quality,
                                    .time.ms = stored->reading.time_ms,
                                    .value_milli = stored->reading.value_milli,
                                    .taken.ms = stored->taken_ms,
                                    .doubted = stored->doubted};
    store_readings_subject(readings_series_name(series, stored->series), reading.subject, &reading.serial);
    since->each(since->ctx, position, &reading);
}

int store_readings_each_since(struct store_readings *readings, int64_t position, void *ctx,
                              void (*each)(void *ctx, int64_t position, const struct store_reading *reading))
{
    struct since since = {readings, ctx, each};
    return readings_file_each_since(&readings->file, position + 1, &since, tell);
}
