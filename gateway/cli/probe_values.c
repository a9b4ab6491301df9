#include "cli/probe_values.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Nothing that a sensor tells is nearer to zero or farther from it, in whatever unit. */
#define LEAST_REAL   1e-3
#define MOST_REAL    1e9
#define MOST_INTEGER 1e8
#define MOST_LONG    1e12

/* A value's first power of ten, and how many: kilo to micro, and then some. */
#define LEAST_SCALE 1e-6
#define SCALES      13

static const struct {
    const char *name;
    unsigned size;
} types[PROBE_TYPE_COUNT] = {
    [PROBE_U16] = {"U16", 1}, [PROBE_I16] = {"I16", 1}, [PROBE_BCD16] = {"BCD", 1}, [PROBE_U32] = {"U32", 2},
    [PROBE_I32] = {"I32", 2}, [PROBE_F32] = {"F32", 2}, [PROBE_BCD32] = {"BCD", 2}, [PROBE_U64] = {"U64", 4},
    [PROBE_I64] = {"I64", 4}, [PROBE_F64] = {"F64", 4},
};

const char *probe_type_name(enum probe_type type)
{
    return types[type].name;
}

unsigned probe_type_size(enum probe_type type)
{
    return types[type].size;
}

const char *probe_order_name(enum sw_byte_order order)
{
    static const char *const names[PROBE_ORDERS] = {
        [SW_ORDER_ABCD] = "ABCD", [SW_ORDER_DCBA] = "DCBA", [SW_ORDER_BADC] = "BADC", [SW_ORDER_CDAB] = "CDAB"};
    return names[order];
}

bool probe_has_order(enum probe_type type, enum sw_byte_order order)
{
    return probe_type_size(type) > 1 || order == SW_ORDER_ABCD || order == SW_ORDER_BADC;
}

static uint64_t bits_of(const uint16_t *registers, unsigned size, enum sw_byte_order order)
{
    bool words_turned = order == SW_ORDER_CDAB || order == SW_ORDER_DCBA;
    bool bytes_turned = order == SW_ORDER_BADC || order == SW_ORDER_DCBA;
    uint64_t bits = 0;
    for (unsigned i = 0; i < size; i++) {
        uint16_t word = registers[words_turned ? size - 1 - i : i];
        if (bytes_turned) word = (uint16_t)((unsigned)word << 8 | word >> 8);
        bits = bits << 16 | word;
    }
    return bits;
}

static double decimal_digits(uint64_t bits, unsigned digits)
{
    double value = 0;
    for (unsigned i = digits; i-- > 0;) {
        unsigned digit = (unsigned)(bits >> 4 * i) & 0xfu;
        if (digit > 9) return NAN;
        value = 10 * value + digit;
    }
    return value;
}

static double real32(uint32_t bits)
{
    float real;
    memcpy(&real, &bits, sizeof real);
    return (double)real;
}

static double real64(uint64_t bits)
{
    double real;
    memcpy(&real, &bits, sizeof real);
    return real;
}

double probe_value(enum probe_type type, enum sw_byte_order order, const uint16_t *registers)
{
    uint64_t bits = bits_of(registers, probe_type_size(type), order);
    switch (type) {
    case PROBE_U16:
    case PROBE_U32:
    case PROBE_U64:
        return (double)bits;
    case PROBE_I16:
        return (double)(int16_t)bits;
    case PROBE_I32:
        return (double)(int32_t)bits;
    case PROBE_I64:
        return (double)(int64_t)bits;
    case PROBE_BCD16:
        return decimal_digits(bits, 4);
    case PROBE_BCD32:
        return decimal_digits(bits, 8);
    case PROBE_F32:
        return real32((uint32_t)bits);
    case PROBE_F64:
        return real64(bits);
    case PROBE_TYPE_COUNT:
        break;
    }
    return NAN;
}

/* One that does not need its width is a narrower one beside a zero, and one with nothing in its last 16 bits is two
 * numbers, or has another order. */
static bool is_plausible_integer(uint64_t bits, unsigned width, double value, double most)
{
    return bits >> width / 2 != 0 && (bits & 0xffffu) != 0 && fabs(value) <= most;
}

bool probe_is_plausible(enum probe_type type, enum sw_byte_order order, const uint16_t *registers)
{
    uint64_t bits = bits_of(registers, probe_type_size(type), order);
    double value = probe_value(type, order, registers);
    switch (type) {
    case PROBE_F32:
    case PROBE_F64:
        /* Written so that a NaN fails; a denormal is far too small. */
        return fabs(value) >= LEAST_REAL && fabs(value) <= MOST_REAL;
    case PROBE_U32:
        return is_plausible_integer(bits, 32, value, MOST_INTEGER);
    case PROBE_I32:
        return value < 0 && is_plausible_integer(bits, 32, value, MOST_INTEGER);
    case PROBE_U64:
        return is_plausible_integer(bits, 64, value, MOST_LONG);
    case PROBE_I64:
        return value < 0 && is_plausible_integer(bits, 64, value, MOST_LONG);
    default:
        return false;
    }
}

bool probe_has_moved(double before, double now)
{
    double change = fabs(now - before);
    return change > 0 && change <= fabs(before) / 5;
}

bool probe_shown_from(const char *text, struct probe_shown *shown)
{
    char *end;
    double value = strtod(text, &end), step = 1;
    const char *point = strchr(text, '.');
    if (end == text || *end != '\0' || !isfinite(value) || value == 0) return false;
    for (size_t i = point ? strspn(point + 1, "0123456789") : 0; i > 0; i--)
        step /= 10;
    *shown = (struct probe_shown){value, fmax(step / 2, fabs(value) / 1000)};
    return true;
}

bool probe_is_shown(const struct probe_shown *shown, double value, double *scale)
{
    double factor = LEAST_SCALE;
    for (int i = 0; i < SCALES; i++, factor *= 10) {
        if (!(fabs(value * factor - shown->value) <= shown->tolerance)) continue;
        *scale = factor;
        return true;
    }
    return false;
}

size_t probe_text(const uint16_t *registers, size_t count, bool low_first, char *text, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < 2 * count && used + 1 < size; i++) {
        bool lower = (i % 2 == 1) != low_first;
        unsigned byte = lower ? registers[i / 2] & 0xffu : (unsigned)registers[i / 2] >> 8;
        if (byte < 0x20 || byte > 0x7e) break;
        text[used++] = (char)byte;
    }
    if (size > 0) text[used] = '\0';
    return used;
}
