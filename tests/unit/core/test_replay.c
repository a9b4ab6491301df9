/* A core that takes back snapshots of different age and is handed the readings after them once more is where the one
 * was that never stopped, and says nothing again. */
#include <stdlib.h>
#include <string.h>

#include "core/core_state.h"
#include "core_fixture.h"
#include "subject_state.h"

enum { LINE, NODE, DEVICE, HOME, SMALL_HOME, SITE, COVER, UPSTREAM, BESIDE, ALONE, RAIN, SUBJECTS };
#define FIRST_SENSOR HOME
#define ROWS_MAX     200000

/* Delays and limits so short that a day sees everything happen many times. */
static struct policy hasty(void)
{
    struct policy policy = policy_city_default();
    policy.no_use.window_ms = 20 * MINUTE;
    policy.no_use.volume_ml = 2 * LITRE;
    policy.no_use.observed_gap_ms = 3 * MINUTE;
    policy.level.on_delay_ms = 90 * SECOND;
    policy.level.off_delay_ms = 2 * MINUTE;
    policy.cover.on_delay_ms = 70 * SECOND;
    policy.cover.off_delay_ms = 100 * SECOND;
    policy.silence = (struct silence_policy){.home_ms = 20 * MINUTE,
                                             .level_ms = 10 * MINUTE,
                                             .cover_ms = 15 * MINUTE,
                                             .rain_ms = 30 * MINUTE,
                                             .node_ms = 6 * MINUTE,
                                             .bus_ms = 2 * MINUTE,
                                             .colour = SW_COLOUR_YELLOW};
    policy.noise = (struct noise_policy){.on_delay_ms = 2 * MINUTE,
                                         .off_delay_ms = 3 * MINUTE,
                                         .flap_raises = 3,
                                         .flap_window_ms = HOUR,
                                         .flap_quiet_ms = 10 * MINUTE,
                                         .expire_after_ms = 6 * HOUR};
    return policy;
}

static void populate(struct world *world)
{
    static const uint32_t neighbours[] = {BESIDE, RAIN}, upstream[] = {UPSTREAM};
    struct policy policy = hasty(), calm = hasty();
    calm.noise = (struct noise_policy){0};
    world_add(world, SUBJECT_LINE, "line-1", CORE_NO_PARENT, &policy);
    world_add(world, SUBJECT_NODE, "node-1", LINE, &policy);
    world_add(world, SUBJECT_SOURCE, "device-1", LINE, &policy);
    world_add(world, SUBJECT_HOME, "home-1", DEVICE, &policy);
    world_add(world, SUBJECT_HOME, "home-2", NODE, &calm);
    world_add(world, SUBJECT_LEVEL, "site-1", NODE, &calm);
    world_add(world, SUBJECT_COVER, "site-1", NODE, &calm);
    world_add(world, SUBJECT_LEVEL, "upstream", DEVICE, &policy);
    world_add(world, SUBJECT_LEVEL, "beside", DEVICE, &calm);
    world_add(world, SUBJECT_LEVEL, "alone", NODE, &policy);
    world_add(world, SUBJECT_RAIN, "roof", NODE, &policy);
    assert_int_equal(core_set_neighbours(world->core, SITE, neighbours, 2), SW_OK);
    assert_int_equal(core_set_upstream(world->core, SITE, upstream, 1), SW_OK);
}

/* ---- what is stored ---- */

struct row {
    struct core_reading reading;
    int64_t taken_ms;
};

struct kept {
    uint8_t bytes[CORE_SNAPSHOT_SIZE_MAX];
    size_t size;
    size_t position; /* so many rows are in it */
};

static struct {
    struct row rows[ROWS_MAX];
    size_t row_count;
    struct kept subjects[SUBJECTS];
    uint8_t held[CORE_HELD_SIZE_MAX];
    size_t held_size;
} disk;

static void commit(struct core *core)
{
    bool any = core_snapshots_due(core);
    for (uint32_t i = 0; any && i < SUBJECTS; i++) {
        if (!core_snapshot_due(core, i)) continue;
        disk.subjects[i].size = core_snapshot(core, i, disk.subjects[i].bytes, sizeof disk.subjects[i].bytes);
        disk.subjects[i].position = disk.row_count;
    }
    if (core_held_dirty(core)) disk.held_size = core_held_snapshot(core, disk.held, sizeof disk.held);
}

static uint32_t source_of(const struct core *core, uint32_t subject)
{
    return core->subjects[subject].parent;
}

static void start_again(struct world *world)
{
    populate(world);
    for (uint32_t i = 0; i < SUBJECTS; i++)
        if (disk.subjects[i].size > 0)
            assert_int_equal(core_restore(world->core, i, disk.subjects[i].bytes, disk.subjects[i].size), SW_OK);
    if (disk.held_size > 0) assert_int_equal(core_held_restore(world->core, disk.held, disk.held_size), SW_OK);
    for (size_t at = 0; at < disk.row_count; at++) {
        const struct row *row = &disk.rows[at];
        uint32_t subject = row->reading.subject, source = source_of(world->core, subject);
        struct sw_wall taken = {row->taken_ms};
        if (at >= disk.subjects[subject].position) core_replay(world->core, &row->reading, taken);
        if (at >= disk.subjects[source].position) core_replay_answer(world->core, source, row->reading.time, taken);
    }
}

