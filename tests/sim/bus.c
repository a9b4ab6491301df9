#include "sim/bus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/field_bus/serial/serial_line.h"
#include "firmware/rtu/crc16.h"
#include "sim/agenda.h"
#include "sim/node.h"
#include "sim/world.h"
#include "stillwater/error.h"

/* One frame in so many meets with a fault. */
#define FRAME_FAULT_ONE_IN 50

struct turn {
    struct serial_line *line;
    uint64_t number;  /* of the one entry in the agenda that counts; 0 = the gateway is off */
    bool waits;       /* that entry is the end of a wait, which an order may cut short */
    int64_t until_us; /* what the line asked to wait for in this turn; 0 = nothing */
};

struct field_bus {
    struct field_bus_events events;
    uv_async_t async;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

struct bus_counts bus_counts;

static struct field_bus bus;
static struct turn *turns; /* one a line */
static uint64_t turn_numbers;
static bool *unplugged;
static struct dice dice;
static modbus_t *const open_port = (modbus_t *)&bus; /* never looked into: it is only there or not */

/* ---- the line under the sessions: rtu_line.h ---- */

int64_t rtu_now_us(void)
{
    return sim.now_us;
}

/* Of the line whose port it is. */
static uint32_t index_of(const struct rtu_line *line)
{
    for (uint32_t i = 0; i < world.lines; i++)
        if (turns[i].line != NULL && line == &turns[i].line->rtu) return i;
    abort();
}

void rtu_line_init(struct rtu_line *line, const char *path, struct sw_line_settings settings,
                   struct field_mailbox *mailbox, struct field_bus_counters *counters)
{
    *line = (struct rtu_line){.path = path, .settings = settings, .mailbox = mailbox, .fd = -1, .counters = counters};
}

int rtu_line_open(struct rtu_line *line, char *text, size_t text_size)
{
    if (unplugged[index_of(line)]) {
        snprintf(text, text_size, "port %s cannot be opened: it is unplugged", line->path);
        return SW_ERROR_PORT;
    }
    line->modbus = open_port;
    return SW_OK;
}

void rtu_line_close(struct rtu_line *line)
{
    line->modbus = NULL;
}

int rtu_line_wait(struct rtu_line *line, int64_t until_us)
{
    if (line->modbus && unplugged[index_of(line)]) return SW_ERROR_PORT;
    turns[index_of(line)].until_us = until_us;
    return SW_OK;
}

int rtu_line_settle(struct rtu_line *line, uint32_t timeout_ms, uint32_t extra_gap_us)
{
    (void)timeout_ms, (void)extra_gap_us;
    return unplugged[index_of(line)] ? SW_ERROR_PORT : SW_OK;
}

static enum frame_fault throw_fault(void)
{
    if (!sim.faults || !dice_hit(&dice, FRAME_FAULT_ONE_IN)) return FRAME_WELL;
    bus_counts.faults++;
    return (enum frame_fault)dice_between(&dice, FRAME_WELL + 1, FRAME_FAULT_COUNT - 1);
}

static int judge_reply(struct rtu_line *line, const struct field_request *request, const uint8_t *bytes, size_t size,
                       struct exchange_reply *reply)
{
    if (size == 0) {
        line->counters->timeouts++;
        return SW_ERROR_TIMEOUT;
    }
    if (size < 4 || crc16_over(bytes, size) != 0) {
        line->counters->crc_errors++;
        return SW_ERROR_CRC;
    }
    line->counters->replies++;
    return field_check_reply(request, bytes, size - RTU_CRC_SIZE, reply->registers);
}

int rtu_line_exchange(struct rtu_line *line, const struct exchange *exchange, bool *doubtful,
                      struct exchange_reply *reply)
{
    const struct field_request *request = &exchange->request;
    uint8_t bytes[RTU_FRAME_SIZE_MAX], answer[NODE_REPLY_MAX];
    uint32_t index = index_of(line);
    if (unplugged[index]) return SW_ERROR_PORT;
    memcpy(bytes, request->bytes, request->size);
    uint16_t crc = crc16_over(bytes, request->size);
    bytes[request->size] = (uint8_t)crc;
    bytes[request->size + 1] = (uint8_t)(crc >> 8);
    line->counters->requests++;
    bus_counts.exchanges++;
    reply->sent_us = sim.now_us;
    size_t size = node_exchange(index * WORLD_NODES_A_LINE + request->bytes[0] - 1, bytes, request->size + 2u,
                                throw_fault(), exchange->timeout_ms, answer);
    reply->first_byte_us = sim.now_us;
    /* What comes late is thrown away by the real line, too; what it needs the doubt for does not exist here. */
    *doubtful = false;
    return judge_reply(line, request, answer, size, reply);
}

/* ---- turns ---- */

void bus_make(void)
{
    turns = sim_zeroed(world.lines, sizeof *turns);
    unplugged = sim_zeroed(world.lines, sizeof *unplugged);
    dice = dice_for(sim.seed, 'b');
}

void bus_free(void)
{
    free(turns);
    free(unplugged);
}

static void take_turn(void *ctx, uint64_t number);

static void plan(struct turn *turn, int64_t at_us, agenda_act *act)
{
    turn->number = ++turn_numbers;
    turn->waits = false;
    agenda_add(at_us, act, turn, turn->number);
}

static void acknowledge_at_once(const struct field_bus_batch *batch)
{
    if (batch->count == 0) return;
    mailbox_order_acknowledge(&turns[batch->line].line->mailbox, batch->node, batch->epoch,
                              batch->records[batch->count - 1].sequence);
}

/* What the line has posted reaches the loop when the exchange is over in the line's time; then the line goes on. */
static void end_turn(void *ctx, uint64_t number)
{
    struct turn *turn = ctx;
    struct field_event event;
    if (turn->number != number) return;
    plan(turn, sim.now_us, take_turn);
    while (mailbox_take(&turn->line->mailbox, &event)) {
        if (sim.mutation == MUTATION_EARLY_ACKNOWLEDGE && event.type == FIELD_EVENT_BATCH)
            acknowledge_at_once(&event.batch);
        field_event_deliver(&event, &bus.events);
    }
}

static void take_turn(void *ctx, uint64_t number)
{
    struct turn *turn = ctx;
    if (turn->number != number) return;
    int64_t began_us = sim.now_us;
    turn->until_us = 0;
    (void)serial_line_step(turn->line);
    int64_t ended_us = sim.now_us;
    sim.now_us = began_us;
    if (turn->until_us == 0) {
        plan(turn, ended_us, end_turn);
    } else {
        plan(turn, turn->until_us, take_turn);
        turn->waits = true;
    }
}

static void wake(struct turn *turn)
{
    if (turn->waits) plan(turn, sim.now_us, take_turn);
}

void bus_set_port(uint32_t line, bool there)
{
    sim_tell("line-%u is %s", (unsigned)line, there ? "plugged in" : "unplugged");
    unplugged[line] = !there;
    wake(&turns[line]);
}

bool bus_port_is_there(uint32_t line)
{
    return !unplugged[line];
}

/* ---- the port: field_bus.h ---- */

static void on_async(uv_async_t *async)
{
    (void)async;
}

int field_bus_start(uv_loop_t *loop, const struct gateway_config *config, struct sw_wall (*wall_now)(void),
                    struct field_bus_events events, struct field_bus **out)
{
    bus = (struct field_bus){.events = events};
    uv_async_init(loop, &bus.async, on_async);
    for (uint32_t i = 0; i < config->line_count; i++) {
        if (serial_line_new(&config->lines[i], i, wall_now, &bus.async, &turns[i].line) != SW_OK)
            return SW_ERROR_NO_SPACE;
        plan(&turns[i], sim.now_us, take_turn);
    }
    *out = &bus;
    return SW_OK;
}

void field_bus_acknowledge(struct field_bus *unused, uint32_t line, uint32_t node, uint16_t epoch, uint32_t sequence)
{
    (void)unused;
    mailbox_order_acknowledge(&turns[line].line->mailbox, node, epoch, sequence);
    wake(&turns[line]);
}

void field_bus_open_log(struct field_bus *unused, uint32_t line, uint32_t node, uint16_t epoch, uint32_t base)
{
    (void)unused;
    mailbox_order_open_log(&turns[line].line->mailbox, node, epoch, base);
    wake(&turns[line]);
}

/* How often is the bus's own affair here. */
int field_bus_apply(struct field_bus *unused, const struct gateway_config *next, void (*settled)(void *ctx), void *ctx)
{
    (void)unused, (void)next, (void)settled, (void)ctx;
    return SW_ERROR_BUSY;
}

void field_bus_hurry(struct field_bus *unused, uint32_t interval_ms)
{
    (void)unused, (void)interval_ms;
}

struct field_bus_counters field_bus_line_counters(const struct field_bus *unused, uint32_t line)
{
    (void)unused;
    return mailbox_counters(&turns[line].line->mailbox);
}

static void on_async_closed(uv_handle_t *handle)
{
    (void)handle;
    for (uint32_t i = 0; i < world.lines; i++) {
        serial_line_free(turns[i].line);
        turns[i].line = NULL;
    }
    bus.closed(bus.closed_ctx);
}

void field_bus_close(struct field_bus *unused, void (*closed)(void *ctx), void *ctx)
{
    (void)unused;
    for (uint32_t i = 0; i < world.lines; i++) {
        turns[i].number = 0;
        turns[i].waits = false;
    }
    bus.closed = closed;
    bus.closed_ctx = ctx;
    uv_close((uv_handle_t *)&bus.async, on_async_closed);
}
