#include "sensors/sensor_unit.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sensors/sensor_registers.h"
#include "stillwater/error.h"

int sensor_unit_open(struct sensor_unit *unit, struct sensor *sensor)
{
    int pair[2];
    memset(unit, 0, sizeof *unit);
    unit->sensor = sensor;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return SW_ERROR_SYSTEM;
    unit->server_fd = pair[0];
    unit->line_fd = pair[1];
    unit->map = sensor_registers_new(sensor->profile);
    /* The device is never opened: the context is connected by being given the socket. */
    unit->server = modbus_new_rtu("socket pair", 9600, 'N', 8, 1);
    if (unit->map == NULL || unit->server == NULL || modbus_set_slave(unit->server, sensor->unit_id) != 0) {
        sensor_unit_close(unit);
        return SW_ERROR_SYSTEM;
    }
    modbus_set_socket(unit->server, unit->server_fd);
    /* Only whole requests are handed over, so these never expire in practice. They bound libmodbus all the same: it
     * sleeps for the response timeout before it refuses a function or a value. */
    modbus_set_indication_timeout(unit->server, 0, 50000);
    modbus_set_byte_timeout(unit->server, 0, 10000);
    modbus_set_response_timeout(unit->server, 0, 1000);
    return SW_OK;
}

void sensor_unit_close(struct sensor_unit *unit)
{
    modbus_free(unit->server);
    if (unit->map != NULL) modbus_mapping_free(unit->map);
    close(unit->server_fd);
    close(unit->line_fd);
    memset(unit, 0, sizeof *unit);
}

static void drain(int fd)
{
    uint8_t bytes[MODBUS_FRAME_MAX];
    while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        continue;
}

/* libmodbus's answer; 0 for none. */
static size_t serve(struct sensor_unit *unit, const uint8_t *request, size_t size, uint8_t *reply)
{
    uint8_t received[MODBUS_RTU_MAX_ADU_LENGTH];
    if (send(unit->line_fd, request, size, MSG_NOSIGNAL) != (ssize_t)size) return 0;
    int length = modbus_receive(unit->server, received);
    /* What libmodbus left of a request it refused would spoil the next one. */
    if (length <= 0) drain(unit->server_fd);
    if (length <= 0) return 0;
    int sent = unit->sensor->fault.kind == SENSOR_FAULT_EXCEPTION
                   ? modbus_reply_exception(unit->server, received, unit->sensor->fault.exception_code)
                   : modbus_reply(unit->server, received, length, unit->map);
    if (sent <= 0) return 0;
    ssize_t got = recv(unit->line_fd, reply, MODBUS_FRAME_MAX, MSG_DONTWAIT);
    return got > 0 ? (size_t)got : 0;
}

static bool is_exception(const struct sensor_reply *reply)
{
    return (reply->bytes[1] & 0x80) != 0;
}

/* Only the reply to a read has a number of registers that can be wrong. */
static bool make_short(struct sensor_reply *reply)
{
    bool is_read = reply->bytes[1] == 3 || reply->bytes[1] == 4 || reply->bytes[1] == 23;
    if (!is_read || reply->bytes[2] < 2) return false;
    reply->bytes[2] = (uint8_t)(reply->bytes[2] - 2);
    reply->size -= 2;
    modbus_frame_seal(reply->bytes, reply->size);
    return true;
}

/* Returns whether the fault had something to act on. */
static bool apply_fault(const struct sensor_fault *fault, struct sensor_reply *reply)
{
    switch (fault->kind) {
    case SENSOR_FAULT_CRC:
        reply->bytes[reply->size - 1] ^= 0x55;
        return true;
    case SENSOR_FAULT_WRONG_UNIT:
        reply->bytes[0] = (uint8_t)(reply->bytes[0] % 247 + 1);
        modbus_frame_seal(reply->bytes, reply->size);
        return true;
    case SENSOR_FAULT_SHORT:
        return make_short(reply);
    case SENSOR_FAULT_TRUNCATED:
        reply->size /= 2;
        return true;
    case SENSOR_FAULT_LATE:
        reply->delay_ms += fault->late_ms;
        return true;
    case SENSOR_FAULT_EXCEPTION:
        return true;
    case SENSOR_FAULT_NONE:
    case SENSOR_FAULT_SILENT:
    case SENSOR_FAULT_COUNT:
        break;
    }
    return false;
}

static bool is_write(uint8_t function)
{
    return function == 6 || function == 16 || function == 22 || function == 23;
}

void sensor_unit_answer(struct sensor_unit *unit, const uint8_t *request, size_t size, struct sensor_reply *reply)
{
    const struct sensor_fault *fault = &unit->sensor->fault;
    *reply = (struct sensor_reply){.delay_ms = unit->sensor->turnaround_ms, .written = SENSOR_FIELD_COUNT};
    unit->requests++;
    if (fault->kind == SENSOR_FAULT_SILENT) {
        unit->faults[SENSOR_FAULT_SILENT]++;
        return;
    }
    sensor_registers_fill(unit->sensor, unit->map);
    reply->size = serve(unit, request, size, reply->bytes);
    if (is_write(request[1])) reply->written = sensor_registers_take_write(unit->sensor, unit->map);
    /* Nobody answers a request to all. */
    if (request[0] == MODBUS_BROADCAST_ADDRESS) reply->size = 0;
    if (reply->size == 0) return;
    unit->replies++;
    if (is_exception(reply) && fault->kind != SENSOR_FAULT_EXCEPTION) unit->exceptions++;
    if (apply_fault(fault, reply)) unit->faults[fault->kind]++;
}
