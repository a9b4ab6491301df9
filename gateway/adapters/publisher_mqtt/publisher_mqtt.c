#include "ports/publisher.h"

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/name_lookup/host_port.h"
#include "adapters/name_lookup/name_lookup.h"
#include "adapters/publisher_mqtt/in_flight.h"
#include "adapters/publisher_mqtt/link.h"
#include "adapters/publisher_mqtt/properties.h"
#include "adapters/publisher_mqtt/tls_context.h"
#include "config/password_file.h"
#include "message/message.h"
#include "stillwater/error.h"
#include "stillwater/topics.h"

#define BACK_OFF_MIN_MS   500
#define BACK_OFF_MAX_MS   30000
#define STEADY_MS         10000 /* a link that lasted this long was a good one: the back-off starts again */
#define FAREWELL_LIMIT_MS 2000
#define ADDRESSES_MAX     8
#define KEEPALIVE_MIN_S   5 /* libmosquitto takes no less */

struct publisher {
    uv_loop_t *loop;
    struct publisher_events events;
    struct publisher_counters counters;

    char *host, *username, *password, *will, *status;
    uint16_t port;
    uint32_t keepalive_s;
    struct tls_context tls;
    char *tls_files[3];
    char client_id[sizeof SW_TOPIC_ROOT + 2 * SW_ID_SIZE];
    char status_topic[SW_TOPIC_SIZE], command_topic[SW_TOPIC_SIZE], result_topic[SW_TOPIC_SIZE];
    char retained_topics[PUBLISHER_RETAINED_COUNT][MESSAGE_DISCOVERY_TOPIC_SIZE]; /* filters of ours, ending with '#' */
    char birth_topic[SW_TOPIC_SIZE];                                              /* of Home Assistant */
    char weather_topic[SW_TOPIC_SIZE];
    char report_topics[SW_TOPIC_SIZE]; /* filter, ending with "+/+" */
    char receipt_topic[SW_TOPIC_SIZE]; /* "" = receipts are not asked for */
    char centre_topics[SW_TOPIC_SIZE]; /* what the response topics of this city start with */

    struct publisher *next; /* other settings, for the next connection; NULL = none */

    struct name_lookup *lookup; /* NULL = none under way */
    bool look_up_again;
    char addresses[ADDRESSES_MAX][INET6_ADDRSTRLEN];
    unsigned address_count, address_next;

    uv_timer_t timer; /* until the next attempt; while closing: for the farewell */
    unsigned failures;
    struct link *link;
    bool connected, up; /* connected: the broker took us; up: and it answered the subscription */
    bool retained_taken[PUBLISHER_RETAINED_COUNT]; /* on this connection the broker has taken one */
    bool telemetry_taken[PUBLISHER_TELEMETRY_COUNT];
    uint64_t up_since_ms;
    struct in_flight in_flight;
    mosquitto_property *telemetry_properties; /* the same for all */

    bool told, told_up; /* the last call of events.link */
    char told_text[512];

    bool closing;
    int farewell_id; /* message id of the last status; 0 = not sent */
    void (*closed)(void *ctx);
    void *closed_ctx;
};

static void try_next_address(struct publisher *publisher);
static void start_lookup(struct publisher *publisher);
static void release(struct publisher *publisher);

/* The port's link event: on a change of up or down, and of the reason for being down. */
static void tell(struct publisher *publisher, bool up, const char *text)
{
    if (publisher->closing) return;
    if (publisher->told && publisher->told_up == up && strcmp(publisher->told_text, text) == 0) return;
    publisher->told = true;
    publisher->told_up = up;
    (void)snprintf(publisher->told_text, sizeof publisher->told_text, "%s", text);
    publisher->events.link(publisher->events.ctx, up, publisher->told_text);
}

/* --- settings ------------------------------------------------------------------------------------------------- */

static void free_settings(struct publisher *publisher)
{
    in_flight_close(&publisher->in_flight);
    tls_context_close(&publisher->tls);
    mosquitto_property_free_all(&publisher->telemetry_properties);
    free(publisher->host);
    free(publisher->username);
    free(publisher->password);
    free(publisher->will);
    for (size_t i = 0; i < sizeof publisher->tls_files / sizeof publisher->tls_files[0]; i++)
        free(publisher->tls_files[i]);
}

static void free_next(struct publisher *publisher)
{
    if (publisher->next) free_settings(publisher->next);
    free(publisher->next);
    publisher->next = NULL;
}

