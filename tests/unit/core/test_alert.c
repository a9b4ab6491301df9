/* Ids of alerts and the steps of their life. */
#include "core/alert/alert_id.h"
#include "core/alert/life_cycle.h"
#include "core_fixture.h"

static void an_id_tells_gateway_kind_subject_and_onset(void **state)
{
    (void)state;
    static const struct {
        int64_t onset_ms;
        const char *id;
    } cases[] = {
        {1, "gw.level.s.19700101T000000001Z"},
        {INT64_C(951782400000), "gw.level.s.20000229T000000000Z"},
        {INT64_C(951868799999), "gw.level.s.20000229T235959999Z"},
        {INT64_C(951868800000), "gw.level.s.20000301T000000000Z"},
        {INT64_C(1704067199999), "gw.level.s.20231231T235959999Z"},
        {INT64_C(1709210096789), "gw.level.s.20240229T123456789Z"},
        {INT64_C(4107542400000), "gw.level.s.21000301T000000000Z"},
        {ALERT_TIME_MAX_MS, "gw.level.s.99991231T235959999Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char id[SW_ALERT_ID_SIZE];
        alert_id_write(id, "gw", SW_ALERT_KIND_LEVEL, "s", cases[i].onset_ms);
        assert_string_equal(id, cases[i].id);
    }
}

static void an_id_with_dots_everywhere_is_taken_apart(void **state)
{
    (void)state;
    char id[SW_ALERT_ID_SIZE], subject[SW_ID_SIZE];
    enum sw_alert_kind kind;
    alert_id_write(id, "a.b.c", SW_ALERT_KIND_SENSOR_SILENT, "x.level.y.", T0);
    assert_true(alert_id_parse(id, "a.b.c", &kind, subject));
    assert_int_equal(kind, SW_ALERT_KIND_SENSOR_SILENT);
    assert_string_equal(subject, "x.level.y.");
    assert_false(alert_id_parse(id, "a.b", &kind, subject));
    assert_false(alert_id_parse(id, "a.b.c.d", &kind, subject));
}

static const struct condition green = {.decided = true, .colour = SW_COLOUR_GREEN, .onset_ms = 0};

static struct condition condition(enum sw_colour colour)
{
    return (struct condition){.decided = true, .colour = colour, .onset_ms = T0};
}

static enum sw_alert_action go(struct alert_life *life, struct condition now)
{
    enum sw_alert_action step = alert_life_follow(life, &now);
    alert_life_step(life, step, now.colour, now.rule, now.onset_ms, T0);
    return step;
}

static void each_change_is_one_revision_and_no_change_is_none(void **state)
{
    (void)state;
    struct alert_life life = {0};
    assert_int_equal(go(&life, green), SW_ALERT_ACTION_NONE);
    assert_int_equal(go(&life, condition(SW_COLOUR_BLUE)), SW_ALERT_ACTION_RAISE);
    assert_int_equal(go(&life, condition(SW_COLOUR_BLUE)), SW_ALERT_ACTION_NONE);
    assert_int_equal(go(&life, (struct condition){.decided = false}), SW_ALERT_ACTION_NONE);
    assert_int_equal(go(&life, condition(SW_COLOUR_RED)), SW_ALERT_ACTION_WORSEN);
    assert_int_equal(go(&life, condition(SW_COLOUR_YELLOW)), SW_ALERT_ACTION_EASE);
    assert_int_equal(life.revision, 3);
    assert_int_equal(life.peak, SW_COLOUR_RED);
    assert_int_equal(go(&life, green), SW_ALERT_ACTION_CLEAR);
    assert_int_equal(life.revision, 4);
    assert_int_equal(life.state, SW_ALERT_STATE_CLEARED);
    assert_int_equal(life.colour, SW_COLOUR_GREEN);
    assert_int_equal(life.peak, SW_COLOUR_RED);
    assert_int_equal(go(&life, green), SW_ALERT_ACTION_NONE);
    assert_int_equal(go(&life, condition(SW_COLOUR_BLUE)), SW_ALERT_ACTION_RAISE);
    assert_int_equal(life.revision, 1);
    assert_int_equal(life.peak, SW_COLOUR_BLUE);
}

static void over_the_top_is_worse_than_the_red_it_has_in_common(void **state)
{
    (void)state;
    struct condition red = condition(SW_COLOUR_RED), top = red;
    red.rule = SW_ALERT_RULE_LEVEL_BAND;
    top.rule = SW_ALERT_RULE_OVER_THE_TOP;
    struct alert_life life = {0};
    assert_int_equal(go(&life, red), SW_ALERT_ACTION_RAISE);
    assert_int_equal(go(&life, top), SW_ALERT_ACTION_WORSEN);
    assert_int_equal(go(&life, top), SW_ALERT_ACTION_NONE);
    assert_int_equal(go(&life, red), SW_ALERT_ACTION_EASE);
    assert_int_equal(alert_life_act(&life, SW_ALERT_ACTION_RESOLVE), SW_OK);
    assert_int_equal(go(&life, red), SW_ALERT_ACTION_NONE);
    assert_int_equal(go(&life, top), SW_ALERT_ACTION_RAISE);
    assert_int_equal(alert_life_act(&life, SW_ALERT_ACTION_RESOLVE), SW_OK);
    assert_int_equal(go(&life, top), SW_ALERT_ACTION_NONE);
    assert_int_equal(go(&life, red), SW_ALERT_ACTION_NONE);
}

static void dispatched_and_eased_is_still_dispatched(void **state)
{
    (void)state;
    struct alert_life life = {0};
    go(&life, condition(SW_COLOUR_RED));
    assert_int_equal(alert_life_act(&life, SW_ALERT_ACTION_DISPATCH), SW_OK);
    go(&life, condition(SW_COLOUR_BLUE));
    assert_int_equal(life.state, SW_ALERT_STATE_DISPATCHED);
    go(&life, condition(SW_COLOUR_YELLOW));
    assert_int_equal(life.state, SW_ALERT_STATE_RAISED);
}

static void a_graver_fault_in_the_same_colour_is_news(void **state)
{
    (void)state;
    static const enum sw_alert_rule rising[] = {SW_ALERT_RULE_NEGATIVE_STEP,  SW_ALERT_RULE_STUCK,
                                                SW_ALERT_RULE_JUMP,           SW_ALERT_RULE_PULSE_WEIGHT,
                                                SW_ALERT_RULE_INDEX_SET_BACK, SW_ALERT_RULE_TAMPER};
    struct alert_life life = {0};
    for (size_t i = 0; i < sizeof rising / sizeof rising[0]; i++) {
        struct condition fault = condition(SW_COLOUR_YELLOW);
        fault.rule = rising[i];
        assert_int_equal(go(&life, fault), i == 0 ? SW_ALERT_ACTION_RAISE : SW_ALERT_ACTION_WORSEN);
        assert_int_equal(go(&life, fault), SW_ALERT_ACTION_NONE);
    }
    struct condition tamper = condition(SW_COLOUR_YELLOW), blue = condition(SW_COLOUR_BLUE);
    tamper.rule = blue.rule = SW_ALERT_RULE_TAMPER;
    assert_int_equal(go(&life, blue), SW_ALERT_ACTION_EASE);
    assert_int_equal(go(&life, condition(SW_COLOUR_YELLOW)), SW_ALERT_ACTION_WORSEN);
    assert_int_equal(alert_life_act(&life, SW_ALERT_ACTION_RESOLVE), SW_OK);
    assert_int_equal(go(&life, condition(SW_COLOUR_YELLOW)), SW_ALERT_ACTION_NONE);
    assert_int_equal(go(&life, tamper), SW_ALERT_ACTION_RAISE);
}

/* Twice a minute for a year. Then it stays at its worst, and what counts still comes. */
static void an_alert_that_flaps_for_ever_stays_at_its_worst(void **state)
{
    (void)state;
    struct alert_life life = {0};
    assert_int_equal(go(&life, condition(SW_COLOUR_YELLOW)), SW_ALERT_ACTION_RAISE);
    for (int i = 0; i < 2 * 60 * 24 * 366; i++) {
        (void)go(&life, condition(SW_COLOUR_ORANGE));
        (void)go(&life, condition(SW_COLOUR_YELLOW));
    }
    uint32_t revision = life.revision;
    assert_true(revision >= ALERT_REVISION_EASE_MAX && life.colour == SW_COLOUR_ORANGE);
    assert_int_equal(go(&life, condition(SW_COLOUR_YELLOW)), SW_ALERT_ACTION_NONE);
    assert_int_equal(go(&life, condition(SW_COLOUR_RED)), SW_ALERT_ACTION_WORSEN);
    assert_int_equal(alert_life_act(&life, SW_ALERT_ACTION_ACKNOWLEDGE), SW_OK);
    assert_int_equal(go(&life, green), SW_ALERT_ACTION_CLEAR);
    assert_int_equal(life.revision, revision + 3);
}

/* Onset and raised_at share 16 bytes with all the rest: what does not fit is cut, and never wraps. */
static void raised_before_its_onset_or_years_after_is_told_as_near_as_can_be(void **state)
{
    (void)state;
    struct sw_alert alert;
    struct alert_life life = {0};
    alert_life_step(&life, SW_ALERT_ACTION_RAISE, SW_COLOUR_RED, SW_ALERT_RULE_NONE, T0, T0 - DAY);
    alert_life_describe(&life, SW_ALERT_KIND_LEVEL, &alert);
    assert_int_equal(alert.raised_at.ms, T0);
    alert_life_step(&life, SW_ALERT_ACTION_RAISE, SW_COLOUR_RED, SW_ALERT_RULE_NONE, T0, T0 + 8 * 365 * DAY + 1);
    alert_life_describe(&life, SW_ALERT_KIND_LEVEL, &alert);
    assert_int_equal(alert.onset.ms, T0);
    assert_int_equal(alert.raised_at.ms, T0 + 8 * 365 * DAY + 1);
    alert_life_step(&life, SW_ALERT_ACTION_RAISE, SW_COLOUR_RED, SW_ALERT_RULE_NONE, T0, T0 + 20 * 365 * DAY);
    alert_life_describe(&life, SW_ALERT_KIND_LEVEL, &alert);
    assert_in_range(alert.raised_at.ms, T0 + 8 * 365 * DAY, T0 + 9 * 365 * DAY);
}

/* Nothing of it is told before it is raised, and then with its true onset. */
static void what_is_pending_has_no_revision_until_it_is_raised(void **state)
{
    (void)state;
    struct sw_alert alert;
    struct alert_life life = {0};
    alert_life_step(&life, SW_ALERT_ACTION_HOLD, SW_COLOUR_YELLOW, SW_ALERT_RULE_LEVEL_BAND, T0, T0 + MINUTE);
    assert_true(alert_life_is_pending(&life));
    assert_false(alert_life_is_open(&life));
    assert_int_equal(life.revision, 0);
    assert_int_equal(alert_life_pending_since_ms(&life), T0 + MINUTE);
    assert_int_equal(alert_life_act(&life, SW_ALERT_ACTION_ACKNOWLEDGE), SW_ERROR_NOT_PERMITTED);

    struct condition red = condition(SW_COLOUR_RED);
    assert_int_equal(alert_life_follow(&life, &red), SW_ALERT_ACTION_RAISE);
    alert_life_step(&life, SW_ALERT_ACTION_WORSEN, SW_COLOUR_RED, SW_ALERT_RULE_LEVEL_BAND, 0, T0 + 2 * MINUTE);
    alert_life_step(&life, SW_ALERT_ACTION_EASE, SW_COLOUR_BLUE, SW_ALERT_RULE_LEVEL_BAND, 0, T0 + 3 * MINUTE);
    assert_int_equal(life.revision, 0);
    alert_life_step(&life, SW_ALERT_ACTION_RAISE, SW_COLOUR_BLUE, SW_ALERT_RULE_LEVEL_BAND, 0, T0 + 4 * MINUTE);
    alert_life_describe(&life, SW_ALERT_KIND_LEVEL, &alert);
    assert_int_equal(alert.revision, 1);
    assert_int_equal(alert.state, SW_ALERT_STATE_RAISED);
    assert_int_equal(alert.onset.ms, T0);
    assert_int_equal(alert.raised_at.ms, T0 + 4 * MINUTE);
    assert_int_equal(alert.peak, SW_COLOUR_RED);
}

static void what_is_over_while_pending_never_was_an_alert(void **state)
{
    (void)state;
    struct alert_life life = {0};
    alert_life_step(&life, SW_ALERT_ACTION_HOLD, SW_COLOUR_YELLOW, SW_ALERT_RULE_NONE, T0, T0);
    assert_int_equal(go(&life, green), SW_ALERT_ACTION_CLEAR);
    assert_int_equal(life.revision, 0);
    assert_int_equal(go(&life, green), SW_ALERT_ACTION_NONE);
    assert_int_equal(go(&life, condition(SW_COLOUR_YELLOW)), SW_ALERT_ACTION_RAISE);
    assert_int_equal(life.revision, 1);
}

static void an_expired_alert_is_over_and_may_come_again(void **state)
{
    (void)state;
    struct alert_life life = {0};
    go(&life, condition(SW_COLOUR_ORANGE));
    alert_life_step(&life, SW_ALERT_ACTION_TELL, SW_COLOUR_ORANGE, SW_ALERT_RULE_NONE, 0, T0);
    assert_int_equal(life.state, SW_ALERT_STATE_RAISED);
    alert_life_step(&life, SW_ALERT_ACTION_EXPIRE, SW_COLOUR_ORANGE, SW_ALERT_RULE_NONE, 0, T0);
    assert_int_equal(life.state, SW_ALERT_STATE_EXPIRED);
    assert_int_equal(life.colour, SW_COLOUR_GREEN);
    assert_int_equal(life.revision, 3);
    assert_int_equal(go(&life, condition(SW_COLOUR_ORANGE)), SW_ALERT_ACTION_RAISE);
    assert_int_equal(life.revision, 1);
}

/* Whatever is tried in whatever state: the life is in a state of the table, and a step that the table does not have
 * changes nothing. */
static void a_step_that_the_table_does_not_have_changes_nothing(void **state)
{
    (void)state;
    for (int from = SW_ALERT_STATE_RAISED; from < SW_ALERT_STATE_COUNT; from++)
        for (int step = SW_ALERT_ACTION_NONE; step < SW_ALERT_ACTION_COUNT; step++) {
            bool begins = step == SW_ALERT_ACTION_HOLD || step == SW_ALERT_ACTION_RAISE;
            if (begins) continue; /* a new alert, whatever was before */
            struct alert_life life = {.state = (unsigned)from & 15, .colour = 2, .revision = 7, .onset_ms = T0};
            struct alert_life before = life;
            enum sw_alert_state to = sw_alert_transition((enum sw_alert_state)from, (enum sw_alert_action)step);
            alert_life_step(&life, (enum sw_alert_action)step, SW_COLOUR_RED, SW_ALERT_RULE_NONE, T0, T0);
            if (to == SW_ALERT_STATE_NONE)
                assert_memory_equal(&life, &before, sizeof life);
            else
                assert_int_equal(life.state, to);
        }
}

static void people_cannot_do_what_only_readings_can(void **state)
{
    (void)state;
    struct alert_life life = {0};
    assert_int_equal(alert_life_act(&life, SW_ALERT_ACTION_ACKNOWLEDGE), SW_ERROR_NOT_PERMITTED);
    go(&life, condition(SW_COLOUR_RED));
    assert_int_equal(alert_life_act(&life, SW_ALERT_ACTION_EASE), SW_ERROR_NOT_PERMITTED);
    assert_int_equal(alert_life_act(&life, SW_ALERT_ACTION_WORSEN), SW_ERROR_NOT_PERMITTED);
    assert_int_equal(alert_life_act(&life, SW_ALERT_ACTION_CLEAR), SW_ERROR_NOT_PERMITTED);
    assert_int_equal(alert_life_act(&life, (enum sw_alert_action)99), SW_ERROR_NOT_PERMITTED);
    assert_int_equal(life.revision, 1);
}

static void what_nobody_answers_goes_up_until_somebody_is_sent(void **state)
{
    (void)state;
    struct alert_life life = {0};
    assert_int_equal(alert_life_act(&life, SW_ALERT_ACTION_ESCALATE), SW_ERROR_NOT_PERMITTED);
    go(&life, condition(SW_COLOUR_RED));
    assert_int_equal(alert_life_act(&life, SW_ALERT_ACTION_ESCALATE), SW_OK);
    assert_int_equal(life.state, SW_ALERT_STATE_RAISED);
    assert_int_equal(alert_life_act(&life, SW_ALERT_ACTION_ACKNOWLEDGE), SW_OK);
    assert_int_equal(alert_life_act(&life, SW_ALERT_ACTION_ESCALATE), SW_OK);
    assert_int_equal(life.state, SW_ALERT_STATE_RAISED);
    assert_int_equal(life.colour, SW_COLOUR_RED);
    assert_int_equal(life.revision, 4);
    assert_int_equal(alert_life_act(&life, SW_ALERT_ACTION_DISPATCH), SW_OK);
    assert_int_equal(alert_life_act(&life, SW_ALERT_ACTION_ESCALATE), SW_ERROR_NOT_PERMITTED);
    go(&life, green);
    assert_int_equal(alert_life_act(&life, SW_ALERT_ACTION_ESCALATE), SW_ERROR_NOT_PERMITTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_tells_gateway_kind_subject_and_onset),
        cmocka_unit_test(an_id_with_dots_everywhere_is_taken_apart),
        cmocka_unit_test(each_change_is_one_revision_and_no_change_is_none),
        cmocka_unit_test(over_the_top_is_worse_than_the_red_it_has_in_common),
        cmocka_unit_test(dispatched_and_eased_is_still_dispatched),
        cmocka_unit_test(a_graver_fault_in_the_same_colour_is_news),
        cmocka_unit_test(an_alert_that_flaps_for_ever_stays_at_its_worst),
        cmocka_unit_test(raised_before_its_onset_or_years_after_is_told_as_near_as_can_be),
        cmocka_unit_test(what_is_pending_has_no_revision_until_it_is_raised),
        cmocka_unit_test(what_is_over_while_pending_never_was_an_alert),
        cmocka_unit_test(an_expired_alert_is_over_and_may_come_again),
        cmocka_unit_test(a_step_that_the_table_does_not_have_changes_nothing),
        cmocka_unit_test(people_cannot_do_what_only_readings_can),
        cmocka_unit_test(what_nobody_answers_goes_up_until_somebody_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
