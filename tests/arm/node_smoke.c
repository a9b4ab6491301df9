/* The node image on the emulator, with libmodbus as gateway and as sensor. Arguments: board, image, emulate-node. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "emulated_node.h"
#include "stillwater/node_map.h"
#include "stillwater/sensor_profile.h"

#define EPOCH          9
#define REQUEST_COUNT  3000
#define RECORD_WAIT_MS 60000

static const char *board_argument, *image_argument, *emulate_node_argument;

struct window {
    struct sw_node_window_header header;
    struct sw_record records[SW_NODE_WINDOW_RECORDS];
};

static int setup(void **state)
{
    struct emulated_node *node = malloc(sizeof *node);
    if (!node) return -1;
    node_prepare(node, board_argument, image_argument, emulate_node_argument);
    node_start(node);
    *state = node;
    return 0;
}

static int teardown(void **state)
{
    struct emulated_node *node = *state;
    node_discard(node);
    free(node);
    return 0;
}

static uint32_t read_input_u32(struct emulated_node *node, int address)
{
    uint16_t words[2];
    assert_int_equal(node_read_input(node, address, 2, words), 2);
    return (uint32_t)words[0] << 16 | words[1];
}

static uint16_t read_input_u16(struct emulated_node *node, int address)
{
    uint16_t word;
    assert_int_equal(node_read_input(node, address, 1, &word), 1);
    return word;
}

static void open_log(struct emulated_node *node, uint32_t base)
{
    uint16_t words[3] = {EPOCH, (uint16_t)(base >> 16), (uint16_t)base};
    assert_int_equal(node_write(node, SW_NODE_HOLDING_LOG_OPEN_EPOCH, 3, words), 3);
}

/* The level probe in slot 0, sampled five times a second, every sample recorded. */
static const uint16_t level_slot[SW_NODE_SLOT_CONFIG_REGISTERS] = {SW_PROFILE_GEOLUX_LX80, SENSOR_UNIT_ID, 2, 0, 60};

static void configure_slot(struct emulated_node *node)
{
    const uint16_t unlock = SW_NODE_UNLOCK_WORD;
    assert_int_equal(node_write(node, SW_NODE_HOLDING_UNLOCK, 1, &unlock), 1);
    assert_int_equal(node_write(node, SW_NODE_SLOT_CONFIG_BASE, SW_NODE_SLOT_CONFIG_REGISTERS, level_slot),
                     SW_NODE_SLOT_CONFIG_REGISTERS);
}

/* Acknowledges up to `sequence` and takes the next window, in one exchange. */
static void take_window(struct emulated_node *node, uint32_t sequence, struct window *window)
{
    uint16_t acknowledge[3] = {EPOCH, (uint16_t)(sequence >> 16), (uint16_t)sequence};
    uint16_t words[SW_NODE_WINDOW_REGISTERS];
    assert_int_equal(node_write_and_read(node, SW_NODE_HOLDING_LOG_ACK_EPOCH, 3, acknowledge, SW_NODE_HOLDING_WINDOW,
                                         SW_NODE_WINDOW_REGISTERS, words),
                     SW_NODE_WINDOW_REGISTERS);
    uint8_t bytes[2 * SW_NODE_WINDOW_REGISTERS];
    struct sw_writer writer = sw_writer_over(bytes, sizeof bytes);
    for (unsigned i = 0; i < SW_NODE_WINDOW_REGISTERS; i++)
        sw_write_u16(&writer, words[i]);
    struct sw_reader reader = sw_reader_over(bytes, sizeof bytes);
    assert_int_equal(sw_node_window_header_decode(&reader, &window->header), SW_OK);
    for (unsigned i = 0; i < window->header.count; i++)
        assert_int_equal(sw_record_decode(&reader, &window->records[i]), SW_OK);
}

static void wait_for_records(struct emulated_node *node, uint32_t newest)
{
    struct timespec step = {0, 50000000};
    for (int waited_ms = 0; read_input_u32(node, SW_NODE_INPUT_LOG_NEWEST) < newest; waited_ms += 50) {
        if (waited_ms > RECORD_WAIT_MS) fail_msg("no record %u within %d ms", newest, RECORD_WAIT_MS);
        nanosleep(&step, NULL);
    }
}