/* Between two connections. */
static void take_next(struct publisher *publisher)
{
    struct publisher *next = publisher->next;
    if (!next) return;
    free_settings(publisher);
    publisher->host = next->host;
    publisher->username = next->username;
    publisher->password = next->password;
    publisher->will = next->will;
    publisher->port = next->port;
    publisher->keepalive_s = next->keepalive_s;
    publisher->in_flight = next->in_flight;
    publisher->telemetry_properties = next->telemetry_properties;
    memcpy(publisher->tls_files, next->tls_files, sizeof publisher->tls_files);
    memcpy(publisher->retained_topics, next->retained_topics, sizeof publisher->retained_topics);
    memcpy(publisher->birth_topic, next->birth_topic, sizeof publisher->birth_topic);
    memcpy(publisher->receipt_topic, next->receipt_topic, sizeof publisher->receipt_topic);
    tls_context_move(&publisher->tls, &next->tls);
    free(next);
    publisher->next = NULL;
}

/* --- attempts ------------------------------------------------------------------------------------------------- */

static void on_resolved(void *ctx, int status, const struct addrinfo *found);

static void start_lookup(struct publisher *publisher)
{
    take_next(publisher);
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    int error = name_lookup_start(publisher->loop, publisher->host, &hints, on_resolved, publisher, &publisher->lookup);
    if (error != 0) on_resolved(publisher, error, NULL);
}

static void on_retry(uv_timer_t *timer)
{
    start_lookup(timer->data);
}

/* Anywhere between the shortest wait and a limit that doubles: the gateways of a city do not return in step. */
static uint64_t back_off_ms(unsigned failures)
{
    uint64_t limit = BACK_OFF_MIN_MS;
    for (unsigned i = 0; i < failures && limit < BACK_OFF_MAX_MS; i++)
        limit *= 2;
    if (limit > BACK_OFF_MAX_MS) limit = BACK_OFF_MAX_MS;
    uint32_t dice = 0;
    (void)uv_random(NULL, NULL, &dice, sizeof dice, 0, NULL);
    return BACK_OFF_MIN_MS + dice % (limit - BACK_OFF_MIN_MS + 1);
}

static void retry_later(struct publisher *publisher, const char *text)
{
    char line[512];
    (void)snprintf(line, sizeof line, "%s: %s", host_port_of(publisher->host, publisher->port).text, text);
    publisher->failures++;
    (void)uv_timer_start(&publisher->timer, on_retry, back_off_ms(publisher->failures), 0);
    tell(publisher, false, line);
}

static void on_resolved(void *ctx, int status, const struct addrinfo *found)
{
    struct publisher *publisher = ctx;
    publisher->lookup = NULL;
    if (publisher->look_up_again) {
        publisher->look_up_again = false;
        start_lookup(publisher);
        return;
    }
    publisher->address_count = 0;
    publisher->address_next = 0;
    for (const struct addrinfo *at = found; at && publisher->address_count < ADDRESSES_MAX; at = at->ai_next) {
        char *address = publisher->addresses[publisher->address_count];
        if (getnameinfo(at->ai_addr, at->ai_addrlen, address, INET6_ADDRSTRLEN, NULL, 0, NI_NUMERICHOST) == 0)
            publisher->address_count++;
    }
    if (publisher->address_count == 0) {
        char text[160];
        (void)snprintf(text, sizeof text, "the name cannot be resolved: %s",
                       status != 0 ? uv_strerror(status) : "no address");
        retry_later(publisher, text);
    } else {
        try_next_address(publisher);
    }
}

/* --- events of the link --------------------------------------------------------------------------------------- */

/* SW_OK also when there is nothing to send. */
static int send_other(struct publisher *publisher, const char *topic, const char *payload, bool retain,
                      const mosquitto_property *properties, int *message_id)
{
    if (!in_flight_takes(&publisher->in_flight, IN_FLIGHT_OTHER)) return SW_ERROR_BUSY;
    int id = 0;
    int error = link_publish(publisher->link, topic, payload, retain, properties, &id);
    if (error != SW_OK) return error;
    in_flight_add(&publisher->in_flight, (struct in_flight_entry){.message_id = id});
    publisher->counters.published++;
    if (message_id) *message_id = id;
    return SW_OK;
}

static int send_status(struct publisher *publisher, const char *payload, int *message_id)
{
    mosquitto_property *properties = NULL;
    (void)mosquitto_property_add_string(&properties, MQTT_PROP_CONTENT_TYPE, SW_CONTENT_TYPE_JSON);
    int error = send_other(publisher, publisher->status_topic, payload, true, properties, message_id);
    mosquitto_property_free_all(&properties);
    return error;
}

