/* Whether each line can do what the file asks of it (core/poll/line_plan.h): its polls fit in its time, and what it
 * watches is told within what the city is promised. For a file without other problems. Marks the lines of which it is
 * not so. */
#ifndef GATEWAY_CONFIG_CONFIG_RULES_PLAN_H
#define GATEWAY_CONFIG_CONFIG_RULES_PLAN_H

#include "config/config_document.h"

void config_rules_plan_check(const struct gateway_config *config, struct config_document *document,
                             struct config_problems *problems);

#endif
