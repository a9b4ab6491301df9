/* Received bytes between an interrupt handler (puts) and the main loop (takes). One of each; no lock needed on one
 * core, since each side writes only its own index. A full ring drops the newest byte and marks the next one damaged,
 * so that the frame with the hole is never taken for whole. */
#ifndef BOARDS_CORTEX_M_BYTE_RING_H
#define BOARDS_CORTEX_M_BYTE_RING_H

#include <stdbool.h>
#include <stdint.h>

/* Twice the longest Modbus frame. A power of two. */
#define BYTE_RING_CAPACITY 512u

struct byte_ring_entry {
    uint32_t at_us; /* low half of the arrival time */
    uint8_t value;
    bool damaged;
};

struct byte_ring {
    volatile uint32_t put_index; /* run freely; their difference is the fill */
    volatile uint32_t take_index;
    volatile bool dropped;
    struct byte_ring_entry entries[BYTE_RING_CAPACITY];
};

static inline void byte_ring_put(struct byte_ring *ring, struct byte_ring_entry entry)
{
    uint32_t put_index = ring->put_index;
    if (put_index - ring->take_index >= BYTE_RING_CAPACITY) {
        ring->dropped = true;
        return;
    }
    if (ring->dropped) entry.damaged = true;
    ring->dropped = false;
    ring->entries[put_index % BYTE_RING_CAPACITY] = entry;
    /* The entry has to be in memory before the index says so. */
    __asm volatile("dmb" ::: "memory");
    ring->put_index = put_index + 1;
}

static inline bool byte_ring_pending(const struct byte_ring *ring)
{
    return ring->put_index != ring->take_index;
}

static inline bool byte_ring_take(struct byte_ring *ring, struct byte_ring_entry *entry)
{
    if (!byte_ring_pending(ring)) return false;
    /* Nor may the entry be read before the index has been: it could be the one from the round before. */
    __asm volatile("dmb" ::: "memory");
    *entry = ring->entries[ring->take_index % BYTE_RING_CAPACITY];
    __asm volatile("dmb" ::: "memory");
    ring->take_index = ring->take_index + 1;
    return true;
}

/* Main loop only. */
static inline void byte_ring_clear(struct byte_ring *ring)
{
    ring->take_index = ring->put_index;
}

#endif
