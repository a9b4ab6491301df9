/* Interpretations of registers: each type in each order, and what looks like something measured. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "cli/probe_values.h"

/* 123.456 as a float: 42f6e979. */
static const uint16_t reals[PROBE_ORDERS][2] = {[SW_ORDER_ABCD] = {0x42f6, 0xe979},
                                                [SW_ORDER_DCBA] = {0x79e9, 0xf642},
                                                [SW_ORDER_BADC] = {0xf642, 0x79e9},
                                                [SW_ORDER_CDAB] = {0xe979, 0x42f6}};

/* 123.456 as a double: 405edd2f1a9fbe77. */
static const uint16_t doubles[PROBE_ORDERS][4] = {[SW_ORDER_ABCD] = {0x405e, 0xdd2f, 0x1a9f, 0xbe77},
                                                  [SW_ORDER_DCBA] = {0x77be, 0x9f1a, 0x2fdd, 0x5e40},
                                                  [SW_ORDER_BADC] = {0x5e40, 0x2fdd, 0x9f1a, 0x77be},
                                                  [SW_ORDER_CDAB] = {0xbe77, 0x1a9f, 0xdd2f, 0x405e}};

static void a_real_is_read_in_its_order_and_looks_measured_there_alone(void **state)
{
    (void)state;
    for (int is = 0; is < PROBE_ORDERS; is++)
        for (int as = 0; as < PROBE_ORDERS; as++) {
            enum sw_byte_order order = (enum sw_byte_order)as;
            bool right = is == as;
            double value = probe_value(PROBE_F32, order, reals[is]), wide = probe_value(PROBE_F64, order, doubles[is]);
            assert_true((fabs(value - 123.456) < 1e-4) == right);
            assert_true((fabs(wide - 123.456) < 1e-9) == right);
            assert_true(probe_is_plausible(PROBE_F32, order, reals[is]) == right);
            assert_true(probe_is_plausible(PROBE_F64, order, doubles[is]) == right);
        }
}

static void integers_are_read_in_each_order(void **state)
{
    (void)state;
    static const uint16_t narrow[] = {0xfffe}, wide[] = {0x0001, 0xe240}, longer[] = {0x0000, 0x0012, 0x34ab, 0xcdef};
    assert_true(probe_value(PROBE_U16, SW_ORDER_ABCD, narrow) == 65534);
    assert_true(probe_value(PROBE_I16, SW_ORDER_ABCD, narrow) == -2);
    assert_true(probe_value(PROBE_U16, SW_ORDER_BADC, narrow) == 0xfeff);
    assert_true(probe_value(PROBE_U32, SW_ORDER_ABCD, wide) == 123456);
    assert_true(probe_value(PROBE_U32, SW_ORDER_CDAB, wide) == (double)0xe2400001u);
    assert_true(probe_value(PROBE_I32, SW_ORDER_CDAB, wide) == (double)(int32_t)0xe2400001u);
    assert_true(probe_value(PROBE_U32, SW_ORDER_BADC, wide) == (double)0x010040e2u);
    assert_true(probe_value(PROBE_U32, SW_ORDER_DCBA, wide) == (double)0x40e20100u);
    assert_true(probe_value(PROBE_U64, SW_ORDER_ABCD, longer) == (double)0x1234abcdefu);
    assert_true(probe_value(PROBE_I64, SW_ORDER_CDAB, (const uint16_t[]){0xfffe, 0xffff, 0xffff, 0xffff}) == -2);
    assert_false(probe_has_order(PROBE_U16, SW_ORDER_CDAB));
    assert_true(probe_has_order(PROBE_U32, SW_ORDER_CDAB));
}

static void only_an_integer_that_needs_its_width_looks_measured(void **state)
{
    (void)state;
    assert_true(probe_is_plausible(PROBE_U32, SW_ORDER_ABCD, (const uint16_t[]){0x0001, 0xe240}));
    assert_false(probe_is_plausible(PROBE_U32, SW_ORDER_CDAB, (const uint16_t[]){0x0001, 0xe240}));
    assert_false(probe_is_plausible(PROBE_U32, SW_ORDER_ABCD, (const uint16_t[]){0, 0xe240}));
    assert_false(probe_is_plausible(PROBE_U32, SW_ORDER_ABCD, (const uint16_t[]){1, 0}));
    assert_true(probe_is_plausible(PROBE_I32, SW_ORDER_ABCD, (const uint16_t[]){0xffff, 0xfffe}));
    assert_false(probe_is_plausible(PROBE_U16, SW_ORDER_ABCD, (const uint16_t[]){500}));
    assert_true(probe_is_plausible(PROBE_U64, SW_ORDER_ABCD, (const uint16_t[]){0, 0x12, 0x34ab, 0xcdef}));
}

