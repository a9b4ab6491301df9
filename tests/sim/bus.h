/* The gateway's field bus: the real lines and sessions of adapters/field_bus, moved on by the agenda instead of
 * threads, over lines that the simulation keeps (rtu_line.h). */
#ifndef TESTS_SIM_BUS_H
#define TESTS_SIM_BUS_H

#include "sim/sim.h"

void bus_make(void);
void bus_free(void);

/* The adapter of a line is unplugged, or is there again. */
void bus_set_port(uint32_t line, bool there);
bool bus_port_is_there(uint32_t line);

struct bus_counts {
    uint64_t exchanges, faults;
};
extern struct bus_counts bus_counts;

#endif
