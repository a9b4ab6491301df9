/* One serial line: its thread, its port, and the schedule of the stations on it. */
#ifndef FIELD_BUS_SERIAL_LINE_H
#define FIELD_BUS_SERIAL_LINE_H

#include "rtu_line.h"

struct serial_line {
    struct field_mailbox mailbox;
    uv_thread_t thread;
    bool started;
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
int serial_line_start(struct serial_line *line);
/* After mailbox_order_stop(): waits for the thread, at most until it has ended what it is doing. */
void serial_line_join(struct serial_line *line);
/* There is no thread to wait for. */
bool serial_line_ended(struct serial_line *line);
/* May be NULL. */
void serial_line_free(struct serial_line *line);

#endif
