#include "wire/wire.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "stillwater/error.h"

#define COMMAND_MAX 128

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- control ---- */

int wire_open_control(struct wire *wire, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat old;
    errno = ENAMETOOLONG;
    if (strlen(path) >= sizeof address.sun_path) return SW_ERROR_SYSTEM;
    strcpy(address.sun_path, path);
    /* A socket left by an earlier run is in the way; anything else is somebody's. */
    if (lstat(path, &old) == 0 && S_ISSOCK(old.st_mode)) unlink(path);
    wire->control_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (wire->control_fd < 0) return SW_ERROR_SYSTEM;
    if (bind(wire->control_fd, (const struct sockaddr *)&address, sizeof address) == 0) return SW_OK;
    int error = errno;
    close(wire->control_fd);
    wire->control_fd = -1;
    errno = error;
    return SW_ERROR_SYSTEM;
}

void wire_close_control(struct wire *wire, const char *path)
{
    if (wire->control_fd < 0) return;
    close(wire->control_fd);
    wire->control_fd = -1;
    unlink(path);
}

static void set_cut(struct wire *wire, bool cut)
{
    wire->cut = cut;
    for (unsigned from = 0; from < WIRE_ENDS && cut; from++) {
        wire->path[from].dropped += byte_ring_count(&wire->path[from].ring);
        byte_ring_clear(&wire->path[from].ring);
    }
}

static bool read_count(const char *text, uint64_t *count)
{
    char *end;
    *count = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0';
}

int wire_command(struct wire *wire, const char *text)
{
    char word[16] = "", number[24] = "", from[8] = "", rest[8] = "";
    uint64_t count = 0;
    int found = sscanf(text, "%15s %23s %7s %7s", word, number, from, rest);
    bool cut = strcmp(word, "cut") == 0, join = strcmp(word, "join") == 0;
    bool drop = strcmp(word, "drop-next") == 0, corrupt = strcmp(word, "corrupt-next") == 0;
    bool a = strcmp(from, "a") == 0, b = strcmp(from, "b") == 0;
    if ((cut || join) && found == 1) {
        set_cut(wire, cut);
        return SW_OK;
    }
    if ((!drop && !corrupt) || !read_count(number, &count) || found > 3 || (found == 3 && !a && !b))
        return SW_ERROR_MALFORMED;
    for (unsigned i = 0; i < WIRE_ENDS; i++) {
        if (found == 3 && a != (i == WIRE_A)) continue;
        if (drop) wire->path[i].drop_next = count;
        if (corrupt) wire->path[i].corrupt_next = count;
    }
    return SW_OK;
}

static void read_commands(struct wire *wire)
{
    char text[COMMAND_MAX + 1];
    ssize_t size;
    while ((size = recv(wire->control_fd, text, COMMAND_MAX, 0)) >= 0) {
        text[size] = '\0';
        if (wire_command(wire, text) != SW_OK)
            fprintf(stderr, "control: found \"%s\", expected cut, join, drop-next N [a|b] or corrupt-next N [a|b]\n",
                    text);
    }
}

/* ---- bytes ---- */

static bool paced(const struct wire *wire)
{
    return wire->byte_ns > 0;
}

/* One byte enters the line. */
static void admit(struct wire *wire, struct wire_path *path, uint8_t byte, uint64_t at_ns)
{
    if (wire->cut || path->drop_next > 0) {
        if (!wire->cut) path->drop_next--;
        path->dropped++;
        return;
    }
    if (path->corrupt_next > 0) {
        path->corrupt_next--;
        path->corrupted++;
        byte ^= 0x24;
    }
    /* A byte has passed one byte time after it, or the one ahead of it, began. */
    if (byte_ring_count(&path->ring) == 0) {
        path->due_ns = (path->due_ns > at_ns ? path->due_ns : at_ns) + wire->byte_ns;
        path->progress_us = at_ns / 1000u;
    }
    byte_ring_push(&path->ring, byte);
}

static void receive(struct wire *wire, unsigned from)
{
    struct wire_path *path = &wire->path[from];
    uint8_t bytes[4096];
    uint64_t at_ns = now_ns();
    size_t room = byte_ring_room(&path->ring);
    size_t got = wire_end_read(&wire->end[from], bytes, room < sizeof bytes ? room : sizeof bytes, at_ns / 1000u);
    for (size_t i = 0; i < got; i++)
        admit(wire, path, bytes[i], at_ns);
}

/* How many of the waiting bytes have passed by now. */
static size_t arrived(const struct wire *wire, const struct wire_path *path, uint64_t at_ns)
{
    size_t count = byte_ring_count(&path->ring);
    if (!paced(wire) || count == 0) return count;
    if (at_ns < path->due_ns) return 0;
    uint64_t passed = (at_ns - path->due_ns) / wire->byte_ns + 1;
    return passed < count ? (size_t)passed : count;
}

