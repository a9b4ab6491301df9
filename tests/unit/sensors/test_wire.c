/* stillwater-wire as a process: what goes in comes out, whoever comes and goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <modbus/modbus.h>

#include "process.h"
#include "stillwater/error.h"
#include "wire/wire.h"

/* In that time the wire has taken what was sent, even where the host takes the core away for a while. */
#define WIRE_TURN_MS 2500

struct bench {
    struct folder folder;
    char a[PROCESS_PATH_SIZE], b[PROCESS_PATH_SIZE], control[PROCESS_PATH_SIZE], output[PROCESS_PATH_SIZE];
    pid_t pid;
    int listen_fd; /* where end b is a socket */
};

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unlink(path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 1), 0);
    return fd;
}

/* second: "--link" or "--socket"; baud NULL: bytes take no time. */
static void run_wire(struct bench *bench, const char *second, const char *baud)
{
    const char *const argv[] = {WIRE_PROGRAM,
                                "--link",
                                bench->a,
                                second,
                                bench->b,
                                "--control",
                                bench->control,
                                "--counters",
                                "--stall-ms",
                                "2000",
                                baud ? "--baud" : NULL,
                                baud,
                                NULL};
    bench->pid = process_start(argv, bench->output);
}

static void start(struct bench *bench, const char *second, const char *baud)
{
    folder_make(&bench->folder);
    folder_file(&bench->folder, "a", bench->a);
    folder_file(&bench->folder, "b", bench->b);
    folder_file(&bench->folder, "control", bench->control);
    folder_file(&bench->folder, "output", bench->output);
    bench->listen_fd = strcmp(second, "--socket") == 0 ? listen_at(bench->b) : -1;
    run_wire(bench, second, baud);
    assert_true(path_wait(bench->a));
    if (bench->listen_fd < 0) assert_true(path_wait(bench->b));
}

static void stop(struct bench *bench)
{
    int status = process_stop(bench->pid);
    bool left = path_exists(bench->a) || path_exists(bench->control) || (bench->listen_fd < 0 && path_exists(bench->b));
    if (bench->listen_fd >= 0) close(bench->listen_fd);
    folder_remove(&bench->folder);
    assert_int_equal(status, 0);
    assert_false(left);
}

