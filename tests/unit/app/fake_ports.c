#include "unit/app/fake_ports.h"
#include "support/exact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "adapters/store_sqlite/store_batch.h"
#include "app/journal.h"
#include "stillwater/error.h"

struct fake_ports fake;

static int handle; /* what the opaque pointers point at */
static struct gateway *running;

/* ---- store ---- */

int store_open(uv_loop_t *loop, const char *path, struct store_events events, struct store **store, char *text,
               size_t text_size)
{
    (void)loop, (void)path, (void)text, (void)text_size;
    fake.store = events;
    *store = (struct store *)&handle;
    return SW_OK;
}

int store_commit(struct store *store, struct store_batch *batch)
{
    (void)store;
    if (fake.committing) return SW_ERROR_BUSY;
    fake.committing = batch;
    fake.commits++;
    return SW_OK;
}

int store_read_outbox(struct store *store, const struct store_outbox_stretch *stretches, size_t count, size_t limit)
{
    (void)store;
    assert_false(fake.read_wanted);
    assert_in_range(count, 1, STORE_OUTBOX_STRETCHES_MAX);
    fake.read_wanted = true;
    memcpy(fake.stretches, stretches, count * sizeof *stretches);
    fake.stretch_count = count;
    fake.read_limit = limit;
    return SW_OK;
}

int store_outbox_done(struct store *store, int64_t id)
{
    (void)store;
    assert_in_range(id, 1, fake.outbox_count);
    fake.outbox[id - 1].done = true;
    return SW_OK;
}

int store_outbox_done_revision(struct store *store, const char *alert_id, uint32_t revision)
{
    (void)store;
    for (size_t i = 0; i < fake.outbox_count; i++) {
        struct fake_outbox_row *row = &fake.outbox[i];
        if (row->done || row->alert.revision != revision || strcmp(row->alert.id, alert_id) != 0) continue;
        row->done = true;
        return SW_OK;
    }
    fake.unknown_done++;
    return SW_OK;
}

int64_t store_outbox_newest(const struct store *store)
{
    (void)store;
    return (int64_t)fake.outbox_count;
}

void store_set_limits(struct store *store, const struct store_limits *limits)
{
    (void)store;
    fake.limits = *limits;
}

void store_tidy(struct store *store, struct sw_wall now, const struct store_keep *keep)
{
    (void)store;
    (void)now;
    fake.tidied++;
    fake.keep = *keep;
}

struct store_room store_room(const struct store *store)
{
    (void)store;
    return fake.room;
}

struct store_trail_head store_trail_head(const struct store *store)
{
    (void)store;
    return (struct store_trail_head){.sequence = 0};
}

int store_load_cursor(struct store *store, uint32_t serial, struct store_cursor *cursor)
{
    (void)store;
    for (size_t i = 0; i < fake.cursor_count; i++) {
        if (fake.cursors[i].serial != serial) continue;
        *cursor = fake.cursors[i];
        return SW_OK;
    }
    return SW_ERROR_NOT_FOUND;
}

size_t store_load_snapshot(struct store *store, int domain, const char *subject, uint8_t *bytes, size_t size,
                           int64_t *position)
{
    (void)store;
    for (size_t i = 0; i < fake.snapshot_count; i++) {
        const struct fake_snapshot *snapshot = &fake.snapshots[i];
        if (snapshot->domain != domain || strcmp(snapshot->name, subject) != 0 || snapshot->size > size) continue;
        memcpy(bytes, snapshot->bytes, snapshot->size);
        if (position) *position = snapshot->position;
        return snapshot->size;
    }
    return 0;
}

int64_t store_position(const struct store *store)
{
    (void)store;
    return fake.position;
}

int64_t store_load_checkpoint(struct store *store)
{
    (void)store;
    return fake.checkpoint;
}

void store_each_reading_since(struct store *store, int64_t position, void *ctx,
                              void (*each)(void *ctx, int64_t position, const struct store_reading *reading))
{
    (void)store;
    for (size_t i = 0; i < fake.reading_count; i++)
        if (fake.positions[i] > position) each(ctx, fake.positions[i], &fake.readings[i]);
}

