#include "tcp_bus.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "stillwater/error.h"
#include "tcp_line.h"
#include "tcp_listener.h"

/* By index in the configuration; NULL where a line is another transport's. */
struct line_table {
    struct tcp_line **at;
    uint32_t count;
};

struct tcp_bus {
    struct tcp_shared shared;
    struct field_bus_events events;
    struct sw_wall (*wall_now)(void);
    const struct gateway_config *config, *next;
    struct line_table lines;
    struct line_table planned; /* of `next`, from prepare to commit */
    struct line_table ended;   /* of the configuration before, until the loop comes round */
    struct tcp_listener **listeners;
    uint32_t listener_count;
    uint32_t next_lookup; /* lines in front of it have had their turn */
    uint32_t hurry_ms;
    struct tcp_schedule_item settle;
    void (*settled)(void *ctx);
    void *settled_ctx;
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
    const struct line_table *lines = &bus->lines;
    for (uint32_t i = 0; i < lines->count; i++) {
        uint32_t index = (bus->next_lookup + i) % lines->count;
        if (lines->at[index] == NULL || lines->at[index]->link.state != TCP_LINK_QUEUED) continue;
        bus->next_lookup = index + 1;
        tcp_line_wake(lines->at[index]);
        return;
    }
}

/* ---- lines ---- */

static bool table_new(struct line_table *table, uint32_t count)
{
    table->at = calloc(count + 1, sizeof(struct tcp_line *));
    table->count = table->at != NULL ? count : 0;
    return table->at != NULL;
}

static void table_free(struct line_table *table)
{
    for (uint32_t i = 0; i < table->count; i++) {
        if (table->at[i] != NULL) tcp_line_free(table->at[i]);
        free(table->at[i]);
    }
    free(table->at);
    *table = (struct line_table){.count = 0};
}

static void close_lines(struct tcp_bus *bus, const struct line_table *table)
{
    for (uint32_t i = 0; i < table->count; i++) {
        if (table->at[i] == NULL) continue;
        for (uint32_t l = 0; l < bus->listener_count; l++)
            tcp_listener_remove(bus->listeners[l], table->at[i]);
        tcp_line_close(table->at[i]);
    }
    for (uint32_t l = bus->listener_count; l-- > 0;) {
        if (!tcp_listener_is_unused(bus->listeners[l])) continue;
        tcp_listener_close(bus->listeners[l]);
        bus->listeners[l] = bus->listeners[--bus->listener_count];
    }
}

/* ---- the end ---- */

static void free_bus(struct tcp_bus *bus)
{
    table_free(&bus->lines);
    table_free(&bus->ended);
    tcp_schedule_free(&bus->shared.schedule);
    free(bus->listeners);
    free(bus);
}

static void finish_closing(struct tcp_bus *bus)
{
    if (!bus->timer_closed || bus->shared.pool.open > 0) return;
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
    take_next_lookup(bus);
}

void tcp_bus_close(struct tcp_bus *bus, void (*closed)(void *ctx), void *ctx)
{
    if (bus->closing) return;
    bus->closing = true;
    bus->closed = closed;
    bus->closed_ctx = ctx;
    close_lines(bus, &bus->lines);
    tcp_resolver_close(&bus->shared.resolver);
    tcp_schedule_close(&bus->shared.schedule, on_timer_closed);
}

/* ---- another configuration ---- */

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

