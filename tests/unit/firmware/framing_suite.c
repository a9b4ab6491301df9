/* CRC and RTU framing: where a frame begins and ends, and what is thrown away. */
#include "boards/native/sim_port.h"
#include "firmware/rtu/crc16.h"
#include "firmware/rtu/rtu_link.h"
#include "tests/unit/firmware/bench.h"
#include "tests/unit/firmware/suites.h"

/* One link and the far end of its line. */
struct line {
    struct sim_clock clock;
    struct sim_uart near, far;
    struct rtu_link link;
    struct rtu_frame frame;
};

static struct line *line_at(uint32_t baud)
{
    static struct line line;
    struct sw_line_settings settings = {baud, 'E', 1};
    line.clock.now_us = 1000000;
    sim_uart_join(&line.near, &line.far, &line.clock);
    line.far.settings = settings;
    (void)rtu_link_init(&line.link, &line.near.port, &settings, line.clock.now_us);
    return &line;
}

static const uint8_t read_request[] = {0x11, 0x03, 0x00, 0x6b, 0x00, 0x03, 0x76, 0x87};

static void far_sends(struct line *line, const uint8_t *bytes, size_t size)
{
    (void)line->far.port.send(line->far.port.ctx, bytes, size);
}

/* Polls at every microsecond step given until something comes out or `until_us` is reached. */
static int poll_until(struct line *line, uint64_t until_us)
{
    for (;;) {
        int result = rtu_link_poll(&line->link, line->clock.now_us, &line->frame);
        if (result != 0 || line->clock.now_us >= until_us) return result;
        line->clock.now_us++;
    }
}

static void crc_of_published_frames_fits(struct check *check)
{
    /* Modbus over serial line V1.02 appendix B: 02 07 gives 0x1241, low byte sent first. */
    const uint8_t published[] = {0x02, 0x07};
    CHECK_EQUAL(crc16_over(published, sizeof published), 0x1241);
    CHECK_EQUAL(crc16_over((const uint8_t *)"123456789", 9), 0x4b37);
    CHECK_EQUAL(crc16_over(read_request, sizeof read_request), 0);
    CHECK_EQUAL(crc16_over(read_request, 0), 0xffff);
}

static void crc_table_agrees_with_bitwise_sum(struct check *check)
{
    for (unsigned i = 0; i < 65536; i += 7) {
        const uint8_t bytes[3] = {(uint8_t)(i >> 8), (uint8_t)i, (uint8_t)(i * 31)};
        if (!CHECK_EQUAL(crc16_over(bytes, 3), bench_crc(bytes, 3))) return;
    }
}

static void silences_are_those_of_the_standard(struct check *check)
{
    struct rtu_timing timing = rtu_timing_at(2400);
    CHECK_EQUAL(timing.t15_us, 6875);
    CHECK_EQUAL(timing.t35_us, 16042);
    timing = rtu_timing_at(9600);
    CHECK_EQUAL(timing.t15_us, 1719);
    CHECK_EQUAL(timing.t35_us, 4011);
    timing = rtu_timing_at(19200);
    CHECK_EQUAL(timing.t15_us, 860);
    CHECK_EQUAL(timing.t35_us, 2006);
    timing = rtu_timing_at(38400);
    CHECK_EQUAL(timing.t15_us, 750);
    CHECK_EQUAL(timing.t35_us, 1750);
    timing = rtu_timing_at(115200);
    CHECK_EQUAL(timing.t15_us, 750);
    CHECK_EQUAL(timing.t35_us, 1750);
}

static const uint32_t bauds[] = {2400, 9600, 19200, 115200};
#define BAUD_COUNT (sizeof bauds / sizeof bauds[0])

static void frame_ends_after_t35_and_not_before(struct check *check)
{
    for (unsigned i = 0; i < BAUD_COUNT; i++) {
        struct line *line = line_at(bauds[i]);
        far_sends(line, read_request, sizeof read_request);
        uint64_t end_us = line->far.transmit_end_us;
        CHECK_EQUAL(poll_until(line, end_us + line->link.timing.t35_us - 1), 0);
        CHECK_EQUAL(poll_until(line, end_us + line->link.timing.t35_us), 1);
        CHECK_EQUAL(line->frame.unit, 0x11);
        CHECK_EQUAL(line->frame.function, 0x03);
        CHECK_EQUAL(sw_reader_left(&line->frame.body), 4);
        CHECK_EQUAL(line->frame.end_us, end_us);
    }
}

