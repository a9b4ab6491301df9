/* Both decoders of what comes over TCP: whole and in pieces, wrong in every way, and at random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "scripted_slave.h"
#include "stillwater/error.h"
#include "tcp/mbap.h"
#include "tcp/rtu_stream.h"

/* Its own allocation, so that a sanitizer sees a read past its end. */
static int decode_mbap(const uint8_t *bytes, size_t size, struct mbap_frame *frame)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    memcpy(copy, bytes, size);
    int result = mbap_decode(copy, size, frame);
    if (result > 0) frame->bytes = bytes + (frame->bytes - copy);
    free(copy);
    return result;
}

static int decode_rtu(const struct field_request *request, const uint8_t *bytes, size_t size,
                      uint16_t registers[FIELD_READ_MAX])
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    memcpy(copy, bytes, size);
    int result = rtu_stream_decode(request, copy, size, registers);
    free(copy);
    return result;
}

static const struct field_block block = {.address = 0x0102, .count = 2};

/* Modbus messaging on TCP/IP V1.0b, appendix A: read of one register. */
static void a_request_has_the_header_of_the_standard(void **state)
{
    (void)state;
    const uint8_t expected[] = {0x15, 0x01, 0x00, 0x00, 0x00, 0x06, 0xff, 0x03, 0x00, 0x04, 0x00, 0x01};
    struct field_request request = field_request_read(0xff, 3, (struct field_block){.address = 4, .count = 1});
    uint8_t bytes[64];
    assert_int_equal(mbap_encode(0x1501, &request, bytes), sizeof expected);
    assert_memory_equal(bytes, expected, sizeof expected);
}

static void a_frame_is_found_once_it_is_whole(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0x15, 0x01, 0, 0, 0, 5, 0xff, 3, 2, 0, 5, 0x15};
    struct mbap_frame frame;
    for (size_t size = 0; size < 11; size++)
        assert_int_equal(decode_mbap(bytes, size, &frame), 0);
    for (size_t size = 11; size <= sizeof bytes; size++) {
        assert_int_equal(decode_mbap(bytes, size, &frame), 11);
        assert_int_equal(frame.transaction, 0x1501);
        assert_int_equal(frame.size, 5);
        assert_ptr_equal(frame.bytes, bytes + 6);
    }
}

static void a_header_that_cannot_be_is_malformed_as_soon_as_that_shows(void **state)
{
    (void)state;
    struct mbap_frame frame;
    assert_int_equal(decode_mbap((const uint8_t[]){0, 1, 0, 1}, 4, &frame), SW_ERROR_MALFORMED);
    assert_int_equal(decode_mbap((const uint8_t[]){'H', 'T', 'T', 'P'}, 4, &frame), SW_ERROR_MALFORMED);
    assert_int_equal(decode_mbap((const uint8_t[]){0, 1, 0, 0, 0, 2}, 6, &frame), SW_ERROR_MALFORMED);
    assert_int_equal(decode_mbap((const uint8_t[]){0, 1, 0, 0, 0, 255}, 6, &frame), SW_ERROR_MALFORMED);
    assert_int_equal(decode_mbap((const uint8_t[]){0, 1, 0, 0, 1, 0}, 6, &frame), SW_ERROR_MALFORMED);
    assert_int_equal(decode_mbap((const uint8_t[]){0, 1, 0, 0, 0, 254}, 6, &frame), 0);
    assert_int_equal(decode_mbap((const uint8_t[]){0, 1, 0, 0, 0, 3}, 6, &frame), 0);
}

/* ---- RTU ---- */

static size_t with_crc(uint8_t *bytes, size_t size)
{
    uint16_t crc = slave_crc(bytes, size);
    bytes[size] = (uint8_t)crc;
    bytes[size + 1] = (uint8_t)(crc >> 8);
    return size + 2;
}

static void a_request_over_a_stream_ends_with_its_crc(void **state)
{
    (void)state;
    struct field_request request = field_request_read(7, 4, block);
    uint8_t bytes[64], expected[64] = {7, 4, 1, 2, 0, 2};
    assert_int_equal(rtu_stream_encode(&request, bytes), with_crc(expected, 6));
    assert_memory_equal(bytes, expected, 8);
}

static void a_reply_is_whole_when_the_request_says_so(void **state)
{
    (void)state;
    struct field_request request = field_request_read(7, 4, block);
    uint8_t bytes[16] = {7, 4, 4, 0x12, 0x34, 0xab, 0xcd};
    uint16_t registers[FIELD_READ_MAX];
    size_t whole = with_crc(bytes, 7);
    for (size_t size = 0; size < whole; size++)
        assert_int_equal(decode_rtu(&request, bytes, size, registers), RTU_STREAM_MORE);
    assert_int_equal(decode_rtu(&request, bytes, whole, registers), SW_OK);
    assert_int_equal(registers[0], 0x1234);
    assert_int_equal(registers[1], 0xabcd);
    assert_int_equal(decode_rtu(&request, bytes, whole + 1, registers), SW_ERROR_WRONG_LENGTH);
    bytes[4] ^= 1;
    assert_int_equal(decode_rtu(&request, bytes, whole, registers), SW_ERROR_CRC);
}

static void an_exception_is_shorter_than_what_was_asked_for(void **state)
{
    (void)state;
    struct field_request request = field_request_read(7, 4, block);
    uint8_t bytes[16] = {7, 0x84, 2};
    uint16_t registers[FIELD_READ_MAX];
    size_t whole = with_crc(bytes, 3);
    assert_int_equal(decode_rtu(&request, bytes, whole - 1, registers), RTU_STREAM_MORE);
    assert_int_equal(decode_rtu(&request, bytes, whole, registers), SW_ERROR_EXCEPTION_ADDRESS);
}

