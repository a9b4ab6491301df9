#include "firmware/log/log_pool.h"

#define RECORD_WORDS (SW_RECORD_SIZE / 4u)
#define CRC_WORD     RECORD_WORDS
#define LINK_WORD    (RECORD_WORDS + 1u)
_Static_assert(LINK_WORD + 1u == LOG_SLOT_WORDS, "record, CRC, link");

static size_t word_of(const struct log_pool *pool, uint16_t slot, unsigned word)
{
    return pool->at + (size_t)slot * LOG_SLOT_WORDS + word;
}

void log_pool_clear(struct log_pool *pool, uint16_t slot)
{
    for (unsigned i = 0; i < LOG_SLOT_WORDS; i++)
        retained_store(pool->memory, word_of(pool, slot, i), 0);
}

/* Words are packed from the bytes of the wire format, big-endian: the first word is the sequence. */
void log_pool_write(struct log_pool *pool, uint16_t slot, const struct sw_record *record)
{
    uint8_t bytes[SW_RECORD_SIZE];
    uint32_t words[RECORD_WORDS];
    struct sw_writer writer = sw_writer_over(bytes, sizeof bytes);
    sw_record_encode(record, &writer);
    struct sw_reader reader = sw_reader_over(bytes, sizeof bytes);
    for (unsigned i = 0; i < RECORD_WORDS; i++) {
        words[i] = sw_read_u32(&reader);
        retained_store(pool->memory, word_of(pool, slot, i), words[i]);
    }
    retained_store(pool->memory, word_of(pool, slot, CRC_WORD), retained_crc(words, RECORD_WORDS));
}

bool log_pool_read(const struct log_pool *pool, uint16_t slot, struct sw_record *record)
{
    uint8_t bytes[SW_RECORD_SIZE];
    uint32_t words[RECORD_WORDS];
    struct sw_writer writer = sw_writer_over(bytes, sizeof bytes);
    for (unsigned i = 0; i < RECORD_WORDS; i++) {
        words[i] = retained_load(pool->memory, word_of(pool, slot, i));
        sw_write_u32(&writer, words[i]);
    }
    if (retained_crc(words, RECORD_WORDS) != retained_load(pool->memory, word_of(pool, slot, CRC_WORD))) return false;
    struct sw_reader reader = sw_reader_over(bytes, sizeof bytes);
    return sw_record_decode(&reader, record) == SW_OK;
}

uint32_t log_pool_sequence(const struct log_pool *pool, uint16_t slot)
{
    return retained_load(pool->memory, word_of(pool, slot, 0));
}

static void set_next(struct log_pool *pool, uint16_t slot, uint16_t next)
{
    retained_store(pool->memory, word_of(pool, slot, LINK_WORD), (uint32_t)(uint16_t)~next << 16 | next);
}

uint16_t log_pool_next(struct log_pool *pool, uint16_t slot)
{
    uint32_t link = retained_load(pool->memory, word_of(pool, slot, LINK_WORD));
    uint16_t next = (uint16_t)link;
    if ((uint16_t)~next == link >> 16 && (next < pool->capacity || next == LOG_SLOT_NONE)) return next;
    pool->damaged = true;
    return LOG_SLOT_NONE;
}

void log_list_push(struct log_pool *pool, struct log_list *list, uint16_t slot)
{
    set_next(pool, slot, LOG_SLOT_NONE);
    if (list->tail == LOG_SLOT_NONE)
        list->head = slot;
    else
        set_next(pool, list->tail, slot);
    list->tail = slot;
    list->count++;
}

uint16_t log_list_pop(struct log_pool *pool, struct log_list *list)
{
    uint16_t slot = list->head;
    if (slot == LOG_SLOT_NONE) return slot;
    list->head = log_pool_next(pool, slot);
    list->count--;
    if (list->head == LOG_SLOT_NONE) *list = log_list_empty();
    return slot;
}

static uint16_t advance(struct log_pool *pool, uint16_t slot, uint16_t steps)
{
    while (steps-- > 0 && slot != LOG_SLOT_NONE)
        slot = log_pool_next(pool, slot);
    return slot;
}

static void append_slot(struct log_pool *pool, struct log_list *list, uint16_t slot)
{
    if (list->tail == LOG_SLOT_NONE)
        list->head = slot;
    else
        set_next(pool, list->tail, slot);
    list->tail = slot;
}

/* Merges the runs of `width` slots at *left and right onto `out`; leaves *left at the slot after both. */
static void merge_runs(struct log_pool *pool, struct log_list *out, uint16_t *left, uint16_t right, uint16_t width)
{
    uint16_t a = *left, b = right;
    uint16_t left_count = width, right_count = width;
    for (;;) {
        bool take_left = left_count > 0 && a != right && a != LOG_SLOT_NONE;
        bool take_right = right_count > 0 && b != LOG_SLOT_NONE;
        if (take_left && take_right) take_left = log_pool_sequence(pool, a) <= log_pool_sequence(pool, b);
        if (!take_left && !take_right) break;
        uint16_t taken = take_left ? a : b;
        uint16_t next = log_pool_next(pool, taken);
        append_slot(pool, out, taken);
        if (take_left) {
            a = next;
            left_count--;
        } else {
            b = next;
            right_count--;
        }
    }
    *left = b;
}

/* Bottom-up merge sort: each pass merges neighbouring runs, twice as long as in the pass before. */
void log_list_sort(struct log_pool *pool, struct log_list *list)
{
    for (uint32_t width = 1; width < list->count; width *= 2) {
        struct log_list sorted = log_list_empty();
        uint16_t rest = list->head;
        while (rest != LOG_SLOT_NONE && !pool->damaged) {
            uint16_t right = advance(pool, rest, (uint16_t)width);
            merge_runs(pool, &sorted, &rest, right, (uint16_t)width);
        }
        if (sorted.tail != LOG_SLOT_NONE) set_next(pool, sorted.tail, LOG_SLOT_NONE);
        list->head = sorted.head;
        list->tail = sorted.tail;
    }
}
