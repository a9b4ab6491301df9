/* The rules of lines, nodes, slots and devices: unit ids, slots and who measures what. */
#ifndef GATEWAY_CONFIG_CONFIG_RULES_WIRING_H
#define GATEWAY_CONFIG_CONFIG_RULES_WIRING_H

#include "config/config_document.h"

void config_rules_wiring_check(const struct gateway_config *config, struct config_document *document,
                               struct config_problems *problems);

#endif
