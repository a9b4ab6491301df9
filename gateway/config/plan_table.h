/* The plan of each line as a table that can be followed with a pencil (docs/planning.md). */
#ifndef GATEWAY_CONFIG_PLAN_TABLE_H
#define GATEWAY_CONFIG_PLAN_TABLE_H

#include <stdio.h>

#include "config/gateway_config.h"

void plan_table_print(const struct gateway_config *config, FILE *to);

/* Only of the lines for which the configuration is refused. */
void plan_table_print_failing(const struct gateway_config *config, FILE *to);

#endif