/* Until the node answers in this boot. */
static void wait_for_boot(struct emulated_node *node, uint32_t boot)
{
    struct timespec step = {0, 50000000};
    assert_true(node_answers(node, RECORD_WAIT_MS));
    for (int waited_ms = 0; read_input_u32(node, SW_NODE_INPUT_BOOT_COUNT) != boot; waited_ms += 50) {
        if (waited_ms > RECORD_WAIT_MS) fail_msg("no boot %u within %d ms", boot, RECORD_WAIT_MS);
        nanosleep(&step, NULL);
        assert_true(node_answers(node, RECORD_WAIT_MS));
    }
}

/* A node with an open log and a few level readings in it. */
static void fill_log(struct emulated_node *node, struct window *window)
{
    open_log(node, 0);
    configure_slot(node);
    wait_for_records(node, 5);
    take_window(node, 0, window);
    assert_true(window->header.count >= 5);
}

static void assert_same_record(const struct sw_record *record, const struct sw_record *expected)
{
    assert_int_equal(record->sequence, expected->sequence);
    assert_int_equal(record->seconds, expected->seconds);
    assert_int_equal(record->millis, expected->millis);
    assert_int_equal(record->boot, expected->boot);
    assert_int_equal(record->kind, expected->kind);
    assert_int_equal(record->value, expected->value);
}

/* After a restart: the boot is counted, the slot still configured, and the log begins where it began. */
static void assert_log_kept(struct emulated_node *node, const struct window *before)
{
    struct window after;
    uint16_t slot[SW_NODE_SLOT_CONFIG_REGISTERS];
    take_window(node, 0, &after);
    assert_int_equal(after.header.boot, before->header.boot + 1);
    assert_int_equal(after.header.oldest, before->header.oldest);
    assert_true(after.header.newest > before->header.newest);
    for (unsigned i = 0; i < before->header.count; i++)
        assert_same_record(&after.records[i], &before->records[i]);
    assert_int_equal(read_input_u16(node, SW_NODE_INPUT_LOG_EPOCH), EPOCH);
    assert_int_equal(node_read(node, SW_NODE_SLOT_CONFIG_BASE, SW_NODE_SLOT_CONFIG_REGISTERS, slot),
                     SW_NODE_SLOT_CONFIG_REGISTERS);
    assert_memory_equal(slot, level_slot, sizeof slot);
}

static void identity_is_that_of_image_and_configuration_page(void **state)
{
    struct emulated_node *node = *state;
    uint16_t identity[10];
    assert_int_equal(node_read_input(node, 0, 10, identity), 10);
    assert_int_equal(identity[SW_NODE_INPUT_MAGIC], SW_NODE_MAGIC);
    assert_int_equal(identity[SW_NODE_INPUT_MAP_VERSION], SW_NODE_MAP_VERSION);
    bool mps2 = strcmp(node->board, "mps2-an385") == 0;
    assert_int_equal(identity[SW_NODE_INPUT_BOARD], mps2 ? SW_BOARD_MPS2_AN385 : SW_BOARD_STM32F405);
    assert_int_equal(read_input_u32(node, SW_NODE_INPUT_SERIAL), NODE_SERIAL);
    assert_int_equal(identity[SW_NODE_INPUT_SLOT_COUNT], SW_NODE_SLOT_COUNT);
    assert_int_equal(read_input_u32(node, SW_NODE_INPUT_BOOT_COUNT), 1);
    assert_int_equal(read_input_u16(node, SW_NODE_INPUT_RESET_REASON), SW_RESET_POWER_ON);
    uint16_t stack_free = read_input_u16(node, SW_NODE_INPUT_STACK_FREE);
    assert_in_range(stack_free, 1024, 0xfffe);
}

static void slot_cannot_be_configured_without_unlock(void **state)
{
    struct emulated_node *node = *state;
    uint16_t slot[SW_NODE_SLOT_CONFIG_REGISTERS];
    assert_int_equal(node_write(node, SW_NODE_SLOT_CONFIG_BASE, SW_NODE_SLOT_CONFIG_REGISTERS, level_slot), -1);
    assert_int_equal(errno, EMBXILADD);
    assert_int_equal(node_read(node, SW_NODE_SLOT_CONFIG_BASE, SW_NODE_SLOT_CONFIG_REGISTERS, slot),
                     SW_NODE_SLOT_CONFIG_REGISTERS);
    assert_int_equal(slot[SW_NODE_SLOT_CONFIG_PROFILE], SW_PROFILE_NONE);
}

