/* Silence of sensors, nodes and lines, with what stands above them up or down. */
#include "core_fixture.h"

static struct policy city;

static int set_up(void **state)
{
    (void)state;
    city = world_policy();
    return 0;
}

struct rig {
    struct world *world;
    uint32_t line, node, site;
};

static struct rig rig_new(void)
{
    struct rig rig = {.world = world_new(4)};
    rig.line = world_add(rig.world, SUBJECT_LINE, "line-1", CORE_NO_PARENT, &city);
    rig.node = world_add(rig.world, SUBJECT_NODE, "node-1", rig.line, &city);
    rig.site = world_add(rig.world, SUBJECT_LEVEL, "drain-1", rig.node, &city);
    core_on_line(rig.world->core, rig.line, true, sw_wall_from_ms(T0));
    return rig;
}

/* The node answers and the gateway ticks once a second; the sensor speaks once a minute. */
static void run(struct rig *rig, int64_t from_ms, int64_t to_ms, bool node, bool sensor)
{
    for (int64_t t = from_ms; t < to_ms; t += SECOND) {
        if (sensor && t % MINUTE == 0) world_read(rig->world, rig->site, SW_READING_LEVEL, t, 0);
        if (node) world_seen(rig->world, rig->node, t);
        world_tick(rig->world, t);
    }
}

static void a_sensor_silent_for_its_limit_is_told_and_its_next_reading_ends_it(void **state)
{
    (void)state;
    struct rig rig = rig_new();
    run(&rig, T0, T0 + 10 * MINUTE, true, true);
    int64_t last = T0 + 9 * MINUTE;
    run(&rig, T0 + 10 * MINUTE, last + HOUR, true, false);
    assert_int_equal(rig.world->alert_count, 0);
    run(&rig, last + HOUR, last + HOUR + MINUTE, true, false);
    assert_int_equal(rig.world->alert_count, 1);
    const struct sw_alert *alert = world_last(rig.world);
    assert_string_equal(alert->id, "gw-1.sensor_silent.drain-1.20260101T000900000Z");
    assert_int_equal(alert->colour, SW_COLOUR_YELLOW);
    assert_int_equal(alert->onset.ms, last);
    assert_int_equal(alert->raised_at.ms, last + HOUR);
    assert_int_equal(alert->evidence.rule, SW_ALERT_RULE_SENSOR_TIMEOUT);
    assert_int_equal(alert->evidence.window_ms, HOUR);
    assert_int_equal(alert->evidence.coverage_permille, -1);
    assert_int_equal(alert->evidence.last_good.ms, last);
    assert_int_equal(alert->evidence.value_kind, SW_READING_NONE);
    world_read(rig.world, rig.site, SW_READING_LEVEL, last + 2 * HOUR, 0);
    assert_int_equal(world_last(rig.world)->state, SW_ALERT_STATE_CLEARED);
    assert_int_equal(rig.world->alert_count, 2);
    world_free(rig.world);
}

static void a_sensor_that_never_spoke_is_silent_since_its_node_was_first_seen(void **state)
{
    (void)state;
    struct rig rig = rig_new();
    run(&rig, T0, T0 + HOUR + MINUTE, true, false);
    assert_int_equal(rig.world->alert_count, 1);
    assert_int_equal(world_last(rig.world)->kind, SW_ALERT_KIND_SENSOR_SILENT);
    assert_int_equal(world_last(rig.world)->onset.ms, T0);
    assert_int_equal(world_last(rig.world)->evidence.last_good.ms, 0);
    world_free(rig.world);
}

