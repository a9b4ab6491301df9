/* Words and numbers for people, used by the encoders of this folder. No state. */
#ifndef GATEWAY_MESSAGE_MESSAGE_TEXT_H
#define GATEWAY_MESSAGE_MESSAGE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stillwater/time.h"

/* Text put together piece by piece; what does not fit is cut, the end is always a terminator. */
struct message_line {
    char *text;
    size_t size, length;
};

struct message_line message_line_over(char *text, size_t size);
void message_line_add(struct message_line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Thousandths as a decimal without trailing zeros, but with at least `places` (0..3) decimals: 1500 -> "1.5". */
void message_line_add_milli(struct message_line *line, int64_t milli, int places);

/* The two largest units of a duration: "24 h", "1 h 30 min", "2 min 10 s", "800 ms". */
void message_line_add_duration(struct message_line *line, int64_t ms);

/* "2026-11-21 07:14 UTC" */
void message_line_add_minute(struct message_line *line, struct sw_wall time);

/* A wall time taken apart, UTC; years outside 0..9999 are held at the ends. */
struct message_date {
    int year, month, day, hour, minute, second, millisecond;
};
struct message_date message_date_from_wall(struct sw_wall time);

/* Length of the longest start of `text` that is whole, valid UTF-8 without control characters. */
size_t message_text_clean_length(const char *text, size_t size);

/* Puts '?' in the place of every byte that is not part of clean UTF-8. */
void message_text_scrub(char *text);

#endif
