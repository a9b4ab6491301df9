/* Connections and who shares them: units that dial in, units that are silent, names, and another configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bus_listener.h"
#include "core/poll/line_plan.h"
#include "scripted_slave.h"
#include "stillwater/error.h"

#define SHORT_MS 200
#define QUICK_MS 100

static uint32_t samples_of(const struct listener *gateway, uint32_t line, uint32_t device, int error)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < gateway->sample_count; i++) {
        const struct field_bus_sample *sample = &gateway->samples[i];
        count += sample->line == line && sample->device == device && sample->error == error;
    }
    return count;
}

/* ---- a server that counts ---- */

#define UNITS_MAX 250

struct server {
    struct scripted_slave slave;
    atomic_uint requests[UNITS_MAX];
    atomic_int silent_unit; /* -1: none; 0: all */
    uint8_t only_unit;      /* who answers; 0: silent_unit says who does not */
    unsigned hold;          /* replies are kept until there are so many */
    unsigned held;
    uint8_t held_requests[16][32];
    uint16_t held_transactions[16];
};

static void reply(struct scripted_slave *slave, const uint8_t *request)
{
    const uint16_t registers[] = {12, 1, (uint16_t)(3000 + request[0]), 0};
    slave_send_registers(slave, request[0], request[1], registers, 4);
}

/* The last request is answered first. */
static void hold_back(struct server *server, const uint8_t *request, size_t size)
{
    memcpy(server->held_requests[server->held], request, size);
    server->held_transactions[server->held++] = server->slave.transaction;
    if (server->held < server->hold) return;
    while (server->held > 0) {
        server->slave.transaction = server->held_transactions[--server->held];
        reply(&server->slave, server->held_requests[server->held]);
    }
}

static void serve(void *ctx, struct scripted_slave *slave, const uint8_t *request, size_t size)
{
    struct server *server = ctx;
    int silent = atomic_load(&server->silent_unit);
    atomic_fetch_add(&server->requests[request[0]], 1);
    if (silent == 0 || silent == request[0]) return;
    if (server->only_unit > 0 && server->only_unit != request[0]) return;
    if (server->hold > 0)
        hold_back(server, request, size);
    else
        reply(slave, request);
}

static struct server *server_new(void)
{
    struct server *server = calloc(1, sizeof *server);
    assert_non_null(server);
    server->silent_unit = -1;
    slave_init(&server->slave, serve, server);
    return server;
}

static void server_free(struct server *server)
{
    slave_disconnect(&server->slave);
    slave_remove(&server->slave);
    free(server);
}

static void fill_devices(struct config_device *devices, uint32_t count, uint32_t poll_ms)
{
    for (uint32_t i = 0; i < count; i++) {
        devices[i] = (struct config_device){
            .unit_id = (uint8_t)(i + 1), .profile = sw_profile_by_id(SW_PROFILE_MANHOLE), .poll_interval_ms = poll_ms};
        snprintf(devices[i].id, sizeof devices[i].id, "device-%u", i);
    }
}

/* ---- who shares a connection ---- */

/* Answers sooner than the real one has to, for tests that wait for many times its timeout. */
static const struct sw_profile *quick_profile(void)
{
    static struct sw_profile quick;
    quick = *sw_profile_by_id(SW_PROFILE_MANHOLE);
    quick.timeout_ms = QUICK_MS;
    return &quick;
}

static void use_quick_devices(struct listener *gateway, struct config_device *devices, uint32_t count, uint32_t poll_ms)
{
    fill_devices(devices, count, poll_ms);
    for (uint32_t i = 0; i < count; i++)
        devices[i].profile = quick_profile();
    gateway->line.devices = devices;
    gateway->line.device_count = count;
    gateway->line.timeout_ms = QUICK_MS;
    gateway->line.settings.baud = 921600;
}

/* What a silent unit takes of its connection: a twentieth in the long run. Counted in its own requests, each of which
 * costs a timeout, so that it holds on a slow machine, too. */
