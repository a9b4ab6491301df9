#include "message/message_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct message_line message_line_over(char *text, size_t size)
{
    struct message_line line = {text, size, 0};
    if (size > 0) text[0] = '\0';
    return line;
}

void message_line_add(struct message_line *line, const char *format, ...)
{
    size_t left = line->size - line->length;
    if (left <= 1) return;
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(line->text + line->length, left, format, arguments);
    va_end(arguments);
    if (written > 0) line->length += (size_t)written < left ? (size_t)written : left - 1;
}

void message_line_add_milli(struct message_line *line, int64_t milli, int places)
{
    /* INT64_MIN has no positive counterpart in int64_t, hence the unsigned magnitude. */
    uint64_t magnitude = milli < 0 ? (uint64_t)0 - (uint64_t)milli : (uint64_t)milli;
    unsigned fraction = (unsigned)(magnitude % 1000);
    int shown = fraction == 0 ? 0 : fraction % 100 == 0 ? 1 : fraction % 10 == 0 ? 2 : 3;
    if (shown < places) shown = places;
    message_line_add(line, "%s%llu", milli < 0 ? "-" : "", (unsigned long long)(magnitude / 1000));
    if (shown == 1) message_line_add(line, ".%u", fraction / 100);
    if (shown == 2) message_line_add(line, ".%02u", fraction / 10);
    if (shown == 3) message_line_add(line, ".%03u", fraction);
}

void message_line_add_duration(struct message_line *line, int64_t ms)
{
    static const struct {
        int64_t ms;
        const char *name;
    } units[] = {{3600000, "h"}, {60000, "min"}, {1000, "s"}};

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (ms < units[i].ms) continue;
        message_line_add(line, "%lld %s", (long long)(ms / units[i].ms), units[i].name);
        int64_t rest = i + 1 < sizeof units / sizeof units[0] ? ms % units[i].ms / units[i + 1].ms : 0;
        if (rest > 0) message_line_add(line, " %lld %s", (long long)rest, units[i + 1].name);
        return;
    }
    message_line_add(line, "%lld ms", (long long)ms);
}

void message_line_add_minute(struct message_line *line, struct sw_wall time)
{
    struct message_date date = message_date_from_wall(time);
    message_line_add(line, "%04d-%02d-%02d %02d:%02d UTC", date.year, date.month, date.day, date.hour, date.minute);
}

/* Bytes of the sequence that starts with `first`; 0 for a byte that cannot start one. */
static size_t sequence_length(unsigned char first)
{
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return 2;
    if (first >= 0xe0 && first <= 0xef) return 3;
    if (first >= 0xf0 && first <= 0xf4) return 4;
    return 0;
}

/* The second byte's range depends on the first: no overlong forms, no surrogates, nothing above U+10FFFF (RFC 3629). */
static bool second_byte_fits(unsigned char first, unsigned char second)
{
    unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high;
}

static bool is_control(const unsigned char *at, size_t length)
{
    return (length == 1 && (at[0] < 0x20 || at[0] == 0x7f)) || (length == 2 && at[0] == 0xc2 && at[1] < 0xa0);
}

size_t message_text_clean_length(const char *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t at = 0;
    while (at < size) {
        size_t length = sequence_length(bytes[at]);
        if (length == 0 || length > size - at) return at;
        if (length > 1 && !second_byte_fits(bytes[at], bytes[at + 1])) return at;
        for (size_t i = 2; i < length; i++)
            if (bytes[at + i] < 0x80 || bytes[at + i] > 0xbf) return at;
        if (is_control(bytes + at, length)) return at;
        at += length;
    }
    return at;
}

void message_text_scrub(char *text)
{
    size_t size = strlen(text);
    for (size_t at = 0; (at += message_text_clean_length(text + at, size - at)) < size; at++)
        text[at] = '?';
}
