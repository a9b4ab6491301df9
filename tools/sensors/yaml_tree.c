#include "sensors/yaml_tree.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void report(struct yaml_tree *tree, unsigned line, const char *field, const char *text)
{
    tree->problems++;
    tree->report.problem(tree->report.ctx, tree->name, line, field, text);
}

bool yaml_tree_parse(struct yaml_tree *tree, const char *name, const char *text, size_t size, struct yaml_report to)
{
    yaml_parser_t parser;
    char problem[256];
    *tree = (struct yaml_tree){.name = name, .report = to};
    if (!yaml_parser_initialize(&parser)) return false;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    bool parsed = yaml_parser_load(&parser, &tree->document) != 0;
    if (!parsed) {
        snprintf(problem, sizeof problem, "not YAML: %s, column %zu", parser.problem ? parser.problem : "no memory",
                 parser.problem_mark.column + 1);
        report(tree, (unsigned)parser.problem_mark.line + 1, "", problem);
    } else if (yaml_document_get_root_node(&tree->document) == NULL) {
        report(tree, 0, "", "found nothing, expected a mapping");
        yaml_document_delete(&tree->document);
        parsed = false;
    }
    yaml_parser_delete(&parser);
    return parsed;
}

void yaml_tree_free(struct yaml_tree *tree)
{
    yaml_document_delete(&tree->document);
}

struct yaml_at yaml_tree_root(struct yaml_tree *tree)
{
    return (struct yaml_at){.node = yaml_document_get_root_node(&tree->document)};
}

void yaml_problem(struct yaml_tree *tree, const struct yaml_at *at, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    report(tree, (unsigned)at->node->start_mark.line + 1, at->field, text);
}

/* What a report says was found. */
static void describe(const struct yaml_at *at, char *text, size_t size)
{
    if (at->node->type == YAML_MAPPING_NODE)
        snprintf(text, size, "a mapping");
    else if (at->node->type == YAML_SEQUENCE_NODE)
        snprintf(text, size, "a list");
    else
        snprintf(text, size, "\"%.60s\"", (const char *)at->node->data.scalar.value);
}

static void wrong(struct yaml_tree *tree, const struct yaml_at *at, const char *expected)
{
    char found[80];
    describe(at, found, sizeof found);
    yaml_problem(tree, at, "found %s, expected %s", found, expected);
}

static void name_field(const struct yaml_at *parent, const char *key, struct yaml_at *child)
{
    snprintf(child->field, sizeof child->field, "%.100s%s%.56s", parent->field, parent->field[0] ? "." : "", key);
}

bool yaml_pair(struct yaml_tree *tree, const struct yaml_at *mapping, size_t index, const char **key,
               struct yaml_at *value)
{
    const yaml_node_pair_t *pair = mapping->node->data.mapping.pairs.start + index;
    if (pair >= mapping->node->data.mapping.pairs.top) return false;
    const yaml_node_t *name = yaml_document_get_node(&tree->document, pair->key);
    *key = name->type == YAML_SCALAR_NODE ? (const char *)name->data.scalar.value : "?";
    value->node = yaml_document_get_node(&tree->document, pair->value);
    name_field(mapping, *key, value);
    return true;
}

bool yaml_find(struct yaml_tree *tree, const struct yaml_at *mapping, const char *key, struct yaml_at *value)
{
    const char *name;
    for (size_t i = 0; yaml_pair(tree, mapping, i, &name, value); i++)
        if (strcmp(name, key) == 0) return true;
    return false;
}

bool yaml_require(struct yaml_tree *tree, const struct yaml_at *mapping, const char *key, const char *expected,
                  struct yaml_at *value)
{
    if (yaml_find(tree, mapping, key, value)) return true;
    struct yaml_at absent = {.node = mapping->node};
    name_field(mapping, key, &absent);
    yaml_problem(tree, &absent, "found nothing, expected %s", expected);
    return false;
}

bool yaml_check_mapping(struct yaml_tree *tree, const struct yaml_at *at, const char *expected)
{
    const char *key, *earlier;
    struct yaml_at value, other;
    if (at->node->type != YAML_MAPPING_NODE) {
        wrong(tree, at, expected);
        return false;
    }
    for (size_t i = 0; yaml_pair(tree, at, i, &key, &value); i++)
        for (size_t j = 0; j < i && yaml_pair(tree, at, j, &earlier, &other); j++)
            if (strcmp(key, earlier) == 0) {
                yaml_problem(tree, &value, "found a second time, expected once");
                return false;
            }
    return true;
}

bool yaml_check_sequence(struct yaml_tree *tree, const struct yaml_at *at, const char *expected)
{
    if (at->node->type == YAML_SEQUENCE_NODE) return true;
    wrong(tree, at, expected);
    return false;
}

bool yaml_item(struct yaml_tree *tree, const struct yaml_at *sequence, size_t index, struct yaml_at *item)
{
    const yaml_node_item_t *at = sequence->node->data.sequence.items.start + index;
    if (at >= sequence->node->data.sequence.items.top) return false;
    item->node = yaml_document_get_node(&tree->document, *at);
    snprintf(item->field, sizeof item->field, "%.130s[%zu]", sequence->field, index);
    return true;
}

const char *yaml_text(struct yaml_tree *tree, const struct yaml_at *at, const char *expected)
{
    if (at->node->type == YAML_SCALAR_NODE && at->node->data.scalar.value[0] != '\0')
        return (const char *)at->node->data.scalar.value;
    wrong(tree, at, expected);
    return NULL;
}

bool yaml_number(struct yaml_tree *tree, const struct yaml_at *at, double minimum, double maximum, bool whole,
                 double *value)
{
    char expected[96];
    snprintf(expected, sizeof expected, "a %snumber from %.10g to %.10g", whole ? "whole " : "", minimum, maximum);
    bool plain = at->node->type == YAML_SCALAR_NODE && at->node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    const char *text = plain ? (const char *)at->node->data.scalar.value : "";
    char *end = NULL;
    *value = strtod(text, &end);
    bool good = plain && end != text && *end == '\0' && *value >= minimum && *value <= maximum &&
                (!whole || *value == floor(*value));
    if (!good) wrong(tree, at, expected);
    return good;
}
