/* The program itself: exit status, messages, signals, and what it tells the service manager. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MS 60000

struct folder {
    char path[64];
    char config[96], store[96], socket[96], output[96];
};

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    fclose(file);
}

static void folder_make(struct folder *folder)
{
    char text[1024];
    *folder = (struct folder){.path = "/tmp/stillwater-daemon-XXXXXX"};
    assert_non_null(mkdtemp(folder->path));
    snprintf(folder->config, sizeof folder->config, "%s/gateway.yaml", folder->path);
    snprintf(folder->store, sizeof folder->store, "%s/gateway.db", folder->path);
    snprintf(folder->socket, sizeof folder->socket, "%s/notify", folder->path);
    snprintf(folder->output, sizeof folder->output, "%s/output", folder->path);
    /* Port 9 of the loopback interface has no broker; the serial port does not exist. */
    snprintf(text, sizeof text,
             "schema: stillwater.gateway/1\ncity: c\ngateway: g\nstore: {path: %s}\nmqtt: {host: 127.0.0.1, port: 9}\n"
             "policy: {silent: {bus_s: 1}}\n"
             "lines: [{id: line-1, port: %s/no-such-port, nodes: [{id: node-1, unit_id: 1}]}]\n",
             folder->store, folder->path);
    write_file(folder->config, text);
}

static void folder_remove(const struct folder *folder)
{
    static const char *const names[] = {"gateway.yaml",
                                        "gateway.db",
                                        "gateway.db-wal",
                                        "gateway.db-shm",
                                        "output",
                                        "gateway.db.lock",
                                        "gateway.db.reserve",
                                        "notify",
                                        "gateway.db-readings",
                                        "gateway.db-readings-log0",
                                        "gateway.db-readings-log1"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder->path, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(folder->path), 0);
}

