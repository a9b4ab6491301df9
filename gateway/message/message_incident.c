#include "message/message.h"

#include <string.h>

#include "message/message_json.h"
#include "stillwater/error.h"

#define INCIDENT_SIZE_MAX 32768u

static const char *const state_names[] = {
    [MESSAGE_INCIDENT_OPEN] = "open",
    [MESSAGE_INCIDENT_OVER] = "over",
    [MESSAGE_INCIDENT_MERGED] = "merged",
};
#define STATE_COUNT (sizeof state_names / sizeof state_names[0])

const char *message_incident_state_name(enum message_incident_state state)
{
    return (unsigned)state < STATE_COUNT ? state_names[state] : "unknown";
}

/* ---- writing ---- */

static void add_members(struct json_builder *body, const struct message_incident *incident)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < incident->member_count; i++) {
        const struct message_incident_member *member = &incident->members[i];
        struct json_builder object = json_builder_new();
        json_add_string(&object, "alert", member->alert_id);
        json_add_string(&object, "subject", member->subject);
        json_add_string(&object, "kind", sw_alert_kind_name(member->kind));
        json_add_string(&object, "state", sw_alert_state_name(member->state));
        json_add_string(&object, "colour", sw_colour_name(member->colour));
        json_add_time(&object, "raised_at", member->raised_at);
        if (object.failed || json_array_append_new(list, object.root) != 0) body->failed = true;
    }
    json_add(body, "members", list);
}

static void add_centre(struct json_builder *body, const struct message_incident *incident)
{
    if (!incident->has_centre) return;
    struct json_builder object = json_builder_new();
    json_add(&object, "latitude", json_real(incident->latitude));
    json_add(&object, "longitude", json_real(incident->longitude));
    json_add_object(body, "centre", &object);
}

char *message_incident_encode(const struct message_incident *incident)
{
    struct json_builder body = json_builder_new();
    json_add_string(&body, "schema", SW_SCHEMA_INCIDENT);
    json_add_string(&body, "id", incident->id);
    json_add_integer(&body, "revision", incident->revision);
    json_add_string(&body, "city", incident->city);
    json_add_string(&body, "gateway", incident->gateway);
    json_add_string(&body, "state", message_incident_state_name(incident->state));
    json_add_text(&body, "merged_into", incident->merged_into);
    json_add_string(&body, "colour", sw_colour_name(incident->colour));
    json_add_string(&body, "peak_colour", sw_colour_name(incident->peak));
    json_add_time(&body, "since", incident->since);
    json_add_time(&body, "updated_at", incident->updated_at);
    json_add_text(&body, "area", incident->area);
    add_centre(&body, incident);
    json_add_integer(&body, "alerts", incident->alerts);
    json_add_integer(&body, "open", incident->open);
    json_add_integer(&body, "unacknowledged", incident->unacknowledged);
    json_add_integer(&body, "subjects", incident->subjects);
    add_members(&body, incident);
    return json_builder_finish(&body);
}

/* ---- reading ---- */

static void read_state(struct json_reader *reader, enum message_incident_state *state)
{
    char name[16] = "";
    unsigned found = 0;
    json_read_string(reader, "state", JSON_REQUIRED, name, sizeof name);
    while (found < STATE_COUNT && strcmp(name, state_names[found]) != 0)
        found++;
    if (!reader->failed && found == STATE_COUNT)
        json_reader_fail(reader, "state: found \"%s\", expected open, over or merged", name);
    *state = found < STATE_COUNT ? (enum message_incident_state)found : MESSAGE_INCIDENT_OPEN;
}

static void read_colour(struct json_reader *reader, const char *name, enum sw_colour *colour)
{
    char word[16] = "";
    json_read_string(reader, name, JSON_REQUIRED, word, sizeof word);
    enum sw_colour found = sw_colour_from_name(word);
    if (!reader->failed && found == SW_COLOUR_COUNT)
        json_reader_fail(reader, "%s: found \"%s\", expected green, blue, yellow, orange or red", name, word);
    if (found != SW_COLOUR_COUNT) *colour = found;
}

