/* How long the store can go on keeping what must be kept, at the rate at which it has lately grown. */
#ifndef GATEWAY_CORE_OUTAGE_OUTAGE_H
#define GATEWAY_CORE_OUTAGE_OUTAGE_H

#include <stdint.h>

/* What has grown since when: an hour at least, two at most, once the gateway has run so long. */
struct outage {
    int64_t since_ms;
    int64_t bytes;
};

/* More is told as this: ten years. */
#define OUTAGE_HOURS_MAX 87600
/* The shortest time that says something of a rate. */
#define OUTAGE_RATE_MIN_MS 60000

/* `bytes` more since the last call; the first one begins. A clock that goes back begins anew. */
void outage_note(struct outage *outage, int64_t bytes, int64_t now_ms);

/* Hours until room_bytes are used up; -1: no rate is known yet. */
int64_t outage_hours_left(const struct outage *outage, int64_t room_bytes, int64_t now_ms);

#endif
