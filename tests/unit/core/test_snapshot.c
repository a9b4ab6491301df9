/* A core restored from snapshots goes on exactly as the one they were taken of, and so does one that takes over. */
#include <stdlib.h>
#include <string.h>

#include "core/snapshot_format.h"
#include "core_fixture.h"
#include "stillwater/byte_cursor.h"

enum { LINE, NODE, DEVICE, HOME, SITE, COVER, RAIN, SUBJECTS };

/* Short windows and limits, so that a short series sees everything happen. */
static struct policy hasty(void)
{
    struct policy policy = world_policy();
    policy.no_use.window_ms = 10 * MINUTE;
    policy.no_use.observed_gap_ms = 90 * SECOND;
    policy.level.on_delay_ms = 20 * SECOND;
    policy.level.off_delay_ms = 40 * SECOND;
    policy.cover.on_delay_ms = 5 * SECOND;
    policy.silence = (struct silence_policy){.home_ms = 2 * MINUTE,
                                             .level_ms = 2 * MINUTE,
                                             .cover_ms = 5 * MINUTE,
                                             .rain_ms = 5 * MINUTE,
                                             .node_ms = 60 * SECOND,
                                             .bus_ms = 20 * SECOND,
                                             .colour = SW_COLOUR_YELLOW};
    return policy;
}

static void populate(struct world *world)
{
    struct policy policy = hasty();
    world_add(world, SUBJECT_LINE, "line-1", CORE_NO_PARENT, &policy);
    world_add(world, SUBJECT_NODE, "node-1", LINE, &policy);
    world_add(world, SUBJECT_SOURCE, "meter-1", LINE, &policy);
    world_add(world, SUBJECT_HOME, "home-1", DEVICE, &policy);
    world_add(world, SUBJECT_LEVEL, "drain-1", NODE, &policy);
    world_add(world, SUBJECT_COVER, "drain-1", NODE, &policy);
    world_add(world, SUBJECT_RAIN, "roof-1", NODE, &policy);
}

/* Takes every subject through a snapshot into a fresh core. */
static void reincarnate(struct world *world)
{
    static uint8_t bytes[SUBJECTS][CORE_SNAPSHOT_SIZE_MAX];
    size_t sizes[SUBJECTS];
    for (uint32_t i = 0; i < SUBJECTS; i++) {
        sizes[i] = core_snapshot(world->core, i, bytes[i], sizeof bytes[i]);
        assert_true(sizes[i] > 0);
        assert_false(core_snapshot_dirty(world->core, i));
    }
    static uint8_t held[CORE_HELD_SIZE_MAX];
    size_t held_size = core_held_snapshot(world->core, held, sizeof held);
    assert_true(held_size > 0);
    world_renew(world, SUBJECTS);
    populate(world);
    for (uint32_t i = 0; i < SUBJECTS; i++)
        assert_int_equal(core_restore(world->core, i, bytes[i], sizes[i]), SW_OK);
    assert_int_equal(core_held_restore(world->core, held, held_size), SW_OK);
}

/* The same without snapshots: a core for another configuration, which is the same here. */
static void hand_over(struct world *world)
{
    struct core *before = world->core;
    void *memory = world->memory;
    world->memory = NULL;
    world_renew(world, SUBJECTS);
    populate(world);
    core_hand_over(world->core, before);
    free(memory);
}

struct weather {
    struct chance chance;
    int64_t now, total;
    bool line, node, home_quiet, level_high, cover_open, silent[SUBJECTS];
};

static void change_weather(struct weather *weather)
{
    if (chance_below(&weather->chance, 400) == 0) weather->line = !weather->line;
    if (chance_below(&weather->chance, 200) == 0) weather->node = !weather->node;
    if (chance_below(&weather->chance, 250) == 0) weather->home_quiet = !weather->home_quiet;
    if (chance_below(&weather->chance, 60) == 0) weather->level_high = !weather->level_high;
    if (chance_below(&weather->chance, 60) == 0) weather->cover_open = !weather->cover_open;
    for (int i = HOME; i < SUBJECTS; i++)
        if (chance_below(&weather->chance, 150) == 0) weather->silent[i] = !weather->silent[i];
}

