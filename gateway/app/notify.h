/* What systemd is told. Every call does nothing when the process was not started by it. */
#ifndef GATEWAY_APP_NOTIFY_H
#define GATEWAY_APP_NOTIFY_H

#include <stdint.h>
#include <uv.h>

void notify_ready(void);
void notify_stopping(void);
void notify_status(const char *text, uint32_t open_alerts);

/* Starts sending keep-alives from the loop, twice in each watchdog interval: a loop that hangs is restarted. Returns 0
 * without a watchdog; then there is nothing to stop. */
int notify_watchdog_start(uv_loop_t *loop, uv_timer_t *timer);

#endif
