#include "sensors/sensor_line.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "stillwater/error.h"

#define RETRY_US 100000
/* A device gives up an incomplete request after 1.5 characters of silence. A host is not that punctual: bytes of one
 * request may reach this process tens of milliseconds apart when the machine is busy. */
#define SILENCE_US       50000
#define CONTROL_MAX      4096
#define DATAGRAMS_A_TURN 64

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

/* The scenario's clock stands still at its end, however late this is asked. */
static double scenario_s(const struct sensor_line *line)
{
    return fmin((double)(now_us() - line->start_us) / 1e6 * line->options.speed, line->options.duration_s);
}

void sensor_line_print_problem(void *ctx, const char *file, unsigned line, const char *field, const char *text)
{
    (void)ctx;
    fprintf(stderr, "%s:", file);
    if (line > 0) fprintf(stderr, "%u:", line);
    fprintf(stderr, " %s%s%s\n", field, field[0] ? ": " : "", text);
}

static void print_happening(void *ctx, double at_s, const struct sensor *sensor, const char *what)
{
    const struct sensor_line *line = ctx;
    if (line->options.out == NULL) return;
    fprintf(line->options.out, "%9.1f s  %-16s %s\n", at_s, sensor->name, what);
    fflush(line->options.out);
}

static struct scenario_listener listener_of(struct sensor_line *line)
{
    return (struct scenario_listener){line, print_happening};
}

/* ---- port ---- */

static speed_t speed_of(uint32_t baud)
{
    static const struct {
        uint32_t baud;
        speed_t speed;
    } table[] = {{1200, B1200},   {2400, B2400},   {4800, B4800},   {9600, B9600},
                 {19200, B19200}, {38400, B38400}, {57600, B57600}, {115200, B115200}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].baud == baud) return table[i].speed;
    return B9600;
}

static int set_line(int fd, const struct sw_line_settings *settings)
{
    struct termios tty;
    if (tcgetattr(fd, &tty) != 0) return SW_ERROR_SYSTEM;
    cfmakeraw(&tty);
    tty.c_cflag |= CLOCAL | CREAD;
    tty.c_cflag &= ~(tcflag_t)(PARENB | PARODD | CSTOPB);
    if (settings->parity != 'N') tty.c_cflag |= PARENB;
    if (settings->parity == 'O') tty.c_cflag |= PARODD;
    if (settings->stop_bits == 2) tty.c_cflag |= CSTOPB;
    cfsetispeed(&tty, speed_of(settings->baud));
    cfsetospeed(&tty, speed_of(settings->baud));
    if (tcsetattr(fd, TCSANOW, &tty) != 0) return SW_ERROR_SYSTEM;
    tcflush(fd, TCIOFLUSH);
    return SW_OK;
}

static void port_problem(struct sensor_line *line, const char *what)
{
    if (!line->port_reported) fprintf(stderr, "%s: %s; trying again until it works\n", line->options.port, what);
    line->port_reported = true;
}

static void port_open(struct sensor_line *line)
{
    line->retry_us = now_us() + RETRY_US;
    int fd = open(line->options.port, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        port_problem(line, strerror(errno));
        return;
    }
    if (set_line(fd, &line->options.settings) != SW_OK) {
        port_problem(line, "is not a serial port");
        close(fd);
        return;
    }
    line->fd = fd;
    line->port_opened++;
    line->port_reported = false;
    modbus_splitter_silence(&line->splitter);
    if (line->options.out == NULL) return;
    fprintf(line->options.out, "%9.1f s  %-16s port %s open\n", scenario_s(line), "line", line->options.port);
    fflush(line->options.out);
}

static void port_lost(struct sensor_line *line)
{
    port_problem(line, "has gone");
    close(line->fd);
    line->fd = -1;
    line->retry_us = now_us() + RETRY_US;
    for (size_t i = 0; i < SENSOR_LINE_PENDING_MAX; i++)
        line->pending[i].due_us = 0;
}

/* ---- requests and replies ---- */

static void queue_reply(struct sensor_line *line, const struct sensor_reply *reply)
{
    for (size_t i = 0; i < SENSOR_LINE_PENDING_MAX; i++) {
        if (line->pending[i].due_us != 0) continue;
        line->pending[i].due_us = now_us() + (uint64_t)reply->delay_ms * 1000u;
        line->pending[i].size = reply->size;
        memcpy(line->pending[i].bytes, reply->bytes, reply->size);
        return;
    }
    line->replies_dropped++;
}

