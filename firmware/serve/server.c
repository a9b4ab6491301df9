#include "firmware/serve/server.h"

#include <string.h>

/* Limits of the Modbus application protocol V1.1b3 §6. */
#define READ_MAX       125u
#define WRITE_MAX      123u
#define READ_WRITE_MAX 121u

#define BROADCAST 0u

enum function {
    READ_HOLDINGS = 0x03,
    READ_INPUTS = 0x04,
    WRITE_SINGLE = 0x06,
    WRITE_MULTIPLE = 0x10,
    READ_WRITE = 0x17,
};

void server_init(struct server *server, struct rtu_link *link, uint8_t unit_id, const struct server_context *context)
{
    memset(server, 0, sizeof *server);
    server->link = link;
    server->unit_id = unit_id;
    server->context = *context;
}

static bool finished(const struct sw_reader *body)
{
    return !body->failed && sw_reader_left(body) == 0;
}

static enum server_exception on_read(struct server *server, uint8_t function, struct sw_reader *body, uint64_t now_us,
                                     struct sw_writer *reply)
{
    uint16_t address = sw_read_u16(body);
    uint16_t count = sw_read_u16(body);
    if (!finished(body) || count < 1 || count > READ_MAX) return SERVER_ILLEGAL_VALUE;
    sw_write_u8(reply, (uint8_t)(count * 2));
    if (function == READ_INPUTS) return server_read_inputs(server, address, count, now_us, reply);
    return server_read_holdings(server, address, count, now_us, reply);
}

static enum server_exception write_checked(struct server *server, uint16_t address, uint16_t count,
                                           struct sw_reader values, uint64_t now_us)
{
    enum server_exception exception = server_check_write(server, address, count, values, now_us);
    if (exception == SERVER_NO_EXCEPTION) server_write(server, address, count, values, now_us);
    return exception;
}

static enum server_exception on_write_single(struct server *server, struct sw_reader *body, uint64_t now_us,
                                             struct sw_writer *reply)
{
    uint16_t address = sw_read_u16(body);
    struct sw_reader values = *body;
    uint16_t value = sw_read_u16(body);
    if (!finished(body)) return SERVER_ILLEGAL_VALUE;
    sw_write_u16(reply, address);
    sw_write_u16(reply, value);
    return write_checked(server, address, 1, values, now_us);
}

static enum server_exception on_write_multiple(struct server *server, struct sw_reader *body, uint64_t now_us,
                                               struct sw_writer *reply)
{
    uint16_t address = sw_read_u16(body);
    uint16_t count = sw_read_u16(body);
    uint8_t byte_count = sw_read_u8(body);
    if (body->failed || count < 1 || count > WRITE_MAX || byte_count != count * 2 || sw_reader_left(body) != byte_count)
        return SERVER_ILLEGAL_VALUE;
    sw_write_u16(reply, address);
    sw_write_u16(reply, count);
    return write_checked(server, address, count, *body, now_us);
}

/* The whole read is tried before the write, so that an exception never comes after something has changed. */
static enum server_exception on_read_write(struct server *server, struct sw_reader *body, uint64_t now_us,
                                           struct sw_writer *reply)
{
    uint16_t read_address = sw_read_u16(body);
    uint16_t read_count = sw_read_u16(body);
    uint16_t write_address = sw_read_u16(body);
    uint16_t write_count = sw_read_u16(body);
    uint8_t byte_count = sw_read_u8(body);
    if (body->failed || read_count < 1 || read_count > READ_MAX || write_count < 1 || write_count > READ_WRITE_MAX ||
        byte_count != write_count * 2 || sw_reader_left(body) != byte_count)
        return SERVER_ILLEGAL_VALUE;
    sw_write_u8(reply, (uint8_t)(read_count * 2));
    struct sw_writer rehearsal = *reply;
    enum server_exception exception = server_read_holdings(server, read_address, read_count, now_us, &rehearsal);
    if (exception == SERVER_NO_EXCEPTION) exception = write_checked(server, write_address, write_count, *body, now_us);
    if (exception != SERVER_NO_EXCEPTION) return exception;
    return server_read_holdings(server, read_address, read_count, now_us, reply);
}

static enum server_exception execute(struct server *server, const struct rtu_frame *frame, uint64_t now_us,
                                     struct sw_writer *reply)
{
    struct sw_reader body = frame->body;
    switch (frame->function) {
    case READ_HOLDINGS:
    case READ_INPUTS:
        return on_read(server, frame->function, &body, now_us, reply);
    case WRITE_SINGLE:
        return on_write_single(server, &body, now_us, reply);
    case WRITE_MULTIPLE:
        return on_write_multiple(server, &body, now_us, reply);
    case READ_WRITE:
        return on_read_write(server, &body, now_us, reply);
    default:
        return SERVER_ILLEGAL_FUNCTION;
    }
}

static void on_broadcast(struct server *server, const struct rtu_frame *frame, uint64_t now_us)
{
    struct sw_reader body = frame->body;
    uint16_t address = sw_read_u16(&body);
    if (frame->function != WRITE_MULTIPLE || address != SW_NODE_HOLDING_CLOCK_SECONDS) return;
    uint8_t unsent[RTU_FRAME_MAX];
    struct sw_writer reply = sw_writer_over(unsent, sizeof unsent);
    execute(server, frame, now_us, &reply);
}

static void answer(struct server *server, const struct rtu_frame *frame, uint64_t now_us)
{
    struct sw_writer reply = rtu_link_compose(server->link);
    sw_write_u8(&reply, frame->unit);
    sw_write_u8(&reply, frame->function);
    enum server_exception exception = execute(server, frame, now_us, &reply);
    if (exception != SERVER_NO_EXCEPTION) {
        reply = rtu_link_compose(server->link);
        sw_write_u8(&reply, frame->unit);
        sw_write_u8(&reply, frame->function | 0x80u);
        sw_write_u8(&reply, (uint8_t)exception);
    }
    if (rtu_link_send(server->link, &reply, 0, now_us) == SW_OK) server->requests++;
}

static void on_frame(struct server *server, const struct rtu_frame *frame, uint64_t now_us)
{
    if (frame->unit == BROADCAST)
        on_broadcast(server, frame, now_us);
    else if (frame->unit != server->unit_id)
        return;
    else if (rtu_link_transmitting(server->link))
        server->errors++; /* a request before the answer to the last one has gone out */
    else
        answer(server, frame, now_us);
}

void server_poll(struct server *server, uint64_t now_us)
{
    struct rtu_frame frame;
    int received;
    while ((received = rtu_link_poll(server->link, now_us, &frame)) != 0) {
        if (received == 1)
            on_frame(server, &frame, now_us);
        else
            server->errors++;
    }
    const struct port_system *system = server->context.system;
    if (server->restart_pending && !rtu_link_transmitting(server->link)) {
        server->restart_pending = false;
        system->restart(system->ctx);
    }
}

uint64_t server_due(const struct server *server, uint64_t now_us)
{
    return rtu_link_due(server->link, now_us);
}
