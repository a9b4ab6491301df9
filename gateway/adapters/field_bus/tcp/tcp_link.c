#include "tcp_link.h"

#include <stdio.h>
#include <string.h>

#include "adapters/name_lookup/host_port.h"

#define PAUSE_FIRST_US    ((int64_t)200 * 1000)
#define PAUSE_LONGEST_US  ((int64_t)30 * 1000000)
#define CONNECT_WITHIN_US ((int64_t)5 * 1000000)

void tcp_link_init(struct tcp_link *link, const char *host, uint16_t port, uint32_t seed,
                   struct tcp_connection_pool *pool, struct tcp_resolver *resolver,
                   const struct tcp_link_events *events, void *owner)
{
    *link = (struct tcp_link){.host = host,
                              .port = port,
                              .random = seed | 1,
                              .pool = pool,
                              .resolver = resolver,
                              .events = events,
                              .owner = owner};
    link->is_name = uv_ip4_addr(host, port, &link->address.v4) != 0 && uv_ip6_addr(host, port, &link->address.v6) != 0;
    if (link->is_name) link->address.any.sa_family = AF_UNSPEC;
}

/* Half of the pause to one and a half of it: what was cut off together comes back one after the other. */
static int64_t with_jitter(struct tcp_link *link, int64_t pause_us)
{
    link->random ^= link->random << 13;
    link->random ^= link->random >> 17;
    link->random ^= link->random << 5;
    return pause_us / 2 + pause_us * (link->random % 1024) / 1024;
}

static void pause_before_next(struct tcp_link *link, int64_t now_us)
{
    link->pause_us = link->pause_us == 0 ? PAUSE_FIRST_US : 2 * link->pause_us;
    if (link->pause_us > PAUSE_LONGEST_US) link->pause_us = PAUSE_LONGEST_US;
    link->due_us = now_us + with_jitter(link, link->pause_us);
    link->state = TCP_LINK_PAUSED;
}

static int64_t now_us(void)
{
    return (int64_t)(uv_hrtime() / 1000);
}

static void failed(struct tcp_link *link, const char *why)
{
    char text[160];
    snprintf(text, sizeof text, "%s: %s", host_port_of(link->host, link->port).text, why);
    link->stale = true;
    link->tries++;
    pause_before_next(link, now_us());
    link->events->failed(link->owner, text);
}

static void on_opened(void *owner, int uv_error)
{
    struct tcp_link *link = owner;
    struct tcp_connection *connection = link->dialling;
    link->dialling = NULL;
    if (uv_error != 0) {
        tcp_connection_close(connection);
        failed(link, uv_strerror(uv_error));
        return;
    }
    link->state = TCP_LINK_OPEN;
    link->stale = false;
    link->events->opened(link->owner, connection);
}

/* Reading begins with opened(), and with that the connection is the line's. */
static const struct tcp_connection_events while_dialling = {.opened = on_opened};

static void dial(struct tcp_link *link)
{
    int error = tcp_connection_dial(link->pool, &link->address.any, &while_dialling, link, &link->dialling);
    if (error != 0) {
        failed(link, uv_strerror(error));
        return;
    }
    link->state = TCP_LINK_DIALLING;
    link->due_us = now_us() + CONNECT_WITHIN_US;
}

static bool has_address(const struct tcp_link *link)
{
    return link->address.any.sa_family != AF_UNSPEC;
}

/* A name may have several addresses, as of IPv6 and IPv4, and whoever is meant may listen at one of them alone. */
static const struct sockaddr *choose_address(const struct tcp_link *link, const struct addrinfo *found)
{
    uint32_t count = 0;
    for (const struct addrinfo *at = found; at != NULL; at = at->ai_next)
        count++;
    for (uint32_t skip = link->tries % count; skip > 0; skip--)
        found = found->ai_next;
    return found->ai_addr;
}

static void take_address(struct tcp_link *link, const struct sockaddr *address)
{
    size_t size = address->sa_family == AF_INET ? sizeof link->address.v4 : sizeof link->address.v6;
    memcpy(&link->address, address, size);
    if (address->sa_family == AF_INET)
        link->address.v4.sin_port = htons(link->port);
    else
        link->address.v6.sin6_port = htons(link->port);
}

static void on_answered(void *asker, int uv_error, const struct addrinfo *found)
{
    struct tcp_link *link = asker;
    if (uv_error == 0) take_address(link, choose_address(link, found));
    if (has_address(link))
        dial(link);
    else
        failed(link, uv_strerror(uv_error));
}

static void look_up(struct tcp_link *link)
{
    int error = tcp_resolver_ask(link->resolver, link->host, on_answered, link);
    if (error == 0)
        link->state = TCP_LINK_LOOKUP;
    else
        failed(link, uv_strerror(error));
}

static void try_now(struct tcp_link *link)
{
    bool wants_lookup = link->is_name && (link->stale || !has_address(link));
    if (wants_lookup && link->resolver->lookup == NULL)
        look_up(link);
    else if (has_address(link))
        dial(link);
    else
        link->state = TCP_LINK_QUEUED;
}

static int64_t next_us(const struct tcp_link *link)
{
    bool timed = link->state == TCP_LINK_PAUSED || link->state == TCP_LINK_DIALLING;
    return timed ? link->due_us : TCP_LINK_NEVER_US;
}

int64_t tcp_link_step(struct tcp_link *link, int64_t now)
{
    bool timed = next_us(link) <= now;
    if (timed && link->state == TCP_LINK_DIALLING) {
        tcp_connection_close(link->dialling);
        link->dialling = NULL;
        failed(link, "no answer");
    } else if (timed || (link->state == TCP_LINK_QUEUED && link->resolver->lookup == NULL)) {
        try_now(link);
    }
    return next_us(link);
}

void tcp_link_lost(struct tcp_link *link, int64_t now)
{
    pause_before_next(link, now);
}

void tcp_link_proved(struct tcp_link *link)
{
    link->pause_us = 0;
}

void tcp_link_close(struct tcp_link *link)
{
    tcp_resolver_forget(link->resolver, link);
    if (link->dialling != NULL) tcp_connection_close(link->dialling);
    link->dialling = NULL;
    link->state = TCP_LINK_OPEN;
}
