#include "centre/watch.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "centre/area_table.h"
#include "centre/incident_log.h"
#include "centre/received.h"
#include "centre/seen.h"
#include "centre/topic_path.h"
#include "stillwater/error.h"

#define REASON_SIZE 320
/* A year: with more nobody need think of it. */
#define HOURS_TOLD_BELOW 8760

struct gateway {
    char city[SW_ID_SIZE], name[SW_ID_SIZE];
    struct sw_wall status_time;
    enum message_status_state status_state;
    char trail[MESSAGE_TRAIL_SIZE]; /* the newest row told */
    bool counted;                   /* heard in this run, not only found in the archive */
};

struct watch {
    struct watch_settings settings;
    struct watch_counters counters;
    struct archive archive;
    struct seen *messages;     /* (city/alert id, revision) */
    struct seen *acknowledged; /* (city/alert id, 0) */
    struct area_table *areas;
    struct incident_log *incidents;
    struct gateway *gateways;
    uint32_t gateway_count;
    struct received *received; /* NULL = none */
    struct owed {
        char city[SW_ID_SIZE], gateway[SW_ID_SIZE]; /* gateway "" = told */
        struct message_receipt_item item;
    } owed[MESSAGE_RECEIPT_MAX]; /* receipts that wait for the commit */
    uint32_t owed_count;
    uint32_t uncommitted;
};

static void key_of(const char *city, const char *alert_id, char key[SEEN_KEY_SIZE])
{
    (void)snprintf(key, SEEN_KEY_SIZE, "%s/%s", city, alert_id);
}

/* NULL when the table is full and the gateway not in it. */
static struct gateway *gateway_of(struct watch *watch, const char *city, const char *name)
{
    for (uint32_t i = 0; i < watch->gateway_count; i++) {
        struct gateway *gateway = &watch->gateways[i];
        if (strcmp(gateway->name, name) == 0 && strcmp(gateway->city, city) == 0) return gateway;
    }
    if (watch->gateway_count == WATCH_GATEWAYS_MAX) return NULL;
    struct gateway *gateway = &watch->gateways[watch->gateway_count++];
    (void)snprintf(gateway->city, sizeof gateway->city, "%s", city);
    (void)snprintf(gateway->name, sizeof gateway->name, "%s", name);
    return gateway;
}

static void count_gateway(struct watch *watch, const char *city, const char *name)
{
    struct gateway *gateway = gateway_of(watch, city, name);
    if (!gateway || gateway->counted) return;
    gateway->counted = true;
    watch->counters.gateways++;
}

static bool is_new_status(struct watch *watch, const struct message_status_summary *status)
{
    struct gateway *gateway = gateway_of(watch, status->city, status->gateway);
    if (!gateway) return true;
    bool same = gateway->status_time.ms == status->time.ms && gateway->status_state == status->state;
    gateway->status_time = status->time;
    gateway->status_state = status->state;
    return !same;
}

/* A trail only grows, and its rows keep their hashes. Notes what this one tells; false: it contradicts what was told
 * before. */
static bool trail_goes_on(struct watch *watch, const struct message_status_summary *status,
                          char before[MESSAGE_TRAIL_SIZE])
{
    struct gateway *gateway = gateway_of(watch, status->city, status->gateway);
    before[0] = '\0';
    if (!gateway || status->trail[0] == '\0') return true;
    (void)snprintf(before, MESSAGE_TRAIL_SIZE, "%s", gateway->trail);
    (void)snprintf(gateway->trail, sizeof gateway->trail, "%s", status->trail);
    long long was = strtoll(before, NULL, 10), is = strtoll(status->trail, NULL, 10);
    return is > was || strcmp(before, status->trail) == 0;
}

/* Only what the archive already holds is learnt, not told: a line that is no message is somebody else's. */
static void learn(void *ctx, const char *line, size_t size)
{
    struct watch *watch = ctx;
    struct message_alert_summary alert;
    struct message_status_summary status;
    struct message_area area;
    struct message_incident incident;
    char key[SEEN_KEY_SIZE], reason[REASON_SIZE];
    if (message_alert_decode(line, size, &alert, reason, sizeof reason) == SW_OK) {
        key_of(alert.city, alert.id, key);
        (void)seen_add(watch->messages, key, alert.revision);
    } else if (message_status_decode(line, size, &status, reason, sizeof reason) == SW_OK) {
        char before[MESSAGE_TRAIL_SIZE];
        (void)is_new_status(watch, &status);
        (void)trail_goes_on(watch, &status, before);
    } else if (message_area_decode(line, size, &area, reason, sizeof reason) == SW_OK) {
        (void)area_table_take(watch->areas, &area, true);
    } else if (message_incident_decode(line, size, &incident, reason, sizeof reason) == SW_OK) {
        key_of(incident.city, incident.id, key);
        (void)seen_add(watch->messages, key, incident.revision);
        (void)incident_log_take(watch->incidents, &incident);
    }
}

