/* port_uart over a Linux serial device or pseudo-terminal. A device that is missing or goes away is tried again every
 * half second; meanwhile nothing is received and what is sent is lost, as on a line whose far end is unplugged. */
#ifndef BOARDS_NATIVE_TERMIOS_UART_H
#define BOARDS_NATIVE_TERMIOS_UART_H

#include "firmware/port.h"

/* The scheduler may deliver the bytes of one frame in pieces this far apart. */
#define TERMIOS_UART_SLACK_US 30000u

struct termios_uart {
    struct port_uart port;
    const char *path;
    uint64_t origin_us; /* where the node's time starts on CLOCK_MONOTONIC */
    int fd;             /* -1 while the device is not there */
    bool pseudo;
    bool complained; /* the reason has been printed once */
    uint64_t retry_at_us;
    struct sw_line_settings settings;
    uint8_t received[512];
    size_t received_size, received_at;
    uint64_t received_us;
    const uint8_t *unsent;
    size_t unsent_size;
    uint64_t transmit_end_us; /* a real line is busy until then */
};

/* `path` outlives the port. Bytes are stamped with CLOCK_MONOTONIC minus `origin_us`, as the node's port_time tells the
 * time. Opens the device with the first configure(). */
void termios_uart_init(struct termios_uart *uart, const char *path, uint64_t origin_us);

/* For poll(2): the descriptor and what to wait for; fd -1 when the device is not there. Tries to open it when it is
 * time. */
struct pollfd;
void termios_uart_watch(struct termios_uart *uart, struct pollfd *watch);

void termios_uart_close(struct termios_uart *uart);

#endif
