/* The configuration page: what makes one node differ from the next, in a page of memory of its own, so that one image
 * serves every node of a board. Written with the flash command (boards/node_config.py makes the bytes), only read by
 * the firmware. Little-endian:
 *
 *    0  u32 magic 0x434e5753, 'SWNC'        16  u32 baud of the gateway's line
 *    4  u16 version 1                       20  u32 silence slack in us, port_uart.silence_slack_us
 *    6  u16 size, 32                        24  u32 0
 *    8  u32 serial; 0 = the board's own     28  u32 CRC-32 (IEEE 802.3) of bytes 0 to 27
 *   12  u8 unit id, u8 parity 'N' 'E' 'O', u8 stop bits, u8 0
 *
 * A page that is erased, damaged or of another version counts as absent, and the defaults of the build hold. */
#ifndef BOARDS_CORTEX_M_NODE_CONFIG_H
#define BOARDS_CORTEX_M_NODE_CONFIG_H

#include "firmware/port.h"

#define NODE_CONFIG_SIZE    32u
#define NODE_CONFIG_MAGIC   0x434e5753u
#define NODE_CONFIG_VERSION 1u

struct node_config {
    uint32_t serial; /* 0 = the board's own */
    uint8_t unit_id;
    struct sw_line_settings gateway_line;
    uint32_t line_slack_us;
};

/* The defaults of the build: unit id STILLWATER_UNIT_ID, serial STILLWATER_SERIAL, 115200 8N1, no slack. */
struct node_config node_config_default(void);

/* SW_OK; SW_ERROR_NOT_FOUND (no page), SW_ERROR_CRC, SW_ERROR_VERSION or SW_ERROR_MALFORMED, and *config unchanged. */
int node_config_read(const uint8_t page[NODE_CONFIG_SIZE], struct node_config *config);

#endif
