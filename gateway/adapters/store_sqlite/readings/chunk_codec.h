/* A chunk: some hundred readings of one series, in the order of their times, in little more than a byte each.
 *
 * Meters report at almost even intervals and mostly stand still. So a time is written as what its interval is off the
 * chunk's usual one, a value as its difference from the one before, both in the largest unit that all of them share,
 * and each as an exponential Golomb code (a zero takes one bit) of the order that suits the chunk best. Quality, reason
 * and clock quality change seldom and are written as runs.
 *
 *   u32  checksum of all that follows
 *   u8   version
 *   varints: count, first time, time unit, usual interval in units, first value (zigzag), value unit
 *   u8   order of times; u8 order of values, bit 7: values never fall, so there is no sign
 *   varint: runs; each: varint length, u8 clock quality << 4 | quality, u8 reason
 *   the codes, time and value in turn, from the highest bit on */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_CHUNK_CODEC_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_CHUNK_CODEC_H

#include "adapters/store_sqlite/readings/readings.h"

/* Room for a chunk of so many readings, at worst. */
#define CHUNK_SIZE_MAX(count) (96 + 48 * (size_t)(count))

/* Bytes written. The readings fit (series_reading_fits), are in order, and are one at least. */
size_t chunk_encode(const struct series_reading *readings, size_t count, uint8_t *bytes, size_t size);

/* SW_OK with *count of them; SW_ERROR_MALFORMED when the bytes are not a whole chunk of `capacity` readings at most. */
int chunk_decode(const uint8_t *bytes, size_t size, struct series_reading *readings, size_t capacity, size_t *count);

#endif
