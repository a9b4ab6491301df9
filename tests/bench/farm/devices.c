#include "farm/devices.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEADER_SIZE   7                 /* transaction, protocol, length, unit */
#define REQUEST_SIZE  (HEADER_SIZE + 5) /* function, address, count */
#define REGISTERS_MAX 125
#define REPLY_MAX     (HEADER_SIZE + 2 + 2 * REGISTERS_MAX)
#define BUFFER_SIZE   (20 * REQUEST_SIZE) /* requests under way on one connection */
#define EVENTS_MAX    256

struct connection {
    int fd;
    uint32_t index;
    uint32_t generation;   /* of the file descriptor: a late reply is not for the next connection that has it */
    int64_t busy_until_us; /* the line behind it */
    uint32_t held;         /* bytes in the buffer */
    uint8_t buffer[BUFFER_SIZE];
};

/* A reply that waits for its time. */
struct late_reply {
    struct connection *connection;
    uint32_t generation;
    uint8_t request[REQUEST_SIZE];
    int64_t due_us;
};

struct worker {
    const struct devices_plan *plan;
    struct board *board;
    int epoll, listener;
    struct connection **by_fd; /* kept for ever, used again */
    uint32_t fd_max;
    struct late_reply *late; /* a ring, the earliest first */
    uint32_t late_size, late_first, late_count;
};

static uint16_t read16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static void write16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static bool is_read(const uint8_t *request)
{
    uint16_t count = read16(request + 10);
    return read16(request + 2) == 0 && read16(request + 4) == REQUEST_SIZE - 6 &&
           (request[HEADER_SIZE] == 3 || request[HEADER_SIZE] == 4) && count >= 1 && count <= REGISTERS_MAX;
}

/* The device's index, or the count of devices when this unit does not answer. */
static uint32_t device_of(const struct worker *worker, const struct connection *connection, uint8_t unit)
{
    const struct devices_plan *plan = worker->plan;
    uint32_t none = worker->board->device_count;
    if (plan->units == 1) return connection->index;
    return unit >= 1 && unit <= plan->units ? connection->index * plan->units + unit - 1 : none;
}

static uint32_t reply_to(const struct worker *worker, const struct connection *connection, const uint8_t *request,
                         uint8_t *reply)
{
    uint32_t count = read16(request + 10);
    uint16_t value = board_told(worker->board, device_of(worker, connection, request[HEADER_SIZE - 1]), board_now_us());
    memcpy(reply, request, HEADER_SIZE + 1);
    write16(reply + 4, 3 + 2 * count);
    reply[HEADER_SIZE + 1] = (uint8_t)(2 * count);
    for (uint32_t i = 0; i < count; i++)
        write16(reply + HEADER_SIZE + 2 + 2 * i, value);
    return HEADER_SIZE + 2 + 2 * count;
}

static void drop(struct connection *connection)
{
    close(connection->fd);
    connection->generation++;
    connection->fd = -1;
}

static struct late_reply *late_at(const struct worker *worker, uint32_t place)
{
    return &worker->late[(worker->late_first + place) % worker->late_size];
}

/* The line behind a connection takes one request after the other. */
static int64_t take_line(struct connection *connection, uint32_t for_us, int64_t now_us)
{
    if (connection->busy_until_us < now_us) connection->busy_until_us = now_us;
    return connection->busy_until_us += for_us;
}

static void hold_back(struct worker *worker, struct connection *connection, const uint8_t *request, int64_t now_us)
{
    if (worker->late_count == worker->late_size) {
        atomic_fetch_add(&worker->board->counters.bad, 1);
        return;
    }
    struct late_reply late = {connection, connection->generation, {0}, 0};
    memcpy(late.request, request, REQUEST_SIZE);
    late.due_us = take_line(connection, worker->plan->delay_us, now_us);
    uint32_t place = worker->late_count++;
    for (; place > 0 && late_at(worker, place - 1)->due_us > late.due_us; place--)
        *late_at(worker, place) = *late_at(worker, place - 1);
    *late_at(worker, place) = late;
}

static void send_late(struct worker *worker)
{
    int64_t now_us = board_now_us();
    while (worker->late_count > 0 && worker->late[worker->late_first].due_us <= now_us) {
        struct late_reply *late = &worker->late[worker->late_first];
        worker->late_first = (worker->late_first + 1) % worker->late_size;
        worker->late_count--;
        if (late->connection->generation != late->generation) continue;
        uint8_t reply[REPLY_MAX];
        uint32_t size = reply_to(worker, late->connection, late->request, reply);
        if (send(late->connection->fd, reply, size, MSG_NOSIGNAL) != (ssize_t)size) drop(late->connection);
    }
}

