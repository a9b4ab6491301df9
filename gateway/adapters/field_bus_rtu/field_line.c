#include "field_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stillwater/error.h"

#define REOPEN_FIRST_US   ((int64_t)200 * 1000)
#define REOPEN_LONGEST_US ((int64_t)5 * 1000000)

/* Units start one after the other over their interval, so that they stay apart. */
static void init_units(struct field_line *line)
{
    const struct config_line *config = line->context.config;
    int64_t now = rtu_now_us();
    for (uint32_t i = 0; i < config->node_count; i++)
        node_session_init(&line->nodes[i], &line->context, i, now);
    for (uint32_t i = 0; i < config->device_count; i++) {
        int64_t spread_us = (int64_t)config->devices[i].poll_interval_ms * 1000 * i / config->device_count;
        device_poll_init(&line->devices[i], &line->context, i, now + spread_us);
    }
}

int field_line_init(struct field_line *line, const struct config_line *config, uint32_t index,
                    struct sw_wall (*wall_now)(void), uv_async_t *async)
{
    *line = (struct field_line){.started = false};
    int error = mailbox_init(&line->mailbox, async, config->node_count);
    if (error != SW_OK) return error;
    line->nodes = calloc(config->node_count + 1, sizeof *line->nodes);
    line->devices = calloc(config->device_count + 1, sizeof *line->devices);
    line->context =
        (struct line_context){.mailbox = &line->mailbox, .config = config, .line = index, .wall_now = wall_now};
    rtu_line_init(&line->context.rtu, config->port, config->settings, &line->mailbox);
    if (line->nodes == NULL || line->devices == NULL) {
        field_line_free(line);
        return SW_ERROR_NO_SPACE;
    }
    init_units(line);
    return SW_OK;
}

void field_line_free(struct field_line *line)
{
    mailbox_free(&line->mailbox);
    free(line->nodes);
    free(line->devices);
}

static void tell_link(struct field_line *line, bool up, const char *text)
{
    if (line->link_known && line->link_up == up) return;
    line->link_known = true;
    line->link_up = up;
    struct field_event event = {.type = FIELD_EVENT_LINE_LINK, .up = up};
    strncpy(event.text, text, sizeof event.text - 1);
    mailbox_post(&line->mailbox, &event);
}

static void publish(struct field_line *line)
{
    mailbox_publish_counters(&line->mailbox, &line->context.rtu.counters);
}

/* The pause before the next try grows until a unit has answered, so that a port that opens well and fails at once is
 * not opened in a tight loop. */
static void try_port(struct field_line *line)
{
    char text[MAILBOX_TEXT_SIZE];
    line->reopen_pause_us = line->reopen_pause_us == 0 ? REOPEN_FIRST_US : 2 * line->reopen_pause_us;
    if (line->reopen_pause_us > REOPEN_LONGEST_US) line->reopen_pause_us = REOPEN_LONGEST_US;
    if (rtu_line_open(&line->context.rtu, text, sizeof text) != SW_OK) {
        line->context.rtu.counters.port_failures++;
        line->reopen_us = rtu_now_us() + line->reopen_pause_us;
        publish(line);
        tell_link(line, false, text);
        return;
    }
    line->replies_at_open = line->context.rtu.counters.replies;
    tell_link(line, true, "the port is open");
    int64_t now = rtu_now_us();
    for (uint32_t i = 0; i < line->context.config->node_count; i++)
        node_session_reconnect(&line->nodes[i], now);
}

static void lose_port(struct field_line *line)
{
    char text[MAILBOX_TEXT_SIZE];
    snprintf(text, sizeof text, "port %s has gone (hang-up or input/output error)", line->context.rtu.path);
    rtu_line_close(&line->context.rtu);
    line->context.rtu.counters.port_failures++;
    line->reopen_us = rtu_now_us() + line->reopen_pause_us;
    publish(line);
    tell_link(line, false, text);
}

