/* Requests of a Modbus RTU master, cut out of the bytes of a line. No I/O and no clock. */
#ifndef TOOLS_SENSORS_MODBUS_FRAME_H
#define TOOLS_SENSORS_MODBUS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODBUS_FRAME_MAX 256

uint16_t modbus_frame_crc(const uint8_t *bytes, size_t size);

/* Writes the CRC over the first size - 2 bytes into the last two. */
void modbus_frame_seal(uint8_t *frame, size_t size);

/* Collects one request. A request ends where its function code says; when its CRC is then wrong, or the bytes cannot
 * be a request, everything up to the next silence is given up, as a device does. */
struct modbus_splitter {
    uint8_t bytes[MODBUS_FRAME_MAX];
    size_t size;
    bool lost; /* waiting for silence */
    uint64_t bad_frames;
};

/* True when `byte` completes a request with a right CRC: it is in bytes[0..size) until the next call. */
bool modbus_splitter_push(struct modbus_splitter *splitter, uint8_t byte);

/* The line has been silent: whatever is incomplete is given up. */
void modbus_splitter_silence(struct modbus_splitter *splitter);

/* True while a silence would change anything. */
bool modbus_splitter_pending(const struct modbus_splitter *splitter);

#endif
