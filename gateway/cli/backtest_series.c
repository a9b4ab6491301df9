#include "cli/backtest_series.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/local_time.h"

#define MINUTE_MS INT64_C(60000)

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

const struct time_zone series_central_europe = {.standard_min = 60,
                                                .summer_min = 120,
                                                .begins = {.month = 3, .week = 5, .weekday = 0, .at_min = 120},
                                                .ends = {.month = 10, .week = 5, .weekday = 0, .at_min = 180}};

int64_t series_utc(const struct time_zone *zone, int64_t wall_ms, int64_t previous_utc_ms)
{
    int64_t first_ms = local_time_to_utc_ms(zone, wall_ms);
    int64_t second_ms = wall_ms - zone->standard_min * MINUTE_MS;
    if (local_time_ms(zone, first_ms) != wall_ms) return second_ms;
    bool twice = local_time_ms(zone, second_ms) == wall_ms;
    return twice && first_ms <= previous_utc_ms ? second_ms : first_ms;
}