static void expect_the_same(struct core *core)
{
    static uint8_t one[CORE_SNAPSHOT_SIZE_MAX], other[CORE_SNAPSHOT_SIZE_MAX];
    struct world *again = world_new(SUBJECTS);
    start_again(again);
    assert_int_equal(again->alert_count, 0);
    for (uint32_t i = 0; i < SUBJECTS; i++) {
        if (i == NODE || i == DEVICE) continue; /* these have answered without a reading */
        size_t size = subject_state(core, i, one);
        assert_int_equal(subject_state(again->core, i, other), size);
        if (memcmp(one, other, size) != 0) fail_msg("%s is another one", core_subject_name(core, i));
    }
    world_free(again);
}

/* ---- what happens ---- */

struct day {
    struct chance chance;
    int64_t now_ms;
    int64_t total_ml[2], rain_um, level_um[4];
    bool using[2], raining, flood, open, line_down, node_down, warned;
};

static bool one_in(struct day *day, int64_t n)
{
    return chance_below(&day->chance, n) == 0;
}

static void turn(struct day *day, bool *what, int64_t n)
{
    if (one_in(day, n)) *what = !*what;
}

static void change(struct world *world, struct day *day)
{
    bool was_down = day->line_down, was_warned = day->warned;
    turn(day, &day->using[0], 30);
    turn(day, &day->using[1], 15);
    turn(day, &day->raining, 100);
    turn(day, &day->flood, 60);
    turn(day, &day->open, 40);
    turn(day, &day->line_down, day->line_down ? 10 : 400);
    turn(day, &day->node_down, day->node_down ? 15 : 200);
    turn(day, &day->warned, day->warned ? 20 : 300);
    if (was_down != day->line_down) core_on_line(world->core, LINE, !day->line_down, sw_wall_from_ms(day->now_ms));
    if (was_warned != day->warned)
        core_set_weather(world->core, day->warned ? SW_COLOUR_ORANGE : SW_COLOUR_GREEN,
                         sw_wall_from_ms(day->now_ms + HOUR));
}

static void hand_in(struct world *world, struct day *day, uint32_t subject, enum sw_reading_kind kind, int64_t milli)
{
    assert_in_range(disk.row_count, 0, ROWS_MAX - 1);
    struct row *row = &disk.rows[disk.row_count++];
    int64_t late_ms = chance_below(&day->chance, 3000);
    bool missing = one_in(day, 40);
    *row = (struct row){.reading = {.subject = subject,
                                    .kind = kind,
                                    .value_milli = missing ? 0 : milli,
                                    .quality = missing ? SW_QUALITY_MISSING : SW_QUALITY_GOOD,
                                    .reason = missing ? SW_REASON_TIMEOUT : SW_REASON_NONE,
                                    .time = {day->now_ms - late_ms},
                                    .clock_quality = one_in(day, 50) ? SW_CLOCK_ESTIMATED : SW_CLOCK_SET},
                        .taken_ms = day->now_ms};
    core_on_reading(world->core, &row->reading, sw_wall_from_ms(day->now_ms));
}

static void read_level(struct world *world, struct day *day, uint32_t subject, int64_t *level_um)
{
    int64_t step_um = day->flood ? 60 * MM : -90 * MM;
    *level_um += chance_below(&day->chance, 2) * step_um + chance_below(&day->chance, 9 * MM) - 4 * MM;
    if (*level_um < 0) *level_um = chance_below(&day->chance, 5 * MM);
    if (*level_um > 2500 * MM) *level_um = 2500 * MM;
    bool wild = one_in(day, 60);
    hand_in(world, day, subject, SW_READING_LEVEL, wild ? 2900 * MM : *level_um);
}

static void read_node(struct world *world, struct day *day)
{
    int64_t use_ml = day->using[1] ? chance_below(&day->chance, 5) * LITRE : 0;
    day->total_ml[1] += use_ml;
    if (!one_in(day, 3)) hand_in(world, day, SMALL_HOME, SW_READING_WATER_INDEX, day->total_ml[1]);
    if (!one_in(day, 3)) read_level(world, day, SITE, &day->level_um[0]);
    if (!one_in(day, 3)) read_level(world, day, ALONE, &day->level_um[1]);
    if (!one_in(day, 3)) hand_in(world, day, COVER, SW_READING_COVER_TILT, day->open ? 40000 : 500);
    if (one_in(day, 10)) hand_in(world, day, COVER, SW_READING_BATTERY, one_in(day, 4) ? 2900 : 3600);
    day->rain_um += day->raining ? chance_below(&day->chance, 2 * MM) : 0;
    if (one_in(day, 4)) hand_in(world, day, RAIN, SW_READING_RAIN, day->rain_um);
    world_seen(world, NODE, day->now_ms);
}

