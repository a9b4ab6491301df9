#include "centre/seen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

struct entry {
    char key[SEEN_KEY_SIZE];
    uint32_t revision;
    uint32_t bucket;
    uint32_t next; /* in the bucket's chain */
};

/* A ring of entries in the order they came, and hash chains through them. */
struct seen {
    struct entry *entries;
    uint32_t *buckets;
    uint32_t capacity, count, oldest;
};

struct seen *seen_new(uint32_t capacity)
{
    struct seen *seen = calloc(1, sizeof *seen);
    if (!seen) return NULL;
    seen->capacity = capacity;
    seen->entries = calloc(capacity, sizeof *seen->entries);
    seen->buckets = calloc(capacity, sizeof *seen->buckets);
    if (!seen->entries || !seen->buckets) {
        seen_free(seen);
        return NULL;
    }
    for (uint32_t i = 0; i < capacity; i++)
        seen->buckets[i] = NONE;
    return seen;
}

void seen_free(struct seen *seen)
{
    if (!seen) return;
    free(seen->entries);
    free(seen->buckets);
    free(seen);
}

/* FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint32_t bucket_of(const struct seen *seen, const char *key, uint32_t revision)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (const char *at = key; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
    hash = (hash ^ revision) * UINT64_C(1099511628211);
    return (uint32_t)((hash >> 16) % seen->capacity);
}

static void forget(struct seen *seen, uint32_t index)
{
    uint32_t *link = &seen->buckets[seen->entries[index].bucket];
    while (*link != index)
        link = &seen->entries[*link].next;
    *link = seen->entries[index].next;
}

bool seen_add(struct seen *seen, const char *key, uint32_t revision)
{
    char cut[SEEN_KEY_SIZE];
    (void)snprintf(cut, sizeof cut, "%s", key);
    uint32_t bucket = bucket_of(seen, cut, revision);
    for (uint32_t i = seen->buckets[bucket]; i != NONE; i = seen->entries[i].next)
        if (seen->entries[i].revision == revision && strcmp(seen->entries[i].key, cut) == 0) return false;

    uint32_t index = seen->count < seen->capacity ? seen->count++ : seen->oldest;
    if (index == seen->oldest && seen->count == seen->capacity && seen->entries[index].key[0] != '\0') {
        forget(seen, index);
        seen->oldest = (seen->oldest + 1) % seen->capacity;
    }
    struct entry *entry = &seen->entries[index];
    memcpy(entry->key, cut, sizeof cut);
    entry->revision = revision;
    entry->bucket = bucket;
    entry->next = seen->buckets[bucket];
    seen->buckets[bucket] = index;
    return true;
}