static void what_cannot_be_the_reply_is_told_apart(void **state)
{
    (void)state;
    struct field_request read = field_request_read(7, 4, block);
    struct field_request write = field_request_write(7, block, (const uint16_t[]){1, 2});
    uint16_t registers[FIELD_READ_MAX];
    uint8_t echo[64], other_size[16] = {7, 4, 2, 0, 1, 0, 0};
    assert_int_equal(decode_rtu(&read, (const uint8_t[]){8}, 1, registers), SW_ERROR_WRONG_UNIT);
    assert_int_equal(decode_rtu(&read, (const uint8_t[]){7, 3}, 2, registers), SW_ERROR_WRONG_FUNCTION);
    assert_int_equal(decode_rtu(&read, (const uint8_t[]){7, 0x83}, 2, registers), SW_ERROR_WRONG_FUNCTION);
    assert_int_equal(decode_rtu(&read, other_size, with_crc(other_size, 7), registers), SW_ERROR_WRONG_LENGTH);
    /* Adapters that hear themselves. */
    size_t size = rtu_stream_encode(&write, echo);
    assert_int_equal(decode_rtu(&write, echo, size, registers), SW_ERROR_WRONG_LENGTH);
    size = rtu_stream_encode(&read, echo);
    echo[size] = 7;
    assert_true(decode_rtu(&read, echo, size + 1, registers) < 0);
}

/* ---- at random ---- */

static uint32_t next_random(uint32_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 17;
    *random ^= *random << 5;
    return *random;
}

/* Damaged replies: nothing is read past their ends, and no value comes out that the right reply does not have. */
static void damaged_replies_give_no_wrong_value(void **state)
{
    (void)state;
    uint32_t random = 20261122;
    for (int round = 0; round < 200000; round++) {
        uint8_t count = (uint8_t)(1 + next_random(&random) % FIELD_READ_MAX);
        struct field_request request = field_request_read(9, 3, (struct field_block){.address = 1, .count = count});
        uint8_t bytes[300] = {9, 3, (uint8_t)(2 * count)};
        uint16_t registers[FIELD_READ_MAX];
        for (unsigned i = 0; i < 2u * count; i++)
            bytes[3 + i] = (uint8_t)next_random(&random);
        size_t size = with_crc(bytes, 3u + 2u * count);
        size_t at = next_random(&random) % size;
        uint8_t mask = (uint8_t)(1 + next_random(&random) % 255);
        bytes[at] ^= mask;
        assert_int_not_equal(decode_rtu(&request, bytes, size, registers), SW_OK);
        bytes[at] ^= mask;
        assert_int_not_equal(decode_rtu(&request, bytes, at, registers), SW_OK);
        assert_int_equal(decode_rtu(&request, bytes, size, registers), SW_OK);
    }
}

/* Whatever comes: it ends, it stays within its bytes, and frames that were put in are found again however they are cut.
 */
static void a_stream_of_frames_is_cut_anywhere(void **state)
{
    (void)state;
    uint32_t random = 4711;
    for (int round = 0; round < 20000; round++) {
        uint8_t stream[1200];
        size_t size = 0, at = 0;
        uint16_t put = 0, found = 0;
        while (size < sizeof stream - MBAP_FRAME_SIZE_MAX) {
            uint16_t length = (uint16_t)(3 + next_random(&random) % (FIELD_FRAME_SIZE_MAX - 2));
            const uint8_t header[] = {(uint8_t)(put >> 8), (uint8_t)put, 0, 0, (uint8_t)(length >> 8), (uint8_t)length};
            memcpy(stream + size, header, sizeof header);
            memset(stream + size + sizeof header, (int)(put & 0xff), length);
            size += sizeof header + length;
            put++;
        }
        for (size_t come = 0; come < size;) {
            struct mbap_frame frame;
            int taken;
            come += 1 + next_random(&random) % 200;
            if (come > size) come = size;
            while ((taken = decode_mbap(stream + at, come - at, &frame)) > 0) {
                assert_int_equal(frame.transaction, found++);
                at += (size_t)taken;
            }
            assert_int_equal(taken, 0);
        }
        assert_int_equal(found, put);
    }
}

static void noise_is_never_read_past_its_end(void **state)
{
    (void)state;
    uint32_t random = 99;
    for (int round = 0; round < 200000; round++) {
        uint8_t noise[280];
        uint16_t registers[FIELD_READ_MAX];
        struct mbap_frame frame;
        struct field_request request = field_request_read(1, 3, block);
        size_t size = next_random(&random) % sizeof noise;
        for (size_t i = 0; i < size; i++)
            noise[i] = (uint8_t)(next_random(&random) % (i < 6 ? 4 : 256));
        int taken = decode_mbap(noise, size, &frame);
        if (taken > 0) assert_true((size_t)taken <= size && frame.size <= FIELD_FRAME_SIZE_MAX);
        if (taken > 0) (void)field_check_reply(&request, frame.bytes, frame.size, registers);
        (void)decode_rtu(&request, noise, size, registers);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_has_the_header_of_the_standard),
        cmocka_unit_test(a_frame_is_found_once_it_is_whole),
        cmocka_unit_test(a_header_that_cannot_be_is_malformed_as_soon_as_that_shows),
        cmocka_unit_test(a_request_over_a_stream_ends_with_its_crc),
        cmocka_unit_test(a_reply_is_whole_when_the_request_says_so),
        cmocka_unit_test(an_exception_is_shorter_than_what_was_asked_for),
        cmocka_unit_test(what_cannot_be_the_reply_is_told_apart),
        cmocka_unit_test(damaged_replies_give_no_wrong_value),
        cmocka_unit_test(a_stream_of_frames_is_cut_anywhere),
        cmocka_unit_test(noise_is_never_read_past_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
