/* What the readings' formats are made of: numbers of variable length, and a checksum. */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_BYTES_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_BYTES_H

#include <string.h>

#include "stillwater/byte_cursor.h"

#define VARINT_SIZE_MAX 10

/* Small numbers of either sign become small ones without: 0, -1, 1, -2, ... */
static inline uint64_t zigzag(int64_t number)
{
    return (uint64_t)number << 1 ^ (uint64_t)(number >> 63);
}

static inline int64_t unzigzag(uint64_t number)
{
    return (int64_t)(number >> 1 ^ (0 - (number & 1)));
}

/* Seven bits a byte, the low ones first. */
static inline void write_varint(struct sw_writer *out, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        sw_write_u8(out, (uint8_t)(number | 0x80));
    sw_write_u8(out, (uint8_t)number);
}

static inline uint64_t read_varint(struct sw_reader *in)
{
    uint64_t number = 0;
    if (in->at < in->end && *in->at < 0x80 && !in->failed) return *in->at++;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = sw_read_u8(in);
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return number;
    }
    in->failed = true;
    return 0;
}

static inline void write_u64(struct sw_writer *out, uint64_t number)
{
    sw_write_u32(out, (uint32_t)(number >> 32));
    sw_write_u32(out, (uint32_t)number);
}

static inline uint64_t read_u64(struct sw_reader *in)
{
    uint64_t high = sw_read_u32(in);
    return high << 32 | sw_read_u32(in);
}

/* Two running sums over words, after Fletcher, and mixed at the end: fast, and sees what disks do: bits turned, sectors
 * torn, moved, emptied. */
static inline uint32_t readings_checksum(const uint8_t *bytes, size_t size)
{
    uint64_t first = 1 + size, second = 0;
    for (; size >= 4; bytes += 4, size -= 4) {
        first += (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
        second += first;
    }
    for (; size > 0; bytes++, size--) {
        first += *bytes;
        second += first;
    }
    uint64_t sum = first + second * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)((sum ^ sum >> 29) * UINT64_C(0xbf58476d1ce4e5b9) >> 32);
}

#endif
