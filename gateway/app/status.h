/* The retained status message: what state the gateway is in, what does not work, and every counter. */
#ifndef GATEWAY_APP_STATUS_H
#define GATEWAY_APP_STATUS_H

#include "app/gateway_state.h"
#include "message/message.h"

#define STATUS_EVERY_MS 30000

/* From malloc; NULL when memory is refused. */
char *status_encode(const struct gateway *gateway, enum message_status_state state);

/* Sends it when it is due or when something has begun or ceased to be wrong. */
void status_tick(struct gateway *gateway);
/* Something in it has changed that people wait to see: with the next tick. */
void status_soon(struct gateway *gateway);

#endif
