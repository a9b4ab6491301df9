#include "adapters/store_sqlite/store_batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stillwater/error.h"

struct store_batch *store_batch_new(void)
{
    return calloc(1, sizeof(struct store_batch));
}

void store_batch_free(struct store_batch *batch)
{
    if (!batch) return;
    for (size_t i = 0; i < batch->snapshot_count; i++)
        free(batch->snapshots[i].bytes);
    for (size_t i = 0; i < batch->alert_count; i++) {
        free(batch->alerts[i].topic);
        free(batch->alerts[i].payload);
    }
    free(batch->readings);
    free(batch->subjects);
    free(batch->cursors);
    free(batch->snapshots);
    free(batch->alerts);
    free(batch->feedback);
    free(batch->commands);
    free(batch->reports);
    free(batch);
}

size_t store_batch_size(const struct store_batch *batch)
{
    return batch->reading_count + batch->cursor_count + batch->snapshot_count + batch->alert_count +
           batch->feedback_count + batch->command_count + batch->report_count;
}

/* Room for one more of `item_size`; the array as it was when memory is refused. */
static void *grown(void *array, size_t count, size_t *capacity, size_t item_size)
{
    if (count < *capacity) return array;
    size_t wanted = *capacity ? 2 * *capacity : 16;
    void *larger = realloc(array, wanted * item_size);
    if (larger) *capacity = wanted;
    return larger;
}

static bool name_subject(struct store_batch *batch, const char *id)
{
    if (batch->subject_count > 0 && strcmp(batch->subjects[batch->subject_count - 1].id, id) == 0) return true;
    struct batch_subject *subjects =
        grown(batch->subjects, batch->subject_count, &batch->subject_capacity, sizeof *subjects);
    if (!subjects) return false;
    batch->subjects = subjects;
    snprintf(subjects[batch->subject_count++].id, SW_ID_SIZE, "%s", id);
    return true;
}

int store_batch_add_reading(struct store_batch *batch, const struct store_reading *reading)
{
    struct batch_reading *readings =
        grown(batch->readings, batch->reading_count, &batch->reading_capacity, sizeof *readings);
    if (!readings) return SW_ERROR_NO_SPACE;
    batch->readings = readings;
    if (!name_subject(batch, reading->subject)) return SW_ERROR_NO_SPACE;
    readings[batch->reading_count++] = (struct batch_reading){.time_ms = reading->time.ms,
                                                              .value_milli = reading->value_milli,
                                                              .taken_ms = reading->taken.ms,
                                                              .serial = reading->serial,
                                                              .sequence = reading->sequence,
                                                              .subject = (uint32_t)batch->subject_count - 1,
                                                              .epoch = reading->epoch,
                                                              .kind = reading->kind,
                                                              .quality = reading->quality,
                                                              .reason = reading->reason,
                                                              .clock_quality = reading->clock_quality,
                                                              .doubted = reading->doubted};
    return SW_OK;
}

struct store_reading store_batch_reading(const struct store_batch *batch, size_t index)
{
    const struct batch_reading *row = &batch->readings[index];
    struct store_reading reading = {.serial = row->serial,
                                    .epoch = row->epoch,
                                    .sequence = row->sequence,
                                    .kind = row->kind,
                                    .quality = row->quality,
                                    .reason = row->reason,
                                    .clock_quality = row->clock_quality,
                                    .time.ms = row->time_ms,
                                    .value_milli = row->value_milli,
                                    .taken.ms = row->taken_ms,
                                    .doubted = row->doubted};
    memcpy(reading.subject, batch->subjects[row->subject].id, sizeof reading.subject);
    return reading;
}

int store_batch_add_cursor(struct store_batch *batch, const struct store_cursor *cursor)
{
    struct store_cursor *cursors = grown(batch->cursors, batch->cursor_count, &batch->cursor_capacity, sizeof *cursors);
    if (!cursors) return SW_ERROR_NO_SPACE;
    batch->cursors = cursors;
    cursors[batch->cursor_count++] = *cursor;
    return SW_OK;
}

