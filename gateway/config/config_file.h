/* A YAML file, checked against its tables and made into something: the configuration, the registries. */
#ifndef GATEWAY_CONFIG_CONFIG_FILE_H
#define GATEWAY_CONFIG_CONFIG_FILE_H

#include "config/config_document.h"
#include "config/config_problems.h"
#include "config/config_shape.h"

struct config_maker {
    struct config_shape shape;
    void *ctx;
    /* Called once the shape is right, with what libcyaml loaded; both are valid during the call. Reports what else is
     * wrong. */
    void (*make)(void *ctx, const void *raw, struct config_document *document, struct config_problems *problems);
};

/* SW_OK, or SW_ERROR_CONFIG after at least one problem was reported, by make() or before it. */
int config_file_load(const char *file, struct config_maker maker, struct config_report report);

#endif
