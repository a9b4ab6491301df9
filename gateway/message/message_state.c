#include <stdlib.h>
#include <string.h>

#include "message/message.h"
#include "message/message_escalation.h"
#include "message/message_json.h"

/* As many as there may be, with the longest of everything. */
#define STATE_SIZE_MAX 131072u

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
        if (alerts[i].area) json_add_text(&object, "area", alerts[i].area);
        json_add_text(&object, "incident", alerts[i].incident);
        json_add_escalation(&object, &alerts[i].escalation);
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

/* The alert at `place`, into *alert. */
static void read_alert(struct json_reader *outer, const struct message_state_head *head, size_t place,
                       struct message_alert_summary *alert)
{
    struct json_reader reader;
    char text[JSON_INNER_TEXT_SIZE];
    memset(alert, 0, sizeof *alert);
    memcpy(alert->city, head->city, sizeof alert->city);
    memcpy(alert->gateway, head->gateway, sizeof alert->gateway);
    memcpy(alert->subject, head->subject, sizeof alert->subject);
    json_t *value = json_array_get(json_object_get(outer->root, "alerts"), place);
    if (!json_reader_enter(outer, value, "alerts", &reader, text)) return;
    message_alert_read_common(&reader, alert);
    if (json_read_present(&reader, "area", JSON_OPTIONAL)) json_read_area_path(&reader, "area", alert->area);
    json_reader_leave(outer, "alerts", &reader);
}

int message_state_decode(const char *payload, size_t size, struct message_state_head *head, void *ctx,
                         void (*each)(void *ctx, const struct message_alert_summary *alert), char *text,
                         size_t text_size)
{
    struct message_alert_summary alert;
    memset(head, 0, sizeof *head);
    struct json_reader reader = json_reader_open(payload, size, STATE_SIZE_MAX, SW_SCHEMA_STATE, text, text_size);
    json_read_id(&reader, "city", JSON_REQUIRED, head->city, sizeof head->city);
    json_read_id(&reader, "gateway", JSON_REQUIRED, head->gateway, sizeof head->gateway);
    json_read_id(&reader, "subject", JSON_REQUIRED, head->subject, sizeof head->subject);
    json_read_time(&reader, "time", &head->time);
    const json_t *alerts = reader.failed ? NULL : json_object_get(reader.root, "alerts");
    if (!reader.failed && !json_is_array(alerts)) json_reader_fail(&reader, "alerts: missing, or no list");
    size_t count = json_array_size(alerts);
    for (size_t i = 0; !reader.failed && i < count; i++)
        read_alert(&reader, head, i, &alert);
    for (size_t i = 0; !reader.failed && i < count; i++) {
        read_alert(&reader, head, i, &alert);
        each(ctx, &alert);
    }
    return json_reader_close(&reader);
}
