#include "sensors/sensor_registers.h"

#include <math.h>
#include <string.h>

#include "sensors/profile_image.h"

/* Registers of the devices: 0-based addresses as in the public maps, counted from the first register a device has.
 * Where the map does not say how a register is encoded it reads as 0. */
enum {
    XINTAI_FIRST = 0x0001,
    XINTAI_TOTAL = 0x0001 - XINTAI_FIRST,
    XINTAI_REVERSE = 0x0003 - XINTAI_FIRST,
    XINTAI_FLOW = 0x0005 - XINTAI_FIRST,
    XINTAI_PIPE = 0x0007 - XINTAI_FIRST,
    XINTAI_PREPAID = 0x0008 - XINTAI_FIRST,
    XINTAI_PRESSURE = 0x000A - XINTAI_FIRST,
    XINTAI_TEMPERATURE = 0x000C - XINTAI_FIRST,
    XINTAI_ADDRESS = 0x000E - XINTAI_FIRST,
    XINTAI_NUMBER = 0x0012 - XINTAI_FIRST,
    XINTAI_BATTERY = 0x001A - XINTAI_FIRST,
    XINTAI_VALVE = 0x001C - XINTAI_FIRST,
    XINTAI_PULSE = 0x001D - XINTAI_FIRST,
    XINTAI_LAST = 0x001E,

    BOVE_FIRST = 1,
    BOVE_FLOW = 1 - BOVE_FIRST,
    BOVE_TOTAL = 7 - BOVE_FIRST,
    BOVE_REVERSE = 10 - BOVE_FIRST,
    BOVE_PRESSURE = 19 - BOVE_FIRST,
    BOVE_STATUS = 20 - BOVE_FIRST,
    BOVE_TEMPERATURE = 30 - BOVE_FIRST,
    BOVE_SERIAL = 33 - BOVE_FIRST,
    BOVE_ADDRESS = 35 - BOVE_FIRST,
    BOVE_BAUD = 37 - BOVE_FIRST,
    BOVE_LAST = 37,

    LX80_FIRST = 0x0001,
    LX80_DISTANCE = 0x0001 - LX80_FIRST,
    LX80_DISTANCE_MEAN = 0x0002 - LX80_FIRST,
    LX80_ADDRESS = 0x0004 - LX80_FIRST,
    LX80_BAUD = 0x0005 - LX80_FIRST,
    LX80_CASE_TEMPERATURE = 0x001A - LX80_FIRST,
    LX80_SNR = 0x001B - LX80_FIRST,
    LX80_LEVEL = 0x0020 - LX80_FIRST,
    LX80_LEVEL_MEAN = 0x0021 - LX80_FIRST,
    LX80_HEIGHT = 0x0022 - LX80_FIRST,
    LX80_LAST = 0x0022,

    QDY_ADDRESS = 0x0000,
    QDY_UNIT = 0x0002,
    QDY_DECIMALS = 0x0003,
    QDY_VALUE = 0x0004,
    QDY_LAST = 0x000F,
};

/* Unit codes of the qdy30a in the order of the field's choices mm|cm|m|kpa, and what 1 mm of water is in each. */
static const uint16_t qdy_unit_code[] = {18, 17, 16, 1};
static const double qdy_per_mm[] = {1.0, 0.1, 0.001, 0.00980665};

enum { VALVE_OPEN, VALVE_CLOSED, VALVE_ABNORMAL };

static int clamp(double value, int low, int high)
{
    if (!(value > low)) return low;
    return value < high ? (int)lround(value) : high;
}

static uint16_t as_u16(double value)
{
    return (uint16_t)clamp(value, 0, 65535);
}

static uint16_t as_i16(double value)
{
    return (uint16_t)(int16_t)clamp(value, -32768, 32767);
}

/* A float whose four bytes go over the wire last byte first. */
static void put_float_reversed(uint16_t *registers, double value)
{
    float real = (float)value;
    uint32_t bits;
    memcpy(&bits, &real, sizeof bits);
    unsigned a = bits >> 24 & 0xff, b = bits >> 16 & 0xff, c = bits >> 8 & 0xff, d = bits & 0xff;
    registers[0] = (uint16_t)(d << 8 | c);
    registers[1] = (uint16_t)(b << 8 | a);
}

