/* `stillwater probe` against servers of libmodbus, over TCP, RTU frames over TCP and a terminal: values known in all
 * orders, errors by name, scans. */
#include <errno.h>
#include <getopt.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>
#include <modbus/modbus.h>
#include <netinet/in.h>

#include "cli/probe.h"
#include "config/profile_file.h"
#include "stillwater/error.h"

#define UNIT      17
#define REGISTERS 40

/* 123.456 as a float in the four orders, 654321 as an integer in CDAB, text, and a level that grows with each reading.
 */
static const uint16_t known[REGISTERS] = {
    [0] = 0x42f6, [1] = 0xe979, [2] = 0xe979, [3] = 0x42f6,  [4] = 0xf642,  [5] = 0x79e9, [6] = 0x79e9, [7] = 0xf642,
    [8] = 0xfbf1, [9] = 0x0009, [10] = 0,     [11] = 0x5354, [12] = 0x494c, [13] = 0,     [20] = 1234};

enum server_kind { SERVER_TCP, SERVER_RTU_OVER_TCP, SERVER_TERMINAL };

struct bench {
    enum server_kind kind;
    pid_t server;
    char where[80];
    char folder[64], out[96], err[96];
    char said[65536], complained[4096];
};

/* ---- the server: a process, so that the program under test has its own ---- */

static void answer_for_ever(modbus_t *server)
{
    modbus_mapping_t *map = modbus_mapping_new(0, 0, REGISTERS, REGISTERS);
    uint8_t request[MODBUS_MAX_ADU_LENGTH];
    for (int i = 0; i < REGISTERS; i++)
        map->tab_registers[i] = known[i];
    modbus_set_slave(server, UNIT);
    for (;;) {
        int size = modbus_receive(server, request);
        if (size < 0 && errno != EMBBADCRC) break;
        if (size <= 0) continue;
        /* A server of libmodbus over TCP is asked for every unit: as a gateway says it of most that are not there. */
        unsigned unit = request[modbus_get_header_length(server) - 1];
        if (unit > UNIT + 1) (void)modbus_reply_exception(server, request, MODBUS_EXCEPTION_GATEWAY_TARGET);
        if (unit != UNIT) continue;
        map->tab_registers[20]++;
        (void)modbus_reply(server, request, size, map);
    }
    modbus_mapping_free(map);
}

static void serve_socket(enum server_kind kind, int listener)
{
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        modbus_t *server =
            kind == SERVER_TCP ? modbus_new_tcp("127.0.0.1", 0) : modbus_new_rtu("/dev/null", 9600, 'N', 8, 1);
        modbus_set_socket(server, fd);
        answer_for_ever(server);
        modbus_close(server);
        modbus_free(server);
    }
}

static void serve_terminal(int master)
{
    modbus_t *server = modbus_new_rtu("/dev/null", 9600, 'N', 8, 1);
    modbus_set_socket(server, master);
    /* While nobody has the terminal open, a read fails. */
    for (;;)
        answer_for_ever(server);
}

static int listen_somewhere(struct bench *bench)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 4), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &size), 0);
    snprintf(bench->where, sizeof bench->where, "127.0.0.1:%u", ntohs(at.sin_port));
    return listener;
}

static int open_terminal(struct bench *bench)
{
    int master, slave;
    struct termios raw;
    assert_int_equal(openpty(&master, &slave, bench->where, NULL, NULL), 0);
    assert_int_equal(tcgetattr(slave, &raw), 0);
    cfmakeraw(&raw);
    assert_int_equal(tcsetattr(slave, TCSANOW, &raw), 0);
    /* Left open, so that the terminal outlives each run of the program. */
    return master;
}

static int set_up(void **state, enum server_kind kind)
{
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    bench->kind = kind;
    snprintf(bench->folder, sizeof bench->folder, "/tmp/stillwater-probe-XXXXXX");
    assert_non_null(mkdtemp(bench->folder));
    snprintf(bench->out, sizeof bench->out, "%s/out", bench->folder);
    snprintf(bench->err, sizeof bench->err, "%s/err", bench->folder);
    int fd = kind == SERVER_TERMINAL ? open_terminal(bench) : listen_somewhere(bench);
    bench->server = fork();
    assert_true(bench->server >= 0);
    if (bench->server == 0) {
        if (kind == SERVER_TERMINAL)
            serve_terminal(fd);
        else
            serve_socket(kind, fd);
        _exit(0);
    }
    close(fd);
    *state = bench;
    return 0;
}

static int tcp(void **state)
{
    return set_up(state, SERVER_TCP);
}

static int rtu_over_tcp(void **state)
{
    return set_up(state, SERVER_RTU_OVER_TCP);
}

