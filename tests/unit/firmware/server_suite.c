/* The node's Modbus server against its register map. What may be read and written is worked out here from node_map.def,
 * not taken from the firmware's tables. */
#include <string.h>

#include "tests/unit/firmware/bench.h"
#include "tests/unit/firmware/suites.h"

#define WORDS_U16    1
#define WORDS_U32    2
#define WORDS_I32    2
#define WORDS_WINDOW 125

#define LAST_ADDRESS 0x0400u

enum access { RO, RW, WO, LOCKED };

struct row {
    uint16_t address;
    uint8_t words;
    uint8_t access;
};

#define SW_NODE_INPUT(address, name, type, text) {address, WORDS_##type, RO},
#define SW_NODE_HOLDING(address, name, type, access, text)
#define SW_NODE_SLOT_STATUS(offset, name, type, text)
#define SW_NODE_SLOT_BUS(offset, name, type, text)
#define SW_NODE_SLOT_CONFIG(offset, name, type, text)
static const struct row inputs[] = {
#include "stillwater/node_map.def"
};
#undef SW_NODE_INPUT
#define SW_NODE_INPUT(address, name, type, text)
#undef SW_NODE_HOLDING
#define SW_NODE_HOLDING(address, name, type, access, text) {address, WORDS_##type, access},
static const struct row holdings[] = {
#include "stillwater/node_map.def"
};
#undef SW_NODE_HOLDING
#define SW_NODE_HOLDING(address, name, type, access, text)
#undef SW_NODE_SLOT_STATUS
#define SW_NODE_SLOT_STATUS(offset, name, type, text) {offset, WORDS_##type, RO},
static const struct row slot_status[] = {
#include "stillwater/node_map.def"
};
#undef SW_NODE_SLOT_STATUS
#define SW_NODE_SLOT_STATUS(offset, name, type, text)
#undef SW_NODE_SLOT_BUS
#define SW_NODE_SLOT_BUS(offset, name, type, text) {offset, WORDS_##type, RO},
static const struct row slot_bus[] = {
#include "stillwater/node_map.def"
};
#undef SW_NODE_SLOT_BUS

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static bool in_rows(const struct row *rows, size_t count, unsigned address)
{
    for (size_t i = 0; i < count; i++)
        if (address >= rows[i].address && address < rows[i].address + rows[i].words) return true;
    return false;
}

static bool in_slot_rows(const struct row *rows, size_t count, unsigned base, unsigned stride, unsigned address)
{
    return address >= base && address < base + stride * SW_NODE_SLOT_COUNT &&
           in_rows(rows, count, (address - base) % stride);
}

static bool in_slot_config(unsigned address)
{
    return address >= SW_NODE_SLOT_CONFIG_BASE &&
           address < SW_NODE_SLOT_CONFIG_BASE + SW_NODE_SLOT_CONFIG_STRIDE * SW_NODE_SLOT_COUNT &&
           (address - SW_NODE_SLOT_CONFIG_BASE) % SW_NODE_SLOT_CONFIG_STRIDE < SW_NODE_SLOT_CONFIG_REGISTERS;
}

static void every_input_register_is_readable_and_no_other(struct check *check)
{
    struct bench *bench = bench_start();
    uint16_t value;
    for (unsigned address = 0; address < LAST_ADDRESS; address++) {
        bool listed =
            in_rows(inputs, COUNT_OF(inputs), address) ||
            in_slot_rows(slot_status, COUNT_OF(slot_status), SW_NODE_SLOT_STATUS_BASE, SW_NODE_SLOT_STATUS_STRIDE,
                         address) ||
            in_slot_rows(slot_bus, COUNT_OF(slot_bus), SW_NODE_SLOT_BUS_BASE, SW_NODE_SLOT_BUS_STRIDE, address);
        if (!CHECK_EQUAL(bench_read(bench, 0x04, (uint16_t)address, 1, &value), listed ? 0 : 2)) return;
    }
    CHECK_EQUAL(bench_read(bench, 0x04, 0xffff, 1, &value), 2);
    CHECK_EQUAL(bench_read(bench, 0x04, 0xffff, 2, &value), 2);
}

