#include "message/message_escalation.h"

void json_add_escalation(struct json_builder *body, const struct message_escalation *escalation)
{
    if (!escalation || escalation->responsible[0] == '\0') return;
    struct json_builder object = json_builder_new();
    json_add_integer(&object, "level", escalation->level);
    json_add_string(&object, "area", escalation->area);
    json_add_string(&object, "responsible", escalation->responsible);
    json_add_text(&object, "deputy_of", escalation->deputy_of);
    if (escalation->repeat > 0) json_add_integer(&object, "repeat", escalation->repeat);
    json_add_known_time(&object, "deadline", escalation->deadline);
    json_add_object(body, "escalation", &object);
}

void json_read_escalation(struct json_reader *outer, struct message_escalation *escalation)
{
    struct json_reader reader;
    char text[JSON_INNER_TEXT_SIZE];
    if (!json_reader_enter(outer, json_object_get(outer->root, "escalation"), "escalation", &reader, text)) return;
    json_read_count(&reader, "level", JSON_REQUIRED, 0, &escalation->level);
    json_read_area_path(&reader, "area", escalation->area);
    json_read_id(&reader, "responsible", JSON_REQUIRED, escalation->responsible, sizeof escalation->responsible);
    json_read_id(&reader, "deputy_of", JSON_OPTIONAL, escalation->deputy_of, sizeof escalation->deputy_of);
    json_read_count(&reader, "repeat", JSON_OPTIONAL, 1, &escalation->repeat);
    if (json_read_present(&reader, "deadline", JSON_OPTIONAL))
        json_read_time(&reader, "deadline", &escalation->deadline);
    json_reader_leave(outer, "escalation", &reader);
}
