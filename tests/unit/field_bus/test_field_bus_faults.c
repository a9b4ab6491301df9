/* The whole port where things go wrong: ports, nodes that are not what they should be, devices, closing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus_listener.h"
#include "model_node.h"
#include "stillwater/error.h"

#define UNIT   4
#define SERIAL 70001

/* A node and, on the same line, devices with other unit ids. */
struct bench {
    struct scripted_slave slave;
    struct model_node node;
    atomic_bool node_answers;
    atomic_uint device_requests[8];
    struct listener *gateway;
};

enum { GOOD_DEVICE = 20, DEAD_DEVICE, CRC_DEVICE, EXCEPTION_DEVICE, SHORT_DEVICE, FOREIGN_DEVICE };

static void handle(void *ctx, struct scripted_slave *slave, const uint8_t *request, size_t size)
{
    struct bench *bench = ctx;
    const uint16_t registers[] = {12, 1, 3600, 0};
    uint8_t damaged[] = {request[0], request[1], 8, 0, 12, 0, 1, 14, 16, 0, 0, 0x12, 0x34};
    if (request[0] >= GOOD_DEVICE && request[0] < GOOD_DEVICE + 8) bench->device_requests[request[0] - GOOD_DEVICE]++;
    switch (request[0]) {
    case GOOD_DEVICE:
        slave_send_registers(slave, request[0], request[1], registers, 4);
        break;
    case CRC_DEVICE:
        slave_send_raw(slave, damaged, sizeof damaged);
        break;
    case EXCEPTION_DEVICE:
        slave_send_exception(slave, request, 4);
        break;
    case SHORT_DEVICE:
        slave_send_registers(slave, request[0], request[1], registers, 3);
        break;
    case FOREIGN_DEVICE:
        slave_send_registers(slave, GOOD_DEVICE, request[1], registers, 4);
        break;
    default:
        if (bench->node_answers) model_node_handle(&bench->node, slave, request, size);
        break;
    }
}

/* A short timeout, for tests in which requests go unanswered. */
#define SHORT_MS 100

static struct bench *bench_new(void)
{
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    model_node_init(&bench->node, UNIT, SERIAL);
    bench->node_answers = true;
    slave_init(&bench->slave, handle, bench);
    bench->gateway = listener_new(bench->slave.path);
    return bench;
}

static void bench_free(struct bench *bench)
{
    listener_finish(bench->gateway);
    if (bench->slave.master >= 0) slave_disconnect(&bench->slave);
    slave_remove(&bench->slave);
    model_node_destroy(&bench->node);
    free(bench);
}

/* A field of the node, read under its lock. */
#define NODE(bench, field)                                                                                             \
    (pthread_mutex_lock(&(bench)->node.lock), node_value = (int64_t)(bench)->node.field,                               \
     pthread_mutex_unlock(&(bench)->node.lock), node_value)

static void a_port_that_is_missing_is_told_and_used_once_it_is_there(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    listener_add_node(bench->gateway, UNIT);
    listener_start(bench->gateway);
    listener_until(bench->gateway, bench->gateway->line_up == 0);
    assert_non_null(strstr(bench->gateway->line_text, bench->slave.path));
    assert_non_null(strstr(bench->gateway->line_text, "No such file"));
    listener_until(bench->gateway, field_bus_line_counters(bench->gateway->bus, 0).port_failures >= 2);
    assert_int_equal(bench->gateway->line_changes, 1);
    assert_int_equal(bench->gateway->node_changes, 0);
    slave_connect(&bench->slave);
    listener_until(bench->gateway, bench->gateway->line_up == 1 && bench->gateway->node_up == 1);
    bench_free(bench);
}

