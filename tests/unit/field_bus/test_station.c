/* Stations by hand: what they ask, and what comes of answers that no line gives in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "station.h"
#include "stillwater/error.h"

#define S            INT64_C(1000000)
#define SERIAL       70001
#define NODE         4
#define MANHOLE      20
#define DEVICES      1
#define HEALTH(name) (SW_NODE_INPUT_##name - SW_NODE_INPUT_BOOT_COUNT)

struct bench {
    struct config_node nodes[1];
    struct config_device devices[DEVICES];
    struct config_line config;
    struct line_context line;
    struct station **stations;
    struct station *node, *device;
    int64_t now_us;
    struct exchange exchange;
    struct field_event last;
    uint32_t unopened, links;
};

static struct sw_wall wall_now(void)
{
    return sw_wall_from_ms(INT64_C(1795305600000));
}

static void post(void *ctx, const struct field_event *event)
{
    struct bench *bench = ctx;
    bench->last = *event;
    if (event->type == FIELD_EVENT_LOG_UNOPENED) bench->unopened++;
    if (event->type == FIELD_EVENT_NODE_LINK) bench->links++;
}

static struct bench *bench_new(void)
{
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    bench->now_us = 3600 * S;
    bench->nodes[0] = (struct config_node){.id = "node", .unit_id = NODE};
    bench->devices[0] = (struct config_device){
        .id = "device", .unit_id = MANHOLE, .profile = sw_profile_by_id(SW_PROFILE_MANHOLE), .poll_interval_ms = 1000};
    bench->config = (struct config_line){.id = "line",
                                         .poll_interval_ms = 1000,
                                         .timeout_ms = 500,
                                         .nodes = bench->nodes,
                                         .node_count = 1,
                                         .devices = bench->devices,
                                         .device_count = DEVICES};
    bench->line = (struct line_context){.config = &bench->config, .wall_now = wall_now, .sink = {bench, post}};
    bench->stations = stations_new(&bench->line, &bench->config, NULL, bench->now_us);
    assert_non_null(bench->stations);
    bench->node = bench->stations[0];
    bench->device = bench->stations[1];
    return bench;
}

static void bench_free(struct bench *bench)
{
    stations_free(bench->stations, stations_count(&bench->config));
    free(bench);
}

static void begin(struct bench *bench, struct station *station)
{
    if (bench->now_us < station_due_us(station)) bench->now_us = station_due_us(station);
    station_begin(station, bench->now_us, &bench->exchange);
    assert_int_equal(bench->exchange.request.bytes[0], station->unit_id);
}

static unsigned function_asked(const struct bench *bench)
{
    return bench->exchange.request.bytes[1];
}

static unsigned address_asked(const struct bench *bench)
{
    return (unsigned)bench->exchange.request.bytes[2] << 8 | bench->exchange.request.bytes[3];
}

static void end(struct bench *bench, struct station *station, int result, const uint16_t *registers, size_t count)
{
    struct exchange_reply reply = {.sent_us = bench->now_us, .first_byte_us = bench->now_us + 1000};
    if (count > 0) memcpy(reply.registers, registers, count * sizeof *registers);
    bench->now_us += 2000;
    station_end(station, result, &reply, bench->now_us);
}

static void answer_identity(struct bench *bench)
{
    const uint16_t identity[] = {[SW_NODE_INPUT_MAGIC] = SW_NODE_MAGIC,
                                 [SW_NODE_INPUT_MAP_VERSION] = SW_NODE_MAP_VERSION,
                                 [SW_NODE_INPUT_SERIAL] = SERIAL >> 16,
                                 [SW_NODE_INPUT_SERIAL + 1] = SERIAL & 0xffff};
    assert_int_equal(address_asked(bench), SW_NODE_INPUT_MAGIC);
    end(bench, bench->node, SW_OK, identity, sizeof identity / sizeof identity[0]);
}

static void answer_health(struct bench *bench, uint16_t epoch)
{
    const uint16_t health[] = {
        [HEALTH(BOOT_COUNT) + 1] = 1, [HEALTH(LOG_EPOCH)] = epoch, [HEALTH(CLOCK_QUALITY)] = SW_CLOCK_SET};
    assert_int_equal(address_asked(bench), SW_NODE_INPUT_BOOT_COUNT);
    end(bench, bench->node, SW_OK, health, sizeof health / sizeof health[0]);
}

/* A node whose log is new: recognised, its only slot is as it is to be. */
static struct bench *bench_with_unopened_log(void)
{
    struct bench *bench = bench_new();
    const uint16_t empty_slot[SW_NODE_SLOT_CONFIG_REGISTERS] = {0};
    begin(bench, bench->node);
    answer_identity(bench);
    begin(bench, bench->node);
    answer_health(bench, 0);
    begin(bench, bench->node);
    assert_int_equal(address_asked(bench), SW_NODE_SLOT_CONFIG_BASE);
    end(bench, bench->node, SW_OK, empty_slot, SW_NODE_SLOT_CONFIG_REGISTERS);
    assert_int_equal(bench->unopened, 1);
    return bench;
}

