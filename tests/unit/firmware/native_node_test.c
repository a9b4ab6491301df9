/* stillwater-node as a process, with libmodbus at both ends: as the gateway's client and as a sensor. The lines are
 * pseudo-terminals whose far ends the test holds; each goes by a symbolic link, so that a line can be taken away and
 * come back under the same name. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <modbus.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "stillwater/node_map.h"
#include "stillwater/sensor_profile.h"

#define UNIT        17
#define SENSOR_UNIT 3
#define SERIAL      "4711"
#define EPOCH       5

struct line {
    int master, slave;
    char link[PATH_MAX];
};

struct fixture {
    char directory[64];
    char retained[PATH_MAX];
    struct line gateway, sensors;
    pid_t node, sensor;
    modbus_t *client;
};

static void sleep_ms(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static void open_line(struct line *line)
{
    struct termios raw;
    char name[PATH_MAX];
    memset(&raw, 0, sizeof raw);
    cfmakeraw(&raw);
    raw.c_cflag |= CREAD | CS8;
    assert_int_equal(openpty(&line->master, &line->slave, name, &raw, NULL), 0);
    fcntl(line->master, F_SETFD, FD_CLOEXEC);
    fcntl(line->slave, F_SETFD, FD_CLOEXEC);
    assert_int_equal(symlink(name, line->link), 0);
}

static void close_line(struct line *line)
{
    if (line->master < 0) return;
    close(line->master);
    close(line->slave);
    unlink(line->link);
    line->master = line->slave = -1;
}

static pid_t spawn_node(const struct fixture *fixture)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0) return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execl(STILLWATER_NODE, STILLWATER_NODE, "--sensors", fixture->sensors.link, "--gateway", fixture->gateway.link,
          "--serial", SERIAL, "--unit-id", "17", "--retained", fixture->retained, (char *)NULL);
    _exit(127);
}

/* A libmodbus server that plays a Geolux LX-80 whose level is 1234 mm. */
static void play_sensor(int fd)
{
    modbus_t *server = modbus_new_rtu("/dev/null", 9600, 'N', 8, 1);
    modbus_mapping_t *mapping = modbus_mapping_new(0, 0, 0x40, 0);
    uint8_t request[MODBUS_RTU_MAX_ADU_LENGTH];
    if (server == NULL || mapping == NULL) _exit(1);
    mapping->tab_registers[0x20] = 1234;
    modbus_set_slave(server, SENSOR_UNIT);
    modbus_set_socket(server, fd);
    for (;;) {
        int size = modbus_receive(server, request);
        if (size > 0) modbus_reply(server, request, size, mapping);
    }
}

static pid_t spawn_sensor(const struct fixture *fixture)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0) return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    play_sensor(fixture->sensors.master);
    _exit(1);
}

static int end_process(pid_t *pid, int signal_number)
{
    int status = 0;
    if (*pid <= 0) return -1;
    kill(*pid, signal_number);
    waitpid(*pid, &status, 0);
    *pid = 0;
    return status;
}

static modbus_t *connect_client(int fd)
{
    modbus_t *client = modbus_new_rtu("/dev/null", 115200, 'N', 8, 1);
    assert_non_null(client);
    modbus_set_slave(client, UNIT);
    modbus_set_socket(client, fd);
    return client;
}

/* Takes the answers to requests that were given up, up to that to a request whose answer has another length. */
static bool take_late_answers(modbus_t *client)
{
    const uint8_t request[] = {UNIT, 4, 0, SW_NODE_INPUT_SERIAL, 0, 2};
    uint8_t answer[MODBUS_RTU_MAX_ADU_LENGTH];
    int size;
    modbus_set_response_timeout(client, 3, 0);
    if (modbus_send_raw_request(client, request, sizeof request) < 0) return false;
    do
        size = modbus_receive_confirmation(client, answer);
    while (size > 0 && size != 9);
    return size == 9;
}

/* Until the node answers; a sanitized build on a busy machine may take a while to start. From then on no request is
 * given up early: a host that takes the core away must not look like a silent node. */
