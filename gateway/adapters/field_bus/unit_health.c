#include "unit_health.h"

void unit_health_init(struct unit_health *health, uint32_t interval_ms, uint32_t backoff_limit_ms)
{
    *health = (struct unit_health){.interval_ms = interval_ms,
                                   .backoff_limit_ms = backoff_limit_ms > interval_ms ? backoff_limit_ms : interval_ms};
}

void unit_health_succeeded(struct unit_health *health)
{
    health->failures = 0;
}

int64_t unit_health_failed(struct unit_health *health, int64_t now_us)
{
    if (health->failures == 0) health->failing_since_us = now_us;
    if (health->failures < UINT32_MAX) health->failures++;
    int64_t delay_ms = health->interval_ms;
    for (uint32_t i = 1; i < health->failures && delay_ms < (int64_t)health->backoff_limit_ms; i++)
        delay_ms *= 2;
    if (delay_ms > (int64_t)health->backoff_limit_ms) delay_ms = health->backoff_limit_ms;
    return delay_ms * 1000;
}

bool unit_health_is_down(const struct unit_health *health, int64_t now_us)
{
    return health->failures >= UNIT_DOWN_FAILURES &&
           now_us - health->failing_since_us >= UNIT_DOWN_INTERVALS * (int64_t)health->interval_ms * 1000;
}

int64_t unit_health_interval_us(const struct unit_health *health)
{
    bool hurries = health->hurry_ms > 0 && health->hurry_ms < health->interval_ms;
    return INT64_C(1000) * (hurries ? health->hurry_ms : health->interval_ms);
}

int64_t unit_health_next_poll(const struct unit_health *health, int64_t last_due_us, int64_t now_us)
{
    int64_t interval_us = unit_health_interval_us(health);
    if (interval_us <= 0) return now_us;
    int64_t next = last_due_us + interval_us;
    if (next <= now_us) next += (now_us - next) / interval_us * interval_us + interval_us;
    return next;
}
