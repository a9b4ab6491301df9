/* RTU frames over a byte stream. It has no silences that would end a frame: how long a reply is follows from its
 * request. Pure. */
#ifndef FIELD_BUS_TCP_RTU_STREAM_H
#define FIELD_BUS_TCP_RTU_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "field_frame.h"

/* The reply has not come whole yet. Positive, so that it is not in error.def. */
#define RTU_STREAM_MORE 1

/* Returns the size of what was written to `out`, at most sizeof request->bytes + RTU_CRC_SIZE. */
size_t rtu_stream_encode(const struct field_request *request, uint8_t *out);

/* All that has come since the request: SW_OK, RTU_STREAM_MORE, SW_ERROR_CRC, or what field_check_reply() says. A byte
 * that cannot be of the reply, or is one too many, makes the whole of it a wrong reply. */
int rtu_stream_decode(const struct field_request *request, const uint8_t *bytes, size_t size,
                      uint16_t registers[FIELD_READ_MAX]);

#endif
