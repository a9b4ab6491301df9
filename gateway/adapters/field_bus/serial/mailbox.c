#include "mailbox.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "stillwater/error.h"

static int init_primitives(struct field_mailbox *mailbox)
{
    mailbox->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (mailbox->wake_fd < 0) return SW_ERROR_SYSTEM;
    if (uv_mutex_init(&mailbox->lock) != 0) goto close_fd;
    if (uv_cond_init(&mailbox->space) != 0) goto destroy_lock;
    return SW_OK;
destroy_lock:
    uv_mutex_destroy(&mailbox->lock);
close_fd:
    close(mailbox->wake_fd);
    return SW_ERROR_SYSTEM;
}

int mailbox_init(struct field_mailbox *mailbox, uv_async_t *async, uint32_t node_count)
{
    *mailbox = (struct field_mailbox){.async = async};
    mailbox->ring = calloc(MAILBOX_EVENTS, sizeof *mailbox->ring);
    mailbox->orders = calloc(node_count + 1, sizeof *mailbox->orders);
    int error = SW_ERROR_NO_SPACE;
    if (mailbox->ring != NULL && mailbox->orders != NULL) error = init_primitives(mailbox);
    if (error != SW_OK) {
        free(mailbox->ring);
        free(mailbox->orders);
    }
    return error;
}

void mailbox_free(struct field_mailbox *mailbox)
{
    close(mailbox->wake_fd);
    uv_cond_destroy(&mailbox->space);
    uv_mutex_destroy(&mailbox->lock);
    free(mailbox->ring);
    free(mailbox->orders);
    free(mailbox->next_orders);
}

void mailbox_post(struct field_mailbox *mailbox, const struct field_event *event)
{
    uv_mutex_lock(&mailbox->lock);
    while (mailbox->count == MAILBOX_EVENTS && !mailbox->stopping)
        uv_cond_wait(&mailbox->space, &mailbox->lock);
    if (!mailbox->stopping) {
        mailbox->ring[(mailbox->first + mailbox->count) % MAILBOX_EVENTS] = *event;
        mailbox->count++;
    }
    uv_mutex_unlock(&mailbox->lock);
    uv_async_send(mailbox->async);
}

static void post_to(void *ctx, const struct field_event *event)
{
    mailbox_post(ctx, event);
}

struct field_sink mailbox_sink(struct field_mailbox *mailbox)
{
    return (struct field_sink){.ctx = mailbox, .post = post_to};
}

bool mailbox_stopping(struct field_mailbox *mailbox)
{
    uv_mutex_lock(&mailbox->lock);
    bool stopping = mailbox->stopping;
    uv_mutex_unlock(&mailbox->lock);
    return stopping;
}

void mailbox_clear_wake(struct field_mailbox *mailbox)
{
    uint64_t value;
    /* Non-blocking: whether it was set or not, it is clear now. */
    ssize_t size = read(mailbox->wake_fd, &value, sizeof value);
    (void)size;
}

static void wake(struct field_mailbox *mailbox)
{
    uint64_t one = 1;
    /* Fails only when the counter is full, and then the thread is being woken already. */
    ssize_t size = write(mailbox->wake_fd, &one, sizeof one);
    (void)size;
}

struct node_order mailbox_take_order(struct field_mailbox *mailbox, uint32_t node)
{
    uv_mutex_lock(&mailbox->lock);
    struct node_order order = mailbox->orders[node];
    mailbox->orders[node] = (struct node_order){.acknowledge = false};
    uv_mutex_unlock(&mailbox->lock);
    return order;
}

void *mailbox_take_change(struct field_mailbox *mailbox)
{
    uv_mutex_lock(&mailbox->lock);
    void *change = mailbox->change;
    if (change != NULL) {
        free(mailbox->orders);
        mailbox->orders = mailbox->next_orders;
        mailbox->next_orders = NULL;
        mailbox->change = NULL;
    }
    uv_mutex_unlock(&mailbox->lock);
    return change;
}

bool mailbox_held(struct field_mailbox *mailbox)
{
    uv_mutex_lock(&mailbox->lock);
    bool held = mailbox->held;
    uv_mutex_unlock(&mailbox->lock);
    return held;
}

