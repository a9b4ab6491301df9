/* Cutting a line's bytes into requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "sensors/modbus_frame.h"

/* Requests found in `bytes`; the size of the last one in *size. */
static unsigned push_all(struct modbus_splitter *splitter, const uint8_t *bytes, size_t count, size_t *size)
{
    unsigned found = 0;
    for (size_t i = 0; i < count; i++)
        if (modbus_splitter_push(splitter, bytes[i])) {
            found++;
            *size = splitter->size;
        }
    return found;
}

/* The read request of the qdy30a that its maker prints. */
static const uint8_t maker_request[] = {0x01, 0x03, 0x00, 0x04, 0x00, 0x01, 0xc5, 0xcb};

static void crc_is_the_one_makers_print(void **state)
{
    (void)state;
    assert_int_equal(modbus_frame_crc(maker_request, 6), 0xcbc5);
}

static void requests_in_one_piece_are_cut_apart(void **state)
{
    (void)state;
    struct modbus_splitter splitter = {.size = 0};
    uint8_t bytes[3 * sizeof maker_request];
    size_t size = 0;
    for (unsigned i = 0; i < 3; i++)
        memcpy(bytes + i * sizeof maker_request, maker_request, sizeof maker_request);
    assert_int_equal(push_all(&splitter, bytes, sizeof bytes, &size), 3);
    assert_int_equal(size, 8);
    assert_false(modbus_splitter_pending(&splitter));
    assert_int_equal(splitter.bad_frames, 0);
}

static void every_function_has_its_length(void **state)
{
    (void)state;
    static const struct {
        uint8_t start[12];
        size_t size;
    } requests[] = {
        {{1, 1, 0, 0, 0, 1}, 8},
        {{1, 6, 0, 0, 0, 1}, 8},
        {{1, 15, 0, 0, 0, 9, 2}, 11},
        {{1, 16, 0, 0, 0, 2, 4}, 13},
        {{1, 22, 0, 0, 0, 1}, 10},
        {{1, 23, 0, 0, 0, 1, 0, 0, 0, 2, 4}, 17},
        {{1, 0x11}, 4},
        {{1, 0x44}, 4},
    };
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        struct modbus_splitter splitter = {.size = 0};
        uint8_t bytes[32] = {0};
        size_t size = 0;
        memcpy(bytes, requests[i].start, sizeof requests[i].start);
        modbus_frame_seal(bytes, requests[i].size);
        assert_int_equal(push_all(&splitter, bytes, requests[i].size, &size), 1);
        assert_int_equal(size, requests[i].size);
    }
}

static void wrong_crc_loses_everything_until_silence(void **state)
{
    (void)state;
    struct modbus_splitter splitter = {.size = 0};
    uint8_t bytes[sizeof maker_request];
    size_t size = 0;
    memcpy(bytes, maker_request, sizeof bytes);
    bytes[5] ^= 1;
    assert_int_equal(push_all(&splitter, bytes, sizeof bytes, &size), 0);
    assert_true(modbus_splitter_pending(&splitter));
    assert_int_equal(push_all(&splitter, maker_request, sizeof maker_request, &size), 0);
    modbus_splitter_silence(&splitter);
    assert_int_equal(push_all(&splitter, maker_request, sizeof maker_request, &size), 1);
    assert_int_equal(splitter.bad_frames, 1);
}

static void half_a_request_does_not_spoil_the_one_after_a_silence(void **state)
{
    (void)state;
    struct modbus_splitter splitter = {.size = 0};
    size_t size = 0;
    assert_int_equal(push_all(&splitter, maker_request, 5, &size), 0);
    assert_true(modbus_splitter_pending(&splitter));
    modbus_splitter_silence(&splitter);
    assert_int_equal(splitter.bad_frames, 1);
    assert_int_equal(push_all(&splitter, maker_request, sizeof maker_request, &size), 1);
}

static void request_longer_than_a_frame_can_be_is_given_up(void **state)
{
    (void)state;
    struct modbus_splitter splitter = {.size = 0};
    uint8_t bytes[400] = {1, 23, 0, 0, 0, 1, 0, 0, 0, 2, 255};
    size_t size = 0;
    assert_int_equal(push_all(&splitter, bytes, sizeof bytes, &size), 0);
    assert_true(modbus_splitter_pending(&splitter));
    modbus_splitter_silence(&splitter);
    assert_int_equal(push_all(&splitter, maker_request, sizeof maker_request, &size), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc_is_the_one_makers_print),
        cmocka_unit_test(requests_in_one_piece_are_cut_apart),
        cmocka_unit_test(every_function_has_its_length),
        cmocka_unit_test(wrong_crc_loses_everything_until_silence),
        cmocka_unit_test(half_a_request_does_not_spoil_the_one_after_a_silence),
        cmocka_unit_test(request_longer_than_a_frame_can_be_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