static void a_dead_node_is_one_alert_and_its_sensors_are_unknown(void **state)
{
    (void)state;
    struct rig rig = rig_new();
    run(&rig, T0, T0 + 10 * MINUTE, true, true);
    run(&rig, T0 + 10 * MINUTE, T0 + 5 * HOUR, false, false);
    assert_int_equal(rig.world->alert_count, 1);
    const struct sw_alert *alert = world_last(rig.world);
    assert_int_equal(alert->kind, SW_ALERT_KIND_NODE_SILENT);
    assert_int_equal(alert->onset.ms, T0 + 10 * MINUTE - SECOND);
    assert_int_equal(alert->raised_at.ms, T0 + 11 * MINUTE - SECOND);
    assert_int_equal(alert->evidence.rule, SW_ALERT_RULE_NODE_TIMEOUT);
    struct sw_wall now = sw_wall_from_ms(T0 + 5 * HOUR);
    assert_int_equal(core_subject_status(rig.world->core, rig.site, now).condition, SUBJECT_UNKNOWN);
    world_free(rig.world);
}

static void a_backlog_that_drains_is_not_a_silent_sensor(void **state)
{
    (void)state;
    struct rig rig = rig_new();
    run(&rig, T0, T0 + 10 * MINUTE, true, true);
    run(&rig, T0 + 10 * MINUTE, T0 + 5 * HOUR, false, false);
    /* The node is back; its log takes ten minutes to read, an old reading each second. */
    int64_t back = T0 + 5 * HOUR;
    int64_t made = T0 + 10 * MINUTE;
    for (int64_t t = back; t < back + 10 * MINUTE; t += SECOND) {
        core_on_source_alive(rig.world->core, rig.node, sw_wall_from_ms(t));
        struct core_reading reading = {.subject = rig.site, .kind = SW_READING_LEVEL, .time = {made}};
        core_on_reading(rig.world->core, &reading, sw_wall_from_ms(t));
        made += 30 * SECOND;
        world_tick(rig.world, t);
    }
    run(&rig, back + 10 * MINUTE, back + 20 * MINUTE, true, true);
    assert_int_equal(rig.world->alert_count, 2); /* the node's alert and its end */
    assert_int_equal(world_last(rig.world)->kind, SW_ALERT_KIND_NODE_SILENT);
    assert_int_equal(world_last(rig.world)->state, SW_ALERT_STATE_CLEARED);
    world_free(rig.world);
}

static void a_node_that_was_off_gives_its_sensors_their_limit_again(void **state)
{
    (void)state;
    struct rig rig = rig_new();
    run(&rig, T0, T0 + 10 * MINUTE, true, true);
    run(&rig, T0 + 10 * MINUTE, T0 + 5 * HOUR, false, false);
    run(&rig, T0 + 5 * HOUR, T0 + 6 * HOUR - SECOND, true, false);
    assert_int_equal(rig.world->alert_count, 2);
    run(&rig, T0 + 6 * HOUR - SECOND, T0 + 6 * HOUR + MINUTE, true, false);
    assert_int_equal(rig.world->alert_count, 3);
    assert_int_equal(world_last(rig.world)->kind, SW_ALERT_KIND_SENSOR_SILENT);
    world_free(rig.world);
}

static void a_failed_line_is_one_alert(void **state)
{
    (void)state;
    struct rig rig = rig_new();
    run(&rig, T0, T0 + 10 * MINUTE, true, true);
    int64_t down = T0 + 10 * MINUTE;
    core_on_line(rig.world->core, rig.line, false, sw_wall_from_ms(down));
    run(&rig, down, down + 10 * SECOND, false, false);
    assert_int_equal(rig.world->alert_count, 0);
    run(&rig, down + 10 * SECOND, down + 3 * HOUR, false, false);
    assert_int_equal(rig.world->alert_count, 1);
    assert_string_equal(world_last(rig.world)->id, "gw-1.bus_silent.line-1.20260101T001000000Z");
    assert_int_equal(world_last(rig.world)->evidence.rule, SW_ALERT_RULE_PORT_FAILED);
    /* The port is back, and the node has its full limit to answer. */
    core_on_line(rig.world->core, rig.line, true, sw_wall_from_ms(down + 3 * HOUR));
    assert_int_equal(world_last(rig.world)->state, SW_ALERT_STATE_CLEARED);
    run(&rig, down + 3 * HOUR, down + 3 * HOUR + 59 * SECOND, false, false);
    assert_int_equal(rig.world->alert_count, 2);
    run(&rig, down + 3 * HOUR + 59 * SECOND, down + 4 * HOUR, true, true);
    assert_int_equal(rig.world->alert_count, 2);
    world_free(rig.world);
}

