#include "boards/cortex-m/node_config.h"

#include "stillwater/error.h"

static uint32_t read_u16_le(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8;
}

static uint32_t read_u32_le(const uint8_t *at)
{
    return read_u16_le(at) | read_u16_le(at + 2) << 16;
}

/* Bit by bit: it runs once, over 28 bytes, and a table would cost a kilobyte of flash. */
static uint32_t crc32_ieee(const uint8_t *bytes, size_t size)
{
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc & 1u ? crc >> 1 ^ 0xedb88320u : crc >> 1;
    }
    return ~crc;
}

static bool plausible(const struct node_config *config)
{
    char parity = config->gateway_line.parity;
    return config->unit_id >= 1 && config->unit_id <= 247 && (parity == 'N' || parity == 'E' || parity == 'O') &&
           (config->gateway_line.stop_bits == 1 || config->gateway_line.stop_bits == 2) &&
           config->gateway_line.baud > 0;
}

struct node_config node_config_default(void)
{
    struct node_config config = {
        .serial = STILLWATER_SERIAL,
        .unit_id = STILLWATER_UNIT_ID,
        .gateway_line = {.baud = 115200, .parity = 'N', .stop_bits = 1},
        .line_slack_us = 0,
    };
    return config;
}

int node_config_read(const uint8_t page[NODE_CONFIG_SIZE], struct node_config *config)
{
    if (read_u32_le(page) != NODE_CONFIG_MAGIC) return SW_ERROR_NOT_FOUND;
    if (read_u16_le(page + 4) != NODE_CONFIG_VERSION || read_u16_le(page + 6) != NODE_CONFIG_SIZE)
        return SW_ERROR_VERSION;
    if (crc32_ieee(page, NODE_CONFIG_SIZE - 4) != read_u32_le(page + NODE_CONFIG_SIZE - 4)) return SW_ERROR_CRC;
    struct node_config read = {
        .serial = read_u32_le(page + 8),
        .unit_id = page[12],
        .gateway_line = {.baud = read_u32_le(page + 16), .parity = (char)page[13], .stop_bits = page[14]},
        .line_slack_us = read_u32_le(page + 20),
    };
    if (!plausible(&read)) return SW_ERROR_MALFORMED;
    *config = read;
    return SW_OK;
}
