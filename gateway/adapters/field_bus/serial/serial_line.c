#include "serial_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/poll/line_plan.h"
#include "stillwater/error.h"

#define REOPEN_FIRST_US   ((int64_t)200 * 1000)
#define REOPEN_LONGEST_US ((int64_t)5 * 1000000)

/* With nothing to wait for but orders, an hour is as good as for ever and does not overflow. */
#define LONG_US ((int64_t)3600 * 1000000)

int serial_line_new(const struct config_line *config, uint32_t index, struct sw_wall (*wall_now)(void),
                    uv_async_t *async, struct serial_line **out)
{
    struct serial_line *line = calloc(1, sizeof *line);
    if (line == NULL) return SW_ERROR_NO_SPACE;
    int error = mailbox_init(&line->mailbox, async, config->node_count);
    if (error != SW_OK) {
        free(line);
        return error;
    }
    line->context = (struct line_context){
        .config = config, .line = index, .wall_now = wall_now, .sink = mailbox_sink(&line->mailbox)};
    rtu_line_init(&line->rtu, config->port, config->settings, &line->mailbox, &line->context.counters);
    line->stations = stations_new(&line->context, config, NULL, rtu_now_us());
    if (line->stations == NULL) {
        mailbox_free(&line->mailbox);
        free(line);
        return SW_ERROR_NO_SPACE;
    }
    line->station_count = stations_count(config);
    *out = line;
    return SW_OK;
}

void serial_line_free(struct serial_line *line)
{
    if (line->started) uv_thread_join(&line->thread);
    serial_line_discard(line);
    mailbox_free(&line->mailbox);
    stations_free(line->stations, line->station_count);
    free(line);
}

static void tell_link(struct serial_line *line, bool up, const char *text)
{
    if (line->link_known && line->link_up == up) return;
    line->link_known = true;
    line->link_up = up;
    struct field_event event = {.type = FIELD_EVENT_LINE_LINK, .line = line->context.line, .up = up};
    strncpy(event.text, text, sizeof event.text - 1);
    mailbox_post(&line->mailbox, &event);
}

static void publish(struct serial_line *line)
{
    mailbox_publish_counters(&line->mailbox, &line->context.counters);
}

/* The pause before the next try grows until a unit has answered, so that a port that opens well and fails at once is
 * not opened in a tight loop. */
static void try_port(struct serial_line *line)
{
    char text[FIELD_TEXT_SIZE];
    line->reopen_pause_us = line->reopen_pause_us == 0 ? REOPEN_FIRST_US : 2 * line->reopen_pause_us;
    if (line->reopen_pause_us > REOPEN_LONGEST_US) line->reopen_pause_us = REOPEN_LONGEST_US;
    if (rtu_line_open(&line->rtu, text, sizeof text) != SW_OK) {
        line->context.counters.port_failures++;
        line->reopen_us = rtu_now_us() + line->reopen_pause_us;
        publish(line);
        tell_link(line, false, text);
        return;
    }
    line->replies_at_open = line->context.counters.replies;
    tell_link(line, true, "the port is open");
    int64_t now = rtu_now_us();
    for (uint32_t i = 0; i < line->station_count; i++)
        station_reconnect(line->stations[i], now);
}

static void lose_port(struct serial_line *line)
{
    char text[FIELD_TEXT_SIZE];
    snprintf(text, sizeof text, "port %s has gone (hang-up or input/output error)", line->rtu.path);
    rtu_line_close(&line->rtu);
    line->context.counters.port_failures++;
    line->reopen_us = rtu_now_us() + line->reopen_pause_us;
    publish(line);
    tell_link(line, false, text);
}

/* Between two exchanges. Who stays goes on with what it knows and when it is due. */
static void take_change(struct serial_line *line)
{
    struct line_change *change = mailbox_take_change(&line->mailbox);
    if (change == NULL) return;
    uint32_t count = stations_count(change->config);
    for (uint32_t i = 0; i < count; i++) {
        if (change->from[i] == NO_SUCH_UNIT) continue;
        change->stations[i] = line->stations[change->from[i]];
        line->stations[change->from[i]] = NULL;
        station_move(change->stations[i], change->config, i);
    }
    stations_free(line->stations, line->station_count);
    line->stations = change->stations;
    line->station_count = count;
    change->stations = NULL;
    line->context.config = change->config;
    line->context.line = change->line;
    line->rtu.path = change->config->port;
    struct field_event event = {.type = FIELD_EVENT_CHANGED};
    mailbox_post(&line->mailbox, &event);
}

static void take_orders(struct serial_line *line)
{
    int64_t now = rtu_now_us();
    uint32_t hurry_ms = mailbox_hurry(&line->mailbox);
    for (uint32_t i = 0; i < line->station_count; i++)
        station_hurry(line->stations[i], hurry_ms, now);
    for (uint32_t i = 0; i < line->context.config->node_count; i++) {
        struct node_order order = mailbox_take_order(&line->mailbox, i);
        station_order(line->stations[i], &order, now);
    }
}

/* The silence before the request comes first: what the station says of the time is true when it is sent. */
static int exchange(struct serial_line *line, struct station *station)
{
    struct exchange exchange;
    struct exchange_reply reply;
    int64_t begun_us = rtu_now_us();
    int result = rtu_line_settle(&line->rtu, line->context.config->timeout_ms, station_extra_gap_us(station));
    if (result == SW_OK) {
        station_begin(station, rtu_now_us(), &exchange);
        result = rtu_line_exchange(&line->rtu, &exchange, &station->doubtful, &reply);
    }
    if (result == RTU_STOPPED || result == SW_ERROR_PORT) return result;
    int64_t now = rtu_now_us();
    station_end(station, result, &reply, now);
    if (station_is_suspect(station)) line->suspects_from_us = now + POLL_SILENT_PAUSE_SERIAL * (now - begun_us);
    return SW_OK;
}

