#include "scripted_slave.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
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

static void take_byte(struct scripted_slave *slave, uint8_t byte)
{
    if (slave->filled == 0) slave->request_begun_us = slave_now_us();
    slave->buffer[slave->filled++] = byte;
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

static void *run(void *argument)
{
    struct scripted_slave *slave = argument;
    for (;;) {
        struct pollfd fds[2] = {{.fd = slave->master, .events = POLLIN}, {.fd = slave->stop_fd, .events = POLLIN}};
        int ready = poll(fds, 2, -1);
        if (ready < 0 && errno == EINTR) continue;
        if (fds[1].revents != 0) return NULL;
        uint8_t byte;
        if (read(slave->master, &byte, 1) == 1) take_byte(slave, byte);
    }
}

void slave_init(struct scripted_slave *slave, slave_handler handler, void *ctx)
{
    *slave = (struct scripted_slave){.handler = handler, .ctx = ctx, .master = -1};
    strcpy(slave->folder, "/tmp/stillwater-field-bus-XXXXXX");
    must(mkdtemp(slave->folder) != NULL, "mkdtemp");
    snprintf(slave->path, sizeof slave->path, "%s/port", slave->folder);
}

void slave_connect(struct scripted_slave *slave)
{
    char name[64];
    struct termios raw;
    must(openpty(&slave->master, &slave->keep, name, NULL, NULL) == 0, "openpty");
    must(tcgetattr(slave->keep, &raw) == 0, "tcgetattr");
    cfmakeraw(&raw);
    must(tcsetattr(slave->keep, TCSANOW, &raw) == 0, "tcsetattr");
    slave->stop_fd = eventfd(0, EFD_CLOEXEC);
    must(slave->stop_fd >= 0, "eventfd");
    slave->filled = 0;
    must(symlink(name, slave->path) == 0, "symlink");
    must(pthread_create(&slave->thread, NULL, run, slave) == 0, "pthread_create");
}

void slave_disconnect(struct scripted_slave *slave)
{
    uint64_t one = 1;
    must(write(slave->stop_fd, &one, sizeof one) == sizeof one, "eventfd write");
    pthread_join(slave->thread, NULL);
    unlink(slave->path);
    close(slave->keep);
    close(slave->master);
    close(slave->stop_fd);
    slave->master = -1;
}

void slave_remove(struct scripted_slave *slave)
{
    rmdir(slave->folder);
}

void slave_send_raw(struct scripted_slave *slave, const uint8_t *bytes, size_t size)
{
    must(write(slave->master, bytes, size) == (ssize_t)size, "write to the pty");
}

void slave_send(struct scripted_slave *slave, const uint8_t *bytes, size_t size)
{
    uint8_t frame[SLAVE_FRAME_MAX];
    memcpy(frame, bytes, size);
    uint16_t crc = slave_crc(bytes, size);
    frame[size] = (uint8_t)crc;
    frame[size + 1] = (uint8_t)(crc >> 8);
    slave_send_raw(slave, frame, size + 2);
}

void slave_send_slowly(struct scripted_slave *slave, const uint8_t *bytes, size_t size, unsigned gap_ms)
{
    uint8_t frame[SLAVE_FRAME_MAX];
    memcpy(frame, bytes, size);
    uint16_t crc = slave_crc(bytes, size);
    frame[size] = (uint8_t)crc;
    frame[size + 1] = (uint8_t)(crc >> 8);
    for (size_t i = 0; i < size + 2; i++) {
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
