/* A line between two programs that both want to open a serial device: two ptys and a thread that copies between them.
 */
#ifndef TESTS_FIELD_BUS_PTY_RELAY_H
#define TESTS_FIELD_BUS_PTY_RELAY_H

#include <pthread.h>

struct pty_relay {
    char name[2][64]; /* the devices */
    int master[2], keep[2], stop_fd;
    pthread_t thread;
};

void pty_relay_start(struct pty_relay *relay);
void pty_relay_stop(struct pty_relay *relay);

#endif
