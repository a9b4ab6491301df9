/* The whole port against a model of a node over a real pty: records, acknowledges, clock, configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "bus_listener.h"
#include "model_node.h"
#include "stillwater/error.h"

#define UNIT   4
#define SERIAL 70001

struct bench {
    struct scripted_slave slave;
    struct model_node node;
    struct listener *gateway;
};

static struct bench *bench_new(void)
{
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    model_node_init(&bench->node, UNIT, SERIAL);
    slave_init(&bench->slave, model_node_handle, &bench->node);
    bench->gateway = listener_new(bench->slave.path);
    listener_add_node(bench->gateway, UNIT);
    return bench;
}

/* The node's thread starts here: what a test does to the node before needs no lock. */
static void bench_start(struct bench *bench)
{
    slave_connect(&bench->slave);
    listener_start(bench->gateway);
}

static void bench_free(struct bench *bench)
{
    listener_finish(bench->gateway);
    slave_disconnect(&bench->slave);
    slave_remove(&bench->slave);
    model_node_destroy(&bench->node);
    free(bench);
}

/* A field of the node, read under its lock. */
#define NODE(bench, field)                                                                                             \
    (pthread_mutex_lock(&(bench)->node.lock), node_value = (int64_t)(bench)->node.field,                               \
     pthread_mutex_unlock(&(bench)->node.lock), node_value)
#define NODE_SET(bench, field, value)                                                                                  \
    do {                                                                                                               \
        pthread_mutex_lock(&(bench)->node.lock);                                                                       \
        (bench)->node.field = (value);                                                                                 \
        pthread_mutex_unlock(&(bench)->node.lock);                                                                     \
    } while (0)

/* Each record from `first` on exactly once and in order. */
static void assert_records(const struct listener *gateway, uint32_t first, uint32_t count)
{
    assert_int_equal(gateway->record_count, count);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(gateway->records[i].sequence, first + i);
        assert_int_equal(gateway->records[i].value, first + i);
    }
}

static void records_come_once_and_the_node_is_told_so(void **state)
{
    (void)state;
    int64_t node_value;
    struct bench *bench = bench_new();
    for (int i = 0; i < 3; i++)
        model_node_add(&bench->node);
    bench_start(bench);
    listener_until(bench->gateway, NODE(bench, acknowledged) == 3);
    for (int i = 0; i < 2; i++)
        model_node_add(&bench->node);
    listener_until(bench->gateway, NODE(bench, acknowledged) == 5);
    assert_records(bench->gateway, 1, 5);
    assert_int_equal(bench->gateway->last_batch.serial, SERIAL);
    assert_int_equal(bench->gateway->last_batch.epoch, 3);
    assert_int_equal(bench->gateway->node_up, 1);
    assert_int_equal(bench->gateway->line_up, 1);
    bench_free(bench);
}

static void an_empty_window_says_that_the_node_is_alive(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench->gateway->acknowledge = false;
    bench_start(bench);
    listener_until(bench->gateway, bench->gateway->empty_batches >= 5);
    assert_true(bench->gateway->last_batch.drained);
    assert_true(bench->gateway->last_batch.seen_until.ms > LISTENER_WALL_MS);
    bench_free(bench);
}

static void a_backlog_of_a_thousand_is_drained_in_order_without_loss(void **state)
{
    (void)state;
    int64_t node_value;
    struct bench *bench = bench_new();
    for (int i = 0; i < 1000; i++)
        model_node_add(&bench->node);
    /* Windows of eleven at this interval would take an hour and a half: they have to come back to back. */
    bench->gateway->line.poll_interval_ms = 60000;
    bench_start(bench);
    listener_until(bench->gateway, bench->gateway->record_count >= 1000);
    assert_records(bench->gateway, 1, 1000);
    assert_true(bench->gateway->last_batch.drained);
    assert_true(NODE(bench, acknowledged) >= 1000 - SW_NODE_WINDOW_RECORDS);
    bench_free(bench);
}

