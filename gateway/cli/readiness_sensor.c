#include "cli/readiness_sensor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/store_sqlite/store_history.h"
#include "message/message.h"
#include "stillwater/error.h"
#include "stillwater/record_format.h"

#define GOOD_LEAST_PCT     95
#define ESTIMATED_MOST_PCT 1
#define BOOTS_MOST_A_DAY   1
#define HOUR_MS            INT64_C(3600000)
#define DAY_MS             (24 * HOUR_MS)

/* Which sensor a reading comes from. */
struct origin {
    const char *subject;
    enum sw_reading_kind kind;
    uint32_t sensor;
    bool is_main; /* the kind that the sensor is there for */
};

struct reader {
    struct readiness *readiness;
    const struct gateway_config *config;
    struct origin *origins; /* sorted */
    size_t origin_count;
    struct origin_state {
        int64_t last_ms, value_milli;
        bool seen;
    } * states; /* of each sensor's main kind */
    struct {
        uint32_t serial;
        uint64_t boots, lost;
    } * serials;
    size_t serial_count;
    bool out_of_memory;
};

__attribute__((format(printf, 3, 4))) static void find(struct readiness_sensor *sensor, enum readiness_verdict verdict,
                                                       const char *format, ...)
{
    if (verdict > sensor->verdict) sensor->verdict = verdict;
    if (sensor->finding_count == READINESS_FINDINGS_MAX) return;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(sensor->findings[sensor->finding_count++], READINESS_FINDING_SIZE, format, arguments);
    va_end(arguments);
}

/* ---- the configuration ---- */

static int64_t silence_ms_of(const struct policy *policy, enum sw_reading_kind kind)
{
    switch (subject_domain_of(kind)) {
    case SUBJECT_HOME:
        return policy->silence.home_ms;
    case SUBJECT_COVER:
        return policy->silence.cover_ms;
    case SUBJECT_RAIN:
        return policy->silence.rain_ms;
    default:
        return policy->silence.level_ms;
    }
}

static void add_sensor(struct readiness *readiness, const struct config_subject *subject,
                       const struct sw_profile *profile, uint32_t node, int64_t expected_ms, const char *name)
{
    struct readiness_sensor *sensor = &readiness->sensors[readiness->sensor_count++];
    enum sw_reading_kind kind = sw_profile_point(profile, 0)->kind;
    sensor->subject = subject;
    sensor->profile = profile;
    sensor->node = node;
    sensor->expected_ms = expected_ms;
    sensor->silence_ms = silence_ms_of(subject->policy, kind);
    sensor->is_home = subject_domain_of(kind) == SUBJECT_HOME;
    (void)snprintf(sensor->name, sizeof sensor->name, "%s", name);
}

static int list_sensors(struct readiness *readiness, const struct gateway_config *config)
{
    uint32_t sensors = 0, nodes = 0;
    for (uint32_t l = 0; l < config->line_count; l++) {
        nodes += config->lines[l].node_count;
        sensors += config->lines[l].device_count;
        for (uint32_t n = 0; n < config->lines[l].node_count; n++)
            sensors += config->lines[l].nodes[n].slot_count;
    }
    readiness->sensors = calloc(sensors + 1, sizeof *readiness->sensors);
    readiness->nodes = calloc(nodes + 1, sizeof *readiness->nodes);
    if (!readiness->sensors || !readiness->nodes) return SW_ERROR_NO_SPACE;
    for (uint32_t l = 0; l < config->line_count; l++) {
        const struct config_line *line = &config->lines[l];
        for (uint32_t n = 0; n < line->node_count; n++) {
            const struct config_node *node = &line->nodes[n];
            for (uint32_t s = 0; s < node->slot_count; s++) {
                const struct config_slot *slot = &node->slots[s];
                char name[SW_ID_SIZE + 12];
                (void)snprintf(name, sizeof name, "%s slot %u", node->id, slot->slot);
                add_sensor(readiness, &config->subjects[slot->subject], slot->profile, readiness->node_count,
                           INT64_C(1000) * slot->heartbeat_s, name);
            }
            readiness->nodes[readiness->node_count++].config = node;
        }
        for (uint32_t d = 0; d < line->device_count; d++) {
            const struct config_device *device = &line->devices[d];
            add_sensor(readiness, &config->subjects[device->subject], device->profile, UINT32_MAX,
                       device->poll_interval_ms, device->id);
        }
    }
    return SW_OK;
}

static int compare(const void *a, const void *b)
{
    const struct origin *left = a, *right = b;
    int order = strcmp(left->subject, right->subject);
    return order != 0 ? order : (int)left->kind - (int)right->kind;
}

