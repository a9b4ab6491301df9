/* What a line has to say, on its way from a station to the port's callbacks. */
#ifndef FIELD_BUS_FIELD_EVENT_H
#define FIELD_BUS_FIELD_EVENT_H

#include "ports/field_bus.h"

#define FIELD_TEXT_SIZE 256

enum field_event_type {
    FIELD_EVENT_BATCH,
    FIELD_EVENT_SAMPLE,
    FIELD_EVENT_NODE_LINK,
    FIELD_EVENT_LINE_LINK,
    FIELD_EVENT_LOG_UNOPENED,
    FIELD_EVENT_NOTICE,
    FIELD_EVENT_DEVICE_NOTICE,
    FIELD_EVENT_CHANGED, /* what follows is by the new configuration; for the bus itself */
};

struct field_event {
    enum field_event_type type;
    uint32_t line, node, device; /* indices in the configuration */
    bool up;
    int error;
    uint32_t serial;
    union {
        char text[FIELD_TEXT_SIZE];
        struct field_bus_batch batch;
        struct field_bus_sample sample;
    };
};

/* Where a line's events go: a mailbox on a thread of its own, the port's callbacks on the loop. */
struct field_sink {
    void *ctx;
    void (*post)(void *ctx, const struct field_event *event);
};

/* Calls what `to` has for an event. */
void field_event_deliver(const struct field_event *event, const struct field_bus_events *to);

#endif
