/* The numbers of series: what (subject, kind) is called in the readings' files. For one thread. */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_SERIES_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_SERIES_H

#include <stdint.h>

#define SERIES_NONE      UINT32_MAX
#define SERIES_NAME_SIZE 64

struct series_entry {
    uint32_t name; /* offset in `names` */
    uint8_t kind;
};

struct readings_series {
    struct series_entry *entries; /* by number */
    uint32_t count, capacity;
    char *names;
    uint32_t names_size, names_capacity;
    uint32_t *table; /* numbers by hash; a power of two, never full */
    uint32_t table_size;
};

void readings_series_free(struct readings_series *series);

/* The series' number, a new one if need be; SERIES_NONE when memory is refused or the name is too long. */
uint32_t readings_series_number(struct readings_series *series, const char *name, uint8_t kind);
/* SERIES_NONE when there is none. */
uint32_t readings_series_find(const struct readings_series *series, const char *name, uint8_t kind);

/* A series whose number is known. Numbers that nobody has told of get a name of their own. SW_OK (also when it is
 * there), SW_ERROR_NO_SPACE. */
int readings_series_put(struct readings_series *series, uint32_t number, const char *name, uint8_t kind);

static inline const char *readings_series_name(const struct readings_series *series, uint32_t number)
{
    return series->names + series->entries[number].name;
}

#endif
