/* Readings as they come, many to a message (docs/schema/telemetry.schema.json). Written by hand into one buffer,
 * without jansson and without an allocation, because it is done for every reading. */
#ifndef GATEWAY_MESSAGE_MESSAGE_TELEMETRY_H
#define GATEWAY_MESSAGE_MESSAGE_TELEMETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "message/message.h"

/* A message goes out when it is full. Larger ones would cost less for each reading, and hold up an alert longer that
 * has to go behind one. */
#define MESSAGE_TELEMETRY_SIZE 32768u

struct message_reading {
    const char *subject;
    enum sw_reading_kind kind; /* of the table */
    int64_t value_milli;       /* not told where quality is missing */
    enum sw_quality quality;
    enum sw_quality_reason reason;
    struct sw_wall time;
    bool estimated_time;
};

struct message_telemetry {
    char text[MESSAGE_TELEMETRY_SIZE];
    size_t head, used; /* what all messages begin with, and all there is */
    uint32_t readings;
    char subject[SW_ID_SIZE]; /* of the sample that is open, with its time */
    struct sw_wall time;
    bool estimated_time;
    int64_t second;                      /* since 1970, that `second_text` is of */
    char second_text[MESSAGE_TIME_SIZE]; /* "2026-11-22T03:40:00" */
};

void message_telemetry_init(struct message_telemetry *telemetry, const char *city, const char *gateway);

/* False when it is full: nothing has changed then. */
bool message_telemetry_add(struct message_telemetry *telemetry, const struct message_reading *reading);

/* The whole message of what has been added, valid until the next call. There must be a reading in it; more may be added
 * afterwards. */
const char *message_telemetry_text(struct message_telemetry *telemetry);
void message_telemetry_clear(struct message_telemetry *telemetry);

#endif