static void send_due(struct sensor_line *line)
{
    for (size_t i = 0; i < SENSOR_LINE_PENDING_MAX; i++) {
        if (line->pending[i].due_us == 0 || line->pending[i].due_us > now_us()) continue;
        line->pending[i].due_us = 0;
        /* A line takes what it can; nobody reading is a line with no master. */
        ssize_t sent = write(line->fd, line->pending[i].bytes, line->pending[i].size);
        if (sent != (ssize_t)line->pending[i].size) line->replies_dropped++;
    }
}

static void tell_write(struct sensor_line *line, const struct sensor *sensor, enum sensor_field field)
{
    char value[32], what[80];
    sensor_format_value(field, sensor->value[field], value, sizeof value);
    snprintf(what, sizeof what, "%s written by a master: %s", sensor_field_info(field)->name, value);
    print_happening(line, sensor->now_s, sensor, what);
}

static void dispatch(struct sensor_line *line)
{
    const uint8_t *request = line->splitter.bytes;
    size_t answered = 0;
    scenario_advance(line->scenario, scenario_s(line), listener_of(line));
    for (size_t i = 0; i < line->scenario->sensor_count; i++) {
        struct sensor_unit *unit = &line->units[i];
        struct sensor_reply reply;
        if (request[0] != MODBUS_BROADCAST_ADDRESS && request[0] != unit->sensor->unit_id) continue;
        answered++;
        sensor_unit_answer(unit, request, line->splitter.size, &reply);
        if (reply.written != SENSOR_FIELD_COUNT) tell_write(line, unit->sensor, reply.written);
        if (reply.size > 0) queue_reply(line, &reply);
    }
    if (answered == 0) line->requests_for_others++;
}

static void port_read(struct sensor_line *line)
{
    uint8_t bytes[512];
    ssize_t got = read(line->fd, bytes, sizeof bytes);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
        port_lost(line);
        return;
    }
    uint64_t at_us = now_us();
    if (modbus_splitter_pending(&line->splitter) && at_us - line->heard_us >= SILENCE_US)
        modbus_splitter_silence(&line->splitter);
    if (got > 0) line->heard_us = at_us;
    for (ssize_t i = 0; i < got; i++)
        if (modbus_splitter_push(&line->splitter, bytes[i])) dispatch(line);
}

/* ---- control ---- */

static int control_open(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat old;
    if (strlen(path) >= sizeof address.sun_path) {
        fprintf(stderr, "%s: path of a socket has at most %zu characters\n", path, sizeof address.sun_path - 1);
        return -1;
    }
    strcpy(address.sun_path, path);
    /* A socket left by an earlier run is in the way; anything else is somebody's. */
    if (lstat(path, &old) == 0 && S_ISSOCK(old.st_mode)) unlink(path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0) return fd;
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    if (fd >= 0) close(fd);
    return -1;
}

static void control_read(struct sensor_line *line)
{
    char text[CONTROL_MAX];
    struct scenario_event event;
    struct yaml_report report = {NULL, sensor_line_print_problem};
    for (unsigned i = 0; i < DATAGRAMS_A_TURN; i++) {
        ssize_t size = recv(line->control_fd, text, sizeof text, 0);
        if (size < 0) return;
        scenario_advance(line->scenario, scenario_s(line), listener_of(line));
        if (scenario_parse_line(line->scenario, text, (size_t)size, report, &event) == SW_OK)
            scenario_apply(line->scenario, &event, listener_of(line));
        else
            line->control_refused++;
    }
}

/* ---- loop ---- */

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* When something is to be done although nothing comes in. */
static uint64_t next_due_us(const struct sensor_line *line)
{
    uint64_t due_us = UINT64_MAX;
    double at_s = fmin(scenario_next_s(line->scenario), line->options.duration_s);
    double in_us = at_s / line->options.speed * 1e6;
    if (in_us < 1e15) due_us = line->start_us + (uint64_t)in_us + 1;
    for (size_t i = 0; i < SENSOR_LINE_PENDING_MAX; i++)
        if (line->pending[i].due_us != 0) due_us = earlier(due_us, line->pending[i].due_us);
    if (modbus_splitter_pending(&line->splitter)) due_us = earlier(due_us, line->heard_us + SILENCE_US);
    if (line->fd < 0) due_us = earlier(due_us, line->retry_us);
    return due_us;
}

