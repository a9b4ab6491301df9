/* A subject's state as bytes. Big-endian, fixed widths:
 *
 *   0     magic u16 "SC"
 *   2     version u8
 *   3     domain u8
 *   4     fields in the order of core_snapshot.c: times, volumes and levels i64, counters u64, counts u32, enums and
 *         flags u8; rings as a count and their entries, oldest first
 *   last  CRC-32 (IEEE 802.3) of all before, u32
 *
 * A change of the fields is a new version. */
#ifndef GATEWAY_CORE_SNAPSHOT_FORMAT_H
#define GATEWAY_CORE_SNAPSHOT_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define SNAPSHOT_MAGIC      0x5343
#define SNAPSHOT_VERSION    1
#define SNAPSHOT_CRC_SIZE   4
#define SNAPSHOT_SIZE_LEAST (4 + SNAPSHOT_CRC_SIZE)

static inline uint32_t snapshot_crc(const uint8_t *bytes, size_t size)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
    }
    return ~crc;
}

#endif