static void on_link_connected(void *ctx)
{
    struct publisher *publisher = ctx;
    publisher->connected = true;
    publisher->counters.connects++;
    /* What the broker holds of us is the will, or an old status. */
    if (publisher->status) (void)send_status(publisher, publisher->status, NULL);
}

static void on_link_subscribed(void *ctx, const char *refused_topic, const char *refusal)
{
    struct publisher *publisher = ctx;
    char text[512];
    publisher->up = true;
    publisher->up_since_ms = uv_now(publisher->loop);
    int length = snprintf(text, sizeof text, "connected to %s%s", host_port_of(publisher->host, publisher->port).text,
                          publisher->tls.context ? " with TLS" : "");
    if (refusal && length > 0 && (size_t)length < sizeof text) {
        publisher->counters.refusals++;
        (void)snprintf(text + length, sizeof text - (size_t)length, ", but the broker refuses subscribing to %s: %s",
                       refused_topic, refusal);
    }
    tell(publisher, true, text);
}

static void lose_link(struct publisher *publisher)
{
    if (publisher->up && uv_now(publisher->loop) - publisher->up_since_ms >= STEADY_MS) publisher->failures = 0;
    publisher->link = NULL;
    publisher->connected = false;
    publisher->up = false;
    memset(publisher->retained_taken, 0, sizeof publisher->retained_taken);
    memset(publisher->telemetry_taken, 0, sizeof publisher->telemetry_taken);
    in_flight_forget_all(&publisher->in_flight);
}

/* A refused alert stays undelivered. Trying it again on the same connection would turn in circles, and going on with
 * the others would hide it; so the link goes down with the reason, and the outbox starts over after a growing pause. */
static void give_up_link(struct publisher *publisher, int reason)
{
    char text[256];
    publisher->counters.refusals++;
    (void)snprintf(text, sizeof text, "the broker refused a message: %s", mosquitto_reason_string(reason));
    link_close(publisher->link);
    lose_link(publisher);
    retry_later(publisher, text);
}

static void telemetry_done(struct publisher *publisher, unsigned class, bool taken)
{
    if (class < IN_FLIGHT_TELEMETRY) return;
    enum publisher_telemetry of = (enum publisher_telemetry)(class - IN_FLIGHT_TELEMETRY);
    if (taken) publisher->telemetry_taken[of] = true;
    if (publisher->events.telemetry_done && !publisher->closing)
        publisher->events.telemetry_done(publisher->events.ctx, of, taken);
}

static void retained_done(struct publisher *publisher, unsigned class, bool taken)
{
    if (class < IN_FLIGHT_RETAINED || class >= IN_FLIGHT_TELEMETRY) return;
    enum publisher_retained kind = (enum publisher_retained)(class - IN_FLIGHT_RETAINED);
    if (taken) publisher->retained_taken[kind] = true;
    if (publisher->events.retained_done && !publisher->closing)
        publisher->events.retained_done(publisher->events.ctx, kind, taken);
}

static void cap_done(struct publisher *publisher, bool taken)
{
    if (publisher->events.cap_done && !publisher->closing) publisher->events.cap_done(publisher->events.ctx, taken);
}

static void on_link_published(void *ctx, int message_id, int reason)
{
    struct publisher *publisher = ctx;
    struct in_flight_entry entry;
    if (!in_flight_take(&publisher->in_flight, message_id, &entry)) return;
    if (publisher->closing && message_id == publisher->farewell_id) {
        link_disconnect(publisher->link);
    } else if (reason >= 0x80 && entry.class == IN_FLIGHT_ALERT && !publisher->closing) {
        give_up_link(publisher, reason);
    } else if (reason >= 0x80) {
        publisher->counters.refusals++;
        retained_done(publisher, entry.class, false);
        telemetry_done(publisher, entry.class, false);
        if (entry.class == IN_FLIGHT_CAP) cap_done(publisher, false);
    } else {
        publisher->counters.pubacks++;
        if (entry.class == IN_FLIGHT_ALERT) publisher->events.taken(publisher->events.ctx, entry.token);
        retained_done(publisher, entry.class, true);
        telemetry_done(publisher, entry.class, true);
        if (entry.class == IN_FLIGHT_CAP) cap_done(publisher, true);
    }
}

