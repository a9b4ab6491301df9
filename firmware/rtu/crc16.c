#include "firmware/rtu/crc16.h"

/* A table of 16 instead of 256 entries: two look-ups a byte, 32 bytes of flash instead of 512. Entry i is i after four
 * shifts of the reflected polynomial 0xa001. */
static const uint16_t nibble_table[16] = {
    0x0000, 0xcc01, 0xd801, 0x1400, 0xf001, 0x3c00, 0x2800, 0xe401,
    0xa001, 0x6c00, 0x7800, 0xb401, 0x5000, 0x9c01, 0x8801, 0x4400,
};

uint16_t crc16_step(uint16_t crc, uint8_t byte)
{
    unsigned sum = crc ^ byte;
    sum = sum >> 4 ^ nibble_table[sum & 0x0fu];
    sum = sum >> 4 ^ nibble_table[sum & 0x0fu];
    return (uint16_t)sum;
}

uint16_t crc16_over(const uint8_t *bytes, size_t size)
{
    uint16_t crc = CRC16_START;
    for (size_t i = 0; i < size; i++)
        crc = crc16_step(crc, bytes[i]);
    return crc;
}
