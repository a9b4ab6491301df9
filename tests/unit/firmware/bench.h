/* A whole node between a simulated sensor line and a simulated gateway line, under a virtual clock. */
#ifndef TESTS_UNIT_FIRMWARE_BENCH_H
#define TESTS_UNIT_FIRMWARE_BENCH_H

#include "boards/native/sim_port.h"
#include "firmware/app/node.h"
#include "firmware/app/node_state.h"

#define BENCH_SENSORS  4
#define BENCH_SERIAL   0x00c0ffeeu
#define BENCH_UNIT     17
#define BENCH_RETAINED 4096u

/* How a simulated sensor answers. */
enum sensor_manner {
    SENSOR_ANSWERS,
    SENSOR_DEAD,
    SENSOR_WRONG_CRC,
    SENSOR_OTHER_UNIT,
    SENSOR_OTHER_FUNCTION,
    SENSOR_ONE_REGISTER_LESS,
    SENSOR_EXCEPTION,
    SENSOR_GAP_INSIDE,
};

struct bench_sensor {
    uint8_t unit; /* 0 = there is none */
    const struct sw_profile *profile;
    uint16_t registers[64]; /* the profile's block */
    enum sensor_manner manner;
    uint32_t manner_count; /* requests it still applies to; 0 = for ever */
    uint8_t exception;
    uint64_t turnaround_us;
    uint32_t requests; /* heard */
};

/* A reply on its way out of a sensor. */
struct bench_reply {
    uint64_t at_us;
    uint8_t bytes[256];
    size_t size; /* 0 = none */
};

struct bench {
    struct sim_clock clock;
    struct port_time time;
    struct sim_uart node_sensors, sensor_end;  /* the two ends of the sensor line */
    struct sim_uart node_gateway, gateway_end; /* and of the gateway line */
    struct sim_system system;
    struct node_ports ports;
    struct node node;
    uint64_t retained[BENCH_RETAINED / 8];
    uint64_t node_due_us;
    uint32_t node_polls;
    struct bench_sensor sensors[BENCH_SENSORS];
    struct bench_reply replies[BENCH_SENSORS];
    uint8_t heard[256]; /* what the sensors have received of a request */
    size_t heard_size;
    uint8_t answer[256]; /* what the gateway's end has received */
    size_t answer_size;
    uint64_t answer_end_us;
};

/* The only bench there is, with memory and lines as new, the node started. */
struct bench *bench_start(void);

/* Starts the node again, as after a reset: retained memory is what it was. */
int bench_restart_node(struct bench *bench, enum sw_reset_reason reason);

/* Puts a sensor on the line. */
struct bench_sensor *bench_add_sensor(struct bench *bench, uint8_t unit, enum sw_profile_id profile);

/* Runs node and sensors for a time. */
void bench_run(struct bench *bench, uint64_t duration_us);

/* Sends a request without CRC (unit id first) and collects the reply, without CRC, in bench->answer. Returns its size;
 * 0 when none came within half a second or its CRC was wrong. */
size_t bench_ask(struct bench *bench, const uint8_t *request, size_t size);

/* Ready-made requests. Each returns 0 and the values, or the exception code, or -1 without an answer. */
int bench_read(struct bench *bench, uint8_t function, uint16_t address, uint16_t count, uint16_t *values);
int bench_write(struct bench *bench, uint16_t address, uint16_t count, const uint16_t *values);
int bench_read_write(struct bench *bench, uint16_t read_address, uint16_t read_count, uint16_t write_address,
                     uint16_t write_count, const uint16_t *write_values, uint16_t *read_values);

/* One 16-bit or 32-bit input register. */
uint32_t bench_input(struct bench *bench, uint16_t address, unsigned words);

/* Unlocks and configures a slot; the result of the configuring write. */
int bench_configure_slot(struct bench *bench, unsigned slot, const struct slot_config *config);

/* Opens the log with this epoch and base 0. */
int bench_open_log(struct bench *bench, uint16_t epoch);

/* Acknowledges and fetches one window. Returns like bench_read_write. */
int bench_fetch(struct bench *bench, uint16_t epoch, uint32_t acknowledged, struct sw_node_window_header *header,
                struct sw_record *records);

/* CRC-16 worked out bit by bit, independent of the firmware's. */
uint16_t bench_crc(const uint8_t *bytes, size_t size);

/* Puts a float, u32 or 16-bit value into registers in a byte order. */
void bench_put_float(uint16_t *registers, float value, enum sw_byte_order order);
void bench_put_u32(uint16_t *registers, uint32_t value, enum sw_byte_order order);

#endif
