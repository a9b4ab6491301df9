#include "mbap.h"

#include "stillwater/byte_cursor.h"
#include "stillwater/error.h"

#define PROTOCOL_MODBUS 0
#define LENGTH_MIN      3 /* unit id, function, exception code */

size_t mbap_encode(uint16_t transaction, const struct field_request *request, uint8_t *out)
{
    struct sw_writer writer = sw_writer_over(out, MBAP_HEADER_SIZE + sizeof request->bytes);
    sw_write_u16(&writer, transaction);
    sw_write_u16(&writer, PROTOCOL_MODBUS);
    sw_write_u16(&writer, request->size);
    for (uint8_t i = 0; i < request->size; i++)
        sw_write_u8(&writer, request->bytes[i]);
    return sw_writer_size(&writer);
}

int mbap_decode(const uint8_t *bytes, size_t size, struct mbap_frame *frame)
{
    struct sw_reader in = sw_reader_over(bytes, size);
    uint16_t transaction = sw_read_u16(&in);
    uint16_t protocol = sw_read_u16(&in);
    if (!in.failed && protocol != PROTOCOL_MODBUS) return SW_ERROR_MALFORMED;
    uint16_t length = sw_read_u16(&in);
    if (in.failed) return 0;
    if (length < LENGTH_MIN || length > FIELD_FRAME_SIZE_MAX) return SW_ERROR_MALFORMED;
    if (sw_reader_left(&in) < length) return 0;
    *frame = (struct mbap_frame){.transaction = transaction, .bytes = in.at, .size = length};
    return MBAP_HEADER_SIZE + length;
}
