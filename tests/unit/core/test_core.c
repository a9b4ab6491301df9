/* The core as its callers see it: subjects, homes, alerts and what people do to them. */
#include <stdlib.h>
#include <string.h>

#include "core_fixture.h"

static struct policy city;

static int set_up(void **state)
{
    (void)state;
    city = world_policy();
    return 0;
}

/* A home that uses 10 L at every full hour for a day and nothing from then on, read every minute. Returns the time of
 * its last use. */
static int64_t still_home(struct world *world, uint32_t home, int64_t until_ms)
{
    int64_t total = 100 * LITRE, last_use = 0;
    for (int64_t t = T0; t <= until_ms; t += MINUTE) {
        if (t <= T0 + DAY && (t - T0) % HOUR == 0) {
            /* Uneven, as no drip is: 10 L an hour in the mean. */
            total += t == T0 ? 10 * LITRE : (t - T0) / HOUR % 2 != 0 ? 5 * LITRE : 15 * LITRE;
            last_use = t;
        }
        world_read(world, home, SW_READING_WATER_INDEX, t, total);
        world_tick(world, t);
    }
    return last_use;
}

static void names_are_found_in_their_domain_only(void **state)
{
    (void)state;
    struct world *world = world_new(2);
    uint32_t home = world_add(world, SUBJECT_HOME, "a", CORE_NO_PARENT, &city);
    uint32_t level = world_add(world, SUBJECT_LEVEL, "a", CORE_NO_PARENT, &city);
    uint32_t index;
    assert_int_not_equal(home, level);
    assert_int_equal(core_find_subject(world->core, SUBJECT_LEVEL, "a", &index), SW_OK);
    assert_int_equal(index, level);
    assert_int_equal(core_find_subject(world->core, SUBJECT_COVER, "a", &index), SW_ERROR_NOT_FOUND);
    assert_int_equal(core_add_subject(world->core, SUBJECT_HOME, "a", CORE_NO_PARENT, &city, &index),
                     SW_ERROR_NOT_PERMITTED);
    assert_int_equal(core_add_subject(world->core, SUBJECT_HOME, "not an id", CORE_NO_PARENT, &city, &index),
                     SW_ERROR_INVALID_ARGUMENT);
    world_add(world, SUBJECT_HOME, "b", CORE_NO_PARENT, &city);
    assert_int_equal(core_add_subject(world->core, SUBJECT_HOME, "c", CORE_NO_PARENT, &city, &index),
                     SW_ERROR_NO_SPACE);
    assert_int_equal(core_subject_count(world->core), 3);
    world_free(world);
}

static void a_gateway_without_a_valid_id_is_refused(void **state)
{
    (void)state;
    struct core *core = NULL;
    const struct core_capacity none = {.of = {0}};
    void *memory = malloc(core_size(&none));
    assert_non_null(memory);
    assert_int_equal(core_init(memory, &none, "no id", (struct core_sink){0}, &core), SW_ERROR_INVALID_ARGUMENT);
    assert_null(core);
    free(memory);
}

static void no_use_comes_24_h_after_the_last_use_and_goes_with_the_next(void **state)
{
    (void)state;
    struct world *world = world_new(1);
    uint32_t home = world_add(world, SUBJECT_HOME, "home-1", CORE_NO_PARENT, &city);
    int64_t last_use = still_home(world, home, T0 + 2 * DAY - MINUTE);
    assert_int_equal(world->alert_count, 0);
    last_use = T0 + DAY;
    world_read(world, home, SW_READING_WATER_INDEX, T0 + 2 * DAY, 350 * LITRE);
    assert_int_equal(world->alert_count, 1);
    const struct sw_alert *alert = world_last(world);
    assert_string_equal(alert->id, "gw-1.no_use.home-1.20260102T000000000Z");
    assert_int_equal(alert->revision, 1);
    assert_int_equal(alert->kind, SW_ALERT_KIND_NO_USE);
    assert_int_equal(alert->state, SW_ALERT_STATE_RAISED);
    assert_int_equal(alert->colour, SW_COLOUR_ORANGE);
    assert_int_equal(alert->onset.ms, last_use);
    assert_int_equal(alert->raised_at.ms, T0 + 2 * DAY);
    assert_int_equal(alert->evidence.rule, SW_ALERT_RULE_VOLUME_BELOW);
    assert_int_equal(alert->evidence.window_ms, DAY);
    assert_int_equal(alert->evidence.coverage_permille, 1000);
    assert_int_equal(alert->evidence.last_good.ms, T0 + 2 * DAY);
    assert_int_equal(alert->evidence.last_use.ms, last_use);
    assert_int_equal(alert->evidence.value_kind, SW_READING_WATER_INDEX);
    assert_int_equal(alert->evidence.value_milli, 0);
    assert_int_equal(alert->evidence.threshold_milli, 2 * LITRE);
    assert_false(alert->evidence.estimated_time);

    /* 1 L is less than the rule asks for; 2 L within the window end the alert. */
    world_read(world, home, SW_READING_WATER_INDEX, T0 + 2 * DAY + HOUR, 351 * LITRE);
    assert_int_equal(world->alert_count, 1);
    world_read(world, home, SW_READING_WATER_INDEX, T0 + 2 * DAY + 2 * HOUR, 353 * LITRE);
    assert_int_equal(world->alert_count, 2);
    alert = world_last(world);
    assert_int_equal(alert->revision, 2);
    assert_int_equal(alert->state, SW_ALERT_STATE_CLEARED);
    assert_int_equal(alert->colour, SW_COLOUR_GREEN);
    assert_int_equal(alert->peak, SW_COLOUR_ORANGE);
    assert_int_equal(alert->evidence.value_milli, 3 * LITRE);
    assert_int_equal(alert->evidence.last_use.ms, T0 + 2 * DAY + 2 * HOUR);
    world_free(world);
}

