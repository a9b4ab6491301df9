/* What libcyaml makes of a sensor profile: members as they stand in the file, NULL where one is left out. */
#ifndef GATEWAY_CONFIG_PROFILE_SCHEMA_H
#define GATEWAY_CONFIG_PROFILE_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

#include "config/config_shape.h"

struct raw_profile_line {
    uint32_t *baud;
    char *parity;
    uint32_t *stop_bits;
};

struct raw_profile_identity {
    uint32_t address, count;
    uint32_t *function;
};

struct raw_profile_factor {
    uint32_t code;
    double factor;
};

struct raw_profile_unit {
    uint32_t address;
    struct raw_profile_factor *factors;
    uint32_t factors_count;
};

struct raw_profile_code {
    uint32_t raw;
    double value;
};

struct raw_profile_point {
    char *reading;
    uint32_t address;
    uint32_t *function;
    char *type, *order;
    uint32_t *mask;
    double *scale, *offset, *minimum, *maximum;
    uint32_t *no_reading, *fraction, *decimals;
    struct raw_profile_unit *unit;
    struct raw_profile_code *codes;
    uint32_t codes_count;
};

struct raw_profile_guard {
    uint32_t address;
    uint32_t *function, *mask;
    uint32_t expected;
    char *quality;
    char **readings;
    uint32_t readings_count;
};

struct raw_profile {
    char *schema;
    uint32_t *id;
    char *name, *description, *source;
    char **check;
    uint32_t check_count;
    struct raw_profile_line *line;
    uint32_t *timeout_ms, *usual_answer_ms, *extra_gap_us;
    uint32_t function;
    uint32_t *merge_gap, *node_points;
    struct raw_profile_identity *identity;
    struct raw_profile_point *points;
    uint32_t points_count;
    struct raw_profile_guard *guards;
    uint32_t guards_count;
};

extern const cyaml_schema_value_t profile_schema;

/* The i-th key of profile_keys.def; NULL past the last. */
const struct config_key *profile_key_at(size_t index);
const struct config_key *profile_key_find(const char *path);

#endif