static void wait_for_node(struct fixture *fixture)
{
    bool ready = false;
    for (unsigned i = 0; i < 300 && !ready; i++) {
        uint16_t magic = 0;
        modbus_set_response_timeout(fixture->client, 0, 100000);
        tcflush(fixture->gateway.master, TCIOFLUSH);
        ready = modbus_read_input_registers(fixture->client, SW_NODE_INPUT_MAGIC, 1, &magic) == 1 &&
                magic == SW_NODE_MAGIC && take_late_answers(fixture->client);
        if (!ready) sleep_ms(20);
    }
    assert_true(ready);
    modbus_set_response_timeout(fixture->client, 10, 0);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    strcpy(fixture->directory, "/tmp/native-node-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    snprintf(fixture->retained, sizeof fixture->retained, "%s/retained", fixture->directory);
    snprintf(fixture->gateway.link, sizeof fixture->gateway.link, "%s/gateway", fixture->directory);
    snprintf(fixture->sensors.link, sizeof fixture->sensors.link, "%s/sensors", fixture->directory);
    open_line(&fixture->gateway);
    open_line(&fixture->sensors);
    fixture->client = connect_client(fixture->gateway.master);
    fixture->node = spawn_node(fixture);
    wait_for_node(fixture);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    end_process(&fixture->node, SIGKILL);
    end_process(&fixture->sensor, SIGKILL);
    modbus_free(fixture->client);
    close_line(&fixture->gateway);
    close_line(&fixture->sensors);
    unlink(fixture->retained);
    rmdir(fixture->directory);
    free(fixture);
    return 0;
}

static uint32_t input_u32(struct fixture *fixture, int address)
{
    uint16_t words[2];
    assert_int_equal(modbus_read_input_registers(fixture->client, address, 2, words), 2);
    return (uint32_t)words[0] << 16 | words[1];
}

static void open_log(struct fixture *fixture)
{
    const uint16_t open[] = {EPOCH, 0, 0};
    assert_int_equal(modbus_write_registers(fixture->client, SW_NODE_HOLDING_LOG_OPEN_EPOCH, 3, open), 3);
}

static void unlock(struct fixture *fixture)
{
    assert_int_equal(modbus_write_register(fixture->client, SW_NODE_HOLDING_UNLOCK, SW_NODE_UNLOCK_WORD), 1);
}

static void configure_sensor(struct fixture *fixture)
{
    const uint16_t config[] = {SW_PROFILE_GEOLUX_LX80, SENSOR_UNIT, 2, 0, 60};
    unlock(fixture);
    assert_int_equal(modbus_write_registers(fixture->client, SW_NODE_SLOT_CONFIG_BASE, 5, config), 5);
}

/* One exchange with function code 23; returns the records of the window. */
static uint16_t fetch(struct fixture *fixture, uint32_t acknowledged, struct sw_node_window_header *header,
                      struct sw_record *records)
{
    const uint16_t acknowledge[] = {EPOCH, (uint16_t)(acknowledged >> 16), (uint16_t)acknowledged};
    uint16_t window[SW_NODE_WINDOW_REGISTERS];
    uint8_t bytes[sizeof window];
    assert_int_equal(modbus_write_and_read_registers(fixture->client, SW_NODE_HOLDING_LOG_ACK_EPOCH, 3, acknowledge,
                                                     SW_NODE_HOLDING_WINDOW, SW_NODE_WINDOW_REGISTERS, window),
                     SW_NODE_WINDOW_REGISTERS);
    struct sw_writer writer = sw_writer_over(bytes, sizeof bytes);
    for (unsigned i = 0; i < SW_NODE_WINDOW_REGISTERS; i++)
        sw_write_u16(&writer, window[i]);
    struct sw_reader reader = sw_reader_over(bytes, sizeof bytes);
    assert_int_equal(sw_node_window_header_decode(&reader, header), SW_OK);
    for (unsigned i = 0; i < header->count; i++)
        assert_int_equal(sw_record_decode(&reader, &records[i]), SW_OK);
    return header->count;
}

static void libmodbus_reads_the_identity(void **state)
{
    struct fixture *fixture = *state;
    uint16_t words[10];
    assert_int_equal(modbus_read_input_registers(fixture->client, 0, 10, words), 10);
    assert_int_equal(words[0], SW_NODE_MAGIC);
    assert_int_equal(words[1], SW_NODE_MAP_VERSION);
    assert_int_equal(words[4], SW_BOARD_NATIVE);
    assert_int_equal((uint32_t)words[5] << 16 | words[6], 4711);
    assert_int_equal(words[7], SW_NODE_SLOT_COUNT);
    assert_true(((uint32_t)words[8] << 16 | words[9]) > 2000);
}

static void libmodbus_gets_the_exceptions_of_the_standard(void **state)
{
    struct fixture *fixture = *state;
    uint16_t words[3] = {0, 0, 0};
    uint8_t bit;
    assert_int_equal(modbus_read_bits(fixture->client, 0, 1, &bit), -1);
    assert_int_equal(errno, EMBXILFUN);
    assert_int_equal(modbus_read_registers(fixture->client, 0x0500, 1, words), -1);
    assert_int_equal(errno, EMBXILADD);
    assert_int_equal(modbus_write_register(fixture->client, SW_NODE_HOLDING_COMMAND, 0), -1);
    assert_int_equal(errno, EMBXILADD);
    assert_int_equal(modbus_write_registers(fixture->client, SW_NODE_HOLDING_CLOCK_SECONDS, 2, words), -1);
    assert_int_equal(errno, EMBXILVAL);
    assert_int_equal(modbus_write_registers(fixture->client, SW_NODE_HOLDING_LOG_ACK_EPOCH, 3, words), -1);
    assert_int_equal(errno, EMBXILVAL);
}

static void readings_of_a_libmodbus_sensor_come_through_the_window(void **state)
{
    struct fixture *fixture = *state;
    struct sw_node_window_header header;
    struct sw_record records[SW_NODE_WINDOW_RECORDS];
    fixture->sensor = spawn_sensor(fixture);
    open_log(fixture);
    configure_sensor(fixture);
    uint32_t taken = 0;
    for (unsigned i = 0, good = 0; good < 20; i++) {
        assert_true(i < 600);
        uint16_t count = fetch(fixture, taken, &header, records);
        assert_int_equal(header.oldest, taken + 1);
        if (taken == 0 && count > 0) assert_int_equal(records[0].kind, SW_RECORD_EVENT_BOOT);
        for (unsigned k = 0; k < count; k++) {
            assert_int_equal(records[k].sequence, ++taken);
            if (records[k].kind != SW_READING_LEVEL || records[k].quality != SW_QUALITY_GOOD) continue;
            assert_int_equal(records[k].value, 12340);
            good++;
        }
        sleep_ms(100);
    }
}

static void log_survives_a_kill(void **state)
{
    struct fixture *fixture = *state;
    struct sw_node_window_header header;
    struct sw_record records[SW_NODE_WINDOW_RECORDS];
    open_log(fixture);
    assert_int_equal(fetch(fixture, 0, &header, records), 1);
    end_process(&fixture->node, SIGKILL);
    fixture->node = spawn_node(fixture);
    wait_for_node(fixture);
    assert_int_equal(input_u32(fixture, SW_NODE_INPUT_BOOT_COUNT), 2);
    assert_int_equal(fetch(fixture, 0, &header, records), 2);
    assert_int_equal(records[0].boot, 1);
    assert_int_equal(records[1].sequence, 2);
    assert_int_equal(records[1].boot, 2);
    assert_int_equal(records[1].value, SW_RESET_PIN);
}

static void restart_command_ends_the_process_with_status_75(void **state)
{
    struct fixture *fixture = *state;
    int status;
    unlock(fixture);
    assert_int_equal(modbus_write_register(fixture->client, SW_NODE_HOLDING_COMMAND, SW_NODE_COMMAND_RESTART), 1);
    assert_int_equal(waitpid(fixture->node, &status, 0), fixture->node);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 75);
    fixture->node = spawn_node(fixture);
    wait_for_node(fixture);
    uint16_t reason;
    assert_int_equal(modbus_read_input_registers(fixture->client, SW_NODE_INPUT_RESET_REASON, 1, &reason), 1);
    assert_int_equal(reason, SW_RESET_COMMAND);
}

