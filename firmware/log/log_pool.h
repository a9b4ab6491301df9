/* Slots for records in retained memory, and lists of them.
 *
 * A slot is a record (20 bytes), its CRC and a link to the next slot of its list. A record is written before its CRC,
 * so that a reset in between leaves a slot that does not check out. Links are a convenience that the slots' records can
 * always rebuild: a link that does not check out latches `damaged` and reads as "no more". */
#ifndef FIRMWARE_LOG_POOL_H
#define FIRMWARE_LOG_POOL_H

#include "firmware/log/retained.h"
#include "stillwater/record_format.h"

#define LOG_SLOT_WORDS 7u
#define LOG_SLOT_NONE  0xffffu

struct log_pool {
    const struct retained *memory;
    size_t at; /* word index of slot 0 */
    uint16_t capacity;
    bool damaged;
};

struct log_list {
    uint16_t head, tail; /* LOG_SLOT_NONE when empty */
    uint16_t count;
};

static inline struct log_list log_list_empty(void)
{
    struct log_list list = {LOG_SLOT_NONE, LOG_SLOT_NONE, 0};
    return list;
}

void log_pool_clear(struct log_pool *pool, uint16_t slot);
void log_pool_write(struct log_pool *pool, uint16_t slot, const struct sw_record *record);

/* False when the slot holds no whole record. */
bool log_pool_read(const struct log_pool *pool, uint16_t slot, struct sw_record *record);

/* Of a slot that is in a list. */
uint32_t log_pool_sequence(const struct log_pool *pool, uint16_t slot);

/* The slot after this one, LOG_SLOT_NONE at the end. */
uint16_t log_pool_next(struct log_pool *pool, uint16_t slot);

void log_list_push(struct log_pool *pool, struct log_list *list, uint16_t slot);

/* Takes the first slot; LOG_SLOT_NONE when there is none. */
uint16_t log_list_pop(struct log_pool *pool, struct log_list *list);

/* By sequence, ascending. n log n, no memory of its own. */
void log_list_sort(struct log_pool *pool, struct log_list *list);

#endif