static void read_sensors(struct world *world, struct weather *weather)
{
    struct chance *chance = &weather->chance;
    if (!weather->home_quiet) weather->total += chance_below(chance, 300);
    int64_t shown = chance_below(chance, 50) ? weather->total : chance_below(chance, 100000000);
    int64_t level = (weather->level_high ? 90 : 30) * MM + chance_below(chance, 300 * MM);
    if (!weather->silent[HOME]) world_read(world, HOME, SW_READING_WATER_INDEX, weather->now, shown);
    if (!weather->node) return;
    if (!weather->silent[SITE]) world_read(world, SITE, SW_READING_LEVEL, weather->now, level);
    if (!weather->silent[RAIN]) world_read(world, RAIN, SW_READING_RAIN, weather->now, 0);
    if (weather->silent[COVER]) return;
    if (chance_below(chance, 2))
        world_read(world, COVER, SW_READING_COVER_TILT, weather->now, weather->cover_open ? 20000 : 1000);
    else
        world_read(world, COVER, SW_READING_COVER_OPEN, weather->now, weather->cover_open ? 1000 : 0);
}

static void act_on_something(struct world *world, struct weather *weather)
{
    if (world->alert_count == 0 || chance_below(&weather->chance, 40)) return;
    uint32_t back = (uint32_t)chance_below(&weather->chance, world->alert_count < 5 ? world->alert_count : 5);
    char id[SW_ALERT_ID_SIZE];
    memcpy(id, world->alerts[world->alert_count - 1 - back].id, sizeof id);
    enum sw_alert_action action =
        (enum sw_alert_action)(SW_ALERT_ACTION_ACKNOWLEDGE + chance_below(&weather->chance, 3));
    (void)core_on_action(world->core, id, 0, action, "officer-1", "seen", sw_wall_from_ms(weather->now));
}

static void run_series(struct world *world, uint64_t seed, int steps, int every, void (*renew)(struct world *world))
{
    struct weather weather = {.chance = {seed}, .now = T0, .line = true, .node = true, .total = 5000};
    populate(world);
    for (int i = 0; i < steps; i++) {
        weather.now += 1 + chance_below(&weather.chance, 8 * SECOND);
        bool line = weather.line;
        change_weather(&weather);
        if (i == 0 || line != weather.line) core_on_line(world->core, LINE, weather.line, sw_wall_from_ms(weather.now));
        if (weather.line) {
            read_sensors(world, &weather);
            if (weather.node) world_seen(world, NODE, weather.now);
            world_seen(world, DEVICE, weather.now);
        }
        world_tick(world, weather.now);
        act_on_something(world, &weather);
        if (every > 0 && i % every == 0) renew(world);
    }
}

static void expect_same_alerts(const struct world *a, const struct world *b, uint64_t seed, int every)
{
    uint32_t count = a->alert_count < b->alert_count ? a->alert_count : b->alert_count;
    for (uint32_t i = 0; i < count; i++)
        if (memcmp(&a->alerts[i], &b->alerts[i], sizeof a->alerts[i]) != 0)
            fail_msg("seed %llu, renewed every %d steps: revision %u is %s r%u, not %s r%u", (unsigned long long)seed,
                     every, i, b->alerts[i].id, b->alerts[i].revision, a->alerts[i].id, a->alerts[i].revision);
    if (a->alert_count != b->alert_count)
        fail_msg("seed %llu, renewed every %d steps: %u revisions, not %u", (unsigned long long)seed, every,
                 b->alert_count, a->alert_count);
}

static void expect_renewed_cores_to_make_the_same_alerts(void (*renew)(struct world *world))
{
    static const int every[] = {1, 7, 50};
    bool seen[SW_ALERT_KIND_COUNT] = {false};
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct world *whole = world_new(SUBJECTS);
        run_series(whole, seed * UINT64_C(0x9e3779b97f4a7c15), 2500, 0, NULL);
        for (uint32_t i = 0; i < whole->alert_count; i++)
            seen[whole->alerts[i].kind] = true;
        for (size_t k = 0; k < sizeof every / sizeof every[0]; k++) {
            struct world *cut = world_new(SUBJECTS);
            run_series(cut, seed * UINT64_C(0x9e3779b97f4a7c15), 2500, every[k], renew);
            expect_same_alerts(whole, cut, seed, every[k]);
            world_free(cut);
        }
        world_free(whole);
    }
    for (int kind = SW_ALERT_KIND_NO_USE; kind <= SW_ALERT_KIND_BUS_SILENT; kind++)
        if (!seen[kind]) fail_msg("the series never raised %s", sw_alert_kind_name((enum sw_alert_kind)kind));
}

