#include "app/records.h"

#include <stdio.h>
#include <string.h>

#include "app/journal.h"
#include "app/log.h"
#include "app/telemetry.h"

static struct node_state *node_at(struct gateway *gateway, uint32_t line, uint32_t node)
{
    return &gateway->lines[line].nodes[node];
}

/* Two nodes with one serial number, or a node moved to another place: the newer one is believed, the other has to
 * show itself again. */
static void take_serial_from_others(struct gateway *gateway, const struct node_state *node, uint32_t serial)
{
    for (uint32_t l = 0; l < gateway->config->line_count; l++)
        for (uint32_t n = 0; n < gateway->config->lines[l].node_count; n++) {
            struct node_state *other = &gateway->lines[l].nodes[n];
            if (other == node || other->serial != serial) continue;
            log_event(LOG_LEVEL_WARNING, node->id, "has serial number %u, which was %s's: moved, or given twice",
                      serial, other->id);
            other->serial = 0;
        }
}

/* Finds out how far this node's log is stored. False for a node that cannot be told from others. */
static bool know_node(struct gateway *gateway, struct node_state *node, uint32_t serial)
{
    if (serial == 0) {
        if (!node->serial_refused)
            log_event(LOG_LEVEL_ERROR, node->id, "has no serial number; expected one, its records are not taken");
        node->serial_refused = true;
        return false;
    }
    if (node->serial == serial) return true;
    if (node->serial != 0)
        log_event(LOG_LEVEL_WARNING, node->id, "unit exchanged: serial number %u, was %u", serial, node->serial);
    take_serial_from_others(gateway, node, serial);
    struct store_cursor cursor = {.serial = serial};
    (void)store_load_cursor(gateway->store, serial, &cursor);
    node->serial = serial;
    node->serial_refused = false;
    node->epoch = cursor.epoch;
    node->sequence = cursor.sequence;
    /* Whatever waited to be told was meant for the unit before. */
    node->acknowledge = node->opening = STAGE_NONE;
    return true;
}

static struct store_reading row_of(const struct gateway *gateway, const struct target *target, uint8_t kind)
{
    struct store_reading row = {.kind = kind};
    if (target && target->subject != NO_SUBJECT)
        snprintf(row.subject, sizeof row.subject, "%s", gateway->config->subjects[target->subject].id);
    return row;
}

/* A battery is the cover's or the level's. */
uint32_t records_subject_of(const struct target *target, enum sw_reading_kind kind)
{
    if (kind == SW_READING_BATTERY)
        return target->core[SUBJECT_COVER] != NO_SUBJECT ? target->core[SUBJECT_COVER] : target->core[SUBJECT_LEVEL];
    enum subject_domain domain = subject_domain_of(kind);
    return domain == 0 ? NO_SUBJECT : target->core[domain];
}

struct core_reading records_reading_of(const struct store_reading *row, uint32_t subject)
{
    return (struct core_reading){.subject = subject,
                                 .kind = (enum sw_reading_kind)row->kind,
                                 .value_milli = row->value_milli,
                                 .quality = row->doubted ? SW_QUALITY_GOOD : (enum sw_quality)row->quality,
                                 .reason = row->doubted ? SW_REASON_NONE : (enum sw_quality_reason)row->reason,
                                 .time = row->time,
                                 .clock_quality = (enum sw_clock_quality)row->clock_quality};
}

/* Hands a reading to the core and takes over what the normaliser thinks of it. */
static void judge(struct gateway *gateway, const struct target *target, struct store_reading *row, struct sw_wall now)
{
    row->taken = now;
    uint32_t subject = records_subject_of(target, (enum sw_reading_kind)row->kind);
    if (subject == NO_SUBJECT) return;
    struct core_reading reading = records_reading_of(row, subject);
    core_on_reading(gateway->core, &reading, now);
    struct core_verdict verdict = core_last_verdict(gateway->core);
    if (verdict.ignored) return;
    row->doubted = verdict.quality != reading.quality || verdict.reason != reading.reason;
    row->quality = (uint8_t)verdict.quality;
    row->reason = (uint8_t)verdict.reason;
}

