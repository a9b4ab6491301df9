/* From names to numbers: a hash table that only grows. */
#ifndef TESTS_SIM_TABLE_H
#define TESTS_SIM_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define TABLE_NONE UINT32_MAX

struct table {
    struct table_place {
        char *name; /* NULL = free */
        uint32_t number;
    } * places;
    size_t size, count;
};

/* TABLE_NONE when the name is not in it. */
uint32_t table_find(const struct table *table, const char *name);
/* The name is new. */
void table_add(struct table *table, const char *name, uint32_t number);
void table_free(struct table *table);

#endif