static void every_holding_register_is_readable_and_no_other(struct check *check)
{
    struct bench *bench = bench_start();
    uint16_t value;
    for (unsigned address = 0; address < LAST_ADDRESS; address++) {
        bool inside_window = address > SW_NODE_HOLDING_WINDOW && address < SW_NODE_HOLDING_WINDOW + 125;
        bool listed = (in_rows(holdings, COUNT_OF(holdings), address) && !inside_window) || in_slot_config(address);
        if (!CHECK_EQUAL(bench_read(bench, 0x03, (uint16_t)address, 1, &value), listed ? 0 : 2)) return;
    }
}

/* Where several registers are written in one request only. */
static bool one_of_a_group(unsigned address)
{
    return address <= 2 || (address >= 0x20 && address <= 0x22) || (address >= 0x30 && address <= 0x32);
}

static int expected_of_single_write(unsigned address, bool unlocked)
{
    if (in_slot_config(address)) return unlocked ? 3 : 2;
    for (size_t i = 0; i < COUNT_OF(holdings); i++) {
        const struct row *row = &holdings[i];
        if (address < row->address || address >= (unsigned)row->address + row->words) continue;
        if (row->access == RO || (row->access == LOCKED && !unlocked)) return 2;
        return row->words > 1 || one_of_a_group(address) ? 3 : 0;
    }
    return 2;
}

static int write_single(struct bench *bench, uint16_t address, uint16_t value)
{
    const uint8_t request[] = {BENCH_UNIT,    0x06, (uint8_t)(address >> 8), (uint8_t)address, (uint8_t)(value >> 8),
                               (uint8_t)value};
    size_t size = bench_ask(bench, request, sizeof request);
    if (size == 3 && bench->answer[1] == 0x86) return bench->answer[2];
    return size == sizeof request && memcmp(bench->answer, request, size) == 0 ? 0 : -1;
}

static void single_writes_are_taken_or_refused_as_declared(struct check *check)
{
    struct bench *bench = bench_start();
    for (unsigned pass = 0; pass < 2; pass++) {
        bool unlocked = pass == 1;
        for (unsigned address = 0; address < LAST_ADDRESS; address++) {
            uint16_t value = address == SW_NODE_HOLDING_UNLOCK && unlocked ? SW_NODE_UNLOCK_WORD : 0;
            if (unlocked) (void)write_single(bench, SW_NODE_HOLDING_UNLOCK, SW_NODE_UNLOCK_WORD);
            int expected = expected_of_single_write(address, unlocked);
            if (!CHECK_EQUAL(write_single(bench, (uint16_t)address, value), expected)) return;
        }
    }
}

static void part_of_a_32_bit_value_cannot_be_written(struct check *check)
{
    struct bench *bench = bench_start();
    const uint16_t values[4] = {0, 1, 0, 0};
    for (size_t i = 0; i < COUNT_OF(holdings); i++) {
        if (holdings[i].words != 2 || holdings[i].access == RO) continue;
        CHECK_EQUAL(bench_write(bench, holdings[i].address, 1, values), 3);
        CHECK_EQUAL(bench_write(bench, (uint16_t)(holdings[i].address + 1), 1, values), 3);
    }
}

