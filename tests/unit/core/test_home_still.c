/* Readings of a home that show no growth count together (core_home.h). That is a matter of cost only: the same alerts
 * come at the same times as when each is looked at by itself. */
#include <stdlib.h>

#include "core/core_home.h"
#include "flow_fixture.h"

#define DAYS 100

struct pair {
    struct world *together, *apart;
    uint32_t home;
    uint32_t counted; /* readings that were not looked at */
};

static void read_both(struct pair *pair, int64_t time_ms, int64_t total_ml)
{
    const struct subject *subject = &pair->together->core->subjects[pair->home];
    pair->counted += core_home_stays_still(subject, time_ms, total_ml);
    world_read(pair->together, pair->home, SW_READING_WATER_INDEX, time_ms, total_ml);
    world_tick(pair->together, time_ms);
    world_read(pair->apart, pair->home, SW_READING_WATER_INDEX, time_ms, total_ml);
    pair->apart->core->subjects[pair->home].state.home->look_s = 0;
    world_tick(pair->apart, time_ms);
}

static struct pair new_pair(const struct policy *policy)
{
    struct pair pair = {.together = world_new(1), .apart = world_new(1)};
    pair.home = world_add(pair.together, SUBJECT_HOME, "home-1", CORE_NO_PARENT, policy);
    assert_int_equal(world_add(pair.apart, SUBJECT_HOME, "home-1", CORE_NO_PARENT, policy), pair.home);
    return pair;
}

static void assert_same_alerts(const struct pair *pair, uint32_t at_least)
{
    const struct world *a = pair->together, *b = pair->apart;
    assert_true(a->alert_count >= at_least);
    assert_int_equal(a->alert_count, b->alert_count);

    for (uint32_t i = 0; i < a->alert_count; i++) {
        assert_string_equal(a->alerts[i].id, b->alerts[i].id);
        assert_int_equal(a->alerts[i].revision, b->alerts[i].revision);
        assert_int_equal(a->alerts[i].state, b->alerts[i].state);
        assert_int_equal(a->alerts[i].colour, b->alerts[i].colour);
        assert_int_equal(a->alerts[i].evidence.rule, b->alerts[i].evidence.rule);
        assert_int_equal(a->alerts[i].evidence.coverage_permille, b->alerts[i].evidence.coverage_permille);
        assert_int_equal(a->alerts[i].evidence.last_use.ms, b->alerts[i].evidence.last_use.ms);
        assert_int_equal(a->alerts[i].updated_at.ms, b->alerts[i].updated_at.ms);
    }
}

static void free_pair(struct pair *pair)
{
    world_free(pair->together);
    world_free(pair->apart);
}

/* Six weeks of habit, then: two days away, a burst, a tap left dripping, a night without data, a meter that stumbles.
 */
static struct tap_home *eventful_life(void)
{
    struct tap_home *life = calloc(1, sizeof *life);
    assert_non_null(life);
    tap_live(life, T0, 45);
    tap_live(life, T0 + 48 * DAY, 30);
    tap_live(life, T0 + 81 * DAY, DAYS - 81);
    tap_use(life, T0 + 52 * DAY + 9 * HOUR, 2 * HOUR, 5000 * LITRE);
    life->drip_ml_h = 9 * LITRE;
    life->drip_from_ms = T0 + 60 * DAY;
    life->drip_to_ms = T0 + 64 * DAY;
    return life;
}

static bool is_missing(int64_t time_ms)
{
    return time_ms >= T0 + 70 * DAY && time_ms < T0 + 70 * DAY + 9 * HOUR;
}