static void a_port_that_hangs_up_and_returns_loses_no_record(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    listener_add_node(bench->gateway, UNIT);
    slave_connect(&bench->slave);
    listener_start(bench->gateway);
    for (int i = 0; i < 5; i++)
        model_node_add(&bench->node);
    listener_until(bench->gateway, bench->gateway->record_count == 5);
    for (uint32_t round = 1; round <= 3; round++) {
        slave_disconnect(&bench->slave);
        listener_until(bench->gateway, bench->gateway->line_up == 0);
        for (int i = 0; i < 5; i++)
            model_node_add(&bench->node);
        slave_connect(&bench->slave);
        listener_until(bench->gateway, bench->gateway->record_count >= 5 + 5 * round);
        assert_int_equal(bench->gateway->line_up, 1);
    }
    /* What was with the loop when the line went may come once more; no record is left out. */
    uint32_t next = 1;
    for (uint32_t i = 0; i < bench->gateway->record_count; i++)
        if (bench->gateway->records[i].sequence == next) next++;
    assert_int_equal(next, 21);
    assert_int_equal(bench->gateway->node_changes, 1);
    bench_free(bench);
}

static void a_node_that_falls_silent_is_down_and_up_again_with_its_backlog(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench->gateway->line.timeout_ms = SHORT_MS;
    listener_add_node(bench->gateway, UNIT);
    slave_connect(&bench->slave);
    listener_start(bench->gateway);
    listener_until(bench->gateway, bench->gateway->node_up == 1);
    bench->node_answers = false;
    listener_until(bench->gateway, bench->gateway->node_up == 0);
    assert_int_equal(bench->gateway->node_error, SW_ERROR_TIMEOUT);
    assert_non_null(strstr(bench->gateway->node_text, "no reply"));
    assert_int_equal(bench->gateway->line_up, 1);
    for (int i = 0; i < 50; i++)
        model_node_add(&bench->node);
    bench->node_answers = true;
    listener_until(bench->gateway, bench->gateway->node_up == 1 && bench->gateway->record_count == 50);
    for (uint32_t i = 0; i < 50; i++)
        assert_int_equal(bench->gateway->records[i].sequence, i + 1);
    bench_free(bench);
}

static void refused_as(void (*spoil)(struct model_node *), int error, const char *words)
{
    struct bench *bench = bench_new();
    listener_add_node(bench->gateway, UNIT);
    listener_add_slot(bench->gateway, 6, SW_PROFILE_BOVE, 11);
    spoil(&bench->node);
    slave_connect(&bench->slave);
    listener_start(bench->gateway);
    listener_until(bench->gateway, bench->gateway->node_up == 0);
    assert_int_equal(bench->gateway->node_error, error);
    if (strstr(bench->gateway->node_text, words) == NULL) fail_msg("%s", bench->gateway->node_text);
    assert_int_equal(bench->gateway->batches, 0);
    bench_free(bench);
}

static void spoil_magic(struct model_node *node)
{
    node->magic = 0x1234;
}

static void spoil_version(struct model_node *node)
{
    node->map_version = 2;
}

static void spoil_slots(struct model_node *node)
{
    node->slot_count = 4;
}

static void a_unit_that_is_no_node_is_refused_in_words(void **state)
{
    (void)state;
    refused_as(spoil_magic, SW_ERROR_VERSION, "magic 0x1234");
}

static void a_node_with_another_map_is_refused_in_words(void **state)
{
    (void)state;
    refused_as(spoil_version, SW_ERROR_VERSION, "register map version 2");
}

static void a_node_with_too_few_slots_is_refused_in_words(void **state)
{
    (void)state;
    refused_as(spoil_slots, SW_ERROR_CONFIG, "slot 6");
}

static void a_malformed_record_is_counted_and_those_behind_it_come(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    listener_add_node(bench->gateway, UNIT);
    for (int i = 0; i < 20; i++)
        model_node_add(&bench->node);
    bench->node.malformed = 7;
    slave_connect(&bench->slave);
    listener_start(bench->gateway);
    listener_until(bench->gateway, bench->gateway->record_count == 19);
    for (uint32_t i = 0; i < 19; i++)
        assert_int_equal(bench->gateway->records[i].sequence, i < 6 ? i + 1 : i + 2);
    assert_true(listener_noticed(bench->gateway, "record 7 is malformed"));
    listener_until(bench->gateway, field_bus_line_counters(bench->gateway->bus, 0).malformed_records == 1);
    bench_free(bench);
}

