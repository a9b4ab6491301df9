#include "stillwater/sensor_profile.h"

#include <string.h>

static const struct sw_profile profiles[] = {
#define SW_PROFILE(number, NAME, ...) {.id = SW_PROFILE_##NAME, __VA_ARGS__},
#define SW_LIST(type, ...)                                                                                             \
    (const struct type[])                                                                                              \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }
#include "stillwater/sensor_profile.def"
#undef SW_LIST
#undef SW_PROFILE
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

const struct sw_profile *sw_profile_at(size_t index)
{
    return index < COUNT_OF(profiles) ? &profiles[index] : NULL;
}

const struct sw_profile *sw_profile_by_id(unsigned id)
{
    for (size_t i = 0; i < COUNT_OF(profiles); i++)
        if (profiles[i].id == id) return &profiles[i];
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
    return index < profile->point_count ? &profile->points[index] : NULL;
}

/* Registers as they were read: block after block. */
struct image {
    const struct sw_profile_block *blocks;
    size_t block_count;
    const uint16_t *registers;
};

/* A profile's blocks hold whatever its points and guards name. */
static const uint16_t *find(const struct image *image, const struct sw_profile_register *at, unsigned size)
{
    const uint16_t *registers = image->registers;
    for (size_t i = 0; i < image->block_count; i++) {
        const struct sw_profile_block *block = &image->blocks[i];
        if (block->function == at->function && at->address >= block->address &&
            at->address - block->address + size <= block->count)
            return registers + (at->address - block->address);
        registers += block->count;
    }
    return image->registers;
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

static uint16_t masked(uint16_t raw, uint16_t mask)
{
    if (mask == 0) return raw;
    for (raw &= mask; (mask & 1u) == 0; mask >>= 1)
        raw >>= 1;
    return raw;
}

static uint32_t raw_bits(const struct sw_profile_point *point, const uint16_t *registers)
{
    if (sw_register_type_size(point->type) == 2) return join(registers[0], registers[1], point->order);
    return masked(point->order == SW_ORDER_BADC ? swap_bytes(registers[0]) : registers[0], point->mask);
}

static double real_of(uint32_t bits)
{
    float real;
    memcpy(&real, &bits, sizeof real);
    return (double)real;
}

static double number_of(enum sw_register_type type, uint32_t bits)
{
    switch (type) {
    case SW_TYPE_U16:
    case SW_TYPE_U32:
        return (double)bits;
    case SW_TYPE_I16:
        return (double)(int16_t)bits;
    case SW_TYPE_I32:
        return (double)(int32_t)bits;
    case SW_TYPE_F32:
        return real_of(bits);
    }
    return 0;
}

static enum sw_quality_reason look_up(const struct sw_profile_point *point, uint32_t bits, double *value)
{
    for (size_t i = 0; i < point->code_count; i++) {
        if (point->codes[i].raw != bits) continue;
        *value = (double)point->codes[i].value;
        return SW_REASON_NONE;
    }
    return SW_REASON_RANGE;
}

/* What the device's own registers say of the scale. */
static enum sw_quality_reason scale_of(const struct sw_profile_point *point, const struct image *image, double *scale)
{
    *scale = point->scale;
    if (point->decimals.function) {
        uint16_t decimals = *find(image, &point->decimals, 1);
        if (decimals > 9) return SW_REASON_RANGE;
        for (; decimals > 0; decimals--)
            *scale /= 10;
    }
    if (!point->unit.function) return SW_REASON_NONE;
    uint16_t code = *find(image, &point->unit, 1);
    for (size_t i = 0; i < point->unit_count; i++) {
        if (point->units[i].code != code) continue;
        *scale *= point->units[i].factor;
        return SW_REASON_NONE;
    }
    return SW_REASON_SENSOR_FAULT;
}

static enum sw_quality_reason measure(const struct sw_profile_point *point, const struct image *image, double *value)
{
    uint32_t bits = raw_bits(point, find(image, &point->at, sw_register_type_size(point->type)));
    double scale;
    if (point->has_no_reading && bits == point->no_reading) return SW_REASON_NO_ECHO;
    if (point->code_count > 0) return look_up(point, bits, value);
    enum sw_quality_reason reason = scale_of(point, image, &scale);
    if (reason != SW_REASON_NONE) return reason;
    double raw = number_of(point->type, bits);
    if (point->fraction.function) {
        const uint16_t *fraction = find(image, &point->fraction, 2);
        raw += real_of(join(fraction[0], fraction[1], point->order));
    }
    *value = raw * scale + point->offset;
    /* Written so that a NaN, too, is out of range. */
    return *value >= (double)point->minimum && *value <= (double)point->maximum ? SW_REASON_NONE : SW_REASON_RANGE;
}

static void decode_point(const struct sw_profile_point *point, const struct image *image, struct sw_point_value *out)
{
    double value = 0;
    *out = (struct sw_point_value){.kind = point->kind, .reason = measure(point, image, &value)};
    if (out->reason == SW_REASON_NONE)
        out->value = (int32_t)(value < 0 ? value - 0.5 : value + 0.5);
    else
        out->quality = SW_QUALITY_BAD;
}

static void apply_guard(const struct sw_profile_guard *guard, struct sw_point_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if ((guard->points >> i & 1u) == 0 || values[i].quality >= guard->quality) continue;
        values[i].quality = guard->quality;
        values[i].reason = SW_REASON_SENSOR_FAULT;
        if (guard->quality >= SW_QUALITY_BAD) values[i].value = 0;
    }
}

static size_t decode(const struct sw_profile *profile, const struct image *image, struct sw_point_value *values,
                     size_t count)
{
    for (size_t i = 0; i < count; i++)
        decode_point(&profile->points[i], image, &values[i]);
    for (size_t i = 0; i < profile->guard_count; i++) {
        const struct sw_profile_guard *guard = &profile->guards[i];
        /* A node does not read the register of a guard that is of none of its points. */
        if ((guard->points & ((1u << count) - 1)) == 0) continue;
        if ((*find(image, &guard->at, 1) & guard->mask) != guard->expected) apply_guard(guard, values, count);
    }
    return count;
}

size_t sw_profile_decode(const struct sw_profile *profile, const uint16_t *registers,
                         struct sw_point_value values[SW_PROFILE_POINTS_MAX])
{
    const struct image image = {profile->blocks, profile->block_count, registers};
    return decode(profile, &image, values, profile->point_count);
}

size_t sw_profile_decode_node(const struct sw_profile *profile, const uint16_t *registers,
                              struct sw_point_value values[SW_PROFILE_NODE_POINTS])
{
    const struct image image = {&profile->node_block, 1, registers};
    return decode(profile, &image, values, profile->node_point_count);
}