/* Starts the daemon with its output in folder->output. */
static pid_t start_program(const char *program, const struct folder *folder, const char *const arguments[])
{
    pid_t child = fork();
    if (child != 0) return child;
    const char *all[8] = {program};
    for (int i = 0; arguments[i]; i++)
        all[i + 1] = arguments[i];
    int output = open(folder->output, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    execv(program, (char *const *)(uintptr_t)all);
    _exit(127);
}

static pid_t start(const struct folder *folder, const char *const arguments[])
{
    return start_program(STILLWATERD, folder, arguments);
}

static int exit_status(pid_t child)
{
    int status = 0;
    for (int waited_ms = 0; waitpid(child, &status, WNOHANG) == 0; waited_ms += 10) {
        if (waited_ms > WAIT_MS) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            fail_msg("the daemon does not end");
        }
        poll(NULL, 0, 10);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void output_of(const struct folder *folder, char *text, size_t size)
{
    FILE *file = fopen(folder->output, "r");
    assert_non_null(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

static void expect_end(const struct folder *folder, const char *const arguments[], int status, const char *said)
{
    char text[8192];
    assert_int_equal(exit_status(start(folder, arguments)), status);
    output_of(folder, text, sizeof text);
    if (!strstr(text, said)) fail_msg("expected \"%s\", the daemon said: %s", said, text);
}

static void usage_and_configuration_end_with_2(void **state)
{
    (void)state;
    struct folder folder;
    char said[256];
    folder_make(&folder);
    expect_end(&folder, (const char *[]){NULL}, 2, "usage: stillwaterd --config FILE");
    expect_end(&folder, (const char *[]){"--colour", NULL}, 2, "usage: stillwaterd --config FILE");
    expect_end(&folder, (const char *[]){"--config", folder.config, "more", NULL}, 2, "usage:");
    expect_end(&folder, (const char *[]){"--config", "/nowhere/gateway.yaml", NULL}, 2,
               "/nowhere/gateway.yaml: cannot open the file: No such file or directory");
    write_file(folder.config, "schema: stillwater.gateway/1\ncity: c\ngateway: g\ngatevay: g\n");
    snprintf(said, sizeof said, "%s:4: gatevay: unknown key at column 1; expected one of schema, city", folder.config);
    expect_end(&folder, (const char *[]){"--config", folder.config, NULL}, 2, said);
    expect_end(&folder, (const char *[]){"--config", folder.config, "--check", NULL}, 2, said);
    folder_remove(&folder);
}

static void check_only_checks_and_warns_of_a_port_that_is_not_there(void **state)
{
    (void)state;
    struct folder folder;
    folder_make(&folder);
    expect_end(&folder, (const char *[]){"--config", folder.config, "--check", NULL}, 0,
               "no-such-port does not exist at the moment");
    assert_int_not_equal(access(folder.store, F_OK), 0);
    folder_remove(&folder);
}

static void check_shows_the_table_of_the_line_that_is_refused(void **state)
{
    (void)state;
    struct folder folder;
    char text[8192];
    folder_make(&folder);
    write_file(
        folder.config,
        "schema: stillwater.gateway/1\ncity: c\ngateway: g\nstore: {path: s}\nmqtt: {host: h}\n"
        "subjects: [{id: site-1}, {id: site-2}]\nlines:\n"
        "  - {id: fits, port: /dev/null,\n"
        "     devices: [{id: dev-1, unit_id: 1, profile: geolux-lx80, subject: site-1}]}\n"
        "  - {id: too-much, port: /dev/zero, baud: 9600,\n"
        "     devices: [{id: dev-2, unit_id: 1, profile: geolux-lx80, subject: site-2, poll_interval_ms: 50}]}\n");
    expect_end(&folder, (const char *[]){"--config", folder.config, "--check", NULL}, 2,
               "lines[1]: asking as often as this takes more than the line's time");
    output_of(&folder, text, sizeof text);
    assert_non_null(strstr(text, "lines[1] too-much: /dev/zero, 9600 baud 8N1"));
    assert_non_null(strstr(text, "  taken of its time: "));
    assert_null(strstr(text, "lines[0] fits"));
    /* Whoever only starts it gets the sum. */
    expect_end(&folder, (const char *[]){"--config", folder.config, NULL}, 2, "expected at most 100 %");
    output_of(&folder, text, sizeof text);
    assert_null(strstr(text, "taken of its time"));
    folder_remove(&folder);
}

static void check_reads_the_files_for_the_broker(void **state)
{
    (void)state;
    struct folder folder;
    char text[512], said[256];
    folder_make(&folder);
    snprintf(text, sizeof text,
             "schema: stillwater.gateway/1\ncity: c\ngateway: g\nstore: {path: s}\n"
             "mqtt: {host: h, tls: {ca_file: %s}}\n"
             "lines: [{id: line-1, port: /dev/null, nodes: [{id: node-1, unit_id: 1}]}]\n",
             folder.config);
    write_file(folder.config, text);
    snprintf(said, sizeof said, "%s: mqtt.tls.ca_file %s: holds no usable certificate", folder.config, folder.config);
    expect_end(&folder, (const char *[]){"--config", folder.config, "--check", NULL}, 2, said);
    folder_remove(&folder);
}

static void check_reminds_of_what_puback_risks(void **state)
{
    (void)state;
    struct folder folder;
    folder_make(&folder);
    write_file(folder.config, "schema: stillwater.gateway/1\ncity: c\ngateway: g\nstore: {path: s}\n"
                              "mqtt: {host: h, done_on: puback}\n"
                              "lines: [{id: line-1, port: /dev/null, nodes: [{id: node-1, unit_id: 1}]}]\n");
    expect_end(&folder, (const char *[]){"--config", folder.config, "--check", NULL}, 0,
               "mqtt.done_on: puback: an alert that the broker takes and then loses reaches nobody");
    folder_remove(&folder);
}

/* The limit is inherited by the daemon; what has been lowered is not raised again, so it is done in a child. */
static void check_warns_of_too_few_descriptors(void **state)
{
    (void)state;
    struct folder folder;
    folder_make(&folder);
    write_file(folder.config, "schema: stillwater.gateway/1\ncity: c\ngateway: g\nstore: {path: s}\n"
                              "mqtt: {host: h}\nlines: [{id: line-1, transport: tcp, host: plc}]\n");
    expect_end(&folder, (const char *[]){"--config", folder.config, "--check", NULL}, 0, "good: 0 subjects, 1 lines");
    pid_t child = fork();
    if (child == 0) {
        const struct rlimit few = {100, 100};
        _exit(setrlimit(RLIMIT_NOFILE, &few) == 0
                  ? exit_status(start(&folder, (const char *[]){"--config", folder.config, "--check", NULL}))
                  : 1);
    }
    assert_int_equal(exit_status(child), 0);
    char text[1024];
    output_of(&folder, text, sizeof text);
    if (!strstr(text,
                "warning: lines: a process may have 100 files and connections open here, these lines may need 161"))
        fail_msg("the daemon said: %s", text);
    folder_remove(&folder);
}

static void the_people_file_is_checked_with_the_configuration(void **state)
{
    (void)state;
    struct folder folder;
    char text[1024], said[256], people[128];
    folder_make(&folder);
    snprintf(people, sizeof people, "%s/people.yaml", folder.path);
    snprintf(text, sizeof text,
             "schema: stillwater.gateway/1\ncity: c\ngateway: g\nstore: {path: %s}\nmqtt: {host: h}\n"
             "registry: {people: %s}\n"
             "lines: [{id: line-1, port: /dev/null, nodes: [{id: node-1, unit_id: 1}]}]\n",
             folder.store, people);
    write_file(folder.config, text);
    write_file(people, "schema: stillwater.people/1\npeople: [{id: o-1, hours: [Mon-Sun 00:00-23:00]}]\n"
                       "areas: [{grid: c, responsible: o-1}]\n");
    snprintf(said, sizeof said, "%s: warning: c: nobody on Mon 23:00-24:00, Tue 23:00-24:00", people);
    expect_end(&folder, (const char *[]){"--config", folder.config, "--check", NULL}, 0, said);
    write_file(people, "schema: stillwater.people/1\npeople: [{id: o-1}]\nareas: [{grid: c, responsible: o-2}]\n");
    snprintf(said, sizeof said, "%s:3: areas[0].responsible: nobody is called o-2; expected the id of an entry",
             people);
    expect_end(&folder, (const char *[]){"--config", folder.config, NULL}, 2, said);
    unlink(people);
    folder_remove(&folder);
}

static void a_store_that_cannot_be_used_ends_with_1_and_its_name(void **state)
{
    (void)state;
    struct folder folder;
    char said[256];
    folder_make(&folder);
    write_file(folder.store,
               "a letter that is long enough to be looked at as the header of a database, or so it seems: "
               "one hundred bytes are needed for that, and here they are, and some more.");
    snprintf(said, sizeof said, "error: daemon: %s: is not a database", folder.store);
    expect_end(&folder, (const char *[]){"--config", folder.config, NULL}, 1, said);
    folder_remove(&folder);
}

/* The service manager's end of NOTIFY_SOCKET. */
static int notify_socket(const struct folder *folder)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", folder->socket);
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(descriptor >= 0);
    assert_int_equal(bind(descriptor, (struct sockaddr *)&address, sizeof address), 0);
    return descriptor;
}

static void wait_for_message(int descriptor, const char *wanted)
{
    char message[512] = "";
    struct pollfd ready = {descriptor, POLLIN, 0};
    do {
        if (poll(&ready, 1, WAIT_MS) != 1) fail_msg("no %s came", wanted);
        ssize_t size = recv(descriptor, message, sizeof message - 1, 0);
        assert_true(size >= 0);
        message[size] = '\0';
    } while (!strstr(message, wanted));
}

static void without_port_and_broker_it_runs_tells_systemd_and_ends_cleanly(void **state)
{
    (void)state;
    struct folder folder;
    char text[8192];
    folder_make(&folder);
    int notifications = notify_socket(&folder);
    setenv("NOTIFY_SOCKET", folder.socket, 1);
    setenv("WATCHDOG_USEC", "400000", 1);
    pid_t child = start(&folder, (const char *[]){"--config", folder.config, NULL});
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    wait_for_message(notifications, "READY=1");
    wait_for_message(notifications, "WATCHDOG=1");
    /* A second daemon on the same store. */
    struct folder other = folder;
    snprintf(other.output, sizeof other.output, "%s/second", folder.path);
    expect_end(&other, (const char *[]){"--config", folder.config, NULL}, 1, "is in use by another process");
    unlink(other.output);
    /* The same configuration, read anew. */
    kill(child, SIGHUP);
    for (int i = 0; i < 10; i++)
        wait_for_message(notifications, "WATCHDOG=1");
    kill(child, SIGTERM);
    wait_for_message(notifications, "STOPPING=1");
    assert_int_equal(exit_status(child), 0);
    close(notifications);
    output_of(&folder, text, sizeof text);
    assert_non_null(strstr(text, "no-such-port"));
    assert_non_null(strstr(text, "info: reload: configuration "));
    assert_non_null(strstr(text, "g.bus_silent.line-1."));
    assert_non_null(strstr(text, "info: daemon: stopped"));
    folder_remove(&folder);
}

static void wait_for_output(const struct folder *folder, const char *wanted)
{
    char text[8192] = "";
    for (int waited_ms = 0; !strstr(text, wanted); waited_ms += 10) {
        if (waited_ms > WAIT_MS) fail_msg("expected \"%s\", the daemon said: %s", wanted, text);
        poll(NULL, 0, 10);
        output_of(folder, text, sizeof text);
    }
}

/* Both threads that look names up never come back; nothing that is to be stored waits for them, nor does the end. */
static void it_ends_while_a_dead_name_server_is_asked(void **state)
{
    (void)state;
    struct folder folder;
    char text[1024], log[128];
    struct stat file;
    folder_make(&folder);
    snprintf(text, sizeof text,
             "schema: stillwater.gateway/1\ncity: c\ngateway: g\nstore: {path: %s}\nmqtt: {host: broker.example}\n"
             "lines: [{id: line-1, transport: tcp, host: plc.example}]\n",
             folder.store);
    write_file(folder.config, text);
    pid_t child = start_program(STILLWATERD_WITHOUT_NAMES, &folder, (const char *[]){"--config", folder.config, NULL});
    wait_for_output(&folder, "looking up plc.example");
    wait_for_output(&folder, "looking up broker.example");
    snprintf(log, sizeof log, "%s-wal", folder.store);
    assert_int_equal(access(log, F_OK), 0);
    assert_int_equal(stat(folder.store, &file), 0);
    assert_int_equal(file.st_mode & (S_IRWXG | S_IRWXO), 0);
    kill(child, SIGTERM);
    assert_int_equal(exit_status(child), 0);
    wait_for_output(&folder, "info: daemon: stopped");
    /* SQLite removes it when the store is closed in order. */
    assert_int_not_equal(access(log, F_OK), 0);
    folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usage_and_configuration_end_with_2),
        cmocka_unit_test(check_only_checks_and_warns_of_a_port_that_is_not_there),
        cmocka_unit_test(check_shows_the_table_of_the_line_that_is_refused),
        cmocka_unit_test(check_reads_the_files_for_the_broker),
        cmocka_unit_test(check_reminds_of_what_puback_risks),
        cmocka_unit_test(check_warns_of_too_few_descriptors),
        cmocka_unit_test(the_people_file_is_checked_with_the_configuration),
        cmocka_unit_test(a_store_that_cannot_be_used_ends_with_1_and_its_name),
        cmocka_unit_test(without_port_and_broker_it_runs_tells_systemd_and_ends_cleanly),
        cmocka_unit_test(it_ends_while_a_dead_name_server_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
