/* The colours of places on their way to the city's map: which have changed, and who has been told. */
#ifndef GATEWAY_APP_AREAS_H
#define GATEWAY_APP_AREAS_H

#include "app/gateway_state.h"

/* An area is published at most so often; what changes meanwhile goes out as it is then. */
#define AREAS_INTERVAL_MS 1000

/* Subjects judged anew in one tick, besides those that have had an alert: one falls silent, or is heard again, without
 * any. At a tick a second no map is more than a second behind up to so many subjects. */
#define AREAS_JUDGED_A_TICK 4096u

/* After subjects_restore. SW_OK or SW_ERROR_NO_SPACE; areas_free is owed either way. */
int areas_build(struct gateway *gateway);
/* All are to be told anew, and what the broker keeps of others than the gateway before a reload had. */
void areas_leave(struct gateway *gateway, const struct gateway *before);
void areas_free(struct gateway *gateway);

/* An alert of this subject has a new revision. May be called from the core's sink. */
void areas_on_alert(struct gateway *gateway, uint32_t subject);

void areas_on_link(struct gateway *gateway, bool up);
void areas_on_kept(struct gateway *gateway, const char *topic);
void areas_tick(struct gateway *gateway);
/* Hands over what is due, as far as there is room. */
void areas_pump(struct gateway *gateway);

#endif