static double get_float_reversed(const uint16_t *registers)
{
    uint32_t d = registers[0] >> 8, c = registers[0] & 0xff, b = registers[1] >> 8, a = registers[1] & 0xff;
    uint32_t bits = a << 24 | b << 16 | c << 8 | d;
    float real;
    memcpy(&real, &bits, sizeof real);
    return (double)real;
}

/* A counter of 32 bits rolls over. */
static uint32_t as_u32(double value)
{
    return (uint32_t)(uint64_t)fmod(floor(value), 4294967296.0);
}

static void put_low_word_first(uint16_t *registers, uint32_t value)
{
    registers[0] = (uint16_t)(value & 0xffff);
    registers[1] = (uint16_t)(value >> 16);
}

static void put_high_word_first(uint16_t *registers, uint32_t value)
{
    registers[0] = (uint16_t)(value >> 16);
    registers[1] = (uint16_t)(value & 0xffff);
}

/* Eight decimal digits, one in four bits, the first digit on top. */
static uint32_t as_bcd(double value)
{
    uint32_t left = (uint32_t)value, bcd = 0;
    for (unsigned shift = 0; shift < 32; shift += 4, left /= 10)
        bcd |= left % 10 << shift;
    return bcd;
}

static void fill_xintai(const struct sensor *sensor, uint16_t *at)
{
    const double *value = sensor->value;
    static const uint16_t valve_bits[] = {[VALVE_OPEN] = 1, [VALVE_CLOSED] = 2, [VALVE_ABNORMAL] = 4};
    put_float_reversed(at + XINTAI_TOTAL, value[SENSOR_FIELD_INDEX_L] / 1000.0);
    put_float_reversed(at + XINTAI_REVERSE, value[SENSOR_FIELD_REVERSE_INDEX_L] / 1000.0);
    put_float_reversed(at + XINTAI_FLOW, sensor_flow_l_per_min(sensor) * 0.06);
    at[XINTAI_PIPE] = value[SENSOR_FIELD_PIPE_EMPTY] != 0 ? 0x0055 : 0x00AA;
    put_float_reversed(at + XINTAI_PREPAID, 0);
    put_float_reversed(at + XINTAI_PRESSURE, value[SENSOR_FIELD_PRESSURE_MPA]);
    put_float_reversed(at + XINTAI_TEMPERATURE, value[SENSOR_FIELD_TEMPERATURE_C]);
    at[XINTAI_ADDRESS] = sensor->unit_id;
    put_high_word_first(at + XINTAI_NUMBER + 2, as_bcd(value[SENSOR_FIELD_METER_NUMBER]));
    put_float_reversed(at + XINTAI_BATTERY, value[SENSOR_FIELD_BATTERY_V]);
    uint16_t battery_low = value[SENSOR_FIELD_BATTERY_V] < 3.2 ? 8 : 0;
    at[XINTAI_VALVE] = (uint16_t)(valve_bits[(int)value[SENSOR_FIELD_VALVE]] | battery_low);
    at[XINTAI_PULSE] = 1;
}

static void fill_bove(const struct sensor *sensor, uint16_t *at)
{
    const double *value = sensor->value;
    double flow_l_per_h = fabs(sensor_flow_l_per_min(sensor)) * 60.0;
    put_low_word_first(at + BOVE_FLOW, as_u32(flow_l_per_h * 100.0));
    put_low_word_first(at + BOVE_TOTAL, as_u32(value[SENSOR_FIELD_INDEX_L]));
    put_low_word_first(at + BOVE_REVERSE, as_u32(value[SENSOR_FIELD_REVERSE_INDEX_L]));
    at[BOVE_PRESSURE] = as_u16(value[SENSOR_FIELD_PRESSURE_MPA] * 1000.0);
    at[BOVE_STATUS] = as_u16(value[SENSOR_FIELD_STATUS]);
    at[BOVE_TEMPERATURE] = as_i16(value[SENSOR_FIELD_TEMPERATURE_C] * 100.0);
    put_low_word_first(at + BOVE_SERIAL, as_bcd(value[SENSOR_FIELD_METER_NUMBER]));
    at[BOVE_ADDRESS] = sensor->unit_id;
    at[BOVE_BAUD] = 1;
}