/* Sends the request with a silence after three bytes; returns what the link makes of it. */
static int frame_with_silence(uint32_t baud, uint64_t silence_us, uint32_t slack_us)
{
    struct line *line = line_at(baud);
    line->near.port.silence_slack_us = slack_us;
    line->far.fault = (struct sim_fault){SIM_FAULT_DELAY, 3, 1, silence_us};
    far_sends(line, read_request, sizeof read_request);
    return poll_until(line, line->far.transmit_end_us + 100000);
}

static void silence_up_to_t15_inside_a_frame_is_tolerated(struct check *check)
{
    for (unsigned i = 0; i < BAUD_COUNT; i++)
        CHECK_EQUAL(frame_with_silence(bauds[i], rtu_timing_at(bauds[i]).t15_us - 2, 0), 1);
}

static void silence_above_t15_inside_a_frame_spoils_it(struct check *check)
{
    for (unsigned i = 0; i < BAUD_COUNT; i++)
        CHECK_EQUAL(frame_with_silence(bauds[i], rtu_timing_at(bauds[i]).t15_us + 2, 0), SW_ERROR_FRAME_GAP);
}

static void slack_keeps_a_frame_delivered_in_pieces_together(struct check *check)
{
    for (unsigned i = 0; i < BAUD_COUNT; i++) {
        uint32_t t15_us = rtu_timing_at(bauds[i]).t15_us;
        CHECK_EQUAL(frame_with_silence(bauds[i], t15_us + 9000, 10000), 1);
        CHECK_EQUAL(frame_with_silence(bauds[i], t15_us + 10002, 10000), SW_ERROR_FRAME_GAP);
    }
}

static void whole_frame_does_not_wait_for_the_slack(struct check *check)
{
    struct line *line = line_at(9600);
    line->near.port.silence_slack_us = 50000;
    far_sends(line, read_request, sizeof read_request);
    CHECK_EQUAL(poll_until(line, line->far.transmit_end_us + line->link.timing.t35_us), 1);
}

static void broken_frame_waits_for_the_slack(struct check *check)
{
    struct line *line = line_at(9600);
    line->near.port.silence_slack_us = 50000;
    far_sends(line, read_request, sizeof read_request - 1);
    uint64_t end_us = line->far.transmit_end_us + line->link.timing.t35_us + 50000;
    CHECK_EQUAL(poll_until(line, end_us - 1), 0);
    CHECK_EQUAL(poll_until(line, end_us), SW_ERROR_CRC);
}

static void two_frames_in_one_late_poll_come_out_one_after_the_other(struct check *check)
{
    struct line *line = line_at(19200);
    far_sends(line, read_request, sizeof read_request);
    line->clock.now_us = line->far.transmit_end_us + line->link.timing.t35_us + 100;
    far_sends(line, read_request, sizeof read_request);
    line->clock.now_us = line->far.transmit_end_us + 10000;
    CHECK_EQUAL(rtu_link_poll(&line->link, line->clock.now_us, &line->frame), 1);
    CHECK_EQUAL(rtu_link_poll(&line->link, line->clock.now_us, &line->frame), 1);
    CHECK_EQUAL(rtu_link_poll(&line->link, line->clock.now_us, &line->frame), 0);
}

static void wrong_crc_throws_the_frame_away(struct check *check)
{
    struct line *line = line_at(9600);
    line->far.fault = (struct sim_fault){SIM_FAULT_CORRUPT, 4, 1, 0};
    far_sends(line, read_request, sizeof read_request);
    CHECK_EQUAL(poll_until(line, line->far.transmit_end_us + 50000), SW_ERROR_CRC);
}

static void damaged_byte_throws_the_frame_away(struct check *check)
{
    struct line *line = line_at(9600);
    line->far.fault = (struct sim_fault){SIM_FAULT_DAMAGE, 2, 1, 0};
    far_sends(line, read_request, sizeof read_request);
    CHECK_EQUAL(poll_until(line, line->far.transmit_end_us + 50000), SW_ERROR_CRC);
}

