/* Carries outbox rows to the publisher, oldest first, at most mqtt.inflight under way. A row leaves the outbox when the
 * broker has taken it. After a lost link it starts again from the first row not taken; the centre drops what it then
 * gets twice, by (id, revision). */
#ifndef GATEWAY_APP_OUTBOX_H
#define GATEWAY_APP_OUTBOX_H

#include "app/gateway_state.h"

/* New rows may be there. */
void outbox_wake(struct gateway *gateway);

/* Goes on where the publisher was not ready and nothing since has said that it is. */
void outbox_tick(struct gateway *gateway);

/* The store's and the publisher's answers. */
void outbox_on_rows(struct gateway *gateway, const struct store_outbox_row *rows, size_t count);
void outbox_on_delivered(struct gateway *gateway, int64_t id);
void outbox_on_link(struct gateway *gateway, bool up);

/* Everything has been delivered, or cannot be because the link is down. */
bool outbox_is_drained(const struct gateway *gateway);

#endif
