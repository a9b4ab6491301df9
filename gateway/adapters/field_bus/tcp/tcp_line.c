#include "tcp_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/name_lookup/host_port.h"
#include "core/poll/line_plan.h"
#include "exchange_result.h"
#include "stillwater/error.h"

#define SILENT_MAX 3

/* A turn may be late by a tenth of the interval: where in it a unit is asked is arbitrary anyway. */
#define LATE_SHARE 10

/* Lines begin one after the other, so that thousands of connections are not opened in one moment. */
#define BEGIN_APART_US  1000
#define BEGIN_WITHIN_US 1000000

static const struct tcp_link_events link_events;
static const struct tcp_connection_events connection_events;

/* ---- the link ---- */

static void tell_link(struct tcp_line *line, bool up, const char *text)
{
    if (line->link_known && line->link_up == up) return;
    line->link_known = true;
    line->link_up = up;
    struct field_event event = {.type = FIELD_EVENT_LINE_LINK, .line = line->context.line, .up = up};
    snprintf(event.text, sizeof event.text, "%s", text);
    line_post(&line->context, &event);
}

static bool dials(const struct tcp_line *line)
{
    return line->context.config->transport != CONFIG_RTU_OVER_TCP_LISTEN;
}

static void let_go(struct tcp_line *line)
{
    if (line->connection != NULL) tcp_connection_close(line->connection);
    line->connection = NULL;
    line->pending_count = 0;
}

void tcp_line_drop(struct tcp_line *line, const char *why)
{
    char text[FIELD_TEXT_SIZE];
    let_go(line);
    line->context.counters.port_failures++;
    if (dials(line)) {
        snprintf(text, sizeof text, "%s: %s", host_port_of(line->link.host, line->link.port).text, why);
        tcp_link_lost(&line->link, tcp_now_us());
    } else {
        snprintf(text, sizeof text, "the unit that dials: %s", why);
    }
    tcp_line_wake(line);
    tell_link(line, false, text);
}

bool tcp_line_drop_if_dead(struct tcp_line *line)
{
    if (line->silent < SILENT_MAX) return false;
    tcp_line_drop(line, "nobody answers over this connection");
    return true;
}

static void on_lost(void *owner, int uv_error)
{
    tcp_line_drop(owner, uv_error == UV_EOF ? "the far side has hung up" : uv_strerror(uv_error));
}

static void connected(struct tcp_line *line, struct tcp_connection *connection, const char *text)
{
    int64_t now = tcp_now_us();
    line->connection = connection;
    line->silent = 0;
    line->suspects_from_us = now;
    line->held_size = 0;
    line->owing = NULL;
    line->last_byte_us = line->quiet_until_us = line->confirm_until_us = 0;
    bool after_an_answer = line->answered;
    bool told_down = line->link_known && !line->link_up;
    line->answered = false;
    for (uint32_t i = 0; i < line->station_count; i++) {
        station_reconnect(line->stations[i], now);
        if (told_down && !after_an_answer) station_ask_early(line->stations[i], now);
    }
    tcp_line_wake(line);
    if (after_an_answer) tell_link(line, true, text);
}

/* Whoever takes connections and answers nothing would raise and clear an alert with each of them: after one over which
 * nothing was answered, and at the start, the line is not up before somebody answers. */
static void note_answer(struct tcp_line *line)
{
    tcp_link_proved(&line->link);
    line->answered = true;
    tell_link(line, true, "units answer over this connection");
}

static void on_link_opened(void *owner, struct tcp_connection *connection)
{
    struct tcp_line *line = owner;
    char text[FIELD_TEXT_SIZE];
    tcp_connection_give(connection, &connection_events, line);
    snprintf(text, sizeof text, "connected to %s", host_port_of(line->link.host, line->link.port).text);
    connected(line, connection, text);
}

static void on_link_failed(void *owner, const char *text)
{
    struct tcp_line *line = owner;
    line->context.counters.port_failures++;
    tcp_line_wake(line);
    tell_link(line, false, text);
}

static const struct tcp_link_events link_events = {.opened = on_link_opened, .failed = on_link_failed};

static int start_with(struct tcp_line *line, struct tcp_connection_pool *pool, int descriptor)
{
    struct tcp_connection *connection;
    int error = tcp_connection_adopt(pool, descriptor, &connection_events, line, &connection);
    if (error == 0) line->connection = connection;
    return error;
}

void tcp_line_adopt(struct tcp_line *line, int descriptor, const char *from)
{
    char text[FIELD_TEXT_SIZE];
    let_go(line);
    int error = start_with(line, line->link.pool, descriptor);
    if (error != 0) {
        tcp_line_drop(line, uv_strerror(error));
        return;
    }
    snprintf(text, sizeof text, "the unit has dialled in from %.80s", from);
    connected(line, line->connection, text);
}

void tcp_line_unreachable(struct tcp_line *line, const char *text)
{
    if (!line->link_known) tell_link(line, false, text);
}

/* ---- exchanges ---- */