static void frame_shorter_than_four_bytes_is_thrown_away(struct check *check)
{
    struct line *line = line_at(9600);
    far_sends(line, read_request, 3);
    CHECK_EQUAL(poll_until(line, line->far.transmit_end_us + 50000), SW_ERROR_WRONG_LENGTH);
}

static void frame_of_256_bytes_is_taken_and_one_of_257_thrown_away_whole(struct check *check)
{
    static uint8_t bytes[300];
    for (unsigned extra = 0; extra < 2; extra++) {
        size_t size = 254 + extra;
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)(i * 7);
        uint16_t crc = bench_crc(bytes, size);
        bytes[size] = (uint8_t)crc;
        bytes[size + 1] = (uint8_t)(crc >> 8);
        struct line *line = line_at(115200);
        far_sends(line, bytes, size + 2);
        int result = poll_until(line, line->far.transmit_end_us + 50000);
        CHECK_EQUAL(result, extra == 0 ? 1 : SW_ERROR_WRONG_LENGTH);
        CHECK_EQUAL(poll_until(line, line->clock.now_us + 50000), 0);
    }
}

static void next_frame_is_whole_after_one_was_thrown_away(struct check *check)
{
    struct line *line = line_at(9600);
    far_sends(line, read_request, 5);
    CHECK_EQUAL(poll_until(line, line->far.transmit_end_us + 50000), SW_ERROR_CRC);
    far_sends(line, read_request, sizeof read_request);
    CHECK_EQUAL(poll_until(line, line->far.transmit_end_us + 50000), 1);
}

static uint64_t first_byte_sent_at(struct line *line, uint32_t extra_gap_us)
{
    struct sw_writer writer = rtu_link_compose(&line->link);
    sw_write_u8(&writer, 1);
    sw_write_u8(&writer, 3);
    (void)rtu_link_send(&line->link, &writer, extra_gap_us, line->clock.now_us);
    (void)poll_until(line, line->clock.now_us + 100000);
    return sim_uart_next_arrival(&line->far) - sim_character_us(&line->far.settings);
}

static void request_keeps_t35_and_the_profiles_gap_after_the_last_frame(struct check *check)
{
    for (unsigned i = 0; i < BAUD_COUNT; i++) {
        struct line *line = line_at(bauds[i]);
        far_sends(line, read_request, sizeof read_request);
        uint64_t end_us = line->far.transmit_end_us;
        CHECK_EQUAL(poll_until(line, end_us + 50000), 1);
        uint64_t gap_us = first_byte_sent_at(line, 4000) - end_us;
        CHECK_EQUAL(gap_us, line->link.timing.t35_us + 4000);
    }
}

static void sent_frame_carries_its_crc(struct check *check)
{
    struct line *line = line_at(9600);
    (void)first_byte_sent_at(line, 0);
    uint8_t bytes[8];
    size_t size = 0;
    struct port_byte byte;
    line->clock.now_us += 100000;
    while (size < sizeof bytes && line->far.port.receive(line->far.port.ctx, &byte))
        bytes[size++] = byte.value;
    CHECK_EQUAL(size, 4);
    CHECK_EQUAL(bench_crc(bytes, size), 0);
}

static void second_frame_is_refused_while_one_is_on_its_way(struct check *check)
{
    struct line *line = line_at(9600);
    struct sw_writer writer = rtu_link_compose(&line->link);
    sw_write_u8(&writer, 1);
    CHECK_EQUAL(rtu_link_send(&line->link, &writer, 0, line->clock.now_us), SW_OK);
    CHECK_EQUAL(rtu_link_send(&line->link, &writer, 0, line->clock.now_us), SW_ERROR_BUSY);
    struct sw_line_settings other = {19200, 'N', 1};
    CHECK_EQUAL(rtu_link_configure(&line->link, &other, line->clock.now_us), SW_ERROR_BUSY);
}

static void frame_too_long_for_the_line_is_refused(struct check *check)
{
    struct line *line = line_at(9600);
    struct sw_writer writer = rtu_link_compose(&line->link);
    for (unsigned i = 0; i < 255; i++)
        sw_write_u8(&writer, 0);
    CHECK_EQUAL(rtu_link_send(&line->link, &writer, 0, line->clock.now_us), SW_ERROR_NO_SPACE);
}

