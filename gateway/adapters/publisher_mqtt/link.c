#include "adapters/publisher_mqtt/link.h"

#include <errno.h>
#include <mqtt_protocol.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "adapters/publisher_mqtt/unsent.h"
#include "stillwater/error.h"
#include "stillwater/topics.h"

#define TICK_MS     1000
#define REFUSED_MIN 0x80 /* MQTT 5 §2.4: reason codes from here on are failures */

struct link {
    uv_poll_t poll;
    uv_timer_t tick;
    struct mosquitto *client;
    int descriptor; /* the socket that is polled */
    struct link_events events;
    struct link_subscription subscriptions[LINK_SUBSCRIPTIONS_MAX];
    int subscription_ids[LINK_SUBSCRIPTIONS_MAX];
    unsigned unanswered;       /* subscriptions */
    const char *refused_topic; /* the first one, NULL = none */
    int refused_reason;
    struct tls_context *tls;
    uint64_t deadline_ms; /* for the set-up; 0 once it is done */
    unsigned open_handles;
    int wanted;      /* events that are polled for */
    int unconfirmed; /* message id of what went out without confirmation and is not written whole; 0 = none */
    bool is_writing_unconfirmed;
    unsigned inside; /* libmosquitto is on the stack: it must not be destroyed */
    bool over;       /* nothing more will come from this connection */
    bool silent;     /* link_close() was called */
    bool finished;
    bool refused;
    bool is_set_up;  /* the broker has answered CONNECT */
    char text[512];  /* the first reason for the end */
    char trace[256]; /* last error libmosquitto logged */
};

/* The first thing said is kept: what follows follows from it. */
static void say(struct link *link, const char *what, const char *why)
{
    if (link->text[0] == '\0')
        (void)snprintf(link->text, sizeof link->text, "%.60s%s%.440s", what, why[0] != '\0' ? ": " : "", why);
}

/* Says why the connection ended. While TLS is set up the certificate comes first; then, with TLS 1.3, the broker looks
 * at ours only after we think the handshake done, and its reset may overtake the alert that would say why it objects.
 * So that likely reason is named. */
static void say_end(struct link *link, const char *why)
{
    char text[400];
    const struct tls_context *tls = link->tls;
    if (!tls->context || link->is_set_up) {
        say(link, why, "");
    } else if (tls->reason[0] != '\0') {
        say(link, "the broker's certificate is not accepted", tls->reason);
    } else if (tls->accepted) {
        (void)snprintf(text, sizeof text, "%s; the broker may %s", link->trace[0] != '\0' ? link->trace : why,
                       SSL_CTX_get0_certificate(tls->context) ? "not accept mqtt.tls.certificate_file"
                                                              : "want a client certificate, mqtt.tls.certificate_file");
        say(link, "TLS set-up", text);
    } else if (link->trace[0] != '\0') {
        say(link, "TLS set-up", link->trace);
    } else {
        say(link, why, "");
    }
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct link *link = handle->data;
    if (--link->open_handles == 0) free(link);
}

static void close_handles(struct link *link)
{
    if (!uv_is_closing((uv_handle_t *)&link->tick)) uv_close((uv_handle_t *)&link->tick, on_handle_closed);
    if (!uv_is_closing((uv_handle_t *)&link->poll)) uv_close((uv_handle_t *)&link->poll, on_handle_closed);
}

/* The end of the client comes before the handles': libmosquitto closes the socket, and libuv wants it unpolled by then.
 */
static void finish(struct link *link)
{
    if (link->finished) return;
    link->finished = true;
    uv_poll_stop(&link->poll);
    mosquitto_destroy(link->client);
    link->client = NULL;
    if (!link->silent) link->events.ended(link->events.ctx, link->refused, link->text);
    close_handles(link);
}

/* A reason of libmosquitto (below 0x80) or of the broker. libmosquitto has closed the socket by now. */
static void conclude(struct link *link, int reason)
{
    int system_error = errno;
    if (link->open_handles > 0) uv_poll_stop(&link->poll);
    link->over = true;
    if (reason >= REFUSED_MIN)
        say(link, "the broker ended the connection", mosquitto_reason_string(reason));
    else if (reason == MOSQ_ERR_KEEPALIVE) /* mosquitto_strerror() has no text for it */
        say(link, "no answer from the broker within the keepalive time", "");
    else if (reason == MOSQ_ERR_ERRNO && system_error != 0)
        say_end(link, strerror(system_error));
    else
        say_end(link, reason != MOSQ_ERR_SUCCESS ? mosquitto_strerror(reason) : "disconnected");
}

