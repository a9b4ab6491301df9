#include "cli/backtest_core.h"

#include <stdlib.h>

#define TICK_LEAST_MS 1000 /* the daemon ticks once a second */

int one_core_open(struct one_core *one, enum subject_domain domain, const char *name, const struct policy *policy,
                  struct core_sink sink)
{
    struct core_capacity capacity = {.of = {0}};
    capacity.of[domain] = 1;
    *one = (struct one_core){.memory = malloc(core_size(&capacity))};
    if (!one->memory) return SW_ERROR_NO_SPACE;
    int error = one_core_renew(one, domain, name, policy, sink, NULL, 0);
    if (error != SW_OK) one_core_close(one);
    return error;
}

void one_core_close(struct one_core *one)
{
    free(one->memory);
    *one = (struct one_core){0};
}

int one_core_renew(struct one_core *one, enum subject_domain domain, const char *name, const struct policy *policy,
                   struct core_sink sink, const uint8_t *snapshot, size_t size)
{
    one->now_ms = 0;
    one->policy = *policy;
    struct core_capacity capacity = {.of = {0}};
    capacity.of[domain] = 1;
    int error = core_init(one->memory, &capacity, "backtest", sink, &one->core);
    if (error != SW_OK) return error;
    error = core_add_subject(one->core, domain, name, CORE_NO_PARENT, &one->policy, &one->subject);
    if (error != SW_OK || size == 0) return error;
    return core_restore(one->core, one->subject, snapshot, size);
}

void one_core_pass(struct one_core *one, int64_t now_ms)
{
    while (one->now_ms != 0) {
        int64_t next_ms = core_next_deadline(one->core).ms;
        if (next_ms < one->now_ms + TICK_LEAST_MS) next_ms = one->now_ms + TICK_LEAST_MS;
        if (next_ms >= now_ms) break;
        core_tick(one->core, sw_wall_from_ms(next_ms));
        one->now_ms = next_ms;
    }
    if (now_ms <= one->now_ms) return;
    core_tick(one->core, sw_wall_from_ms(now_ms));
    one->now_ms = now_ms;
}

struct core_verdict one_core_take(struct one_core *one, enum sw_reading_kind kind, int64_t time_ms, int64_t value_milli)
{
    one_core_pass(one, time_ms);
    struct core_reading reading = {.subject = one->subject,
                                   .kind = kind,
                                   .value_milli = value_milli,
                                   .quality = SW_QUALITY_GOOD,
                                   .time = sw_wall_from_ms(time_ms),
                                   .clock_quality = SW_CLOCK_SET};
    core_on_reading(one->core, &reading, sw_wall_from_ms(time_ms));
    return core_last_verdict(one->core);
}
