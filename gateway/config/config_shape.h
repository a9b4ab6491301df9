/* Compares the document with the schema tables and reports every difference: libcyaml stops at the first one, takes
 * "2x" for 2 and "010" for 8, and gives a line but no path. What passes here loads. */
#ifndef GATEWAY_CONFIG_CONFIG_SHAPE_H
#define GATEWAY_CONFIG_CONFIG_SHAPE_H

#include <cyaml/cyaml.h>

#include "config/config_document.h"
#include "config/config_keys.h"
#include "config/config_problems.h"

/* The tables of one kind of file. */
struct config_shape {
    const cyaml_schema_value_t *schema;
    const struct config_key *(*key)(const char *path); /* NULL: none has this path */
};

/* SW_OK, SW_ERROR_CONFIG after at least one problem was reported. */
int config_shape_check(struct config_document *document, const struct config_shape *shape,
                       struct config_problems *problems);

#endif
