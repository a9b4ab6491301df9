/* One TCP connection of the field bus: a handle on the heap, since libuv keeps it after its line has let go of it. What
 * is received goes through one buffer that all connections of a pool share; what is sent is not queued. */
#ifndef FIELD_BUS_TCP_TCP_CONNECTION_H
#define FIELD_BUS_TCP_TCP_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct tcp_connection_pool {
    uv_loop_t *loop;
    uint32_t open;              /* handles on the heap that libuv still knows */
    void (*emptied)(void *ctx); /* the last of them has gone */
    void *ctx;
    char buffer[16384];
};

/* For all handles of the pool, which have been malloc()ed: counts one in, and closes and frees it. */
void tcp_connection_pool_take(struct tcp_connection_pool *pool);
void tcp_connection_pool_close(struct tcp_connection_pool *pool, uv_tcp_t *handle);

/* An owner closes the connection when it has got opened() with an error, or lost(). */
struct tcp_connection_events {
    void (*opened)(void *owner, int uv_error); /* of one that was dialled */
    void (*received)(void *owner, const uint8_t *bytes, size_t size);
    void (*lost)(void *owner, int uv_error); /* UV_EOF: the far side has hung up */
};

struct tcp_connection {
    uv_tcp_t tcp; /* first */
    uv_connect_t connect;
    struct tcp_connection_pool *pool;
    const struct tcp_connection_events *events;
    void *owner; /* NULL once it was closed */
};

/* Begins to connect; opened() follows. An error of libuv: then there is no connection and nothing follows. */
int tcp_connection_dial(struct tcp_connection_pool *pool, const struct sockaddr *address,
                        const struct tcp_connection_events *events, void *owner, struct tcp_connection **connection);

/* One that a listener has: its descriptor is the new connection's, and is closed on an error. */
int tcp_connection_adopt(struct tcp_connection_pool *pool, int descriptor, const struct tcp_connection_events *events,
                         void *owner, struct tcp_connection **connection);

/* Its events go to another owner from now on. */
void tcp_connection_give(struct tcp_connection *connection, const struct tcp_connection_events *events, void *owner);

/* False when not all of it was taken, since the far side takes nothing any more: the stream is then of no use. */
bool tcp_connection_send(struct tcp_connection *connection, const uint8_t *bytes, size_t size);

/* No event follows. */
void tcp_connection_close(struct tcp_connection *connection);

#endif
