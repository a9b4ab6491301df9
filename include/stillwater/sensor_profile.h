/* Sensor profiles as data, and the one decoder both sides use. No state, no I/O, no heap; safe in any context.
 *
 * A profile says what a Modbus sensor looks like on the wire: which blocks of registers are read, and where in them
 * the measured values lie. The built-in ones are made from profiles/ (docs/profile-author.md); a gateway reads its
 * operator's own from files of the same shape. */
#ifndef STILLWATER_SENSOR_PROFILE_H
#define STILLWATER_SENSOR_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stillwater/reading.h"

/* Ids of the built-in profiles: on the wire to a node, never reused. */
enum sw_profile_id {
    SW_PROFILE_NONE = 0, /* no profile; and the id of an operator's own, which no node knows */
#define SW_PROFILE(id, NAME, ...) SW_PROFILE_##NAME = (id),
#include "stillwater/sensor_profile.def"
#undef SW_PROFILE
};

enum sw_register_type { SW_TYPE_U16, SW_TYPE_I16, SW_TYPE_U32, SW_TYPE_I32, SW_TYPE_F32 };

/* Order of the bytes of a value as they come over the wire; A is the most significant. 16-bit types: ABCD or BADC. */
enum sw_byte_order { SW_ORDER_ABCD, SW_ORDER_DCBA, SW_ORDER_BADC, SW_ORDER_CDAB };

struct sw_line_settings {
    uint32_t baud;
    char parity; /* 'N', 'E' or 'O' */
    uint8_t stop_bits;
};

/* What one request reads. */
struct sw_profile_block {
    uint8_t function; /* 3 or 4 */
    uint16_t address; /* 0-based, as on the wire */
    uint8_t count;    /* 1..125; 0 = there is no such block */
};

/* One register. */
struct sw_profile_register {
    uint8_t function; /* 0 = there is none */
    uint16_t address;
};

/* A raw value that stands for something, not for its own amount. */
struct sw_profile_code {
    uint16_t raw;
    int32_t value; /* wire steps */
};

/* What the scale is multiplied by while the unit register holds this code. */
struct sw_profile_unit {
    uint16_t code;
    double factor;
};

struct sw_profile_point {
    enum sw_reading_kind kind;
    struct sw_profile_register at;
    enum sw_register_type type;
    enum sw_byte_order order;
    uint16_t mask; /* of a 16-bit type: bits that belong to it, shifted down; 0 = all */
    bool has_no_reading;
    uint32_t no_reading; /* these raw bits say that the sensor sees nothing: BAD, NO_ECHO */

    /* Value in wire steps (reading.def) = raw * scale + offset, rounded to nearest. */
    double scale;
    double offset;
    int32_t minimum; /* wire steps; outside: BAD, RANGE */
    int32_t maximum;

    struct sw_profile_register fraction; /* F32 in the point's order, added to the raw value */
    struct sw_profile_register decimals; /* raw value is divided by ten to its power; above 9: BAD, RANGE */
    struct sw_profile_register unit;     /* scale depends on it; a code not listed: BAD, SENSOR_FAULT */
    const struct sw_profile_unit *units;
    uint8_t unit_count;
    const struct sw_profile_code *codes; /* raw is one of these, and nothing is scaled; else BAD, RANGE */
    uint8_t code_count;
};

/* Unless (register & mask) == expected the points have at least this quality, reason SENSOR_FAULT. */
struct sw_profile_guard {
    struct sw_profile_register at;
    uint16_t mask;
    uint16_t expected;
    enum sw_quality quality;
    uint16_t points; /* bit 1 << index of the point */
};

#define SW_PROFILE_BLOCKS_MAX    8
#define SW_PROFILE_POINTS_MAX    16
#define SW_PROFILE_REGISTERS_MAX 250 /* of all blocks together */
#define SW_PROFILE_IDENTITY_MAX  16
#define SW_PROFILE_NODE_POINTS   4

/* What is assumed where nothing better is known: the sensors of the register maps take 5 to 20 ms, and a USB adapter
 * holds bytes back for up to 16 ms. */
#define SW_PROFILE_USUAL_ANSWER_MS 20

struct sw_profile {
    uint16_t id; /* enum sw_profile_id */
    const char *name;
    const char *description;
    struct sw_line_settings line;
    uint32_t extra_gap_us;    /* silence wanted on top of the standard's T3.5 before a request */
    uint16_t timeout_ms;      /* longest time from the end of a request to the start of its reply */
    uint16_t usual_answer_ms; /* what it takes as a rule; for planning */

    const struct sw_profile_block *blocks; /* what a gateway reads: block_count requests for one sample */
    uint8_t block_count;
    uint16_t register_count; /* of all blocks */

    const struct sw_profile_point *points; /* the first one is shown in a slot's status */
    uint8_t point_count;

    const struct sw_profile_guard *guards;
    uint8_t guard_count;

    /* What a node reads, for the first node_point_count points; count 0 when no node can use the profile. */
    struct sw_profile_block node_block;
    uint8_t node_point_count;

    /* Registers that are this one device's own, as a serial number: another value is another device. May be none. */
    struct sw_profile_block identity;
};

/* One point's value out of the registers. */
struct sw_point_value {
    enum sw_reading_kind kind;
    int32_t value; /* wire steps; 0 unless quality is GOOD or SUSPECT */
    enum sw_quality quality;
    enum sw_quality_reason reason;
};

/* Among the built-in ones; NULL when there is no such profile. Static storage. */
const struct sw_profile *sw_profile_by_id(unsigned id);
const struct sw_profile *sw_profile_by_name(const char *name);

/* The i-th built-in profile, for listings; NULL past the last. */
const struct sw_profile *sw_profile_at(size_t index);

/* The i-th point of a profile; NULL past the last. Every profile has at least one. */
const struct sw_profile_point *sw_profile_point(const struct sw_profile *profile, size_t index);

/* Takes all points out of the registers of all blocks, one block after the other, in host order. Returns how many were
 * written: profile->point_count. */
size_t sw_profile_decode(const struct sw_profile *profile, const uint16_t *registers,
                         struct sw_point_value values[SW_PROFILE_POINTS_MAX]);

/* The same for a node, out of the registers of profile->node_block: the first profile->node_point_count points. */
size_t sw_profile_decode_node(const struct sw_profile *profile, const uint16_t *registers,
                              struct sw_point_value values[SW_PROFILE_NODE_POINTS]);

/* How many registers a value of this type takes. */
static inline uint8_t sw_register_type_size(enum sw_register_type type)
{
    return type == SW_TYPE_U16 || type == SW_TYPE_I16 ? 1 : 2;
}

#endif
