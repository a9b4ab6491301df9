#include "cli/report_data.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/store_sqlite/store_history.h"
#include "stillwater/error.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)
#define RISE_MS   (5 * MINUTE_MS)
#define OBSERVED_MS                                                                                                    \
    (5 * MINUTE_MS) /* readings at most so far apart, or three of their intervals, are without a gap                   \
                     */

struct rising {
    struct sw_wall from; /* base of the present rise */
    int64_t um;
    struct sw_wall last;
    int64_t last_um;
    enum sw_colour last_band;
    bool seen;
};

struct reader {
    struct report *report;
    const struct gateway_config *config;
    struct rising *states; /* by sensor */
    uint32_t *by_subject;  /* by index in the configuration: sensor + 1; 0 = none */
    uint32_t alert_room, event_room, unseen_room;
    bool out_of_memory;
};

/* ---- which sensors ---- */

static void add_sensor(struct reader *reader, uint32_t subject, const struct sw_profile *profile, int64_t expected_ms)
{
    const struct config_subject *who = &reader->config->subjects[subject];
    enum subject_domain domain = subject_domain_of(sw_profile_point(profile, 0)->kind);
    if ((domain != SUBJECT_LEVEL && domain != SUBJECT_COVER) || reader->by_subject[subject] != 0 ||
        (reader->report->area && !sw_area_path_is_in(who->place.grid, reader->report->area)))
        return;
    struct report_sensor *sensor = &reader->report->sensors[reader->report->sensor_count++];
    sensor->subject = who;
    sensor->is_level = domain == SUBJECT_LEVEL;
    sensor->expected_ms = expected_ms;
    reader->by_subject[subject] = reader->report->sensor_count;
}

static int compare_sensors(const void *a, const void *b)
{
    const struct report_sensor *left = a, *right = b;
    return strcmp(left->subject->id, right->subject->id);
}

static int list_sensors(struct reader *reader)
{
    const struct gateway_config *config = reader->config;
    reader->report->sensors = calloc(config->subject_count + 1, sizeof *reader->report->sensors);
    reader->by_subject = calloc(config->subject_count + 1, sizeof *reader->by_subject);
    if (!reader->report->sensors || !reader->by_subject) return SW_ERROR_NO_SPACE;
    for (uint32_t l = 0; l < config->line_count; l++) {
        for (uint32_t n = 0; n < config->lines[l].node_count; n++)
            for (uint32_t s = 0; s < config->lines[l].nodes[n].slot_count; s++) {
                const struct config_slot *slot = &config->lines[l].nodes[n].slots[s];
                add_sensor(reader, slot->subject, slot->profile, INT64_C(1000) * slot->heartbeat_s);
            }
        for (uint32_t d = 0; d < config->lines[l].device_count; d++) {
            const struct config_device *device = &config->lines[l].devices[d];
            add_sensor(reader, device->subject, device->profile, device->poll_interval_ms);
        }
    }
    qsort(reader->report->sensors, reader->report->sensor_count, sizeof *reader->report->sensors, compare_sensors);
    reader->states = calloc(reader->report->sensor_count + 1, sizeof *reader->states);
    return reader->states ? SW_OK : SW_ERROR_NO_SPACE;
}

static int compare_name(const void *name, const void *sensor)
{
    return strcmp(name, ((const struct report_sensor *)sensor)->subject->id);
}

/* NULL for what is no water sensor or cover of this area. */
static struct report_sensor *sensor_named(const struct report *report, const char *subject)
{
    return bsearch(subject, report->sensors, report->sensor_count, sizeof *report->sensors, compare_name);
}

/* ---- readings ---- */

static enum sw_colour band_of(const struct report_sensor *sensor, int64_t um)
{
    const struct level_policy *level = &sensor->subject->policy->level;
    enum sw_colour band = SW_COLOUR_GREEN;
    for (int colour = SW_COLOUR_BLUE; colour < SW_COLOUR_COUNT; colour++)
        if (level->band_um[colour] != LEVEL_BAND_OFF && um >= level->band_um[colour]) band = (enum sw_colour)colour;
    return band;
}

static void note_gap(struct report_sensor *sensor, struct sw_wall from, struct sw_wall to)
{
    int64_t gap_ms = to.ms - from.ms;
    int64_t usual_ms = 3 * sensor->expected_ms > OBSERVED_MS ? 3 * sensor->expected_ms : OBSERVED_MS;
    if (gap_ms <= usual_ms) sensor->observed_ms += gap_ms;
    if (gap_ms <= sensor->longest_gap_ms) return;
    sensor->longest_gap_ms = gap_ms;
    sensor->gap_from = from;
}