static void a_restored_core_makes_the_same_alerts(void **state)
{
    (void)state;
    expect_renewed_cores_to_make_the_same_alerts(reincarnate);
}

static void a_core_that_takes_over_makes_the_same_alerts(void **state)
{
    (void)state;
    expect_renewed_cores_to_make_the_same_alerts(hand_over);
}

/* What is on its way to an alert goes on, of a subject that has another place, and policy, in the new core; a subject
 * that is new begins, and what is about one that is gone ends. */
static void who_takes_over_knows_subjects_by_their_names(void **state)
{
    (void)state;
    struct world *world = world_new(SUBJECTS);
    struct policy policy = hasty(), higher = hasty();
    uint32_t site = world_add(world, SUBJECT_LEVEL, "drain-1", CORE_NO_PARENT, &policy);
    world_add(world, SUBJECT_LEVEL, "drain-2", CORE_NO_PARENT, &policy);
    world_read(world, site, SW_READING_LEVEL, T0, 300 * MM);
    world_read(world, site, SW_READING_LEVEL, T0 + 10 * SECOND, 300 * MM);
    assert_int_equal(core_start_drill(world->core, "drain-1", SW_ALERT_KIND_LEVEL, SW_COLOUR_RED,
                                      sw_wall_from_ms(T0 + HOUR), "o", "", sw_wall_from_ms(T0)),
                     SW_OK);
    assert_int_equal(core_start_drill(world->core, "drain-2", SW_ALERT_KIND_LEVEL, SW_COLOUR_RED,
                                      sw_wall_from_ms(T0 + HOUR), "o", "", sw_wall_from_ms(T0)),
                     SW_OK);
    core_set_weather(world->core, SW_COLOUR_ORANGE, sw_wall_from_ms(T0 + HOUR));
    world_tick(world, T0 + 10 * SECOND);
    assert_int_equal(world->alert_count, 2);

    struct core *before = world->core;
    void *memory = world->memory;
    world->memory = NULL;
    world_renew(world, SUBJECTS);
    higher.level.band_um[SW_COLOUR_RED] = LEVEL_BAND_OFF;
    world_add(world, SUBJECT_LEVEL, "drain-3", CORE_NO_PARENT, &policy);
    site = world_add(world, SUBJECT_LEVEL, "drain-1", CORE_NO_PARENT, &higher);
    core_hand_over(world->core, before);
    free(memory);
    assert_int_equal(core_weather(world->core, sw_wall_from_ms(T0 + 11 * SECOND)), SW_COLOUR_ORANGE);
    world_read(world, site, SW_READING_LEVEL, T0 + 20 * SECOND, 300 * MM);
    assert_int_equal(world->alert_count, 3);
    assert_string_equal(world_last(world)->subject, "drain-1");
    assert_int_equal(world_last(world)->onset.ms, T0);
    assert_int_equal(world_last(world)->colour, SW_COLOUR_ORANGE);
    world_tick(world, T0 + 21 * SECOND);
    assert_int_equal(world->alert_count, 4);
    assert_string_equal(world_last(world)->subject, "drain-2");
    assert_int_equal(world_last(world)->state, SW_ALERT_STATE_RESOLVED);
    assert_int_equal(core_subject_status(world->core, 0, sw_wall_from_ms(T0 + 21 * SECOND)).readings, 0);
    assert_int_equal(core_subject_status(world->core, site, sw_wall_from_ms(T0 + 21 * SECOND)).readings, 3);
    world_free(world);
}

/* The same series keeps the promises of the life cycle. */
static void no_id_is_used_twice_and_no_revision_is_left_out(void **state)
{
    (void)state;
    for (uint64_t seed = 101; seed <= 110; seed++) {
        struct world *world = world_new(SUBJECTS);
        run_series(world, seed * UINT64_C(0xd1342543de82ef95), 3000, 0, NULL);
        for (uint32_t i = 0; i < world->alert_count; i++) {
            const struct sw_alert *alert = &world->alerts[i];
            const struct sw_alert *before = NULL;
            for (uint32_t j = 0; j < i; j++)
                if (strcmp(world->alerts[j].id, alert->id) == 0) before = &world->alerts[j];
            uint32_t expected = before ? before->revision + 1 : 1;
            if (alert->revision != expected || (before && !sw_alert_state_is_open(before->state)))
                fail_msg("seed %llu: %s revision %u comes after %u", (unsigned long long)seed, alert->id,
                         alert->revision, before ? before->revision : 0);
            assert_true(sw_alert_state_is_open(alert->state) == (alert->colour != SW_COLOUR_GREEN));
            assert_true(alert->peak >= alert->colour);
            assert_true(alert->onset.ms <= alert->updated_at.ms);
        }
        world_free(world);
    }
}

