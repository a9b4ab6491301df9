#include "tcp_bus.h"

#include <stdlib.h>

#include "stillwater/error.h"
#include "tcp_line.h"
#include "tcp_listener.h"

struct tcp_bus {
    struct tcp_shared shared;
    struct field_bus_events events;
    struct tcp_line **lines; /* by index in the configuration; NULL: another transport's */
    uint32_t line_count;
    struct tcp_listener **listeners; /* room for one a line */
    uint32_t listener_count;
    uint32_t next_lookup; /* lines in front of it have had their turn */
    bool closing, timer_closed;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

static void post(void *ctx, const struct field_event *event)
{
    const struct tcp_bus *bus = ctx;
    if (!bus->closing) field_event_deliver(event, &bus->events);
}

static void tell_of_stranger(void *ctx, const char *text)
{
    const struct tcp_bus *bus = ctx;
    if (!bus->closing && bus->events.stranger != NULL) bus->events.stranger(bus->events.ctx, text);
}

/* Those whose name is to be looked up take turns. */
static void take_next_lookup(struct tcp_bus *bus)
{
    for (uint32_t i = 0; i < bus->line_count; i++) {
        uint32_t index = (bus->next_lookup + i) % bus->line_count;
        if (bus->lines[index] == NULL || bus->lines[index]->link.state != TCP_LINK_QUEUED) continue;
        bus->next_lookup = index + 1;
        tcp_line_wake(bus->lines[index]);
        return;
    }
}

/* ---- the end ---- */

static void free_bus(struct tcp_bus *bus)
{
    for (uint32_t i = 0; i < bus->line_count; i++) {
        if (bus->lines[i] != NULL) tcp_line_free(bus->lines[i]);
        free(bus->lines[i]);
    }
    tcp_schedule_free(&bus->shared.schedule);
    free(bus->lines);
    free(bus->listeners);
    free(bus);
}

static void finish_closing(struct tcp_bus *bus)
{
    if (!bus->timer_closed || bus->shared.pool.open > 0 || bus->shared.resolver.busy) return;
    void (*closed)(void *ctx) = bus->closed;
    void *ctx = bus->closed_ctx;
    free_bus(bus);
    if (closed != NULL) closed(ctx);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct tcp_bus *bus = (struct tcp_bus *)handle->data; /* the schedule, its first member */
    bus->timer_closed = true;
    finish_closing(bus);
}

static void on_pool_emptied(void *ctx)
{
    struct tcp_bus *bus = ctx;
    if (bus->closing) finish_closing(bus);
}

static void on_resolver_idle(void *ctx)
{
    struct tcp_bus *bus = ctx;
    if (bus->closing)
        finish_closing(bus);
    else
        take_next_lookup(bus);
}

void tcp_bus_close(struct tcp_bus *bus, void (*closed)(void *ctx), void *ctx)
{
    if (bus->closing) return;
    bus->closing = true;
    bus->closed = closed;
    bus->closed_ctx = ctx;
    for (uint32_t i = 0; i < bus->listener_count; i++)
        tcp_listener_close(bus->listeners[i]);
    for (uint32_t i = 0; i < bus->line_count; i++)
        if (bus->lines[i] != NULL) tcp_line_close(bus->lines[i]);
    tcp_resolver_cancel(&bus->shared.resolver);
    tcp_schedule_close(&bus->shared.schedule, on_timer_closed);
}

/* ---- the beginning ---- */

/* The one of this address and port, made where there was none; NULL when memory is refused. */
static struct tcp_listener *listener_for(struct tcp_bus *bus, const struct config_line *config)
{
    for (uint32_t i = 0; i < bus->listener_count; i++)
        if (tcp_listener_is_at(bus->listeners[i], config->listen, config->tcp_port)) return bus->listeners[i];
    struct tcp_listener_sink sink = {bus, tell_of_stranger};
    struct tcp_listener *listener = tcp_listener_new(&bus->shared, config->listen, config->tcp_port, sink);
    if (listener != NULL) bus->listeners[bus->listener_count++] = listener;
    return listener;
}

static int add_line(struct tcp_bus *bus, const struct config_line *config, uint32_t index,
                    struct sw_wall (*wall_now)(void))
{
    struct field_sink sink = {bus, post};
    struct tcp_line *line = malloc(sizeof *line);
    if (line == NULL) return SW_ERROR_NO_SPACE;
    int error = tcp_line_init(line, config, index, wall_now, sink, &bus->shared);
    if (error != SW_OK) {
        free(line);
        return error;
    }
    bus->lines[index] = line;
    if (config->transport != CONFIG_RTU_OVER_TCP_LISTEN) return SW_OK;
    struct tcp_listener *listener = listener_for(bus, config);
    return listener != NULL && tcp_listener_add(listener, line) ? SW_OK : SW_ERROR_NO_SPACE;
}

static int add_lines(struct tcp_bus *bus, const struct gateway_config *config, struct sw_wall (*wall_now)(void))
{
    int error = SW_OK;
    for (uint32_t i = 0; error == SW_OK && i < config->line_count; i++)
        if (config->lines[i].transport != CONFIG_RTU) error = add_line(bus, &config->lines[i], i, wall_now);
    return error;
}

static struct tcp_bus *new_bus(uv_loop_t *loop, uint32_t line_count)
{
    struct tcp_bus *bus = calloc(1, sizeof *bus);
    if (bus == NULL) return NULL;
    bus->shared.pool = (struct tcp_connection_pool){.loop = loop, .emptied = on_pool_emptied, .ctx = bus};
    bus->shared.resolver = (struct tcp_resolver){.loop = loop, .idle = on_resolver_idle, .ctx = bus};
    bus->lines = calloc(line_count + 1, sizeof(struct tcp_line *));
    bus->listeners = calloc(line_count + 1, sizeof(struct tcp_listener *));
    bus->line_count = line_count;
    if (bus->lines != NULL && bus->listeners != NULL && tcp_schedule_init(&bus->shared.schedule, loop) == 0) return bus;
    free(bus->lines);
    free(bus->listeners);
    free(bus);
    return NULL;
}

int tcp_bus_start(uv_loop_t *loop, const struct gateway_config *config, struct sw_wall (*wall_now)(void),
                  struct field_bus_events events, struct tcp_bus **out)
{
    struct tcp_bus *bus = new_bus(loop, config->line_count);
    if (bus == NULL) return SW_ERROR_NO_SPACE;
    bus->events = events;
    int error = add_lines(bus, config, wall_now);
    if (error != SW_OK) {
        /* The timer is the loop's already: the bus closes itself, without a word to anybody. */
        tcp_bus_close(bus, NULL, NULL);
        return error;
    }
    *out = bus;
    return SW_OK;
}

/* ---- orders ---- */

void tcp_bus_acknowledge(struct tcp_bus *bus, uint32_t line, uint32_t node, uint16_t epoch, uint32_t sequence)
{
    tcp_line_order_acknowledge(bus->lines[line], node, epoch, sequence);
}

void tcp_bus_open_log(struct tcp_bus *bus, uint32_t line, uint32_t node, uint16_t epoch, uint32_t base)
{
    tcp_line_order_open_log(bus->lines[line], node, epoch, base);
}

void tcp_bus_hurry(struct tcp_bus *bus, uint32_t interval_ms)
{
    for (uint32_t i = 0; i < bus->line_count; i++)
        if (bus->lines[i] != NULL) tcp_line_hurry(bus->lines[i], interval_ms);
}

bool tcp_bus_has_line(const struct tcp_bus *bus, uint32_t line)
{
    return bus->lines[line] != NULL;
}

struct field_bus_counters tcp_bus_line_counters(const struct tcp_bus *bus, uint32_t line)
{
    return bus->lines[line]->context.counters;
}