static void a_port_that_flickers_is_nothing(void **state)
{
    (void)state;
    struct rig rig = rig_new();
    run(&rig, T0, T0 + MINUTE, true, true);
    for (int64_t t = T0 + MINUTE; t < T0 + 2 * MINUTE; t += 8 * SECOND) {
        core_on_line(rig.world->core, rig.line, false, sw_wall_from_ms(t));
        run(&rig, t, t + 5 * SECOND, false, false);
        core_on_line(rig.world->core, rig.line, true, sw_wall_from_ms(t + 5 * SECOND));
        run(&rig, t + 5 * SECOND, t + 8 * SECOND, true, false);
    }
    assert_int_equal(rig.world->alert_count, 0);
    world_free(rig.world);
}

static void a_node_already_silent_stays_so_while_its_line_is_down(void **state)
{
    (void)state;
    struct rig rig = rig_new();
    run(&rig, T0, T0 + MINUTE, true, true);
    run(&rig, T0 + MINUTE, T0 + 3 * MINUTE, false, false);
    assert_int_equal(rig.world->alert_count, 1);
    core_on_line(rig.world->core, rig.line, false, sw_wall_from_ms(T0 + 3 * MINUTE));
    run(&rig, T0 + 3 * MINUTE, T0 + 10 * MINUTE, false, false);
    core_on_line(rig.world->core, rig.line, true, sw_wall_from_ms(T0 + 10 * MINUTE));
    run(&rig, T0 + 10 * MINUTE, T0 + 20 * MINUTE, false, false);
    assert_int_equal(rig.world->alert_count, 3); /* node, line, line's end */
    world_seen(rig.world, rig.node, T0 + 20 * MINUTE);
    assert_int_equal(rig.world->alert_count, 4);
    assert_int_equal(world_last(rig.world)->kind, SW_ALERT_KIND_NODE_SILENT);
    assert_int_equal(world_last(rig.world)->state, SW_ALERT_STATE_CLEARED);
    world_free(rig.world);
}

static void an_open_flood_outlives_its_sensor(void **state)
{
    (void)state;
    struct rig rig = rig_new();
    world_read(rig.world, rig.site, SW_READING_LEVEL, T0, 300 * MM);
    run(&rig, T0, T0 + 3 * HOUR, true, false);
    assert_int_equal(rig.world->alert_count, 2);
    assert_int_equal(rig.world->alerts[0].kind, SW_ALERT_KIND_LEVEL);
    assert_int_equal(rig.world->alerts[1].kind, SW_ALERT_KIND_SENSOR_SILENT);
    world_free(rig.world);
}

static void a_plain_device_that_dies_is_a_silent_sensor(void **state)
{
    (void)state;
    struct world *world = world_new(3);
    uint32_t line = world_add(world, SUBJECT_LINE, "line-1", CORE_NO_PARENT, &city);
    uint32_t device = world_add(world, SUBJECT_SOURCE, "meter-1", line, &city);
    uint32_t home = world_add(world, SUBJECT_HOME, "home-1", device, &city);
    core_on_line(world->core, line, true, sw_wall_from_ms(T0));
    for (int64_t t = T0; t < T0 + HOUR; t += SECOND) {
        world_read(world, home, SW_READING_WATER_INDEX, t, 5 * LITRE);
        world_seen(world, device, t);
        world_tick(world, t);
    }
    for (int64_t t = T0 + HOUR; t < T0 + 8 * HOUR; t += SECOND)
        world_tick(world, t);
    assert_int_equal(world->alert_count, 1);
    assert_int_equal(world_last(world)->kind, SW_ALERT_KIND_SENSOR_SILENT);
    assert_int_equal(world_last(world)->raised_at.ms, T0 + 7 * HOUR - SECOND);
    world_free(world);
}