/* libmosquitto does not call back for every end: a TLS handshake that fails closes the socket and only returns. */
static void check_socket(struct link *link, int result)
{
    if (!link->over && mosquitto_socket(link->client) != link->descriptor) conclude(link, result);
}

static void on_poll(uv_poll_t *poll, int status, int events);

/* Wanted after every call into libmosquitto, for any of them may leave something to write. */
static void rearm(struct link *link)
{
    if (link->over) return;
    int wanted = UV_READABLE | (mosquitto_want_write(link->client) ? UV_WRITABLE : 0);
    /* libuv tells the kernel anew, in two system calls, even of what it polls for already. */
    if (wanted == link->wanted) return;
    link->wanted = wanted;
    if (uv_poll_start(&link->poll, wanted, on_poll) != 0) {
        say(link, "cannot watch the socket", "");
        link->over = true;
    }
}

static void settle(struct link *link)
{
    if (link->over)
        finish(link);
    else
        rearm(link);
}

/* What a failed connect() left on the socket; asking takes it away, so it is asked before libmosquitto is. */
static void note_socket_error(struct link *link)
{
    int error = 0;
    socklen_t size = sizeof error;
    int descriptor = mosquitto_socket(link->client);
    if (descriptor >= 0 && getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error != 0)
        say_end(link, strerror(error));
}

/* During a TLS handshake libmosquitto 2.0.11 takes a refused or reset connection for one that is still being made: it
 * waits, and the socket, being over, calls the loop without end. A socket with an event is connected or it is over. */
static void check_peer(struct link *link)
{
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    if (link->is_set_up || getpeername(link->descriptor, (struct sockaddr *)&peer, &size) == 0) return;
    note_socket_error(link);
    say_end(link, "the connection cannot be made");
    link->over = true;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct link *link = poll->data;
    link->inside++;
    check_peer(link);
    if (!link->over && status < 0) {
        note_socket_error(link);
        /* libuv has stopped watching; let libmosquitto find the end of the stream and close. */
        check_socket(link, mosquitto_loop_read(link->client, 1));
        if (!link->over) say(link, "the connection broke", "");
        link->over = true;
    }
    if (!link->over && (events & UV_READABLE)) check_socket(link, mosquitto_loop_read(link->client, 1));
    if (!link->over && (events & UV_WRITABLE)) check_socket(link, mosquitto_loop_write(link->client, 1));
    link->inside--;
    settle(link);
}

static void on_tick(uv_timer_t *timer)
{
    struct link *link = timer->data;
    link->inside++;
    if (!link->over) check_socket(link, mosquitto_loop_misc(link->client));
    link->inside--;
    if (!link->over && link->deadline_ms != 0 && uv_now(timer->loop) >= link->deadline_ms) {
        say(link, "no answer from the broker in time", "");
        link->over = true;
    }
    settle(link);
}

/* For calls from outside the loop's callbacks: the end is told later, not from under the caller. */
static void settle_later(struct link *link)
{
    if (link->inside > 0) return;
    if (link->over)
        (void)uv_timer_start(&link->tick, on_tick, 0, TICK_MS);
    else
        rearm(link);
}

static void refuse(struct link *link, int reason, const mosquitto_property *properties)
{
    char *more = NULL;
    (void)mosquitto_property_read_string(properties, MQTT_PROP_REASON_STRING, &more, false);
    char why[160];
    (void)snprintf(why, sizeof why, "%s%s%s", mosquitto_reason_string(reason), more ? ", " : "", more ? more : "");
    free(more);
    link->refused = true;
    say(link, "the broker refused the connection", why);
}

static bool subscribe(struct link *link)
{
    for (unsigned i = 0; i < LINK_SUBSCRIPTIONS_MAX; i++) {
        const struct link_subscription *subscription = &link->subscriptions[i];
        if (!subscription->topic) continue;
        int retained = subscription->with_retained ? 0 : (int)MQTT_SUB_OPT_SEND_RETAIN_NEVER;
        int error = mosquitto_subscribe_v5(link->client, &link->subscription_ids[i], subscription->topic, 1,
                                           MQTT_SUB_OPT_NO_LOCAL | retained, NULL);
        if (error != MOSQ_ERR_SUCCESS) {
            say(link, "cannot subscribe", mosquitto_strerror(error));
            link->over = true;
            return false;
        }
        if (!subscription->optional) link->unanswered++;
    }
    return true;
}

static void on_connect(struct mosquitto *client, void *ctx, int reason, int flags, const mosquitto_property *properties)
{
    struct link *link = ctx;
    (void)client;
    (void)flags;
    link->is_set_up = true;
    if (reason != 0) {
        refuse(link, reason, properties);
        return;
    }
    if (!subscribe(link)) return;
    if (!link->silent) link->events.connected(link->events.ctx);
}

