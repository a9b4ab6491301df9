#include "message/message_json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message/message.h"
#include "message/message_text.h"
#include "stillwater/error.h"
#include "stillwater/topics.h"

/* Decimal digits that a double holds for certain; thousandths up to 10^12 units come out exactly. */
#define DOUBLE_DIGITS 15

struct json_builder json_builder_new(void)
{
    struct json_builder builder = {json_object(), false};
    builder.failed = builder.root == NULL;
    return builder;
}

void json_add(struct json_builder *builder, const char *name, json_t *value)
{
    if (builder->failed) {
        json_decref(value);
        return;
    }
    if (json_object_set_new(builder->root, name, value) != 0) builder->failed = true;
}

void json_add_string(struct json_builder *builder, const char *name, const char *text)
{
    json_add_cut_string(builder, name, text, strlen(text) + 1);
}

void json_add_cut_string(struct json_builder *builder, const char *name, const char *text, size_t size)
{
    size_t length = strnlen(text, size - 1);
    size_t clean = message_text_clean_length(text, length);
    /* The usual case, and the one of a text cut inside its last character. */
    if (clean == length || (text[length] != '\0' && length - clean < 4)) {
        json_add(builder, name, json_stringn(text, clean));
        return;
    }
    char *copy = strndup(text, length);
    if (copy) message_text_scrub(copy);
    json_add(builder, name, copy ? json_string(copy) : NULL);
    free(copy);
}

void json_add_text(struct json_builder *builder, const char *name, const char *text)
{
    if (text[0] != '\0') json_add_string(builder, name, text);
}

void json_add_integer(struct json_builder *builder, const char *name, int64_t value)
{
    json_add(builder, name, json_integer(value));
}

void json_add_milli(struct json_builder *builder, const char *name, int64_t milli)
{
    json_add(builder, name, milli % 1000 == 0 ? json_integer(milli / 1000) : json_real((double)milli / 1000.0));
}

void json_add_time(struct json_builder *builder, const char *name, struct sw_wall time)
{
    char text[MESSAGE_TIME_SIZE];
    message_time_format(time, text);
    json_add_string(builder, name, text);
}

void json_add_known_time(struct json_builder *builder, const char *name, struct sw_wall time)
{
    if (sw_wall_known(time)) json_add_time(builder, name, time);
}

void json_add_object(struct json_builder *builder, const char *name, struct json_builder *object)
{
    if (object->failed) builder->failed = true;
    json_add(builder, name, object->root);
    object->root = NULL;
}

char *json_builder_finish(struct json_builder *builder)
{
    char *line = builder->failed ? NULL : json_dumps(builder->root, JSON_COMPACT | JSON_REAL_PRECISION(DOUBLE_DIGITS));
    json_decref(builder->root);
    builder->root = NULL;
    return line;
}

void json_reader_fail(struct json_reader *reader, const char *format, ...)
{
    if (reader->failed) return;
    reader->failed = true;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reader->text, reader->text_size, format, arguments);
    va_end(arguments);
    /* jansson quotes the offending bytes, and the text goes on to logs and terminals. */
    if (reader->text_size > 0) message_text_scrub(reader->text);
}

static const char *type_name(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "an integer";
    case JSON_REAL:
        return "a decimal";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    case JSON_NULL:
        break;
    }
    return "null";
}

static void check_schema(struct json_reader *reader, const char *schema)
{
    char found[64] = "";
    json_read_string(reader, "schema", JSON_REQUIRED, found, sizeof found);
    if (!reader->failed && strcmp(found, schema) != 0)
        json_reader_fail(reader, "schema: found \"%s\", expected \"%s\"", found, schema);
}

struct json_reader json_reader_open(const char *payload, size_t size, size_t size_max, const char *schema, char *text,
                                    size_t text_size)
{
    struct json_reader reader = {NULL, text, text_size, false};
    if (text_size > 0) text[0] = '\0';
    if (size > size_max) {
        json_reader_fail(&reader, "message of %zu bytes, expected at most %zu", size, size_max);
        return reader;
    }
    json_error_t error;
    reader.root = json_loadb(payload, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!reader.root) {
        json_reader_fail(&reader, "line %d, column %d: %s", error.line, error.column, error.text);
        return reader;
    }
    if (!json_is_object(reader.root)) {
        json_reader_fail(&reader, "found %s, expected an object", type_name(reader.root));
        return reader;
    }
    check_schema(&reader, schema);
    return reader;
}

