/* The whole port going over to another configuration, over real ptys and with its threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bus_listener.h"
#include "model_node.h"
#include "stillwater/error.h"

#define UNIT   4
#define SERIAL 70001

enum { DEVICE_A = 20, DEVICE_B, DEVICE_C, DEAD_DEVICE };

struct bench {
    struct scripted_slave slave;
    struct model_node node;
    atomic_uint identifications;
    struct listener *gateway;
    bool settled;
};

static void handle(void *ctx, struct scripted_slave *slave, const uint8_t *request, size_t size)
{
    struct bench *bench = ctx;
    const uint16_t registers[] = {12, 1, 3600, request[0]};
    if (request[0] == DEAD_DEVICE) return;
    if (request[0] >= DEVICE_A) {
        slave_send_registers(slave, request[0], request[1], registers, 4);
        return;
    }
    if (request[1] == 4 && request[2] == 0 && request[3] == SW_NODE_INPUT_MAGIC) bench->identifications++;
    model_node_handle(&bench->node, slave, request, size);
}

/* A configuration in memory of its own. */
struct plan {
    struct gateway_config config;
    struct config_line lines[2];
    struct config_node node;
    struct config_device devices[2][3];
    char port[96];
};

static struct plan *plan_new(const struct bench *bench, const char *line_id)
{
    struct plan *plan = calloc(1, sizeof *plan);
    assert_non_null(plan);
    snprintf(plan->port, sizeof plan->port, "%s", bench->slave.path);
    for (int i = 0; i < 2; i++)
        plan->lines[i] = (struct config_line){.port = plan->port,
                                              .settings = {115200, 'N', 1},
                                              .poll_interval_ms = 30,
                                              .timeout_ms = 10000,
                                              .nodes = &plan->node,
                                              .devices = plan->devices[i]};
    snprintf(plan->lines[0].id, sizeof plan->lines[0].id, "%s", line_id);
    plan->config.lines = plan->lines;
    plan->config.line_count = 1;
    return plan;
}

static void plan_node(struct plan *plan)
{
    plan->node = (struct config_node){.id = "node", .unit_id = UNIT};
    plan->lines[0].node_count = 1;
}

static void plan_device(struct plan *plan, uint8_t unit_id)
{
    struct config_device *device = &plan->devices[0][plan->lines[0].device_count++];
    *device = (struct config_device){
        .unit_id = unit_id, .profile = sw_profile_by_id(SW_PROFILE_MANHOLE), .poll_interval_ms = 50};
    snprintf(device->id, sizeof device->id, "device-%u", unit_id);
}

/* Freed with nothing of it left readable. */
static void plan_free(struct plan *plan)
{
    memset(plan, 0xee, sizeof *plan);
    free(plan);
}

static struct bench *bench_new(void)
{
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    model_node_init(&bench->node, UNIT, SERIAL);
    slave_init(&bench->slave, handle, bench);
    slave_connect(&bench->slave);
    bench->gateway = listener_new(bench->slave.path);
    return bench;
}

