/* Storm watch (core/storm/): kept over restarts, told in the status, and felt on the field bus, which polls faster. */
#ifndef GATEWAY_APP_STORM_H
#define GATEWAY_APP_STORM_H

#include "app/gateway_state.h"
#include "message/message.h"

/* After the store is open. */
void storm_begin(struct gateway *gateway);
/* After the bus has been started. */
void storm_tick(struct gateway *gateway);

/* The bus follows the present configuration. */
void storm_hurry(struct gateway *gateway);

/* `storm` and `calm` of the centre: SW_OK, or as storm_on() and storm_off(). */
int storm_command(struct gateway *gateway, const struct message_command *command);

/* For the status; `since` is 0 when it is off. */
struct message_storm storm_message(const struct gateway *gateway);

#endif
