#include "adapters/store_sqlite/readings/chunk_codec.h"

#include <assert.h>

#include "adapters/store_sqlite/readings/readings_bytes.h"
#include "stillwater/error.h"

#define CHUNK_VERSION  1
#define ORDER_MAX      40
#define SAMPLES        31 /* intervals looked at for the usual one */
#define NEVER_FALLS    0x80u
#define CODE_BITS_FAST 57 /* so many bits a look-ahead always has */

/* ---- bits, from the highest on ---- */

struct bit_writer {
    struct sw_writer out;
    uint64_t held; /* the low `held_bits` of it are not written yet */
    unsigned held_bits;
};

/* At most 32. */
static void put_bits(struct bit_writer *bits, uint64_t value, unsigned count)
{
    bits->held = bits->held << count | value;
    bits->held_bits += count;
    while (bits->held_bits >= 8) {
        bits->held_bits -= 8;
        sw_write_u8(&bits->out, (uint8_t)(bits->held >> bits->held_bits));
    }
}

static void put_many_bits(struct bit_writer *bits, uint64_t value, unsigned count)
{
    unsigned low = count < 32 ? count : 32;
    put_bits(bits, value >> low, count - low);
    put_bits(bits, value & ((UINT64_C(1) << low) - 1), low);
}

static unsigned length_of(uint64_t number)
{
    return number == 0 ? 0 : 64 - (unsigned)__builtin_clzll(number);
}

static void put_code(struct bit_writer *bits, uint64_t number, unsigned order)
{
    uint64_t high = (number >> order) + 1, low = number & ((UINT64_C(1) << order) - 1);
    unsigned length = length_of(high);
    if (2 * length - 1 + order <= 32) {
        put_bits(bits, high << order | low, 2 * length - 1 + order);
        return;
    }
    put_many_bits(bits, 0, length - 1);
    put_many_bits(bits, high, length);
    put_many_bits(bits, low, order);
}

struct bit_reader {
    const uint8_t *bytes;
    size_t size_bits, at;
    bool failed;
};

