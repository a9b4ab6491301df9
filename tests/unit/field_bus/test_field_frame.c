/* Requests as the standard writes them, and replies that must not be believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "field_frame.h"
#include "stillwater/error.h"

/* In an allocation of its own, so that a sanitizer sees a read past its end. */
static int check(const struct field_request *request, const uint8_t *bytes, size_t size)
{
    uint16_t registers[FIELD_READ_MAX];
    uint8_t *copy = malloc(size > 0 ? size : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    int result = field_check_reply(request, copy, size, registers);
    free(copy);
    return result;
}

static void requests_are_laid_out_as_in_the_standard(void **state)
{
    (void)state;
    /* Modbus application protocol V1.1b3 §6.3: read registers 108 to 110. */
    struct field_request read = field_request_read(17, 3, (struct field_block){0x006b, 3});
    assert_int_equal(read.size, 6);
    assert_memory_equal(read.bytes, ((uint8_t[]){17, 3, 0x00, 0x6b, 0x00, 0x03}), 6);
    assert_int_equal(field_reply_size(&read), 9);

    const uint16_t values[] = {0x000a, 0x0102};
    struct field_request write = field_request_write(17, (struct field_block){1, 2}, values);
    assert_int_equal(write.size, 11);
    assert_memory_equal(write.bytes, ((uint8_t[]){17, 16, 0, 1, 0, 2, 4, 0x00, 0x0a, 0x01, 0x02}), 11);
    assert_int_equal(field_reply_size(&write), 6);

    const uint16_t three[] = {0x00ff, 0x00fe, 0x00fd};
    struct field_request both =
        field_request_write_read(17, (struct field_block){0x000e, 3}, three, (struct field_block){0x0003, 6});
    assert_int_equal(both.size, 17);
    assert_memory_equal(both.bytes, ((uint8_t[]){17, 23, 0, 3, 0, 6, 0, 14, 0, 3, 6, 0, 0xff, 0, 0xfe, 0, 0xfd}), 17);
    assert_int_equal(both.registers, 6);
}

static void a_good_reply_gives_its_registers(void **state)
{
    (void)state;
    struct field_request request = field_request_read(9, 4, (struct field_block){0, 2});
    const uint8_t reply[] = {9, 4, 4, 0x12, 0x34, 0x56, 0x78};
    uint16_t registers[FIELD_READ_MAX];
    assert_int_equal(field_check_reply(&request, reply, sizeof reply, registers), SW_OK);
    assert_int_equal(registers[0], 0x1234);
    assert_int_equal(registers[1], 0x5678);
}

static void every_kind_of_wrong_reply_has_its_own_error(void **state)
{
    (void)state;
    struct field_request request = field_request_read(9, 4, (struct field_block){0, 1});
    assert_int_equal(check(&request, (uint8_t[]){8, 4, 2, 1, 2}, 5), SW_ERROR_WRONG_UNIT);
    assert_int_equal(check(&request, (uint8_t[]){9, 3, 2, 1, 2}, 5), SW_ERROR_WRONG_FUNCTION);
    assert_int_equal(check(&request, (uint8_t[]){9, 4, 4, 1, 2, 3, 4}, 7), SW_ERROR_WRONG_LENGTH);
    assert_int_equal(check(&request, (uint8_t[]){9, 4, 2, 1, 2, 3}, 6), SW_ERROR_WRONG_LENGTH);
    assert_int_equal(check(&request, (uint8_t[]){9, 0x84, 2}, 3), SW_ERROR_EXCEPTION_ADDRESS);
    assert_int_equal(check(&request, (uint8_t[]){9, 0x84, 2, 7}, 4), SW_ERROR_WRONG_LENGTH);
    assert_int_equal(check(&request, (uint8_t[]){9, 0x83, 2}, 3), SW_ERROR_WRONG_FUNCTION);
}

static void a_reply_cut_anywhere_is_refused(void **state)
{
    (void)state;
    struct field_request request = field_request_read(9, 4, (struct field_block){0, 2});
    const uint8_t reply[] = {9, 4, 4, 0x12, 0x34, 0x56, 0x78};
    for (size_t size = 0; size < sizeof reply; size++)
        assert_int_equal(check(&request, reply, size), SW_ERROR_WRONG_LENGTH);
}

static void a_write_must_be_echoed_as_it_was(void **state)
{
    (void)state;
    const uint16_t value = 0x5afe;
    struct field_request request = field_request_write(9, (struct field_block){0x10, 1}, &value);
    assert_int_equal(check(&request, (uint8_t[]){9, 16, 0, 0x10, 0, 1}, 6), SW_OK);
    assert_int_equal(check(&request, (uint8_t[]){9, 16, 0, 0x11, 0, 1}, 6), SW_ERROR_WRONG_LENGTH);
    assert_int_equal(check(&request, (uint8_t[]){9, 16, 0, 0x10, 0, 2}, 6), SW_ERROR_WRONG_LENGTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_laid_out_as_in_the_standard),
        cmocka_unit_test(a_good_reply_gives_its_registers),
        cmocka_unit_test(every_kind_of_wrong_reply_has_its_own_error),
        cmocka_unit_test(a_reply_cut_anywhere_is_refused),
        cmocka_unit_test(a_write_must_be_echoed_as_it_was),
    };
    return cmocka_run_group_tests_name("field_bus field_frame", tests, NULL, NULL);
}
