/* A sensor's values as its maker's registers. Written from the public register maps alone, on purpose without the
 * profile decoder of include/stillwater/: a wrong byte order or scale there shows as a wrong reading. A device that has
 * no model here is its profile's registers and no more (profile_image.h). */
#ifndef TOOLS_SENSORS_SENSOR_REGISTERS_H
#define TOOLS_SENSORS_SENSOR_REGISTERS_H

#include <modbus/modbus.h>

#include "sensors/sensor.h"

/* A mapping of the size the profile's device has; NULL when memory is refused. Free with modbus_mapping_free. */
modbus_mapping_t *sensor_registers_new(const struct sw_profile *profile);

/* Writes the sensor's present values into the mapping. */
void sensor_registers_fill(const struct sensor *sensor, modbus_mapping_t *map);

/* Takes over what a master has written since the last fill where the device acts on it (totals and valve of a xintai
 * meter, unit and decimals of a qdy30a, mounting height of a geolux-lx80). Other writes are answered and have no
 * effect. Returns the field that changed, SENSOR_FIELD_COUNT when none has. */
enum sensor_field sensor_registers_take_write(struct sensor *sensor, const modbus_mapping_t *map);

#endif
