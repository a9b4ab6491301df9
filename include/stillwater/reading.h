/* Readings: what they measure, in which unit, and how far they can be believed. */
#ifndef STILLWATER_READING_H
#define STILLWATER_READING_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum sw_reading_kind {
    SW_READING_NONE = 0,
#define SW_READING_KIND(code, name, text, unit, wire_milli, counter) SW_READING_##name = (code),
#include "stillwater/reading.def"
#undef SW_READING_KIND
};

#define SW_READING_KIND_END 32 /* codes are below it */
#define SW_READING_KIND(code, name, text, unit, wire_milli, counter)                                                   \
    _Static_assert((code) < SW_READING_KIND_END, "a place for each kind");
#include "stillwater/reading.def"
#undef SW_READING_KIND

/* Quality in the sense of OPC UA and QARTOD. Values are on the wire. */
enum sw_quality {
    SW_QUALITY_GOOD = 0,
    SW_QUALITY_SUSPECT = 1, /* plausible, but see the reason: not alone a ground for an alert */
    SW_QUALITY_BAD = 2,     /* the sensor answered; the value cannot be true */
    SW_QUALITY_MISSING = 3, /* the sensor did not answer: there is no value */
};

/* Why a reading is not good. Values are on the wire; 0 where quality is good. */
enum sw_quality_reason {
    SW_REASON_NONE = 0,
    SW_REASON_TIMEOUT = 1,      /* sensor did not answer */
    SW_REASON_FRAME = 2,        /* answers with CRC, unit, function or length errors only */
    SW_REASON_EXCEPTION = 3,    /* sensor answers with a Modbus exception */
    SW_REASON_RANGE = 4,        /* outside the profile's range, or not a number */
    SW_REASON_SENSOR_FAULT = 5, /* the sensor itself says so */
    SW_REASON_COUNTER_BACK = 6, /* a total went back, and neither rollover nor exchange explains it */
    SW_REASON_COUNTER_JUMP = 7, /* a total grew more than a pipe of this size can pass */
    SW_REASON_CLOCK = 8,        /* time of the reading is only estimated */
    SW_REASON_RATE = 9,         /* changed faster than anything real can (QARTOD rate of change) */
    SW_REASON_SPIKE = 10,       /* away from its neighbours and back (QARTOD spike) */
    SW_REASON_FLAT_LINE = 11,   /* stands still for too long (QARTOD flat line) */
    SW_REASON_NO_ECHO = 12,     /* the sensor sees nothing */
    SW_REASON_OBSTRUCTION = 13, /* something that is not water lies under the sensor */
    SW_REASON_QUARANTINE = 14,  /* the sensor has cried wolf too often, and nothing has confirmed this */
    SW_REASON_MAINTENANCE = 15, /* somebody works on the sensor: judged by nobody */
};

/* As in JSON; NULL for a value that is none of these. Static storage. */
static inline const char *sw_quality_name(unsigned quality)
{
    static const char *const names[] = {"good", "suspect", "bad", "missing"};
    return quality < sizeof names / sizeof names[0] ? names[quality] : NULL;
}

/* The same of the reason; "" for none. */
static inline const char *sw_quality_reason_name(unsigned reason)
{
    static const char *const names[] = {
        [SW_REASON_NONE] = "",
        [SW_REASON_TIMEOUT] = "timeout",
        [SW_REASON_FRAME] = "frame",
        [SW_REASON_EXCEPTION] = "exception",
        [SW_REASON_RANGE] = "range",
        [SW_REASON_SENSOR_FAULT] = "sensor_fault",
        [SW_REASON_COUNTER_BACK] = "counter_back",
        [SW_REASON_COUNTER_JUMP] = "counter_jump",
        [SW_REASON_CLOCK] = "clock",
        [SW_REASON_RATE] = "rate",
        [SW_REASON_SPIKE] = "spike",
        [SW_REASON_FLAT_LINE] = "flat_line",
        [SW_REASON_NO_ECHO] = "no_echo",
        [SW_REASON_OBSTRUCTION] = "obstruction",
        [SW_REASON_QUARANTINE] = "quarantine",
        [SW_REASON_MAINTENANCE] = "maintenance",
    };
    return reason < sizeof names / sizeof names[0] ? names[reason] : NULL;
}

struct sw_reading_kind_info {
    enum sw_reading_kind kind;
    const char *name;
    const char *unit;
    int32_t wire_milli;
    bool counter;
};

/* NULL when the code is not in the table. Static storage. */
static inline const struct sw_reading_kind_info *sw_reading_kind_info(unsigned code)
{
    static const struct sw_reading_kind_info table[] = {
#define SW_READING_KIND(code, name, text, unit, wire_milli, counter)                                                   \
    {SW_READING_##name, text, unit, wire_milli, (counter) != 0},
#include "stillwater/reading.def"
#undef SW_READING_KIND
    };
    for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++)
        if ((unsigned)table[i].kind == code) return &table[i];
    return NULL;
}

/* SW_READING_NONE when no kind has this name. */
static inline enum sw_reading_kind sw_reading_kind_from_name(const char *name)
{
#define SW_READING_KIND(code, kind_name, text, unit, wire_milli, counter)                                              \
    if (strcmp(name, text) == 0) return SW_READING_##kind_name;
#include "stillwater/reading.def"
#undef SW_READING_KIND
    return SW_READING_NONE;
}

#endif
