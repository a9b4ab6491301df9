/* Node register map: addresses and vocabularies from node_map.def, shared by firmware (server) and gateway (client). */
#ifndef STILLWATER_NODE_MAP_H
#define STILLWATER_NODE_MAP_H

#include <stdint.h>

#include "stillwater/record_format.h"

#define SW_NODE_MAGIC       0x5357u
#define SW_NODE_MAP_VERSION 1u

#define SW_NODE_SLOT_COUNT 16u

#define SW_NODE_SLOT_STATUS_BASE      0x0100u
#define SW_NODE_SLOT_STATUS_STRIDE    8u
#define SW_NODE_SLOT_BUS_BASE         0x0200u
#define SW_NODE_SLOT_BUS_STRIDE       16u
#define SW_NODE_SLOT_CONFIG_BASE      0x0200u
#define SW_NODE_SLOT_CONFIG_STRIDE    8u
#define SW_NODE_SLOT_CONFIG_REGISTERS 5u

#define SW_NODE_UNLOCK_WORD 0x5afeu
#define SW_NODE_UNLOCK_S    30u

/* Function code 23 reads at most 125 registers (Modbus application protocol V1.1b3 §6.17). */
#define SW_NODE_WINDOW_REGISTERS 125u
#define SW_NODE_WINDOW_HEADER    15u
#define SW_NODE_WINDOW_RECORDS   ((SW_NODE_WINDOW_REGISTERS - SW_NODE_WINDOW_HEADER) / SW_RECORD_REGISTERS)
_Static_assert(SW_NODE_WINDOW_RECORDS == 11, "the window is filled exactly");

enum sw_node_input {
#define SW_NODE_INPUT(address, name, type, text) SW_NODE_INPUT_##name = (address),
#define SW_NODE_HOLDING(address, name, type, access, text)
#define SW_NODE_SLOT_STATUS(offset, name, type, text)
#define SW_NODE_SLOT_BUS(offset, name, type, text)
#define SW_NODE_SLOT_CONFIG(offset, name, type, text)
#include "stillwater/node_map.def"
#undef SW_NODE_INPUT
#undef SW_NODE_HOLDING
#undef SW_NODE_SLOT_STATUS
#undef SW_NODE_SLOT_BUS
#undef SW_NODE_SLOT_CONFIG
};

enum sw_node_holding {
#define SW_NODE_INPUT(address, name, type, text)
#define SW_NODE_HOLDING(address, name, type, access, text) SW_NODE_HOLDING_##name = (address),
#define SW_NODE_SLOT_STATUS(offset, name, type, text)
#define SW_NODE_SLOT_BUS(offset, name, type, text)
#define SW_NODE_SLOT_CONFIG(offset, name, type, text)
#include "stillwater/node_map.def"
#undef SW_NODE_INPUT
#undef SW_NODE_HOLDING
#undef SW_NODE_SLOT_STATUS
#undef SW_NODE_SLOT_BUS
#undef SW_NODE_SLOT_CONFIG
};

enum sw_node_slot_offset {
#define SW_NODE_INPUT(address, name, type, text)
#define SW_NODE_HOLDING(address, name, type, access, text)
#define SW_NODE_SLOT_STATUS(offset, name, type, text) SW_NODE_SLOT_STATUS_##name = (offset),
#define SW_NODE_SLOT_BUS(offset, name, type, text)    SW_NODE_SLOT_BUS_##name = (offset),
#define SW_NODE_SLOT_CONFIG(offset, name, type, text) SW_NODE_SLOT_CONFIG_##name = (offset),
#include "stillwater/node_map.def"
#undef SW_NODE_INPUT
#undef SW_NODE_HOLDING
#undef SW_NODE_SLOT_STATUS
#undef SW_NODE_SLOT_BUS
#undef SW_NODE_SLOT_CONFIG
};

enum sw_board {
    SW_BOARD_NATIVE = 1,
    SW_BOARD_STM32F405 = 2,
    SW_BOARD_MPS2_AN385 = 3,
};

enum sw_reset_reason {
    SW_RESET_UNKNOWN = 0,
    SW_RESET_POWER_ON = 1, /* memory was lost */
    SW_RESET_PIN = 2,      /* memory was kept: pin, emulator reset, or power that came back in time */
    SW_RESET_WATCHDOG = 3,
    SW_RESET_COMMAND = 4,
};

enum sw_node_command {
    SW_NODE_COMMAND_NONE = 0,
    SW_NODE_COMMAND_RESTART = 1, /* restarts after the reply has gone out */
};

enum sw_slot_state {
    SW_SLOT_EMPTY = 0,
    SW_SLOT_WAITING = 1, /* configured, no answer yet */
    SW_SLOT_OK = 2,
    SW_SLOT_SILENT = 3, /* no valid answer to SW_SLOT_SILENT_FAILURES samples in a row: asked less often */
    SW_SLOT_FAULTY = 4, /* answers, but with exceptions or values that cannot be true */
};

#define SW_SLOT_SILENT_FAILURES 3u

/* Header of the log window. Its fields are taken at one instant, so uptime and wall time together also tell the
 * gateway how the node's clock runs. Registers: serial u32, boot u16, count u16, oldest u32, newest u32,
 * uptime seconds u32, uptime millis u16, clock seconds u32 (0 = never set), clock millis u16, clock quality u16. */
struct sw_node_window_header {
    uint32_t serial;
    uint16_t boot;   /* low 16 bits of BOOT_COUNT */
    uint16_t count;  /* records that follow, 0..SW_NODE_WINDOW_RECORDS */
    uint32_t oldest; /* as LOG_OLDEST */
    uint32_t newest; /* as LOG_NEWEST; the last record of the window has it when nothing is left behind */
    uint32_t uptime_s;
    uint16_t uptime_ms;
    uint32_t clock_s;
    uint16_t clock_ms;
    uint16_t clock_quality;
};

static inline void sw_node_window_header_encode(const struct sw_node_window_header *header, struct sw_writer *out)
{
    sw_write_u32(out, header->serial);
    sw_write_u16(out, header->boot);
    sw_write_u16(out, header->count);
    sw_write_u32(out, header->oldest);
    sw_write_u32(out, header->newest);
    sw_write_u32(out, header->uptime_s);
    sw_write_u16(out, header->uptime_ms);
    sw_write_u32(out, header->clock_s);
    sw_write_u16(out, header->clock_ms);
    sw_write_u16(out, header->clock_quality);
}

/* SW_OK or SW_ERROR_MALFORMED. */
static inline int sw_node_window_header_decode(struct sw_reader *in, struct sw_node_window_header *header)
{
    header->serial = sw_read_u32(in);
    header->boot = sw_read_u16(in);
    header->count = sw_read_u16(in);
    header->oldest = sw_read_u32(in);
    header->newest = sw_read_u32(in);
    header->uptime_s = sw_read_u32(in);
    header->uptime_ms = sw_read_u16(in);
    header->clock_s = sw_read_u32(in);
    header->clock_ms = sw_read_u16(in);
    header->clock_quality = sw_read_u16(in);
    if (in->failed || header->count > SW_NODE_WINDOW_RECORDS || header->uptime_ms > 999 || header->clock_ms > 999 ||
        header->clock_quality > SW_CLOCK_HOLDOVER)
        return SW_ERROR_MALFORMED;
    return SW_OK;
}

#endif
