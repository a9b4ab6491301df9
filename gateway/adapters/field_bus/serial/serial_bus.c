#include "serial_bus.h"

#include <stdlib.h>

#include "serial_line.h"
#include "stillwater/error.h"

struct serial_bus {
    uv_async_t async;
    struct field_bus_events events;
    struct serial_line **lines; /* by index in the configuration; NULL: another transport's */
    uint32_t line_count;
    bool closing;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

static void free_bus(struct serial_bus *bus)
{
    for (uint32_t i = 0; i < bus->line_count; i++)
        serial_line_free(bus->lines[i]);
    free(bus->lines);
    free(bus);
}

static void on_async_closed(uv_handle_t *handle)
{
    struct serial_bus *bus = handle->data;
    void (*closed)(void *ctx) = bus->closed;
    void *ctx = bus->closed_ctx;
    free_bus(bus);
    if (closed != NULL) closed(ctx);
}

static void finish_closing(struct serial_bus *bus)
{
    for (uint32_t i = 0; i < bus->line_count; i++)
        if (bus->lines[i] != NULL && !serial_line_ended(bus->lines[i])) return;
    for (uint32_t i = 0; i < bus->line_count; i++)
        if (bus->lines[i] != NULL) serial_line_join(bus->lines[i]);
    if (!uv_is_closing((uv_handle_t *)&bus->async)) uv_close((uv_handle_t *)&bus->async, on_async_closed);
}

static void on_async(uv_async_t *async)
{
    struct serial_bus *bus = async->data;
    struct field_event event;
    for (uint32_t i = 0; i < bus->line_count; i++)
        while (!bus->closing && bus->lines[i] != NULL && mailbox_take(&bus->lines[i]->mailbox, &event))
            field_event_deliver(&event, &bus->events);
    if (bus->closing) finish_closing(bus);
}

static int make_lines(struct serial_bus *bus, const struct gateway_config *config, struct sw_wall (*wall_now)(void))
{
    bus->lines = calloc(config->line_count + 1, sizeof *bus->lines);
    if (bus->lines == NULL) return SW_ERROR_NO_SPACE;
    bus->line_count = config->line_count;
    for (uint32_t i = 0; i < config->line_count; i++) {
        if (config->lines[i].port == NULL) continue;
        int error = serial_line_new(&config->lines[i], i, wall_now, &bus->async, &bus->lines[i]);
        if (error != SW_OK) return error;
    }
    return SW_OK;
}

static int start_lines(struct serial_bus *bus)
{
    int error = SW_OK;
    for (uint32_t i = 0; error == SW_OK && i < bus->line_count; i++)
        if (bus->lines[i] != NULL) error = serial_line_start(bus->lines[i]);
    return error;
}

int serial_bus_start(uv_loop_t *loop, const struct gateway_config *config, struct sw_wall (*wall_now)(void),
                     struct field_bus_events events, struct serial_bus **out)
{
    struct serial_bus *bus = calloc(1, sizeof *bus);
    if (bus == NULL) return SW_ERROR_NO_SPACE;
    bus->events = events;
    int error = make_lines(bus, config, wall_now);
    if (error == SW_OK && uv_async_init(loop, &bus->async, on_async) != 0) error = SW_ERROR_SYSTEM;
    if (error != SW_OK) {
        free_bus(bus);
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
    mailbox_order_acknowledge(&bus->lines[line]->mailbox, node, epoch, sequence);
}

void serial_bus_open_log(struct serial_bus *bus, uint32_t line, uint32_t node, uint16_t epoch, uint32_t base)
{
    mailbox_order_open_log(&bus->lines[line]->mailbox, node, epoch, base);
}

void serial_bus_hurry(struct serial_bus *bus, uint32_t interval_ms)
{
    for (uint32_t i = 0; i < bus->line_count; i++)
        if (bus->lines[i] != NULL) mailbox_order_hurry(&bus->lines[i]->mailbox, interval_ms);
}

struct field_bus_counters serial_bus_line_counters(const struct serial_bus *bus, uint32_t line)
{
    return mailbox_counters(&bus->lines[line]->mailbox);
}

void serial_bus_close(struct serial_bus *bus, void (*closed)(void *ctx), void *ctx)
{
    if (bus->closing) return;
    bus->closing = true;
    bus->closed = closed;
    bus->closed_ctx = ctx;
    for (uint32_t i = 0; i < bus->line_count; i++)
        if (bus->lines[i] != NULL) mailbox_order_stop(&bus->lines[i]->mailbox);
    /* With no thread to wait for, nothing would wake the loop. */
    uv_async_send(&bus->async);
}
