#include "config/time_zone.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stillwater/error.h"

#define FOLDER        "/usr/share/zoneinfo"
#define FILE_SIZE_MAX 65536 /* the largest has 4 kB */
#define HOURS_MOST    167   /* RFC 8536 */
#define LETTERS       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS        "0123456789"

/* Each of these moves `at` behind what it has read, and says false where that is not there. */

static bool read_sign(const char **at, char sign)
{
    if (**at != sign) return false;
    (*at)++;
    return true;
}

static bool read_number(const char **at, int least, int most, int *number)
{
    size_t length = strspn(*at, DIGITS);
    if (length == 0 || length > 3) return false;
    *number = (int)strtol(*at, NULL, 10);
    *at += length;
    return *number >= least && *number <= most;
}

static bool read_name(const char **at)
{
    bool quoted = read_sign(at, '<');
    size_t length = strspn(*at, quoted ? LETTERS DIGITS "+-" : LETTERS);
    *at += length;
    return length >= 3 && (!quoted || read_sign(at, '>'));
}

/* [+-]hh[:mm] */
static bool read_minutes(const char **at, int16_t *minutes)
{
    int hours, rest = 0;
    bool negative = read_sign(at, '-');
    if (!negative) (void)read_sign(at, '+');
    if (!read_number(at, 0, HOURS_MOST, &hours)) return false;
    if (read_sign(at, ':') && !read_number(at, 0, 59, &rest)) return false;
    *minutes = (int16_t)((hours * 60 + rest) * (negative ? -1 : 1));
    return true;
}

/* ,Mm.w.d[/time] */
static bool read_change(const char **at, struct clock_change *change)
{
    int month, week, weekday;
    if (!read_sign(at, ',') || !read_sign(at, 'M') || !read_number(at, 1, 12, &month)) return false;
    if (!read_sign(at, '.') || !read_number(at, 1, 5, &week)) return false;
    if (!read_sign(at, '.') || !read_number(at, 0, 6, &weekday)) return false;
    *change = (struct clock_change){(int8_t)month, (int8_t)week, (int8_t)weekday, 2 * 60};
    return !read_sign(at, '/') || read_minutes(at, &change->at_min);
}

bool time_zone_parse(const char *rule, struct time_zone *zone)
{
    int16_t west_min;
    memset(zone, 0, sizeof *zone);
    if (!read_name(&rule) || !read_minutes(&rule, &west_min)) return false;
    zone->standard_min = zone->summer_min = (int16_t)-west_min;
    if (*rule == '\0') return true;
    if (!read_name(&rule)) return false;
    zone->summer_min = (int16_t)(zone->standard_min + 60);
    if (*rule != ',') {
        if (!read_minutes(&rule, &west_min)) return false;
        zone->summer_min = (int16_t)-west_min;
    }
    return read_change(&rule, &zone->begins) && read_change(&rule, &zone->ends) && *rule == '\0';
}

/* The last line of the file, in place; NULL when it is no zone's, or too old to have one. */
static char *last_line(char *bytes, size_t size)
{
    if (size < 2 || memcmp(bytes, "TZif", size < 4 ? size : 4) != 0 || bytes[size - 1] != '\n') return NULL;
    bytes[size - 1] = '\0';
    size_t at = size - 1;
    while (at > 0 && bytes[at - 1] != '\n')
        at--;
    return at > 0 ? bytes + at : NULL;
}

/* Names lead to files below the folder only. */
static bool is_name(const char *name)
{
    return name[0] != '/' && !strstr(name, "..") && name[strspn(name, LETTERS DIGITS "/_+-")] == '\0';
}

static int read_file(const char *path, char bytes[FILE_SIZE_MAX], size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file) return errno;
    *size = fread(bytes, 1, FILE_SIZE_MAX, file);
    int error = ferror(file) ? errno : 0;
    fclose(file);
    return error;
}

int time_zone_named(const char *name, struct time_zone *zone, char *text, size_t text_size)
{
    const char *folder = getenv("TZDIR");
    char path[4096], bytes[FILE_SIZE_MAX];
    size_t size = 0;
    if (!is_name(name)) {
        snprintf(text, text_size, "found %s; expected the name of a time zone such as Europe/Berlin", name);
        return SW_ERROR_CONFIG;
    }
    snprintf(path, sizeof path, "%s/%s", folder && *folder ? folder : FOLDER, name);
    int error = read_file(path, bytes, &size);
    if (error) {
        snprintf(text, text_size,
                 "no time zone is called %s (%.80s: %s); expected a name such as Europe/Berlin, and tzdata installed",
                 name, path, strerror(error));
        return SW_ERROR_CONFIG;
    }
    const char *rule = last_line(bytes, size);
    if (rule && time_zone_parse(rule, zone)) return SW_OK;
    snprintf(text, text_size, "%.80s has no rule for the times to come; expected the file of a time zone", path);
    return SW_ERROR_CONFIG;
}
