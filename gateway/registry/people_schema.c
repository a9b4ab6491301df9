#include "registry/people_schema.h"

#define TEXT(flags, structure, member)                                                                                 \
    CYAML_FIELD_STRING_PTR(#member, flags, struct structure, member, 0, CYAML_UNLIMITED)
#define LIST(flags, structure, member, entry)                                                                          \
    CYAML_FIELD_SEQUENCE(#member, (flags) | CYAML_FLAG_POINTER, struct structure, member, entry, 0, CYAML_UNLIMITED)
#define REQUIRED CYAML_FLAG_DEFAULT
#define OPTIONAL CYAML_FLAG_OPTIONAL

static const struct config_key keys[] = {
#define CONFIG_KEY(path, type, unit, minimum, maximum, default_text, meaning)                                          \
    {path, CONFIG_KEY_##type, unit, minimum, maximum, default_text, meaning},
#include "registry/people_keys.def"
#undef CONFIG_KEY
};

const struct config_key *people_key_at(size_t index)
{
    return index < sizeof keys / sizeof keys[0] ? &keys[index] : NULL;
}

const struct config_key *people_key_find(const char *path)
{
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (config_key_is(&keys[i], path)) return &keys[i];
    return NULL;
}

static const cyaml_schema_value_t text_entry = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED)};

static const cyaml_schema_field_t absence_fields[] = {TEXT(REQUIRED, raw_absence, from),
                                                      TEXT(REQUIRED, raw_absence, until), CYAML_FIELD_END};

static const cyaml_schema_value_t absence_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_absence, absence_fields)};

static const cyaml_schema_field_t person_fields[] = {
    TEXT(REQUIRED, raw_person, id), LIST(OPTIONAL, raw_person, hours, &text_entry),
    LIST(OPTIONAL, raw_person, leave, &absence_entry), LIST(OPTIONAL, raw_person, deputies, &text_entry),
    CYAML_FIELD_END};

static const cyaml_schema_value_t person_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_person, person_fields)};

static const cyaml_schema_field_t deadline_fields[] = {
    TEXT(OPTIONAL, raw_deadlines, blue), TEXT(OPTIONAL, raw_deadlines, yellow), TEXT(OPTIONAL, raw_deadlines, orange),
    TEXT(OPTIONAL, raw_deadlines, red), CYAML_FIELD_END};

static const cyaml_schema_field_t area_fields[] = {
    TEXT(REQUIRED, raw_area, grid), TEXT(OPTIONAL, raw_area, responsible),
    CYAML_FIELD_MAPPING_PTR("acknowledge_s", OPTIONAL, struct raw_area, acknowledge_s, deadline_fields),
    CYAML_FIELD_MAPPING_PTR("dispatch_s", OPTIONAL, struct raw_area, dispatch_s, deadline_fields), CYAML_FIELD_END};

static const cyaml_schema_value_t area_entry = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_area, area_fields)};

static const cyaml_schema_field_t people_fields[] = {TEXT(REQUIRED, raw_people, schema),
                                                     LIST(REQUIRED, raw_people, people, &person_entry),
                                                     LIST(REQUIRED, raw_people, areas, &area_entry), CYAML_FIELD_END};

const cyaml_schema_value_t people_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_people, people_fields)};
