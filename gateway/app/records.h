/* What the field bus says: readings for the core and the store, links, new logs. */
#ifndef GATEWAY_APP_RECORDS_H
#define GATEWAY_APP_RECORDS_H

#include "app/gateway_state.h"

/* The subject of the core that a reading of the target belongs to; NO_SUBJECT. */
uint32_t records_subject_of(const struct target *target, enum sw_reading_kind kind);
/* The reading of a row as the core is handed it, and was when the row is a stored one. */
struct core_reading records_reading_of(const struct store_reading *row, uint32_t subject);

void records_on_batch(struct gateway *gateway, const struct field_bus_batch *batch);
void records_on_sample(struct gateway *gateway, const struct field_bus_sample *sample);
void records_on_node_link(struct gateway *gateway, uint32_t line, uint32_t node, bool up, const char *text);
void records_on_line_link(struct gateway *gateway, uint32_t line, bool up, const char *text);
void records_on_log_unopened(struct gateway *gateway, uint32_t line, uint32_t node, uint32_t serial);

#endif