static void part_of_a_group_cannot_be_written(struct check *check)
{
    struct bench *bench = bench_start();
    const uint16_t values[5] = {0, 1, 2, 3, 4};
    CHECK_EQUAL(bench_write(bench, SW_NODE_HOLDING_CLOCK_SECONDS, 2, values), 3);
    CHECK_EQUAL(bench_write(bench, SW_NODE_HOLDING_CLOCK_MILLIS, 1, values), 3);
    CHECK_EQUAL(bench_write(bench, SW_NODE_HOLDING_LOG_OPEN_EPOCH, 1, values), 3);
    CHECK_EQUAL(bench_write(bench, SW_NODE_HOLDING_LOG_OPEN_BASE, 2, values), 3);
    CHECK_EQUAL(bench_write(bench, SW_NODE_HOLDING_LOG_ACK_EPOCH, 1, values), 3);
    CHECK_EQUAL(bench_write(bench, SW_NODE_HOLDING_LOG_ACK_SEQUENCE, 2, values), 3);
    CHECK_EQUAL(write_single(bench, SW_NODE_HOLDING_UNLOCK, SW_NODE_UNLOCK_WORD), 0);
    CHECK_EQUAL(bench_write(bench, SW_NODE_SLOT_CONFIG_BASE, 4, values), 3);
    CHECK_EQUAL(bench_write(bench, SW_NODE_SLOT_CONFIG_BASE + 1, 4, values), 3);
    CHECK_EQUAL(bench_write(bench, SW_NODE_SLOT_CONFIG_BASE + 4, 1, values), 3);
}

static void write_beyond_a_group_changes_nothing(struct check *check)
{
    struct bench *bench = bench_start();
    const uint16_t values[5] = {0x6800, 0, 0, 0, 0};
    uint16_t clock[2] = {1, 1};
    CHECK_EQUAL(bench_write(bench, SW_NODE_HOLDING_CLOCK_SECONDS, 5, values), 2);
    CHECK_EQUAL(bench_read(bench, 0x03, SW_NODE_HOLDING_CLOCK_SECONDS, 2, clock), 0);
    CHECK_EQUAL(clock[0], 0);
    CHECK_EQUAL(clock[1], 0);
}

static void identity_is_that_of_the_node(struct check *check)
{
    struct bench *bench = bench_start();
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_MAGIC, 1), SW_NODE_MAGIC);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_MAP_VERSION, 1), SW_NODE_MAP_VERSION);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_SERIAL, 2), BENCH_SERIAL);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_BOARD, 1), SW_BOARD_NATIVE);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_SLOT_COUNT, 1), SW_NODE_SLOT_COUNT);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_LOG_CAPACITY, 2), bench->node.log.pool.capacity);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_BOOT_COUNT, 2), 1);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_RESET_REASON, 1), SW_RESET_POWER_ON);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_SUPPLY, 1), 3300);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_LOG_NEWEST, 2), 1);
}

static void uptime_and_counters_go_on(struct check *check)
{
    struct bench *bench = bench_start();
    bench_run(bench, 5500000);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_UPTIME, 2), 5);
    uint32_t requests = bench_input(bench, SW_NODE_INPUT_SERVER_REQUESTS, 2);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_SERVER_REQUESTS, 2), requests + 1);
    bench->gateway_end.fault = (struct sim_fault){SIM_FAULT_CORRUPT, 2, 1, 0};
    uint16_t value;
    CHECK_EQUAL(bench_read(bench, 0x04, 0, 1, &value), -1);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_SERVER_ERRORS, 2), 1);
}

static int ask_raw(struct bench *bench, const uint8_t *request, size_t size)
{
    size_t answer_size = bench_ask(bench, request, size);
    if (answer_size == 0) return -1;
    if (answer_size == 3 && bench->answer[1] == (request[1] | 0x80)) return bench->answer[2];
    return 0;
}

static void other_functions_answer_exception_01(struct check *check)
{
    struct bench *bench = bench_start();
    for (unsigned function = 1; function < 0x80; function++) {
        if (function == 3 || function == 4 || function == 6 || function == 16 || function == 23) continue;
        const uint8_t request[] = {BENCH_UNIT, (uint8_t)function, 0, 0, 0, 1};
        CHECK_EQUAL(ask_raw(bench, request, sizeof request), 1);
    }
}

