/* One failure, one alert: a line of 60 homes, half of them behind three nodes, half on plain devices. */
#include <stdio.h>
#include <string.h>

#include "core_fixture.h"

#define NODES   3
#define HOMES   60
#define DEVICES (HOMES / 2)

struct street {
    struct world *world;
    uint32_t line, nodes[NODES], devices[DEVICES], homes[HOMES];
    struct chance chance;
    int64_t now;
};

static struct street street(uint64_t seed, int64_t home_ms)
{
    struct street street = {.world = world_new(HOMES), .chance = {seed}, .now = T0};
    struct policy policy = world_policy();
    char name[SW_ID_SIZE];
    static char names[NODES + DEVICES + HOMES][SW_ID_SIZE];
    policy.silence.home_ms = home_ms;
    street.line = world_add(street.world, SUBJECT_LINE, "line-1", CORE_NO_PARENT, &policy);
    for (int i = 0; i < NODES + DEVICES + HOMES; i++) {
        (void)snprintf(name, sizeof name, "%s-%d", i < NODES ? "node" : i < NODES + DEVICES ? "device" : "home", i);
        memcpy(names[i], name, sizeof name);
    }
    for (int i = 0; i < NODES; i++)
        street.nodes[i] = world_add(street.world, SUBJECT_NODE, names[i], street.line, &policy);
    for (int i = 0; i < DEVICES; i++)
        street.devices[i] = world_add(street.world, SUBJECT_SOURCE, names[NODES + i], street.line, &policy);
    for (int i = 0; i < HOMES; i++)
        street.homes[i] = world_add(street.world, SUBJECT_HOME, names[NODES + DEVICES + i],
                                    i < DEVICES ? street.devices[i] : street.nodes[i % NODES], &policy);
    core_on_line(street.world->core, street.line, true, sw_wall_from_ms(T0));
    return street;
}

static void read_home(struct street *street, int home)
{
    world_read(street->world, street->homes[home], SW_READING_WATER_INDEX, street->now, street->now - T0);
}

/* A second in which the nodes from `node` on and the devices from `device` on answer, nodes each second, devices by
 * chance every five. */
static void pass(struct street *street, int node, int device)
{
    street->now += SECOND;
    for (int i = node; i < NODES; i++) {
        for (int home = DEVICES; home < HOMES; home++)
            if (home % NODES == i) read_home(street, home);
        world_seen(street->world, street->nodes[i], street->now);
    }
    for (int i = device; i < DEVICES; i++) {
        if (chance_below(&street->chance, 5) != 0 && street->now % (5 * SECOND) != 0) continue;
        read_home(street, i);
        world_seen(street->world, street->devices[i], street->now);
    }
    world_tick(street->world, street->now);
}

static void live(struct street *street, int seconds)
{
    for (int i = 0; i < seconds; i++)
        pass(street, 0, 0);
}

static uint32_t raised(const struct street *street)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < street->world->alert_count; i++)
        count += street->world->alerts[i].revision == 1;
    return count;
}

static uint32_t still_open(const struct street *street)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < core_subject_count(street->world->core); i++)
        count += core_subject_status(street->world->core, i, sw_wall_from_ms(street->now)).condition == SUBJECT_ALERT;
    return count;
}

static void expect_line_alone(const struct street *street, enum sw_alert_rule rule)
{
    assert_int_equal(raised(street), 1);
    assert_int_equal(street->world->alerts[0].kind, SW_ALERT_KIND_BUS_SILENT);
    assert_int_equal(street->world->alerts[0].evidence.rule, rule);
    assert_int_equal(still_open(street), 1);
}

/* Whatever is noticed first: homes sooner than nodes, with them, or much later. */
static const int64_t home_limits[] = {20 * SECOND, 60 * SECOND, 61 * SECOND, 10 * MINUTE};

static void a_dead_port_is_one_alert(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof home_limits / sizeof home_limits[0]; i++) {
        struct street town = street(i + 1, home_limits[i]);
        live(&town, 60);
        core_on_line(town.world->core, town.line, false, sw_wall_from_ms(town.now));
        for (int s = 0; s < 3600; s++)
            pass(&town, NODES, DEVICES);
        expect_line_alone(&town, SW_ALERT_RULE_PORT_FAILED);
        core_on_line(town.world->core, town.line, true, sw_wall_from_ms(town.now));
        live(&town, 60);
        assert_int_equal(raised(&town), 1);
        assert_int_equal(still_open(&town), 0);
        world_free(town.world);
    }
}

