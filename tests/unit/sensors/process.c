#include "process.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STEP_MS 5

void sleep_ms(unsigned ms)
{
    struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&time, NULL);
}

void folder_make(struct folder *folder)
{
    strcpy(folder->path, "/tmp/stillwater-test-XXXXXX");
    if (mkdtemp(folder->path) == NULL) abort();
}

void folder_remove(struct folder *folder)
{
    DIR *stream = opendir(folder->path);
    for (const struct dirent *entry; stream != NULL && (entry = readdir(stream)) != NULL;) {
        char path[sizeof folder->path + sizeof entry->d_name];
        snprintf(path, sizeof path, "%s/%s", folder->path, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) unlink(path);
    }
    if (stream != NULL) closedir(stream);
    rmdir(folder->path);
}

void folder_file(const struct folder *folder, const char *name, char path[PROCESS_PATH_SIZE])
{
    snprintf(path, PROCESS_PATH_SIZE, "%s/%s", folder->path, name);
}

void folder_write(const struct folder *folder, const char *name, const char *text)
{
    char path[PROCESS_PATH_SIZE];
    folder_file(folder, name, path);
    FILE *file = fopen(path, "we");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) abort();
}

pid_t process_start(const char *const *argv, const char *output)
{
    pid_t pid = fork();
    if (pid != 0) return pid;
    /* A test that fails half-way leaves no program behind. */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (output != NULL) {
        int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(fd, 1);
        dup2(fd, 2);
    }
    /* execv does not change its arguments; its type is older than const. */
    char *arguments[24] = {NULL};
    for (size_t i = 0; argv[i] != NULL && i < 23; i++)
        arguments[i] = strdup(argv[i]);
    execv(argv[0], arguments);
    _exit(127);
}

int process_wait(pid_t pid)
{
    int status;
    for (unsigned waited = 0; waited < PROCESS_PATIENCE_MS; waited += STEP_MS) {
        if (waitpid(pid, &status, WNOHANG) == pid) return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        sleep_ms(STEP_MS);
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return -1;
}

int process_stop(pid_t pid)
{
    kill(pid, SIGTERM);
    return process_wait(pid);
}

void file_read(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "re");
    size_t got = file ? fread(text, 1, size - 1, file) : 0;
    if (file != NULL) fclose(file);
    text[got] = '\0';
}

bool file_wait(const char *path, const char *text)
{
    char content[16384];
    for (unsigned waited = 0; waited < PROCESS_PATIENCE_MS; waited += STEP_MS) {
        file_read(path, content, sizeof content);
        if (strstr(content, text) != NULL) return true;
        sleep_ms(STEP_MS);
    }
    return false;
}

bool path_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool path_wait(const char *path)
{
    for (unsigned waited = 0; waited < PROCESS_PATIENCE_MS; waited += STEP_MS) {
        if (path_exists(path)) return true;
        sleep_ms(STEP_MS);
    }
    return false;
}

bool datagram_send(const char *path, const char *text)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    bool sent = false;
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    for (unsigned waited = 0; !sent && waited < PROCESS_PATIENCE_MS; waited += STEP_MS) {
        sent = sendto(fd, text, strlen(text), 0, (const struct sockaddr *)&address, sizeof address) >= 0;
        if (!sent) sleep_ms(STEP_MS);
    }
    close(fd);
    return sent;
}
