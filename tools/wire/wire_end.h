/* One end of a wire: a pseudo-terminal under a name of its own, or a UNIX stream socket that is connected again
 * whenever it goes. Nothing here blocks.
 *
 * Programs may open and close the terminal as they like. The slave side is not held open here: while no program has it
 * open the kernel says so (POLLHUP), bytes for it are dropped as a serial adapter drops them, and the next program to
 * open it finds none from before. */
#ifndef TOOLS_WIRE_WIRE_END_H
#define TOOLS_WIRE_WIRE_END_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum wire_end_kind { WIRE_END_PTY, WIRE_END_SOCKET };

struct wire_end {
    enum wire_end_kind kind;
    char path[PATH_MAX];       /* of the link, or of the socket */
    int fd;                    /* the terminal's master side, or the connection; -1 = not connected */
    char slave_path[64];       /* what the link points to */
    bool in_use;               /* terminal: some program has it open */
    uint64_t retry_us;         /* when to connect, or to look for users, again */
    uint64_t connection_count; /* times connected */
};

/* Makes the terminal (raw) and the link, replacing a link that is there already. SW_OK; SW_ERROR_SYSTEM with errno
 * set, or SW_ERROR_NOT_PERMITTED when something that is no link has the name; nothing to undo then. */
int wire_end_open_pty(struct wire_end *end, const char *link_path);

/* Connects now or later: a socket that is not there yet is no error. SW_OK, or SW_ERROR_INVALID_ARGUMENT for a path
 * too long for a socket. */
int wire_end_open_socket(struct wire_end *end, const char *path);

/* Tries to connect when it is time to. `now_us` from a monotonic clock. True when it has just connected. */
bool wire_end_keep_connected(struct wire_end *end, uint64_t now_us);

/* Notes whether some program has the terminal open. A terminal just opened is made raw if its user has not done so
 * yet: an echo would go back onto the line. */
void wire_end_look(struct wire_end *end, uint64_t now_us);

/* Whether bytes sent to this end have anybody to go to. */
bool wire_end_listening(const struct wire_end *end);

/* As read and write: the count, 0 when not now. A connection that is lost counts as 0 and fd is -1 after. */
size_t wire_end_read(struct wire_end *end, uint8_t *bytes, size_t size, uint64_t now_us);
size_t wire_end_write(struct wire_end *end, const uint8_t *bytes, size_t size, uint64_t now_us);

/* Removes the link if it is still this end's. */
void wire_end_close(struct wire_end *end);

#endif
