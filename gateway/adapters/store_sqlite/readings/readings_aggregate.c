#include "adapters/store_sqlite/readings/readings_aggregate.h"

#include <assert.h>

#include "adapters/store_sqlite/readings/readings_bytes.h"
#include "stillwater/error.h"

static bool is_usable(const struct series_reading *reading)
{
    return reading->quality == SW_QUALITY_GOOD || reading->quality == SW_QUALITY_SUSPECT;
}

static int64_t up(int64_t from, int64_t to)
{
    return to > from ? to - from : 0;
}

void readings_aggregate_add(struct readings_aggregate *aggregate, const struct series_reading *reading)
{
    int64_t value = reading->value_milli;
    if (!is_usable(reading)) {
        aggregate->unusable++;
        return;
    }
    if (aggregate->count == 0) {
        aggregate->first_ms = reading->time_ms;
        aggregate->first = aggregate->least = aggregate->most = value;
    } else {
        aggregate->grown += up(aggregate->last, value);
    }
    if (value < aggregate->least) aggregate->least = value;
    if (value > aggregate->most) aggregate->most = value;
    aggregate->last_ms = reading->time_ms;
    aggregate->last = value;
    aggregate->count++;
}

void readings_aggregate_join(struct readings_aggregate *aggregate, const struct readings_aggregate *more)
{
    aggregate->unusable += more->unusable;
    if (more->count == 0) return;
    if (aggregate->count == 0) {
        struct readings_aggregate joined = *more;
        joined.from_ms = aggregate->from_ms;
        joined.unusable = aggregate->unusable;
        *aggregate = joined;
        return;
    }
    int64_t grown = aggregate->grown + more->grown;
    bool after = more->first_ms >= aggregate->last_ms, before = more->last_ms <= aggregate->first_ms;
    if (after)
        grown += up(aggregate->last, more->first);
    else if (before)
        grown += up(more->last, aggregate->first);
    if (more->first_ms < aggregate->first_ms) {
        aggregate->first_ms = more->first_ms;
        aggregate->first = more->first;
    }
    if (more->last_ms >= aggregate->last_ms) {
        aggregate->last_ms = more->last_ms;
        aggregate->last = more->last;
    }
    if (more->least < aggregate->least) aggregate->least = more->least;
    if (more->most > aggregate->most) aggregate->most = more->most;
    aggregate->grown = after || before ? grown : up(aggregate->first, aggregate->last);
    aggregate->count += more->count;
}

size_t readings_aggregate_days(const struct series_reading *readings, size_t count, struct readings_aggregate *days,
                               size_t capacity)
{
    size_t made = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t from_ms = readings[i].time_ms - readings[i].time_ms % AGGREGATE_DAY_MS;
        if (made == 0 || days[made - 1].from_ms != from_ms) {
            if (made == capacity) break;
            days[made++] = (struct readings_aggregate){.from_ms = from_ms};
        }
        readings_aggregate_add(&days[made - 1], &readings[i]);
    }
    return made;
}

/* u32 checksum; varint: days; each: varints, every one from what was known before it. */
size_t readings_aggregates_encode(const struct readings_aggregate *days, size_t count, uint8_t *bytes, size_t size)
{
    struct sw_writer out = sw_writer_over(bytes + 4, size - 4), head = sw_writer_over(bytes, 4);
    int64_t day = 0, last = 0;
    write_varint(&out, count);
    for (size_t i = 0; i < count; i++) {
        const struct readings_aggregate *it = &days[i];
        write_varint(&out, (uint64_t)(it->from_ms / AGGREGATE_DAY_MS - day));
        write_varint(&out, it->count);
        write_varint(&out, it->unusable);
        day = it->from_ms / AGGREGATE_DAY_MS;
        if (it->count == 0) continue;
        write_varint(&out, (uint64_t)(it->first_ms - it->from_ms));
        write_varint(&out, (uint64_t)(it->last_ms - it->first_ms));
        write_varint(&out, zigzag(it->first - last));
        write_varint(&out, zigzag(it->last - it->first));
        write_varint(&out, (uint64_t)(it->first - it->least));
        write_varint(&out, (uint64_t)(it->most - it->last));
        write_varint(&out, zigzag(it->grown - (it->last - it->first)));
        last = it->last;
    }
    assert(!out.failed);
    sw_write_u32(&head, readings_checksum(bytes + 4, sw_writer_size(&out)));
    return 4 + sw_writer_size(&out);
}

static int64_t plus(int64_t a, uint64_t b)
{
    return (int64_t)((uint64_t)a + b);
}

int readings_aggregates_decode(const uint8_t *bytes, size_t size, struct readings_aggregate *days, size_t capacity,
                               size_t *count)
{
    struct sw_reader in = sw_reader_over(bytes, size);
    uint32_t checksum = sw_read_u32(&in);
    int64_t day = 0, last = 0;
    *count = 0;
    if (in.failed || checksum != readings_checksum(bytes + 4, size - 4)) return SW_ERROR_MALFORMED;
    uint64_t wanted = read_varint(&in);
    if (wanted > capacity) return SW_ERROR_MALFORMED;
    for (uint64_t i = 0; i < wanted && !in.failed; i++) {
        struct readings_aggregate *it = &days[i];
        day = plus(day, read_varint(&in));
        *it = (struct readings_aggregate){.from_ms = (int64_t)((uint64_t)day * AGGREGATE_DAY_MS)};
        it->count = read_varint(&in);
        it->unusable = read_varint(&in);
        if (it->count == 0) continue;
        it->first_ms = plus(it->from_ms, read_varint(&in));
        it->last_ms = plus(it->first_ms, read_varint(&in));
        it->first = plus(last, (uint64_t)unzigzag(read_varint(&in)));
        it->last = plus(it->first, (uint64_t)unzigzag(read_varint(&in)));
        it->least = plus(it->first, 0 - read_varint(&in));
        it->most = plus(it->last, read_varint(&in));
        it->grown = plus(plus(it->last, 0 - (uint64_t)it->first), (uint64_t)unzigzag(read_varint(&in)));
        last = it->last;
    }
    if (in.failed) return SW_ERROR_MALFORMED;
    *count = wanted;
    return SW_OK;
}
