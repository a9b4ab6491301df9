/* The centre's connection: paho's synchronous client without callbacks, so everything happens in the calls below and no
 * thread of paho's runs. It does not reconnect by itself; whoever owns it does. */
#ifndef GATEWAY_CENTRE_CONNECTION_H
#define GATEWAY_CENTRE_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "centre/options.h"
#include "stillwater/topics.h"

/* How long the broker keeps our subscriptions and what arrives for them while we are away. As long as the longest
 * `expires` of an alert: what is older is of no use. */
#define CONNECTION_SESSION_S 604800u

#define CONNECTION_CORRELATION_SIZE 17

struct connection;

/* Reads password and checks TLS files. NULL and `text` when something is wrong with them. */
struct connection *connection_new(const struct broker_options *broker, const char *client_id, bool keep_session,
                                  char *text, size_t text_size);
void connection_free(struct connection *connection); /* disconnects; a kept session stays at the broker */

/* Connects and subscribes (QoS 1). SW_OK, or SW_ERROR_BROKER and what
 * the broker or the network said. Blocks for some seconds at most. */
int connection_connect(struct connection *connection, const char *const *topics, size_t topic_count, char *text,
                       size_t text_size);

/* After a connect, QoS 0: what comes meanwhile is not kept for us, for it would crowd out what is, and what is retained
 * comes at each connect. A refusal leaves the connection as it is. */
int connection_subscribe_live(struct connection *connection, const char *topic, char *text, size_t text_size);

struct connection_message {
    char *topic;
    const char *payload;
    size_t size;
    char response_topic[SW_TOPIC_SIZE];            /* "" = none, or longer than any of ours */
    char correlation[CONNECTION_CORRELATION_SIZE]; /* "" = none, or not one of ours */
    void *inner;
};

/* Waits up to timeout_ms. 1 and a message (release it), 0 none, SW_ERROR_BROKER when the connection is lost. */
int connection_receive(struct connection *connection, unsigned timeout_ms, struct connection_message *message);
void connection_release(struct connection_message *message);

/* QoS 1, JSON, with response topic and correlation data. SW_OK when it is on its way. */
int connection_request(struct connection *connection, const char *topic, const char *body, const char *response_topic,
                       const char *correlation);

/* QoS 0, JSON: one that is lost is asked for again. At QoS 1 mosquitto 2.0.11 would close the connection of a centre
 * that may not publish there. */
int connection_tell(struct connection *connection, const char *topic, const char *body);

/* QoS 1, JSON, retained. SW_OK when the broker has taken it, SW_ERROR_BROKER when it has not within timeout_ms. */
int connection_retain(struct connection *connection, const char *topic, const char *body, unsigned timeout_ms);

#endif
