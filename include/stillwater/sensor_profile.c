#include "stillwater/sensor_profile.h"

#include <string.h>

/* Each table takes its own kind of row out of the one list. */
#define SW_PROFILE(id, name, text, description, baud, parity, stop, gap, timeout, function, address, count)            \
    {SW_PROFILE_##name, text, description, {baud, parity, stop}, gap, timeout, function, address, count},
#define SW_PROFILE_POINT(name, kind, offset, type, order, multiplier, divisor, minimum, maximum)
#define SW_PROFILE_GUARD(name, offset, mask, expected, quality)
static const struct sw_profile profiles[] = {
#include "stillwater/sensor_profile.def"
};
#undef SW_PROFILE
#undef SW_PROFILE_POINT

#define SW_PROFILE(id, name, text, description, baud, parity, stop, gap, timeout, function, address, count)
#define SW_PROFILE_POINT(name, kind, offset, type, order, multiplier, divisor, minimum, maximum)                       \
    {SW_PROFILE_##name, SW_READING_##kind, offset,  SW_TYPE_##type, SW_ORDER_##order,                                  \
     multiplier,        divisor,           minimum, maximum},
static const struct sw_profile_point points[] = {
#include "stillwater/sensor_profile.def"
};
#undef SW_PROFILE_POINT
#undef SW_PROFILE_GUARD

#define SW_PROFILE_POINT(name, kind, offset, type, order, multiplier, divisor, minimum, maximum)
#define SW_PROFILE_GUARD(name, offset, mask, expected, quality)                                                        \
    {SW_PROFILE_##name, offset, mask, expected, SW_QUALITY_##quality},
static const struct sw_profile_guard guards[] = {
#include "stillwater/sensor_profile.def"
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

const struct sw_profile *sw_profile_at(size_t index)
{
    return index < COUNT_OF(profiles) ? &profiles[index] : NULL;
}

const struct sw_profile *sw_profile_by_id(unsigned id)
{
    for (size_t i = 0; i < COUNT_OF(profiles); i++)
        if ((unsigned)profiles[i].id == id) return &profiles[i];
    return NULL;
}

const struct sw_profile *sw_profile_by_name(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(profiles); i++)
        if (strcmp(profiles[i].name, name) == 0) return &profiles[i];
    return NULL;
}

const struct sw_profile_point *sw_profile_point(const struct sw_profile *profile, size_t index)
{
    for (size_t i = 0; i < COUNT_OF(points); i++)
        if (points[i].profile == profile->id && index-- == 0) return &points[i];
    return NULL;
}

static uint16_t swap_bytes(uint16_t value)
{
    return (uint16_t)((unsigned)value << 8 | value >> 8);
}

/* The raw 32 bits with the most significant byte on top. */
static uint32_t join(uint16_t first, uint16_t second, enum sw_byte_order order)
{
    switch (order) {
    case SW_ORDER_ABCD:
        return (uint32_t)first << 16 | second;
    case SW_ORDER_CDAB:
        return (uint32_t)second << 16 | first;
    case SW_ORDER_BADC:
        return (uint32_t)swap_bytes(first) << 16 | swap_bytes(second);
    case SW_ORDER_DCBA:
        return (uint32_t)swap_bytes(second) << 16 | swap_bytes(first);
    }
    return 0;
}

static double raw_value(const struct sw_profile_point *point, const uint16_t *registers)
{
    if (point->type == SW_TYPE_U16 || point->type == SW_TYPE_I16) {
        uint16_t raw = point->order == SW_ORDER_BADC ? swap_bytes(registers[0]) : registers[0];
        return point->type == SW_TYPE_U16 ? (double)raw : (double)(int16_t)raw;
    }
    uint32_t raw = join(registers[0], registers[1], point->order);
    if (point->type == SW_TYPE_U32) return (double)raw;
    if (point->type == SW_TYPE_I32) return (double)(int32_t)raw;
    float real;
    memcpy(&real, &raw, sizeof real);
    return (double)real;
}

static void decode_point(const struct sw_profile_point *point, const uint16_t *block, struct sw_point_value *out)
{
    *out = (struct sw_point_value){.kind = point->kind, .quality = SW_QUALITY_BAD, .reason = SW_REASON_RANGE};
    double scaled = raw_value(point, block + point->offset) * (double)point->multiplier / (double)point->divisor;
    /* Written so that a NaN, too, is out of range. */
    if (!(scaled >= (double)point->minimum && scaled <= (double)point->maximum)) return;
    out->value = (int32_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    out->quality = SW_QUALITY_GOOD;
    out->reason = SW_REASON_NONE;
}

static void apply_guard(const struct sw_profile_guard *guard, struct sw_point_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (values[i].quality >= guard->quality) continue;
        values[i].quality = guard->quality;
        values[i].reason = SW_REASON_SENSOR_FAULT;
        if (guard->quality >= SW_QUALITY_BAD) values[i].value = 0;
    }
}

size_t sw_profile_decode(const struct sw_profile *profile, const uint16_t *registers,
                         struct sw_point_value values[SW_PROFILE_POINTS_MAX])
{
    size_t count = 0;
    const struct sw_profile_point *point;
    for (; count < SW_PROFILE_POINTS_MAX && (point = sw_profile_point(profile, count)) != NULL; count++)
        decode_point(point, registers, &values[count]);
    for (size_t i = 0; i < COUNT_OF(guards); i++) {
        const struct sw_profile_guard *guard = &guards[i];
        if (guard->profile == profile->id && (registers[guard->offset] & guard->mask) != guard->expected)
            apply_guard(guard, values, count);
    }
    return count;
}