static void a_clock_that_goes_on_without_readings_never_raises_no_use(void **state)
{
    (void)state;
    struct world *world = world_new(1);
    uint32_t home = world_add(world, SUBJECT_HOME, "home-1", CORE_NO_PARENT, &city);
    still_home(world, home, T0 + 2 * DAY - MINUTE);
    for (int64_t t = T0 + 2 * DAY; t < T0 + 30 * DAY; t += HOUR)
        world_tick(world, t);
    assert_int_equal(world->alert_count, 0);
    /* Nor does the first reading after it, with the total unchanged: nobody saw that it was. */
    world_read(world, home, SW_READING_WATER_INDEX, T0 + 30 * DAY, 350 * LITRE);
    assert_int_equal(world->alert_count, 0);
    world_free(world);
}

static void an_open_no_use_alert_outlives_a_gap_in_the_data(void **state)
{
    (void)state;
    struct world *world = world_new(1);
    uint32_t home = world_add(world, SUBJECT_HOME, "home-1", CORE_NO_PARENT, &city);
    still_home(world, home, T0 + 2 * DAY);
    assert_int_equal(world->alert_count, 1);
    world_read(world, home, SW_READING_WATER_INDEX, T0 + 4 * DAY, 350 * LITRE);
    assert_int_equal(world->alert_count, 1);
    world_read(world, home, SW_READING_WATER_INDEX, T0 + 6 * DAY, 390 * LITRE); /* used in the gap, seen at its end */
    assert_int_equal(world->alert_count, 2);
    assert_int_equal(world_last(world)->state, SW_ALERT_STATE_CLEARED);
    world_free(world);
}

static void resolved_while_still_stays_resolved_until_water_is_used(void **state)
{
    (void)state;
    struct world *world = world_new(1);
    uint32_t home = world_add(world, SUBJECT_HOME, "home-1", CORE_NO_PARENT, &city);
    still_home(world, home, T0 + 2 * DAY);
    char id[SW_ALERT_ID_SIZE];
    memcpy(id, world_last(world)->id, sizeof id);
    assert_int_equal(core_on_action(world->core, id, 1, SW_ALERT_ACTION_RESOLVE, "officer-7", "in hospital",
                                    sw_wall_from_ms(T0 + 2 * DAY + MINUTE)),
                     SW_OK);
    assert_int_equal(world_last(world)->state, SW_ALERT_STATE_RESOLVED);
    assert_int_equal(world_last(world)->colour, SW_COLOUR_GREEN);
    assert_string_equal(world_last(world)->actor, "officer-7");
    assert_string_equal(world_last(world)->note, "in hospital");
    for (int64_t t = T0 + 2 * DAY + HOUR; t < T0 + 5 * DAY; t += HOUR)
        world_read(world, home, SW_READING_WATER_INDEX, t, 350 * LITRE);
    assert_int_equal(world->alert_count, 2);
    for (int64_t t = T0 + 5 * DAY; t <= T0 + 6 * DAY; t += HOUR)
        world_read(world, home, SW_READING_WATER_INDEX, t, 360 * LITRE);
    assert_int_equal(world->alert_count, 3);
    assert_int_equal(world_last(world)->revision, 1);
    assert_int_equal(world_last(world)->onset.ms, T0 + 5 * DAY);
    assert_string_not_equal(world_last(world)->id, id);
    world_free(world);
}

