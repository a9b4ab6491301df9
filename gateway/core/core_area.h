/* What a subject adds to the areas it lies in (area/area.h), from its open alerts and from how long it has been heard.
 *
 *   level, cover_open, no_use, leak, burst          their own colour
 *   reported                                        its own colour when it is of a flood, a cover or a leak
 *   level_soon                                      one below its own: water that is expected is not yet there
 *   sensor_silent, sensor_quality, meter_fault      no colour, but unknown; so do a silent node or line above it
 *   all others                                      nothing: they are work for somebody, not the state of a place */
#ifndef GATEWAY_CORE_CORE_AREA_H
#define GATEWAY_CORE_CORE_AREA_H

#include "core/core.h"

struct core_area_input {
    enum sw_colour colour; /* the last known one, also while it is unknown */
    bool unknown;
};

struct core_area_input core_area_input(const struct core *core, uint32_t subject, struct sw_wall now);

#endif