static void read_coordinate(struct json_reader *reader, const json_t *object, const char *name, double limit,
                            double *out)
{
    const json_t *value = json_object_get(object, name);
    if (reader->failed) return;
    *out = json_number_value(value);
    if (!json_is_number(value) || *out < -limit || *out > limit)
        json_reader_fail(reader, "centre.%s: expected a number from -%g to %g", name, limit, limit);
}

static void read_centre(struct json_reader *reader, struct message_incident *incident)
{
    const json_t *centre = reader->failed ? NULL : json_object_get(reader->root, "centre");
    if (!centre) return;
    incident->has_centre = true;
    read_coordinate(reader, centre, "latitude", 90, &incident->latitude);
    read_coordinate(reader, centre, "longitude", 180, &incident->longitude);
}

static void read_member(struct json_reader *outer, json_t *value, struct message_incident_member *member)
{
    char text[160] = "", kind[32] = "", state[32] = "";
    struct json_reader reader = {value, text, sizeof text, false};
    if (!json_is_object(value)) json_reader_fail(&reader, "expected an object");
    json_read_alert_id(&reader, "alert", JSON_REQUIRED, member->alert_id);
    json_read_id(&reader, "subject", JSON_REQUIRED, member->subject, sizeof member->subject);
    json_read_string(&reader, "kind", JSON_REQUIRED, kind, sizeof kind);
    json_read_string(&reader, "state", JSON_REQUIRED, state, sizeof state);
    read_colour(&reader, "colour", &member->colour);
    json_read_time(&reader, "raised_at", &member->raised_at);
    member->kind = sw_alert_kind_from_name(kind);
    member->state = sw_alert_state_from_name(state);
    if (!reader.failed && member->kind == SW_ALERT_KIND_NONE)
        json_reader_fail(&reader, "kind: \"%s\" is not an alert kind", kind);
    if (!reader.failed && member->state == SW_ALERT_STATE_NONE)
        json_reader_fail(&reader, "state: \"%s\" is not an alert state", state);
    if (reader.failed) json_reader_fail(outer, "members: %s", text);
}

static void read_members(struct json_reader *reader, struct message_incident *incident)
{
    const json_t *list = reader->failed ? NULL : json_object_get(reader->root, "members");
    if (reader->failed) return;
    if (!json_is_array(list) || json_array_size(list) > MESSAGE_INCIDENT_MEMBERS_MAX) {
        json_reader_fail(reader, "members: expected an array of at most %u", MESSAGE_INCIDENT_MEMBERS_MAX);
        return;
    }
    for (size_t i = 0; i < json_array_size(list) && !reader->failed; i++)
        read_member(reader, json_array_get(list, i), &incident->members[incident->member_count++]);
}

int message_incident_decode(const char *payload, size_t size, struct message_incident *incident, char *text,
                            size_t text_size)
{
    memset(incident, 0, sizeof *incident);
    struct json_reader reader = json_reader_open(payload, size, INCIDENT_SIZE_MAX, SW_SCHEMA_INCIDENT, text, text_size);
    json_read_alert_id(&reader, "id", JSON_REQUIRED, incident->id);
    json_read_count(&reader, "revision", JSON_REQUIRED, 1, &incident->revision);
    json_read_id(&reader, "city", JSON_REQUIRED, incident->city, sizeof incident->city);
    json_read_id(&reader, "gateway", JSON_REQUIRED, incident->gateway, sizeof incident->gateway);
    read_state(&reader, &incident->state);
    json_read_alert_id(&reader, "merged_into", JSON_OPTIONAL, incident->merged_into);
    read_colour(&reader, "colour", &incident->colour);
    read_colour(&reader, "peak_colour", &incident->peak);
    json_read_time(&reader, "since", &incident->since);
    json_read_time(&reader, "updated_at", &incident->updated_at);
    json_read_string(&reader, "area", JSON_OPTIONAL, incident->area, sizeof incident->area);
    read_centre(&reader, incident);
    json_read_count(&reader, "alerts", JSON_REQUIRED, 1, &incident->alerts);
    json_read_count(&reader, "open", JSON_REQUIRED, 0, &incident->open);
    json_read_count(&reader, "unacknowledged", JSON_REQUIRED, 0, &incident->unacknowledged);
    json_read_count(&reader, "subjects", JSON_REQUIRED, 1, &incident->subjects);
    read_members(&reader, incident);
    return json_reader_close(&reader);
}