struct tcp_pending *tcp_line_begin(struct tcp_line *line, struct station *station, int64_t now_us)
{
    struct tcp_pending *pending = &line->pending[line->pending_count++];
    struct exchange exchange;
    *pending = (struct tcp_pending){.station = station, .suspect = station_is_suspect(station)};
    if (pending->suspect) line->suspects_from_us = STATION_NEVER_US;
    station_begin(station, now_us, &exchange);
    pending->request = exchange.request;
    pending->timeout_ms = exchange.timeout_ms;
    pending->transaction = line->transaction++;
    line->context.counters.requests++;
    return pending;
}

void tcp_line_end(struct tcp_line *line, struct tcp_pending *pending, int result, const struct exchange_reply *reply,
                  int64_t now_us, int64_t until_us)
{
    struct tcp_pending ended = *pending;
    *pending = line->pending[--line->pending_count];
    exchange_count(&line->context.counters, result);
    if (exchange_is_answer(result)) note_answer(line);
    station_end(ended.station, result, reply, now_us);
    if (result != SW_ERROR_TIMEOUT)
        line->silent = 0;
    else if (!ended.suspect || !stations_any_sound(line->stations, line->station_count))
        line->silent++;
    if (station_is_suspect(ended.station))
        line->suspects_from_us = until_us + POLL_SILENT_PAUSE_TCP * (until_us - ended.sent_us);
    else if (ended.suspect)
        line->suspects_from_us = now_us;
}

static void take_orders(struct tcp_line *line, int64_t now_us)
{
    if (!line->has_orders) return;
    line->has_orders = false;
    for (uint32_t i = 0; i < line->context.config->node_count; i++) {
        struct node_order order = line->orders[i];
        line->orders[i] = (struct node_order){.acknowledge = false};
        station_order(line->stations[i], &order, now_us);
    }
}

static void serve(struct tcp_line *line, int64_t now_us)
{
    take_orders(line, now_us);
    int64_t next_us = line->framing->step(line, now_us);
    if (line->connection != NULL) tcp_schedule_at(line->schedule, &line->item, next_us);
}

static void on_received(void *owner, const uint8_t *bytes, size_t size)
{
    struct tcp_line *line = owner;
    line->framing->received(line, bytes, size, tcp_now_us());
    if (line->connection != NULL) serve(line, tcp_now_us());
}

static const struct tcp_connection_events connection_events = {.received = on_received, .lost = on_lost};

static void step(struct tcp_schedule_item *item)
{
    struct tcp_line *line = (struct tcp_line *)item;
    int64_t now_us = tcp_now_us();
    if (line->connection != NULL)
        serve(line, now_us);
    else if (dials(line)) {
        int64_t next_us = tcp_link_step(&line->link, now_us);
        if (line->connection == NULL) tcp_schedule_at(line->schedule, &line->item, tcp_line_turn(line, next_us));
    }
}

void tcp_line_wake(struct tcp_line *line)
{
    tcp_schedule_at(line->schedule, &line->item, tcp_now_us());
}

/* ---- orders ---- */

/* They may come from within an event of the very station; so they wait for the next step. */
static struct node_order *new_order(struct tcp_line *line, uint32_t node)
{
    line->has_orders = true;
    if (line->connection != NULL) tcp_line_wake(line);
    return &line->orders[node];
}

void tcp_line_order_acknowledge(struct tcp_line *line, uint32_t node, uint16_t epoch, uint32_t sequence)
{
    struct node_order *order = new_order(line, node);
    order->acknowledge = true;
    order->acknowledge_epoch = epoch;
    order->acknowledge_sequence = sequence;
}

void tcp_line_order_open_log(struct tcp_line *line, uint32_t node, uint16_t epoch, uint32_t base)
{
    struct node_order *order = new_order(line, node);
    order->open_log = true;
    order->open_epoch = epoch;
    order->open_base = base;
}

void tcp_line_hurry(struct tcp_line *line, uint32_t interval_ms)
{
    for (uint32_t i = 0; i < line->station_count; i++)
        station_hurry(line->stations[i], interval_ms, tcp_now_us());
    if (line->connection != NULL) tcp_line_wake(line);
}

/* ---- pace ---- */

double tcp_line_pace(struct tcp_line *line)
{
    double per_s = 0;
    int64_t shortest_us = INT64_MAX;
    for (uint32_t i = 0; i < line->station_count; i++) {
        int64_t interval_us = unit_health_interval_us(&line->stations[i]->health);
        per_s += 1e6 / (double)interval_us;
        if (interval_us < shortest_us) shortest_us = interval_us;
    }
    line->late_us = shortest_us / LATE_SHARE;
    return per_s;
}

int64_t tcp_line_turn(const struct tcp_line *line, int64_t due_us)
{
    return tcp_schedule_on_grid(line->schedule, due_us, line->late_us);
}

/* ---- life ---- */

/* FNV-1a: lines whose ids differ begin at different moments. */
static uint32_t hash_of(const char *id)
{
    uint32_t hash = 2166136261u;
    for (; *id != '\0'; id++)
        hash = (hash ^ (uint8_t)*id) * 16777619u;
    return hash;
}

