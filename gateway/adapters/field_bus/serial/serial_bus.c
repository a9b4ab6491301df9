#include "serial_bus.h"

#include <stdlib.h>
#include <string.h>

#include "serial_line.h"
#include "stillwater/error.h"

/* By index in the configuration; NULL where a line is another transport's. */
struct line_table {
    struct serial_line **at;
    uint32_t count;
};

struct serial_bus {
    uv_async_t async;
    struct field_bus_events events;
    struct sw_wall (*wall_now)(void);
    const struct gateway_config *config, *next;
    struct line_table lines;
    struct line_table planned; /* of `next`, from prepare to commit */
    struct line_table ending;  /* of the configuration before, until their threads have ended */
    uint32_t hurry_ms;
    void (*settled)(void *ctx);
    void *settled_ctx;
    bool closing;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

static int table_new(struct line_table *table, uint32_t count)
{
    table->at = calloc(count + 1, sizeof *table->at);
    if (table->at == NULL) return SW_ERROR_NO_SPACE;
    table->count = count;
    return SW_OK;
}

static void table_stop(const struct line_table *table)
{
    for (uint32_t i = 0; i < table->count; i++)
        if (table->at[i] != NULL) mailbox_order_stop(&table->at[i]->mailbox);
}

static bool table_ended(const struct line_table *table)
{
    for (uint32_t i = 0; i < table->count; i++)
        if (table->at[i] != NULL && !serial_line_ended(table->at[i])) return false;
    return true;
}

/* Waits for the threads: they have ended, or are about to. */
static void table_free(struct line_table *table)
{
    for (uint32_t i = 0; i < table->count; i++)
        if (table->at[i] != NULL) serial_line_free(table->at[i]);
    free(table->at);
    *table = (struct line_table){.count = 0};
}

/* ---- on the loop ---- */

static void on_async_closed(uv_handle_t *handle)
{
    struct serial_bus *bus = handle->data;
    void (*closed)(void *ctx) = bus->closed;
    void *ctx = bus->closed_ctx;
    free(bus);
    if (closed != NULL) closed(ctx);
}

static void finish_closing(struct serial_bus *bus)
{
    if (!table_ended(&bus->lines) || !table_ended(&bus->ending) || uv_is_closing((uv_handle_t *)&bus->async)) return;
    table_free(&bus->lines);
    table_free(&bus->ending);
    uv_close((uv_handle_t *)&bus->async, on_async_closed);
}

/* New lines get their ports once the old ones have let go of theirs: it may be the same port. */
static void release_lines(struct serial_bus *bus)
{
    for (uint32_t i = 0; i < bus->lines.count; i++)
        if (bus->lines.at[i] != NULL) mailbox_order_hold(&bus->lines.at[i]->mailbox, false);
}

static void finish_changing(struct serial_bus *bus)
{
    if (bus->ending.at != NULL) {
        if (!table_ended(&bus->ending)) return;
        table_free(&bus->ending);
        release_lines(bus);
    }
    for (uint32_t i = 0; i < bus->lines.count; i++)
        if (bus->lines.at[i] != NULL && bus->lines.at[i]->change != NULL) return;
    void (*settled)(void *ctx) = bus->settled;
    bus->settled = NULL;
    settled(bus->settled_ctx);
}

static void on_async(uv_async_t *async)
{
    struct serial_bus *bus = async->data;
    struct field_event event;
    for (uint32_t i = 0; i < bus->lines.count; i++)
        while (!bus->closing && i < bus->lines.count && bus->lines.at[i] != NULL &&
               serial_line_take(bus->lines.at[i], &event))
            field_event_deliver(&event, &bus->events);
    if (bus->closing)
        finish_closing(bus);
    else if (bus->settled != NULL)
        finish_changing(bus);
}

static int start_line(struct serial_bus *bus, const struct gateway_config *config, uint32_t index, bool held,
                      struct serial_line **out)
{
    struct serial_line *line;
    int error = serial_line_new(&config->lines[index], index, bus->wall_now, &bus->async, &line);
    if (error != SW_OK) return error;
    mailbox_order_hurry(&line->mailbox, bus->hurry_ms);
    mailbox_order_hold(&line->mailbox, held);
    error = serial_line_start(line);
    if (error != SW_OK) {
        serial_line_free(line);
        return error;
    }
    *out = line;
    return SW_OK;
}

static int start_lines(struct serial_bus *bus)
{
    int error = SW_OK;
    for (uint32_t i = 0; error == SW_OK && i < bus->lines.count; i++)
        if (bus->config->lines[i].port != NULL) error = start_line(bus, bus->config, i, false, &bus->lines.at[i]);
    return error;
}

int serial_bus_start(uv_loop_t *loop, const struct gateway_config *config, struct sw_wall (*wall_now)(void),
                     struct field_bus_events events, struct serial_bus **out)
{
    struct serial_bus *bus = calloc(1, sizeof *bus);
    if (bus == NULL) return SW_ERROR_NO_SPACE;
    *bus = (struct serial_bus){.events = events, .wall_now = wall_now, .config = config};
    int error = table_new(&bus->lines, config->line_count);
    if (error == SW_OK && uv_async_init(loop, &bus->async, on_async) != 0) error = SW_ERROR_SYSTEM;
    if (error != SW_OK) {
        free(bus->lines.at);
        free(bus);
        return error;
    }
    bus->async.data = bus;
    error = start_lines(bus);
    if (error != SW_OK) {
        /* The handle is the loop's already: the bus closes itself, without a word to anybody. */
        serial_bus_close(bus, NULL, NULL);
        return error;
    }
    *out = bus;
    return SW_OK;
}

void serial_bus_acknowledge(struct serial_bus *bus, uint32_t line, uint32_t node, uint16_t epoch, uint32_t sequence)
{
    mailbox_order_acknowledge(&bus->lines.at[line]->mailbox, node, epoch, sequence);
}

void serial_bus_open_log(struct serial_bus *bus, uint32_t line, uint32_t node, uint16_t epoch, uint32_t base)
{
    mailbox_order_open_log(&bus->lines.at[line]->mailbox, node, epoch, base);
}

void serial_bus_hurry(struct serial_bus *bus, uint32_t interval_ms)
{
    bus->hurry_ms = interval_ms;
    for (uint32_t i = 0; i < bus->lines.count; i++)
        if (bus->lines.at[i] != NULL) mailbox_order_hurry(&bus->lines.at[i]->mailbox, interval_ms);
}

struct field_bus_counters serial_bus_line_counters(const struct serial_bus *bus, uint32_t line)
{
    return mailbox_counters(&bus->lines.at[line]->mailbox);
}

/* ---- another configuration ---- */

/* The line that goes on as line `index` of the next configuration, or NULL. */
static struct serial_line *kept_line(const struct serial_bus *bus, const struct gateway_config *next, uint32_t index)
{
    const struct config_line *line = &next->lines[index];
    const struct config_line *old = line_of_id(bus->config, line->id, index);
    if (old == NULL || old->port == NULL || strcmp(old->port, line->port) != 0) return NULL;
    const struct sw_line_settings *a = &old->settings, *b = &line->settings;
    if (a->baud != b->baud || a->parity != b->parity || a->stop_bits != b->stop_bits) return NULL;
    return bus->lines.at[old - bus->config->lines];
}

static int plan_line(struct serial_bus *bus, const struct gateway_config *next, uint32_t index)
{
    if (next->lines[index].port == NULL) return SW_OK;
    struct serial_line *kept = kept_line(bus, next, index);
    if (kept == NULL) return start_line(bus, next, index, true, &bus->planned.at[index]);
    int error = serial_line_prepare(kept, &next->lines[index], index);
    if (error == SW_OK) bus->planned.at[index] = kept;
    return error;
}

int serial_bus_prepare(struct serial_bus *bus, const struct gateway_config *next)
{
    int error = table_new(&bus->planned, next->line_count);
    for (uint32_t i = 0; error == SW_OK && i < next->line_count; i++)
        error = plan_line(bus, next, i);
    if (error != SW_OK) serial_bus_discard(bus);
    bus->next = next;
    return error;
}

/* Takes the lines that are kept out of a table. Of the lines there are, they are those that have been prepared. */
static void leave_out_kept(struct line_table *table)
{
    for (uint32_t i = 0; i < table->count; i++)
        if (table->at[i] != NULL && table->at[i]->change != NULL) table->at[i] = NULL;
}

void serial_bus_discard(struct serial_bus *bus)
{
    leave_out_kept(&bus->planned);
    table_stop(&bus->planned);
    table_free(&bus->planned);
    for (uint32_t i = 0; i < bus->lines.count; i++)
        if (bus->lines.at[i] != NULL) serial_line_discard(bus->lines.at[i]);
}

void serial_bus_commit(struct serial_bus *bus, void (*settled)(void *ctx), void *ctx)
{
    bus->settled = settled;
    bus->settled_ctx = ctx;
    leave_out_kept(&bus->lines);
    bus->ending = bus->lines;
    bus->lines = bus->planned;
    bus->planned = (struct line_table){.count = 0};
    bus->config = bus->next;
    table_stop(&bus->ending);
    for (uint32_t i = 0; i < bus->lines.count; i++)
        if (bus->lines.at[i] != NULL && bus->lines.at[i]->change != NULL) serial_line_commit(bus->lines.at[i]);
    /* With no thread to wait for, nothing would wake the loop. */
    uv_async_send(&bus->async);
}

void serial_bus_close(struct serial_bus *bus, void (*closed)(void *ctx), void *ctx)
{
    if (bus->closing) return;
    bus->closing = true;
    bus->closed = closed;
    bus->closed_ctx = ctx;
    table_stop(&bus->lines);
    table_stop(&bus->ending);
    /* With no thread to wait for, nothing would wake the loop. */
    uv_async_send(&bus->async);
}