void store_each_snapshot(struct store *store, void *ctx,
                         void (*each)(void *ctx, int domain, const char *subject, const uint8_t *bytes, size_t size))
{
    (void)store;
    for (size_t i = 0; i < fake.snapshot_count; i++)
        each(ctx, fake.snapshots[i].domain, fake.snapshots[i].name, fake.snapshots[i].bytes, fake.snapshots[i].size);
}

static bool has_later_revision(size_t row)
{
    for (size_t i = row + 1; i < fake.outbox_count; i++)
        if (strcmp(fake.outbox[i].alert.id, fake.outbox[row].alert.id) == 0) return true;
    return false;
}

/* Who brought it into the state it has in this row. */
static void copy_actor(struct sw_alert *alert, size_t row)
{
    for (size_t i = row; i-- > 0;) {
        const struct sw_alert *before = &fake.outbox[i].alert;
        if (strcmp(before->id, alert->id) != 0) continue;
        if (before->state != alert->state) return;
        memcpy(alert->actor, before->actor, sizeof alert->actor);
    }
}

void store_each_open_alert(struct store *store, void *ctx,
                           void (*each)(void *ctx, const struct sw_alert *alert, const char *body))
{
    (void)store;
    for (size_t i = 0; i < fake.outbox_count; i++) {
        struct sw_alert alert = fake.outbox[i].alert;
        if (!sw_alert_state_is_open(alert.state) || has_later_revision(i)) continue;
        copy_actor(&alert, i);
        each(ctx, &alert, fake.outbox[i].payload);
    }
}

void store_each_report(struct store *store, struct sw_wall since, void *ctx,
                       void (*each)(void *ctx, const struct store_report *report))
{
    (void)store;
    for (size_t i = 0; i < fake.report_count; i++)
        if (fake.reports[i].received.ms >= since.ms) each(ctx, &fake.reports[i]);
}

struct sw_wall store_load_last_time(struct store *store)
{
    (void)store;
    return sw_wall_from_ms(0);
}

struct store_counters store_counters(const struct store *store)
{
    (void)store;
    return (struct store_counters){.readings = fake.reading_count, .kept_bytes = fake.kept_bytes, .cut = fake.cut};
}

void store_close(struct store *store, void (*closed)(void *ctx), void *ctx)
{
    (void)store;
    if (fake.committing) fake_commit_done(SW_OK);
    fake.store_closed = true;
    closed(ctx);
}

static void take_cursor(const struct store_cursor *cursor)
{
    for (size_t i = 0; i < fake.cursor_count; i++) {
        if (fake.cursors[i].serial != cursor->serial) continue;
        fake.cursors[i] = *cursor;
        return;
    }
    fake.cursors[fake.cursor_count++] = *cursor;
}

static void take_snapshot(const struct batch_snapshot *taken)
{
    size_t i = 0;
    while (i < fake.snapshot_count &&
           (fake.snapshots[i].domain != taken->domain || strcmp(fake.snapshots[i].name, taken->name) != 0))
        i++;
    if (taken->size == 0) {
        if (i < fake.snapshot_count) fake.snapshots[i] = fake.snapshots[--fake.snapshot_count];
        return;
    }
    if (i == fake.snapshot_count) fake.snapshot_count++;
    struct fake_snapshot *snapshot = &fake.snapshots[i];
    assert_in_range(taken->size, 1, sizeof snapshot->bytes);
    snapshot->domain = taken->domain;
    memcpy(snapshot->name, taken->name, sizeof snapshot->name);
    memcpy(snapshot->bytes, taken->bytes, taken->size);
    snapshot->size = taken->size;
    snapshot->position = fake.position + (int64_t)taken->readings;
}

static bool alert_is_stored(const char *alert_id)
{
    for (size_t i = 0; i < fake.outbox_count; i++)
        if (strcmp(fake.outbox[i].alert.id, alert_id) == 0) return true;
    return false;
}

