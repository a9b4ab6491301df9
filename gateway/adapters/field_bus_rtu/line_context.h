/* What the units of one line share. Belongs to the line's thread. */
#ifndef FIELD_BUS_RTU_LINE_CONTEXT_H
#define FIELD_BUS_RTU_LINE_CONTEXT_H

#include "mailbox.h"
#include "rtu_line.h"

struct line_context {
    struct rtu_line rtu;
    struct field_mailbox *mailbox;
    const struct config_line *config;
    uint32_t line; /* index in the configuration */
    struct sw_wall (*wall_now)(void);
};

/* "Not before something else happens." */
#define LINE_NEVER_US INT64_MAX

/* Wall time of a moment that has just passed on the scale of rtu_now_us(). */
static inline struct sw_wall line_wall_at(const struct line_context *context, int64_t at_us)
{
    return sw_wall_from_ms(context->wall_now().ms - (rtu_now_us() - at_us) / 1000);
}

#endif
