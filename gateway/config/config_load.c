#include "config/config_build.h"
#include "config/config_file.h"
#include "config/config_rules.h"
#include "config/config_schema.h"
#include "stillwater/error.h"

struct load {
    enum config_use use;
    struct gateway_config *config;
};

static void make(void *ctx, const void *raw, struct config_document *document, struct config_problems *problems)
{
    struct load *load = ctx;
    load->config = config_build(raw, document, problems);
    if (load->config) config_rules_check(load->config, raw, load->use, document, problems);
}

int config_load(const char *file, enum config_use use, struct config_report report, struct gateway_config **config)
{
    struct load load = {use, NULL};
    int error = config_file_load(file, (struct config_maker){{&config_schema, config_key_find}, &load, make}, report);
    if (error) config_free(load.config);
    *config = error ? NULL : load.config;
    return error;
}
