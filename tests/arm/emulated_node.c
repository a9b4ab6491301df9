#include "emulated_node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stillwater/node_map.h"

#define START_TIMEOUT_MS 60000
#define STEP_MS          10

/* The emulator answers within milliseconds, but a virtual machine was seen to stand still for 1.2 s, emulators too. */
#define RESPONSE_TIMEOUT_S 5
#define LOST_MAX           100

static void pause_ms(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static pid_t start(const char *const argv[])
{
    pid_t parent = getpid();
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0) return pid;
    /* A test that is itself killed leaves nobody behind. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

static void stop(pid_t *pid)
{
    if (*pid <= 0) return;
    kill(*pid, SIGKILL);
    waitpid(*pid, NULL, 0);
    *pid = 0;
}

static void wait_for_path(const char *path, pid_t maker)
{
    for (int waited = 0; access(path, F_OK) != 0; waited += STEP_MS) {
        if (waitpid(maker, NULL, WNOHANG) == maker) fail_msg("the process that makes %s ended", path);
        if (waited > START_TIMEOUT_MS) fail_msg("%s did not appear", path);
        pause_ms(STEP_MS);
    }
}

static void name(char path[NODE_PATH_SIZE], const struct emulated_node *node, const char *last)
{
    snprintf(path, NODE_PATH_SIZE, "%s/%s", node->folder, last);
}

void node_prepare(struct emulated_node *node, const char *board, const char *image, const char *emulate_node)
{
    *node = (struct emulated_node){.board = board, .image = image, .emulate_node = emulate_node};
    snprintf(node->folder, sizeof node->folder, "/tmp/stillwater-arm-XXXXXX");
    assert_non_null(mkdtemp(node->folder));
    name(node->gateway_socket, node, "gateway.sock");
    name(node->sensor_socket, node, "sensors.sock");
    name(node->qmp_socket, node, "qmp.sock");
    name(node->gateway_port, node, "gateway.tty");
    name(node->sensor_port, node, "sensors.tty");
    name(node->retained, node, "retained");
}

static pid_t start_wire(const char *socket_path, const char *port)
{
    char pty[NODE_PATH_SIZE + 32];
    char socket[NODE_PATH_SIZE + 32];
    snprintf(pty, sizeof pty, "PTY,link=%s,raw,echo=0", port);
    snprintf(socket, sizeof socket, "UNIX-CONNECT:%s", socket_path);
    const char *const argv[] = {"socat", pty, socket, NULL};
    pid_t pid = start(argv);
    wait_for_path(port, pid);
    return pid;
}

/* A level probe and water meter as libmodbus plays one, until it is killed. */
static void play_sensor(const char *port)
{
    modbus_t *server = modbus_new_rtu(port, 9600, 'N', 8, 1);
    modbus_mapping_t *mapping = modbus_mapping_new(0, 0, 64, 0);
    if (!server || !mapping || modbus_set_slave(server, SENSOR_UNIT_ID) != 0 || modbus_connect(server) != 0) _exit(1);
    mapping->tab_registers[0x20] = SENSOR_LEVEL_MM;
    mapping->tab_registers[7] = (uint16_t)SENSOR_WATER_INDEX_L;
    mapping->tab_registers[8] = (uint16_t)(SENSOR_WATER_INDEX_L >> 16);
    for (;;) {
        uint8_t request[MODBUS_RTU_MAX_ADU_LENGTH];
        int size = modbus_receive(server, request);
        if (size > 0) modbus_reply(server, request, size, mapping);
    }
}

static pid_t start_sensor(const char *port)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0) return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    play_sensor(port);
    _exit(1);
}

static pid_t start_emulator(const struct emulated_node *node)
{
    char serial[16];
    char unit_id[16];
    snprintf(serial, sizeof serial, "%u", NODE_SERIAL);
    snprintf(unit_id, sizeof unit_id, "%d", NODE_UNIT_ID);
    /* A host that stands still for a moment in the middle of a frame is not what is tested here. */
    const char *argv[20] = {node->emulate_node,
                            "--board",
                            node->board,
                            "--image",
                            node->image,
                            "--gateway-socket",
                            node->gateway_socket,
                            "--sensor-socket",
                            node->sensor_socket,
                            "--qmp-socket",
                            node->qmp_socket,
                            "--serial",
                            serial,
                            "--unit-id",
                            unit_id,
                            "--slack-us",
                            "500000",
                            NULL};
    if (strcmp(node->board, "mps2-an385") == 0) {
        argv[17] = "--retained";
        argv[18] = node->retained;
    }
    return start(argv);
}

