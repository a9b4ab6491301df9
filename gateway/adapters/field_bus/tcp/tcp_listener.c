#include "tcp_listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/name_lookup/host_port.h"

#define REGISTER_WITHIN_US ((int64_t)10 * 1000000)
#define OPEN_AGAIN_US      ((int64_t)5 * 1000000)
#define LATE_US            TCP_SCHEDULE_COARSEST_US
#define TELL_AGAIN_US      ((int64_t)60 * 1000000)
#define BACKLOG            128
#define GUESTS_MAX         64
#define SHOWN_BYTES        16

/* Whoever has dialled and not yet said who it is. */
struct guest {
    uv_tcp_t tcp;                  /* first */
    struct tcp_listener *listener; /* NULL once it is closing */
    int64_t until_us;
    uint8_t bytes[CONFIG_REGISTRATION_MAX];
    uint8_t size;
};

struct tcp_listener {
    struct tcp_schedule_item item;
    uv_tcp_t *port_handle; /* NULL: not open */
    struct tcp_shared *shared;
    struct tcp_listener_sink sink;
    char address[INET6_ADDRSTRLEN];
    uint16_t port;
    struct tcp_line **lines;
    uint32_t line_count, line_capacity;
    struct guest *guests[GUESTS_MAX]; /* the first one has been here longest */
    uint32_t guest_count;
    int64_t tell_from_us;
    uint32_t untold;
};

static void hang_up(struct guest *guest)
{
    struct tcp_listener *listener = guest->listener;
    uint32_t i = 0;
    while (listener->guests[i] != guest)
        i++;
    listener->guest_count--;
    memmove(&listener->guests[i], &listener->guests[i + 1], (listener->guest_count - i) * sizeof listener->guests[0]);
    guest->listener = NULL;
    tcp_connection_pool_close(&listener->shared->pool, &guest->tcp);
}

/* ---- strangers ---- */

static void peer_of(const struct guest *guest, char *text, size_t size)
{
    struct sockaddr_storage peer;
    int length = sizeof peer;
    text[0] = '\0';
    if (uv_tcp_getpeername(&guest->tcp, (struct sockaddr *)&peer, &length) != 0) return;
    if (peer.ss_family == AF_INET6)
        (void)uv_ip6_name((const struct sockaddr_in6 *)&peer, text, size);
    else
        (void)uv_ip4_name((const struct sockaddr_in *)&peer, text, size);
}

static void show(const struct guest *guest, char *text, size_t size)
{
    uint8_t shown = guest->size < SHOWN_BYTES ? guest->size : SHOWN_BYTES;
    size_t used = 0;
    for (uint8_t i = 0; i < shown; i++)
        used += (size_t)snprintf(text + used, size - used, " %02x", guest->bytes[i]);
}

static void refuse(struct guest *guest, const char *why)
{
    struct tcp_listener *listener = guest->listener;
    char peer[64], bytes[3 * SHOWN_BYTES + 1] = "", text[256];
    int64_t now = tcp_now_us();
    peer_of(guest, peer, sizeof peer);
    show(guest, bytes, sizeof bytes);
    hang_up(guest);
    if (now < listener->tell_from_us) {
        listener->untold++;
        return;
    }
    int used = snprintf(text, sizeof text, "%s: hung up on %s: %s",
                        host_port_of(listener->address, listener->port).text, peer, why);
    if (bytes[0] != '\0') used += snprintf(text + used, sizeof text - (size_t)used, ":%s", bytes);
    if (listener->untold > 0)
        snprintf(text + used, sizeof text - (size_t)used, " (and %u others before)", listener->untold);
    listener->tell_from_us = now + TELL_AGAIN_US;
    listener->untold = 0;
    listener->sink.stranger(listener->sink.ctx, text);
}

/* ---- registration ---- */

/* The line whose packet this begins with; *may_be: bytes that are still to come may make it one. */
static struct tcp_line *line_of(const struct tcp_listener *listener, const struct guest *guest, bool *may_be)
{
    *may_be = false;
    for (uint32_t i = 0; i < listener->line_count; i++) {
        const struct config_line *config = listener->lines[i]->context.config;
        bool whole = guest->size >= config->registration_size;
        if (memcmp(guest->bytes, config->registration, whole ? config->registration_size : guest->size) != 0) continue;
        if (whole) return listener->lines[i];
        *may_be = true;
    }
    return NULL;
}

static void hand_over(struct guest *guest, struct tcp_line *line)
{
    char peer[64];
    uv_os_fd_t descriptor;
    int copy = -1;
    peer_of(guest, peer, sizeof peer);
    if (uv_fileno((const uv_handle_t *)&guest->tcp, &descriptor) == 0) copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    hang_up(guest);
    if (copy >= 0) tcp_line_adopt(line, copy, peer);
}

static void on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct guest *guest = (struct guest *)handle;
    (void)suggested;
    *buffer = uv_buf_init((char *)guest->bytes + guest->size, (unsigned)(sizeof guest->bytes - guest->size));
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    struct guest *guest = (struct guest *)stream;
    bool may_be;
    (void)buffer;
    if (guest->listener == NULL || size == 0) return;
    if (size < 0) {
        refuse(guest, "gone without registration");
        return;
    }
    guest->size = (uint8_t)(guest->size + size);
    struct tcp_line *line = line_of(guest->listener, guest, &may_be);
    if (line != NULL)
        hand_over(guest, line);
    else if (!may_be)
        refuse(guest, "registration of no line");
}