static int open_link(const char *path)
{
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static int accept_wire(const struct bench *bench)
{
    struct pollfd fd = {.fd = bench->listen_fd, .events = POLLIN};
    assert_int_equal(poll(&fd, 1, PROCESS_PATIENCE_MS), 1);
    int connection = accept4(bench->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    assert_true(connection >= 0);
    return connection;
}

/* Reads exactly `size` bytes; fewer when nothing comes for `patience_ms`. */
static size_t read_some(int fd, uint8_t *bytes, size_t size, int patience_ms)
{
    size_t got = 0;
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    while (got < size && poll(&poll_fd, 1, patience_ms) > 0) {
        ssize_t count = read(fd, bytes + got, size - got);
        if (count == 0 || (count < 0 && errno != EAGAIN)) break;
        if (count > 0) got += (size_t)count;
    }
    return got;
}

static void expect_bytes(int fd, const char *text)
{
    uint8_t bytes[64] = {0};
    assert_int_equal(read_some(fd, bytes, strlen(text), PROCESS_PATIENCE_MS), strlen(text));
    assert_memory_equal(bytes, text, strlen(text));
}

static void send_text(int fd, const char *text)
{
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

/* Both ways until a byte has come through each: both users are known to the wire then. */
static void meet(int a, int b)
{
    uint8_t bytes[256];
    bool a_heard = false, b_heard = false;
    for (unsigned waited = 0; waited < PROCESS_PATIENCE_MS && !(a_heard && b_heard); waited += 20) {
        if (!b_heard) send_text(a, "~");
        if (!a_heard) send_text(b, "~");
        b_heard = read_some(b, bytes, 1, 10) > 0 || b_heard;
        a_heard = read_some(a, bytes, 1, 10) > 0 || a_heard;
    }
    assert_true(a_heard && b_heard);
    /* What is still on its way comes before these. */
    send_text(a, "!");
    send_text(b, "!");
    do
        assert_int_equal(read_some(b, bytes, 1, PROCESS_PATIENCE_MS), 1);
    while (bytes[0] != '!');
    do
        assert_int_equal(read_some(a, bytes, 1, PROCESS_PATIENCE_MS), 1);
    while (bytes[0] != '!');
}

#define MANY 100000u

struct pump {
    int fd;
    uint8_t out[MANY], in[MANY];
    size_t sent, got;
};

static void pump_step(struct pump *pump, short events)
{
    if ((events & POLLIN) != 0) {
        ssize_t count = read(pump->fd, pump->in + pump->got, MANY - pump->got);
        if (count > 0) pump->got += (size_t)count;
    }
    if ((events & POLLOUT) != 0) {
        ssize_t count = write(pump->fd, pump->out + pump->sent, MANY - pump->sent);
        if (count > 0) pump->sent += (size_t)count;
    }
}

static bool pump_done(const struct pump *pump)
{
    return pump->sent == MANY && pump->got == MANY;
}

/* Every byte value, both ways at once. */
static void many_bytes_pass(int a, int b)
{
    struct pump *pumps = calloc(2, sizeof *pumps);
    assert_non_null(pumps);
    pumps[0].fd = a;
    pumps[1].fd = b;
    for (unsigned i = 0; i < MANY; i++) {
        pumps[0].out[i] = (uint8_t)(i * 7u + i / 251u);
        pumps[1].out[i] = (uint8_t)(i * 13u + i / 241u);
    }
    while (!pump_done(&pumps[0]) || !pump_done(&pumps[1])) {
        struct pollfd fds[2];
        for (unsigned i = 0; i < 2; i++) {
            short out = pumps[i].sent < MANY ? POLLOUT : 0, in = pumps[i].got < MANY ? POLLIN : 0;
            fds[i] = (struct pollfd){.fd = pumps[i].fd, .events = (short)(in | out)};
        }
        if (poll(fds, 2, PROCESS_PATIENCE_MS) <= 0) break;
        for (unsigned i = 0; i < 2; i++)
            pump_step(&pumps[i], fds[i].revents);
    }
    assert_int_equal(pumps[0].got, MANY);
    assert_int_equal(pumps[1].got, MANY);
    assert_memory_equal(pumps[0].in, pumps[1].out, MANY);
    assert_memory_equal(pumps[1].in, pumps[0].out, MANY);
    free(pumps);
}

static void many_bytes_pass_between_two_terminals(void **state)
{
    (void)state;
    struct bench bench;
    start(&bench, "--link", NULL);
    int a = open_link(bench.a), b = open_link(bench.b);
    meet(a, b);
    many_bytes_pass(a, b);
    close(a);
    close(b);
    stop(&bench);
}

static void many_bytes_pass_between_terminal_and_socket(void **state)
{
    (void)state;
    struct bench bench;
    start(&bench, "--socket", NULL);
    int a = open_link(bench.a), b = accept_wire(&bench);
    meet(a, b);
    many_bytes_pass(a, b);
    close(a);
    close(b);
    stop(&bench);
}

static void bytes_that_take_their_time_arrive_in_order(void **state)
{
    (void)state;
    struct bench bench;
    start(&bench, "--socket", "1000000");
    int a = open_link(bench.a), b = accept_wire(&bench);
    meet(a, b);
    many_bytes_pass(a, b);
    close(a);
    close(b);
    stop(&bench);
}

static void terminal_stays_while_the_socket_is_killed_and_returns(void **state)
{
    (void)state;
    struct bench bench;
    start(&bench, "--socket", NULL);
    int a = open_link(bench.a);
    for (unsigned round = 0; round < 5; round++) {
        int b = accept_wire(&bench);
        meet(a, b);
        send_text(a, "question");
        expect_bytes(b, "question");
        send_text(b, "answer");
        expect_bytes(a, "answer");
        close(b);
        close(bench.listen_fd);
        /* A node that is gone hears nothing, and does not hear it later either. */
        send_text(a, "nobody there");
        bench.listen_fd = listen_at(bench.b);
    }
    close(a);
    stop(&bench);
}

static void user_who_comes_later_finds_nothing_from_before(void **state)
{
    (void)state;
    uint8_t bytes[64];
    struct bench bench;
    start(&bench, "--socket", NULL);
    int b = accept_wire(&bench);
    int a = open_link(bench.a);
    meet(a, b);
    send_text(b, "for the first");
    /* Arrived but not read: sure once the wire has carried something sent later the other way. */
    struct pollfd arrived = {.fd = a, .events = POLLIN};
    assert_int_equal(poll(&arrived, 1, PROCESS_PATIENCE_MS), 1);
    close(a);
    /* Time for the wire to see it, and to throw away what nobody reads. */
    sleep_ms(WIRE_TURN_MS);
    send_text(b, "for nobody");
    sleep_ms(WIRE_TURN_MS);
    a = open_link(bench.a);
    size_t old = read_some(a, bytes, sizeof bytes, 200);
    meet(a, b);
    send_text(b, "for the second");
    expect_bytes(a, "for the second");
    close(a);
    close(b);
    stop(&bench);
    assert_int_equal(old, 0);
}

/* A user who sets nothing must not have an echo on the line, nor a line feed turned into two bytes. */
static void terminal_is_raw_for_a_user_who_sets_nothing(void **state)
{
    (void)state;
    uint8_t bytes[8];
    struct bench bench;
    start(&bench, "--socket", NULL);
    int b = accept_wire(&bench), a = open_link(bench.a);
    meet(a, b);
    send_text(b, "\r\n\x03\x04\x11");
    expect_bytes(a, "\r\n\x03\x04\x11");
    send_text(a, "\n");
    expect_bytes(b, "\n");
    assert_int_equal(read_some(b, bytes, sizeof bytes, 100), 0);
    close(a);
    close(b);
    stop(&bench);
}

static void cut_line_carries_nothing_until_joined(void **state)
{
    (void)state;
    uint8_t bytes[16];
    struct bench bench;
    start(&bench, "--link", NULL);
    int a = open_link(bench.a), b = open_link(bench.b);
    meet(a, b);
    assert_true(datagram_send(bench.control, "cut\n"));
    send_text(a, "lost");
    size_t while_cut = read_some(b, bytes, sizeof bytes, WIRE_TURN_MS);
    assert_true(datagram_send(bench.control, "join"));
    send_text(a, "whole");
    expect_bytes(b, "whole");
    close(a);
    close(b);
    stop(&bench);
    assert_int_equal(while_cut, 0);
}

static void bytes_are_dropped_and_corrupted_as_told(void **state)
{
    (void)state;
    char output[1024];
    struct bench bench;
    start(&bench, "--link", NULL);
    int a = open_link(bench.a), b = open_link(bench.b);
    meet(a, b);
    assert_true(datagram_send(bench.control, "drop-next 2 a"));
    send_text(b, "12");
    expect_bytes(a, "12");
    send_text(a, "1234");
    expect_bytes(b, "34");
    assert_true(datagram_send(bench.control, "corrupt-next 1"));
    send_text(a, "\x10\x11");
    expect_bytes(b, "\x34\x11");
    send_text(b, "\x10\x11");
    expect_bytes(a, "\x34\x11");
    assert_true(datagram_send(bench.control, "explode"));
    assert_true(file_wait(bench.output, "control: found \"explode\", expected cut, join, drop-next N [a|b] or "
                                        "corrupt-next N [a|b]\n"));
    close(a);
    close(b);
    kill(bench.pid, SIGTERM);
    assert_true(file_wait(bench.output, "/b: bytes"));
    file_read(bench.output, output, sizeof output);
    stop(&bench);
    assert_non_null(strstr(output, "dropped 2, corrupted 1\n"));
}

/* An emulator stops when its serial port does: somebody who does not read must not stop it. */
static void reader_who_does_not_read_does_not_stop_the_other_end(void **state)
{
    (void)state;
    static uint8_t bytes[400000];
    struct bench bench;
    start(&bench, "--link", NULL);
    int a = open_link(bench.a), b = open_link(bench.b);
    meet(a, b);
    size_t sent = 0;
    struct pollfd fd = {.fd = b, .events = POLLOUT};
    while (sent < sizeof bytes && poll(&fd, 1, PROCESS_PATIENCE_MS) > 0) {
        ssize_t count = write(b, bytes + sent, sizeof bytes - sent);
        if (count > 0) sent += (size_t)count;
    }
    send_text(a, "still here");
    expect_bytes(b, "still here");
    close(a);
    close(b);
    stop(&bench);
    assert_int_equal(sent, sizeof bytes);
}

/* The whole chain: sensors on a wire that is killed and started again. */
static void sensors_return_when_their_port_does(void **state)
{
    (void)state;
    char scenario[PROCESS_PATH_SIZE], output[PROCESS_PATH_SIZE];
    uint16_t level = 0;
    struct bench bench;
    start(&bench, "--link", NULL);
    folder_write(&bench.folder, "s.yaml", "sensors: [{unit_id: 5, profile: qdy30a, name: p, level_mm: 77}]");
    folder_file(&bench.folder, "s.yaml", scenario);
    folder_file(&bench.folder, "sensors", output);
    const char *const argv[] = {SENSORS_PROGRAM, "--port", bench.a, "--scenario", scenario, NULL};
    pid_t sensors = process_start(argv, output);
    assert_true(file_wait(output, " open\n"));
    assert_int_equal(process_stop(bench.pid), 0);
    assert_true(file_wait(output, "/a: has gone; trying again until it works\n"));
    run_wire(&bench, "--link", NULL);
    assert_true(path_wait(bench.b));
    modbus_t *client = modbus_new_rtu(bench.b, 9600, 'N', 8, 1);
    assert_non_null(client);
    modbus_set_slave(client, 5);
    modbus_set_response_timeout(client, 1, 0);
    assert_int_equal(modbus_connect(client), 0);
    int got = -1;
    for (unsigned i = 0; i < 20 && got < 0; i++) {
        modbus_flush(client);
        got = modbus_read_registers(client, 4, 1, &level);
    }
    modbus_close(client);
    modbus_free(client);
    int status = process_stop(sensors);
    stop(&bench);
    assert_int_equal(got, 1);
    assert_int_equal(level, 77);
    assert_int_equal(status, 0);
}

static void commands_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "cut 3",
                                      "join now",
                                      "drop-next",
                                      "drop-next many",
                                      "drop-next 3 c",
                                      "corrupt-next 1 a b",
                                      "drop-next-but-one 1"};
    struct wire *wire = calloc(1, sizeof *wire);
    assert_non_null(wire);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(wire_command(wire, bad[i]), SW_ERROR_MALFORMED);
    assert_false(wire->cut);
    assert_int_equal(wire_command(wire, "drop-next 7 b\n"), SW_OK);
    assert_int_equal(wire->path[WIRE_A].drop_next, 0);
    assert_int_equal(wire->path[WIRE_B].drop_next, 7);
    free(wire);
}

static void file_in_the_place_of_the_link_is_left_alone(void **state)
{
    (void)state;
    char path[PROCESS_PATH_SIZE], other[PROCESS_PATH_SIZE], output[PROCESS_PATH_SIZE], text[256];
    struct folder folder;
    folder_make(&folder);
    folder_write(&folder, "precious", "data");
    folder_file(&folder, "precious", path);
    folder_file(&folder, "b", other);
    folder_file(&folder, "output", output);
    const char *const argv[] = {WIRE_PROGRAM, "--link", other, "--link", path, NULL};
    int status = process_wait(process_start(argv, output));
    file_read(output, text, sizeof text);
    bool other_left = path_exists(other);
    char content[16];
    file_read(path, content, sizeof content);
    folder_remove(&folder);
    assert_int_equal(status, 1);
    assert_non_null(strstr(text, "precious: is there already and is no link\n"));
    assert_string_equal(content, "data");
    assert_false(other_left);
}

static bool is_still(const char *path, const struct stat *old)
{
    struct stat now;
    return lstat(path, &now) != 0 ||
           (now.st_ino == old->st_ino && memcmp(&now.st_mtim, &old->st_mtim, sizeof now.st_mtim) == 0);
}

static void link_left_by_a_killed_wire_is_replaced(void **state)
{
    (void)state;
    struct bench bench;
    struct stat old_a, old_b;
    start(&bench, "--link", NULL);
    assert_int_equal(lstat(bench.a, &old_a), 0);
    assert_int_equal(lstat(bench.b, &old_b), 0);
    kill(bench.pid, SIGKILL);
    assert_int_equal(process_wait(bench.pid), -1);
    run_wire(&bench, "--link", NULL);
    /* Until then they lead to terminals that may be somebody else's by now. */
    for (unsigned waited = 0; is_still(bench.a, &old_a) || is_still(bench.b, &old_b); waited += 5) {
        assert_true(waited < PROCESS_PATIENCE_MS);
        sleep_ms(5);
    }
    int a = open_link(bench.a), b = open_link(bench.b);
    meet(a, b);
    close(a);
    close(b);
    stop(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_bytes_pass_between_two_terminals),
        cmocka_unit_test(many_bytes_pass_between_terminal_and_socket),
        cmocka_unit_test(bytes_that_take_their_time_arrive_in_order),
        cmocka_unit_test(terminal_stays_while_the_socket_is_killed_and_returns),
        cmocka_unit_test(user_who_comes_later_finds_nothing_from_before),
        cmocka_unit_test(terminal_is_raw_for_a_user_who_sets_nothing),
        cmocka_unit_test(cut_line_carries_nothing_until_joined),
        cmocka_unit_test(bytes_are_dropped_and_corrupted_as_told),
        cmocka_unit_test(reader_who_does_not_read_does_not_stop_the_other_end),
        cmocka_unit_test(sensors_return_when_their_port_does),
        cmocka_unit_test(commands_that_are_none_are_refused),
        cmocka_unit_test(file_in_the_place_of_the_link_is_left_alone),
        cmocka_unit_test(link_left_by_a_killed_wire_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