static void a_log_whose_epoch_changed_is_recognised_afresh(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    listener_add_node(bench->gateway, UNIT);
    slave_connect(&bench->slave);
    listener_start(bench->gateway);
    for (int i = 0; i < 30; i++)
        model_node_add(&bench->node);
    listener_until(bench->gateway, bench->gateway->record_count == 30);
    pthread_mutex_lock(&bench->node.lock);
    bench->node.epoch = 4;
    bench->node.newest = bench->node.acknowledged = 0;
    pthread_mutex_unlock(&bench->node.lock);
    for (int i = 0; i < 3; i++)
        model_node_add(&bench->node);
    listener_until(bench->gateway, bench->gateway->record_count == 33);
    assert_int_equal(bench->gateway->last_batch.epoch, 4);
    assert_int_equal(bench->gateway->records[30].sequence, 1);
    /* The old log's acknowledge released nothing of the new one. */
    int64_t node_value;
    assert_true(NODE(bench, refused_acknowledges) >= 1);
    bench_free(bench);
}

static void a_log_that_went_back_within_its_epoch_is_read_again(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    listener_add_node(bench->gateway, UNIT);
    slave_connect(&bench->slave);
    listener_start(bench->gateway);
    for (int i = 0; i < 30; i++)
        model_node_add(&bench->node);
    listener_until(bench->gateway, bench->gateway->record_count == 30);
    pthread_mutex_lock(&bench->node.lock);
    bench->node.newest = bench->node.acknowledged = 0;
    pthread_mutex_unlock(&bench->node.lock);
    for (int i = 0; i < 3; i++)
        model_node_add(&bench->node);
    listener_until(bench->gateway, bench->gateway->record_count == 33);
    assert_int_equal(bench->gateway->records[30].sequence, 1);
    assert_true(listener_noticed(bench->gateway, "refuses to acknowledge"));
    bench_free(bench);
}

static void another_node_at_the_same_unit_id_is_recognised(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench->gateway->line.timeout_ms = SHORT_MS;
    listener_add_node(bench->gateway, UNIT);
    slave_connect(&bench->slave);
    listener_start(bench->gateway);
    for (int i = 0; i < 30; i++)
        model_node_add(&bench->node);
    listener_until(bench->gateway, bench->gateway->record_count == 30);
    /* Silent while it is exchanged, as it is in life: the newcomer has the same epoch and nothing acknowledged. */
    bench->node_answers = false;
    uint64_t timeouts = field_bus_line_counters(bench->gateway->bus, 0).timeouts;
    listener_until(bench->gateway, field_bus_line_counters(bench->gateway->bus, 0).timeouts > timeouts);
    pthread_mutex_lock(&bench->node.lock);
    bench->node.serial = SERIAL + 1;
    bench->node.acknowledged = bench->node.highest_acknowledge = 0;
    pthread_mutex_unlock(&bench->node.lock);
    bench->gateway->acknowledge = false;
    bench->node_answers = true;
    listener_until(bench->gateway, bench->gateway->record_count > 30);
    assert_int_equal(bench->gateway->last_batch.serial, SERIAL + 1);
    assert_int_equal(bench->gateway->records[30].sequence, 1);
    int64_t node_value;
    assert_int_equal(NODE(bench, highest_acknowledge), 0);
    assert_true(listener_noticed(bench->gateway, "another node answers"));
    bench_free(bench);
}

/* How many samples of a device have this error, or SW_OK. Where the host takes the core away others come out late, too
 * late, or in the place of a neighbour's; a device with a fault never comes out well. */
