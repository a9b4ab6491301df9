#include <stdlib.h>

#include "message/message.h"
#include "message/message_json.h"

#define STATE_SIZE_MAX 65536u

/* What is real before exercises, the worst first, and of one colour the oldest. */
static int by_urgency(const void *a, const void *b)
{
    const struct message_state_alert *left = a, *right = b;
    if (left->drill != right->drill) return left->drill ? 1 : -1;
    if (left->colour != right->colour) return left->colour > right->colour ? -1 : 1;
    if (left->raised_at.ms != right->raised_at.ms) return left->raised_at.ms < right->raised_at.ms ? -1 : 1;
    return (left->kind > right->kind) - (left->kind < right->kind);
}

static void add_alerts(struct json_builder *body, const struct message_state_alert *alerts, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        struct json_builder object = json_builder_new();
        json_add_string(&object, "id", alerts[i].id);
        json_add_integer(&object, "revision", alerts[i].revision);
        json_add_string(&object, "kind", sw_alert_kind_name(alerts[i].kind));
        json_add_string(&object, "state", sw_alert_state_name(alerts[i].state));
        json_add_string(&object, "colour", sw_colour_name(alerts[i].colour));
        json_add_string(&object, "headline", alerts[i].headline);
        if (alerts[i].drill) json_add(&object, "drill", json_true());
        json_add_time(&object, "raised_at", alerts[i].raised_at);
        json_add_time(&object, "updated_at", alerts[i].updated_at);
        json_add_text(&object, "actor", alerts[i].actor);
        if (object.failed) body->failed = true;
        if (json_array_append_new(list, object.root) != 0) body->failed = true;
    }
    json_add(body, "alerts", list);
}

char *message_state_encode(const struct message_state *state)
{
    struct message_state_alert alerts[MESSAGE_STATE_ALERTS_MAX];
    size_t count = state->count < MESSAGE_STATE_ALERTS_MAX ? state->count : MESSAGE_STATE_ALERTS_MAX;
    for (size_t i = 0; i < count; i++)
        alerts[i] = state->alerts[i];
    qsort(alerts, count, sizeof alerts[0], by_urgency);

    struct json_builder body = json_builder_new();
    json_add_string(&body, "schema", SW_SCHEMA_STATE);
    json_add_string(&body, "city", state->city);
    json_add_string(&body, "gateway", state->gateway);
    json_add_string(&body, "subject", state->subject);
    json_add_time(&body, "time", state->time);
    /* Nobody is to take an exercise for the state of the city. */
    json_add_string(&body, "colour", sw_colour_name(alerts[0].drill ? SW_COLOUR_GREEN : alerts[0].colour));
    add_alerts(&body, alerts, count);
    return json_builder_finish(&body);
}

int message_state_drills(const char *payload, size_t size, void *ctx, void (*each)(void *ctx, const char *headline),
                         char *text, size_t text_size)
{
    struct json_reader reader = json_reader_open(payload, size, STATE_SIZE_MAX, SW_SCHEMA_STATE, text, text_size);
    const json_t *alerts = reader.failed ? NULL : json_object_get(reader.root, "alerts");
    if (!reader.failed && !json_is_array(alerts)) json_reader_fail(&reader, "alerts: missing, or no list");
    for (size_t i = 0; !reader.failed && i < json_array_size(alerts); i++) {
        const json_t *alert = json_array_get(alerts, i);
        const char *headline = json_string_value(json_object_get(alert, "headline"));
        if (headline && json_is_true(json_object_get(alert, "drill"))) each(ctx, headline);
    }
    return json_reader_close(&reader);
}