/* All rows of a subject in the line of the worst of them, and behind those that stand there. */
static void line_up(struct fake_outbox_row *row)
{
    row->line = row->alert.colour;
    row->place = row - fake.outbox + 1;
    for (struct fake_outbox_row *other = fake.outbox; other < row; other++) {
        if (other->done || strcmp(other->alert.subject, row->alert.subject) != 0 || other->line == row->line) continue;
        struct fake_outbox_row *eased = other->line < row->line ? other : row;
        eased->line = other->line < row->line ? row->line : other->line;
        eased->place = row->place;
    }
}

int64_t fake_outbox_add(const char *subject, enum sw_colour colour)
{
    assert_in_range(fake.outbox_count, 0, FAKE_LIST_MAX - 1);
    struct fake_outbox_row *row = &fake.outbox[fake.outbox_count++];
    row->alert = (struct sw_alert){.revision = (uint32_t)fake.outbox_count, .colour = colour};
    snprintf(row->alert.id, sizeof row->alert.id, "g.level.%s", subject);
    snprintf(row->alert.subject, sizeof row->alert.subject, "%s", subject);
    snprintf(row->topic, sizeof row->topic, "stillwater/c/g/alert/g.level.%s", subject);
    row->payload = strdup("{}");
    line_up(row);
    return (int64_t)fake.outbox_count;
}

static void take_batch(struct store_batch *batch)
{
    for (size_t i = 0; i < batch->reading_count && fake.reading_count < FAKE_LIST_MAX; i++) {
        fake.positions[fake.reading_count] = fake.position + (int64_t)i + 1;
        fake.readings[fake.reading_count++] = store_batch_reading(batch, i);
    }
    if (batch->checkpoint) fake.checkpoint = batch->checkpoint;
    for (size_t i = 0; i < batch->cursor_count; i++)
        take_cursor(&batch->cursors[i]);
    for (size_t i = 0; i < batch->snapshot_count; i++)
        take_snapshot(&batch->snapshots[i]);
    fake.position += (int64_t)batch->reading_count;
    for (size_t i = 0; i < batch->alert_count; i++) {
        struct fake_outbox_row *row = &fake.outbox[fake.outbox_count++];
        row->alert = batch->alerts[i].alert;
        row->payload = strdup(batch->alerts[i].payload);
        snprintf(row->topic, sizeof row->topic, "%s", batch->alerts[i].topic);
        line_up(row);
    }
    for (size_t i = 0; i < batch->feedback_count; i++) {
        batch->feedback[i].stored = alert_is_stored(batch->feedback[i].feedback.alert_id);
        if (batch->feedback[i].stored) fake.feedback[fake.feedback_count++] = batch->feedback[i].feedback;
    }
    for (size_t i = 0; i < batch->report_count; i++)
        fake.reports[fake.report_count++] = batch->reports[i];
    for (size_t i = 0; i < batch->command_count; i++)
        fake.store_commands[fake.store_command_count++] = batch->commands[i];
}

void fake_let_wait(void)
{
    fake.wall_ms += JOURNAL_READINGS_MS;
    fake.mono_ms += JOURNAL_READINGS_MS;
    journal_flush(running);
}

void fake_commit_done(int error)
{
    if (!fake.committing) fake_let_wait();
    struct store_batch *batch = fake.committing;
    assert_non_null(batch);
    fake.committing = NULL;
    if (!error) take_batch(batch);
    fake.store.committed(fake.store.ctx, batch, error, error ? "/store.db: the disk is full" : "");
}

static const struct fake_outbox_row *next_of(const struct store_outbox_stretch *stretch,
                                             struct store_outbox_place after)
{
    const struct fake_outbox_row *next = NULL;
    for (size_t i = 0; i < fake.outbox_count; i++) {
        const struct fake_outbox_row *row = &fake.outbox[i];
        int64_t id = (int64_t)i + 1;
        if (row->done || row->line != stretch->colour || row->place > stretch->until || row->place < after.place ||
            (row->place == after.place && id <= after.id))
            continue;
        if (!next || row->place < next->place) next = row;
    }
    return next;
}

