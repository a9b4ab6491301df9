/* What a line of the configuration has to do, in time: its units as the arithmetic of core/poll/ wants them. */
#ifndef GATEWAY_CONFIG_LINE_TIMING_H
#define GATEWAY_CONFIG_LINE_TIMING_H

#include "config/gateway_config.h"
#include "core/poll/line_plan.h"

/* One poll of a unit: all its exchanges, and how often. */
struct unit_timing {
    struct exchange_time poll;
    int64_t interval_us;
};

struct poll_line line_timing_of(const struct config_line *line);
struct unit_timing line_timing_device(const struct config_line *line, const struct config_device *device);
/* A node is asked again at once while it has more than a window of records; levels move at every sample then, and
 * everything else tells itself with its heartbeat. */
struct unit_timing line_timing_node(const struct config_line *line, const struct config_node *node);
struct line_plan line_timing_plan(const struct config_line *line);

/* The line behind a node, which asks its sensors with the settings of each profile. */
struct unit_timing line_timing_slot(const struct config_slot *slot);
struct line_plan line_timing_sensors(const struct config_node *node);

/* From a change at the sensor to the broker at worst: every unit answers as late as it may, and one in ten not at all.
 * `domain` is what is measured: a home is judged by its heartbeat, too. */
struct alarm_path line_timing_device_path(const struct line_plan *line, const struct unit_timing *device);
struct alarm_path line_timing_slot_path(const struct line_plan *line, const struct config_line *config,
                                        const struct config_node *node, const struct config_slot *slot,
                                        enum subject_domain domain);

/* What is promised of a domain; 0 = nothing. */
int64_t line_timing_promise_ms(const struct latency_policy *latency, enum subject_domain domain);

/* Whether one of the points a device gives, or a node with it in a slot, is of the domain. */
bool line_timing_device_tells(const struct config_device *device, enum subject_domain domain);
bool line_timing_slot_tells(const struct config_slot *slot, enum subject_domain domain);

#endif
