/* What is held back: delays, flapping, silences, maintenance; and what expires. */
#include <stdlib.h>
#include <string.h>

#include "core_fixture.h"

enum { FILE_SOURCE, SITE, COVER };

static struct world *town(struct policy policy)
{
    struct world *world = world_new(4);
    policy.silence.node_ms = 0;
    assert_int_equal(world_add(world, SUBJECT_SOURCE, "file", CORE_NO_PARENT, &policy), FILE_SOURCE);
    assert_int_equal(world_add(world, SUBJECT_LEVEL, "site-1", FILE_SOURCE, &policy), SITE);
    assert_int_equal(world_add(world, SUBJECT_COVER, "drain-1", FILE_SOURCE, &policy), COVER);
    core_set_grid(world->core, SITE, "suzhou/gusu/3");
    core_set_grid(world->core, COVER, "suzhou/gusu/31");
    return world;
}

static struct policy policy_without_delays(void)
{
    struct policy policy = world_policy();
    policy.level.off_delay_ms = policy.cover.off_delay_ms = 0;
    policy.level_quality.blame_limit = 0;
    policy.silence.cover_ms = 0;
    return policy;
}

/* A reading of the level each minute until then, as water moves: what stands quite still is an object. */
static void level(struct world *world, int64_t *now, int64_t minutes, int64_t mm)
{
    for (int64_t end = *now + minutes * MINUTE; *now < end;) {
        *now += MINUTE;
        world_read(world, SITE, SW_READING_LEVEL, *now, (mm + *now / MINUTE % 5) * MM);
        world_seen(world, FILE_SOURCE, *now);
        world_tick(world, *now);
    }
}

static void cover(struct world *world, int64_t *now, bool open)
{
    *now += MINUTE;
    world_read(world, COVER, SW_READING_COVER_OPEN, *now, open ? 1000 : 0);
    world_tick(world, *now);
}

static void expect(const struct world *world, uint32_t count, enum sw_alert_state state, enum sw_colour colour)
{
    assert_int_equal(world->alert_count, count);
    assert_int_equal(world_last(world)->state, state);
    assert_int_equal(world_last(world)->colour, colour);
}

static struct hold silence(const char *subject, const char *area, enum sw_colour most, int64_t until_ms)
{
    struct hold hold = {.reason = HOLD_SILENCE, .most = most, .until = {until_ms}};
    strcpy(hold.subject, subject);
    strcpy(hold.area, area);
    strcpy(hold.by, "officer-1");
    strcpy(hold.note, "pump works");
    return hold;
}

static void an_on_delay_tells_late_with_the_true_onset(void **state)
{
    (void)state;
    struct policy policy = policy_without_delays();
    policy.noise.on_delay_ms = 10 * MINUTE;
    struct world *world = town(policy);
    int64_t now = T0;
    level(world, &now, 2, 0);
    int64_t onset = now + MINUTE;
    level(world, &now, 9, 150);
    assert_int_equal(world->alert_count, 0);
    assert_int_equal(core_pending_count(world->core), 1);
    level(world, &now, 3, 0);
    assert_int_equal(core_pending_count(world->core), 0);
    assert_int_equal(world->alert_count, 0);

    onset = now + MINUTE;
    level(world, &now, 11, 150);
    expect(world, 1, SW_ALERT_STATE_RAISED, SW_COLOUR_YELLOW);
    assert_int_equal(world_last(world)->revision, 1);
    assert_int_equal(world_last(world)->onset.ms, onset);
    assert_int_equal(world_last(world)->raised_at.ms, onset + 10 * MINUTE);
    world_free(world);
}

static void red_waits_for_no_delay(void **state)
{
    (void)state;
    struct policy policy = policy_without_delays();
    policy.noise.on_delay_ms = 10 * MINUTE;
    struct world *world = town(policy);
    int64_t now = T0;
    level(world, &now, 2, 0);
    level(world, &now, 1, 150);
    assert_int_equal(world->alert_count, 0);
    level(world, &now, 1, 450);
    expect(world, 1, SW_ALERT_STATE_RAISED, SW_COLOUR_RED);
    world_free(world);
}

static void an_off_delay_begins_anew_with_each_return(void **state)
{
    (void)state;
    struct policy policy = policy_without_delays();
    policy.noise.off_delay_ms = 10 * MINUTE;
    policy.noise.flap_raises = 0;
    struct world *world = town(policy);
    int64_t now = T0;
    level(world, &now, 1, 0);
    level(world, &now, 1, 150);
    level(world, &now, 9, 0);
    level(world, &now, 1, 150);
    level(world, &now, 10, 0);
    expect(world, 1, SW_ALERT_STATE_RAISED, SW_COLOUR_YELLOW);
    level(world, &now, 1, 0);
    expect(world, 2, SW_ALERT_STATE_CLEARED, SW_COLOUR_GREEN);
    world_free(world);
}

