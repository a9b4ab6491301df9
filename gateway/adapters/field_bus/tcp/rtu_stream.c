#include "rtu_stream.h"

#include <stdbool.h>
#include <string.h>

#include "firmware/rtu/crc16.h"
#include "stillwater/error.h"

#define EXCEPTION_BIT  0x80
#define EXCEPTION_SIZE 3

size_t rtu_stream_encode(const struct field_request *request, uint8_t *out)
{
    uint16_t crc = crc16_over(request->bytes, request->size);
    memcpy(out, request->bytes, request->size);
    out[request->size] = (uint8_t)crc;
    out[request->size + 1] = (uint8_t)(crc >> 8);
    return (size_t)request->size + RTU_CRC_SIZE;
}

int rtu_stream_decode(const struct field_request *request, const uint8_t *bytes, size_t size,
                      uint16_t registers[FIELD_READ_MAX])
{
    if (size > 0 && bytes[0] != request->bytes[0]) return SW_ERROR_WRONG_UNIT;
    if (size < 2) return RTU_STREAM_MORE;
    bool is_exception = bytes[1] == (request->bytes[1] | EXCEPTION_BIT);
    if (!is_exception && bytes[1] != request->bytes[1]) return SW_ERROR_WRONG_FUNCTION;
    size_t expected = (is_exception ? EXCEPTION_SIZE : field_reply_size(request)) + RTU_CRC_SIZE;
    if (size < expected) return RTU_STREAM_MORE;
    if (size > expected) return SW_ERROR_WRONG_LENGTH;
    if (crc16_over(bytes, size) != 0) return SW_ERROR_CRC;
    return field_check_reply(request, bytes, size - RTU_CRC_SIZE, registers);
}
