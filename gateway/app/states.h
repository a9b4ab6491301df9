/* What is open now, on retained topics: one message for each subject that has an open alert, and none for any other.
 *
 * A message says what is in the store: a revision that is not committed yet keeps its subject's message back. After a
 * connect all that are open are told first, the worst colour first, and what the broker holds beside is taken away;
 * the outbox waits for that. Later on alerts go before states. */
#ifndef GATEWAY_APP_STATES_H
#define GATEWAY_APP_STATES_H

#include "app/gateway_state.h"

/* So long alerts wait for the states after a connect, at most: on a slow link a storm has more states than that. */
#define STATES_FIRST_MS 5000

/* After alerts_build. SW_OK or SW_ERROR_NO_SPACE; states_free is owed either way. */
int states_build(struct gateway *gateway);
/* What is to be told from the gateway as it was before a reload; and what the broker keeps of subjects it had. */
void states_take_over(struct gateway *gateway, const struct gateway *before);
void states_leave(struct gateway *gateway, const struct gateway *before);
void states_free(struct gateway *gateway);

/* An alert of this subject has a new revision, in the batch being filled. May be called from the core's sink. */
void states_on_alert(struct gateway *gateway, uint32_t subject);

/* What is said of this subject elsewhere is in the batch being filled, too. */
void states_on_setting(struct gateway *gateway, uint32_t subject);
/* All that was noted of the subject is in the store. */
bool states_are_stored(const struct gateway *gateway, uint32_t subject);

/* Tells what may be told now. Called whenever there may be something new to tell, or room for it. */
void states_pump(struct gateway *gateway);
void states_tick(struct gateway *gateway);

void states_on_link(struct gateway *gateway, bool up);
void states_on_kept(struct gateway *gateway, const char *topic);

/* What was open at the connect has been told, or has been waited for long enough. */
bool states_are_told(const struct gateway *gateway);

#endif
