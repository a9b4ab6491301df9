#include "rtu_line.h"

#include <errno.h>
#include <linux/serial.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "core/poll/exchange_time.h"
#include "exchange_result.h"
#include "stillwater/error.h"

/* The end of a frame nobody asked for. Longer than T3.5, since a USB adapter or an emulator hands a frame over in
 * pieces some milliseconds apart. */
#define STRAY_FRAME_END_US 20000

int64_t rtu_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void rtu_line_init(struct rtu_line *line, const char *path, struct sw_line_settings settings,
                   struct field_mailbox *mailbox, struct field_bus_counters *counters)
{
    *line = (struct rtu_line){.path = path, .settings = settings, .mailbox = mailbox, .fd = -1, .counters = counters};
}

/* A port whose driver switches an RS-485 transceiver itself is told to; whoever has set that up already is left
 * alone, and where the driver knows nothing of it (adapters that switch by themselves, ptys) there is nothing to do. */
static void use_rs485_mode(struct rtu_line *line)
{
    struct serial_rs485 mode;
    if (ioctl(line->fd, TIOCGRS485, &mode) != 0 || (mode.flags & SER_RS485_ENABLED) != 0) return;
    (void)modbus_rtu_set_serial_mode(line->modbus, MODBUS_RTU_RS485);
}

int rtu_line_open(struct rtu_line *line, char *text, size_t text_size)
{
    line->modbus =
        modbus_new_rtu(line->path, (int)line->settings.baud, line->settings.parity, 8, line->settings.stop_bits);
    if (line->modbus == NULL) {
        snprintf(text, text_size, "port %s: %s", line->path, strerror(errno));
        return SW_ERROR_PORT;
    }
    if (modbus_connect(line->modbus) != 0) {
        snprintf(text, text_size, "port %s cannot be opened: %s", line->path, modbus_strerror(errno));
        modbus_free(line->modbus);
        line->modbus = NULL;
        return SW_ERROR_PORT;
    }
    line->fd = modbus_get_socket(line->modbus);
    /* libmodbus waits with select(), which writes outside its set for a descriptor as high as this. */
    if (line->fd >= FD_SETSIZE) {
        snprintf(text, text_size, "port %s: descriptor %d is not below %d, which libmodbus needs", line->path, line->fd,
                 FD_SETSIZE);
        rtu_line_close(line);
        return SW_ERROR_PORT;
    }
    use_rs485_mode(line);
    /* No byte timeout: then the response timeout is an overall deadline for the frame. */
    modbus_set_byte_timeout(line->modbus, 0, 0);
    line->last_byte_us = rtu_now_us();
    return SW_OK;
}

void rtu_line_close(struct rtu_line *line)
{
    if (line->modbus == NULL) return;
    modbus_close(line->modbus);
    modbus_free(line->modbus);
    line->modbus = NULL;
    line->fd = -1;
}

enum wait_end { WAIT_TIME, WAIT_BYTES, WAIT_WOKEN, WAIT_STOPPED, WAIT_GONE };

static struct timespec time_left(int64_t until_us)
{
    int64_t left = until_us - rtu_now_us();
    if (left < 0) left = 0;
    return (struct timespec){.tv_sec = (time_t)(left / 1000000), .tv_nsec = (long)(left % 1000000) * 1000};
}

