/* All serial lines of the configuration, as the port field_bus.h has them; lines without a serial port are not its.
 * Line indices are those of the configuration. */
#ifndef FIELD_BUS_SERIAL_BUS_H
#define FIELD_BUS_SERIAL_BUS_H

#include "ports/field_bus.h"

struct serial_bus;

int serial_bus_start(uv_loop_t *loop, const struct gateway_config *config, struct sw_wall (*wall_now)(void),
                     struct field_bus_events events, struct serial_bus **bus);
void serial_bus_acknowledge(struct serial_bus *bus, uint32_t line, uint32_t node, uint16_t epoch, uint32_t sequence);
void serial_bus_open_log(struct serial_bus *bus, uint32_t line, uint32_t node, uint16_t epoch, uint32_t base);
void serial_bus_hurry(struct serial_bus *bus, uint32_t interval_ms);
struct field_bus_counters serial_bus_line_counters(const struct serial_bus *bus, uint32_t line);

/* field_bus_apply() in two steps. Makes all that `next` needs beyond what is there: SW_OK, or an error and nothing has
 * changed. Then, in the same turn of the loop, one of the two. */
int serial_bus_prepare(struct serial_bus *bus, const struct gateway_config *next);
/* Cannot fail. settled(ctx) comes from the loop, once nothing of the configuration before is used any more. */
void serial_bus_commit(struct serial_bus *bus, void (*settled)(void *ctx), void *ctx);
void serial_bus_discard(struct serial_bus *bus);

void serial_bus_close(struct serial_bus *bus, void (*closed)(void *ctx), void *ctx);

#endif