static void a_life_read_every_minute_makes_the_same_alerts(void **state)
{
    (void)state;
    const struct policy city = policy_city_default();
    struct pair pair = new_pair(&city);
    struct tap_home *life = eventful_life();
    for (int64_t t = T0; t < T0 + DAYS * DAY; t += MINUTE) {
        if (is_missing(t)) continue;
        bool stumbles = (t - T0) / MINUTE == 66 * 24 * 60 + 90;
        read_both(&pair, t, tap_total_ml(life, t) + (stumbles ? 5000000 : 0));
    }
    assert_same_alerts(&pair, 6);
    /* And it was worth it, even in so eventful a life. */
    assert_true(pair.counted > DAYS * 24 * 60 * 7 / 10);
    free(life);
    free_pair(&pair);
}

static void the_rules_of_the_city_alone_fire_at_the_same_minute(void **state)
{
    (void)state;
    struct policy city = policy_city_default();
    city.habit.enabled = false;
    city.no_use = (struct no_use_policy){10 * LITRE, 12 * HOUR, 800, 150 * MINUTE, SW_COLOUR_ORANGE};
    city.nothing_in =
        (struct nothing_in_policy){.window_ms = 20 * HOUR, .coverage_permille = 800, .colour = SW_COLOUR_RED};
    city.tell_first_use = true;
    struct pair pair = new_pair(&city);
    struct tap_home *life = eventful_life();
    for (int64_t t = T0; t < T0 + 55 * DAY; t += MINUTE)
        read_both(&pair, t, tap_total_ml(life, t));
    assert_same_alerts(&pair, 100);
    free(life);
    free_pair(&pair);
}

static void an_absence_that_is_set_meanwhile_is_heeded_the_same(void **state)
{
    (void)state;
    const struct policy city = policy_city_default();
    struct pair pair = new_pair(&city);
    struct tap_home *life = eventful_life();
    for (int64_t t = T0; t < T0 + 55 * DAY; t += MINUTE) {
        read_both(&pair, t, tap_total_ml(life, t));
        if (t != T0 + 45 * DAY + 7 * MINUTE) continue;
        struct sw_wall now = {t}, until = {t + 5 * DAY};
        assert_int_equal(core_set_away(pair.together->core, pair.home, SW_AWAY_AWAY, until, "a", "", now), SW_OK);
        assert_int_equal(core_set_away(pair.apart->core, pair.home, SW_AWAY_AWAY, until, "a", "", now), SW_OK);
    }
    assert_same_alerts(&pair, 1);
    free(life);
    free_pair(&pair);
}

static void a_silence_ends_with_the_next_reading_though_nothing_grew(void **state)
{
    (void)state;
    struct policy city = policy_city_default();
    city.silence.home_ms = 5 * MINUTE;
    city.silence.node_ms = 0;
    struct world *world = world_new(1);
    uint32_t line = world_add(world, SUBJECT_LINE, "bus", CORE_NO_PARENT, &city);
    uint32_t source = world_add(world, SUBJECT_SOURCE, "meter", line, &city);
    uint32_t home = world_add(world, SUBJECT_HOME, "home-1", source, &city);
    core_on_line(world->core, line, true, sw_wall_from_ms(T0));
    for (int64_t t = T0; t <= T0 + 12 * MINUTE; t += MINUTE) {
        core_on_source_alive(world->core, source, sw_wall_from_ms(t));
        if (t <= T0 + 5 * MINUTE || t == T0 + 12 * MINUTE)
            world_read(world, home, SW_READING_WATER_INDEX, t, 100 * LITRE);
        world_tick(world, t);
    }
    assert_int_equal(world->alert_count, 2);
    assert_int_equal(world->alerts[0].kind, SW_ALERT_KIND_SENSOR_SILENT);
    assert_int_equal(world->alerts[1].state, SW_ALERT_STATE_CLEARED);
    assert_int_equal(world->alerts[1].updated_at.ms, T0 + 12 * MINUTE);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_life_read_every_minute_makes_the_same_alerts),
        cmocka_unit_test(the_rules_of_the_city_alone_fire_at_the_same_minute),
        cmocka_unit_test(an_absence_that_is_set_meanwhile_is_heeded_the_same),
        cmocka_unit_test(a_silence_ends_with_the_next_reading_though_nothing_grew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
