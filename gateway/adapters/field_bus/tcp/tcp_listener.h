/* A port that 4G units dial. Each sends a registration packet first; whoever sends none that a line has, in good time,
 * is hung up on. */
#ifndef FIELD_BUS_TCP_TCP_LISTENER_H
#define FIELD_BUS_TCP_TCP_LISTENER_H

#include "tcp_line.h"

struct tcp_listener;

/* Somebody who is not known has been hung up on: at most one in a while is told, with how many were not. */
struct tcp_listener_sink {
    void *ctx;
    void (*stranger)(void *ctx, const char *text);
};

/* NULL when memory is refused. Opens the port with its first step, and tries again when it cannot. */
struct tcp_listener *tcp_listener_new(struct tcp_shared *shared, const char *address, uint16_t port,
                                      struct tcp_listener_sink sink);
bool tcp_listener_is_at(const struct tcp_listener *listener, const char *address, uint16_t port);

/* A line whose unit dials here. False when memory is refused. */
bool tcp_listener_add(struct tcp_listener *listener, struct tcp_line *line);
void tcp_listener_remove(struct tcp_listener *listener, const struct tcp_line *line);
bool tcp_listener_is_unused(const struct tcp_listener *listener);

/* Frees it. Lines keep the connections they have. */
void tcp_listener_close(struct tcp_listener *listener);

#endif
