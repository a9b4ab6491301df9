/* stillwater-sensors on a pseudo-terminal, and a libmodbus client at the other side of it. */
#ifndef TESTS_UNIT_SENSORS_LINE_FIXTURE_H
#define TESTS_UNIT_SENSORS_LINE_FIXTURE_H

#include <modbus/modbus.h>

#include "process.h"

struct line {
    struct folder folder;
    char control[PROCESS_PATH_SIZE];
    char output[PROCESS_PATH_SIZE];
    int master_fd, slave_fd;
    pid_t pid;
    modbus_t *client;
};

/* Starts the program with this scenario and waits until it takes requests. */
void line_start(struct line *line, const char *scenario);

/* Stops the program, which has to end well, and leaves nothing behind. */
void line_stop(struct line *line);

/* Sends an event; it takes effect before any request made after. */
void line_control(struct line *line, const char *event);

/* Reads a profile's own block: how many registers, or -1 and errno as libmodbus sets it. Waits ten seconds: a busy
 * machine must not look like a silent sensor. */
int line_read_block(struct line *line, int unit_id, const char *profile, uint16_t *registers);

/* The same with the time a master would wait. */
int line_read_block_within(struct line *line, int unit_id, const char *profile, unsigned timeout_ms,
                           uint16_t *registers);

/* Takes everything off the line until it has been silent for `quiet_ms`. */
void line_flush(struct line *line, unsigned quiet_ms);

#endif