/* At the interval of the configuration the second poll would come after a minute, the fifth after five. */
static void in_a_hurry_a_seldom_poll_comes_soon(void **state)
{
    (void)state;
    int64_t node_value;
    struct bench *bench = bench_new();
    bench->gateway->line.poll_interval_ms = 60000;
    bench_start(bench);
    listener_until(bench->gateway, NODE(bench, polls) >= 1);
    field_bus_hurry(bench->gateway->bus, 50);
    listener_until(bench->gateway, NODE(bench, polls) >= 5);
    field_bus_hurry(bench->gateway->bus, 0);
    bench_free(bench);
}

static void nothing_is_acknowledged_that_was_not_given(void **state)
{
    (void)state;
    int64_t node_value;
    struct bench *bench = bench_new();
    bench->gateway->acknowledge = false;
    for (int i = 0; i < 30; i++)
        model_node_add(&bench->node);
    bench_start(bench);
    listener_until(bench->gateway, bench->gateway->batches == 1);
    int64_t polls = NODE(bench, polls);
    listener_run_ms(bench->gateway, 150);
    /* Not even asked again: the batch is with the loop. */
    assert_int_equal(NODE(bench, polls), polls);
    assert_int_equal(NODE(bench, highest_acknowledge), 0);
    field_bus_acknowledge(bench->gateway->bus, 0, 0, 3, 5);
    listener_until(bench->gateway, bench->gateway->batches == 2);
    assert_int_equal(NODE(bench, highest_acknowledge), 5);
    assert_int_equal(NODE(bench, acknowledged), 5);
    assert_int_equal(bench->gateway->last_batch.records[0].sequence, 6);
    bench_free(bench);
}

static void an_acknowledge_without_progress_does_not_make_the_bus_spin(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench->gateway->acknowledge = false;
    bench->gateway->line.poll_interval_ms = 300;
    for (int i = 0; i < 30; i++)
        model_node_add(&bench->node);
    bench_start(bench);
    listener_until(bench->gateway, bench->gateway->batches == 1);
    int64_t begun_ms = listener_now_ms();
    for (uint32_t round = 2; round <= 4; round++) {
        field_bus_acknowledge(bench->gateway->bus, 0, 0, 3, 0);
        listener_until(bench->gateway, bench->gateway->batches == round);
        assert_int_equal(bench->gateway->last_batch.records[0].sequence, 1);
    }
    /* Three more polls, none before its time. */
    assert_true(listener_now_ms() - begun_ms >= 500);
    bench_free(bench);
}

static void a_lost_request_loses_no_record(void **state)
{
    (void)state;
    int64_t node_value;
    struct bench *bench = bench_new();
    for (int i = 0; i < 40; i++)
        model_node_add(&bench->node);
    NODE_SET(bench, ignore_polls, 2);
    bench->gateway->line.timeout_ms = 200;
    bench_start(bench);
    listener_until(bench->gateway, NODE(bench, acknowledged) == 40);
    assert_records(bench->gateway, 1, 40);
    bench_free(bench);
}

static void a_lost_reply_to_an_acknowledge_loses_no_record(void **state)
{
    (void)state;
    int64_t node_value;
    struct bench *bench = bench_new();
    bench->gateway->line.timeout_ms = 200;
    bench_start(bench);
    for (uint32_t round = 1; round <= 4; round++) {
        for (int i = 0; i < 20; i++)
            model_node_add(&bench->node);
        NODE_SET(bench, drop_replies, 1);
        listener_until(bench->gateway, NODE(bench, acknowledged) == 20 * round);
    }
    assert_records(bench->gateway, 1, 80);
    bench_free(bench);
}

static void records_come_again_when_the_gateway_starts_again(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench->gateway->acknowledge = false;
    for (int i = 0; i < 5; i++)
        model_node_add(&bench->node);
    bench_start(bench);
    listener_until(bench->gateway, bench->gateway->record_count == 5);
    listener_finish(bench->gateway);
    bench->gateway = listener_new(bench->slave.path);
    listener_add_node(bench->gateway, UNIT);
    listener_start(bench->gateway);
    listener_until(bench->gateway, bench->gateway->record_count >= 5);
    assert_records(bench->gateway, 1, 5);
    bench_free(bench);
}

