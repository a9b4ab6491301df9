#include "flood_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES_MAX 200000
#define EVENTS_MAX  2000

static FILE *open_data(const char *path)
{
    char name[512];
    const char *folder = getenv("STILLWATER_DATA");
    snprintf(name, sizeof name, "%s/%s", folder ? folder : SHARED_DATA, path);
    return fopen(name, "r");
}

/* Days since 1970-01-01 in the Gregorian calendar, counting years from March. */
static int64_t days_since_epoch(int64_t year, int64_t month, int64_t day)
{
    if (month <= 2) year--, month += 12;
    return 365 * year + year / 4 - year / 100 + year / 400 + (153 * (month - 3) + 2) / 5 + day - 1 - 719468;
}

static int64_t parse_time_ms(const char *text)
{
    int year, month, day, hour, minute, second;
    if (sscanf(text, "%d-%d-%dT%d:%d:%d", &year, &month, &day, &hour, &minute, &second) != 6) return 0;
    return (((days_since_epoch(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000;
}

static int by_time(const void *a, const void *b)
{
    const struct flood_sample *first = a, *second = b;
    return first->time_ms < second->time_ms ? -1 : first->time_ms > second->time_ms;
}

static int by_start(const void *a, const void *b)
{
    const struct flood_event *first = a, *second = b;
    return by_time(first->samples, second->samples);
}

static struct flood_data *data_new(void)
{
    struct flood_data *data = calloc(1, sizeof *data);
    data->events = calloc(EVENTS_MAX, sizeof *data->events);
    data->samples = calloc(SAMPLES_MAX, sizeof *data->samples);
    return data;
}

void flood_data_free(struct flood_data *data)
{
    if (!data) return;
    free(data->events);
    free(data->samples);
    free(data);
}

struct sensor_rank {
    char name[64];
    int32_t floods, events;
};

static int by_floods(const void *a, const void *b)
{
    const struct sensor_rank *first = a, *second = b;
    if (first->floods != second->floods) return first->floods > second->floods ? -1 : 1;
    if (first->events != second->events) return first->events > second->events ? -1 : 1;
    return strcmp(first->name, second->name);
}

static struct sensor_rank *find_rank(struct sensor_rank *ranks, int32_t *count, const char *name)
{
    for (int32_t i = 0; i < *count; i++)
        if (strcmp(ranks[i].name, name) == 0) return &ranks[i];
    struct sensor_rank *rank = &ranks[(*count)++];
    memset(rank, 0, sizeof *rank);
    snprintf(rank->name, sizeof rank->name, "%s", name);
    return rank;
}

static void hold_out_half(struct flood_data *data)
{
    static struct sensor_rank ranks[EVENTS_MAX];
    int32_t count = 0;
    for (int32_t i = 0; i < data->count; i++) {
        struct sensor_rank *rank = find_rank(ranks, &count, data->events[i].sensor);
        rank->events++;
        rank->floods += data->events[i].peak_um >= 250000;
    }
    qsort(ranks, (size_t)count, sizeof ranks[0], by_floods);
    for (int32_t i = 0; i < data->count; i++)
        data->events[i].held_out = (int32_t)((find_rank(ranks, &count, data->events[i].sensor) - ranks) % 2);
}

struct flood_data *flood_data_floodnet(void)
{
    FILE *file = open_data("flood_floodnet/profiles.csv");
    if (!file) return NULL;
    struct flood_data *data = data_new();
    struct flood_sample *next = data->samples;
    struct flood_event *event = NULL;
    char line[256], stamp[40], sensor[64], id[16];
    double depth_mm;
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "%39[^,],%lf,%63[^,],%15s", stamp, &depth_mm, sensor, id) != 4) continue;
        if (!event || strcmp(event->id, id) != 0) {
            event = &data->events[data->count++];
            snprintf(event->sensor, sizeof event->sensor, "%s", sensor);
            snprintf(event->id, sizeof event->id, "%s", id);
            event->samples = next;
        }
        next->time_ms = parse_time_ms(stamp);
        next->level_um = (int32_t)(depth_mm * 1000);
        if (next->level_um > event->peak_um) event->peak_um = next->level_um;
        event->count++;
        next++;
    }
    fclose(file);
    for (int32_t i = 0; i < data->count; i++)
        qsort(data->events[i].samples, (size_t)data->events[i].count, sizeof *next, by_time);
    hold_out_half(data);
    qsort(data->events, (size_t)data->count, sizeof data->events[0], by_start);
    return data;
}

struct flood_data *flood_data_logan(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "stage_logan/%s", name);
    FILE *file = open_data(path);
    if (!file) return NULL;
    struct flood_data *data = data_new();
    struct flood_event *event = &data->events[data->count++];
    event->samples = data->samples;
    snprintf(event->sensor, sizeof event->sensor, "%s", name);
    char line[256];
    while (fgets(line, sizeof line, file)) {
        struct flood_sample *sample = &event->samples[event->count];
        char *raw = strchr(line, ',');
        char *last = strrchr(line, ',');
        double raw_cm;
        if (!raw || sscanf(raw + 1, "%lf", &raw_cm) != 1) continue;
        sample->time_ms = parse_time_ms(line);
        sample->level_um = (int32_t)(raw_cm * 10000);
        sample->label = atoi(last + 1);
        *last = '\0';
        sample->qualifier = atoi(strrchr(line, ',') + 1);
        event->count++;
    }
    fclose(file);
    return data;
}
