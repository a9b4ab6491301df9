#include "record_time.h"

#include <string.h>

void record_time_reset(struct record_time *time)
{
    *time = (struct record_time){.count = 0};
}

/* Index of the boot, or count when it is not known. */
static uint32_t find(const struct record_time *time, uint16_t boot)
{
    uint32_t i = 0;
    while (i < time->count && time->boots[i].boot != boot)
        i++;
    return i;
}

static void remember(struct record_time *time, uint16_t boot, int64_t offset_ms, bool guessed)
{
    uint32_t i = find(time, boot);
    if (i == time->count && time->count < RECORD_TIME_BOOTS) time->count++;
    if (i == RECORD_TIME_BOOTS) i--; /* the oldest one makes room */
    memmove(&time->boots[1], &time->boots[0], i * sizeof time->boots[0]);
    time->boots[0].boot = boot;
    time->boots[0].guessed = guessed;
    time->boots[0].offset_ms = offset_ms;
}

void record_time_observe(struct record_time *time, const struct sw_node_window_header *header, struct sw_wall at)
{
    remember(time, header->boot, at.ms - ((int64_t)header->uptime_s * 1000 + header->uptime_ms), false);
}

static int64_t stamp_ms(const struct sw_record *record)
{
    return (int64_t)record->seconds * 1000 + record->millis;
}

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The latest that the first of these records can have been made: before the boots that are known to have followed its
 * own, and before the records behind it. */
static int64_t latest_ms(const struct record_time *time, const struct sw_record *records, uint16_t count,
                         struct sw_wall at)
{
    int64_t latest = at.ms;
    for (uint32_t i = 0; i < time->count; i++) {
        bool follows = (int16_t)(time->boots[i].boot - records[0].boot) > 0;
        if (follows && !time->boots[i].guessed) latest = lesser(latest, time->boots[i].offset_ms);
    }
    for (uint16_t i = 1; i < count; i++)
        if (records[i].clock_quality != SW_CLOCK_UNSET) latest = lesser(latest, stamp_ms(&records[i]));
    return latest;
}

/* Where nothing is known of what was before, the boot is taken to have ended as late as it can have. */
static int64_t guess_offset(const struct record_time *time, const struct sw_record *records, uint16_t count,
                            int64_t latest)
{
    if (time->last_ms != 0 && time->last_ms <= latest) return time->last_ms;
    uint16_t last = 0;
    while (last + 1 < count && records[last + 1].boot == records[0].boot &&
           records[last + 1].clock_quality == SW_CLOCK_UNSET)
        last++;
    return latest - stamp_ms(&records[last]);
}

/* The first of these records, whose stamp is its uptime. */
static struct record_wall from_uptime(struct record_time *time, const struct sw_record *records, uint16_t count,
                                      struct sw_wall at)
{
    uint32_t i = find(time, records->boot);
    if (i < time->count && !time->boots[i].guessed)
        return (struct record_wall){{time->boots[i].offset_ms + stamp_ms(records)}, SW_CLOCK_CORRECTED, false};
    int64_t latest = latest_ms(time, records, count, at);
    int64_t offset_ms = i < time->count ? time->boots[i].offset_ms : guess_offset(time, records, count, latest);
    if (i == time->count) remember(time, records->boot, offset_ms, true);
    return (struct record_wall){{lesser(offset_ms + stamp_ms(records), latest)}, SW_CLOCK_ESTIMATED, false};
}

void record_time_of(struct record_time *time, const struct sw_record *records, uint16_t count, struct sw_wall at,
                    struct record_wall *walls)
{
    for (uint16_t i = 0; i < count; i++) {
        struct record_wall *wall = &walls[i];
        if (records[i].clock_quality == SW_CLOCK_UNSET)
            *wall = from_uptime(time, &records[i], (uint16_t)(count - i), at);
        else
            *wall =
                (struct record_wall){{stamp_ms(&records[i])}, (enum sw_clock_quality)records[i].clock_quality, false};
        wall->clamped = wall->time.ms - at.ms > RECORD_TIME_TOLERANCE_MS;
        if (wall->time.ms > at.ms) wall->time = at;
        time->last_ms = wall->time.ms;
    }
}
