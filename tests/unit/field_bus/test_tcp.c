/* The whole port over TCP: Modbus TCP, RTU over TCP dialled out and in, against libmodbus and against servers that do
 * everything wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <modbus/modbus.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bus_listener.h"
#include "model_node.h"
#include "stillwater/error.h"

#define UNIT 4

/* For requests that go unanswered; the profile of the devices here asks for as much. */
#define SHORT_MS 200

/* ---- libmodbus as the server ---- */

struct oracle {
    pthread_t thread;
    int listen_fd;
    uint16_t tcp_port;
    bool rtu;
};

static void serve(struct oracle *oracle, int fd)
{
    modbus_t *modbus = oracle->rtu ? modbus_new_rtu("/dev/null", 9600, 'N', 8, 1) : modbus_new_tcp("127.0.0.1", 1502);
    modbus_mapping_t *mapping = modbus_mapping_new(0, 0, 16, 16);
    const uint16_t registers[] = {12, 1, 3600, 0};
    uint8_t request[MODBUS_TCP_MAX_ADU_LENGTH];
    memcpy(mapping->tab_registers, registers, sizeof registers);
    memcpy(mapping->tab_input_registers, registers, sizeof registers);
    modbus_set_slave(modbus, UNIT);
    modbus_set_socket(modbus, fd);
    for (;;) {
        int size = modbus_receive(modbus, request);
        if (size < 0) break;
        if (size > 0) modbus_reply(modbus, request, size, mapping);
    }
    modbus_mapping_free(mapping);
    modbus_free(modbus);
    close(fd);
}

static void *run_oracle(void *argument)
{
    struct oracle *oracle = argument;
    int fd;
    while ((fd = accept(oracle->listen_fd, NULL, NULL)) >= 0)
        serve(oracle, fd);
    return NULL;
}

static void oracle_start(struct oracle *oracle, bool rtu)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    oracle->rtu = rtu;
    oracle->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(oracle->listen_fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(oracle->listen_fd, 4), 0);
    assert_int_equal(getsockname(oracle->listen_fd, (struct sockaddr *)&address, &size), 0);
    oracle->tcp_port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&oracle->thread, NULL, run_oracle, oracle), 0);
}

static void oracle_stop(struct oracle *oracle)
{
    shutdown(oracle->listen_fd, SHUT_RDWR);
    pthread_join(oracle->thread, NULL);
    close(oracle->listen_fd);
}

static void libmodbus_is_understood(void **state)
{
    (void)state;
    const enum config_transport transports[] = {CONFIG_TCP, CONFIG_RTU_OVER_TCP};
    for (size_t i = 0; i < 2; i++) {
        struct oracle oracle;
        oracle_start(&oracle, transports[i] != CONFIG_TCP);
        struct listener *gateway = listener_new("");
        listener_use_tcp(gateway, transports[i], oracle.tcp_port);
        listener_add_device(gateway, UNIT, SW_PROFILE_MANHOLE, 50);
        listener_start(gateway);
        listener_until(gateway, gateway->sample_count >= 5 && gateway->samples[4].error == SW_OK);
        assert_int_equal(gateway->line_up, 1);
        const struct field_bus_sample *sample = &gateway->samples[0];
        assert_int_equal(sample->error, SW_OK);
        assert_int_equal(sample->count, 3);
        assert_int_equal(sample->values[0].value, 12);
        assert_int_equal(sample->values[2].value, 3600);
        assert_int_equal(field_bus_line_counters(gateway->bus, 0).wrong_replies, 0);
        listener_finish(gateway);
        oracle_stop(&oracle);
    }
}

/* ---- nodes ---- */

static void a_node_gives_its_records_over_every_transport(void **state)
{
    (void)state;
    const enum config_transport transports[] = {CONFIG_TCP, CONFIG_RTU_OVER_TCP};
    for (size_t i = 0; i < 2; i++) {
        struct scripted_slave slave;
        struct model_node node;
        model_node_init(&node, UNIT, 70001);
        slave_init(&slave, model_node_handle, &node);
        slave_listen(&slave, transports[i] == CONFIG_TCP);
        struct listener *gateway = listener_new("");
        listener_use_tcp(gateway, transports[i], slave.tcp_port);
        listener_add_node(gateway, UNIT);
        for (int n = 0; n < 60; n++)
            model_node_add(&node);
        listener_start(gateway);
        listener_until(gateway, gateway->record_count == 60);
        for (uint32_t n = 0; n < 60; n++)
            assert_int_equal(gateway->records[n].sequence, n + 1);
        assert_int_equal(gateway->node_up, 1);
        /* The last acknowledge goes out with a later poll. */
        listener_until(gateway, gateway->empty_batches > 0);
        slave_disconnect(&slave);
        listener_until(gateway, gateway->line_up == 0);
        assert_int_equal(gateway->node_changes, 1);
        listener_finish(gateway);
        assert_int_equal(node.acknowledged, 60);
        slave_remove(&slave);
        model_node_destroy(&node);
    }
}

