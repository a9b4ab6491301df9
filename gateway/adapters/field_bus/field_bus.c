/* The port field_bus.h: each line is led to its transport. */
#include "ports/field_bus.h"

#include <stdlib.h>

#include "serial/serial_bus.h"
#include "stillwater/error.h"
#include "tcp/tcp_bus.h"

struct field_bus {
    struct serial_bus *serial;
    struct tcp_bus *tcp;
    uint32_t open;      /* transports that have not closed yet */
    uint32_t unsettled; /* transports that still use the configuration before */
    void (*settled)(void *ctx);
    void *settled_ctx;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

static void on_given_up(void *ctx)
{
    free(ctx);
}

int field_bus_start(uv_loop_t *loop, const struct gateway_config *config, struct sw_wall (*wall_now)(void),
                    struct field_bus_events events, struct field_bus **out)
{
    struct field_bus *bus = calloc(1, sizeof *bus);
    if (bus == NULL) return SW_ERROR_NO_SPACE;
    int error = tcp_bus_start(loop, config, wall_now, events, &bus->tcp);
    if (error != SW_OK) {
        free(bus);
        return error;
    }
    error = serial_bus_start(loop, config, wall_now, events, &bus->serial);
    if (error != SW_OK) {
        tcp_bus_close(bus->tcp, on_given_up, bus);
        return error;
    }
    bus->open = 2;
    *out = bus;
    return SW_OK;
}

void field_bus_acknowledge(struct field_bus *bus, uint32_t line, uint32_t node, uint16_t epoch, uint32_t sequence)
{
    if (tcp_bus_has_line(bus->tcp, line))
        tcp_bus_acknowledge(bus->tcp, line, node, epoch, sequence);
    else
        serial_bus_acknowledge(bus->serial, line, node, epoch, sequence);
}

void field_bus_open_log(struct field_bus *bus, uint32_t line, uint32_t node, uint16_t epoch, uint32_t base)
{
    if (tcp_bus_has_line(bus->tcp, line))
        tcp_bus_open_log(bus->tcp, line, node, epoch, base);
    else
        serial_bus_open_log(bus->serial, line, node, epoch, base);
}

void field_bus_hurry(struct field_bus *bus, uint32_t interval_ms)
{
    serial_bus_hurry(bus->serial, interval_ms);
    tcp_bus_hurry(bus->tcp, interval_ms);
}

struct field_bus_counters field_bus_line_counters(const struct field_bus *bus, uint32_t line)
{
    return tcp_bus_has_line(bus->tcp, line) ? tcp_bus_line_counters(bus->tcp, line)
                                            : serial_bus_line_counters(bus->serial, line);
}

static void on_settled(void *ctx)
{
    struct field_bus *bus = ctx;
    if (--bus->unsettled == 0) bus->settled(bus->settled_ctx);
}

int field_bus_apply(struct field_bus *bus, const struct gateway_config *next, void (*settled)(void *ctx), void *ctx)
{
    if (bus->unsettled > 0) return SW_ERROR_BUSY;
    int error = serial_bus_prepare(bus->serial, next);
    if (error != SW_OK) return error;
    error = tcp_bus_prepare(bus->tcp, next);
    if (error != SW_OK) {
        serial_bus_discard(bus->serial);
        return error;
    }
    bus->unsettled = 2;
    bus->settled = settled;
    bus->settled_ctx = ctx;
    serial_bus_commit(bus->serial, on_settled, bus);
    tcp_bus_commit(bus->tcp, on_settled, bus);
    return SW_OK;
}

static void on_closed(void *ctx)
{
    struct field_bus *bus = ctx;
    if (--bus->open > 0) return;
    void (*closed)(void *ctx) = bus->closed;
    void *closed_ctx = bus->closed_ctx;
    free(bus);
    closed(closed_ctx);
}

void field_bus_close(struct field_bus *bus, void (*closed)(void *ctx), void *ctx)
{
    if (bus->closed != NULL) return;
    bus->closed = closed;
    bus->closed_ctx = ctx;
    serial_bus_close(bus->serial, on_closed, bus);
    tcp_bus_close(bus->tcp, on_closed, bus);
}
