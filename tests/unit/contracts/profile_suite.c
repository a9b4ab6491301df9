/* Sensor profiles: the built-in table hangs together, and the decoder does what a profile can say, shown on profiles
 * made for it. That the built-in ones are right is shown on simulated devices: tests/unit/profiles/. */
#include <string.h>

#include "stillwater/sensor_profile.h"
#include "tests/unit/firmware/bench.h"
#include "tests/unit/firmware/suites.h"

/* ---- the table ---- */

static bool read_by(const struct sw_profile_block *blocks, size_t count, const struct sw_profile_register *at,
                    unsigned size)
{
    for (size_t i = 0; i < count; i++)
        if (blocks[i].function == at->function && at->address >= blocks[i].address &&
            at->address + size <= blocks[i].address + blocks[i].count)
            return true;
    return at->function == 0;
}

static void check_reads(struct check *check, const struct sw_profile *profile, const struct sw_profile_block *blocks,
                        size_t block_count, size_t point_count)
{
    for (size_t i = 0; i < point_count; i++) {
        const struct sw_profile_point *point = &profile->points[i];
        CHECK(point->at.function != 0);
        CHECK(read_by(blocks, block_count, &point->at, sw_register_type_size(point->type)));
        CHECK(read_by(blocks, block_count, &point->fraction, 2));
        CHECK(read_by(blocks, block_count, &point->decimals, 1));
        CHECK(read_by(blocks, block_count, &point->unit, 1));
    }
    for (size_t i = 0; i < profile->guard_count; i++)
        if (profile->guards[i].points & ((1u << point_count) - 1))
            CHECK(read_by(blocks, block_count, &profile->guards[i].at, 1));
}

static void check_profile(struct check *check, const struct sw_profile *profile)
{
    unsigned registers = 0;
    CHECK(sw_profile_by_id(profile->id) == profile);
    CHECK(sw_profile_by_name(profile->name) == profile);
    CHECK(profile->timeout_ms > 0);
    CHECK(profile->line.baud > 0 && strchr("NEO", profile->line.parity) != NULL);
    CHECK(profile->block_count >= 1 && profile->block_count <= SW_PROFILE_BLOCKS_MAX);
    for (size_t i = 0; i < profile->block_count; i++) {
        CHECK(profile->blocks[i].function == 3 || profile->blocks[i].function == 4);
        CHECK(profile->blocks[i].count >= 1 && profile->blocks[i].count <= 125);
        registers += profile->blocks[i].count;
    }
    CHECK_EQUAL(profile->register_count, registers);
    CHECK(registers <= SW_PROFILE_REGISTERS_MAX);
    CHECK(profile->point_count >= 1 && profile->point_count <= SW_PROFILE_POINTS_MAX);
    CHECK(profile->node_point_count <= SW_PROFILE_NODE_POINTS && profile->node_point_count <= profile->point_count);
    CHECK_EQUAL(profile->node_block.count > 0, profile->node_point_count > 0);
    for (size_t i = 0; i < profile->point_count; i++) {
        const struct sw_profile_point *point = sw_profile_point(profile, i);
        CHECK(sw_reading_kind_info(point->kind) != NULL);
        CHECK(point->code_count > 0 || (point->scale > 0 && point->minimum < point->maximum));
    }
    CHECK(sw_profile_point(profile, profile->point_count) == NULL);
    check_reads(check, profile, profile->blocks, profile->block_count, profile->point_count);
    check_reads(check, profile, &profile->node_block, 1, profile->node_point_count);
}

static void table_is_consistent(struct check *check)
{
    size_t count = 0;
    for (const struct sw_profile *profile; (profile = sw_profile_at(count)) != NULL; count++)
        check_profile(check, profile);
    CHECK(count >= 6);
    CHECK(sw_profile_by_id(0) == NULL);
    CHECK(sw_profile_by_id(0xffff) == NULL);
    CHECK(sw_profile_by_name("no such meter") == NULL);
}

/* ---- the decoder ---- */

static uint32_t float_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

#define WIDEST 2147483647

