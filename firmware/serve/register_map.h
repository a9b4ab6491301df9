/* The register map as tables, made from node_map.def. */
#ifndef FIRMWARE_SERVE_REGISTER_MAP_H
#define FIRMWARE_SERVE_REGISTER_MAP_H

#include <stddef.h>
#include <stdint.h>

enum map_access { MAP_RO, MAP_RW, MAP_WO, MAP_LOCKED };

struct map_field {
    uint16_t address; /* of the field; within a slot: offset */
    uint8_t words;
    uint8_t access; /* enum map_access */
};

/* Which table an address belongs to, and what it is there. */
enum map_area {
    MAP_NONE,
    MAP_INPUT,
    MAP_HOLDING,
    MAP_SLOT_STATUS,
    MAP_SLOT_BUS,
    MAP_SLOT_CONFIG,
};

struct map_place {
    enum map_area area;
    const struct map_field *field;
    uint16_t start; /* address of the field's first word */
    uint16_t slot;  /* in slot areas */
};

/* area is MAP_NONE when the address is not in the map. */
struct map_place map_find_input(uint16_t address);
struct map_place map_find_holding(uint16_t address);

#endif