/* Over five minutes or more, from where it stood then. A base that is older than half an hour is of another rise. */
static void note_rise(struct report_sensor *sensor, struct rising *state, struct sw_wall time, int64_t um)
{
    int64_t past_ms = time.ms - state->from.ms;
    if (!state->seen || um < state->um || past_ms > 6 * RISE_MS) {
        state->from = time;
        state->um = um;
        return;
    }
    if (past_ms < RISE_MS) return;
    int64_t rate = (um - state->um) * HOUR_MS / past_ms;
    if (rate <= sensor->rise_um_per_h) return;
    sensor->rise_um_per_h = rate;
    sensor->rise_at = time;
}

static void note_level(const struct report *report, struct report_sensor *sensor, struct rising *state,
                       struct sw_wall time, int64_t um)
{
    enum sw_colour band = band_of(sensor, um);
    enum sw_colour both = band < state->last_band ? band : state->last_band;
    if (state->seen && both > sensor->crossed) {
        sensor->crossed = both;
        sensor->crossed_at = time;
    }
    state->last_band = band;
    note_rise(sensor, state, time, um);
    if (!sensor->has_peak || um > sensor->peak_um) {
        sensor->has_peak = true;
        sensor->peak_um = um;
        sensor->peak_at = time;
    }
    int64_t span_ms = report->to.ms - report->from.ms + 1;
    size_t column = (size_t)((time.ms - report->from.ms) * REPORT_COLUMNS / span_ms);
    if (!sensor->column_known[column] || um > sensor->column_um[column]) sensor->column_um[column] = um;
    sensor->column_known[column] = true;
}

static void on_reading(void *ctx, const struct store_reading *reading)
{
    struct reader *reader = ctx;
    struct report_sensor *sensor = sensor_named(reader->report, reading->subject);
    bool is_main = reading->kind == SW_READING_LEVEL || reading->kind == SW_READING_COVER_TILT ||
                   reading->kind == SW_READING_COVER_OPEN;
    if (!sensor || !is_main || (sensor->is_level && reading->kind != SW_READING_LEVEL)) return;
    struct rising *state = &reader->states[sensor - reader->report->sensors];
    sensor->readings++;
    if (reading->quality != SW_QUALITY_GOOD) return;
    sensor->good++;
    note_gap(sensor, state->seen ? state->last : reader->report->from, reading->time);
    if (reading->kind == SW_READING_LEVEL)
        note_level(reader->report, sensor, state, reading->time, reading->value_milli);
    state->seen = true;
    state->last = sensor->last_good = reading->time;
}

/* ---- alerts ---- */

static bool is_of_water(enum sw_alert_kind kind)
{
    return kind == SW_ALERT_KIND_LEVEL || kind == SW_ALERT_KIND_LEVEL_SOON || kind == SW_ALERT_KIND_COVER_OPEN;
}

static bool make_room(void **list, uint32_t count, uint32_t *room, size_t size)
{
    if (count < *room) return true;
    uint32_t larger_room = *room ? 2 * *room : 64;
    void *larger = realloc(*list, larger_room * size);
    if (!larger) return false;
    *list = larger;
    *room = larger_room;
    return true;
}

static void read_body(const char *body, struct report_alert *alert)
{
    json_t *root = json_loads(body, 0, NULL);
    const char *incident = json_string_value(json_object_get(root, "incident"));
    json_int_t level = json_integer_value(json_object_get(json_object_get(root, "escalation"), "level"));
    if (incident) snprintf(alert->incident, sizeof alert->incident, "%s", incident);
    if (level > (json_int_t)alert->escalated) alert->escalated = (uint32_t)level;
    json_decref(root);
}

static void add_event(struct reader *reader, uint32_t alert, const struct sw_alert *revision, bool worse)
{
    struct report *report = reader->report;
    if (revision->updated_at.ms < report->from.ms || revision->updated_at.ms > report->to.ms) return;
    void *events = report->events;
    reader->out_of_memory |= !make_room(&events, report->event_count, &reader->event_room, sizeof *report->events);
    report->events = events;
    if (reader->out_of_memory) return;
    struct report_event *event = &report->events[report->event_count++];
    *event = (struct report_event){revision->updated_at, alert, revision->state, revision->colour, worse, ""};
    memcpy(event->actor, revision->actor, sizeof event->actor);
}

