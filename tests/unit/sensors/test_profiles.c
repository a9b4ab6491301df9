/* Every profile, read by a libmodbus client from the running program and taken apart by the decoder the node uses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "line_fixture.h"
#include "sensors/sensor_registers.h"
#include "stillwater/sensor_profile.h"

#define UNIT_ID 17

struct expected {
    enum sw_reading_kind kind;
    int32_t value; /* wire steps */
    enum sw_quality quality;
};

static void check(const char *profile, const char *fields, int32_t tolerance, const struct expected *expected,
                  size_t count)
{
    char scenario[512];
    uint16_t registers[125];
    struct sw_point_value values[SW_PROFILE_POINTS_MAX];
    struct line line;
    snprintf(scenario, sizeof scenario, "sensors: [{unit_id: %d, profile: %s, name: it%s}]\n", UNIT_ID, profile,
             fields);
    line_start(&line, scenario);
    int got = line_read_block(&line, UNIT_ID, profile, registers);
    line_stop(&line);
    assert_int_equal(got, sw_profile_by_name(profile)->node_block.count);
    assert_int_equal(sw_profile_decode_node(sw_profile_by_name(profile), registers, values), count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(values[i].kind, expected[i].kind);
        assert_int_equal(values[i].quality, expected[i].quality);
        assert_in_range(llabs((long long)values[i].value - expected[i].value), 0, (uintmax_t)tolerance);
    }
}

#define CHECK(profile, fields, tolerance, ...)                                                                         \
    check(profile, fields, tolerance, (const struct expected[]){__VA_ARGS__},                                          \
          sizeof((const struct expected[]){__VA_ARGS__}) / sizeof(struct expected))

#define GOOD    SW_QUALITY_GOOD
#define SUSPECT SW_QUALITY_SUSPECT
#define BAD     SW_QUALITY_BAD

static void xintai_gives_totals_and_battery(void **state)
{
    (void)state;
    CHECK("xintai", ", index_l: 123456.7, reverse_index_l: 89.1, battery_v: 3.3", 0,
          {SW_READING_WATER_INDEX, 1234567, GOOD}, {SW_READING_WATER_REVERSE_INDEX, 891, GOOD},
          {SW_READING_BATTERY, 3300, GOOD});
}

/* A float has 24 bits: near 100,000 m3 its steps are 2^-7 m3, 7.8 L. Not the simulator's doing but the meter's. */
static void xintai_of_100000_m3_is_right_to_half_a_float_step(void **state)
{
    (void)state;
    CHECK("xintai", ", index_l: 99999995", 40, {SW_READING_WATER_INDEX, 999999950, GOOD},
          {SW_READING_WATER_REVERSE_INDEX, 0, GOOD}, {SW_READING_BATTERY, 3600, GOOD});
}

/* 2^24 L is the last total up to which a float of litres would tell one litre from the next; in m3 it is not so. */
static void xintai_of_16777_m3_still_shows_a_litre_or_two(void **state)
{
    (void)state;
    CHECK("xintai", ", index_l: 16777217", 10, {SW_READING_WATER_INDEX, 167772170, GOOD},
          {SW_READING_WATER_REVERSE_INDEX, 0, GOOD}, {SW_READING_BATTERY, 3600, GOOD});
}

static void xintai_beyond_the_range_is_bad(void **state)
{
    (void)state;
    CHECK("xintai", ", index_l: 200000000", 0, {SW_READING_WATER_INDEX, 0, BAD},
          {SW_READING_WATER_REVERSE_INDEX, 0, GOOD}, {SW_READING_BATTERY, 3600, GOOD});
}

static void bove_gives_totals_beyond_one_word(void **state)
{
    (void)state;
    CHECK("bove", ", index_l: 16777217, reverse_index_l: 65537", 0, {SW_READING_WATER_INDEX, 167772170, GOOD},
          {SW_READING_WATER_REVERSE_INDEX, 655370, GOOD});
}

static void bove_with_a_status_is_suspect(void **state)
{
    (void)state;
    CHECK("bove", ", index_l: 1000, status: 4", 0, {SW_READING_WATER_INDEX, 10000, SUSPECT},
          {SW_READING_WATER_REVERSE_INDEX, 0, SUSPECT});
}

static void lx80_gives_the_level_above_the_bed(void **state)
{
    (void)state;
    CHECK("geolux-lx80", ", level_mm: 1234, height_mm: 5000", 0, {SW_READING_LEVEL, 12340, GOOD});
}

static void lx80_gives_a_level_below_the_bed(void **state)
{
    (void)state;
    CHECK("geolux-lx80", ", level_mm: -37", 0, {SW_READING_LEVEL, -370, GOOD});
}

static void qdy30a_gives_the_level_in_mm(void **state)
{
    (void)state;
    CHECK("qdy30a", ", level_mm: 2345", 0, {SW_READING_LEVEL, 23450, GOOD});
    CHECK("qdy30a", ", level_mm: -12", 0, {SW_READING_LEVEL, -120, GOOD});
}

