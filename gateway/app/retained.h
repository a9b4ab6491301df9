/* Messages that the broker keeps for whoever comes later, by kinds (enum publisher_retained): what their
 * pumps have in common: topics, and what the broker holds of a kind from before that is wrong now. */
#ifndef GATEWAY_APP_RETAINED_H
#define GATEWAY_APP_RETAINED_H

#include "app/gateway_state.h"

/* Stale topics at the broker to be taken away, of each kind; what is more comes again with the next connect. */
#define RETAINED_STALE_MAX 1024u

/* The topic of a kind that ends with `rest`, and the way back: NULL for a topic that is none of the kind. */
void retained_topic(const struct gateway *gateway, enum publisher_retained kind, const char *rest,
                    char topic[SW_TOPIC_SIZE]);
const char *retained_rest(const struct gateway *gateway, enum publisher_retained kind, const char *topic);

/* The link is up, and this kind may be published. */
bool retained_may_go(const struct gateway *gateway, enum publisher_retained kind);

/* As publisher_set_retained(). */
int retained_set(struct gateway *gateway, enum publisher_retained kind, const char *topic, const char *body);

/* The broker holds a message that is no longer true of anything. */
void retained_note_stale(struct gateway *gateway, enum publisher_retained kind, const char *topic);
/* Takes those away, as many as may go now. False: there are more, and nothing else of the kind may go. */
bool retained_clear_stale(struct gateway *gateway, enum publisher_retained kind);

/* False when the link was down and is down. */
bool retained_on_link(struct gateway *gateway, enum publisher_retained kind, bool up);
void retained_on_done(struct gateway *gateway, enum publisher_retained kind, bool taken);

/* "" or what is not published, and why. */
const char *retained_trouble(const struct gateway *gateway);

void retained_free(struct gateway *gateway);

#endif