static void a_silent_unit_takes_little_of_the_others_time(void **state)
{
    (void)state;
    enum { UNITS = 100, SILENT = 42 };
    const enum config_transport transports[] = {CONFIG_TCP, CONFIG_RTU_OVER_TCP};
    for (size_t i = 0; i < 2; i++) {
        static struct config_device devices[UNITS];
        struct server *server = server_new();
        server->silent_unit = SILENT;
        slave_listen(&server->slave, transports[i] == CONFIG_TCP);
        struct listener *gateway = listener_new("");
        listener_use_tcp(gateway, transports[i], server->slave.tcp_port);
        use_quick_devices(gateway, devices, UNITS, 100);
        listener_start(gateway);
        listener_until(gateway, field_bus_line_counters(gateway->bus, 0).timeouts >= 1);
        int64_t begun_ms = listener_now_ms();
        listener_until(gateway, field_bus_line_counters(gateway->bus, 0).timeouts >= 2);
        int64_t cost_ms = transports[i] == CONFIG_TCP ? QUICK_MS : 2 * QUICK_MS;
        assert_true(listener_now_ms() - begun_ms >= POLL_SILENT_PAUSE_TCP * cost_ms);
        struct field_bus_counters counters = field_bus_line_counters(gateway->bus, 0);
        assert_in_range(counters.requests - counters.replies - counters.timeouts, 0, 1); /* one is under way */
        assert_int_equal(samples_of(gateway, 0, SILENT - 1, SW_OK), 0);
        for (uint32_t s = 0; s < gateway->sample_count; s++)
            if (gateway->samples[s].error == SW_OK)
                assert_int_equal(gateway->samples[s].values[2].value, 3001 + gateway->samples[s].device);
        assert_int_equal(server->slave.connections, 1);
        listener_finish(gateway);
        server_free(server);
    }
}

static void as_many_requests_are_under_way_as_are_allowed(void **state)
{
    (void)state;
    enum { UNITS = 8, OUTSTANDING = 4 };
    static struct config_device devices[UNITS];
    struct server *server = server_new();
    server->hold = OUTSTANDING;
    slave_listen(&server->slave, true);
    struct listener *gateway = listener_new("");
    listener_use_tcp(gateway, CONFIG_TCP, server->slave.tcp_port);
    gateway->line.outstanding = OUTSTANDING;
    fill_devices(devices, UNITS, 50);
    gateway->line.devices = devices;
    gateway->line.device_count = UNITS;
    listener_start(gateway);
    /* One at a time would never bring the second; five at a time would bring more than is held. */
    listener_until(gateway, gateway->sample_count >= 20 * UNITS);
    for (uint32_t i = 0; i < gateway->sample_count; i++) {
        assert_int_equal(gateway->samples[i].error, SW_OK);
        assert_int_equal(gateway->samples[i].values[2].value, 3001 + gateway->samples[i].device);
    }
    assert_int_equal(field_bus_line_counters(gateway->bus, 0).late_frames, 0);
    listener_finish(gateway);
    server_free(server);
}

static void a_connection_on_which_nobody_answers_is_renewed(void **state)
{
    (void)state;
    struct server *server = server_new();
    server->silent_unit = 0;
    slave_listen(&server->slave, true);
    struct listener *gateway = listener_new("");
    listener_use_tcp(gateway, CONFIG_TCP, server->slave.tcp_port);
    gateway->line.timeout_ms = SHORT_MS;
    listener_add_device(gateway, 1, SW_PROFILE_MANHOLE, 50);
    listener_start(gateway);
    listener_until(gateway, gateway->line_up == 0);
    assert_non_null(strstr(gateway->line_text, "nobody answers"));
    server->silent_unit = -1;
    listener_until(gateway, samples_of(gateway, 0, 0, SW_OK) > 0);
    assert_int_equal(gateway->line_up, 1);
    listener_finish(gateway);
    server_free(server);
}

/* Whoever takes connections and gives no answer does not raise and clear an alert with each of them. */
static void a_line_is_up_with_its_first_answer(void **state)
{
    (void)state;
    struct config_device devices[1];
    struct server *server = server_new();
    server->silent_unit = 0;
    slave_listen(&server->slave, true);
    struct listener *gateway = listener_new("");
    listener_use_tcp(gateway, CONFIG_TCP, server->slave.tcp_port);
    use_quick_devices(gateway, devices, 1, 50);
    listener_start(gateway);
    listener_until(gateway, server->slave.connections >= 3);
    assert_int_equal(gateway->line_changes, 1);
    assert_int_equal(gateway->line_up, 0);
    server->silent_unit = -1;
    listener_until(gateway, samples_of(gateway, 0, 0, SW_OK) > 0);
    assert_int_equal(gateway->line_changes, 2);
    assert_int_equal(gateway->line_up, 1);
    listener_finish(gateway);
    server_free(server);
}

