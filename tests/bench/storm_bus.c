/* A field bus without wires: at SIGUSR1 every plain device of the configuration tells its level once, all in one go,
 * and the colours of the bands by turns. With it stillwaterd is what it is but for where readings come from. */
#include <signal.h>
#include <stdlib.h>

#include "ports/field_bus.h"
#include "stillwater/error.h"

struct field_bus {
    const struct gateway_config *config;
    struct sw_wall (*wall_now)(void);
    struct field_bus_events events;
    uv_signal_t signal;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

static void on_signal(uv_signal_t *signal, int number)
{
    /* Tenths of a millimetre, in the blue, yellow, orange and red band (tests/bench/storm.py). */
    static const int32_t levels[] = {600, 1500, 3000, 4500};
    const struct field_bus *bus = signal->data;
    uint32_t nth = 0;
    (void)number;
    for (uint32_t line = 0; line < bus->config->line_count; line++)
        for (uint32_t device = 0; device < bus->config->lines[line].device_count; device++) {
            struct field_bus_sample sample = {.line = line, .device = device, .count = 1, .time = bus->wall_now()};
            sample.values[0] = (struct sw_point_value){.kind = SW_READING_LEVEL, .value = levels[nth++ % 4]};
            bus->events.sample(bus->events.ctx, &sample);
        }
}

int field_bus_start(uv_loop_t *loop, const struct gateway_config *config, struct sw_wall (*wall_now)(void),
                    struct field_bus_events events, struct field_bus **out)
{
    struct field_bus *bus = calloc(1, sizeof *bus);
    if (!bus) return SW_ERROR_NO_SPACE;
    *bus = (struct field_bus){.config = config, .wall_now = wall_now, .events = events};
    bus->signal.data = bus;
    uv_signal_init(loop, &bus->signal);
    uv_signal_start(&bus->signal, on_signal, SIGUSR1);
    *out = bus;
    for (uint32_t line = 0; line < config->line_count; line++)
        events.line_link(events.ctx, line, true, "no wires");
    return SW_OK;
}

void field_bus_acknowledge(struct field_bus *bus, uint32_t line, uint32_t node, uint16_t epoch, uint32_t sequence)
{
    (void)bus, (void)line, (void)node, (void)epoch, (void)sequence;
}

void field_bus_open_log(struct field_bus *bus, uint32_t line, uint32_t node, uint16_t epoch, uint32_t base)
{
    (void)bus, (void)line, (void)node, (void)epoch, (void)base;
}

struct field_bus_counters field_bus_line_counters(const struct field_bus *bus, uint32_t line)
{
    (void)bus, (void)line;
    return (struct field_bus_counters){0};
}

int field_bus_apply(struct field_bus *unused, const struct gateway_config *next, void (*settled)(void *ctx), void *ctx)
{
    (void)unused, (void)next, (void)settled, (void)ctx;
    return SW_ERROR_BUSY;
}

void field_bus_hurry(struct field_bus *bus, uint32_t interval_ms)
{
    (void)bus, (void)interval_ms;
}

static void on_closed(uv_handle_t *handle)
{
    struct field_bus *bus = handle->data;
    bus->closed(bus->closed_ctx);
    free(bus);
}

void field_bus_close(struct field_bus *bus, void (*closed)(void *ctx), void *ctx)
{
    bus->closed = closed;
    bus->closed_ctx = ctx;
    uv_close((uv_handle_t *)&bus->signal, on_closed);
}
