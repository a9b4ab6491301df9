/* The contracts themselves: byte cursors, records, the window's header, error and alert tables, ids. */
#include <string.h>

#include "stillwater/alert.h"
#include "stillwater/byte_cursor.h"
#include "stillwater/error.h"
#include "stillwater/node_map.h"
#include "stillwater/record_format.h"
#include "stillwater/topics.h"
#include "tests/unit/firmware/suites.h"

static void reader_gives_big_endian_and_latches_at_the_end(struct check *check)
{
    const uint8_t bytes[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08};
    struct sw_reader reader = sw_reader_over(bytes, sizeof bytes);
    CHECK_EQUAL(sw_read_u8(&reader), 0x01);
    CHECK_EQUAL(sw_read_u16(&reader), 0x0203);
    CHECK_EQUAL(sw_read_u32(&reader), 0x04050607);
    CHECK_EQUAL(sw_reader_left(&reader), 1);
    CHECK_EQUAL(sw_read_u16(&reader), 0);
    CHECK(reader.failed);
    CHECK_EQUAL(sw_read_u8(&reader), 0);
}

static void reader_over_nothing_fails_at_once(struct check *check)
{
    const uint8_t nothing = 0;
    struct sw_reader reader = sw_reader_over(&nothing, 0);
    CHECK_EQUAL(sw_read_u8(&reader), 0);
    CHECK(reader.failed);
}

static void writer_writes_nothing_past_its_end(struct check *check)
{
    uint8_t bytes[4] = {0, 0, 0, 0xee};
    struct sw_writer writer = sw_writer_over(bytes, 3);
    sw_write_u16(&writer, 0x1234);
    sw_write_u16(&writer, 0x5678);
    CHECK(writer.failed);
    sw_write_u8(&writer, 0x9a);
    CHECK_EQUAL(sw_writer_size(&writer), 2);
    CHECK_EQUAL(bytes[0], 0x12);
    CHECK_EQUAL(bytes[3], 0xee);
}

static const struct sw_record sample = {.sequence = 0x01020304,
                                        .seconds = 0x68000000,
                                        .millis = 999,
                                        .boot = 7,
                                        .slot = 3,
                                        .kind = SW_READING_LEVEL,
                                        .clock_quality = SW_CLOCK_SET,
                                        .quality = SW_QUALITY_SUSPECT,
                                        .reason = SW_REASON_SENSOR_FAULT,
                                        .value = -2};

/* The released shape, byte by byte: it does not change as long as the map's version is 1. */
static void record_has_its_released_shape(struct check *check)
{
    const uint8_t released[SW_RECORD_SIZE] = {0x01, 0x02, 0x03, 0x04, 0x68, 0x00, 0x00, 0x00, 0x03, 0xe7,
                                              0x00, 0x07, 0x03, 0x02, 0x11, 0x05, 0xff, 0xff, 0xff, 0xfe};
    uint8_t bytes[SW_RECORD_SIZE];
    struct sw_writer writer = sw_writer_over(bytes, sizeof bytes);
    sw_record_encode(&sample, &writer);
    CHECK(!writer.failed);
    CHECK_EQUAL(sw_writer_size(&writer), SW_RECORD_SIZE);
    CHECK_EQUAL(memcmp(bytes, released, sizeof bytes), 0);
}

static int decode_changed(size_t at, uint8_t byte)
{
    uint8_t bytes[SW_RECORD_SIZE];
    struct sw_writer writer = sw_writer_over(bytes, sizeof bytes);
    struct sw_record record;
    sw_record_encode(&sample, &writer);
    bytes[at] = byte;
    struct sw_reader reader = sw_reader_over(bytes, sizeof bytes);
    return sw_record_decode(&reader, &record);
}

static void record_comes_back_as_it_was(struct check *check)
{
    uint8_t bytes[SW_RECORD_SIZE];
    struct sw_record record;
    struct sw_writer writer = sw_writer_over(bytes, sizeof bytes);
    sw_record_encode(&sample, &writer);
    struct sw_reader reader = sw_reader_over(bytes, sizeof bytes);
    CHECK_EQUAL(sw_record_decode(&reader, &record), SW_OK);
    CHECK_EQUAL(record.sequence, sample.sequence);
    CHECK_EQUAL(record.seconds, sample.seconds);
    CHECK_EQUAL(record.millis, sample.millis);
    CHECK_EQUAL(record.boot, sample.boot);
    CHECK_EQUAL(record.slot, sample.slot);
    CHECK_EQUAL(record.kind, sample.kind);
    CHECK_EQUAL(record.clock_quality, sample.clock_quality);
    CHECK_EQUAL(record.quality, sample.quality);
    CHECK_EQUAL(record.reason, sample.reason);
    CHECK_EQUAL(record.value, sample.value);
    reader = sw_reader_over(bytes, sizeof bytes - 1);
    CHECK_EQUAL(sw_record_decode(&reader, &record), SW_ERROR_MALFORMED);
}

