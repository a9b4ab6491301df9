/* A Modbus device that is asked by hand: over a serial port, Modbus TCP, or RTU frames over TCP. Blocks. */
#ifndef GATEWAY_CLI_PROBE_LINE_H
#define GATEWAY_CLI_PROBE_LINE_H

#include <modbus/modbus.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stillwater/sensor_profile.h"

#define PROBE_REGISTERS_MAX 125

enum probe_transport { PROBE_SERIAL, PROBE_TCP, PROBE_RTU_OVER_TCP };

struct probe_way {
    enum probe_transport transport;
    const char *port; /* of PROBE_SERIAL */
    struct sw_line_settings settings;
    char host[256];
    char service[8];
    uint32_t timeout_ms;
};

struct probe_line {
    const struct probe_way *way;
    modbus_t *modbus;
    int64_t slowest_us; /* answer so far, the time of its bytes included */
};

/* SW_OK; SW_ERROR_PORT and in `text` what was tried and why it failed. */
int probe_line_open(struct probe_line *line, const struct probe_way *way, char *text, size_t size);
void probe_line_close(struct probe_line *line);

struct probe_ask {
    uint8_t unit_id;
    uint8_t function; /* 3 or 4 */
    uint16_t address;
    uint16_t count; /* 1..PROBE_REGISTERS_MAX */
};

/* SW_OK, or an error of error.def: an exception, SW_ERROR_TIMEOUT, SW_ERROR_CRC, SW_ERROR_WRONG_LENGTH, SW_ERROR_PORT.
 * After an error an RTU line is left silent for a timeout, so that a late answer is not taken for that of the
 * next question. */
int probe_line_read(struct probe_line *line, const struct probe_ask *ask, uint16_t registers[PROBE_REGISTERS_MAX]);

/* What an installer can do about it; "" where the error says it all. */
const char *probe_advice(const struct probe_way *way, int error);

#endif
