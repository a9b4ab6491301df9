#include "cli/backtest_series.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HOUR_MS INT64_C(3600000)

struct series *series_list_add(struct series_list *list, const char *name)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 16;
        struct series *larger = realloc(list->series, capacity * sizeof *larger);
        if (!larger) return NULL;
        list->series = larger;
        list->capacity = capacity;
    }
    struct series *series = &list->series[list->count++];
    memset(series, 0, sizeof *series);
    (void)snprintf(series->name, sizeof series->name, "%s", name);
    return series;
}

struct series *series_list_find(const struct series_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->series[i].name, name) == 0) return &list->series[i];
    return NULL;
}

void series_list_free(struct series_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->series[i].readings);
    free(list->series);
    memset(list, 0, sizeof *list);
}

bool series_add(struct series *series, int64_t time_ms, int64_t value_milli)
{
    if (series->count == series->capacity) {
        size_t capacity = series->capacity ? 2 * series->capacity : 1024;
        struct series_reading *larger = realloc(series->readings, capacity * sizeof *larger);
        if (!larger) return false;
        series->readings = larger;
        series->capacity = capacity;
    }
    series->readings[series->count++] = (struct series_reading){time_ms, value_milli};
    return true;
}

/* 01:00 UTC on the last Sunday of a month of 31 days; month 0 = January, year as in struct tm. */
static int64_t last_sunday_ms(int year, int month)
{
    struct tm last = {.tm_year = year, .tm_mon = month, .tm_mday = 31, .tm_hour = 1};
    time_t seconds = timegm(&last); /* fills tm_wday in */
    return ((int64_t)seconds - (int64_t)last.tm_wday * 24 * 3600) * 1000;
}

bool series_summer_time(int64_t utc_ms)
{
    time_t seconds = (time_t)(utc_ms / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    return utc_ms >= last_sunday_ms(utc.tm_year, 2) && utc_ms < last_sunday_ms(utc.tm_year, 9);
}

int64_t series_utc_from_central_european(int64_t wall_ms, int64_t previous_utc_ms)
{
    int64_t winter_ms = wall_ms - HOUR_MS;
    int64_t summer_ms = wall_ms - 2 * HOUR_MS;
    if (!series_summer_time(summer_ms)) return winter_ms;
    bool twice = !series_summer_time(winter_ms);
    return twice && summer_ms <= previous_utc_ms ? winter_ms : summer_ms;
}
