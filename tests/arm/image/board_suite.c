#include "board_suite.h"

#include <string.h>

#include "boards/cortex-m/board.h"
#include "boards/cortex-m/boot_marker.h"
#include "boards/cortex-m/byte_ring.h"
#include "boards/cortex-m/linker_symbols.h"
#include "boards/cortex-m/monotonic.h"
#include "boards/cortex-m/node_config.h"
#include "boards/cortex-m/node_ports.h"
#include "boards/cortex-m/stack_paint.h"
#include "stillwater/error.h"
#include "tests/support/check.h"

/* What boards/node_config.py --serial 40017 --unit-id 17 --baud 19200 --parity E --slack-us 50000 makes. */
static const uint8_t page_of_node_config_py[NODE_CONFIG_SIZE] = {
    0x53, 0x57, 0x4e, 0x43, 0x01, 0x00, 0x20, 0x00, 0x51, 0x9c, 0x00, 0x00, 0x11, 0x45, 0x01, 0x00,
    0x00, 0x4b, 0x00, 0x00, 0x50, 0xc3, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x44, 0x4d, 0x9e, 0x5b,
};

static void page_made_by_the_tool_is_read(struct check *check)
{
    struct node_config config = node_config_default();
    CHECK_EQUAL(node_config_read(page_of_node_config_py, &config), SW_OK);
    CHECK_EQUAL(config.serial, 40017);
    CHECK_EQUAL(config.unit_id, 17);
    CHECK_EQUAL(config.gateway_line.baud, 19200);
    CHECK_EQUAL(config.gateway_line.parity, 'E');
    CHECK_EQUAL(config.gateway_line.stop_bits, 1);
    CHECK_EQUAL(config.line_slack_us, 50000);
}

static void page_with_any_bit_turned_leaves_the_defaults(struct check *check)
{
    unsigned taken = 0;
    for (unsigned bit = 0; bit < 8 * NODE_CONFIG_SIZE; bit++) {
        uint8_t page[NODE_CONFIG_SIZE];
        memcpy(page, page_of_node_config_py, sizeof page);
        page[bit / 8] ^= (uint8_t)(1u << bit % 8);
        struct node_config config = node_config_default();
        if (node_config_read(page, &config) == SW_OK) taken++;
        CHECK_EQUAL(config.unit_id, node_config_default().unit_id);
    }
    CHECK_EQUAL(taken, 0);
}

static void erased_page_is_no_page(struct check *check)
{
    uint8_t page[NODE_CONFIG_SIZE];
    memset(page, 0xff, sizeof page);
    struct node_config config = node_config_default();
    CHECK_EQUAL(node_config_read(page, &config), SW_ERROR_NOT_FOUND);
}

static struct byte_ring ring;

static void ring_gives_bytes_back_in_order_round_its_end(struct check *check)
{
    struct byte_ring_entry entry;
    memset(&ring, 0, sizeof ring);
    for (unsigned round = 0; round < 3 * BYTE_RING_CAPACITY; round++) {
        byte_ring_put(&ring, (struct byte_ring_entry){.at_us = round, .value = (uint8_t)round});
        CHECK(byte_ring_take(&ring, &entry));
        CHECK_EQUAL(entry.at_us, round);
        CHECK_EQUAL(entry.value, (uint8_t)round);
    }
    CHECK(!byte_ring_take(&ring, &entry));
}

static void full_ring_marks_the_byte_after_the_hole(struct check *check)
{
    struct byte_ring_entry entry = {0};
    memset(&ring, 0, sizeof ring);
    for (unsigned i = 0; i < BYTE_RING_CAPACITY + 1; i++)
        byte_ring_put(&ring, (struct byte_ring_entry){.value = (uint8_t)i});
    for (unsigned i = 0; i < BYTE_RING_CAPACITY; i++) {
        CHECK(byte_ring_take(&ring, &entry));
        CHECK(!entry.damaged);
    }
    byte_ring_put(&ring, (struct byte_ring_entry){.value = 1});
    byte_ring_put(&ring, (struct byte_ring_entry){.value = 2});
    CHECK(byte_ring_take(&ring, &entry) && entry.damaged);
    CHECK(byte_ring_take(&ring, &entry) && !entry.damaged);
}

static void time_never_goes_back_and_stamps_widen_to_it(struct check *check)
{
    uint64_t last_us = monotonic_now_us();
    for (unsigned i = 0; i < 10000; i++) {
        uint64_t now_us = monotonic_now_us();
        CHECK(now_us >= last_us);
        last_us = now_us;
    }
    uint64_t before_us = monotonic_now_us();
    uint64_t stamped_us = monotonic_widen_us(board_counter_us());
    CHECK(stamped_us >= before_us && stamped_us <= monotonic_now_us());
}

static struct cortex_m_ports ports;