static void fill_lx80(const struct sensor *sensor, uint16_t *at)
{
    const double *value = sensor->value;
    uint16_t distance = as_u16(value[SENSOR_FIELD_HEIGHT_MM] - value[SENSOR_FIELD_LEVEL_MM]);
    at[LX80_DISTANCE] = distance;
    at[LX80_DISTANCE_MEAN] = distance;
    at[LX80_ADDRESS] = sensor->unit_id;
    at[LX80_BAUD] = 0;
    at[LX80_CASE_TEMPERATURE] = as_i16(value[SENSOR_FIELD_TEMPERATURE_C]);
    at[LX80_SNR] = 30;
    at[LX80_LEVEL] = as_i16(value[SENSOR_FIELD_LEVEL_MM]);
    at[LX80_LEVEL_MEAN] = at[LX80_LEVEL];
    at[LX80_HEIGHT] = as_u16(value[SENSOR_FIELD_HEIGHT_MM]);
}

static void fill_qdy30a(const struct sensor *sensor, uint16_t *at)
{
    int unit = (int)sensor->value[SENSOR_FIELD_UNIT], decimals = (int)sensor->value[SENSOR_FIELD_DECIMALS];
    at[QDY_ADDRESS] = sensor->unit_id;
    at[QDY_UNIT] = qdy_unit_code[unit];
    at[QDY_DECIMALS] = (uint16_t)decimals;
    at[QDY_VALUE] = as_i16(sensor->value[SENSOR_FIELD_LEVEL_MM] * qdy_per_mm[unit] * pow(10, decimals));
}

/* Our own units: input registers, maps in include/stillwater/sensor_profile.def. A gauge counts whole tips of 0.2 mm;
 * the small amount keeps a total such as 0.6, which has no exact binary form, from losing its last tip. */
static void fill_rain(const struct sensor *sensor, uint16_t *at)
{
    put_high_word_first(at, as_u32(sensor->value[SENSOR_FIELD_RAIN_MM] * 5.0 + 1e-6));
}

static void fill_manhole(const struct sensor *sensor, uint16_t *at)
{
    at[0] = as_i16(sensor->value[SENSOR_FIELD_TILT_DEG] * 10.0);
    at[1] = sensor->value[SENSOR_FIELD_OPEN] != 0 ? 1 : 0;
    at[2] = as_u16(sensor->value[SENSOR_FIELD_BATTERY_V] * 1000.0);
    at[3] = as_u16(sensor->value[SENSOR_FIELD_SELF_TEST]);
}

/* holding = false: input registers. */
static modbus_mapping_t *registers_from(unsigned first, unsigned last, bool holding)
{
    unsigned count = last - first + 1;
    return holding ? modbus_mapping_new_start_address(0, 0, 0, 0, first, count, 0, 0)
                   : modbus_mapping_new_start_address(0, 0, 0, 0, 0, 0, first, count);
}

/* The number in binary, most significant register first. */
static void fill_identity(const struct sensor *sensor, modbus_mapping_t *map)
{
    const struct sw_profile_block *identity = &sensor->profile->identity;
    uint32_t number = (uint32_t)sensor->value[SENSOR_FIELD_METER_NUMBER];
    for (unsigned i = identity->count; i > 0; i--, number >>= 16) {
        const struct sw_profile_register at = {identity->function, (uint16_t)(identity->address + i - 1)};
        *profile_image_at(map, &at) = (uint16_t)number;
    }
}

/* A device without a model: what its profile says, and nothing else. */
static void fill_by_profile(const struct sensor *sensor, modbus_mapping_t *map)
{
    fill_identity(sensor, map);
    for (size_t i = 0; i < sensor->profile->point_count; i++) {
        const struct sw_profile_point *point = &sensor->profile->points[i];
        double steps = sensor_reading(sensor, point->kind) * 1000 / sw_reading_kind_info(point->kind)->wire_milli;
        profile_image_put(map, point, profile_image_raw(map, point, steps));
    }
}

modbus_mapping_t *sensor_registers_new(const struct sw_profile *profile)
{
    if (!sensor_has_model(profile)) return profile_image_new(profile);
    switch (profile->id) {
    case SW_PROFILE_XINTAI:
        return registers_from(XINTAI_FIRST, XINTAI_LAST, true);
    case SW_PROFILE_BOVE:
        return registers_from(BOVE_FIRST, BOVE_LAST, true);
    case SW_PROFILE_GEOLUX_LX80:
        return registers_from(LX80_FIRST, LX80_LAST, true);
    case SW_PROFILE_QDY30A:
        return registers_from(QDY_ADDRESS, QDY_LAST, true);
    case SW_PROFILE_RAIN:
        return registers_from(0, 1, false);
    case SW_PROFILE_MANHOLE:
        return registers_from(0, 3, false);
    default:
        return NULL;
    }
}

