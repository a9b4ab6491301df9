#include "firmware/sense/bus_master.h"

#include <string.h>

void bus_master_init(struct bus_master *master, struct rtu_link *link, const struct sw_line_settings *line)
{
    memset(master, 0, sizeof *master);
    master->link = link;
    master->line = *line;
}

static void enter(struct bus_master *master, enum bus_state state, uint64_t now_us)
{
    master->state = state;
    master->since_us = now_us;
}

void bus_master_forget(struct bus_master *master, const struct bus_statistics *statistics)
{
    if (master->owed_statistics == statistics) master->owed_statistics = &master->abandoned;
    if (master->request.statistics == statistics) master->request.statistics = &master->abandoned;
}

static uint64_t quarantine_us(const struct bus_master *master)
{
    uint64_t third = (uint64_t)master->request.profile->timeout_ms * 1000 / 3;
    return third > BUS_QUARANTINE_MIN_US ? third : BUS_QUARANTINE_MIN_US;
}

static bool owes(const struct bus_master *master, uint8_t unit, uint64_t now_us)
{
    return master->owed_unit != 0 && master->owed_unit == unit && now_us < master->owed_until_us;
}

static void quarantine(struct bus_master *master, uint64_t for_us, uint64_t now_us)
{
    if (master->quarantine_until_us < now_us + for_us) master->quarantine_until_us = now_us + for_us;
}

static void count_late(struct bus_master *master)
{
    if (master->owed_statistics) master->owed_statistics->late_frames++;
    master->owed_unit = 0;
}

int bus_master_start(struct bus_master *master, const struct bus_request *request, uint64_t now_us)
{
    if (bus_master_busy(master)) return SW_ERROR_BUSY;
    master->request = *request;
    master->retries_left = request->retries;
    if (owes(master, request->unit, now_us)) quarantine(master, quarantine_us(master), now_us);
    enter(master, BUS_WAITING_TO_SEND, now_us);
    return SW_OK;
}

static bool same_line(const struct sw_line_settings *a, const struct sw_line_settings *b)
{
    return a->baud == b->baud && a->parity == b->parity && a->stop_bits == b->stop_bits;
}

/* SW_OK, SW_ERROR_BUSY when the link is not ready yet, or what stands in the way for good. */
static int send_request(struct bus_master *master, uint64_t now_us)
{
    const struct sw_profile *profile = master->request.profile;
    if (!same_line(&master->line, &profile->line)) {
        int error = rtu_link_configure(master->link, &profile->line, now_us);
        if (error != SW_OK) return error == SW_ERROR_BUSY ? error : SW_ERROR_PORT;
        master->line = profile->line;
    }
    struct sw_writer writer = rtu_link_compose(master->link);
    sw_write_u8(&writer, master->request.unit);
    sw_write_u8(&writer, profile->node_block.function);
    sw_write_u16(&writer, profile->node_block.address);
    sw_write_u16(&writer, profile->node_block.count);
    int error = rtu_link_send(master->link, &writer, profile->extra_gap_us, now_us);
    if (error == SW_OK) master->request.statistics->requests++;
    return error;
}

static bool finish(struct bus_master *master, int error, uint64_t now_us, struct bus_reply *reply)
{
    reply->error = error;
    reply->at_us = now_us;
    enter(master, BUS_IDLE, now_us);
    return true;
}

static bool fail_attempt(struct bus_master *master, int error, uint64_t now_us, struct bus_reply *reply)
{
    if (master->retries_left == 0) return finish(master, error, now_us, reply);
    master->retries_left--;
    enter(master, BUS_WAITING_TO_SEND, now_us);
    return false;
}

static bool take_registers(const struct bus_master *master, struct sw_reader body, struct bus_reply *reply)
{
    uint8_t count = master->request.profile->node_block.count;
    if (sw_read_u8(&body) != count * 2) return false;
    for (uint8_t i = 0; i < count && i < BUS_REGISTERS_MAX; i++)
        reply->registers[i] = sw_read_u16(&body);
    return !body.failed && sw_reader_left(&body) == 0;
}

/* SW_OK when the frame is the reply asked for, with its registers taken out. */
static int judge(struct bus_master *master, const struct rtu_frame *frame, struct bus_reply *reply)
{
    const struct sw_profile *profile = master->request.profile;
    struct sw_reader body = frame->body;
    if (frame->unit != master->request.unit) return SW_ERROR_WRONG_UNIT;
    if (frame->function == (profile->node_block.function | 0x80u)) {
        uint8_t code = sw_read_u8(&body);
        if (body.failed || sw_reader_left(&body) != 0) return SW_ERROR_WRONG_LENGTH;
        return sw_error_from_modbus_exception(code);
    }
    if (frame->function != profile->node_block.function) return SW_ERROR_WRONG_FUNCTION;
    return take_registers(master, body, reply) ? SW_OK : SW_ERROR_WRONG_LENGTH;
}

