/* RTU over TCP: what is behind the connection is a serial line, and nothing in a frame says to which request it
 * belongs. So there is one request under way, and after one that was given up the line is silent for as long as its
 * reply may still come; a unit that owes one is believed only when no second reply follows its next. As in
 * serial/rtu_line.c. */
#include <string.h>

#include "core/poll/exchange_time.h"
#include "exchange_result.h"
#include "rtu_stream.h"
#include "stillwater/error.h"
#include "tcp_line.h"

/* The end of a frame nobody asked for; a network hands it over in pieces. */
#define STRAY_FRAME_END_US 50000

/* T3.5, and what the device wants on top of it. */
static int64_t gap_us(const struct tcp_line *line, const struct station *station)
{
    return poll_silence_us(&line->context.config->settings) + station_extra_gap_us(station);
}

/* ---- the end of an exchange ---- */

static void end(struct tcp_line *line, int result, const struct exchange_reply *reply, int64_t now_us)
{
    struct tcp_pending *pending = &line->pending[0];
    line->held_size = 0;
    line->confirm_until_us = 0;
    tcp_line_end(line, pending, result, reply, now_us, line->quiet_until_us > now_us ? line->quiet_until_us : now_us);
}

/* Its reply may still come, or that of somebody else was taken for it. */
static void give_up(struct tcp_line *line, int result, int64_t now_us)
{
    struct tcp_pending *pending = &line->pending[0];
    if (result == SW_ERROR_TIMEOUT || result == SW_ERROR_WRONG_UNIT) {
        line->owing = pending->station;
        line->owing->doubtful = true;
    }
    line->quiet_until_us = pending->deadline_us + (int64_t)pending->timeout_ms * 1000;
    end(line, result, NULL, now_us);
}

static void answer(struct tcp_line *line, int result, struct exchange_reply *reply, int64_t now_us)
{
    reply->sent_us = line->pending[0].sent_us;
    reply->first_byte_us = line->first_byte_us;
    end(line, result, reply, now_us);
}

static int decode(const struct tcp_line *line, struct exchange_reply *reply)
{
    return rtu_stream_decode(&line->pending[0].request, line->held, line->held_size, reply->registers);
}

/* No second reply has come: the first one is the answer. */
static void confirm(struct tcp_line *line, int64_t now_us)
{
    struct exchange_reply reply;
    line->pending[0].station->doubtful = false;
    answer(line, decode(line, &reply), &reply, now_us);
}

/* ---- what comes ---- */

/* Nobody has asked for it. The rest of what has come before is not a reply that is still to come. */
static void take_stray(struct tcp_line *line, int64_t now_us)
{
    int64_t ended_us = now_us + STRAY_FRAME_END_US;
    if (now_us - line->last_byte_us < STRAY_FRAME_END_US) {
        if (line->quiet_until_us < ended_us) line->quiet_until_us = ended_us;
        return;
    }
    line->context.counters.late_frames++;
    if (line->owing != NULL) line->owing->doubtful = false;
    line->owing = NULL;
    line->quiet_until_us = ended_us;
}

static void take_reply(struct tcp_line *line, const uint8_t *bytes, size_t size, int64_t now_us)
{
    struct exchange_reply reply;
    size_t room = sizeof line->held - line->held_size;
    if (line->held_size == 0) line->first_byte_us = now_us;
    if (size > room) {
        give_up(line, SW_ERROR_WRONG_LENGTH, now_us);
        return;
    }
    memcpy(line->held + line->held_size, bytes, size);
    line->held_size = (uint16_t)(line->held_size + size);
    int result = decode(line, &reply);
    if (result == RTU_STREAM_MORE) return;
    if (!exchange_is_answer(result))
        give_up(line, result, now_us);
    else if (line->pending[0].station->doubtful)
        line->confirm_until_us = now_us + (int64_t)line->pending[0].timeout_ms * 1000;
    else
        answer(line, result, &reply, now_us);
}

/* Which of the two was late cannot be known: neither is believed. */
static void take_second_reply(struct tcp_line *line, int64_t now_us)
{
    line->context.counters.late_frames += 2;
    line->pending[0].station->doubtful = false;
    line->quiet_until_us = now_us + STRAY_FRAME_END_US;
    end(line, SW_ERROR_LATE_FRAME, NULL, now_us);
}

/* Some units send their registration packet again and again, to keep the connection. */
static bool is_registration(const struct tcp_line *line, const uint8_t *bytes, size_t size)
{
    const struct config_line *config = line->context.config;
    return config->registration_size > 0 && size == config->registration_size &&
           memcmp(bytes, config->registration, size) == 0;
}

static void received(struct tcp_line *line, const uint8_t *bytes, size_t size, int64_t now_us)
{
    if (is_registration(line, bytes, size)) return;
    line->silent = 0;
    if (line->pending_count == 0)
        take_stray(line, now_us);
    else if (line->confirm_until_us != 0)
        take_second_reply(line, now_us);
    else
        take_reply(line, bytes, size, now_us);
    line->last_byte_us = now_us;
}

/* ---- what is asked ---- */

static void send_request(struct tcp_line *line, struct station *station, int64_t now_us)
{
    uint8_t bytes[sizeof line->pending->request.bytes + RTU_CRC_SIZE];
    struct tcp_pending *pending = tcp_line_begin(line, station, now_us);
    size_t size = rtu_stream_encode(&pending->request, bytes);
    size_t reply_size = field_reply_size(&pending->request) + RTU_CRC_SIZE;
    pending->sent_us = now_us;
    pending->deadline_us = now_us + poll_characters_us(&line->context.config->settings, size + reply_size) +
                           (int64_t)pending->timeout_ms * 1000;
    line->owing = NULL;
    line->last_byte_us = now_us;
    if (!tcp_connection_send(line->connection, bytes, size)) tcp_line_drop(line, "the far side takes nothing any more");
}

/* Returns when there is something to do for the request under way. */
static int64_t watch(struct tcp_line *line, int64_t now_us)
{
    int64_t until_us = line->confirm_until_us != 0 ? line->confirm_until_us : line->pending[0].deadline_us;
    if (now_us < until_us) return until_us;
    if (line->confirm_until_us != 0)
        confirm(line, now_us);
    else
        give_up(line, line->held_size > 0 ? SW_ERROR_FRAME_GAP : SW_ERROR_TIMEOUT, now_us);
    return now_us;
}

static int64_t step(struct tcp_line *line, int64_t now_us)
{
    int64_t turn_us;
    if (line->pending_count > 0) return watch(line, now_us);
    if (tcp_line_drop_if_dead(line)) return STATION_NEVER_US;
    if (now_us < line->quiet_until_us) return line->quiet_until_us;
    struct station *station =
        stations_next(line->stations, line->station_count, line->suspects_from_us, now_us, &turn_us);
    if (turn_us > now_us + TCP_LINE_SLACK_US) return tcp_line_turn(line, turn_us);
    int64_t free_us = line->last_byte_us + gap_us(line, station);
    if (now_us < free_us) return free_us;
    send_request(line, station, now_us);
    return line->pending_count > 0 ? line->pending[0].deadline_us : STATION_NEVER_US;
}

static void forget(struct tcp_line *line, const struct tcp_pending *pending)
{
    line->quiet_until_us = pending->deadline_us + (int64_t)pending->timeout_ms * 1000;
    line->held_size = 0;
    line->confirm_until_us = 0;
}

const struct tcp_framing tcp_framing_rtu = {.step = step, .received = received, .forget = forget};
