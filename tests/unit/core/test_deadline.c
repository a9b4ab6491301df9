/* Jumping from deadline to deadline misses nothing that a tick each second sees. */
#include <string.h>

#include "core_fixture.h"

enum { FILE_SOURCE, HOME, SITE, COVER, SUBJECTS };

static void populate(struct world *world)
{
    struct policy policy = world_policy();
    policy.silence.node_ms = 0;
    policy.no_use.window_ms = 3 * HOUR;
    policy.no_use.observed_gap_ms = 20 * MINUTE;
    policy.level.on_delay_ms = 90 * SECOND;
    policy.cover.on_delay_ms = 15 * SECOND;
    policy.silence.home_ms = 50 * MINUTE;
    policy.silence.level_ms = 40 * MINUTE;
    policy.silence.cover_ms = 30 * MINUTE;
    world_add(world, SUBJECT_SOURCE, "file", CORE_NO_PARENT, &policy);
    world_add(world, SUBJECT_HOME, "home-1", FILE_SOURCE, &policy);
    world_add(world, SUBJECT_LEVEL, "drain-1", FILE_SOURCE, &policy);
    world_add(world, SUBJECT_COVER, "cover-1", FILE_SOURCE, &policy);
}

static void pass_time(struct world *world, int64_t from_ms, int64_t to_ms, bool jump, int *ticks)
{
    for (int64_t t = from_ms + SECOND; t < to_ms; t += SECOND) {
        if (jump) {
            int64_t deadline_ms = core_next_deadline(world->core).ms;
            if (deadline_ms > t) t = deadline_ms;
            if (t >= to_ms) break;
        }
        world_seen(world, FILE_SOURCE, t);
        world_tick(world, t);
        ++*ticks;
    }
    core_on_source_seen(world->core, FILE_SOURCE, sw_wall_from_ms(to_ms - 1), sw_wall_from_ms(to_ms));
    world_tick(world, to_ms);
}

/* Times are whole seconds, so that both ways tick at the same moments. */
static void run_series(struct world *world, uint64_t seed, bool jump, int *ticks)
{
    struct chance chance = {seed};
    int64_t now = T0, total = 0;
    populate(world);
    world_seen(world, FILE_SOURCE, now);
    world_tick(world, now);
    for (int i = 0; i < 400; i++) {
        int64_t pause = 1 + chance_below(&chance, chance_below(&chance, 10) ? 300 : 5000);
        pass_time(world, now, now + pause * SECOND, jump, ticks);
        now += pause * SECOND;
        if (i % 150 < 100) total += chance_below(&chance, 3 * LITRE);
        int64_t which = chance_below(&chance, 6);
        if (which < 3) world_read(world, HOME, SW_READING_WATER_INDEX, now, total);
        if (which == 3) world_read(world, SITE, SW_READING_LEVEL, now, chance_below(&chance, 500 * MM));
        if (which == 4) world_read(world, COVER, SW_READING_COVER_TILT, now, chance_below(&chance, 20000));
        if (which == 5) world_read(world, COVER, SW_READING_COVER_OPEN, now, chance_below(&chance, 2) * 1000);
    }
}

static void jumps_make_the_same_alerts_as_a_tick_each_second(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct world *each_second = world_new(SUBJECTS), *jumping = world_new(SUBJECTS);
        int ticks = 0, jumps = 0;
        run_series(each_second, seed * UINT64_C(0x9e3779b97f4a7c15), false, &ticks);
        run_series(jumping, seed * UINT64_C(0x9e3779b97f4a7c15), true, &jumps);
        uint32_t count =
            each_second->alert_count < jumping->alert_count ? each_second->alert_count : jumping->alert_count;
        for (uint32_t i = 0; i < count; i++)
            if (memcmp(&each_second->alerts[i], &jumping->alerts[i], sizeof jumping->alerts[i]) != 0)
                fail_msg("seed %llu: revision %u is %s r%u, not %s r%u", (unsigned long long)seed, i,
                         jumping->alerts[i].id, jumping->alerts[i].revision, each_second->alerts[i].id,
                         each_second->alerts[i].revision);
        assert_int_equal(each_second->alert_count, jumping->alert_count);
        assert_true(count > 50);
        assert_true(jumps * 20 < ticks);
        world_free(each_second);
        world_free(jumping);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(jumps_make_the_same_alerts_as_a_tick_each_second)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