uint32_t mailbox_hurry(struct field_mailbox *mailbox)
{
    uv_mutex_lock(&mailbox->lock);
    uint32_t interval_ms = mailbox->hurry_ms;
    uv_mutex_unlock(&mailbox->lock);
    return interval_ms;
}

void mailbox_publish_counters(struct field_mailbox *mailbox, const struct field_bus_counters *counters)
{
    uv_mutex_lock(&mailbox->lock);
    mailbox->counters = *counters;
    uv_mutex_unlock(&mailbox->lock);
}

void mailbox_end(struct field_mailbox *mailbox)
{
    uv_mutex_lock(&mailbox->lock);
    mailbox->ended = true;
    uv_mutex_unlock(&mailbox->lock);
    uv_async_send(mailbox->async);
}

bool mailbox_take(struct field_mailbox *mailbox, struct field_event *event)
{
    uv_mutex_lock(&mailbox->lock);
    bool any = mailbox->count > 0;
    if (any) {
        *event = mailbox->ring[mailbox->first];
        mailbox->first = (mailbox->first + 1) % MAILBOX_EVENTS;
        mailbox->count--;
        uv_cond_signal(&mailbox->space);
    }
    uv_mutex_unlock(&mailbox->lock);
    return any;
}

/* With the lock held. */
static struct node_order *order_for(struct field_mailbox *mailbox, uint32_t node)
{
    return mailbox->change != NULL ? &mailbox->next_orders[node] : &mailbox->orders[node];
}

void mailbox_order_acknowledge(struct field_mailbox *mailbox, uint32_t node, uint16_t epoch, uint32_t sequence)
{
    uv_mutex_lock(&mailbox->lock);
    struct node_order *order = order_for(mailbox, node);
    order->acknowledge = true;
    order->acknowledge_epoch = epoch;
    order->acknowledge_sequence = sequence;
    uv_mutex_unlock(&mailbox->lock);
    wake(mailbox);
}

void mailbox_order_open_log(struct field_mailbox *mailbox, uint32_t node, uint16_t epoch, uint32_t base)
{
    uv_mutex_lock(&mailbox->lock);
    struct node_order *order = order_for(mailbox, node);
    order->open_log = true;
    order->open_epoch = epoch;
    order->open_base = base;
    uv_mutex_unlock(&mailbox->lock);
    wake(mailbox);
}

void mailbox_order_hurry(struct field_mailbox *mailbox, uint32_t interval_ms)
{
    uv_mutex_lock(&mailbox->lock);
    mailbox->hurry_ms = interval_ms;
    uv_mutex_unlock(&mailbox->lock);
    wake(mailbox);
}

void mailbox_order_change(struct field_mailbox *mailbox, void *change, struct node_order *orders, const uint32_t *from,
                          uint32_t node_count)
{
    uv_mutex_lock(&mailbox->lock);
    for (uint32_t i = 0; i < node_count; i++) {
        if (from[i] == NO_SUCH_UNIT) continue;
        orders[i] = mailbox->orders[from[i]];
        mailbox->orders[from[i]] = (struct node_order){.acknowledge = false};
    }
    mailbox->change = change;
    mailbox->next_orders = orders;
    uv_mutex_unlock(&mailbox->lock);
    wake(mailbox);
}

void mailbox_order_hold(struct field_mailbox *mailbox, bool held)
{
    uv_mutex_lock(&mailbox->lock);
    mailbox->held = held;
    uv_mutex_unlock(&mailbox->lock);
    wake(mailbox);
}

void mailbox_order_stop(struct field_mailbox *mailbox)
{
    uv_mutex_lock(&mailbox->lock);
    mailbox->stopping = true;
    uv_cond_broadcast(&mailbox->space);
    uv_mutex_unlock(&mailbox->lock);
    wake(mailbox);
}

bool mailbox_ended(struct field_mailbox *mailbox)
{
    uv_mutex_lock(&mailbox->lock);
    bool ended = mailbox->ended;
    uv_mutex_unlock(&mailbox->lock);
    return ended;
}

struct field_bus_counters mailbox_counters(struct field_mailbox *mailbox)
{
    uv_mutex_lock(&mailbox->lock);
    struct field_bus_counters counters = mailbox->counters;
    uv_mutex_unlock(&mailbox->lock);
    return counters;
}