static void quantities_outside_the_standard_answer_exception_03(struct check *check)
{
    struct bench *bench = bench_start();
    const uint8_t none[] = {BENCH_UNIT, 0x03, 0, 0, 0, 0};
    const uint8_t too_many[] = {BENCH_UNIT, 0x04, 0, 0, 0, 126};
    const uint8_t write_none[] = {BENCH_UNIT, 0x10, 0, 0x10, 0, 0, 0};
    const uint8_t count_lies[] = {BENCH_UNIT, 0x10, 0, 0x10, 0, 1, 4, 0, 0, 0, 0};
    const uint8_t bytes_missing[] = {BENCH_UNIT, 0x10, 0, 0x10, 0, 1, 2, 0};
    const uint8_t exchange_reads_none[] = {BENCH_UNIT, 0x17, 1, 0, 0, 0, 0, 0x10, 0, 1, 2, 0, 0};
    const uint8_t exchange_reads_too_much[] = {BENCH_UNIT, 0x17, 1, 0, 0, 126, 0, 0x10, 0, 1, 2, 0, 0};
    const uint8_t exchange_count_lies[] = {BENCH_UNIT, 0x17, 1, 0, 0, 1, 0, 0x10, 0, 2, 2, 0, 0};
    const uint8_t too_short[] = {BENCH_UNIT, 0x03, 0, 0};
    const uint8_t too_long[] = {BENCH_UNIT, 0x03, 0, 0, 0, 1, 0};
    const uint8_t single_too_short[] = {BENCH_UNIT, 0x06, 0, 0x10, 0};
    CHECK_EQUAL(ask_raw(bench, none, sizeof none), 3);
    CHECK_EQUAL(ask_raw(bench, too_many, sizeof too_many), 3);
    CHECK_EQUAL(ask_raw(bench, write_none, sizeof write_none), 3);
    CHECK_EQUAL(ask_raw(bench, count_lies, sizeof count_lies), 3);
    CHECK_EQUAL(ask_raw(bench, bytes_missing, sizeof bytes_missing), 3);
    CHECK_EQUAL(ask_raw(bench, exchange_reads_none, sizeof exchange_reads_none), 3);
    CHECK_EQUAL(ask_raw(bench, exchange_reads_too_much, sizeof exchange_reads_too_much), 3);
    CHECK_EQUAL(ask_raw(bench, exchange_count_lies, sizeof exchange_count_lies), 3);
    CHECK_EQUAL(ask_raw(bench, too_short, sizeof too_short), 3);
    CHECK_EQUAL(ask_raw(bench, too_long, sizeof too_long), 3);
    CHECK_EQUAL(ask_raw(bench, single_too_short, sizeof single_too_short), 3);
}

static void requests_to_other_units_are_not_answered(struct check *check)
{
    struct bench *bench = bench_start();
    const uint8_t request[] = {BENCH_UNIT + 1, 0x04, 0, 0, 0, 1};
    CHECK_EQUAL(ask_raw(bench, request, sizeof request), -1);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_SERVER_ERRORS, 2), 0);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_SERVER_REQUESTS, 2), 1);
}

static void clock_is_set_and_the_error_read_in_one_exchange(struct check *check)
{
    struct bench *bench = bench_start();
    const uint32_t seconds = 1750000000;
    const uint16_t set[] = {(uint16_t)(seconds >> 16), (uint16_t)(seconds & 0xffff), 500};
    uint16_t error[2];
    CHECK_EQUAL(bench_read_write(bench, SW_NODE_HOLDING_CLOCK_ERROR, 2, 0, 3, set, error), 0);
    CHECK_EQUAL((uint32_t)error[0] << 16 | error[1], INT32_MAX);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_CLOCK_QUALITY, 1), SW_CLOCK_SET);
    bench_run(bench, 2000000);
    uint16_t now[3];
    CHECK_EQUAL(bench_read(bench, 0x03, 0, 3, now), 0);
    int64_t node_ms = ((int64_t)now[0] << 16 | now[1]) * 1000 + now[2];
    CHECK(node_ms >= seconds * INT64_C(1000) + 2500 && node_ms < seconds * INT64_C(1000) + 2600);
    CHECK_EQUAL(bench_read_write(bench, SW_NODE_HOLDING_CLOCK_ERROR, 2, 0, 3, set, error), 0);
    int32_t corrected_ms = (int32_t)((uint32_t)error[0] << 16 | error[1]);
    CHECK(corrected_ms < -2000 && corrected_ms > -2200);
}