void fake_outbox_answer(void)
{
    struct store_outbox_row rows[FAKE_LIST_MAX];
    size_t count = 0;
    assert_true(fake.read_wanted);
    fake.read_wanted = false;
    for (size_t s = 0; s < fake.stretch_count; s++) {
        struct store_outbox_place after = fake.stretches[s].after;
        const struct fake_outbox_row *row;
        while (count < fake.read_limit && (row = next_of(&fake.stretches[s], after))) {
            after = (struct store_outbox_place){row->place, row - fake.outbox + 1};
            rows[count] = (struct store_outbox_row){.id = after.id,
                                                    .place = after.place,
                                                    .stretch = s,
                                                    .revision = row->alert.revision,
                                                    .topic = row->topic,
                                                    .payload = row->payload};
            memcpy(rows[count].alert_id, row->alert.id, sizeof rows[count].alert_id);
            count++;
        }
    }
    fake.store.outbox(fake.store.ctx, rows, count);
}

/* ---- field bus ---- */

int field_bus_start(uv_loop_t *loop, const struct gateway_config *config, struct sw_wall (*wall_now)(void),
                    struct field_bus_events events, struct field_bus **bus)
{
    (void)loop, (void)config, (void)wall_now;
    fake.bus = events;
    *bus = (struct field_bus *)&handle;
    return SW_OK;
}

void field_bus_acknowledge(struct field_bus *bus, uint32_t line, uint32_t node, uint16_t epoch, uint32_t sequence)
{
    assert_non_null(bus);
    fake.acknowledges[fake.acknowledge_count++] = (struct fake_call){line, node, epoch, sequence};
}

void field_bus_open_log(struct field_bus *bus, uint32_t line, uint32_t node, uint16_t epoch, uint32_t base)
{
    assert_non_null(bus);
    fake.opens[fake.open_count++] = (struct fake_call){line, node, epoch, base};
}

void field_bus_hurry(struct field_bus *bus, uint32_t interval_ms)
{
    assert_non_null(bus);
    fake.hurry_ms = interval_ms;
}

int field_bus_apply(struct field_bus *bus, const struct gateway_config *next, void (*settled)(void *ctx), void *ctx)
{
    (void)bus;
    assert_null(fake.bus_settled);
    if (fake.bus_error) return fake.bus_error;
    fake.bus_config = next;
    fake.bus_settled = settled;
    fake.bus_settled_ctx = ctx;
    return SW_OK;
}

void fake_settle(void)
{
    void (*settled)(void *ctx) = fake.bus_settled;
    assert_non_null(settled);
    fake.bus_settled = NULL;
    settled(fake.bus_settled_ctx);
}

struct field_bus_counters field_bus_line_counters(const struct field_bus *bus, uint32_t line)
{
    (void)bus, (void)line;
    return (struct field_bus_counters){0};
}

void field_bus_close(struct field_bus *bus, void (*closed)(void *ctx), void *ctx)
{
    (void)bus;
    fake.bus_closed = true;
    closed(ctx);
}

/* ---- publisher ---- */

static void take_status(const char *payload)
{
    char text[256];
    assert_int_equal(message_status_decode(payload, strlen(payload), &fake.status, text, sizeof text), SW_OK);
    fake.status_count++;
}

int publisher_start(uv_loop_t *loop, const struct gateway_config *config, const char *will,
                    struct publisher_events events, struct publisher **publisher, char *text, size_t text_size)
{
    (void)loop, (void)config, (void)text, (void)text_size;
    take_status(will);
    assert_int_equal(fake.status.state, MESSAGE_STATUS_OFFLINE);
    fake.publisher = events;
    *publisher = (struct publisher *)&handle;
    return SW_OK;
}

