/* Frames of Modbus TCP (Modbus messaging on TCP/IP V1.0b §3.1.3): the MBAP header in front of what all transports have
 * in common. Pure. */
#ifndef FIELD_BUS_TCP_MBAP_H
#define FIELD_BUS_TCP_MBAP_H

#include <stddef.h>
#include <stdint.h>

#include "field_frame.h"

#define MBAP_HEADER_SIZE    6 /* transaction, protocol, length; the unit id is the first byte of what follows */
#define MBAP_FRAME_SIZE_MAX (MBAP_HEADER_SIZE + FIELD_FRAME_SIZE_MAX)

struct mbap_frame {
    uint16_t transaction;
    const uint8_t *bytes; /* unit id to data, within the stream's bytes */
    size_t size;
};

/* Returns the size of what was written to `out`, at most MBAP_HEADER_SIZE + sizeof request->bytes. */
size_t mbap_encode(uint16_t transaction, const struct field_request *request, uint8_t *out);

/* The frame at the start of what a stream has brought. Returns the bytes it takes there; 0 when it has not come whole
 * yet; SW_ERROR_MALFORMED when this cannot be a frame, and so nothing that follows can be understood. */
int mbap_decode(const uint8_t *bytes, size_t size, struct mbap_frame *frame);

#endif