static void sleep_ends_without_any_interrupt_but_the_alarm(struct check *check)
{
    /* Some are shorter than a count of the alarm, one is longer than it can count to. */
    static const uint32_t durations_us[] = {0, 1, 2, 10, 1000, 20000, 1500000};
    for (unsigned i = 0; i < sizeof durations_us / sizeof durations_us[0]; i++) {
        uint64_t until_us = monotonic_now_us() + durations_us[i];
        unsigned sleeps = 0;
        while (monotonic_now_us() < until_us && sleeps < 100000) {
            ports.system.sleep(ports.system.ctx, until_us);
            sleeps++;
        }
        /* More would be waking for nothing; the alarm's own rounding costs a few. */
        CHECK(sleeps < 100);
    }
}

static void line_refuses_settings_it_cannot_have(struct check *check)
{
    static const struct sw_line_settings impossible[] = {
        {0, 'N', 1}, {9600, 'X', 1}, {9600, 'N', 0}, {9600, 'N', 3}, {100000000, 'N', 1}};
    for (unsigned i = 0; i < sizeof impossible / sizeof impossible[0]; i++)
        CHECK_EQUAL(ports.node.sensors->configure(ports.node.sensors->ctx, &impossible[i]), SW_ERROR_INVALID_ARGUMENT);
    struct sw_line_settings usual = {9600, 'N', 1};
    CHECK_EQUAL(ports.node.sensors->configure(ports.node.sensors->ctx, &usual), SW_OK);
}

static void page_with_an_impossible_line_leaves_the_default_line(struct check *check)
{
    static const struct sw_line_settings possible = {19200, 'N', 1}, impossible = {100000000, 'N', 1};
    struct sw_line_settings line = cortex_m_gateway_line(ports.node.gateway, &possible);
    CHECK_EQUAL(line.baud, 19200);
    line = cortex_m_gateway_line(ports.node.gateway, &impossible);
    CHECK_EQUAL(line.baud, node_config_default().gateway_line.baud);
    CHECK_EQUAL(ports.node.gateway->configure(ports.node.gateway->ctx, &line), SW_OK);
}

static void line_sends_a_whole_frame_and_comes_to_rest(struct check *check)
{
    static const uint8_t frame[256] = {0};
    const struct port_uart *line = ports.node.sensors;
    struct sw_line_settings settings = {115200, 'N', 1};
    CHECK_EQUAL(line->configure(line->ctx, &settings), SW_OK);
    CHECK_EQUAL(line->send(line->ctx, frame, sizeof frame), SW_OK);
    uint64_t limit_us = monotonic_now_us() + 60000000;
    while (line->sending(line->ctx) && monotonic_now_us() < limit_us)
        ports.system.sleep(ports.system.ctx, limit_us);
    CHECK(!line->sending(line->ctx));
}

static void marker_tells_how_the_last_run_ended(struct check *check)
{
    boot_marker_exchange();
    CHECK_EQUAL(boot_marker_exchange(), SW_RESET_PIN);
    boot_marker_write(SW_RESET_COMMAND);
    CHECK_EQUAL(boot_marker_exchange(), SW_RESET_COMMAND);
    CHECK_EQUAL(boot_marker_exchange(), SW_RESET_PIN);
}

__attribute__((noinline)) static uint8_t use_stack(unsigned depth)
{
    volatile uint8_t block[256];
    for (unsigned i = 0; i < sizeof block; i++)
        block[i] = (uint8_t)depth;
    return depth == 0 ? block[0] : (uint8_t)(use_stack(depth - 1) + block[1]);
}

static void stack_paint_shows_the_deepest_use(struct check *check)
{
    uint16_t before = stack_paint_free();
    CHECK(before > 2048);
    CHECK(before < (uintptr_t)__stack_top - (uintptr_t)__stack_bottom);
    use_stack(before / 300u);
    CHECK(stack_paint_free() < before);
}

static const struct check_case cases[] = {
    {"page made by the tool is read", page_made_by_the_tool_is_read},
    {"page with any bit turned leaves the defaults", page_with_any_bit_turned_leaves_the_defaults},
    {"erased page is no page", erased_page_is_no_page},
    {"ring gives bytes back in order round its end", ring_gives_bytes_back_in_order_round_its_end},
    {"full ring marks the byte after the hole", full_ring_marks_the_byte_after_the_hole},
    {"time never goes back and stamps widen to it", time_never_goes_back_and_stamps_widen_to_it},
    {"sleep ends without any interrupt but the alarm", sleep_ends_without_any_interrupt_but_the_alarm},
    {"line refuses settings it cannot have", line_refuses_settings_it_cannot_have},
    {"page with an impossible line leaves the default line", page_with_an_impossible_line_leaves_the_default_line},
    {"line sends a whole frame and comes to rest", line_sends_a_whole_frame_and_comes_to_rest},
    {"marker tells how the last run ended", marker_tells_how_the_last_run_ended},
    {"stack paint shows the deepest use", stack_paint_shows_the_deepest_use},
};

int board_suite_run(void)
{
    static const struct check_suite suite = CHECK_SUITE("board", cases);
    cortex_m_ports_open(&ports);
    return check_suite_run(&suite);
}
