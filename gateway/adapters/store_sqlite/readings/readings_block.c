#include "adapters/store_sqlite/readings/readings_block.h"

#include <stdlib.h>

#include "adapters/store_sqlite/readings/readings_bytes.h"
#include "stillwater/error.h"
#include "stillwater/time.h"

/* The head of a reading. */
#define BLOCK_STEP        0x03u /* the value's step: 1, 10, 100, 1000 */
#define BLOCK_UNUSUAL     0x04u /* qualities follow; else good, by a clock that is set */
#define BLOCK_RECORD      0x08u
#define BLOCK_SAME_TIME   0x10u /* as the one before */
#define BLOCK_NEXT_SERIES 0x20u /* the number after that of the one before */
#define BLOCK_DOUBTED     0x40u
#define BLOCK_TAKEN       0x80u /* at another time than its own */

#define READING_SIZE_MAX (1 + 6 * VARINT_SIZE_MAX + 2)

static const int64_t steps[] = {1, 10, 100, 1000};

void readings_block_free(struct readings_block *block)
{
    free(block->bytes);
    free(block->cursors);
    free(block->records);
    *block = (struct readings_block){0};
}

void readings_block_clear(struct readings_block *block)
{
    block->size = block->cursor_count = block->record_count = 0;
    block->count = block->last_series = 0;
    block->last_time_ms = block->last_taken_ms = 0;
}

/* Room for `more` items; the array as it was when memory is refused. */
static bool grow(void **array, size_t count, size_t more, size_t *capacity, size_t item_size)
{
    if (count + more <= *capacity) return true;
    size_t wanted = 2 * *capacity + 4 + more;
    void *larger = realloc(*array, wanted * item_size);
    if (!larger) return false;
    *array = larger;
    *capacity = wanted;
    return true;
}

