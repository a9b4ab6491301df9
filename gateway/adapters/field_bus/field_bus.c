/* The port field_bus.h: the loop's side of all lines. */
#include <stdlib.h>

#include "ports/field_bus.h"
#include "serial/serial_line.h"
#include "stillwater/error.h"

struct field_bus {
    uv_async_t async;
    struct field_bus_events events;
    struct serial_line *lines;
    uint32_t line_count;
    bool closing;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

static void free_bus(struct field_bus *bus)
{
    for (uint32_t i = 0; i < bus->line_count; i++)
        serial_line_free(&bus->lines[i]);
    free(bus->lines);
    free(bus);
}

static void on_async_closed(uv_handle_t *handle)
{
    struct field_bus *bus = handle->data;
    void (*closed)(void *ctx) = bus->closed;
    void *ctx = bus->closed_ctx;
    free_bus(bus);
    if (closed != NULL) closed(ctx);
}

static void finish_closing(struct field_bus *bus)
{
    for (uint32_t i = 0; i < bus->line_count; i++)
        if (bus->lines[i].started && !mailbox_ended(&bus->lines[i].mailbox)) return;
    for (uint32_t i = 0; i < bus->line_count; i++)
        serial_line_join(&bus->lines[i]);
    if (!uv_is_closing((uv_handle_t *)&bus->async)) uv_close((uv_handle_t *)&bus->async, on_async_closed);
}

static void on_async(uv_async_t *async)
{
    struct field_bus *bus = async->data;
    struct field_event event;
    for (uint32_t i = 0; i < bus->line_count; i++)
        while (!bus->closing && mailbox_take(&bus->lines[i].mailbox, &event))
            field_event_deliver(&event, &bus->events);
    if (bus->closing) finish_closing(bus);
}

static int init_lines(struct field_bus *bus, const struct gateway_config *config, struct sw_wall (*wall_now)(void))
{
    for (uint32_t i = 0; i < config->line_count; i++) {
        int error = serial_line_init(&bus->lines[i], &config->lines[i], i, wall_now, &bus->async);
        if (error != SW_OK) return error;
        bus->line_count++;
    }
    return SW_OK;
}

static int start_lines(struct field_bus *bus)
{
    for (uint32_t i = 0; i < bus->line_count; i++) {
        int error = serial_line_start(&bus->lines[i]);
        if (error != SW_OK) return error;
    }
    return SW_OK;
}

int field_bus_start(uv_loop_t *loop, const struct gateway_config *config, struct sw_wall (*wall_now)(void),
                    struct field_bus_events events, struct field_bus **out)
{
    struct field_bus *bus = calloc(1, sizeof *bus);
    if (bus == NULL) return SW_ERROR_NO_SPACE;
    bus->events = events;
    bus->lines = calloc(config->line_count + 1, sizeof *bus->lines);
    int error = bus->lines != NULL ? init_lines(bus, config, wall_now) : SW_ERROR_NO_SPACE;
    if (error == SW_OK && uv_async_init(loop, &bus->async, on_async) != 0) error = SW_ERROR_SYSTEM;
    if (error != SW_OK) {
        free_bus(bus);
        return error;
    }
    bus->async.data = bus;
    error = start_lines(bus);
    if (error != SW_OK) {
        /* The handle is the loop's already: the bus closes itself, without a word to anybody. */
        field_bus_close(bus, NULL, NULL);
        return error;
    }
    *out = bus;
    return SW_OK;
}

void field_bus_acknowledge(struct field_bus *bus, uint32_t line, uint32_t node, uint16_t epoch, uint32_t sequence)
{
    mailbox_order_acknowledge(&bus->lines[line].mailbox, node, epoch, sequence);
}

void field_bus_open_log(struct field_bus *bus, uint32_t line, uint32_t node, uint16_t epoch, uint32_t base)
{
    mailbox_order_open_log(&bus->lines[line].mailbox, node, epoch, base);
}

void field_bus_hurry(struct field_bus *bus, uint32_t interval_ms)
{
    for (uint32_t i = 0; i < bus->line_count; i++)
        mailbox_order_hurry(&bus->lines[i].mailbox, interval_ms);
}

struct field_bus_counters field_bus_line_counters(const struct field_bus *bus, uint32_t line)
{
    return mailbox_counters(&bus->lines[line].mailbox);
}

void field_bus_close(struct field_bus *bus, void (*closed)(void *ctx), void *ctx)
{
    if (bus->closing) return;
    bus->closing = true;
    bus->closed = closed;
    bus->closed_ctx = ctx;
    for (uint32_t i = 0; i < bus->line_count; i++)
        mailbox_order_stop(&bus->lines[i].mailbox);
    /* With no thread to wait for, nothing would wake the loop. */
    uv_async_send(&bus->async);
}