static uint32_t count_samples(const struct listener *gateway, uint32_t device, int error)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < gateway->sample_count; i++) {
        const struct field_bus_sample *sample = &gateway->samples[i];
        if (sample->device != device) continue;
        if (sample->error == error)
            count++;
        else
            assert_int_not_equal(sample->error, SW_OK);
        if (sample->error != SW_OK) assert_int_equal(sample->count, 0);
    }
    return count;
}

static void a_device_gives_the_points_of_its_profile(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    listener_add_device(bench->gateway, GOOD_DEVICE, SW_PROFILE_MANHOLE, 50);
    slave_connect(&bench->slave);
    listener_start(bench->gateway);
    listener_until(bench->gateway, bench->gateway->sample_count >= 3);
    const struct field_bus_sample *sample = &bench->gateway->samples[2];
    assert_int_equal(sample->error, SW_OK);
    assert_int_equal(sample->count, 3);
    assert_int_equal(sample->values[0].kind, SW_READING_COVER_TILT);
    assert_int_equal(sample->values[0].value, 12);
    assert_int_equal(sample->values[1].value, 1);
    assert_int_equal(sample->values[2].value, 3600);
    assert_true(sample->time.ms > LISTENER_WALL_MS);
    assert_true(sample->time.ms > bench->gateway->samples[0].time.ms);
    bench_free(bench);
}

static void each_fault_of_a_device_has_its_error_and_no_points(void **state)
{
    (void)state;
    const struct {
        uint8_t unit_id;
        int error;
    } cases[] = {{DEAD_DEVICE, SW_ERROR_TIMEOUT},
                 {CRC_DEVICE, SW_ERROR_CRC},
                 {EXCEPTION_DEVICE, SW_ERROR_EXCEPTION_FAILURE},
                 {SHORT_DEVICE, SW_ERROR_WRONG_LENGTH},
                 {FOREIGN_DEVICE, SW_ERROR_WRONG_UNIT}};
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench *bench = bench_new();
        bench->gateway->line.timeout_ms = SHORT_MS;
        listener_add_device(bench->gateway, cases[i].unit_id, SW_PROFILE_MANHOLE, 50);
        slave_connect(&bench->slave);
        listener_start(bench->gateway);
        listener_until(bench->gateway, count_samples(bench->gateway, 0, cases[i].error) > 0);
        bench_free(bench);
    }
}

static void a_dead_device_backs_off_and_the_others_keep_their_schedule(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench->gateway->line.timeout_ms = SHORT_MS;
    listener_add_node(bench->gateway, UNIT);
    listener_add_device(bench->gateway, DEAD_DEVICE, SW_PROFILE_MANHOLE, 50);
    listener_add_device(bench->gateway, GOOD_DEVICE, SW_PROFILE_MANHOLE, 50);
    slave_connect(&bench->slave);
    listener_start(bench->gateway);
    listener_until(bench->gateway, count_samples(bench->gateway, 1, SW_OK) >= 60);
    unsigned dead = bench->device_requests[DEAD_DEVICE - GOOD_DEVICE];
    /* 60 polls of 50 ms: without back-off the dead one would have been asked about as often. */
    assert_true(dead >= 1 && dead <= 12);
    assert_true(bench->gateway->batches >= 10);
    (void)count_samples(bench->gateway, 0, SW_ERROR_TIMEOUT);
    bench_free(bench);
}

/* Until the queue to the loop, which does not run, is full: then no request is made. */
static void wait_until_the_polling_stops(struct bench *bench)
{
    unsigned before = 0;
    for (int quiet = 0; quiet < 5; quiet++) {
        usleep(100000);
        unsigned now = bench->device_requests[0];
        if (now == 0 || now != before) quiet = 0;
        before = now;
    }
}