/* What is published live comes back without the flag. */
static void on_retained(struct publisher *publisher, const struct mosquitto_message *message)
{
    if (!message->retain || message->payloadlen == 0 || !publisher->events.retained_kept) return;
    for (unsigned kind = 0; kind < PUBLISHER_RETAINED_COUNT; kind++) {
        const char *filter = publisher->retained_topics[kind];
        if (strncmp(message->topic, filter, strlen(filter) - 1) != 0) continue;
        publisher->events.retained_kept(publisher->events.ctx, (enum publisher_retained)kind, message->topic);
        return;
    }
}

static void on_weather(struct publisher *publisher, const struct mosquitto_message *message)
{
    publisher->counters.weather++;
    if (publisher->events.weather)
        publisher->events.weather(publisher->events.ctx, message->payloadlen > 0 ? message->payload : "",
                                  (size_t)message->payloadlen);
}

static void on_birth(struct publisher *publisher, const struct mosquitto_message *message)
{
    static const char online[] = "online";
    if (message->payloadlen == (int)strlen(online) && memcmp(message->payload, online, strlen(online)) == 0)
        publisher->events.birth(publisher->events.ctx);
}

static void on_receipt(struct publisher *publisher, const struct mosquitto_message *message)
{
    publisher->events.receipt(publisher->events.ctx, message->payloadlen > 0 ? message->payload : "",
                              (size_t)message->payloadlen);
}

/* False for a message on another topic. */
static bool on_report(struct publisher *publisher, const struct mosquitto_message *message,
                      const mosquitto_property *properties)
{
    char source[16];
    size_t start = strlen(publisher->report_topics) - strlen("+/+");
    if (!publisher->events.report || strncmp(message->topic, publisher->report_topics, start) != 0) return false;
    const char *who = strchr(message->topic + start, '/');
    (void)snprintf(source, sizeof source, "%.*s", (int)strcspn(message->topic + start, "/"), message->topic + start);
    struct publisher_command report = properties_read_command(message, properties);
    publisher->events.report(publisher->events.ctx, source, who ? who + 1 : "", &report);
    properties_release_command(&report);
    return true;
}

static void on_link_message(void *ctx, const struct mosquitto_message *message, const mosquitto_property *properties)
{
    struct publisher *publisher = ctx;
    if (publisher->closing || on_report(publisher, message, properties)) return;
    if (strcmp(message->topic, publisher->weather_topic) == 0) {
        on_weather(publisher, message);
        return;
    }
    if (publisher->receipt_topic[0] != '\0' && strcmp(message->topic, publisher->receipt_topic) == 0) {
        on_receipt(publisher, message);
        return;
    }
    if (strcmp(message->topic, publisher->birth_topic) == 0) {
        on_birth(publisher, message);
        return;
    }
    if (strcmp(message->topic, publisher->command_topic) != 0) {
        on_retained(publisher, message);
        return;
    }
    struct publisher_command command = properties_read_command(message, properties);
    publisher->counters.commands++;
    publisher->events.command(publisher->events.ctx, &command);
    properties_release_command(&command);
}

static void on_link_ended(void *ctx, bool refused, const char *text)
{
    struct publisher *publisher = ctx;
    bool was_connected = publisher->connected;
    lose_link(publisher);
    if (refused) publisher->counters.refusals++;
    if (publisher->closing) {
        release(publisher);
    } else if (!was_connected && publisher->address_next < publisher->address_count) {
        try_next_address(publisher);
    } else {
        retry_later(publisher, text);
    }
}

static void try_next_address(struct publisher *publisher)
{
    struct link_settings settings = {
        .client_id = publisher->client_id,
        .port = publisher->port,
        .keepalive_s = publisher->keepalive_s,
        .send_maximum = 2 * publisher->in_flight.alert_limit + IN_FLIGHT_BESIDE_MAX,
        .username = publisher->username,
        .password = publisher->password,
        .tls = &publisher->tls,
        .will_topic = publisher->status_topic,
        .will = publisher->will,
        /* A retained command would be carried out again at every connection. Nothing depends on whether the broker
         * lets us see what it holds of us. */
        .subscriptions = {{.topic = publisher->command_topic},
                          {.topic = publisher->weather_topic, .with_retained = true},
                          /* A retained receipt would finish revisions that this store has yet to send. */
                          {.topic = publisher->receipt_topic[0] != '\0' ? publisher->receipt_topic : NULL},
                          /* A retained report would be told again at every connection. */
                          {.topic = publisher->events.report ? publisher->report_topics : NULL, .optional = true}},
    };
    _Static_assert(5 + PUBLISHER_RETAINED_COUNT == LINK_SUBSCRIPTIONS_MAX, "room for all subscriptions");
    if (publisher->events.birth)
        settings.subscriptions[4] = (struct link_subscription){.topic = publisher->birth_topic, .optional = true};
    for (unsigned kind = 0; publisher->events.retained_kept && kind < PUBLISHER_RETAINED_COUNT; kind++)
        settings.subscriptions[5 + kind] = (struct link_subscription){
            .topic = publisher->retained_topics[kind], .with_retained = true, .optional = true};
    struct link_events events = {
        .ctx = publisher,
        .connected = on_link_connected,
        .subscribed = on_link_subscribed,
        .published = on_link_published,
        .message = on_link_message,
        .ended = on_link_ended,
    };
    char text[256] = "no memory for a connection";
    while (publisher->address_next < publisher->address_count) {
        settings.address = publisher->addresses[publisher->address_next++];
        publisher->link = link_open(publisher->loop, &settings, events, text, sizeof text);
        if (publisher->link) return;
    }
    retry_later(publisher, text);
}

