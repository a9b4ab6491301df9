#include "sensors/sensor.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define FOR(profile) (1u << SW_PROFILE_##profile)

static const struct sensor_field_info fields[SENSOR_FIELD_COUNT] = {
#define SENSOR_FIELD(name, text, minimum, maximum, start, whole, choices, profiles)                                    \
    [SENSOR_FIELD_##name] = {text, minimum, maximum, start, (whole) != 0, choices, profiles},
#include "sensors/sensor_field.def"
#undef SENSOR_FIELD
};

static const char *const fault_names[SENSOR_FAULT_COUNT] = {
    [SENSOR_FAULT_NONE] = "none",
    [SENSOR_FAULT_SILENT] = "silent",
    [SENSOR_FAULT_CRC] = "crc",
    [SENSOR_FAULT_EXCEPTION] = "exception",
    [SENSOR_FAULT_WRONG_UNIT] = "wrong_unit",
    [SENSOR_FAULT_SHORT] = "short",
    [SENSOR_FAULT_TRUNCATED] = "truncated",
    [SENSOR_FAULT_LATE] = "late",
};

enum { VALVE_CLOSED = 1 };

const struct sensor_field_info *sensor_field_info(enum sensor_field field)
{
    return &fields[field];
}

enum sensor_field sensor_field_from_name(const char *name)
{
    for (unsigned i = 0; i < SENSOR_FIELD_COUNT; i++)
        if (strcmp(fields[i].name, name) == 0) return (enum sensor_field)i;
    return SENSOR_FIELD_COUNT;
}

/* The field that a reading of this kind comes from. */
static enum sensor_field field_of(enum sw_reading_kind kind)
{
    switch (kind) {
    case SW_READING_WATER_INDEX:
        return SENSOR_FIELD_INDEX_L;
    case SW_READING_WATER_REVERSE_INDEX:
        return SENSOR_FIELD_REVERSE_INDEX_L;
    case SW_READING_LEVEL:
        return SENSOR_FIELD_LEVEL_MM;
    case SW_READING_RAIN:
        return SENSOR_FIELD_RAIN_MM;
    case SW_READING_COVER_TILT:
        return SENSOR_FIELD_TILT_DEG;
    case SW_READING_COVER_OPEN:
        return SENSOR_FIELD_OPEN;
    case SW_READING_BATTERY:
        return SENSOR_FIELD_BATTERY_V;
    case SW_READING_FLOW:
        return SENSOR_FIELD_FLOW_L_PER_MIN;
    case SW_READING_TEMPERATURE:
        return SENSOR_FIELD_TEMPERATURE_C;
    case SW_READING_PRESSURE:
        return SENSOR_FIELD_PRESSURE_MPA;
    case SW_READING_VELOCITY:
        return SENSOR_FIELD_VELOCITY_M_PER_S;
    case SW_READING_DISCHARGE:
        return SENSOR_FIELD_DISCHARGE_M3_PER_S;
    case SW_READING_SIGNAL:
        return SENSOR_FIELD_SIGNAL;
    case SW_READING_SENSOR_TILT:
        return SENSOR_FIELD_SENSOR_TILT_DEG;
    case SW_READING_PIPE_EMPTY:
        return SENSOR_FIELD_PIPE_EMPTY;
    case SW_READING_VALVE_OPEN:
        return SENSOR_FIELD_VALVE;
    case SW_READING_DISTANCE:
        return SENSOR_FIELD_DISTANCE_MM;
    default:
        return SENSOR_FIELD_COUNT;
    }
}

double sensor_reading(const struct sensor *sensor, enum sw_reading_kind kind)
{
    enum sensor_field field = field_of(kind);
    if (kind == SW_READING_FLOW) return sensor_flow_l_per_min(sensor) * 60;
    if (kind == SW_READING_PRESSURE) return sensor->value[field] * 1000;
    if (kind == SW_READING_VALVE_OPEN) return (int)sensor->value[field] == VALVE_CLOSED ? 0 : 1;
    return field == SENSOR_FIELD_COUNT ? 0 : sensor->value[field];
}

bool sensor_has_model(const struct sw_profile *profile)
{
    return profile->id >= SW_PROFILE_XINTAI && profile->id <= SW_PROFILE_MANHOLE;
}

bool sensor_has_field(const struct sw_profile *profile, enum sensor_field field)
{
    if (sensor_has_model(profile)) return (fields[field].profiles >> profile->id & 1u) != 0;
    if (field == SENSOR_FIELD_METER_NUMBER) return profile->identity.count > 0;
    for (size_t i = 0; i < profile->point_count; i++)
        if (field_of(profile->points[i].kind) == field) return true;
    return false;
}

enum sensor_field sensor_main_field(const struct sw_profile *profile)
{
    return field_of(profile->points[0].kind);
}

int sensor_choice_index(const char *choices, const char *word)
{
    size_t length = strlen(word);
    for (int index = 0; choices != NULL; index++) {
        const char *end = strchrnul(choices, '|');
        if ((size_t)(end - choices) == length && strncmp(choices, word, length) == 0) return index;
        choices = *end == '|' ? end + 1 : NULL;
    }
    return -1;
}

void sensor_format_value(enum sensor_field field, double value, char *text, size_t size)
{
    const char *choice = fields[field].choices;
    if (choice == NULL) {
        snprintf(text, size, "%.10g", value);
        return;
    }
    for (int skip = (int)value; skip > 0; skip--)
        choice = strchrnul(choice, '|') + 1;
    snprintf(text, size, "%.*s", (int)(strchrnul(choice, '|') - choice), choice);
}

const char *sensor_fault_name(enum sensor_fault_kind kind)
{
    return fault_names[kind];
}

enum sensor_fault_kind sensor_fault_from_name(const char *name)
{
    for (unsigned i = 0; i < SENSOR_FAULT_COUNT; i++)
        if (strcmp(fault_names[i], name) == 0) return (enum sensor_fault_kind)i;
    return SENSOR_FAULT_COUNT;
}

void sensor_init(struct sensor *sensor, const char *name, uint8_t unit_id, const struct sw_profile *profile)
{
    memset(sensor, 0, sizeof *sensor);
    snprintf(sensor->name, sizeof sensor->name, "%s", name);
    sensor->unit_id = unit_id;
    sensor->profile = profile;
    /* 3.5 characters of 11 bits, rounded up. */
    sensor->turnaround_ms = (38500 + profile->line.baud - 1) / profile->line.baud;
    for (unsigned i = 0; i < SENSOR_FIELD_COUNT; i++)
        sensor->value[i] = fields[i].start;
    sensor->fault.until_s = INFINITY;
}

/* Litres a draw has let through from the start of the scenario until t. */
static double draw_litres_until(const struct sensor_draw *draw, double t)
{
    if (t <= draw->at_s) return 0;
    double since = t - draw->at_s;
    double whole = 0;
    if (draw->every_s > 0) {
        whole = floor(since / draw->every_s);
        since -= whole * draw->every_s;
    }
    double part = since >= draw->over_s ? 1.0 : since / draw->over_s;
    return draw->litres * (whole + part);
}

static double draw_flow_at(const struct sensor_draw *draw, double t)
{
    double since = t - draw->at_s;
    if (since < 0) return 0;
    if (draw->every_s > 0) since = fmod(since, draw->every_s);
    return since < draw->over_s ? draw->litres / draw->over_s * 60.0 : 0;
}

static bool ramping(const struct sensor *sensor, enum sensor_field field)
{
    return sensor->ramp[field].end_s > sensor->ramp[field].start_s;
}

static void move_ramps(struct sensor *sensor, double t)
{
    for (unsigned i = 0; i < SENSOR_FIELD_COUNT; i++) {
        struct sensor_ramp *ramp = &sensor->ramp[i];
        if (!ramping(sensor, (enum sensor_field)i)) continue;
        if (t < ramp->end_s) {
            double part = (t - ramp->start_s) / (ramp->end_s - ramp->start_s);
            sensor->value[i] = ramp->from + (ramp->to - ramp->from) * part;
        } else {
            sensor->value[i] = ramp->to;
            *ramp = (struct sensor_ramp){0};
        }
    }
}

static void add_to_total(struct sensor *sensor, enum sensor_field total, double amount)
{
    sensor->value[total] += amount;
}

/* From now to t, during which no ramp ends: flow and rain rate are straight lines, so the mean of both ends is exact.
 */
static void step(struct sensor *sensor, double t)
{
    const double *value = sensor->value;
    bool index_moves = ramping(sensor, SENSOR_FIELD_INDEX_L);
    bool rain_moves = ramping(sensor, SENSOR_FIELD_RAIN_MM);
    double flow = value[SENSOR_FIELD_FLOW_L_PER_MIN], rate = value[SENSOR_FIELD_RAIN_MM_PER_H];
    double duration_s = t - sensor->now_s;
    double litres = 0;
    for (size_t i = 0; i < sensor->draw_count; i++)
        litres += draw_litres_until(&sensor->draws[i], t) - draw_litres_until(&sensor->draws[i], sensor->now_s);
    bool closed = (int)value[SENSOR_FIELD_VALVE] == VALVE_CLOSED;

    move_ramps(sensor, t);
    sensor->now_s = t;
    litres += (flow + value[SENSOR_FIELD_FLOW_L_PER_MIN]) / 2.0 * duration_s / 60.0;
    if (closed) litres = 0;
    /* A total that is itself on a ramp follows the ramp, whatever flows. */
    if (litres < 0) add_to_total(sensor, SENSOR_FIELD_REVERSE_INDEX_L, -litres);
    if (litres > 0 && !index_moves) add_to_total(sensor, SENSOR_FIELD_INDEX_L, litres);
    if (!rain_moves)
        add_to_total(sensor, SENSOR_FIELD_RAIN_MM,
                     (rate + value[SENSOR_FIELD_RAIN_MM_PER_H]) / 2.0 * duration_s / 3600.0);
}

static double next_ramp_end(const struct sensor *sensor, double limit_s)
{
    for (unsigned i = 0; i < SENSOR_FIELD_COUNT; i++)
        if (ramping(sensor, (enum sensor_field)i) && sensor->ramp[i].end_s < limit_s) limit_s = sensor->ramp[i].end_s;
    return limit_s;
}

void sensor_advance(struct sensor *sensor, double now_s)
{
    while (sensor->now_s < now_s)
        step(sensor, next_ramp_end(sensor, now_s));
    if (sensor->fault.until_s <= now_s) sensor->fault = (struct sensor_fault){.until_s = INFINITY};
}

void sensor_apply(struct sensor *sensor, const struct sensor_change *change)
{
    for (size_t i = 0; i < change->set_count; i++) {
        enum sensor_field field = change->set[i].field;
        sensor->ramp[field] = (struct sensor_ramp){0};
        if (change->over_s > 0)
            sensor->ramp[field] = (struct sensor_ramp){sensor->value[field], change->set[i].value, sensor->now_s,
                                                       sensor->now_s + change->over_s};
        else
            sensor->value[field] = change->set[i].value;
    }
    if (!change->has_fault) return;
    sensor->fault = change->fault;
    sensor->fault.until_s = sensor->now_s + change->for_s;
}

double sensor_flow_l_per_min(const struct sensor *sensor)
{
    if ((int)sensor->value[SENSOR_FIELD_VALVE] == VALVE_CLOSED) return 0;
    double flow = sensor->value[SENSOR_FIELD_FLOW_L_PER_MIN];
    for (size_t i = 0; i < sensor->draw_count; i++)
        flow += draw_flow_at(&sensor->draws[i], sensor->now_s);
    return flow;
}
