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

#define READING_SIZE_MAX (1 + 3 * VARINT_SIZE_MAX + 2)

static const int64_t steps[] = {1, 10, 100, 1000};

void readings_block_free(struct readings_block *block)
{
    free(block->bytes);
    free(block->cursors);
    free(block->records);
    *block = (struct readings_block){0};
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

static unsigned step_of(int64_t value)
{
    unsigned step = 0;
    while (step < 3 && value % steps[step + 1] == 0)
        step++;
    return step;
}

int readings_block_add(struct readings_block *block, uint32_t series, const struct series_reading *reading)
{
    if (!series_reading_fits(reading)) return SW_ERROR_INVALID_ARGUMENT;
    if (!grow((void **)&block->bytes, block->size, READING_SIZE_MAX, &block->capacity, 1)) return SW_ERROR_NO_SPACE;
    struct sw_writer out = sw_writer_over(block->bytes + block->size, READING_SIZE_MAX);
    int64_t interval = reading->time_ms - block->last_time_ms;
    bool usual = reading->quality == SW_QUALITY_GOOD && reading->reason == SW_REASON_NONE &&
                 reading->clock_quality == SW_CLOCK_SET;
    unsigned step = step_of(reading->value_milli);
    unsigned head = step | (usual ? 0 : BLOCK_UNUSUAL) | (reading->of_record ? BLOCK_RECORD : 0) |
                    (interval == 0 ? BLOCK_SAME_TIME : 0) | (series == block->last_series + 1 ? BLOCK_NEXT_SERIES : 0);
    sw_write_u8(&out, (uint8_t)head);
    if (!(head & BLOCK_NEXT_SERIES)) write_varint(&out, zigzag((int64_t)series - block->last_series));
    if (interval != 0) write_varint(&out, zigzag(interval));
    write_varint(&out, zigzag(reading->value_milli / steps[step]));
    if (!usual) {
        sw_write_u8(&out, (uint8_t)(reading->clock_quality << 4 | reading->quality));
        sw_write_u8(&out, reading->reason);
    }
    block->size += sw_writer_size(&out);
    block->last_series = series;
    block->last_time_ms = reading->time_ms;
    block->count++;
    return SW_OK;
}

int readings_block_add_record(struct readings_block *block, uint32_t serial, uint16_t epoch, uint32_t sequence)
{
    for (size_t i = block->record_count; i > 0; i--) {
        struct readings_records *records = &block->records[i - 1];
        if (records->serial != serial || records->epoch != epoch) continue;
        if (sequence > records->last) records->last = sequence;
        records->count++;
        return SW_OK;
    }
    if (!grow((void **)&block->records, block->record_count, 1, &block->record_capacity, sizeof *block->records))
        return SW_ERROR_NO_SPACE;
    block->records[block->record_count++] = (struct readings_records){serial, epoch, sequence, sequence, 1};
    return SW_OK;
}

int readings_block_add_cursor(struct readings_block *block, const struct readings_cursor *cursor)
{
    if (!grow((void **)&block->cursors, block->cursor_count, 1, &block->cursor_capacity, sizeof *block->cursors))
        return SW_ERROR_NO_SPACE;
    block->cursors[block->cursor_count++] = *cursor;
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

static void read_nodes(struct sw_reader *in, const struct block_visitor *visitor)
{
    for (uint64_t left = read_varint(in); left > 0 && !in->failed; left--) {
        struct readings_cursor cursor = {.serial = (uint32_t)read_varint(in)};
        cursor.epoch = (uint16_t)read_varint(in);
        cursor.sequence = (uint32_t)read_varint(in);
        cursor.seen_until_ms = (int64_t)read_varint(in);
        if (!in->failed && visitor->cursor) visitor->cursor(visitor->ctx, &cursor);
    }
    for (uint64_t left = read_varint(in); left > 0 && !in->failed; left--) {
        struct readings_records records = {.serial = (uint32_t)read_varint(in)};
        records.epoch = (uint16_t)read_varint(in);
        records.first = (uint32_t)read_varint(in);
        records.last = (uint32_t)read_varint(in);
        records.count = read_varint(in);
        if (!in->failed && visitor->records) visitor->records(visitor->ctx, &records);
    }
}

int readings_block_read(const uint8_t *bytes, size_t size, const struct block_visitor *visitor, int64_t *next)
{
    struct sw_reader in = sw_reader_over(bytes, size);
    int64_t position = (int64_t)read_u64(&in), time_ms = 0;
    uint32_t series = 0;
    read_series(&in, visitor);
    read_nodes(&in, visitor);
    uint64_t count = read_varint(&in);
    *next = position + (int64_t)count;
    for (; count > 0 && visitor->reading && !in.failed; count--, position++) {
        struct series_reading reading = {.quality = SW_QUALITY_GOOD, .clock_quality = SW_CLOCK_SET};
        unsigned head = sw_read_u8(&in);
        series = head & BLOCK_NEXT_SERIES ? series + 1 : series + (uint32_t)unzigzag(read_varint(&in));
        if (!(head & BLOCK_SAME_TIME)) time_ms = (int64_t)((uint64_t)time_ms + (uint64_t)unzigzag(read_varint(&in)));
        uint64_t value = (uint64_t)unzigzag(read_varint(&in)) * (uint64_t)steps[head & BLOCK_STEP];
        reading.time_ms = time_ms;
        reading.value_milli = (int64_t)value;
        reading.of_record = (head & BLOCK_RECORD) != 0;
        if (head & BLOCK_UNUSUAL) {
            uint8_t qualities = sw_read_u8(&in);
            reading.quality = qualities & 0x0fu;
            reading.clock_quality = (uint8_t)(qualities >> 4);
            reading.reason = sw_read_u8(&in);
        }
        if (in.failed || !series_reading_fits(&reading)) return SW_ERROR_MALFORMED;
        visitor->reading(visitor->ctx, position, series, &reading);
    }
    return in.failed ? SW_ERROR_MALFORMED : SW_OK;
}