static void record_with_an_impossible_field_is_malformed(struct check *check)
{
    CHECK_EQUAL(decode_changed(8, 0x04), SW_ERROR_MALFORMED);
    CHECK_EQUAL(decode_changed(13, 0), SW_ERROR_MALFORMED);
    CHECK_EQUAL(decode_changed(14, 0x31), SW_ERROR_MALFORMED);
    CHECK_EQUAL(decode_changed(14, 0x14), SW_ERROR_MALFORMED);
    CHECK_EQUAL(decode_changed(13, 0xfe), SW_OK);
}

static void window_header_comes_back_as_it_was(struct check *check)
{
    const struct sw_node_window_header header = {0xdeadbeef, 9, 11, 5, 15, 100, 999, 0x68000000, 1, SW_CLOCK_SET};
    struct sw_node_window_header decoded;
    uint8_t bytes[SW_NODE_WINDOW_HEADER * 2];
    struct sw_writer writer = sw_writer_over(bytes, sizeof bytes);
    sw_node_window_header_encode(&header, &writer);
    CHECK_EQUAL(sw_writer_size(&writer), sizeof bytes);
    struct sw_reader reader = sw_reader_over(bytes, sizeof bytes);
    CHECK_EQUAL(sw_node_window_header_decode(&reader, &decoded), SW_OK);
    CHECK_EQUAL(decoded.serial, header.serial);
    CHECK_EQUAL(decoded.boot, header.boot);
    CHECK_EQUAL(decoded.count, header.count);
    CHECK_EQUAL(decoded.oldest, header.oldest);
    CHECK_EQUAL(decoded.newest, header.newest);
    CHECK_EQUAL(decoded.uptime_s, header.uptime_s);
    CHECK_EQUAL(decoded.uptime_ms, header.uptime_ms);
    CHECK_EQUAL(decoded.clock_s, header.clock_s);
    CHECK_EQUAL(decoded.clock_ms, header.clock_ms);
    CHECK_EQUAL(decoded.clock_quality, header.clock_quality);
    bytes[7] = 12;
    reader = sw_reader_over(bytes, sizeof bytes);
    CHECK_EQUAL(sw_node_window_header_decode(&reader, &decoded), SW_ERROR_MALFORMED);
}

static void errors_have_names_and_texts(struct check *check)
{
    CHECK(strcmp(sw_error_name(SW_OK), "OK") == 0);
    CHECK(strcmp(sw_error_name(SW_ERROR_CRC), "CRC") == 0);
    CHECK(strcmp(sw_error_name(12345), "UNKNOWN") == 0);
    CHECK(strlen(sw_error_text(SW_ERROR_TIMEOUT)) > 0);
    CHECK_EQUAL(sw_error_from_modbus_exception(2), SW_ERROR_EXCEPTION_ADDRESS);
    CHECK_EQUAL(sw_error_from_modbus_exception(11), SW_ERROR_EXCEPTION_GATEWAY_TARGET);
    CHECK_EQUAL(sw_error_from_modbus_exception(7), SW_ERROR_EXCEPTION_FAILURE);
    CHECK_EQUAL(sw_error_from_modbus_exception(0), SW_ERROR_EXCEPTION_FAILURE);
    CHECK_EQUAL(sw_error_from_modbus_exception(200), SW_ERROR_EXCEPTION_FAILURE);
}

static void alert_names_go_both_ways(struct check *check)
{
    for (unsigned i = 1; i < SW_ALERT_KIND_COUNT; i++)
        CHECK_EQUAL(sw_alert_kind_from_name(sw_alert_kind_name((enum sw_alert_kind)i)), i);
    for (unsigned i = 1; i < SW_ALERT_STATE_COUNT; i++)
        CHECK_EQUAL(sw_alert_state_from_name(sw_alert_state_name((enum sw_alert_state)i)), i);
    for (unsigned i = 0; i < SW_COLOUR_COUNT; i++)
        CHECK_EQUAL(sw_colour_from_name(sw_colour_name((enum sw_colour)i)), i);
    for (unsigned i = 1; i < SW_ALERT_ACTION_COUNT; i++)
        CHECK_EQUAL(sw_alert_action_from_name(sw_alert_action_name((enum sw_alert_action)i)), i);
    CHECK_EQUAL(sw_alert_kind_from_name("flood"), SW_ALERT_KIND_NONE);
    CHECK_EQUAL(sw_colour_from_name("purple"), SW_COLOUR_COUNT);
    CHECK(strcmp(sw_alert_kind_name((enum sw_alert_kind)99), "unknown") == 0);
}

