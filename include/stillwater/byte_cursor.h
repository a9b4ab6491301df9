/* A bounded reader and a bounded writer over bytes from outside. The first access past the end latches `failed`;
 * from then on reads give 0 and writes do nothing, so a parser checks once, at its end. Big-endian, as Modbus. */
#ifndef STILLWATER_BYTE_CURSOR_H
#define STILLWATER_BYTE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sw_reader {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

struct sw_writer {
    uint8_t *at;
    uint8_t *start;
    uint8_t *end;
    bool failed;
};

static inline struct sw_reader sw_reader_over(const uint8_t *bytes, size_t size)
{
    struct sw_reader reader = {bytes, bytes + size, false};
    return reader;
}

static inline size_t sw_reader_left(const struct sw_reader *reader)
{
    return (size_t)(reader->end - reader->at);
}

static inline uint8_t sw_read_u8(struct sw_reader *reader)
{
    if (reader->failed || sw_reader_left(reader) < 1) {
        reader->failed = true;
        return 0;
    }
    return *reader->at++;
}

static inline uint16_t sw_read_u16(struct sw_reader *reader)
{
    if (reader->failed || sw_reader_left(reader) < 2) {
        reader->failed = true;
        return 0;
    }
    uint16_t value = (uint16_t)((unsigned)reader->at[0] << 8 | reader->at[1]);
    reader->at += 2;
    return value;
}

static inline uint32_t sw_read_u32(struct sw_reader *reader)
{
    uint32_t high = sw_read_u16(reader);
    uint32_t low = sw_read_u16(reader);
    return reader->failed ? 0 : high << 16 | low;
}

static inline struct sw_writer sw_writer_over(uint8_t *bytes, size_t size)
{
    struct sw_writer writer = {bytes, bytes, bytes + size, false};
    return writer;
}

static inline size_t sw_writer_size(const struct sw_writer *writer)
{
    return (size_t)(writer->at - writer->start);
}

static inline void sw_write_u8(struct sw_writer *writer, uint8_t value)
{
    if (writer->failed || writer->end - writer->at < 1) {
        writer->failed = true;
        return;
    }
    *writer->at++ = value;
}

static inline void sw_write_u16(struct sw_writer *writer, uint16_t value)
{
    if (writer->failed || writer->end - writer->at < 2) {
        writer->failed = true;
        return;
    }
    *writer->at++ = (uint8_t)(value >> 8);
    *writer->at++ = (uint8_t)value;
}

static inline void sw_write_u32(struct sw_writer *writer, uint32_t value)
{
    sw_write_u16(writer, (uint16_t)(value >> 16));
    sw_write_u16(writer, (uint16_t)value);
}

#endif