/* A far side that hangs up on who says nothing for a while: the line does not stay down until the next poll. */
static void a_line_that_was_hung_up_on_is_asked_at_once(void **state)
{
    (void)state;
    enum { HOUR_MS = 3600000 };
    struct config_device devices[1];
    struct server *server = server_new();
    slave_listen(&server->slave, true);
    struct listener *gateway = listener_new("");
    listener_use_tcp(gateway, CONFIG_TCP, server->slave.tcp_port);
    use_quick_devices(gateway, devices, 1, HOUR_MS);
    listener_start(gateway);
    listener_until(gateway, server->slave.connections == 1);
    for (unsigned i = 0; i < 2; i++) {
        slave_disconnect(&server->slave);
        listener_until(gateway, gateway->line_up == 0);
        slave_listen(&server->slave, true);
        listener_until(gateway, gateway->line_up == 1);
    }
    listener_finish(gateway);
    server_free(server);
}

/* Those who have been silent before say nothing about the connection while somebody else answers, however seldom that
 * one is asked. */
static void silent_units_do_not_cost_the_others_their_connection(void **state)
{
    (void)state;
    enum { UNITS = 3, SOUND = 1, HOUR_MS = 3600000 };
    struct config_device devices[UNITS];
    struct server *server = server_new();
    server->only_unit = SOUND;
    slave_listen(&server->slave, true);
    struct listener *gateway = listener_new("");
    listener_use_tcp(gateway, CONFIG_TCP, server->slave.tcp_port);
    use_quick_devices(gateway, devices, UNITS, 50);
    devices[SOUND - 1].poll_interval_ms = HOUR_MS;
    listener_start(gateway);
    listener_until(gateway, field_bus_line_counters(gateway->bus, 0).timeouts >= 4);
    assert_int_equal(samples_of(gateway, 0, SOUND - 1, SW_OK), 1);
    assert_int_equal(gateway->line_changes, 1);
    assert_int_equal(server->slave.connections, 1);
    listener_finish(gateway);
    server_free(server);
}

/* ---- who cannot be reached ---- */

static void whoever_cannot_be_reached_is_told_and_reached_later(void **state)
{
    (void)state;
    struct server *server = server_new();
    slave_listen(&server->slave, true);
    slave_disconnect(&server->slave); /* its port is known now, and nobody is there */
    struct listener *gateway = listener_new("");
    listener_use_tcp(gateway, CONFIG_TCP, server->slave.tcp_port);
    listener_add_device(gateway, 1, SW_PROFILE_MANHOLE, 50);
    listener_start(gateway);
    listener_until(gateway, gateway->line_up == 0);
    assert_non_null(strstr(gateway->line_text, "127.0.0.1:"));
    assert_non_null(strstr(gateway->line_text, "refused"));
    assert_int_equal(gateway->sample_count, 0);
    slave_listen(&server->slave, true);
    listener_until(gateway, samples_of(gateway, 0, 0, SW_OK) > 0);
    assert_int_equal(gateway->line_changes, 2);
    listener_finish(gateway);
    server_free(server);
}

/* An address that never answers: nobody takes what waits at the port, and what comes after it is dropped. */
struct black_hole {
    int listening, waiting[2];
    uint16_t tcp_port;
};

static void black_hole_open(struct black_hole *hole)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    hole->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(hole->listening, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(hole->listening, 0), 0);
    assert_int_equal(getsockname(hole->listening, (struct sockaddr *)&address, &size), 0);
    hole->tcp_port = ntohs(address.sin_port);
    for (size_t i = 0; i < 2; i++) {
        hole->waiting[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        (void)connect(hole->waiting[i], (struct sockaddr *)&address, size);
    }
}