static void after_a_pause_of_the_gateway_nodes_have_their_limit_again(void **state)
{
    (void)state;
    struct world *world = world_new(SUBJECTS);
    populate(world);
    core_on_line(world->core, LINE, true, sw_wall_from_ms(T0));
    for (int64_t t = T0; t < T0 + MINUTE; t += SECOND) {
        world_seen(world, NODE, t);
        world_seen(world, DEVICE, t);
        world_tick(world, t);
    }
    reincarnate(world);
    int64_t start = T0 + 10 * MINUTE;
    core_on_line(world->core, LINE, true, sw_wall_from_ms(start));
    for (int64_t t = start; t < start + 59 * SECOND; t += SECOND)
        world_tick(world, t);
    assert_int_equal(world->alert_count, 0);
    world_tick(world, start + MINUTE);
    assert_int_equal(world->alert_count, 1);
    assert_int_equal(world_last(world)->kind, SW_ALERT_KIND_BUS_SILENT);
    world_free(world);
}

/* The power goes again right after a start: what was saved of it says that the pause was short. */
static void after_two_pauses_in_a_row_nodes_have_their_limit_again(void **state)
{
    (void)state;
    static uint8_t node[CORE_SNAPSHOT_SIZE_MAX], line[CORE_SNAPSHOT_SIZE_MAX];
    struct world *world = world_new(SUBJECTS);
    populate(world);
    core_on_line(world->core, LINE, true, sw_wall_from_ms(T0));
    world_seen(world, NODE, T0);
    world_tick(world, T0);
    size_t node_size = core_snapshot(world->core, NODE, node, sizeof node);
    size_t line_size = core_snapshot(world->core, LINE, line, sizeof line);
    for (int64_t start = T0 + DAY; start < T0 + DAY + 30 * SECOND; start += 10 * SECOND) {
        world_renew(world, SUBJECTS);
        populate(world);
        assert_int_equal(core_restore(world->core, LINE, line, line_size), SW_OK);
        assert_int_equal(core_restore(world->core, NODE, node, node_size), SW_OK);
        core_on_line(world->core, LINE, true, sw_wall_from_ms(start));
        /* As the journal does, before the first tick and after it: what has changed. */
        node_size = core_snapshot(world->core, NODE, node, sizeof node);
        world_tick(world, start);
        world_tick(world, start + SECOND);
        assert_int_equal(world->alert_count, 0);
        line_size = core_snapshot(world->core, LINE, line, sizeof line);
        if (core_snapshot_dirty(world->core, NODE)) node_size = core_snapshot(world->core, NODE, node, sizeof node);
    }
    world_free(world);
}

/* A node that answers for half a minute, a line whose state is saved at the end of it. */
static void answer_for_half_a_minute(struct world *world)
{
    core_on_line(world->core, LINE, true, sw_wall_from_ms(T0));
    for (int64_t t = T0; t <= T0 + 30 * SECOND; t += SECOND) {
        world_seen(world, NODE, t);
        world_tick(world, t);
    }
}

