#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "centre/run.h"
#include "centre/topic_path.h"
#include "centre/watch.h"
#include "stillwater/error.h"

#define SLICE_MS     200
#define PAUSE_MIN_MS 500
#define PAUSE_MAX_MS 10000
#define TOPICS_MAX   (2 * OPTIONS_GATEWAYS_MAX + 2)

struct watcher {
    const struct options *options;
    const volatile sig_atomic_t *stop;
    struct connection *connection;
    struct watch *watch;
    char client_id[SW_ID_SIZE];
    char topics[TOPICS_MAX][SW_TOPIC_SIZE];
    const char *topic_pointers[TOPICS_MAX];
    size_t topic_count;
    char live_topics[2 * OPTIONS_GATEWAYS_MAX][SW_TOPIC_SIZE]; /* areas and incidents */
    size_t live_topic_count;
    double end_s; /* 0 = none */
    char told[512];
};

static bool is_over(const struct watcher *watcher)
{
    return *watcher->stop || (watcher->end_s > 0 && monotonic_s() >= watcher->end_s);
}

static void add_topic(struct watcher *watcher, const char *city, const char *gateway, const char *rest)
{
    char *topic = watcher->topics[watcher->topic_count];
    (void)snprintf(topic, SW_TOPIC_SIZE, SW_TOPIC_ROOT "/%.63s/%.63s/%.80s", city, gateway, rest);
    watcher->topic_pointers[watcher->topic_count++] = topic;
}

static void list_topics(struct watcher *watcher)
{
    const struct options *options = watcher->options;
    const char *city = options->city ? options->city : "+";
    size_t count = options->gateway_count > 0 ? options->gateway_count : 1;
    for (size_t i = 0; i < count; i++) {
        const char *gateway = options->gateway_count > 0 ? options->gateways[i] : "+";
        add_topic(watcher, city, gateway, SW_TOPIC_STATUS);
        add_topic(watcher, city, gateway, SW_TOPIC_ALERT "/#");
        (void)snprintf(watcher->live_topics[watcher->live_topic_count++], SW_TOPIC_SIZE,
                       SW_TOPIC_ROOT "/%.63s/%.63s/" SW_TOPIC_AREA "/#", city, gateway);
        (void)snprintf(watcher->live_topics[watcher->live_topic_count++], SW_TOPIC_SIZE,
                       SW_TOPIC_ROOT "/%.63s/%.63s/" SW_TOPIC_INCIDENT "/+", city, gateway);
    }
    if (options->rule_count == 0) return;
    char result[SW_TOPIC_SIZE];
    (void)snprintf(result, sizeof result, "%s/" SW_TOPIC_CENTRE_RESULT, watcher->client_id);
    add_topic(watcher, city, SW_TOPIC_CENTRE, result);
}

/* A rule of --acknowledge fired; the same request as of the one-shot command. */
static void on_acknowledge(void *ctx, const struct message_alert_summary *alert, const char *by)
{
    struct watcher *watcher = ctx;
    struct message_command command = {.action = SW_ALERT_ACTION_ACKNOWLEDGE, .revision = alert->revision};
    char response_topic[SW_TOPIC_SIZE], correlation[CONNECTION_CORRELATION_SIZE];
    (void)snprintf(command.alert_id, sizeof command.alert_id, "%s", alert->id);
    (void)snprintf(command.by, sizeof command.by, "%s", by);
    (void)snprintf(response_topic, sizeof response_topic,
                   SW_TOPIC_ROOT "/%s/" SW_TOPIC_CENTRE "/%s/" SW_TOPIC_CENTRE_RESULT, alert->city, watcher->client_id);
    random_token(correlation);
    int error =
        request_command(watcher->connection, alert->city, alert->gateway, &command, response_topic, correlation);
    if (error != SW_OK)
        (void)fprintf(stderr, "alert %s could not be acknowledged: %s\n", alert->id, sw_error_text(error));
}

static void tell_result(const struct connection_message *message)
{
    struct message_command_answer answer;
    char reason[256];
    if (message_command_result_decode(message->payload, message->size, &answer, reason, sizeof reason) != SW_OK)
        (void)fprintf(stderr, "%s: %s\n", message->topic, reason);
    else if (answer.accepted)
        (void)fprintf(stderr, "alert %s acknowledged, now at revision %u\n", answer.alert_id, answer.revision);
    else
        (void)fprintf(stderr, "alert %s not acknowledged (%s): %s\n", answer.alert_id, answer.error, answer.text);
}

static int take(struct watcher *watcher, const struct connection_message *message)
{
    char text[512];
    if (topic_path_parse(message->topic).branch == TOPIC_CENTRE_RESULT) {
        tell_result(message);
        return SW_OK;
    }
    int error = watch_take(watcher->watch, message->topic, message->payload, message->size, message->response_topic,
                           text, sizeof text);
    if (error != SW_OK) (void)fprintf(stderr, "%s\n", text);
    return error;
}

static void on_receipt(void *ctx, const char *city, const char *gateway, const struct message_receipt *receipt)
{
    struct watcher *watcher = ctx;
    struct message_receipt signed_receipt = *receipt;
    char topic[SW_TOPIC_SIZE];
    (void)snprintf(signed_receipt.centre, sizeof signed_receipt.centre, "%s", watcher->client_id);
    (void)snprintf(topic, sizeof topic, SW_TOPIC_ROOT "/%s/%s/" SW_TOPIC_RECEIPT, city, gateway);
    char *body = message_receipt_encode(&signed_receipt);
    /* One that does not go is not missed: the gateway sends its alerts again and gets another. */
    if (body) (void)connection_tell(watcher->connection, topic, body);
    free(body);
}