static bool is_among(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

void json_read_only(struct json_reader *reader, const char *const *names, size_t count)
{
    if (reader->failed) return;
    const char *name;
    json_t *value;
    json_object_foreach(reader->root, name, value)
    {
        if (is_among(name, names, count)) continue;
        size_t clean = message_text_clean_length(name, strlen(name));
        json_reader_fail(reader, "%.*s: no such member", (int)(clean < 64 ? clean : 64), name);
        return;
    }
}

/* NULL when there is nothing to read: absent, or an error came before. */
static const json_t *member(struct json_reader *reader, const char *name, enum json_presence presence)
{
    if (reader->failed) return NULL;
    const json_t *value = json_object_get(reader->root, name);
    if (!value && presence == JSON_REQUIRED) json_reader_fail(reader, "%s: missing", name);
    return value;
}

bool json_read_present(struct json_reader *reader, const char *name, enum json_presence presence)
{
    return member(reader, name, presence) != NULL;
}

void json_read_string(struct json_reader *reader, const char *name, enum json_presence presence, char *out, size_t size)
{
    const json_t *value = member(reader, name, presence);
    if (!value) return;
    if (!json_is_string(value)) {
        json_reader_fail(reader, "%s: found %s, expected a string", name, type_name(value));
        return;
    }
    const char *string = json_string_value(value);
    size_t length = json_string_length(value);
    if (length >= size) {
        json_reader_fail(reader, "%s: %zu bytes long, expected at most %zu", name, length, size - 1);
    } else if (message_text_clean_length(string, length) != length) {
        json_reader_fail(reader, "%s: holds a control character at byte %zu", name,
                         message_text_clean_length(string, length));
    } else {
        memcpy(out, string, length + 1);
    }
}

void json_read_id(struct json_reader *reader, const char *name, enum json_presence presence, char *out, size_t size)
{
    char found[SW_ID_SIZE] = "";
    const json_t *value = member(reader, name, presence);
    if (!value) return;
    json_read_string(reader, name, presence, found, size < sizeof found ? size : sizeof found);
    if (reader->failed) return;
    if (!sw_id_valid(found)) {
        json_reader_fail(reader,
                         "%s: found \"%s\", expected 1 to %d letters, digits, '-', '_' or '.', the first one "
                         "a letter or digit",
                         name, found, SW_ID_LENGTH_MAX);
        return;
    }
    memcpy(out, found, strlen(found) + 1);
}

/* An alert id is made of ids joined by '.', so it has their characters but may be longer. */
static bool alert_id_valid(const char *id)
{
    for (const char *at = id; *at != '\0'; at++) {
        char one[2] = {*at, '\0'};
        if (!sw_id_valid(one) && (at == id || (*at != '-' && *at != '_' && *at != '.'))) return false;
    }
    return id[0] != '\0';
}

void json_read_alert_id(struct json_reader *reader, const char *name, enum json_presence presence, char *out)
{
    char found[SW_ALERT_ID_SIZE] = "";
    if (!member(reader, name, presence)) return;
    json_read_string(reader, name, presence, found, sizeof found);
    if (reader->failed) return;
    if (!alert_id_valid(found)) {
        json_reader_fail(reader, "%s: found \"%s\", expected an alert id", name, found);
        return;
    }
    memcpy(out, found, strlen(found) + 1);
}

void json_read_count(struct json_reader *reader, const char *name, enum json_presence presence, uint32_t minimum,
                     uint32_t *out)
{
    const json_t *value = member(reader, name, presence);
    if (!value) return;
    if (!json_is_integer(value)) {
        json_reader_fail(reader, "%s: found %s, expected an integer", name, type_name(value));
        return;
    }
    json_int_t found = json_integer_value(value);
    if (found < (json_int_t)minimum || found > (json_int_t)UINT32_MAX) {
        json_reader_fail(reader, "%s: found %lld, expected %u to %u", name, (long long)found, minimum, UINT32_MAX);
        return;
    }
    *out = (uint32_t)found;
}

void json_read_bool(struct json_reader *reader, const char *name, bool *out)
{
    const json_t *value = member(reader, name, JSON_REQUIRED);
    if (!value) return;
    if (!json_is_boolean(value)) {
        json_reader_fail(reader, "%s: found %s, expected true or false", name, type_name(value));
        return;
    }
    *out = json_is_true(value);
}

void json_read_time(struct json_reader *reader, const char *name, struct sw_wall *out)
{
    char found[64] = "";
    json_read_string(reader, name, JSON_REQUIRED, found, sizeof found);
    if (!reader->failed && message_time_parse(found, out) != SW_OK)
        json_reader_fail(reader, "%s: found \"%s\", expected an RFC 3339 time", name, found);
}

void json_read_area_path(struct json_reader *reader, const char *name, char out[SW_AREA_PATH_SIZE])
{
    json_read_string(reader, name, JSON_REQUIRED, out, SW_AREA_PATH_SIZE);
    if (!reader->failed && !sw_area_path_valid(out))
        json_reader_fail(reader, "%s: found \"%s\", expected levels joined by '/', without '+' and '#'", name, out);
}

bool json_reader_enter(struct json_reader *outer, json_t *value, const char *name, struct json_reader *inner,
                       char text[JSON_INNER_TEXT_SIZE])
{
    if (outer->failed || !value) return false;
    *inner = (struct json_reader){value, text, JSON_INNER_TEXT_SIZE, false};
    if (!json_is_object(value)) json_reader_fail(outer, "%s: expected an object", name);
    return !outer->failed;
}

void json_reader_leave(struct json_reader *outer, const char *name, const struct json_reader *inner)
{
    if (inner->failed) json_reader_fail(outer, "%s.%s", name, inner->text);
}

int json_reader_close(struct json_reader *reader)
{
    json_decref(reader->root);
    reader->root = NULL;
    return reader->failed ? SW_ERROR_MESSAGE : SW_OK;
}
