/* The sentence a duty officer reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sample.h"

static void assert_headline(const struct sw_alert *alert, const char *expected)
{
    char text[MESSAGE_HEADLINE_SIZE];
    message_alert_headline(alert, text);
    assert_string_equal(text, expected);
}

static struct sw_alert alert_of(enum sw_alert_kind kind, const char *subject, struct sw_evidence evidence)
{
    struct sw_alert alert = sample_no_use();
    alert.kind = kind;
    alert.evidence = evidence;
    (void)snprintf(alert.subject, sizeof alert.subject, "%s", subject);
    return alert;
}

static void a_home_without_use(void **state)
{
    (void)state;
    struct sw_alert alert = sample_no_use();
    assert_headline(&alert, "Home home-4f21: less than 2 L used in 24 h (0.0 L); last use 2026-11-21 07:14 UTC");
    /* Just below the limit does not read as if it were the limit. */
    alert.evidence.value_milli = 1999;
    assert_headline(&alert, "Home home-4f21: less than 2 L used in 24 h (1.999 L); last use 2026-11-21 07:14 UTC");
    alert.evidence.last_use = sw_wall_from_ms(0);
    assert_headline(&alert,
                    "Home home-4f21: less than 2 L used in 24 h (1.999 L); no use seen since observation began");
    alert.state = SW_ALERT_STATE_CLEARED;
    alert.evidence.last_use = sw_wall_from_ms(SAMPLE_LAST_USE_MS);
    assert_headline(&alert, "Home home-4f21: water is used again; last use 2026-11-21 07:14 UTC");
    alert.state = SW_ALERT_STATE_RESOLVED;
    assert_headline(&alert, "Home home-4f21: closed by a person (no water used in a home)");
    strcpy(alert.actor, SW_ALERT_ACTOR_CONFIGURATION);
    assert_headline(&alert, "Home home-4f21: watched no longer (no water used in a home)");
}

static void a_level_in_a_band(void **state)
{
    (void)state;
    struct sw_alert alert = alert_of(SW_ALERT_KIND_LEVEL, "canal-3",
                                     (struct sw_evidence){.rule = SW_ALERT_RULE_LEVEL_BAND,
                                                          .coverage_permille = -1,
                                                          .value_kind = SW_READING_LEVEL,
                                                          .value_milli = 812500,
                                                          .threshold_milli = 800000});
    assert_headline(&alert, "Site canal-3: water level in the orange band, 812.5 mm (band begins at 800 mm)");
    alert.state = SW_ALERT_STATE_CLEARED;
    alert.colour = SW_COLOUR_GREEN;
    alert.evidence.value_milli = 310000;
    assert_headline(&alert, "Site canal-3: water level below all bands again, 310 mm");
}

static void over_the_top_by_level_and_by_float(void **state)
{
    (void)state;
    struct sw_alert alert = alert_of(SW_ALERT_KIND_LEVEL, "canal-3",
                                     (struct sw_evidence){.rule = SW_ALERT_RULE_OVER_THE_TOP,
                                                          .value_kind = SW_READING_LEVEL,
                                                          .value_milli = 1050000,
                                                          .threshold_milli = 1000000});
    assert_headline(&alert, "Site canal-3: water over the top of the bank or pipe, 1050 mm (top at 1000 mm)");
    alert.evidence.value_kind = SW_READING_COVER_FLOAT;
    alert.evidence.value_milli = alert.evidence.threshold_milli = 1000;
    assert_headline(&alert, "Site canal-3: water at the cover, by its float");
    alert.state = SW_ALERT_STATE_CLEARED;
    alert.evidence.value_milli = 0;
    assert_headline(&alert, "Site canal-3: the float at the cover is down again");
}

static void a_cover(void **state)
{
    (void)state;
    struct sw_alert alert = alert_of(SW_ALERT_KIND_COVER_OPEN, "cover-9",
                                     (struct sw_evidence){.rule = SW_ALERT_RULE_COVER_TILT,
                                                          .coverage_permille = -1,
                                                          .value_kind = SW_READING_COVER_TILT,
                                                          .value_milli = 31400,
                                                          .threshold_milli = 15000});
    assert_headline(&alert, "Cover cover-9: tilted by 31.4 degrees (limit 15)");
    alert.evidence = (struct sw_evidence){
        .rule = SW_ALERT_RULE_COVER_SWITCH, .value_kind = SW_READING_COVER_OPEN, .value_milli = 1000};
    assert_headline(&alert, "Cover cover-9: open, by its switch");
    alert.evidence.rule = SW_ALERT_RULE_COVER_AND_LEVEL;
    assert_headline(&alert, "Cover cover-9: open, by its switch, over rising water");
    alert.state = SW_ALERT_STATE_CLEARED;
    assert_headline(&alert, "Cover cover-9: closed again");
}

