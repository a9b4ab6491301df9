#include "message/message.h"

#include <string.h>

#include "message/message_json.h"
#include "stillwater/error.h"

#define STATUS_SIZE_MAX 65536u

static const char *const state_names[] = {
    [MESSAGE_STATUS_ONLINE] = "online",
    [MESSAGE_STATUS_OFFLINE] = "offline",
    [MESSAGE_STATUS_STOPPED] = "stopped",
};

#define STATE_COUNT (sizeof state_names / sizeof state_names[0])

const char *message_status_state_name(enum message_status_state state)
{
    return (unsigned)state < STATE_COUNT ? state_names[state] : "unknown";
}

/* JSON integers here are signed 64 bits; a counter past that has long lost its meaning and stays at the end. */
static int64_t counter_value(uint64_t value)
{
    return value > (uint64_t)INT64_MAX ? INT64_MAX : (int64_t)value;
}

/* Without the notes: a reason may be about a person, and everybody who reads the status reads this. */
static void add_holds(struct json_builder *body, const struct message_status *status)
{
    if (status->hold_count == 0) return;
    json_t *list = json_array();
    for (size_t i = 0; i < status->hold_count; i++) {
        const struct hold *hold = status->holds[i];
        struct json_builder object = json_builder_new();
        bool is_silence = hold->reason == HOLD_SILENCE;
        json_add_string(&object, "reason", is_silence ? "silence" : "maintenance");
        json_add_text(&object, "subject", hold->subject);
        json_add_text(&object, "area", hold->area);
        if (hold->kind != SW_ALERT_KIND_NONE) json_add_string(&object, "kind", sw_alert_kind_name(hold->kind));
        if (is_silence) json_add_string(&object, "colour", sw_colour_name(hold->most));
        json_add_time(&object, "since", hold->since);
        json_add_time(&object, "until", hold->until);
        json_add_string(&object, "by", hold->by);
        if (object.failed || json_array_append_new(list, object.root) != 0) body->failed = true;
    }
    json_add(body, "holds", list);
}

static void add_storm(struct json_builder *body, const struct message_storm *storm)
{
    if (!sw_wall_known(storm->since)) return;
    struct json_builder object = json_builder_new();
    json_add_time(&object, "since", storm->since);
    json_add_string(&object, "why", storm->why);
    json_add_known_time(&object, "until", storm->until);
    json_add_object(body, "storm", &object);
}

static void add_configuration(struct json_builder *body, const struct message_configuration *configuration)
{
    if (configuration->hash[0] == '\0') return;
    struct json_builder object = json_builder_new();
    json_add_string(&object, "hash", configuration->hash);
    json_add_time(&object, "since", configuration->since);
    json_add_object(body, "configuration", &object);
}

char *message_status_encode(const struct message_status *status)
{
    struct json_builder body = json_builder_new();
    json_add_string(&body, "schema", SW_SCHEMA_STATUS);
    json_add_string(&body, "city", status->city);
    json_add_string(&body, "gateway", status->gateway);
    json_add_string(&body, "state", message_status_state_name(status->state));
    json_add_time(&body, "time", status->time);
    json_add_time(&body, "since", status->since);
    json_add_string(&body, "version", STILLWATER_VERSION);
    json_add_integer(&body, "open_alerts", status->open_alerts);
    if (status->trouble && status->trouble[0] != '\0')
        json_add_cut_string(&body, "trouble", status->trouble, MESSAGE_HEADLINE_SIZE);
    if (status->outage_hours_left >= 0) json_add_integer(&body, "outage_hours_left", status->outage_hours_left);
    if (status->trail) json_add_text(&body, "trail", status->trail);
    add_holds(&body, status);
    add_storm(&body, &status->storm);
    add_configuration(&body, &status->configuration);
    struct json_builder counters = json_builder_new();
    for (size_t i = 0; i < status->counter_count; i++)
        json_add_integer(&counters, status->counters[i].name, counter_value(status->counters[i].value));
    json_add_object(&body, "counters", &counters);
    return json_builder_finish(&body);
}

static void read_state(struct json_reader *reader, enum message_status_state *state)
{
    char name[32] = "";
    json_read_string(reader, "state", JSON_REQUIRED, name, sizeof name);
    if (reader->failed) return;
    for (unsigned i = 0; i < STATE_COUNT; i++) {
        if (strcmp(name, state_names[i]) != 0) continue;
        *state = (enum message_status_state)i;
        return;
    }
    json_reader_fail(reader, "state: found \"%s\", expected online, offline or stopped", name);
}

static void read_storm(struct json_reader *outer, struct message_storm *storm)
{
    char text[160] = "";
    json_t *object = outer->failed ? NULL : json_object_get(outer->root, "storm");
    if (!object) return;
    struct json_reader reader = {object, text, sizeof text, false};
    if (!json_is_object(object)) json_reader_fail(&reader, "expected an object");
    json_read_time(&reader, "since", &storm->since);
    json_read_string(&reader, "why", JSON_REQUIRED, storm->why, sizeof storm->why);
    if (json_read_present(&reader, "until", JSON_OPTIONAL)) json_read_time(&reader, "until", &storm->until);
    if (reader.failed) json_reader_fail(outer, "storm: %s", text);
}

static void read_configuration(struct json_reader *outer, struct message_configuration *configuration)
{
    char text[160] = "";
    json_t *object = outer->failed ? NULL : json_object_get(outer->root, "configuration");
    if (!object) return;
    struct json_reader reader = {object, text, sizeof text, false};
    if (!json_is_object(object)) json_reader_fail(&reader, "expected an object");
    json_read_string(&reader, "hash", JSON_REQUIRED, configuration->hash, sizeof configuration->hash);
    json_read_time(&reader, "since", &configuration->since);
    if (reader.failed) json_reader_fail(outer, "configuration: %s", text);
}

int message_status_decode(const char *payload, size_t size, struct message_status_summary *summary, char *text,
                          size_t text_size)
{
    memset(summary, 0, sizeof *summary);
    struct json_reader reader = json_reader_open(payload, size, STATUS_SIZE_MAX, SW_SCHEMA_STATUS, text, text_size);
    json_read_id(&reader, "city", JSON_REQUIRED, summary->city, sizeof summary->city);
    json_read_id(&reader, "gateway", JSON_REQUIRED, summary->gateway, sizeof summary->gateway);
    read_state(&reader, &summary->state);
    json_read_time(&reader, "time", &summary->time);
    json_read_time(&reader, "since", &summary->since);
    json_read_count(&reader, "open_alerts", JSON_REQUIRED, 0, &summary->open_alerts);
    json_read_string(&reader, "trouble", JSON_OPTIONAL, summary->trouble, sizeof summary->trouble);
    summary->has_outage_hours_left = json_read_present(&reader, "outage_hours_left", JSON_OPTIONAL);
    json_read_count(&reader, "outage_hours_left", JSON_OPTIONAL, 0, &summary->outage_hours_left);
    json_read_string(&reader, "trail", JSON_OPTIONAL, summary->trail, sizeof summary->trail);
    read_storm(&reader, &summary->storm);
    read_configuration(&reader, &summary->configuration);
    return json_reader_close(&reader);
}
