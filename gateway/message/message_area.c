#include "message/message.h"

#include <stdio.h>
#include <string.h>

#include "message/message_json.h"
#include "stillwater/error.h"

#define AREA_SIZE_MAX 16384u

static const char *const colour_members[SW_COLOUR_COUNT] = {"green", "blue", "yellow", "orange", "red"};

/* ---- writing ---- */

static void add_bool(struct json_builder *body, const char *name, bool value)
{
    json_add(body, name, json_boolean(value));
}

static void add_count(struct json_builder *body, const char *name, const struct area_count *count)
{
    if (count->watched == 0) return;
    struct json_builder object = json_builder_new();
    json_add_integer(&object, "watched", count->watched);
    json_add_integer(&object, "unknown", count->unknown);
    for (int colour = 0; colour < SW_COLOUR_COUNT; colour++)
        json_add_integer(&object, colour_members[colour], count->colours[colour]);
    json_add_object(body, name, &object);
}

static void add_reported(struct json_builder *body, const struct message_area *area)
{
    uint32_t count = 0;
    struct json_builder object = json_builder_new();
    for (int colour = SW_COLOUR_BLUE; colour < SW_COLOUR_COUNT; colour++) {
        json_add_integer(&object, colour_members[colour], area->reported[colour]);
        count += area->reported[colour];
    }
    if (count > 0)
        json_add_object(body, "reported", &object);
    else
        json_decref(object.root);
}

static void add_unknown_share(struct json_builder *body, const struct message_area *area)
{
    uint64_t watched = (uint64_t)area->level.watched + area->cover.watched;
    uint64_t unknown = (uint64_t)area->level.unknown + area->cover.unknown;
    /* Tenths of a per cent. */
    if (watched > 0) json_add_milli(body, "unknown_pct", (int64_t)(unknown * 1000 / watched) * 100);
}

static void add_rain(struct json_builder *body, const struct message_area *area)
{
    if (area->rain_watched == 0) return;
    struct json_builder object = json_builder_new();
    json_add_integer(&object, "watched", area->rain_watched);
    json_add_integer(&object, "unknown", area->rain_unknown);
    json_add_object(body, "rain", &object);
}

static void add_homes(struct json_builder *body, const struct message_area *area)
{
    if (area->homes_watched == 0) return;
    struct json_builder object = json_builder_new();
    json_add_integer(&object, "watched", area->homes_watched);
    json_add_string(&object, "colour", sw_colour_name(area->homes_colour));
    add_bool(&object, "unknown", area->homes_unknown);
    json_add_object(body, "homes", &object);
}

static void add_worst(struct json_builder *body, const struct message_area *area)
{
    if (area->worst_count == 0) return;
    json_t *list = json_array();
    for (uint32_t i = 0; i < area->worst_count && i < AREA_WORST_MAX; i++) {
        const struct message_area_sensor *sensor = &area->worst[i];
        struct json_builder object = json_builder_new();
        json_add_string(&object, "subject", sensor->subject);
        json_add_string(&object, "kind", sensor->is_cover ? "cover" : "level");
        json_add_string(&object, "colour", sw_colour_name(sensor->colour));
        if (object.failed) body->failed = true;
        if (json_array_append_new(list, object.root) != 0) body->failed = true;
    }
    json_add(body, "worst", list);
}

char *message_area_encode(const struct message_area *area)
{
    struct json_builder body = json_builder_new();
    json_add_string(&body, "schema", SW_SCHEMA_AREA);
    json_add_string(&body, "city", area->city);
    json_add_string(&body, "gateway", area->gateway);
    json_add_string(&body, "area", area->area);
    json_add_time(&body, "time", area->time);
    json_add_string(&body, "colour", sw_colour_name(area->colour));
    add_bool(&body, "unknown", area->unknown);
    add_unknown_share(&body, area);
    add_count(&body, "level", &area->level);
    add_count(&body, "cover", &area->cover);
    add_reported(&body, area);
    add_rain(&body, area);
    add_homes(&body, area);
    add_worst(&body, area);
    return json_builder_finish(&body);
}

/* ---- reading ---- */

static void read_colour(struct json_reader *reader, enum sw_colour *colour)
{
    char name[32] = "";
    json_read_string(reader, "colour", JSON_REQUIRED, name, sizeof name);
    if (reader->failed) return;
    enum sw_colour found = sw_colour_from_name(name);
    if (found == SW_COLOUR_COUNT)
        json_reader_fail(reader, "colour: found \"%s\", expected green, blue, yellow, orange or red", name);
    else
        *colour = found;
}

