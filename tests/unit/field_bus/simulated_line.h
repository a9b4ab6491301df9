/* The port under a serial line, in a time of its own: units that answer or do not, and how long it takes. It stands in
 * for serial/rtu_line.c, so that minutes of a line pass in no time and always in the same way. */
#ifndef TESTS_FIELD_BUS_SIMULATED_LINE_H
#define TESTS_FIELD_BUS_SIMULATED_LINE_H

#include "serial/serial_line.h"

/* What an exchange takes. One that is not answered takes two timeouts: that for the reply, and the silence after it. */
#define SIMULATED_EXCHANGE_US 20000

#define SIMULATED_REGISTERS 32
#define SIMULATED_POLLS_MAX 4096

struct simulated_unit {
    int error;             /* what every exchange gives, SW_OK = its registers */
    uint16_t refused_from; /* reads from this address on get an exception; 0 = none do */
    uint16_t registers[SIMULATED_REGISTERS];
    uint32_t requests;
    uint16_t last_address;
    int64_t asked_us[SIMULATED_POLLS_MAX]; /* when each request began */
};

/* All that the simulated port knows; units by unit id. */
struct simulated_port {
    int64_t now_us;
    int64_t failed_us; /* time that went into exchanges without an answer */
    struct simulated_unit units[248];
    bool pulled_out;
};
extern struct simulated_port port;

/* Everything well, the clock at one hour. */
void port_reset(void);

#endif