static void black_hole_close(const struct black_hole *hole)
{
    close(hole->waiting[0]);
    close(hole->waiting[1]);
    close(hole->listening);
}

/* One at a name that is looked up, one at a name in no list of hosts, one whose address never answers. The dead ones do
 * not keep the other waiting: it is asked many times while they are tried. */
static void a_dead_name_and_a_dead_address_keep_nobody_waiting(void **state)
{
    (void)state;
    struct black_hole hole;
    struct server *server = server_new();
    black_hole_open(&hole);
    slave_listen(&server->slave, true);
    struct listener *gateway = listener_new("");
    listener_use_tcp(gateway, CONFIG_TCP, server->slave.tcp_port);
    listener_add_device(gateway, 1, SW_PROFILE_MANHOLE, 50);
    struct config_line lines[3] = {gateway->line, gateway->line, gateway->line};
    char name[] = "localhost", nobody[] = "no such name";
    lines[0].host = nobody;
    lines[1].host = name;
    lines[2].tcp_port = hole.tcp_port;
    gateway->config.lines = lines;
    gateway->config.line_count = 3;
    listener_start(gateway);
    listener_until(gateway, samples_of(gateway, 1, 0, SW_OK) > 0);
    uint64_t failures = field_bus_line_counters(gateway->bus, 2).port_failures;
    listener_until(gateway, field_bus_line_counters(gateway->bus, 0).port_failures > 1 &&
                                field_bus_line_counters(gateway->bus, 2).port_failures > failures);
    assert_non_null(strstr(gateway->line_text, "no answer"));
    assert_true(samples_of(gateway, 1, 0, SW_OK) > 20);
    assert_int_equal(samples_of(gateway, 0, 0, SW_OK), 0);
    assert_int_equal(samples_of(gateway, 2, 0, SW_OK), 0);
    listener_finish(gateway);
    server_free(server);
    black_hole_close(&hole);
}

/* ---- who dials in ---- */

static const char *const registrations[] = {"DTU-1", "\x01\x02\x03\x04\x05\x06"};

struct dialled {
    struct listener *gateway;
    struct config_line lines[2];
    uint16_t tcp_port;
};

/* Some port of ours that is free. */
static uint16_t free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    close(fd);
    return ntohs(address.sin_port);
}

/* Two lines on one port, each with a unit. */
static struct dialled *dialled_new(void)
{
    struct dialled *dialled = calloc(1, sizeof *dialled);
    dialled->gateway = listener_new("");
    dialled->tcp_port = free_port();
    listener_use_tcp(dialled->gateway, CONFIG_RTU_OVER_TCP_LISTEN, dialled->tcp_port);
    listener_add_device(dialled->gateway, 1, SW_PROFILE_MANHOLE, 50);
    for (size_t i = 0; i < 2; i++) {
        dialled->lines[i] = dialled->gateway->line;
        dialled->lines[i].registration_size = (uint8_t)strlen(registrations[i]);
        dialled->lines[i].registration = (uint8_t *)strdup(registrations[i]);
        snprintf(dialled->lines[i].id, sizeof dialled->lines[i].id, "line-%zu", i);
    }
    dialled->gateway->config.lines = dialled->lines;
    dialled->gateway->config.line_count = 2;
    listener_start(dialled->gateway);
    listener_until(dialled->gateway, dialled->gateway->line_changes == 2);
    assert_int_equal(dialled->gateway->line_up, 0);
    assert_non_null(strstr(dialled->gateway->line_text, "has not dialled in yet"));
    return dialled;
}

static void dialled_free(struct dialled *dialled)
{
    listener_finish(dialled->gateway);
    free(dialled->lines[0].registration);
    free(dialled->lines[1].registration);
    free(dialled);
}