/* --- start ---------------------------------------------------------------------------------------------------- */

static int check(const struct gateway_config *config, char *text, size_t text_size)
{
    const struct config_mqtt *mqtt = &config->mqtt;
    const char *wrong = !mqtt->host || mqtt->host[0] == '\0'           ? "mqtt.host: missing"
                        : mqtt->port == 0                              ? "mqtt.port: expected 1 to 65535"
                        : mqtt->inflight == 0 || mqtt->inflight > 1000 ? "mqtt.inflight: expected 1 to 1000"
                        : mqtt->keepalive_s < KEEPALIVE_MIN_S || mqtt->keepalive_s > UINT16_MAX
                            ? "mqtt.keepalive_s: expected 5 to 65535"
                        : mqtt->password_file && !mqtt->username
                            ? "mqtt.username: missing, but there is a password_file"
                            : NULL;
    if (!wrong) return SW_OK;
    (void)snprintf(text, text_size, "%s", wrong);
    return SW_ERROR_CONFIG;
}

static int copy_settings(struct publisher *publisher, const struct gateway_config *config, const char *will, char *text,
                         size_t text_size)
{
    const struct config_mqtt *mqtt = &config->mqtt;
    publisher->port = mqtt->port;
    publisher->keepalive_s = mqtt->keepalive_s;
    publisher->host = strdup(mqtt->host);
    publisher->will = strdup(will);
    if (mqtt->username) publisher->username = strdup(mqtt->username);
    const char *const files[] = {mqtt->ca_file, mqtt->certificate_file, mqtt->key_file};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (files[i]) publisher->tls_files[i] = strdup(files[i]);
    if (!publisher->host || !publisher->will || (mqtt->username && !publisher->username) ||
        in_flight_init(&publisher->in_flight, mqtt->inflight) != SW_OK) {
        (void)snprintf(text, text_size, "mqtt: no memory");
        return SW_ERROR_NO_SPACE;
    }
    const char *city = config->city, *gateway = config->gateway;
    (void)snprintf(publisher->client_id, sizeof publisher->client_id, SW_TOPIC_ROOT "-%s-%s", city, gateway);
    (void)snprintf(publisher->status_topic, SW_TOPIC_SIZE, SW_TOPIC_ROOT "/%s/%s/" SW_TOPIC_STATUS, city, gateway);
    (void)snprintf(publisher->command_topic, SW_TOPIC_SIZE, SW_TOPIC_ROOT "/%s/%s/" SW_TOPIC_COMMAND, city, gateway);
    (void)snprintf(publisher->result_topic, SW_TOPIC_SIZE, SW_TOPIC_ROOT "/%s/%s/" SW_TOPIC_COMMAND_RESULT, city,
                   gateway);
    static const char *const retained[] = {[PUBLISHER_AREAS] = SW_TOPIC_AREA,
                                           [PUBLISHER_STATES] = SW_TOPIC_STATE,
                                           [PUBLISHER_INCIDENTS] = SW_TOPIC_INCIDENT,
                                           [PUBLISHER_HOMES] = SW_TOPIC_HOME};
    for (unsigned kind = 0; kind < PUBLISHER_DISCOVERY; kind++)
        (void)snprintf(publisher->retained_topics[kind], SW_TOPIC_SIZE, SW_TOPIC_ROOT "/%s/%s/%s/#", city, gateway,
                       retained[kind]);
    const char *prefix = mqtt->discovery_prefix ? mqtt->discovery_prefix : "homeassistant";
    message_discovery_topic(prefix, city, gateway, "", publisher->retained_topics[PUBLISHER_DISCOVERY]);
    (void)snprintf(publisher->birth_topic, SW_TOPIC_SIZE, "%s/status", prefix);
    (void)snprintf(publisher->weather_topic, SW_TOPIC_SIZE, SW_TOPIC_ROOT "/%s/" SW_TOPIC_WEATHER, city);
    (void)snprintf(publisher->report_topics, SW_TOPIC_SIZE, SW_TOPIC_ROOT "/%s/" SW_TOPIC_REPORT "/+/+", city);
    (void)snprintf(publisher->centre_topics, SW_TOPIC_SIZE, SW_TOPIC_ROOT "/%s/" SW_TOPIC_CENTRE "/", city);
    if (mqtt->done_on == CONFIG_DONE_ON_RECEIPT)
        (void)snprintf(publisher->receipt_topic, SW_TOPIC_SIZE, SW_TOPIC_ROOT "/%s/%s/" SW_TOPIC_RECEIPT, city,
                       gateway);
    if (mosquitto_property_add_string(&publisher->telemetry_properties, MQTT_PROP_CONTENT_TYPE, SW_CONTENT_TYPE_JSON) !=
        MOSQ_ERR_SUCCESS)
        return SW_ERROR_NO_SPACE;
    return mqtt->password_file
               ? password_file_read("mqtt.password_file", mqtt->password_file, &publisher->password, text, text_size)
               : SW_OK;
}

