/* How a line that dials comes by its connection: name, address, connect, and again after a pause that grows until a
 * unit has answered. An address that was good once is dialled while the name cannot be looked up. */
#ifndef FIELD_BUS_TCP_TCP_LINK_H
#define FIELD_BUS_TCP_TCP_LINK_H

#include <netinet/in.h>

#include "tcp_connection.h"
#include "tcp_resolver.h"

#define TCP_LINK_NEVER_US INT64_MAX

enum tcp_link_state {
    TCP_LINK_PAUSED,
    TCP_LINK_QUEUED, /* its name is to be looked up as soon as the resolver is idle */
    TCP_LINK_LOOKUP,
    TCP_LINK_DIALLING,
    TCP_LINK_OPEN,
};

struct tcp_link_events {
    void (*opened)(void *owner, struct tcp_connection *connection); /* which is the owner's from now on */
    void (*failed)(void *owner, const char *text);
};

struct tcp_link {
    const char *host;
    uint16_t port;
    enum tcp_link_state state;
    bool is_name;   /* host is one, no address */
    bool stale;     /* the address was of no use: the name is looked up first */
    uint32_t tries; /* that have failed: each goes to the next of a name's addresses */
    union {
        struct sockaddr any; /* sa_family is AF_UNSPEC while none is known */
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address;
    int64_t due_us; /* paused: of the next try; dialling: when it is given up */
    int64_t pause_us;
    uint32_t random;
    struct tcp_connection *dialling;
    struct tcp_connection_pool *pool;
    struct tcp_resolver *resolver;
    const struct tcp_link_events *events;
    void *owner;
};

/* The first try is at link->due_us, which is the caller's to set. */
void tcp_link_init(struct tcp_link *link, const char *host, uint16_t port, uint32_t seed,
                   struct tcp_connection_pool *pool, struct tcp_resolver *resolver,
                   const struct tcp_link_events *events, void *owner);

/* What is due now; returns when it wants to be called next. */
int64_t tcp_link_step(struct tcp_link *link, int64_t now_us);

/* The connection it opened has gone. */
void tcp_link_lost(struct tcp_link *link, int64_t now_us);

/* A unit has answered: the next pause is a short one. */
void tcp_link_proved(struct tcp_link *link);

/* Nothing follows. */
void tcp_link_close(struct tcp_link *link);

#endif
