/* Simulated ports: a virtual clock, pairs of UARTs joined by a wire with byte times and faults, and a system. No heap,
 * no operating system: unit tests run with them on the host and on the target.
 *
 * Nothing moves by itself. Whoever owns the clock sets it; bytes sent by one end can be received by the other once the
 * clock has reached their arrival. */
#ifndef BOARDS_NATIVE_SIM_PORT_H
#define BOARDS_NATIVE_SIM_PORT_H

#include "firmware/port.h"

/* A target with little RAM may take less; no less than a frame that is too long by a few bytes. */
#ifndef SIM_QUEUE_SIZE
#define SIM_QUEUE_SIZE 1024u
#endif
#define SIM_NEVER UINT64_MAX

struct sim_clock {
    uint64_t now_us;
};

/* A port_time over the clock. */
struct port_time sim_clock_port(struct sim_clock *clock);

enum sim_fault_kind {
    SIM_FAULT_NONE,
    SIM_FAULT_DROP,    /* bytes never arrive */
    SIM_FAULT_CORRUPT, /* one bit of each is turned over */
    SIM_FAULT_DAMAGE,  /* bytes arrive marked as damaged */
    SIM_FAULT_DELAY,   /* this byte and what follows come later by delay_us; `count` delays */
};

/* Happens to what an end sends: after `skip` bytes, to the next `count` bytes. */
struct sim_fault {
    enum sim_fault_kind kind;
    uint32_t skip;
    uint32_t count;
    uint64_t delay_us;
};

struct sim_uart {
    struct port_uart port;
    struct sim_clock *clock;
    struct sim_uart *peer;
    struct sw_line_settings settings;
    struct port_byte queue[SIM_QUEUE_SIZE]; /* on their way to this end, or arrived */
    uint32_t queue_head, queue_count;
    uint32_t overruns; /* bytes that found the queue full */
    uint64_t transmit_end_us;
    uint32_t configured; /* calls of configure */
    bool cut;            /* nothing this end sends arrives any more */
    bool hangs;          /* a transmission never comes to its end */
    struct sim_fault fault;
};

/* Joins two ends. Where their line settings differ, bytes arrive damaged. */
void sim_uart_join(struct sim_uart *a, struct sim_uart *b, struct sim_clock *clock);

/* Arrival of the oldest byte that is to be received here, SIM_NEVER when there is none. */
uint64_t sim_uart_next_arrival(const struct sim_uart *uart);

/* Time of one character on the wire, rounded up. */
uint32_t sim_character_us(const struct sw_line_settings *settings);

struct sim_system {
    struct port_system port;
    uint32_t watchdog_fed;
    uint32_t restarts;
    uint16_t supply_mv;
    uint16_t stack_free;
};

void sim_system_init(struct sim_system *system, uint32_t serial, void *retained, size_t retained_size);

#endif