static void read_count(struct json_reader *outer, const char *name, struct area_count *count)
{
    struct json_reader reader;
    char text[160];
    if (!json_reader_enter(outer, json_object_get(outer->root, name), name, &reader, text)) return;
    json_read_count(&reader, "watched", JSON_REQUIRED, 1, &count->watched);
    json_read_count(&reader, "unknown", JSON_REQUIRED, 0, &count->unknown);
    for (int colour = 0; colour < SW_COLOUR_COUNT; colour++)
        json_read_count(&reader, colour_members[colour], JSON_REQUIRED, 0, &count->colours[colour]);
    json_reader_leave(outer, name, &reader);
}

static void read_reported(struct json_reader *outer, struct message_area *area)
{
    struct json_reader reader;
    char text[160];
    if (!json_reader_enter(outer, json_object_get(outer->root, "reported"), "reported", &reader, text)) return;
    for (int colour = SW_COLOUR_BLUE; colour < SW_COLOUR_COUNT; colour++)
        json_read_count(&reader, colour_members[colour], JSON_REQUIRED, 0, &area->reported[colour]);
    json_reader_leave(outer, "reported", &reader);
}

static void read_rain(struct json_reader *outer, struct message_area *area)
{
    struct json_reader reader;
    char text[160];
    if (!json_reader_enter(outer, json_object_get(outer->root, "rain"), "rain", &reader, text)) return;
    json_read_count(&reader, "watched", JSON_REQUIRED, 1, &area->rain_watched);
    json_read_count(&reader, "unknown", JSON_REQUIRED, 0, &area->rain_unknown);
    json_reader_leave(outer, "rain", &reader);
}

static void read_homes(struct json_reader *outer, struct message_area *area)
{
    struct json_reader reader;
    char text[160];
    if (!json_reader_enter(outer, json_object_get(outer->root, "homes"), "homes", &reader, text)) return;
    json_read_count(&reader, "watched", JSON_REQUIRED, AREA_HOMES_MIN, &area->homes_watched);
    read_colour(&reader, &area->homes_colour);
    json_read_bool(&reader, "unknown", &area->homes_unknown);
    json_reader_leave(outer, "homes", &reader);
}

static void read_sensor(struct json_reader *outer, json_t *value, struct message_area_sensor *sensor)
{
    struct json_reader reader;
    char text[160], kind[16] = "";
    if (!json_reader_enter(outer, value, "worst", &reader, text)) return;
    json_read_id(&reader, "subject", JSON_REQUIRED, sensor->subject, sizeof sensor->subject);
    json_read_string(&reader, "kind", JSON_REQUIRED, kind, sizeof kind);
    read_colour(&reader, &sensor->colour);
    sensor->is_cover = strcmp(kind, "cover") == 0;
    if (!sensor->is_cover && strcmp(kind, "level") != 0)
        json_reader_fail(&reader, "kind: found \"%s\", expected level or cover", kind);
    json_reader_leave(outer, "worst", &reader);
}

static void read_worst(struct json_reader *reader, struct message_area *area)
{
    const json_t *list = reader->failed ? NULL : json_object_get(reader->root, "worst");
    if (!list) return;
    if (!json_is_array(list) || json_array_size(list) > AREA_WORST_MAX) {
        json_reader_fail(reader, "worst: expected an array of at most %u", AREA_WORST_MAX);
        return;
    }
    for (size_t i = 0; i < json_array_size(list); i++)
        read_sensor(reader, json_array_get(list, i), &area->worst[area->worst_count++]);
}

int message_area_decode(const char *payload, size_t size, struct message_area *area, char *text, size_t text_size)
{
    memset(area, 0, sizeof *area);
    struct json_reader reader = json_reader_open(payload, size, AREA_SIZE_MAX, SW_SCHEMA_AREA, text, text_size);
    json_read_id(&reader, "city", JSON_REQUIRED, area->city, sizeof area->city);
    json_read_id(&reader, "gateway", JSON_REQUIRED, area->gateway, sizeof area->gateway);
    json_read_area_path(&reader, "area", area->area);
    json_read_time(&reader, "time", &area->time);
    read_colour(&reader, &area->colour);
    json_read_bool(&reader, "unknown", &area->unknown);
    read_count(&reader, "level", &area->level);
    read_count(&reader, "cover", &area->cover);
    read_reported(&reader, area);
    read_rain(&reader, area);
    read_homes(&reader, area);
    read_worst(&reader, area);
    return json_reader_close(&reader);
}
