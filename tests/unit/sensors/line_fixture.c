#include "line_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "stillwater/sensor_profile.h"

void line_start(struct line *line, const char *scenario)
{
    char path[PROCESS_PATH_SIZE], port[64];
    struct termios tty;
    folder_make(&line->folder);
    folder_write(&line->folder, "scenario.yaml", scenario);
    folder_file(&line->folder, "scenario.yaml", path);
    folder_file(&line->folder, "control", line->control);
    folder_file(&line->folder, "output", line->output);
    assert_int_equal(openpty(&line->master_fd, &line->slave_fd, port, NULL, NULL), 0);
    fcntl(line->master_fd, F_SETFD, FD_CLOEXEC);
    fcntl(line->slave_fd, F_SETFD, FD_CLOEXEC);
    tcgetattr(line->slave_fd, &tty);
    cfmakeraw(&tty);
    tcsetattr(line->slave_fd, TCSANOW, &tty);
    const char *const argv[] = {SENSORS_PROGRAM, "--port", port, "--scenario", path, "--control", line->control, NULL};
    line->pid = process_start(argv, line->output);
    assert_true(line->pid > 0);
    assert_true(file_wait(line->output, " open\n"));
    line->client = modbus_new_rtu("pseudo-terminal", 9600, 'N', 8, 1);
    assert_non_null(line->client);
    assert_int_equal(modbus_set_socket(line->client, line->master_fd), 0);
}

void line_stop(struct line *line)
{
    int status = process_stop(line->pid);
    modbus_free(line->client);
    close(line->master_fd);
    close(line->slave_fd);
    bool control_left = path_exists(line->control);
    folder_remove(&line->folder);
    assert_int_equal(status, 0);
    assert_false(control_left);
}

void line_control(struct line *line, const char *event)
{
    assert_true(datagram_send(line->control, event));
}

int line_read_block_within(struct line *line, int unit_id, const char *name, unsigned timeout_ms, uint16_t *registers)
{
    const struct sw_profile *profile = sw_profile_by_name(name);
    modbus_set_slave(line->client, unit_id);
    modbus_set_response_timeout(line->client, timeout_ms / 1000, timeout_ms % 1000 * 1000);
    modbus_set_byte_timeout(line->client, 3, 0); /* longer than a host takes the core away */
    const struct sw_profile_block *block = &profile->node_block;
    return block->function == 3 ? modbus_read_registers(line->client, block->address, block->count, registers)
                                : modbus_read_input_registers(line->client, block->address, block->count, registers);
}

int line_read_block(struct line *line, int unit_id, const char *name, uint16_t *registers)
{
    return line_read_block_within(line, unit_id, name, 10000, registers);
}

void line_flush(struct line *line, unsigned quiet_ms)
{
    struct pollfd fd = {.fd = line->master_fd, .events = POLLIN};
    uint8_t bytes[256];
    while (poll(&fd, 1, (int)quiet_ms) > 0 && read(line->master_fd, bytes, sizeof bytes) > 0)
        continue;
}
