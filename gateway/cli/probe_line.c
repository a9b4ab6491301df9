#include "cli/probe_line.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/poll/exchange_time.h"
#include "stillwater/error.h"

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void pause_us(int64_t us)
{
    struct timespec left = {.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

/* libmodbus connects over TCP by itself, but not for RTU frames, and without a deadline for names of several
 * addresses. */
static int dial(const struct probe_way *way, char *text, size_t size)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    int status = getaddrinfo(way->host, way->service, &hints, &found), number = 0, fd = -1;
    if (status != 0) {
        snprintf(text, size, "%s: %s", way->host, gai_strerror(status));
        return -1;
    }
    for (const struct addrinfo *at = found; at && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        struct timeval limit = {.tv_sec = 5};
        if (fd >= 0) (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        if (fd < 0 || connect(fd, at->ai_addr, at->ai_addrlen) == 0) continue;
        number = errno == EINPROGRESS ? ETIMEDOUT : errno;
        close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    if (fd < 0) snprintf(text, size, "%s port %s: %s", way->host, way->service, strerror(number));
    return fd;
}

static int open_serial(struct probe_line *line, char *text, size_t size)
{
    const struct probe_way *way = line->way;
    line->modbus = modbus_new_rtu(way->port, (int)way->settings.baud, way->settings.parity, 8, way->settings.stop_bits);
    if (line->modbus && modbus_connect(line->modbus) == 0) return SW_OK;
    snprintf(text, size, "port %s cannot be opened: %s", way->port, modbus_strerror(errno));
    probe_line_close(line);
    return SW_ERROR_PORT;
}

static int open_socket(struct probe_line *line, char *text, size_t size)
{
    const struct probe_way *way = line->way;
    int fd = dial(way, text, size);
    if (fd < 0) return SW_ERROR_PORT;
    if (way->transport == PROBE_TCP)
        line->modbus = modbus_new_tcp("127.0.0.1", 502);
    else
        line->modbus = modbus_new_rtu("/dev/null", 9600, 'N', 8, 1);
    if (line->modbus && modbus_set_socket(line->modbus, fd) == 0) return SW_OK;
    snprintf(text, size, "no memory for the connection");
    close(fd);
    probe_line_close(line);
    return SW_ERROR_PORT;
}

int probe_line_open(struct probe_line *line, const struct probe_way *way, char *text, size_t size)
{
    *line = (struct probe_line){.way = way};
    int error = way->transport == PROBE_SERIAL ? open_serial(line, text, size) : open_socket(line, text, size);
    if (error != SW_OK) return error;
    /* No byte timeout: the response timeout is that of the whole frame. */
    modbus_set_byte_timeout(line->modbus, 0, 0);
    return SW_OK;
}

void probe_line_close(struct probe_line *line)
{
    if (!line->modbus) return;
    modbus_close(line->modbus);
    modbus_free(line->modbus);
    line->modbus = NULL;
}

/* Throws away what has come: nobody has asked for it. */
static void discard(struct probe_line *line)
{
    uint8_t bytes[256];
    int fd = modbus_get_socket(line->modbus);
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    while (poll(&readable, 1, 0) > 0 && (readable.revents & POLLIN) != 0 && read(fd, bytes, sizeof bytes) > 0)
        continue;
}

static int error_of(int number)
{
    if (number > MODBUS_ENOBASE && number < EMBBADCRC)
        return sw_error_from_modbus_exception((unsigned)(number - MODBUS_ENOBASE));
    switch (number) {
    case ETIMEDOUT:
        return SW_ERROR_TIMEOUT;
    case EMBBADCRC:
        return SW_ERROR_CRC;
    case EMBBADSLAVE:
        return SW_ERROR_WRONG_UNIT;
    case EMBBADDATA:
    case EMBBADEXC:
        return SW_ERROR_WRONG_LENGTH;
    default:
        return SW_ERROR_PORT;
    }
}

/* The time of the bytes of request and reply comes on top of the unit's. */
static void set_deadline(struct probe_line *line, uint16_t count)
{
    const struct probe_way *way = line->way;
    int64_t limit_us = INT64_C(1000) * way->timeout_ms;
    if (way->transport != PROBE_TCP) limit_us += (13 + 2 * count) * poll_character_ns(&way->settings) / 1000;
    modbus_set_response_timeout(line->modbus, (uint32_t)(limit_us / 1000000), (uint32_t)(limit_us % 1000000));
}

int probe_line_read(struct probe_line *line, const struct probe_ask *ask, uint16_t registers[PROBE_REGISTERS_MAX])
{
    const struct probe_way *way = line->way;
    int64_t silence_us = way->transport == PROBE_SERIAL ? poll_silence_us(&way->settings) : 0;
    pause_us(silence_us);
    discard(line);
    set_deadline(line, ask->count);
    modbus_set_slave(line->modbus, ask->unit_id);
    int64_t begun_us = now_us();
    int got = ask->function == 3 ? modbus_read_registers(line->modbus, ask->address, ask->count, registers)
                                 : modbus_read_input_registers(line->modbus, ask->address, ask->count, registers);
    int number = errno;
    int64_t took_us = now_us() - begun_us;
    if (got == ask->count) {
        if (took_us > line->slowest_us) line->slowest_us = took_us;
        return SW_OK;
    }
    int error = got >= 0 ? SW_ERROR_WRONG_LENGTH : error_of(number);
    /* Modbus TCP says to which request an answer belongs. */
    if (!sw_error_is_exception(error) && error != SW_ERROR_PORT && way->transport != PROBE_TCP) {
        pause_us(INT64_C(1000) * way->timeout_ms);
        discard(line);
    }
    return error;
}

const char *probe_advice(const struct probe_way *way, int error)
{
    bool serial = way->transport == PROBE_SERIAL;
    switch (error) {
    case SW_ERROR_TIMEOUT:
        return serial
                   ? "is the unit id right, are baud, parity and the wires A and B? --scan units looks for who is there"
                   : "is the unit id right? --scan units looks for who is there";
    case SW_ERROR_CRC:
        return serial ? "something answers: another baud or parity, or two units of one id" : "";
    case SW_ERROR_EXCEPTION_FUNCTION:
        return "the device is there; try the other --function, 3 or 4";
    case SW_ERROR_EXCEPTION_ADDRESS:
    case SW_ERROR_EXCEPTION_VALUE:
        return "the device is there and has no such registers, or gives fewer at once; --scan registers looks for them";
    case SW_ERROR_PORT:
        return serial ? "is the adapter still plugged in?"
                      : "the other side has hung up; is it Modbus, and this kind of it?";
    default:
        return "";
    }
}
