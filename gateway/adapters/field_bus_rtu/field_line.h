/* One line: its thread, its port, and the schedule of the units on it. */
#ifndef FIELD_BUS_RTU_FIELD_LINE_H
#define FIELD_BUS_RTU_FIELD_LINE_H

#include "device_poll.h"
#include "line_context.h"
#include "node_session.h"

struct field_line {
    struct field_mailbox mailbox;
    uv_thread_t thread;
    bool started;
    /* The rest belongs to the thread while it runs. */
    struct line_context context;
    struct node_session *nodes;
    struct device_poll *devices;
    bool link_known, link_up;
    int64_t reopen_pause_us, reopen_us;
    uint64_t replies_at_open;
};

/* SW_OK, or SW_ERROR_NO_SPACE / SW_ERROR_SYSTEM and nothing to undo. */
int field_line_init(struct field_line *line, const struct config_line *config, uint32_t index,
                    struct sw_wall (*wall_now)(void), uv_async_t *async);
/* What the thread does again and again: one exchange, one try to open the port, or one wait. False when the line is to
 * stop. Tests call it without a thread. */
bool field_line_step(struct field_line *line);
int field_line_start(struct field_line *line);
/* After mailbox_order_stop(): waits for the thread, at most until it has ended what it is doing. */
void field_line_join(struct field_line *line);
void field_line_free(struct field_line *line);

#endif
