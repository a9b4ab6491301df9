#include "config/profile_schema.h"

#define REQUIRED CYAML_FLAG_DEFAULT
#define OPTIONAL CYAML_FLAG_OPTIONAL

#define TEXT(flags, structure, member)                                                                                 \
    CYAML_FIELD_STRING_PTR(#member, flags, struct structure, member, 0, CYAML_UNLIMITED)
#define INTEGER(structure, member) CYAML_FIELD_UINT_PTR(#member, OPTIONAL, struct structure, member)
#define DECIMAL(structure, member) CYAML_FIELD_FLOAT_PTR(#member, OPTIONAL, struct structure, member)
#define NUMBER(structure, member)  CYAML_FIELD_UINT(#member, REQUIRED, struct structure, member)
#define AMOUNT(structure, member)  CYAML_FIELD_FLOAT(#member, REQUIRED, struct structure, member)
#define LIST(flags, structure, member, entry)                                                                          \
    CYAML_FIELD_SEQUENCE(#member, (flags) | CYAML_FLAG_POINTER, struct structure, member, entry, 0, CYAML_UNLIMITED)
#define ENTRY(structure, fields)                                                                                       \
    {                                                                                                                  \
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct structure, fields)                                              \
    }

static const struct config_key keys[] = {
#define CONFIG_KEY(path, type, unit, minimum, maximum, default_text, meaning)                                          \
    {path, CONFIG_KEY_##type, unit, minimum, maximum, default_text, meaning},
#include "config/profile_keys.def"
#undef CONFIG_KEY
};

const struct config_key *profile_key_at(size_t index)
{
    return index < sizeof keys / sizeof keys[0] ? &keys[index] : NULL;
}

const struct config_key *profile_key_find(const char *path)
{
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (config_key_is(&keys[i], path)) return &keys[i];
    return NULL;
}

static const cyaml_schema_value_t text_entry = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED)};

static const cyaml_schema_field_t line_fields[] = {INTEGER(raw_profile_line, baud),
                                                   TEXT(OPTIONAL, raw_profile_line, parity),
                                                   INTEGER(raw_profile_line, stop_bits), CYAML_FIELD_END};

static const cyaml_schema_field_t identity_fields[] = {NUMBER(raw_profile_identity, address),
                                                       NUMBER(raw_profile_identity, count),
                                                       INTEGER(raw_profile_identity, function), CYAML_FIELD_END};

static const cyaml_schema_field_t factor_fields[] = {NUMBER(raw_profile_factor, code),
                                                     AMOUNT(raw_profile_factor, factor), CYAML_FIELD_END};

static const cyaml_schema_value_t factor_entry = ENTRY(raw_profile_factor, factor_fields);

static const cyaml_schema_field_t unit_fields[] = {
    NUMBER(raw_profile_unit, address), LIST(REQUIRED, raw_profile_unit, factors, &factor_entry), CYAML_FIELD_END};

static const cyaml_schema_field_t code_fields[] = {NUMBER(raw_profile_code, raw), AMOUNT(raw_profile_code, value),
                                                   CYAML_FIELD_END};

static const cyaml_schema_value_t code_entry = ENTRY(raw_profile_code, code_fields);

static const cyaml_schema_field_t point_fields[] = {
    TEXT(REQUIRED, raw_profile_point, reading),
    NUMBER(raw_profile_point, address),
    INTEGER(raw_profile_point, function),
    TEXT(OPTIONAL, raw_profile_point, type),
    TEXT(OPTIONAL, raw_profile_point, order),
    INTEGER(raw_profile_point, mask),
    DECIMAL(raw_profile_point, scale),
    DECIMAL(raw_profile_point, offset),
    DECIMAL(raw_profile_point, minimum),
    DECIMAL(raw_profile_point, maximum),
    INTEGER(raw_profile_point, no_reading),
    INTEGER(raw_profile_point, fraction),
    INTEGER(raw_profile_point, decimals),
    CYAML_FIELD_MAPPING_PTR("unit", OPTIONAL, struct raw_profile_point, unit, unit_fields),
    LIST(OPTIONAL, raw_profile_point, codes, &code_entry),
    CYAML_FIELD_END};

static const cyaml_schema_value_t point_entry = ENTRY(raw_profile_point, point_fields);

static const cyaml_schema_field_t guard_fields[] = {NUMBER(raw_profile_guard, address),
                                                    INTEGER(raw_profile_guard, function),
                                                    INTEGER(raw_profile_guard, mask),
                                                    NUMBER(raw_profile_guard, expected),
                                                    TEXT(REQUIRED, raw_profile_guard, quality),
                                                    LIST(OPTIONAL, raw_profile_guard, readings, &text_entry),
                                                    CYAML_FIELD_END};

static const cyaml_schema_value_t guard_entry = ENTRY(raw_profile_guard, guard_fields);

static const cyaml_schema_field_t profile_fields[] = {
    TEXT(REQUIRED, raw_profile, schema),
    INTEGER(raw_profile, id),
    TEXT(REQUIRED, raw_profile, name),
    TEXT(REQUIRED, raw_profile, description),
    TEXT(REQUIRED, raw_profile, source),
    LIST(OPTIONAL, raw_profile, check, &text_entry),
    CYAML_FIELD_MAPPING_PTR("line", OPTIONAL, struct raw_profile, line, line_fields),
    INTEGER(raw_profile, timeout_ms),
    INTEGER(raw_profile, usual_answer_ms),
    INTEGER(raw_profile, extra_gap_us),
    NUMBER(raw_profile, function),
    INTEGER(raw_profile, merge_gap),
    INTEGER(raw_profile, node_points),
    CYAML_FIELD_MAPPING_PTR("identity", OPTIONAL, struct raw_profile, identity, identity_fields),
    LIST(REQUIRED, raw_profile, points, &point_entry),
    LIST(OPTIONAL, raw_profile, guards, &guard_entry),
    CYAML_FIELD_END};

const cyaml_schema_value_t profile_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_profile, profile_fields)};
