/* The other end of a line: a thread behind a pty, or a TCP connection, that answers Modbus requests as a handler tells
 * it to, byte by byte, right or wrong. The pty is reached by a link in a temporary folder, so it can vanish and come
 * back. */
#ifndef TESTS_FIELD_BUS_SCRIPTED_SLAVE_H
#define TESTS_FIELD_BUS_SCRIPTED_SLAVE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLAVE_FRAME_MAX 300

struct scripted_slave;

/* Runs on the slave's thread with each whole request (CRC checked and left out). */
typedef void (*slave_handler)(void *ctx, struct scripted_slave *slave, const uint8_t *request, size_t size);

struct scripted_slave {
    char folder[64];
    char path[96]; /* the port */
    slave_handler handler;
    void *ctx;
    pthread_t thread;
    int master, keep, stop_fd; /* master: the pty's, or the connection; -1 = there is none */
    int listen_fd;             /* -1: not dialled */
    uint16_t tcp_port;
    bool mbap;                /* frames of Modbus TCP, not RTU */
    uint16_t transaction;     /* of the request, with those */
    atomic_uint connections;  /* so far */
    int64_t request_begun_us; /* when the first byte of the present request came */
    uint8_t buffer[SLAVE_FRAME_MAX];
    size_t filled;
};

/* Makes the folder; no port yet. */
void slave_init(struct scripted_slave *slave, slave_handler handler, void *ctx);
/* Makes the pty and starts the thread. */
void slave_connect(struct scripted_slave *slave);
/* Hangs up: the pty and its link are gone. */
void slave_disconnect(struct scripted_slave *slave);
/* In place of the pty: is dialled at 127.0.0.1, at tcp_port, one connection after the other; until slave_disconnect().
 */
void slave_listen(struct scripted_slave *slave, bool mbap);
/* In place of the pty: dials, and announces itself. */
void slave_dial(struct scripted_slave *slave, uint16_t port, const void *registration, size_t size);
/* Removes the folder. Not while connected. */
void slave_remove(struct scripted_slave *slave);

/* For handlers. */
uint16_t slave_crc(const uint8_t *bytes, size_t size);
void slave_send_raw(struct scripted_slave *slave, const uint8_t *bytes, size_t size);
/* Ends a TCP connection. */
void slave_hang_up(struct scripted_slave *slave);
/* Adds the CRC, or the header. */
void slave_send(struct scripted_slave *slave, const uint8_t *bytes, size_t size);
void slave_send_slowly(struct scripted_slave *slave, const uint8_t *bytes, size_t size, unsigned gap_ms);
void slave_send_exception(struct scripted_slave *slave, const uint8_t *request, uint8_t code);
/* A reply to a read (03, 04, 23) of `count` registers. */
void slave_send_registers(struct scripted_slave *slave, uint8_t unit, uint8_t function, const uint16_t *registers,
                          size_t count);
/* Ends early when the slave is being disconnected. */
void slave_sleep_ms(struct scripted_slave *slave, unsigned ms);
int64_t slave_now_us(void);

#endif