static void level_goes_up_and_down_through_its_bands(void **state)
{
    (void)state;
    struct world *world = world_new(1);
    uint32_t site = world_add(world, SUBJECT_LEVEL, "drain-1", CORE_NO_PARENT, &city);
    static const int64_t mm[] = {0, 60, 300, 450, 450, 200, 200, 200, 0, 0, 0};
    for (size_t i = 0; i < sizeof mm / sizeof mm[0]; i++)
        world_read(world, site, SW_READING_LEVEL, T0 + (int64_t)i * 3 * MINUTE, mm[i] * MM);
    static const struct {
        enum sw_alert_state state;
        enum sw_colour colour;
    } expected[] = {
        {SW_ALERT_STATE_RAISED, SW_COLOUR_BLUE},   {SW_ALERT_STATE_RAISED, SW_COLOUR_ORANGE},
        {SW_ALERT_STATE_RAISED, SW_COLOUR_RED},    {SW_ALERT_STATE_RAISED, SW_COLOUR_YELLOW},
        {SW_ALERT_STATE_CLEARED, SW_COLOUR_GREEN},
    };
    assert_int_equal(world->alert_count, sizeof expected / sizeof expected[0]);
    for (uint32_t i = 0; i < world->alert_count; i++) {
        assert_int_equal(world->alerts[i].revision, i + 1);
        assert_int_equal(world->alerts[i].state, expected[i].state);
        assert_int_equal(world->alerts[i].colour, expected[i].colour);
        assert_string_equal(world->alerts[i].id, world->alerts[0].id);
        assert_int_equal(world->alerts[i].onset.ms, T0 + 3 * MINUTE);
    }
    assert_int_equal(world->alerts[2].evidence.threshold_milli, 400 * MM);
    assert_int_equal(world->alerts[2].evidence.value_milli, 450 * MM);
    assert_int_equal(world->alerts[4].peak, SW_COLOUR_RED);
    world_free(world);
}

static void a_level_out_of_range_is_neither_flood_nor_life(void **state)
{
    (void)state;
    struct world *world = world_new(1);
    uint32_t site = world_add(world, SUBJECT_LEVEL, "drain-1", CORE_NO_PARENT, &city);
    world_read(world, site, SW_READING_LEVEL, T0, 20 * MM);
    world_read(world, site, SW_READING_LEVEL, T0 + MINUTE, 65535 * MM);
    assert_int_equal(core_last_verdict(world->core).quality, SW_QUALITY_BAD);
    assert_int_equal(core_last_verdict(world->core).reason, SW_REASON_RANGE);
    world_read(world, site, SW_READING_LEVEL, T0 + 2 * MINUTE, -501 * MM);
    assert_int_equal(world->alert_count, 0);
    struct subject_status status = core_subject_status(world->core, site, sw_wall_from_ms(T0 + 2 * MINUTE));
    assert_int_equal(status.last_good.ms, T0);
    assert_int_equal(status.readings, 3);
    assert_int_equal(status.rejected, 2);
    world_free(world);
}

static void a_soft_check_is_told_once_by_whatever_rule(void **state)
{
    (void)state;
    static const uint32_t hours_of_use = 1u << 7 | 1u << 8 | 1u << 12 | 1u << 15 | 1u << 18 | 1u << 21;
    struct world *world = world_new(2);
    struct policy policy = policy_city_default();
    policy.habit.stages[HABIT_QUIET].levels[1] = policy.habit.stages[HABIT_QUIET].levels[2] =
        (struct habit_level){0, 0};
    policy.habit.stages[HABIT_ALERT].levels[0] = (struct habit_level){48, 0};
    uint32_t home = world_add(world, SUBJECT_HOME, "home-1", CORE_NO_PARENT, &policy);
    int64_t total_ml = 0;
    for (int hour = 0; hour < 35 * 24; hour++) {
        total_ml += (hours_of_use >> hour % 24 & 1) != 0 ? 5 * LITRE : 0;
        world_read(world, home, SW_READING_WATER_INDEX, T0 + hour * HOUR, total_ml);
    }
    uint32_t before = world->alert_count, checks = 0;
    /* Not read from 0 to 4 h: the habit counts from there, the rule nothing_in from the last use on. */
    for (int hour = 35 * 24 + 4; hour < 37 * 24; hour++)
        world_read(world, home, SW_READING_WATER_INDEX, T0 + hour * HOUR, total_ml);
    assert_int_equal(world->alerts[before].evidence.rule, SW_ALERT_RULE_HABIT);
    for (uint32_t i = before; i < world->alert_count; i++)
        checks += world->alerts[i].kind == SW_ALERT_KIND_QUIET;
    assert_int_equal(checks, 1);
    world_free(world);
}

static void a_total_set_back_again_is_told_as_tamper(void **state)
{
    (void)state;
    struct world *world = world_new(2);
    struct policy policy = world_policy();
    policy.no_use.window_ms = 0;
    uint32_t home = world_add(world, SUBJECT_HOME, "home-1", CORE_NO_PARENT, &policy);
    int64_t total_ml = 500000 * LITRE;
    for (int hour = 0; hour < 12 * 24; hour++) {
        total_ml = hour == 5 * 24 || hour == 9 * 24 ? 0 : total_ml + (hour % 24 > 6 ? 20 * LITRE : 0);
        world_read(world, home, SW_READING_WATER_INDEX, T0 + hour * HOUR, total_ml);
    }
    assert_int_equal(world->alert_count, 2);
    assert_int_equal(world->alerts[0].evidence.rule, SW_ALERT_RULE_INDEX_SET_BACK);
    assert_int_equal(world->alerts[1].kind, SW_ALERT_KIND_METER_FAULT);
    assert_int_equal(world->alerts[1].evidence.rule, SW_ALERT_RULE_TAMPER);
    assert_int_equal(world->alerts[1].evidence.count, 2);
    assert_int_equal(world->alerts[1].updated_at.ms, T0 + 9 * DAY + HOUR);
    world_free(world);
}