void node_start(struct emulated_node *node)
{
    unlink(node->gateway_socket);
    unlink(node->sensor_socket);
    unlink(node->qmp_socket);
    node->emulator = start_emulator(node);
    wait_for_path(node->sensor_socket, node->emulator);
    wait_for_path(node->gateway_socket, node->emulator);
    node->gateway_wire = start_wire(node->gateway_socket, node->gateway_port);
    node->sensor_wire = start_wire(node->sensor_socket, node->sensor_port);
    node->sensor = start_sensor(node->sensor_port);
    node->client = modbus_new_rtu(node->gateway_port, 115200, 'N', 8, 1);
    assert_non_null(node->client);
    assert_int_equal(modbus_set_slave(node->client, NODE_UNIT_ID), 0);
    modbus_set_response_timeout(node->client, RESPONSE_TIMEOUT_S, 0);
    modbus_set_byte_timeout(node->client, 0, 0);
    assert_int_equal(modbus_connect(node->client), 0);
    assert_true(node_answers(node, START_TIMEOUT_MS));
}

void node_kill(struct emulated_node *node)
{
    if (node->client) {
        modbus_close(node->client);
        modbus_free(node->client);
        node->client = NULL;
    }
    stop(&node->emulator);
    stop(&node->sensor);
    stop(&node->gateway_wire);
    stop(&node->sensor_wire);
    /* socat is not given the time to take its links away. */
    unlink(node->gateway_port);
    unlink(node->sensor_port);
}

static int connect_qmp(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert_true(strlen(path) < sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path));
    int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(descriptor >= 0);
    assert_int_equal(connect(descriptor, (const struct sockaddr *)&address, sizeof address), 0);
    return descriptor;
}

/* Sends a command and reads until `answer` has come. */
static void ask_qmp(int descriptor, const char *command, const char *answer)
{
    char text[4096] = "";
    size_t size = 0;
    assert_int_equal(write(descriptor, command, strlen(command)), strlen(command));
    while (!strstr(text, answer)) {
        struct pollfd ready = {.fd = descriptor, .events = POLLIN};
        assert_int_equal(poll(&ready, 1, START_TIMEOUT_MS), 1);
        ssize_t count = read(descriptor, text + size, sizeof text - 1 - size);
        assert_true(count > 0);
        size += (size_t)count;
        text[size] = '\0';
    }
}

void node_reset(struct emulated_node *node)
{
    int descriptor = connect_qmp(node->qmp_socket);
    ask_qmp(descriptor, "{\"execute\":\"qmp_capabilities\"}\n", "\"return\"");
    ask_qmp(descriptor, "{\"execute\":\"system_reset\"}\n", "\"RESET\"");
    close(descriptor);
}

/* Takes the answers to requests that were given up, up to that to a request whose answer has another length. */
static bool take_late_answers(modbus_t *client)
{
    const uint8_t request[] = {NODE_UNIT_ID, 4, 0, SW_NODE_INPUT_SERIAL, 0, 2};
    uint8_t answer[MODBUS_RTU_MAX_ADU_LENGTH];
    int size;
    if (modbus_send_raw_request(client, request, sizeof request) < 0) return false;
    do
        size = modbus_receive_confirmation(client, answer);
    while (size > 0 && size != 9);
    return size == 9;
}

bool node_answers(struct emulated_node *node, int timeout_ms)
{
    struct timespec begin, now;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    /* Longer than the slack: a first request that the node saw only the end of has to be over before the next. */
    modbus_set_response_timeout(node->client, 0, 800000);
    bool answered = false;
    do {
        uint16_t magic;
        modbus_flush(node->client);
        answered = modbus_read_input_registers(node->client, 0, 1, &magic) == 1 && take_late_answers(node->client);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (!answered && (now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000 < timeout_ms);
    modbus_set_response_timeout(node->client, RESPONSE_TIMEOUT_S, 0);
    return answered;
}

static bool was_lost(struct emulated_node *node, int result)
{
    if (result >= 0 || errno != ETIMEDOUT || node->lost == LOST_MAX) return false;
    node->lost++;
    return true;
}

int node_read_input(struct emulated_node *node, int address, int count, uint16_t *words)
{
    int result;
    do
        result = modbus_read_input_registers(node->client, address, count, words);
    while (was_lost(node, result));
    return result;
}

int node_read(struct emulated_node *node, int address, int count, uint16_t *words)
{
    int result;
    do
        result = modbus_read_registers(node->client, address, count, words);
    while (was_lost(node, result));
    return result;
}

int node_write(struct emulated_node *node, int address, int count, const uint16_t *words)
{
    int result;
    do
        result = count == 1 ? modbus_write_register(node->client, address, words[0])
                            : modbus_write_registers(node->client, address, count, words);
    while (was_lost(node, result));
    return result;
}

int node_write_and_read(struct emulated_node *node, int write_address, int write_count, const uint16_t *write_words,
                        int read_address, int read_count, uint16_t *read_words)
{
    int result;
    do
        result = modbus_write_and_read_registers(node->client, write_address, write_count, write_words, read_address,
                                                 read_count, read_words);
    while (was_lost(node, result));
    return result;
}

void node_discard(struct emulated_node *node)
{
    node_kill(node);
    unlink(node->gateway_socket);
    unlink(node->sensor_socket);
    unlink(node->qmp_socket);
    unlink(node->retained);
    rmdir(node->folder);
}
