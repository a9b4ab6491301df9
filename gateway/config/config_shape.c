#include "config/config_shape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stillwater/error.h"

struct walk {
    struct config_document *document;
    const struct config_shape *shape;
    struct config_problems *problems;
    bool *seen; /* by node number: an alias leads to a node a second time */
};

static unsigned line_of(const yaml_node_t *node)
{
    return (unsigned)node->start_mark.line + 1;
}

static size_t column_of(const yaml_node_t *node)
{
    return node->start_mark.column + 1;
}

static const char *shape_name(const yaml_node_t *node)
{
    switch (node->type) {
    case YAML_MAPPING_NODE:
        return "a mapping";
    case YAML_SEQUENCE_NODE:
        return "a list";
    case YAML_SCALAR_NODE:
        return node->data.scalar.length == 0 ? "nothing" : "a single value";
    default:
        return "nothing";
    }
}

static void list_fields(const cyaml_schema_field_t *fields, char *text, size_t size)
{
    size_t used = 0;
    for (; fields->key && used < size; fields++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", fields->key);
}

static const cyaml_schema_field_t *field_named(const cyaml_schema_field_t *fields, const char *key)
{
    for (; fields->key; fields++)
        if (strcmp(fields->key, key) == 0) return fields;
    return NULL;
}

static void check_value(struct walk *walk, const yaml_node_t *node, unsigned line, const cyaml_schema_value_t *schema,
                        const char *path);

/* Marks a node as visited; false (and a problem) when it has been before. */
static bool first_visit(struct walk *walk, const yaml_node_t *node, unsigned line, const char *path)
{
    size_t number = (size_t)(node - walk->document->yaml.nodes.start);
    if (!walk->seen[number]) {
        walk->seen[number] = true;
        return true;
    }
    config_problem(walk->problems, line, path, "an alias; expected the value itself, written out");
    return false;
}

/* An id is given back as text, so that a message can quote what is in the file; long ones are cut. */
static void check_scalar(struct walk *walk, const yaml_node_t *node, unsigned line, const char *path)
{
    char expected[CONFIG_EXPECTED_SIZE];
    const struct config_key *key = walk->shape->key(path);
    if (!key) {
        config_problem(walk->problems, line, path, "key has a place in the schema but no row in the table of keys");
        return;
    }
    if (node->type != YAML_SCALAR_NODE) {
        config_key_expected(key, expected);
        config_problem(walk->problems, line, path, "found %s; expected %s", shape_name(node), expected);
        return;
    }
    const char *value = (const char *)node->data.scalar.value;
    bool quoted = node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    /* A zero byte (written as \0 in quotes) would end the text early. */
    bool whole = strlen(value) == node->data.scalar.length;
    if (node->data.scalar.length == 0) {
        config_key_expected(key, expected);
        config_problem(walk->problems, line, path, "found no value; expected %s", expected);
    } else if (!whole) {
        config_problem(walk->problems, line, path, "found a zero byte in the text; expected text without one");
    } else if (!config_key_check(key, value, quoted, expected)) {
        config_problem(walk->problems, line, path,
                       quoted ? "found the text \"%.60s\"; expected %s" : "found %.60s; expected %s", value, expected);
    }
}

/* Whether this key came before in the same mapping; libcyaml would name the first place, not the second. */
static const yaml_node_t *earlier_key(struct walk *walk, const yaml_node_t *mapping, const yaml_node_pair_t *pair)
{
    const yaml_node_t *key = yaml_document_get_node(&walk->document->yaml, pair->key);
    for (const yaml_node_pair_t *p = mapping->data.mapping.pairs.start; p < pair; p++) {
        const yaml_node_t *other = yaml_document_get_node(&walk->document->yaml, p->key);
        if (other->type == YAML_SCALAR_NODE &&
            strcmp((const char *)other->data.scalar.value, (const char *)key->data.scalar.value) == 0)
            return other;
    }
    return NULL;
}

static void check_pair(struct walk *walk, const yaml_node_t *mapping, const yaml_node_pair_t *pair,
                       const cyaml_schema_field_t *fields, const char *path)
{
    const yaml_node_t *key = yaml_document_get_node(&walk->document->yaml, pair->key);
    const yaml_node_t *value = yaml_document_get_node(&walk->document->yaml, pair->value);
    char known[512], field_path[CONFIG_PATH_SIZE];
    if (key->type != YAML_SCALAR_NODE) {
        config_problem(walk->problems, line_of(key), path, "found %s as a key; expected a name", shape_name(key));
        return;
    }
    const char *name = (const char *)key->data.scalar.value;
    snprintf(field_path, sizeof field_path, "%s%s%.64s", path, *path ? "." : "", name);
    const cyaml_schema_field_t *field = field_named(fields, name);
    const yaml_node_t *earlier = earlier_key(walk, mapping, pair);
    if (!field) {
        list_fields(fields, known, sizeof known);
        config_problem(walk->problems, line_of(key), field_path, "unknown key at column %zu; expected one of %s",
                       column_of(key), known);
    } else if (earlier) {
        config_problem(walk->problems, line_of(key), field_path,
                       "key given again at column %zu; expected it once, it is on line %u already", column_of(key),
                       line_of(earlier));
    } else {
        check_value(walk, value, line_of(key), &field->value, field_path);
    }
}

static void check_mapping(struct walk *walk, const yaml_node_t *node, unsigned line, const cyaml_schema_field_t *fields,
                          const char *path)
{
    if (node->type != YAML_MAPPING_NODE) {
        char known[512];
        list_fields(fields, known, sizeof known);
        config_problem(walk->problems, line, path, "found %s; expected a mapping with keys of %s", shape_name(node),
                       known);
        return;
    }
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; pair < node->data.mapping.pairs.top; pair++)
        check_pair(walk, node, pair, fields, path);
    for (const cyaml_schema_field_t *field = fields; field->key; field++) {
        const yaml_node_t *key = NULL;
        if ((field->value.flags & CYAML_FLAG_OPTIONAL) || config_document_value(walk->document, node, field->key, &key))
            continue;
        char field_path[CONFIG_PATH_SIZE], expected[CONFIG_EXPECTED_SIZE];
        snprintf(field_path, sizeof field_path, "%s%s%s", path, *path ? "." : "", field->key);
        const struct config_key *row = walk->shape->key(field_path);
        snprintf(expected, sizeof expected, "a value");
        if (row) config_key_expected(row, expected);
        config_problem(walk->problems, line, field_path, "key is missing; expected %s", expected);
    }
}