/* Its node had no power for a night, and neither began its uptime nor ended it with a time that anybody knows. */
static void growth_around_guessed_times_is_no_jump(void **state)
{
    (void)state;
    struct world *world = world_new(1);
    uint32_t home = world_add(world, SUBJECT_HOME, "home-1", CORE_NO_PARENT, &city);
    struct core_reading reading = {.subject = home,
                                   .kind = SW_READING_WATER_INDEX,
                                   .quality = SW_QUALITY_SUSPECT,
                                   .reason = SW_REASON_CLOCK,
                                   .clock_quality = SW_CLOCK_ESTIMATED};
    int64_t total_ml = 500000 * LITRE, time_ms = T0;
    for (int hour = 0; hour < 3 * 24; hour++, total_ml += 20 * LITRE, time_ms += HOUR)
        world_read(world, home, SW_READING_WATER_INDEX, time_ms, total_ml);
    for (int i = 0; i < 3; i++, total_ml += 20 * LITRE, time_ms += HOUR) {
        total_ml += i == 0 ? 300 * LITRE : 0;
        reading.value_milli = total_ml;
        reading.time.ms = i == 0 ? time_ms - HOUR + 1000 : time_ms;
        core_on_reading(world->core, &reading, reading.time);
        assert_int_equal(core_last_verdict(world->core).use_ml, i == 0 ? 320 * LITRE : 20 * LITRE);
    }
    time_ms += 1000 - HOUR;
    for (int i = 0; i < 3; i++, total_ml += 20 * LITRE, time_ms += 60000)
        world_read(world, home, SW_READING_WATER_INDEX, time_ms, total_ml += i == 0 ? 300 * LITRE : 0);
    assert_int_equal(world->alert_count, 0);
    /* Between known times it is one, as ever. */
    world_read(world, home, SW_READING_WATER_INDEX, time_ms, total_ml + 300 * LITRE);
    assert_int_equal(core_last_verdict(world->core).reason, SW_REASON_COUNTER_JUMP);
    world_free(world);
}

static void worse_than_acknowledged_has_to_be_looked_at_again(void **state)
{
    (void)state;
    struct world *world = world_new(1);
    uint32_t site = world_add(world, SUBJECT_LEVEL, "drain-1", CORE_NO_PARENT, &city);
    world_read(world, site, SW_READING_LEVEL, T0, 120 * MM);
    const char *id = "gw-1.level.drain-1.20260101T000000000Z";
    struct sw_wall now = sw_wall_from_ms(T0 + MINUTE);
    assert_int_equal(core_on_action(world->core, id, 2, SW_ALERT_ACTION_ACKNOWLEDGE, "a", "", now), SW_ERROR_STALE);
    assert_int_equal(core_on_action(world->core, id, 1, SW_ALERT_ACTION_ACKNOWLEDGE, "a", "", now), SW_OK);
    assert_int_equal(world_last(world)->state, SW_ALERT_STATE_ACKNOWLEDGED);
    assert_int_equal(core_on_action(world->core, id, 0, SW_ALERT_ACTION_ACKNOWLEDGE, "a", "", now),
                     SW_ERROR_NOT_PERMITTED);
    assert_int_equal(core_on_action(world->core, id, 0, SW_ALERT_ACTION_CLEAR, "a", "", now), SW_ERROR_NOT_PERMITTED);
    world_read(world, site, SW_READING_LEVEL, T0 + 2 * MINUTE, 500 * MM);
    assert_int_equal(world_last(world)->revision, 3);
    assert_int_equal(world_last(world)->state, SW_ALERT_STATE_RAISED);
    assert_string_equal(world_last(world)->actor, "");
    world_free(world);
}

static void a_flood_worse_than_the_resolved_one_is_a_new_alert(void **state)
{
    (void)state;
    struct world *world = world_new(1);
    uint32_t site = world_add(world, SUBJECT_LEVEL, "drain-1", CORE_NO_PARENT, &city);
    world_read(world, site, SW_READING_LEVEL, T0, 120 * MM);
    assert_int_equal(core_on_action(world->core, "gw-1.level.drain-1.20260101T000000000Z", 0, SW_ALERT_ACTION_RESOLVE,
                                    "a", "", sw_wall_from_ms(T0 + 1)),
                     SW_OK);
    world_read(world, site, SW_READING_LEVEL, T0 + MINUTE, 60 * MM);
    world_read(world, site, SW_READING_LEVEL, T0 + 2 * MINUTE, 130 * MM);
    assert_int_equal(world->alert_count, 2);
    world_read(world, site, SW_READING_LEVEL, T0 + 3 * MINUTE, 450 * MM);
    assert_int_equal(world->alert_count, 3);
    assert_int_equal(world_last(world)->revision, 1);
    assert_int_equal(world_last(world)->colour, SW_COLOUR_RED);
    assert_int_equal(world_last(world)->onset.ms, T0 + 3 * MINUTE);
    world_free(world);
}