static void impossible_time_is_refused(struct check *check)
{
    struct bench *bench = bench_start();
    const uint16_t thousand[] = {0x6800, 0, 1000}, zero[] = {0, 0, 0};
    CHECK_EQUAL(bench_write(bench, 0, 3, thousand), 3);
    CHECK_EQUAL(bench_write(bench, 0, 3, zero), 3);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_CLOCK_QUALITY, 1), SW_CLOCK_UNSET);
}

static void broadcast_sets_the_clock_without_an_answer(struct check *check)
{
    struct bench *bench = bench_start();
    const uint8_t set[] = {0, 0x10, 0, 0, 0, 3, 6, 0x68, 0, 0, 0, 0, 0};
    CHECK_EQUAL(ask_raw(bench, set, sizeof set), -1);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_CLOCK_QUALITY, 1), SW_CLOCK_SET);
}

static void broadcast_cannot_touch_the_log_or_a_slot(struct check *check)
{
    struct bench *bench = bench_start();
    const uint8_t open[] = {0, 0x10, 0, 0x20, 0, 3, 6, 0, 9, 0, 0, 0, 0};
    const uint8_t acknowledge[] = {0, 0x10, 0, 0x30, 0, 3, 6, 0, 5, 0, 0, 0, 1};
    const uint8_t unlock[] = {0, 0x06, 0, 0x10, 0x5a, 0xfe};
    CHECK_EQUAL(ask_raw(bench, open, sizeof open), -1);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_LOG_EPOCH, 1), 0);
    CHECK_EQUAL(bench_open_log(bench, 5), 0);
    CHECK_EQUAL(ask_raw(bench, acknowledge, sizeof acknowledge), -1);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_LOG_COUNT, 2), 1);
    CHECK_EQUAL(ask_raw(bench, unlock, sizeof unlock), -1);
    CHECK_EQUAL(write_single(bench, SW_NODE_HOLDING_COMMAND, SW_NODE_COMMAND_NONE), 2);
}

static void unlocking_expires(struct check *check)
{
    struct bench *bench = bench_start();
    CHECK_EQUAL(write_single(bench, SW_NODE_HOLDING_COMMAND, SW_NODE_COMMAND_NONE), 2);
    CHECK_EQUAL(write_single(bench, SW_NODE_HOLDING_UNLOCK, SW_NODE_UNLOCK_WORD), 0);
    bench_run(bench, 29000000);
    CHECK_EQUAL(write_single(bench, SW_NODE_HOLDING_COMMAND, SW_NODE_COMMAND_NONE), 0);
    bench_run(bench, 1500000);
    CHECK_EQUAL(write_single(bench, SW_NODE_HOLDING_COMMAND, SW_NODE_COMMAND_NONE), 2);
}

static void any_other_word_locks_again(struct check *check)
{
    struct bench *bench = bench_start();
    CHECK_EQUAL(write_single(bench, SW_NODE_HOLDING_UNLOCK, SW_NODE_UNLOCK_WORD), 0);
    CHECK_EQUAL(write_single(bench, SW_NODE_HOLDING_UNLOCK, 0), 0);
    CHECK_EQUAL(write_single(bench, SW_NODE_HOLDING_COMMAND, SW_NODE_COMMAND_NONE), 2);
}

static void unlocking_does_not_count_for_its_own_request(struct check *check)
{
    struct bench *bench = bench_start();
    const uint16_t both[] = {SW_NODE_UNLOCK_WORD, SW_NODE_COMMAND_RESTART};
    CHECK_EQUAL(bench_write(bench, SW_NODE_HOLDING_UNLOCK, 2, both), 2);
    bench_run(bench, 100000);
    CHECK_EQUAL(bench->system.restarts, 0);
}