static void on_subscribe(struct mosquitto *client, void *ctx, int message_id, int count, const int *granted,
                         const mosquitto_property *properties)
{
    struct link *link = ctx;
    (void)client;
    (void)properties;
    int reason = count < 1 ? REFUSED_MIN : granted[0];
    unsigned i = 0;
    while (i < LINK_SUBSCRIPTIONS_MAX && link->subscription_ids[i] != message_id)
        i++;
    if (i == LINK_SUBSCRIPTIONS_MAX || link->subscriptions[i].optional) return;
    if (reason >= REFUSED_MIN && !link->refused_topic) {
        link->refused_topic = link->subscriptions[i].topic;
        link->refused_reason = reason;
    }
    if (link->unanswered == 0 || --link->unanswered > 0) return;
    link->deadline_ms = 0;
    if (link->silent) return;
    link->events.subscribed(link->events.ctx, link->refused_topic,
                            link->refused_topic ? mosquitto_reason_string(link->refused_reason) : NULL);
}

static void on_publish(struct mosquitto *client, void *ctx, int message_id, int reason,
                       const mosquitto_property *properties)
{
    struct link *link = ctx;
    (void)client;
    (void)properties;
    if (link->is_writing_unconfirmed) return;
    if (message_id == link->unconfirmed) {
        link->unconfirmed = 0;
        return;
    }
    if (!link->silent) link->events.published(link->events.ctx, message_id, reason);
}

static void on_message(struct mosquitto *client, void *ctx, const struct mosquitto_message *message,
                       const mosquitto_property *properties)
{
    struct link *link = ctx;
    (void)client;
    if (!link->silent) link->events.message(link->events.ctx, message, properties);
}

static void on_disconnect(struct mosquitto *client, void *ctx, int reason, const mosquitto_property *properties)
{
    (void)client;
    (void)properties;
    conclude(ctx, reason);
}

/* The OpenSSL error of a broken handshake is told nowhere else. Its text is the part after the last colon. */
static void on_log(struct mosquitto *client, void *ctx, int level, const char *text)
{
    struct link *link = ctx;
    (void)client;
    if (level != MOSQ_LOG_ERR) return;
    const char *last = strrchr(text, ':');
    (void)snprintf(link->trace, sizeof link->trace, "%s", last && last[1] != '\0' ? last + 1 : text);
}

static void set_callbacks(struct mosquitto *client)
{
    mosquitto_connect_v5_callback_set(client, on_connect);
    mosquitto_subscribe_v5_callback_set(client, on_subscribe);
    mosquitto_publish_v5_callback_set(client, on_publish);
    mosquitto_message_v5_callback_set(client, on_message);
    mosquitto_disconnect_v5_callback_set(client, on_disconnect);
    mosquitto_log_callback_set(client, on_log);
}

static int set_will(struct mosquitto *client, const struct link_settings *settings)
{
    mosquitto_property *properties = NULL;
    int error = mosquitto_property_add_string(&properties, MQTT_PROP_CONTENT_TYPE, SW_CONTENT_TYPE_JSON);
    if (error == MOSQ_ERR_SUCCESS)
        error = mosquitto_will_set_v5(client, settings->will_topic, (int)strlen(settings->will), settings->will, 1,
                                      true, properties);
    /* On success libmosquitto keeps the list. */
    if (error != MOSQ_ERR_SUCCESS) mosquitto_property_free_all(&properties);
    return error;
}