static void actions_on_what_is_not_open_are_refused(void **state)
{
    (void)state;
    struct world *world = world_new(2);
    uint32_t cover = world_add(world, SUBJECT_COVER, "gw-1.level.x", CORE_NO_PARENT, &city);
    static const char *const ids[] = {
        "",
        "gw-1",
        "gw-1.",
        "gw-1.level",
        "gw-1.level.drain-1",
        "gw-1.level.drain-1.20260101T000000000Z",
        "gw-1.cover_open..20260101T000000000Z",
        "gw-2.cover_open.gw-1.level.x.20260101T000000000Z",
        "gw-1.cover_open.gw-1.level.x.20260101T000000001Z",
        "gw-1.nothing.gw-1.level.x.20260101T000000000Z",
        "gw-1.a_kind_with_a_name_longer_than_any_that_exists.x.20260101T000000000Z",
    };
    struct sw_wall now = sw_wall_from_ms(T0 + HOUR);
    world_read(world, cover, SW_READING_COVER_OPEN, T0, 1000);
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        assert_int_equal(core_on_action(world->core, ids[i], 0, SW_ALERT_ACTION_RESOLVE, "a", "", now),
                         SW_ERROR_NOT_FOUND);
    const char *id = "gw-1.cover_open.gw-1.level.x.20260101T000000000Z";
    assert_string_equal(world_last(world)->id, id);
    assert_int_equal(core_on_action(world->core, id, 0, SW_ALERT_ACTION_RESOLVE, "a", "", now), SW_OK);
    assert_int_equal(core_on_action(world->core, id, 0, SW_ALERT_ACTION_RESOLVE, "a", "", now), SW_ERROR_NOT_FOUND);
    world_free(world);
}

static void a_long_note_is_cut_between_characters(void **state)
{
    (void)state;
    struct world *world = world_new(1);
    uint32_t cover = world_add(world, SUBJECT_COVER, "c", CORE_NO_PARENT, &city);
    world_read(world, cover, SW_READING_COVER_OPEN, T0, 1000);
    char note[SW_ALERT_NOTE_SIZE + 8] = "";
    for (int i = 0; i < SW_ALERT_NOTE_SIZE / 3 + 2; i++)
        strcat(note, "\xe4\xba\x95"); /* three bytes */
    assert_int_equal(core_on_action(world->core, world_last(world)->id, 0, SW_ALERT_ACTION_ACKNOWLEDGE, "a", note,
                                    sw_wall_from_ms(T0 + 1)),
                     SW_OK);
    size_t length = strlen(world_last(world)->note);
    assert_int_equal(length, (SW_ALERT_NOTE_SIZE - 1) / 3 * 3);
    assert_memory_equal(world_last(world)->note, note, length);
    world_free(world);
}

static void a_cover_raised_again_at_the_same_time_gets_another_id(void **state)
{
    (void)state;
    struct world *world = world_new(1);
    struct policy quick = city;
    quick.cover.off_delay_ms = 0;
    uint32_t cover = world_add(world, SUBJECT_COVER, "c", CORE_NO_PARENT, &quick);
    world_read(world, cover, SW_READING_COVER_OPEN, T0 + 1, 1000);
    world_read(world, cover, SW_READING_COVER_OPEN, T0 + 2, 0);
    /* The angle reports on its own schedule; its time lies before that of the switch. */
    world_read(world, cover, SW_READING_COVER_TILT, T0, 45000);
    assert_int_equal(world->alert_count, 3);
    assert_string_not_equal(world->alerts[0].id, world->alerts[2].id);
    assert_true(world->alerts[2].onset.ms > world->alerts[0].onset.ms);
    world_free(world);
}

static void a_level_and_a_float_of_one_name_have_alerts_of_their_own(void **state)
{
    (void)state;
    struct world *world = world_new(2);
    uint32_t site = world_add(world, SUBJECT_LEVEL, "shaft-1", CORE_NO_PARENT, &city);
    uint32_t cover = world_add(world, SUBJECT_COVER, "shaft-1", CORE_NO_PARENT, &city);
    world_read(world, site, SW_READING_LEVEL, T0, 60 * MM);
    world_read(world, cover, SW_READING_COVER_FLOAT, T0, 1000);
    assert_int_equal(world->alert_count, 2);
    assert_string_not_equal(world->alerts[0].id, world->alerts[1].id);
    struct sw_wall now = sw_wall_from_ms(T0 + MINUTE);
    assert_int_equal(core_on_action(world->core, world->alerts[1].id, 1, SW_ALERT_ACTION_ACKNOWLEDGE, "a", "", now),
                     SW_OK);
    assert_int_equal(world_last(world)->colour, SW_COLOUR_RED);
    world_free(world);
}

