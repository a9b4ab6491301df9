#include "core/outage/outage.h"

#define HOUR_MS INT64_C(3600000)

void outage_note(struct outage *outage, int64_t bytes, int64_t now_ms)
{
    if (outage->since_ms == 0 || now_ms < outage->since_ms) *outage = (struct outage){.since_ms = now_ms};
    outage->bytes += bytes;
    /* The older half is forgotten, as if all had come evenly. */
    while (now_ms - outage->since_ms >= 2 * HOUR_MS) {
        int64_t half_ms = (now_ms - outage->since_ms) / 2;
        outage->since_ms += half_ms;
        outage->bytes /= 2;
    }
}

int64_t outage_hours_left(const struct outage *outage, int64_t room_bytes, int64_t now_ms)
{
    int64_t time_ms = now_ms - outage->since_ms;
    if (outage->since_ms == 0 || time_ms < OUTAGE_RATE_MIN_MS) return -1;
    if (outage->bytes <= 0) return OUTAGE_HOURS_MAX;
    double hours = (double)room_bytes / (double)outage->bytes * (double)time_ms / (double)HOUR_MS;
    return hours < OUTAGE_HOURS_MAX ? (int64_t)hours : OUTAGE_HOURS_MAX;
}
