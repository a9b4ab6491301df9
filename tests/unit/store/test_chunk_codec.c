/* Chunks: what goes in comes out, whatever it is; and nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "adapters/store_sqlite/readings/chunk_codec.h"
#include "stillwater/error.h"
#include "stillwater/time.h"

#define COUNT_MAX 1024

static uint64_t dice = 7;

static uint64_t roll(uint64_t end)
{
    dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (dice >> 20) % end;
}

static struct series_reading good(int64_t time_ms, int64_t value_milli)
{
    return (struct series_reading){
        .time_ms = time_ms, .value_milli = value_milli, .quality = SW_QUALITY_GOOD, .clock_quality = SW_CLOCK_SET};
}

static size_t check_round(const struct series_reading *readings, size_t count)
{
    static uint8_t bytes[CHUNK_SIZE_MAX(COUNT_MAX)];
    static struct series_reading decoded[COUNT_MAX];
    size_t size = chunk_encode(readings, count, bytes, sizeof bytes), got = 0;
    assert_int_equal(chunk_decode(bytes, size, decoded, COUNT_MAX, &got), SW_OK);
    assert_int_equal(got, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(decoded[i].time_ms, readings[i].time_ms);
        assert_int_equal(decoded[i].value_milli, readings[i].value_milli);
        assert_int_equal(decoded[i].quality, readings[i].quality);
        assert_int_equal(decoded[i].reason, readings[i].reason);
        assert_int_equal(decoded[i].clock_quality, readings[i].clock_quality);
    }
    return size;
}

static void one_reading_is_a_chunk(void **state)
{
    (void)state;
    struct series_reading reading = good(1700000000000, -42);
    (void)check_round(&reading, 1);
}

static void a_still_meter_takes_a_quarter_of_a_byte_a_reading(void **state)
{
    (void)state;
    static struct series_reading readings[512];
    for (size_t i = 0; i < 512; i++)
        readings[i] = good(1700000000000 + 900000 * (int64_t)i, 36412000);
    assert_in_range(check_round(readings, 512), 128, 170);
}

static void every_shape_comes_back(void **state)
{
    (void)state;
    static struct series_reading readings[COUNT_MAX];
    for (int round = 0; round < 3000; round++) {
        size_t count = 1 + roll(round % 10 == 0 ? COUNT_MAX : 40);
        int64_t time = (int64_t)roll(UINT64_C(1) << (1 + roll(42))), value = 0;
        unsigned time_bits = 1 + (unsigned)roll(30), value_bits = 1 + (unsigned)roll(58);
        int64_t unit = (int64_t)(roll(3) ? 1 : 1000);
        uint64_t odd = 1 + roll(20);
        for (size_t i = 0; i < count; i++) {
            value = (int64_t)roll(UINT64_C(1) << value_bits) - (roll(2) ? 0 : (int64_t)1 << (value_bits - 1));
            value = value / unit * unit;
            readings[i] = good(time, value);
            if (roll(odd) == 0) {
                readings[i].quality = (uint8_t)roll(4);
                readings[i].reason = (uint8_t)roll(256);
                readings[i].clock_quality = (uint8_t)roll(5);
                if (readings[i].quality == SW_QUALITY_MISSING) readings[i].value_milli = 0;
            }
            assert_true(series_reading_fits(&readings[i]));
            if (time < READING_TIME_MAX_MS / 2) time += (int64_t)roll(UINT64_C(1) << time_bits) * unit;
            if (time >= READING_TIME_MAX_MS) time = READING_TIME_MAX_MS - 1;
        }
        (void)check_round(readings, count);
    }
}

static void the_ends_of_the_ranges_come_back(void **state)
{
    (void)state;
    struct series_reading readings[] = {good(0, READING_VALUE_MAX - 1), good(0, -READING_VALUE_MAX + 1),
                                        good(READING_TIME_MAX_MS - 1, READING_VALUE_MAX - 1),
                                        good(READING_TIME_MAX_MS - 1, 0)};
    (void)check_round(readings, 4);
}

static void what_is_not_a_chunk_is_refused(void **state)
{
    (void)state;
    static struct series_reading readings[100], decoded[100];
    uint8_t bytes[CHUNK_SIZE_MAX(100)];
    size_t got;
    for (size_t i = 0; i < 100; i++)
        readings[i] = good((int64_t)i * 1000, (int64_t)roll(10));
    size_t size = chunk_encode(readings, 100, bytes, sizeof bytes);
    assert_int_equal(chunk_decode(bytes, size, decoded, 99, &got), SW_ERROR_MALFORMED);
    /* In memory of its own, so that a sanitizer sees what reads on. */
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *part = malloc(cut ? cut : 1);
        memcpy(part, bytes, cut);
        assert_int_equal(chunk_decode(part, cut, decoded, 100, &got), SW_ERROR_MALFORMED);
        free(part);
    }
    for (size_t bit = 0; bit < 8 * size; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(chunk_decode(bytes, size, decoded, 100, &got), SW_ERROR_MALFORMED);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_reading_is_a_chunk),
        cmocka_unit_test(a_still_meter_takes_a_quarter_of_a_byte_a_reading),
        cmocka_unit_test(every_shape_comes_back),
        cmocka_unit_test(the_ends_of_the_ranges_come_back),
        cmocka_unit_test(what_is_not_a_chunk_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