static void restart_comes_after_the_reply(struct check *check)
{
    struct bench *bench = bench_start();
    CHECK_EQUAL(write_single(bench, SW_NODE_HOLDING_UNLOCK, SW_NODE_UNLOCK_WORD), 0);
    CHECK_EQUAL(write_single(bench, SW_NODE_HOLDING_COMMAND, 9), 3);
    CHECK_EQUAL(bench->system.restarts, 0);
    uint8_t order[] = {BENCH_UNIT, 0x06, 0, SW_NODE_HOLDING_COMMAND, 0, SW_NODE_COMMAND_RESTART, 0, 0};
    uint16_t crc = bench_crc(order, 6);
    order[6] = (uint8_t)crc;
    order[7] = (uint8_t)(crc >> 8);
    bench_run(bench, 5000);
    bench->answer_size = 0;
    CHECK_EQUAL(bench->gateway_end.port.send(bench->gateway_end.port.ctx, order, sizeof order), SW_OK);
    for (unsigned i = 0; i < 1000 && bench->system.restarts == 0; i++)
        bench_run(bench, 10);
    CHECK_EQUAL(bench->system.restarts, 1);
    CHECK_EQUAL(bench->answer_size, sizeof order);
    CHECK_EQUAL(memcmp(bench->answer, order, sizeof order), 0);
    bench_run(bench, 10000);
    CHECK_EQUAL(bench->system.restarts, 1);
}

static void slot_configuration_is_checked_before_it_is_taken(struct check *check)
{
    struct bench *bench = bench_start();
    const struct slot_config bad[] = {
        {99, 1, 10, 0, 60},
        {SW_PROFILE_BOVE, 0, 10, 0, 60},
        {SW_PROFILE_BOVE, 248, 10, 0, 60},
        {SW_PROFILE_BOVE, 1, 0, 0, 60},
        {SW_PROFILE_BOVE, 1, 36001, 0, 60},
        {SW_PROFILE_BOVE, 1, 10, 0, 0},
        {SW_PROFILE_BOVE, 1, 10, 0, 36001},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK_EQUAL(bench_configure_slot(bench, 3, &bad[i]), 3);
    uint16_t values[5];
    CHECK_EQUAL(bench_read(bench, 0x03, SW_NODE_SLOT_CONFIG_BASE + 3 * SW_NODE_SLOT_CONFIG_STRIDE, 5, values), 0);
    CHECK_EQUAL(values[0], 0);
    const struct slot_config good = {SW_PROFILE_BOVE, 247, 36000, 65535, 36000};
    CHECK_EQUAL(bench_configure_slot(bench, 3, &good), 0);
    CHECK_EQUAL(bench_read(bench, 0x03, SW_NODE_SLOT_CONFIG_BASE + 3 * SW_NODE_SLOT_CONFIG_STRIDE, 5, values), 0);
    CHECK_EQUAL(values[0], SW_PROFILE_BOVE);
    CHECK_EQUAL(values[1], 247);
    CHECK_EQUAL(values[2], 36000);
    CHECK_EQUAL(values[3], 65535);
    CHECK_EQUAL(values[4], 36000);
}

static void last_slot_can_be_configured_and_there_is_none_after_it(struct check *check)
{
    struct bench *bench = bench_start();
    const struct slot_config config = {SW_PROFILE_MANHOLE, 1, 10, 0, 60};
    CHECK_EQUAL(bench_configure_slot(bench, SW_NODE_SLOT_COUNT - 1, &config), 0);
    CHECK_EQUAL(bench_configure_slot(bench, SW_NODE_SLOT_COUNT, &config), 2);
}

static void log_records(struct bench *bench, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct sw_record record = {.kind = SW_READING_LEVEL, .slot = 2, .value = (int32_t)i - 3};
        record_log_append(&bench->node.log, &record);
    }
}

