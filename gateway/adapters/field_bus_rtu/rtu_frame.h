/* Modbus RTU requests and the check of their replies (Modbus application protocol V1.1b3 §6). Pure: no I/O, no state.
 * libmodbus adds and checks the CRC; everything else about a reply is checked here, since the library folds wrong
 * functions and wrong lengths into one error. */
#ifndef FIELD_BUS_RTU_RTU_FRAME_H
#define FIELD_BUS_RTU_RTU_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define RTU_FRAME_SIZE_MAX 256
#define RTU_WRITE_MAX      5 /* registers one request writes at most: a slot's configuration */
#define RTU_READ_MAX       125

struct rtu_request {
    uint8_t bytes[11 + 2 * RTU_WRITE_MAX]; /* unit id to data, without CRC */
    uint8_t size;
    uint8_t registers; /* registers the reply carries; 0 = it echoes address and value or count */
};

struct rtu_block {
    uint16_t address;
    uint8_t count; /* reads: 1..RTU_READ_MAX; writes: 1..RTU_WRITE_MAX */
};

/* Function codes 03 and 04. */
struct rtu_request rtu_request_read(uint8_t unit_id, uint8_t function, struct rtu_block block);
/* Function code 16. */
struct rtu_request rtu_request_write(uint8_t unit_id, struct rtu_block block, const uint16_t *values);
/* Function code 23: the write is done before the read. */
struct rtu_request rtu_request_write_read(uint8_t unit_id, struct rtu_block write, const uint16_t *values,
                                          struct rtu_block read);

/* Size on the wire, CRC included. */
size_t rtu_request_wire_size(const struct rtu_request *request);
size_t rtu_reply_wire_size(const struct rtu_request *request);

/* Checks a reply whose CRC (its last two bytes) is right and takes its registers out. SW_OK, SW_ERROR_WRONG_UNIT,
 * SW_ERROR_WRONG_FUNCTION, SW_ERROR_WRONG_LENGTH or SW_ERROR_EXCEPTION_*. */
int rtu_check_reply(const struct rtu_request *request, const uint8_t *bytes, size_t size,
                    uint16_t registers[RTU_READ_MAX]);

#endif
