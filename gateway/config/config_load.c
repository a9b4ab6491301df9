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

static int load_file(const char *file, struct load *load, struct config_report report)
{
    return config_file_load(file, (struct config_maker){{&config_schema, config_key_find}, load, make}, report);
}

int config_load(const char *file, enum config_use use, struct config_report report, struct gateway_config **config)
{
    struct load load = {use, NULL};
    int error = load_file(file, &load, report);
    if (error) config_free(load.config);
    *config = error ? NULL : load.config;
    return error;
}

/* The plan is looked at only where all else is right. */
static bool only_plan_fails(const struct gateway_config *config)
{
    for (uint32_t i = 0; config && i < config->line_count; i++)
        if (config->lines[i].plan_fails) return true;
    return false;
}

int config_load_to_check(const char *file, struct config_report report, struct gateway_config **config)
{
    struct load load = {CONFIG_FOR_DAEMON, NULL};
    int error = load_file(file, &load, report);
    bool shown = !error || only_plan_fails(load.config);
    if (!shown) config_free(load.config);
    *config = shown ? load.config : NULL;
    return error;
}