static void start(struct bench *bench, struct plan *plan)
{
    bench->gateway->config = plan->config;
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

static void on_settled(void *ctx)
{
    struct bench *bench = ctx;
    assert_false(bench->settled);
    bench->settled = true;
}

static int apply(struct bench *bench, const struct plan *plan)
{
    bench->settled = false;
    return field_bus_apply(bench->gateway->bus, &plan->config, on_settled, bench);
}

/* Good samples of a device since the `since`-th sample. */
static uint32_t good(const struct bench *bench, uint32_t since, uint32_t device)
{
    uint32_t count = 0;
    for (uint32_t i = since; i < bench->gateway->sample_count; i++)
        count += bench->gateway->samples[i].device == device && bench->gateway->samples[i].error == SW_OK;
    return count;
}

static void a_node_that_stays_goes_on_where_it_was(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    struct plan *old = plan_new(bench, "line"), *next = plan_new(bench, "line");
    plan_node(old);
    plan_device(old, DEVICE_A);
    plan_device(old, DEVICE_B);
    plan_node(next);
    plan_device(next, DEVICE_C);
    plan_device(next, DEVICE_B);
    start(bench, old);
    for (int i = 0; i < 30; i++)
        model_node_add(&bench->node);
    listener_until(bench->gateway,
                   bench->gateway->record_count == 30 && good(bench, 0, 0) > 0 && good(bench, 0, 1) > 0);

    assert_int_equal(apply(bench, next), SW_OK);
    assert_false(bench->settled);
    listener_until(bench->gateway, bench->settled);
    plan_free(old);
    uint32_t since = bench->gateway->sample_count;
    for (int i = 0; i < 30; i++)
        model_node_add(&bench->node);
    listener_until(bench->gateway,
                   bench->gateway->record_count == 60 && good(bench, since, 0) > 2 && good(bench, since, 1) > 2);
    for (uint32_t i = 0; i < 60; i++)
        assert_int_equal(bench->gateway->records[i].sequence, i + 1);
    assert_int_equal(bench->identifications, 1);
    assert_int_equal(bench->gateway->node_changes, 1);
    assert_int_equal(bench->gateway->line_changes, 1);
    bench_free(bench);
    plan_free(next);
}

static void a_new_line_gets_the_port_of_one_that_went(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    struct plan *old = plan_new(bench, "old-line"), *next = plan_new(bench, "new-line");
    plan_device(old, DEVICE_A);
    plan_device(next, DEVICE_B);
    plan_device(next, DEVICE_C);
    start(bench, old);
    listener_until(bench->gateway, good(bench, 0, 0) > 0);
    assert_int_equal(apply(bench, next), SW_OK);
    listener_until(bench->gateway, bench->settled);
    plan_free(old);
    uint32_t since = bench->gateway->sample_count;
    listener_until(bench->gateway, good(bench, since, 0) > 0 && good(bench, since, 1) > 0);
    assert_int_equal(bench->gateway->line_changes, 2);
    /* Its counters begin anew. */
    assert_true(field_bus_line_counters(bench->gateway->bus, 0).requests <= bench->gateway->sample_count - since + 32);
    bench_free(bench);
    plan_free(next);
}

static void a_line_that_goes_and_comes_back_is_served_again(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    struct plan *old = plan_new(bench, "line"), *none = plan_new(bench, "line"), *back = plan_new(bench, "line");
    plan_device(old, DEVICE_A);
    plan_device(back, DEVICE_A);
    none->config.line_count = 0;
    start(bench, old);
    listener_until(bench->gateway, good(bench, 0, 0) > 0);
    assert_int_equal(apply(bench, none), SW_OK);
    uint32_t since = bench->gateway->sample_count;
    listener_until(bench->gateway, bench->settled);
    assert_int_equal(bench->gateway->sample_count, since);
    plan_free(old);
    assert_int_equal(apply(bench, back), SW_OK);
    listener_until(bench->gateway, bench->settled && good(bench, since, 0) > 0);
    plan_free(none);
    bench_free(bench);
    plan_free(back);
}

static void a_line_may_change_its_transport_and_change_back(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    struct plan *serial = plan_new(bench, "line"), *tcp = plan_new(bench, "line"), *back = plan_new(bench, "line");
    char nobody[] = "127.0.0.1";
    plan_device(serial, DEVICE_A);
    plan_device(tcp, DEVICE_A);
    plan_device(back, DEVICE_A);
    tcp->lines[0].transport = CONFIG_TCP;
    tcp->lines[0].port = NULL;
    tcp->lines[0].host = nobody;
    tcp->lines[0].tcp_port = 1;
    tcp->lines[0].outstanding = 1;
    start(bench, serial);
    listener_until(bench->gateway, good(bench, 0, 0) > 0);
    assert_int_equal(apply(bench, tcp), SW_OK);
    uint32_t since = bench->gateway->sample_count;
    listener_until(bench->gateway, bench->settled && bench->gateway->line_up == 0);
    plan_free(serial);
    assert_non_null(strstr(bench->gateway->line_text, nobody));
    assert_int_equal(bench->gateway->sample_count, since);
    assert_int_equal(apply(bench, back), SW_OK);
    listener_until(bench->gateway, bench->settled && bench->gateway->line_up == 1 && good(bench, since, 0) > 0);
    plan_free(tcp);
    bench_free(bench);
    plan_free(back);
}

static void what_went_in_the_middle_of_a_request_is_not_heard_of_again(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    struct plan *old = plan_new(bench, "line"), *next = plan_new(bench, "line"), *later = plan_new(bench, "line");
    plan_device(old, DEAD_DEVICE);
    old->lines[0].timeout_ms = next->lines[0].timeout_ms = 1000;
    plan_device(next, DEVICE_B);
    start(bench, old);
    listener_until(bench->gateway,
                   field_bus_line_counters(bench->gateway->bus, 0).requests > 0 || bench->gateway->line_up == 1);
    listener_run_ms(bench->gateway, 50);
    assert_int_equal(apply(bench, next), SW_OK);
    /* The thread waits for an answer: until it has given up, the old configuration is in use. */
    if (!bench->settled)
        assert_int_equal(field_bus_apply(bench->gateway->bus, &later->config, on_settled, bench), SW_ERROR_BUSY);
    listener_until(bench->gateway, bench->settled && bench->gateway->sample_count > 0);
    for (uint32_t i = 0; i < bench->gateway->sample_count; i++)
        assert_int_equal(bench->gateway->samples[i].error, SW_OK);
    plan_free(old);
    plan_free(later);
    bench_free(bench);
    plan_free(next);
}

static void a_bus_may_be_closed_before_it_has_settled(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    struct plan *old = plan_new(bench, "old-line"), *next = plan_new(bench, "new-line");
    plan_device(old, DEAD_DEVICE);
    plan_device(next, DEVICE_A);
    start(bench, old);
    listener_until(bench->gateway, bench->gateway->line_up == 1);
    assert_int_equal(apply(bench, next), SW_OK);
    bench_free(bench);
    plan_free(old);
    plan_free(next);
}

/* No descriptor is left for a second line. */
static void where_something_new_cannot_be_made_all_stays_as_it_was(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    struct plan *old = plan_new(bench, "line"), *next = plan_new(bench, "line");
    plan_device(old, DEVICE_A);
    plan_device(next, DEVICE_B);
    next->config.line_count = 2;
    snprintf(next->lines[1].id, sizeof next->lines[1].id, "second");
    start(bench, old);
    listener_until(bench->gateway, good(bench, 0, 0) > 0);

    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    int lowest = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(lowest >= 0);
    close(lowest);
    struct rlimit none_left = {.rlim_cur = (rlim_t)lowest, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none_left), 0);
    int error = apply(bench, next);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(error, SW_ERROR_SYSTEM);

    memset(next, 0xee, sizeof *next);
    uint32_t since = bench->gateway->sample_count;
    listener_until(bench->gateway, good(bench, since, 0) > 5);
    assert_false(bench->settled);
    assert_int_equal(bench->gateway->line_changes, 1);
    bench_free(bench);
    plan_free(old);
    free(next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_that_stays_goes_on_where_it_was),
        cmocka_unit_test(a_new_line_gets_the_port_of_one_that_went),
        cmocka_unit_test(a_line_that_goes_and_comes_back_is_served_again),
        cmocka_unit_test(a_line_may_change_its_transport_and_change_back),
        cmocka_unit_test(what_went_in_the_middle_of_a_request_is_not_heard_of_again),
        cmocka_unit_test(a_bus_may_be_closed_before_it_has_settled),
        cmocka_unit_test(where_something_new_cannot_be_made_all_stays_as_it_was),
    };
    return cmocka_run_group_tests_name("field_bus apply", tests, NULL, NULL);
}
