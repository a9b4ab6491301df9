/* An alert on its way up, and what stops it. */
#include "core/escalation/escalation.h"

#include <string.h>

#include "small_city.h"
#include "stillwater/error.h"

#define NOON (MONDAY + 12 * HOUR)
#define GRID "northport/east/mill-lane/c7"

struct scene {
    struct small_city city;
    struct escalation escalation;
    struct escalation_alert alert;
    int64_t now_ms;
};

static void follow(struct scene *scene, enum sw_alert_state state, enum sw_colour colour)
{
    scene->alert.state = state;
    scene->alert.colour = colour;
    escalation_follow(&scene->escalation, &scene->city.roster, scene->alert, sw_wall_from_ms(scene->now_ms));
}

static void scene_begin(struct scene *scene, enum sw_colour colour)
{
    memset(scene, 0, sizeof *scene);
    small_city_make(&scene->city);
    scene->now_ms = NOON;
    scene->alert.grid = GRID;
    follow(scene, SW_ALERT_STATE_RAISED, colour);
}

static int64_t deadline(const struct scene *scene)
{
    return escalation_deadline(&scene->escalation, &scene->city.roster, scene->alert.colour).ms;
}

/* At its deadline. */
static void climb(struct scene *scene)
{
    scene->now_ms = deadline(scene);
    scene->alert.state = SW_ALERT_STATE_RAISED;
    escalation_climb(&scene->escalation, &scene->city.roster, scene->alert, sw_wall_from_ms(scene->now_ms));
}

static void expect(const struct scene *scene, int level, const char *area, const char *responsible, int64_t wait_ms)
{
    assert_int_equal(scene->escalation.level, level);
    assert_string_equal(scene->escalation.area, area);
    assert_string_equal(scene->escalation.responsible, responsible);
    assert_int_equal(deadline(scene), wait_ms ? scene->now_ms + wait_ms : 0);
}

static void it_goes_up_level_by_level_and_repeats_at_the_root_ever_more_slowly(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, SW_COLOUR_ORANGE);
    expect(&scene, 1, "northport/east/mill-lane", "worker-7", 10 * MINUTE);
    climb(&scene);
    expect(&scene, 2, "northport/east", "officer-3", 10 * MINUTE);
    climb(&scene);
    expect(&scene, 3, "northport", "officer-1", 10 * MINUTE);
    assert_int_equal(scene.escalation.repeat, 0);
    for (int repeat = 1; repeat <= 7; repeat++) {
        climb(&scene);
        assert_int_equal(scene.escalation.repeat, repeat);
        expect(&scene, 3, "northport", "officer-1", (10 * MINUTE) << repeat);
    }
    for (int i = 0; i < 300; i++)
        climb(&scene);
    expect(&scene, 3, "northport", "officer-1", DAY);
}

static void an_area_that_waits_longer_than_a_day_repeats_no_slower(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, SW_COLOUR_YELLOW);
    scene.city.areas[CITY].acknowledge_ms[SW_COLOUR_YELLOW] = 3 * DAY;
    for (int i = 0; i < 4; i++)
        climb(&scene);
    expect(&scene, 3, "northport", "officer-1", 3 * DAY);
}

static void at_night_the_district_is_called_at_once_and_in_the_evening_the_deputy(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, SW_COLOUR_RED);
    scene.now_ms = MONDAY + 3 * HOUR;
    scene.escalation = (struct escalation){.level = 0};
    follow(&scene, SW_ALERT_STATE_RAISED, SW_COLOUR_RED);
    expect(&scene, 2, "northport/east", "officer-3", 2 * MINUTE);
    assert_string_equal(scene.escalation.deputy_of, "");
    scene.now_ms = MONDAY + 17 * HOUR;
    scene.escalation = (struct escalation){.level = 0};
    follow(&scene, SW_ALERT_STATE_RAISED, SW_COLOUR_RED);
    expect(&scene, 1, "northport/east/mill-lane", "worker-8", 2 * MINUTE);
    assert_string_equal(scene.escalation.deputy_of, "worker-7");
    climb(&scene);
    assert_string_equal(scene.escalation.deputy_of, "");
}

static void acknowledging_stops_it_and_getting_worse_begins_it_anew(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, SW_COLOUR_ORANGE);
    climb(&scene);
    follow(&scene, SW_ALERT_STATE_ACKNOWLEDGED, SW_COLOUR_ORANGE);
    expect(&scene, 2, "northport/east", "officer-3", 0);
    scene.now_ms += DAY;
    follow(&scene, SW_ALERT_STATE_RAISED, SW_COLOUR_RED);
    expect(&scene, 1, "northport/east/mill-lane", "worker-7", 2 * MINUTE);
    follow(&scene, SW_ALERT_STATE_DISPATCHED, SW_COLOUR_RED);
    expect(&scene, 1, "northport/east/mill-lane", "worker-7", 0);
}

static void acknowledged_and_nobody_sent_goes_up_where_that_has_a_deadline(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, SW_COLOUR_ORANGE);
    scene.city.areas[STREET].dispatch_ms[SW_COLOUR_ORANGE] = 30 * MINUTE;
    scene.now_ms += 9 * MINUTE;
    follow(&scene, SW_ALERT_STATE_ACKNOWLEDGED, SW_COLOUR_ORANGE);
    expect(&scene, 1, "northport/east/mill-lane", "worker-7", 30 * MINUTE);
    climb(&scene);
    assert_int_equal(scene.escalation.state, SW_ALERT_STATE_RAISED);
    expect(&scene, 2, "northport/east", "officer-3", 10 * MINUTE);
    follow(&scene, SW_ALERT_STATE_ACKNOWLEDGED, SW_COLOUR_ORANGE);
    expect(&scene, 2, "northport/east", "officer-3", 0);
}

