#include "sensors/profile_image.h"

#include <math.h>
#include <string.h>

/* ---- which registers ---- */

struct extent {
    unsigned first, end; /* first = end: none */
};

static void stretch(struct extent extents[2], uint8_t function, unsigned address, unsigned count)
{
    struct extent *extent = &extents[function == 4];
    if (function == 0 || count == 0) return;
    if (extent->first == extent->end) *extent = (struct extent){address, address + count};
    if (address < extent->first) extent->first = address;
    if (address + count > extent->end) extent->end = address + count;
}

uint16_t *profile_image_at(modbus_mapping_t *map, const struct sw_profile_register *at)
{
    return at->function == 4 ? &map->tab_input_registers[at->address - map->start_input_registers]
                             : &map->tab_registers[at->address - map->start_registers];
}

modbus_mapping_t *profile_image_new(const struct sw_profile *profile)
{
    struct extent extents[2] = {{0, 0}, {0, 0}};
    for (size_t i = 0; i < profile->block_count; i++)
        stretch(extents, profile->blocks[i].function, profile->blocks[i].address, profile->blocks[i].count);
    stretch(extents, profile->identity.function, profile->identity.address, profile->identity.count);
    modbus_mapping_t *map =
        modbus_mapping_new_start_address(0, 0, 0, 0, extents[0].first, extents[0].end - extents[0].first,
                                         extents[1].first, extents[1].end - extents[1].first);
    if (map == NULL) return NULL;
    for (size_t i = 0; i < profile->point_count; i++) {
        const struct sw_profile_point *point = &profile->points[i];
        if (point->unit_count > 0) *profile_image_at(map, &point->unit) = point->units[0].code;
        if (point->code_count > 0) profile_image_put(map, point, point->codes[0].raw);
    }
    for (size_t i = 0; i < profile->guard_count; i++)
        *profile_image_at(map, &profile->guards[i].at) |= profile->guards[i].expected;
    return map;
}

/* ---- values ---- */

static double scale_now(modbus_mapping_t *map, const struct sw_profile_point *point)
{
    double scale = point->scale;
    if (point->decimals.function) scale /= pow(10, *profile_image_at(map, &point->decimals));
    for (size_t i = 0; i < point->unit_count; i++)
        if (*profile_image_at(map, &point->unit) == point->units[i].code) return scale * point->units[i].factor;
    return scale;
}

double profile_image_raw(modbus_mapping_t *map, const struct sw_profile_point *point, double steps)
{
    for (size_t i = 0; i < point->code_count; i++)
        if (point->codes[i].value == steps) return point->codes[i].raw;
    double raw = (steps - point->offset) / scale_now(map, point);
    return point->type == SW_TYPE_F32 || point->fraction.function ? raw : round(raw);
}

/* The four bytes in the order in which they go over the wire, two a register. */
static void put_bytes(uint16_t *registers, uint32_t bits, enum sw_byte_order order)
{
    static const char *const names[] = {
        [SW_ORDER_ABCD] = "ABCD", [SW_ORDER_DCBA] = "DCBA", [SW_ORDER_BADC] = "BADC", [SW_ORDER_CDAB] = "CDAB"};
    unsigned byte[4];
    for (int i = 0; i < 4; i++)
        byte[i] = bits >> (8 * ('D' - names[order][i])) & 0xff;
    registers[0] = (uint16_t)(byte[0] << 8 | byte[1]);
    registers[1] = (uint16_t)(byte[2] << 8 | byte[3]);
}

static void put_bits_of_register(uint16_t *target, uint32_t bits, const struct sw_profile_point *point)
{
    if (point->order == SW_ORDER_BADC) bits = (bits & 0xff) << 8 | (bits >> 8 & 0xff);
    if (point->mask == 0) {
        *target = (uint16_t)bits;
        return;
    }
    unsigned lowest = point->mask & (0u - point->mask);
    *target = (uint16_t)((*target & ~(unsigned)point->mask) | (bits * lowest & point->mask));
}

void profile_image_put_bits(modbus_mapping_t *map, const struct sw_profile_point *point, uint32_t bits)
{
    uint16_t *target = profile_image_at(map, &point->at);
    if (sw_register_type_size(point->type) == 2)
        put_bytes(target, bits, point->order);
    else
        put_bits_of_register(target, bits, point);
}

static uint32_t float_bits(double value)
{
    float real = (float)value;
    uint32_t bits;
    memcpy(&bits, &real, sizeof bits);
    return bits;
}

static double within(double value, double least, double most)
{
    if (value < least) return least;
    return value > most ? most : value;
}

void profile_image_put(modbus_mapping_t *map, const struct sw_profile_point *point, double raw)
{
    if (point->fraction.function) {
        double whole = floor(raw);
        put_bytes(profile_image_at(map, &point->fraction), float_bits(raw - whole), point->order);
        raw = whole;
    }
    switch (point->type) {
    case SW_TYPE_U16:
        profile_image_put_bits(map, point, (uint32_t)within(raw, 0, UINT16_MAX));
        break;
    case SW_TYPE_I16:
        profile_image_put_bits(map, point, (uint32_t)(int32_t)within(raw, INT16_MIN, INT16_MAX));
        break;
    case SW_TYPE_U32:
        profile_image_put_bits(map, point, (uint32_t)within(raw, 0, UINT32_MAX));
        break;
    case SW_TYPE_I32:
        profile_image_put_bits(map, point, (uint32_t)(int32_t)within(raw, INT32_MIN, INT32_MAX));
        break;
    case SW_TYPE_F32:
        profile_image_put_bits(map, point, float_bits(raw));
        break;
    }
}
