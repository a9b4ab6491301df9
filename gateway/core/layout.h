/* Laying things out in one block of memory that the caller hands in. */
#ifndef GATEWAY_CORE_LAYOUT_H
#define GATEWAY_CORE_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

/* Up to where the next thing may begin, whatever it is. */
static inline size_t layout_rounded(size_t size)
{
    const size_t unit = _Alignof(max_align_t);
    return (size + unit - 1) / unit * unit;
}

/* Buckets of a hash table for so many entries: a power of two, at most half of them taken. */
static inline uint32_t layout_buckets(uint32_t entries)
{
    uint32_t count = 8;
    while (count / 2 < entries && count < UINT32_C(1) << 31)
        count *= 2;
    return count;
}

#endif