static int set_options(struct mosquitto *client, const struct link_settings *settings)
{
    int error = mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    if (error == MOSQ_ERR_SUCCESS) error = mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
    if (error == MOSQ_ERR_SUCCESS)
        error = mosquitto_int_option(client, MOSQ_OPT_SEND_MAXIMUM, (int)settings->send_maximum);
    if (error == MOSQ_ERR_SUCCESS && settings->username)
        error = mosquitto_username_pw_set(client, settings->username, settings->password);
    if (error == MOSQ_ERR_SUCCESS && settings->tls->context) {
        error = mosquitto_void_option(client, MOSQ_OPT_SSL_CTX, settings->tls->context);
        if (error == MOSQ_ERR_SUCCESS) error = mosquitto_int_option(client, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
    }
    if (error == MOSQ_ERR_SUCCESS) error = set_will(client, settings);
    return error;
}

static int start_polling(struct link *link, uv_loop_t *loop)
{
    link->descriptor = mosquitto_socket(link->client);
    int error = uv_poll_init(loop, &link->poll, link->descriptor);
    if (error != 0) return error;
    link->poll.data = link;
    link->open_handles++;
    error = uv_timer_init(loop, &link->tick);
    if (error != 0) return error;
    link->tick.data = link;
    link->open_handles++;
    link->deadline_ms = uv_now(loop) + LINK_SETUP_TIMEOUT_MS;
    return uv_timer_start(&link->tick, on_tick, TICK_MS, TICK_MS);
}

struct link *link_open(uv_loop_t *loop, const struct link_settings *settings, struct link_events events, char *text,
                       size_t text_size)
{
    struct link *link = calloc(1, sizeof *link);
    if (!link) return NULL;
    link->events = events;
    memcpy(link->subscriptions, settings->subscriptions, sizeof link->subscriptions);
    link->tls = settings->tls;
    link->tls->reason[0] = '\0';
    link->tls->accepted = false;
    link->client = mosquitto_new(settings->client_id, true, link);
    int error = link->client ? set_options(link->client, settings) : MOSQ_ERR_NOMEM;
    if (error == MOSQ_ERR_SUCCESS) {
        set_callbacks(link->client);
        errno = 0;
        error = mosquitto_connect_async(link->client, settings->address, settings->port, (int)settings->keepalive_s);
    }
    if (error != MOSQ_ERR_SUCCESS && error != MOSQ_ERR_CONN_PENDING) {
        /* On a fast network the handshake may be over, and have failed, by now. */
        conclude(link, error);
        (void)snprintf(text, text_size, "%s", link->text);
        mosquitto_destroy(link->client);
        free(link);
        return NULL;
    }
    /* uv_poll_init and uv_timer_start fail for want of memory or descriptors only. */
    error = start_polling(link, loop);
    if (error != 0) {
        (void)snprintf(text, text_size, "%s", uv_strerror(error));
        mosquitto_destroy(link->client);
        if (link->open_handles == 0)
            free(link);
        else if (link->open_handles == 1)
            uv_close((uv_handle_t *)&link->poll, on_handle_closed);
        else
            close_handles(link);
        return NULL;
    }
    rearm(link);
    return link;
}

static int error_of(int error)
{
    switch (error) {
    case MOSQ_ERR_SUCCESS:
        return SW_OK;
    case MOSQ_ERR_INVAL:
    case MOSQ_ERR_MALFORMED_UTF8:
        return SW_ERROR_INVALID_ARGUMENT;
    case MOSQ_ERR_NOMEM:
    case MOSQ_ERR_PAYLOAD_SIZE:
    case MOSQ_ERR_OVERSIZE_PACKET:
        return SW_ERROR_NO_SPACE;
    default:
        return SW_ERROR_BUSY;
    }
}

int link_publish(struct link *link, const char *topic, const char *payload, bool retain,
                 const mosquitto_property *properties, int *message_id)
{
    if (link->over) return SW_ERROR_BUSY;
    link->inside++;
    int error =
        mosquitto_publish_v5(link->client, message_id, topic, (int)strlen(payload), payload, 1, retain, properties);
    check_socket(link, error);
    link->inside--;
    settle_later(link);
    return error_of(error);
}

static bool is_drained(const struct link *link)
{
    return !mosquitto_want_write(link->client) && unsent_is_little(link->descriptor);
}

/* libmosquitto tells in one and the same way of a message that has been written and of one that the broker has taken,
 * by message ids that begin anew after 65,535: what is not confirmed must not be taken for the confirmation of another
 * message. Nothing else is waiting to be written here, so that what is told during the call is about this message. */
int link_publish_unconfirmed(struct link *link, const char *topic, const char *payload,
                             const mosquitto_property *properties)
{
    int message_id = 0;
    if (link->over || !is_drained(link)) return SW_ERROR_BUSY;
    link->inside++;
    link->is_writing_unconfirmed = true;
    int error =
        mosquitto_publish_v5(link->client, &message_id, topic, (int)strlen(payload), payload, 0, false, properties);
    link->is_writing_unconfirmed = false;
    check_socket(link, error);
    if (!link->over && mosquitto_want_write(link->client)) link->unconfirmed = message_id;
    link->inside--;
    settle_later(link);
    return error_of(error);
}

void link_disconnect(struct link *link)
{
    if (link->over) return;
    link->inside++;
    if (mosquitto_disconnect_v5(link->client, MQTT_RC_NORMAL_DISCONNECTION, NULL) != MOSQ_ERR_SUCCESS)
        link->over = true;
    link->inside--;
    settle_later(link);
}

void link_close(struct link *link)
{
    link->silent = true;
    link->over = true;
    if (link->inside == 0) finish(link);
}
