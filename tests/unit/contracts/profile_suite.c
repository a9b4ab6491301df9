/* Sensor profiles: every point of every profile decoded in its own byte order, at its limits and beyond. Expected
 * values are worked out here from the table's rows, with arithmetic of its own. */
#include <string.h>

#include "stillwater/sensor_profile.h"
#include "tests/unit/firmware/bench.h"
#include "tests/unit/firmware/suites.h"

static uint32_t float_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* All these profiles are read in one block. */
static void put_raw(uint16_t *block, const struct sw_profile *profile, const struct sw_profile_point *point,
                    uint32_t raw)
{
    uint16_t *registers = &block[point->at.address - profile->blocks[0].address];
    if (sw_register_type_size(point->type) == 2)
        bench_put_u32(registers, raw, point->order);
    else
        *registers = point->order == SW_ORDER_BADC ? (uint16_t)((raw & 0xff) << 8 | (raw >> 8 & 0xff)) : (uint16_t)raw;
}

/* Satisfies all guards of the profiles in the table: 0 everywhere, except where QDY30A says its unit. */
static void blank_block(const struct sw_profile *profile, uint16_t *block)
{
    memset(block, 0, 128 * sizeof *block);
    if (profile->id == SW_PROFILE_QDY30A) block[0] = 18;
}

static void table_is_consistent(struct check *check)
{
    size_t count = 0;
    for (const struct sw_profile *profile; (profile = sw_profile_at(count)) != NULL; count++) {
        size_t points = 0;
        CHECK(sw_profile_by_id(profile->id) == profile);
        CHECK(sw_profile_by_name(profile->name) == profile);
        CHECK(profile->block_count == 1 && profile->register_count == profile->blocks[0].count);
        CHECK(profile->blocks[0].function == 3 || profile->blocks[0].function == 4);
        CHECK(profile->blocks[0].count >= 1 && profile->blocks[0].count <= 125);
        CHECK(profile->timeout_ms > 0);
        CHECK(profile->line.baud > 0 && strchr("NEO", profile->line.parity) != NULL);
        for (const struct sw_profile_point *point; (point = sw_profile_point(profile, points)) != NULL; points++) {
            CHECK(sw_reading_kind_info(point->kind) != NULL);
            CHECK(point->at.address >= profile->blocks[0].address);
            CHECK(point->at.address + sw_register_type_size(point->type) <=
                  profile->blocks[0].address + profile->blocks[0].count);
            CHECK(point->scale > 0 && point->minimum < point->maximum);
        }
        CHECK(points >= 1 && points <= SW_PROFILE_POINTS_MAX);
        CHECK(profile->node_point_count <= SW_PROFILE_NODE_POINTS);
    }
    CHECK(count >= 6);
    CHECK(sw_profile_by_id(0) == NULL);
    CHECK(sw_profile_by_id(0xffff) == NULL);
    CHECK(sw_profile_by_name("no such meter") == NULL);
}

static uint32_t raw_for(const struct sw_profile_point *point, int value)
{
    return point->type == SW_TYPE_F32 ? float_bits((float)value) : (uint32_t)value;
}

/* 7 in the raw unit of each point: within the range of all but the cover's switch. */
static void check_point(struct check *check, const struct sw_profile *profile, size_t index)
{
    const struct sw_profile_point *point = sw_profile_point(profile, index);
    struct sw_point_value values[SW_PROFILE_POINTS_MAX];
    uint16_t block[128];
    int value = point->kind == SW_READING_COVER_OPEN ? 1 : 7;
    blank_block(profile, block);
    put_raw(block, profile, point, raw_for(point, value));
    CHECK(sw_profile_decode(profile, block, values) > index);
    CHECK_EQUAL(values[index].kind, point->kind);
    CHECK_EQUAL(values[index].value, (int64_t)(value * point->scale));
    CHECK_EQUAL(values[index].quality, SW_QUALITY_GOOD);
    CHECK_EQUAL(values[index].reason, SW_REASON_NONE);
}

static void every_point_decodes_in_its_byte_order(struct check *check)
{
    const struct sw_profile *profile;
    for (size_t i = 0; (profile = sw_profile_at(i)) != NULL; i++)
        for (size_t point = 0; sw_profile_point(profile, point) != NULL; point++)
            check_point(check, profile, point);
}

static void expect_bad(struct check *check, const struct sw_profile *profile, size_t index, uint32_t raw)
{
    struct sw_point_value values[SW_PROFILE_POINTS_MAX];
    uint16_t block[128];
    blank_block(profile, block);
    put_raw(block, profile, sw_profile_point(profile, index), raw);
    (void)sw_profile_decode(profile, block, values);
    CHECK_EQUAL(values[index].quality, SW_QUALITY_BAD);
    CHECK_EQUAL(values[index].reason, SW_REASON_RANGE);
    CHECK_EQUAL(values[index].value, 0);
}

static void what_is_not_a_number_is_bad_in_every_float_point(struct check *check)
{
    const uint32_t not_numbers[] = {0x7fc00000, 0xffc00000, 0x7f800001, 0x7f800000, 0xff800000, 0x7f7fffff, 0xff7fffff};
    const struct sw_profile *profile;
    unsigned tried = 0;
    for (size_t i = 0; (profile = sw_profile_at(i)) != NULL; i++)
        for (size_t p = 0; sw_profile_point(profile, p) != NULL; p++)
            for (size_t n = 0; n < sizeof not_numbers / sizeof not_numbers[0]; n++)
                if (sw_profile_point(profile, p)->type == SW_TYPE_F32) {
                    expect_bad(check, profile, p, not_numbers[n]);
                    tried++;
                }
    CHECK(tried >= 21);
}

