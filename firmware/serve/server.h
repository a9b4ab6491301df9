/* Modbus server towards the gateway: function codes 03, 04, 06, 16 and 23 over the register map of node_map.def.
 *
 * A write is checked whole before anything changes. Function code 23 writes before it reads. A broadcast (unit 0) sets
 * the clock and nothing else: the log's registers and the slots belong to one node. */
#ifndef FIRMWARE_SERVE_SERVER_H
#define FIRMWARE_SERVE_SERVER_H

#include "firmware/clock/node_clock.h"
#include "firmware/log/record_log.h"
#include "firmware/port.h"
#include "firmware/rtu/rtu_link.h"
#include "firmware/sample/sampler.h"

/* What the registers show and change. */
struct server_context {
    const struct port_system *system;
    struct node_clock *clock;
    struct record_log *log;
    struct sampler *sampler;
};

struct server {
    struct rtu_link *link;
    struct server_context context;
    uint8_t unit_id;
    bool unlocked;
    uint64_t unlocked_until_us;
    bool restart_pending;
    uint32_t requests; /* answered */
    uint32_t errors;   /* frames thrown away */
};

void server_init(struct server *server, struct rtu_link *link, uint8_t unit_id, const struct server_context *context);

/* Answers what has come in; restarts the node once the reply to that command has gone out. */
void server_poll(struct server *server, uint64_t now_us);

uint64_t server_due(const struct server *server, uint64_t now_us);

/* Exception codes of a Modbus reply (application protocol V1.1b3 §7); 0 = none. */
enum server_exception {
    SERVER_NO_EXCEPTION = 0,
    SERVER_ILLEGAL_FUNCTION = 1,
    SERVER_ILLEGAL_ADDRESS = 2,
    SERVER_ILLEGAL_VALUE = 3,
};

/* registers_read.c: writes `count` registers from `address` on to `out`. On an exception what `out` holds is void. */
enum server_exception server_read_inputs(const struct server *server, uint16_t address, uint16_t count, uint64_t now_us,
                                         struct sw_writer *out);
enum server_exception server_read_holdings(struct server *server, uint16_t address, uint16_t count, uint64_t now_us,
                                           struct sw_writer *out);

/* registers_write.c: checks the write of `count` registers, whose values `values` reads, then does it. */
enum server_exception server_check_write(const struct server *server, uint16_t address, uint16_t count,
                                         struct sw_reader values, uint64_t now_us);
void server_write(struct server *server, uint16_t address, uint16_t count, struct sw_reader values, uint64_t now_us);

#endif
