/* One sensor's Modbus server: libmodbus answers, this hands it the request and takes its reply over a socket pair.
 * A libmodbus RTU server context answers for one unit id only and reads the line itself; many units on one line each
 * get a context of their own this way. */
#ifndef TOOLS_SENSORS_SENSOR_UNIT_H
#define TOOLS_SENSORS_SENSOR_UNIT_H

#include <modbus/modbus.h>

#include "sensors/modbus_frame.h"
#include "sensors/sensor.h"

struct sensor_unit {
    struct sensor *sensor;
    modbus_t *server;
    modbus_mapping_t *map;
    int server_fd; /* libmodbus's end of the socket pair */
    int line_fd;   /* ours */
    uint64_t requests;
    uint64_t replies;
    uint64_t exceptions; /* without those a fault asked for */
    uint64_t faults[SENSOR_FAULT_COUNT];
};

struct sensor_reply {
    uint8_t bytes[MODBUS_FRAME_MAX];
    size_t size;               /* 0 = the unit says nothing */
    uint32_t delay_ms;         /* after the request */
    enum sensor_field written; /* what the master has changed; SENSOR_FIELD_COUNT = nothing */
};

/* SW_OK, or SW_ERROR_SYSTEM with nothing to undo. `sensor` outlives the unit. */
int sensor_unit_open(struct sensor_unit *unit, struct sensor *sensor);

/* Answers a request that is complete, has a right CRC and is for this unit or for all (unit id 0). The sensor has
 * been advanced to the present. Returns at once. */
void sensor_unit_answer(struct sensor_unit *unit, const uint8_t *request, size_t size, struct sensor_reply *reply);

void sensor_unit_close(struct sensor_unit *unit);

#endif