int publisher_apply(struct publisher *publisher, const struct gateway_config *config, char *text, size_t text_size)
{
    (void)publisher;
    if (fake.publisher_error) snprintf(text, text_size, "mqtt.tls.ca_file: no such file");
    if (!fake.publisher_error) fake.publisher_config = config;
    return fake.publisher_error;
}

bool publisher_ready(const struct publisher *publisher)
{
    assert_non_null(publisher);
    return fake.link_up;
}

int publisher_send(struct publisher *publisher, const char *topic, const char *payload, int64_t token, bool replayed)
{
    (void)publisher;
    assert_string_equal(topic, fake.outbox[token - 1].topic);
    assert_string_equal(payload, fake.outbox[token - 1].payload);
    if (!fake.link_up) return SW_ERROR_BUSY;
    if (fake.send_error) return fake.send_error;
    fake.replayed[fake.sent_count] = replayed;
    fake.sent[fake.sent_count++] = token;
    return SW_OK;
}

int publisher_send_unstored(struct publisher *publisher, const char *topic, const char *payload)
{
    (void)publisher;
    if (!fake.link_up) return SW_ERROR_BUSY;
    assert_non_null(strstr(topic, "/alert/"));
    snprintf(fake.unstored, sizeof fake.unstored, "%s", payload);
    fake.unstored_count++;
    return SW_OK;
}

int publisher_send_cap(struct publisher *publisher, const char *topic, const char *cap, const char *payload,
                       bool replayed)
{
    (void)publisher, (void)replayed;
    if (!fake.link_up) return SW_ERROR_BUSY;
    assert_non_null(strstr(payload, SW_SCHEMA_ALERT));
    assert_in_range(fake.cap_count, 0, sizeof fake.caps / sizeof fake.caps[0] - 1);
    struct fake_cap *made = &fake.caps[fake.cap_count++];
    snprintf(made->topic, sizeof made->topic, "%s", topic);
    made->body = strdup(cap);
    made->alerts_before = fake.sent_count;
    return SW_OK;
}

int publisher_send_telemetry(struct publisher *publisher, enum publisher_telemetry of, const char *topic,
                             const char *payload)
{
    (void)publisher;
    if (!fake.link_up) return SW_ERROR_BUSY;
    if (fake.telemetry_error) return fake.telemetry_error;
    assert_in_range(fake.telemetry_count, 0, sizeof fake.telemetry / sizeof fake.telemetry[0] - 1);
    struct fake_telemetry *told = &fake.telemetry[fake.telemetry_count++];
    snprintf(told->topic, sizeof told->topic, "%s", topic);
    told->text = strdup(payload);
    told->of = of;
    return SW_OK;
}

int publisher_set_status(struct publisher *publisher, const char *payload)
{
    (void)publisher;
    take_status(payload);
    return SW_OK;
}

static bool has_room(size_t count, size_t done)
{
    return fake.link_up && count - done < (done ? PUBLISHER_RETAINED_UNDER_WAY_MAX : 1);
}

static int set_area(const char *topic, const char *payload)
{
    char text[256];
    if (!has_room(fake.area_count, fake.areas_done)) return SW_ERROR_BUSY;
    struct fake_area *area = &fake.areas[fake.area_count++];
    snprintf(area->topic, sizeof area->topic, "%s", topic);
    area->is_empty = payload[0] == '\0';
    if (!area->is_empty)
        assert_int_equal(message_area_decode(payload, strlen(payload), &area->area, text, sizeof text), SW_OK);
    assert_null(strstr(payload, "home-"));
    return SW_OK;
}

static int set_state(const char *topic, const char *payload)
{
    if (!has_room(fake.state_count, fake.states_done)) return SW_ERROR_BUSY;
    struct fake_state *state = &fake.states[fake.state_count++];
    snprintf(state->topic, sizeof state->topic, "%s", topic);
    snprintf(state->body, sizeof state->body, "%s", payload);
    return SW_OK;
}