/* One step of the device may be less than one of the reading, or more. */
static void qdy30a_gives_the_level_in_whatever_unit_it_is_set_to(void **state)
{
    (void)state;
    CHECK("qdy30a", ", level_mm: 2345, decimals: 1", 0, {SW_READING_LEVEL, 23450, GOOD});
    CHECK("qdy30a", ", level_mm: 2345, unit: cm, decimals: 1", 0, {SW_READING_LEVEL, 23450, GOOD});
    CHECK("qdy30a", ", level_mm: 2345, unit: cm", 50, {SW_READING_LEVEL, 23450, GOOD});
    CHECK("qdy30a", ", level_mm: 2345, unit: m, decimals: 3", 0, {SW_READING_LEVEL, 23450, GOOD});
    CHECK("qdy30a", ", level_mm: 2345, unit: kpa, decimals: 3", 1, {SW_READING_LEVEL, 23450, GOOD});
}

static void rain_gauge_gives_the_total_beyond_one_word(void **state)
{
    (void)state;
    CHECK("stillwater-rain", ", rain_mm: 0.6", 0, {SW_READING_RAIN, 6, GOOD});
    CHECK("stillwater-rain", ", rain_mm: 13107.4", 0, {SW_READING_RAIN, 131074, GOOD});
}

/* Eight tips of 0.2 mm add up to a little less than 1.6 in binary; the gauge has tipped eight times all the same. */
static void rain_gauge_counts_the_last_tip_of_a_sum(void **state)
{
    (void)state;
    const struct sw_profile *profile = sw_profile_by_name("stillwater-rain");
    modbus_mapping_t *map = sensor_registers_new(profile);
    struct sensor gauge;
    assert_non_null(map);
    sensor_init(&gauge, "gauge", 1, profile);
    for (unsigned i = 0; i < 8; i++)
        gauge.value[SENSOR_FIELD_RAIN_MM] += 0.2;
    sensor_registers_fill(&gauge, map);
    uint16_t tips = map->tab_input_registers[1];
    modbus_mapping_free(map);
    assert_int_equal(tips, 8);
}

static void manhole_gives_tilt_switch_and_battery(void **state)
{
    (void)state;
    CHECK("stillwater-manhole", ", tilt_deg: -35.2, open: true, battery_v: 3.05", 0,
          {SW_READING_COVER_TILT, -352, GOOD}, {SW_READING_COVER_OPEN, 1, GOOD}, {SW_READING_BATTERY, 3050, GOOD});
}

static void manhole_that_fails_its_self_test_is_suspect(void **state)
{
    (void)state;
    CHECK("stillwater-manhole", ", self_test: 1", 0, {SW_READING_COVER_TILT, 0, SUSPECT},
          {SW_READING_COVER_OPEN, 0, SUSPECT}, {SW_READING_BATTERY, 3600, SUSPECT});
}

/* Registers worked out by hand from the maker's map: 1 m3 is 3F 80 00 00, last byte first. */
static void xintai_registers_are_the_makers(void **state)
{
    (void)state;
    uint16_t registers[30];
    struct line line;
    line_start(&line, "sensors: [{unit_id: 9, profile: xintai, name: it, index_l: 1000, flow_l_per_min: 1000, "
                      "valve: closed, battery_v: 3, meter_number: 12345678, pipe_empty: true}]");
    modbus_set_slave(line.client, 9);
    int got = modbus_read_registers(line.client, 0x0001, 30, registers);
    line_stop(&line);
    assert_int_equal(got, 30);
    assert_int_equal(registers[0x0001 - 1], 0x0000);
    assert_int_equal(registers[0x0002 - 1], 0x803f);
    /* A closed valve lets nothing through. */
    assert_int_equal(registers[0x0005 - 1], 0x0000);
    assert_int_equal(registers[0x0006 - 1], 0x0000);
    assert_int_equal(registers[0x0007 - 1], 0x0055);
    assert_int_equal(registers[0x000e - 1], 9);
    assert_int_equal(registers[0x0014 - 1], 0x1234);
    assert_int_equal(registers[0x0015 - 1], 0x5678);
    /* 3.0 is 40 40 00 00. */
    assert_int_equal(registers[0x001a - 1], 0x0000);
    assert_int_equal(registers[0x001b - 1], 0x4040);
    /* Closed (bit 1), battery low (bit 3). */
    assert_int_equal(registers[0x001c - 1], 0x000a);
}