static void read_device(struct world *world, struct day *day)
{
    int64_t use_ml = day->using[0] ? chance_below(&day->chance, 8) * LITRE : 0;
    day->total_ml[0] += use_ml;
    if (one_in(day, 500)) day->total_ml[0] -= 50 * LITRE;
    hand_in(world, day, HOME, SW_READING_WATER_INDEX, day->total_ml[0]);
    read_level(world, day, UPSTREAM, &day->level_um[2]);
    read_level(world, day, BESIDE, &day->level_um[3]);
    world_seen(world, DEVICE, day->now_ms);
}

static void act(struct world *world, struct day *day)
{
    static const char *const names[] = {"home-1", "home-2", "site-1", "upstream", "beside", "alone", "roof"};
    struct sw_wall now = {day->now_ms}, until = {day->now_ms + 5 * MINUTE + chance_below(&day->chance, HOUR)};
    struct hold hold = {.reason = one_in(day, 2) ? HOLD_MAINTENANCE : HOLD_SILENCE, .until = until, .by = "o-1"};
    hold.most = SW_COLOUR_RED;
    strcpy(hold.subject, names[chance_below(&day->chance, 7)]);
    switch (chance_below(&day->chance, 4)) {
    case 0:
        if (world->alert_count > 0)
            (void)core_on_action(world->core, world_last(world)->id, 0,
                                 one_in(day, 2) ? SW_ALERT_ACTION_ACKNOWLEDGE : SW_ALERT_ACTION_RESOLVE, "o-1", "",
                                 now);
        break;
    case 1:
        (void)core_set_away(world->core, one_in(day, 2) ? HOME : SMALL_HOME,
                            (enum sw_away)chance_below(&day->chance, SW_AWAY_COUNT), until, "o-1", "", now);
        break;
    case 2:
        (void)core_hold(world->core, &hold, now);
        break;
    default:
        (void)core_release(world->core, &hold, now);
    }
}

static void live(struct world *world, struct day *day)
{
    int64_t step_ms = one_in(day, 200) ? 20 * MINUTE : SECOND * (1 + chance_below(&day->chance, 40));
    day->now_ms += one_in(day, 700) ? -chance_below(&day->chance, 30 * MINUTE) : step_ms;
    change(world, day);
    if (!day->line_down && !day->node_down && !one_in(day, 4)) read_node(world, day);
    if (!day->line_down && !one_in(day, 4)) read_device(world, day);
    if (one_in(day, 60)) act(world, day);
    if (one_in(day, 2)) world_tick(world, day->now_ms);
}

static void play(uint64_t seed, unsigned *compared)
{
    struct day day = {.chance = {seed}, .now_ms = T0};
    struct world *world = world_new(SUBJECTS);
    memset(&disk, 0, sizeof disk);
    populate(world);
    core_on_line(world->core, LINE, true, sw_wall_from_ms(T0));
    for (int step = 0; step < 6000; step++) {
        live(world, &day);
        if (!one_in(&day, 3)) continue;
        if (one_in(&day, 30)) core_want_snapshot(world->core, (uint32_t)chance_below(&day.chance, SUBJECTS));
        commit(world->core);
        if (!one_in(&day, 40)) continue;
        expect_the_same(world->core);
        *compared += 1;
    }
    assert_true(world->alert_count > 50);
    world_free(world);
}

static void readings_handed_in_again_make_the_same_state(void **state)
{
    unsigned compared = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        print_message("seed %u\n", (unsigned)seed);
        play(seed, &compared);
    }
    assert_true(compared > 300);
}

/* Readings that come later find another state than they would without the tick. In maintenance nobody is told, so no
 * revision saves it. */
static void what_a_delay_that_runs_out_changes_is_saved(void **state)
{
    (void)state;
    struct world *world = world_new(SUBJECTS);
    struct hold hold = {.reason = HOLD_MAINTENANCE, .subject = "site-1", .until = {T0 + HOUR}, .by = "o-1"};
    memset(&disk, 0, sizeof disk);
    populate(world);
    world_read(world, SITE, SW_READING_LEVEL, T0, 0);
    world_read(world, SITE, SW_READING_LEVEL, T0 + MINUTE, 400 * MM);
    world_read(world, SITE, SW_READING_LEVEL, T0 + MINUTE + SECOND, 400 * MM);
    world_read(world, COVER, SW_READING_COVER_TILT, T0 + MINUTE, 40000);
    assert_int_equal(core_hold(world->core, &hold, sw_wall_from_ms(T0 + 2 * MINUTE)), SW_OK);
    world_tick(world, T0 + 2 * MINUTE);
    commit(world->core);
    assert_false(core_snapshot_due(world->core, SITE) || core_snapshot_due(world->core, COVER));
    world_tick(world, T0 + 4 * MINUTE);
    assert_int_equal(world->alert_count, 0);
    assert_true(core_snapshot_due(world->core, SITE));
    assert_true(core_snapshot_due(world->core, COVER));
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readings_handed_in_again_make_the_same_state),
        cmocka_unit_test(what_a_delay_that_runs_out_changes_is_saved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
