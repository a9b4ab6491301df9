#include "core_fixture.h"

#include <stdlib.h>

static void remember(void *ctx, uint32_t subject, const struct sw_alert *alert)
{
    struct world *world = ctx;
    if (subject != CORE_NO_SUBJECT) assert_string_equal(alert->subject, core_subject_name(world->core, subject));
    if (world->alert_count == world->alert_capacity) {
        world->alert_capacity = world->alert_capacity ? 2 * world->alert_capacity : 64;
        world->alerts = realloc(world->alerts, world->alert_capacity * sizeof *world->alerts);
        assert_non_null(world->alerts);
    }
    world->alerts[world->alert_count++] = *alert;
}

void world_renew(struct world *world, uint32_t capacity)
{
    free(world->memory);
    struct core_capacity of_each = {.of = {0}};
    for (int domain = SUBJECT_HOME; domain < SUBJECT_DOMAIN_COUNT; domain++)
        of_each.of[domain] = capacity;
    world->memory = malloc(core_size(&of_each));
    assert_non_null(world->memory);
    struct core_sink sink = {.ctx = world, .alert = remember};
    assert_int_equal(core_init(world->memory, &of_each, "gw-1", sink, &world->core), SW_OK);
}

struct world *world_new(uint32_t capacity)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world_renew(world, capacity);
    return world;
}

void world_free(struct world *world)
{
    while (world->policies) {
        struct world_policies *next = world->policies->next;
        free(world->policies);
        world->policies = next;
    }
    free(world->memory);
    free(world->alerts);
    free(world);
}

uint32_t world_add(struct world *world, enum subject_domain domain, const char *name, uint32_t parent,
                   const struct policy *policy)
{
    uint32_t index = UINT32_MAX;
    struct world_policies *kept = malloc(sizeof *kept);
    assert_non_null(kept);
    *kept = (struct world_policies){world->policies, *policy};
    world->policies = kept;
    assert_int_equal(core_add_subject(world->core, domain, name, parent, &kept->policy, &index), SW_OK);
    return index;
}

void world_read(struct world *world, uint32_t subject, enum sw_reading_kind kind, int64_t time_ms, int64_t milli)
{
    struct core_reading reading = {
        .subject = subject, .kind = kind, .value_milli = milli, .time = {time_ms}, .clock_quality = SW_CLOCK_SET};
    core_on_reading(world->core, &reading, sw_wall_from_ms(time_ms));
}

void world_tick(struct world *world, int64_t now_ms)
{
    core_tick(world->core, sw_wall_from_ms(now_ms));
}

void world_seen(struct world *world, uint32_t source, int64_t now_ms)
{
    core_on_source_seen(world->core, source, sw_wall_from_ms(now_ms), sw_wall_from_ms(now_ms));
}

struct policy world_policy(void)
{
    struct policy policy = policy_city_default();
    policy.nothing_in.window_ms = 0;
    policy.no_real_use.window_ms = 0;
    policy.habit.enabled = false;
    policy.leak.advice_ms = 0;
    policy.burst.flow_ml_min = 0;
    policy.backflow.volume_ml = 0;
    policy.rise.lowest = SW_COLOUR_COUNT; /* no forecasts */
    return policy;
}

const struct sw_alert *world_last(const struct world *world)
{
    assert_true(world->alert_count > 0);
    return &world->alerts[world->alert_count - 1];
}

/* xorshift64*, Vigna 2016. */
uint64_t chance_next(struct chance *chance)
{
    chance->state ^= chance->state >> 12;
    chance->state ^= chance->state << 25;
    chance->state ^= chance->state >> 27;
    return chance->state * UINT64_C(2685821657736338717);
}

int64_t chance_below(struct chance *chance, int64_t bound)
{
    return (int64_t)((chance_next(chance) >> 1) % (uint64_t)bound);
}
