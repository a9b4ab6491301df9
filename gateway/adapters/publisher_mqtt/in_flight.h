/* What was handed to the broker and is not yet confirmed: a bounded table from MQTT message id to what it was. Alerts
 * and areas have limits of their own; the rest of the table is for status and replies, so that none can crowd out the
 * others.
 * A full table refuses, it never drops. */
#ifndef GATEWAY_ADAPTERS_PUBLISHER_MQTT_IN_FLIGHT_H
#define GATEWAY_ADAPTERS_PUBLISHER_MQTT_IN_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ports/publisher.h"

#define IN_FLIGHT_OTHERS_MAX 64
#define IN_FLIGHT_AREAS_MAX  PUBLISHER_AREAS_UNDER_WAY_MAX

struct in_flight_entry {
    int message_id;
    bool is_alert;
    bool is_area;
    int64_t token; /* alerts */
};

struct in_flight {
    struct in_flight_entry *entries;
    uint32_t count, alert_count, area_count, alert_limit;
};

int in_flight_init(struct in_flight *table, uint32_t alert_limit);
void in_flight_close(struct in_flight *table);

bool in_flight_takes_alert(const struct in_flight *table);
bool in_flight_takes_area(const struct in_flight *table);
bool in_flight_takes_other(const struct in_flight *table);

/* Only after one of the three above said yes. */
void in_flight_add(struct in_flight *table, struct in_flight_entry entry);

/* False when the message id is not in the table. */
bool in_flight_take(struct in_flight *table, int message_id, struct in_flight_entry *entry);
void in_flight_forget_all(struct in_flight *table);

#endif