static int list_origins(struct reader *reader)
{
    const struct readiness *readiness = reader->readiness;
    reader->origins = calloc((size_t)readiness->sensor_count * SW_PROFILE_POINTS_MAX + 1, sizeof *reader->origins);
    reader->states = calloc(readiness->sensor_count + 1, sizeof *reader->states);
    if (!reader->origins || !reader->states) return SW_ERROR_NO_SPACE;
    for (uint32_t i = 0; i < readiness->sensor_count; i++) {
        const struct readiness_sensor *sensor = &readiness->sensors[i];
        const struct sw_profile_point *point;
        for (size_t p = 0; (point = sw_profile_point(sensor->profile, p)) != NULL; p++)
            reader->origins[reader->origin_count++] = (struct origin){sensor->subject->id, point->kind, i, p == 0};
    }
    qsort(reader->origins, reader->origin_count, sizeof *reader->origins, compare);
    return SW_OK;
}

/* ---- readings ---- */

static void note_event(struct reader *reader, const struct store_reading *event)
{
    size_t i = 0;
    while (i < reader->serial_count && reader->serials[i].serial != event->serial)
        i++;
    if (i == reader->serial_count) {
        void *larger = realloc(reader->serials, (i + 1) * sizeof *reader->serials);
        reader->out_of_memory |= larger == NULL;
        if (!larger) return;
        reader->serials = larger;
        memset(&reader->serials[i], 0, sizeof reader->serials[i]);
        reader->serials[i].serial = event->serial;
        reader->serial_count++;
    }
    reader->serials[i].boots += event->kind == SW_RECORD_EVENT_BOOT;
    if (event->kind == SW_RECORD_EVENT_LOG_GAP)
        reader->serials[i].lost += (uint64_t)(event->value_milli > 0 ? event->value_milli : 0);
}

static void note_good(struct readiness_sensor *sensor, struct origin_state *state, const struct store_reading *reading)
{
    if (state->seen && reading->time.ms - state->last_ms > sensor->longest_gap_ms)
        sensor->longest_gap_ms = reading->time.ms - state->last_ms;
    if (state->seen && reading->value_milli != state->value_milli) sensor->moves = true;
    *state = (struct origin_state){reading->time.ms, reading->value_milli, true};
    sensor->last = reading->time;
}

static void on_reading(void *ctx, const struct store_reading *reading)
{
    struct reader *reader = ctx;
    struct origin wanted = {.subject = reading->subject, .kind = (enum sw_reading_kind)reading->kind};
    if (reading->kind >= SW_RECORD_EVENT_BOOT) {
        note_event(reader, reading);
        return;
    }
    const struct origin *origin =
        bsearch(&wanted, reader->origins, reader->origin_count, sizeof *reader->origins, compare);
    if (!origin) return;
    struct readiness_sensor *sensor = &reader->readiness->sensors[origin->sensor];
    bool good = reading->quality == SW_QUALITY_GOOD;
    if (sensor->node != UINT32_MAX) reader->readiness->nodes[sensor->node].serial = reading->serial;
    if (reading->kind == SW_READING_BATTERY && good) sensor->battery_mv = reading->value_milli;
    if (!origin->is_main) return;
    sensor->readings++;
    sensor->good += good;
    sensor->estimated += reading->clock_quality == SW_CLOCK_ESTIMATED || reading->clock_quality == SW_CLOCK_UNSET;
    if (good) note_good(sensor, &reader->states[origin->sensor], reading);
}

/* ---- what the gateway's own state says ---- */

static void on_node_status(struct readiness *readiness, const char *name, struct sw_wall alive)
{
    for (uint32_t i = 0; i < readiness->node_count; i++)
        if (strcmp(readiness->nodes[i].config->id, name) == 0) readiness->nodes[i].alive = alive;
}

static void on_sensor_status(struct readiness *readiness, enum subject_domain domain, const char *name,
                             struct sw_wall last_good)
{
    for (uint32_t i = 0; i < readiness->sensor_count; i++) {
        struct readiness_sensor *sensor = &readiness->sensors[i];
        if (subject_domain_of(sw_profile_point(sensor->profile, 0)->kind) == domain &&
            strcmp(sensor->subject->id, name) == 0 && last_good.ms > sensor->last.ms)
            sensor->last = last_good;
    }
}

/* In a core without subjects, which is gone afterwards: delays and flaps are of nobody then. */
static void on_held(struct reader *reader, const uint8_t *bytes, size_t size)
{
    struct core_capacity none = {.of = {0}};
    struct core_sink nobody = {.ctx = NULL};
    struct core *core;
    void *memory = calloc(1, core_size(&none));
    reader->out_of_memory |= memory == NULL;
    if (memory && core_init(memory, &none, "readiness", nobody, &core) == SW_OK &&
        core_held_restore(core, bytes, size) == SW_OK)
        reader->readiness->holds = *core_holds(core);
    free(memory);
}