static void take_record(struct gateway *gateway, struct node_state *node, const struct field_bus_batch *batch,
                        uint16_t at, struct sw_wall now)
{
    const struct sw_record *record = &batch->records[at];
    const struct sw_reading_kind_info *kind = sw_reading_kind_info(record->kind);
    const struct target *target = record->slot < SW_NODE_SLOT_COUNT ? &node->slots[record->slot] : NULL;
    struct store_reading row = row_of(gateway, target, record->kind);
    row.serial = node->serial;
    row.epoch = node->epoch;
    row.sequence = record->sequence;
    row.quality = record->quality;
    row.reason = record->reason;
    row.clock_quality = (uint8_t)batch->clock[at];
    row.time = batch->times[at];
    row.value_milli = (int64_t)record->value * (kind ? kind->wire_milli : 1);
    if (target && target->subject == NO_SUBJECT) gateway->counters.records_unassigned++;
    if (kind && target && target->subject != NO_SUBJECT) {
        judge(gateway, target, &row, now);
        telemetry_on_reading(gateway, target->subject, &row);
    }
    journal_reading(gateway, &row);
}

static void notice_gap(struct gateway *gateway, const struct node_state *node, uint32_t sequence)
{
    if (node->sequence == 0 || sequence == node->sequence + 1) return;
    uint32_t missing = sequence - node->sequence - 1;
    gateway->counters.records_missing += missing;
    log_event(LOG_LEVEL_WARNING, node->id, "%u records before sequence %u are missing: the node no longer has them",
              missing, sequence);
}

/* Takes what is new in the batch; false when nothing is. Records come again when the node did not hear that they are
 * stored: they must not reach the core twice. */
static bool take_records(struct gateway *gateway, struct node_state *node, const struct field_bus_batch *batch,
                         struct sw_wall now)
{
    bool taken = false;
    if (batch->epoch != node->epoch) {
        node->epoch = batch->epoch;
        node->sequence = 0;
    }
    for (uint16_t i = 0; i < batch->count; i++) {
        uint32_t sequence = batch->records[i].sequence;
        if (sequence <= node->sequence) {
            gateway->counters.records_repeated++;
            continue;
        }
        notice_gap(gateway, node, sequence);
        take_record(gateway, node, batch, i, now);
        node->sequence = sequence;
        taken = true;
    }
    return taken;
}

void records_on_batch(struct gateway *gateway, const struct field_bus_batch *batch)
{
    struct node_state *node = node_at(gateway, batch->line, batch->node);
    struct sw_wall now = gateway->clock.wall();
    if (!know_node(gateway, node, batch->serial)) return;
    if (batch->count > 0 && take_records(gateway, node, batch, now)) {
        struct store_cursor cursor = {node->serial, node->epoch, node->sequence};
        journal_cursor(gateway, &cursor);
        node->acknowledge = STAGE_OPEN;
        if (!batch->drained) journal_hurry(gateway, JOURNAL_HURRY_NODE);
    } else if (batch->count > 0 && node->acknowledge == STAGE_NONE) {
        field_bus_acknowledge(gateway->bus, batch->line, batch->node, node->epoch, node->sequence);
    } else if (batch->count > 0 && gateway->journal.trouble[0] != '\0') {
        journal_poll_on(gateway, node);
    }
    if (batch->drained)
        core_on_source_seen(gateway->core, node->core, batch->seen_until, now);
    else
        core_on_source_alive(gateway->core, node->core, now);
    journal_flush(gateway);
}

static enum sw_quality_reason reason_of(int error)
{
    if (error == SW_ERROR_TIMEOUT) return SW_REASON_TIMEOUT;
    return sw_error_is_exception(error) ? SW_REASON_EXCEPTION : SW_REASON_FRAME;
}

