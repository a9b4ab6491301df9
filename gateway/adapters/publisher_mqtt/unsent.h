/* How much of what was written to a connection the network has yet to take. A file of its own: what the kernel tells of
 * a connection is in a header that does not go together with libuv's. */
#ifndef GATEWAY_ADAPTERS_PUBLISHER_MQTT_UNSENT_H
#define GATEWAY_ADAPTERS_PUBLISHER_MQTT_UNSENT_H

#include <stdbool.h>

/* What is written next waits behind no more than the network takes in 20 ms, as it has found itself to be; of a slow
 * one UNSENT_LEAST bytes, of the fastest UNSENT_MOST. */
#define UNSENT_LEAST 16384
#define UNSENT_MOST  262144
bool unsent_is_little(int descriptor);

#endif
