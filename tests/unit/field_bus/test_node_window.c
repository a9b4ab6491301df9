/* The log window: what is taken out of it and where it stops being believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "node_window.h"

static void build(uint16_t registers[SW_NODE_WINDOW_REGISTERS], struct sw_node_window_header header,
                  const struct sw_record *records)
{
    uint8_t bytes[2 * SW_NODE_WINDOW_REGISTERS] = {0};
    struct sw_writer out = sw_writer_over(bytes, sizeof bytes);
    sw_node_window_header_encode(&header, &out);
    for (uint16_t i = 0; i < header.count && i < SW_NODE_WINDOW_RECORDS; i++)
        sw_record_encode(&records[i], &out);
    for (unsigned i = 0; i < SW_NODE_WINDOW_REGISTERS; i++)
        registers[i] = (uint16_t)((unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1]);
}

static struct sw_record record(uint32_t sequence)
{
    return (struct sw_record){.sequence = sequence, .kind = SW_READING_LEVEL, .value = (int32_t)sequence};
}

static struct node_window decode(struct sw_node_window_header header, const struct sw_record *records)
{
    uint16_t registers[SW_NODE_WINDOW_REGISTERS];
    struct node_window window;
    build(registers, header, records);
    assert_int_equal(node_window_decode(registers, &window), SW_OK);
    return window;
}

static void a_window_that_reaches_the_newest_is_drained(void **state)
{
    (void)state;
    const struct sw_record records[] = {record(5), record(6)};
    struct node_window window = decode((struct sw_node_window_header){.count = 2, .oldest = 5, .newest = 6}, records);
    assert_int_equal(window.count, 2);
    assert_true(window.drained);
    assert_int_equal(window.records[1].value, 6);
    window = decode((struct sw_node_window_header){.count = 2, .oldest = 5, .newest = 7}, records);
    assert_false(window.drained);
}

static void an_empty_window_is_drained_only_when_the_log_is_empty(void **state)
{
    (void)state;
    assert_true(decode((struct sw_node_window_header){.oldest = 8, .newest = 7}, NULL).drained);
    assert_false(decode((struct sw_node_window_header){.oldest = 6, .newest = 7}, NULL).drained);
}

static void records_behind_a_malformed_one_are_not_taken(void **state)
{
    (void)state;
    struct sw_record records[] = {record(1), record(2), record(3)};
    records[1].millis = 1000;
    struct node_window window = decode((struct sw_node_window_header){.count = 3, .oldest = 1, .newest = 3}, records);
    assert_int_equal(window.count, 1);
    assert_true(window.malformed);
    assert_false(window.drained);
}

static void sequences_that_do_not_fit_are_malformed(void **state)
{
    (void)state;
    const uint32_t wrong[][2] = {{4, 4}, {4, 3}, {4, 9}, {2, 3}};
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const struct sw_record records[] = {record(wrong[i][0]), record(wrong[i][1])};
        struct node_window window =
            decode((struct sw_node_window_header){.count = 2, .oldest = 3, .newest = 8}, records);
        assert_true(window.malformed);
    }
}

static void a_gap_in_the_sequence_is_no_fault(void **state)
{
    (void)state;
    const struct sw_record records[] = {record(3), record(7)};
    struct node_window window = decode((struct sw_node_window_header){.count = 2, .oldest = 3, .newest = 7}, records);
    assert_int_equal(window.count, 2);
    assert_true(window.drained);
}

static void a_header_out_of_range_is_refused(void **state)
{
    (void)state;
    const struct sw_node_window_header wrong[] = {
        {.count = SW_NODE_WINDOW_RECORDS + 1}, {.uptime_ms = 1000}, {.clock_ms = 1000}, {.clock_quality = 3}};
    const struct sw_record records[SW_NODE_WINDOW_RECORDS] = {record(1)};
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint16_t registers[SW_NODE_WINDOW_REGISTERS];
        struct node_window window;
        build(registers, wrong[i], records);
        assert_int_equal(node_window_decode(registers, &window), SW_ERROR_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_that_reaches_the_newest_is_drained),
        cmocka_unit_test(an_empty_window_is_drained_only_when_the_log_is_empty),
        cmocka_unit_test(records_behind_a_malformed_one_are_not_taken),
        cmocka_unit_test(sequences_that_do_not_fit_are_malformed),
        cmocka_unit_test(a_gap_in_the_sequence_is_no_fault),
        cmocka_unit_test(a_header_out_of_range_is_refused),
    };
    return cmocka_run_group_tests_name("field_bus node_window", tests, NULL, NULL);
}