void sensor_registers_fill(const struct sensor *sensor, modbus_mapping_t *map)
{
    if (!sensor_has_model(sensor->profile)) fill_by_profile(sensor, map);
    switch (sensor->profile->id) {
    case SW_PROFILE_XINTAI:
        fill_xintai(sensor, map->tab_registers);
        return;
    case SW_PROFILE_BOVE:
        fill_bove(sensor, map->tab_registers);
        return;
    case SW_PROFILE_GEOLUX_LX80:
        fill_lx80(sensor, map->tab_registers);
        return;
    case SW_PROFILE_QDY30A:
        fill_qdy30a(sensor, map->tab_registers);
        return;
    case SW_PROFILE_RAIN:
        fill_rain(sensor, map->tab_input_registers);
        return;
    case SW_PROFILE_MANHOLE:
        fill_manhole(sensor, map->tab_input_registers);
        return;
    default:
        return;
    }
}

static enum sensor_field take(struct sensor *sensor, enum sensor_field field, double value)
{
    const struct sensor_field_info *info = sensor_field_info(field);
    if (!(value >= info->minimum && value <= info->maximum)) return SENSOR_FIELD_COUNT;
    struct sensor_change change = {.set = {{field, value}}, .set_count = 1};
    sensor_apply(sensor, &change);
    return field;
}

static enum sensor_field take_xintai(struct sensor *sensor, const uint16_t *now, const uint16_t *before)
{
    if (memcmp(now + XINTAI_TOTAL, before + XINTAI_TOTAL, 4) != 0)
        return take(sensor, SENSOR_FIELD_INDEX_L, get_float_reversed(now + XINTAI_TOTAL) * 1000.0);
    if (memcmp(now + XINTAI_REVERSE, before + XINTAI_REVERSE, 4) != 0)
        return take(sensor, SENSOR_FIELD_REVERSE_INDEX_L, get_float_reversed(now + XINTAI_REVERSE) * 1000.0);
    if (now[XINTAI_VALVE] == before[XINTAI_VALVE]) return SENSOR_FIELD_COUNT;
    if (now[XINTAI_VALVE] == 1) return take(sensor, SENSOR_FIELD_VALVE, VALVE_OPEN);
    if (now[XINTAI_VALVE] == 2) return take(sensor, SENSOR_FIELD_VALVE, VALVE_CLOSED);
    return SENSOR_FIELD_COUNT;
}

static enum sensor_field take_qdy30a(struct sensor *sensor, const uint16_t *now, const uint16_t *before)
{
    if (now[QDY_DECIMALS] != before[QDY_DECIMALS]) return take(sensor, SENSOR_FIELD_DECIMALS, now[QDY_DECIMALS]);
    if (now[QDY_UNIT] == before[QDY_UNIT]) return SENSOR_FIELD_COUNT;
    for (unsigned i = 0; i < sizeof qdy_unit_code / sizeof qdy_unit_code[0]; i++)
        if (qdy_unit_code[i] == now[QDY_UNIT]) return take(sensor, SENSOR_FIELD_UNIT, i);
    return SENSOR_FIELD_COUNT;
}

enum sensor_field sensor_registers_take_write(struct sensor *sensor, const modbus_mapping_t *map)
{
    enum sensor_field taken = SENSOR_FIELD_COUNT;
    modbus_mapping_t *before = map->tab_registers ? sensor_registers_new(sensor->profile) : NULL;
    if (before == NULL) return taken;
    sensor_registers_fill(sensor, before);
    const uint16_t *old = before->tab_registers;
    if (sensor->profile->id == SW_PROFILE_XINTAI) taken = take_xintai(sensor, map->tab_registers, old);
    if (sensor->profile->id == SW_PROFILE_QDY30A) taken = take_qdy30a(sensor, map->tab_registers, old);
    const unsigned height = LX80_HEIGHT;
    if (sensor->profile->id == SW_PROFILE_GEOLUX_LX80 && map->tab_registers[height] != old[height])
        taken = take(sensor, SENSOR_FIELD_HEIGHT_MM, map->tab_registers[height]);
    modbus_mapping_free(before);
    return taken;
}
