/* A plain Modbus device on a line of the gateway: the blocks of its profile, one request each, make a sample each poll
 * interval.
 *
 * A profile may name registers that are one device's own, as a serial number. They are read first of all, and again
 * after every failure and every reconnect: in a pause a device may have been exchanged or renumbered, and then its
 * readings would be told of another's subject. What they have to be the configuration says, or else the first answer; a
 * device with other ones gives no readings until the known one is back, or its configuration or the process is new. A
 * device that refuses to tell them from the start is read without, unless the configuration says what they are. */
#ifndef FIELD_BUS_DEVICE_POLL_H
#define FIELD_BUS_DEVICE_POLL_H

#include "station.h"

struct device_poll {
    struct station station;
    const struct config_device *config;
    uint8_t block;          /* the next one to read */
    bool identify;          /* the identity is to be read before it */
    bool known;             /* its identity is */
    bool other;             /* another device answers */
    bool nameless;          /* it has been told that there is no identity */
    int64_t first_block_us; /* when its reply came */
    uint16_t registers[];   /* the identity, then all blocks */
};

/* NULL when memory is refused; free() it. */
struct device_poll *device_poll_new(struct line_context *line, const struct config_device *config, uint32_t index,
                                    int64_t due_us);

/* See station.h. An error of the device is in its sample. */
void device_poll_begin(struct device_poll *device, struct exchange *out);
void device_poll_end(struct device_poll *device, int result, const struct exchange_reply *reply, int64_t now_us);
void device_poll_reconnect(struct device_poll *device);

#endif