static void take_value(struct gateway *gateway, struct device_state *device, const struct sw_point_value *value,
                       struct sw_wall time, bool keep)
{
    const struct sw_reading_kind_info *kind = sw_reading_kind_info((unsigned)value->kind);
    struct store_reading row = row_of(gateway, &device->target, (uint8_t)value->kind);
    row.quality = (uint8_t)value->quality;
    row.reason = (uint8_t)value->reason;
    row.clock_quality = SW_CLOCK_SET;
    row.time = time;
    row.value_milli = (int64_t)value->value * (kind ? kind->wire_milli : 1);
    judge(gateway, &device->target, &row, gateway->clock.wall());
    if (!keep) return;
    telemetry_on_reading(gateway, device->target.subject, &row);
    if (journal_has_room(gateway)) {
        journal_reading(gateway, &row);
        return;
    }
    gateway->counters.samples_dropped++;
    uint32_t subject = records_subject_of(&device->target, value->kind);
    if (subject != NO_SUBJECT) core_want_snapshot(gateway->core, subject);
}

/* A device that does not answer has missing readings; only the first ones of a spell are stored. */
static void take_failure(struct gateway *gateway, struct device_state *device, const struct field_bus_sample *sample)
{
    const struct sw_profile_point *point;
    bool first = device->last_error == SW_OK;
    for (size_t i = 0; (point = sw_profile_point(device->profile, i)) != NULL; i++) {
        struct sw_point_value missing = {
            .kind = point->kind, .quality = SW_QUALITY_MISSING, .reason = reason_of(sample->error)};
        take_value(gateway, device, &missing, sample->time, first);
    }
    if (first) log_event(LOG_LEVEL_WARNING, device->id, "does not give readings: %s", sw_error_text(sample->error));
}

void records_on_sample(struct gateway *gateway, const struct field_bus_sample *sample)
{
    struct device_state *device = &gateway->lines[sample->line].devices[sample->device];
    /* A line without its port says nothing of its sensors. */
    if (sample->error == SW_ERROR_PORT) return;
    if (sample->error) {
        take_failure(gateway, device, sample);
    } else {
        for (uint8_t i = 0; i < sample->count; i++)
            take_value(gateway, device, &sample->values[i], sample->time, true);
        core_on_source_seen(gateway->core, device->core, sample->time, gateway->clock.wall());
        if (device->last_error) log_event(LOG_LEVEL_INFO, device->id, "gives readings again");
    }
    device->last_error = sample->error;
    journal_flush(gateway);
}

void records_on_node_link(struct gateway *gateway, uint32_t line, uint32_t node, bool up, const char *text)
{
    log_event(up ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, node_at(gateway, line, node)->id, "%s", text);
}

void records_on_line_link(struct gateway *gateway, uint32_t line, bool up, const char *text)
{
    struct line_state *state = &gateway->lines[line];
    state->up = up;
    if (up)
        state->trouble[0] = '\0';
    else
        snprintf(state->trouble, sizeof state->trouble, "%s", text);
    log_event(up ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, state->id, "%s", text);
    core_on_line(gateway->core, state->core, up, gateway->clock.wall());
    journal_flush(gateway);
}

/* The epoch is made durable before the node is told: it is never given out twice for one serial number. */
void records_on_log_unopened(struct gateway *gateway, uint32_t line, uint32_t index, uint32_t serial)
{
    struct node_state *node = node_at(gateway, line, index);
    if (!know_node(gateway, node, serial)) return;
    /* It answers, however long its epoch waits for the store. */
    core_on_source_alive(gateway->core, node->core, gateway->clock.wall());
    if (node->opening != STAGE_NONE) return;
    node->epoch = node->epoch == UINT16_MAX ? 1 : (uint16_t)(node->epoch + 1);
    log_event(LOG_LEVEL_INFO, node->id, "has a new log: epoch %u, going on from sequence %u", node->epoch,
              node->sequence);
    struct store_cursor cursor = {node->serial, node->epoch, node->sequence};
    journal_cursor(gateway, &cursor);
    journal_hurry(gateway, JOURNAL_HURRY_ALL);
    node->opening = STAGE_OPEN;
    /* An acknowledge that still waits was for the log that is gone. */
    node->acknowledge = STAGE_NONE;
    journal_flush(gateway);
}
