/* An emulated node for a test: the emulator, a serial port for each of its lines, and a sensor on one of them, in a
 * directory of its own that goes with it. Functions fail the running cmocka test when a part does not come up. */
#ifndef TESTS_ARM_EMULATED_NODE_H
#define TESTS_ARM_EMULATED_NODE_H

#include <limits.h>
#include <modbus/modbus.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Room for the names below a mkdtemp directory. */
#define NODE_PATH_SIZE 128

struct emulated_node {
    const char *board;
    const char *image;
    const char *emulate_node; /* tools/emulate-node */
    char folder[NODE_PATH_SIZE / 2];
    char gateway_socket[NODE_PATH_SIZE], gateway_port[NODE_PATH_SIZE];
    char sensor_socket[NODE_PATH_SIZE], sensor_port[NODE_PATH_SIZE];
    char qmp_socket[NODE_PATH_SIZE], retained[NODE_PATH_SIZE];
    pid_t emulator, gateway_wire, sensor_wire, sensor;
    modbus_t *client;
    unsigned lost; /* requests that were asked again */
};

/* The serial number and unit id every emulated node of these tests is given. */
#define NODE_SERIAL  40017u
#define NODE_UNIT_ID 17

/* The sensor's unit id, and what it shows: a level in mm in register 0x0020 (Geolux LX-80), and a water meter's total
 * in litres in registers 7 and 8, low word first (BOVE). The emulated line has no parity, so both can share it. */
#define SENSOR_UNIT_ID       7
#define SENSOR_LEVEL_MM      1234
#define SENSOR_WATER_INDEX_L 98765

/* Makes the folder; nothing runs yet. */
void node_prepare(struct emulated_node *node, const char *board, const char *image, const char *emulate_node);

/* Starts emulator, wires and sensor, and connects the client. */
void node_start(struct emulated_node *node);

/* Power cut: kill -9 for the emulator; the wires fall with it. */
void node_kill(struct emulated_node *node);

/* The reset button, by QMP system_reset. */
void node_reset(struct emulated_node *node);

/* True when the node answers within `timeout_ms`. */
bool node_answers(struct emulated_node *node, int timeout_ms);

/* As libmodbus's functions of these names. A host that takes a core away tears requests apart, and the node drops what
 * is torn: a request without an answer is asked again, a few times in a node's life, and counted. */
int node_read_input(struct emulated_node *node, int address, int count, uint16_t *words);
int node_read(struct emulated_node *node, int address, int count, uint16_t *words);
int node_write(struct emulated_node *node, int address, int count, const uint16_t *words);
int node_write_and_read(struct emulated_node *node, int write_address, int write_count, const uint16_t *write_words,
                        int read_address, int read_count, uint16_t *read_words);

/* Stops what runs and removes the folder. */
void node_discard(struct emulated_node *node);

#endif