/* One exchange, or a wait for the next one. */
static int serve(struct serial_line *line)
{
    take_orders(line);
    int64_t turn_us;
    struct station *next =
        stations_next(line->stations, line->station_count, line->suspects_from_us, rtu_now_us(), &turn_us);
    if (turn_us <= rtu_now_us()) return exchange(line, next);
    int64_t limit_us = rtu_now_us() + LONG_US;
    return rtu_line_wait(&line->rtu, turn_us < limit_us ? turn_us : limit_us);
}

bool serial_line_step(struct serial_line *line)
{
    if (mailbox_stopping(&line->mailbox)) return false;
    take_change(line);
    if (mailbox_held(&line->mailbox)) {
        (void)rtu_line_wait(&line->rtu, rtu_now_us() + LONG_US);
    } else if (line->rtu.modbus == NULL) {
        if (rtu_now_us() < line->reopen_us)
            (void)rtu_line_wait(&line->rtu, line->reopen_us);
        else
            try_port(line);
    } else {
        if (serve(line) == SW_ERROR_PORT) lose_port(line);
        if (line->context.counters.replies != line->replies_at_open) line->reopen_pause_us = 0;
    }
    publish(line);
    return true;
}

static void run(void *argument)
{
    struct serial_line *line = argument;
    while (serial_line_step(line))
        continue;
    rtu_line_close(&line->rtu);
    mailbox_end(&line->mailbox);
}

int serial_line_start(struct serial_line *line)
{
    if (uv_thread_create(&line->thread, run, line) != 0) return SW_ERROR_SYSTEM;
    line->started = true;
    return SW_OK;
}

bool serial_line_ended(struct serial_line *line)
{
    return !line->started || mailbox_ended(&line->mailbox);
}

/* ---- another configuration, on the loop ---- */

static void free_change(struct line_change *change)
{
    if (change->stations != NULL) stations_free(change->stations, stations_count(change->config));
    free(change->from);
    free(change->to);
    free(change->orders);
    free(change);
}

int serial_line_prepare(struct serial_line *line, const struct config_line *next, uint32_t index)
{
    const struct config_line *old = line->context.config;
    uint32_t count = stations_count(next), old_count = stations_count(old);
    struct line_change *change = calloc(1, sizeof *change);
    if (change == NULL) return SW_ERROR_NO_SPACE;
    *change = (struct line_change){.config = next, .line = index, .old_node_count = old->node_count};
    change->from = calloc(count + 1, sizeof *change->from);
    change->to = malloc((old_count + 1) * sizeof *change->to);
    change->orders = calloc(next->node_count + 1, sizeof *change->orders);
    if (change->from == NULL || change->to == NULL || change->orders == NULL) goto refused;
    units_match(old, next, change->from);
    for (uint32_t i = 0; i < old_count; i++)
        change->to[i] = NO_SUCH_UNIT;
    for (uint32_t i = 0; i < count; i++)
        if (change->from[i] != NO_SUCH_UNIT) change->to[change->from[i]] = i;
    change->stations = stations_new(&line->context, next, change->from, rtu_now_us());
    if (change->stations == NULL) goto refused;
    line->change = change;
    return SW_OK;
refused:
    free_change(change);
    return SW_ERROR_NO_SPACE;
}

void serial_line_commit(struct serial_line *line)
{
    struct line_change *change = line->change;
    struct node_order *orders = change->orders;
    change->orders = NULL;
    mailbox_order_change(&line->mailbox, change, orders, change->from, change->config->node_count);
}

void serial_line_discard(struct serial_line *line)
{
    if (line->change != NULL) free_change(line->change);
    line->change = NULL;
}

/* The thread does not go by the new configuration yet. False when it tells of a unit that was removed. */
static bool renumber(const struct line_change *change, struct field_event *event)
{
    uint32_t node_count = change->config->node_count;
    event->line = change->line;
    switch (event->type) {
    case FIELD_EVENT_BATCH:
        event->batch.line = change->line;
        event->node = event->batch.node = change->to[event->batch.node];
        return event->node != NO_SUCH_UNIT;
    case FIELD_EVENT_NODE_LINK:
    case FIELD_EVENT_LOG_UNOPENED:
    case FIELD_EVENT_NOTICE:
        event->node = change->to[event->node];
        return event->node != NO_SUCH_UNIT;
    case FIELD_EVENT_SAMPLE: {
        uint32_t place = change->to[change->old_node_count + event->sample.device];
        event->sample.line = change->line;
        event->sample.device = place - node_count;
        return place != NO_SUCH_UNIT;
    }
    case FIELD_EVENT_DEVICE_NOTICE: {
        uint32_t place = change->to[change->old_node_count + event->device];
        event->device = place - node_count;
        return place != NO_SUCH_UNIT;
    }
    case FIELD_EVENT_LINE_LINK:
    case FIELD_EVENT_CHANGED:
        break;
    }
    return true;
}

bool serial_line_take(struct serial_line *line, struct field_event *event)
{
    while (mailbox_take(&line->mailbox, event)) {
        if (event->type == FIELD_EVENT_CHANGED)
            serial_line_discard(line);
        else if (line->change == NULL || renumber(line->change, event))
            return true;
    }
    return false;
}
