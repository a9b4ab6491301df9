/* Modbus TCP devices, all behind one listening port: connection i is the one to the address devices_address() + i. */
#ifndef BENCH_DEVICES_H
#define BENCH_DEVICES_H

#include "farm/board.h"

/* 127.1.0.1; the devices follow. */
#define DEVICES_FIRST_ADDRESS UINT32_C(0x7f010001)

struct devices_plan {
    uint32_t units; /* behind one connection, with unit ids from 1 */
    uint32_t threads;
    uint32_t silent;      /* so many connections, the first ones, are taken and never answered */
    uint32_t silent_unit; /* behind each connection; 0 = none */
    uint32_t delay_us;    /* for which a request takes the line behind a connection; 0 = there is none */
    uint32_t silence_us;  /* the same of one to the silent unit */
};

/* Starts threads that are never stopped. Returns the port, or 0 and errno. */
uint16_t devices_start(const struct devices_plan *plan, struct board *board);

#endif
