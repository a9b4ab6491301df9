#include "boards/native/termios_uart.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include "boards/native/monotonic.h"

#define RETRY_US 500000u

/* Majors of Unix98 pseudo-terminals (kernel Documentation/admin-guide/devices.txt). */
#define PTY_MAJOR_FIRST 136u
#define PTY_MAJOR_LAST  143u

static speed_t speed_of(uint32_t baud)
{
    static const struct {
        uint32_t baud;
        speed_t speed;
    } speeds[] = {{1200, B1200},   {2400, B2400},   {4800, B4800},   {9600, B9600},
                  {19200, B19200}, {38400, B38400}, {57600, B57600}, {115200, B115200}};
    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++)
        if (speeds[i].baud == baud) return speeds[i].speed;
    return B0;
}

/* Parity errors are left to the frame's CRC: Linux can only mark them inside the stream of bytes. */
static int apply_settings(int fd, const struct sw_line_settings *settings)
{
    struct termios line;
    if (tcgetattr(fd, &line) != 0) return SW_ERROR_SYSTEM;
    cfmakeraw(&line);
    line.c_cflag |= CREAD | CLOCAL;
    line.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS);
    if (settings->parity != 'N') line.c_cflag |= PARENB;
    if (settings->parity == 'O') line.c_cflag |= PARODD;
    if (settings->stop_bits == 2) line.c_cflag |= CSTOPB;
    /* With a minimum of one, a read of nothing means that the far end has hung up. */
    line.c_cc[VMIN] = 1;
    line.c_cc[VTIME] = 0;
    cfsetispeed(&line, speed_of(settings->baud));
    cfsetospeed(&line, speed_of(settings->baud));
    return tcsetattr(fd, TCSANOW, &line) == 0 ? SW_OK : SW_ERROR_SYSTEM;
}

static void lose(struct termios_uart *uart)
{
    if (!uart->complained) fprintf(stderr, "stillwater-node: %s: %s; trying again\n", uart->path, strerror(errno));
    uart->complained = true;
    termios_uart_close(uart);
    uart->retry_at_us = monotonic_now_us() + RETRY_US;
}

static void open_device(struct termios_uart *uart)
{
    struct stat status;
    uart->fd = open(uart->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (uart->fd < 0 || fstat(uart->fd, &status) != 0 || apply_settings(uart->fd, &uart->settings) != SW_OK) {
        lose(uart);
        return;
    }
    unsigned major_number = major(status.st_rdev);
    uart->pseudo = major_number >= PTY_MAJOR_FIRST && major_number <= PTY_MAJOR_LAST;
    if (uart->complained) fprintf(stderr, "stillwater-node: %s: open again\n", uart->path);
    uart->complained = false;
}

static void open_when_due(struct termios_uart *uart)
{
    if (uart->fd < 0 && monotonic_now_us() >= uart->retry_at_us) open_device(uart);
}

static int configure(void *ctx, const struct sw_line_settings *settings)
{
    struct termios_uart *uart = ctx;
    if (speed_of(settings->baud) == B0) return SW_ERROR_INVALID_ARGUMENT;
    uart->settings = *settings;
    uart->received_size = uart->received_at = 0;
    open_when_due(uart);
    if (uart->fd < 0) return SW_OK;
    if (apply_settings(uart->fd, settings) != SW_OK || tcflush(uart->fd, TCIFLUSH) != 0) lose(uart);
    return SW_OK;
}

static bool fill(struct termios_uart *uart)
{
    open_when_due(uart);
    if (uart->fd < 0) return false;
    ssize_t got = read(uart->fd, uart->received, sizeof uart->received);
    if (got == 0) errno = EIO;
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) lose(uart);
    if (got <= 0) return false;
    uart->received_size = (size_t)got;
    uart->received_at = 0;
    uart->received_us = monotonic_now_us() - uart->origin_us;
    return true;
}

static bool receive(void *ctx, struct port_byte *byte)
{
    struct termios_uart *uart = ctx;
    if (uart->received_at == uart->received_size && !fill(uart)) return false;
    *byte = (struct port_byte){.at_us = uart->received_us, .value = uart->received[uart->received_at++]};
    return true;
}

static void push_out(struct termios_uart *uart)
{
    if (uart->fd < 0) uart->unsent_size = 0;
    if (uart->unsent_size == 0) return;
    ssize_t sent = write(uart->fd, uart->unsent, uart->unsent_size);
    if (sent > 0) {
        uart->unsent += sent;
        uart->unsent_size -= (size_t)sent;
    } else if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        lose(uart);
        uart->unsent_size = 0;
    }
}

static uint64_t wire_time_us(const struct termios_uart *uart, size_t size)
{
    return (uint64_t)size * 11u * 1000000u / uart->settings.baud;
}

static bool sending(void *ctx)
{
    struct termios_uart *uart = ctx;
    int queued = 0;
    push_out(uart);
    if (uart->unsent_size > 0) return true;
    if (uart->fd < 0 || uart->pseudo) return false;
    if (ioctl(uart->fd, TIOCOUTQ, &queued) == 0 && queued > 0) return true;
    /* The driver's queue is empty before the chip has sent its last bytes. */
    return monotonic_now_us() < uart->transmit_end_us;
}

static int send(void *ctx, const uint8_t *bytes, size_t size)
{
    struct termios_uart *uart = ctx;
    if (sending(uart)) return SW_ERROR_BUSY;
    uart->unsent = bytes;
    uart->unsent_size = size;
    uart->transmit_end_us = monotonic_now_us() + wire_time_us(uart, size);
    push_out(uart);
    return SW_OK;
}

void termios_uart_init(struct termios_uart *uart, const char *path, uint64_t origin_us)
{
    *uart = (struct termios_uart){.path = path, .origin_us = origin_us, .fd = -1};
    uart->port = (struct port_uart){uart, configure, receive, send, sending, TERMIOS_UART_SLACK_US};
}

void termios_uart_watch(struct termios_uart *uart, struct pollfd *watch)
{
    open_when_due(uart);
    *watch = (struct pollfd){.fd = uart->fd, .events = POLLIN};
    if (uart->unsent_size > 0) watch->events |= POLLOUT;
}

void termios_uart_close(struct termios_uart *uart)
{
    if (uart->fd >= 0) close(uart->fd);
    uart->fd = -1;
}
