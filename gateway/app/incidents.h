/* Water and cover alerts that are near one another, as one (core/incident/): kept over restarts, named in each member's
 * alert. */
#ifndef GATEWAY_APP_INCIDENTS_H
#define GATEWAY_APP_INCIDENTS_H

#include "app/gateway_state.h"

/* After the areas and the open alerts. SW_ERROR_NO_SPACE; incidents_free is owed either way. */
int incidents_build(struct gateway *gateway);
void incidents_free(struct gateway *gateway);

/* Before the revision is journalled. `subject`: of the core. */
void incidents_on_alert(struct gateway *gateway, uint32_t subject, const struct sw_alert *alert);
void incidents_tick(struct gateway *gateway);

/* What has changed, into the batch that is being filled. */
void incidents_save(struct gateway *gateway);

/* The incident of an alert, written into `id`; NULL: it belongs to none. */
const char *incidents_id(const struct gateway *gateway, uint32_t subject, const struct sw_alert *alert,
                         char id[SW_ALERT_ID_SIZE]);

#endif
