/* The machine the gateway runs on: starts the daemon, ticks it, and loses its power. */
#ifndef TESTS_SIM_HOST_H
#define TESTS_SIM_HOST_H

#include "sim/sim.h"

#define HOST_INFLIGHT 20u

void host_make(void);
void host_free(void);

/* The daemon is gone at once; what it does from here on reaches nobody. It is started again after a while. Not from
 * inside a call of the gateway. Nothing when it is off already. */
void host_power_cut(void);
/* The longest that it stays off after the next cuts. */
void host_set_pause(int64_t most_us);
bool host_is_on(void);

/* A large world is looked at less often, so that it can be played in a minute: nodes are polled more rarely, the daemon
 * ticks more slowly, and the broker permits no areas, which the small worlds look after. */
bool host_is_large(void);

/* Seconds between two polls of a node. */
unsigned host_poll_s(void);
/* And until a node that does not answer is told as silent. */
unsigned host_silent_s(void);

/* The times at which it was off. */
struct host_pause {
    int64_t from_us, to_us;
};
size_t host_pause_count(void);
struct host_pause host_pause_at(size_t index);

#endif
