#include "sim/table.h"

#include <stdlib.h>
#include <string.h>

#include "sim/sim.h"

static size_t place_of(const struct table *table, const char *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (const char *c = name; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    size_t at = (size_t)(hash & (table->size - 1));
    while (table->places[at].name && strcmp(table->places[at].name, name) != 0)
        at = (at + 1) & (table->size - 1);
    return at;
}

uint32_t table_find(const struct table *table, const char *name)
{
    if (table->size == 0) return TABLE_NONE;
    const struct table_place *place = &table->places[place_of(table, name)];
    return place->name ? place->number : TABLE_NONE;
}

static void grow(struct table *table)
{
    struct table before = *table;
    table->size = before.size ? 2 * before.size : 64;
    table->places = sim_zeroed(table->size, sizeof *table->places);
    for (size_t i = 0; i < before.size; i++)
        if (before.places[i].name) table->places[place_of(table, before.places[i].name)] = before.places[i];
    free(before.places);
}

void table_add(struct table *table, const char *name, uint32_t number)
{
    if (2 * (table->count + 1) > table->size) grow(table);
    table->places[place_of(table, name)] = (struct table_place){sim_copied(name), number};
    table->count++;
}

void table_free(struct table *table)
{
    for (size_t i = 0; i < table->size; i++)
        free(table->places[i].name);
    free(table->places);
    *table = (struct table){.size = 0};
}