static void what_is_no_number_or_denormal_does_not(void **state)
{
    (void)state;
    static const uint16_t not_a_number[] = {0x7fc0, 0}, infinite[] = {0x7f80, 0}, denormal[] = {0, 1}, zero[] = {0, 0};
    assert_false(probe_is_plausible(PROBE_F32, SW_ORDER_ABCD, not_a_number));
    assert_false(probe_is_plausible(PROBE_F32, SW_ORDER_ABCD, infinite));
    assert_false(probe_is_plausible(PROBE_F32, SW_ORDER_ABCD, denormal));
    assert_false(probe_is_plausible(PROBE_F32, SW_ORDER_ABCD, zero));
}

static void bcd_has_decimal_digits(void **state)
{
    (void)state;
    static const uint16_t number[] = {0x1234, 0x5678};
    assert_true(probe_value(PROBE_BCD16, SW_ORDER_ABCD, number) == 1234);
    assert_true(probe_value(PROBE_BCD32, SW_ORDER_ABCD, number) == 12345678);
    assert_true(probe_value(PROBE_BCD32, SW_ORDER_CDAB, number) == 56781234);
    assert_true(isnan(probe_value(PROBE_BCD16, SW_ORDER_ABCD, (const uint16_t[]){0x12a4})));
}

static void text_ends_at_the_first_byte_that_is_none(void **state)
{
    (void)state;
    static const uint16_t registers[] = {0x5354, 0x494c, 0x4c00};
    char text[16];
    assert_int_equal(probe_text(registers, 3, false, text, sizeof text), 5);
    assert_string_equal(text, "STILL");
    assert_int_equal(probe_text((const uint16_t[]){0x5453}, 1, true, text, sizeof text), 2);
    assert_string_equal(text, "ST");
    assert_int_equal(probe_text(registers, 3, false, text, 3), 2);
    assert_int_equal(probe_text((const uint16_t[]){0x0041}, 1, false, text, sizeof text), 0);
}

static void what_moves_moves_a_little(void **state)
{
    (void)state;
    assert_true(probe_has_moved(100, 101));
    assert_true(probe_has_moved(-20, -18));
    assert_false(probe_has_moved(100, 100));
    assert_false(probe_has_moved(100, 1e20));
    assert_false(probe_has_moved(NAN, 100));
}

static void a_number_shown_is_found_whatever_its_decimal_point(void **state)
{
    (void)state;
    struct probe_shown shown;
    double scale;
    assert_true(probe_shown_from("123.4", &shown));
    assert_true(probe_is_shown(&shown, 123.456, &scale));
    assert_true(fabs(scale - 1) < 1e-9);
    assert_true(probe_is_shown(&shown, 123456, &scale));
    assert_true(fabs(scale - 1e-3) < 1e-12);
    assert_true(probe_is_shown(&shown, 0.1234, &scale));
    assert_true(fabs(scale - 1000) < 1e-6);
    assert_false(probe_is_shown(&shown, 124.4, &scale));
    assert_false(probe_is_shown(&shown, -123.4, &scale));
    assert_false(probe_is_shown(&shown, NAN, &scale));
    assert_false(probe_shown_from("0", &shown));
    assert_false(probe_shown_from("12x", &shown));
    assert_false(probe_shown_from("", &shown));
    assert_false(probe_shown_from("inf", &shown));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_real_is_read_in_its_order_and_looks_measured_there_alone),
        cmocka_unit_test(integers_are_read_in_each_order),
        cmocka_unit_test(only_an_integer_that_needs_its_width_looks_measured),
        cmocka_unit_test(what_is_no_number_or_denormal_does_not),
        cmocka_unit_test(bcd_has_decimal_digits),
        cmocka_unit_test(text_ends_at_the_first_byte_that_is_none),
        cmocka_unit_test(what_moves_moves_a_little),
        cmocka_unit_test(a_number_shown_is_found_whatever_its_decimal_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
