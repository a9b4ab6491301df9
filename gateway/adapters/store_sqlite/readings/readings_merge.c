#include "adapters/store_sqlite/readings/readings_merge.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/store_sqlite/readings/chunk_codec.h"
#include "adapters/store_sqlite/readings/readings_order.h"
#include "stillwater/error.h"

#define NO_CHUNKS         (-1)      /* after_ms of a series that has none */
#define SANE_COUNT        (1 << 24) /* a chunk that says more is none of ours */
#define READINGS_ROOM_MIN 1024

void readings_merge_free(struct readings_merge *merge)
{
    free(merge->base);
    free(merge->joined);
    free(merge->bytes);
    *merge = (struct readings_merge){.database = merge->database};
}

/* With the readings of merge->base, into merge->joined. */
static size_t join(struct readings_merge *merge, size_t base_count, const struct series_reading *fresh, size_t count)
{
    size_t joined = readings_join(merge->base, base_count, fresh, count, merge->joined);
    merge->stored += joined - base_count;
    merge->repeated += base_count + count - joined;
    return joined;
}

/* ---- scratch ---- */

static bool have_readings(struct series_reading **readings, size_t *capacity, size_t wanted)
{
    if (wanted <= *capacity) return true;
    if (wanted < READINGS_ROOM_MIN) wanted = READINGS_ROOM_MIN;
    struct series_reading *larger = realloc(*readings, wanted * sizeof *larger);
    if (!larger) return false;
    *readings = larger;
    *capacity = wanted;
    return true;
}

static bool have_scratch(struct readings_merge *merge, size_t base, size_t joined)
{
    size_t bytes = CHUNK_SIZE_MAX(joined);
    if (bytes > merge->bytes_capacity) {
        uint8_t *larger = realloc(merge->bytes, bytes);
        if (!larger) goto no_memory;
        merge->bytes = larger;
        merge->bytes_capacity = bytes;
    }
    if (have_readings(&merge->base, &merge->base_capacity, base) &&
        have_readings(&merge->joined, &merge->joined_capacity, joined))
        return true;
no_memory:
    merge->error = SW_ERROR_NO_SPACE;
    return false;
}

/* ---- rows ---- */

static bool fail(struct readings_merge *merge, int error)
{
    merge->error = error;
    return false;
}

static bool run(struct readings_merge *merge, sqlite3_stmt *statement)
{
    return readings_step_done(statement) || fail(merge, SW_ERROR_STORE);
}

/* The readings of a row that has their number and block from `column` on, and room for `more` beside them. */
static bool load_block(struct readings_merge *merge, sqlite3_stmt *s, int column, size_t more, size_t *count)
{
    int64_t there = sqlite3_column_int64(s, column);
    *count = 0;
    if (there < 0 || there > SANE_COUNT) return fail(merge, SW_ERROR_MALFORMED);
    if (!have_scratch(merge, (size_t)there, (size_t)there + more)) return false;
    if (there == 0) return true;
    const uint8_t *bytes = sqlite3_column_blob(s, column + 1);
    size_t size = (size_t)sqlite3_column_bytes(s, column + 1);
    if (bytes && chunk_decode(bytes, size, merge->base, (size_t)there, count) == SW_OK && *count == (size_t)there)
        return true;
    return fail(merge, SW_ERROR_MALFORMED);
}

/* The first parameter of both statements says where it belongs: a series or a chunk. */
static bool write_chunk(struct readings_merge *merge, sqlite3_stmt *s, int64_t place,
                        const struct series_reading *readings, size_t count)
{
    size_t size = chunk_encode(readings, count, merge->bytes, merge->bytes_capacity);
    sqlite3_bind_int64(s, 1, place);
    sqlite3_bind_int64(s, 2, readings[0].time_ms);
    sqlite3_bind_int64(s, 3, readings[count - 1].time_ms);
    sqlite3_bind_int64(s, 4, (int64_t)count);
    sqlite3_bind_blob64(s, 5, merge->bytes, size, SQLITE_STATIC);
    return run(merge, s);
}

static bool add_chunk(struct readings_merge *merge, uint32_t series, const struct series_reading *readings,
                      size_t count)
{
    return write_chunk(merge, merge->database->statements[READINGS_CHUNK_ADD], series, readings, count);
}

static bool set_chunk(struct readings_merge *merge, int64_t id, const struct series_reading *readings, size_t count)
{
    merge->rewritten++;
    return write_chunk(merge, merge->database->statements[READINGS_CHUNK_SET], id, readings, count);
}

static bool set_tail(struct readings_merge *merge, uint32_t series, int64_t after_ms,
                     const struct series_reading *readings, size_t count)
{
    size_t size = count > 0 ? chunk_encode(readings, count, merge->bytes, merge->bytes_capacity) : 0;
    return readings_tail_set(merge->database, series, after_ms, readings, count, merge->bytes, size) ||
           fail(merge, SW_ERROR_STORE);
}

