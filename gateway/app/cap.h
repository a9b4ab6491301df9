/* The CAP beside an alert (mqtt.cap). It goes to the broker before its alert and on the same connection, so whatever
 * confirms the alert comes after the broker has had both: one outbox row, and receipts mean what they mean. */
#ifndef GATEWAY_APP_CAP_H
#define GATEWAY_APP_CAP_H

#include "app/gateway_state.h"

/* False when the row has to wait: the broker has not answered the first CAP of this connection yet. Also true when
 * there is nothing to send: CAP is off, not permitted, or the alert is a note. */
bool cap_send(struct gateway *gateway, const struct store_outbox_row *row, bool replayed);

void cap_on_link(struct gateway *gateway, bool up);
void cap_on_done(struct gateway *gateway, bool taken);

/* "" or why none is published. */
const char *cap_trouble(const struct gateway *gateway);

#endif
