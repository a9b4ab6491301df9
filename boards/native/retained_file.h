/* A file mapped into memory as the node's retained memory: what the node has written there survives kill -9. */
#ifndef BOARDS_NATIVE_RETAINED_FILE_H
#define BOARDS_NATIVE_RETAINED_FILE_H

#include <stddef.h>

#include "stillwater/node_map.h"

#define RETAINED_FILE_SIZE 65536u

struct retained_file {
    int fd;
    unsigned char *mapping;
    void *memory; /* for the node */
    size_t size;
    enum sw_reset_reason reset_reason; /* as far as the file can tell */
};

/* path NULL: plain memory, lost at exit. SW_OK; SW_ERROR_BUSY when another process uses the file; SW_ERROR_SYSTEM
 * (errno says why). */
int retained_file_open(struct retained_file *file, const char *path);

/* The next start is told that a command made it. */
void retained_file_mark_command(struct retained_file *file);

void retained_file_close(struct retained_file *file);

#endif
