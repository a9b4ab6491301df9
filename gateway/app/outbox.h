/* Carries outbox rows to the publisher, at most mqtt.inflight of them under way to the broker: first what was decided
 * on this connection, then what was there before it, both in order of colour, red first, and of one subject oldest
 * first. What is decided faster than it can be sent does not hold up the rest for ever (OUTBOX_STARVED_MS).
 *
 * When a row leaves the outbox is mqtt.done_on: `receipt`, once the centre says that it has stored the revision, or
 * `puback`, once the broker has taken it. With `receipt`, what was sent and is not done is sent again in passes, in the
 * same order, the first mqtt.resend_after_s later and each at twice the time of the one before, up to
 * mqtt.resend_after_max_s; a receipt after a silence starts the time over. New rows go before those sent again. A row
 * is done by a receipt for exactly its revision, whatever became of later ones. The centre drops what it gets twice, by
 * (id, revision).
 *
 * Nothing in memory grows with the outbox: the store says what is left. */
#ifndef GATEWAY_APP_OUTBOX_H
#define GATEWAY_APP_OUTBOX_H

#include "app/gateway_state.h"

/* How fast a backlog drains: this many rows may be sent without a receipt; each receipt gives one back, and each tick
 * some, so that a centre that gives none still gets all. The broker's queue for it holds only so many. */
#define OUTBOX_CREDIT_MAX  500u
#define OUTBOX_CREDIT_TICK 100u

/* A line that has waited this long behind others has the next window for itself. */
#define OUTBOX_STARVED_MS 30000

/* New rows may be there. */
void outbox_wake(struct gateway *gateway);

/* Asks for rows when some can be sent: new ones, and when there are none, those of a pass. After a connect the states
 * go first. */
void outbox_pump(struct gateway *gateway);

/* Passing of time. */
void outbox_tick(struct gateway *gateway);

/* The store's and the publisher's answers. A receipt that is wrong anywhere is counted and changes nothing. */
void outbox_on_rows(struct gateway *gateway, const struct store_outbox_row *rows, size_t count);
void outbox_on_taken(struct gateway *gateway, int64_t id);
void outbox_on_receipt(struct gateway *gateway, const char *payload, size_t size);
void outbox_on_link(struct gateway *gateway, bool up);

/* The broker has taken everything, or cannot because the link is down. Receipts are not waited for: what has none is
 * sent again after the next start. */
bool outbox_is_drained(const struct gateway *gateway);

/* Rows wait to be sent for the first time, and the link is theirs. */
bool outbox_is_sending(const struct gateway *gateway);

#endif