static int commit(struct watcher *watcher)
{
    char text[512];
    int error = watch_commit(watcher->watch, text, sizeof text);
    if (error != SW_OK) (void)fprintf(stderr, "%s\n", text);
    return error;
}

/* SW_OK when it is time to end, SW_ERROR_BROKER when the connection is lost, another error when writing failed. */
static int receive_until_over(struct watcher *watcher)
{
    unsigned wait_ms = SLICE_MS;
    while (!is_over(watcher)) {
        struct connection_message message;
        int got = connection_receive(watcher->connection, wait_ms, &message);
        int error = got > 0 ? take(watcher, &message) : got;
        connection_release(&message);
        /* One commit for all that was waiting. */
        if (error == SW_OK && got == 0) error = commit(watcher);
        if (error != SW_OK) return error;
        wait_ms = got > 0 ? 0 : SLICE_MS;
    }
    return commit(watcher);
}

static void say_once(struct watcher *watcher, const char *text)
{
    if (strcmp(watcher->told, text) == 0) return;
    (void)snprintf(watcher->told, sizeof watcher->told, "%s", text);
    (void)fprintf(stderr, "%s\n", text);
}

static void pause_before_retry(const struct watcher *watcher, unsigned *pause_ms)
{
    char token[CONNECTION_CORRELATION_SIZE];
    random_token(token);
    unsigned long dice = strtoul(token + 8, NULL, 16);
    double end_s = monotonic_s() + (PAUSE_MIN_MS + (double)(dice % *pause_ms)) / 1000.0;
    *pause_ms = *pause_ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : *pause_ms * 2;
    while (!is_over(watcher) && monotonic_s() < end_s) {
        struct timespec slice = {0, 20000000};
        (void)nanosleep(&slice, NULL);
    }
}

/* Without areas and incidents it goes on: alerts come first. */
static void subscribe_live(const struct watcher *watcher)
{
    char text[512];
    for (size_t i = 0; i < watcher->live_topic_count; i++)
        if (connection_subscribe_live(watcher->connection, watcher->live_topics[i], text, sizeof text) != SW_OK)
            (void)fprintf(stderr, "%s\n", text);
}

static int watch_until_over(struct watcher *watcher)
{
    unsigned pause_ms = PAUSE_MIN_MS;
    while (!is_over(watcher)) {
        char text[512];
        int error =
            connection_connect(watcher->connection, watcher->topic_pointers, watcher->topic_count, text, sizeof text);
        if (error == SW_OK) {
            subscribe_live(watcher);
            (void)snprintf(text, sizeof text, "connected to %s as %s", watcher->options->broker.uri,
                           watcher->client_id);
            say_once(watcher, text);
            pause_ms = PAUSE_MIN_MS;
            error = receive_until_over(watcher);
            if (error == SW_ERROR_BROKER && commit(watcher) != SW_OK) return SW_ERROR_STORE;
            if (error == SW_OK) return SW_OK;
            if (error != SW_ERROR_BROKER) return error;
            (void)snprintf(text, sizeof text, "%s: the connection was lost", watcher->options->broker.uri);
        }
        say_once(watcher, text);
        pause_before_retry(watcher, &pause_ms);
    }
    return SW_OK;
}

static void summarise(const struct watcher *watcher)
{
    struct watch_counters counters = watch_counters(watcher->watch);
    (void)fprintf(
        stderr,
        "received %llu: alerts %llu, statuses %llu, areas %llu, incidents %llu, duplicates %llu, malformed %llu; "
        "gateways %u; receipts %llu\n",
        (unsigned long long)counters.received, (unsigned long long)counters.alerts,
        (unsigned long long)counters.statuses, (unsigned long long)counters.areas,
        (unsigned long long)counters.incidents, (unsigned long long)counters.duplicates,
        (unsigned long long)counters.malformed, counters.gateways, (unsigned long long)counters.receipts);
}

/* The client id is the session's name at the broker, so it must be the same after a restart, and another one for a
 * watch over something else. */
static void choose_client_id(struct watcher *watcher)
{
    const struct options *options = watcher->options;
    if (options->client_id)
        (void)snprintf(watcher->client_id, sizeof watcher->client_id, "%s", options->client_id);
    else
        (void)snprintf(watcher->client_id, sizeof watcher->client_id, "watch-%.40s",
                       options->city ? options->city : "all");
}

int run_watch(const struct options *options, const volatile sig_atomic_t *stop)
{
    static struct watcher watcher;
    char text[512] = "";
    watcher = (struct watcher){.options = options, .stop = stop};
    if (options->duration_s > 0) watcher.end_s = monotonic_s() + options->duration_s;
    choose_client_id(&watcher);
    list_topics(&watcher);
    bool to_stdout = options->json && strcmp(options->json, "-") == 0;
    struct watch_settings settings = {
        .options = options,
        .sentences = to_stdout ? NULL : stdout,
        .complaints = stderr,
        .ctx = &watcher,
        .acknowledge = on_acknowledge,
        .receipt = on_receipt,
    };
    watcher.connection = connection_new(&options->broker, watcher.client_id, true, text, sizeof text);
    if (watcher.connection) watcher.watch = watch_new(&settings, text, sizeof text);
    if (!watcher.watch) {
        (void)fprintf(stderr, "%s\n", text);
        connection_free(watcher.connection);
        return EXIT_USAGE;
    }
    if (!options->store) (void)fprintf(stderr, "no --store: alerts get no receipts\n");
    int error = watch_until_over(&watcher);
    summarise(&watcher);
    connection_free(watcher.connection);
    watch_free(watcher.watch);
    return error == SW_OK ? 0 : EXIT_FAILED;
}
