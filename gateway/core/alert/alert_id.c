#include "core/alert/alert_id.h"

#include <string.h>

#define ONSET_LENGTH 19

struct cursor {
    char *at;
};

static void put_text(struct cursor *out, const char *text)
{
    size_t length = strlen(text);
    memcpy(out->at, text, length);
    out->at += length;
}

static void put_digits(struct cursor *out, int64_t value, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        out->at[i] = (char)('0' + value % 10);
        value /= 10;
    }
    out->at += digits;
}

/* Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar. Years are taken to begin in March,
 * so that the leap day is a year's last; 719468 days lie between 0000-03-01 and 1970-01-01. */
static void put_date(struct cursor *out, int64_t day)
{
    int64_t since = day + 719468;
    int64_t cycle = since / 146097; /* of 400 years */
    int64_t in_cycle = since % 146097;
    int64_t year = (in_cycle - in_cycle / 1460 + in_cycle / 36524 - in_cycle / 146096) / 365;
    int64_t in_year = in_cycle - (365 * year + year / 4 - year / 100);
    int64_t march_month = (5 * in_year + 2) / 153;
    int64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
    put_digits(out, year + 400 * cycle + (month <= 2 ? 1 : 0), 4);
    put_digits(out, month, 2);
    put_digits(out, in_year - (153 * march_month + 2) / 5 + 1, 2);
}

static void put_time(struct cursor *out, int64_t ms)
{
    int64_t in_day = ms % 86400000;
    put_date(out, ms / 86400000);
    put_text(out, "T");
    put_digits(out, in_day / 3600000, 2);
    put_digits(out, in_day / 60000 % 60, 2);
    put_digits(out, in_day / 1000 % 60, 2);
    put_digits(out, in_day % 1000, 3);
    put_text(out, "Z");
}

void alert_id_write(char out[SW_ALERT_ID_SIZE], const char *gateway, enum sw_alert_kind kind, const char *subject,
                    int64_t onset_ms)
{
    alert_id_write_word(out, gateway, sw_alert_kind_name(kind), subject, onset_ms);
}

void alert_id_write_word(char out[SW_ALERT_ID_SIZE], const char *gateway, const char *word, const char *subject,
                         int64_t onset_ms)
{
    struct cursor cursor = {out};
    put_text(&cursor, gateway);
    put_text(&cursor, ".");
    put_text(&cursor, word);
    put_text(&cursor, ".");
    put_text(&cursor, subject);
    put_text(&cursor, ".");
    put_time(&cursor, onset_ms);
    *cursor.at = '\0';
}

void alert_id_write_drill(char out[SW_ALERT_ID_SIZE], const char *gateway, enum sw_alert_kind kind, const char *subject,
                          int64_t onset_ms)
{
    alert_id_write(out, gateway, kind, subject, onset_ms);
    struct cursor cursor = {out + strlen(out)};
    put_text(&cursor, ".drill");
    *cursor.at = '\0';
}

bool alert_id_parse(const char *id, const char *gateway, enum sw_alert_kind *kind, char subject[SW_ID_SIZE])
{
    size_t prefix = strlen(gateway);
    size_t length = strlen(id);
    if (length <= prefix || memcmp(id, gateway, prefix) != 0 || id[prefix] != '.') return false;
    const char *kind_start = id + prefix + 1;
    const char *kind_end = strchr(kind_start, '.');
    char name[32];
    if (!kind_end || (size_t)(kind_end - kind_start) >= sizeof name) return false;
    memcpy(name, kind_start, (size_t)(kind_end - kind_start));
    name[kind_end - kind_start] = '\0';
    *kind = sw_alert_kind_from_name(name);

    const char *subject_start = kind_end + 1;
    size_t left = length - (size_t)(subject_start - id);
    if (*kind == SW_ALERT_KIND_NONE || left < 1 + 1 + ONSET_LENGTH) return false;
    size_t subject_length = left - 1 - ONSET_LENGTH;
    if (subject_length >= SW_ID_SIZE || subject_start[subject_length] != '.') return false;
    memcpy(subject, subject_start, subject_length);
    subject[subject_length] = '\0';
    return true;
}
