#include "adapters/store_sqlite/store_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "stillwater/error.h"

/* A file beside it, because closing any descriptor of the database itself would drop SQLite's own locks. */
int store_lock_take(const char *path, int *descriptor, char *text, size_t text_size)
{
    char lock[4096 + 8];
    snprintf(lock, sizeof lock, "%s.lock", path);
    *descriptor = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*descriptor >= 0 && flock(*descriptor, LOCK_EX | LOCK_NB) == 0) return SW_OK;
    int number = errno;
    if (*descriptor >= 0) close(*descriptor);
    bool busy = *descriptor >= 0 && number == EWOULDBLOCK;
    *descriptor = -1;
    if (busy)
        snprintf(text, text_size, "%s: is in use by another process", path);
    else
        snprintf(text, text_size, "%s: cannot lock: %s", lock, strerror(number));
    return SW_ERROR_STORE;
}
