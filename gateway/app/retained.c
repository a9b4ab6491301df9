#include "app/retained.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/log.h"

static const struct {
    const char *branch, *name, *trouble;
} kinds[PUBLISHER_RETAINED_COUNT] = {
    [PUBLISHER_AREAS] = {SW_TOPIC_AREA, "areas", "areas are not published: the broker does not permit them"},
    [PUBLISHER_STATES] = {SW_TOPIC_STATE, "states", "states are not published: the broker does not permit them"},
    [PUBLISHER_INCIDENTS] = {SW_TOPIC_INCIDENT, "incidents",
                             "incidents are not published: the broker does not permit them"},
    [PUBLISHER_HOMES] = {SW_TOPIC_HOME, "homes", "homes are not published: the broker does not permit them"},
    /* Its topics are Home Assistant's. */
    [PUBLISHER_DISCOVERY] = {"", "discovery", "homes are not discovered: the broker does not permit it"},
};

void retained_topic(const struct gateway *gateway, enum publisher_retained kind, const char *rest,
                    char topic[SW_TOPIC_SIZE])
{
    snprintf(topic, SW_TOPIC_SIZE, SW_TOPIC_ROOT "/%s/%s/%s/%s", gateway->config->city, gateway->config->gateway,
             kinds[kind].branch, rest);
}

const char *retained_rest(const struct gateway *gateway, enum publisher_retained kind, const char *topic)
{
    char start[SW_TOPIC_SIZE];
    retained_topic(gateway, kind, "", start);
    return strncmp(topic, start, strlen(start)) == 0 ? topic + strlen(start) : NULL;
}

bool retained_may_go(const struct gateway *gateway, enum publisher_retained kind)
{
    const struct retained *retained = &gateway->retained[kind];
    return retained->up && !retained->permission.off && gateway->phase == PHASE_RUNNING;
}

int retained_set(struct gateway *gateway, enum publisher_retained kind, const char *topic, const char *body)
{
    struct retained *retained = &gateway->retained[kind];
    int error = publisher_set_retained(gateway->publisher, kind, topic, body);
    if (error) return error;
    permission_on_sent(&retained->permission);
    retained->published++;
    return SW_OK;
}

void retained_note_stale(struct gateway *gateway, enum publisher_retained kind, const char *topic)
{
    struct retained *retained = &gateway->retained[kind];
    if (retained->stale_count == RETAINED_STALE_MAX) return;
    if (!retained->stale) retained->stale = calloc(RETAINED_STALE_MAX, sizeof *retained->stale);
    char *copy = retained->stale ? strdup(topic) : NULL;
    if (copy) retained->stale[retained->stale_count++] = copy;
}

bool retained_clear_stale(struct gateway *gateway, enum publisher_retained kind)
{
    struct retained *retained = &gateway->retained[kind];
    while (retained->stale_count > 0) {
        char *topic = retained->stale[retained->stale_count - 1];
        int error = retained_set(gateway, kind, topic, "");
        if (error == SW_ERROR_BUSY) return false;
        log_event(LOG_LEVEL_INFO, kinds[kind].name, "%s is watched no longer%s%s", topic, error ? ", but stays: " : "",
                  error ? sw_error_text(error) : "");
        free(topic);
        retained->stale_count--;
    }
    return true;
}

bool retained_on_link(struct gateway *gateway, enum publisher_retained kind, bool up)
{
    struct retained *retained = &gateway->retained[kind];
    if (!retained->up && !up) return false;
    permission_on_link(&retained->permission, up, kinds[kind].name);
    retained->up = up;
    return true;
}

void retained_on_done(struct gateway *gateway, enum publisher_retained kind, bool taken)
{
    permission_on_done(&gateway->retained[kind].permission, taken, kinds[kind].name);
}

const char *retained_trouble(const struct gateway *gateway)
{
    for (unsigned kind = 0; kind < PUBLISHER_RETAINED_COUNT; kind++)
        if (gateway->retained[kind].permission.off) return kinds[kind].trouble;
    return "";
}

void retained_free(struct gateway *gateway)
{
    for (unsigned kind = 0; kind < PUBLISHER_RETAINED_COUNT; kind++) {
        struct retained *retained = &gateway->retained[kind];
        while (retained->stale_count > 0)
            free(retained->stale[--retained->stale_count]);
        free(retained->stale);
    }
}