/* Answers the whole requests in the buffer. False: this is not Modbus, or the client does not take the replies. */
static bool answer(struct worker *worker, struct connection *connection)
{
    uint8_t replies[BUFFER_SIZE / REQUEST_SIZE * REPLY_MAX];
    uint32_t at = 0, size = 0;
    int64_t now_us = board_now_us();
    for (; connection->held - at >= REQUEST_SIZE; at += REQUEST_SIZE) {
        const uint8_t *request = connection->buffer + at;
        uint8_t unit = request[HEADER_SIZE - 1];
        if (!is_read(request)) {
            atomic_fetch_add(&worker->board->counters.bad, 1);
            return false;
        }
        uint32_t device = device_of(worker, connection, unit);
        bool silent = connection->index < worker->plan->silent ||
                      (worker->plan->silent_unit > 0 && unit == worker->plan->silent_unit) ||
                      device >= worker->board->device_count;
        if (silent) {
            atomic_fetch_add_explicit(&worker->board->counters.ignored, 1, memory_order_relaxed);
            if (worker->plan->silence_us > 0) take_line(connection, worker->plan->silence_us, now_us);
            continue;
        }
        board_asked(worker->board, device, now_us);
        if (worker->plan->delay_us > 0)
            hold_back(worker, connection, request, now_us);
        else
            size += reply_to(worker, connection, request, replies + size);
    }
    connection->held -= at;
    memmove(connection->buffer, connection->buffer + at, connection->held);
    return size == 0 || send(connection->fd, replies, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static void on_readable(struct worker *worker, struct connection *connection)
{
    ssize_t got = recv(connection->fd, connection->buffer + connection->held, BUFFER_SIZE - connection->held, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got > 0) connection->held += (uint32_t)got;
    if (got <= 0 || !answer(worker, connection)) drop(connection);
}

static void on_client(struct worker *worker)
{
    int fd = accept4(worker->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
    struct sockaddr_in here = {0};
    socklen_t size = sizeof here;
    if (fd < 0) return;
    uint32_t index = 0;
    if (getsockname(fd, (struct sockaddr *)&here, &size) == 0)
        index = ntohl(here.sin_addr.s_addr) - DEVICES_FIRST_ADDRESS;
    if (index >= worker->board->device_count / worker->plan->units || (uint32_t)fd >= worker->fd_max) {
        close(fd);
        return;
    }
    struct connection **slot = &worker->by_fd[fd];
    if (!*slot) *slot = calloc(1, sizeof **slot);
    if (!*slot) abort();
    (*slot)->fd = fd;
    (*slot)->index = index;
    (*slot)->held = 0;
    (*slot)->busy_until_us = 0;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = *slot};
    if (epoll_ctl(worker->epoll, EPOLL_CTL_ADD, fd, &event) != 0) drop(*slot);
}

static int wait_ms(const struct worker *worker)
{
    if (worker->late_count == 0) return -1;
    int64_t us = worker->late[worker->late_first].due_us - board_now_us();
    return us <= 0 ? 0 : (int)((us + 999) / 1000);
}

static void *work(void *ctx)
{
    struct worker *worker = ctx;
    struct epoll_event events[EVENTS_MAX];
    for (;;) {
        int count = epoll_wait(worker->epoll, events, EVENTS_MAX, wait_ms(worker));
        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;
            if (!connection)
                on_client(worker);
            else if (connection->fd >= 0)
                on_readable(worker, connection);
        }
        send_late(worker);
    }
    return NULL;
}

/* All threads listen on one port; the kernel shares out the connections. */
static int listen_on(uint16_t *port)
{
    /* Not one address: a device is an address. Of the network outside nothing is taken, see on_client(). */
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(*port), .sin_addr = {htonl(INADDR_ANY)}};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 4096) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        close(fd);
        return -1;
    }
    *port = ntohs(address.sin_port);
    return fd;
}

static bool start_worker(const struct devices_plan *plan, struct board *board, uint16_t *port)
{
    struct worker *worker = calloc(1, sizeof *worker);
    if (!worker) return false;
    *worker = (struct worker){.plan = plan,
                              .board = board,
                              .epoll = epoll_create1(EPOLL_CLOEXEC),
                              .listener = listen_on(port),
                              .fd_max = (uint32_t)sysconf(_SC_OPEN_MAX),
                              .late_size = plan->delay_us > 0 ? board->device_count + 1 : 0};
    worker->by_fd = calloc(worker->fd_max, sizeof(struct connection *));
    worker->late = calloc(worker->late_size + 1, sizeof *worker->late);
    struct epoll_event event = {.events = EPOLLIN};
    pthread_t thread;
    return worker->by_fd && worker->late && worker->listener >= 0 &&
           epoll_ctl(worker->epoll, EPOLL_CTL_ADD, worker->listener, &event) == 0 &&
           pthread_create(&thread, NULL, work, worker) == 0;
}

uint16_t devices_start(const struct devices_plan *plan, struct board *board)
{
    uint16_t port = 0;
    for (uint32_t i = 0; i < plan->threads; i++)
        if (!start_worker(plan, board, &port)) return 0;
    return port;
}