static void full_window_is_a_reply_of_255_bytes(struct check *check)
{
    struct bench *bench = bench_start();
    struct sw_node_window_header header;
    struct sw_record records[SW_NODE_WINDOW_RECORDS];
    log_records(bench, 20);
    CHECK_EQUAL(bench_open_log(bench, 5), 0);
    CHECK_EQUAL(bench_fetch(bench, 5, 0, &header, records), 0);
    CHECK_EQUAL(bench->answer_size, 255);
    CHECK_EQUAL(header.serial, BENCH_SERIAL);
    CHECK_EQUAL(header.boot, 1);
    CHECK_EQUAL(header.count, 11);
    CHECK_EQUAL(header.oldest, 1);
    CHECK_EQUAL(header.newest, 21);
    CHECK_EQUAL(header.clock_quality, SW_CLOCK_UNSET);
    CHECK_EQUAL(records[0].kind, SW_RECORD_EVENT_BOOT);
    CHECK_EQUAL(records[1].value, -3);
    CHECK_EQUAL(records[10].sequence, 11);
}

static void exchange_acknowledges_before_it_reads(struct check *check)
{
    struct bench *bench = bench_start();
    struct sw_node_window_header header;
    struct sw_record records[SW_NODE_WINDOW_RECORDS];
    log_records(bench, 20);
    CHECK_EQUAL(bench_open_log(bench, 5), 0);
    CHECK_EQUAL(bench_fetch(bench, 5, 11, &header, records), 0);
    CHECK_EQUAL(header.oldest, 12);
    CHECK_EQUAL(header.count, 10);
    CHECK_EQUAL(records[9].sequence, header.newest);
    CHECK_EQUAL(bench_fetch(bench, 5, 21, &header, records), 0);
    CHECK_EQUAL(header.count, 0);
    CHECK_EQUAL(header.oldest, 22);
}

static void wrong_acknowledgement_answers_exception_03_and_releases_nothing(struct check *check)
{
    struct bench *bench = bench_start();
    struct sw_node_window_header header;
    struct sw_record records[SW_NODE_WINDOW_RECORDS];
    log_records(bench, 5);
    CHECK_EQUAL(bench_fetch(bench, 0, 0, &header, records), 3);
    CHECK_EQUAL(bench_open_log(bench, 5), 0);
    CHECK_EQUAL(bench_fetch(bench, 4, 3, &header, records), 3);
    CHECK_EQUAL(bench_fetch(bench, 5, 7, &header, records), 3);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_LOG_COUNT, 2), 6);
    CHECK_EQUAL(bench_fetch(bench, 5, 6, &header, records), 0);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_LOG_COUNT, 2), 0);
}

static void bad_read_address_keeps_the_write_from_happening(struct check *check)
{
    struct bench *bench = bench_start();
    log_records(bench, 5);
    CHECK_EQUAL(bench_open_log(bench, 5), 0);
    const uint16_t acknowledge[] = {5, 0, 6};
    uint16_t values[125];
    CHECK_EQUAL(bench_read_write(bench, 0x0101, 5, SW_NODE_HOLDING_LOG_ACK_EPOCH, 3, acknowledge, values), 2);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_LOG_COUNT, 2), 6);
}

static void second_opening_answers_exception_03(struct check *check)
{
    struct bench *bench = bench_start();
    CHECK_EQUAL(bench_open_log(bench, 0), 3);
    CHECK_EQUAL(bench_open_log(bench, 5), 0);
    CHECK_EQUAL(bench_open_log(bench, 6), 3);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_LOG_EPOCH, 1), 5);
}

static void shorter_window_gives_whole_records_only(struct check *check)
{
    struct bench *bench = bench_start();
    uint16_t values[SW_NODE_WINDOW_REGISTERS];
    log_records(bench, 20);
    CHECK_EQUAL(bench_open_log(bench, 5), 0);
    CHECK_EQUAL(bench_read(bench, 0x03, SW_NODE_HOLDING_WINDOW, 44, values), 0);
    CHECK_EQUAL(values[3], 2);
    for (unsigned i = 35; i < 44; i++)
        CHECK_EQUAL(values[i], 0);
    CHECK_EQUAL(bench_read(bench, 0x03, SW_NODE_HOLDING_WINDOW, 15, values), 0);
    CHECK_EQUAL(values[3], 0);
    CHECK_EQUAL(bench_read(bench, 0x03, SW_NODE_HOLDING_WINDOW, 4, values), 0);
    CHECK_EQUAL((uint32_t)values[0] << 16 | values[1], BENCH_SERIAL);
    uint8_t bytes[300];
    struct sw_writer out = sw_writer_over(bytes, sizeof bytes);
    CHECK_EQUAL(server_read_holdings(&bench->node.server, SW_NODE_HOLDING_WINDOW, 126, bench->clock.now_us, &out),
                SERVER_ILLEGAL_ADDRESS);
}

