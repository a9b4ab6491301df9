/* Silences of Modbus RTU (Modbus over serial line V1.02 §2.5.1.1), in microseconds. */
#ifndef FIRMWARE_RTU_TIMING_H
#define FIRMWARE_RTU_TIMING_H

#include <stdint.h>

/* A character has 11 bits, as in the standard, for 8N1 too: there it makes the silences a tenth longer than need be,
 * never shorter. Above 19200 baud the standard fixes T1.5 and T3.5. */
#define RTU_CHARACTER_BITS 11u
#define RTU_FIXED_ABOVE    19200u
#define RTU_FIXED_T15_US   750u
#define RTU_FIXED_T35_US   1750u

struct rtu_timing {
    uint32_t character_us; /* one character on the wire, rounded up */
    uint32_t t15_us;       /* longest silence inside a frame */
    uint32_t t35_us;       /* shortest silence between frames */
};

static inline struct rtu_timing rtu_timing_at(uint32_t baud)
{
    const uint32_t bits_us = RTU_CHARACTER_BITS * 1000000u;
    struct rtu_timing timing = {(bits_us + baud - 1) / baud, RTU_FIXED_T15_US, RTU_FIXED_T35_US};
    if (baud <= RTU_FIXED_ABOVE) {
        timing.t15_us = (3 * bits_us + 2 * baud - 1) / (2 * baud);
        timing.t35_us = (uint32_t)((7 * (uint64_t)bits_us + 2 * baud - 1) / (2 * baud));
    }
    return timing;
}

#endif
