/* One connection to the broker, from the first SYN to the end: libmosquitto driven by uv_poll on the loop's thread.
 *
 * A link lives for one connection and is never reused: libmosquitto would otherwise send what the last connection left
 * over by itself, beside the outbox that hands it over again. */
#ifndef GATEWAY_ADAPTERS_PUBLISHER_MQTT_LINK_H
#define GATEWAY_ADAPTERS_PUBLISHER_MQTT_LINK_H

#include <mosquitto.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "adapters/publisher_mqtt/tls_context.h"

/* Longest time from connect() to the broker's answer to the subscription. */
#define LINK_SETUP_TIMEOUT_MS 10000

#define LINK_SUBSCRIPTIONS_MAX 10

struct link_subscription {
    const char *topic;  /* must stay until the end; NULL = none */
    bool with_retained; /* what is retained there arrives as messages after the connect */
    bool optional;      /* the broker's answer is neither waited for nor told */
};

struct link_settings {
    const char *client_id;
    const char *address; /* numeric */
    uint16_t port;
    uint32_t keepalive_s;
    uint32_t send_maximum;
    const char *username, *password; /* NULL = none */
    struct tls_context *tls;         /* context NULL = no TLS; must outlive the link */
    const char *will_topic, *will;
    struct link_subscription subscriptions[LINK_SUBSCRIPTIONS_MAX]; /* QoS 1 */
};

/* Called from the loop, never from inside a link_...() call. */
struct link_events {
    void *ctx;
    /* The broker took the connection. What is published from here on reaches it. */
    void (*connected)(void *ctx);
    /* The broker has answered all subscriptions: NULL, or why the first one that was refused was, with its topic. */
    void (*subscribed)(void *ctx, const char *refused_topic, const char *refusal);
    /* The broker took (reason below 0x80) or refused a message. */
    void (*published)(void *ctx, int message_id, int reason);
    void (*message)(void *ctx, const struct mosquitto_message *message, const mosquitto_property *properties);
    /* It is over, the link is gone. Once, unless link_close() came first. */
    void (*ended)(void *ctx, bool refused, const char *text);
};

struct link;

/* Starts connecting. NULL and `text` when that is impossible at once. Settings are used during the call only, but for
 * the topics of subscriptions and `tls`, which must stay until the end. */
struct link *link_open(uv_loop_t *loop, const struct link_settings *settings, struct link_events events, char *text,
                       size_t text_size);

/* QoS 1. SW_OK and *message_id, SW_ERROR_NO_SPACE for a message larger than the broker takes, SW_ERROR_BUSY when the
 * connection is not there, SW_ERROR_INVALID_ARGUMENT for a topic that cannot be published to. */
int link_publish(struct link *link, const char *topic, const char *payload, bool retain,
                 const mosquitto_property *properties, int *message_id);

/* QoS 0, and only when the network has taken what was published before, but for a little (unsent.h); else
 * SW_ERROR_BUSY. published() is not called for it. Other errors as link_publish(). */
int link_publish_unconfirmed(struct link *link, const char *topic, const char *payload,
                             const mosquitto_property *properties);

/* Says goodbye; ended() comes when that is done. */
void link_disconnect(struct link *link);

/* Drops the connection without goodbye: the broker publishes the will. No event comes after. */
void link_close(struct link *link);

#endif
