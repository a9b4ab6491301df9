/* A file of the readings' log: blocks, one after the other, each made durable as it is written.
 *
 *   u32 "SWRL", u32 version, u64 position of its first reading
 *   blocks: u32 size, u32 checksum, and a block (readings_block.h)
 *
 * Its first block is its head: all series, cursors and counts of records there were when it was begun, so that nothing
 * but the log is needed to go on. A plain file and no database: nobody who reads it keeps it from anything. */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_LOG_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_LOG_H

#include "adapters/store_sqlite/readings/readings_block.h"

#define LOG_SLOTS          2 /* files a log has: one being written, one being moved into chunks */
#define LOG_BLOCK_SIZE_MAX (64 << 20)

struct log_file {
    int fd; /* -1 = none */
    int64_t first;
    int64_t size;
    uint32_t version; /* of one that was not opened because it is newer */
};

#define LOG_FILE_NONE ((struct log_file){.fd = -1})

/* "<path>-log0", "<path>-log1" */
void log_file_name(const char *path, int slot, char *name, size_t size);

/* SW_OK; SW_ERROR_NOT_FOUND, SW_ERROR_SYSTEM (errno), SW_ERROR_MALFORMED (not such a file), SW_ERROR_VERSION (made by a
 * newer program). */
int log_file_open(const char *path, int slot, bool write, struct log_file *file);
/* What is wrong with one that is newer, in a sentence. */
void log_file_tell_version(const char *path, int slot, const struct log_file *file, char *text, size_t text_size);
/* Begins one with this head, and makes it the slot's, durable and whole. SW_OK or SW_ERROR_SYSTEM (errno). */
int log_file_begin(const char *path, int slot, int64_t first, const uint8_t *head, size_t head_size,
                   struct log_file *file);
int log_file_finish(const char *path, int slot, struct log_file *file);
void log_file_close(struct log_file *file);

/* SW_OK, or SW_ERROR_SYSTEM (errno) and the file is as it was. */
int log_file_append(struct log_file *file, const uint8_t *block, size_t size, bool durable);

/* Where a walk through a file is. */
struct log_walk {
    int64_t at;   /* begin with 0; then after the last whole block */
    int64_t next; /* position after the last reading; set by the first block */
    uint64_t blocks;
    bool settled; /* nobody writes to it: a last block that is there in full length, but does not check out, is damaged
                   */
    /* Told for each block before its contents; NULL = not wanted. */
    void (*block)(void *ctx, bool head, int64_t position);
    void *ctx;
};

/* Tells of all whole blocks from walk->at on. SW_OK also when the last one is not whole (yet): walk->at is before it.
 * SW_ERROR_MALFORMED when one is not as it was written. SW_ERROR_SYSTEM, SW_ERROR_NO_SPACE. */
int log_file_walk(const struct log_file *file, const struct block_visitor *visitor, struct log_walk *walk);

#endif
