/* A serial line between two ends, with byte times and faults on demand. */
#ifndef TOOLS_WIRE_WIRE_H
#define TOOLS_WIRE_WIRE_H

#include <signal.h>
#include <stdio.h>

#include "wire/byte_ring.h"
#include "wire/wire_end.h"

enum { WIRE_A, WIRE_B, WIRE_ENDS };

/* Bytes on their way from one end to the other. */
struct wire_path {
    struct byte_ring ring;
    uint64_t due_ns;      /* when the oldest byte has passed, with byte times */
    uint64_t progress_us; /* when a byte was last taken by the other end, or there was none to take */
    uint64_t drop_next;
    uint64_t corrupt_next;
    uint64_t passed, dropped, corrupted;
};

struct wire {
    struct wire_end end[WIRE_ENDS];   /* opened by the caller before wire_run */
    struct wire_path path[WIRE_ENDS]; /* path[WIRE_A] carries what end A has sent */
    uint64_t byte_ns;                 /* 0 = bytes take no time */
    /* A reader that has taken nothing for so long is not going to: what waits for it is dropped, so that the other
     * end, which may be an emulator that stops when its serial port does, goes on. */
    uint64_t stall_us;
    int control_fd; /* -1 = none */
    bool cut;
};

/* Binds the datagram socket that takes wire_command lines. SW_OK, or SW_ERROR_SYSTEM with errno set. */
int wire_open_control(struct wire *wire, const char *path);

/* Closes the control socket and removes it; nothing when there is none. */
void wire_close_control(struct wire *wire, const char *path);

/* One command: "cut", "join", "drop-next N [a|b]", "corrupt-next N [a|b]": the next N bytes that end a or b (without
 * one: each end) sends. SW_OK; SW_ERROR_MALFORMED for anything else. */
int wire_command(struct wire *wire, const char *text);

/* Carries bytes until `stop` is set. `waiting` is the signal mask while it waits. */
void wire_run(struct wire *wire, volatile sig_atomic_t *stop, const sigset_t *waiting);

void wire_print_counters(const struct wire *wire, FILE *out);

#endif