/* The fifth raise within the hour is held open; an hour after its last word it is over. */
static void what_flaps_is_held_open_until_it_is_steady(void **state)
{
    (void)state;
    struct world *world = town(policy_without_delays());
    int64_t now = T0;
    for (int i = 0; i < 4; i++) {
        cover(world, &now, true);
        cover(world, &now, false);
    }
    assert_int_equal(world->alert_count, 8);
    for (int i = 0; i < 10; i++) {
        cover(world, &now, true);
        cover(world, &now, false);
    }
    expect(world, 9, SW_ALERT_STATE_RAISED, SW_COLOUR_ORANGE);
    assert_int_equal(world_last(world)->evidence.flaps, 5);
    int64_t quiet = now;
    world_tick(world, quiet + HOUR - SECOND);
    assert_int_equal(world->alert_count, 9);
    assert_int_equal(core_next_deadline(world->core).ms, quiet + HOUR);
    world_tick(world, quiet + HOUR);
    expect(world, 10, SW_ALERT_STATE_CLEARED, SW_COLOUR_GREEN);
    assert_int_equal(world_last(world)->evidence.flaps, 0);
    world_free(world);
}

static void what_flaps_tells_worse_at_once_and_better_when_it_is_steady(void **state)
{
    (void)state;
    struct world *world = town(policy_without_delays());
    int64_t now = T0;
    for (int i = 0; i < 5; i++) {
        level(world, &now, 1, 0);
        level(world, &now, 1, 150);
    }
    assert_int_equal(world_last(world)->evidence.flaps, 5);
    uint32_t count = world->alert_count;
    level(world, &now, 1, 450);
    expect(world, ++count, SW_ALERT_STATE_RAISED, SW_COLOUR_RED);
    level(world, &now, 59, 150);
    assert_int_equal(world->alert_count, count);
    level(world, &now, 2, 150);
    expect(world, ++count, SW_ALERT_STATE_RAISED, SW_COLOUR_YELLOW);
    assert_int_equal(world_last(world)->evidence.flaps, 0);
    world_free(world);
}

static void a_silence_holds_back_up_to_its_colour(void **state)
{
    (void)state;
    struct world *world = town(policy_without_delays());
    int64_t now = T0;
    level(world, &now, 1, 0);
    struct hold hold = silence("site-1", "", SW_COLOUR_ORANGE, now + 2 * HOUR);
    assert_int_equal(core_hold(world->core, &hold, sw_wall_from_ms(now)), SW_OK);
    assert_true(core_is_silenced(world->core, SITE, SW_ALERT_KIND_LEVEL, SW_COLOUR_ORANGE));
    assert_false(core_is_silenced(world->core, SITE, SW_ALERT_KIND_LEVEL, SW_COLOUR_RED));
    assert_false(core_is_silenced(world->core, COVER, SW_ALERT_KIND_COVER_OPEN, SW_COLOUR_BLUE));
    level(world, &now, 10, 300);
    assert_int_equal(world->alert_count, 0);
    level(world, &now, 1, 450);
    expect(world, 1, SW_ALERT_STATE_RAISED, SW_COLOUR_RED);
    world_free(world);
}

static void what_still_holds_when_a_silence_ends_is_raised_and_says_so(void **state)
{
    (void)state;
    struct world *world = town(policy_without_delays());
    int64_t now = T0;
    level(world, &now, 1, 0);
    struct hold hold = silence("", "suzhou/gusu/3", SW_COLOUR_ORANGE, now + 10 * MINUTE);
    hold.kind = SW_ALERT_KIND_LEVEL;
    assert_int_equal(core_hold(world->core, &hold, sw_wall_from_ms(now)), SW_OK);
    int64_t onset = now + MINUTE;
    cover(world, &now, true);
    assert_int_equal(world->alert_count, 1); /* lies in 31, not in 3 */
    now -= MINUTE;
    level(world, &now, 9, 150);
    assert_int_equal(world->alert_count, 1);
    level(world, &now, 1, 150);
    expect(world, 2, SW_ALERT_STATE_RAISED, SW_COLOUR_YELLOW);
    assert_int_equal(world_last(world)->onset.ms, onset);
    assert_string_equal(world_last(world)->note, "was held back, silenced by officer-1: pump works");
    assert_int_equal(core_holds(world->core)->count, 0);
    world_free(world);
}