static void a_loop_that_does_not_run_stops_the_polling_and_nothing_is_dropped(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    listener_add_device(bench->gateway, GOOD_DEVICE, SW_PROFILE_MANHOLE, 1);
    slave_connect(&bench->slave);
    listener_start(bench->gateway);
    listener_until(bench->gateway, bench->gateway->sample_count >= 1);
    wait_until_the_polling_stops(bench);
    unsigned after = bench->device_requests[0];
    uint32_t delivered = bench->gateway->sample_count;
    uv_run(&bench->gateway->loop, UV_RUN_NOWAIT);
    uv_run(&bench->gateway->loop, UV_RUN_NOWAIT);
    listener_until(bench->gateway, bench->gateway->sample_count >= after);
    assert_true(bench->gateway->sample_count > delivered + 30);
    bench_free(bench);
}

static void closing_in_the_middle_of_a_request_is_quiet(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    listener_add_node(bench->gateway, UNIT);
    bench->node_answers = false;
    slave_connect(&bench->slave);
    listener_start(bench->gateway);
    listener_until(bench->gateway, bench->gateway->line_up == 1);
    listener_run_ms(bench->gateway, 50);
    bench_free(bench);
}

static void closing_with_a_full_queue_does_not_hang(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    listener_add_device(bench->gateway, GOOD_DEVICE, SW_PROFILE_MANHOLE, 1);
    slave_connect(&bench->slave);
    listener_start(bench->gateway);
    wait_until_the_polling_stops(bench);
    bench_free(bench);
}

static void a_bus_without_lines_closes(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench->gateway->config.line_count = 0;
    listener_start(bench->gateway);
    bench_free(bench);
}

static void a_dead_unit_does_not_mute_its_namesake_on_another_line(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    struct bench *other = bench_new();
    other->node_answers = false;
    slave_connect(&bench->slave);
    slave_connect(&other->slave);
    listener_add_node(bench->gateway, UNIT);
    struct config_line lines[2] = {bench->gateway->line, bench->gateway->line};
    lines[0].port = other->slave.path;
    lines[0].timeout_ms = SHORT_MS;
    bench->gateway->config.lines = lines;
    bench->gateway->config.line_count = 2;
    for (int i = 0; i < 100; i++)
        model_node_add(&bench->node);
    listener_start(bench->gateway);
    listener_until(bench->gateway, bench->gateway->record_count == 100 &&
                                       field_bus_line_counters(bench->gateway->bus, 0).timeouts >= 2);
    assert_int_equal(field_bus_line_counters(bench->gateway->bus, 1).timeouts, 0);
    bench_free(bench);
    other->gateway->config.line_count = 0;
    listener_start(other->gateway);
    bench_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_port_that_is_missing_is_told_and_used_once_it_is_there),
        cmocka_unit_test(a_port_that_hangs_up_and_returns_loses_no_record),
        cmocka_unit_test(a_node_that_falls_silent_is_down_and_up_again_with_its_backlog),
        cmocka_unit_test(a_unit_that_is_no_node_is_refused_in_words),
        cmocka_unit_test(a_node_with_another_map_is_refused_in_words),
        cmocka_unit_test(a_node_with_too_few_slots_is_refused_in_words),
        cmocka_unit_test(a_malformed_record_is_counted_and_those_behind_it_come),
        cmocka_unit_test(a_log_whose_epoch_changed_is_recognised_afresh),
        cmocka_unit_test(a_log_that_went_back_within_its_epoch_is_read_again),
        cmocka_unit_test(another_node_at_the_same_unit_id_is_recognised),
        cmocka_unit_test(a_device_gives_the_points_of_its_profile),
        cmocka_unit_test(each_fault_of_a_device_has_its_error_and_no_points),
        cmocka_unit_test(a_dead_device_backs_off_and_the_others_keep_their_schedule),
        cmocka_unit_test(a_loop_that_does_not_run_stops_the_polling_and_nothing_is_dropped),
        cmocka_unit_test(closing_in_the_middle_of_a_request_is_quiet),
        cmocka_unit_test(closing_with_a_full_queue_does_not_hang),
        cmocka_unit_test(a_bus_without_lines_closes),
        cmocka_unit_test(a_dead_unit_does_not_mute_its_namesake_on_another_line),
    };
    return cmocka_run_group_tests_name("field_bus faults", tests, NULL, NULL);
}
