/* What registers of an unknown device may mean: every number that can be read out of them, and which of those look like
 * something measured. Pure. */
#ifndef GATEWAY_CLI_PROBE_VALUES_H
#define GATEWAY_CLI_PROBE_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stillwater/sensor_profile.h"

enum probe_type {
    PROBE_U16,
    PROBE_I16,
    PROBE_BCD16,
    PROBE_U32,
    PROBE_I32,
    PROBE_F32,
    PROBE_BCD32,
    PROBE_U64,
    PROBE_I64,
    PROBE_F64,
    PROBE_TYPE_COUNT,
};

const char *probe_type_name(enum probe_type type);
/* Registers that a value takes. */
unsigned probe_type_size(enum probe_type type);

#define PROBE_ORDERS 4
/* "ABCD", "DCBA", "BADC", "CDAB", in the order of enum sw_byte_order; of 64 bits the same habit: words turned round,
 * bytes within words, or both. */
const char *probe_order_name(enum sw_byte_order order);
/* Whether a type has this order as one of its own: 16 bits have two. */
bool probe_has_order(enum probe_type type, enum sw_byte_order order);

/* The value; NAN where the bits are none (a BCD digit above nine). A 64-bit integer beyond 2^53 loses its last digits.
 */
double probe_value(enum probe_type type, enum sw_byte_order order, const uint16_t *registers);

/* Looks like something measured: of 32 and 64 bits only, since any 16 do. */
bool probe_is_plausible(enum probe_type type, enum sw_byte_order order, const uint16_t *registers);

/* From one reading to the next as water and weather do: another value, and not by more than a fifth. */
bool probe_has_moved(double before, double now);

/* What the device itself shows, as typed: the value times a power of ten is the same number, as far as it was given. */
struct probe_shown {
    double value;
    double tolerance; /* half a step of its last digit, or a thousandth if that is more */
};

/* False when it is no number, or 0, which everything is the same as. */
bool probe_shown_from(const char *text, struct probe_shown *shown);
/* True, and the scale that makes `value` the one shown. */
bool probe_is_shown(const struct probe_shown *shown, double value, double *scale);

/* Printable characters in a row from here on, two a register, the first in the upper byte or in the lower one. */
size_t probe_text(const uint16_t *registers, size_t count, bool low_first, char *text, size_t size);

#endif
