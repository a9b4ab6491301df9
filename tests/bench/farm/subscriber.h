/* A subscriber that notes when each value arrives. It speaks just enough MQTT 3.1.1 for that, by itself: a library
 * would read each message with several system calls, and its own time would be part of the figure. */
#ifndef BENCH_SUBSCRIBER_H
#define BENCH_SUBSCRIBER_H

#include "farm/board.h"

struct subscriber;

/* Connects, subscribes to `topics` with QoS 0 and reads on a thread of its own. NULL: no such broker. */
struct subscriber *subscriber_start(uint16_t port, const char *topics, struct board *board);

/* Stops reading, or goes on: what then does not fit the connection waits at the broker. */
void subscriber_pause(struct subscriber *subscriber, bool paused);

#endif
