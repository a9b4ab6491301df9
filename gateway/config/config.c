#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/gateway_config.h"
#include "config/profile_file.h"

struct gateway_config *config_built_in(void)
{
    struct gateway_config *config = calloc(1, sizeof *config);
    if (!config) return NULL;
    snprintf(config->city, sizeof config->city, "city");
    snprintf(config->gateway, sizeof config->gateway, "replay");
    config->policy = policy_city_default();
    return config;
}

const struct config_subject *config_subject_named(const struct gateway_config *config, const char *id)
{
    for (uint32_t i = 0; i < config->subject_count; i++)
        if (strcmp(config->subjects[i].id, id) == 0) return &config->subjects[i];
    return NULL;
}

const struct policy *config_policy_of(const struct gateway_config *config, const char *id)
{
    const struct config_subject *subject = config_subject_named(config, id);
    return subject ? subject->policy : &config->policy;
}

static void free_line(struct config_line *line)
{
    for (uint32_t i = 0; i < line->node_count; i++)
        free(line->nodes[i].slots);
    free(line->nodes);
    for (uint32_t i = 0; i < line->device_count; i++)
        free(line->devices[i].identity);
    free(line->devices);
    free(line->port);
    free(line->host);
    free(line->listen);
    free(line->registration);
}

void config_free(struct gateway_config *config)
{
    if (!config) return;
    for (uint32_t i = 0; i < config->line_count; i++)
        free_line(&config->lines[i]);
    free(config->lines);
    free(config->groups);
    for (uint32_t i = 0; i < config->subject_count; i++)
        free(config->subjects[i].own_policy);
    free(config->subjects);
    free(config->store_path);
    for (uint32_t i = 0; i < config->reports.area_count; i++)
        free(config->reports.areas[i]);
    free(config->reports.areas);
    free(config->registry.places);
    free(config->mqtt.host);
    free(config->mqtt.discovery_prefix);
    free(config->mqtt.username);
    free(config->mqtt.password_file);
    free(config->mqtt.ca_file);
    free(config->mqtt.certificate_file);
    free(config->mqtt.key_file);
    free(config->registry.people);
    profile_folder_free(&config->profiles);
    free(config);
}
