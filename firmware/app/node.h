/* The node: wires sampler, log, server, clock and health together and runs them from one cooperative loop. */
#ifndef FIRMWARE_APP_NODE_H
#define FIRMWARE_APP_NODE_H

#include "firmware/port.h"

/* Defined in app/node_state.h so that a board can allocate it statically: `static struct node node;` */
struct node;

/* SW_OK; SW_ERROR_NO_SPACE when the retained memory is too small for the log. A log found in retained memory is taken
 * over when it is whole; damaged records are dropped and reported as a gap. */
int node_init(struct node *node, const struct node_ports *ports);

/* One pass; never blocks. Returns the time of the next thing to do (port_time scale): the board may sleep until then.
 */
uint64_t node_poll(struct node *node);

#endif
