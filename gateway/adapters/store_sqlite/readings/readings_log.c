#include "adapters/store_sqlite/readings/readings_log.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/store_sqlite/readings/readings_bytes.h"
#include "stillwater/error.h"

#define LOG_MAGIC         0x5357524cu
#define LOG_VERSION       1
#define LOG_VERSION_MAX   255 /* no program will ever get further: damage */
#define HEADER_SIZE       16
#define BLOCK_HEADER_SIZE 8
#define READ_SIZE         65536
#define SECTOR_SIZE       512
#define NAME_SIZE         4200

void log_file_name(const char *path, int slot, char *name, size_t size)
{
    (void)snprintf(name, size, "%s-log%d", path, slot);
}

void log_file_close(struct log_file *file)
{
    if (file->fd >= 0) (void)close(file->fd);
    *file = LOG_FILE_NONE;
}

static int check_head(struct sw_reader *in, uint32_t *version)
{
    uint32_t magic = sw_read_u32(in);
    *version = sw_read_u32(in);
    if (in->failed || magic != LOG_MAGIC) return SW_ERROR_MALFORMED;
    if (*version == LOG_VERSION) return SW_OK;
    return *version > LOG_VERSION && *version <= LOG_VERSION_MAX ? SW_ERROR_VERSION : SW_ERROR_MALFORMED;
}

