/* Which units of a line are the same in another configuration: whatever the bus goes by makes a difference, and
 * nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "same_unit.h"

/* A line with a node and two devices, one with a profile of the operator's own, all in memory of its own. */
struct town {
    struct sw_profile_block block;
    struct sw_profile_unit unit;
    struct sw_profile_code code;
    struct sw_profile_point point;
    struct sw_profile_guard guard;
    struct sw_profile profile;
    struct config_slot slot;
    struct config_node node;
    struct config_device devices[2];
    struct config_line line;
    uint16_t identity[2];
};

enum { NODE, OWN, BUILT_IN, PLACES };

static struct town *town_new(void)
{
    struct town *town = calloc(1, sizeof *town);
    assert_non_null(town);
    town->block = (struct sw_profile_block){.function = 4, .address = 1, .count = 2};
    town->unit = (struct sw_profile_unit){.code = 1, .factor = 2};
    town->code = (struct sw_profile_code){.raw = 1, .value = 2};
    town->point = (struct sw_profile_point){.kind = SW_READING_LEVEL,
                                            .at = {4, 1},
                                            .scale = 1,
                                            .maximum = 100,
                                            .units = &town->unit,
                                            .unit_count = 1,
                                            .codes = &town->code,
                                            .code_count = 1};
    town->guard = (struct sw_profile_guard){.at = {4, 2}, .mask = 1};
    town->profile = (struct sw_profile){.name = "own",
                                        .timeout_ms = 100,
                                        .blocks = &town->block,
                                        .block_count = 1,
                                        .register_count = 2,
                                        .points = &town->point,
                                        .point_count = 1,
                                        .guards = &town->guard,
                                        .guard_count = 1,
                                        .identity = {3, 10, 2}};
    town->slot = (struct config_slot){
        .slot = 1, .profile = sw_profile_by_id(SW_PROFILE_BOVE), .unit_id = 11, .sample_period_ms = 1000};
    town->node = (struct config_node){.id = "node", .unit_id = 1, .slots = &town->slot, .slot_count = 1};
    town->devices[0] =
        (struct config_device){.id = "own", .unit_id = 20, .profile = &town->profile, .poll_interval_ms = 1000};
    town->devices[0].identity = town->identity;
    town->devices[1] = (struct config_device){
        .id = "built-in", .unit_id = 21, .profile = sw_profile_by_id(SW_PROFILE_MANHOLE), .poll_interval_ms = 1000};
    town->line = (struct config_line){.id = "line",
                                      .poll_interval_ms = 500,
                                      .nodes = &town->node,
                                      .node_count = 1,
                                      .devices = town->devices,
                                      .device_count = 2};
    return town;
}

/* What is still the same: a bit for each place. */
static unsigned same_after(void (*change)(struct town *town))
{
    struct town *old = town_new(), *next = town_new();
    uint32_t from[PLACES];
    unsigned same = 0;
    change(next);
    units_match(&old->line, &next->line, from);
    for (unsigned place = 0; place < PLACES; place++) {
        if (from[place] == place)
            same |= 1u << place;
        else
            assert_int_equal(from[place], NO_SUCH_UNIT);
    }
    free(old);
    free(next);
    return same;
}

#define ALL (1u << NODE | 1u << OWN | 1u << BUILT_IN)

/* A function for each thing that may be otherwise in the next configuration. */
#define CHANGE(name, what)                                                                                             \
    static void name(struct town *town)                                                                                \
    {                                                                                                                  \
        what;                                                                                                          \
    }