static int set_shown(enum publisher_retained kind, const char *topic, const char *payload)
{
    if (!fake.link_up) return SW_ERROR_BUSY;
    assert_in_range(fake.shown_count, 0, sizeof fake.shown / sizeof fake.shown[0] - 1);
    struct fake_shown *shown = &fake.shown[fake.shown_count++];
    shown->kind = kind;
    snprintf(shown->topic, sizeof shown->topic, "%s", topic);
    snprintf(shown->payload, sizeof shown->payload, "%s", payload);
    return SW_OK;
}

static int set_incident(const char *topic, const char *payload)
{
    char text[256];
    if (!has_room(fake.incident_count, fake.incidents_done)) return SW_ERROR_BUSY;
    struct fake_incident *incident = &fake.incidents[fake.incident_count++];
    snprintf(incident->topic, sizeof incident->topic, "%s", topic);
    incident->is_empty = payload[0] == '\0';
    if (!incident->is_empty)
        assert_int_equal(message_incident_decode(payload, strlen(payload), &incident->incident, text, sizeof text),
                         SW_OK);
    return SW_OK;
}

int publisher_set_retained(struct publisher *publisher, enum publisher_retained kind, const char *topic,
                           const char *payload)
{
    (void)publisher;
    if (kind == PUBLISHER_HOMES || kind == PUBLISHER_DISCOVERY) return set_shown(kind, topic, payload);
    return kind == PUBLISHER_AREAS    ? set_area(topic, payload)
           : kind == PUBLISHER_STATES ? set_state(topic, payload)
                                      : set_incident(topic, payload);
}

size_t fake_incidents_taken(void)
{
    size_t count = 0;
    for (; fake.incidents_done < fake.incident_count; count++) {
        fake.incidents_done++;
        fake.publisher.retained_done(fake.publisher.ctx, PUBLISHER_INCIDENTS, true);
    }
    return count;
}

void fake_state_done(bool taken)
{
    assert_true(fake.states_done < fake.state_count);
    fake.states_done++;
    fake.publisher.retained_done(fake.publisher.ctx, PUBLISHER_STATES, taken);
}

size_t fake_states_taken(void)
{
    size_t count = 0;
    for (; fake.states_done < fake.state_count; count++)
        fake_state_done(true);
    return count;
}

void fake_area_done(bool taken)
{
    assert_true(fake.areas_done < fake.area_count);
    fake.areas_done++;
    fake.publisher.retained_done(fake.publisher.ctx, PUBLISHER_AREAS, taken);
}

size_t fake_areas_taken(void)
{
    size_t count = 0;
    for (; fake.areas_done < fake.area_count; count++)
        fake_area_done(true);
    return count;
}

int publisher_reply(struct publisher *publisher, const struct publisher_command *command, const char *payload)
{
    char text[256];
    (void)publisher;
    struct fake_reply *reply = &fake.replies[fake.reply_count++];
    snprintf(reply->response_topic, sizeof reply->response_topic, "%s",
             command->response_topic ? command->response_topic : "");
    reply->correlation = command->correlation_size ? command->correlation[0] : 0;
    assert_int_equal(message_command_result_decode(payload, strlen(payload), &reply->answer, text, sizeof text), SW_OK);
    return SW_OK;
}

struct publisher_counters publisher_counters(const struct publisher *publisher)
{
    (void)publisher;
    return (struct publisher_counters){0};
}

void publisher_close(struct publisher *publisher, const char *last_status, void (*closed)(void *ctx), void *ctx)
{
    (void)publisher;
    take_status(last_status);
    fake.publisher_closed = true;
    closed(ctx);
}

void fake_link(bool up)
{
    fake.link_up = up;
    fake.area_count = fake.areas_done = fake.state_count = fake.states_done = 0;
    fake.incident_count = fake.incidents_done = 0;
    fake.publisher.link(fake.publisher.ctx, up, up ? "connected" : "gone");
}

void fake_taken(int64_t id)
{
    fake.publisher.taken(fake.publisher.ctx, id);
}

void fake_receipt(const char *payload)
{
    size_t size = strlen(payload);
    char *exact = exact_copy(payload, size);
    fake.publisher.receipt(fake.publisher.ctx, exact, size);
    free(exact);
}

