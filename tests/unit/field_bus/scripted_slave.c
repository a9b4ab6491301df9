#include "scripted_slave.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static void must(int ok, const char *what)
{
    if (ok) return;
    perror(what);
    abort();
}

int64_t slave_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

uint16_t slave_crc(const uint8_t *bytes, size_t size)
{
    unsigned crc = 0xffff;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 1u) != 0 ? crc >> 1 ^ 0xa001u : crc >> 1;
    }
    return (uint16_t)crc;
}

/* Length of the request that begins in the buffer; 0 while too little is there to tell. */
static size_t request_size(const uint8_t *bytes, size_t filled)
{
    if (filled < 2) return 0;
    if (bytes[1] == 16) return filled < 7 ? 0 : 9u + bytes[6];
    if (bytes[1] == 23) return filled < 11 ? 0 : 13u + bytes[10];
    return 8;
}

#define HEADER_SIZE 6

static void take_byte_mbap(struct scripted_slave *slave)
{
    const uint8_t *bytes = slave->buffer;
    if (slave->filled < HEADER_SIZE || slave->filled < HEADER_SIZE + ((size_t)bytes[4] << 8 | bytes[5])) return;
    size_t size = slave->filled - HEADER_SIZE;
    slave->filled = 0;
    slave->transaction = (uint16_t)(bytes[0] << 8 | bytes[1]);
    slave->handler(slave->ctx, slave, bytes + HEADER_SIZE, size);
}

static void take_byte(struct scripted_slave *slave, uint8_t byte)
{
    if (slave->filled == 0) slave->request_begun_us = slave_now_us();
    slave->buffer[slave->filled++] = byte;
    if (slave->mbap) {
        take_byte_mbap(slave);
        return;
    }
    size_t size = request_size(slave->buffer, slave->filled);
    if (size == 0 || slave->filled < size) {
        if (slave->filled == sizeof slave->buffer) slave->filled = 0;
        return;
    }
    slave->filled = 0;
    uint16_t crc = slave_crc(slave->buffer, size - 2);
    if (slave->buffer[size - 2] != (crc & 0xff) || slave->buffer[size - 1] != crc >> 8) return;
    slave->handler(slave->ctx, slave, slave->buffer, size - 2);
}

void slave_hang_up(struct scripted_slave *slave)
{
    close(slave->master);
    slave->master = -1;
    slave->filled = 0;
}

static void take_connection(struct scripted_slave *slave)
{
    slave->master = accept(slave->listen_fd, NULL, NULL);
    slave->filled = 0;
    if (slave->master >= 0) slave->connections++;
}

/* Whoever dials has the connection from then on; poll() passes over what is not there. */
static void *run(void *argument)
{
    struct scripted_slave *slave = argument;
    for (;;) {
        struct pollfd fds[3] = {{.fd = slave->stop_fd, .events = POLLIN},
                                {.fd = slave->master, .events = POLLIN},
                                {.fd = slave->master < 0 ? slave->listen_fd : -1, .events = POLLIN}};
        int ready = poll(fds, 3, -1);
        if (ready < 0 && errno == EINTR) continue;
        if (fds[0].revents != 0) return NULL;
        if (fds[2].revents != 0) take_connection(slave);
        uint8_t byte;
        if (fds[1].revents == 0) continue;
        if (read(slave->master, &byte, 1) == 1)
            take_byte(slave, byte);
        else if (slave->keep < 0)
            slave_hang_up(slave);
    }
}

void slave_init(struct scripted_slave *slave, slave_handler handler, void *ctx)
{
    *slave = (struct scripted_slave){.handler = handler, .ctx = ctx, .master = -1, .keep = -1, .listen_fd = -1};
    strcpy(slave->folder, "/tmp/stillwater-field-bus-XXXXXX");
    must(mkdtemp(slave->folder) != NULL, "mkdtemp");
    snprintf(slave->path, sizeof slave->path, "%s/port", slave->folder);
}

static void start(struct scripted_slave *slave)
{
    slave->stop_fd = eventfd(0, EFD_CLOEXEC);
    must(slave->stop_fd >= 0, "eventfd");
    slave->filled = 0;
    must(pthread_create(&slave->thread, NULL, run, slave) == 0, "pthread_create");
}

void slave_connect(struct scripted_slave *slave)
{
    char name[64];
    struct termios raw;
    must(openpty(&slave->master, &slave->keep, name, NULL, NULL) == 0, "openpty");
    must(tcgetattr(slave->keep, &raw) == 0, "tcgetattr");
    cfmakeraw(&raw);
    must(tcsetattr(slave->keep, TCSANOW, &raw) == 0, "tcsetattr");
    must(symlink(name, slave->path) == 0, "symlink");
    start(slave);
}

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
}

