/* What the stations of one line share. Belongs to the thread that serves the line. */
#ifndef FIELD_BUS_LINE_CONTEXT_H
#define FIELD_BUS_LINE_CONTEXT_H

#include "field_event.h"

struct line_context {
    const struct config_line *config;
    uint32_t line; /* index in the configuration */
    struct sw_wall (*wall_now)(void);
    struct field_sink sink;
    struct field_bus_counters counters;
};

/* Wall time of a moment that has just passed on the monotonic scale. */
static inline struct sw_wall line_wall_at(const struct line_context *line, int64_t at_us, int64_t now_us)
{
    return sw_wall_from_ms(line->wall_now().ms - (now_us - at_us) / 1000);
}

static inline void line_post(const struct line_context *line, const struct field_event *event)
{
    line->sink.post(line->sink.ctx, event);
}

#endif