static void what_is_open_keeps_its_state_in_a_silence_and_is_told_of_its_end(void **state)
{
    (void)state;
    struct world *world = town(policy_without_delays());
    int64_t now = T0;
    level(world, &now, 1, 0);
    level(world, &now, 1, 70);
    expect(world, 1, SW_ALERT_STATE_RAISED, SW_COLOUR_BLUE);
    assert_int_equal(core_on_action(world->core, world_last(world)->id, 0, SW_ALERT_ACTION_ACKNOWLEDGE, "o", "",
                                    sw_wall_from_ms(now)),
                     SW_OK);
    struct hold hold = silence("site-1", "", SW_COLOUR_ORANGE, now + 2 * HOUR);
    assert_int_equal(core_hold(world->core, &hold, sw_wall_from_ms(now)), SW_OK);
    level(world, &now, 10, 150);
    expect(world, 2, SW_ALERT_STATE_ACKNOWLEDGED, SW_COLOUR_BLUE);
    assert_int_equal(core_release(world->core, &hold, sw_wall_from_ms(now)), SW_OK);
    expect(world, 3, SW_ALERT_STATE_ACKNOWLEDGED, SW_COLOUR_BLUE);
    assert_string_equal(world_last(world)->note, "no longer silenced by officer-1: pump works");
    level(world, &now, 1, 150);
    expect(world, 4, SW_ALERT_STATE_RAISED, SW_COLOUR_YELLOW);
    world_free(world);
}

static void a_hold_that_cannot_be_is_refused(void **state)
{
    (void)state;
    struct world *world = town(policy_without_delays());
    struct sw_wall now = sw_wall_from_ms(T0);
    struct hold nobody = silence("site-9", "", SW_COLOUR_ORANGE, T0 + HOUR);
    assert_int_equal(core_hold(world->core, &nobody, now), SW_ERROR_NOT_FOUND);
    struct hold nowhere = silence("", "suzhou/gus", SW_COLOUR_ORANGE, T0 + HOUR);
    assert_int_equal(core_hold(world->core, &nowhere, now), SW_ERROR_NOT_FOUND);
    struct hold past = silence("site-1", "", SW_COLOUR_ORANGE, T0);
    assert_int_equal(core_hold(world->core, &past, now), SW_ERROR_INVALID_ARGUMENT);
    struct hold for_ever = silence("site-1", "", SW_COLOUR_ORANGE, T0 + HOLD_MAX_MS + 1);
    assert_int_equal(core_hold(world->core, &for_ever, now), SW_ERROR_INVALID_ARGUMENT);
    struct hold source = {.reason = HOLD_MAINTENANCE, .subject = "file", .until = {T0 + HOUR}};
    assert_int_equal(core_hold(world->core, &source, now), SW_ERROR_NOT_FOUND);
    struct hold longer = silence("site-1", "", SW_COLOUR_ORANGE, T0 + HOUR);
    assert_int_equal(core_release(world->core, &longer, now), SW_ERROR_NOT_FOUND);
    assert_int_equal(core_hold(world->core, &longer, now), SW_OK);
    longer.until.ms = T0 + DAY;
    assert_int_equal(core_hold(world->core, &longer, now), SW_OK);
    assert_int_equal(core_holds(world->core)->count, 1);
    assert_int_equal(core_holds(world->core)->list[0].until.ms, T0 + DAY);
    world_free(world);
}

static void maintenance_clears_judges_nothing_and_ends_with_a_note(void **state)
{
    (void)state;
    struct world *world = town(policy_without_delays());
    int64_t now = T0;
    level(world, &now, 1, 0);
    level(world, &now, 1, 150);
    struct hold hold = {.reason = HOLD_MAINTENANCE, .subject = "site-1", .by = "fitter-2", .until = {now + DAY}};
    assert_int_equal(core_hold(world->core, &hold, sw_wall_from_ms(now)), SW_OK);
    expect(world, 2, SW_ALERT_STATE_CLEARED, SW_COLOUR_GREEN);
    assert_string_equal(world_last(world)->actor, "fitter-2");
    assert_string_equal(world_last(world)->note, "in maintenance by fitter-2");
    assert_true(holds_maintain(core_holds(world->core), "site-1"));
    level(world, &now, 60, 450);
    assert_int_equal(core_last_verdict(world->core).reason, SW_REASON_MAINTENANCE);
    assert_int_equal(core_subject_status(world->core, SITE, sw_wall_from_ms(now)).condition, SUBJECT_UNKNOWN);
    for (; now < hold.until.ms; now += MINUTE) {
        world_seen(world, FILE_SOURCE, now);
        world_tick(world, now);
    }
    assert_int_equal(world->alert_count, 2);
    world_seen(world, FILE_SOURCE, now);
    world_tick(world, now);
    assert_false(holds_maintain(core_holds(world->core), "site-1"));
    assert_int_equal(world->alert_count, 3);
    assert_int_equal(world_last(world)->kind, SW_ALERT_KIND_BACK);
    assert_int_equal(world_last(world)->evidence.rule, SW_ALERT_RULE_MAINTENANCE_OVER);

    /* Silence counts from the end. */
    int64_t end = now;
    for (; now < end + HOUR; now += MINUTE) {
        world_seen(world, FILE_SOURCE, now);
        world_tick(world, now);
    }
    assert_int_equal(world->alert_count, 3);
    world_seen(world, FILE_SOURCE, now + MINUTE);
    world_tick(world, now + MINUTE);
    assert_int_equal(world_last(world)->kind, SW_ALERT_KIND_SENSOR_SILENT);
    world_free(world);
}