/* Decodes one point at holding register 10, of a block of ten. */
static struct sw_point_value decode_one(struct sw_profile_point point, const uint16_t registers[10])
{
    static const struct sw_profile_block block = {3, 10, 10};
    const struct sw_profile profile = {.blocks = &block, .block_count = 1, .points = &point, .point_count = 1};
    struct sw_point_value values[SW_PROFILE_POINTS_MAX];
    point.at = (struct sw_profile_register){3, 10};
    (void)sw_profile_decode(&profile, registers, values);
    return values[0];
}

static void expect(struct check *check, struct sw_profile_point point, const uint16_t registers[10], int32_t value)
{
    struct sw_point_value got = decode_one(point, registers);
    CHECK_EQUAL(got.value, value);
    CHECK_EQUAL(got.quality, SW_QUALITY_GOOD);
    CHECK_EQUAL(got.reason, SW_REASON_NONE);
}

static void expect_bad(struct check *check, struct sw_profile_point point, const uint16_t registers[10],
                       enum sw_quality_reason reason)
{
    struct sw_point_value got = decode_one(point, registers);
    CHECK_EQUAL(got.value, 0);
    CHECK_EQUAL(got.quality, SW_QUALITY_BAD);
    CHECK_EQUAL(got.reason, reason);
}

static void every_type_decodes_in_every_byte_order(struct check *check)
{
    static const enum sw_byte_order orders[] = {SW_ORDER_ABCD, SW_ORDER_DCBA, SW_ORDER_BADC, SW_ORDER_CDAB};
    for (size_t i = 0; i < 4; i++) {
        struct sw_profile_point point = {
            .order = orders[i], .scale = 1, .minimum = -WIDEST - 1, .maximum = WIDEST, .type = SW_TYPE_U32};
        uint16_t registers[10] = {0};
        bench_put_u32(registers, 0x01020304, orders[i]);
        expect(check, point, registers, 0x01020304);
        point.type = SW_TYPE_I32;
        bench_put_u32(registers, (uint32_t)-70000, orders[i]);
        expect(check, point, registers, -70000);
        point.type = SW_TYPE_F32;
        point.scale = 100;
        bench_put_u32(registers, float_bits(-12.25f), orders[i]);
        expect(check, point, registers, -1225);
    }
    struct sw_profile_point narrow = {.scale = 1, .minimum = -WIDEST, .maximum = WIDEST, .type = SW_TYPE_I16};
    expect(check, narrow, (const uint16_t[10]){0xfffe}, -2);
    narrow.order = SW_ORDER_BADC;
    expect(check, narrow, (const uint16_t[10]){0xfeff}, -2);
    narrow.type = SW_TYPE_U16;
    expect(check, narrow, (const uint16_t[10]){0x0201}, 0x0102);
}

static void value_is_scaled_moved_and_rounded_to_the_nearest_step(struct check *check)
{
    const struct sw_profile_point point = {
        .type = SW_TYPE_I16, .scale = 0.1, .offset = 20, .minimum = -1000, .maximum = 1000};
    expect(check, point, (const uint16_t[10]){104}, 30);
    expect(check, point, (const uint16_t[10]){106}, 31);
    expect(check, point, (const uint16_t[10]){(uint16_t)-204}, 0);
    expect(check, point, (const uint16_t[10]){(uint16_t)-304}, -10);
    expect(check, point, (const uint16_t[10]){(uint16_t)-306}, -11);
    struct sw_profile_point level = {.scale = -1, .offset = 5000, .minimum = 0, .maximum = 5000};
    expect(check, level, (const uint16_t[10]){1200}, 3800); /* height less distance */
}

static void value_outside_its_range_is_bad(struct check *check)
{
    struct sw_profile_point point = {.type = SW_TYPE_I16, .scale = 2, .minimum = -20, .maximum = 40};
    expect(check, point, (const uint16_t[10]){20}, 40);
    expect_bad(check, point, (const uint16_t[10]){21}, SW_REASON_RANGE);
    expect(check, point, (const uint16_t[10]){(uint16_t)-10}, -20);
    expect_bad(check, point, (const uint16_t[10]){(uint16_t)-11}, SW_REASON_RANGE);
}