int store_batch_add_snapshot(struct store_batch *batch, int domain, const char *name, const uint8_t *bytes, size_t size)
{
    struct batch_snapshot *snapshots =
        grown(batch->snapshots, batch->snapshot_count, &batch->snapshot_capacity, sizeof *snapshots);
    if (!snapshots) return SW_ERROR_NO_SPACE;
    batch->snapshots = snapshots;
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy) return SW_ERROR_NO_SPACE;
    if (size > 0) memcpy(copy, bytes, size);
    struct batch_snapshot *snapshot = &snapshots[batch->snapshot_count++];
    *snapshot =
        (struct batch_snapshot){.domain = domain, .bytes = copy, .size = size, .readings = batch->reading_count};
    snprintf(snapshot->name, sizeof snapshot->name, "%s", name);
    return SW_OK;
}

int store_batch_add_alert(struct store_batch *batch, const struct sw_alert *alert, const char *topic,
                          const char *payload)
{
    struct batch_alert *alerts = grown(batch->alerts, batch->alert_count, &batch->alert_capacity, sizeof *alerts);
    if (!alerts) return SW_ERROR_NO_SPACE;
    batch->alerts = alerts;
    struct batch_alert made = {*alert, strdup(topic), strdup(payload)};
    if (!made.topic || !made.payload) {
        free(made.topic);
        free(made.payload);
        return SW_ERROR_NO_SPACE;
    }
    alerts[batch->alert_count++] = made;
    return SW_OK;
}

int store_batch_add_feedback(struct store_batch *batch, const struct store_feedback *feedback, size_t *index)
{
    struct batch_feedback *rows =
        grown(batch->feedback, batch->feedback_count, &batch->feedback_capacity, sizeof *rows);
    if (!rows) return SW_ERROR_NO_SPACE;
    batch->feedback = rows;
    *index = batch->feedback_count;
    rows[batch->feedback_count++] = (struct batch_feedback){.feedback = *feedback};
    return SW_OK;
}

bool store_batch_feedback_stored(const struct store_batch *batch, size_t index)
{
    return index < batch->feedback_count && batch->feedback[index].stored;
}

int store_batch_add_command(struct store_batch *batch, const struct store_command *command)
{
    struct store_command *commands =
        grown(batch->commands, batch->command_count, &batch->command_capacity, sizeof *commands);
    if (!commands) return SW_ERROR_NO_SPACE;
    batch->commands = commands;
    commands[batch->command_count++] = *command;
    return SW_OK;
}

bool store_batch_alert(const struct store_batch *batch, size_t index, const char **topic, const char **payload)
{
    if (index >= batch->alert_count) return false;
    *topic = batch->alerts[index].topic;
    *payload = batch->alerts[index].payload;
    return true;
}

bool store_batch_snapshot(const struct store_batch *batch, int domain, const char *name, const uint8_t **bytes,
                          size_t *size)
{
    for (size_t i = batch->snapshot_count; i > 0; i--) {
        const struct batch_snapshot *snapshot = &batch->snapshots[i - 1];
        if (snapshot->domain != domain || strcmp(snapshot->name, name) != 0) continue;
        *bytes = snapshot->bytes;
        *size = snapshot->size;
        return true;
    }
    return false;
}

void store_batch_set_checkpoint(struct store_batch *batch, int64_t position)
{
    batch->checkpoint = position;
}

int store_batch_add_report(struct store_batch *batch, const struct store_report *report)
{
    struct store_report *reports = grown(batch->reports, batch->report_count, &batch->report_capacity, sizeof *reports);
    if (!reports) return SW_ERROR_NO_SPACE;
    batch->reports = reports;
    reports[batch->report_count++] = *report;
    return SW_OK;
}