static void holds_and_what_is_pending_survive_a_restart(void **state)
{
    (void)state;
    static uint8_t held[CORE_HELD_SIZE_MAX], site[CORE_SNAPSHOT_SIZE_MAX];
    struct policy policy = policy_without_delays();
    struct world *world = town(policy);
    int64_t now = T0;
    level(world, &now, 1, 0);
    struct hold hold = silence("site-1", "", SW_COLOUR_ORANGE, now + HOUR);
    assert_int_equal(core_hold(world->core, &hold, sw_wall_from_ms(now)), SW_OK);
    level(world, &now, 5, 150);
    assert_true(core_held_dirty(world->core));
    size_t held_size = core_held_snapshot(world->core, held, sizeof held);
    size_t site_size = core_snapshot(world->core, SITE, site, sizeof site);

    struct world *again = town(policy);
    assert_int_equal(core_restore(again->core, SITE, site, site_size), SW_OK);
    assert_int_equal(core_held_restore(again->core, held, held_size), SW_OK);
    level(again, &now, 5, 150);
    assert_int_equal(again->alert_count, 0);
    assert_int_equal(core_pending_count(again->core), 1);
    world_tick(again, hold.until.ms);
    expect(again, 1, SW_ALERT_STATE_RAISED, SW_COLOUR_YELLOW);
    for (size_t size = 0; size < held_size; size += 7)
        assert_int_not_equal(core_held_restore(again->core, held, size), SW_OK);
    world_free(world);
    world_free(again);
}

/* Nothing can clear it any more, and its silence is told: the alert hands over to that one. */
static void an_alert_without_readings_expires_while_its_silence_is_told(void **state)
{
    (void)state;
    struct world *world = town(policy_without_delays());
    int64_t now = T0;
    level(world, &now, 1, 0);
    level(world, &now, 1, 150);
    int64_t last = now;
    for (; now < last + 7 * DAY; now += MINUTE) {
        world_seen(world, FILE_SOURCE, now);
        world_tick(world, now);
    }
    expect(world, 2, SW_ALERT_STATE_RAISED, SW_COLOUR_YELLOW);
    assert_int_equal(world_last(world)->kind, SW_ALERT_KIND_SENSOR_SILENT);
    world_tick(world, now);
    expect(world, 3, SW_ALERT_STATE_EXPIRED, SW_COLOUR_GREEN);
    assert_int_equal(world_last(world)->kind, SW_ALERT_KIND_LEVEL);
    assert_int_equal(world_last(world)->revision, 2);
    for (; now < last + 30 * DAY; now += HOUR)
        world_tick(world, now);
    assert_int_equal(world->alert_count, 3);
    level(world, &now, 1, 150);
    assert_int_equal(world->alert_count, 5); /* silence over, and a new alert */
    world_free(world);
}

static void nothing_expires_whose_silence_nobody_tells(void **state)
{
    (void)state;
    struct policy policy = policy_without_delays();
    policy.silence.level_ms = 0;
    struct world *world = town(policy);
    int64_t now = T0;
    level(world, &now, 1, 0);
    level(world, &now, 1, 150);
    for (int64_t last = now; now < last + 30 * DAY; now += HOUR) {
        world_seen(world, FILE_SOURCE, now);
        world_tick(world, now);
    }
    expect(world, 1, SW_ALERT_STATE_RAISED, SW_COLOUR_YELLOW);
    world_free(world);
}

/* ---- the same alert is one alert ---- */