static void check_sequence(struct walk *walk, const yaml_node_t *node, unsigned line, const cyaml_schema_value_t *entry,
                           const char *path)
{
    if (node->type != YAML_SEQUENCE_NODE) {
        config_problem(walk->problems, line, path, "found %s; expected a list", shape_name(node));
        return;
    }
    size_t count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    for (size_t i = 0; i < count; i++) {
        char item_path[CONFIG_PATH_SIZE];
        snprintf(item_path, sizeof item_path, "%s[%zu]", path, i);
        const yaml_node_t *item = yaml_document_get_node(&walk->document->yaml, node->data.sequence.items.start[i]);
        check_value(walk, item, line_of(item), entry, item_path);
    }
}

static void check_value(struct walk *walk, const yaml_node_t *node, unsigned line, const cyaml_schema_value_t *schema,
                        const char *path)
{
    if (!first_visit(walk, node, line, path)) return;
    if (schema->type == CYAML_MAPPING)
        check_mapping(walk, node, line, schema->mapping.fields, path);
    else if (schema->type == CYAML_SEQUENCE)
        check_sequence(walk, node, line, schema->sequence.entry, path);
    else
        check_scalar(walk, node, line, path);
}

int config_shape_check(struct config_document *document, const struct config_shape *shape,
                       struct config_problems *problems)
{
    unsigned before = problems->count;
    size_t count = (size_t)(document->yaml.nodes.top - document->yaml.nodes.start);
    struct walk walk = {document, shape, problems, calloc(count, sizeof(bool))};
    if (!walk.seen) {
        config_problem(problems, 0, "", "no memory to check the file");
        return SW_ERROR_CONFIG;
    }
    const yaml_node_t *root = yaml_document_get_root_node(&document->yaml);
    check_value(&walk, root, line_of(root), shape->schema, "");
    free(walk.seen);
    return problems->count > before ? SW_ERROR_CONFIG : SW_OK;
}
