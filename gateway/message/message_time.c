#include "message/message.h"

#include <stdio.h>

#include "message/message_text.h"
#include "stillwater/error.h"

#define DAY_MS INT64_C(86400000)

/* RFC 3339 has four digits for the year, so these are the ends of what can be written. */
#define FIRST_MS INT64_C(-62167219200000) /* 0000-01-01T00:00:00.000Z */
#define LAST_MS  INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar. The year is counted from 1 March, so that the
 * leap day is its last; 400 years have 146,097 days. */
static int64_t days_from_date(int64_t year, int month, int day)
{
    int64_t march_year = month <= 2 ? year - 1 : year;
    int64_t era = (march_year >= 0 ? march_year : march_year - 399) / 400;
    int64_t year_of_era = march_year - era * 400;
    int64_t day_of_year = (153 * (int64_t)((month + 9) % 12) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

struct message_date message_date_from_wall(struct sw_wall time)
{
    int64_t ms = time.ms < FIRST_MS ? FIRST_MS : time.ms > LAST_MS ? LAST_MS : time.ms;
    int64_t days = (ms - FIRST_MS) / DAY_MS + FIRST_MS / DAY_MS;
    int64_t in_day = ms - days * DAY_MS;

    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;

    struct message_date date = {
        .month = (int)(march_month < 10 ? march_month + 3 : march_month - 9),
        .day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1),
        .hour = (int)(in_day / 3600000),
        .minute = (int)(in_day / 60000 % 60),
        .second = (int)(in_day / 1000 % 60),
        .millisecond = (int)(in_day % 1000),
    };
    date.year = (int)(year_of_era + era * 400 + (date.month <= 2 ? 1 : 0));
    return date;
}

void message_time_format(struct sw_wall time, char out[MESSAGE_TIME_SIZE])
{
    struct message_date date = message_date_from_wall(time);
    (void)snprintf(out, MESSAGE_TIME_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)date.year % 10000u,
                   (unsigned)date.month % 100u, (unsigned)date.day % 100u, (unsigned)date.hour % 100u,
                   (unsigned)date.minute % 100u, (unsigned)date.second % 100u, (unsigned)date.millisecond % 1000u);
}

/* Exactly `count` digits; -1 and no move of the cursor otherwise. */
static int digits(const char **at, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        char c = (*at)[i];
        if (c < '0' || c > '9') return -1;
        value = value * 10 + (c - '0');
    }
    *at += count;
    return value;
}

static bool literal(const char **at, char wanted)
{
    if (**at != wanted) return false;
    (*at)++;
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

static bool parse_date(const char **at, int64_t *days)
{
    int year = digits(at, 4);
    if (year < 0 || !literal(at, '-')) return false;
    int month = digits(at, 2);
    if (month < 1 || month > 12 || !literal(at, '-')) return false;
    int day = digits(at, 2);
    if (day < 1 || day > days_in_month(year, month)) return false;
    *days = days_from_date(year, month, day);
    return true;
}

/* Digits past the millisecond are read and dropped. */
static bool parse_fraction(const char **at, int64_t *ms)
{
    if (!literal(at, '.')) return true;
    int64_t unit = 100;
    if (**at < '0' || **at > '9') return false;
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        *ms += (**at - '0') * unit;
        unit /= 10;
    }
    return true;
}

static bool parse_clock(const char **at, int64_t *ms)
{
    int hour = digits(at, 2);
    if (hour < 0 || hour > 23 || !literal(at, ':')) return false;
    int minute = digits(at, 2);
    if (minute < 0 || minute > 59 || !literal(at, ':')) return false;
    int second = digits(at, 2);
    /* 60 is a leap second; our time has none, so it is the first second of the next minute. */
    if (second < 0 || second > 60) return false;
    *ms = ((int64_t)hour * 60 + minute) * 60000 + (int64_t)second * 1000;
    return parse_fraction(at, ms);
}

static bool parse_offset(const char **at, int64_t *ms)
{
    *ms = 0;
    if (literal(at, 'Z') || literal(at, 'z')) return true;
    int sign = **at == '+' ? 1 : **at == '-' ? -1 : 0;
    if (sign == 0) return false;
    (*at)++;
    int hour = digits(at, 2);
    if (hour < 0 || hour > 23 || !literal(at, ':')) return false;
    int minute = digits(at, 2);
    if (minute < 0 || minute > 59) return false;
    *ms = sign * ((int64_t)hour * 60 + minute) * 60000;
    return true;
}

int message_time_parse(const char *text, struct sw_wall *time)
{
    const char *at = text;
    int64_t days, clock_ms, offset_ms;
    if (!parse_date(&at, &days)) return SW_ERROR_MALFORMED;
    if (!literal(&at, 'T') && !literal(&at, 't') && !literal(&at, ' ')) return SW_ERROR_MALFORMED;
    if (!parse_clock(&at, &clock_ms) || !parse_offset(&at, &offset_ms) || *at != '\0') return SW_ERROR_MALFORMED;
    *time = sw_wall_from_ms(days * DAY_MS + clock_ms - offset_ms);
    return SW_OK;
}