static void units_that_dial_in_are_known_by_their_registration(void **state)
{
    (void)state;
    struct dialled *dialled = dialled_new();
    struct server *servers[2];
    for (size_t i = 0; i < 2; i++) {
        servers[i] = server_new();
        slave_dial(&servers[i]->slave, dialled->tcp_port, registrations[i], strlen(registrations[i]));
    }
    listener_until(dialled->gateway,
                   samples_of(dialled->gateway, 0, 0, SW_OK) > 2 && samples_of(dialled->gateway, 1, 0, SW_OK) > 2);
    /* A heartbeat that is the registration packet spoils nothing. */
    uint64_t before = field_bus_line_counters(dialled->gateway->bus, 0).late_frames;
    slave_send_raw(&servers[0]->slave, (const uint8_t *)registrations[0], strlen(registrations[0]));
    uint32_t seen = samples_of(dialled->gateway, 0, 0, SW_OK);
    listener_until(dialled->gateway, samples_of(dialled->gateway, 0, 0, SW_OK) > seen + 2);
    assert_int_equal(field_bus_line_counters(dialled->gateway->bus, 0).late_frames, before);
    dialled_free(dialled);
    server_free(servers[0]);
    server_free(servers[1]);
}

static void a_unit_that_dials_again_replaces_its_connection(void **state)
{
    (void)state;
    struct dialled *dialled = dialled_new();
    struct server *first = server_new(), *second = server_new();
    slave_dial(&first->slave, dialled->tcp_port, registrations[0], strlen(registrations[0]));
    listener_until(dialled->gateway, samples_of(dialled->gateway, 0, 0, SW_OK) > 0);
    uint32_t changes = dialled->gateway->line_changes;
    slave_dial(&second->slave, dialled->tcp_port, registrations[0], strlen(registrations[0]));
    listener_until(dialled->gateway, atomic_load(&second->requests[1]) > 1);
    unsigned asked = atomic_load(&first->requests[1]);
    uint32_t seen = samples_of(dialled->gateway, 0, 0, SW_OK);
    listener_until(dialled->gateway, samples_of(dialled->gateway, 0, 0, SW_OK) > seen + 2);
    assert_int_equal(atomic_load(&first->requests[1]), asked);
    /* The line was never without a connection. */
    assert_int_equal(dialled->gateway->line_changes, changes);
    dialled_free(dialled);
    server_free(first);
    server_free(second);
}

static void strangers_are_hung_up_on_and_told_of_once(void **state)
{
    (void)state;
    struct dialled *dialled = dialled_new();
    struct server *strangers[3], *known = server_new();
    for (size_t i = 0; i < 3; i++) {
        strangers[i] = server_new();
        slave_dial(&strangers[i]->slave, dialled->tcp_port, "DTU-2\r\n", 7);
    }
    listener_until(dialled->gateway, dialled->gateway->strangers > 0);
    assert_non_null(strstr(dialled->gateway->stranger, "127.0.0.1"));
    assert_non_null(strstr(dialled->gateway->stranger, "registration of no line: 44 54 55 2d 32 0d 0a"));
    slave_dial(&known->slave, dialled->tcp_port, registrations[1], 2); /* in two pieces */
    listener_run_ms(dialled->gateway, 50);
    slave_send_raw(&known->slave, (const uint8_t *)registrations[1] + 2, strlen(registrations[1]) - 2);
    listener_until(dialled->gateway, samples_of(dialled->gateway, 1, 0, SW_OK) > 0);
    assert_int_equal(dialled->gateway->strangers, 1);
    assert_int_equal(samples_of(dialled->gateway, 0, 0, SW_OK), 0);
    dialled_free(dialled);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(atomic_load(&strangers[i]->requests[1]), 0);
        server_free(strangers[i]);
    }
    server_free(known);
}

static void a_port_that_is_taken_is_told(void **state)
{
    (void)state;
    struct server *other = server_new();
    slave_listen(&other->slave, true);
    struct listener *gateway = listener_new("");
    uint8_t registration[] = {'x'};
    listener_use_tcp(gateway, CONFIG_RTU_OVER_TCP_LISTEN, other->slave.tcp_port);
    gateway->line.registration = registration;
    gateway->line.registration_size = 1;
    listener_add_device(gateway, 1, SW_PROFILE_MANHOLE, 50);
    listener_start(gateway);
    listener_until(gateway, gateway->line_up == 0);
    assert_non_null(strstr(gateway->line_text, "address already in use"));
    listener_finish(gateway);
    server_free(other);
}

/* ---- another configuration ---- */

static void on_settled(void *ctx)
{
    *(bool *)ctx = true;
}

