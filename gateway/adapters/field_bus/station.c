#include "station.h"

#include <stdlib.h>

#include "device_poll.h"
#include "node_session.h"

static struct station *new_node(struct line_context *line, const struct config_line *config, uint32_t index,
                                int64_t now_us)
{
    struct node_session *session = malloc(sizeof *session);
    if (session == NULL) return NULL;
    node_session_init(session, line, config, index, now_us);
    return &session->station;
}

static struct station *new_device(struct line_context *line, const struct config_line *config, uint32_t index,
                                  int64_t now_us)
{
    int64_t spread_us = (int64_t)config->devices[index].poll_interval_ms * 1000 * index / config->device_count;
    struct device_poll *device = device_poll_new(line, &config->devices[index], index, now_us + spread_us);
    return device != NULL ? &device->station : NULL;
}

struct station **stations_new(struct line_context *line, const struct config_line *config, const uint32_t *from,
                              int64_t now_us)
{
    uint32_t count = stations_count(config);
    struct station **stations = calloc(count + 1, sizeof *stations);
    if (stations == NULL) return NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (from != NULL && from[i] != NO_SUCH_UNIT) continue;
        stations[i] = i < config->node_count ? new_node(line, config, i, now_us)
                                             : new_device(line, config, i - config->node_count, now_us);
        if (stations[i] == NULL) {
            stations_free(stations, i);
            return NULL;
        }
    }
    return stations;
}

void stations_free(struct station **stations, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        free(stations[i]);
    free(stations);
}

static struct node_session *node_of(struct station *station)
{
    return (struct node_session *)station;
}

static struct device_poll *device_of(struct station *station)
{
    return (struct device_poll *)station;
}

static int64_t turn_of(const struct station *station, bool hold_back, int64_t suspects_from_us)
{
    int64_t due_us = station_due_us(station);
    if (station->busy) return STATION_NEVER_US;
    return hold_back && station_is_suspect(station) && due_us < suspects_from_us ? suspects_from_us : due_us;
}

bool stations_any_sound(struct station *const *stations, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!station_is_suspect(stations[i])) return true;
    return false;
}

struct station *stations_next(struct station *const *stations, uint32_t count, int64_t suspects_from_us, int64_t now_us,
                              int64_t *turn_us)
{
    struct station *next = NULL;
    bool hold_back = now_us < suspects_from_us && stations_any_sound(stations, count);
    *turn_us = STATION_NEVER_US;
    for (uint32_t i = 0; i < count; i++) {
        int64_t at_us = turn_of(stations[i], hold_back, suspects_from_us);
        if (at_us >= *turn_us) continue;
        next = stations[i];
        *turn_us = at_us;
    }
    return next;
}

uint32_t station_extra_gap_us(const struct station *station)
{
    return station->type == STATION_NODE ? 0 : ((const struct device_poll *)station)->config->profile->extra_gap_us;
}

void station_begin(struct station *station, int64_t now_us, struct exchange *out)
{
    station->busy = true;
    if (station->type == STATION_NODE)
        node_session_begin(node_of(station), now_us, out);
    else
        device_poll_begin(device_of(station), out);
}

void station_end(struct station *station, int result, const struct exchange_reply *reply, int64_t now_us)
{
    station->busy = false;
    if (station->type == STATION_NODE)
        node_session_end(node_of(station), result, reply, now_us);
    else
        device_poll_end(device_of(station), result, reply, now_us);
}

void station_reconnect(struct station *station, int64_t now_us)
{
    station->busy = station->doubtful = false;
    if (station->type == STATION_NODE)
        node_session_reconnect(node_of(station), now_us);
    else
        device_poll_reconnect(device_of(station));
}

void station_ask_early(struct station *station, int64_t now_us)
{
    if (station->type != STATION_DEVICE || station_is_suspect(station)) return;
    while (station->due_us > now_us)
        station->due_us -= INT64_C(1000) * station->health.interval_ms;
}

void station_move(struct station *station, const struct config_line *config, uint32_t place)
{
    if (station->type == STATION_NODE) {
        station->index = place;
        node_of(station)->config = &config->nodes[place];
    } else {
        station->index = place - config->node_count;
        device_of(station)->config = &config->devices[station->index];
    }
}

void station_order(struct station *station, const struct node_order *order, int64_t now_us)
{
    node_session_order(node_of(station), order, now_us);
}

/* Who has just been polled would otherwise wait out the long interval once more. */
static void pull_forward(const struct unit_health *health, int64_t *poll_us, int64_t latest_us)
{
    if (health->failures == 0 && *poll_us > latest_us && *poll_us != STATION_NEVER_US) *poll_us = latest_us;
}

void station_hurry(struct station *station, uint32_t interval_ms, int64_t now_us)
{
    if (station->health.hurry_ms == interval_ms) return;
    station->health.hurry_ms = interval_ms;
    if (interval_ms == 0) return;
    int64_t latest_us = now_us + INT64_C(1000) * interval_ms;
    if (station->type == STATION_DEVICE) {
        pull_forward(&station->health, &station->due_us, latest_us);
        return;
    }
    struct node_session *node = node_of(station);
    bool waits = station->due_us == node->poll_due_us;
    pull_forward(&station->health, &node->poll_due_us, latest_us);
    if (waits) station->due_us = node->poll_due_us;
}