static enum wait_end wait_for_bytes(struct rtu_line *line, int64_t until_us)
{
    /* ppoll skips an fd of -1, so a closed line waits for time and mailbox only. */
    struct pollfd fds[2] = {{.fd = line->fd, .events = POLLIN}, {.fd = line->mailbox->wake_fd, .events = POLLIN}};
    struct timespec left = time_left(until_us);
    if (mailbox_stopping(line->mailbox)) return WAIT_STOPPED;
    int ready = ppoll(fds, 2, &left, NULL);
    if (ready <= 0) return ready < 0 && errno != EINTR ? WAIT_GONE : WAIT_TIME;
    if (fds[1].revents != 0) {
        mailbox_clear_wake(line->mailbox);
        return mailbox_stopping(line->mailbox) ? WAIT_STOPPED : WAIT_WOKEN;
    }
    if ((fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) return WAIT_GONE;
    return WAIT_BYTES;
}

/* Empties the receive buffer. The number of bytes thrown away, or -1 when the port has gone. `announced`: poll has said
 * that there is something. */
static int discard(struct rtu_line *line, bool announced)
{
    uint8_t bytes[RTU_FRAME_SIZE_MAX];
    int total = 0;
    for (;;) {
        ssize_t size = read(line->fd, bytes, sizeof bytes);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        if (size < 0) return -1;
        /* Set up as libmodbus does it a port reads 0 bytes when it has none; announced bytes that are not there are a
         * hang-up. */
        if (size == 0 && announced && total == 0) return -1;
        if (size == 0) break;
        total += (int)size;
        if (total >= 16 * RTU_FRAME_SIZE_MAX) break;
    }
    if (total > 0) line->last_byte_us = rtu_now_us();
    return total;
}

/* Throws away bytes until the line has been silent for `silence_us`. Gives up at limit_us. However late it is, the port
 * is looked at before it is called silent: while this thread got no core, bytes may have come. */
static int wait_for_silence(struct rtu_line *line, int64_t silence_us, int64_t limit_us)
{
    for (;;) {
        int64_t quiet_at = line->last_byte_us + silence_us;
        switch (wait_for_bytes(line, quiet_at)) {
        case WAIT_BYTES:
            if (discard(line, true) < 0) return SW_ERROR_PORT;
            if (rtu_now_us() >= limit_us) return SW_ERROR_LATE_FRAME;
            break;
        case WAIT_GONE:
            return SW_ERROR_PORT;
        case WAIT_STOPPED:
            return RTU_STOPPED;
        case WAIT_TIME:
            if (rtu_now_us() >= quiet_at) return SW_OK;
            break;
        case WAIT_WOKEN:
            break;
        }
    }
}

/* Throws away what is still coming of a frame. */
static int swallow_rest(struct rtu_line *line)
{
    int error = wait_for_silence(line, STRAY_FRAME_END_US,
                                 rtu_now_us() + poll_characters_us(&line->settings, 2 * RTU_FRAME_SIZE_MAX) +
                                     STRAY_FRAME_END_US);
    /* Whatever goes on sending is met again by the next settle. */
    return error == SW_ERROR_LATE_FRAME ? SW_OK : error;
}

/* Where a frame nobody waits for has begun: throws it away to its end and counts it. */
static int swallow_stray(struct rtu_line *line, bool announced)
{
    int size = discard(line, announced);
    if (size < 0) return SW_ERROR_PORT;
    if (size == 0) return SW_OK;
    line->counters->late_frames++;
    return swallow_rest(line);
}

int rtu_line_wait(struct rtu_line *line, int64_t until_us)
{
    for (;;) {
        switch (wait_for_bytes(line, until_us)) {
        case WAIT_TIME:
            if (rtu_now_us() >= until_us) return SW_OK;
            break;
        case WAIT_WOKEN:
            return SW_OK;
        case WAIT_STOPPED:
            return RTU_STOPPED;
        case WAIT_GONE:
            return SW_ERROR_PORT;
        case WAIT_BYTES: {
            int error = swallow_stray(line, true);
            if (error != SW_OK) return error;
            break;
        }
        }
        if (rtu_now_us() >= until_us) return SW_OK;
    }
}

int rtu_line_settle(struct rtu_line *line, uint32_t timeout_ms, uint32_t extra_gap_us)
{
    if (line->modbus == NULL) return SW_ERROR_PORT;
    int error = swallow_stray(line, false);
    if (error != SW_OK) return error;
    int64_t patience_us = 2 * (int64_t)timeout_ms * 1000 + poll_characters_us(&line->settings, 2 * RTU_FRAME_SIZE_MAX);
    return wait_for_silence(line, poll_silence_us(&line->settings) + extra_gap_us, rtu_now_us() + patience_us);
}

/* After a request that got no usable answer: silent until `until_us`, or until a late frame has come and ended.
 * Sets *came when there was one. As above, the port is looked at however late it is. */
static int quarantine(struct rtu_line *line, int64_t until_us, bool *came)
{
    uint64_t before = line->counters->late_frames;
    int error = SW_OK;
    do {
        switch (wait_for_bytes(line, until_us)) {
        case WAIT_BYTES:
            error = swallow_stray(line, true);
            break;
        case WAIT_GONE:
            error = SW_ERROR_PORT;
            break;
        case WAIT_STOPPED:
            error = RTU_STOPPED;
            break;
        case WAIT_TIME:
        case WAIT_WOKEN:
            break;
        }
    } while (error == SW_OK && rtu_now_us() < until_us && line->counters->late_frames == before);
    *came = line->counters->late_frames != before;
    return error;
}

static int send_request(struct rtu_line *line, const struct field_request *request)
{
    modbus_set_slave(line->modbus, request->bytes[0]);
    line->counters->requests++;
    int sent = modbus_send_raw_request(line->modbus, request->bytes, request->size);
    line->last_byte_us = rtu_now_us();
    if (sent == request->size + RTU_CRC_SIZE) return SW_OK;
    if (sent >= 0 || errno == EAGAIN || errno == EWOULDBLOCK || errno == EMBBADDATA) {
        /* The driver's buffer is full: the other side has not taken anything for long. What is in there is stale. */
        (void)tcflush(line->fd, TCOFLUSH);
        return SW_ERROR_TIMEOUT;
    }
    return SW_ERROR_PORT;
}

static int wait_for_reply(struct rtu_line *line, int64_t until_us)
{
    for (;;) {
        switch (wait_for_bytes(line, until_us)) {
        case WAIT_BYTES:
            return SW_OK;
        case WAIT_GONE:
            return SW_ERROR_PORT;
        case WAIT_STOPPED:
            return RTU_STOPPED;
        case WAIT_TIME:
        case WAIT_WOKEN:
            if (rtu_now_us() >= until_us) return SW_ERROR_TIMEOUT;
            break;
        }
    }
}

/* What the port hears of its own request, up to its last byte. Anything else is a collision on the line, or the port
 * does not echo any more. */
static int take_echo(struct rtu_line *line, const struct field_request *request, int64_t until_us)
{
    uint8_t bytes[sizeof request->bytes + RTU_CRC_SIZE];
    size_t size = (size_t)request->size + RTU_CRC_SIZE, filled = 0;
    while (filled < size) {
        int result = wait_for_reply(line, until_us);
        ssize_t got = result == SW_OK ? read(line->fd, bytes + filled, size - filled) : 0;
        if (result == SW_OK && got <= 0) result = SW_ERROR_PORT;
        if (result == SW_ERROR_TIMEOUT) line->echoes = false;
        if (result != SW_OK) return result;
        filled += (size_t)got;
        line->last_byte_us = rtu_now_us();
    }
    if (memcmp(bytes, request->bytes, request->size) == 0) return SW_OK;
    line->echoes = false;
    return SW_ERROR_CRC;
}

/* libmodbus has taken the start of an echo for that of a reply, and has read this much of it at least. */
static bool is_echo(const struct field_request *request, const uint8_t *bytes)
{
    return memcmp(bytes, request->bytes, request->registers > 0 ? 5 : 8) == 0;
}

static int error_of_receive(int number)
{
    switch (number) {
    case ETIMEDOUT: /* it had begun, so it is not silence: the frame stopped in the middle */
    case EAGAIN:
    case EINTR:
        return SW_ERROR_FRAME_GAP;
    case EMBBADCRC:
        return SW_ERROR_CRC;
    case EMBBADDATA:
        return SW_ERROR_WRONG_LENGTH;
    case EMBBADSLAVE:
        return SW_ERROR_WRONG_UNIT;
    default:
        return SW_ERROR_PORT;
    }
}

/* The reply has begun: reads it within the time its bytes take, plus one timeout for whatever delays them on the way.
 */
static int receive_reply(struct rtu_line *line, const struct exchange *exchange, struct exchange_reply *reply)
{
    const struct field_request *request = &exchange->request;
    uint8_t bytes[MODBUS_MAX_ADU_LENGTH] = {0};
    int64_t limit_us = poll_characters_us(&line->settings, field_reply_size(request) + RTU_CRC_SIZE) +
                       (int64_t)exchange->timeout_ms * 1000;
    modbus_set_response_timeout(line->modbus, (uint32_t)(limit_us / 1000000), (uint32_t)(limit_us % 1000000));
    int size = modbus_receive_confirmation(line->modbus, bytes);
    int number = errno;
    line->last_byte_us = rtu_now_us();
    if (size < 0 && is_echo(request, bytes)) line->echoes = true;
    if (size < 0) return error_of_receive(number);
    /* 0 is libmodbus's word for a frame of another unit. */
    if (size == 0) return SW_ERROR_WRONG_UNIT;
    return field_check_reply(request, bytes, (size_t)size - RTU_CRC_SIZE, reply->registers);
}

/* After an answer of a unit that may owe us an earlier one. */
static int confirm_answer(struct rtu_line *line, uint32_t timeout_ms, bool *doubtful, int result)
{
    bool followed;
    int error = quarantine(line, rtu_now_us() + (int64_t)timeout_ms * 1000, &followed);
    if (error != SW_OK) return error;
    if (followed) {
        line->counters->late_frames++; /* the one taken for the answer */
        return SW_ERROR_LATE_FRAME;
    }
    *doubtful = false;
    return result;
}

int rtu_line_exchange(struct rtu_line *line, const struct exchange *exchange, bool *doubtful,
                      struct exchange_reply *reply)
{
    int result = rtu_line_settle(line, exchange->timeout_ms, exchange->extra_gap_us);
    if (result != SW_OK) return result;
    reply->sent_us = rtu_now_us();
    int64_t timeout_us = (int64_t)exchange->timeout_ms * 1000;
    int64_t reply_by_us = reply->sent_us +
                          poll_characters_us(&line->settings, (size_t)exchange->request.size + RTU_CRC_SIZE) +
                          timeout_us;
    result = send_request(line, &exchange->request);
    bool echoed = line->echoes;
    if (result == SW_OK && echoed) result = take_echo(line, &exchange->request, reply_by_us);
    if (result == SW_OK) result = wait_for_reply(line, reply_by_us);
    reply->first_byte_us = rtu_now_us();
    if (result == SW_OK) result = receive_reply(line, exchange, reply);
    if (result == SW_ERROR_PORT || result == RTU_STOPPED) return result;
    if (exchange_is_answer(result) && *doubtful) result = confirm_answer(line, exchange->timeout_ms, doubtful, result);
    exchange_count(line->counters, result);
    /* Who has been taken for an echo, or whose echo has been missed, may still answer. */
    bool unclear = line->echoes != echoed;
    if (exchange_is_answer(result) || result == SW_ERROR_LATE_FRAME) return result;

    /* What came may have been noise, and the reply is still to come: the rest of the noise is not it. */
    bool came = false;
    int error = result == SW_ERROR_TIMEOUT ? SW_OK : swallow_rest(line);
    if (error == SW_OK) error = quarantine(line, reply_by_us + timeout_us, &came);
    if ((result == SW_ERROR_TIMEOUT || result == SW_ERROR_WRONG_UNIT) && !came) *doubtful = true;
    if (unclear) *doubtful = true;
    return error == SW_OK ? result : error;
}
