#include "farm/drive.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "farm/devices.h"

#define EVENTS_MAX 256

static const uint8_t question[] = {0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 10};

struct driver {
    pthread_t thread;
    uint16_t port;
    uint32_t first, count;
    int64_t until_us;
    bool failed;
};

static bool ask(int fd)
{
    return send(fd, question, sizeof question, MSG_NOSIGNAL) == (ssize_t)sizeof question;
}

static bool connect_to(const struct driver *driver, int epoll, uint32_t index)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(driver->port), .sin_addr = {htonl(DEVICES_FIRST_ADDRESS + index)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) return false;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0 && ask(fd);
}

/* Replies are small and come in one piece; one that did not would end the run. */
static void *work(void *ctx)
{
    struct driver *driver = ctx;
    struct epoll_event events[EVENTS_MAX];
    uint8_t reply[300];
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    for (uint32_t i = 0; i < driver->count && !driver->failed; i++)
        driver->failed = !connect_to(driver, epoll, driver->first + i);
    while (!driver->failed && board_now_us() < driver->until_us) {
        int count = epoll_wait(epoll, events, EVENTS_MAX, 100);
        for (int i = 0; i < count; i++)
            driver->failed |= recv(events[i].data.fd, reply, sizeof reply, 0) != 29 || !ask(events[i].data.fd);
    }
    return NULL;
}

bool drive(uint16_t port, uint32_t connections, uint32_t threads, double seconds)
{
    struct driver *drivers = calloc(threads, sizeof *drivers);
    bool failed = !drivers;
    for (uint32_t i = 0; !failed && i < threads; i++) {
        drivers[i] = (struct driver){.port = port,
                                     .first = connections * i / threads,
                                     .count = connections * (i + 1) / threads - connections * i / threads,
                                     .until_us = board_now_us() + (int64_t)(seconds * 1e6)};
        failed = pthread_create(&drivers[i].thread, NULL, work, &drivers[i]) != 0;
    }
    for (uint32_t i = 0; !failed && i < threads; i++) {
        pthread_join(drivers[i].thread, NULL);
        failed = drivers[i].failed;
    }
    free(drivers);
    return !failed;
}
