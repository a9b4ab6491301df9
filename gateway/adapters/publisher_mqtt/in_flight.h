/* What was handed to the broker and is not yet confirmed: a bounded table from MQTT message id to what it was. Alerts
 * and each kind of what is retained have limits of their own; the rest of the table is for status and replies, so that
 * none can crowd out the others.
 * A full table refuses, it never drops. */
#ifndef GATEWAY_ADAPTERS_PUBLISHER_MQTT_IN_FLIGHT_H
#define GATEWAY_ADAPTERS_PUBLISHER_MQTT_IN_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ports/publisher.h"

#define IN_FLIGHT_OTHERS_MAX   64
#define IN_FLIGHT_RETAINED_MAX PUBLISHER_RETAINED_UNDER_WAY_MAX /* of each kind */
/* All that is neither an alert nor the CAP beside one. */
#define IN_FLIGHT_BESIDE_MAX                                                                                           \
    (PUBLISHER_RETAINED_COUNT * IN_FLIGHT_RETAINED_MAX + PUBLISHER_TELEMETRY_COUNT + IN_FLIGHT_OTHERS_MAX)

enum in_flight_class {
    IN_FLIGHT_OTHER,
    IN_FLIGHT_ALERT,
    IN_FLIGHT_CAP,      /* as many as alerts */
    IN_FLIGHT_RETAINED, /* and the kinds after it: IN_FLIGHT_RETAINED + enum publisher_retained */
    IN_FLIGHT_TELEMETRY = IN_FLIGHT_RETAINED + PUBLISHER_RETAINED_COUNT, /* the same; one of each */
    IN_FLIGHT_CLASS_COUNT = IN_FLIGHT_TELEMETRY + PUBLISHER_TELEMETRY_COUNT
};

struct in_flight_entry {
    int message_id;
    unsigned class; /* enum in_flight_class */
    int64_t token;  /* alerts */
};

struct in_flight {
    struct in_flight_entry *entries;
    uint32_t count, alert_limit;
    uint32_t class_count[IN_FLIGHT_CLASS_COUNT];
};

int in_flight_init(struct in_flight *table, uint32_t alert_limit);
void in_flight_close(struct in_flight *table);

bool in_flight_takes(const struct in_flight *table, unsigned class);

/* Only after in_flight_takes() said yes. */
void in_flight_add(struct in_flight *table, struct in_flight_entry entry);

/* False when the message id is not in the table. */
bool in_flight_take(struct in_flight *table, int message_id, struct in_flight_entry *entry);
void in_flight_forget_all(struct in_flight *table);

#endif