static void babbling_line_delays_a_request_but_not_for_ever(struct check *check)
{
    struct line *line = line_at(115200);
    const uint8_t noise = 0x55;
    line->near.port.silence_slack_us = 50000;
    struct sw_writer writer = rtu_link_compose(&line->link);
    sw_write_u8(&writer, 1);
    (void)rtu_link_send(&line->link, &writer, 0, line->clock.now_us);
    uint64_t give_up_us = line->clock.now_us + 200000;
    while (line->link.transmit_state == RTU_TRANSMIT_WAITING && line->clock.now_us < give_up_us) {
        far_sends(line, &noise, 1);
        line->clock.now_us += 200;
        while (rtu_link_poll(&line->link, line->clock.now_us, &line->frame) != 0)
            continue;
    }
    CHECK_EQUAL(poll_until(line, line->clock.now_us + 1000), 0);
    CHECK(!rtu_link_transmitting(&line->link));
    /* What babbled before the request is no part of what answers it. */
    line->near.port.silence_slack_us = 50000;
    line->clock.now_us += 1000;
    far_sends(line, read_request, sizeof read_request);
    CHECK_EQUAL(poll_until(line, line->far.transmit_end_us + 60000), 1);
}

static void due_time_is_when_the_frame_ends(struct check *check)
{
    struct line *line = line_at(9600);
    CHECK(rtu_link_due(&line->link, line->clock.now_us) == RTU_NEVER);
    far_sends(line, read_request, sizeof read_request);
    line->clock.now_us = line->far.transmit_end_us;
    CHECK_EQUAL(rtu_link_poll(&line->link, line->clock.now_us, &line->frame), 0);
    CHECK_EQUAL(rtu_link_due(&line->link, line->clock.now_us), line->clock.now_us + line->link.timing.t35_us);
}

static const struct check_case cases[] = {
    {"CRC of published frames fits", crc_of_published_frames_fits},
    {"CRC by table agrees with CRC by bit", crc_table_agrees_with_bitwise_sum},
    {"silences are those of the standard", silences_are_those_of_the_standard},
    {"a frame ends after T3.5 and not before", frame_ends_after_t35_and_not_before},
    {"silence up to T1.5 inside a frame is tolerated", silence_up_to_t15_inside_a_frame_is_tolerated},
    {"silence above T1.5 inside a frame spoils it", silence_above_t15_inside_a_frame_spoils_it},
    {"slack keeps a frame delivered in pieces together", slack_keeps_a_frame_delivered_in_pieces_together},
    {"a whole frame does not wait for the slack", whole_frame_does_not_wait_for_the_slack},
    {"a broken frame waits for the slack", broken_frame_waits_for_the_slack},
    {"two frames in one late poll come out one after the other",
     two_frames_in_one_late_poll_come_out_one_after_the_other},
    {"a wrong CRC throws the frame away", wrong_crc_throws_the_frame_away},
    {"a damaged byte throws the frame away", damaged_byte_throws_the_frame_away},
    {"a frame shorter than four bytes is thrown away", frame_shorter_than_four_bytes_is_thrown_away},
    {"256 bytes are taken, 257 thrown away whole", frame_of_256_bytes_is_taken_and_one_of_257_thrown_away_whole},
    {"the next frame is whole after one was thrown away", next_frame_is_whole_after_one_was_thrown_away},
    {"a request keeps T3.5 and the profile's gap", request_keeps_t35_and_the_profiles_gap_after_the_last_frame},
    {"a sent frame carries its CRC", sent_frame_carries_its_crc},
    {"a second frame is refused while one is on its way", second_frame_is_refused_while_one_is_on_its_way},
    {"a frame too long for the line is refused", frame_too_long_for_the_line_is_refused},
    {"a babbling line delays a request, not for ever", babbling_line_delays_a_request_but_not_for_ever},
    {"the due time is when the frame ends", due_time_is_when_the_frame_ends},
};

const struct check_suite framing_suite = CHECK_SUITE("framing", cases);
