#include "record_time.h"

#include <string.h>

void record_time_reset(struct record_time *time)
{
    time->count = 0;
}

/* Index of the boot, or count when it is not known. */
static uint32_t find(const struct record_time *time, uint16_t boot)
{
    uint32_t i = 0;
    while (i < time->count && time->boots[i].boot != boot)
        i++;
    return i;
}

void record_time_observe(struct record_time *time, const struct sw_node_window_header *header, struct sw_wall at)
{
    uint32_t i = find(time, header->boot);
    if (i == time->count && time->count < RECORD_TIME_BOOTS) time->count++;
    if (i == RECORD_TIME_BOOTS) i--; /* the oldest one makes room */
    memmove(&time->boots[1], &time->boots[0], i * sizeof time->boots[0]);
    time->boots[0].boot = header->boot;
    time->boots[0].offset_ms = at.ms - ((int64_t)header->uptime_s * 1000 + header->uptime_ms);
}

struct record_wall record_time_of(const struct record_time *time, const struct sw_record *record, struct sw_wall at)
{
    struct record_wall wall = {.clock = (enum sw_clock_quality)record->clock_quality};
    int64_t stamp_ms = (int64_t)record->seconds * 1000 + record->millis;
    if (record->clock_quality != SW_CLOCK_UNSET) {
        wall.time.ms = stamp_ms;
    } else {
        uint32_t i = find(time, record->boot);
        wall.clock = i < time->count ? SW_CLOCK_CORRECTED : SW_CLOCK_ESTIMATED;
        wall.time.ms = i < time->count ? time->boots[i].offset_ms + stamp_ms : at.ms;
    }
    wall.clamped = wall.time.ms - at.ms > RECORD_TIME_TOLERANCE_MS;
    if (wall.time.ms > at.ms) wall.time = at;
    return wall;
}
