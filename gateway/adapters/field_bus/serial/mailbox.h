/* Between one line's thread and the loop. Thread to loop: a bounded queue of events; when it is full the thread waits,
 * so nothing is dropped and a stuck loop stops the polling. Loop to thread: the latest order for each node and the
 * order to stop. Every field is guarded by the lock; nothing else is shared between the two sides. */
#ifndef FIELD_BUS_MAILBOX_H
#define FIELD_BUS_MAILBOX_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "station.h"

#define MAILBOX_EVENTS 32

struct field_mailbox {
    uv_async_t *async; /* of the bus: wakes the loop */
    int wake_fd;       /* eventfd: wakes the thread */
    uv_mutex_t lock;
    uv_cond_t space;
    struct field_event *ring; /* MAILBOX_EVENTS */
    uint32_t first, count;
    struct node_order *orders;      /* by node, as the thread has them */
    struct node_order *next_orders; /* by node, as they will be once the thread has taken the change */
    void *change;
    struct field_bus_counters counters;
    uint32_t hurry_ms; /* longest poll interval; 0 = as configured */
    bool held;
    bool stopping;
    bool ended;
};

/* SW_OK, or SW_ERROR_NO_SPACE / SW_ERROR_SYSTEM and nothing to undo. */
int mailbox_init(struct field_mailbox *mailbox, uv_async_t *async, uint32_t node_count);
void mailbox_free(struct field_mailbox *mailbox);

/* Thread side. Copies the event; once stopping, events are not taken any more. */
void mailbox_post(struct field_mailbox *mailbox, const struct field_event *event);
struct field_sink mailbox_sink(struct field_mailbox *mailbox);
bool mailbox_stopping(struct field_mailbox *mailbox);
void mailbox_clear_wake(struct field_mailbox *mailbox);
struct node_order mailbox_take_order(struct field_mailbox *mailbox, uint32_t node);
/* NULL when there is none. From here on orders are those of the new configuration. */
void *mailbox_take_change(struct field_mailbox *mailbox);
bool mailbox_held(struct field_mailbox *mailbox);
uint32_t mailbox_hurry(struct field_mailbox *mailbox);
void mailbox_publish_counters(struct field_mailbox *mailbox, const struct field_bus_counters *counters);
/* The thread's last call. */
void mailbox_end(struct field_mailbox *mailbox);

/* Loop side. False when there is nothing to take. */
bool mailbox_take(struct field_mailbox *mailbox, struct field_event *event);
void mailbox_order_acknowledge(struct field_mailbox *mailbox, uint32_t node, uint16_t epoch, uint32_t sequence);
void mailbox_order_open_log(struct field_mailbox *mailbox, uint32_t node, uint16_t epoch, uint32_t base);
void mailbox_order_hurry(struct field_mailbox *mailbox, uint32_t interval_ms);
/* The line goes over to another configuration; `change` is the two sides' own affair. `orders`, from malloc() and
 * cleared, has room for the nodes of the new configuration and becomes the mailbox's; from[node] is the node's index up
 * to now, or NO_SUCH_UNIT. Orders that follow are by the new configuration. One at a time. */
void mailbox_order_change(struct field_mailbox *mailbox, void *change, struct node_order *orders, const uint32_t *from,
                          uint32_t node_count);
/* While held, the thread leaves its port alone. */
void mailbox_order_hold(struct field_mailbox *mailbox, bool held);
void mailbox_order_stop(struct field_mailbox *mailbox);
bool mailbox_ended(struct field_mailbox *mailbox);
struct field_bus_counters mailbox_counters(struct field_mailbox *mailbox);

#endif
