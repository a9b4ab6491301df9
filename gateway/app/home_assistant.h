/* What families see: of each home with home_assistant: on its retained state, and a device that Home Assistant
 * discovers. Of any other home nothing is published, and what the broker still holds of it is taken away. */
#ifndef GATEWAY_APP_HOME_ASSISTANT_H
#define GATEWAY_APP_HOME_ASSISTANT_H

#include "app/gateway_state.h"

/* A last use or a coverage that changes is told this often at most; what changes otherwise, with the next tick. */
#define HOME_ASSISTANT_FIGURES_MS 60000

/* After the subjects. SW_OK or SW_ERROR_NO_SPACE; home_assistant_free is owed either way. */
int home_assistant_build(struct gateway *gateway);
/* As areas_leave. */
void home_assistant_leave(struct gateway *gateway, const struct gateway *before);
void home_assistant_free(struct gateway *gateway);

/* Looks at each home once and tells what is new, as far as the publisher has room. A home with an alert's revision or
 * a setting that is not committed yet is passed over: what a power cut undoes no family has seen. */
void home_assistant_tick(struct gateway *gateway);
/* Goes on where room was wanting. */
void home_assistant_pump(struct gateway *gateway);

void home_assistant_on_link(struct gateway *gateway, bool up);
/* The broker holds a message of PUBLISHER_HOMES or PUBLISHER_DISCOVERY. */
void home_assistant_on_kept(struct gateway *gateway, enum publisher_retained kind, const char *topic);
/* Home Assistant has come online: it is told of all homes again. */
void home_assistant_on_birth(struct gateway *gateway);

#endif
