/* How a line is reached: which keys its transport has, and what of two lines cannot be together. */
#ifndef GATEWAY_CONFIG_CONFIG_RULES_TRANSPORT_H
#define GATEWAY_CONFIG_CONFIG_RULES_TRANSPORT_H

#include "config/config_document.h"
#include "config/config_schema.h"

/* A registration packet as it is written in the file. Returns its size; 0 when it is not one. */
uint8_t config_registration_parse(const char *text, uint8_t bytes[CONFIG_REGISTRATION_MAX]);

void config_rules_transport_check(const struct gateway_config *config, const struct raw_config *raw,
                                  struct config_document *document, struct config_problems *problems);

#endif
