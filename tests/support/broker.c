#include "support/broker.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

#define START_LIMIT_MS 60000

/* Not assert(): tests must fail in every build type. */
static void must(bool true_now, const char *what)
{
    if (true_now) return;
    perror(what);
    abort();
}

static struct sockaddr_in local_address(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static uint16_t free_port(void)
{
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = local_address(0);
    socklen_t size = sizeof address;
    must(descriptor >= 0 && bind(descriptor, (struct sockaddr *)&address, size) == 0, "free port");
    must(getsockname(descriptor, (struct sockaddr *)&address, &size) == 0, "free port");
    (void)close(descriptor);
    return ntohs(address.sin_port);
}

static bool takes_connections(uint16_t port)
{
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = local_address(port);
    bool taken = connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0;
    (void)close(descriptor);
    return taken;
}

void broker_pause_ms(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    (void)nanosleep(&time, NULL);
}

void broker_path(const struct broker *broker, const char *name, char path[128])
{
    (void)snprintf(path, 128, "%s/%s", broker->directory, name);
}

void broker_write_file(const struct broker *broker, const char *name, const char *text, char path[128])
{
    broker_path(broker, name, path);
    FILE *stream = fopen(path, "w");
    must(stream != NULL, path);
    (void)fputs(text, stream);
    must(fclose(stream) == 0, path);
}

static void write_with_directory(FILE *stream, const char *settings, const char *directory)
{
    for (const char *at = settings; *at != '\0'; at++) {
        if (at[0] == '%' && at[1] == 's') {
            (void)fputs(directory, stream);
            at++;
        } else {
            (void)fputc(*at, stream);
        }
    }
}

void broker_prepare(struct broker *broker, const char *settings)
{
    char path[128];
    (void)snprintf(broker->directory, sizeof broker->directory, "/tmp/sw-mqtt-broker-XXXXXX");
    must(mkdtemp(broker->directory) != NULL, "mkdtemp");
    broker->port = free_port();
    broker->process = 0;
    broker_path(broker, "mosquitto.conf", path);
    FILE *stream = fopen(path, "w");
    must(stream != NULL, path);
    (void)fprintf(stream,
                  "listener %u 127.0.0.1\n"
                  "set_tcp_nodelay true\n"
                  "persistence true\n"
                  "persistence_location %s/\n"
                  "autosave_on_changes true\n"
                  "autosave_interval 1\n"
                  "max_queued_messages 0\n"
                  "log_dest file %s/mosquitto.log\n"
                  "log_type all\n",
                  broker->port, broker->directory, broker->directory);
    /* Without it mosquitto drops to a user that cannot write to the directory. */
    if (geteuid() == 0) (void)fputs("user root\n", stream);
    if (!strstr(settings, "allow_anonymous")) (void)fputs("allow_anonymous true\n", stream);
    write_with_directory(stream, settings, broker->directory);
    must(fclose(stream) == 0, path);
}

void broker_run(struct broker *broker)
{
    char path[128];
    broker_path(broker, "mosquitto.conf", path);
    pid_t parent = getpid();
    broker->process = fork();
    must(broker->process >= 0, "fork");
    if (broker->process == 0) {
        /* A test that crashes leaves no broker behind. */
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(127);
        (void)execlp("mosquitto", "mosquitto", "-c", path, (char *)NULL);
        (void)execl("/usr/sbin/mosquitto", "mosquitto", "-c", path, (char *)NULL);
        _exit(127);
    }
    for (int waited = 0; !takes_connections(broker->port); waited += 10) {
        must(waited < START_LIMIT_MS && waitpid(broker->process, NULL, WNOHANG) == 0, "mosquitto does not start");
        broker_pause_ms(10);
    }
}

void broker_open(struct broker *broker, const char *settings)
{
    broker_prepare(broker, settings);
    broker_run(broker);
}

void broker_open_with_acl(struct broker *broker, const char *acl)
{
    char path[128];
    broker_prepare(broker, "acl_file %s/acl\n");
    broker_write_file(broker, "acl", acl, path);
    broker_run(broker);
}

void broker_kill(struct broker *broker)
{
    if (broker->process <= 0) return;
    (void)kill(broker->process, SIGKILL);
    (void)waitpid(broker->process, NULL, 0);
    broker->process = 0;
}

/* posix_spawn is declared for changeable strings; it gets copies. */
static pid_t spawn(const char *const arguments[], int output)
{
    char *copy[64];
    size_t count = 0;
    for (; arguments[count]; count++) {
        must(count + 1 < sizeof copy / sizeof copy[0], "too many arguments");
        copy[count] = strdup(arguments[count]);
    }
    copy[count] = NULL;

    posix_spawn_file_actions_t actions;
    must(posix_spawn_file_actions_init(&actions) == 0, "spawn");
    (void)posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    (void)posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    pid_t process = 0;
    must(posix_spawnp(&process, copy[0], &actions, NULL, copy, environ) == 0, arguments[0]);
    (void)posix_spawn_file_actions_destroy(&actions);
    for (size_t i = 0; i < count; i++)
        free(copy[i]);
    return process;
}

static int exit_status(pid_t process)
{
    int status = 0;
    must(waitpid(process, &status, 0) == process, "waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int broker_run_tool(char *output, size_t output_size, const char *const arguments[])
{
    int ends[2];
    must(pipe2(ends, O_CLOEXEC) == 0, "pipe");
    pid_t process = spawn(arguments, ends[1]);
    (void)close(ends[1]);
    size_t length = 0;
    char piece[1024];
    for (ssize_t got; (got = read(ends[0], piece, sizeof piece)) > 0;) {
        size_t room = output_size - length - 1;
        size_t taken = (size_t)got < room ? (size_t)got : room;
        memcpy(output + length, piece, taken);
        length += taken;
    }
    output[length] = '\0';
    (void)close(ends[0]);
    return exit_status(process);
}

void broker_start_tool(struct broker_tool *tool, const char *const arguments[])
{
    (void)snprintf(tool->output, sizeof tool->output, "/tmp/sw-mqtt-tool-XXXXXX");
    int output = mkostemp(tool->output, O_CLOEXEC);
    must(output >= 0, "mkstemp");
    tool->process = spawn(arguments, output);
    (void)close(output);
}

void broker_wait_for_subscriber(const struct broker *broker, const char *id)
{
    static char log[1 << 20];
    char path[128], wanted[128];
    broker_path(broker, "mosquitto.log", path);
    (void)snprintf(wanted, sizeof wanted, "Sending SUBACK to %s", id);
    bool subscribed = false;
    for (int waited = 0; !subscribed; waited += 10) {
        must(waited < START_LIMIT_MS, "subscriber");
        broker_pause_ms(10);
        FILE *stream = fopen(path, "r");
        must(stream != NULL, path);
        log[fread(log, 1, sizeof log - 1, stream)] = '\0';
        (void)fclose(stream);
        subscribed = strstr(log, wanted) != NULL;
    }
}

const char *broker_tool_output(const struct broker_tool *tool, char *output, size_t size)
{
    FILE *stream = fopen(tool->output, "r");
    must(stream != NULL, tool->output);
    output[fread(output, 1, size - 1, stream)] = '\0';
    (void)fclose(stream);
    return output;
}

bool broker_tool_says(const struct broker_tool *tool, const char *wanted)
{
    static char output[1 << 20];
    return strstr(broker_tool_output(tool, output, sizeof output), wanted) != NULL;
}

int broker_stop_tool(struct broker_tool *tool, int signal_number)
{
    if (tool->process <= 0) return -1;
    if (signal_number != 0) (void)kill(tool->process, signal_number);
    int status = exit_status(tool->process);
    tool->process = 0;
    (void)unlink(tool->output);
    return status;
}

static void shell_in(const struct broker *broker, const char *script)
{
    char output[4096];
    const char *const arguments[] = {"sh", "-ec", script, "sh", broker->directory, NULL};
    int status = broker_run_tool(output, sizeof output, arguments);
    if (status != 0) (void)fprintf(stderr, "%s\n", output);
    must(status == 0, "openssl");
}

void broker_make_certificates(const struct broker *broker)
{
    shell_in(broker, "cd \"$1\"\n"
                     "authority() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
                     " -keyout $1.key -out $1.pem -subj /CN=$1; }\n"
                     "certificate() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $1.key"
                     " -out $1.csr -subj /CN=$2; printf \"subjectAltName=$3\\n\" >$1.ext;"
                     " openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile $1.ext"
                     " -out $1.pem; }\n"
                     "authority ca; authority other-ca\n"
                     "certificate server localhost DNS:localhost,IP:127.0.0.1\n"
                     "certificate misnamed elsewhere.example DNS:elsewhere.example\n"
                     "certificate client gateway DNS:gateway\n");
}

void broker_close(struct broker *broker)
{
    broker_kill(broker);
    char output[256];
    const char *const arguments[] = {"rm", "-rf", "--", broker->directory, NULL};
    (void)broker_run_tool(output, sizeof output, arguments);
}