static void value_outside_the_points_range_is_bad(struct check *check)
{
    const struct sw_profile *profile;
    for (size_t i = 0; (profile = sw_profile_at(i)) != NULL; i++) {
        for (size_t p = 0; sw_profile_point(profile, p) != NULL; p++) {
            const struct sw_profile_point *point = sw_profile_point(profile, p);
            int64_t above = (int64_t)(point->maximum / point->scale) + 1;
            int64_t below = (int64_t)(point->minimum / point->scale) - 1;
            bool narrow = point->type == SW_TYPE_I16;
            if (!narrow && point->type != SW_TYPE_F32) expect_bad(check, profile, p, (uint32_t)above);
            if (narrow && above <= INT16_MAX) expect_bad(check, profile, p, (uint32_t)above);
            if (narrow && below >= INT16_MIN) expect_bad(check, profile, p, (uint32_t)below);
            if (point->type == SW_TYPE_F32) expect_bad(check, profile, p, float_bits((float)above * 1.01f));
            if (point->type == SW_TYPE_F32) expect_bad(check, profile, p, float_bits((float)below));
        }
    }
}

static void values_are_rounded_to_the_nearest_step(struct check *check)
{
    const struct sw_profile *profile = sw_profile_by_id(SW_PROFILE_XINTAI);
    struct sw_point_value values[SW_PROFILE_POINTS_MAX];
    uint16_t block[128];
    blank_block(profile, block);
    bench_put_float(&block[25], 3.6004f, SW_ORDER_DCBA);
    (void)sw_profile_decode(profile, block, values);
    CHECK_EQUAL(values[2].value, 3600);
    bench_put_float(&block[25], 3.6006f, SW_ORDER_DCBA);
    (void)sw_profile_decode(profile, block, values);
    CHECK_EQUAL(values[2].value, 3601);
}

static void negative_values_keep_their_sign(struct check *check)
{
    const struct sw_profile *profile = sw_profile_by_id(SW_PROFILE_GEOLUX_LX80);
    struct sw_point_value values[SW_PROFILE_POINTS_MAX];
    uint16_t block[128] = {(uint16_t)-12};
    CHECK_EQUAL(sw_profile_decode(profile, block, values), 1);
    CHECK_EQUAL(values[0].value, -120);
    CHECK_EQUAL(values[0].quality, SW_QUALITY_GOOD);
}

static void guard_that_fails_marks_every_point(struct check *check)
{
    struct sw_point_value values[SW_PROFILE_POINTS_MAX];
    uint16_t block[128];
    const struct sw_profile *bove = sw_profile_by_id(SW_PROFILE_BOVE);
    blank_block(bove, block);
    bench_put_u32(&block[0], 500, SW_ORDER_CDAB);
    block[13] = 4;
    CHECK_EQUAL(sw_profile_decode(bove, block, values), 2);
    CHECK_EQUAL(values[0].quality, SW_QUALITY_SUSPECT);
    CHECK_EQUAL(values[0].reason, SW_REASON_SENSOR_FAULT);
    CHECK_EQUAL(values[0].value, 5000);
    CHECK_EQUAL(values[1].quality, SW_QUALITY_SUSPECT);

    const struct sw_profile *probe = sw_profile_by_id(SW_PROFILE_QDY30A);
    blank_block(probe, block);
    block[0] = 17;
    block[2] = 300;
    CHECK_EQUAL(sw_profile_decode(probe, block, values), 1);
    CHECK_EQUAL(values[0].quality, SW_QUALITY_BAD);
    CHECK_EQUAL(values[0].value, 0);
}

static void guard_does_not_improve_a_bad_value(struct check *check)
{
    struct sw_point_value values[SW_PROFILE_POINTS_MAX];
    uint16_t block[128];
    const struct sw_profile *manhole = sw_profile_by_id(SW_PROFILE_MANHOLE);
    blank_block(manhole, block);
    block[1] = 2;
    block[3] = 1;
    CHECK_EQUAL(sw_profile_decode(manhole, block, values), 3);
    CHECK_EQUAL(values[1].quality, SW_QUALITY_BAD);
    CHECK_EQUAL(values[1].reason, SW_REASON_RANGE);
    CHECK_EQUAL(values[0].quality, SW_QUALITY_SUSPECT);
}

static const struct check_case cases[] = {
    {"the table is consistent", table_is_consistent},
    {"every point decodes in its byte order", every_point_decodes_in_its_byte_order},
    {"what is not a number is bad in every float point", what_is_not_a_number_is_bad_in_every_float_point},
    {"a value outside the point's range is bad", value_outside_the_points_range_is_bad},
    {"values are rounded to the nearest step", values_are_rounded_to_the_nearest_step},
    {"negative values keep their sign", negative_values_keep_their_sign},
    {"a guard that fails marks every point", guard_that_fails_marks_every_point},
    {"a guard does not improve a bad value", guard_does_not_improve_a_bad_value},
};

const struct check_suite profile_suite = CHECK_SUITE("profiles", cases);