static void setting_the_clock_by_little_makes_no_record(struct check *check)
{
    struct bench *bench = bench_start();
    uint16_t now[3] = {0x6800, 0, 0};
    CHECK_EQUAL(bench_write(bench, 0, 3, now), 0);
    uint32_t newest = bench_input(bench, SW_NODE_INPUT_LOG_NEWEST, 2);
    CHECK_EQUAL(newest, 2);
    CHECK_EQUAL(bench_read(bench, 0x03, 0, 3, now), 0);
    CHECK_EQUAL(bench_write(bench, 0, 3, now), 0);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_LOG_NEWEST, 2), newest);
    now[1]++;
    CHECK_EQUAL(bench_write(bench, 0, 3, now), 0);
    CHECK_EQUAL(bench_input(bench, SW_NODE_INPUT_LOG_NEWEST, 2), newest + 1);
}

static const struct check_case cases[] = {
    {"every input register is readable and no other", every_input_register_is_readable_and_no_other},
    {"every holding register is readable and no other", every_holding_register_is_readable_and_no_other},
    {"single writes are taken or refused as declared", single_writes_are_taken_or_refused_as_declared},
    {"part of a 32-bit value cannot be written", part_of_a_32_bit_value_cannot_be_written},
    {"part of a group cannot be written", part_of_a_group_cannot_be_written},
    {"a write beyond a group changes nothing", write_beyond_a_group_changes_nothing},
    {"the identity is that of the node", identity_is_that_of_the_node},
    {"uptime and counters go on", uptime_and_counters_go_on},
    {"other functions answer exception 01", other_functions_answer_exception_01},
    {"quantities outside the standard answer exception 03", quantities_outside_the_standard_answer_exception_03},
    {"requests to other units are not answered", requests_to_other_units_are_not_answered},
    {"the clock is set and the error read in one exchange", clock_is_set_and_the_error_read_in_one_exchange},
    {"an impossible time is refused", impossible_time_is_refused},
    {"a broadcast sets the clock without an answer", broadcast_sets_the_clock_without_an_answer},
    {"a broadcast cannot touch the log or a slot", broadcast_cannot_touch_the_log_or_a_slot},
    {"unlocking expires", unlocking_expires},
    {"any other word locks again", any_other_word_locks_again},
    {"unlocking does not count for its own request", unlocking_does_not_count_for_its_own_request},
    {"the restart comes after the reply", restart_comes_after_the_reply},
    {"a slot's configuration is checked before it is taken", slot_configuration_is_checked_before_it_is_taken},
    {"the last slot can be configured, none after it", last_slot_can_be_configured_and_there_is_none_after_it},
    {"a full window is a reply of 255 bytes", full_window_is_a_reply_of_255_bytes},
    {"an exchange acknowledges before it reads", exchange_acknowledges_before_it_reads},
    {"a wrong acknowledgement answers exception 03 and releases nothing",
     wrong_acknowledgement_answers_exception_03_and_releases_nothing},
    {"a bad read address keeps the write from happening", bad_read_address_keeps_the_write_from_happening},
    {"a second opening answers exception 03", second_opening_answers_exception_03},
    {"a shorter window gives whole records only", shorter_window_gives_whole_records_only},
    {"setting the clock by little makes no record", setting_the_clock_by_little_makes_no_record},
};

const struct check_suite server_suite = CHECK_SUITE("server", cases);