CHANGE(nothing, (void)town)
CHANGE(line_timeout, town->line.timeout_ms = 7)
CHANGE(subjects, town->devices[0].subject = town->slot.subject = 7)
CHANGE(description, town->profile.description = "in other words")
CHANGE(node_pace, town->line.poll_interval_ms = 7)
CHANGE(node_id, town->node.id[0] = 'x')
CHANGE(node_unit, town->node.unit_id = 7)
CHANGE(node_slots, town->node.slot_count = 0)
CHANGE(slot_place, town->slot.slot = 7)
CHANGE(slot_profile, town->slot.profile = sw_profile_by_id(SW_PROFILE_XINTAI))
CHANGE(slot_unit, town->slot.unit_id = 7)
CHANGE(slot_period, town->slot.sample_period_ms = 7)
CHANGE(slot_delta, town->slot.report_delta = 7)
CHANGE(slot_heartbeat, town->slot.heartbeat_s = 7)
CHANGE(device_id, town->devices[0].id[0] = 'x')
CHANGE(device_unit, town->devices[0].unit_id = 7)
CHANGE(device_pace, town->devices[0].poll_interval_ms = 7)
CHANGE(device_profile, town->devices[0].profile = sw_profile_by_id(SW_PROFILE_MANHOLE))
CHANGE(device_meant, town->identity[1] = 7)
CHANGE(no_device_meant, town->devices[0].identity = NULL)
CHANGE(gap, town->profile.extra_gap_us = 7)
CHANGE(timeout, town->profile.timeout_ms = 7)
CHANGE(identity, town->profile.identity.address = 7)
CHANGE(block_function, town->block.function = 3)
CHANGE(block_address, town->block.address = 7)
CHANGE(block_count, town->block.count = 7)
CHANGE(points, town->profile.point_count = 0)
CHANGE(point_kind, town->point.kind = SW_READING_BATTERY)
CHANGE(point_at, town->point.at.address = 7)
CHANGE(point_type, town->point.type = SW_TYPE_F32)
CHANGE(point_order, town->point.order = SW_ORDER_CDAB)
CHANGE(point_mask, town->point.mask = 7)
CHANGE(point_sentinel, town->point.has_no_reading = true)
CHANGE(point_sentinel_value, town->point.no_reading = 7)
CHANGE(point_scale, town->point.scale = 7)
CHANGE(point_offset, town->point.offset = 7)
CHANGE(point_minimum, town->point.minimum = 7)
CHANGE(point_maximum, town->point.maximum = 7)
CHANGE(point_fraction, town->point.fraction.address = 7)
CHANGE(point_decimals, town->point.decimals.address = 7)
CHANGE(point_unit, town->point.unit.address = 7)
CHANGE(unit_code, town->unit.code = 7)
CHANGE(unit_factor, town->unit.factor = 7)
CHANGE(code_raw, town->code.raw = 7)
CHANGE(code_value, town->code.value = 7)
CHANGE(guards, town->profile.guard_count = 0)
CHANGE(guard_at, town->guard.at.address = 7)
CHANGE(guard_mask, town->guard.mask = 7)
CHANGE(guard_expected, town->guard.expected = 7)
CHANGE(guard_quality, town->guard.quality = SW_QUALITY_BAD)
CHANGE(guard_points, town->guard.points = 7)

static void what_the_bus_does_not_look_at_makes_no_difference(void **state)
{
    (void)state;
    void (*const changes[])(struct town *) = {nothing, line_timeout, subjects, description};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        assert_int_equal(same_after(changes[i]), ALL);
}

static void a_node_is_another_one_by_each_of_its_settings(void **state)
{
    (void)state;
    void (*const changes[])(struct town *) = {node_pace,    node_id,   node_unit,   node_slots, slot_place,
                                              slot_profile, slot_unit, slot_period, slot_delta, slot_heartbeat};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        assert_int_equal(same_after(changes[i]), ALL & ~(1u << NODE));
}

static void a_device_is_another_one_by_each_of_its_settings_and_its_profile(void **state)
{
    (void)state;
    void (*const changes[])(struct town *) = {
        device_id,       device_unit,  device_pace,   device_profile, device_meant,
        no_device_meant, gap,          timeout,       identity,       block_function,
        block_address,   block_count,  points,        point_kind,     point_at,
        point_type,      point_order,  point_mask,    point_sentinel, point_sentinel_value,
        point_scale,     point_offset, point_minimum, point_maximum,  point_fraction,
        point_decimals,  point_unit,   unit_code,     unit_factor,    code_raw,
        code_value,      guards,       guard_at,      guard_mask,     guard_expected,
        guard_quality,   guard_points};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        if (same_after(changes[i]) != (ALL & ~(1u << OWN))) fail_msg("change %zu makes no difference", i);
}

static void a_line_is_found_by_its_id_wherever_it_is(void **state)
{
    (void)state;
    struct config_line lines[] = {{.id = "a"}, {.id = "b"}, {.id = "c"}};
    struct gateway_config config = {.lines = lines, .line_count = 3}, none = {.line_count = 0};
    for (uint32_t hint = 0; hint < 5; hint++) {
        assert_ptr_equal(line_of_id(&config, "a", hint), &lines[0]);
        assert_ptr_equal(line_of_id(&config, "c", hint), &lines[2]);
        assert_null(line_of_id(&config, "d", hint));
        assert_null(line_of_id(&none, "a", hint));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_bus_does_not_look_at_makes_no_difference),
        cmocka_unit_test(a_node_is_another_one_by_each_of_its_settings),
        cmocka_unit_test(a_device_is_another_one_by_each_of_its_settings_and_its_profile),
        cmocka_unit_test(a_line_is_found_by_its_id_wherever_it_is),
    };
    return cmocka_run_group_tests_name("field_bus same_unit", tests, NULL, NULL);
}
