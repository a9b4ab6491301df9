/* Modbus requests and the check of their replies (Modbus application protocol V1.1b3 §6), from the unit id to the last
 * byte of the data: what all transports have in common, without the CRC of RTU or the header of TCP. Pure. */
#ifndef FIELD_BUS_FIELD_FRAME_H
#define FIELD_BUS_FIELD_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define FIELD_FRAME_SIZE_MAX 254
#define FIELD_WRITE_MAX      5 /* registers one request writes at most: a slot's configuration */
#define FIELD_READ_MAX       125

/* What RTU adds. */
#define RTU_CRC_SIZE       2
#define RTU_FRAME_SIZE_MAX (FIELD_FRAME_SIZE_MAX + RTU_CRC_SIZE)

struct field_request {
    uint8_t bytes[11 + 2 * FIELD_WRITE_MAX]; /* unit id to data */
    uint8_t size;
    uint8_t registers; /* registers the reply carries; 0 = it echoes address and value or count */
};

struct field_block {
    uint16_t address;
    uint8_t count; /* reads: 1..FIELD_READ_MAX; writes: 1..FIELD_WRITE_MAX */
};

/* Function codes 03 and 04. */
struct field_request field_request_read(uint8_t unit_id, uint8_t function, struct field_block block);
/* Function code 16. */
struct field_request field_request_write(uint8_t unit_id, struct field_block block, const uint16_t *values);
/* Function code 23: the write is done before the read. */
struct field_request field_request_write_read(uint8_t unit_id, struct field_block write, const uint16_t *values,
                                              struct field_block read);

/* Of the reply, if it is no exception. */
size_t field_reply_size(const struct field_request *request);

/* Checks a reply and takes its registers out. SW_OK, SW_ERROR_WRONG_UNIT, SW_ERROR_WRONG_FUNCTION,
 * SW_ERROR_WRONG_LENGTH or SW_ERROR_EXCEPTION_*. */
int field_check_reply(const struct field_request *request, const uint8_t *bytes, size_t size,
                      uint16_t registers[FIELD_READ_MAX]);

#endif
