#include "adapters/store_sqlite/readings/readings_series.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stillwater/error.h"

void readings_series_free(struct readings_series *series)
{
    free(series->entries);
    free(series->names);
    free(series->table);
    *series = (struct readings_series){0};
}

static uint32_t hash(const char *name, uint8_t kind)
{
    uint32_t sum = 2166136261u ^ kind;
    for (; *name != '\0'; name++)
        sum = (sum ^ (uint8_t)*name) * 16777619u;
    return sum ^ sum >> 15;
}

/* Where the series stands in the table, or would. */
static uint32_t *place_of(const struct readings_series *series, const char *name, uint8_t kind)
{
    for (uint32_t at = hash(name, kind);; at++) {
        uint32_t *place = &series->table[at & (series->table_size - 1)];
        if (*place == SERIES_NONE ||
            (series->entries[*place].kind == kind && strcmp(readings_series_name(series, *place), name) == 0))
            return place;
    }
}

uint32_t readings_series_find(const struct readings_series *series, const char *name, uint8_t kind)
{
    return series->table_size > 0 ? *place_of(series, name, kind) : SERIES_NONE;
}

static bool grow_table(struct readings_series *series)
{
    if (series->count < series->table_size / 2) return true;
    uint32_t size = series->table_size ? 2 * series->table_size : 64;
    uint32_t *table = malloc(size * sizeof *table);
    if (!table) return false;
    memset(table, 0xff, size * sizeof *table);
    free(series->table);
    series->table = table;
    series->table_size = size;
    for (uint32_t i = 0; i < series->count; i++)
        *place_of(series, readings_series_name(series, i), series->entries[i].kind) = i;
    return true;
}

static bool grow(void **array, uint32_t wanted, uint32_t *capacity, size_t item_size)
{
    if (wanted <= *capacity) return true;
    uint32_t larger = *capacity + *capacity / 2 + 64;
    if (larger < wanted) larger = wanted;
    void *grown = realloc(*array, larger * item_size);
    if (!grown) return false;
    *array = grown;
    *capacity = larger;
    return true;
}

uint32_t readings_series_number(struct readings_series *series, const char *name, uint8_t kind)
{
    uint32_t found = readings_series_find(series, name, kind), size = (uint32_t)strlen(name) + 1;
    if (found != SERIES_NONE) return found;
    if (size > SERIES_NAME_SIZE || !grow_table(series) ||
        !grow((void **)&series->entries, series->count + 1, &series->capacity, sizeof *series->entries) ||
        !grow((void **)&series->names, series->names_size + size, &series->names_capacity, 1))
        return SERIES_NONE;
    memcpy(series->names + series->names_size, name, size);
    series->entries[series->count] = (struct series_entry){series->names_size, kind};
    series->names_size += size;
    *place_of(series, name, kind) = series->count;
    return series->count++;
}

int readings_series_put(struct readings_series *series, uint32_t number, const char *name, uint8_t kind)
{
    char lost[SERIES_NAME_SIZE];
    if (number < series->count) return SW_OK;
    while (series->count < number) {
        (void)snprintf(lost, sizeof lost, "lost/%u", series->count);
        if (readings_series_number(series, lost, 0) == SERIES_NONE) return SW_ERROR_NO_SPACE;
    }
    return readings_series_number(series, name, kind) == number ? SW_OK : SW_ERROR_NO_SPACE;
}