void slave_listen(struct scripted_slave *slave, bool mbap)
{
    struct sockaddr_in address = loopback(slave->tcp_port);
    socklen_t size = sizeof address;
    int on = 1;
    slave->mbap = mbap;
    slave->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(setsockopt(slave->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0, "setsockopt");
    must(bind(slave->listen_fd, (struct sockaddr *)&address, size) == 0, "bind");
    must(listen(slave->listen_fd, 8) == 0, "listen");
    must(getsockname(slave->listen_fd, (struct sockaddr *)&address, &size) == 0, "getsockname");
    slave->tcp_port = ntohs(address.sin_port);
    start(slave);
}

void slave_dial(struct scripted_slave *slave, uint16_t port, const void *registration, size_t size)
{
    struct sockaddr_in address = loopback(port);
    slave->master = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(connect(slave->master, (struct sockaddr *)&address, sizeof address) == 0, "connect");
    slave_send_raw(slave, registration, size);
    start(slave);
}

void slave_disconnect(struct scripted_slave *slave)
{
    uint64_t one = 1;
    must(write(slave->stop_fd, &one, sizeof one) == sizeof one, "eventfd write");
    pthread_join(slave->thread, NULL);
    unlink(slave->path);
    int *const open[] = {&slave->keep, &slave->master, &slave->listen_fd, &slave->stop_fd};
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++) {
        if (*open[i] >= 0) close(*open[i]);
        *open[i] = -1;
    }
}

void slave_remove(struct scripted_slave *slave)
{
    rmdir(slave->folder);
}

void slave_send_raw(struct scripted_slave *slave, const uint8_t *bytes, size_t size)
{
    if (slave->keep >= 0)
        must(write(slave->master, bytes, size) == (ssize_t)size, "write to the pty");
    else
        (void)send(slave->master, bytes, size, MSG_NOSIGNAL); /* whoever it is for may have gone */
}

/* What goes over the line for these bytes; returns its size. */
static size_t frame_of(const struct scripted_slave *slave, const uint8_t *bytes, size_t size, uint8_t *frame)
{
    if (slave->mbap) {
        const uint8_t header[HEADER_SIZE] = {
            (uint8_t)(slave->transaction >> 8), (uint8_t)slave->transaction, 0, 0, (uint8_t)(size >> 8), (uint8_t)size};
        memcpy(frame, header, sizeof header);
        memcpy(frame + sizeof header, bytes, size);
        return size + sizeof header;
    }
    uint16_t crc = slave_crc(bytes, size);
    memcpy(frame, bytes, size);
    frame[size] = (uint8_t)crc;
    frame[size + 1] = (uint8_t)(crc >> 8);
    return size + 2;
}

void slave_send(struct scripted_slave *slave, const uint8_t *bytes, size_t size)
{
    uint8_t frame[SLAVE_FRAME_MAX];
    slave_send_raw(slave, frame, frame_of(slave, bytes, size, frame));
}

void slave_send_slowly(struct scripted_slave *slave, const uint8_t *bytes, size_t size, unsigned gap_ms)
{
    uint8_t frame[SLAVE_FRAME_MAX];
    size_t frame_size = frame_of(slave, bytes, size, frame);
    for (size_t i = 0; i < frame_size; i++) {
        if (i > 0) slave_sleep_ms(slave, gap_ms);
        slave_send_raw(slave, &frame[i], 1);
    }
}

void slave_send_exception(struct scripted_slave *slave, const uint8_t *request, uint8_t code)
{
    uint8_t bytes[3] = {request[0], (uint8_t)(request[1] | 0x80), code};
    slave_send(slave, bytes, sizeof bytes);
}

void slave_send_registers(struct scripted_slave *slave, uint8_t unit, uint8_t function, const uint16_t *registers,
                          size_t count)
{
    uint8_t bytes[SLAVE_FRAME_MAX] = {unit, function, (uint8_t)(2 * count)};
    for (size_t i = 0; i < count; i++) {
        bytes[3 + 2 * i] = (uint8_t)(registers[i] >> 8);
        bytes[4 + 2 * i] = (uint8_t)registers[i];
    }
    slave_send(slave, bytes, 3 + 2 * count);
}

void slave_sleep_ms(struct scripted_slave *slave, unsigned ms)
{
    struct pollfd stop = {.fd = slave->stop_fd, .events = POLLIN};
    (void)poll(&stop, 1, (int)ms);
}
