#include "app/notify.h"

#include <systemd/sd-daemon.h>

void notify_ready(void)
{
    (void)sd_notify(0, "READY=1");
}

void notify_stopping(void)
{
    (void)sd_notify(0, "STOPPING=1");
}

void notify_status(const char *text, uint32_t open_alerts)
{
    (void)sd_notifyf(0, "STATUS=%s; %u alerts open", text, open_alerts);
}

static void on_timer(uv_timer_t *timer)
{
    (void)timer;
    (void)sd_notify(0, "WATCHDOG=1");
}

int notify_watchdog_start(uv_loop_t *loop, uv_timer_t *timer)
{
    uint64_t interval_us = 0;
    if (sd_watchdog_enabled(0, &interval_us) <= 0) return 0;
    uint64_t half_ms = interval_us / 2000 > 0 ? interval_us / 2000 : 1;
    uv_timer_init(loop, timer);
    uv_timer_start(timer, on_timer, half_ms, half_ms);
    return 1;
}