static void bove_registers_are_the_makers(void **state)
{
    (void)state;
    uint16_t registers[37];
    struct line line;
    line_start(&line, "sensors: [{unit_id: 9, profile: bove, name: it, index_l: 305419896, flow_l_per_min: 1000, "
                      "temperature_c: -2.5}]");
    modbus_set_slave(line.client, 9);
    int got = modbus_read_registers(line.client, 1, 37, registers);
    line_stop(&line);
    assert_int_equal(got, 37);
    /* 60,000 L/h in hundredths is 0x5B8D80; 305419896 is 0x12345678 and no litre has flowed that would show. */
    assert_int_equal(registers[1 - 1], 0x8d80);
    assert_int_equal(registers[2 - 1], 0x005b);
    assert_in_range(registers[7 - 1], 0x5678, 0x5678 + 1000);
    assert_int_equal(registers[8 - 1], 0x1234);
    assert_int_equal(registers[30 - 1], (uint16_t)-250);
    assert_int_equal(registers[37 - 1], 1);
}

static void registers_a_device_does_not_have_are_refused(void **state)
{
    (void)state;
    uint16_t registers[2];
    struct line line;
    line_start(&line, "sensors: [{unit_id: 9, profile: xintai, name: it}]");
    modbus_set_slave(line.client, 9);
    int before_first = modbus_read_registers(line.client, 0, 1, registers), error = errno;
    int wrong_table = modbus_read_input_registers(line.client, 1, 1, registers);
    line_stop(&line);
    assert_int_equal(before_first, -1);
    assert_int_equal(error, EMBXILADD);
    assert_int_equal(wrong_table, -1);
}

/* Devices without a model of their own: a gateway reads them, in its blocks. */
static void device_without_a_model_gives_what_its_profile_reads(void **state)
{
    (void)state;
    const struct sw_profile *profile = sw_profile_by_name("tuf-2000m");
    uint16_t registers[SW_PROFILE_REGISTERS_MAX], *next = registers;
    struct sw_point_value values[SW_PROFILE_POINTS_MAX];
    struct line line;
    line_start(&line, "sensors: [{unit_id: 9, profile: tuf-2000m, name: it, index_l: 1234567, velocity_m_per_s: -1.5, "
                      "temperature_c: 8.25, signal: 77}]");
    modbus_set_slave(line.client, 9);
    modbus_set_response_timeout(line.client, 10, 0);
    for (size_t i = 0; i < profile->block_count; next += profile->blocks[i++].count)
        assert_int_equal(modbus_read_registers(line.client, profile->blocks[i].address, profile->blocks[i].count, next),
                         profile->blocks[i].count);
    line_stop(&line);
    assert_int_equal(sw_profile_decode(profile, registers, values), 5);
    assert_int_equal(values[0].value, 12345670);
    assert_int_equal(values[1].value, 0);
    assert_int_equal(values[2].value, -1500);
    assert_int_equal(values[3].value, 825);
    assert_int_equal(values[4].value, 770);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(values[i].quality, SW_QUALITY_GOOD);
}

/* Whoever reaches the line can set the total of this meter: what tampering looks like can be tried. */
static void xintai_total_can_be_written(void **state)
{
    (void)state;
    uint16_t zero[2] = {0, 0}, registers[125];
    struct sw_point_value values[SW_PROFILE_POINTS_MAX];
    struct line line;
    line_start(&line, "sensors: [{unit_id: 9, profile: xintai, name: it, index_l: 5000}]");
    modbus_set_slave(line.client, 9);
    int written = modbus_write_registers(line.client, 0x0001, 2, zero);
    int read = line_read_block(&line, 9, "xintai", registers);
    line_stop(&line);
    assert_int_equal(written, 2);
    assert_int_equal(read, 27);
    sw_profile_decode_node(sw_profile_by_name("xintai"), registers, values);
    assert_int_equal(values[0].quality, SW_QUALITY_GOOD);
    assert_int_equal(values[0].value, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xintai_gives_totals_and_battery),
        cmocka_unit_test(xintai_of_100000_m3_is_right_to_half_a_float_step),
        cmocka_unit_test(xintai_of_16777_m3_still_shows_a_litre_or_two),
        cmocka_unit_test(xintai_beyond_the_range_is_bad),
        cmocka_unit_test(bove_gives_totals_beyond_one_word),
        cmocka_unit_test(bove_with_a_status_is_suspect),
        cmocka_unit_test(lx80_gives_the_level_above_the_bed),
        cmocka_unit_test(lx80_gives_a_level_below_the_bed),
        cmocka_unit_test(qdy30a_gives_the_level_in_mm),
        cmocka_unit_test(qdy30a_gives_the_level_in_whatever_unit_it_is_set_to),
        cmocka_unit_test(rain_gauge_gives_the_total_beyond_one_word),
        cmocka_unit_test(rain_gauge_counts_the_last_tip_of_a_sum),
        cmocka_unit_test(manhole_gives_tilt_switch_and_battery),
        cmocka_unit_test(manhole_that_fails_its_self_test_is_suspect),
        cmocka_unit_test(xintai_registers_are_the_makers),
        cmocka_unit_test(bove_registers_are_the_makers),
        cmocka_unit_test(registers_a_device_does_not_have_are_refused),
        cmocka_unit_test(device_without_a_model_gives_what_its_profile_reads),
        cmocka_unit_test(xintai_total_can_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
