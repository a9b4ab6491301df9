/* Port: the way to the city. Implementation: adapters/publisher_mqtt/ (libmosquitto on the loop, MQTT 5). */
#ifndef GATEWAY_PORTS_PUBLISHER_H
#define GATEWAY_PORTS_PUBLISHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "config/gateway_config.h"

/* A message on the gateway's command topic. Pointers are valid during the call. */
struct publisher_command {
    const char *payload; /* not terminated */
    size_t payload_size;
    const char *response_topic; /* NULL = none */
    const uint8_t *correlation; /* NULL = none */
    size_t correlation_size;
};

/* What is retained at the broker, by kinds that a broker's access list may permit one by one. */
enum publisher_retained {
    PUBLISHER_AREAS,
    PUBLISHER_STATES,
    PUBLISHER_INCIDENTS,
    PUBLISHER_HOMES,     /* what families see */
    PUBLISHER_DISCOVERY, /* how Home Assistant learns of homes; below mqtt.discovery_prefix */
    PUBLISHER_RETAINED_COUNT
};

/* Whose readings a message of publisher_send_telemetry() has: a topic each, which a broker may permit one by one. */
enum publisher_telemetry { PUBLISHER_TELEMETRY_SITES, PUBLISHER_TELEMETRY_HOMES, PUBLISHER_TELEMETRY_COUNT };

struct publisher_events {
    void *ctx;
    /* Changes only (up, down, or the reason for it); `text` says what the broker or the network said. */
    void (*link)(void *ctx, bool up, const char *text);
    /* PUBACK: the broker has taken the message handed over with this token. It may lose it yet. */
    void (*taken)(void *ctx, int64_t token);
    /* The broker has taken or refused (not permitted) a message of publisher_send_cap(). NULL = not wanted. */
    void (*cap_done)(void *ctx, bool taken);
    /* A message on the gateway's receipt topic: not retained, not terminated, valid during the call. Comes with
     * CONFIG_DONE_ON_RECEIPT only. */
    void (*receipt)(void *ctx, const char *payload, size_t size);
    void (*command)(void *ctx, const struct publisher_command *command);
    /* The broker has taken or refused (not permitted) a message of publisher_set_retained(). NULL = not wanted. */
    void (*retained_done)(void *ctx, enum publisher_retained kind, bool taken);
    /* The same of the first message of publisher_send_telemetry() on a connection. NULL = not wanted. */
    void (*telemetry_done)(void *ctx, enum publisher_telemetry of, bool taken);
    /* After a connect: the broker holds a message on this topic, which is one of ours, from now or from an earlier run.
     * NULL = not wanted. */
    void (*retained_kept)(void *ctx, enum publisher_retained kind, const char *topic);
    /* Home Assistant has come online and asks what there is. NULL = not wanted. */
    void (*birth)(void *ctx);
    /* The city's weather warning, at each connect and when it changes; size 0: it has been taken back. `payload` is not
     * terminated, and valid during the call. May be NULL. */
    void (*weather)(void *ctx, const char *payload, size_t size);
    /* Somebody reports something: `source` and `who` are the last levels of the topic (worker or citizen; the worker or
     * the portal), terminated and valid during the call. NULL = not wanted. */
    void (*report)(void *ctx, const char *source, const char *who, const struct publisher_command *report);
};

struct publisher_counters {
    uint64_t connects, refusals, published, pubacks, commands, weather, telemetry;
};

struct publisher;

/* Can a publisher be started with it? Reads the files that `config` names and connects to nobody. `text` gets the
 * reason. */
int publisher_check(const struct gateway_config *config, char *text, size_t text_size);

/* Starts connecting and keeps at it, with back-off and jitter, until closed. `will` is the retained status message the
 * broker sends out when the gateway is lost; copied. `text` gets the reason on error (TLS files and the like). */
int publisher_start(uv_loop_t *loop, const struct gateway_config *config, const char *will,
                    struct publisher_events events, struct publisher **publisher, char *text, size_t text_size);

/* Goes over to what `config` says of MQTT. Where broker, name, password or limits differ the link is lost, as the will
 * tells, and made anew; where only the contents of certificates do, the next connection has them. SW_OK, or an error as
 * of publisher_start(), and nothing has changed. City and gateway are the same. */
int publisher_apply(struct publisher *publisher, const struct gateway_config *config, char *text, size_t text_size);

/* True when another alert may be handed over (link up, fewer than config->mqtt.inflight under way). */
bool publisher_ready(const struct publisher *publisher);

/* QoS 1. The token comes back in taken(). After a lost link those not taken must be handed over again. `replayed` marks
 * what was, or may have been, sent before, or is told late.
 * SW_ERROR_BUSY when not ready. SW_ERROR_NO_SPACE for a message larger than the broker takes, SW_ERROR_INVALID_ARGUMENT
 * for a topic that cannot be published to: such a message will never go. */
int publisher_send(struct publisher *publisher, const char *topic, const char *payload, int64_t token, bool replayed);

/* An alert that its gateway cannot store: QoS 1, without a token and without a receipt. Not sent again by itself; once
 * stored it goes the usual way. SW_ERROR_BUSY when it has to wait. */
int publisher_send_unstored(struct publisher *publisher, const char *topic, const char *payload);

/* The same alert as CAP, right before publisher_send() of `payload`: a broker handles what comes in one connection in
 * its order, so that it has had this when the alert is confirmed. QoS 1. Errors as publisher_send(). */
int publisher_send_cap(struct publisher *publisher, const char *topic, const char *cap, const char *payload,
                       bool replayed);

/* The retained status. Kept and sent again after each connect. */
int publisher_set_status(struct publisher *publisher, const char *payload);

/* A retained message; "" takes it from the broker. QoS 1. Not kept: after each connect the caller hands all of them
 * over again. SW_ERROR_BUSY when the link is down or as many of the kind are under way as may be: after the next
 * retained_done(). Until the broker has taken the first one of a kind and connection that is one: mosquitto 2.0.11
 * closes the connection over a message it does not permit, alerts under way included. */
#define PUBLISHER_RETAINED_UNDER_WAY_MAX 16
int publisher_set_retained(struct publisher *publisher, enum publisher_retained kind, const char *topic,
                           const char *payload);

/* Readings, not retained. QoS 0: nothing tells whether it has arrived. But the first one of each on a connection goes
 * with QoS 1 and alone, for the broker may close the connection over it (see publisher_set_retained). SW_ERROR_BUSY
 * when the link is down, that one has no answer yet, or the network has not yet taken what was handed over before, but
 * for a little: what is sent the other ways never waits behind more than that and one such message. SW_ERROR_NO_SPACE
 * for a message larger than the broker takes. */
int publisher_send_telemetry(struct publisher *publisher, enum publisher_telemetry of, const char *topic,
                             const char *payload);

/* Answer to a command: to command/result, and to the response topic when there is one below stillwater/<city>/centre/.
 * Both carry the correlation data. SW_ERROR_BUSY when the link is down: the answer is lost, the alert's next revision
 * still tells what became of the command. */
int publisher_reply(struct publisher *publisher, const struct publisher_command *command, const char *payload);

struct publisher_counters publisher_counters(const struct publisher *publisher);

/* Sends `last_status` (retained), disconnects, calls closed() from the loop. */
void publisher_close(struct publisher *publisher, const char *last_status, void (*closed)(void *ctx), void *ctx);

#endif