/* ---- servers that do everything wrong ---- */

enum fault {
    FAULT_LATE, /* answers after the gateway has given up */
    FAULT_WRONG_TRANSACTION,
    FAULT_WRONG_UNIT,
    FAULT_WRONG_FUNCTION,
    FAULT_SHORT,
    FAULT_LONG,
    FAULT_ECHO,   /* hears itself: the request comes back in front of the reply */
    FAULT_BABBLE, /* noise in front of every reply */
    FAULT_HALF,   /* hangs up in the middle of a reply */
    FAULT_SILENT,
    FAULT_NOISE,   /* as long as the reply and longer, then the reply */
    FAULT_FOREIGN, /* a frame of another unit in two pieces, then the reply */
};

/* Every reply carries the number of the request it answers: whatever the gateway takes for the answer to another one is
 * seen. While a fault is on, every other request meets it. */
struct bad_server {
    struct scripted_slave slave;
    enum fault fault;
    atomic_uint requests;
    atomic_uint answered[4096]; /* 1: this request was answered as it should be */
};

static void send_number(struct bad_server *server, struct scripted_slave *slave, const uint8_t *request,
                        uint16_t number)
{
    const uint16_t registers[] = {12, 1, number, 0};
    atomic_store(&server->answered[number], 1);
    slave_send_registers(slave, request[0], request[1], registers, 4);
}

/* Two pieces that the gateway does not read as one, and the reply before it has given up. */
static void send_reply_after(struct scripted_slave *slave, const uint8_t *pieces, size_t first, size_t second,
                             const uint8_t *request, const uint16_t *registers)
{
    slave_send_raw(slave, pieces, first);
    slave_sleep_ms(slave, 10);
    slave_send_raw(slave, pieces + first, second);
    slave_sleep_ms(slave, 3 * SHORT_MS / 4);
    slave_send_registers(slave, request[0], request[1], registers, 4);
    slave_sleep_ms(slave, 10);
}

static void misbehave(struct bad_server *server, struct scripted_slave *slave, const uint8_t *request, size_t size,
                      uint16_t number)
{
    const uint16_t registers[] = {12, 1, number, 0, 0};
    const uint8_t half[] = {request[0], request[1], 8, 0};
    const uint8_t noise[] = {0, 1, 2, 3, 0xff, 0xff, 0xff};
    const uint8_t bad[] = {request[0], request[1], 8, 0, 12, 0, 1, 0, 2, 0, 3, 0x12, 0x34, 0x55, 0xaa};
    const uint8_t foreign[] = {(uint8_t)(request[0] + 1), request[1], 2, 0, 12, 0x12, 0x34};
    switch (server->fault) {
    case FAULT_LATE:
        slave_sleep_ms(slave, SHORT_MS + SHORT_MS / 2);
        slave_send_registers(slave, request[0], request[1], registers, 4);
        break;
    case FAULT_WRONG_TRANSACTION:
        slave->transaction = (uint16_t)(slave->transaction - 1);
        slave_send_registers(slave, request[0], request[1], registers, 4);
        break;
    case FAULT_WRONG_UNIT:
        slave_send_registers(slave, (uint8_t)(request[0] + 1), request[1], registers, 4);
        break;
    case FAULT_WRONG_FUNCTION:
        slave_send_registers(slave, request[0], request[1] == 3 ? 4 : 3, registers, 4);
        break;
    case FAULT_SHORT:
        slave_send_registers(slave, request[0], request[1], registers, 3);
        break;
    case FAULT_LONG:
        slave_send_registers(slave, request[0], request[1], registers, 5);
        break;
    case FAULT_ECHO:
        slave_send(slave, request, size);
        break;
    case FAULT_BABBLE:
        slave_send_raw(slave, noise, sizeof noise);
        break;
    case FAULT_HALF:
        slave_send_raw(slave, half, sizeof half);
        slave_hang_up(slave);
        break;
    case FAULT_SILENT:
        break;
    case FAULT_NOISE:
        send_reply_after(slave, bad, 13, 2, request, registers);
        break;
    case FAULT_FOREIGN:
        send_reply_after(slave, foreign, 3, 4, request, registers);
        break;
    }
}