/* In a core of its own, which is gone afterwards. */
static void on_snapshot(void *ctx, int domain, const char *name, const uint8_t *bytes, size_t size)
{
    struct reader *reader = ctx;
    struct core *core;
    uint32_t index;
    if (domain == STORE_SNAPSHOT_HELD) on_held(reader, bytes, size);
    if (domain < SUBJECT_HOME || domain > SUBJECT_NODE) return;
    struct core_capacity capacity = {.of = {0}};
    capacity.of[domain] = 1;
    void *memory = calloc(1, core_size(&capacity));
    struct core_sink nobody = {.ctx = NULL};
    reader->out_of_memory |= memory == NULL;
    if (memory && core_init(memory, &capacity, "readiness", nobody, &core) == SW_OK &&
        core_add_subject(core, (enum subject_domain)domain, name, CORE_NO_PARENT,
                         config_policy_of(reader->config, name), &index) == SW_OK &&
        core_restore(core, index, bytes, size) == SW_OK) {
        struct sw_wall last = core_subject_status(core, index, reader->readiness->to).last_good;
        if (domain == SUBJECT_NODE)
            on_node_status(reader->readiness, name, last);
        else
            on_sensor_status(reader->readiness, (enum subject_domain)domain, name, last);
    }
    free(memory);
}

/* Of those that say something of a sensor rather than of the water. Called with each revision: the last one is the
 * present one, and only open ones come. */
static void on_alert(void *ctx, const struct sw_alert *alert, const char *body)
{
    struct reader *reader = ctx;
    (void)body;
    if (alert->revision != 1 || alert->drill) return;
    for (uint32_t i = 0; i < reader->readiness->sensor_count; i++) {
        struct readiness_sensor *sensor = &reader->readiness->sensors[i];
        if (strcmp(sensor->subject->id, alert->subject) != 0) continue;
        if (alert->kind == SW_ALERT_KIND_BATTERY_LOW)
            find(sensor, READINESS_DOUBTFUL, "its battery is low: exchange it");
        else if (alert->kind == SW_ALERT_KIND_SENSOR_QUALITY)
            find(sensor, READINESS_DOUBTFUL,
                 "in quarantine, its readings are not believed: clean it, check what is under it");
        else if (alert->kind == SW_ALERT_KIND_METER_FAULT)
            find(sensor, READINESS_DOUBTFUL, "a meter fault is open: see its alert");
    }
}

/* ---- verdicts ---- */

static void format_span(int64_t ms, char text[32])
{
    if (ms >= 2 * DAY_MS)
        (void)snprintf(text, 32, "%" PRId64 " d", ms / DAY_MS);
    else if (ms >= 2 * HOUR_MS)
        (void)snprintf(text, 32, "%" PRId64 " h", ms / HOUR_MS);
    else
        (void)snprintf(text, 32, "%" PRId64 " min", ms / 60000);
}

static void judge_maintenance(const struct readiness *readiness, struct readiness_sensor *sensor)
{
    char until[MESSAGE_TIME_SIZE];
    for (uint32_t i = 0; i < readiness->holds.count; i++) {
        const struct hold *hold = &readiness->holds.list[i];
        if (hold->reason != HOLD_MAINTENANCE || hold->until.ms <= readiness->to.ms ||
            strcmp(hold->subject, sensor->subject->id) != 0)
            continue;
        message_time_format(hold->until, until);
        find(sensor, READINESS_DOUBTFUL, "in maintenance until %s, by %s: nobody watches it", until, hold->by);
    }
}

static bool is_silent_node(const struct readiness *readiness, uint32_t node)
{
    return node != UINT32_MAX && readiness->nodes[node].verdict == READINESS_MISSING;
}