static void free_publisher(struct publisher *publisher)
{
    free_next(publisher);
    free_settings(publisher);
    free(publisher->status);
    free(publisher);
    (void)mosquitto_lib_cleanup();
}

static int read_settings(struct publisher *publisher, const struct gateway_config *config, const char *will, char *text,
                         size_t text_size)
{
    int error = copy_settings(publisher, config, will, text, text_size);
    return error == SW_OK ? tls_context_init(&publisher->tls, &config->mqtt, text, text_size) : error;
}

int publisher_check(const struct gateway_config *config, char *text, size_t text_size)
{
    int error = check(config, text, text_size);
    if (error != SW_OK) return error;
    struct publisher *publisher = calloc(1, sizeof *publisher);
    if (!publisher) {
        (void)snprintf(text, text_size, "mqtt: no memory");
        return SW_ERROR_NO_SPACE;
    }
    error = read_settings(publisher, config, "", text, text_size);
    free_settings(publisher);
    free(publisher);
    return error;
}

int publisher_start(uv_loop_t *loop, const struct gateway_config *config, const char *will,
                    struct publisher_events events, struct publisher **out, char *text, size_t text_size)
{
    int error = check(config, text, text_size);
    if (error != SW_OK) return error;
    struct publisher *publisher = calloc(1, sizeof *publisher);
    if (!publisher) {
        (void)snprintf(text, text_size, "mqtt: no memory");
        return SW_ERROR_NO_SPACE;
    }
    (void)mosquitto_lib_init();
    publisher->loop = loop;
    publisher->events = events;
    publisher->timer.data = publisher;
    error = read_settings(publisher, config, will, text, text_size);
    if (error == SW_OK && uv_timer_init(loop, &publisher->timer) != 0) error = SW_ERROR_SYSTEM;
    if (error != SW_OK) {
        free_publisher(publisher);
        return error;
    }
    /* By way of the timer, so that no event comes before the caller has its pointer. */
    (void)uv_timer_start(&publisher->timer, on_retry, 0, 0);
    *out = publisher;
    return SW_OK;
}

/* --- other settings ------------------------------------------------------------------------------------------- */

static bool is_same_text(const char *left, const char *right)
{
    return left && right ? strcmp(left, right) == 0 : left == right;
}

static bool is_same(const struct publisher *left, const struct publisher *right)
{
    bool same = left->port == right->port && left->keepalive_s == right->keepalive_s &&
                left->in_flight.alert_limit == right->in_flight.alert_limit && is_same_text(left->host, right->host) &&
                is_same_text(left->username, right->username) && is_same_text(left->password, right->password) &&
                is_same_text(left->receipt_topic, right->receipt_topic) &&
                is_same_text(left->birth_topic, right->birth_topic);
    for (size_t i = 0; i < sizeof left->tls_files / sizeof left->tls_files[0]; i++)
        same = same && is_same_text(left->tls_files[i], right->tls_files[i]);
    return same;
}

