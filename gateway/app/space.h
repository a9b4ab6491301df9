/* Room in the store: what it may take, the alert when it is full, and how long an outage it would last. */
#ifndef GATEWAY_APP_SPACE_H
#define GATEWAY_APP_SPACE_H

#include "app/gateway_state.h"

/* Those of the configuration. */
void space_set_limits(struct gateway *gateway);

/* Once the store is open. */
void space_begin(struct gateway *gateway);
void space_tick(struct gateway *gateway);

/* "" when all is well. */
const char *space_trouble(const struct gateway *gateway);
/* -1: not known yet. */
int64_t space_outage_hours_left(const struct gateway *gateway);

#endif
