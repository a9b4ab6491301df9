/* Modbus master towards the sensors: one request at a time, asynchronous.
 *
 * A reply counts only when unit, function and length are those asked for. After a timeout the line is quarantined: for
 * a while whatever comes is thrown away and counted as late, so that a reply to the old request cannot pass for the
 * reply to the next one. A unit that still owes a reply is quarantined again before it is asked for something else. */
#ifndef FIRMWARE_SENSE_BUS_MASTER_H
#define FIRMWARE_SENSE_BUS_MASTER_H

#include "firmware/rtu/rtu_link.h"
#include "stillwater/sensor_profile.h"

#define BUS_REGISTERS_MAX 125u

/* Quarantine: a third of the sensor's timeout, at least this. */
#define BUS_QUARANTINE_MIN_US 50000u

/* A reply owed for longer than this will not come any more. */
#define BUS_OWED_US 2000000u

/* Counters of one slot (node_map.def, SW_NODE_SLOT_BUS). */
struct bus_statistics {
    uint32_t requests;
    uint32_t timeouts;
    uint32_t crc_errors;
    uint32_t late_frames;
    uint32_t exceptions;
    uint32_t wrong_replies;
    uint16_t response_ms;
};

struct bus_request {
    const struct sw_profile *profile;
    uint8_t unit;
    uint8_t retries;                   /* attempts after the first one; an exception is an answer, not a failure */
    struct bus_statistics *statistics; /* counted into; outlives the master */
};

struct bus_reply {
    int error; /* SW_OK, SW_ERROR_TIMEOUT .. FRAME_GAP, SW_ERROR_EXCEPTION_*, SW_ERROR_PORT (settings refused) */
    uint64_t at_us;
    uint16_t registers[BUS_REGISTERS_MAX]; /* profile->node_block.count of them when error is SW_OK */
};

enum bus_state { BUS_IDLE, BUS_WAITING_TO_SEND, BUS_SENDING, BUS_WAITING_FOR_REPLY };

struct bus_master {
    struct rtu_link *link;
    struct sw_line_settings line;
    enum bus_state state;
    struct bus_request request;
    unsigned retries_left;
    uint64_t since_us;    /* start of the present state */
    uint64_t deadline_us; /* for the first byte of the reply */
    int mismatch;         /* error of a frame that was not the reply asked for; SW_OK = none */
    uint64_t quarantine_until_us;
    uint8_t owed_unit; /* 0 = nobody owes a reply */
    uint64_t owed_until_us;
    struct bus_statistics *owed_statistics;
    struct bus_statistics abandoned; /* takes the counts of a request nobody is interested in any more */
};

/* `line`: the settings the link has now. */
void bus_master_init(struct bus_master *master, struct rtu_link *link, const struct sw_line_settings *line);

static inline bool bus_master_busy(const struct bus_master *master)
{
    return master->state != BUS_IDLE;
}

/* SW_ERROR_BUSY while a request is under way. */
int bus_master_start(struct bus_master *master, const struct bus_request *request, uint64_t now_us);

/* True when the request has come to its end: *reply is filled in. Call until false. */
bool bus_master_poll(struct bus_master *master, uint64_t now_us, struct bus_reply *reply);

uint64_t bus_master_due(const struct bus_master *master, uint64_t now_us);

/* False when the port hangs in the middle of a request. */
bool bus_master_healthy(const struct bus_master *master, uint64_t now_us);

/* Nothing is counted into these statistics any more; a request under way is carried to its end. */
void bus_master_forget(struct bus_master *master, const struct bus_statistics *statistics);

#endif
