/* The record: one reading or one event of a node, as it travels in the log window (node_map.def).
 *
 * Ten registers, big-endian, version = node map version:
 *   0-1  sequence u32   never goes back within an epoch; LOG_GAP records account for every number left out
 *   2-3  seconds  u32   wall time (since 1970) when clock quality is SET or HOLDOVER, else uptime of `boot`
 *   4    millis   u16   0..999
 *   5    boot     u16   low 16 bits of the node's boot count when the record was made
 *   6    slot u8, kind u8          kind: reading.def, or SW_RECORD_EVENT_* (0x80 and up)
 *   7    clock quality u4, quality u4, reason u8
 *   8-9  value    i32   in steps of the kind's wire_milli; 0 where quality is MISSING
 *
 * A record's identity is (node serial, epoch, sequence): the gateway keeps each at most once. */
#ifndef STILLWATER_RECORD_FORMAT_H
#define STILLWATER_RECORD_FORMAT_H

#include "stillwater/byte_cursor.h"
#include "stillwater/error.h"
#include "stillwater/reading.h"
#include "stillwater/time.h"

#define SW_RECORD_REGISTERS 10
#define SW_RECORD_SIZE      20

/* Events of the node itself, in the `kind` byte. Their slot is SW_RECORD_NO_SLOT. */
enum sw_record_event {
    SW_RECORD_EVENT_BOOT = 0x80,      /* value: reset reason (enum sw_reset_reason in node_map.h) */
    SW_RECORD_EVENT_CLOCK_SET = 0x81, /* first setting or 100 ms and more; value: correction in ms, saturated */
    SW_RECORD_EVENT_LOG_GAP = 0x82,   /* value: records given up (log full) or found damaged and not yet told of */
};

#define SW_RECORD_NO_SLOT 0xff

struct sw_record {
    uint32_t sequence;
    uint32_t seconds;
    uint16_t millis;
    uint16_t boot;
    uint8_t slot;
    uint8_t kind;
    uint8_t clock_quality; /* enum sw_clock_quality, UNSET..HOLDOVER */
    uint8_t quality;       /* enum sw_quality */
    uint8_t reason;        /* enum sw_quality_reason */
    int32_t value;
};

static inline void sw_record_encode(const struct sw_record *record, struct sw_writer *out)
{
    sw_write_u32(out, record->sequence);
    sw_write_u32(out, record->seconds);
    sw_write_u16(out, record->millis);
    sw_write_u16(out, record->boot);
    sw_write_u8(out, record->slot);
    sw_write_u8(out, record->kind);
    sw_write_u8(out, (uint8_t)((unsigned)record->clock_quality << 4 | (record->quality & 0x0fu)));
    sw_write_u8(out, record->reason);
    sw_write_u32(out, (uint32_t)record->value);
}

/* SW_OK; SW_ERROR_MALFORMED when bytes are missing or a field has a value the format does not allow.
 * An unknown `kind` is not an error: a newer node may send it, and it must be stored and acknowledged. */
static inline int sw_record_decode(struct sw_reader *in, struct sw_record *record)
{
    record->sequence = sw_read_u32(in);
    record->seconds = sw_read_u32(in);
    record->millis = sw_read_u16(in);
    record->boot = sw_read_u16(in);
    record->slot = sw_read_u8(in);
    record->kind = sw_read_u8(in);
    uint8_t qualities = sw_read_u8(in);
    record->clock_quality = (uint8_t)(qualities >> 4);
    record->quality = qualities & 0x0fu;
    record->reason = sw_read_u8(in);
    record->value = (int32_t)sw_read_u32(in);
    if (in->failed || record->sequence == 0 || record->millis > 999 || record->kind == 0 ||
        record->clock_quality > SW_CLOCK_HOLDOVER || record->quality > SW_QUALITY_MISSING)
        return SW_ERROR_MALFORMED;
    return SW_OK;
}

#endif