static void level_of_the_sensor_arrives_in_the_window_until_acknowledged(void **state)
{
    struct emulated_node *node = *state;
    struct window window;
    fill_log(node, &window);
    uint32_t taken = 0;
    for (unsigned levels = 0; levels < 3;) {
        assert_int_equal(window.header.oldest, taken + 1);
        for (unsigned i = 0; i < window.header.count; i++) {
            assert_int_equal(window.records[i].sequence, ++taken);
            if (window.records[i].kind != SW_READING_LEVEL || window.records[i].quality != SW_QUALITY_GOOD) continue;
            assert_int_equal(window.records[i].value, SENSOR_LEVEL_MM * 10);
            levels++;
        }
        wait_for_records(node, taken + 1);
        take_window(node, taken, &window);
    }
    /* And half a window acknowledged leaves the other half. */
    wait_for_records(node, taken + 4);
    take_window(node, taken + 2, &window);
    assert_int_equal(window.header.oldest, taken + 3);
    assert_int_equal(window.records[0].sequence, taken + 3);
}

/* The status registers of slot 1, once its sensor has been asked at least twice. */
static void read_meter_slot(struct emulated_node *node, uint16_t status[SW_NODE_SLOT_STATUS_STRIDE])
{
    static const uint16_t meter_slot[SW_NODE_SLOT_CONFIG_REGISTERS] = {SW_PROFILE_BOVE, SENSOR_UNIT_ID, 2, 0, 60};
    uint32_t before;
    assert_int_equal(node_write(node, SW_NODE_SLOT_CONFIG_BASE + SW_NODE_SLOT_CONFIG_STRIDE,
                                SW_NODE_SLOT_CONFIG_REGISTERS, meter_slot),
                     SW_NODE_SLOT_CONFIG_REGISTERS);
    before = read_input_u32(node, SW_NODE_INPUT_LOG_NEWEST);
    wait_for_records(node, before + 10);
    assert_int_equal(node_read_input(node, SW_NODE_SLOT_STATUS_BASE + SW_NODE_SLOT_STATUS_STRIDE,
                                     SW_NODE_SLOT_STATUS_STRIDE, status),
                     SW_NODE_SLOT_STATUS_STRIDE);
}

static void meter_with_parity_is_read_where_the_uart_has_parity(void **state)
{
    struct emulated_node *node = *state;
    struct window window;
    uint16_t status[SW_NODE_SLOT_STATUS_STRIDE];
    fill_log(node, &window);
    read_meter_slot(node, status);
    if (strcmp(node->board, "mps2-an385") == 0) {
        /* 2400 8E1 is more than this UART can do; the level probe beside it is read all the same. */
        assert_int_not_equal(status[SW_NODE_SLOT_STATUS_STATE], SW_SLOT_OK);
        return;
    }
    /* A host that takes a core away makes any sensor silent for once. */
    for (int i = 0; i < 10 && status[SW_NODE_SLOT_STATUS_STATE] != SW_SLOT_OK; i++)
        read_meter_slot(node, status);
    assert_int_equal(status[SW_NODE_SLOT_STATUS_STATE], SW_SLOT_OK);
    int32_t value =
        (int32_t)((uint32_t)status[SW_NODE_SLOT_STATUS_VALUE] << 16 | status[SW_NODE_SLOT_STATUS_VALUE + 1]);
    assert_int_equal(value, SENSOR_WATER_INDEX_L * 10);
}

static void reset_button_keeps_the_log_and_counts_the_boot(void **state)
{
    struct emulated_node *node = *state;
    struct window before;
    fill_log(node, &before);
    node_reset(node);
    wait_for_boot(node, before.header.boot + 1u);
    assert_log_kept(node, &before);
    assert_int_equal(read_input_u16(node, SW_NODE_INPUT_RESET_REASON), SW_RESET_PIN);
    /* And the sensor goes on being read. */
    wait_for_records(node, read_input_u32(node, SW_NODE_INPUT_LOG_NEWEST) + 3);
}

static void restart_command_is_answered_then_obeyed(void **state)
{
    struct emulated_node *node = *state;
    struct window before;
    fill_log(node, &before);
    const uint16_t restart = SW_NODE_COMMAND_RESTART;
    assert_int_equal(node_write(node, SW_NODE_HOLDING_COMMAND, 1, &restart), 1);
    wait_for_boot(node, before.header.boot + 1u);
    assert_log_kept(node, &before);
    assert_int_equal(read_input_u16(node, SW_NODE_INPUT_RESET_REASON), SW_RESET_COMMAND);
}

