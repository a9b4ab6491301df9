/* The gateway's way to the city, and the broker at its end: takes alerts and may lose them, doubles and reorders what
 * it hands to the centre, keeps what is retained. */
#ifndef TESTS_SIM_BROKER_H
#define TESTS_SIM_BROKER_H

#include "sim/sim.h"

void broker_make(void);
void broker_free(void);

/* Its power: what waits in it for the centre is lost with it. Retained messages are on its disk. */
void broker_set_power(bool on);
/* The gateway's connection breaks, and is made again after a while. */
void broker_break_link(void);
/* The gateway has lost its power: its will is sent out. */
void broker_lose_gateway(void);
/* The centre has come or gone: what waits for it is handed to it. */
void broker_centre_changed(void);

/* From the centre to the gateway; lost when the way is not open. */
void broker_send_receipt(const char *payload);
/* `number` comes back with the answer. */
void broker_send_command(const char *payload, size_t number);

/* When the gateway's connection was made; INT64_MAX while there is none. */
int64_t broker_up_since_us(void);

/* The retained message of a topic, NULL when there is none. */
const char *broker_retained(const char *topic);
void broker_each_retained(void (*each)(const char *topic, const char *payload));

struct broker_counts {
    uint64_t published, lost, doubled, connects, waiting_most;
};
extern struct broker_counts broker_counts;

#endif