static void a_new_log_is_opened_with_the_epoch_it_is_given(void **state)
{
    (void)state;
    int64_t node_value;
    struct bench *bench = bench_new();
    bench->node.epoch = 0;
    bench->gateway->open_log = true;
    model_node_add(&bench->node);
    bench_start(bench);
    listener_until(bench->gateway, NODE(bench, acknowledged) == 1);
    assert_int_equal(NODE(bench, epoch), 9);
    assert_int_equal(bench->gateway->unopened, 1);
    assert_int_equal(bench->gateway->last_batch.epoch, 9);
    bench_free(bench);
}

static void an_unopened_log_gives_no_records_until_it_is_opened(void **state)
{
    (void)state;
    int64_t node_value;
    struct bench *bench = bench_new();
    bench->node.epoch = 0;
    model_node_add(&bench->node);
    bench_start(bench);
    listener_until(bench->gateway, bench->gateway->unopened == 1);
    listener_run_ms(bench->gateway, 150);
    assert_int_equal(NODE(bench, polls), 0);
    assert_int_equal(bench->gateway->batches, 0);
    field_bus_open_log(bench->gateway->bus, 0, 0, 12, 0);
    listener_until(bench->gateway, bench->gateway->record_count == 1);
    assert_int_equal(bench->gateway->last_batch.epoch, 12);
    bench_free(bench);
}

static void slots_that_differ_are_written_and_unused_ones_cleared(void **state)
{
    (void)state;
    int64_t node_value;
    struct bench *bench = bench_new();
    listener_add_slot(bench->gateway, 1, SW_PROFILE_BOVE, 11);
    listener_add_slot(bench->gateway, 2, SW_PROFILE_MANHOLE, 12);
    const uint16_t manhole[] = {SW_PROFILE_MANHOLE, 12, 15, 20, 60};
    const uint16_t bove[] = {SW_PROFILE_BOVE, 11, 15, 20, 60};
    memcpy(bench->node.slots[2], manhole, sizeof manhole);
    bench->node.slots[5][SW_NODE_SLOT_CONFIG_PROFILE] = SW_PROFILE_XINTAI;
    bench->node.slots[5][SW_NODE_SLOT_CONFIG_UNIT_ID] = 33;
    bench_start(bench);
    listener_until(bench->gateway, bench->gateway->batches > 0);
    assert_int_equal(NODE(bench, slot_writes), 2);
    pthread_mutex_lock(&bench->node.lock);
    assert_memory_equal(bench->node.slots[1], bove, sizeof bove);
    assert_memory_equal(bench->node.slots[2], manhole, sizeof manhole);
    pthread_mutex_unlock(&bench->node.lock);
    assert_int_equal(NODE(bench, slots[5][SW_NODE_SLOT_CONFIG_PROFILE]), SW_PROFILE_NONE);
    bench_free(bench);
}

/* How far the node's clock is from the gateway's. */
static int64_t clock_distance_ms(struct bench *bench)
{
    pthread_mutex_lock(&bench->node.lock);
    int64_t node_ms = (slave_now_us() - bench->node.started_us) / 1000 + bench->node.clock_offset_ms;
    int64_t gateway_ms = LISTENER_WALL_MS + listener_now_ms();
    pthread_mutex_unlock(&bench->node.lock);
    return llabs(node_ms - gateway_ms);
}

static void an_unset_clock_is_set_before_records_are_taken(void **state)
{
    (void)state;
    int64_t node_value;
    struct bench *bench = bench_new();
    bench_start(bench);
    listener_until(bench->gateway, bench->gateway->batches > 0);
    assert_int_equal(NODE(bench, clock_writes), 1);
    assert_true(clock_distance_ms(bench) < 5000);
    assert_int_equal(bench->gateway->notice_count, 1);
    listener_until(bench->gateway, field_bus_line_counters(bench->gateway->bus, 0).clock_sets == 1);
    bench_free(bench);
}