static void an_answer_that_was_not_saved_is_not_held_against_the_node(void **state)
{
    (void)state;
    static uint8_t node[CORE_SNAPSHOT_SIZE_MAX], line[CORE_SNAPSHOT_SIZE_MAX];
    struct world *world = world_new(SUBJECTS);
    populate(world);
    core_on_line(world->core, LINE, true, sw_wall_from_ms(T0));
    world_seen(world, NODE, T0);
    world_tick(world, T0);
    size_t node_size = core_snapshot(world->core, NODE, node, sizeof node);
    answer_for_half_a_minute(world);
    /* Answers alone make no snapshot due; the line has one. Then the power goes. */
    assert_false(core_snapshot_due(world->core, NODE));
    size_t line_size = core_snapshot(world->core, LINE, line, sizeof line);
    world_renew(world, SUBJECTS);
    populate(world);
    assert_int_equal(core_restore(world->core, LINE, line, line_size), SW_OK);
    assert_int_equal(core_restore(world->core, NODE, node, node_size), SW_OK);
    int64_t back = T0 + 35 * SECOND;
    for (int64_t t = back; t < T0 + 90 * SECOND; t += SECOND)
        world_tick(world, t);
    assert_int_equal(world->alert_count, 0);
    world_tick(world, T0 + 90 * SECOND);
    assert_int_equal(world->alert_count, 1);
    assert_int_equal(world_last(world)->kind, SW_ALERT_KIND_BUS_SILENT);
    world_free(world);
}

static void a_rule_that_asks_for_more_starts_to_observe_anew(void **state)
{
    (void)state;
    struct world *world = world_new(1);
    struct policy policy = world_policy();
    uint32_t home = world_add(world, SUBJECT_HOME, "home-1", CORE_NO_PARENT, &policy);
    int64_t t = T0;
    for (; t <= T0 + DAY - HOUR; t += HOUR) /* 1 L an hour: more than 2 L a day, less than 100 */
        world_read(world, home, SW_READING_WATER_INDEX, t, (t - T0) / HOUR * LITRE);
    uint8_t bytes[CORE_SNAPSHOT_SIZE_MAX];
    size_t size = core_snapshot(world->core, home, bytes, sizeof bytes);
    world_renew(world, 1);
    policy.no_use.volume_ml = 20 * LITRE;
    home = world_add(world, SUBJECT_HOME, "home-1", CORE_NO_PARENT, &policy);
    assert_int_equal(core_restore(world->core, home, bytes, size), SW_OK);
    for (; t <= T0 + 3 * DAY; t += HOUR)
        world_read(world, home, SW_READING_WATER_INDEX, t, (t - T0) / HOUR * LITRE);
    assert_int_equal(world->alert_count, 0);
    world_free(world);
}

/* Two homes are still; then the city switches the rule off for one of them. */
static void a_rule_that_was_switched_off_leaves_no_alert_open(void **state)
{
    (void)state;
    struct world *world = world_new(2);
    struct policy asked = world_policy(), not_asked = world_policy();
    const char *const names[] = {"home-1", "home-2"};
    uint8_t bytes[2][CORE_SNAPSHOT_SIZE_MAX];
    size_t size[2];
    for (uint32_t home = 0; home < 2; home++) {
        world_add(world, SUBJECT_HOME, names[home], CORE_NO_PARENT, &asked);
        for (int64_t t = T0; t <= T0 + 2 * DAY; t += HOUR)
            world_read(world, home, SW_READING_WATER_INDEX, t, 0);
        size[home] = core_snapshot(world->core, home, bytes[home], sizeof bytes[home]);
    }
    assert_int_equal(world->alert_count, 2);
    world_renew(world, 2);
    not_asked.no_use.window_ms = 0;
    for (uint32_t home = 0; home < 2; home++) {
        world_add(world, SUBJECT_HOME, names[home], CORE_NO_PARENT, home == 0 ? &not_asked : &asked);
        assert_int_equal(core_restore(world->core, home, bytes[home], size[home]), SW_OK);
    }
    world_tick(world, T0 + 2 * DAY + MINUTE);
    assert_int_equal(world->alert_count, 3);
    assert_string_equal(world_last(world)->subject, "home-1");
    assert_int_equal(world_last(world)->revision, 2);
    assert_int_equal(world_last(world)->state, SW_ALERT_STATE_CLEARED);
    assert_string_equal(world_last(world)->actor, "configuration");
    assert_string_equal(world_last(world)->note, "the rule has been switched off");
    for (int64_t t = T0 + 2 * DAY + HOUR; t <= T0 + 4 * DAY; t += HOUR) {
        world_tick(world, t);
        world_read(world, 0, SW_READING_WATER_INDEX, t, 0);
        world_read(world, 1, SW_READING_WATER_INDEX, t, 0);
    }
    assert_int_equal(world->alert_count, 3);
    world_free(world);
}

