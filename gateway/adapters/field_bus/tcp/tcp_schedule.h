/* When each of many lines wants to be stepped: one timer for all. What is due within one step of the grid is stepped
 * together, so that the process wakes up once for it; what is exact (a silence on a line) asks for its own time. The
 * step follows from how much there is to do: few polls may wait for each other, many fill every wake-up. Steps double
 * from the finest one, so that those who allow less share the wake-ups of the others. */
#ifndef FIELD_BUS_TCP_TCP_SCHEDULE_H
#define FIELD_BUS_TCP_TCP_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#define TCP_SCHEDULE_NEVER_US    INT64_MAX
#define TCP_SCHEDULE_FINEST_US   5000
#define TCP_SCHEDULE_COARSEST_US 80000
#define TCP_SCHEDULE_AT_ONCE     25 /* polls for which a wake-up is worth while */

struct tcp_schedule;

/* Embedded in whatever is stepped. */
struct tcp_schedule_item {
    void (*step)(struct tcp_schedule_item *item); /* NULL: it is in no schedule */
    uint32_t place;
};

struct tcp_schedule {
    uv_timer_t timer; /* its data is the schedule */
    /* A scan of all times at each wake-up beats a heap: they are few thousand, and lie side by side. */
    int64_t *due_us;
    struct tcp_schedule_item **items;
    uint32_t count, capacity;
    int64_t grid_us;
    int64_t armed_us;
    bool stepping;
};

/* Monotonic microseconds, the scale of every *_us here. */
int64_t tcp_now_us(void);

/* How often a poll is due, of all lines together. */
void tcp_schedule_pace(struct tcp_schedule *schedule, double polls_per_s);
/* The next moment of the grid that is not before, and later by less than `late_us` or the finest step. */
int64_t tcp_schedule_on_grid(const struct tcp_schedule *schedule, int64_t at_us, int64_t late_us);

/* An error of libuv: nothing to undo. */
int tcp_schedule_init(struct tcp_schedule *schedule, uv_loop_t *loop);
/* Closes the timer, then calls closed(). No step follows; items need not be removed. */
void tcp_schedule_close(struct tcp_schedule *schedule, uv_close_cb closed);
/* After that. */
void tcp_schedule_free(struct tcp_schedule *schedule);

/* Due at once. False when memory is refused. */
bool tcp_schedule_add(struct tcp_schedule *schedule, struct tcp_schedule_item *item,
                      void (*step)(struct tcp_schedule_item *item));
void tcp_schedule_remove(struct tcp_schedule *schedule, struct tcp_schedule_item *item);

/* When the item is to be stepped next; a step that says nothing is not stepped again. */
void tcp_schedule_at(struct tcp_schedule *schedule, const struct tcp_schedule_item *item, int64_t due_us);

#endif