static void from_red_to_over_the_top_is_news(void **state)
{
    (void)state;
    struct world *world = world_new(1);
    struct policy policy = world_policy();
    policy.level.top_um = 1000 * MM;
    policy.level.off_delay_ms = 0;
    uint32_t site = world_add(world, SUBJECT_LEVEL, "drain-1", CORE_NO_PARENT, &policy);
    world_read(world, site, SW_READING_LEVEL, T0, 450 * MM);
    const char *id = "gw-1.level.drain-1.20260101T000000000Z";
    struct sw_wall now = sw_wall_from_ms(T0 + 1);
    assert_int_equal(core_on_action(world->core, id, 1, SW_ALERT_ACTION_ACKNOWLEDGE, "a", "", now), SW_OK);
    world_read(world, site, SW_READING_LEVEL, T0 + MINUTE, 1050 * MM);
    assert_int_equal(world_last(world)->revision, 3);
    assert_int_equal(world_last(world)->state, SW_ALERT_STATE_RAISED);
    assert_int_equal(world_last(world)->evidence.rule, SW_ALERT_RULE_OVER_THE_TOP);
    assert_int_equal(world_last(world)->evidence.threshold_milli, 1000 * MM);
    world_read(world, site, SW_READING_LEVEL, T0 + 2 * MINUTE, 980 * MM);
    assert_int_equal(world_last(world)->revision, 4);
    assert_int_equal(world_last(world)->evidence.rule, SW_ALERT_RULE_LEVEL_BAND);
    assert_int_equal(world_last(world)->evidence.threshold_milli, 400 * MM);
    world_free(world);
}

static void a_cover_over_water_that_has_gone_is_a_cover_again(void **state)
{
    (void)state;
    struct world *world = world_new(2);
    struct policy policy = world_policy();
    policy.level.off_delay_ms = 0;
    uint32_t site = world_add(world, SUBJECT_LEVEL, "shaft-1", CORE_NO_PARENT, &policy);
    uint32_t cover = world_add(world, SUBJECT_COVER, "shaft-1", CORE_NO_PARENT, &policy);
    world_read(world, site, SW_READING_LEVEL, T0 - MINUTE, 0);
    world_read(world, site, SW_READING_LEVEL, T0, 120 * MM);
    world_read(world, cover, SW_READING_COVER_TILT, T0 + 1, 30000);
    assert_int_equal(world_last(world)->colour, SW_COLOUR_RED);
    assert_int_equal(world_last(world)->evidence.rule, SW_ALERT_RULE_COVER_AND_LEVEL);
    world_read(world, site, SW_READING_LEVEL, T0 + 10 * MINUTE, 0);
    assert_int_equal(world_last(world)->kind, SW_ALERT_KIND_COVER_OPEN);
    assert_int_equal(world_last(world)->colour, SW_COLOUR_ORANGE);
    assert_int_equal(world_last(world)->evidence.rule, SW_ALERT_RULE_COVER_TILT);
    world_free(world);
}

static bool has_open(const struct world *world, enum sw_alert_kind kind)
{
    bool open = false;
    for (uint32_t i = 0; i < world->alert_count; i++)
        if (world->alerts[i].kind == kind) open = sw_alert_state_is_open(world->alerts[i].state);
    return open;
}

static void a_forecast_does_not_outlive_the_sensor_it_came_from(void **state)
{
    (void)state;
    struct world *world = world_new(2);
    struct policy policy = policy_city_default();
    policy.silence.node_ms = 0;
    uint32_t source = world_add(world, SUBJECT_SOURCE, "all", CORE_NO_PARENT, &policy);
    uint32_t site = world_add(world, SUBJECT_LEVEL, "drain-1", source, &policy);
    int64_t now_ms = T0;
    world_seen(world, source, now_ms);
    for (int mm = 0; mm <= 130; mm += 10, now_ms += MINUTE)
        world_read(world, site, SW_READING_LEVEL, now_ms, mm * MM);
    assert_true(has_open(world, SW_ALERT_KIND_LEVEL_SOON));
    for (int minute = 0; minute < 61; minute++, now_ms += MINUTE) {
        world_seen(world, source, now_ms);
        world_tick(world, now_ms);
    }
    assert_true(has_open(world, SW_ALERT_KIND_SENSOR_SILENT));
    assert_true(has_open(world, SW_ALERT_KIND_LEVEL));
    assert_false(has_open(world, SW_ALERT_KIND_LEVEL_SOON));
    world_free(world);
}

static void what_stands_under_a_sensor_is_on_its_way_to_no_band(void **state)
{
    (void)state;
    struct world *world = world_new(1);
    struct policy policy = policy_city_default();
    uint32_t site = world_add(world, SUBJECT_LEVEL, "drain-1", CORE_NO_PARENT, &policy);
    for (int minute = 0; minute < 60; minute++)
        world_read(world, site, SW_READING_LEVEL, T0 + minute * MINUTE, (minute < 40 ? 0 : 80) * MM);
    assert_true(has_open(world, SW_ALERT_KIND_SENSOR_QUALITY));
    assert_false(has_open(world, SW_ALERT_KIND_LEVEL_SOON));
    world_free(world);
}

