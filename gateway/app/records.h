/* What the field bus says: readings for the core and the store, links, new logs. */
#ifndef GATEWAY_APP_RECORDS_H
#define GATEWAY_APP_RECORDS_H

#include "app/gateway_state.h"

void records_on_batch(struct gateway *gateway, const struct field_bus_batch *batch);
void records_on_sample(struct gateway *gateway, const struct field_bus_sample *sample);
void records_on_node_link(struct gateway *gateway, uint32_t line, uint32_t node, bool up, const char *text);
void records_on_line_link(struct gateway *gateway, uint32_t line, bool up, const char *text);
void records_on_log_unopened(struct gateway *gateway, uint32_t line, uint32_t node, uint32_t serial);

#endif
