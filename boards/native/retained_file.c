#include "boards/native/retained_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stillwater/error.h"

/* Before the node's memory: why the last run ended, if it had time to say. */
#define MARKER_SIZE 16u
static const char marker_running[MARKER_SIZE] = "SW running";
static const char marker_command[MARKER_SIZE] = "SW command";

static int open_file(struct retained_file *file, const char *path)
{
    file->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file->fd < 0) return SW_ERROR_SYSTEM;
    if (flock(file->fd, LOCK_EX | LOCK_NB) != 0) return errno == EWOULDBLOCK ? SW_ERROR_BUSY : SW_ERROR_SYSTEM;
    return ftruncate(file->fd, RETAINED_FILE_SIZE) == 0 ? SW_OK : SW_ERROR_SYSTEM;
}

int retained_file_open(struct retained_file *file, const char *path)
{
    *file = (struct retained_file){.fd = -1};
    int error = path ? open_file(file, path) : SW_OK;
    if (error == SW_OK) {
        int flags = path ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
        void *mapping = mmap(NULL, RETAINED_FILE_SIZE, PROT_READ | PROT_WRITE, flags, file->fd, 0);
        if (mapping == MAP_FAILED) error = SW_ERROR_SYSTEM;
        file->mapping = mapping == MAP_FAILED ? NULL : mapping;
    }
    if (error != SW_OK) {
        int reason = errno;
        retained_file_close(file);
        errno = reason;
        return error;
    }
    file->reset_reason = SW_RESET_POWER_ON;
    if (memcmp(file->mapping, marker_running, MARKER_SIZE) == 0) file->reset_reason = SW_RESET_PIN;
    if (memcmp(file->mapping, marker_command, MARKER_SIZE) == 0) file->reset_reason = SW_RESET_COMMAND;
    memcpy(file->mapping, marker_running, MARKER_SIZE);
    file->memory = file->mapping + MARKER_SIZE;
    file->size = RETAINED_FILE_SIZE - MARKER_SIZE;
    return SW_OK;
}

void retained_file_mark_command(struct retained_file *file)
{
    memcpy(file->mapping, marker_command, MARKER_SIZE);
}

void retained_file_close(struct retained_file *file)
{
    if (file->mapping) munmap(file->mapping, RETAINED_FILE_SIZE);
    if (file->fd >= 0) close(file->fd);
    file->mapping = NULL;
    file->fd = -1;
}
