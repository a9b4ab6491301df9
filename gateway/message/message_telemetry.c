#include "message/message_telemetry.h"

#include <stdio.h>
#include <string.h>

/* The longest there can be of one reading, with a new sample for it, and the end of the message. */
#define READING_SIZE_MAX 320u
#define END              "]}]}"

#define SECOND_SIZE (sizeof "2026-11-22T03:40:00" - 1)

static void put(struct message_telemetry *telemetry, const char *text, size_t size)
{
    memcpy(telemetry->text + telemetry->used, text, size);
    telemetry->used += size;
}

static void put_text(struct message_telemetry *telemetry, const char *text)
{
    put(telemetry, text, strlen(text));
}

#define PUT(telemetry, literal) put(telemetry, literal, sizeof(literal) - 1)

/* Thousandths as a decimal number without zeros at its end. */
static void put_milli(struct message_telemetry *telemetry, int64_t milli)
{
    char digits[24];
    char *end = digits + sizeof digits, *at = end;
    uint64_t rest = milli < 0 ? 0 - (uint64_t)milli : (uint64_t)milli;
    for (int place = 0; place < 3; place++, rest /= 10) {
        char digit = (char)('0' + rest % 10);
        if (digit != '0' || at != end) *--at = digit;
    }
    if (at != end) *--at = '.';
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (milli < 0) *--at = '-';
    put(telemetry, at, (size_t)(end - at));
}

/* Most readings are of the second that was written last. */
static void put_time(struct message_telemetry *telemetry, struct sw_wall time)
{
    int64_t wall_ms = time.ms > 0 ? time.ms : 0;
    int64_t second = wall_ms / 1000, ms = wall_ms % 1000;
    if (second != telemetry->second || telemetry->second_text[0] == '\0') {
        message_time_format(sw_wall_from_ms(second * 1000), telemetry->second_text);
        telemetry->second = second;
    }
    const char fraction[] = {'.', (char)('0' + ms / 100), (char)('0' + ms / 10 % 10), (char)('0' + ms % 10), 'Z'};
    put(telemetry, telemetry->second_text, SECOND_SIZE);
    put(telemetry, fraction, sizeof fraction);
}

static void put_kind(struct message_telemetry *telemetry, enum sw_reading_kind kind)
{
    switch (kind) {
#define SW_READING_KIND(code, name, text, unit, wire_milli, counter)                                                   \
    case SW_READING_##name:                                                                                            \
        PUT(telemetry, "{\"kind\":\"" text "\"");                                                                      \
        return;
#include "stillwater/reading.def"
#undef SW_READING_KIND
    case SW_READING_NONE:
        return;
    }
}

static bool is_of_open_sample(const struct message_telemetry *telemetry, const struct message_reading *reading)
{
    return telemetry->readings > 0 && telemetry->time.ms == reading->time.ms &&
           telemetry->estimated_time == reading->estimated_time && strcmp(telemetry->subject, reading->subject) == 0;
}

static void open_sample(struct message_telemetry *telemetry, const struct message_reading *reading)
{
    if (telemetry->readings > 0) PUT(telemetry, "]},");
    PUT(telemetry, "{\"subject\":\"");
    put_text(telemetry, reading->subject);
    PUT(telemetry, "\",\"time\":\"");
    put_time(telemetry, reading->time);
    if (reading->estimated_time)
        PUT(telemetry, "\",\"estimated_time\":true,\"readings\":[");
    else
        PUT(telemetry, "\",\"readings\":[");
    snprintf(telemetry->subject, sizeof telemetry->subject, "%s", reading->subject);
    telemetry->time = reading->time;
    telemetry->estimated_time = reading->estimated_time;
}

static void put_quality(struct message_telemetry *telemetry, const struct message_reading *reading)
{
    const char *reason = sw_quality_reason_name((unsigned)reading->reason);
    PUT(telemetry, ",\"quality\":\"");
    put_text(telemetry, sw_quality_name((unsigned)reading->quality));
    if (reason && reason[0] != '\0') {
        PUT(telemetry, "\",\"reason\":\"");
        put_text(telemetry, reason);
    }
    PUT(telemetry, "\"");
}

void message_telemetry_init(struct message_telemetry *telemetry, const char *city, const char *gateway)
{
    telemetry->second_text[0] = '\0';
    telemetry->head = (size_t)snprintf(
        telemetry->text, sizeof telemetry->text,
        "{\"schema\":\"" SW_SCHEMA_TELEMETRY "\",\"city\":\"%s\",\"gateway\":\"%s\",\"samples\":[", city, gateway);
    message_telemetry_clear(telemetry);
}

bool message_telemetry_add(struct message_telemetry *telemetry, const struct message_reading *reading)
{
    if (telemetry->used + READING_SIZE_MAX > sizeof telemetry->text) return false;
    if (is_of_open_sample(telemetry, reading))
        PUT(telemetry, ",");
    else
        open_sample(telemetry, reading);
    put_kind(telemetry, reading->kind);
    if (reading->quality != SW_QUALITY_MISSING) {
        PUT(telemetry, ",\"value\":");
        put_milli(telemetry, reading->value_milli);
    }
    if (reading->quality != SW_QUALITY_GOOD) put_quality(telemetry, reading);
    PUT(telemetry, "}");
    telemetry->readings++;
    return true;
}

const char *message_telemetry_text(struct message_telemetry *telemetry)
{
    memcpy(telemetry->text + telemetry->used, END, sizeof END);
    return telemetry->text;
}

void message_telemetry_clear(struct message_telemetry *telemetry)
{
    telemetry->used = telemetry->head;
    telemetry->readings = 0;
}
