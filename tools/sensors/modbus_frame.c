#include "sensors/modbus_frame.h"

uint16_t modbus_frame_crc(const uint8_t *bytes, size_t size)
{
    unsigned crc = 0xffff;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = (crc & 1u) != 0 ? crc >> 1 ^ 0xa001u : crc >> 1;
    }
    return (uint16_t)crc;
}

void modbus_frame_seal(uint8_t *frame, size_t size)
{
    uint16_t crc = modbus_frame_crc(frame, size - 2);
    frame[size - 2] = (uint8_t)crc;
    frame[size - 1] = (uint8_t)(crc >> 8);
}

/* Size of the request whose first bytes these are; 0 while that cannot be said. A function code that libmodbus does
 * not know is taken to have no data, as libmodbus itself takes it. */
static size_t request_size(const uint8_t *bytes, size_t size)
{
    if (size < 2) return 0;
    switch (bytes[1]) {
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
        return 8;
    case 15:
    case 16:
        return size < 7 ? 0 : 9u + bytes[6];
    case 22:
        return 10;
    case 23:
        return size < 11 ? 0 : 13u + bytes[10];
    default:
        return 4;
    }
}

bool modbus_splitter_push(struct modbus_splitter *splitter, uint8_t byte)
{
    if (splitter->lost) return false;
    size_t expected = request_size(splitter->bytes, splitter->size);
    if (expected != 0 && splitter->size >= expected) splitter->size = 0; /* the one handed out before */
    splitter->bytes[splitter->size++] = byte;
    expected = request_size(splitter->bytes, splitter->size);
    if (expected > MODBUS_FRAME_MAX) {
        splitter->lost = true;
        splitter->bad_frames++;
        return false;
    }
    if (expected == 0 || splitter->size < expected) return false;
    uint16_t crc = modbus_frame_crc(splitter->bytes, expected - 2);
    if (splitter->bytes[expected - 2] == (crc & 0xff) && splitter->bytes[expected - 1] == crc >> 8) return true;
    splitter->lost = true;
    splitter->bad_frames++;
    return false;
}

static bool complete(const struct modbus_splitter *splitter)
{
    size_t expected = request_size(splitter->bytes, splitter->size);
    return expected != 0 && splitter->size >= expected;
}

void modbus_splitter_silence(struct modbus_splitter *splitter)
{
    if (!splitter->lost && splitter->size > 0 && !complete(splitter)) splitter->bad_frames++;
    splitter->lost = false;
    splitter->size = 0;
}

bool modbus_splitter_pending(const struct modbus_splitter *splitter)
{
    return splitter->lost || (splitter->size > 0 && !complete(splitter));
}