static void getting_worse_unseen_brings_the_deadline_nearer_and_never_puts_it_off(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, SW_COLOUR_YELLOW);
    scene.now_ms += 30 * MINUTE;
    follow(&scene, SW_ALERT_STATE_RAISED, SW_COLOUR_ORANGE);
    expect(&scene, 1, "northport/east/mill-lane", "worker-7", 10 * MINUTE);
    scene.now_ms += 9 * MINUTE;
    follow(&scene, SW_ALERT_STATE_RAISED, SW_COLOUR_RED);
    expect(&scene, 1, "northport/east/mill-lane", "worker-7", MINUTE);
}

static void up_and_down_without_end_does_not_put_off_the_deadline(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, SW_COLOUR_BLUE);
    expect(&scene, 1, "northport/east/mill-lane", "worker-7", 0);
    int64_t first_ms = scene.now_ms;
    for (int i = 0; i < 59; i++, scene.now_ms += MINUTE) {
        follow(&scene, SW_ALERT_STATE_RAISED, SW_COLOUR_YELLOW);
        assert_int_equal(deadline(&scene), first_ms + HOUR);
        follow(&scene, SW_ALERT_STATE_RAISED, SW_COLOUR_BLUE);
        assert_int_equal(deadline(&scene), 0);
    }
}

static void after_hours_without_power_it_goes_up_one_level(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, SW_COLOUR_RED);
    scene.now_ms += 7 * HOUR;
    escalation_resume(&scene.escalation, &scene.city.roster, SW_COLOUR_RED, sw_wall_from_ms(scene.now_ms));
    assert_int_equal(deadline(&scene), NOON + 2 * MINUTE);
    escalation_climb(&scene.escalation, &scene.city.roster, scene.alert, sw_wall_from_ms(scene.now_ms));
    expect(&scene, 2, "northport/east", "officer-3", 2 * MINUTE);
}

static void a_clock_that_is_set_moves_the_deadline_with_it(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, SW_COLOUR_RED);
    escalation_shift(&scene.escalation, -5 * HOUR);
    assert_int_equal(deadline(&scene), NOON + 2 * MINUTE - 5 * HOUR);
    follow(&scene, SW_ALERT_STATE_ACKNOWLEDGED, SW_COLOUR_RED);
    escalation_shift(&scene.escalation, HOUR);
    assert_int_equal(scene.escalation.deadline.ms, 0);
}

static void set_back_while_the_power_was_cut_it_waits_no_longer_than_anew(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, SW_COLOUR_RED);
    scene.now_ms -= 365 * DAY;
    escalation_resume(&scene.escalation, &scene.city.roster, SW_COLOUR_RED, sw_wall_from_ms(scene.now_ms));
    expect(&scene, 1, "northport/east/mill-lane", "worker-7", 2 * MINUTE);
    assert_int_equal(scene.escalation.since.ms, scene.now_ms);
}

static void an_area_that_has_left_the_roster_goes_up_from_the_one_around_it(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, SW_COLOUR_RED);
    scene.city.roster.area_count = 2;
    climb(&scene);
    assert_string_equal(scene.escalation.area, "northport");
}

static void what_is_stored_comes_back_and_nothing_else_does(void **state)
{
    (void)state;
    struct scene scene;
    uint8_t bytes[ESCALATION_SIZE_MAX];
    struct escalation back;
    scene_begin(&scene, SW_COLOUR_ORANGE);
    memcpy(scene.escalation.deputy_of, "worker-8", 9);
    size_t size = escalation_write(&scene.escalation, bytes);
    assert_int_equal(escalation_read(&back, bytes, size), SW_OK);
    assert_memory_equal(&back, &scene.escalation, sizeof back);
    for (size_t cut = 0; cut < size; cut++)
        assert_int_equal(escalation_read(&back, bytes, cut), SW_ERROR_MALFORMED);
    assert_int_equal(back.state, SW_ALERT_STATE_NONE);
    bytes[0]++;
    assert_int_equal(escalation_read(&back, bytes, size), SW_ERROR_VERSION);
    bytes[0]--;
    for (size_t at = 3; at < 5; at++) {
        bytes[at] = 99;
        assert_int_equal(escalation_read(&back, bytes, size), SW_ERROR_MALFORMED);
        size = escalation_write(&scene.escalation, bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_goes_up_level_by_level_and_repeats_at_the_root_ever_more_slowly),
        cmocka_unit_test(an_area_that_waits_longer_than_a_day_repeats_no_slower),
        cmocka_unit_test(at_night_the_district_is_called_at_once_and_in_the_evening_the_deputy),
        cmocka_unit_test(acknowledging_stops_it_and_getting_worse_begins_it_anew),
        cmocka_unit_test(acknowledged_and_nobody_sent_goes_up_where_that_has_a_deadline),
        cmocka_unit_test(getting_worse_unseen_brings_the_deadline_nearer_and_never_puts_it_off),
        cmocka_unit_test(up_and_down_without_end_does_not_put_off_the_deadline),
        cmocka_unit_test(after_hours_without_power_it_goes_up_one_level),
        cmocka_unit_test(a_clock_that_is_set_moves_the_deadline_with_it),
        cmocka_unit_test(set_back_while_the_power_was_cut_it_waits_no_longer_than_anew),
        cmocka_unit_test(an_area_that_has_left_the_roster_goes_up_from_the_one_around_it),
        cmocka_unit_test(what_is_stored_comes_back_and_nothing_else_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