static bool is_report_of_water(const struct sw_alert *revision)
{
    return revision->kind == SW_ALERT_KIND_REPORTED && (revision->evidence.rule == SW_ALERT_RULE_REPORTED_FLOOD ||
                                                        revision->evidence.rule == SW_ALERT_RULE_REPORTED_COVER);
}

/* Every revision says how many sensors have told of the same. */
static void note_reported(struct reader *reader, const struct sw_alert *revision, const char *body)
{
    struct report *report = reader->report;
    bool is_new = report->unseen_count == 0 || strcmp(report->unseen[report->unseen_count - 1].id, revision->id) != 0;
    if (is_new) {
        void *unseen = report->unseen;
        reader->out_of_memory |=
            !make_room(&unseen, report->unseen_count, &reader->unseen_room, sizeof *report->unseen);
        report->unseen = unseen;
        if (reader->out_of_memory) return;
        report->unseen[report->unseen_count] =
            (struct report_unseen){.rule = revision->evidence.rule, .raised_at = revision->raised_at};
        memcpy(report->unseen[report->unseen_count].id, revision->id, sizeof revision->id);
        report->unseen_count++;
    }
    struct report_unseen *unseen = &report->unseen[report->unseen_count - 1];
    json_t *root = json_loads(body, 0, NULL);
    const char *area = json_string_value(json_object_get(json_object_get(root, "place"), "grid"));
    snprintf(unseen->area, sizeof unseen->area, "%s", area ? area : "");
    unseen->is_unseen = json_integer_value(json_object_get(json_object_get(root, "reports"), "sensors")) == 0 &&
                        (!report->area || sw_area_path_is_in(unseen->area, report->area));
    unseen->state = revision->state;
    json_decref(root);
}

static void leave_unseen(struct report *report)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < report->unseen_count; i++)
        if (report->unseen[i].is_unseen) report->unseen[left++] = report->unseen[i];
    report->unseen_count = left;
}

/* Alert by alert, revision by revision. */
static void on_alert(void *ctx, const struct sw_alert *revision, const char *body)
{
    struct reader *reader = ctx;
    struct report *report = reader->report;
    if (!reader->out_of_memory && !revision->drill && is_report_of_water(revision))
        note_reported(reader, revision, body);
    if (reader->out_of_memory || revision->drill || !is_of_water(revision->kind) ||
        !sensor_named(report, revision->subject))
        return;
    bool is_new = report->alert_count == 0 || strcmp(report->alerts[report->alert_count - 1].id, revision->id) != 0;
    if (is_new) {
        void *alerts = report->alerts;
        reader->out_of_memory |= !make_room(&alerts, report->alert_count, &reader->alert_room, sizeof *report->alerts);
        report->alerts = alerts;
        if (reader->out_of_memory) return;
        report->alerts[report->alert_count] =
            (struct report_alert){.kind = revision->kind, .raised_at = revision->raised_at};
        memcpy(report->alerts[report->alert_count].id, revision->id, sizeof revision->id);
        memcpy(report->alerts[report->alert_count].subject, revision->subject, sizeof revision->subject);
        report->alert_count++;
    }
    struct report_alert *alert = &report->alerts[report->alert_count - 1];
    bool worse = !is_new && revision->peak > alert->peak;
    bool acknowledges = revision->state == SW_ALERT_STATE_ACKNOWLEDGED && !sw_wall_known(alert->acknowledged_at);
    if (acknowledges) {
        alert->acknowledged_at = revision->updated_at;
        memcpy(alert->acknowledged_by, revision->actor, sizeof alert->acknowledged_by);
    }
    if (revision->state == SW_ALERT_STATE_DISPATCHED && !sw_wall_known(alert->dispatched_at))
        alert->dispatched_at = revision->updated_at;
    if (!sw_alert_state_is_open(revision->state)) alert->over_at = revision->updated_at;
    alert->peak = revision->peak;
    alert->state = revision->state;
    read_body(body, alert);
    add_event(reader, report->alert_count - 1, revision, worse);
}

static void on_feedback(void *ctx, const struct store_feedback *feedback)
{
    struct reader *reader = ctx;
    for (uint32_t i = 0; i < reader->report->alert_count; i++)
        if (strcmp(reader->report->alerts[i].id, feedback->alert_id) == 0)
            reader->report->alerts[i].outcome = feedback->outcome;
}