static void a_cut_cable_is_one_alert(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct street town = street(seed, home_limits[seed % 4]);
        live(&town, 60);
        for (int s = 0; s < 3600; s++)
            pass(&town, NODES, DEVICES);
        expect_line_alone(&town, SW_ALERT_RULE_NOBODY_ANSWERS);
        /* One answer shows that the line works; the others get their time. */
        pass(&town, NODES - 1, DEVICES);
        assert_int_equal(still_open(&town), 0);
        live(&town, 600);
        assert_int_equal(raised(&town), 1);
        world_free(town.world);
    }
}

static void a_dead_node_is_one_alert(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof home_limits / sizeof home_limits[0]; i++) {
        struct street town = street(i + 1, home_limits[i]);
        live(&town, 60);
        for (int s = 0; s < 3600; s++)
            pass(&town, 1, 0);
        assert_int_equal(raised(&town), 1);
        assert_int_equal(still_open(&town), 1);
        assert_int_equal(world_last(town.world)->kind, SW_ALERT_KIND_NODE_SILENT);
        live(&town, 600);
        assert_int_equal(raised(&town), 1);
        assert_int_equal(still_open(&town), 0);
        world_free(town.world);
    }
}

/* Told silent while others still answered; then those fell silent, too: it was the line all along. */
static void what_was_told_a_little_before_is_taken_back(void **state)
{
    (void)state;
    struct street town = street(1, MINUTE);
    live(&town, 60);
    for (int s = 0; s < 45; s++)
        pass(&town, 1, DEVICES);
    for (int s = 0; s < 300; s++)
        pass(&town, NODES, DEVICES);
    assert_int_equal(still_open(&town), 1);
    uint32_t taken_back = 0;
    for (uint32_t i = 0; i < town.world->alert_count; i++) {
        const struct sw_alert *alert = &town.world->alerts[i];
        if (alert->state != SW_ALERT_STATE_CLEARED) continue;
        assert_string_equal(alert->actor, "line-1");
        assert_string_equal(alert->note, "unknown: its line is silent");
        taken_back++;
    }
    assert_int_equal(taken_back, raised(&town) - 1);
    assert_true(taken_back > 0);
    world_free(town.world);
}

/* A restart in the middle takes nothing back and tells nothing twice. */
static void a_mute_line_stays_mute_over_a_restart(void **state)
{
    (void)state;
    static uint8_t bytes[1 + NODES + DEVICES + HOMES][CORE_SNAPSHOT_SIZE_MAX];
    size_t sizes[1 + NODES + DEVICES + HOMES];
    struct street town = street(1, MINUTE);
    live(&town, 60);
    for (int s = 0; s < 300; s++)
        pass(&town, NODES, DEVICES);
    uint32_t count = core_subject_count(town.world->core);
    for (uint32_t i = 0; i < count; i++)
        sizes[i] = core_snapshot(town.world->core, i, bytes[i], sizeof bytes[i]);
    struct street again = street(1, MINUTE);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(core_restore(again.world->core, i, bytes[i], sizes[i]), SW_OK);
    again.now = town.now + SECOND;
    core_on_line(again.world->core, again.line, true, sw_wall_from_ms(again.now));
    for (int s = 0; s < 3600; s++)
        pass(&again, NODES, DEVICES);
    assert_int_equal(again.world->alert_count, 0);
    live(&again, 1);
    assert_int_equal(again.world->alert_count, 1);
    assert_int_equal(world_last(again.world)->state, SW_ALERT_STATE_CLEARED);
    world_free(town.world);
    world_free(again.world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dead_port_is_one_alert),
        cmocka_unit_test(a_cut_cable_is_one_alert),
        cmocka_unit_test(a_dead_node_is_one_alert),
        cmocka_unit_test(what_was_told_a_little_before_is_taken_back),
        cmocka_unit_test(a_mute_line_stays_mute_over_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
