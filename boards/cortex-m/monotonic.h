/* Microseconds since start, 64 bits wide, from the board's 32-bit free-running counter. It has to be read at least
 * once an hour (the counter wraps after 71 minutes); the alarm that ends a sleep sees to that. Any context. */
#ifndef BOARDS_CORTEX_M_MONOTONIC_H
#define BOARDS_CORTEX_M_MONOTONIC_H

#include <stdint.h>

uint64_t monotonic_now_us(void);

/* The full time of an event that was stamped with the low half less than an hour ago. */
uint64_t monotonic_widen_us(uint32_t at_us);

#endif
