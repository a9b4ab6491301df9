/* Modbus TCP: several requests may be under way, each with a transaction id. A reply is believed when its id is awaited
 * and it is what was asked for; one that comes late has an id that nobody waits for any more. */
#include <string.h>

#include "exchange_result.h"
#include "stillwater/error.h"
#include "tcp_line.h"

static void give_up_overdue(struct tcp_line *line, int64_t now_us)
{
    uint8_t i = 0;
    while (i < line->pending_count) {
        struct tcp_pending *pending = &line->pending[i];
        if (pending->deadline_us <= now_us)
            tcp_line_end(line, pending, SW_ERROR_TIMEOUT, NULL, now_us, now_us);
        else
            i++;
    }
}

/* Everybody who is due, in one piece. Returns when the next one is. */
static int64_t ask(struct tcp_line *line, int64_t now_us)
{
    uint8_t bytes[16 * (MBAP_HEADER_SIZE + sizeof line->pending->request.bytes)];
    size_t size = 0;
    int64_t turn_us = STATION_NEVER_US;
    while (line->pending_count < line->context.config->outstanding) {
        struct station *station =
            stations_next(line->stations, line->station_count, line->suspects_from_us, now_us, &turn_us);
        if (turn_us > now_us + TCP_LINE_SLACK_US) break;
        struct tcp_pending *pending = tcp_line_begin(line, station, now_us);
        pending->sent_us = now_us;
        pending->deadline_us = now_us + (int64_t)pending->timeout_ms * 1000;
        size += mbap_encode(pending->transaction, &pending->request, bytes + size);
        turn_us = STATION_NEVER_US;
    }
    if (size > 0 && !tcp_connection_send(line->connection, bytes, size))
        tcp_line_drop(line, "the far side takes nothing any more");
    return turn_us;
}

static int64_t step(struct tcp_line *line, int64_t now_us)
{
    give_up_overdue(line, now_us);
    if (line->connection == NULL || tcp_line_drop_if_dead(line)) return STATION_NEVER_US;
    int64_t turn_us = tcp_line_turn(line, ask(line, now_us)), deadline_us = STATION_NEVER_US;
    for (uint8_t i = 0; i < line->pending_count; i++)
        if (line->pending[i].deadline_us < deadline_us) deadline_us = line->pending[i].deadline_us;
    deadline_us = tcp_schedule_on_grid(line->schedule, deadline_us, TCP_LINE_DEADLINE_LATE_US);
    return turn_us < deadline_us ? turn_us : deadline_us;
}

static void take_frame(struct tcp_line *line, const struct mbap_frame *frame, int64_t now_us)
{
    uint8_t i = 0;
    line->silent = 0;
    while (i < line->pending_count && line->pending[i].transaction != frame->transaction)
        i++;
    if (i == line->pending_count) {
        line->context.counters.late_frames++;
        return;
    }
    struct tcp_pending *pending = &line->pending[i];
    struct exchange_reply reply;
    reply.sent_us = pending->sent_us;
    reply.first_byte_us = now_us;
    int result = field_check_reply(&pending->request, frame->bytes, frame->size, reply.registers);
    tcp_line_end(line, pending, result, &reply, now_us, now_us);
}

/* Returns how many bytes have been dealt with. */
static size_t take_frames(struct tcp_line *line, const uint8_t *bytes, size_t size, int64_t now_us)
{
    size_t used = 0;
    while (line->connection != NULL) {
        struct mbap_frame frame;
        int taken = mbap_decode(bytes + used, size - used, &frame);
        if (taken == 0) break;
        if (taken < 0) {
            line->context.counters.wrong_replies++;
            tcp_line_drop(line, "what it sends is not Modbus TCP");
            break;
        }
        used += (size_t)taken;
        take_frame(line, &frame, now_us);
    }
    return used;
}

static void received(struct tcp_line *line, const uint8_t *bytes, size_t size, int64_t now_us)
{
    while (line->connection != NULL && size > 0) {
        if (line->held_size == 0) {
            size_t used = take_frames(line, bytes, size, now_us);
            bytes += used;
            size -= used;
        }
        /* What is left is the start of a frame: a whole one would have been taken. */
        size_t room = sizeof line->held - line->held_size;
        size_t piece = size < room ? size : room;
        memcpy(line->held + line->held_size, bytes, piece);
        line->held_size = (uint16_t)(line->held_size + piece);
        bytes += piece;
        size -= piece;
        if (line->connection == NULL) return;
        size_t used = take_frames(line, line->held, line->held_size, now_us);
        memmove(line->held, line->held + used, line->held_size - used);
        line->held_size = (uint16_t)(line->held_size - used);
    }
}

/* Its transaction is not awaited any more, and that is all there is to it. */
static void forget(struct tcp_line *line, const struct tcp_pending *pending)
{
    (void)line;
    (void)pending;
}

const struct tcp_framing tcp_framing_mbap = {.step = step, .received = received, .forget = forget};
