#include "pty_relay.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

static void must(int ok, const char *what)
{
    if (ok) return;
    perror(what);
    abort();
}

static void copy(int from, int to)
{
    uint8_t bytes[512];
    ssize_t size = read(from, bytes, sizeof bytes);
    if (size > 0) must(write(to, bytes, (size_t)size) == size, "write to the pty");
}

static void *run(void *argument)
{
    struct pty_relay *relay = argument;
    for (;;) {
        struct pollfd fds[3] = {{.fd = relay->master[0], .events = POLLIN},
                                {.fd = relay->master[1], .events = POLLIN},
                                {.fd = relay->stop_fd, .events = POLLIN}};
        if (poll(fds, 3, -1) < 0) {
            must(errno == EINTR, "poll");
            continue;
        }
        if (fds[2].revents != 0) return NULL;
        if (fds[0].revents != 0) copy(relay->master[0], relay->master[1]);
        if (fds[1].revents != 0) copy(relay->master[1], relay->master[0]);
    }
}

void pty_relay_start(struct pty_relay *relay)
{
    struct termios raw;
    for (int i = 0; i < 2; i++) {
        must(openpty(&relay->master[i], &relay->keep[i], relay->name[i], NULL, NULL) == 0, "openpty");
        must(tcgetattr(relay->keep[i], &raw) == 0, "tcgetattr");
        cfmakeraw(&raw);
        must(tcsetattr(relay->keep[i], TCSANOW, &raw) == 0, "tcsetattr");
    }
    relay->stop_fd = eventfd(0, EFD_CLOEXEC);
    must(relay->stop_fd >= 0, "eventfd");
    must(pthread_create(&relay->thread, NULL, run, relay) == 0, "pthread_create");
}

void pty_relay_stop(struct pty_relay *relay)
{
    uint64_t one = 1;
    must(write(relay->stop_fd, &one, sizeof one) == sizeof one, "eventfd write");
    pthread_join(relay->thread, NULL);
    close(relay->stop_fd);
    for (int i = 0; i < 2; i++) {
        close(relay->master[i]);
        close(relay->keep[i]);
    }
}