static void a_clock_that_is_off_is_set_and_the_error_told(void **state)
{
    (void)state;
    int64_t node_value;
    struct bench *bench = bench_new();
    /* Two minutes behind. */
    bench->node.clock_set = true;
    bench->node.clock_offset_ms = LISTENER_WALL_MS + listener_now_ms() - 120000;
    bench_start(bench);
    listener_until(bench->gateway, NODE(bench, clock_writes) == 1 && bench->gateway->notice_count > 0);
    assert_true(clock_distance_ms(bench) < 5000);
    long told = 0;
    const char *words = strstr(bench->gateway->notices[0], "off by ");
    assert_non_null(words);
    told = strtol(words + strlen("off by "), NULL, 10);
    assert_int_equal(told, NODE(bench, clock_error_ms));
    assert_true(labs(told - 120000) < 5000);
    listener_run_ms(bench->gateway, 200);
    assert_int_equal(NODE(bench, clock_writes), 1);
    bench_free(bench);
}

static void a_clock_that_is_right_is_not_set_with_every_poll(void **state)
{
    (void)state;
    int64_t node_value;
    struct bench *bench = bench_new();
    bench_start(bench);
    listener_until(bench->gateway, bench->gateway->batches >= 10);
    assert_int_equal(NODE(bench, clock_writes), 1);
    bench_free(bench);
}

static void records_from_before_the_clock_was_set_get_their_time(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    /* Up for an hour; one record from the first minute of this boot, one from a boot nobody knows. */
    bench->node.started_us -= INT64_C(3600) * 1000000;
    bench->node.boot = 8;
    model_node_add_record(&bench->node, (struct sw_record){.seconds = 500, .boot = 6, .kind = 2, .value = 1});
    model_node_add_record(&bench->node, (struct sw_record){.seconds = 60, .boot = 8, .kind = 2, .value = 2});
    bench_start(bench);
    listener_until(bench->gateway, bench->gateway->record_count == 2);
    int64_t seen_ms = bench->gateway->last_batch.seen_until.ms;
    assert_int_equal(bench->gateway->clock[0], SW_CLOCK_ESTIMATED);
    assert_true(llabs(seen_ms - bench->gateway->times[0].ms - 3600 * 1000) < 5000); /* the next boot began then */
    assert_int_equal(bench->gateway->clock[1], SW_CLOCK_CORRECTED);
    assert_true(llabs(seen_ms - bench->gateway->times[1].ms - 3540 * 1000) < 5000);
    bench_free(bench);
}

/* Without power for a moment that no request met: the log is new, and the number of the boot is the same. */
static void a_node_that_lost_its_memory_is_configured_again(void **state)
{
    (void)state;
    int64_t node_value;
    struct bench *bench = bench_new();
    listener_add_slot(bench->gateway, 0, SW_PROFILE_BOVE, 11);
    bench->gateway->open_log = true;
    model_node_add(&bench->node);
    bench_start(bench);
    listener_until(bench->gateway, NODE(bench, acknowledged) == 1);
    assert_int_equal(NODE(bench, slot_writes), 1);
    pthread_mutex_lock(&bench->node.lock);
    bench->node.epoch = 0;
    memset(bench->node.slots, 0, sizeof bench->node.slots);
    pthread_mutex_unlock(&bench->node.lock);
    model_node_add(&bench->node);
    listener_until(bench->gateway, NODE(bench, acknowledged) == 2);
    assert_int_equal(NODE(bench, epoch), 9);
    assert_int_equal(NODE(bench, slots[0][SW_NODE_SLOT_CONFIG_UNIT_ID]), 11);
    bench_free(bench);
}

