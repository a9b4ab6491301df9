/* A device that is nothing but its profile: the registers that say a value. Written apart from the decoder in
 * include/stillwater/, so that what is wrong on one side shows. */
#ifndef TOOLS_SENSORS_PROFILE_IMAGE_H
#define TOOLS_SENSORS_PROFILE_IMAGE_H

#include <modbus/modbus.h>

#include "stillwater/sensor_profile.h"

/* All registers from the first to the last that the profile names, at rest: guards hold, the unit is the first one
 * listed, no decimals, values 0 or the first code. NULL when memory is refused. Free with modbus_mapping_free. */
modbus_mapping_t *profile_image_new(const struct sw_profile *profile);

/* The register, of those that the profile names. */
uint16_t *profile_image_at(modbus_mapping_t *map, const struct sw_profile_register *at);

/* The raw number that says `steps` (of reading.def) under the unit and decimals that the image has now; a whole one but
 * for F32. Of a point with codes, the code. */
double profile_image_raw(modbus_mapping_t *map, const struct sw_profile_point *point, double steps);

/* Writes a raw number, pulled to what the type can hold. */
void profile_image_put(modbus_mapping_t *map, const struct sw_profile_point *point, double raw);

/* The same as bits, for what is no number. */
void profile_image_put_bits(modbus_mapping_t *map, const struct sw_profile_point *point, uint32_t bits);

#endif
