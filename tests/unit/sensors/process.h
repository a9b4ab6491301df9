/* Programs under test as child processes, in a temporary folder of their own. Every wait is bounded by
 * PROCESS_PATIENCE_MS: it only decides how long a failing test takes. */
#ifndef TESTS_UNIT_SENSORS_PROCESS_H
#define TESTS_UNIT_SENSORS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PROCESS_PATIENCE_MS 60000
#define PROCESS_PATH_SIZE   128

struct folder {
    char path[64];
};

/* A new folder; folder_remove takes everything in it away. */
void folder_make(struct folder *folder);
void folder_remove(struct folder *folder);
void folder_file(const struct folder *folder, const char *name, char path[PROCESS_PATH_SIZE]);
void folder_write(const struct folder *folder, const char *name, const char *text);

/* Starts argv[0] (a path), NULL-terminated list. `output`: where stdout and stderr go, NULL = as this process. */
pid_t process_start(const char *const *argv, const char *output);

/* SIGTERM, then waits: the exit status; -1 when it was ended by a signal, which includes one that did not end. */
int process_stop(pid_t pid);

/* Waits for a program that ends by itself. */
int process_wait(pid_t pid);

/* Reads the whole file into text, cut to size. */
void file_read(const char *path, char *text, size_t size);

/* True once the file has `text` in it. */
bool file_wait(const char *path, const char *text);

bool path_exists(const char *path);

/* True once `path` is there. */
bool path_wait(const char *path);

/* Sends a datagram to a UNIX socket; waits for the socket to be there. */
bool datagram_send(const char *path, const char *text);

void sleep_ms(unsigned ms);

#endif
