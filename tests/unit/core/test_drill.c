/* Exercises: alerts beside the real ones. */
#include <stdio.h>
#include <string.h>

#include "core/core_state.h"
#include "core_fixture.h"
#include "stillwater/error.h"

static struct policy city;

struct site {
    struct world *world;
    uint32_t level;
};

static struct site new_site(void)
{
    city = world_policy();
    struct site site = {.world = world_new(4)};
    site.level = world_add(site.world, SUBJECT_LEVEL, "canal-3", CORE_NO_PARENT, &city);
    world_add(site.world, SUBJECT_HOME, "home-1", CORE_NO_PARENT, &city);
    return site;
}

static int start(const struct site *site, const char *subject, enum sw_alert_kind kind, enum sw_colour colour,
                 int64_t until_ms)
{
    return core_start_drill(site->world->core, subject, kind, colour, sw_wall_from_ms(until_ms), "officer-12", "yearly",
                            sw_wall_from_ms(T0));
}

static int start_level(const struct site *site)
{
    return start(site, "canal-3", SW_ALERT_KIND_LEVEL, SW_COLOUR_RED, T0 + HOUR);
}

static int act(const struct site *site, const char *id, uint32_t revision, enum sw_alert_action action, int64_t now_ms)
{
    return core_on_action(site->world->core, id, revision, action, "officer-7", "", sw_wall_from_ms(now_ms));
}

static void it_goes_the_whole_way_and_is_marked(void **state)
{
    (void)state;
    struct site site = new_site();
    uint32_t subject;
    enum sw_alert_kind kind;
    assert_int_equal(start_level(&site), SW_OK);
    struct sw_alert alert = *world_last(site.world);
    assert_true(alert.drill);
    assert_string_equal(alert.id, "gw-1.level.canal-3.20260101T000000000Z.drill");
    assert_string_equal(alert.subject, "canal-3");
    assert_int_equal(alert.revision, 1);
    assert_int_equal(alert.state, SW_ALERT_STATE_RAISED);
    assert_int_equal(alert.colour, SW_COLOUR_RED);
    assert_int_equal(alert.evidence.rule, SW_ALERT_RULE_DRILL);
    assert_int_equal(alert.evidence.value_kind, SW_READING_NONE);
    assert_int_equal(alert.evidence.coverage_permille, -1);
    assert_string_equal(alert.actor, "officer-12");
    assert_string_equal(alert.note, "yearly");
    assert_int_equal(core_find_open_alert(site.world->core, alert.id, &subject, &kind), SW_OK);
    assert_int_equal(subject, site.level);
    assert_int_equal(kind, SW_ALERT_KIND_LEVEL);

    assert_int_equal(act(&site, alert.id, 2, SW_ALERT_ACTION_ACKNOWLEDGE, T0 + MINUTE), SW_ERROR_STALE);
    assert_int_equal(act(&site, alert.id, 1, SW_ALERT_ACTION_ACKNOWLEDGE, T0 + MINUTE), SW_OK);
    assert_int_equal(world_last(site.world)->state, SW_ALERT_STATE_ACKNOWLEDGED);
    assert_true(world_last(site.world)->drill);
    assert_int_equal(act(&site, alert.id, 0, SW_ALERT_ACTION_ACKNOWLEDGE, T0 + MINUTE), SW_ERROR_NOT_PERMITTED);
    assert_int_equal(act(&site, alert.id, 0, SW_ALERT_ACTION_DISPATCH, T0 + 2 * MINUTE), SW_OK);
    assert_int_equal(act(&site, alert.id, 0, SW_ALERT_ACTION_RESOLVE, T0 + 3 * MINUTE), SW_OK);
    assert_int_equal(world_last(site.world)->revision, 4);
    assert_int_equal(world_last(site.world)->state, SW_ALERT_STATE_RESOLVED);
    assert_int_equal(world_last(site.world)->colour, SW_COLOUR_GREEN);
    assert_int_equal(world_last(site.world)->peak, SW_COLOUR_RED);
    assert_int_equal(act(&site, alert.id, 0, SW_ALERT_ACTION_RESOLVE, T0 + 4 * MINUTE), SW_ERROR_NOT_FOUND);
    world_tick(site.world, T0 + 2 * HOUR);
    assert_int_equal(site.world->alert_count, 4);
    world_free(site.world);
}

