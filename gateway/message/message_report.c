#include <string.h>

#include "message/message.h"
#include "message/message_json.h"
#include "stillwater/error.h"

#define REPORT_SIZE_MAX 4096u

static void read_words(struct json_reader *reader, struct message_report *report)
{
    char source[16] = "", kind[32] = "";
    json_read_string(reader, "source", JSON_REQUIRED, source, sizeof source);
    json_read_string(reader, "kind", JSON_REQUIRED, kind, sizeof kind);
    if (reader->failed) return;
    report->source = sw_report_source_from_name(source);
    report->kind = sw_report_kind_from_name(kind);
    if (report->source != SW_REPORT_SOURCE_WORKER && report->source != SW_REPORT_SOURCE_CITIZEN)
        json_reader_fail(reader, "source: found \"%s\", expected worker or citizen", source);
    if (report->kind == SW_REPORT_NONE)
        json_reader_fail(reader,
                         "kind: found \"%s\", expected flood, cover_open, person_needs_help, leak, sensor_fault or "
                         "all_clear",
                         kind);
}

static void read_colour(struct json_reader *reader, struct message_report *report)
{
    char name[16] = "";
    if (!json_read_present(reader, "colour", JSON_OPTIONAL)) return;
    json_read_string(reader, "colour", JSON_OPTIONAL, name, sizeof name);
    if (reader->failed) return;
    report->colour = sw_colour_from_name(name);
    if (report->source != SW_REPORT_SOURCE_WORKER)
        json_reader_fail(reader, "colour: expected of workers only");
    else if (report->colour == SW_COLOUR_COUNT || report->colour == SW_COLOUR_GREEN)
        json_reader_fail(reader, "colour: found \"%s\", expected blue, yellow, orange or red", name);
}

static double read_degrees(struct json_reader *reader, const char *name, double most)
{
    const json_t *value = reader->failed ? NULL : json_object_get(reader->root, name);
    double degrees = json_number_value(value);
    if (!json_is_number(value) || !(degrees >= -most && degrees <= most))
        json_reader_fail(reader, "%s: expected a number from %.0f to %.0f", name, -most, most);
    return degrees;
}

static void read_place(struct json_reader *outer, struct config_place *place)
{
    static const char *const members[] = {"latitude", "longitude", "grid"};
    struct json_reader reader;
    char text[JSON_INNER_TEXT_SIZE];
    if (!json_read_present(outer, "place", JSON_REQUIRED) ||
        !json_reader_enter(outer, json_object_get(outer->root, "place"), "place", &reader, text))
        return;
    json_read_only(&reader, members, sizeof members / sizeof members[0]);
    place->known = true;
    place->latitude = read_degrees(&reader, "latitude", 90);
    place->longitude = read_degrees(&reader, "longitude", 180);
    if (json_read_present(&reader, "grid", JSON_OPTIONAL)) json_read_area_path(&reader, "grid", place->grid);
    json_reader_leave(outer, "place", &reader);
}

int message_report_decode(const char *payload, size_t size, struct message_report *report, char *text, size_t text_size)
{
    static const char *const members[] = {"schema", "id", "source", "kind", "time", "place", "colour", "by", "text"};
    memset(report, 0, sizeof *report);
    struct json_reader reader = json_reader_open(payload, size, REPORT_SIZE_MAX, SW_SCHEMA_REPORT, text, text_size);
    json_read_only(&reader, members, sizeof members / sizeof members[0]);
    json_read_id(&reader, "id", JSON_REQUIRED, report->id, sizeof report->id);
    read_words(&reader, report);
    json_read_time(&reader, "time", &report->time);
    read_place(&reader, &report->place);
    read_colour(&reader, report);
    json_read_id(&reader, "by", JSON_REQUIRED, report->by, sizeof report->by);
    json_read_string(&reader, "text", JSON_OPTIONAL, report->text, sizeof report->text);
    int error = json_reader_close(&reader);
    if (error != SW_OK) memset(report, 0, sizeof *report);
    return error;
}

char *message_report_encode(const struct message_report *report)
{
    struct json_builder body = json_builder_new(), place = json_builder_new();
    json_add_string(&body, "schema", SW_SCHEMA_REPORT);
    json_add_string(&body, "id", report->id);
    json_add_string(&body, "source", sw_report_source_name(report->source));
    json_add_string(&body, "kind", sw_report_kind_name(report->kind));
    json_add_time(&body, "time", report->time);
    json_add(&place, "latitude", json_real(report->place.latitude));
    json_add(&place, "longitude", json_real(report->place.longitude));
    json_add_text(&place, "grid", report->place.grid);
    json_add_object(&body, "place", &place);
    if (report->colour != SW_COLOUR_GREEN) json_add_string(&body, "colour", sw_colour_name(report->colour));
    json_add_string(&body, "by", report->by);
    json_add_text(&body, "text", report->text);
    return json_builder_finish(&body);
}
