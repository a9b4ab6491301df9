#include "firmware/serve/register_map.h"

#include "stillwater/node_map.h"

#define WORDS_U16    1
#define WORDS_U32    2
#define WORDS_I32    2
#define WORDS_WINDOW SW_NODE_WINDOW_REGISTERS

/* Each table takes its own kind of row out of the one list. */
#define SW_NODE_INPUT(address, name, type, text) {address, WORDS_##type, MAP_RO},
#define SW_NODE_HOLDING(address, name, type, access, text)
#define SW_NODE_SLOT_STATUS(offset, name, type, text)
#define SW_NODE_SLOT_BUS(offset, name, type, text)
#define SW_NODE_SLOT_CONFIG(offset, name, type, text)
static const struct map_field inputs[] = {
#include "stillwater/node_map.def"
};
#undef SW_NODE_INPUT
#define SW_NODE_INPUT(address, name, type, text)

#undef SW_NODE_HOLDING
#define SW_NODE_HOLDING(address, name, type, access, text) {address, WORDS_##type, MAP_##access},
static const struct map_field holdings[] = {
#include "stillwater/node_map.def"
};
#undef SW_NODE_HOLDING
#define SW_NODE_HOLDING(address, name, type, access, text)

#undef SW_NODE_SLOT_STATUS
#define SW_NODE_SLOT_STATUS(offset, name, type, text) {offset, WORDS_##type, MAP_RO},
static const struct map_field slot_status[] = {
#include "stillwater/node_map.def"
};
#undef SW_NODE_SLOT_STATUS
#define SW_NODE_SLOT_STATUS(offset, name, type, text)

#undef SW_NODE_SLOT_BUS
#define SW_NODE_SLOT_BUS(offset, name, type, text) {offset, WORDS_##type, MAP_RO},
static const struct map_field slot_bus[] = {
#include "stillwater/node_map.def"
};
#undef SW_NODE_SLOT_BUS
#define SW_NODE_SLOT_BUS(offset, name, type, text)

#undef SW_NODE_SLOT_CONFIG
#define SW_NODE_SLOT_CONFIG(offset, name, type, text) {offset, WORDS_##type, MAP_LOCKED},
static const struct map_field slot_config[] = {
#include "stillwater/node_map.def"
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct map_field *find(const struct map_field *fields, size_t count, uint16_t address)
{
    for (size_t i = 0; i < count; i++)
        if (address >= fields[i].address && address < fields[i].address + fields[i].words) return &fields[i];
    return NULL;
}

static struct map_place find_plain(enum map_area area, const struct map_field *fields, size_t count, uint16_t address)
{
    const struct map_field *field = find(fields, count, address);
    struct map_place place = {field ? area : MAP_NONE, field, field ? field->address : 0, 0};
    return place;
}

static struct map_place find_in_slots(enum map_area area, const struct map_field *fields, size_t count, uint16_t base,
                                      uint16_t stride, uint16_t address)
{
    struct map_place place = {MAP_NONE, NULL, 0, 0};
    if (address < base || address >= base + stride * SW_NODE_SLOT_COUNT) return place;
    uint16_t within = (uint16_t)(address - base);
    place = find_plain(area, fields, count, within % stride);
    place.slot = within / stride;
    place.start = (uint16_t)(place.start + base + place.slot * stride);
    return place;
}

struct map_place map_find_input(uint16_t address)
{
    struct map_place place = find_plain(MAP_INPUT, inputs, COUNT_OF(inputs), address);
    if (place.area == MAP_NONE)
        place = find_in_slots(MAP_SLOT_STATUS, slot_status, COUNT_OF(slot_status), SW_NODE_SLOT_STATUS_BASE,
                              SW_NODE_SLOT_STATUS_STRIDE, address);
    if (place.area == MAP_NONE)
        place = find_in_slots(MAP_SLOT_BUS, slot_bus, COUNT_OF(slot_bus), SW_NODE_SLOT_BUS_BASE,
                              SW_NODE_SLOT_BUS_STRIDE, address);
    return place;
}

struct map_place map_find_holding(uint16_t address)
{
    struct map_place place = find_plain(MAP_HOLDING, holdings, COUNT_OF(holdings), address);
    if (place.area == MAP_NONE)
        place = find_in_slots(MAP_SLOT_CONFIG, slot_config, COUNT_OF(slot_config), SW_NODE_SLOT_CONFIG_BASE,
                              SW_NODE_SLOT_CONFIG_STRIDE, address);
    return place;
}
