/* Schema, table of keys and documentation tell the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config_keys.h"
#include "config/config_schema.h"
#include "stillwater/sensor_profile.h"

static unsigned scalars;

static bool type_fits(const struct config_key *key, enum cyaml_type schema)
{
    switch (key->type) {
    case CONFIG_KEY_INTEGER:
        return schema == (key->minimum < 0 ? CYAML_INT : CYAML_UINT);
    case CONFIG_KEY_DECIMAL:
        return schema == CYAML_FLOAT;
    case CONFIG_KEY_COLOUR:
    case CONFIG_KEY_COLOUR_OFF:
    case CONFIG_KEY_PARITY:
    case CONFIG_KEY_SWITCH:
    case CONFIG_KEY_DONE_ON:
    case CONFIG_KEY_TELEMETRY:
    case CONFIG_KEY_TRANSPORT:
        return schema == CYAML_ENUM;
    default:
        return schema == CYAML_STRING;
    }
}

static void walk(const cyaml_schema_value_t *value, const char *path)
{
    char below[256];
    if (value->type == CYAML_MAPPING) {
        for (const cyaml_schema_field_t *field = value->mapping.fields; field->key; field++) {
            snprintf(below, sizeof below, "%s%s%s", path, *path ? "." : "", field->key);
            walk(&field->value, below);
        }
    } else if (value->type == CYAML_SEQUENCE) {
        snprintf(below, sizeof below, "%s[]", path);
        walk(value->sequence.entry, below);
    } else {
        const struct config_key *key = config_key_find(path);
        if (!key) fail_msg("%s is in the schema and not in config_keys.def", path);
        if (!type_fits(key, value->type)) fail_msg("%s has another type in config_keys.def", path);
        bool optional = (value->flags & CYAML_FLAG_OPTIONAL) != 0;
        if (optional == (strncmp(key->default_text, "required", 8) == 0))
            fail_msg("%s is optional in one table and required in the other", path);
        bool again = strncmp(path, "subjects[].policy", 17) == 0 || strncmp(path, "groups[].policy", 15) == 0;
        if (!again) scalars++;
    }
}

static void schema_and_table_have_the_same_keys(void **state)
{
    (void)state;
    size_t rows = 0;
    while (config_key_at(rows))
        rows++;
    walk(&config_schema, "");
    assert_int_equal(scalars, rows);
}

static char *document(void)
{
    FILE *file = fopen(CONFIGURATION_DOC, "rb");
    assert_non_null(file);
    char *text = calloc(1, 65536);
    assert_non_null(text);
    assert_in_range(fread(text, 1, 65535, file), 1, 65534);
    fclose(file);
    return text;
}

static void every_key_and_profile_is_documented_as_it_is(void **state)
{
    (void)state;
    char *text = document();
    char row[CONFIG_KEY_ROW_SIZE];
    const struct config_key *key;
    const struct sw_profile *profile;
    for (size_t i = 0; (key = config_key_at(i)) != NULL; i++) {
        config_key_row(key, row);
        if (!strstr(text, row)) fail_msg("docs/configuration.md lacks the row\n%s", row);
    }
    for (size_t i = 0; (profile = sw_profile_at(i)) != NULL; i++) {
        snprintf(row, sizeof row, "| `%s` | %s |", profile->name, profile->description);
        if (!strstr(text, row)) fail_msg("docs/configuration.md lacks the row\n%s", row);
    }
    free(text);
}

static void no_key_is_documented_that_does_not_exist(void **state)
{
    (void)state;
    char *text = document();
    const char *at = text;
    while ((at = strstr(at, "\n| `")) != NULL) {
        char name[128];
        at += 4;
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at, "`"), at);
        if (!config_key_find(name) && !sw_profile_by_name(name)) fail_msg("docs/configuration.md tells of %s", name);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schema_and_table_have_the_same_keys),
        cmocka_unit_test(every_key_and_profile_is_documented_as_it_is),
        cmocka_unit_test(no_key_is_documented_that_does_not_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
