/* Memory that outlives a reset, as words. A reset may come between any two stores: whoever writes here decides the
 * order of the stores so that the memory can be made sense of after each of them. */
#ifndef FIRMWARE_LOG_RETAINED_H
#define FIRMWARE_LOG_RETAINED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct retained {
    volatile uint32_t *words;
    size_t count;
    /* Called after every store; NULL on a board. Power-cut tests look at the memory here. */
    void (*stored)(void *ctx);
    void *ctx;
};

static inline uint32_t retained_load(const struct retained *memory, size_t index)
{
    return memory->words[index];
}

static inline void retained_store(const struct retained *memory, size_t index, uint32_t value)
{
    memory->words[index] = value;
    if (memory->stored) memory->stored(memory->ctx);
}

/* CRC-32 (ISO-HDLC, reflected 0xedb88320) over words, low byte first. */
uint32_t retained_crc(const uint32_t *words, size_t count);

/* A block kept twice, so that one copy is whole whenever a reset comes. Each copy: generation, content, CRC. */
struct retained_pair {
    const struct retained *memory;
    size_t at;           /* word index of the first copy */
    size_t content_size; /* words */
    uint32_t generation; /* of the copy in use */
    unsigned current;    /* which copy that is */
};

#define RETAINED_CONTENT_MAX         64u
#define RETAINED_PAIR_WORDS(content) (2u * ((content) + 2u))

/* False, and content untouched, when neither copy is whole. The next save then starts at generation 1. */
bool retained_pair_load(struct retained_pair *pair, const struct retained *memory, size_t at, uint32_t *content,
                        size_t content_size);

/* Writes the copy that is not in use, its CRC last, and then uses it. */
void retained_pair_save(struct retained_pair *pair, const uint32_t *content);

#endif