/* Without goodbye: a broker that the gateway leaves has to tell that it is gone. */
static void connect_anew(struct publisher *publisher)
{
    if (publisher->link) link_close(publisher->link);
    lose_link(publisher);
    publisher->failures = 0;
    tell(publisher, false, "other settings");
    publisher->look_up_again = publisher->lookup != NULL;
    if (!publisher->lookup) (void)uv_timer_start(&publisher->timer, on_retry, 0, 0);
}

int publisher_apply(struct publisher *publisher, const struct gateway_config *config, char *text, size_t text_size)
{
    int error = check(config, text, text_size);
    if (error != SW_OK) return error;
    struct publisher *next = calloc(1, sizeof *next);
    error = next ? read_settings(next, config, publisher->will, text, text_size) : SW_ERROR_NO_SPACE;
    if (error != SW_OK) {
        if (next) free_settings(next);
        free(next);
        return error;
    }
    free_next(publisher);
    publisher->next = next;
    if (!is_same(publisher, next)) connect_anew(publisher);
    return SW_OK;
}

/* --- sending -------------------------------------------------------------------------------------------------- */

bool publisher_ready(const struct publisher *publisher)
{
    return publisher->up && !publisher->closing && in_flight_takes(&publisher->in_flight, IN_FLIGHT_ALERT) &&
           in_flight_takes(&publisher->in_flight, IN_FLIGHT_CAP);
}

int publisher_send(struct publisher *publisher, const char *topic, const char *payload, int64_t token, bool replayed)
{
    if (!publisher_ready(publisher)) return SW_ERROR_BUSY;
    mosquitto_property *properties = NULL;
    int message_id = 0;
    int error = properties_of_alert(payload, SW_CONTENT_TYPE_JSON, publisher->receipt_topic, replayed, &properties);
    error = error == MOSQ_ERR_SUCCESS ? link_publish(publisher->link, topic, payload, false, properties, &message_id)
                                      : SW_ERROR_NO_SPACE;
    mosquitto_property_free_all(&properties);
    if (error != SW_OK) return error;
    in_flight_add(&publisher->in_flight,
                  (struct in_flight_entry){.message_id = message_id, .class = IN_FLIGHT_ALERT, .token = token});
    publisher->counters.published++;
    return SW_OK;
}

int publisher_send_unstored(struct publisher *publisher, const char *topic, const char *payload)
{
    if (!publisher->up || publisher->closing) return SW_ERROR_BUSY;
    mosquitto_property *properties = NULL;
    int error = properties_of_alert(payload, SW_CONTENT_TYPE_JSON, "", false, &properties);
    error =
        error == MOSQ_ERR_SUCCESS ? send_other(publisher, topic, payload, false, properties, NULL) : SW_ERROR_NO_SPACE;
    mosquitto_property_free_all(&properties);
    return error;
}

int publisher_send_cap(struct publisher *publisher, const char *topic, const char *cap, const char *payload,
                       bool replayed)
{
    if (!publisher_ready(publisher)) return SW_ERROR_BUSY;
    mosquitto_property *properties = NULL;
    int message_id = 0;
    int error = properties_of_alert(payload, SW_CONTENT_TYPE_CAP, "", replayed, &properties);
    error = error == MOSQ_ERR_SUCCESS ? link_publish(publisher->link, topic, cap, false, properties, &message_id)
                                      : SW_ERROR_NO_SPACE;
    mosquitto_property_free_all(&properties);
    if (error != SW_OK) return error;
    in_flight_add(&publisher->in_flight, (struct in_flight_entry){.message_id = message_id, .class = IN_FLIGHT_CAP});
    publisher->counters.published++;
    return SW_OK;
}

int publisher_set_status(struct publisher *publisher, const char *payload)
{
    char *copy = strdup(payload);
    if (!copy) return SW_ERROR_NO_SPACE;
    free(publisher->status);
    publisher->status = copy;
    return publisher->connected && !publisher->closing ? send_status(publisher, copy, NULL) : SW_OK;
}

