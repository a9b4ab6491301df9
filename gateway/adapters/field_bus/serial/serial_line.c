#include "serial_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/poll/line_plan.h"
#include "stillwater/error.h"

#define REOPEN_FIRST_US   ((int64_t)200 * 1000)
#define REOPEN_LONGEST_US ((int64_t)5 * 1000000)

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
    line->stations = stations_of_line(&line->context, rtu_now_us());
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
    if (line == NULL) return;
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

/* While somebody on the line answers, those who did not last time wait for their share of it. */
static int64_t turn_of(const struct serial_line *line, const struct station *station, bool any_sound)
{
    int64_t due_us = station_due_us(station);
    bool held_back = any_sound && station_is_suspect(station) && due_us < line->suspects_from_us;
    return held_back ? line->suspects_from_us : due_us;
}

/* The station that has waited longest past its time; NULL when the line has none. */
static struct station *choose(const struct serial_line *line, int64_t *turn_us)
{
    struct station *chosen = NULL;
    bool any_sound = false;
    for (uint32_t i = 0; i < line->station_count; i++)
        any_sound = any_sound || !station_is_suspect(line->stations[i]);
    *turn_us = STATION_NEVER_US;
    for (uint32_t i = 0; i < line->station_count; i++) {
        int64_t at_us = turn_of(line, line->stations[i], any_sound);
        if (at_us >= *turn_us) continue;
        chosen = line->stations[i];
        *turn_us = at_us;
    }
    return chosen;
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
    if (station_is_suspect(station)) line->suspects_from_us = now + POLL_SILENT_PAUSE * (now - begun_us);
    return SW_OK;
}

/* One exchange, or a wait for the next one. */
static int serve(struct serial_line *line)
{
    take_orders(line);
    int64_t turn_us;
    struct station *next = choose(line, &turn_us);
    if (turn_us <= rtu_now_us()) return exchange(line, next);
    /* With nothing to wait for but orders, an hour is as good as for ever and does not overflow. */
    int64_t limit_us = rtu_now_us() + (int64_t)3600 * 1000000;
    return rtu_line_wait(&line->rtu, turn_us < limit_us ? turn_us : limit_us);
}

bool serial_line_step(struct serial_line *line)
{
    if (mailbox_stopping(&line->mailbox)) return false;
    if (line->rtu.modbus == NULL) {
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

void serial_line_join(struct serial_line *line)
{
    if (!line->started) return;
    uv_thread_join(&line->thread);
    line->started = false;
}

bool serial_line_ended(struct serial_line *line)
{
    return !line->started || mailbox_ended(&line->mailbox);
}
