/* What a family's Home Assistant is told of a home, and how it learns that there is one. */
#include <stdio.h>
#include <string.h>

#include "message/message.h"
#include "message/message_json.h"

static const char *const states[] = {
    [MESSAGE_HOME_UNKNOWN] = "unknown", [MESSAGE_HOME_USING] = "using", [MESSAGE_HOME_QUIET] = "quiet",
    [MESSAGE_HOME_NO_USE] = "no_use",   [MESSAGE_HOME_ALERT] = "alert", [MESSAGE_HOME_AWAY] = "away",
};

char *message_home_encode(const struct message_home *home)
{
    json_t *kinds = json_array();
    for (uint32_t i = 0; i < home->kind_count; i++)
        (void)json_array_append_new(kinds, json_string(sw_alert_kind_name(home->kinds[i])));
    struct json_builder body = json_builder_new();
    json_add_string(&body, "schema", SW_SCHEMA_HOME);
    json_add_string(&body, "city", home->city);
    json_add_string(&body, "gateway", home->gateway);
    json_add_string(&body, "subject", home->subject);
    json_add_time(&body, "time", home->time);
    json_add_string(&body, "state", states[home->state]);
    json_add(&body, "problem", json_boolean(home->kind_count > 0));
    json_add_string(&body, "colour", sw_colour_name(home->colour));
    json_add(&body, "alerts", kinds);
    json_add(&body, "drill", json_boolean(home->drill));
    json_add_known_time(&body, "last_use", home->last_use);
    if (home->coverage_permille >= 0) json_add_milli(&body, "coverage_pct", (int64_t)home->coverage_permille * 100);
    return json_builder_finish(&body);
}

/* ---- discovery, after the rules of Home Assistant's MQTT integration for a whole device ---- */

#define NODE_SIZE (sizeof SW_TOPIC_ROOT + 4 * SW_ID_SIZE)

/* There ids have no dots: "." becomes "_d", and "_" is doubled, so that two ids stay two. */
static size_t put_id(char *out, const char *id)
{
    char *at = out;
    for (; *id != '\0'; id++) {
        if (*id == '.' || *id == '_') *at++ = '_';
        *at++ = *id == '.' ? 'd' : *id;
    }
    *at = '\0';
    return (size_t)(at - out);
}

static void node_of(const char *city, const char *gateway, char out[NODE_SIZE])
{
    size_t length = (size_t)snprintf(out, NODE_SIZE, SW_TOPIC_ROOT "-");
    length += put_id(out + length, city);
    out[length++] = '-';
    put_id(out + length, gateway);
}

void message_discovery_topic(const char *prefix, const char *city, const char *gateway, const char *subject,
                             char out[MESSAGE_DISCOVERY_TOPIC_SIZE])
{
    char node[NODE_SIZE], object[2 * SW_ID_SIZE];
    node_of(city, gateway, node);
    put_id(object, subject);
    (void)snprintf(out, MESSAGE_DISCOVERY_TOPIC_SIZE, "%s/device/%s/%s%s", prefix, node, subject[0] ? object : "#",
                   subject[0] ? "/config" : "");
}

bool message_discovery_subject(const char *topic, char subject[SW_ID_SIZE])
{
    const char *end = strrchr(topic, '/');
    size_t length = 0;
    if (!end || strcmp(end, "/config") != 0) return false;
    const char *at = end;
    while (at > topic && at[-1] != '/')
        at--;
    for (; at < end && length < SW_ID_LENGTH_MAX; at++) {
        subject[length++] = at[0] == '_' && at[1] == 'd' ? '.' : at[0];
        if (at[0] == '_') at++;
    }
    subject[length] = '\0';
    return at == end && sw_id_valid(subject);
}

struct component {
    const char *id, *platform, *name, *device_class, *unit, *category, *template;
};

