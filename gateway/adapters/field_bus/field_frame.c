#include "field_frame.h"

#include <assert.h>
#include <string.h>

#include "stillwater/byte_cursor.h"
#include "stillwater/error.h"

#define FUNCTION_WRITE      16
#define FUNCTION_WRITE_READ 23
#define EXCEPTION_BIT       0x80

static void put_block(struct sw_writer *out, struct field_block block)
{
    sw_write_u16(out, block.address);
    sw_write_u16(out, block.count);
}

static void put_values(struct sw_writer *out, struct field_block block, const uint16_t *values)
{
    sw_write_u8(out, (uint8_t)(2 * block.count));
    for (uint8_t i = 0; i < block.count; i++)
        sw_write_u16(out, values[i]);
}

static struct sw_writer begin(struct field_request *request, uint8_t unit_id, uint8_t function)
{
    struct sw_writer out = sw_writer_over(request->bytes, sizeof request->bytes);
    sw_write_u8(&out, unit_id);
    sw_write_u8(&out, function);
    return out;
}

static void finish(struct field_request *request, const struct sw_writer *out)
{
    assert(!out->failed);
    request->size = (uint8_t)sw_writer_size(out);
}

struct field_request field_request_read(uint8_t unit_id, uint8_t function, struct field_block block)
{
    struct field_request request = {.registers = block.count};
    struct sw_writer out = begin(&request, unit_id, function);
    put_block(&out, block);
    finish(&request, &out);
    return request;
}

struct field_request field_request_write(uint8_t unit_id, struct field_block block, const uint16_t *values)
{
    struct field_request request = {.registers = 0};
    struct sw_writer out = begin(&request, unit_id, FUNCTION_WRITE);
    put_block(&out, block);
    put_values(&out, block, values);
    finish(&request, &out);
    return request;
}

struct field_request field_request_write_read(uint8_t unit_id, struct field_block write, const uint16_t *values,
                                              struct field_block read)
{
    struct field_request request = {.registers = read.count};
    struct sw_writer out = begin(&request, unit_id, FUNCTION_WRITE_READ);
    put_block(&out, read);
    put_block(&out, write);
    put_values(&out, write, values);
    finish(&request, &out);
    return request;
}

size_t field_reply_size(const struct field_request *request)
{
    /* Unit, function, byte count, data; or unit, function, address, count. */
    return request->registers > 0 ? 3u + 2u * request->registers : 6u;
}

static int take_registers(const struct field_request *request, struct sw_reader *in, uint16_t *registers)
{
    unsigned byte_count = sw_read_u8(in);
    if (in->failed || byte_count != 2u * request->registers || sw_reader_left(in) != byte_count)
        return SW_ERROR_WRONG_LENGTH;
    for (unsigned i = 0; i < request->registers; i++)
        registers[i] = sw_read_u16(in);
    return SW_OK;
}

static int check_echo(const struct field_request *request, struct sw_reader *in)
{
    if (sw_reader_left(in) != 4 || memcmp(in->at, request->bytes + 2, 4) != 0) return SW_ERROR_WRONG_LENGTH;
    return SW_OK;
}

int field_check_reply(const struct field_request *request, const uint8_t *bytes, size_t size,
                      uint16_t registers[FIELD_READ_MAX])
{
    struct sw_reader in = sw_reader_over(bytes, size);
    uint8_t unit_id = sw_read_u8(&in);
    uint8_t function = sw_read_u8(&in);
    if (in.failed) return SW_ERROR_WRONG_LENGTH;
    if (unit_id != request->bytes[0]) return SW_ERROR_WRONG_UNIT;
    if (function == (request->bytes[1] | EXCEPTION_BIT)) {
        uint8_t code = sw_read_u8(&in);
        return in.failed || sw_reader_left(&in) != 0 ? SW_ERROR_WRONG_LENGTH : sw_error_from_modbus_exception(code);
    }
    if (function != request->bytes[1]) return SW_ERROR_WRONG_FUNCTION;
    return request->registers > 0 ? take_registers(request, &in, registers) : check_echo(request, &in);
}
