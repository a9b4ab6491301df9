/* Leads what nobody answers to whoever is above (core/escalation/, docs/escalation.md). Nothing of it happens without a
 * people file.
 *
 * No step is taken while the broker is away: nobody can have heard of the alert, and nobody would hear of the step.
 * Overdue alerts go up one level then, once what people had to say to them meanwhile has come in. */
#ifndef GATEWAY_APP_ESCALATIONS_H
#define GATEWAY_APP_ESCALATIONS_H

#include "app/gateway_state.h"
#include "message/message.h"

/* After a connect; a person's answers come within it. */
#define ESCALATIONS_SETTLE_MS 5000

/* So many go up with one tick at most, a second apart: after an outage the worst are told first, and the broker and the
 * people who answer are not handed all at once. */
#define ESCALATIONS_AT_A_TIME 20u

/* After alerts_build. SW_ERROR_NO_SPACE; either way escalations_free is owed. */
int escalations_build(struct gateway *gateway);
/* After alerts_restore. */
void escalations_restore(struct gateway *gateway);
/* The same from the gateway as it was before a reload; escalations_resume once it is in its place. */
void escalations_take_over(struct gateway *gateway, const struct gateway *before);
void escalations_resume(struct gateway *gateway);
void escalations_free(struct gateway *gateway);

/* A revision on its way into the journal: what has to be stored of it goes there, and who has to act into *told, which
 * is all zero without a people file. */
void escalations_on_revision(struct gateway *gateway, uint32_t subject, const struct sw_alert *alert,
                             struct message_escalation *told);
/* Who has to act on an open alert, as its last revision said; all zero without a people file. */
void escalations_of(const struct gateway *gateway, const struct open_alert *open, struct message_escalation *told);
void escalations_on_link(struct gateway *gateway, bool up);
void escalations_on_clock_set(struct gateway *gateway, int64_t step_ms);
void escalations_tick(struct gateway *gateway);

#endif