void fake_command(const char *payload)
{
    static const uint8_t correlation = 42;
    /* In memory of its own, gone after the call, as the real publisher's is. */
    char *copy = strdup(payload), *topic = strdup("answers/here");
    uint8_t *data = malloc(1);
    assert_non_null(data);
    *data = correlation;
    struct publisher_command command = {copy, strlen(payload), topic, data, 1};
    fake.publisher.command(fake.publisher.ctx, &command);
    free(copy);
    free(topic);
    free(data);
}

void fake_report(const char *source, const char *who, const char *payload)
{
    static const uint8_t correlation = 42;
    size_t size = strlen(payload);
    char *exact = exact_copy(payload, size);
    struct publisher_command report = {exact, size, "answers/here", &correlation, 1};
    fake.publisher.report(fake.publisher.ctx, source, who, &report);
    free(exact);
}

void fake_weather(const char *payload)
{
    size_t size = strlen(payload);
    char *exact = exact_copy(payload, size);
    fake.publisher.weather(fake.publisher.ctx, exact, size);
    free(exact);
}

/* ---- the gateway ---- */

static struct sw_wall wall(void)
{
    return sw_wall_from_ms(fake.wall_ms);
}

static struct sw_mono mono(void)
{
    return sw_mono_from_ms(fake.mono_ms);
}

static void on_problem(void *ctx, const char *file, unsigned line, const char *field, const char *text)
{
    (void)ctx;
    fail_msg("%s:%u: %s: %s", file, line, field, text);
}

static struct gateway_config *load_config(void)
{
    static const char text[] =
        "schema: stillwater.gateway/1\ncity: c\ngateway: g\nstore: {path: s}\n"
        "mqtt: {host: h, inflight: 3, telemetry: %s, %s}\n%s"
        "subjects: [{id: home-1}, {id: home-2, home_assistant: on}, {id: site-1, place: {grid: a/b%s}},"
        " {id: site-2, place: {grid: a/c}}, {id: site-3, place: {grid: d/e}}]\n"
        "lines:\n"
        "  - id: line-1\n"
        "    port: p\n"
        "    nodes:\n"
        "      - {id: node-1, unit_id: 1, slots: [{slot: 0, profile: xintai, unit_id: 1,"
        " subject: home-1}]}\n"
        "      - {id: node-2, unit_id: 2, slots: [{slot: 0, profile: xintai, unit_id: 1,"
        " subject: home-2}]}\n"
        "%s";
    static const char receipts[] = "resend_after_s: 10, resend_after_max_s: 35";
    static const char device[] = "    devices: [{id: dev-1, unit_id: 3, profile: qdy30a, subject: site-1}";
    static const char more[] = ",{id: dev-2, unit_id: 4, profile: qdy30a, subject: site-2}"
                               ",{id: dev-3, unit_id: 5, profile: qdy30a, subject: site-3}";
    char devices[512] = "";
    if (!fake.without_device) snprintf(devices, sizeof devices, "%s%s]\n", device, fake.with_more_devices ? more : "");
    char path[] = "/tmp/stillwater-app-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_true(dprintf(descriptor, text, fake.with_telemetry ? fake.with_telemetry : "off",
                        fake.with_receipts ? receipts : "done_on: puback",
                        fake.with_reports ? "reports: {areas: [c/n]}\n" : "",
                        fake.with_reports ? ", latitude: 31, longitude: 121" : "", devices) > 0);
    close(descriptor);
    struct gateway_config *config = NULL;
    struct config_report report = {NULL, on_problem};
    assert_int_equal(config_load(path, CONFIG_FOR_DAEMON, report, &config), SW_OK);
    unlink(path);
    return config;
}

static void begin(struct gateway_under_test *test)
{
    char text[256];
    struct gateway_clock clock = {wall, mono};
    *test = (struct gateway_under_test){.config = load_config()};
    test->config->duty = fake.duty;
    assert_int_equal(uv_loop_init(&test->loop), 0);
    assert_int_equal(gateway_start(&test->loop, test->config, clock, &test->gateway, text, sizeof text), SW_OK);
    running = test->gateway;
    fake.bus.line_link(fake.bus.ctx, 0, true, "the port is open");
}

