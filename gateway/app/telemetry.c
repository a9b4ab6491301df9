#include "app/telemetry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message/message_telemetry.h"

/* Readings that come within this time share a message, for a message and its system calls cost as much as dozens of
 * readings. It is also what telemetry is late by. */
#define GATHER_MS 2

static const struct {
    const char *topic, *name, *trouble;
} kinds[PUBLISHER_TELEMETRY_COUNT] = {
    [PUBLISHER_TELEMETRY_SITES] = {"site", "telemetry",
                                   "telemetry of sites is not published: the broker does not permit it"},
    [PUBLISHER_TELEMETRY_HOMES] = {"home", "telemetry",
                                   "telemetry of homes is not published: the broker does not permit it"},
};

static int open_channel(struct gateway *gateway, enum publisher_telemetry of)
{
    const struct gateway_config *config = gateway->config;
    struct telemetry_channel *channel = &gateway->telemetry.channels[of];
    channel->message = calloc(1, sizeof *channel->message);
    if (!channel->message) return SW_ERROR_NO_SPACE;
    message_telemetry_init(channel->message, config->city, config->gateway);
    snprintf(channel->topic, sizeof channel->topic, SW_TOPIC_ROOT "/%s/%s/" SW_TOPIC_TELEMETRY "/%s", config->city,
             config->gateway, kinds[of].topic);
    return SW_OK;
}

/* A subject with a water meter is a home, whatever else is measured there. */
static void note_homes(struct gateway *gateway)
{
    for (uint32_t i = 0; i < core_subject_count(gateway->core); i++)
        if (core_subject_domain(gateway->core, i) == SUBJECT_HOME && gateway->config_subject[i] != NO_SUBJECT)
            gateway->telemetry.is_home[gateway->config_subject[i]] = true;
}

int telemetry_build(struct gateway *gateway)
{
    enum config_telemetry wanted = gateway->config->mqtt.telemetry;
    if (wanted == CONFIG_TELEMETRY_OFF) return SW_OK;
    gateway->telemetry.is_home = calloc(gateway->config->subject_count + 1, sizeof *gateway->telemetry.is_home);
    if (!gateway->telemetry.is_home) return SW_ERROR_NO_SPACE;
    note_homes(gateway);
    int error = open_channel(gateway, PUBLISHER_TELEMETRY_SITES);
    if (!error && wanted == CONFIG_TELEMETRY_ALL) error = open_channel(gateway, PUBLISHER_TELEMETRY_HOMES);
    return error;
}

void telemetry_free(struct gateway *gateway)
{
    for (unsigned of = 0; of < PUBLISHER_TELEMETRY_COUNT; of++)
        free(gateway->telemetry.channels[of].message);
    free(gateway->telemetry.is_home);
}

static void drop(struct gateway *gateway, struct message_telemetry *message)
{
    gateway->counters.telemetry_dropped += message->readings;
    message_telemetry_clear(message);
}

/* What is full and cannot go is old, too: what comes next is worth more. */
static void send_gathered(struct gateway *gateway, unsigned of, bool is_full)
{
    struct telemetry_channel *channel = &gateway->telemetry.channels[of];
    struct message_telemetry *message = channel->message;
    int error = publisher_send_telemetry(gateway->publisher, (enum publisher_telemetry)of, channel->topic,
                                         message_telemetry_text(message));
    if (error == SW_OK) {
        permission_on_sent(&channel->permission);
        gateway->counters.telemetry_readings += message->readings;
        message_telemetry_clear(message);
    } else if (is_full || error != SW_ERROR_BUSY) {
        drop(gateway, message);
    }
}

static void on_gathered(uv_timer_t *timer);

static void gather(struct telemetry *telemetry)
{
    if (!uv_is_active((const uv_handle_t *)&telemetry->timer))
        (void)uv_timer_start(&telemetry->timer, on_gathered, GATHER_MS, 0);
}

static void on_gathered(uv_timer_t *timer)
{
    struct gateway *gateway = timer->data;
    if (gateway->phase != PHASE_RUNNING) return;
    for (unsigned of = 0; of < PUBLISHER_TELEMETRY_COUNT; of++) {
        const struct message_telemetry *message = gateway->telemetry.channels[of].message;
        if (!message || message->readings == 0) continue;
        send_gathered(gateway, of, false);
        if (message->readings > 0) gather(&gateway->telemetry);
    }
}

void telemetry_on_reading(struct gateway *gateway, uint32_t subject, const struct store_reading *reading)
{
    struct telemetry *telemetry = &gateway->telemetry;
    if (!telemetry->up || !telemetry->is_home) return;
    unsigned of = telemetry->is_home[subject] ? PUBLISHER_TELEMETRY_HOMES : PUBLISHER_TELEMETRY_SITES;
    struct message_telemetry *message = telemetry->channels[of].message;
    if (!message || telemetry->channels[of].permission.off) return;
    struct message_reading told = {.subject = gateway->config->subjects[subject].id,
                                   .kind = (enum sw_reading_kind)reading->kind,
                                   .value_milli = reading->value_milli,
                                   .quality = (enum sw_quality)reading->quality,
                                   .reason = (enum sw_quality_reason)reading->reason,
                                   .time = reading->time,
                                   .estimated_time = reading->clock_quality == SW_CLOCK_ESTIMATED};
    if (!message_telemetry_add(message, &told)) {
        send_gathered(gateway, of, true);
        (void)message_telemetry_add(message, &told);
    }
    gather(telemetry);
}

void telemetry_on_link(struct gateway *gateway, bool up)
{
    struct telemetry *telemetry = &gateway->telemetry;
    if (!telemetry->up && !up) return;
    telemetry->up = up;
    for (unsigned of = 0; of < PUBLISHER_TELEMETRY_COUNT; of++) {
        struct telemetry_channel *channel = &telemetry->channels[of];
        permission_on_link(&channel->permission, up, kinds[of].name);
        if (!up && channel->message) drop(gateway, channel->message);
    }
}

void telemetry_change(struct gateway *gateway, struct gateway *next)
{
    bool *is_home = gateway->telemetry.is_home;
    gateway->telemetry.is_home = next->telemetry.is_home;
    next->telemetry.is_home = is_home;
    for (unsigned of = 0; of < PUBLISHER_TELEMETRY_COUNT; of++) {
        struct telemetry_channel *channel = &gateway->telemetry.channels[of], *other = &next->telemetry.channels[of];
        struct message_telemetry *message = channel->message;
        if (message) drop(gateway, message);
        channel->message = other->message;
        other->message = message;
        memcpy(channel->topic, other->topic, sizeof channel->topic);
    }
}

void telemetry_on_done(struct gateway *gateway, enum publisher_telemetry of, bool taken)
{
    permission_on_done(&gateway->telemetry.channels[of].permission, taken, kinds[of].name);
}

const char *telemetry_trouble(const struct gateway *gateway)
{
    for (unsigned of = 0; of < PUBLISHER_TELEMETRY_COUNT; of++)
        if (gateway->telemetry.channels[of].permission.off) return kinds[of].trouble;
    return "";
}