static void a_band_that_was_reached_while_held_back_is_not_expected(void **state)
{
    (void)state;
    static const int64_t flood_mm[] = {100, 200, 300, 275, 249, 224, 199, 174, 150, 125, 100, 75, 50, 25, 0};
    struct world *world = world_new(1);
    struct policy policy = policy_city_default();
    uint32_t site = world_add(world, SUBJECT_LEVEL, "drain-1", CORE_NO_PARENT, &policy);
    int64_t now_ms = T0;
    for (int i = 0; i < 60; i++, now_ms += 5 * MINUTE)
        world_read(world, site, SW_READING_LEVEL, now_ms, (i == 30 ? 180 : 0) * MM);
    assert_true(has_open(world, SW_ALERT_KIND_SENSOR_QUALITY));
    bool expected = false;
    for (size_t i = 0; i < sizeof flood_mm / sizeof flood_mm[0]; i++, now_ms += 5 * MINUTE) {
        world_read(world, site, SW_READING_LEVEL, now_ms, flood_mm[i] * MM);
        if (i >= 3) expected |= has_open(world, SW_ALERT_KIND_LEVEL_SOON);
    }
    assert_false(has_open(world, SW_ALERT_KIND_LEVEL));
    assert_false(expected);
    world_free(world);
}

static void a_river_near_its_band_is_on_its_way_only_when_it_rises(void **state)
{
    (void)state;
    struct world *world = world_new(1);
    struct policy policy = policy_city_default();
    policy.level.band_um[SW_COLOUR_BLUE] = 2300 * MM;
    policy.level.band_um[SW_COLOUR_YELLOW] = 2400 * MM;
    policy.level.band_um[SW_COLOUR_ORANGE] = 2500 * MM;
    policy.level.band_um[SW_COLOUR_RED] = 3000 * MM;
    uint32_t site = world_add(world, SUBJECT_LEVEL, "canal-1", CORE_NO_PARENT, &policy);
    int64_t now_ms = T0, level_mm = 2000;
    for (int i = 0; i < 400; i++, now_ms += 15 * MINUTE)
        world_read(world, site, SW_READING_LEVEL, now_ms, (level_mm = 2000 + (i < 200 ? i : 400 - i)) * MM);
    assert_int_equal(world->alert_count, 0);
    for (int i = 0; i < 7; i++, now_ms += 15 * MINUTE)
        world_read(world, site, SW_READING_LEVEL, now_ms, (level_mm += 60) * MM);
    assert_true(has_open(world, SW_ALERT_KIND_LEVEL_SOON));
    world_free(world);
}

static void old_equal_and_foreign_readings_change_nothing(void **state)
{
    (void)state;
    struct world *world = world_new(1);
    uint32_t site = world_add(world, SUBJECT_LEVEL, "drain-1", CORE_NO_PARENT, &city);
    world_read(world, site, SW_READING_LEVEL, T0, 0);
    world_read(world, site, SW_READING_LEVEL, T0, 500 * MM);
    assert_true(core_last_verdict(world->core).ignored);
    world_read(world, site, SW_READING_LEVEL, T0 - 1, 500 * MM);
    world_read(world, site, SW_READING_COVER_OPEN, T0 + 1, 1000);
    world_read(world, site, SW_READING_LEVEL, INT64_MAX, 500 * MM);
    world_read(world, site, SW_READING_BATTERY, T0 + 1, 500 * MM);
    assert_int_equal(world->alert_count, 0);
    assert_int_equal(core_subject_status(world->core, site, sw_wall_from_ms(T0)).rejected, 4);
    world_free(world);
}

static void readings_that_are_not_good_are_no_ground_for_anything(void **state)
{
    (void)state;
    struct world *world = world_new(1);
    uint32_t site = world_add(world, SUBJECT_LEVEL, "drain-1", CORE_NO_PARENT, &city);
    struct core_reading reading = {
        .subject = site, .kind = SW_READING_LEVEL, .value_milli = 900 * MM, .time = {T0}, .quality = SW_QUALITY_BAD};
    core_on_reading(world->core, &reading, reading.time);
    reading.quality = SW_QUALITY_MISSING;
    reading.time.ms++;
    core_on_reading(world->core, &reading, reading.time);
    reading.quality = SW_QUALITY_SUSPECT;
    reading.reason = SW_REASON_SENSOR_FAULT;
    reading.time.ms++;
    core_on_reading(world->core, &reading, reading.time);
    assert_int_equal(world->alert_count, 0);
    /* Suspect for its time only: the value is good, and the alert says that its time is not. */
    reading.reason = SW_REASON_CLOCK;
    reading.clock_quality = SW_CLOCK_ESTIMATED;
    reading.time.ms++;
    core_on_reading(world->core, &reading, reading.time);
    assert_int_equal(world->alert_count, 1);
    assert_true(world_last(world)->evidence.estimated_time);
    world_free(world);
}

