/* One serial line: its thread, its port, and the schedule of the stations on it. */
#ifndef FIELD_BUS_SERIAL_LINE_H
#define FIELD_BUS_SERIAL_LINE_H

#include "rtu_line.h"

/* A line that stays, in another configuration. */
struct line_change {
    const struct config_line *config;
    uint32_t line;             /* its index there */
    struct station **stations; /* by place there; NULL where a station is kept */
    uint32_t *from;            /* by place there: the place up to now, or NO_SUCH_UNIT */
    uint32_t *to;              /* by place up to now: the place there, or NO_SUCH_UNIT */
    uint32_t old_node_count;
    struct node_order *orders;
};

struct serial_line {
    struct field_mailbox mailbox;
    uv_thread_t thread;
    bool started;
    struct line_change *change; /* the loop's: prepared, or ordered and not seen done */
    /* The rest belongs to the thread while it runs. */
    struct line_context context;
    struct rtu_line rtu;
    struct station **stations;
    uint32_t station_count;
    bool link_known, link_up;
    int64_t reopen_pause_us, reopen_us;
    int64_t suspects_from_us; /* no suspect is asked before */
    uint64_t replies_at_open;
};

/* SW_OK, or SW_ERROR_NO_SPACE / SW_ERROR_SYSTEM and nothing to undo. */
int serial_line_new(const struct config_line *config, uint32_t index, struct sw_wall (*wall_now)(void),
                    uv_async_t *async, struct serial_line **line);
/* What the thread does again and again: one exchange, one try to open the port, or one wait. False when the line is to
 * stop. Tests call it without a thread. */
bool serial_line_step(struct serial_line *line);

/* The loop's side. Prepares to go over to another configuration, in which the port and its settings are the same:
 * SW_OK, or SW_ERROR_NO_SPACE and nothing has changed. Then one of the two. */
int serial_line_prepare(struct serial_line *line, const struct config_line *next, uint32_t index);
void serial_line_commit(struct serial_line *line);
void serial_line_discard(struct serial_line *line);
/* The next event, by the newest configuration. False when there is none. */
bool serial_line_take(struct serial_line *line, struct field_event *event);

int serial_line_start(struct serial_line *line);
/* There is no thread to wait for. */
bool serial_line_ended(struct serial_line *line);
/* If it was started, after mailbox_order_stop(): waits for the thread, at most until it has ended what it is doing. */
void serial_line_free(struct serial_line *line);

#endif
