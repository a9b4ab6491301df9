/* What libcyaml makes of a people file: members as they stand there, NULL where one is left out. */
#ifndef GATEWAY_REGISTRY_PEOPLE_SCHEMA_H
#define GATEWAY_REGISTRY_PEOPLE_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

#include "config/config_shape.h"

struct raw_absence {
    char *from, *until;
};

struct raw_person {
    char *id;
    char **hours;
    uint32_t hours_count;
    struct raw_absence *leave;
    uint32_t leave_count;
    char **deputies;
    uint32_t deputies_count;
};

/* Seconds, or "off". */
struct raw_deadlines {
    char *blue, *yellow, *orange, *red;
};

struct raw_area {
    char *grid, *responsible;
    struct raw_deadlines *acknowledge_s, *dispatch_s;
};

struct raw_people {
    char *schema;
    struct raw_person *people;
    uint32_t people_count;
    struct raw_area *areas;
    uint32_t areas_count;
};

extern const cyaml_schema_value_t people_schema;

/* The i-th key of people_keys.def; NULL past the last. */
const struct config_key *people_key_at(size_t index);
const struct config_key *people_key_find(const char *path);

#endif
