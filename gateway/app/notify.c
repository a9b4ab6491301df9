#include "app/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A datagram to the socket that systemd has named, as sd_notify(3) describes it. libsystemd would bring six libraries
 * along, and a megabyte of memory, for this. */
static void tell(const char *text)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = getenv("NOTIFY_SOCKET");
    size_t size = path ? strlen(path) : 0;
    if (size == 0 || size >= sizeof address.sun_path) return;
    memcpy(address.sun_path, path, size);
    if (path[0] == '@') address.sun_path[0] = '\0'; /* has no file */
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return;
    (void)sendto(descriptor, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&address,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size));
    (void)close(descriptor);
}

void notify_ready(void)
{
    tell("READY=1");
}

void notify_stopping(void)
{
    tell("STOPPING=1");
}

void notify_status(const char *text, uint32_t open_alerts)
{
    char status[512];
    snprintf(status, sizeof status, "STATUS=%.400s; %u alerts open", text, open_alerts);
    tell(status);
}

static void on_timer(uv_timer_t *timer)
{
    (void)timer;
    tell("WATCHDOG=1");
}

/* 0 = systemd does not watch this process. */
static uint64_t watchdog_interval_us(void)
{
    const char *interval = getenv("WATCHDOG_USEC"), *process = getenv("WATCHDOG_PID");
    if (!interval || (process && strtol(process, NULL, 10) != getpid())) return 0;
    return strtoull(interval, NULL, 10);
}

int notify_watchdog_start(uv_loop_t *loop, uv_timer_t *timer)
{
    uint64_t interval_us = watchdog_interval_us();
    if (interval_us == 0) return 0;
    uint64_t half_ms = interval_us / 2000 > 0 ? interval_us / 2000 : 1;
    uv_timer_init(loop, timer);
    uv_timer_start(timer, on_timer, half_ms, half_ms);
    return 1;
}