int publisher_set_retained(struct publisher *publisher, enum publisher_retained kind, const char *topic,
                           const char *payload)
{
    unsigned class = IN_FLIGHT_RETAINED + kind;
    const struct in_flight *under_way = &publisher->in_flight;
    if (!publisher->up || publisher->closing || !in_flight_takes(under_way, class) ||
        (!publisher->retained_taken[kind] && under_way->class_count[class] > 0))
        return SW_ERROR_BUSY;
    mosquitto_property *properties = NULL;
    int message_id = 0, error = MOSQ_ERR_SUCCESS;
    if (payload[0] != '\0')
        error = mosquitto_property_add_string(&properties, MQTT_PROP_CONTENT_TYPE, SW_CONTENT_TYPE_JSON);
    error = error == MOSQ_ERR_SUCCESS ? link_publish(publisher->link, topic, payload, true, properties, &message_id)
                                      : SW_ERROR_NO_SPACE;
    mosquitto_property_free_all(&properties);
    if (error != SW_OK) return error;
    in_flight_add(&publisher->in_flight, (struct in_flight_entry){.message_id = message_id, .class = class});
    publisher->counters.published++;
    return SW_OK;
}

int publisher_send_telemetry(struct publisher *publisher, enum publisher_telemetry of, const char *topic,
                             const char *payload)
{
    unsigned class = IN_FLIGHT_TELEMETRY + of;
    int message_id = 0, error;
    if (!publisher->up || publisher->closing || !in_flight_takes(&publisher->in_flight, class)) return SW_ERROR_BUSY;
    if (publisher->telemetry_taken[of]) {
        error = link_publish_unconfirmed(publisher->link, topic, payload, publisher->telemetry_properties);
    } else {
        error = link_publish(publisher->link, topic, payload, false, publisher->telemetry_properties, &message_id);
        if (error == SW_OK)
            in_flight_add(&publisher->in_flight, (struct in_flight_entry){.message_id = message_id, .class = class});
    }
    if (error == SW_OK) publisher->counters.telemetry++;
    return error;
}

static int send_reply(struct publisher *publisher, const char *topic, const struct publisher_command *command,
                      const char *payload)
{
    mosquitto_property *properties = NULL;
    int error = properties_of_reply(command, &properties);
    error =
        error == MOSQ_ERR_SUCCESS ? send_other(publisher, topic, payload, false, properties, NULL) : SW_ERROR_NO_SPACE;
    mosquitto_property_free_all(&properties);
    return error;
}

/* Whoever may send commands chooses the response topic. Elsewhere it could be a topic of this gateway's own, or one the
 * broker forbids: mosquitto 2.0.11 drops a client that publishes there, alerts under way included. */
static bool may_respond_to(const struct publisher *publisher, const char *topic)
{
    if (!topic || mosquitto_pub_topic_check(topic) != MOSQ_ERR_SUCCESS) return false;
    return strncmp(topic, publisher->centre_topics, strlen(publisher->centre_topics)) == 0;
}

int publisher_reply(struct publisher *publisher, const struct publisher_command *command, const char *payload)
{
    if (!publisher->connected || publisher->closing) return SW_ERROR_BUSY;
    int error = send_reply(publisher, publisher->result_topic, command, payload);
    if (error != SW_OK || !may_respond_to(publisher, command->response_topic)) return error;
    return send_reply(publisher, command->response_topic, command, payload);
}

struct publisher_counters publisher_counters(const struct publisher *publisher)
{
    return publisher->counters;
}

/* --- close ---------------------------------------------------------------------------------------------------- */

static void on_timer_closed(uv_handle_t *handle)
{
    struct publisher *publisher = handle->data;
    void (*closed)(void *ctx) = publisher->closed;
    void *ctx = publisher->closed_ctx;
    free_publisher(publisher);
    if (closed) closed(ctx);
}

/* The last step, once nothing of ours is under way in the loop. */
static void release(struct publisher *publisher)
{
    if (publisher->lookup) name_lookup_leave(publisher->lookup);
    publisher->lookup = NULL;
    if (publisher->link) link_close(publisher->link);
    publisher->link = NULL;
    uv_handle_t *timer = (uv_handle_t *)&publisher->timer;
    if (!uv_is_closing(timer)) uv_close(timer, on_timer_closed);
}

static void on_farewell_limit(uv_timer_t *timer)
{
    release(timer->data);
}

void publisher_close(struct publisher *publisher, const char *last_status, void (*closed)(void *ctx), void *ctx)
{
    publisher->closing = true;
    publisher->closed = closed;
    publisher->closed_ctx = ctx;
    (void)uv_timer_stop(&publisher->timer);
    if (!publisher->connected) {
        release(publisher);
        return;
    }
    (void)uv_timer_start(&publisher->timer, on_farewell_limit, FAREWELL_LIMIT_MS, 0);
    if (!last_status || send_status(publisher, last_status, &publisher->farewell_id) != SW_OK)
        link_disconnect(publisher->link);
}