static void wait_for_work(struct sensor_line *line, const sigset_t *waiting)
{
    struct pollfd fds[2] = {{.fd = line->fd, .events = POLLIN}, {.fd = line->control_fd, .events = POLLIN}};
    uint64_t due_us = next_due_us(line), at_us = now_us();
    uint64_t left_us = due_us > at_us ? due_us - at_us : 0;
    struct timespec timeout = {.tv_sec = (time_t)(left_us / 1000000u), .tv_nsec = (long)(left_us % 1000000u) * 1000};
    if (ppoll(fds, 2, due_us == UINT64_MAX ? NULL : &timeout, waiting) <= 0) return;
    /* An event sent before a request takes effect before it. */
    if (fds[1].revents != 0) control_read(line);
    if (fds[0].revents != 0) port_read(line);
}

void sensor_line_run(struct sensor_line *line, volatile sig_atomic_t *stop, const sigset_t *waiting)
{
    double at_s;
    do {
        if (line->fd < 0 && now_us() >= line->retry_us) port_open(line);
        wait_for_work(line, waiting);
        if (modbus_splitter_pending(&line->splitter) && now_us() - line->heard_us >= SILENCE_US)
            modbus_splitter_silence(&line->splitter);
        if (line->fd >= 0) send_due(line);
        at_s = scenario_s(line);
        scenario_advance(line->scenario, at_s, listener_of(line));
    } while (!*stop && at_s < line->options.duration_s);
}

int sensor_line_open(struct sensor_line *line, const struct sensor_line_options *options, struct scenario *scenario)
{
    size_t opened = 0;
    *line = (struct sensor_line){.options = *options, .scenario = scenario, .fd = -1, .control_fd = -1};
    line->units = calloc(scenario->sensor_count, sizeof *line->units);
    while (line->units != NULL && opened < scenario->sensor_count &&
           sensor_unit_open(&line->units[opened], &scenario->sensors[opened]) == SW_OK)
        opened++;
    if (line->units != NULL && opened == scenario->sensor_count && options->control != NULL)
        line->control_fd = control_open(options->control);
    if (opened < scenario->sensor_count || (options->control != NULL && line->control_fd < 0)) {
        if (opened < scenario->sensor_count) fprintf(stderr, "sensors: %s\n", strerror(errno));
        while (opened > 0)
            sensor_unit_close(&line->units[--opened]);
        free(line->units);
        return SW_ERROR_SYSTEM;
    }
    line->start_us = now_us();
    return SW_OK;
}

void sensor_line_close(struct sensor_line *line)
{
    for (size_t i = 0; i < line->scenario->sensor_count; i++)
        sensor_unit_close(&line->units[i]);
    free(line->units);
    if (line->fd >= 0) close(line->fd);
    if (line->control_fd >= 0) {
        close(line->control_fd);
        unlink(line->options.control);
    }
}

void sensor_line_print_counters(const struct sensor_line *line, FILE *out)
{
    for (size_t i = 0; i < line->scenario->sensor_count; i++) {
        const struct sensor_unit *unit = &line->units[i];
        fprintf(out, "unit %3u %-16s requests %" PRIu64 ", replies %" PRIu64 ", exceptions %" PRIu64,
                unit->sensor->unit_id, unit->sensor->name, unit->requests, unit->replies, unit->exceptions);
        for (unsigned kind = 1; kind < SENSOR_FAULT_COUNT; kind++)
            if (unit->faults[kind] > 0)
                fprintf(out, ", %s %" PRIu64, sensor_fault_name((enum sensor_fault_kind)kind), unit->faults[kind]);
        fprintf(out, "\n");
    }
    fprintf(out,
            "line: bad frames %" PRIu64 ", requests for others %" PRIu64 ", replies dropped %" PRIu64
            ", port opened %" PRIu64 ", control lines refused %" PRIu64 "\n",
            line->splitter.bad_frames, line->requests_for_others, line->replies_dropped, line->port_opened,
            line->control_refused);
}