/* A copy whose memory is given back, so that a sanitizer sees who still reads it. */
struct plan {
    struct gateway_config config;
    struct config_line line;
    struct config_device devices[3];
    char host[16];
};

static struct plan *plan_new(uint16_t tcp_port, uint32_t first, uint32_t count)
{
    struct plan *plan = calloc(1, sizeof *plan);
    fill_devices(plan->devices, 3, 50);
    memmove(plan->devices, plan->devices + first, count * sizeof plan->devices[0]);
    strcpy(plan->host, "127.0.0.1");
    plan->line = (struct config_line){.id = "line",
                                      .transport = CONFIG_TCP,
                                      .host = plan->host,
                                      .tcp_port = tcp_port,
                                      .outstanding = 1,
                                      .timeout_ms = SHORT_MS,
                                      .poll_interval_ms = 50,
                                      .devices = plan->devices,
                                      .device_count = count};
    plan->config.lines = &plan->line;
    plan->config.line_count = 1;
    return plan;
}

static void a_line_goes_over_to_another_configuration_with_its_connection(void **state)
{
    (void)state;
    struct server *server = server_new();
    slave_listen(&server->slave, true);
    struct listener *gateway = listener_new("");
    struct plan *old = plan_new(server->slave.tcp_port, 0, 2), *next = plan_new(server->slave.tcp_port, 1, 2);
    struct plan *none = plan_new(server->slave.tcp_port, 0, 0);
    bool settled = false;
    none->config.line_count = 0;
    gateway->config = old->config;
    listener_start(gateway);
    listener_until(gateway, samples_of(gateway, 0, 0, SW_OK) > 2 && samples_of(gateway, 0, 1, SW_OK) > 2);

    /* The first device goes, the second becomes the first, a third comes. The one that goes is just being asked. */
    server->silent_unit = 1;
    unsigned asked = atomic_load(&server->requests[1]);
    listener_until(gateway, atomic_load(&server->requests[1]) > asked);
    gateway->sample_count = 0;
    assert_int_equal(field_bus_apply(gateway->bus, &next->config, on_settled, &settled), SW_OK);
    assert_false(settled);
    listener_until(gateway, settled);
    memset(old, 0xee, sizeof *old);
    free(old);
    listener_until(gateway, samples_of(gateway, 0, 0, SW_OK) > 2 && samples_of(gateway, 0, 1, SW_OK) > 2);
    for (uint32_t i = 0; i < gateway->sample_count; i++) {
        assert_int_equal(gateway->samples[i].error, SW_OK);
        assert_int_equal(gateway->samples[i].values[2].value, 3002 + gateway->samples[i].device);
    }
    assert_int_equal(gateway->line_changes, 1);
    assert_int_equal(server->slave.connections, 1);

    settled = false;
    assert_int_equal(field_bus_apply(gateway->bus, &none->config, on_settled, &settled), SW_OK);
    gateway->sample_count = 0;
    listener_until(gateway, settled);
    free(next);
    listener_run_ms(gateway, 100);
    assert_int_equal(gateway->sample_count, 0);
    listener_finish(gateway);
    free(none);
    server_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_silent_unit_takes_little_of_the_others_time),
        cmocka_unit_test(as_many_requests_are_under_way_as_are_allowed),
        cmocka_unit_test(a_connection_on_which_nobody_answers_is_renewed),
        cmocka_unit_test(a_line_is_up_with_its_first_answer),
        cmocka_unit_test(a_line_that_was_hung_up_on_is_asked_at_once),
        cmocka_unit_test(silent_units_do_not_cost_the_others_their_connection),
        cmocka_unit_test(whoever_cannot_be_reached_is_told_and_reached_later),
        cmocka_unit_test(a_dead_name_and_a_dead_address_keep_nobody_waiting),
        cmocka_unit_test(units_that_dial_in_are_known_by_their_registration),
        cmocka_unit_test(a_unit_that_dials_again_replaces_its_connection),
        cmocka_unit_test(strangers_are_hung_up_on_and_told_of_once),
        cmocka_unit_test(a_port_that_is_taken_is_told),
        cmocka_unit_test(a_line_goes_over_to_another_configuration_with_its_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
