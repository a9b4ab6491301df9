/* The two halves of jansson as this folder uses it: a builder that latches memory failure, and a reader that latches
 * the first wrong member. Internal to gateway/message. */
#ifndef GATEWAY_MESSAGE_MESSAGE_JSON_H
#define GATEWAY_MESSAGE_MESSAGE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stillwater/time.h"
#include "stillwater/topics.h"

/* Members come out in the order they were added. */
struct json_builder {
    json_t *root;
    bool failed;
};

struct json_builder json_builder_new(void);
void json_add(struct json_builder *builder, const char *name, json_t *value); /* takes the value over */
/* Bytes that are not clean UTF-8 become '?': a text from outside cannot make a body invalid. */
void json_add_string(struct json_builder *builder, const char *name, const char *text);
/* The same, of at most size - 1 bytes, cut between characters. */
void json_add_cut_string(struct json_builder *builder, const char *name, const char *text, size_t size);
void json_add_text(struct json_builder *builder, const char *name, const char *text); /* left out when "" */
void json_add_integer(struct json_builder *builder, const char *name, int64_t value);
void json_add_milli(struct json_builder *builder, const char *name, int64_t milli); /* thousandths as a decimal */
void json_add_time(struct json_builder *builder, const char *name, struct sw_wall time);
void json_add_known_time(struct json_builder *builder, const char *name, struct sw_wall time); /* left out when 0 */
void json_add_object(struct json_builder *builder, const char *name, struct json_builder *object);

/* One compact line from malloc, NULL when memory was refused anywhere. The builder is used up. */
char *json_builder_finish(struct json_builder *builder);

enum json_presence { JSON_OPTIONAL, JSON_REQUIRED };

struct json_reader {
    json_t *root;
    char *text; /* gets the first error */
    size_t text_size;
    bool failed;
};

/* Parses one object with the given `schema`. json_reader_close() is owed in any case. */
struct json_reader json_reader_open(const char *payload, size_t size, size_t size_max, const char *schema, char *text,
                                    size_t text_size);
void json_reader_fail(struct json_reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Fails on the first member that is not among `names`. */
void json_read_only(struct json_reader *reader, const char *const *names, size_t count);
/* False when there is nothing to read: absent (an error where it is required), or an error came before. */
bool json_read_present(struct json_reader *reader, const char *name, enum json_presence presence);
/* All of these leave *out alone where the member is absent or wrong. */
void json_read_string(struct json_reader *reader, const char *name, enum json_presence presence, char *out,
                      size_t size);
void json_read_id(struct json_reader *reader, const char *name, enum json_presence presence, char *out, size_t size);
void json_read_alert_id(struct json_reader *reader, const char *name, enum json_presence presence, char *out);
void json_read_count(struct json_reader *reader, const char *name, enum json_presence presence, uint32_t minimum,
                     uint32_t *out);
void json_read_bool(struct json_reader *reader, const char *name, bool *out);
void json_read_time(struct json_reader *reader, const char *name, struct sw_wall *out);
void json_read_area_path(struct json_reader *reader, const char *name, char out[SW_AREA_PATH_SIZE]);

/* What is read of an object inside goes through a reader of its own; its first error becomes the outer one's, with the
 * name before it. False when there is nothing to read, and no leaving then. */
#define JSON_INNER_TEXT_SIZE 160
bool json_reader_enter(struct json_reader *outer, json_t *value, const char *name, struct json_reader *inner,
                       char text[JSON_INNER_TEXT_SIZE]);
void json_reader_leave(struct json_reader *outer, const char *name, const struct json_reader *inner);

int json_reader_close(struct json_reader *reader); /* SW_OK or SW_ERROR_MESSAGE */

#endif