/* Where in its interval each line polls: spread over that of the unit that is asked most often, so that no unit waits
 * for longer than its own at the start. */
static int64_t phase_us(const struct config_line *config)
{
    uint32_t interval_ms = config->node_count > 0 ? config->poll_interval_ms : UINT32_MAX;
    for (uint32_t i = 0; i < config->device_count; i++)
        if (config->devices[i].poll_interval_ms < interval_ms) interval_ms = config->devices[i].poll_interval_ms;
    return (int64_t)(hash_of(config->id) % interval_ms) * 1000;
}

int tcp_line_init(struct tcp_line *line, const struct config_line *config, uint32_t index,
                  struct sw_wall (*wall_now)(void), struct field_sink sink, struct tcp_shared *shared)
{
    int64_t now = tcp_now_us();
    *line = (struct tcp_line){.schedule = &shared->schedule, .station_count = stations_count(config)};
    line->framing = config->transport == CONFIG_TCP ? &tcp_framing_mbap : &tcp_framing_rtu;
    line->context = (struct line_context){.config = config, .line = index, .wall_now = wall_now, .sink = sink};
    line->stations = stations_new(&line->context, config, NULL, now + phase_us(config));
    line->orders = calloc(config->node_count + 1, sizeof *line->orders);
    line->pending = calloc(config->outstanding, sizeof *line->pending);
    tcp_link_init(&line->link, dials(line) ? config->host : "", config->tcp_port, hash_of(config->id), &shared->pool,
                  &shared->resolver, &link_events, line);
    line->link.due_us = now + (int64_t)index * BEGIN_APART_US % BEGIN_WITHIN_US;
    bool complete = line->stations != NULL && line->orders != NULL && line->pending != NULL;
    if (complete && tcp_schedule_add(line->schedule, &line->item, step)) return SW_OK;
    tcp_line_free(line);
    return SW_ERROR_NO_SPACE;
}

void tcp_line_close(struct tcp_line *line)
{
    let_go(line);
    tcp_link_close(&line->link);
    tcp_schedule_remove(line->schedule, &line->item);
}

void tcp_line_free(struct tcp_line *line)
{
    tcp_line_discard(line);
    if (line->stations != NULL) stations_free(line->stations, line->station_count);
    free(line->orders);
    free(line->pending);
}

/* ---- another configuration ---- */

static void free_change(struct tcp_line_change *change)
{
    if (change->stations != NULL) stations_free(change->stations, stations_count(change->config));
    free(change->from);
    free(change->orders);
    free(change);
}

void tcp_line_discard(struct tcp_line *line)
{
    if (line->change != NULL) free_change(line->change);
    line->change = NULL;
}

int tcp_line_prepare(struct tcp_line *line, const struct config_line *next, uint32_t index)
{
    struct tcp_line_change *change = calloc(1, sizeof *change);
    if (change == NULL) return SW_ERROR_NO_SPACE;
    *change = (struct tcp_line_change){.config = next, .index = index};
    change->from = calloc(stations_count(next) + 1, sizeof *change->from);
    change->orders = calloc(next->node_count + 1, sizeof *change->orders);
    if (change->from == NULL || change->orders == NULL) goto refused;
    units_match(line->context.config, next, change->from);
    change->stations = stations_new(&line->context, next, change->from, tcp_now_us() + phase_us(next));
    if (change->stations == NULL) goto refused;
    line->change = change;
    return SW_OK;
refused:
    free_change(change);
    return SW_ERROR_NO_SPACE;
}

static bool is_among(struct station *const *stations, uint32_t count, const struct station *station)
{
    for (uint32_t i = 0; i < count; i++)
        if (stations[i] == station) return true;
    return false;
}

/* Those that are still in the line's table do not stay. */
static void forget_requests(struct tcp_line *line)
{
    uint8_t i = 0;
    while (i < line->pending_count) {
        if (!is_among(line->stations, line->station_count, line->pending[i].station)) {
            i++;
            continue;
        }
        line->framing->forget(line, &line->pending[i]);
        if (line->pending[i].suspect) line->suspects_from_us = tcp_now_us();
        line->pending[i] = line->pending[--line->pending_count];
    }
    if (is_among(line->stations, line->station_count, line->owing)) line->owing = NULL;
}

void tcp_line_commit(struct tcp_line *line)
{
    struct tcp_line_change *change = line->change;
    uint32_t count = stations_count(change->config);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t from = change->from[i];
        if (from == NO_SUCH_UNIT) continue;
        change->stations[i] = line->stations[from];
        line->stations[from] = NULL;
        station_move(change->stations[i], change->config, i);
        if (i < change->config->node_count) change->orders[i] = line->orders[from];
    }
    forget_requests(line);
    stations_free(line->stations, line->station_count);
    free(line->orders);
    line->stations = change->stations;
    line->station_count = count;
    line->orders = change->orders;
    line->context.config = change->config;
    line->context.line = change->index;
    if (dials(line)) line->link.host = change->config->host;
    change->stations = NULL;
    change->orders = NULL;
    tcp_line_discard(line);
    tcp_line_wake(line);
}