/* The unit that has waited longest past its time; both NULL when the line has none. */
struct choice {
    struct node_session *node;
    struct device_poll *device;
    int64_t due_us;
};

static struct choice choose(struct field_line *line)
{
    struct choice choice = {.due_us = LINE_NEVER_US};
    const struct config_line *config = line->context.config;
    for (uint32_t i = 0; i < config->node_count; i++)
        if (line->nodes[i].due_us < choice.due_us)
            choice = (struct choice){.node = &line->nodes[i], .due_us = line->nodes[i].due_us};
    for (uint32_t i = 0; i < config->device_count; i++)
        if (line->devices[i].due_us < choice.due_us)
            choice = (struct choice){.device = &line->devices[i], .due_us = line->devices[i].due_us};
    return choice;
}

/* Who has just been polled would otherwise wait out the long interval once more. */
static void hurry(struct unit_health *health, int64_t *poll_us, uint32_t interval_ms, int64_t now_us)
{
    int64_t latest_us = now_us + INT64_C(1000) * interval_ms;
    bool is_new = interval_ms > 0 && health->hurry_ms != interval_ms;
    health->hurry_ms = interval_ms;
    if (is_new && health->failures == 0 && *poll_us > latest_us && *poll_us != LINE_NEVER_US) *poll_us = latest_us;
}

static void take_hurry(struct field_line *line, int64_t now_us)
{
    const struct config_line *config = line->context.config;
    uint32_t interval_ms = mailbox_hurry(&line->mailbox);
    for (uint32_t i = 0; i < config->node_count; i++) {
        struct node_session *node = &line->nodes[i];
        bool waits = node->due_us == node->poll_due_us;
        hurry(&node->health, &node->poll_due_us, interval_ms, now_us);
        if (waits) node->due_us = node->poll_due_us;
    }
    for (uint32_t i = 0; i < config->device_count; i++)
        hurry(&line->devices[i].health, &line->devices[i].due_us, interval_ms, now_us);
}

static void take_orders(struct field_line *line)
{
    int64_t now = rtu_now_us();
    take_hurry(line, now);
    for (uint32_t i = 0; i < line->context.config->node_count; i++) {
        struct node_order order = mailbox_take_order(&line->mailbox, i);
        node_session_order(&line->nodes[i], &order, now);
    }
}

/* One exchange, or a wait for the next one. */
static int serve(struct field_line *line)
{
    take_orders(line);
    struct choice next = choose(line);
    if (next.due_us > rtu_now_us()) {
        /* With nothing to wait for but orders, an hour is as good as for ever and does not overflow. */
        int64_t limit_us = rtu_now_us() + (int64_t)3600 * 1000000;
        return rtu_line_wait(&line->context.rtu, next.due_us < limit_us ? next.due_us : limit_us);
    }
    return next.node != NULL ? node_session_step(next.node) : device_poll_step(next.device);
}

bool field_line_step(struct field_line *line)
{
    if (mailbox_stopping(&line->mailbox)) return false;
    if (line->context.rtu.modbus == NULL) {
        if (rtu_now_us() < line->reopen_us)
            (void)rtu_line_wait(&line->context.rtu, line->reopen_us);
        else
            try_port(line);
    } else {
        if (serve(line) == SW_ERROR_PORT) lose_port(line);
        if (line->context.rtu.counters.replies != line->replies_at_open) line->reopen_pause_us = 0;
    }
    publish(line);
    return true;
}

static void run(void *argument)
{
    struct field_line *line = argument;
    while (field_line_step(line))
        continue;
    rtu_line_close(&line->context.rtu);
    mailbox_end(&line->mailbox);
}

int field_line_start(struct field_line *line)
{
    if (uv_thread_create(&line->thread, run, line) != 0) return SW_ERROR_SYSTEM;
    line->started = true;
    return SW_OK;
}

void field_line_join(struct field_line *line)
{
    if (!line->started) return;
    uv_thread_join(&line->thread);
    line->started = false;
}