static void a_plain_device_that_never_answered_is_a_silent_sensor(void **state)
{
    (void)state;
    struct world *world = world_new(3);
    uint32_t line = world_add(world, SUBJECT_LINE, "line-1", CORE_NO_PARENT, &city);
    uint32_t device = world_add(world, SUBJECT_SOURCE, "meter-1", line, &city);
    world_add(world, SUBJECT_HOME, "home-1", device, &city);
    for (int64_t t = T0; t < T0 + 7 * HOUR; t += SECOND)
        world_tick(world, t);
    assert_int_equal(world->alert_count, 1);
    assert_int_equal(world_last(world)->onset.ms, T0);
    world_free(world);
}

static void a_clock_stepped_back_fires_nothing_early(void **state)
{
    (void)state;
    struct rig rig = rig_new();
    run(&rig, T0 + HOUR, T0 + 2 * HOUR, true, true);
    /* Two hours back; the node answers again after 50 s. */
    run(&rig, T0, T0 + 50 * SECOND, false, false);
    run(&rig, T0 + 50 * SECOND, T0 + 10 * MINUTE, true, false);
    assert_int_equal(rig.world->alert_count, 0);
    /* And a node that dies after the step is found within its limit. */
    run(&rig, T0 + 10 * MINUTE, T0 + 11 * MINUTE, false, false);
    assert_int_equal(rig.world->alert_count, 1);
    assert_int_equal(world_last(rig.world)->kind, SW_ALERT_KIND_NODE_SILENT);
    world_free(rig.world);
}

static void a_clock_set_back_by_a_day_does_not_deafen_the_sensors(void **state)
{
    (void)state;
    struct rig rig = rig_new();
    int64_t wrong = T0 + DAY;
    uint32_t cover = world_add(rig.world, SUBJECT_COVER, "cover-1", rig.node, &city);
    world_read(rig.world, cover, SW_READING_COVER_OPEN, wrong, 0);
    run(&rig, wrong, wrong + 10 * MINUTE, true, true);
    /* A day back: what comes now is older than what was heard, and counts all the same. */
    run(&rig, T0, T0 + MINUTE, true, false);
    world_read(rig.world, rig.site, SW_READING_LEVEL, T0 + MINUTE, 450 * MM);
    assert_int_equal(rig.world->alert_count, 1);
    assert_int_equal(world_last(rig.world)->colour, SW_COLOUR_RED);
    assert_int_equal(world_last(rig.world)->onset.ms, T0 + MINUTE);
    world_read(rig.world, cover, SW_READING_COVER_OPEN, T0 + MINUTE, 1000);
    assert_int_equal(rig.world->alert_count, 2);
    /* And the silence of a sensor counts from its last sign in the right time. */
    run(&rig, T0 + MINUTE, T0 + MINUTE + HOUR + SECOND, true, false);
    assert_int_equal(rig.world->alert_count, 3);
    assert_int_equal(world_last(rig.world)->kind, SW_ALERT_KIND_SENSOR_SILENT);
    assert_int_equal(world_last(rig.world)->onset.ms, T0 + MINUTE);
    world_free(rig.world);
}

static void a_home_is_unknown_after_its_clock_was_set_back_by_a_day(void **state)
{
    (void)state;
    struct world *world = world_new(1);
    uint32_t home = world_add(world, SUBJECT_HOME, "home-1", CORE_NO_PARENT, &city);
    int64_t t = T0 + DAY, total = 100 * LITRE;
    for (; t <= T0 + 2 * DAY - HOUR; t += HOUR) {
        world_read(world, home, SW_READING_WATER_INDEX, t, total);
        world_tick(world, t);
    }
    /* Back at T0: a whole window of the right time has to be seen first, then the still home is told. */
    for (t = T0; t < T0 + DAY; t += HOUR) {
        world_tick(world, t);
        world_read(world, home, SW_READING_WATER_INDEX, t, total);
    }
    assert_int_equal(world->alert_count, 0);
    world_read(world, home, SW_READING_WATER_INDEX, T0 + DAY, total);
    assert_int_equal(world->alert_count, 1);
    assert_int_equal(world_last(world)->kind, SW_ALERT_KIND_NO_USE);
    assert_int_equal(world_last(world)->evidence.coverage_permille, 1000);
    world_free(world);
}