static void it_ends_by_itself(void **state)
{
    (void)state;
    struct site site = new_site();
    assert_int_equal(start_level(&site), SW_OK);
    assert_int_equal(core_next_deadline(site.world->core).ms, T0 + HOUR);
    world_tick(site.world, T0 + HOUR - SECOND);
    assert_int_equal(site.world->alert_count, 1);
    world_tick(site.world, T0 + HOUR);
    assert_int_equal(site.world->alert_count, 2);
    assert_int_equal(world_last(site.world)->state, SW_ALERT_STATE_CLEARED);
    assert_true(world_last(site.world)->drill);
    assert_true(core_next_deadline(site.world->core).ms > T0 + HOUR);
    world_free(site.world);
}

/* The same water with and without a drill: the same real alerts, ids and revisions included. */
static void what_is_real_is_as_without_it(void **state)
{
    (void)state;
    static const int64_t levels_mm[] = {100, 2600, 2600, 9000, 9000, 100, 100, 100};
    struct site sites[2] = {new_site(), new_site()};
    assert_int_equal(start_level(&sites[1]), SW_OK);
    for (int site = 0; site < 2; site++)
        for (size_t i = 0; i < sizeof levels_mm / sizeof levels_mm[0]; i++) {
            int64_t time_ms = T0 + (int64_t)(i + 1) * 10 * MINUTE;
            world_read(sites[site].world, sites[site].level, SW_READING_LEVEL, time_ms, levels_mm[i] * MM);
            world_tick(sites[site].world, time_ms + 5 * MINUTE);
        }
    uint32_t real = 0;
    for (uint32_t i = 0; i < sites[1].world->alert_count; i++) {
        const struct sw_alert *alert = &sites[1].world->alerts[i];
        if (alert->drill) continue;
        assert_in_range(real, 0, sites[0].world->alert_count - 1);
        assert_memory_equal(alert, &sites[0].world->alerts[real++], sizeof *alert);
    }
    assert_int_equal(real, sites[0].world->alert_count);
    assert_int_equal(real + 2, sites[1].world->alert_count);
    assert_true(real >= 2);
    world_free(sites[0].world);
    world_free(sites[1].world);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    struct site site = new_site();
    enum sw_alert_kind level = SW_ALERT_KIND_LEVEL;
    assert_int_equal(start(&site, "canal-4", level, SW_COLOUR_RED, T0 + HOUR), SW_ERROR_NOT_FOUND);
    assert_int_equal(start(&site, "home-1", level, SW_COLOUR_RED, T0 + HOUR), SW_ERROR_NOT_FOUND);
    assert_int_equal(start(&site, "home-1", SW_ALERT_KIND_QUIET, SW_COLOUR_RED, T0 + HOUR), SW_ERROR_INVALID_ARGUMENT);
    assert_int_equal(start(&site, "canal-3", level, SW_COLOUR_GREEN, T0 + HOUR), SW_ERROR_INVALID_ARGUMENT);
    assert_int_equal(start(&site, "canal-3", level, SW_COLOUR_RED, T0), SW_ERROR_INVALID_ARGUMENT);
    assert_int_equal(start(&site, "canal-3", level, SW_COLOUR_RED, T0 + CORE_DRILL_MAX_MS + 1),
                     SW_ERROR_INVALID_ARGUMENT);
    assert_int_equal(site.world->alert_count, 0);
    assert_int_equal(start_level(&site), SW_OK);
    assert_int_equal(start_level(&site), SW_ERROR_NOT_PERMITTED);
    assert_int_equal(site.world->alert_count, 1);
    world_free(site.world);
}

