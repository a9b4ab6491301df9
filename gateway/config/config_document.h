/* The file as a tree of YAML nodes with their lines. libcyaml gives values but no lines; this gives the lines. */
#ifndef GATEWAY_CONFIG_CONFIG_DOCUMENT_H
#define GATEWAY_CONFIG_CONFIG_DOCUMENT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <yaml.h>

#include "config/config_problems.h"

#define CONFIG_PATH_SIZE 256

struct config_document {
    yaml_document_t yaml;
};

/* SW_OK: release with config_document_free. SW_ERROR_CONFIG after a problem was reported: nothing to release. */
int config_document_parse(struct config_document *document, const uint8_t *bytes, size_t size,
                          struct config_problems *problems);
void config_document_free(struct config_document *document);

/* Line of the field with this path ("lines[0].nodes[1].unit_id"); where the file leaves it out, the line of the
 * nearest part around it that is there. */
unsigned config_document_line(struct config_document *document, const char *path);

/* A problem of the field with this path, on its line. */
__attribute__((format(printf, 4, 0))) void config_document_problem(struct config_document *document,
                                                                   struct config_problems *problems, const char *path,
                                                                   const char *format, va_list arguments);

/* The value of a key of a mapping, and the key itself; NULL when it is not there. */
yaml_node_t *config_document_value(struct config_document *document, const yaml_node_t *mapping, const char *key,
                                   const yaml_node_t **key_node);

#endif
