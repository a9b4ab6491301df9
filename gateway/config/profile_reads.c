#include "config/profile_reads.h"

#include <stdlib.h>

/* Registers from first to last that belong together. */
struct span {
    uint8_t function;
    uint32_t first, last;
};

struct spans {
    /* A point names up to four registers, a guard one. */
    struct span span[4 * SW_PROFILE_POINTS_MAX + UINT8_MAX];
    size_t count;
};

static void want(struct spans *spans, const struct sw_profile_register *at, uint32_t size)
{
    if (at->function) spans->span[spans->count++] = (struct span){at->function, at->address, at->address + size - 1};
}

static int by_address(const void *a, const void *b)
{
    const struct span *left = a, *right = b;
    if (left->function != right->function) return left->function - right->function;
    if (left->first != right->first) return left->first < right->first ? -1 : 1;
    return 0;
}

size_t profile_reads(const struct sw_profile *profile, size_t point_count, uint32_t merge_gap,
                     struct sw_profile_block blocks[SW_PROFILE_BLOCKS_MAX])
{
    struct spans spans = {.count = 0};
    for (size_t i = 0; i < point_count; i++) {
        const struct sw_profile_point *point = &profile->points[i];
        want(&spans, &point->at, sw_register_type_size(point->type));
        want(&spans, &point->fraction, 2);
        want(&spans, &point->decimals, 1);
        want(&spans, &point->unit, 1);
    }
    for (size_t i = 0; i < profile->guard_count; i++)
        if (profile->guards[i].points & ((1u << point_count) - 1)) want(&spans, &profile->guards[i].at, 1);
    qsort(spans.span, spans.count, sizeof spans.span[0], by_address);

    size_t count = 0;
    struct span *open = NULL; /* what the last block spans */
    for (size_t i = 0; i < spans.count; i++) {
        struct span *span = &spans.span[i];
        bool joins = open && span->function == open->function && span->first <= open->last + 1 + merge_gap &&
                     span->last < open->first + PROFILE_BLOCK_REGISTERS_MAX;
        if (!joins) {
            open = span;
            count++;
        } else if (span->last > open->last) {
            open->last = span->last;
        }
        if (count <= SW_PROFILE_BLOCKS_MAX)
            blocks[count - 1] = (struct sw_profile_block){open->function, (uint16_t)open->first,
                                                          (uint8_t)(open->last - open->first + 1)};
    }
    return count;
}
