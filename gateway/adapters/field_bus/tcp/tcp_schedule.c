#include "tcp_schedule.h"

#include <stdlib.h>

int64_t tcp_now_us(void)
{
    return (int64_t)(uv_hrtime() / 1000);
}

/* The largest one up to that. */
static int64_t step_within(int64_t limit_us)
{
    int64_t step_us = TCP_SCHEDULE_FINEST_US;
    while (step_us < TCP_SCHEDULE_COARSEST_US && 2 * step_us <= limit_us)
        step_us *= 2;
    return step_us;
}

void tcp_schedule_pace(struct tcp_schedule *schedule, double polls_per_s)
{
    double step_us = polls_per_s > 0 ? TCP_SCHEDULE_AT_ONCE * 1e6 / polls_per_s : TCP_SCHEDULE_COARSEST_US;
    schedule->grid_us = step_within(step_us < TCP_SCHEDULE_COARSEST_US ? (int64_t)step_us : TCP_SCHEDULE_COARSEST_US);
}

int64_t tcp_schedule_on_grid(const struct tcp_schedule *schedule, int64_t at_us, int64_t late_us)
{
    int64_t step_us = step_within(late_us < schedule->grid_us ? late_us : schedule->grid_us);
    if (at_us > TCP_SCHEDULE_NEVER_US - step_us) return TCP_SCHEDULE_NEVER_US;
    return (at_us + step_us - 1) / step_us * step_us;
}

static void on_timer(uv_timer_t *timer);

/* The loop's clock is the same one, rounded down to milliseconds. */
static void arm(struct tcp_schedule *schedule, int64_t at_us)
{
    schedule->armed_us = at_us;
    if (at_us == TCP_SCHEDULE_NEVER_US) {
        uv_timer_stop(&schedule->timer);
        return;
    }
    int64_t delay_us = at_us - (int64_t)uv_now(schedule->timer.loop) * 1000;
    uv_timer_start(&schedule->timer, on_timer, delay_us > 0 ? (uint64_t)(delay_us + 999) / 1000 : 0, 0);
}

static void on_timer(uv_timer_t *timer)
{
    struct tcp_schedule *schedule = timer->data;
    int64_t now = tcp_now_us();
    int64_t next = TCP_SCHEDULE_NEVER_US;
    schedule->stepping = true;
    for (uint32_t i = 0; i < schedule->count; i++) {
        if (schedule->due_us[i] > now) continue;
        schedule->due_us[i] = TCP_SCHEDULE_NEVER_US;
        schedule->items[i]->step(schedule->items[i]);
    }
    schedule->stepping = false;
    if (uv_is_closing((uv_handle_t *)timer)) return;
    for (uint32_t i = 0; i < schedule->count; i++)
        if (schedule->due_us[i] < next) next = schedule->due_us[i];
    arm(schedule, next);
}

int tcp_schedule_init(struct tcp_schedule *schedule, uv_loop_t *loop)
{
    *schedule = (struct tcp_schedule){.armed_us = TCP_SCHEDULE_NEVER_US, .grid_us = TCP_SCHEDULE_COARSEST_US};
    int error = uv_timer_init(loop, &schedule->timer);
    schedule->timer.data = schedule;
    return error;
}

void tcp_schedule_close(struct tcp_schedule *schedule, uv_close_cb closed)
{
    uv_close((uv_handle_t *)&schedule->timer, closed);
    schedule->count = 0;
}

void tcp_schedule_free(struct tcp_schedule *schedule)
{
    free(schedule->due_us);
    free(schedule->items);
}

static bool grow(struct tcp_schedule *schedule)
{
    uint32_t capacity = schedule->capacity == 0 ? 16 : 2 * schedule->capacity;
    int64_t *due_us = realloc(schedule->due_us, capacity * sizeof *due_us);
    if (due_us == NULL) return false;
    schedule->due_us = due_us;
    struct tcp_schedule_item **items = realloc(schedule->items, capacity * sizeof(struct tcp_schedule_item *));
    if (items == NULL) return false;
    schedule->items = items;
    schedule->capacity = capacity;
    return true;
}

bool tcp_schedule_add(struct tcp_schedule *schedule, struct tcp_schedule_item *item,
                      void (*step)(struct tcp_schedule_item *item))
{
    if (schedule->count == schedule->capacity && !grow(schedule)) return false;
    item->step = step;
    item->place = schedule->count++;
    schedule->items[item->place] = item;
    schedule->due_us[item->place] = TCP_SCHEDULE_NEVER_US;
    tcp_schedule_at(schedule, item, tcp_now_us());
    return true;
}

void tcp_schedule_remove(struct tcp_schedule *schedule, struct tcp_schedule_item *item)
{
    if (item->step == NULL || schedule->count == 0) return;
    uint32_t last = --schedule->count;
    schedule->items[item->place] = schedule->items[last];
    schedule->due_us[item->place] = schedule->due_us[last];
    schedule->items[item->place]->place = item->place;
    item->step = NULL;
}

void tcp_schedule_at(struct tcp_schedule *schedule, const struct tcp_schedule_item *item, int64_t due_us)
{
    if (schedule->count == 0) return;
    schedule->due_us[item->place] = due_us;
    if (due_us < schedule->armed_us && !schedule->stepping) arm(schedule, due_us);
}
