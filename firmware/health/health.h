/* Feeds the watchdog, but only for a main loop whose every part has reported in during the pass. A part reports when it
 * has run and is not stuck in something that should have ended long ago. */
#ifndef FIRMWARE_HEALTH_H
#define FIRMWARE_HEALTH_H

#include "firmware/port.h"

enum health_part { HEALTH_SENSE = 1, HEALTH_SAMPLE = 2, HEALTH_SERVE = 4, HEALTH_ALL = 7 };

/* The loop comes round at least this often, so that a watchdog of a second or more is fed in time. */
#define HEALTH_PASS_INTERVAL_US 250000u

struct health {
    const struct port_system *system;
    unsigned reported;
};

static inline void health_report(struct health *health, enum health_part part)
{
    health->reported |= (unsigned)part;
}

/* Ends a pass: feeds the watchdog if all parts have reported, and asks them anew. */
void health_end_pass(struct health *health);

static inline uint32_t health_uptime_s(uint64_t now_us)
{
    return (uint32_t)(now_us / 1000000u);
}

#endif