/* What makes a full chunk; what is of one time is not parted. */
static size_t chunk_length(const struct series_reading *readings, size_t count)
{
    size_t length = CHUNK_READINGS;
    while (length < count && readings[length].time_ms == readings[length - 1].time_ms)
        length++;
    return length;
}

/* ---- late readings ---- */

struct place {
    int64_t id;       /* 0 = no chunk is left */
    int64_t until_ms; /* before the next chunk */
    size_t count;     /* its readings, in merge->base */
};

/* The chunk that a reading of this time belongs to, or the first one. */
static bool find_place(struct readings_merge *merge, uint32_t series, int64_t time_ms, size_t more, struct place *place)
{
    sqlite3_stmt *s = merge->database->statements[READINGS_CHUNK_AT];
    *place = (struct place){.until_ms = INT64_MAX};
    sqlite3_bind_int64(s, 1, series);
    sqlite3_bind_int64(s, 2, time_ms);
    int result = sqlite3_step(s);
    if (result == SQLITE_DONE) {
        sqlite3_reset(s);
        s = merge->database->statements[READINGS_CHUNK_FIRST];
        sqlite3_bind_int64(s, 1, series);
        result = sqlite3_step(s);
    }
    if (result != SQLITE_ROW && result != SQLITE_DONE) return fail(merge, SW_ERROR_STORE);
    if (result == SQLITE_DONE) {
        sqlite3_reset(s);
        return have_scratch(merge, 0, more);
    }
    int64_t first_ms = sqlite3_column_int64(s, 1);
    place->id = sqlite3_column_int64(s, 0);
    bool good = load_block(merge, s, 2, more, &place->count);
    sqlite3_reset(s);
    if (!good) return false;
    s = merge->database->statements[READINGS_CHUNK_AFTER];
    sqlite3_bind_int64(s, 1, series);
    sqlite3_bind_int64(s, 2, first_ms);
    result = sqlite3_step(s);
    if (result == SQLITE_ROW) place->until_ms = sqlite3_column_int64(s, 0);
    if (result != SQLITE_ROW && result != SQLITE_DONE) return fail(merge, SW_ERROR_STORE);
    sqlite3_reset(s);
    return true;
}

/* One chunk stays where it is; one that has become too long is written as several. */
static bool write_place(struct readings_merge *merge, uint32_t series, const struct place *place, size_t count)
{
    size_t at = 0;
    bool good = true;
    for (bool first = place->id != 0; good && at < count; first = false) {
        size_t left = count - at;
        size_t length = left <= CHUNK_READINGS_MAX ? left : chunk_length(merge->joined + at, left);
        good = first ? set_chunk(merge, place->id, merge->joined + at, length)
                     : add_chunk(merge, series, merge->joined + at, length);
        at += length;
    }
    return good;
}

static bool merge_late(struct readings_merge *merge, uint32_t series, const struct series_reading *late, size_t count)
{
    for (size_t at = 0, length; at < count; at += length) {
        struct place place;
        if (!find_place(merge, series, late[at].time_ms, count - at, &place)) return false;
        for (length = 1; at + length < count && late[at + length].time_ms < place.until_ms;)
            length++;
        size_t joined = join(merge, place.count, late + at, length);
        if (joined > place.count && !write_place(merge, series, &place, joined)) return false;
    }
    merge->late += count;
    return true;
}

/* ---- a series ---- */

static bool load_tail(struct readings_merge *merge, uint32_t series, size_t more, int64_t *after_ms, size_t *count)
{
    sqlite3_stmt *s = merge->database->statements[READINGS_TAIL];
    sqlite3_bind_int64(s, 1, series);
    int result = sqlite3_step(s);
    bool good = result == SQLITE_ROW || result == SQLITE_DONE || fail(merge, SW_ERROR_STORE);
    *after_ms = NO_CHUNKS;
    *count = 0;
    if (result == SQLITE_ROW) {
        *after_ms = sqlite3_column_int64(s, 0);
        good = load_block(merge, s, 1, more, count);
    } else if (good) {
        good = have_scratch(merge, 0, more);
    }
    if (good) sqlite3_reset(s);
    return good;
}

bool readings_merge_series(struct readings_merge *merge, uint32_t series, struct series_reading *fresh, size_t count)
{
    int64_t after_ms;
    size_t tail, late = 0, at = 0;
    if (!have_scratch(merge, 0, count)) return false;
    readings_sort(fresh, count, merge->joined);
    if (!load_tail(merge, series, count, &after_ms, &tail)) return false;
    while (late < count && fresh[late].time_ms <= after_ms)
        late++;
    size_t joined = join(merge, tail, fresh + late, count - late);
    while (joined - at >= CHUNK_READINGS) {
        size_t length = chunk_length(merge->joined + at, joined - at);
        if (!add_chunk(merge, series, merge->joined + at, length)) return false;
        at += length;
        after_ms = merge->joined[at - 1].time_ms;
    }
    if (count > late && !set_tail(merge, series, after_ms, merge->joined + at, joined - at)) return false;
    return merge_late(merge, series, fresh, late);
}