static void handle_badly(void *ctx, struct scripted_slave *slave, const uint8_t *request, size_t size)
{
    struct bad_server *server = ctx;
    uint16_t number = (uint16_t)(3000 + atomic_fetch_add(&server->requests, 1) % 1000);
    if (number % 2 == 0)
        misbehave(server, slave, request, size, number);
    else
        send_number(server, slave, request, number);
}

static void no_value_of_another_request_is_ever_reported(void **state)
{
    (void)state;
    const struct {
        enum config_transport transport;
        enum fault fault;
        int error; /* of one sample at least */
    } cases[] = {
        {CONFIG_TCP, FAULT_LATE, SW_ERROR_TIMEOUT},
        {CONFIG_TCP, FAULT_WRONG_TRANSACTION, SW_ERROR_TIMEOUT},
        {CONFIG_TCP, FAULT_WRONG_UNIT, SW_ERROR_WRONG_UNIT},
        {CONFIG_TCP, FAULT_WRONG_FUNCTION, SW_ERROR_WRONG_FUNCTION},
        {CONFIG_TCP, FAULT_SHORT, SW_ERROR_WRONG_LENGTH},
        {CONFIG_TCP, FAULT_LONG, SW_ERROR_WRONG_LENGTH},
        {CONFIG_TCP, FAULT_ECHO, SW_ERROR_WRONG_LENGTH},
        {CONFIG_TCP, FAULT_BABBLE, SW_OK}, /* the end of the connection */
        {CONFIG_TCP, FAULT_HALF, SW_OK},
        {CONFIG_TCP, FAULT_SILENT, SW_ERROR_TIMEOUT},
        {CONFIG_RTU_OVER_TCP, FAULT_LATE, SW_ERROR_TIMEOUT},
        {CONFIG_RTU_OVER_TCP, FAULT_WRONG_UNIT, SW_ERROR_WRONG_UNIT},
        {CONFIG_RTU_OVER_TCP, FAULT_WRONG_FUNCTION, SW_ERROR_WRONG_FUNCTION},
        {CONFIG_RTU_OVER_TCP, FAULT_SHORT, SW_ERROR_FRAME_GAP},
        {CONFIG_RTU_OVER_TCP, FAULT_LONG, SW_ERROR_WRONG_LENGTH},
        {CONFIG_RTU_OVER_TCP, FAULT_ECHO, SW_ERROR_FRAME_GAP},
        {CONFIG_RTU_OVER_TCP, FAULT_BABBLE, SW_ERROR_WRONG_UNIT},
        {CONFIG_RTU_OVER_TCP, FAULT_HALF, SW_OK},
        {CONFIG_RTU_OVER_TCP, FAULT_SILENT, SW_ERROR_TIMEOUT},
        {CONFIG_RTU_OVER_TCP, FAULT_NOISE, SW_ERROR_CRC},
        {CONFIG_RTU_OVER_TCP, FAULT_FOREIGN, SW_ERROR_WRONG_UNIT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bad_server *server = calloc(1, sizeof *server);
        server->fault = cases[i].fault;
        slave_init(&server->slave, handle_badly, server);
        slave_listen(&server->slave, cases[i].transport == CONFIG_TCP);
        struct listener *gateway = listener_new("");
        listener_use_tcp(gateway, cases[i].transport, server->slave.tcp_port);
        gateway->line.timeout_ms = SHORT_MS;
        listener_add_device(gateway, UNIT, SW_PROFILE_MANHOLE, 50);
        listener_start(gateway);
        uint32_t good = 0, seen = 0, as_expected = cases[i].error == SW_OK;
        uint32_t looked = 0;
        while (good < 2 || as_expected == 0) {
            listener_until(gateway, gateway->sample_count > looked);
            const struct field_bus_sample *sample = &gateway->samples[looked++];
            if (sample->error == cases[i].error) as_expected++;
            if (sample->error != SW_OK) {
                assert_int_equal(sample->count, 0);
                continue;
            }
            good++;
            uint32_t number = (uint32_t)sample->values[2].value;
            if (atomic_load(&server->answered[number]) == 0) fail_msg("case %zu: value of request %u", i, number);
            /* Numbers go round after 1000 requests, which is more than a test makes. */
            assert_true(number > seen);
            seen = number;
        }
        listener_finish(gateway);
        slave_disconnect(&server->slave);
        slave_remove(&server->slave);
        free(server);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libmodbus_is_understood),
        cmocka_unit_test(a_node_gives_its_records_over_every_transport),
        cmocka_unit_test(no_value_of_another_request_is_ever_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
