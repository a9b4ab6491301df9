/* All lines over TCP, as the port field_bus.h has them; those with a serial port are not its. They live on the loop,
 * and line indices are those of the configuration. */
#ifndef FIELD_BUS_TCP_TCP_BUS_H
#define FIELD_BUS_TCP_TCP_BUS_H

#include "ports/field_bus.h"

struct tcp_bus;

int tcp_bus_start(uv_loop_t *loop, const struct gateway_config *config, struct sw_wall (*wall_now)(void),
                  struct field_bus_events events, struct tcp_bus **bus);
void tcp_bus_acknowledge(struct tcp_bus *bus, uint32_t line, uint32_t node, uint16_t epoch, uint32_t sequence);
void tcp_bus_open_log(struct tcp_bus *bus, uint32_t line, uint32_t node, uint16_t epoch, uint32_t base);
void tcp_bus_hurry(struct tcp_bus *bus, uint32_t interval_ms);
/* False when it is not one of its lines. */
bool tcp_bus_has_line(const struct tcp_bus *bus, uint32_t line);
struct field_bus_counters tcp_bus_line_counters(const struct tcp_bus *bus, uint32_t line);

/* As serial_bus.h has them. */
int tcp_bus_prepare(struct tcp_bus *bus, const struct gateway_config *next);
void tcp_bus_commit(struct tcp_bus *bus, void (*settled)(void *ctx), void *ctx);
void tcp_bus_discard(struct tcp_bus *bus);

void tcp_bus_close(struct tcp_bus *bus, void (*closed)(void *ctx), void *ctx);

#endif
