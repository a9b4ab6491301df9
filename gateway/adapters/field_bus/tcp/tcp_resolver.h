/* Looks names up off the loop, one at a time: libuv has few threads for it, the broker's name waits for them too, and a
 * dead name server holds each for many seconds. */
#ifndef FIELD_BUS_TCP_TCP_RESOLVER_H
#define FIELD_BUS_TCP_TCP_RESOLVER_H

#include <uv.h>

#include "adapters/name_lookup/name_lookup.h"

struct tcp_resolver {
    uv_loop_t *loop;
    struct name_lookup *lookup; /* NULL = idle */
    void (*answered)(void *asker, int uv_error, const struct addrinfo *found);
    void *asker;             /* NULL: nobody waits for the answer any more */
    void (*idle)(void *ctx); /* after each answer; may ask for the next */
    void *ctx;
};

/* Only while it is idle. An error of libuv: then no answer follows. */
int tcp_resolver_ask(struct tcp_resolver *resolver, const char *host,
                     void (*answered)(void *asker, int uv_error, const struct addrinfo *found), void *asker);

/* Waits for no answer that is under way; none comes, nor idle(). */
void tcp_resolver_close(struct tcp_resolver *resolver);

/* Whoever asked wants no answer any more. */
void tcp_resolver_forget(struct tcp_resolver *resolver, const void *asker);

#endif