static void judge_sensor(const struct readiness *readiness, struct readiness_sensor *sensor)
{
    char span[32];
    enum sw_reading_kind kind = sw_profile_point(sensor->profile, 0)->kind;
    int64_t age_ms = readiness->to.ms - sensor->last.ms;
    int64_t limit_ms = sensor->silence_ms > 0 ? sensor->silence_ms : 3 * sensor->expected_ms;
    format_span(age_ms, span);
    judge_maintenance(readiness, sensor);
    if (!sw_wall_known(sensor->last))
        find(sensor, READINESS_MISSING, "has never been heard: check power, wiring and unit id");
    else if (age_ms > limit_ms)
        find(sensor, READINESS_MISSING, "silent for %s: %s", span,
             is_silent_node(readiness, sensor->node) ? "its node is, look there first" : "check power and wiring");
    if (sensor->readings == 0) return;
    if (sensor->good * 100 < sensor->readings * GOOD_LEAST_PCT)
        find(sensor, READINESS_DOUBTFUL, "only %" PRIu64 "%% of its readings are good: clean it, check the wiring",
             sensor->good * 100 / sensor->readings);
    format_span(sensor->longest_gap_ms, span);
    if (sensor->longest_gap_ms > limit_ms) find(sensor, READINESS_DOUBTFUL, "was without a good reading for %s", span);
    if (kind == SW_READING_LEVEL && !sensor->moves)
        find(sensor, READINESS_DOUBTFUL, "its level has not moved by a step: wet or lift it, and see it answer");
    if (kind == SW_READING_WATER_INDEX && !sensor->moves)
        find(sensor, READINESS_DOUBTFUL, "its meter has counted nothing: nobody at home, or stuck");
    if (sensor->estimated * 100 > sensor->readings * ESTIMATED_MOST_PCT)
        find(sensor, READINESS_DOUBTFUL, "%" PRIu64 "%% of its times are estimated: its node's clock was not set",
             sensor->estimated * 100 / sensor->readings);
    if (sensor->battery_mv > 0 && sensor->battery_mv <= sensor->subject->policy->battery.low_mv)
        find(sensor, READINESS_DOUBTFUL, "battery at %.2f V: exchange it", (double)sensor->battery_mv / 1000);
}

static void judge_node(const struct reader *reader, struct readiness_node *node)
{
    const struct readiness *readiness = reader->readiness;
    char span[32];
    for (size_t i = 0; node->serial != 0 && i < reader->serial_count; i++)
        if (reader->serials[i].serial == node->serial) {
            node->boots = reader->serials[i].boots;
            node->lost = reader->serials[i].lost;
        }
    int64_t age_ms = readiness->to.ms - node->alive.ms;
    /* Its last answer is stored once a minute. */
    int64_t limit_ms = reader->config->policy.silence.node_ms + 2 * 60000;
    int64_t days = (readiness->to.ms - readiness->from.ms) / DAY_MS;
    format_span(age_ms, span);
    if (!sw_wall_known(node->alive)) {
        node->verdict = READINESS_MISSING;
        (void)snprintf(node->finding, sizeof node->finding, "has never answered: check power, line and unit id %u",
                       node->config->unit_id);
    } else if (age_ms > limit_ms) {
        node->verdict = READINESS_MISSING;
        (void)snprintf(node->finding, sizeof node->finding, "has not answered for %s: check power and line", span);
    } else if (node->lost > 0) {
        node->verdict = READINESS_DOUBTFUL;
        (void)snprintf(node->finding, sizeof node->finding,
                       "its log was full and %" PRIu64 " records are lost: is it drained often enough?", node->lost);
    } else if (node->boots > (uint64_t)(days * BOOTS_MOST_A_DAY)) {
        node->verdict = READINESS_DOUBTFUL;
        (void)snprintf(node->finding, sizeof node->finding, "restarted %" PRIu64 " times: check its supply",
                       node->boots);
    }
}

static void judge_all(const struct reader *reader)
{
    struct readiness *readiness = reader->readiness;
    for (uint32_t i = 0; i < readiness->node_count; i++) {
        judge_node(reader, &readiness->nodes[i]);
        readiness->counts[readiness->nodes[i].verdict]++;
    }
    for (uint32_t i = 0; i < readiness->sensor_count; i++) {
        judge_sensor(readiness, &readiness->sensors[i]);
        readiness->counts[readiness->sensors[i].verdict]++;
    }
}

int readiness_read(struct readiness *readiness, const struct gateway_config *config, const char *store, char *text,
                   size_t text_size)
{
    struct reader reader = {.readiness = readiness, .config = config};
    struct store_history *history = NULL;
    int error = store_history_open(store, &history, text, text_size);
    if (error) return error;
    error = list_sensors(readiness, config);
    if (!error) error = list_origins(&reader);
    bool read = !error &&
                store_history_readings(history, readiness->from, readiness->to, &reader, on_reading) == SW_OK &&
                store_history_snapshots(history, &reader, on_snapshot) == SW_OK &&
                store_history_alerts(history, readiness->to, readiness->to, &reader, on_alert) == SW_OK;
    if (error || reader.out_of_memory) {
        error = SW_ERROR_NO_SPACE;
        (void)snprintf(text, text_size, "no memory");
    } else if (!read) {
        error = SW_ERROR_STORE;
        store_history_text(history, text, text_size);
    } else {
        judge_all(&reader);
    }
    store_history_close(history);
    free(reader.origins);
    free(reader.states);
    free(reader.serials);
    return error;
}

void readiness_free(struct readiness *readiness)
{
    free(readiness->sensors);
    free(readiness->nodes);
}
