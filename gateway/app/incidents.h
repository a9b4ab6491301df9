/* Water and cover alerts that are near one another, as one (core/incident/): kept over restarts, named in each member's
 * alert, and told on a retained topic of its own, so that who comes late sees what there is. */
#ifndef GATEWAY_APP_INCIDENTS_H
#define GATEWAY_APP_INCIDENTS_H

#include "app/gateway_state.h"

/* An incident is told at most so often; what changes meanwhile goes out as it is then. */
#define INCIDENTS_INTERVAL_MS 1000

/* After the areas and the open alerts. SW_ERROR_NO_SPACE; incidents_free is owed either way. */
int incidents_build(struct gateway *gateway);
/* In place of incidents_build: from the gateway as it was before a reload. And what is kept of its incidents, in the
 * store and at the broker, that are no more. */
int incidents_take_over(struct gateway *gateway, const struct gateway *before);
void incidents_leave(struct gateway *gateway, const struct gateway *before);
void incidents_free(struct gateway *gateway);

/* What people report is at this place from now on. For the others it is done at the start. */
void incidents_place(struct gateway *gateway, uint32_t subject);
/* Whether the subject's alert of this kind is a member of an incident, though it may be over. */
bool incidents_have(const struct gateway *gateway, uint32_t subject, enum sw_alert_kind kind);

/* Before the revision is journalled. `subject`: of the core. */
void incidents_on_alert(struct gateway *gateway, uint32_t subject, const struct sw_alert *alert);
void incidents_tick(struct gateway *gateway);

/* Tells what may be told now: what is in the store, and so before the alerts of the same commit. One that is over is
 * told as that, and then taken from the broker. */
void incidents_pump(struct gateway *gateway);
void incidents_on_link(struct gateway *gateway, bool up);
void incidents_on_kept(struct gateway *gateway, const char *topic);

/* What has changed, into the batch that is being filled. */
void incidents_save(struct gateway *gateway);

/* The incident of an alert, written into `id`; NULL: it belongs to none. */
const char *incidents_id(const struct gateway *gateway, uint32_t subject, enum sw_alert_kind kind,
                         enum sw_alert_rule rule, bool drill, char id[SW_ALERT_ID_SIZE]);

#endif
