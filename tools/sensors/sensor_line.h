/* The RS-485 line with all its sensors: one poll(2) loop over the port and the control socket. */
#ifndef TOOLS_SENSORS_SENSOR_LINE_H
#define TOOLS_SENSORS_SENSOR_LINE_H

#include <signal.h>
#include <stdio.h>

#include "sensors/scenario.h"
#include "sensors/sensor_unit.h"

struct sensor_line_options {
    const char *port;
    const char *control; /* path of the datagram socket; NULL = none */
    struct sw_line_settings settings;
    double speed;      /* scenario seconds in one real second */
    double duration_s; /* scenario seconds; INFINITY = until stopped */
    FILE *out;         /* one line per happening, counters at the end; NULL = quiet */
};

#define SENSOR_LINE_PENDING_MAX 16

struct sensor_line {
    struct sensor_line_options options;
    struct scenario *scenario;
    struct sensor_unit *units; /* one per sensor of the scenario, in its order */
    int fd;                    /* of the port; -1 while it is gone */
    int control_fd;            /* -1 = none */
    uint64_t start_us;
    uint64_t heard_us;  /* last byte */
    uint64_t retry_us;  /* when to open the port again */
    bool port_reported; /* that it cannot be opened has been said */
    struct modbus_splitter splitter;
    struct {
        uint64_t due_us; /* 0 = free */
        size_t size;
        uint8_t bytes[MODBUS_FRAME_MAX];
    } pending[SENSOR_LINE_PENDING_MAX];
    uint64_t requests_for_others; /* to unit ids nobody here has */
    uint64_t replies_dropped;     /* no room on the line or in the queue */
    uint64_t control_refused;
    uint64_t port_opened;
};

/* SW_OK, or SW_ERROR_SYSTEM (with a line on stderr) with nothing to undo. The port need not be there yet. `scenario`
 * outlives the line; its time starts now. */
int sensor_line_open(struct sensor_line *line, const struct sensor_line_options *options, struct scenario *scenario);

/* Serves until `stop` is set or the duration is over. `waiting` is the signal mask while it waits: signals that set
 * `stop` are blocked otherwise, so that none gets lost between the check and the wait. */
void sensor_line_run(struct sensor_line *line, volatile sig_atomic_t *stop, const sigset_t *waiting);

void sensor_line_print_counters(const struct sensor_line *line, FILE *out);

void sensor_line_close(struct sensor_line *line);

/* Prints a problem of a scenario to stderr: "file:line: field: text". */
void sensor_line_print_problem(void *ctx, const char *file, unsigned line, const char *field, const char *text);

#endif