static void sigterm_ends_the_process_with_status_0(void **state)
{
    struct fixture *fixture = *state;
    int status = end_process(&fixture->node, SIGTERM);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void second_node_on_the_same_file_is_refused(void **state)
{
    struct fixture *fixture = *state;
    int status;
    pid_t second = spawn_node(fixture);
    assert_int_equal(waitpid(second, &status, 0), second);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
}

static void line_that_goes_away_is_opened_again(void **state)
{
    struct fixture *fixture = *state;
    close_line(&fixture->gateway);
    sleep_ms(300);
    open_line(&fixture->gateway);
    modbus_set_socket(fixture->client, fixture->gateway.master);
    wait_for_node(fixture);
    assert_int_equal(input_u32(fixture, SW_NODE_INPUT_BOOT_COUNT), 1);
}

/* CPU time of a running process in clock ticks: user and system, fields 14 and 15 of its stat. */
static unsigned long cpu_ticks(pid_t pid)
{
    char path[64], text[1024];
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = '\0';
    const char *after_name = strrchr(text, ')');
    assert_non_null(after_name);
    assert_int_equal(sscanf(after_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system), 2);
    return user + system;
}

/* Waits for the process to end by itself, and says whether it did. */
static bool ended(pid_t *pid)
{
    for (unsigned i = 0; i < 1500; i++) {
        if (waitpid(*pid, NULL, WNOHANG) == *pid) {
            *pid = 0;
            return true;
        }
        sleep_ms(20);
    }
    return false;
}

/* A hung-up terminal is always ready: a node that goes on waiting for it would take a whole core, and would never let
 * the signal in. */
static void lost_line_keeps_neither_the_core_nor_the_process(struct fixture *fixture, struct line *line)
{
    const long wait_ms = 1000;
    close_line(line);
    sleep_ms(200);
    unsigned long before = cpu_ticks(fixture->node);
    sleep_ms(wait_ms);
    unsigned long spent_ms = (cpu_ticks(fixture->node) - before) * 1000 / (unsigned long)sysconf(_SC_CLK_TCK);
    assert_true(spent_ms < (unsigned long)wait_ms / 4);
    kill(fixture->node, SIGTERM);
    assert_true(ended(&fixture->node));
}

static void node_without_its_gateway_line_idles_and_ends(void **state)
{
    struct fixture *fixture = *state;
    lost_line_keeps_neither_the_core_nor_the_process(fixture, &fixture->gateway);
}

static void node_without_its_sensors_line_idles_and_ends(void **state)
{
    struct fixture *fixture = *state;
    lost_line_keeps_neither_the_core_nor_the_process(fixture, &fixture->sensors);
}

static int run_with(const char *first, const char *second)
{
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        execl(STILLWATER_NODE, STILLWATER_NODE, first, second, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void unusable_command_line_ends_with_status_64(void **state)
{
    (void)state;
    assert_int_equal(run_with("--serial", "0"), 64);
    assert_int_equal(run_with("--serial", "12x"), 64);
    assert_int_equal(run_with("--unit-id", "248"), 64);
    assert_int_equal(run_with("--parity", "X"), 64);
    assert_int_equal(run_with("--no-such-option", NULL), 64);
    assert_int_equal(run_with("--serial", "1"), 64);
    assert_int_equal(run_with("--help", NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(libmodbus_reads_the_identity, setup, teardown),
        cmocka_unit_test_setup_teardown(libmodbus_gets_the_exceptions_of_the_standard, setup, teardown),
        cmocka_unit_test_setup_teardown(readings_of_a_libmodbus_sensor_come_through_the_window, setup, teardown),
        cmocka_unit_test_setup_teardown(log_survives_a_kill, setup, teardown),
        cmocka_unit_test_setup_teardown(restart_command_ends_the_process_with_status_75, setup, teardown),
        cmocka_unit_test_setup_teardown(sigterm_ends_the_process_with_status_0, setup, teardown),
        cmocka_unit_test_setup_teardown(second_node_on_the_same_file_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(line_that_goes_away_is_opened_again, setup, teardown),
        cmocka_unit_test_setup_teardown(node_without_its_gateway_line_idles_and_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(node_without_its_sensors_line_idles_and_ends, setup, teardown),
        cmocka_unit_test(unusable_command_line_ends_with_status_64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