static void begin_anew(struct gateway_under_test *test, bool with_receipts, bool with_more_devices,
                       const struct duty_roster *duty)
{
    bool with_reports = fake.with_reports;
    const char *with_telemetry = fake.with_telemetry;
    fake = (struct fake_ports){.wall_ms = 1790000000000,
                               .mono_ms = 1000,
                               .with_receipts = with_receipts,
                               .with_more_devices = with_more_devices,
                               .duty = duty,
                               .with_reports = with_reports,
                               .with_telemetry = with_telemetry};
    begin(test);
    /* The line's first state is stored by itself after a while; tests want to see their own rows only. */
    fake_advance(test, 11000);
    if (fake.committing) fake_commit_done(SW_OK);
    fake.commits = 0;
}

void gateway_begin(struct gateway_under_test *test)
{
    begin_anew(test, false, false, NULL);
}

void gateway_begin_with_duty(struct gateway_under_test *test, const struct duty_roster *duty)
{
    begin_anew(test, false, false, duty);
}

void gateway_begin_with_receipts(struct gateway_under_test *test)
{
    begin_anew(test, true, false, NULL);
}

void gateway_begin_with_more_devices(struct gateway_under_test *test)
{
    begin_anew(test, false, true, NULL);
}

static void on_stopped(void *ctx)
{
    ((struct gateway_under_test *)ctx)->stopped = true;
}

static void end(struct gateway_under_test *test, int commit_error)
{
    gateway_stop(test->gateway, on_stopped, test);
    for (int i = 0; i < 1000 && uv_run(&test->loop, UV_RUN_ONCE); i++) {
        fake.mono_ms += 50;
        if (fake.committing) fake_commit_done(commit_error);
        if (fake.read_wanted) fake_outbox_answer();
    }
    assert_true(test->stopped);
    assert_true(fake.bus_closed && fake.publisher_closed && fake.store_closed);
    assert_int_equal(uv_loop_close(&test->loop), 0);
}

void gateway_kill_and_begin(struct gateway_under_test *test)
{
    end(test, SW_ERROR_STORE);
    config_free(test->config);
    fake.link_up = fake.bus_closed = fake.publisher_closed = fake.store_closed = false;
    fake.acknowledge_count = 0;
    begin(test);
}

void gateway_end(struct gateway_under_test *test)
{
    end(test, SW_OK);
    for (size_t i = 0; i < fake.outbox_count; i++)
        free(fake.outbox[i].payload);
    for (size_t i = 0; i < fake.cap_count; i++)
        free(fake.caps[i].body);
    for (size_t i = 0; i < fake.telemetry_count; i++)
        free(fake.telemetry[i].text);
    config_free(test->config);
}

void fake_advance(struct gateway_under_test *test, int64_t ms)
{
    fake.wall_ms += ms;
    fake.mono_ms += ms;
    gateway_tick(test->gateway);
}

struct field_bus_batch batch_of(uint32_t node, uint32_t serial, uint16_t epoch, uint32_t first, uint32_t last)
{
    struct field_bus_batch batch = {
        .node = node, .serial = serial, .epoch = epoch, .drained = true, .seen_until = {fake.wall_ms}};
    for (uint32_t sequence = first; sequence <= last; sequence++) {
        batch.records[batch.count] =
            (struct sw_record){.sequence = sequence, .kind = SW_READING_WATER_INDEX, .value = 1000 + (int32_t)sequence};
        batch.times[batch.count] = sw_wall_from_ms(fake.wall_ms - (int64_t)(last - sequence) * 1000);
        batch.clock[batch.count++] = SW_CLOCK_SET;
    }
    return batch;
}

void fake_batch(const struct field_bus_batch *batch)
{
    fake.bus.batch(fake.bus.ctx, batch);
}
