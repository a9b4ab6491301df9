#include "tcp_connection.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEEPALIVE_S 30

void tcp_connection_pool_take(struct tcp_connection_pool *pool)
{
    pool->open++;
}

static void on_closed(uv_handle_t *handle)
{
    struct tcp_connection_pool *pool = handle->data;
    free(handle);
    pool->open--;
    if (pool->open == 0) pool->emptied(pool->ctx);
}

void tcp_connection_pool_close(struct tcp_connection_pool *pool, uv_tcp_t *handle)
{
    handle->data = pool;
    uv_close((uv_handle_t *)handle, on_closed);
}

void tcp_connection_close(struct tcp_connection *connection)
{
    connection->owner = NULL;
    tcp_connection_pool_close(connection->pool, &connection->tcp);
}

static void on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct tcp_connection *connection = (struct tcp_connection *)handle;
    (void)suggested;
    *buffer = uv_buf_init(connection->pool->buffer, sizeof connection->pool->buffer);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    struct tcp_connection *connection = (struct tcp_connection *)stream;
    if (connection->owner == NULL || size == 0) return;
    if (size > 0)
        connection->events->received(connection->owner, (const uint8_t *)buffer->base, (size_t)size);
    else
        connection->events->lost(connection->owner, (int)size);
}

static void on_connected(uv_connect_t *request, int status)
{
    struct tcp_connection *connection = (struct tcp_connection *)request->handle;
    if (connection->owner == NULL) return;
    if (status == 0) status = uv_read_start((uv_stream_t *)&connection->tcp, on_buffer, on_read);
    connection->events->opened(connection->owner, status);
}

/* libmodbus waits for serial ports with select(), which cannot have descriptors from FD_SETSIZE on: those below are
 * left to it, as long as the process may have others. */
static int leave_low_descriptors(int descriptor)
{
    int high = fcntl(descriptor, F_DUPFD_CLOEXEC, FD_SETSIZE);
    if (high < 0) return descriptor;
    (void)close(descriptor);
    return high;
}

/* On an error there is nothing to close. */
static int open_over(struct tcp_connection_pool *pool, int descriptor, const struct tcp_connection_events *events,
                     void *owner, struct tcp_connection **out)
{
    struct tcp_connection *connection = malloc(sizeof *connection);
    int error = connection != NULL ? uv_tcp_init(pool->loop, &connection->tcp) : UV_ENOMEM;
    if (error != 0) {
        (void)close(descriptor);
        free(connection);
        return error;
    }
    connection->pool = pool;
    connection->events = events;
    connection->owner = owner;
    tcp_connection_pool_take(pool);
    descriptor = leave_low_descriptors(descriptor);
    error = uv_tcp_open(&connection->tcp, descriptor);
    if (error != 0) {
        (void)close(descriptor);
        tcp_connection_close(connection);
        return error;
    }
    (void)uv_tcp_nodelay(&connection->tcp, 1);
    (void)uv_tcp_keepalive(&connection->tcp, 1, KEEPALIVE_S);
    *out = connection;
    return 0;
}

int tcp_connection_dial(struct tcp_connection_pool *pool, const struct sockaddr *address,
                        const struct tcp_connection_events *events, void *owner, struct tcp_connection **out)
{
    int descriptor = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return uv_translate_sys_error(errno);
    int error = open_over(pool, descriptor, events, owner, out);
    if (error != 0) return error;
    error = uv_tcp_connect(&(*out)->connect, &(*out)->tcp, address, on_connected);
    if (error != 0) tcp_connection_close(*out);
    return error;
}

int tcp_connection_adopt(struct tcp_connection_pool *pool, int descriptor, const struct tcp_connection_events *events,
                         void *owner, struct tcp_connection **out)
{
    int error = open_over(pool, descriptor, events, owner, out);
    if (error != 0) return error;
    error = uv_read_start((uv_stream_t *)&(*out)->tcp, on_buffer, on_read);
    if (error != 0) tcp_connection_close(*out);
    return error;
}

void tcp_connection_give(struct tcp_connection *connection, const struct tcp_connection_events *events, void *owner)
{
    connection->events = events;
    connection->owner = owner;
}

bool tcp_connection_send(struct tcp_connection *connection, const uint8_t *bytes, size_t size)
{
    /* The only thing that libuv could do to the bytes is to read them. */
    uv_buf_t buffer = {.base = (char *)(uintptr_t)bytes, .len = size};
    return uv_try_write((uv_stream_t *)&connection->tcp, &buffer, 1) == (int)size;
}
