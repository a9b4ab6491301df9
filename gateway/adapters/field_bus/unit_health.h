/* When to ask a unit again, and whether its link counts as up. One for each unit of each line, so a dead unit on one
 * line never mutes its namesake on another. Pure. */
#ifndef FIELD_BUS_UNIT_HEALTH_H
#define FIELD_BUS_UNIT_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

/* Longest back-off. A device keeps its whole line waiting each time it does not answer; a node is asked more often, so
 * that its return with a backlog is seen quickly. A unit whose poll interval is longer keeps its interval. */
#define UNIT_BACKOFF_DEVICE_MS 30000
#define UNIT_BACKOFF_NODE_MS   5000

/* A link is down after this many failures in a row and this many poll intervals since the first of them. */
#define UNIT_DOWN_FAILURES  3
#define UNIT_DOWN_INTERVALS 2

struct unit_health {
    uint32_t interval_ms;
    uint32_t hurry_ms; /* polled at least so often; 0 = as the interval says */
    uint32_t backoff_limit_ms;
    uint32_t failures; /* in a row */
    int64_t failing_since_us;
};

void unit_health_init(struct unit_health *health, uint32_t interval_ms, uint32_t backoff_limit_ms);
void unit_health_succeeded(struct unit_health *health);
/* Returns the time until the next try in us. */
int64_t unit_health_failed(struct unit_health *health, int64_t now_us);
bool unit_health_is_down(const struct unit_health *health, int64_t now_us);

/* Between two polls while it answers, in us. */
int64_t unit_health_interval_us(const struct unit_health *health);

/* The next time on the raster of the interval, after `now`; keeps units apart that were apart. */
int64_t unit_health_next_poll(const struct unit_health *health, int64_t last_due_us, int64_t now_us);

#endif