static void silences(void **state)
{
    (void)state;
    struct sw_evidence evidence = {.window_ms = 130500, .coverage_permille = -1, .last_good = {SAMPLE_LAST_USE_MS}};
    struct sw_alert alert = alert_of(SW_ALERT_KIND_SENSOR_SILENT, "canal-3", evidence);
    assert_headline(&alert, "Sensor canal-3: no good reading for 2 min 10 s; last one 2026-11-21 07:14 UTC");
    alert = alert_of(SW_ALERT_KIND_NODE_SILENT, "node-2", evidence);
    assert_headline(&alert, "Node node-2: no reply for 2 min 10 s; last one 2026-11-21 07:14 UTC; its sensors are "
                            "unknown");
    alert.evidence = (struct sw_evidence){.coverage_permille = -1};
    assert_headline(&alert, "Node node-2: no reply; its sensors are unknown");
    alert = alert_of(SW_ALERT_KIND_BUS_SILENT, "line-1", evidence);
    assert_headline(&alert, "Line line-1: the port has failed; everything on it is unknown");
    alert.state = SW_ALERT_STATE_CLEARED;
    assert_headline(&alert, "Line line-1: works again");
    alert.kind = SW_ALERT_KIND_NODE_SILENT;
    assert_headline(&alert, "Node line-1: answers again");
    alert.kind = SW_ALERT_KIND_SENSOR_SILENT;
    assert_headline(&alert, "Sensor line-1: readings are back");
}

static void a_drill_says_so_first_and_names_no_figures(void **state)
{
    (void)state;
    struct sw_alert alert = sample_no_use();
    alert.drill = true;
    assert_headline(&alert, "DRILL: Home home-4f21: exercise, orange: no water used in a home");
    alert.state = SW_ALERT_STATE_CLEARED;
    assert_headline(&alert, "DRILL: Home home-4f21: the exercise is over (no water used in a home)");
}

/* Names and figures at their largest. */
static void who_is_watched_again(void **state)
{
    (void)state;
    struct sw_alert alert = sample_no_use();
    alert.kind = SW_ALERT_KIND_BACK;
    alert.state = SW_ALERT_STATE_CLEARED;
    alert.evidence = (struct sw_evidence){.rule = SW_ALERT_RULE_TIME_OVER};
    assert_headline(&alert, "Home home-4f21: watched again: the time that was set is over");
    strcpy(alert.subject, "canal-3");
    alert.evidence.rule = SW_ALERT_RULE_MAINTENANCE_OVER;
    assert_headline(&alert, "Sensor canal-3: watched again: the time that was set for its maintenance is over");
}

static void what_flaps_and_what_has_expired_says_so(void **state)
{
    (void)state;
    struct sw_alert alert = sample_no_use();
    alert.kind = SW_ALERT_KIND_BUS_SILENT;
    strcpy(alert.subject, "line-1");
    alert.evidence = (struct sw_evidence){.rule = SW_ALERT_RULE_NOBODY_ANSWERS, .flaps = 6};
    assert_headline(&alert, "Line line-1: nothing on it answers; everything on it is unknown; comes and goes, raised 6 "
                            "times lately");
    alert.state = SW_ALERT_STATE_EXPIRED;
    assert_headline(&alert,
                    "Line line-1: expired, nothing can say whether it is over (a line has failed; everything on "
                    "it is unknown)");
}

static void the_longest_sentence_fits(void **state)
{
    (void)state;
    struct sw_alert alert = sample_no_use();
    char text[MESSAGE_HEADLINE_SIZE];
    memset(alert.subject, 'w', SW_ID_LENGTH_MAX);
    alert.evidence.value_milli = INT64_MIN;
    alert.evidence.threshold_milli = INT64_MIN;
    alert.evidence.window_ms = INT64_MAX;
    alert.evidence.last_use = sw_wall_from_ms(INT64_MAX);
    alert.evidence.last_good = sw_wall_from_ms(INT64_MAX);
    for (int kind = 1; kind < SW_ALERT_KIND_COUNT; kind++)
        for (int now = 1; now < SW_ALERT_STATE_COUNT; now++) {
            alert.kind = (enum sw_alert_kind)kind;
            alert.state = (enum sw_alert_state)now;
            message_alert_headline(&alert, text);
            assert_true(strlen(text) > SW_ID_LENGTH_MAX + 10);
            assert_true(strlen(text) < MESSAGE_HEADLINE_SIZE - 1);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_home_without_use),
        cmocka_unit_test(a_level_in_a_band),
        cmocka_unit_test(over_the_top_by_level_and_by_float),
        cmocka_unit_test(a_cover),
        cmocka_unit_test(silences),
        cmocka_unit_test(a_drill_says_so_first_and_names_no_figures),
        cmocka_unit_test(who_is_watched_again),
        cmocka_unit_test(what_flaps_and_what_has_expired_says_so),
        cmocka_unit_test(the_longest_sentence_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
