/* Storm watch: what switches it on and off, and that a restart does not. */
#include <string.h>

#include "core/storm/storm.h"

#include "core_fixture.h"

#define MINUTE_MS INT64_C(60000)
#define START_MS  INT64_C(1790000000000)
#define QUIET_MS  (180 * MINUTE_MS)

static const struct storm_rules rules = {SW_COLOUR_ORANGE, SW_COLOUR_ORANGE, QUIET_MS};

static struct sw_wall at(int64_t minutes)
{
    return sw_wall_from_ms(START_MS + minutes * MINUTE_MS);
}

static void an_orange_alert_switches_it_on_and_quiet_off(void **state)
{
    (void)state;
    struct storm storm = {.cause = STORM_NONE};
    assert_false(storm_follow(&storm, &rules, SW_COLOUR_YELLOW, SW_COLOUR_YELLOW, at(0)));
    assert_true(storm_follow(&storm, &rules, SW_COLOUR_ORANGE, SW_COLOUR_GREEN, at(1)));
    assert_int_equal(storm.cause, STORM_ALERT);
    assert_int_equal(storm.since.ms, at(1).ms);
    assert_false(storm_follow(&storm, &rules, SW_COLOUR_YELLOW, SW_COLOUR_GREEN, at(10)));
    assert_false(storm_follow(&storm, &rules, SW_COLOUR_YELLOW, SW_COLOUR_GREEN, at(100)));
    assert_false(storm_follow(&storm, &rules, SW_COLOUR_RED, SW_COLOUR_GREEN, at(101))); /* it is not over yet */
    assert_false(storm_follow(&storm, &rules, SW_COLOUR_GREEN, SW_COLOUR_GREEN, at(102)));
    assert_false(storm_follow(&storm, &rules, SW_COLOUR_GREEN, SW_COLOUR_GREEN, at(102 + 179)));
    assert_true(storm_follow(&storm, &rules, SW_COLOUR_GREEN, SW_COLOUR_GREEN, at(102 + 180)));
    assert_int_equal(storm.cause, STORM_NONE);
}

static void a_warning_switches_it_on(void **state)
{
    (void)state;
    struct storm storm = {.cause = STORM_NONE};
    assert_true(storm_follow(&storm, &rules, SW_COLOUR_GREEN, SW_COLOUR_RED, at(0)));
    assert_int_equal(storm.cause, STORM_WARNING);
    assert_false(storm_follow(&storm, &rules, SW_COLOUR_RED, SW_COLOUR_RED, at(1)));
    assert_int_equal(storm.cause, STORM_ALERT); /* the nearer one */
    const struct storm_rules never = {SW_COLOUR_COUNT, SW_COLOUR_COUNT, QUIET_MS};
    struct storm off = {.cause = STORM_NONE};
    assert_false(storm_follow(&off, &never, SW_COLOUR_RED, SW_COLOUR_RED, at(0)));
}

static void by_hand_it_lasts_until_its_time(void **state)
{
    (void)state;
    struct storm storm = {.cause = STORM_NONE};
    assert_int_equal(storm_on(&storm, at(0), at(0)), SW_ERROR_INVALID_ARGUMENT);
    assert_int_equal(storm_on(&storm, at(32 * 24 * 60), at(0)), SW_ERROR_INVALID_ARGUMENT);
    assert_int_equal(storm.cause, STORM_NONE);
    assert_int_equal(storm_on(&storm, at(60), at(0)), SW_OK);
    assert_false(storm_follow(&storm, &rules, SW_COLOUR_GREEN, SW_COLOUR_GREEN, at(59)));
    assert_true(storm_follow(&storm, &rules, SW_COLOUR_GREEN, SW_COLOUR_GREEN, at(60)));
    /* Unless there is a storm by then. */
    assert_int_equal(storm_on(&storm, at(160), at(100)), SW_OK);
    assert_false(storm_follow(&storm, &rules, SW_COLOUR_ORANGE, SW_COLOUR_GREEN, at(160)));
    assert_int_equal(storm.cause, STORM_ALERT);
    assert_int_equal(storm.since.ms, at(100).ms);
}

static void off_by_hand_it_stays_off_until_it_gets_worse_or_comes_back(void **state)
{
    (void)state;
    struct storm storm = {.cause = STORM_NONE};
    assert_int_equal(storm_off(&storm, SW_COLOUR_GREEN, SW_COLOUR_GREEN), SW_ERROR_NOT_PERMITTED);
    (void)storm_follow(&storm, &rules, SW_COLOUR_ORANGE, SW_COLOUR_GREEN, at(0));
    assert_int_equal(storm_off(&storm, SW_COLOUR_ORANGE, SW_COLOUR_GREEN), SW_OK);
    assert_false(storm_follow(&storm, &rules, SW_COLOUR_ORANGE, SW_COLOUR_GREEN, at(1)));
    assert_true(storm_follow(&storm, &rules, SW_COLOUR_RED, SW_COLOUR_GREEN, at(2)));
    assert_int_equal(storm_off(&storm, SW_COLOUR_RED, SW_COLOUR_GREEN), SW_OK);
    assert_false(storm_follow(&storm, &rules, SW_COLOUR_GREEN, SW_COLOUR_GREEN, at(3)));
    assert_true(storm_follow(&storm, &rules, SW_COLOUR_ORANGE, SW_COLOUR_GREEN, at(4)));
}

static void a_clock_set_back_begins_the_quiet_again(void **state)
{
    (void)state;
    struct storm storm = {.cause = STORM_NONE};
    (void)storm_follow(&storm, &rules, SW_COLOUR_RED, SW_COLOUR_GREEN, at(0));
    assert_false(storm_follow(&storm, &rules, SW_COLOUR_GREEN, SW_COLOUR_GREEN, at(1000)));
    assert_false(storm_follow(&storm, &rules, SW_COLOUR_GREEN, SW_COLOUR_GREEN, at(1)));
    assert_true(storm_follow(&storm, &rules, SW_COLOUR_GREEN, SW_COLOUR_GREEN, at(181)));
}

static void a_restart_changes_nothing(void **state)
{
    (void)state;
    struct storm storm = {STORM_BY_HAND, at(1), at(2), at(3), SW_COLOUR_YELLOW}, found = {.cause = STORM_NONE};
    uint8_t bytes[STORM_RECORD_SIZE];
    size_t size = storm_save(&storm, bytes);
    for (size_t cut = 0; cut < size; cut++)
        assert_int_equal(storm_restore(&found, bytes, cut), SW_ERROR_MALFORMED);
    assert_int_equal(found.cause, STORM_NONE);
    assert_int_equal(storm_restore(&found, bytes, size), SW_OK);
    assert_int_equal(found.cause, STORM_BY_HAND);
    assert_int_equal(found.since.ms, at(1).ms);
    assert_int_equal(found.until.ms, at(2).ms);
    assert_int_equal(found.quiet_from.ms, at(3).ms);
    assert_int_equal(found.refused, SW_COLOUR_YELLOW);
    bytes[1] = STORM_CAUSE_COUNT;
    assert_int_equal(storm_restore(&found, bytes, size), SW_ERROR_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_orange_alert_switches_it_on_and_quiet_off),
        cmocka_unit_test(a_warning_switches_it_on),
        cmocka_unit_test(by_hand_it_lasts_until_its_time),
        cmocka_unit_test(off_by_hand_it_stays_off_until_it_gets_worse_or_comes_back),
        cmocka_unit_test(a_clock_set_back_begins_the_quiet_again),
        cmocka_unit_test(a_restart_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
