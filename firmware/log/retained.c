#include "firmware/log/retained.h"

#include <string.h>

static const uint32_t nibble_table[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

uint32_t retained_crc(const uint32_t *words, size_t count)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < count; i++) {
        crc ^= words[i];
        for (unsigned nibble = 0; nibble < 8; nibble++)
            crc = crc >> 4 ^ nibble_table[crc & 0x0fu];
    }
    return ~crc;
}

static size_t copy_at(const struct retained_pair *pair, unsigned copy)
{
    return pair->at + copy * (pair->content_size + 2);
}

static bool load_copy(const struct retained_pair *pair, unsigned copy, uint32_t *words)
{
    size_t size = pair->content_size + 1;
    for (size_t i = 0; i < size; i++)
        words[i] = retained_load(pair->memory, copy_at(pair, copy) + i);
    return retained_crc(words, size) == retained_load(pair->memory, copy_at(pair, copy) + size);
}

bool retained_pair_load(struct retained_pair *pair, const struct retained *memory, size_t at, uint32_t *content,
                        size_t content_size)
{
    *pair = (struct retained_pair){.memory = memory, .at = at, .content_size = content_size};
    uint32_t copies[2][1 + RETAINED_CONTENT_MAX];
    bool first = load_copy(pair, 0, copies[0]);
    bool second = load_copy(pair, 1, copies[1]);
    if (!first && !second) return false;
    /* Generations wrap: the newer one is less than half the circle ahead. */
    pair->current = first && second ? (copies[1][0] - copies[0][0] < UINT32_MAX / 2) : second;
    pair->generation = copies[pair->current][0];
    memcpy(content, &copies[pair->current][1], content_size * sizeof *content);
    return true;
}

void retained_pair_save(struct retained_pair *pair, const uint32_t *content)
{
    uint32_t words[1 + RETAINED_CONTENT_MAX];
    unsigned copy = pair->current ^ 1u;
    words[0] = pair->generation + 1;
    memcpy(&words[1], content, pair->content_size * sizeof *content);
    size_t size = pair->content_size + 1;
    for (size_t i = 0; i < size; i++)
        retained_store(pair->memory, copy_at(pair, copy) + i, words[i]);
    retained_store(pair->memory, copy_at(pair, copy) + size, retained_crc(words, size));
    pair->current = copy;
    pair->generation = words[0];
}
