/* A subject's state as bytes. Big-endian, fixed widths:
 *
 *   0     magic u16 "SC"
 *   2     version u8
 *   3     domain u8
 *   4     fields in the order of snapshot_layout.c: times, volumes and levels i64, counters u64, enums and flags u8;
 *         rings as a count (u8) and their entries, oldest first, times modulo 2^32 ms and volumes u32
 *   last  CRC-32 (IEEE 802.3) of all before, u32
 *
 * The open drills, all in one, have the domain SNAPSHOT_OF_DRILLS; what is held back SNAPSHOT_OF_HELD.
 *
 * A change of the fields is a new version. */
#ifndef GATEWAY_CORE_SNAPSHOT_FORMAT_H
#define GATEWAY_CORE_SNAPSHOT_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define SNAPSHOT_MAGIC      0x5343
#define SNAPSHOT_VERSION    6
#define SNAPSHOT_OF_DRILLS  0
#define SNAPSHOT_OF_HELD    255
#define SNAPSHOT_CRC_SIZE   4
#define SNAPSHOT_SIZE_LEAST (4 + SNAPSHOT_CRC_SIZE)

/* Four bits at a time: the table stays small. */
static inline uint32_t snapshot_crc(const uint8_t *bytes, size_t size)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc = table[(crc ^ bytes[i]) & 15] ^ crc >> 4;
        crc = table[(crc ^ (uint32_t)(bytes[i] >> 4)) & 15] ^ crc >> 4;
    }
    return ~crc;
}

#endif
