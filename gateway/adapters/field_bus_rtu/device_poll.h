/* A plain Modbus device on the gateway's own line: one block read each poll interval. */
#ifndef FIELD_BUS_RTU_DEVICE_POLL_H
#define FIELD_BUS_RTU_DEVICE_POLL_H

#include "line_context.h"
#include "unit_health.h"

struct device_poll {
    struct line_context *context;
    const struct config_device *config;
    uint32_t index;
    int64_t due_us; /* when it wants to be stepped next */
    struct unit_health health;
    bool doubtful;
};

void device_poll_init(struct device_poll *device, struct line_context *context, uint32_t index, int64_t due_us);

/* One exchange, one sample to the loop. SW_OK, RTU_STOPPED or SW_ERROR_PORT; an error of the device is in its sample.
 */
int device_poll_step(struct device_poll *device);

#endif