static void only_so_many_go_on_at_a_time(void **state)
{
    (void)state;
    static char names[CORE_DRILLS_MAX + 1][16];
    city = world_policy();
    struct site site = {.world = world_new(CORE_DRILLS_MAX + 1)};
    for (int i = 0; i <= CORE_DRILLS_MAX; i++) {
        (void)snprintf(names[i], sizeof names[i], "site-%d", i);
        world_add(site.world, SUBJECT_LEVEL, names[i], CORE_NO_PARENT, &city);
        assert_int_equal(start(&site, names[i], SW_ALERT_KIND_LEVEL, SW_COLOUR_BLUE, T0 + HOUR),
                         i < CORE_DRILLS_MAX ? SW_OK : SW_ERROR_BUSY);
    }
    world_tick(site.world, T0 + HOUR);
    assert_int_equal(site.world->alert_count, 2 * CORE_DRILLS_MAX);
    world_free(site.world);
}

static void a_restart_keeps_it_and_ends_one_whose_subject_has_gone(void **state)
{
    (void)state;
    uint8_t bytes[CORE_SNAPSHOT_SIZE_MAX];
    struct site site = new_site();
    assert_int_equal(start_level(&site), SW_OK);
    assert_int_equal(start(&site, "home-1", SW_ALERT_KIND_NO_USE, SW_COLOUR_ORANGE, T0 + 2 * HOUR), SW_OK);
    char id[SW_ALERT_ID_SIZE];
    memcpy(id, site.world->alerts[0].id, sizeof id);
    assert_int_equal(act(&site, id, 0, SW_ALERT_ACTION_ACKNOWLEDGE, T0), SW_OK);
    assert_true(core_drills_dirty(site.world->core));
    size_t size = core_drills_snapshot(site.world->core, bytes, sizeof bytes);
    assert_true(size > 0);
    assert_false(core_drills_dirty(site.world->core));

    world_renew(site.world, 4);
    world_add(site.world, SUBJECT_LEVEL, "canal-3", CORE_NO_PARENT, &city);
    bytes[size / 2] ^= 1;
    assert_int_equal(core_drills_restore(site.world->core, bytes, size), SW_ERROR_MALFORMED);
    bytes[size / 2] ^= 1;
    assert_int_equal(core_drills_restore(site.world->core, bytes, size), SW_OK);
    world_tick(site.world, T0 + MINUTE);
    assert_int_equal(site.world->alert_count, 4);
    assert_string_equal(world_last(site.world)->subject, "home-1");
    assert_int_equal(world_last(site.world)->state, SW_ALERT_STATE_RESOLVED);
    assert_string_equal(world_last(site.world)->actor, "configuration");
    assert_int_equal(act(&site, id, 2, SW_ALERT_ACTION_DISPATCH, T0 + MINUTE), SW_OK);
    assert_int_equal(world_last(site.world)->revision, 3);
    world_tick(site.world, T0 + HOUR);
    assert_int_equal(world_last(site.world)->state, SW_ALERT_STATE_CLEARED);
    assert_string_equal(world_last(site.world)->id, id);
    world_free(site.world);
}

static void a_clock_that_is_set_back_does_not_make_it_endless(void **state)
{
    (void)state;
    struct site site = new_site();
    assert_int_equal(start_level(&site), SW_OK);
    world_tick(site.world, T0 - 30 * DAY);
    world_tick(site.world, T0 - 30 * DAY + CORE_DRILL_MAX_MS);
    assert_int_equal(world_last(site.world)->state, SW_ALERT_STATE_CLEARED);
    world_free(site.world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_goes_the_whole_way_and_is_marked),
        cmocka_unit_test(it_ends_by_itself),
        cmocka_unit_test(what_is_real_is_as_without_it),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(only_so_many_go_on_at_a_time),
        cmocka_unit_test(a_restart_keeps_it_and_ends_one_whose_subject_has_gone),
        cmocka_unit_test(a_clock_that_is_set_back_does_not_make_it_endless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