static int add_line(struct tcp_bus *bus, const struct config_line *config, uint32_t index)
{
    struct field_sink sink = {bus, post};
    struct tcp_line *line = malloc(sizeof *line);
    if (line == NULL) return SW_ERROR_NO_SPACE;
    int error = tcp_line_init(line, config, index, bus->wall_now, sink, &bus->shared);
    if (error != SW_OK) {
        free(line);
        return error;
    }
    bus->planned.at[index] = line;
    tcp_line_hurry(line, bus->hurry_ms);
    if (config->transport != CONFIG_RTU_OVER_TCP_LISTEN) return SW_OK;
    struct tcp_listener *listener = listener_for(bus, config);
    return listener != NULL && tcp_listener_add(listener, line) ? SW_OK : SW_ERROR_NO_SPACE;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* A connection that was made for the one is as good for the other. */
static bool same_way(const struct config_line *a, const struct config_line *b)
{
    return a->transport == b->transport && same_text(a->host, b->host) && same_text(a->listen, b->listen) &&
           a->tcp_port == b->tcp_port && a->outstanding == b->outstanding && a->settings.baud == b->settings.baud &&
           a->registration_size == b->registration_size &&
           (a->registration_size == 0 || memcmp(a->registration, b->registration, a->registration_size) == 0);
}

/* The line that goes on as line `index` of the next configuration, or NULL. */
static struct tcp_line *kept_line(const struct tcp_bus *bus, const struct config_line *next, uint32_t index)
{
    const struct config_line *old = bus->config != NULL ? line_of_id(bus->config, next->id, index) : NULL;
    return old != NULL && same_way(old, next) ? bus->lines.at[old - bus->config->lines] : NULL;
}

static int plan_line(struct tcp_bus *bus, const struct config_line *next, uint32_t index)
{
    if (next->transport == CONFIG_RTU) return SW_OK;
    struct tcp_line *kept = kept_line(bus, next, index);
    if (kept == NULL) return add_line(bus, next, index);
    int error = tcp_line_prepare(kept, next, index);
    if (error == SW_OK) bus->planned.at[index] = kept;
    return error;
}

static int plan_lines(struct tcp_bus *bus, const struct gateway_config *next)
{
    struct tcp_listener **listeners =
        realloc(bus->listeners, (bus->listener_count + next->line_count + 1) * sizeof(struct tcp_listener *));
    if (listeners == NULL || !table_new(&bus->planned, next->line_count)) {
        if (listeners != NULL) bus->listeners = listeners;
        return SW_ERROR_NO_SPACE;
    }
    bus->listeners = listeners;
    int error = SW_OK;
    for (uint32_t i = 0; error == SW_OK && i < next->line_count; i++)
        error = plan_line(bus, &next->lines[i], i);
    return error;
}

int tcp_bus_prepare(struct tcp_bus *bus, const struct gateway_config *next)
{
    bus->next = next;
    int error = plan_lines(bus, next);
    if (error != SW_OK) tcp_bus_discard(bus);
    return error;
}

/* Of the lines there are, those that are kept have been prepared. */
static void leave_out_kept(struct line_table *table)
{
    for (uint32_t i = 0; i < table->count; i++)
        if (table->at[i] != NULL && table->at[i]->change != NULL) table->at[i] = NULL;
}

void tcp_bus_discard(struct tcp_bus *bus)
{
    leave_out_kept(&bus->planned);
    close_lines(bus, &bus->planned);
    table_free(&bus->planned);
    for (uint32_t i = 0; i < bus->lines.count; i++)
        if (bus->lines.at[i] != NULL) tcp_line_discard(bus->lines.at[i]);
}

static void on_settled(struct tcp_schedule_item *item)
{
    struct tcp_bus *bus = (struct tcp_bus *)((char *)item - offsetof(struct tcp_bus, settle));
    void (*settled)(void *ctx) = bus->settled;
    table_free(&bus->ended);
    bus->settled = NULL;
    if (settled != NULL) settled(bus->settled_ctx);
}

static void set_pace(struct tcp_bus *bus)
{
    double polls_per_s = 0;
    for (uint32_t i = 0; i < bus->lines.count; i++)
        if (bus->lines.at[i] != NULL) polls_per_s += tcp_line_pace(bus->lines.at[i]);
    tcp_schedule_pace(&bus->shared.schedule, polls_per_s);
}

/* Those that go, before those that come open their ports: it may be the same one. */
static void take_planned(struct tcp_bus *bus)
{
    leave_out_kept(&bus->lines);
    close_lines(bus, &bus->lines);
    bus->ended = bus->lines;
    bus->lines = bus->planned;
    bus->planned = (struct line_table){.count = 0};
    bus->config = bus->next;
    for (uint32_t i = 0; i < bus->lines.count; i++) {
        struct tcp_line *line = bus->lines.at[i];
        if (line == NULL || line->change == NULL) continue;
        tcp_line_commit(line);
        tcp_line_hurry(line, bus->hurry_ms);
    }
    set_pace(bus);
}

void tcp_bus_commit(struct tcp_bus *bus, void (*settled)(void *ctx), void *ctx)
{
    take_planned(bus);
    bus->settled = settled;
    bus->settled_ctx = ctx;
    tcp_schedule_at(&bus->shared.schedule, &bus->settle, tcp_now_us());
}

/* ---- the beginning ---- */

int tcp_bus_start(uv_loop_t *loop, const struct gateway_config *config, struct sw_wall (*wall_now)(void),
                  struct field_bus_events events, struct tcp_bus **out)
{
    struct tcp_bus *bus = calloc(1, sizeof *bus);
    if (bus == NULL) return SW_ERROR_NO_SPACE;
    if (tcp_schedule_init(&bus->shared.schedule, loop) != 0) {
        free(bus);
        return SW_ERROR_SYSTEM;
    }
    bus->shared.pool = (struct tcp_connection_pool){.loop = loop, .emptied = on_pool_emptied, .ctx = bus};
    bus->shared.resolver = (struct tcp_resolver){.loop = loop, .idle = on_resolver_idle, .ctx = bus};
    bus->events = events;
    bus->wall_now = wall_now;
    int error = tcp_schedule_add(&bus->shared.schedule, &bus->settle, on_settled) ? SW_OK : SW_ERROR_NO_SPACE;
    if (error == SW_OK) error = tcp_bus_prepare(bus, config);
    if (error != SW_OK) {
        /* The timer is the loop's already: the bus closes itself, without a word to anybody. */
        tcp_bus_close(bus, NULL, NULL);
        return error;
    }
    take_planned(bus);
    *out = bus;
    return SW_OK;
}

/* ---- orders ---- */

void tcp_bus_acknowledge(struct tcp_bus *bus, uint32_t line, uint32_t node, uint16_t epoch, uint32_t sequence)
{
    tcp_line_order_acknowledge(bus->lines.at[line], node, epoch, sequence);
}

void tcp_bus_open_log(struct tcp_bus *bus, uint32_t line, uint32_t node, uint16_t epoch, uint32_t base)
{
    tcp_line_order_open_log(bus->lines.at[line], node, epoch, base);
}

void tcp_bus_hurry(struct tcp_bus *bus, uint32_t interval_ms)
{
    bus->hurry_ms = interval_ms;
    for (uint32_t i = 0; i < bus->lines.count; i++)
        if (bus->lines.at[i] != NULL) tcp_line_hurry(bus->lines.at[i], interval_ms);
    set_pace(bus);
}

bool tcp_bus_has_line(const struct tcp_bus *bus, uint32_t line)
{
    return bus->lines.at[line] != NULL;
}

struct field_bus_counters tcp_bus_line_counters(const struct tcp_bus *bus, uint32_t line)
{
    return bus->lines.at[line]->context.counters;
}
