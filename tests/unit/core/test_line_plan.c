/* Plans of lines: each figure beside the arithmetic of the standard. */
#include "core/poll/line_plan.h"

#include "core_fixture.h"

static const struct poll_line slow = {POLL_SERIAL, {9600, 'N', 1}, 0};

/* Function 3, 28 registers, 300 ms at most, and as long again for a late answer. */
static const struct exchange_need meter = {.request_size = 5,
                                           .reply_size = 58,
                                           .usual_answer_us = 20000,
                                           .answer_us = 300000,
                                           .give_up_us = 500000,
                                           .quiet_us = 500000};

static void a_character_has_the_bits_of_its_line(void **state)
{
    (void)state;
    assert_int_equal(poll_character_ns(&(struct sw_line_settings){9600, 'N', 1}), 1041666);
    assert_int_equal(poll_character_ns(&(struct sw_line_settings){9600, 'N', 2}), 1145833);
    assert_int_equal(poll_character_ns(&(struct sw_line_settings){2400, 'E', 1}), 4583333);
    assert_int_equal(poll_character_ns(&(struct sw_line_settings){115200, 'N', 1}), 86805);
}

static void silence_is_three_and_a_half_characters_up_to_19200_baud(void **state)
{
    (void)state;
    assert_int_equal(poll_silence_us(&(struct sw_line_settings){9600, 'N', 1}), 4010);
    assert_int_equal(poll_silence_us(&(struct sw_line_settings){19200, 'E', 1}), 2005);
    assert_int_equal(poll_silence_us(&(struct sw_line_settings){38400, 'N', 1}), 1750);
}

static void an_exchange_is_silence_request_answer_and_reply(void **state)
{
    (void)state;
    struct exchange_need need = meter;
    struct exchange_time time = exchange_time_of(&slow, &need);
    assert_int_equal(time.request_bytes, 8);
    assert_int_equal(time.reply_bytes, 61);
    assert_int_equal(time.request_us, 8334);
    assert_int_equal(time.reply_us, 63542);
    assert_int_equal(time.usual_us, 4000 + 4010 + 8334 + 20000 + 63542);
    assert_int_equal(time.longest_us, 4000 + 4010 + 8334 + 300000 + 63542);
    assert_int_equal(time.silent_us, 4000 + 4010 + 8334 + 1000000);
    need.extra_gap_us = 4000;
    assert_int_equal(exchange_time_of(&slow, &need).usual_us, time.usual_us + 4000);
    need.usual_answer_us = 7000;
    assert_int_equal(exchange_time_of(&slow, &need).usual_us, time.usual_us + 4000 - 13000);
    need.answer_us = 5000; /* who answers within 5 ms is not taken for slower */
    assert_int_equal(exchange_time_of(&slow, &need).usual_answer_us, 5000);
}

static void tcp_costs_the_way_and_no_bytes(void **state)
{
    (void)state;
    struct exchange_need need = meter;
    const struct poll_line tcp = {.medium = POLL_TCP, .trip_us = 50000};
    need.quiet_us = 0;
    struct exchange_time time = exchange_time_of(&tcp, &need);
    assert_int_equal(time.request_bytes, 12);
    assert_int_equal(time.reply_bytes, 65);
    assert_int_equal(time.usual_us, 74000);
    assert_int_equal(time.silent_us, 504000);
    const struct poll_line far = {POLL_RTU_OVER_TCP, {9600, 'N', 1}, 50000};
    assert_int_equal(exchange_time_of(&far, &meter).usual_us, 4000 + 4010 + 8334 + 70000 + 63542);
}

static void several_reads_are_one_poll_and_a_silent_unit_is_asked_for_the_first(void **state)
{
    (void)state;
    struct exchange_time one = exchange_time_of(&slow, &meter), poll = {.exchanges = 0};
    exchange_time_add(&poll, &one);
    exchange_time_add(&poll, &one);
    assert_int_equal(poll.exchanges, 2);
    assert_int_equal(poll.reply_bytes, 2 * one.reply_bytes);
    assert_int_equal(poll.longest_us, 2 * one.longest_us);
    assert_int_equal(poll.silent_us, one.silent_us);
}

