/* What libcyaml cannot know: ids used once, figures that fit each other, files that exist. Reports every problem. */
#ifndef GATEWAY_CONFIG_CONFIG_RULES_H
#define GATEWAY_CONFIG_CONFIG_RULES_H

#include "config/config_document.h"
#include "config/config_schema.h"

void config_rules_check(const struct gateway_config *config, const struct raw_config *raw, enum config_use use,
                        struct config_document *document, struct config_problems *problems);

#endif