/* The next bits in the high end, CODE_BITS_FAST at least; zeros past the end. */
static uint64_t look_ahead(const struct bit_reader *bits)
{
    const uint8_t *at = bits->bytes + bits->at / 8;
    size_t left = bits->at < bits->size_bits ? bits->size_bits / 8 - bits->at / 8 : 0;
    uint64_t window = 0;
    if (left >= 8) {
        memcpy(&window, at, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        window = __builtin_bswap64(window);
#endif
    } else {
        for (size_t i = 0; i < left; i++)
            window |= (uint64_t)at[i] << (56 - 8 * i);
    }
    return window << (bits->at & 7);
}

/* At most 64. */
static uint64_t take_bits(struct bit_reader *bits, unsigned count)
{
    uint64_t value = 0;
    for (unsigned part; count > 0; count -= part) {
        part = count < 32 ? count : 32;
        value = value << part | look_ahead(bits) >> (64 - part);
        bits->at += part;
    }
    return value;
}

static uint64_t take_code(struct bit_reader *bits, unsigned order)
{
    uint64_t window = look_ahead(bits);
    unsigned zeros = window ? (unsigned)__builtin_clzll(window) : 64;
    unsigned code_bits = 2 * zeros + 1 + order;
    if (code_bits <= CODE_BITS_FAST) {
        bits->at += code_bits;
        uint64_t code = window << zeros >> (64 - zeros - 1 - order);
        return code - (UINT64_C(1) << order);
    }
    /* A long one is rare: bit by bit. */
    for (zeros = 0; take_bits(bits, 1) == 0; zeros++)
        if (zeros >= 63 || bits->at > bits->size_bits) {
            bits->failed = true;
            return 0;
        }
    uint64_t high = UINT64_C(1) << zeros | take_bits(bits, zeros);
    return (high - 1) << order | take_bits(bits, order);
}

/* ---- what suits a chunk ---- */

static uint64_t common_unit(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static uint64_t magnitude(int64_t number)
{
    return number < 0 ? (uint64_t)-number : (uint64_t)number;
}

/* How many numbers there are of each length in bits. */
struct lengths {
    uint32_t count[65];
    unsigned longest;
};

static void count_length(struct lengths *lengths, uint64_t number)
{
    unsigned length = length_of(number);
    lengths->count[length]++;
    if (length > lengths->longest) lengths->longest = length;
}

/* Bits that all of them take, nearly: what decides is which order takes the least. */
static uint64_t cost(const struct lengths *lengths, unsigned order)
{
    uint64_t bits = 0;
    for (unsigned length = 0; length <= lengths->longest; length++) {
        unsigned code = length <= order ? 1 + order : 2 * (length - order) + order + (length == order + 1);
        bits += (uint64_t)lengths->count[length] * code;
    }
    return bits;
}

static unsigned best_order(const struct lengths *lengths)
{
    unsigned best = 0;
    uint64_t best_cost = UINT64_MAX;
    for (unsigned order = 0; order <= lengths->longest && order <= ORDER_MAX; order++) {
        uint64_t bits = cost(lengths, order);
        if (bits < best_cost) {
            best = order;
            best_cost = bits;
        }
    }
    return best;
}

/* The median of some of the intervals. */
static int64_t usual_interval(const struct series_reading *readings, size_t count)
{
    int64_t sorted[SAMPLES];
    size_t samples = count - 1 < SAMPLES ? count - 1 : SAMPLES;
    for (size_t i = 0; i < samples; i++) {
        size_t at = i * (count - 1) / samples, place = i;
        int64_t interval = readings[at + 1].time_ms - readings[at].time_ms;
        for (; place > 0 && sorted[place - 1] > interval; place--)
            sorted[place] = sorted[place - 1];
        sorted[place] = interval;
    }
    return samples > 0 ? sorted[samples / 2] : 0;
}

struct shape {
    int64_t time_unit, interval, value_unit;
    bool never_falls;
    unsigned time_order, value_order;
};

/* A missing reading has no value: the codes let it stand still. */
static int64_t value_after(const struct series_reading *reading, int64_t before)
{
    return reading->quality == SW_QUALITY_MISSING ? before : reading->value_milli;
}

static uint64_t time_code(const struct shape *shape, int64_t interval)
{
    return zigzag(interval / shape->time_unit - shape->interval);
}

static uint64_t value_code(const struct shape *shape, int64_t step)
{
    return shape->never_falls ? (uint64_t)(step / shape->value_unit) : zigzag(step / shape->value_unit);
}

static void find_units(struct shape *shape, const struct series_reading *readings, size_t count)
{
    uint64_t time_unit = 0, value_unit = 0;
    int64_t value = readings[0].value_milli;
    shape->never_falls = true;
    for (size_t i = 1; i < count; i++) {
        int64_t step = value_after(&readings[i], value) - value;
        time_unit = common_unit((uint64_t)(readings[i].time_ms - readings[i - 1].time_ms), time_unit);
        value_unit = common_unit(magnitude(step), value_unit);
        if (step < 0) shape->never_falls = false;
        value += step;
    }
    shape->time_unit = time_unit ? (int64_t)time_unit : 1;
    shape->value_unit = value_unit ? (int64_t)value_unit : 1;
    shape->interval = usual_interval(readings, count) / shape->time_unit;
}

static struct shape find_shape(const struct series_reading *readings, size_t count)
{
    struct shape shape;
    struct lengths times = {.longest = 0}, values = {.longest = 0};
    int64_t value = readings[0].value_milli;
    find_units(&shape, readings, count);
    for (size_t i = 1; i < count; i++) {
        int64_t next = value_after(&readings[i], value);
        count_length(&times, time_code(&shape, readings[i].time_ms - readings[i - 1].time_ms));
        count_length(&values, value_code(&shape, next - value));
        value = next;
    }
    shape.time_order = best_order(&times);
    shape.value_order = best_order(&values);
    return shape;
}

/* ---- runs ---- */

static bool same_qualities(const struct series_reading *a, const struct series_reading *b)
{
    return a->quality == b->quality && a->reason == b->reason && a->clock_quality == b->clock_quality;
}

static size_t run_length(const struct series_reading *readings, size_t count)
{
    size_t length = 1;
    while (length < count && same_qualities(&readings[length], &readings[0]))
        length++;
    return length;
}

static void write_runs(struct sw_writer *out, const struct series_reading *readings, size_t count)
{
    size_t runs = 0;
    for (size_t i = 0; i < count; i += run_length(readings + i, count - i))
        runs++;
    write_varint(out, runs);
    for (size_t i = 0, length; i < count; i += length) {
        length = run_length(readings + i, count - i);
        write_varint(out, length);
        sw_write_u8(out, (uint8_t)(readings[i].clock_quality << 4 | readings[i].quality));
        sw_write_u8(out, readings[i].reason);
    }
}

static bool read_runs(struct sw_reader *in, struct series_reading *readings, size_t count)
{
    size_t at = 0;
    for (uint64_t runs = read_varint(in); runs > 0 && !in->failed; runs--) {
        uint64_t length = read_varint(in);
        uint8_t qualities = sw_read_u8(in), reason = sw_read_u8(in);
        if (length > count - at) return false;
        for (; length > 0; length--, at++)
            readings[at] = (struct series_reading){
                .quality = qualities & 0x0fu, .reason = reason, .clock_quality = (uint8_t)(qualities >> 4)};
    }
    return !in->failed && at == count;
}

/* ---- the chunk ---- */

size_t chunk_encode(const struct series_reading *readings, size_t count, uint8_t *bytes, size_t size)
{
    struct shape shape = find_shape(readings, count);
    struct bit_writer bits = {.out = sw_writer_over(bytes + 4, size - 4)};
    sw_write_u8(&bits.out, CHUNK_VERSION);
    write_varint(&bits.out, count);
    write_varint(&bits.out, (uint64_t)readings[0].time_ms);
    write_varint(&bits.out, (uint64_t)shape.time_unit);
    write_varint(&bits.out, (uint64_t)shape.interval);
    write_varint(&bits.out, zigzag(readings[0].value_milli));
    write_varint(&bits.out, (uint64_t)shape.value_unit);
    sw_write_u8(&bits.out, (uint8_t)shape.time_order);
    sw_write_u8(&bits.out, (uint8_t)(shape.value_order | (shape.never_falls ? NEVER_FALLS : 0)));
    write_runs(&bits.out, readings, count);
    int64_t value = readings[0].value_milli;
    for (size_t i = 1; i < count; i++) {
        int64_t next = value_after(&readings[i], value);
        put_code(&bits, time_code(&shape, readings[i].time_ms - readings[i - 1].time_ms), shape.time_order);
        put_code(&bits, value_code(&shape, next - value), shape.value_order);
        value = next;
    }
    if (bits.held_bits > 0) put_bits(&bits, 0, 8 - bits.held_bits);
    assert(!bits.out.failed);
    size_t body = sw_writer_size(&bits.out);
    struct sw_writer head = sw_writer_over(bytes, 4);
    sw_write_u32(&head, readings_checksum(bytes + 4, body));
    return 4 + body;
}

static bool read_codes(struct sw_reader *in, const struct shape *shape, struct series_reading *readings, size_t count)
{
    struct bit_reader bits = {.bytes = in->at, .size_bits = 8 * sw_reader_left(in)};
    int64_t time = readings[0].time_ms, value = readings[0].value_milli;
    for (size_t i = 1; i < count; i++) {
        /* Unsigned: bytes that only look like a chunk may say anything. */
        uint64_t interval = (uint64_t)unzigzag(take_code(&bits, shape->time_order)) + (uint64_t)shape->interval;
        time = (int64_t)((uint64_t)time + interval * (uint64_t)shape->time_unit);
        uint64_t step = take_code(&bits, shape->value_order);
        if (!shape->never_falls) step = (uint64_t)unzigzag(step);
        value = (int64_t)((uint64_t)value + step * (uint64_t)shape->value_unit);
        readings[i].time_ms = time;
        readings[i].value_milli = readings[i].quality == SW_QUALITY_MISSING ? 0 : value;
    }
    return !bits.failed && bits.at <= bits.size_bits;
}

int chunk_decode(const uint8_t *bytes, size_t size, struct series_reading *readings, size_t capacity, size_t *count)
{
    struct sw_reader in = sw_reader_over(bytes, size);
    uint32_t checksum = sw_read_u32(&in);
    *count = 0;
    if (in.failed || checksum != readings_checksum(bytes + 4, size - 4) || sw_read_u8(&in) != CHUNK_VERSION)
        return SW_ERROR_MALFORMED;
    struct shape shape;
    uint64_t wanted = read_varint(&in);
    int64_t time = (int64_t)read_varint(&in);
    shape.time_unit = (int64_t)read_varint(&in);
    shape.interval = (int64_t)read_varint(&in);
    int64_t value = unzigzag(read_varint(&in));
    shape.value_unit = (int64_t)read_varint(&in);
    shape.time_order = sw_read_u8(&in);
    shape.value_order = sw_read_u8(&in);
    shape.never_falls = (shape.value_order & NEVER_FALLS) != 0;
    shape.value_order &= ~NEVER_FALLS;
    if (in.failed || wanted == 0 || wanted > capacity || shape.time_order > ORDER_MAX ||
        shape.value_order > ORDER_MAX || shape.interval < 0 || shape.interval > READING_TIME_MAX_MS ||
        !read_runs(&in, readings, wanted))
        return SW_ERROR_MALFORMED;
    readings[0].time_ms = time;
    readings[0].value_milli = value;
    if (!read_codes(&in, &shape, readings, wanted)) return SW_ERROR_MALFORMED;
    *count = wanted;
    return SW_OK;
}