static void a_home_bears_a_clock_set_back_by_a_second(void **state)
{
    (void)state;
    struct world *world = world_new(1);
    uint32_t home = world_add(world, SUBJECT_HOME, "home-1", CORE_NO_PARENT, &city);
    for (int64_t t = T0; t <= T0 + DAY; t += HOUR) {
        world_read(world, home, SW_READING_WATER_INDEX, t, 100 * LITRE);
        world_tick(world, t + SECOND);
        world_tick(world, t);
    }
    assert_int_equal(world->alert_count, 1);
    world_free(world);
}

static void sensors_of_one_name_that_fall_silent_together_have_two_ids(void **state)
{
    (void)state;
    struct rig rig = rig_new();
    struct policy same = city;
    same.silence.cover_ms = same.silence.level_ms;
    uint32_t cover = world_add(rig.world, SUBJECT_COVER, "drain-1", rig.node, &same);
    world_read(rig.world, rig.site, SW_READING_LEVEL, T0, 0);
    world_read(rig.world, cover, SW_READING_COVER_OPEN, T0, 0);
    run(&rig, T0, T0 + 2 * HOUR, true, false);
    assert_int_equal(rig.world->alert_count, 2);
    assert_string_not_equal(rig.world->alerts[0].id, rig.world->alerts[1].id);
    /* An action reaches the one it names. */
    assert_int_equal(core_on_action(rig.world->core, rig.world->alerts[1].id, 0, SW_ALERT_ACTION_ACKNOWLEDGE, "a", "",
                                    sw_wall_from_ms(T0 + 2 * HOUR)),
                     SW_OK);
    assert_string_equal(world_last(rig.world)->id, rig.world->alerts[1].id);
    world_free(rig.world);
}

static void limits_of_0_mean_never(void **state)
{
    (void)state;
    city.silence = (struct silence_policy){.colour = SW_COLOUR_YELLOW};
    struct rig rig = rig_new();
    run(&rig, T0, T0 + MINUTE, true, true);
    run(&rig, T0 + MINUTE, T0 + HOUR, true, false);
    run(&rig, T0 + HOUR, T0 + 2 * HOUR, false, false);
    core_on_line(rig.world->core, rig.line, false, sw_wall_from_ms(T0 + 2 * HOUR));
    run(&rig, T0 + 2 * HOUR, T0 + 3 * HOUR, false, false);
    assert_int_equal(rig.world->alert_count, 0);
    world_free(rig.world);
    city = world_policy();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sensor_silent_for_its_limit_is_told_and_its_next_reading_ends_it),
        cmocka_unit_test(a_sensor_that_never_spoke_is_silent_since_its_node_was_first_seen),
        cmocka_unit_test(a_dead_node_is_one_alert_and_its_sensors_are_unknown),
        cmocka_unit_test(a_backlog_that_drains_is_not_a_silent_sensor),
        cmocka_unit_test(a_node_that_was_off_gives_its_sensors_their_limit_again),
        cmocka_unit_test(a_failed_line_is_one_alert),
        cmocka_unit_test(a_port_that_flickers_is_nothing),
        cmocka_unit_test(a_node_already_silent_stays_so_while_its_line_is_down),
        cmocka_unit_test(an_open_flood_outlives_its_sensor),
        cmocka_unit_test(a_plain_device_that_dies_is_a_silent_sensor),
        cmocka_unit_test(a_plain_device_that_never_answered_is_a_silent_sensor),
        cmocka_unit_test(a_clock_stepped_back_fires_nothing_early),
        cmocka_unit_test(a_clock_set_back_by_a_day_does_not_deafen_the_sensors),
        cmocka_unit_test(a_home_is_unknown_after_its_clock_was_set_back_by_a_day),
        cmocka_unit_test(a_home_bears_a_clock_set_back_by_a_second),
        cmocka_unit_test(sensors_of_one_name_that_fall_silent_together_have_two_ids),
        cmocka_unit_test(limits_of_0_mean_never),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