/* Bytes from a disk may say anything: no overflow that the language does not define. */
static int64_t sum_of(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static unsigned step_of(int64_t value)
{
    unsigned step = 0;
    while (step < 3 && value % steps[step + 1] == 0)
        step++;
    return step;
}

/* The records of the reading's log, among those of the block; NULL when memory is refused. */
static struct readings_records *records_of(struct readings_block *block, const struct series_reading *reading)
{
    for (size_t i = block->record_count; i > 0; i--)
        if (block->records[i - 1].serial == reading->serial && block->records[i - 1].epoch == reading->epoch)
            return &block->records[i - 1];
    if (!grow((void **)&block->records, block->record_count, 1, &block->record_capacity, sizeof *block->records))
        return NULL;
    block->records[block->record_count] =
        (struct readings_records){reading->serial, reading->epoch, reading->sequence, reading->sequence - 1, 0};
    return &block->records[block->record_count++];
}

static void write_record(struct sw_writer *out, const struct readings_block *block, struct readings_records *records,
                         uint32_t sequence)
{
    bool next = sequence == records->last + 1;
    write_varint(out, (uint64_t)(records - block->records) << 1 | !next);
    if (!next) write_varint(out, zigzag((int64_t)sequence - records->last));
    records->last = sequence;
    records->count++;
}

int readings_block_add(struct readings_block *block, const struct log_reading *stored)
{
    const struct series_reading *reading = &stored->reading;
    struct readings_records *records = NULL;
    if (!series_reading_fits(reading)) return SW_ERROR_INVALID_ARGUMENT;
    if (!grow((void **)&block->bytes, block->size, READING_SIZE_MAX, &block->capacity, 1)) return SW_ERROR_NO_SPACE;
    if (reading->serial != 0 && !(records = records_of(block, reading))) return SW_ERROR_NO_SPACE;
    struct sw_writer out = sw_writer_over(block->bytes + block->size, READING_SIZE_MAX);
    int64_t interval = reading->time_ms - block->last_time_ms;
    bool usual = reading->quality == SW_QUALITY_GOOD && reading->reason == SW_REASON_NONE &&
                 reading->clock_quality == SW_CLOCK_SET;
    unsigned step = step_of(reading->value_milli);
    unsigned head = step | (usual ? 0 : BLOCK_UNUSUAL) | (records ? BLOCK_RECORD : 0) |
                    (interval == 0 ? BLOCK_SAME_TIME : 0) |
                    (stored->series == block->last_series + 1 ? BLOCK_NEXT_SERIES : 0) |
                    (stored->doubted ? BLOCK_DOUBTED : 0) | (stored->taken_ms != reading->time_ms ? BLOCK_TAKEN : 0);
    sw_write_u8(&out, (uint8_t)head);
    if (!(head & BLOCK_NEXT_SERIES)) write_varint(&out, zigzag((int64_t)stored->series - block->last_series));
    if (interval != 0) write_varint(&out, zigzag(interval));
    write_varint(&out, zigzag(reading->value_milli / steps[step]));
    if (!usual) {
        sw_write_u8(&out, (uint8_t)(reading->clock_quality << 4 | reading->quality));
        sw_write_u8(&out, reading->reason);
    }
    if (records) write_record(&out, block, records, reading->sequence);
    if (head & BLOCK_TAKEN) write_varint(&out, zigzag(stored->taken_ms - block->last_taken_ms));
    block->size += sw_writer_size(&out);
    block->last_series = stored->series;
    block->last_time_ms = reading->time_ms;
    block->last_taken_ms = stored->taken_ms;
    block->count++;
    return SW_OK;
}

int readings_block_add_cursor(struct readings_block *block, const struct readings_cursor *cursor)
{
    if (!grow((void **)&block->cursors, block->cursor_count, 1, &block->cursor_capacity, sizeof *block->cursors))
        return SW_ERROR_NO_SPACE;
    block->cursors[block->cursor_count++] = *cursor;
    return SW_OK;
}

int readings_block_keep_records(struct readings_block *block, const struct readings_records *records)
{
    if (!grow((void **)&block->records, block->record_count, 1, &block->record_capacity, sizeof *block->records))
        return SW_ERROR_NO_SPACE;
    block->records[block->record_count++] = *records;
    return SW_OK;
}

/* ---- writing ---- */

static void write_series(struct sw_writer *out, const struct readings_series *series, uint32_t first)
{
    uint32_t end = series ? series->count : first;
    write_varint(out, end - first);
    for (uint32_t i = first; i < end; i++) {
        const char *name = readings_series_name(series, i);
        size_t size = strlen(name);
        write_varint(out, i);
        sw_write_u8(out, series->entries[i].kind);
        sw_write_u8(out, (uint8_t)size);
        for (size_t c = 0; c < size; c++)
            sw_write_u8(out, (uint8_t)name[c]);
    }
}

static void write_nodes(struct sw_writer *out, const struct readings_block *block)
{
    write_varint(out, block->cursor_count);
    for (size_t i = 0; i < block->cursor_count; i++) {
        const struct readings_cursor *cursor = &block->cursors[i];
        write_varint(out, cursor->serial);
        write_varint(out, cursor->epoch);
        write_varint(out, cursor->sequence);
        write_varint(out, (uint64_t)cursor->seen_until_ms);
    }
    write_varint(out, block->record_count);
    for (size_t i = 0; i < block->record_count; i++) {
        const struct readings_records *records = &block->records[i];
        write_varint(out, records->serial);
        write_varint(out, records->epoch);
        write_varint(out, records->first);
        write_varint(out, records->last);
        write_varint(out, records->count);
    }
}

void readings_block_set_position(uint8_t *bytes, int64_t position)
{
    struct sw_writer out = sw_writer_over(bytes, 8);
    write_u64(&out, (uint64_t)position);
}

uint8_t *readings_block_write(const struct readings_block *block, const struct readings_series *series,
                              uint32_t first_new, size_t *size)
{
    size_t most =
        8 + 4 * VARINT_SIZE_MAX + block->size + 5 * VARINT_SIZE_MAX * (block->cursor_count + block->record_count);
    if (series) most += (series->count - first_new) * (size_t)(VARINT_SIZE_MAX + 2 + SERIES_NAME_SIZE);
    uint8_t *bytes = malloc(most);
    if (!bytes) return NULL;
    struct sw_writer out = sw_writer_over(bytes, most);
    write_u64(&out, 0);
    write_series(&out, series, first_new);
    write_nodes(&out, block);
    write_varint(&out, block->count);
    if (block->size > 0) memcpy(out.at, block->bytes, block->size);
    *size = sw_writer_size(&out) + block->size;
    return bytes;
}

/* ---- reading ---- */

static void read_series(struct sw_reader *in, const struct block_visitor *visitor)
{
    for (uint64_t left = read_varint(in); left > 0 && !in->failed; left--) {
        char name[SERIES_NAME_SIZE] = "";
        uint64_t number = read_varint(in);
        uint8_t kind = sw_read_u8(in), size = sw_read_u8(in);
        if (size >= sizeof name || number >= SERIES_NONE) in->failed = true;
        for (uint8_t i = 0; i < size && !in->failed; i++)
            name[i] = (char)sw_read_u8(in);
        if (!in->failed && visitor->series) visitor->series(visitor->ctx, (uint32_t)number, name, kind);
    }
}

static void read_cursors(struct sw_reader *in, const struct block_visitor *visitor)
{
    for (uint64_t left = read_varint(in); left > 0 && !in->failed; left--) {
        struct readings_cursor cursor = {.serial = (uint32_t)read_varint(in)};
        cursor.epoch = (uint16_t)read_varint(in);
        cursor.sequence = (uint32_t)read_varint(in);
        cursor.seen_until_ms = (int64_t)read_varint(in);
        if (!in->failed && visitor->cursor) visitor->cursor(visitor->ctx, &cursor);
    }
}

/* *kept: in memory of their own, each with the sequence before its first as its last. */
static int read_records(struct sw_reader *in, const struct block_visitor *visitor, struct readings_records **kept,
                        size_t *count)
{
    uint64_t left = read_varint(in);
    *count = 0;
    *kept = NULL;
    if (in->failed || left > sw_reader_left(in)) return SW_ERROR_MALFORMED;
    if (left > 0 && visitor->reading && !(*kept = calloc(left, sizeof **kept))) return SW_ERROR_NO_SPACE;
    for (; left > 0 && !in->failed; left--) {
        struct readings_records records = {.serial = (uint32_t)read_varint(in)};
        records.epoch = (uint16_t)read_varint(in);
        records.first = (uint32_t)read_varint(in);
        records.last = (uint32_t)read_varint(in);
        records.count = read_varint(in);
        if (!in->failed && visitor->records) visitor->records(visitor->ctx, &records);
        records.last = records.first - 1;
        if (*kept) (*kept)[(*count)++] = records;
    }
    return in->failed ? SW_ERROR_MALFORMED : SW_OK;
}

static void read_record(struct sw_reader *in, struct readings_records *kept, size_t count,
                        struct series_reading *reading)
{
    uint64_t which = read_varint(in);
    int64_t step = which & 1 ? unzigzag(read_varint(in)) : 1;
    if (which >> 1 >= count) {
        in->failed = true;
        return;
    }
    struct readings_records *records = &kept[which >> 1];
    records->last += (uint32_t)step;
    reading->serial = records->serial;
    reading->epoch = records->epoch;
    reading->sequence = records->last;
}

/* What a reading goes on from. */
struct reading_before {
    uint32_t series;
    int64_t time_ms, taken_ms;
};

static struct log_reading read_reading(struct sw_reader *in, struct reading_before *before,
                                       struct readings_records *kept, size_t kept_count)
{
    struct log_reading stored = {.reading = {.quality = SW_QUALITY_GOOD, .clock_quality = SW_CLOCK_SET}};
    struct series_reading *reading = &stored.reading;
    unsigned head = sw_read_u8(in);
    before->series += head & BLOCK_NEXT_SERIES ? 1 : (uint32_t)unzigzag(read_varint(in));
    if (!(head & BLOCK_SAME_TIME)) before->time_ms = sum_of(before->time_ms, unzigzag(read_varint(in)));
    uint64_t value = (uint64_t)unzigzag(read_varint(in)) * (uint64_t)steps[head & BLOCK_STEP];
    stored.series = before->series;
    reading->time_ms = before->time_ms;
    reading->value_milli = (int64_t)value;
    if (head & BLOCK_UNUSUAL) {
        uint8_t qualities = sw_read_u8(in);
        reading->quality = qualities & 0x0fu;
        reading->clock_quality = (uint8_t)(qualities >> 4);
        reading->reason = sw_read_u8(in);
    }
    if (head & BLOCK_RECORD) read_record(in, kept, kept_count, reading);
    before->taken_ms = head & BLOCK_TAKEN ? sum_of(before->taken_ms, unzigzag(read_varint(in))) : reading->time_ms;
    stored.taken_ms = before->taken_ms;
    stored.doubted = (head & BLOCK_DOUBTED) != 0;
    return stored;
}

int readings_block_read(const uint8_t *bytes, size_t size, const struct block_visitor *visitor, int64_t *next)
{
    struct sw_reader in = sw_reader_over(bytes, size);
    struct reading_before before = {0};
    struct readings_records *kept;
    size_t kept_count;
    int64_t position = (int64_t)read_u64(&in);
    read_series(&in, visitor);
    read_cursors(&in, visitor);
    int error = read_records(&in, visitor, &kept, &kept_count);
    uint64_t count = error ? 0 : read_varint(&in);
    *next = position + (int64_t)count;
    for (; count > 0 && visitor->reading && !error; count--, position++) {
        struct log_reading stored = read_reading(&in, &before, kept, kept_count);
        if (in.failed || !series_reading_fits(&stored.reading))
            error = SW_ERROR_MALFORMED;
        else
            visitor->reading(visitor->ctx, position, &stored);
    }
    free(kept);
    return !error && in.failed ? SW_ERROR_MALFORMED : error;
}
