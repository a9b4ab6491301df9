#include "app/loop_lag.h"

/* Often enough to see a tenth of a second, seldom enough to cost nothing. */
#define SAMPLE_MS    100u
#define SAMPLE_US    (1000u * SAMPLE_MS)
#define WINDOW_COUNT (5u * 60u * 1000u / SAMPLE_MS)

/* Below 4 us a step each; above, the two bits behind the highest one tell four steps apart. */
static uint32_t step_of(uint32_t us)
{
    uint32_t doublings = 0;
    if (us < 4) return us;
    while (us >> doublings > 7)
        doublings++;
    return 4 * doublings + (us >> doublings);
}

/* The largest that falls into it. */
static uint64_t top_of(uint32_t step)
{
    if (step < 4) return step;
    uint32_t doublings = (step - 4) / 4;
    return ((uint64_t)(step - 4 * doublings + 1) << doublings) - 1;
}

static void count(struct loop_lag_counts *counts, uint64_t late_us)
{
    uint32_t us = late_us < UINT32_MAX ? (uint32_t)late_us : UINT32_MAX;
    counts->steps[step_of(us)]++;
    counts->total++;
    if (us > counts->longest_us) counts->longest_us = us;
}

void loop_lag_note(struct loop_lag *lag, uint64_t late_us)
{
    count(&lag->now, late_us);
    for (uint64_t us = late_us; us >= SAMPLE_US; us -= SAMPLE_US)
        count(&lag->now, us - SAMPLE_US);
    if (++lag->samples < WINDOW_COUNT) return;
    lag->before = lag->now;
    lag->now = (struct loop_lag_counts){.total = 0};
    lag->samples = 0;
}

static void on_timer(uv_timer_t *timer)
{
    struct loop_lag *lag = (struct loop_lag *)timer;
    uint64_t now_us = uv_hrtime() / 1000;
    loop_lag_note(lag, now_us > lag->due_us ? now_us - lag->due_us : 0);
    lag->due_us = now_us + SAMPLE_US;
}

void loop_lag_start(struct loop_lag *lag)
{
    lag->due_us = uv_hrtime() / 1000 + SAMPLE_US;
    (void)uv_timer_start(&lag->timer, on_timer, SAMPLE_MS, SAMPLE_MS);
}

uint64_t loop_lag_p99_us(const struct loop_lag *lag)
{
    uint64_t total = (uint64_t)lag->now.total + lag->before.total, within = 0;
    for (uint32_t step = 0; step < LOOP_LAG_STEPS && total > 0; step++) {
        within += (uint64_t)lag->now.steps[step] + lag->before.steps[step];
        if (100 * within >= 99 * total) return top_of(step);
    }
    return 0;
}

uint64_t loop_lag_longest_us(const struct loop_lag *lag)
{
    return lag->now.longest_us > lag->before.longest_us ? lag->now.longest_us : lag->before.longest_us;
}