/* ---- what follows ---- */

static int compare_events(const void *a, const void *b)
{
    const struct report_event *left = a, *right = b;
    if (left->time.ms != right->time.ms) return left->time.ms < right->time.ms ? -1 : 1;
    return left->alert < right->alert ? -1 : left->alert > right->alert;
}

static bool had_alert(const struct report *report, const struct report_sensor *sensor)
{
    for (uint32_t i = 0; i < report->alert_count; i++) {
        const struct report_alert *alert = &report->alerts[i];
        bool open_then = alert->raised_at.ms <= sensor->crossed_at.ms + OBSERVED_MS &&
                         (!sw_wall_known(alert->over_at) || alert->over_at.ms >= sensor->crossed_at.ms);
        if (alert->kind == SW_ALERT_KIND_LEVEL && open_then && strcmp(alert->subject, sensor->subject->id) == 0)
            return true;
    }
    return false;
}

static void conclude(struct report *report, const struct rising *states)
{
    for (uint32_t i = 0; i < report->sensor_count; i++) {
        struct report_sensor *sensor = &report->sensors[i];
        note_gap(sensor, states[i].seen ? states[i].last : report->from, report->to);
        sensor->missed = sensor->crossed != SW_COLOUR_GREEN && !had_alert(report, sensor);
    }
    leave_unseen(report);
    if (report->event_count > 0) qsort(report->events, report->event_count, sizeof *report->events, compare_events);
}

int report_read(struct report *report, const struct gateway_config *config, const char *store, char *text,
                size_t text_size)
{
    struct reader reader = {.report = report, .config = config};
    struct store_history *history = NULL;
    int error = store_history_open(store, &history, text, text_size);
    if (error) return error;
    error = list_sensors(&reader);
    bool read = !error && store_history_readings(history, report->from, report->to, &reader, on_reading) == SW_OK &&
                store_history_alerts(history, report->from, report->to, &reader, on_alert) == SW_OK &&
                store_history_feedback(history, &reader, on_feedback) == SW_OK;
    if (error || reader.out_of_memory) {
        error = SW_ERROR_NO_SPACE;
        snprintf(text, text_size, "no memory");
    } else if (!read) {
        error = SW_ERROR_STORE;
        store_history_text(history, text, text_size);
    } else {
        conclude(report, reader.states);
    }
    store_history_close(history);
    free(reader.states);
    free(reader.by_subject);
    return error;
}

void report_free(struct report *report)
{
    free(report->sensors);
    free(report->alerts);
    free(report->events);
    free(report->unseen);
}

/* ---- times ---- */

static int compare_ms(const void *a, const void *b)
{
    int64_t left, right;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    return left < right ? -1 : left > right;
}

static struct sw_wall step_at(const struct report_alert *alert, enum report_step step)
{
    return step == REPORT_ACKNOWLEDGED ? alert->acknowledged_at
           : step == REPORT_DISPATCHED ? alert->dispatched_at
                                       : alert->over_at;
}

struct report_times report_times_of(const struct report *report, enum report_step step, enum sw_colour colour)
{
    struct report_times times = {.alerts = 0};
    int64_t *took_ms = calloc(report->alert_count + 1, sizeof *took_ms);
    for (uint32_t i = 0; took_ms && i < report->alert_count; i++) {
        const struct report_alert *alert = &report->alerts[i];
        if (colour != SW_COLOUR_COUNT && alert->peak != colour) continue;
        times.alerts++;
        if (sw_wall_known(step_at(alert, step))) took_ms[times.done++] = step_at(alert, step).ms - alert->raised_at.ms;
    }
    if (times.done > 0) {
        qsort(took_ms, times.done, sizeof *took_ms, compare_ms);
        times.median_ms = took_ms[(times.done - 1) / 2];
        times.p90_ms = took_ms[(times.done * 9 + 9) / 10 - 1];
        times.worst_ms = took_ms[times.done - 1];
    }
    free(took_ms);
    return times;
}

unsigned report_coverage_pct(const struct report *report, const struct report_sensor *sensor)
{
    int64_t span_ms = report->to.ms - report->from.ms;
    return span_ms > 0 ? (unsigned)(sensor->observed_ms * 100 / span_ms) : 0;
}
