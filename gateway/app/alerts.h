/* Every revision of an alert passes here: into the register of open alerts, the journal, the areas and the log. */
#ifndef GATEWAY_APP_ALERTS_H
#define GATEWAY_APP_ALERTS_H

#include "app/gateway_state.h"

/* After the subjects. SW_ERROR_NO_SPACE; either way alerts_free is owed. */
int alerts_build(struct gateway *gateway);
/* The open alerts as the store knows them. Those of subjects that are in the configuration no more are left out. */
void alerts_restore(struct gateway *gateway);
/* The same from the gateway as it was before a reload. */
void alerts_take_over(struct gateway *gateway, const struct gateway *before);
void alerts_free(struct gateway *gateway);

/* Open drills, or open alerts without them. */
uint32_t alerts_count(const struct gateway *gateway, bool drills);

/* `subject`: index in the core, or NO_SUBJECT for one that is watched no longer. */
void alerts_on_revision(struct gateway *gateway, uint32_t subject, const struct sw_alert *alert);

#endif