int log_file_open(const char *path, int slot, bool write, struct log_file *file)
{
    char name[NAME_SIZE];
    uint8_t bytes[HEADER_SIZE];
    struct stat about;
    uint32_t version = 0;
    log_file_name(path, slot, name, sizeof name);
    *file = LOG_FILE_NONE;
    file->fd = open(name, (write ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (file->fd < 0) return errno == ENOENT ? SW_ERROR_NOT_FOUND : SW_ERROR_SYSTEM;
    ssize_t got = pread(file->fd, bytes, sizeof bytes, 0);
    int error = got < 0 || fstat(file->fd, &about) != 0 ? SW_ERROR_SYSTEM : SW_OK;
    struct sw_reader in = sw_reader_over(bytes, got > 0 ? (size_t)got : 0);
    if (!error) error = check_head(&in, &version);
    file->first = (int64_t)read_u64(&in);
    if (!error && in.failed) error = SW_ERROR_MALFORMED;
    if (error)
        log_file_close(file);
    else
        file->size = about.st_size;
    if (error == SW_ERROR_VERSION) file->version = version;
    return error;
}

void log_file_tell_version(const char *path, int slot, const struct log_file *file, char *text, size_t text_size)
{
    char name[NAME_SIZE];
    log_file_name(path, slot, name, sizeof name);
    (void)snprintf(text, text_size, "%s: has version %u; this program understands version %d", name, file->version,
                   LOG_VERSION);
}

static bool write_all(int fd, const uint8_t *bytes, size_t size, int64_t at)
{
    while (size > 0) {
        ssize_t written = pwrite(fd, bytes, size, at);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes += written;
        size -= (size_t)written;
        at += written;
    }
    return true;
}

static bool write_block(struct log_file *file, const uint8_t *block, size_t size)
{
    uint8_t bytes[BLOCK_HEADER_SIZE];
    struct sw_writer head = sw_writer_over(bytes, sizeof bytes);
    sw_write_u32(&head, (uint32_t)size);
    sw_write_u32(&head, readings_checksum(block, size));
    if (!write_all(file->fd, bytes, sizeof bytes, file->size) ||
        !write_all(file->fd, block, size, file->size + BLOCK_HEADER_SIZE))
        return false;
    file->size += (int64_t)(BLOCK_HEADER_SIZE + size);
    return true;
}

static bool sync_folder(const char *path)
{
    char copy[NAME_SIZE];
    (void)snprintf(copy, sizeof copy, "%s", path);
    int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = folder >= 0 && fsync(folder) == 0;
    if (folder >= 0) (void)close(folder);
    return good;
}

static void name_unfinished(const char *path, int slot, char *made, size_t size)
{
    char name[NAME_SIZE];
    log_file_name(path, slot, name, sizeof name);
    (void)snprintf(made, size, "%s.new", name);
}

static int give_up(const char *made, struct log_file *file)
{
    int why = errno;
    (void)unlink(made);
    log_file_close(file);
    errno = why;
    return SW_ERROR_SYSTEM;
}

int log_file_begin(const char *path, int slot, int64_t first, const uint8_t *head, size_t head_size,
                   struct log_file *file)
{
    char made[NAME_SIZE + 8];
    uint8_t bytes[HEADER_SIZE];
    struct sw_writer out = sw_writer_over(bytes, sizeof bytes);
    name_unfinished(path, slot, made, sizeof made);
    sw_write_u32(&out, LOG_MAGIC);
    sw_write_u32(&out, LOG_VERSION);
    write_u64(&out, (uint64_t)first);
    *file = (struct log_file){.first = first, .size = HEADER_SIZE};
    file->fd = open(made, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file->fd >= 0 && write_all(file->fd, bytes, sizeof bytes, 0) && write_block(file, head, head_size))
        return SW_OK;
    return give_up(made, file);
}

int log_file_finish(const char *path, int slot, struct log_file *file)
{
    char name[NAME_SIZE], made[NAME_SIZE + 8];
    log_file_name(path, slot, name, sizeof name);
    name_unfinished(path, slot, made, sizeof made);
    if (fsync(file->fd) == 0 && rename(made, name) == 0 && sync_folder(name)) return SW_OK;
    return give_up(made, file);
}

int log_file_append(struct log_file *file, const uint8_t *block, size_t size, bool durable)
{
    int64_t before = file->size;
    if (write_block(file, block, size) && (!durable || fdatasync(file->fd) == 0)) return SW_OK;
    /* Whatever a failed sync has left is not to be trusted: it goes. */
    int why = errno;
    (void)ftruncate(file->fd, before);
    file->size = before;
    errno = why;
    return SW_ERROR_SYSTEM;
}

/* ---- walking ---- */

struct window {
    uint8_t *bytes;
    size_t capacity, size;
    int64_t at; /* of its first byte in the file */
};

/* Brings `wanted` bytes at `at` into the window; less at the end of the file. */
static int look_at(struct window *window, const struct log_file *file, int64_t at, size_t wanted)
{
    if (at >= window->at && at + (int64_t)wanted <= window->at + (int64_t)window->size) return SW_OK;
    if (wanted > window->capacity) {
        size_t capacity = wanted < READ_SIZE ? READ_SIZE : wanted;
        uint8_t *larger = realloc(window->bytes, capacity);
        if (!larger) return SW_ERROR_NO_SPACE;
        window->bytes = larger;
        window->capacity = capacity;
    }
    window->at = at;
    window->size = 0;
    while (window->size < window->capacity) {
        ssize_t got =
            pread(file->fd, window->bytes + window->size, window->capacity - window->size, at + (int64_t)window->size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return SW_ERROR_SYSTEM;
        if (got == 0) break;
        window->size += (size_t)got;
    }
    return SW_OK;
}

static const uint8_t *bytes_at(const struct window *window, int64_t at, size_t wanted)
{
    bool there = at >= window->at && at + (int64_t)wanted <= window->at + (int64_t)window->size;
    return there ? window->bytes + (at - window->at) : NULL;
}

/* SW_ERROR_NOT_FOUND: there is no whole block here, and *size is what its head says. */
static int block_at(struct window *window, const struct log_file *file, int64_t at, const uint8_t **block, size_t *size)
{
    int error = look_at(window, file, at, BLOCK_HEADER_SIZE);
    const uint8_t *head = error ? NULL : bytes_at(window, at, BLOCK_HEADER_SIZE);
    *size = 0;
    if (!head) return error ? error : SW_ERROR_NOT_FOUND;
    struct sw_reader in = sw_reader_over(head, BLOCK_HEADER_SIZE);
    *size = sw_read_u32(&in);
    uint32_t checksum = sw_read_u32(&in);
    if (*size == 0 || *size > LOG_BLOCK_SIZE_MAX || at + BLOCK_HEADER_SIZE + (int64_t)*size > file->size)
        return SW_ERROR_NOT_FOUND;
    error = look_at(window, file, at, BLOCK_HEADER_SIZE + *size);
    *block = error ? NULL : bytes_at(window, at + BLOCK_HEADER_SIZE, *size);
    if (!*block) return error ? error : SW_ERROR_NOT_FOUND;
    return readings_checksum(*block, *size) == checksum ? SW_OK : SW_ERROR_NOT_FOUND;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0) return false;
    return true;
}

/* A disk writes a sector or it does not, and what was not written of a file that has grown is zeros: whether there is
 * such a sector from here to the end of the file. */
static bool has_unwritten(const struct window *window, const struct log_file *file, int64_t at)
{
    for (int64_t end; at < file->size; at = end) {
        end = (at / SECTOR_SIZE + 1) * SECTOR_SIZE;
        if (end > file->size) end = file->size;
        const uint8_t *bytes = bytes_at(window, at, (size_t)(end - at));
        if (!bytes || is_zero(bytes, (size_t)(end - at))) return true;
    }
    return false;
}

/* Whether the rest of the file is what this block's checksum was made of: then its size alone is damaged. */
static bool is_whole_to_the_end(struct window *window, const struct log_file *file, int64_t at)
{
    int64_t rest = file->size - at - BLOCK_HEADER_SIZE;
    if (rest <= 0 || rest > LOG_BLOCK_SIZE_MAX) return false;
    size_t wanted = BLOCK_HEADER_SIZE + (size_t)rest;
    const uint8_t *bytes = look_at(window, file, at, wanted) == SW_OK ? bytes_at(window, at, wanted) : NULL;
    if (!bytes) return false;
    struct sw_reader in = sw_reader_over(bytes + 4, 4);
    return sw_read_u32(&in) == readings_checksum(bytes + BLOCK_HEADER_SIZE, (size_t)rest);
}

/* Whether this can be a torn write: there is less of it than its own size, or sectors of it are missing, or there are
 * only zeros. */
static bool is_like_torn(struct window *window, const struct log_file *file, const struct log_walk *walk, size_t size)
{
    int64_t at = walk->at, end = at + BLOCK_HEADER_SIZE + (int64_t)size;
    if (end > file->size) return !walk->settled || !is_whole_to_the_end(window, file, at);
    if (end == file->size) return !walk->settled || has_unwritten(window, file, at);
    size_t there = window->size - (size_t)(at - window->at);
    return is_zero(window->bytes + (at - window->at), there) && window->at + (int64_t)window->size >= file->size;
}

/* SW_OK when a whole block comes later, SW_ERROR_NOT_FOUND when none does. Few places look like the head of a block
 * whose position may follow; only there is a checksum made. */
static int find_later(struct window *window, const struct log_file *file, const struct log_walk *walk)
{
    int error = SW_ERROR_NOT_FOUND;
    for (int64_t at = walk->at + 1; error == SW_ERROR_NOT_FOUND && at + BLOCK_HEADER_SIZE + 8 <= file->size; at++) {
        int failed = look_at(window, file, at, BLOCK_HEADER_SIZE + 8);
        const uint8_t *bytes = failed ? NULL : bytes_at(window, at + BLOCK_HEADER_SIZE, 8);
        if (!bytes) return failed ? failed : SW_ERROR_NOT_FOUND;
        struct sw_reader in = sw_reader_over(bytes, 8);
        uint64_t position = read_u64(&in);
        size_t size;
        if (position - (uint64_t)walk->next <= UINT32_MAX) error = block_at(window, file, at, &bytes, &size);
    }
    return error;
}

/* SW_ERROR_NOT_FOUND: there is no whole block at walk->at. */
static int walk_block(struct window *window, const struct log_file *file, const struct block_visitor *visitor,
                      struct log_walk *walk)
{
    const uint8_t *block;
    size_t size;
    int error = block_at(window, file, walk->at, &block, &size);
    if (error == SW_ERROR_NOT_FOUND && !is_like_torn(window, file, walk, size)) return SW_ERROR_MALFORMED;
    /* A size that is damaged may say that nothing comes later. */
    if (error == SW_ERROR_NOT_FOUND) {
        error = find_later(window, file, walk);
        return error == SW_OK ? SW_ERROR_MALFORMED : error;
    }
    if (error) return error;
    struct sw_reader in = sw_reader_over(block, size);
    if (walk->block) walk->block(walk->ctx, walk->at == HEADER_SIZE, (int64_t)read_u64(&in));
    error = readings_block_read(block, size, visitor, &walk->next);
    if (error) return error;
    walk->at += (int64_t)(BLOCK_HEADER_SIZE + size);
    walk->blocks++;
    return SW_OK;
}

int log_file_walk(const struct log_file *file, const struct block_visitor *visitor, struct log_walk *walk)
{
    struct window window = {.at = -1};
    int error = SW_OK;
    if (walk->at == 0) {
        walk->at = HEADER_SIZE;
        walk->next = file->first;
    }
    while (!error && walk->at < file->size)
        error = walk_block(&window, file, visitor, walk);
    free(window.bytes);
    return error == SW_ERROR_NOT_FOUND ? SW_OK : error;
}