static const struct component components[] = {
    {"problem", "binary_sensor", "Problem", "problem", NULL, NULL, "{{ 'ON' if value_json.problem else 'OFF' }}"},
    {"state", "sensor", "State", "enum", NULL, NULL, "{{ value_json.state }}"},
    {"last_use", "sensor", "Last use of water", "timestamp", NULL, NULL, "{{ value_json.last_use | default('None') }}"},
    {"coverage", "sensor", "Observed", NULL, "%", "diagnostic", "{{ value_json.coverage_pct | default('None') }}"},
    {"drill", "binary_sensor", "Drill", NULL, NULL, "diagnostic", "{{ 'ON' if value_json.drill else 'OFF' }}"},
};

static void add_component(struct json_builder *all, const struct component *component, const char *device,
                          const char *topic)
{
    char unique[NODE_SIZE + 2 * SW_ID_SIZE + 16];
    struct json_builder object = json_builder_new();
    (void)snprintf(unique, sizeof unique, "%s_%s", device, component->id);
    json_add_string(&object, "platform", component->platform);
    json_add_string(&object, "name", component->name);
    json_add_string(&object, "unique_id", unique);
    if (component->device_class) json_add_string(&object, "device_class", component->device_class);
    if (component->unit) json_add_string(&object, "unit_of_measurement", component->unit);
    if (component->unit) json_add_string(&object, "state_class", "measurement");
    if (component->category) json_add_string(&object, "entity_category", component->category);
    json_add_string(&object, "value_template", component->template);
    if (strcmp(component->id, "state") == 0) {
        json_t *options = json_array();
        for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
            (void)json_array_append_new(options, json_string(states[i]));
        json_add(&object, "options", options);
    }
    if (strcmp(component->id, "problem") == 0) json_add_string(&object, "json_attributes_topic", topic);
    json_add_object(all, component->id, &object);
}

static void add_device(struct json_builder *body, const char *subject, const char *device)
{
    char name[SW_ID_SIZE + 8];
    struct json_builder object = json_builder_new();
    json_t *identifiers = json_array();
    (void)json_array_append_new(identifiers, json_string(device));
    (void)snprintf(name, sizeof name, "Home %s", subject);
    json_add(&object, "identifiers", identifiers);
    json_add_string(&object, "name", name);
    json_add_string(&object, "manufacturer", "Stillwater");
    json_add_string(&object, "model", "A home, by its water meter");
    json_add_object(body, "device", &object);
}

/* A status that is not online makes a home unavailable, not well. */
static void add_availability(struct json_builder *body, const char *city, const char *gateway)
{
    char topic[SW_TOPIC_SIZE];
    (void)snprintf(topic, sizeof topic, SW_TOPIC_ROOT "/%s/%s/" SW_TOPIC_STATUS, city, gateway);
    json_add_string(body, "availability_topic", topic);
    json_add_string(body, "availability_template", "{{ 'online' if value_json.state == 'online' else 'offline' }}");
}

char *message_discovery_encode(const char *city, const char *gateway, const char *subject)
{
    char node[NODE_SIZE], object[2 * SW_ID_SIZE], device[NODE_SIZE + 2 * SW_ID_SIZE], topic[SW_TOPIC_SIZE];
    node_of(city, gateway, node);
    put_id(object, subject);
    (void)snprintf(device, sizeof device, "%s_%s", node, object);
    (void)snprintf(topic, sizeof topic, SW_TOPIC_ROOT "/%s/%s/" SW_TOPIC_HOME "/%s", city, gateway, subject);
    struct json_builder body = json_builder_new(), origin = json_builder_new(), all = json_builder_new();
    add_device(&body, subject, device);
    json_add_string(&origin, "name", "Stillwater");
    json_add_string(&origin, "sw_version", STILLWATER_VERSION);
    json_add_object(&body, "origin", &origin);
    json_add_string(&body, "state_topic", topic);
    json_add_integer(&body, "qos", 1);
    add_availability(&body, city, gateway);
    for (size_t i = 0; i < sizeof components / sizeof components[0]; i++)
        add_component(&all, &components[i], device, topic);
    json_add_object(&body, "components", &all);
    return json_builder_finish(&body);
}
