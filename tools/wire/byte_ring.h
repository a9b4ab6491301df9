/* A bounded queue of bytes. Pushing into a full one fails; nothing is overwritten. */
#ifndef TOOLS_WIRE_BYTE_RING_H
#define TOOLS_WIRE_BYTE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BYTE_RING_SIZE 65536u /* a power of two */

struct byte_ring {
    uint8_t bytes[BYTE_RING_SIZE];
    size_t head, tail; /* run on without end; the difference is the count */
};

static inline size_t byte_ring_count(const struct byte_ring *ring)
{
    return ring->head - ring->tail;
}

static inline size_t byte_ring_room(const struct byte_ring *ring)
{
    return BYTE_RING_SIZE - byte_ring_count(ring);
}

static inline bool byte_ring_push(struct byte_ring *ring, uint8_t byte)
{
    if (byte_ring_room(ring) == 0) return false;
    ring->bytes[ring->head++ % BYTE_RING_SIZE] = byte;
    return true;
}

/* The oldest bytes in one piece: their number, and where they are. */
static inline size_t byte_ring_peek(const struct byte_ring *ring, const uint8_t **bytes)
{
    size_t start = ring->tail % BYTE_RING_SIZE, count = byte_ring_count(ring);
    *bytes = ring->bytes + start;
    return count < BYTE_RING_SIZE - start ? count : BYTE_RING_SIZE - start;
}

static inline void byte_ring_consume(struct byte_ring *ring, size_t count)
{
    ring->tail += count;
}

static inline void byte_ring_clear(struct byte_ring *ring)
{
    ring->tail = ring->head;
}

#endif