static struct line_plan plan_of(uint32_t units, uint32_t at_once, uint32_t silent_pause)
{
    struct line_plan plan = line_plan_empty(at_once, silent_pause);
    struct exchange_time poll = {.exchanges = 1, .usual_us = 100000, .longest_us = 400000, .silent_us = 1000000};
    for (uint32_t i = 0; i < units; i++)
        line_plan_add(&plan, &poll, 5000000);
    return plan;
}

static void a_round_is_the_sum_of_all_units_and_the_load_their_part_of_the_time(void **state)
{
    (void)state;
    struct line_plan plan = plan_of(60, 1, POLL_SILENT_PAUSE_SERIAL);
    assert_int_equal(line_plan_usual_us(&plan), 6000000);
    assert_int_equal(line_plan_longest_us(&plan), 24000000);
    assert_int_equal(line_plan_load_ppm(&plan), 1200000);
    plan = line_plan_empty(1, POLL_SILENT_PAUSE_SERIAL);
    assert_int_equal(line_plan_usual_us(&plan), 0);
    assert_int_equal(line_plan_tenth(&plan), 0);
}

static void silent_units_cost_their_share_and_no_more(void **state)
{
    (void)state;
    struct line_plan plan = plan_of(60, 1, POLL_SILENT_PAUSE_SERIAL);
    assert_int_equal(line_plan_tenth(&plan), 6);
    assert_int_equal(line_plan_silent_us(&plan, 0), 24000000);
    assert_int_equal(line_plan_silent_us(&plan, 1), 24000000 - 400000 + 1000000);
    /* A ninth of what the others take, and the one that has begun. */
    assert_int_equal(line_plan_silent_us(&plan, 6), 21600000 + 1000000 + 21600000 / 9);
    plan.silent_pause = POLL_SILENT_PAUSE_TCP;
    assert_int_equal(line_plan_silent(&plan, 6).silent_us, 1000000 + 21600000 / 19);
    plan.silent_pause = 0;
    assert_int_equal(line_plan_silent_us(&plan, 6), 21600000 + 6000000);
    struct exchange_time quick_to_give_up = {.longest_us = 400000, .silent_us = 100000};
    plan = line_plan_empty(1, POLL_SILENT_PAUSE_SERIAL);
    line_plan_add(&plan, &quick_to_give_up, 5000000);
    assert_int_equal(line_plan_silent_us(&plan, 1), 400000);
    struct line_plan few = plan_of(3, 1, POLL_SILENT_PAUSE_SERIAL);
    assert_int_equal(line_plan_tenth(&few), 1);
}

static void requests_under_way_together_share_the_time(void **state)
{
    (void)state;
    struct line_plan plan = plan_of(60, 4, POLL_SILENT_PAUSE_TCP);
    assert_int_equal(line_plan_usual_us(&plan), 6000000 / 4 + 100000);
    assert_int_equal(line_plan_load_ppm(&plan), 300000);
    plan = plan_of(1, 4, POLL_SILENT_PAUSE_TCP);
    assert_int_equal(line_plan_usual_us(&plan), 100000);
    assert_int_equal(line_plan_load_ppm(&plan), 20000); /* it has one request under way, whatever the line allows */
}

static void a_path_is_the_sum_of_its_parts(void **state)
{
    (void)state;
    const struct alarm_path path = {1, 20, 300, 4000, 50000, 600000};
    assert_int_equal(alarm_path_us(&path), 654321);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_character_has_the_bits_of_its_line),
        cmocka_unit_test(silence_is_three_and_a_half_characters_up_to_19200_baud),
        cmocka_unit_test(an_exchange_is_silence_request_answer_and_reply),
        cmocka_unit_test(tcp_costs_the_way_and_no_bytes),
        cmocka_unit_test(several_reads_are_one_poll_and_a_silent_unit_is_asked_for_the_first),
        cmocka_unit_test(a_round_is_the_sum_of_all_units_and_the_load_their_part_of_the_time),
        cmocka_unit_test(silent_units_cost_their_share_and_no_more),
        cmocka_unit_test(requests_under_way_together_share_the_time),
        cmocka_unit_test(a_path_is_the_sum_of_its_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
