/* A simulated sensor as a value that moves with time: what it measures, how that changes, what is wrong with it.
 * Pure: no I/O and no clock; scenario time comes in as seconds since the start. */
#ifndef TOOLS_SENSORS_SENSOR_H
#define TOOLS_SENSORS_SENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stillwater/sensor_profile.h"
#include "stillwater/topics.h"

enum sensor_field {
#define SENSOR_FIELD(name, text, minimum, maximum, start, whole, choices, profiles) SENSOR_FIELD_##name,
#include "sensors/sensor_field.def"
#undef SENSOR_FIELD
    SENSOR_FIELD_COUNT
};

struct sensor_field_info {
    const char *name;
    double minimum, maximum, start;
    bool whole;
    const char *choices; /* "word|word|...", NULL for a number */
    unsigned profiles;   /* bit 1 << sw_profile_id */
};

enum sensor_fault_kind {
    SENSOR_FAULT_NONE,
    SENSOR_FAULT_SILENT,     /* takes no request, gives no reply */
    SENSOR_FAULT_CRC,        /* last byte of the reply is wrong */
    SENSOR_FAULT_EXCEPTION,  /* exception reply */
    SENSOR_FAULT_WRONG_UNIT, /* reply carries the next unit id, with a right CRC */
    SENSOR_FAULT_SHORT,      /* reply to a read has one register fewer than asked for, with a right CRC */
    SENSOR_FAULT_TRUNCATED,  /* reply breaks off in the middle */
    SENSOR_FAULT_LATE,       /* reply comes after the profile's timeout */
    SENSOR_FAULT_COUNT
};

struct sensor_fault {
    enum sensor_fault_kind kind;
    double until_s;         /* scenario time; INFINITY = until it is taken away */
    uint8_t exception_code; /* EXCEPTION: 1..11 */
    uint32_t late_ms;       /* LATE: added to the turnaround, real time */
};

/* Water taken: `litres` evenly over `over_s` from `at_s` on, and again every `every_s` (0 = once). */
struct sensor_draw {
    double at_s, litres, over_s, every_s;
};

/* A value on its way from one number to another; end_s <= start_s: not moving. */
struct sensor_ramp {
    double from, to, start_s, end_s;
};

struct sensor {
    char name[SW_ID_SIZE];
    uint8_t unit_id;
    const struct sw_profile *profile;
    uint32_t turnaround_ms; /* from the end of a request to the reply, real time */
    double now_s;
    double value[SENSOR_FIELD_COUNT];
    struct sensor_ramp ramp[SENSOR_FIELD_COUNT];
    struct sensor_fault fault;
    struct sensor_draw *draws; /* owned by the scenario */
    size_t draw_count;
};

#define SENSOR_CHANGE_FIELDS_MAX 8

/* What one event does to one sensor. */
struct sensor_change {
    struct {
        enum sensor_field field;
        double value;
    } set[SENSOR_CHANGE_FIELDS_MAX];
    size_t set_count;
    double over_s; /* 0 = at once */
    bool has_fault;
    double for_s; /* of the fault; INFINITY = for good */
    struct sensor_fault fault;
};

const struct sensor_field_info *sensor_field_info(enum sensor_field field);

/* SENSOR_FIELD_COUNT when there is no such field. */
enum sensor_field sensor_field_from_name(const char *name);

/* Whether its registers are made by a model of the device (sensor_registers.c), not from the profile alone. */
bool sensor_has_model(const struct sw_profile *profile);

bool sensor_has_field(const struct sw_profile *profile, enum sensor_field field);

/* The field a series of readings drives when nothing else is said: the profile's first point. */
enum sensor_field sensor_main_field(const struct sw_profile *profile);

/* Position of a word in "word|word|..."; -1 when it is not there. */
int sensor_choice_index(const char *choices, const char *word);

/* Writes the value as a scenario would have it: a number or a word. */
void sensor_format_value(enum sensor_field field, double value, char *text, size_t size);

const char *sensor_fault_name(enum sensor_fault_kind kind);

/* SENSOR_FAULT_COUNT when no fault has this name. */
enum sensor_fault_kind sensor_fault_from_name(const char *name);

/* Fields at their start values, no fault, a turnaround of 3.5 characters of the profile's line. */
void sensor_init(struct sensor *sensor, const char *name, uint8_t unit_id, const struct sw_profile *profile);

/* Moves the sensor to now_s: ramps, flow and draws into totals, end of a fault. Earlier than now: nothing happens. */
void sensor_advance(struct sensor *sensor, double now_s);

/* Applies a change at the sensor's present time. */
void sensor_apply(struct sensor *sensor, const struct sensor_change *change);

/* What the sensor measures of this kind, in the reading's unit; 0 of what it does not measure. */
double sensor_reading(const struct sensor *sensor, enum sw_reading_kind kind);

/* What passes through a meter now: the set flow and the draws; 0 behind a closed valve. */
double sensor_flow_l_per_min(const struct sensor *sensor);

#endif
