#include "registry/people_hours.h"

#include <stdio.h>
#include <string.h>

#include "message/message.h"
#include "stillwater/error.h"

#define DAY_MIN (24 * 60)

static const char *const day_names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

/* These move `at` behind what they have read, and return -1 where that is not there. */

static int read_day(const char **at)
{
    for (int day = 0; day < 7; day++) {
        if (strncmp(*at, day_names[day], 3) != 0) continue;
        *at += 3;
        return day;
    }
    return -1;
}

static int read_two_digits(const char **at)
{
    const char *digits = *at;
    if (strspn(digits, "0123456789") != 2) return -1;
    *at += 2;
    return (digits[0] - '0') * 10 + digits[1] - '0';
}

static int read_minute(const char **at)
{
    int hour = read_two_digits(at);
    if (hour < 0 || hour > 24 || *(*at)++ != ':') return -1;
    int minute = read_two_digits(at);
    return minute < 0 || minute > 59 || hour * 60 + minute > DAY_MIN ? -1 : hour * 60 + minute;
}

int people_hours_parse(const char *text, struct duty_hours hours[PEOPLE_HOURS_EACH_MAX])
{
    int first = read_day(&text), last = first, count = 0;
    if (first >= 0 && *text == '-') {
        text++;
        last = read_day(&text);
    }
    if (first < 0 || last < 0 || *text++ != ' ') return 0;
    int from = read_minute(&text);
    if (from < 0 || from == DAY_MIN || *text++ != '-') return 0;
    int until = read_minute(&text);
    if (until < 0 || *text != '\0' || from == until) return 0;
    if (until < from) until += DAY_MIN;
    for (int day = first;; day = (day + 1) % 7) {
        int end = day * DAY_MIN + until, in_week = end < DUTY_WEEK_MIN ? end : DUTY_WEEK_MIN;
        hours[count++] = (struct duty_hours){(uint16_t)(day * DAY_MIN + from), (uint16_t)in_week};
        if (end > DUTY_WEEK_MIN) hours[count++] = (struct duty_hours){0, (uint16_t)(end - DUTY_WEEK_MIN)};
        if (day == last) return count;
    }
}

bool people_day_parse(const char *text, int64_t *local_ms)
{
    char whole[MESSAGE_TIME_SIZE];
    struct sw_wall midnight;
    snprintf(whole, sizeof whole, "%.10sT00:00:00Z", text);
    if (strlen(text) != 10 || message_time_parse(whole, &midnight) != SW_OK) return false;
    *local_ms = midnight.ms;
    return true;
}

void people_minute_format(uint16_t minute, bool is_end, char out[PEOPLE_MINUTE_SIZE])
{
    bool midnight = is_end && minute % DAY_MIN == 0;
    unsigned day = (unsigned)(midnight ? minute / DAY_MIN + 6 : minute / DAY_MIN) % 7;
    unsigned in_day = midnight ? DAY_MIN : minute % DAY_MIN;
    snprintf(out, PEOPLE_MINUTE_SIZE, "%s %02u:%02u", day_names[day], in_day / 60, in_day % 60);
}