static void what_is_not_a_number_is_bad(struct check *check)
{
    static const uint32_t not_numbers[] = {0x7fc00000, 0xffc00000, 0x7f800001, 0x7f800000,
                                           0xff800000, 0x7f7fffff, 0xff7fffff};
    const struct sw_profile_point point = {.type = SW_TYPE_F32, .scale = 10, .minimum = -WIDEST - 1, .maximum = WIDEST};
    for (size_t i = 0; i < sizeof not_numbers / sizeof not_numbers[0]; i++) {
        uint16_t registers[10] = {0};
        bench_put_u32(registers, not_numbers[i], SW_ORDER_ABCD);
        expect_bad(check, point, registers, SW_REASON_RANGE);
    }
}

static void no_reading_is_told_apart_from_a_wrong_one(struct check *check)
{
    struct sw_profile_point point = {.scale = 1, .maximum = 70000, .has_no_reading = true, .no_reading = 0xffff};
    expect(check, point, (const uint16_t[10]){0xfffe}, 0xfffe);
    expect_bad(check, point, (const uint16_t[10]){0xffff}, SW_REASON_NO_ECHO);
}

static void bits_of_a_register_are_shifted_down(struct check *check)
{
    struct sw_profile_point point = {.scale = 1, .maximum = 100, .mask = 0x0ff0};
    expect(check, point, (const uint16_t[10]){0xf05f}, 5);
    point.mask = 0x8000;
    expect(check, point, (const uint16_t[10]){0x8fff}, 1);
}

static void code_stands_for_its_value_and_no_other_is_taken(struct check *check)
{
    static const struct sw_profile_code codes[] = {{0x0055, 1000}, {0x00aa, -7}};
    const struct sw_profile_point point = {.codes = codes, .code_count = 2};
    expect(check, point, (const uint16_t[10]){0x0055}, 1000);
    expect(check, point, (const uint16_t[10]){0x00aa}, -7);
    expect_bad(check, point, (const uint16_t[10]){0}, SW_REASON_RANGE);
}

static void devices_own_unit_and_decimals_set_the_scale(struct check *check)
{
    static const struct sw_profile_unit units[] = {{18, 1}, {17, 10}};
    const struct sw_profile_point point = {
        .scale = 10, .maximum = WIDEST, .decimals = {3, 11}, .unit = {3, 12}, .units = units, .unit_count = 2};
    expect(check, point, (const uint16_t[10]){1234, 0, 18}, 12340);
    expect(check, point, (const uint16_t[10]){1234, 1, 18}, 1234);
    expect(check, point, (const uint16_t[10]){1234, 3, 17}, 123);
    expect(check, point, (const uint16_t[10]){65535, 9, 17}, 0);
    expect_bad(check, point, (const uint16_t[10]){1234, 10, 18}, SW_REASON_RANGE);
    expect_bad(check, point, (const uint16_t[10]){1234, 0, 16}, SW_REASON_SENSOR_FAULT);
}

static void fraction_is_added_to_a_whole_total(struct check *check)
{
    const struct sw_profile_point point = {
        .type = SW_TYPE_I32, .order = SW_ORDER_CDAB, .scale = 1000, .maximum = WIDEST, .fraction = {3, 12}};
    uint16_t registers[10] = {0};
    bench_put_u32(&registers[0], 1234, SW_ORDER_CDAB);
    bench_put_u32(&registers[2], float_bits(0.625f), SW_ORDER_CDAB);
    expect(check, point, registers, 1234625);
}