static void damaged_snapshots_are_refused_and_change_nothing(void **state)
{
    (void)state;
    struct world *world = world_new(SUBJECTS);
    run_series(world, 42, 3000, 0, NULL);
    for (uint32_t index = 0; index < SUBJECTS; index++) {
        uint8_t bytes[CORE_SNAPSHOT_SIZE_MAX], again[CORE_SNAPSHOT_SIZE_MAX];
        size_t size = core_snapshot(world->core, index, bytes, sizeof bytes);
        for (size_t cut = 0; cut < size; cut++) {
            /* In its own allocation, so that a sanitizer sees a read past the end. */
            uint8_t *part = malloc(cut ? cut : 1);
            assert_non_null(part);
            memcpy(part, bytes, cut);
            assert_int_equal(core_restore(world->core, index, part, cut), SW_ERROR_MALFORMED);
            free(part);
        }
        for (size_t i = 0; i < size; i++) {
            bytes[i] ^= 0x10;
            assert_int_not_equal(core_restore(world->core, index, bytes, size), SW_OK);
            bytes[i] ^= 0x10;
        }
        assert_int_equal(core_snapshot(world->core, index, again, sizeof again), size);
        assert_memory_equal(bytes, again, size);
        assert_int_equal(core_snapshot(world->core, index, again, size - 1), 0);
        uint32_t other = index == HOME ? SITE : HOME;
        assert_int_equal(core_restore(world->core, other, bytes, size), SW_ERROR_MALFORMED);
    }
    world_free(world);
}

static void another_version_is_refused(void **state)
{
    (void)state;
    struct world *world = world_new(SUBJECTS);
    populate(world);
    uint8_t bytes[CORE_SNAPSHOT_SIZE_MAX];
    size_t size = core_snapshot(world->core, HOME, bytes, sizeof bytes);
    bytes[2]++;
    struct sw_writer tail = sw_writer_over(bytes + size - SNAPSHOT_CRC_SIZE, SNAPSHOT_CRC_SIZE);
    sw_write_u32(&tail, snapshot_crc(bytes, size - SNAPSHOT_CRC_SIZE));
    assert_int_equal(core_restore(world->core, HOME, bytes, size), SW_ERROR_VERSION);
    world_free(world);
}

/* The largest a snapshot can get: every ring full. */
static void the_checksum_is_the_one_the_format_names(void **state)
{
    (void)state;
    assert_int_equal(snapshot_crc((const uint8_t *)"123456789", 9), 0xcbf43926); /* the usual check value */
}

static void the_largest_snapshot_fits(void **state)
{
    (void)state;
    struct world *world = world_new(1);
    struct policy policy = world_policy();
    policy.no_use.observed_gap_ms = MINUTE;
    policy.no_use.volume_ml = 16 * 70;
    uint32_t home = world_add(world, SUBJECT_HOME, "home-1", CORE_NO_PARENT, &policy);
    int64_t total = 0;
    for (int i = 0; i < 500; i++)
        world_read(world, home, SW_READING_WATER_INDEX, T0 + i * 2 * MINUTE, total += i % 2 ? 70 : 1);
    uint8_t bytes[CORE_SNAPSHOT_SIZE_MAX];
    size_t size = core_snapshot(world->core, home, bytes, sizeof bytes);
    assert_in_range(size, 450, CORE_SNAPSHOT_SIZE_MAX);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_restored_core_makes_the_same_alerts),
        cmocka_unit_test(a_core_that_takes_over_makes_the_same_alerts),
        cmocka_unit_test(who_takes_over_knows_subjects_by_their_names),
        cmocka_unit_test(no_id_is_used_twice_and_no_revision_is_left_out),
        cmocka_unit_test(after_a_pause_of_the_gateway_nodes_have_their_limit_again),
        cmocka_unit_test(after_two_pauses_in_a_row_nodes_have_their_limit_again),
        cmocka_unit_test(an_answer_that_was_not_saved_is_not_held_against_the_node),
        cmocka_unit_test(a_rule_that_asks_for_more_starts_to_observe_anew),
        cmocka_unit_test(a_rule_that_was_switched_off_leaves_no_alert_open),
        cmocka_unit_test(damaged_snapshots_are_refused_and_change_nothing),
        cmocka_unit_test(another_version_is_refused),
        cmocka_unit_test(the_checksum_is_the_one_the_format_names),
        cmocka_unit_test(the_largest_snapshot_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