static void on_dialled(uv_stream_t *server, int status)
{
    struct tcp_listener *listener = server->data;
    struct tcp_connection_pool *pool = &listener->shared->pool;
    if (status != 0) return;
    if (listener->guest_count == GUESTS_MAX) refuse(listener->guests[0], "others have come since");
    struct guest *guest = calloc(1, sizeof *guest);
    if (guest == NULL || uv_tcp_init(pool->loop, &guest->tcp) != 0) {
        free(guest);
        return;
    }
    tcp_connection_pool_take(pool);
    guest->listener = listener;
    guest->until_us = tcp_schedule_on_grid(&listener->shared->schedule, tcp_now_us() + REGISTER_WITHIN_US, LATE_US);
    listener->guests[listener->guest_count++] = guest;
    if (uv_accept(server, (uv_stream_t *)&guest->tcp) != 0 ||
        uv_read_start((uv_stream_t *)&guest->tcp, on_buffer, on_read) != 0)
        hang_up(guest);
    if (listener->guest_count > 0)
        tcp_schedule_at(&listener->shared->schedule, &listener->item, listener->guests[0]->until_us);
}

/* ---- the port ---- */

/* An error of libuv. */
static int open_port(struct tcp_listener *listener)
{
    struct tcp_connection_pool *pool = &listener->shared->pool;
    struct sockaddr_storage address;
    struct sockaddr *any = (struct sockaddr *)&address;
    int error = uv_ip4_addr(listener->address, listener->port, (struct sockaddr_in *)any);
    if (error != 0) error = uv_ip6_addr(listener->address, listener->port, (struct sockaddr_in6 *)any);
    if (error != 0) return error;
    uv_tcp_t *handle = malloc(sizeof *handle);
    if (handle == NULL || uv_tcp_init(pool->loop, handle) != 0) {
        free(handle);
        return UV_ENOMEM;
    }
    tcp_connection_pool_take(pool);
    handle->data = listener;
    error = uv_tcp_bind(handle, any, 0);
    if (error == 0) error = uv_listen((uv_stream_t *)handle, BACKLOG, on_dialled);
    if (error == 0)
        listener->port_handle = handle;
    else
        tcp_connection_pool_close(pool, handle);
    return error;
}

/* Once: what has been told of a line is not told again. */
static void tell_lines(const struct tcp_listener *listener, const char *why)
{
    char text[160];
    snprintf(text, sizeof text, "%s: %s", host_port_of(listener->address, listener->port).text, why);
    for (uint32_t i = 0; i < listener->line_count; i++)
        tcp_line_unreachable(listener->lines[i], text);
}

static void step(struct tcp_schedule_item *item)
{
    struct tcp_listener *listener = (struct tcp_listener *)item;
    int64_t now = tcp_now_us(), next_us = TCP_SCHEDULE_NEVER_US;
    int error = listener->port_handle == NULL ? open_port(listener) : 0;
    if (error != 0) next_us = tcp_schedule_on_grid(&listener->shared->schedule, now + OPEN_AGAIN_US, LATE_US);
    tell_lines(listener, error == 0 ? "the unit has not dialled in yet" : uv_strerror(error));
    while (listener->guest_count > 0 && listener->guests[0]->until_us <= now)
        refuse(listener->guests[0], "no registration in time");
    if (listener->guest_count > 0) next_us = listener->guests[0]->until_us;
    tcp_schedule_at(&listener->shared->schedule, item, next_us);
}

/* ---- life ---- */

struct tcp_listener *tcp_listener_new(struct tcp_shared *shared, const char *address, uint16_t port,
                                      struct tcp_listener_sink sink)
{
    struct tcp_listener *listener = calloc(1, sizeof *listener);
    if (listener == NULL) return NULL;
    *listener = (struct tcp_listener){.shared = shared, .port = port, .sink = sink};
    snprintf(listener->address, sizeof listener->address, "%s", address);
    if (tcp_schedule_add(&shared->schedule, &listener->item, step)) return listener;
    free(listener);
    return NULL;
}

bool tcp_listener_is_at(const struct tcp_listener *listener, const char *address, uint16_t port)
{
    return listener->port == port && strcmp(listener->address, address) == 0;
}

bool tcp_listener_add(struct tcp_listener *listener, struct tcp_line *line)
{
    if (listener->line_count == listener->line_capacity) {
        uint32_t capacity = listener->line_capacity == 0 ? 4 : 2 * listener->line_capacity;
        struct tcp_line **lines = realloc(listener->lines, capacity * sizeof(struct tcp_line *));
        if (lines == NULL) return false;
        listener->lines = lines;
        listener->line_capacity = capacity;
    }
    listener->lines[listener->line_count++] = line;
    tcp_schedule_at(&listener->shared->schedule, &listener->item, tcp_now_us());
    return true;
}

void tcp_listener_remove(struct tcp_listener *listener, const struct tcp_line *line)
{
    for (uint32_t i = 0; i < listener->line_count; i++)
        if (listener->lines[i] == line) listener->lines[i--] = listener->lines[--listener->line_count];
}

bool tcp_listener_is_unused(const struct tcp_listener *listener)
{
    return listener->line_count == 0;
}

void tcp_listener_close(struct tcp_listener *listener)
{
    while (listener->guest_count > 0)
        hang_up(listener->guests[0]);
    tcp_schedule_remove(&listener->shared->schedule, &listener->item);
    if (listener->port_handle != NULL) tcp_connection_pool_close(&listener->shared->pool, listener->port_handle);
    free(listener->lines);
    free(listener);
}