static void an_order_that_comes_during_an_exchange_is_carried_out_after_it(void **state)
{
    (void)state;
    struct bench *bench = bench_with_unopened_log();
    const struct node_order order = {.open_log = true, .open_epoch = 9, .open_base = 100};
    begin(bench, bench->node);
    station_order(bench->node, &order, bench->now_us);
    answer_health(bench, 0);
    begin(bench, bench->node);
    assert_int_equal(function_asked(bench), 16);
    assert_int_equal(address_asked(bench), SW_NODE_HOLDING_LOG_OPEN_EPOCH);
    bench_free(bench);
}

static void an_order_between_exchanges_is_carried_out_at_once(void **state)
{
    (void)state;
    struct bench *bench = bench_with_unopened_log();
    const struct node_order order = {.open_log = true, .open_epoch = 9, .open_base = 100};
    station_order(bench->node, &order, bench->now_us);
    assert_int_equal(station_due_us(bench->node), bench->now_us);
    begin(bench, bench->node);
    assert_int_equal(address_asked(bench), SW_NODE_HOLDING_LOG_OPEN_EPOCH);
    bench_free(bench);
}

static void who_is_reconnected_in_the_middle_is_recognised_first(void **state)
{
    (void)state;
    struct bench *bench = bench_with_unopened_log();
    begin(bench, bench->node);
    station_reconnect(bench->node, bench->now_us);
    assert_false(bench->node->busy);
    assert_int_equal(station_due_us(bench->node), bench->now_us);
    begin(bench, bench->node);
    answer_identity(bench);
    bench_free(bench);
}

/* Else silent nodes would be asked before all others with each new connection, and cost the line that one too. */
static void who_was_silent_is_a_suspect_over_a_new_connection(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    begin(bench, bench->node);
    end(bench, bench->node, SW_ERROR_TIMEOUT, NULL, 0);
    begin(bench, bench->device);
    end(bench, bench->device, SW_ERROR_TIMEOUT, NULL, 0);
    station_reconnect(bench->node, bench->now_us);
    station_reconnect(bench->device, bench->now_us);
    assert_true(station_is_suspect(bench->node));
    assert_true(station_is_suspect(bench->device));
    bench_free(bench);
}

static void a_request_that_could_not_be_made_is_a_failure(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    end(bench, bench->device, SW_ERROR_LATE_FRAME, NULL, 0);
    assert_int_equal(bench->last.type, FIELD_EVENT_SAMPLE);
    assert_int_equal(bench->last.sample.error, SW_ERROR_LATE_FRAME);
    assert_int_equal(bench->last.sample.count, 0);
    assert_true(station_is_suspect(bench->device));
    assert_int_equal(station_due_us(bench->device), bench->now_us + S);
    end(bench, bench->node, SW_ERROR_LATE_FRAME, NULL, 0);
    assert_true(station_is_suspect(bench->node));
    bench_free(bench);
}

static void a_node_is_down_after_three_failures_and_up_again_once_recognised(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    for (int i = 0; i < 3; i++) {
        assert_int_equal(bench->links, 0);
        begin(bench, bench->node);
        end(bench, bench->node, SW_ERROR_TIMEOUT, NULL, 0);
    }
    assert_int_equal(bench->links, 1);
    assert_false(bench->last.up);
    assert_int_equal(bench->last.error, SW_ERROR_TIMEOUT);
    assert_string_equal(bench->last.text,
                        "unit 4 on line: 3 requests in a row failed, the last one: no reply within the timeout");
    begin(bench, bench->node);
    answer_identity(bench);
    begin(bench, bench->node);
    answer_health(bench, 3);
    assert_int_equal(bench->links, 2);
    assert_true(bench->last.up);
    bench_free(bench);
}

/* What a line says of its timeout is asked for, unless the device needs longer. */
static void a_device_has_the_longer_of_two_timeouts(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    uint16_t own_ms = bench->devices[0].profile->timeout_ms;
    bench->config.timeout_ms = own_ms + 1000u;
    begin(bench, bench->device);
    assert_int_equal(bench->exchange.timeout_ms, own_ms + 1000);
    bench->config.timeout_ms = 1;
    begin(bench, bench->device);
    assert_int_equal(bench->exchange.timeout_ms, own_ms);
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_that_comes_during_an_exchange_is_carried_out_after_it),
        cmocka_unit_test(an_order_between_exchanges_is_carried_out_at_once),
        cmocka_unit_test(who_is_reconnected_in_the_middle_is_recognised_first),
        cmocka_unit_test(who_was_silent_is_a_suspect_over_a_new_connection),
        cmocka_unit_test(a_request_that_could_not_be_made_is_a_failure),
        cmocka_unit_test(a_node_is_down_after_three_failures_and_up_again_once_recognised),
        cmocka_unit_test(a_device_has_the_longer_of_two_timeouts),
    };
    return cmocka_run_group_tests_name("field_bus station", tests, NULL, NULL);
}