/* A frame while waiting for the reply. */
static bool on_frame(struct bus_master *master, const struct rtu_frame *frame, uint64_t now_us, struct bus_reply *reply)
{
    struct bus_statistics *statistics = master->request.statistics;
    int error = judge(master, frame, reply);
    if (error == SW_OK) {
        uint64_t response_us = frame->end_us > master->since_us ? frame->end_us - master->since_us : 0;
        statistics->response_ms = (uint16_t)(response_us / 1000);
        return finish(master, SW_OK, now_us, reply);
    }
    if (sw_error_is_exception(error)) {
        statistics->exceptions++;
        return finish(master, error, now_us, reply);
    }
    if (owes(master, frame->unit, now_us)) {
        count_late(master);
        return false;
    }
    /* The right reply may still come, from another unit or after a stray frame: the deadline decides. */
    statistics->wrong_replies++;
    master->mismatch = error;
    return false;
}

static bool on_deadline(struct bus_master *master, uint64_t now_us, struct bus_reply *reply)
{
    int error = master->mismatch;
    if (error == SW_OK) {
        error = SW_ERROR_TIMEOUT;
        master->request.statistics->timeouts++;
        master->owed_unit = master->request.unit;
        master->owed_until_us = now_us + BUS_OWED_US;
        master->owed_statistics = master->request.statistics;
    }
    quarantine(master, quarantine_us(master), now_us);
    return fail_attempt(master, error, now_us, reply);
}

static uint64_t overall_deadline(const struct bus_master *master)
{
    return master->deadline_us + (uint64_t)RTU_FRAME_MAX * master->link->timing.character_us +
           master->link->timing.t35_us;
}

/* A frame that was thrown away while waiting for the reply. */
static bool on_bad_frame(struct bus_master *master, int error, uint64_t now_us, struct bus_reply *reply)
{
    master->request.statistics->crc_errors++;
    if (error == SW_ERROR_WRONG_LENGTH) {
        /* A few stray bytes, as when a driver is switched on: the reply may still follow. */
        master->mismatch = SW_ERROR_CRC;
        return false;
    }
    /* The sensor has answered, if badly: it owes nothing, and whatever else comes belongs to the same trouble. */
    quarantine(master, BUS_QUARANTINE_MIN_US, now_us);
    return fail_attempt(master, error, now_us, reply);
}

static bool wait_for_reply(struct bus_master *master, int received, const struct rtu_frame *frame, uint64_t now_us,
                           struct bus_reply *reply)
{
    if (received == 1) return on_frame(master, frame, now_us, reply);
    if (received != 0) return on_bad_frame(master, received, now_us, reply);
    uint64_t deadline_us = rtu_link_receiving(master->link) ? overall_deadline(master) : master->deadline_us;
    return now_us >= deadline_us && on_deadline(master, now_us, reply);
}

static bool try_to_send(struct bus_master *master, uint64_t now_us, struct bus_reply *reply)
{
    if (now_us < master->quarantine_until_us) return false;
    int error = send_request(master, now_us);
    if (error == SW_ERROR_BUSY) return false;
    if (error != SW_OK) return finish(master, error, now_us, reply);
    enter(master, BUS_SENDING, now_us);
    return false;
}

static void begin_waiting(struct bus_master *master, uint64_t now_us)
{
    master->mismatch = SW_OK;
    master->deadline_us =
        now_us + (uint64_t)master->request.profile->timeout_ms * 1000 + master->link->uart->silence_slack_us;
    enter(master, BUS_WAITING_FOR_REPLY, now_us);
}

/* Whatever comes while no reply is expected, in quarantine above all, is the reply somebody owed, or noise. */
static void discard(struct bus_master *master, int received, uint64_t now_us)
{
    if (received != 0 && owes(master, master->owed_unit, now_us)) count_late(master);
}

bool bus_master_poll(struct bus_master *master, uint64_t now_us, struct bus_reply *reply)
{
    struct rtu_frame frame;
    int received;
    do {
        received = rtu_link_poll(master->link, now_us, &frame);
        if (master->state == BUS_SENDING && !rtu_link_transmitting(master->link)) begin_waiting(master, now_us);
        if (master->state != BUS_WAITING_FOR_REPLY)
            discard(master, received, now_us);
        else if (wait_for_reply(master, received, &frame, now_us, reply))
            return true;
    } while (received != 0);
    return master->state == BUS_WAITING_TO_SEND && try_to_send(master, now_us, reply);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t bus_master_due(const struct bus_master *master, uint64_t now_us)
{
    uint64_t due = rtu_link_due(master->link, now_us);
    if (master->state == BUS_WAITING_TO_SEND) due = earlier(due, master->quarantine_until_us);
    if (master->state == BUS_WAITING_FOR_REPLY)
        due = earlier(due, rtu_link_receiving(master->link) ? overall_deadline(master) : master->deadline_us);
    return due;
}

bool bus_master_healthy(const struct bus_master *master, uint64_t now_us)
{
    return !rtu_link_stuck(master->link, now_us);
}
