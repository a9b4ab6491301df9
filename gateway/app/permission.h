/* Whether the broker lets us publish messages of a kind. Some brokers answer what they do not permit, mosquitto 2.0.11
 * closes the connection over it: hence one message goes alone on each connection until it has an answer, and a kind
 * whose first message was the last one on three connections in a row is given up, until the gateway is started again.
 */
#ifndef GATEWAY_APP_PERMISSION_H
#define GATEWAY_APP_PERMISSION_H

#include <stdbool.h>

/* Starts zeroed: it may be tried. */
struct permission {
    bool taken;          /* on this connection the broker has taken one */
    bool probing;        /* it has been sent the first one and has not answered */
    unsigned unanswered; /* connections lost like that, in a row */
    bool off;            /* the broker permits none */
};

void permission_on_sent(struct permission *permission);
/* `name`: the kind's, for the log. */
void permission_on_done(struct permission *permission, bool taken, const char *name);
/* The link is up or lost. */
void permission_on_link(struct permission *permission, bool up, const char *name);

#endif
