#include "simulated_line.h"

#include <stdio.h>
#include <string.h>

#include "stillwater/error.h"

struct simulated_port port;

static modbus_t *const open_port = (modbus_t *)&port; /* never looked into: it is only there or not */

void port_reset(void)
{
    memset(&port, 0, sizeof port);
    port.now_us = INT64_C(3600) * 1000000;
}

int64_t rtu_now_us(void)
{
    return port.now_us;
}

void rtu_line_init(struct rtu_line *line, const char *path, struct sw_line_settings settings,
                   struct field_mailbox *mailbox, struct field_bus_counters *counters)
{
    *line = (struct rtu_line){.path = path, .settings = settings, .mailbox = mailbox, .fd = -1, .counters = counters};
}

int rtu_line_open(struct rtu_line *line, char *text, size_t text_size)
{
    snprintf(text, text_size, "%s", "pulled out");
    if (port.pulled_out) return SW_ERROR_PORT;
    line->modbus = open_port;
    return SW_OK;
}

void rtu_line_close(struct rtu_line *line)
{
    line->modbus = NULL;
}

int rtu_line_wait(struct rtu_line *line, int64_t until_us)
{
    if (line->modbus != NULL && port.pulled_out) return SW_ERROR_PORT;
    if (until_us > port.now_us) port.now_us = until_us;
    return SW_OK;
}

int rtu_line_settle(struct rtu_line *line, uint32_t timeout_ms, uint32_t extra_gap_us)
{
    (void)line, (void)timeout_ms, (void)extra_gap_us;
    return port.pulled_out ? SW_ERROR_PORT : SW_OK;
}

int rtu_line_exchange(struct rtu_line *line, const struct exchange *exchange, bool *doubtful,
                      struct exchange_reply *reply)
{
    const uint8_t *bytes = exchange->request.bytes;
    struct simulated_unit *unit = &port.units[bytes[0]];
    if (port.pulled_out) return SW_ERROR_PORT;
    if (unit->requests < SIMULATED_POLLS_MAX) unit->asked_us[unit->requests] = port.now_us;
    unit->requests++;
    unit->last_address = (uint16_t)(bytes[2] << 8 | bytes[3]);
    *doubtful = false;
    line->counters->requests++;
    reply->sent_us = port.now_us;
    if (unit->error == SW_OK && unit->refused_from > 0 && unit->last_address >= unit->refused_from) {
        port.now_us += SIMULATED_EXCHANGE_US;
        return SW_ERROR_EXCEPTION_ADDRESS;
    }
    if (unit->error == SW_OK) {
        port.now_us += SIMULATED_EXCHANGE_US;
        for (unsigned i = 0; i < exchange->request.registers; i++)
            reply->registers[i] = unit->registers[(unit->last_address + i) % SIMULATED_REGISTERS];
        line->counters->replies++;
    } else {
        port.now_us += INT64_C(2000) * exchange->timeout_ms;
        port.failed_us += INT64_C(2000) * exchange->timeout_ms;
    }
    reply->first_byte_us = port.now_us;
    return unit->error;
}
