#include "farm/subscriber.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "farm/scan.h"

#define BUFFER_SIZE (4u << 20) /* a message is smaller */
#define PUBLISH     3

struct subscriber {
    struct board *board;
    int fd;
    _Atomic bool paused;
    uint8_t *buffer;
    size_t held;
};

/* One PUBLISH without its fixed header. */
static void on_publish(struct board *board, const uint8_t *body, size_t size, int64_t now_us)
{
    size_t topic_size = size >= 2 ? (size_t)(body[0] << 8 | body[1]) : 0;
    board->counters.messages++;
    if (size < 2 || size - 2 < topic_size) {
        board->counters.foreign++;
        return;
    }
    const char *topic = (const char *)body + 2;
    scan_message(board, topic, topic_size, topic + topic_size, size - 2 - topic_size, now_us);
}

/* The size of the packet's fixed header, 0 when more of it has to come. */
static size_t header(const uint8_t *packet, size_t held, size_t *body)
{
    *body = 0;
    for (size_t i = 1; i < held && i <= 4; i++) {
        *body |= (size_t)(packet[i] & 0x7f) << (7 * (i - 1));
        if (!(packet[i] & 0x80)) return i + 1;
    }
    return 0;
}

static void take_packets(struct subscriber *subscriber)
{
    int64_t now_us = board_now_us();
    size_t at = 0, body;
    pthread_mutex_lock(&subscriber->board->lock);
    for (;;) {
        const uint8_t *packet = subscriber->buffer + at;
        size_t before = header(packet, subscriber->held - at, &body);
        if (before == 0 || subscriber->held - at < before + body) break;
        if (packet[0] >> 4 == PUBLISH) on_publish(subscriber->board, packet + before, body, now_us);
        at += before + body;
    }
    subscriber->board->counters.bytes += at;
    pthread_mutex_unlock(&subscriber->board->lock);
    subscriber->held -= at;
    memmove(subscriber->buffer, subscriber->buffer + at, subscriber->held);
}

static void *work(void *ctx)
{
    struct subscriber *subscriber = ctx;
    for (;;) {
        if (atomic_load(&subscriber->paused)) {
            poll(NULL, 0, 10);
            continue;
        }
        struct pollfd readable = {subscriber->fd, POLLIN, 0};
        if (poll(&readable, 1, 100) <= 0) continue; /* from time to time: is it paused? */
        ssize_t got = recv(subscriber->fd, subscriber->buffer + subscriber->held, BUFFER_SIZE - subscriber->held, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) {
            fputs("farm: the broker has ended the connection\n", stderr);
            return NULL;
        }
        subscriber->held += (size_t)got;
        take_packets(subscriber);
    }
}

static bool say(int fd, const uint8_t *packet, size_t size)
{
    return send(fd, packet, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static bool hear(int fd, uint8_t type, size_t size)
{
    uint8_t answer[8];
    return recv(fd, answer, size, MSG_WAITALL) == (ssize_t)size && answer[0] == type;
}

static bool subscribe(int fd, const char *topic)
{
    uint8_t packet[160] = {0x82, 0, 0, 1, 0};
    size_t length = strlen(topic);
    if (length > 120) return false;
    packet[1] = (uint8_t)(length + 5);
    packet[5] = (uint8_t)length;
    memcpy(packet + 6, topic, length);
    packet[6 + length] = 0;
    return say(fd, packet, length + 7) && hear(fd, 0x90, 5);
}

/* A clean session, no keepalive. */
static bool introduce(int fd)
{
    static const uint8_t connect[] = {0x10, 16, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0, 4, 'f', 'a', 'r', 'm'};
    return say(fd, connect, sizeof connect) && hear(fd, 0x20, 4);
}

struct subscriber *subscriber_start(uint16_t port, const char *topics, struct board *board)
{
    struct sockaddr_in broker = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct subscriber *subscriber = calloc(1, sizeof *subscriber);
    char *list = strdup(topics), *rest = NULL;
    pthread_t thread;
    int on = 1;
    if (!subscriber || !list) return NULL;
    subscriber->board = board;
    subscriber->buffer = malloc(BUFFER_SIZE);
    subscriber->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(subscriber->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (!subscriber->buffer || connect(subscriber->fd, (struct sockaddr *)&broker, sizeof broker) != 0 ||
        !introduce(subscriber->fd))
        return NULL;
    for (char *topic = strtok_r(list, ",", &rest); topic; topic = strtok_r(NULL, ",", &rest))
        if (!subscribe(subscriber->fd, topic)) return NULL;
    free(list);
    return pthread_create(&thread, NULL, work, subscriber) == 0 ? subscriber : NULL;
}

void subscriber_pause(struct subscriber *subscriber, bool paused)
{
    atomic_store(&subscriber->paused, paused);
}
