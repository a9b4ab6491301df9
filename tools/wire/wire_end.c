#include "wire/wire_end.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "stillwater/error.h"

#define RETRY_US 10000

/* ---- terminal ---- */

static int make_terminal(struct wire_end *end)
{
    end->fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (end->fd < 0 || grantpt(end->fd) != 0 || unlockpt(end->fd) != 0) return SW_ERROR_SYSTEM;
    if (ptsname_r(end->fd, end->slave_path, sizeof end->slave_path) != 0) return SW_ERROR_SYSTEM;
    /* The kernel tells that nobody has a terminal open only once somebody had. */
    int slave_fd = open(end->slave_path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave_fd < 0) return SW_ERROR_SYSTEM;
    close(slave_fd);
    return SW_OK;
}

/* Under a name of its own first, then renamed: whoever waits for the link never finds half of it. */
static int make_link(const struct wire_end *end)
{
    char making[PATH_MAX];
    struct stat old;
    if (lstat(end->path, &old) == 0 && !S_ISLNK(old.st_mode)) return SW_ERROR_NOT_PERMITTED;
    if (snprintf(making, sizeof making, "%s.%d", end->path, (int)getpid()) >= (int)sizeof making) {
        errno = ENAMETOOLONG;
        return SW_ERROR_SYSTEM;
    }
    if (symlink(end->slave_path, making) != 0) return SW_ERROR_SYSTEM;
    if (rename(making, end->path) == 0) return SW_OK;
    int error = errno;
    unlink(making);
    errno = error;
    return SW_ERROR_SYSTEM;
}

int wire_end_open_pty(struct wire_end *end, const char *link_path)
{
    *end = (struct wire_end){.kind = WIRE_END_PTY, .fd = -1};
    if (snprintf(end->path, sizeof end->path, "%s", link_path) >= (int)sizeof end->path) {
        errno = ENAMETOOLONG;
        return SW_ERROR_SYSTEM;
    }
    int error = make_terminal(end);
    if (error == SW_OK) error = make_link(end);
    if (error != SW_OK && end->fd >= 0) {
        int number = errno;
        close(end->fd);
        errno = number;
    }
    return error;
}

/* On Linux the settings of a terminal can be reached through its master side. */
static void make_raw(int fd)
{
    struct termios tty;
    if (tcgetattr(fd, &tty) != 0) return;
    if ((tty.c_lflag & (tcflag_t)(ECHO | ICANON)) == 0 && (tty.c_oflag & (tcflag_t)OPOST) == 0) return;
    cfmakeraw(&tty);
    tcsetattr(fd, TCSANOW, &tty);
}

/* What the last user has left unread stays in the kernel, and only the slave side can throw it away. */
static void forget_unread(const struct wire_end *end)
{
    int slave_fd = open(end->slave_path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (slave_fd < 0) return;
    tcflush(end->fd, TCOFLUSH);
    tcflush(slave_fd, TCIFLUSH);
    close(slave_fd);
}

void wire_end_look(struct wire_end *end, uint64_t now_us)
{
    if (end->kind != WIRE_END_PTY) return;
    struct pollfd state = {.fd = end->fd};
    bool was_in_use = end->in_use;
    end->in_use = poll(&state, 1, 0) == 0 || (state.revents & POLLHUP) == 0;
    if (end->in_use && !was_in_use) make_raw(end->fd);
    if (!end->in_use && was_in_use) forget_unread(end);
    if (!end->in_use) end->retry_us = now_us + RETRY_US;
}

/* ---- socket ---- */

int wire_end_open_socket(struct wire_end *end, const char *path)
{
    *end = (struct wire_end){.kind = WIRE_END_SOCKET, .fd = -1};
    if (strlen(path) >= sizeof((struct sockaddr_un *)0)->sun_path) return SW_ERROR_INVALID_ARGUMENT;
    strcpy(end->path, path);
    return SW_OK;
}

bool wire_end_keep_connected(struct wire_end *end, uint64_t now_us)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (end->kind != WIRE_END_SOCKET || end->fd >= 0 || now_us < end->retry_us) return false;
    end->retry_us = now_us + RETRY_US;
    memcpy(address.sun_path, end->path, strlen(end->path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return false;
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return false;
    }
    end->fd = fd;
    end->connection_count++;
    return true;
}

/* ---- both ---- */

bool wire_end_listening(const struct wire_end *end)
{
    if (end->fd < 0) return false;
    return end->kind == WIRE_END_SOCKET || end->in_use;
}

/* A terminal that nobody has open fails to be read; that passes. A socket that fails is over. */
static size_t counted(struct wire_end *end, ssize_t count, bool at_end, uint64_t now_us)
{
    if (count > 0) return (size_t)count;
    bool lost = at_end || (count < 0 && errno != EAGAIN && errno != EINTR);
    if (lost && end->kind == WIRE_END_SOCKET) {
        close(end->fd);
        end->fd = -1;
        end->retry_us = now_us + RETRY_US;
    }
    return 0;
}

size_t wire_end_read(struct wire_end *end, uint8_t *bytes, size_t size, uint64_t now_us)
{
    if (end->fd < 0 || size == 0) return 0;
    ssize_t count = read(end->fd, bytes, size);
    return counted(end, count, count == 0, now_us);
}

size_t wire_end_write(struct wire_end *end, const uint8_t *bytes, size_t size, uint64_t now_us)
{
    if (end->fd < 0 || size == 0) return 0;
    ssize_t count =
        end->kind == WIRE_END_SOCKET ? send(end->fd, bytes, size, MSG_NOSIGNAL) : write(end->fd, bytes, size);
    return counted(end, count, false, now_us);
}

void wire_end_close(struct wire_end *end)
{
    char target[sizeof end->slave_path];
    if (end->kind == WIRE_END_PTY) {
        ssize_t length = readlink(end->path, target, sizeof target);
        if (length == (ssize_t)strlen(end->slave_path) && memcmp(target, end->slave_path, (size_t)length) == 0)
            unlink(end->path);
    }
    if (end->fd >= 0) close(end->fd);
    end->fd = -1;
}