static void what_people_see_of_a_home(void **state)
{
    (void)state;
    struct world *world = world_new(1);
    uint32_t home = world_add(world, SUBJECT_HOME, "home-1", CORE_NO_PARENT, &city);
    assert_int_equal(core_subject_status(world->core, home, sw_wall_from_ms(T0)).condition, SUBJECT_UNKNOWN);
    still_home(world, home, T0 + DAY);
    assert_int_equal(core_subject_status(world->core, home, sw_wall_from_ms(T0 + DAY)).condition, SUBJECT_NORMAL);
    world_free(world);
    world = world_new(1);
    home = world_add(world, SUBJECT_HOME, "home-1", CORE_NO_PARENT, &city);
    still_home(world, home, T0 + DAY + 20 * HOUR);
    struct sw_wall now = sw_wall_from_ms(T0 + DAY + 20 * HOUR);
    assert_int_equal(core_subject_status(world->core, home, now).condition, SUBJECT_QUIET);
    assert_int_equal(core_subject_status(world->core, home, now).coverage_permille, 1000);
    assert_int_equal(core_subject_status(world->core, home, sw_wall_from_ms(T0 + 9 * DAY)).condition, SUBJECT_UNKNOWN);
    world_free(world);
}

static void a_full_store_is_one_alert_whatever_the_reason(void **state)
{
    (void)state;
    struct world *world = world_new(1);
    uint32_t store = world_add(world, SUBJECT_STORE, "gw-1", CORE_NO_PARENT, &city);
    core_on_store(world->core, store, SW_ALERT_RULE_NONE, sw_wall_from_ms(T0));
    assert_int_equal(world->alert_count, 0);
    core_on_store(world->core, store, SW_ALERT_RULE_QUOTA_SHORT, sw_wall_from_ms(T0));
    assert_string_equal(world_last(world)->id, "gw-1.store_full.gw-1.20260101T000000000Z");
    assert_int_equal(world_last(world)->colour, SW_COLOUR_YELLOW);
    core_on_store(world->core, store, SW_ALERT_RULE_DISK_FULL, sw_wall_from_ms(T0 + 1000));
    assert_int_equal(world_last(world)->revision, 2);
    assert_int_equal(world_last(world)->colour, SW_COLOUR_ORANGE);
    assert_int_equal(core_on_action(world->core, world_last(world)->id, 2, SW_ALERT_ACTION_ACKNOWLEDGE, "o", "",
                                    sw_wall_from_ms(T0 + 2000)),
                     SW_OK);
    core_tick(world->core, sw_wall_from_ms(T0 + DAY));
    core_on_store(world->core, store, SW_ALERT_RULE_DISK_FULL, sw_wall_from_ms(T0 + DAY));
    assert_int_equal(world->alert_count, 3);
    core_on_store(world->core, store, SW_ALERT_RULE_NONE, sw_wall_from_ms(T0 + DAY));
    assert_int_equal(world_last(world)->state, SW_ALERT_STATE_CLEARED);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found_in_their_domain_only),
        cmocka_unit_test(a_gateway_without_a_valid_id_is_refused),
        cmocka_unit_test(no_use_comes_24_h_after_the_last_use_and_goes_with_the_next),
        cmocka_unit_test(a_clock_that_goes_on_without_readings_never_raises_no_use),
        cmocka_unit_test(an_open_no_use_alert_outlives_a_gap_in_the_data),
        cmocka_unit_test(resolved_while_still_stays_resolved_until_water_is_used),
        cmocka_unit_test(level_goes_up_and_down_through_its_bands),
        cmocka_unit_test(a_level_out_of_range_is_neither_flood_nor_life),
        cmocka_unit_test(a_soft_check_is_told_once_by_whatever_rule),
        cmocka_unit_test(a_total_set_back_again_is_told_as_tamper),
        cmocka_unit_test(growth_around_guessed_times_is_no_jump),
        cmocka_unit_test(worse_than_acknowledged_has_to_be_looked_at_again),
        cmocka_unit_test(a_flood_worse_than_the_resolved_one_is_a_new_alert),
        cmocka_unit_test(actions_on_what_is_not_open_are_refused),
        cmocka_unit_test(a_long_note_is_cut_between_characters),
        cmocka_unit_test(a_cover_raised_again_at_the_same_time_gets_another_id),
        cmocka_unit_test(a_level_and_a_float_of_one_name_have_alerts_of_their_own),
        cmocka_unit_test(from_red_to_over_the_top_is_news),
        cmocka_unit_test(a_cover_over_water_that_has_gone_is_a_cover_again),
        cmocka_unit_test(a_forecast_does_not_outlive_the_sensor_it_came_from),
        cmocka_unit_test(what_stands_under_a_sensor_is_on_its_way_to_no_band),
        cmocka_unit_test(a_band_that_was_reached_while_held_back_is_not_expected),
        cmocka_unit_test(a_river_near_its_band_is_on_its_way_only_when_it_rises),
        cmocka_unit_test(old_equal_and_foreign_readings_change_nothing),
        cmocka_unit_test(readings_that_are_not_good_are_no_ground_for_anything),
        cmocka_unit_test(what_people_see_of_a_home),
        cmocka_unit_test(a_full_store_is_one_alert_whatever_the_reason),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
