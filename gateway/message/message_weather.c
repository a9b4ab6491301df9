#include <string.h>

#include "message/message.h"
#include "message/message_json.h"
#include "stillwater/error.h"

#define WEATHER_SIZE_MAX 4096u

/* Weather services warn in yellow, orange and red; blue is a band of water here, no warning. */
static void read_colour(struct json_reader *reader, enum sw_colour *colour)
{
    char name[32] = "";
    json_read_string(reader, "colour", JSON_REQUIRED, name, sizeof name);
    if (reader->failed) return;
    *colour = sw_colour_from_name(name);
    if (*colour == SW_COLOUR_COUNT || *colour == SW_COLOUR_BLUE)
        json_reader_fail(reader, "colour: found \"%s\", expected green, yellow, orange or red", name);
}

int message_weather_decode(const char *payload, size_t size, struct message_weather *weather, char *text,
                           size_t text_size)
{
    static const char *const members[] = {"schema", "colour", "until", "by", "text"};
    memset(weather, 0, sizeof *weather);
    struct json_reader reader = json_reader_open(payload, size, WEATHER_SIZE_MAX, SW_SCHEMA_WEATHER, text, text_size);
    json_read_only(&reader, members, sizeof members / sizeof members[0]);
    read_colour(&reader, &weather->colour);
    json_read_time(&reader, "until", &weather->until);
    json_read_id(&reader, "by", JSON_REQUIRED, weather->by, sizeof weather->by);
    json_read_string(&reader, "text", JSON_OPTIONAL, weather->text, sizeof weather->text);
    int error = json_reader_close(&reader);
    if (error != SW_OK) memset(weather, 0, sizeof *weather);
    return error;
}

char *message_weather_encode(const struct message_weather *weather)
{
    struct json_builder body = json_builder_new();
    json_add_string(&body, "schema", SW_SCHEMA_WEATHER);
    json_add_string(&body, "colour", sw_colour_name(weather->colour));
    json_add_time(&body, "until", weather->until);
    json_add_string(&body, "by", weather->by);
    json_add_text(&body, "text", weather->text);
    return json_builder_finish(&body);
}