struct watch *watch_new(const struct watch_settings *settings, char *text, size_t text_size)
{
    struct watch *watch = calloc(1, sizeof *watch);
    if (watch) {
        watch->settings = *settings;
        watch->messages = seen_new(SEEN_CAPACITY);
        watch->acknowledged = seen_new(SEEN_CAPACITY);
        watch->areas = area_table_new();
        watch->incidents = incident_log_new();
        watch->gateways = calloc(WATCH_GATEWAYS_MAX, sizeof *watch->gateways);
    }
    if (!watch || !watch->messages || !watch->acknowledged || !watch->areas || !watch->incidents || !watch->gateways) {
        (void)snprintf(text, text_size, "no memory");
        watch_free(watch);
        return NULL;
    }
    const char *path = settings->options->json;
    struct archive_reader reader = {watch, learn};
    if (path && archive_open(&watch->archive, path, reader, text, text_size) != SW_OK) {
        watch_free(watch);
        return NULL;
    }
    if (settings->options->store && received_open(&watch->received, settings->options->store, text, text_size)) {
        watch_free(watch);
        return NULL;
    }
    return watch;
}

void watch_free(struct watch *watch)
{
    if (!watch) return;
    archive_close(&watch->archive);
    received_close(watch->received);
    seen_free(watch->messages);
    seen_free(watch->acknowledged);
    area_table_free(watch->areas);
    incident_log_free(watch->incidents);
    free(watch->gateways);
    free(watch);
}

/* Bytes from outside go to a terminal here: no control characters. */
static void complain(struct watch *watch, const char *topic, const char *reason)
{
    watch->counters.malformed++;
    FILE *out = watch->settings.complaints;
    if (!out) return;
    for (const char *at = topic; *at != '\0'; at++)
        (void)fputc((unsigned char)*at < 0x20 || *at == 0x7f ? '?' : *at, out);
    (void)fprintf(out, ": %s\n", reason);
    (void)fflush(out);
}

/* Who has to act till when; of an alert that waits for nobody, nothing. */
static void say_escalation(FILE *out, const struct message_escalation *escalation)
{
    char time[MESSAGE_TIME_SIZE];
    if (escalation->deadline.ms == 0) return;
    message_time_format(escalation->deadline, time);
    (void)fprintf(out, "; %s", escalation->responsible);
    if (escalation->deputy_of[0] != '\0') (void)fprintf(out, " for %s", escalation->deputy_of);
    (void)fprintf(out, " has until %s (%s)", time, escalation->area);
}

static void say_alert(FILE *out, const struct message_alert_summary *alert)
{
    char time[MESSAGE_TIME_SIZE], colour[16];
    if (!out) return;
    message_time_format(alert->updated_at, time);
    (void)snprintf(colour, sizeof colour, "%s", sw_colour_name(alert->colour));
    for (char *at = colour; *at != '\0'; at++)
        *at = (char)toupper((unsigned char)*at);
    (void)fprintf(out, "%s  %-6s  %-12s  %s", time, colour, sw_alert_state_name(alert->state), alert->headline);
    if (alert->actor[0] != '\0' && alert->told != SW_REPORT_NONE)
        (void)fprintf(out, "; %s reported by %s", sw_report_kind_name(alert->told), alert->actor);
    else if (alert->actor[0] != '\0')
        (void)fprintf(out, "; %s by %s", sw_alert_state_name(alert->state), alert->actor);
    if (alert->note[0] != '\0') (void)fprintf(out, ": %s", alert->note);
    say_escalation(out, &alert->escalation);
    if (alert->unstored) (void)fprintf(out, "; NOT STORED by the gateway yet");
    if (alert->near[0] != '\0') (void)fprintf(out, "; near: %s", alert->near);
    (void)fprintf(out, "  (%s/%s, alert %s, revision %u)\n", alert->city, alert->gateway, alert->id, alert->revision);
    (void)fflush(out);
}