static int terminal(void **state)
{
    return set_up(state, SERVER_TERMINAL);
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    kill(bench->server, SIGKILL);
    waitpid(bench->server, NULL, 0);
    unlink(bench->out);
    unlink(bench->err);
    rmdir(bench->folder);
    free(bench);
    return 0;
}

/* ---- the program ---- */

static void read_all(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

/* Runs `probe` with the way to the server in front of the words. */
static int probe(struct bench *bench, const char *words)
{
    static const char *const ways[] = {"--tcp", "--rtu-over-tcp", "--port"};
    char line[512], *arguments[40] = {"probe"};
    int count = 1;
    snprintf(line, sizeof line, "%s %s %s", ways[bench->kind], bench->where, words);
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
        arguments[count++] = word;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (!freopen(bench->out, "w", stdout) || !freopen(bench->err, "w", stderr)) _exit(99);
        optind = 1;
        int status = probe_main(count, arguments);
        fflush(NULL);
        _exit(status);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    read_all(bench->out, bench->said, sizeof bench->said);
    read_all(bench->err, bench->complained, sizeof bench->complained);
    return WEXITSTATUS(status);
}

static void expect_said(const struct bench *bench, const char *text)
{
    if (!strstr(bench->said, text)) fail_msg("expected \"%s\" in:\n%s%s", text, bench->said, bench->complained);
}

static void expect_complaint(const struct bench *bench, const char *text)
{
    if (!strstr(bench->complained, text)) fail_msg("expected \"%s\" in:\n%s", text, bench->complained);
}

static void every_order_of_a_real_is_found(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(probe(bench, "--unit 17 --count 8 --shown 123.456:level_mm"), 0);
    expect_said(bench, "{reading: level_mm, address: 0x0000, type: F32, minimum: 0, maximum: 10000} # 123.456 when");
    expect_said(bench, "# or  - {reading: level_mm, address: 0x0002, type: F32, order: CDAB");
    expect_said(bench, "# or  - {reading: level_mm, address: 0x0004, type: F32, order: BADC");
    expect_said(bench, "# or  - {reading: level_mm, address: 0x0006, type: F32, order: DCBA");
    expect_said(bench, "timeout_ms: 300\nfunction: 3\n");
}

static void on_problem(void *ctx, const char *file, unsigned line, const char *field, const char *text)
{
    (void)ctx;
    fail_msg("%s:%u: %s: %s", file, line, field, text);
}

static void the_profile_can_be_used_as_it_is(void **state)
{
    struct bench *bench = *state;
    char file[112];
    struct profile_file *made;
    struct sw_point_value values[SW_PROFILE_POINTS_MAX];
    assert_int_equal(probe(bench, "--unit 17 --address 2 --count 8 --shown 123.456:level_mm --shown 654321:rain_mm"),
                     0);
    snprintf(file, sizeof file, "%s/my-device.yaml", bench->folder);
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    assert_true(fputs(strstr(bench->said, "schema: "), out) >= 0);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(profile_file_load(file, PROFILE_OWN, (struct config_report){NULL, on_problem}, &made), SW_OK);
    assert_int_equal(made->profile.block_count, 2);
    assert_int_equal(
        sw_profile_decode(&made->profile, (const uint16_t[]){known[2], known[3], known[8], known[9]}, values), 2);
    assert_int_equal(values[0].kind, SW_READING_LEVEL);
    assert_int_equal(values[0].value, 1235); /* tenths of a mm */
    assert_int_equal(values[1].kind, SW_READING_RAIN);
    assert_int_equal(values[1].value, 6543210);
    free(made);
    unlink(file);
}

static void an_integer_is_found_by_its_digits_and_text_is_shown(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(probe(bench, "--unit 17 --address 0x8 --count 6 --shown 654.321:water_index_l"), 0);
    expect_said(bench, "{reading: water_index_l, address: 0x0008, type: U32, order: CDAB, scale: 0.001, minimum: 0");
    expect_said(bench, "\"STIL\"");
    assert_null(strstr(bench->said, "which_reading"));
    assert_null(strstr(bench->said, "address: 0x0009"));
}

static void without_a_number_shown_what_looks_measured_is_told(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(probe(bench, "--unit 17 --count 2"), 0);
    expect_said(bench, "{reading: which_reading, address: 0x0000, type: F32, minimum: 0, maximum: 10000}");
    expect_said(bench, "# which_reading is one of: water_index_l level_mm");
}

static void a_register_that_moves_is_marked(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(probe(bench, "--unit 17 --address 20 --watch 0.05"), 0);
    expect_said(bench, "1236~");
    expect_said(bench, "was 1235");
    expect_said(bench, "{reading: which_reading, address: 0x0014, type: U16, minimum: 0, maximum: 100000}");
}

static void errors_are_told_by_name_with_advice(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(probe(bench, "--unit 17 --address 39 --count 2"), 1);
    expect_complaint(bench, "unit 17, function 3, 2 registers from 39: Modbus exception 02: illegal data address; the "
                            "device is there and has no such registers");
    assert_int_equal(probe(bench, "--unit 18 --timeout 50"), 1);
    expect_complaint(bench, "no reply within the timeout; is the unit id right");
    assert_string_equal(bench->said, "");
}

static void scans_find_units_and_registers(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(probe(bench, "--unit 17 --scan registers --address 0 --count 300"), 0);
    expect_said(bench, "0 to 39 (0x0000 to 0x0027): 40 registers\n40 registers can be read\n");
    assert_int_equal(probe(bench, "--scan units --timeout 100"), 0);
    expect_said(bench, "unit 17: register 0 is 0x42f6\n1 units answer\n");
}

static void a_wrong_command_line_ends_with_2(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *words, *said;
    } cases[] = {
        {"", "--unit: found nothing; expected the device's unit id"},
        {"--unit 256", "--unit: found 256; expected 0 to 255"},
        {"--unit 1 --tcp other --port x", "WAY: found none, or several; expected one of"},
        {"--unit 1 --function 6", "--function: found 6; expected 3 or 4"},
        {"--unit 1 --address 0x10000", "--address: found 0x10000; expected 0 to 65535"},
        {"--unit 1 --count 126", "--count: found 126; expected 1 to 125"},
        {"--unit 1 --address 65535 --count 2", "--count: found 2; expected registers up to 65535"},
        {"--unit 1 --parity mark", "--parity: found mark; expected none, even or odd"},
        {"--unit 1 --baud 299", "--baud: found 299; expected 300 to 921600"},
        {"--unit 1 --shown 0", "--shown: found 0; expected a number but 0"},
        {"--unit 1 --shown 5:wind", "--shown: found 5:wind; expected a number but 0"},
        {"--unit 1 --watch 0", "--watch: found 0; expected seconds"},
        {"--unit 1 --scan all", "--scan: found all; expected units or registers"},
        {"--unit 1 more", "command line: found more; expected options only"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(probe(bench, cases[i].words), 2);
        expect_complaint(bench, cases[i].said);
    }
}

static void a_way_that_is_none_is_told(void **state)
{
    struct bench *bench = *state;
    struct bench elsewhere = *bench;
    elsewhere.kind = SERVER_TERMINAL;
    snprintf(elsewhere.where, sizeof elsewhere.where, "/dev/no-such-port");
    assert_int_equal(probe(&elsewhere, "--unit 1"), 1);
    expect_complaint(&elsewhere, "port /dev/no-such-port cannot be opened: No such file or directory");
    elsewhere.kind = SERVER_TCP;
    snprintf(elsewhere.where, sizeof elsewhere.where, "127.0.0.1:1");
    assert_int_equal(probe(&elsewhere, "--unit 1"), 1);
    expect_complaint(&elsewhere, "127.0.0.1 port 1: Connection refused");
}

static void another_protocol_is_not_taken_for_an_answer(void **state)
{
    struct bench *bench = *state;
    struct bench other = *bench;
    other.kind = bench->kind == SERVER_TCP ? SERVER_RTU_OVER_TCP : SERVER_TCP;
    assert_int_equal(probe(&other, "--unit 17 --timeout 100"), 1);
    assert_string_equal(other.said, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_order_of_a_real_is_found, tcp, tear_down),
        cmocka_unit_test_setup_teardown(every_order_of_a_real_is_found, rtu_over_tcp, tear_down),
        cmocka_unit_test_setup_teardown(every_order_of_a_real_is_found, terminal, tear_down),
        cmocka_unit_test_setup_teardown(the_profile_can_be_used_as_it_is, tcp, tear_down),
        cmocka_unit_test_setup_teardown(an_integer_is_found_by_its_digits_and_text_is_shown, tcp, tear_down),
        cmocka_unit_test_setup_teardown(without_a_number_shown_what_looks_measured_is_told, tcp, tear_down),
        cmocka_unit_test_setup_teardown(a_register_that_moves_is_marked, tcp, tear_down),
        cmocka_unit_test_setup_teardown(errors_are_told_by_name_with_advice, tcp, tear_down),
        cmocka_unit_test_setup_teardown(errors_are_told_by_name_with_advice, terminal, tear_down),
        cmocka_unit_test_setup_teardown(scans_find_units_and_registers, tcp, tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_command_line_ends_with_2, tcp, tear_down),
        cmocka_unit_test_setup_teardown(a_way_that_is_none_is_told, tcp, tear_down),
        cmocka_unit_test_setup_teardown(another_protocol_is_not_taken_for_an_answer, tcp, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
