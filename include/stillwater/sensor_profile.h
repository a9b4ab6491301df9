/* Sensor profiles as data, and the one decoder both sides use. No state, no I/O, no heap; safe in any context. */
#ifndef STILLWATER_SENSOR_PROFILE_H
#define STILLWATER_SENSOR_PROFILE_H

#include <stddef.h>
#include <stdint.h>

#include "stillwater/reading.h"

enum sw_profile_id {
    SW_PROFILE_NONE = 0,
#define SW_PROFILE(id, name, text, description, baud, parity, stop, gap, timeout, function, address, count)            \
    SW_PROFILE_##name = (id),
#define SW_PROFILE_POINT(name, kind, offset, type, order, multiplier, divisor, minimum, maximum)
#define SW_PROFILE_GUARD(name, offset, mask, expected, quality)
#include "stillwater/sensor_profile.def"
#undef SW_PROFILE
#undef SW_PROFILE_POINT
#undef SW_PROFILE_GUARD
};

enum sw_register_type { SW_TYPE_U16, SW_TYPE_I16, SW_TYPE_U32, SW_TYPE_I32, SW_TYPE_F32 };

/* Order of the bytes of a value as they come over the wire; A is the most significant. */
enum sw_byte_order { SW_ORDER_ABCD, SW_ORDER_DCBA, SW_ORDER_BADC, SW_ORDER_CDAB };

struct sw_line_settings {
    uint32_t baud;
    char parity; /* 'N', 'E' or 'O' */
    uint8_t stop_bits;
};

struct sw_profile_point {
    enum sw_profile_id profile;
    enum sw_reading_kind kind;
    uint8_t offset; /* registers from the start of the block */
    enum sw_register_type type;
    enum sw_byte_order order;
    int32_t multiplier;
    int32_t divisor;
    int32_t minimum; /* wire steps */
    int32_t maximum;
};

struct sw_profile_guard {
    enum sw_profile_id profile;
    uint8_t offset;
    uint16_t mask;
    uint16_t expected;
    enum sw_quality quality;
};

struct sw_profile {
    enum sw_profile_id id;
    const char *name;
    const char *description;
    struct sw_line_settings line;
    uint32_t extra_gap_us;
    uint16_t timeout_ms;
    uint8_t function;
    uint16_t address;
    uint8_t count;
};

#define SW_PROFILE_POINTS_MAX 4

/* One point's value out of a block. */
struct sw_point_value {
    enum sw_reading_kind kind;
    int32_t value; /* wire steps; 0 unless quality is GOOD or SUSPECT */
    enum sw_quality quality;
    enum sw_quality_reason reason;
};

/* NULL when there is no such profile. Static storage. */
const struct sw_profile *sw_profile_by_id(unsigned id);
const struct sw_profile *sw_profile_by_name(const char *name);

/* The i-th profile of the table, for listings; NULL past the last. */
const struct sw_profile *sw_profile_at(size_t index);

/* The i-th point of a profile; NULL past the last. Every profile has at least one. Static storage. */
const struct sw_profile_point *sw_profile_point(const struct sw_profile *profile, size_t index);

/* Takes the points out of `registers` (profile->count of them, in host order) into values[], which has room for
 * SW_PROFILE_POINTS_MAX. Returns how many were written: as many as the profile has points. */
size_t sw_profile_decode(const struct sw_profile *profile, const uint16_t *registers,
                         struct sw_point_value values[SW_PROFILE_POINTS_MAX]);

#endif