static void say_status(FILE *out, const struct message_status_summary *status)
{
    char time[MESSAGE_TIME_SIZE];
    const char *what = status->state == MESSAGE_STATUS_ONLINE    ? "is online"
                       : status->state == MESSAGE_STATUS_STOPPED ? "was stopped"
                                                                 : "is lost; nothing is known from it";
    if (!out) return;
    message_time_format(status->time, time);
    (void)fprintf(out, "%s  %-6s  %-12s  Gateway %s %s", time, "-", message_status_state_name(status->state),
                  status->gateway, what);
    if (status->open_alerts > 0) (void)fprintf(out, ", %u alerts open", status->open_alerts);
    if (sw_wall_known(status->storm.since)) (void)fprintf(out, "; storm watch is on (%s)", status->storm.why);
    if (status->configuration.hash[0] != '\0') (void)fprintf(out, "; configuration %s", status->configuration.hash);
    if (status->trouble[0] != '\0') (void)fprintf(out, "; trouble: %s", status->trouble);
    if (status->has_outage_hours_left && status->outage_hours_left < HOURS_TOLD_BELOW)
        (void)fprintf(out, "; its store would last %u hours", status->outage_hours_left);
    (void)fprintf(out, "  (%s/%s)\n", status->city, status->gateway);
    (void)fflush(out);
}

static void say_incident(FILE *out, const struct message_incident *incident)
{
    char time[MESSAGE_TIME_SIZE], colour[16], sentence[INCIDENT_SENTENCE_SIZE];
    if (!out) return;
    message_time_format(incident->updated_at, time);
    (void)snprintf(colour, sizeof colour, "%s", sw_colour_name(incident->colour));
    for (char *at = colour; *at != '\0'; at++)
        *at = (char)toupper((unsigned char)*at);
    incident_log_describe(incident, sentence);
    (void)fprintf(out, "%s  %-6s  %-12s  Incident: %s  (%s/%s, incident %s, revision %u)\n", time, colour,
                  message_incident_state_name(incident->state), sentence, incident->city, incident->gateway,
                  incident->id, incident->revision);
    (void)fflush(out);
}

/* Only what a person would see on the map: a colour, or whether it can be trusted. */
static void say_area(FILE *out, const struct area_merged *before, const struct area_merged *after)
{
    char time[MESSAGE_TIME_SIZE], colour[16], sentence[AREA_SENTENCE_SIZE];
    const struct message_area *now = &after->area, *then = &before->area;
    bool same = before->gateways > 0 ? now->colour == then->colour && now->unknown == then->unknown
                                     : now->colour == SW_COLOUR_GREEN;
    if (!out || same) return;
    message_time_format(now->time, time);
    (void)snprintf(colour, sizeof colour, "%s", sw_colour_name(now->colour));
    for (char *at = colour; *at != '\0'; at++)
        *at = (char)toupper((unsigned char)*at);
    area_merged_describe(after, sentence);
    (void)fprintf(out, "%s  %-6s  %-12s  Area %s", time, colour, now->unknown ? "unknown" : "known", now->area);
    if (before->gateways > 0) (void)fprintf(out, ", was %s", sw_colour_name(then->colour));
    (void)fprintf(out, "; %s  (%s)\n", sentence, now->city);
    (void)fflush(out);
}

static void apply_rules(struct watch *watch, const struct message_alert_summary *alert, const char *key)
{
    const struct options *options = watch->settings.options;
    if (alert->state != SW_ALERT_STATE_RAISED || !watch->settings.acknowledge) return;
    for (size_t i = 0; i < options->rule_count; i++) {
        const struct acknowledge_rule *rule = &options->rules[i];
        if (rule->kind != alert->kind || (rule->colour != SW_COLOUR_COUNT && rule->colour != alert->colour)) continue;
        if (seen_add(watch->acknowledged, key, 0)) watch->settings.acknowledge(watch->settings.ctx, alert, rule->by);
        return;
    }
}

/* ---- receipts ---- */