static void power_cut_keeps_the_log_where_memory_does(void **state)
{
    struct emulated_node *node = *state;
    struct window before;
    fill_log(node, &before);
    node_kill(node);
    node_start(node);
    if (strcmp(node->board, "mps2-an385") == 0) {
        assert_log_kept(node, &before);
        assert_int_equal(read_input_u16(node, SW_NODE_INPUT_RESET_REASON), SW_RESET_PIN);
        return;
    }
    /* The memory of this board is gone with its power: the node says so, and gives nothing out under an old epoch. */
    assert_int_equal(read_input_u16(node, SW_NODE_INPUT_RESET_REASON), SW_RESET_POWER_ON);
    assert_int_equal(read_input_u16(node, SW_NODE_INPUT_LOG_EPOCH), 0);
    assert_int_equal(read_input_u32(node, SW_NODE_INPUT_BOOT_COUNT), 1);
}

static double milliseconds_since(const struct timespec *begin)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - begin->tv_sec) * 1e3 + (double)(now.tv_nsec - begin->tv_nsec) / 1e6;
}

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

static void one_request(struct emulated_node *node, unsigned index, struct window *window)
{
    uint16_t words[SW_NODE_WINDOW_REGISTERS];
    switch (index % 4) {
    case 0:
        assert_int_equal(node_read_input(node, 0, 10, words), 10);
        assert_int_equal(words[SW_NODE_INPUT_MAGIC], SW_NODE_MAGIC);
        break;
    case 1:
        assert_int_equal(node_read_input(node, SW_NODE_SLOT_STATUS_BASE, 120, words), 120);
        assert_int_equal(words[SW_NODE_SLOT_STATUS_PROFILE], SW_PROFILE_GEOLUX_LX80);
        break;
    case 2:
        take_window(node, window->header.newest, window);
        break;
    default:
        assert_int_equal(node_read(node, SW_NODE_SLOT_CONFIG_BASE, 5, words), 5);
        assert_memory_equal(words, level_slot, sizeof level_slot);
        break;
    }
}

/* Speed is printed and not judged: it is that of the machine the test happens to run on. */
static void thousands_of_requests_get_their_own_answers_while_a_sensor_is_read(void **state)
{
    struct emulated_node *node = *state;
    static double times_ms[REQUEST_COUNT];
    struct window window;
    struct timespec begin;
    fill_log(node, &window);
    uint32_t errors = read_input_u32(node, SW_NODE_INPUT_SERVER_ERRORS);
    node->lost = 0;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (unsigned i = 0; i < REQUEST_COUNT; i++) {
        struct timespec sent;
        clock_gettime(CLOCK_MONOTONIC, &sent);
        one_request(node, i, &window);
        times_ms[i] = milliseconds_since(&sent);
    }
    double total_ms = milliseconds_since(&begin);
    qsort(times_ms, REQUEST_COUNT, sizeof times_ms[0], compare_doubles);
    print_message("%s: %d requests, %.0f a second, p50 %.1f ms, p99 %.1f ms, longest %.1f ms, %u lost\n", node->board,
                  REQUEST_COUNT, REQUEST_COUNT / total_ms * 1e3, times_ms[REQUEST_COUNT / 2],
                  times_ms[REQUEST_COUNT * 99 / 100], times_ms[REQUEST_COUNT - 1], node->lost);
    if (node->lost == 0) assert_int_equal(read_input_u32(node, SW_NODE_INPUT_SERVER_ERRORS), errors);
    assert_int_equal(read_input_u32(node, SW_NODE_INPUT_LOG_LOST), 0);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: %s BOARD IMAGE EMULATE-NODE\n", argv[0]);
        return 2;
    }
    board_argument = argv[1];
    image_argument = argv[2];
    emulate_node_argument = argv[3];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(identity_is_that_of_image_and_configuration_page, setup, teardown),
        cmocka_unit_test_setup_teardown(slot_cannot_be_configured_without_unlock, setup, teardown),
        cmocka_unit_test_setup_teardown(level_of_the_sensor_arrives_in_the_window_until_acknowledged, setup, teardown),
        cmocka_unit_test_setup_teardown(meter_with_parity_is_read_where_the_uart_has_parity, setup, teardown),
        cmocka_unit_test_setup_teardown(reset_button_keeps_the_log_and_counts_the_boot, setup, teardown),
        cmocka_unit_test_setup_teardown(restart_command_is_answered_then_obeyed, setup, teardown),
        cmocka_unit_test_setup_teardown(power_cut_keeps_the_log_where_memory_does, setup, teardown),
        cmocka_unit_test_setup_teardown(thousands_of_requests_get_their_own_answers_while_a_sensor_is_read, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
