/* Times that are kept for long, by the million: whole seconds since 1970 in 32 bits, until 2106. 0 = none. */
#ifndef GATEWAY_CORE_KEPT_TIME_H
#define GATEWAY_CORE_KEPT_TIME_H

#include <stdint.h>

static inline uint32_t kept_s(int64_t time_ms)
{
    if (time_ms <= 0) return 0;
    return time_ms / 1000 < UINT32_MAX ? (uint32_t)(time_ms / 1000) : UINT32_MAX;
}

static inline int64_t kept_ms(uint32_t time_s)
{
    return time_s * INT64_C(1000);
}

#endif