static void a_node_that_restarts_is_configured_and_set_again_and_loses_nothing(void **state)
{
    (void)state;
    int64_t node_value;
    struct bench *bench = bench_new();
    listener_add_slot(bench->gateway, 0, SW_PROFILE_BOVE, 11);
    bench->node.started_us -= INT64_C(1000) * 1000000;
    bench_start(bench);
    for (int i = 0; i < 15; i++)
        model_node_add(&bench->node);
    listener_until(bench->gateway, NODE(bench, acknowledged) == 15);
    /* Made in the old boot without a clock (as if it had just been lost), read in the new one. */
    int64_t made_ms = LISTENER_WALL_MS + listener_now_ms();
    NODE_SET(bench, clock_set, false);
    model_node_add(&bench->node);
    model_node_restart(&bench->node);
    for (int i = 0; i < 14; i++)
        model_node_add(&bench->node);
    listener_until(bench->gateway, NODE(bench, acknowledged) == 30);
    assert_records(bench->gateway, 1, 30);
    assert_true(listener_noticed(bench->gateway, "restarted"));
    assert_int_equal(NODE(bench, slots[0][SW_NODE_SLOT_CONFIG_UNIT_ID]), 11);
    assert_true(NODE(bench, clock_writes) >= 2);
    assert_true(clock_distance_ms(bench) < 5000);
    /* The boot's uptime was known from its windows. */
    assert_int_equal(bench->gateway->clock[15], SW_CLOCK_CORRECTED);
    assert_true(llabs(bench->gateway->times[15].ms - made_ms) < 5000);
    assert_int_equal(bench->gateway->node_changes, 1);
    bench_free(bench);
}

static void a_record_from_the_future_gets_the_time_of_the_answer(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    uint32_t tomorrow_s = (uint32_t)((LISTENER_WALL_MS + listener_now_ms()) / 1000 + 86400);
    model_node_add_record(
        &bench->node, (struct sw_record){.seconds = tomorrow_s, .boot = 1, .kind = 2, .clock_quality = SW_CLOCK_SET});
    bench_start(bench);
    listener_until(bench->gateway, bench->gateway->record_count == 1);
    assert_int_equal(bench->gateway->times[0].ms, bench->gateway->last_batch.seen_until.ms);
    listener_until(bench->gateway, field_bus_line_counters(bench->gateway->bus, 0).clamped_times == 1);
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_once_and_the_node_is_told_so),
        cmocka_unit_test(an_empty_window_says_that_the_node_is_alive),
        cmocka_unit_test(a_backlog_of_a_thousand_is_drained_in_order_without_loss),
        cmocka_unit_test(in_a_hurry_a_seldom_poll_comes_soon),
        cmocka_unit_test(nothing_is_acknowledged_that_was_not_given),
        cmocka_unit_test(an_acknowledge_without_progress_does_not_make_the_bus_spin),
        cmocka_unit_test(a_lost_request_loses_no_record),
        cmocka_unit_test(a_lost_reply_to_an_acknowledge_loses_no_record),
        cmocka_unit_test(records_come_again_when_the_gateway_starts_again),
        cmocka_unit_test(a_new_log_is_opened_with_the_epoch_it_is_given),
        cmocka_unit_test(an_unopened_log_gives_no_records_until_it_is_opened),
        cmocka_unit_test(slots_that_differ_are_written_and_unused_ones_cleared),
        cmocka_unit_test(an_unset_clock_is_set_before_records_are_taken),
        cmocka_unit_test(a_clock_that_is_off_is_set_and_the_error_told),
        cmocka_unit_test(a_clock_that_is_right_is_not_set_with_every_poll),
        cmocka_unit_test(records_from_before_the_clock_was_set_get_their_time),
        cmocka_unit_test(a_node_that_lost_its_memory_is_configured_again),
        cmocka_unit_test(a_node_that_restarts_is_configured_and_set_again_and_loses_nothing),
        cmocka_unit_test(a_record_from_the_future_gets_the_time_of_the_answer),
    };
    return cmocka_run_group_tests_name("field_bus node", tests, NULL, NULL);
}