static void readings_delivered_twice_are_one_alert(void **state)
{
    (void)state;
    struct world *world = town(policy_without_delays());
    int64_t now = T0;
    for (int delivery = 0; delivery < 2; delivery++) {
        now = T0;
        for (int i = 0; i < 10; i++) {
            now += MINUTE;
            world_read(world, SITE, SW_READING_LEVEL, now, (i < 5 ? 0 : 150) * MM);
        }
    }
    expect(world, 1, SW_ALERT_STATE_RAISED, SW_COLOUR_YELLOW);
    world_free(world);
}

/* The power goes after the alert was raised and before that was stored: the readings come again. */
static void a_restart_before_the_commit_makes_the_same_alert(void **state)
{
    (void)state;
    static uint8_t site[CORE_SNAPSHOT_SIZE_MAX];
    struct world *world = town(policy_without_delays());
    int64_t now = T0;
    level(world, &now, 5, 0);
    size_t size = core_snapshot(world->core, SITE, site, sizeof site);
    int64_t stored = now;
    level(world, &now, 2, 150);
    struct world *again = town(policy_without_delays());
    assert_int_equal(core_restore(again->core, SITE, site, size), SW_OK);
    now = stored + HOUR;
    world_read(again, SITE, SW_READING_LEVEL, stored + MINUTE, (150 + (stored + MINUTE) / MINUTE % 5) * MM);
    assert_int_equal(again->alert_count, 1);
    assert_string_equal(again->alerts[0].id, world->alerts[0].id);
    assert_int_equal(again->alerts[0].revision, 1);
    world_free(world);
    world_free(again);
}

/* A level and a cover of one name fall silent with the same sample. */
static void two_sensors_of_one_name_have_two_alerts_of_two_ids(void **state)
{
    (void)state;
    struct policy policy = policy_without_delays();
    policy.silence.cover_ms = policy.silence.level_ms = HOUR;
    policy.silence.node_ms = 0;
    struct world *world = world_new(4);
    (void)world_add(world, SUBJECT_SOURCE, "file", CORE_NO_PARENT, &policy);
    uint32_t site = world_add(world, SUBJECT_LEVEL, "manhole-1", FILE_SOURCE, &policy);
    uint32_t lid = world_add(world, SUBJECT_COVER, "manhole-1", FILE_SOURCE, &policy);
    world_seen(world, FILE_SOURCE, T0);
    world_read(world, site, SW_READING_LEVEL, T0 + MINUTE, 0);
    world_read(world, lid, SW_READING_COVER_OPEN, T0 + MINUTE, 0);
    for (int64_t now = T0 + MINUTE; now < T0 + DAY; now += MINUTE) {
        world_seen(world, FILE_SOURCE, now);
        world_tick(world, now);
    }
    assert_int_equal(world->alert_count, 2);
    assert_string_not_equal(world->alerts[0].id, world->alerts[1].id);
    /* A silence by that name is for both. */
    struct hold hold = silence("manhole-1", "", SW_COLOUR_ORANGE, T0 + 2 * DAY);
    assert_int_equal(core_hold(world->core, &hold, sw_wall_from_ms(T0 + DAY)), SW_OK);
    assert_true(core_is_silenced(world->core, site, SW_ALERT_KIND_LEVEL, SW_COLOUR_YELLOW));
    assert_true(core_is_silenced(world->core, lid, SW_ALERT_KIND_COVER_OPEN, SW_COLOUR_YELLOW));
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_on_delay_tells_late_with_the_true_onset),
        cmocka_unit_test(red_waits_for_no_delay),
        cmocka_unit_test(an_off_delay_begins_anew_with_each_return),
        cmocka_unit_test(what_flaps_is_held_open_until_it_is_steady),
        cmocka_unit_test(what_flaps_tells_worse_at_once_and_better_when_it_is_steady),
        cmocka_unit_test(a_silence_holds_back_up_to_its_colour),
        cmocka_unit_test(what_still_holds_when_a_silence_ends_is_raised_and_says_so),
        cmocka_unit_test(what_is_open_keeps_its_state_in_a_silence_and_is_told_of_its_end),
        cmocka_unit_test(a_hold_that_cannot_be_is_refused),
        cmocka_unit_test(maintenance_clears_judges_nothing_and_ends_with_a_note),
        cmocka_unit_test(holds_and_what_is_pending_survive_a_restart),
        cmocka_unit_test(an_alert_without_readings_expires_while_its_silence_is_told),
        cmocka_unit_test(nothing_expires_whose_silence_nobody_tells),
        cmocka_unit_test(readings_delivered_twice_are_one_alert),
        cmocka_unit_test(a_restart_before_the_commit_makes_the_same_alert),
        cmocka_unit_test(two_sensors_of_one_name_have_two_alerts_of_two_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
