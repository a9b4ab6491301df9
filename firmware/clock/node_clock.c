#include "firmware/clock/node_clock.h"

enum sw_clock_quality node_clock_quality(const struct node_clock *clock, uint64_t now_us)
{
    if (!clock->set) return SW_CLOCK_UNSET;
    return now_us - clock->set_at_us < SW_CLOCK_HOLDOVER_S * UINT64_C(1000000) ? SW_CLOCK_SET : SW_CLOCK_HOLDOVER;
}

struct sw_wall node_clock_wall(const struct node_clock *clock, uint64_t now_us)
{
    return sw_wall_from_ms(clock->set ? node_clock_uptime(now_us).ms + clock->offset_ms : 0);
}

static int32_t saturate(int64_t value)
{
    if (value > INT32_MAX) return INT32_MAX;
    return value < INT32_MIN ? INT32_MIN : (int32_t)value;
}

int32_t node_clock_set(struct node_clock *clock, uint64_t now_us, struct sw_wall wall)
{
    int64_t error_ms = clock->set ? sw_wall_diff_ms(wall, node_clock_wall(clock, now_us)) : INT32_MAX;
    clock->offset_ms = wall.ms - node_clock_uptime(now_us).ms;
    clock->set = true;
    clock->set_at_us = now_us;
    clock->last_error_ms = saturate(error_ms);
    return clock->last_error_ms;
}

void node_clock_stamp(const struct node_clock *clock, uint64_t now_us, struct sw_record *record)
{
    int64_t ms = clock->set ? node_clock_wall(clock, now_us).ms : node_clock_uptime(now_us).ms;
    record->seconds = (uint32_t)(ms / 1000);
    record->millis = (uint16_t)(ms % 1000);
    record->clock_quality = (uint8_t)node_clock_quality(clock, now_us);
}
