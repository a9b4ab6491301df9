#include "config/config_document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stillwater/error.h"

static void report_parser_error(const yaml_parser_t *parser, struct config_problems *problems)
{
    const char *what = parser->problem ? parser->problem : "cannot be read";
    /* Encoding errors have an offset only; their mark stays at the start. */
    unsigned line = parser->error == YAML_READER_ERROR ? 0 : (unsigned)parser->problem_mark.line + 1;
    if (line == 0)
        config_problem(problems, 0, "", "not YAML: %s at byte %zu; expected UTF-8 text", what, parser->problem_offset);
    else
        config_problem(problems, line, "", "not YAML: %s at column %zu", what, parser->problem_mark.column + 1);
}

/* A second document in the file would be ignored silently. */
static void check_single(yaml_parser_t *parser, struct config_problems *problems)
{
    yaml_document_t second;
    if (!yaml_parser_load(parser, &second)) {
        report_parser_error(parser, problems);
        return;
    }
    const yaml_node_t *root = yaml_document_get_root_node(&second);
    if (root)
        config_problem(problems, (unsigned)root->start_mark.line + 1, "", "a second YAML document; expected only one");
    yaml_document_delete(&second);
}

int config_document_parse(struct config_document *document, const uint8_t *bytes, size_t size,
                          struct config_problems *problems)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        config_problem(problems, 0, "", "no memory to read the file");
        return SW_ERROR_CONFIG;
    }
    unsigned before = problems->count;
    yaml_parser_set_input_string(&parser, bytes, size);
    if (!yaml_parser_load(&parser, &document->yaml)) {
        report_parser_error(&parser, problems);
    } else {
        if (!yaml_document_get_root_node(&document->yaml))
            config_problem(problems, 1, "", "the file is empty; expected keys such as schema, city and gateway");
        else
            check_single(&parser, problems);
        if (problems->count > before) yaml_document_delete(&document->yaml);
    }
    yaml_parser_delete(&parser);
    return problems->count > before ? SW_ERROR_CONFIG : SW_OK;
}

void config_document_free(struct config_document *document)
{
    yaml_document_delete(&document->yaml);
}

yaml_node_t *config_document_value(struct config_document *document, const yaml_node_t *mapping, const char *key,
                                   const yaml_node_t **key_node)
{
    if (mapping->type != YAML_MAPPING_NODE) return NULL;
    const yaml_node_pair_t *pairs = mapping->data.mapping.pairs.start;
    for (; pairs < mapping->data.mapping.pairs.top; pairs++) {
        const yaml_node_t *name = yaml_document_get_node(&document->yaml, pairs->key);
        if (name->type != YAML_SCALAR_NODE || strcmp((const char *)name->data.scalar.value, key) != 0) continue;
        *key_node = name;
        return yaml_document_get_node(&document->yaml, pairs->value);
    }
    return NULL;
}

static yaml_node_t *item_of(struct config_document *document, const yaml_node_t *sequence, size_t index)
{
    if (sequence->type != YAML_SEQUENCE_NODE) return NULL;
    const yaml_node_item_t *items = sequence->data.sequence.items.start;
    if (index >= (size_t)(sequence->data.sequence.items.top - items)) return NULL;
    return yaml_document_get_node(&document->yaml, items[index]);
}

unsigned config_document_line(struct config_document *document, const char *path)
{
    const yaml_node_t *node = yaml_document_get_root_node(&document->yaml);
    size_t line = node->start_mark.line;
    while (node && *path != '\0') {
        if (*path == '.') path++;
        if (*path == '[') {
            char *end = NULL;
            node = item_of(document, node, strtoul(path + 1, &end, 10));
            path = end + 1;
            if (node) line = node->start_mark.line;
            continue;
        }
        char key[64] = "";
        size_t length = strcspn(path, ".[");
        if (length >= sizeof key) break;
        memcpy(key, path, length);
        path += length;
        const yaml_node_t *name = NULL;
        node = config_document_value(document, node, key, &name);
        if (node) line = name->start_mark.line;
    }
    return (unsigned)line + 1;
}

void config_document_problem(struct config_document *document, struct config_problems *problems, const char *path,
                             const char *format, va_list arguments)
{
    char text[768];
    (void)vsnprintf(text, sizeof text, format, arguments);
    config_problem(problems, config_document_line(document, path), path, "%s", text);
}