/* Two blocks, one of them of input registers; a guard of one point only. */
static void values_are_found_in_their_blocks(struct check *check)
{
    static const struct sw_profile_block blocks[] = {{3, 100, 2}, {4, 100, 3}};
    static const struct sw_profile_point points[] = {
        {.kind = SW_READING_LEVEL, .at = {4, 101}, .scale = 1, .maximum = 1000},
        {.kind = SW_READING_BATTERY, .at = {3, 101}, .scale = 1, .maximum = 1000}};
    static const struct sw_profile_guard guards[] = {{{4, 102}, 0x00f0, 0x0010, SW_QUALITY_BAD, 1u << 1}};
    const struct sw_profile profile = {.blocks = blocks,
                                       .block_count = 2,
                                       .points = points,
                                       .point_count = 2,
                                       .guards = guards,
                                       .guard_count = 1,
                                       .node_block = {4, 101, 1},
                                       .node_point_count = 1};
    struct sw_point_value values[SW_PROFILE_POINTS_MAX];
    CHECK_EQUAL(sw_profile_decode(&profile, (const uint16_t[]){1, 2, 3, 4, 0xff1f}, values), 2);
    CHECK_EQUAL(values[0].value, 4);
    CHECK_EQUAL(values[1].value, 2);
    CHECK_EQUAL(values[1].quality, SW_QUALITY_GOOD);
    CHECK_EQUAL(sw_profile_decode(&profile, (const uint16_t[]){1, 2, 3, 4, 0}, values), 2);
    CHECK_EQUAL(values[0].quality, SW_QUALITY_GOOD);
    CHECK_EQUAL(values[1].quality, SW_QUALITY_BAD);
    CHECK_EQUAL(values[1].reason, SW_REASON_SENSOR_FAULT);
    CHECK_EQUAL(values[1].value, 0);
    /* A node reads the one register of its one point. */
    CHECK_EQUAL(sw_profile_decode_node(&profile, (const uint16_t[]){9}, values), 1);
    CHECK_EQUAL(values[0].value, 9);
    CHECK_EQUAL(values[0].quality, SW_QUALITY_GOOD);
}

static void guard_that_fails_marks_its_points_and_improves_none(struct check *check)
{
    struct sw_point_value values[SW_PROFILE_POINTS_MAX];
    uint16_t block[125] = {0};
    const struct sw_profile *bove = sw_profile_by_id(SW_PROFILE_BOVE);
    bench_put_u32(&block[0], 500, SW_ORDER_CDAB);
    block[13] = 4;
    CHECK_EQUAL(sw_profile_decode_node(bove, block, values), 2);
    CHECK_EQUAL(values[0].quality, SW_QUALITY_SUSPECT);
    CHECK_EQUAL(values[0].reason, SW_REASON_SENSOR_FAULT);
    CHECK_EQUAL(values[0].value, 5000);
    CHECK_EQUAL(values[1].quality, SW_QUALITY_SUSPECT);

    const struct sw_profile *manhole = sw_profile_by_id(SW_PROFILE_MANHOLE);
    CHECK_EQUAL(sw_profile_decode_node(manhole, (const uint16_t[]){0, 2, 0, 1}, values), 3);
    CHECK_EQUAL(values[1].quality, SW_QUALITY_BAD);
    CHECK_EQUAL(values[1].reason, SW_REASON_RANGE);
    CHECK_EQUAL(values[0].quality, SW_QUALITY_SUSPECT);
}

static const struct check_case cases[] = {
    {"the table is consistent", table_is_consistent},
    {"every type decodes in every byte order", every_type_decodes_in_every_byte_order},
    {"a value is scaled, moved and rounded to the nearest step", value_is_scaled_moved_and_rounded_to_the_nearest_step},
    {"a value outside its range is bad", value_outside_its_range_is_bad},
    {"what is not a number is bad", what_is_not_a_number_is_bad},
    {"no reading is told apart from a wrong one", no_reading_is_told_apart_from_a_wrong_one},
    {"bits of a register are shifted down", bits_of_a_register_are_shifted_down},
    {"a code stands for its value, and no other is taken", code_stands_for_its_value_and_no_other_is_taken},
    {"the device's own unit and decimals set the scale", devices_own_unit_and_decimals_set_the_scale},
    {"a fraction is added to a whole total", fraction_is_added_to_a_whole_total},
    {"values are found in their blocks", values_are_found_in_their_blocks},
    {"a guard that fails marks its points and improves none", guard_that_fails_marks_its_points_and_improves_none},
};

const struct check_suite profile_suite = CHECK_SUITE("profiles", cases);