static void took(const struct wire *wire, struct wire_path *path, size_t count, uint64_t at_ns)
{
    byte_ring_consume(&path->ring, count);
    path->progress_us = at_ns / 1000u;
    /* due_ns is that of the byte now oldest; when none is left it is the one of the last byte, which the next one
     * cannot overtake. */
    size_t steps = byte_ring_count(&path->ring) == 0 ? count - 1 : count;
    path->due_ns += steps * wire->byte_ns;
}

/* Moves what has passed to the other end. Returns true when that end has no room now. */
static bool deliver(struct wire *wire, unsigned from)
{
    struct wire_path *path = &wire->path[from];
    struct wire_end *to = &wire->end[1 - from];
    uint64_t at_ns = now_ns();
    for (size_t ready; (ready = arrived(wire, path, at_ns)) > 0;) {
        const uint8_t *bytes;
        size_t piece = byte_ring_peek(&path->ring, &bytes);
        if (piece > ready) piece = ready;
        bool listening = wire_end_listening(to);
        size_t taken = listening ? wire_end_write(to, bytes, piece, at_ns / 1000u) : piece;
        bool stalled = taken == 0 && to->fd >= 0 && at_ns / 1000u - path->progress_us > wire->stall_us;
        if (taken == 0 && to->fd >= 0 && !stalled) return true;
        if (taken == 0) taken = piece;
        if (listening && to->fd >= 0 && !stalled)
            path->passed += taken;
        else
            path->dropped += taken;
        took(wire, path, taken, at_ns);
    }
    return false;
}

/* ---- loop ---- */

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* When something is to be done although nothing comes in. full[i]: what waits in path[i] waits for room. */
static uint64_t next_due_ns(const struct wire *wire, const bool full[WIRE_ENDS])
{
    uint64_t due_ns = UINT64_MAX;
    for (unsigned i = 0; i < WIRE_ENDS; i++) {
        if (!wire_end_listening(&wire->end[i])) due_ns = earlier(due_ns, wire->end[i].retry_us * 1000u);
        if (byte_ring_count(&wire->path[i].ring) == 0) continue;
        uint64_t stall_ns = (wire->path[i].progress_us + wire->stall_us + 1000u) * 1000u;
        due_ns = earlier(due_ns, full[i] ? stall_ns : wire->path[i].due_ns);
    }
    return due_ns;
}

static void wait_for_work(const struct wire *wire, const bool full[WIRE_ENDS], const sigset_t *waiting)
{
    struct pollfd fds[WIRE_ENDS + 1];
    for (unsigned i = 0; i < WIRE_ENDS; i++) {
        bool room = byte_ring_room(&wire->path[i].ring) > 0;
        short events = (short)((room ? POLLIN : 0) | (full[1 - i] ? POLLOUT : 0));
        /* A terminal nobody has open would wake this at once, over and over. */
        bool worth = events != 0 && wire_end_listening(&wire->end[i]);
        fds[i] = (struct pollfd){.fd = worth ? wire->end[i].fd : -1, .events = events};
    }
    fds[WIRE_ENDS] = (struct pollfd){.fd = wire->control_fd, .events = POLLIN};
    uint64_t due_ns = next_due_ns(wire, full), at_ns = now_ns();
    uint64_t left_ns = due_ns > at_ns ? due_ns - at_ns : 0;
    struct timespec timeout = {(time_t)(left_ns / 1000000000u), (long)(left_ns % 1000000000u)};
    ppoll(fds, WIRE_ENDS + 1, due_ns == UINT64_MAX ? NULL : &timeout, waiting);
}

void wire_run(struct wire *wire, volatile sig_atomic_t *stop, const sigset_t *waiting)
{
    bool full[WIRE_ENDS] = {false, false};
    while (!*stop) {
        for (unsigned i = 0; i < WIRE_ENDS; i++)
            wire_end_keep_connected(&wire->end[i], now_ns() / 1000u);
        wait_for_work(wire, full, waiting);
        if (wire->control_fd >= 0) read_commands(wire);
        for (unsigned i = 0; i < WIRE_ENDS; i++)
            wire_end_look(&wire->end[i], now_ns() / 1000u);
        for (unsigned i = 0; i < WIRE_ENDS; i++)
            receive(wire, i);
        for (unsigned i = 0; i < WIRE_ENDS; i++)
            full[i] = deliver(wire, i);
    }
}

void wire_print_counters(const struct wire *wire, FILE *out)
{
    for (unsigned i = 0; i < WIRE_ENDS; i++)
        fprintf(out, "from %s: bytes %" PRIu64 ", dropped %" PRIu64 ", corrupted %" PRIu64 "\n", wire->end[i].path,
                wire->path[i].passed, wire->path[i].dropped, wire->path[i].corrupted);
}