static struct sw_wall wall_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return sw_wall_from_ms((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

static void owe(struct watch *watch, const struct message_alert_summary *alert, const char *response_topic)
{
    char topic[SW_TOPIC_SIZE];
    (void)snprintf(topic, sizeof topic, SW_TOPIC_ROOT "/%s/%s/" SW_TOPIC_RECEIPT, alert->city, alert->gateway);
    /* Nobody makes the centre publish elsewhere. */
    if (strcmp(topic, response_topic) != 0) return;
    struct owed *owed = &watch->owed[watch->owed_count++];
    memcpy(owed->city, alert->city, sizeof owed->city);
    memcpy(owed->gateway, alert->gateway, sizeof owed->gateway);
    memcpy(owed->item.alert_id, alert->id, sizeof owed->item.alert_id);
    owed->item.revision = alert->revision;
}

/* All that is owed to the gateway of owed[first]. */
static void give_receipt(struct watch *watch, uint32_t first)
{
    const struct owed to = watch->owed[first];
    struct message_receipt receipt = {.time = wall_now()};
    for (uint32_t i = first; i < watch->owed_count; i++) {
        struct owed *owed = &watch->owed[i];
        if (strcmp(owed->gateway, to.gateway) != 0 || strcmp(owed->city, to.city) != 0) continue;
        receipt.items[receipt.count++] = owed->item;
        owed->gateway[0] = '\0';
    }
    watch->counters.receipts += receipt.count;
    if (watch->settings.receipt) watch->settings.receipt(watch->settings.ctx, to.city, to.gateway, &receipt);
}

int watch_commit(struct watch *watch, char *text, size_t text_size)
{
    uint32_t count = watch->owed_count;
    if (!watch->received || watch->uncommitted == 0) return SW_OK;
    int error = received_commit(watch->received, text, text_size);
    for (uint32_t i = 0; error == SW_OK && i < count; i++)
        if (watch->owed[i].gateway[0] != '\0') give_receipt(watch, i);
    watch->owed_count = watch->uncommitted = 0;
    return error;
}

/* ---- messages ---- */

static const char *mismatch(const struct topic_path *path, const char *city, const char *gateway)
{
    if (strcmp(path->city, city) != 0) return "the city in the body is not the topic's";
    if (strcmp(path->gateway, gateway) != 0) return "the gateway in the body is not the topic's";
    return NULL;
}

/* Its output, once. */
static int show_alert(struct watch *watch, const struct message_alert_summary *alert, const char *payload, size_t size,
                      char *text, size_t text_size)
{
    char key[SEEN_KEY_SIZE];
    bool known = false;
    key_of(alert->city, alert->id, key);
    int error = received_has(watch->received, alert->city, alert->id, alert->revision, &known, text, text_size);
    if (error != SW_OK) return error;
    if (!seen_add(watch->messages, key, alert->revision) || known) {
        watch->counters.duplicates++;
        return SW_OK;
    }
    watch->counters.alerts++;
    error = archive_write(&watch->archive, payload, size, text, text_size);
    /* What a person did, or somebody has to know, is always told; what the water did, where the incident has not told
     * it yet. */
    if (alert->note[0] != '\0' || alert->actor[0] != '\0' ||
        !incident_log_covers(watch->incidents, alert->city, alert->incident, alert->colour))
        say_alert(watch->settings.sentences, alert);
    apply_rules(watch, alert, key);
    return error;
}

/* Shown first: after a kill between the two it comes again, and the archive knows it then. */
static int take_alert(struct watch *watch, const struct topic_path *path, const char *topic, const char *payload,
                      size_t size, const char *response_topic, char *text, size_t text_size)
{
    struct message_alert_summary alert;
    char reason[REASON_SIZE];
    if (message_alert_decode(payload, size, &alert, reason, sizeof reason) != SW_OK) {
        complain(watch, topic, reason);
        return SW_OK;
    }
    const char *wrong = mismatch(path, alert.city, alert.gateway);
    if (!wrong && strcmp(path->alert_id, alert.id) != 0) wrong = "the alert id in the body is not the topic's";
    if (wrong) {
        complain(watch, topic, wrong);
        return SW_OK;
    }
    count_gateway(watch, alert.city, alert.gateway);
    /* What the gateway makes of it in the end may be another thing: nothing is kept of it. */
    if (alert.unstored) {
        say_alert(watch->settings.sentences, &alert);
        return SW_OK;
    }
    int error = show_alert(watch, &alert, payload, size, text, text_size);
    if (error != SW_OK || !watch->received) return error;
    error = received_add(watch->received, &alert, payload, size, wall_now(), text, text_size);
    if (error != SW_OK) return error;
    owe(watch, &alert, response_topic);
    return ++watch->uncommitted < MESSAGE_RECEIPT_MAX ? SW_OK : watch_commit(watch, text, text_size);
}

static int take_status(struct watch *watch, const struct topic_path *path, const char *topic, const char *payload,
                       size_t size, char *text, size_t text_size)
{
    struct message_status_summary status;
    char reason[REASON_SIZE];
    if (message_status_decode(payload, size, &status, reason, sizeof reason) != SW_OK) {
        complain(watch, topic, reason);
        return SW_OK;
    }
    const char *wrong = mismatch(path, status.city, status.gateway);
    if (wrong) {
        complain(watch, topic, wrong);
        return SW_OK;
    }
    count_gateway(watch, status.city, status.gateway);
    (void)area_table_gateway(watch->areas, status.city, status.gateway, status.state != MESSAGE_STATUS_ONLINE);
    if (!is_new_status(watch, &status)) {
        watch->counters.duplicates++;
        return SW_OK;
    }
    watch->counters.statuses++;
    int error = archive_write(&watch->archive, payload, size, text, text_size);
    say_status(watch->settings.sentences, &status);
    char before[MESSAGE_TRAIL_SIZE];
    if (!trail_goes_on(watch, &status, before) && watch->settings.complaints)
        (void)fprintf(watch->settings.complaints,
                      "%s: the gateway's trail does not go on from what it told before: was %s, now %s; its store was "
                      "changed, cut off or made anew\n",
                      topic, before, status.trail);
    return error;
}

static int take_area(struct watch *watch, const struct topic_path *path, const char *topic, const char *payload,
                     size_t size, char *text, size_t text_size)
{
    struct message_area area;
    struct area_merged before = {.gateways = 0}, after;
    char reason[REASON_SIZE];
    if (message_area_decode(payload, size, &area, reason, sizeof reason) != SW_OK) {
        complain(watch, topic, reason);
        return SW_OK;
    }
    const char *wrong = mismatch(path, area.city, area.gateway);
    if (!wrong && strcmp(path->area, area.area) != 0) wrong = "the area in the body is not the topic's";
    if (wrong) {
        complain(watch, topic, wrong);
        return SW_OK;
    }
    count_gateway(watch, area.city, area.gateway);
    (void)area_table_find(watch->areas, area.city, area.area, &before);
    int known = area_table_take(watch->areas, &area, false);
    bool there = area_table_find(watch->areas, area.city, area.area, &after);
    if (there) say_area(watch->settings.sentences, &before, &after);
    if (known == SW_ERROR_STALE) {
        watch->counters.duplicates++;
        return SW_OK;
    }
    watch->counters.areas++;
    return archive_write(&watch->archive, payload, size, text, text_size);
}

static int take_incident(struct watch *watch, const struct topic_path *path, const char *topic, const char *payload,
                         size_t size, char *text, size_t text_size)
{
    struct message_incident incident;
    char key[SEEN_KEY_SIZE], reason[REASON_SIZE];
    if (message_incident_decode(payload, size, &incident, reason, sizeof reason) != SW_OK) {
        complain(watch, topic, reason);
        return SW_OK;
    }
    const char *wrong = mismatch(path, incident.city, incident.gateway);
    if (!wrong && strcmp(path->alert_id, incident.id) != 0) wrong = "the incident id in the body is not the topic's";
    if (wrong) {
        complain(watch, topic, wrong);
        return SW_OK;
    }
    count_gateway(watch, incident.city, incident.gateway);
    key_of(incident.city, incident.id, key);
    if (!seen_add(watch->messages, key, incident.revision)) {
        watch->counters.duplicates++;
        return SW_OK;
    }
    watch->counters.incidents++;
    if (incident_log_take(watch->incidents, &incident)) say_incident(watch->settings.sentences, &incident);
    return archive_write(&watch->archive, payload, size, text, text_size);
}

int watch_take(struct watch *watch, const char *topic, const char *payload, size_t size, const char *response_topic,
               char *text, size_t text_size)
{
    struct topic_path path = topic_path_parse(topic);
    watch->counters.received++;
    switch (path.branch) {
    case TOPIC_ALERT:
        return take_alert(watch, &path, topic, payload, size, response_topic, text, text_size);
    case TOPIC_STATUS:
        /* An empty retained message is how a status is removed from the broker. */
        if (size == 0) return SW_OK;
        return take_status(watch, &path, topic, payload, size, text, text_size);
    case TOPIC_AREA:
        /* And how a place that is watched no longer is. */
        if (size == 0) {
            area_table_drop(watch->areas, path.city, path.gateway, path.area);
            return SW_OK;
        }
        return take_area(watch, &path, topic, payload, size, text, text_size);
    case TOPIC_INCIDENT:
        /* Taken from the broker after it was told as over. */
        if (size == 0) return SW_OK;
        return take_incident(watch, &path, topic, payload, size, text, text_size);
    case TOPIC_STATE:
    case TOPIC_CENTRE_RESULT:
    case TOPIC_OTHER:
        break;
    }
    complain(watch, topic, "not a topic of a gateway");
    return SW_OK;
}

struct watch_counters watch_counters(const struct watch *watch)
{
    return watch->counters;
}