static void alert_transitions_are_those_of_the_table(struct check *check)
{
    CHECK_EQUAL(sw_alert_transition(SW_ALERT_STATE_RAISED, SW_ALERT_ACTION_ACKNOWLEDGE), SW_ALERT_STATE_ACKNOWLEDGED);
    CHECK_EQUAL(sw_alert_transition(SW_ALERT_STATE_ACKNOWLEDGED, SW_ALERT_ACTION_WORSEN), SW_ALERT_STATE_RAISED);
    CHECK_EQUAL(sw_alert_transition(SW_ALERT_STATE_ACKNOWLEDGED, SW_ALERT_ACTION_ACKNOWLEDGE), SW_ALERT_STATE_NONE);
    for (unsigned action = 0; action < SW_ALERT_ACTION_COUNT; action++) {
        CHECK_EQUAL(sw_alert_transition(SW_ALERT_STATE_CLEARED, (enum sw_alert_action)action), SW_ALERT_STATE_NONE);
        CHECK_EQUAL(sw_alert_transition(SW_ALERT_STATE_RESOLVED, (enum sw_alert_action)action), SW_ALERT_STATE_NONE);
        CHECK_EQUAL(sw_alert_transition(SW_ALERT_STATE_EXPIRED, (enum sw_alert_action)action), SW_ALERT_STATE_NONE);
    }
    CHECK_EQUAL(sw_alert_transition(SW_ALERT_STATE_NONE, SW_ALERT_ACTION_RAISE), SW_ALERT_STATE_RAISED);
    CHECK_EQUAL(sw_alert_transition(SW_ALERT_STATE_PENDING, SW_ALERT_ACTION_RAISE), SW_ALERT_STATE_RAISED);
    CHECK_EQUAL(sw_alert_transition(SW_ALERT_STATE_PENDING, SW_ALERT_ACTION_ACKNOWLEDGE), SW_ALERT_STATE_NONE);
    CHECK_EQUAL(sw_alert_transition(SW_ALERT_STATE_DISPATCHED, SW_ALERT_ACTION_EXPIRE), SW_ALERT_STATE_EXPIRED);
    CHECK_EQUAL(sw_alert_transition((enum sw_alert_state)99, SW_ALERT_ACTION_CLEAR), SW_ALERT_STATE_NONE);
    CHECK(sw_alert_state_is_open(SW_ALERT_STATE_DISPATCHED));
    CHECK(!sw_alert_state_is_open(SW_ALERT_STATE_CLEARED));
    CHECK(!sw_alert_state_is_open(SW_ALERT_STATE_PENDING));
    CHECK(!sw_alert_state_is_open(SW_ALERT_STATE_EXPIRED));
}

static void ids_are_letters_digits_and_three_signs(struct check *check)
{
    char longest[SW_ID_SIZE + 1];
    memset(longest, 'a', sizeof longest);
    longest[SW_ID_LENGTH_MAX] = '\0';
    CHECK(sw_id_valid("home-17.b_2"));
    CHECK(sw_id_valid("9"));
    CHECK(sw_id_valid(longest));
    longest[SW_ID_LENGTH_MAX] = 'a';
    longest[SW_ID_LENGTH_MAX + 1] = '\0';
    CHECK(!sw_id_valid(longest));
    CHECK(!sw_id_valid(""));
    CHECK(!sw_id_valid("-home"));
    CHECK(!sw_id_valid("home/17"));
    CHECK(!sw_id_valid("home#"));
    CHECK(!sw_id_valid("ho me"));
}

static const struct check_case cases[] = {
    {"a reader gives big-endian and latches at the end", reader_gives_big_endian_and_latches_at_the_end},
    {"a reader over nothing fails at once", reader_over_nothing_fails_at_once},
    {"a writer writes nothing past its end", writer_writes_nothing_past_its_end},
    {"a record has its released shape", record_has_its_released_shape},
    {"a record comes back as it was", record_comes_back_as_it_was},
    {"a record with an impossible field is malformed", record_with_an_impossible_field_is_malformed},
    {"a window header comes back as it was", window_header_comes_back_as_it_was},
    {"errors have names and texts", errors_have_names_and_texts},
    {"alert names go both ways", alert_names_go_both_ways},
    {"alert transitions are those of the table", alert_transitions_are_those_of_the_table},
    {"ids are letters, digits and three signs", ids_are_letters_digits_and_three_signs},
};

const struct check_suite contracts_suite = CHECK_SUITE("contracts", cases);
