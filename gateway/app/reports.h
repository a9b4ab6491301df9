/* What workers and citizens report (docs/reports.md): matched with open alerts by kind, place and time; it confirms
 * one, or opens one of its own where this gateway is the one to do so. */
#ifndef GATEWAY_APP_REPORTS_H
#define GATEWAY_APP_REPORTS_H

#include "app/gateway_state.h"
#include "message/message.h"

/* Room in the core for places, before it is made; and the places, once it is. */
uint32_t reports_places(const struct gateway *gateway);
int reports_add_places(struct gateway *gateway);

/* SW_ERROR_NO_SPACE; either way reports_free is owed. */
int reports_build(struct gateway *gateway);
/* What was reported before, from the store. After the open alerts. */
void reports_restore(struct gateway *gateway);
/* The same from the gateway as it was before a reload. */
void reports_take_over(struct gateway *gateway, const struct gateway *before);
void reports_free(struct gateway *gateway);

/* `source` and `who`: of the topic. */
void reports_on_message(struct gateway *gateway, const char *source, const char *who,
                        const struct publisher_command *from);

/* Before the revision is journalled; of an alert that is over, after. `subject`: of the core, or NO_SUBJECT. */
void reports_on_revision(struct gateway *gateway, uint32_t subject, const struct sw_alert *alert);
/* Sensors' alerts that tell of what was reported before; reported alerts of which nothing was said any more. */
void reports_tick(struct gateway *gateway);

/* What the alert's message says of them; NULL: nothing was reported. */
const struct message_reports *reports_of(const struct gateway *gateway, const struct sw_alert *alert,
                                         struct message_reports *reports);

/* Of a place of the core that something is or was reported of. */
const struct config_place *reports_place(const struct gateway *gateway, uint32_t core_index);

#endif
