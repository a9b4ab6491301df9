/* A client that does nothing but ask, each connection again as soon as it is answered: how fast the farm is. */
#ifndef BENCH_DRIVE_H
#define BENCH_DRIVE_H

#include <stdbool.h>
#include <stdint.h>

/* Asks `connections` devices from `threads` threads for so long. False: no connection. */
bool drive(uint16_t port, uint32_t connections, uint32_t threads, double seconds);

#endif
