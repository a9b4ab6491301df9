/* Counter algebra. The series are the kinds of faults that public meter data hold, cut down to the few values that
 * matter. */
#include "core/normalise/meter.h"
#include "core_fixture.h"

static const struct meter_policy domestic = {.rollover_ml = 0, .max_flow_ml_s = 2200};

struct step {
    int64_t minutes; /* since the reading before */
    int64_t litres;  /* what the meter shows */
    enum sw_quality quality;
    enum sw_quality_reason reason;
    int64_t use_litres;
};

#define GOOD(minutes, litres, use)                                                                                     \
    {                                                                                                                  \
        minutes, litres, SW_QUALITY_GOOD, SW_REASON_NONE, use                                                          \
    }
#define BACK(minutes, litres)                                                                                          \
    {                                                                                                                  \
        minutes, litres, SW_QUALITY_SUSPECT, SW_REASON_COUNTER_BACK, 0                                                 \
    }
#define JUMP(minutes, litres)                                                                                          \
    {                                                                                                                  \
        minutes, litres, SW_QUALITY_SUSPECT, SW_REASON_COUNTER_JUMP, 0                                                 \
    }

static void expect_series(const struct meter_policy *policy, const struct step *steps, size_t count)
{
    struct meter meter = {0};
    int64_t time_ms = T0;
    for (size_t i = 0; i < count; i++) {
        time_ms += steps[i].minutes * MINUTE;
        struct meter_verdict verdict = meter_take(&meter, policy, time_ms, steps[i].litres * LITRE);
        if (verdict.quality != steps[i].quality || verdict.reason != steps[i].reason ||
            verdict.use_ml != steps[i].use_litres * LITRE)
            fail_msg("step %zu (%lld L): quality %d reason %d use %lld ml, expected %d %d %lld L", i,
                     (long long)steps[i].litres, verdict.quality, verdict.reason, (long long)verdict.use_ml,
                     steps[i].quality, steps[i].reason, (long long)steps[i].use_litres);
    }
}

#define EXPECT_SERIES(policy, ...)                                                                                     \
    do {                                                                                                               \
        static const struct step steps[] = {__VA_ARGS__};                                                              \
        expect_series(policy, steps, sizeof steps / sizeof steps[0]);                                                  \
    } while (0)

static void growth_is_use(void **state)
{
    (void)state;
    EXPECT_SERIES(&domestic, GOOD(0, 36412, 0), GOOD(60, 36412, 0), GOOD(60, 36480, 68), GOOD(60, 36481, 1));
}

static void growth_over_a_pause_of_days_is_use_at_its_end(void **state)
{
    (void)state;
    EXPECT_SERIES(&domestic, GOOD(0, 223283, 0), GOOD(18 * 24 * 60, 226424, 3141), GOOD(60, 226430, 6));
}

static void one_litre_back_for_two_readings_is_no_use_on_the_way_up(void **state)
{
    (void)state;
    EXPECT_SERIES(&domestic, GOOD(0, 272757, 0), BACK(60, 272756), GOOD(60, 272756, 0), GOOD(60, 272797, 40));
}

static void running_back_litre_by_litre_never_makes_use(void **state)
{
    (void)state;
    EXPECT_SERIES(&domestic, GOOD(0, 634002, 0), BACK(60, 634001), GOOD(60, 634001, 0), BACK(360, 634000),
                  GOOD(60, 634000, 0), GOOD(60, 634001, 0), GOOD(60, 634002, 0), GOOD(60, 634003, 1));
}

static void a_meter_that_turns_backwards_is_followed_and_makes_no_use(void **state)
{
    (void)state;
    EXPECT_SERIES(&domestic, GOOD(0, 634002, 0), BACK(60, 633998), GOOD(60, 633995, 0), BACK(60, 633990),
                  GOOD(60, 633984, 0), BACK(60, 633900), BACK(60, 633850), GOOD(60, 633851, 1));
}

static void eight_litres_back_that_recover_slowly_make_no_use(void **state)
{
    (void)state;
    EXPECT_SERIES(&domestic, GOOD(0, 290546, 0), BACK(60, 290538), GOOD(60, 290538, 0), GOOD(60, 290541, 0),
                  GOOD(60, 290545, 0), GOOD(60, 290550, 4));
}

static void one_wrong_value_12288_l_below_leaves_no_trace(void **state)
{
    (void)state;
    EXPECT_SERIES(&domestic, GOOD(0, 307775, 0), BACK(19, 295487), GOOD(41, 307788, 13), BACK(19, 304712),
                  GOOD(41, 307824, 36));
}

static void one_wrong_value_248243_l_above_leaves_no_trace(void **state)
{
    (void)state;
    EXPECT_SERIES(&domestic, GOOD(0, 100000, 0), JUMP(60, 348243), GOOD(60, 100007, 7), GOOD(60, 100007, 0));
}

static void a_wrong_value_that_stays_for_hours_leaves_no_trace_when_it_goes(void **state)
{
    (void)state;
    EXPECT_SERIES(&domestic, GOOD(0, 100000, 0), JUMP(60, 348243), JUMP(60, 348243), GOOD(60, 348243, 0),
                  GOOD(60, 348243, 0), GOOD(60, 100021, 21), GOOD(60, 100022, 1));
    EXPECT_SERIES(&domestic, GOOD(0, 100000, 0), BACK(60, 90000), BACK(60, 90000), GOOD(60, 90000, 0),
                  GOOD(60, 100003, 3), GOOD(60, 100004, 1));
}

static void a_jump_stays_a_jump_after_a_long_pause(void **state)
{
    (void)state;
    EXPECT_SERIES(&domestic, GOOD(0, 50000, 0), JUMP(1, 60000), JUMP(180, 60004), GOOD(60, 60010, 6));
}

static void an_exchanged_meter_goes_on_from_its_own_total(void **state)
{
    (void)state;
    EXPECT_SERIES(&domestic, GOOD(0, 634002, 0), BACK(60, 12), BACK(60, 15), GOOD(60, 20, 5), GOOD(60, 31, 11));
    EXPECT_SERIES(&domestic, GOOD(0, 12, 0), JUMP(60, 800000), JUMP(60, 800002), GOOD(60, 800007, 5));
}

static void a_restart_from_zero_is_not_use(void **state)
{
    (void)state;
    EXPECT_SERIES(&domestic, GOOD(0, 4711, 0), BACK(60, 0), BACK(60, 0), GOOD(60, 3, 3));
}

static void a_first_value_that_is_wrong_is_given_up(void **state)
{
    (void)state;
    EXPECT_SERIES(&domestic, GOOD(0, 999999999, 0), BACK(60, 5000), BACK(60, 5002), GOOD(60, 5003, 1));
}

static void the_total_goes_over_its_rollover(void **state)
{
    (void)state;
    static const struct meter_policy five_digits = {.rollover_ml = 100000 * LITRE, .max_flow_ml_s = 2200};
    EXPECT_SERIES(&five_digits, GOOD(0, 99990, 0), GOOD(60, 15, 25), GOOD(60, 16, 1));
    /* Trembling is not a turn, whatever the pause. */
    EXPECT_SERIES(&five_digits, GOOD(0, 50000, 0), BACK(60 * 24 * 30, 49999), GOOD(60, 50002, 2));
    /* Nor is a reset in the middle of the register. */
    EXPECT_SERIES(&five_digits, GOOD(0, 50000, 0), BACK(1, 0), BACK(1, 0), GOOD(1, 1, 1));
}

static void a_pulse_of_100_litres_is_believed_between_quick_readings(void **state)
{
    (void)state;
    struct meter meter = {0};
    assert_int_equal(meter_take(&meter, &domestic, T0, 0).quality, SW_QUALITY_GOOD);
    struct meter_verdict verdict = meter_take(&meter, &domestic, T0 + SECOND, 100 * LITRE);
    assert_int_equal(verdict.quality, SW_QUALITY_GOOD);
    assert_int_equal(verdict.use_ml, 100 * LITRE);
}

static void values_no_meter_can_show_are_bad(void **state)
{
    (void)state;
    struct meter meter = {0};
    meter_take(&meter, &domestic, T0, 5 * LITRE);
    assert_int_equal(meter_take(&meter, &domestic, T0 + HOUR, -1).quality, SW_QUALITY_BAD);
    assert_int_equal(meter_take(&meter, &domestic, T0 + 2 * HOUR, INT64_MAX).quality, SW_QUALITY_BAD);
    assert_int_equal(meter_take(&meter, &domestic, T0 + 3 * HOUR, INT64_MIN).quality, SW_QUALITY_BAD);
    struct meter_verdict verdict = meter_take(&meter, &domestic, T0 + 4 * HOUR, 6 * LITRE);
    assert_int_equal(verdict.quality, SW_QUALITY_GOOD);
    assert_int_equal(verdict.use_ml, LITRE);
}

/* A true series with single wrong values strewn in: what is counted is the true use, whatever the wrong values are, as
 * long as a right value stands on either side of each. */
static void single_wrong_values_never_change_the_use(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct chance chance = {seed * UINT64_C(0x9e3779b97f4a7c15)};
        struct meter meter = {0};
        int64_t truth_ml = chance_below(&chance, 1000000) * LITRE;
        int64_t first_ml = truth_ml, counted_ml = 0, time_ms = T0;
        meter_take(&meter, &domestic, time_ms, truth_ml);
        for (int i = 0; i < 501; i++) { /* ends with a right value */
            time_ms += MINUTE;
            truth_ml += chance_below(&chance, 3) ? 0 : chance_below(&chance, 20) * LITRE;
            /* One bit of the total in litres, high enough to be no use a minute can bring. */
            bool wrong = i % 3 == 1 && chance_below(&chance, 4) == 0;
            int64_t shown_ml = truth_ml;
            if (wrong) shown_ml = (truth_ml / LITRE ^ INT64_C(1) << (10 + chance_below(&chance, 20))) * LITRE;
            struct meter_verdict verdict = meter_take(&meter, &domestic, time_ms, shown_ml);
            if (verdict.use_ml < 0 || verdict.use_ml > 60 * LITRE)
                fail_msg("seed %llu step %d: use of %lld ml", (unsigned long long)seed, i, (long long)verdict.use_ml);
            if (wrong) assert_int_not_equal(verdict.quality, SW_QUALITY_GOOD);
            counted_ml += verdict.use_ml;
        }
        if (counted_ml != truth_ml - first_ml)
            fail_msg("seed %llu: counted %lld ml of %lld ml", (unsigned long long)seed, (long long)counted_ml,
                     (long long)(truth_ml - first_ml));
    }
}

/* Whatever comes in: never a negative use, never more than the pipe can pass. */
static void no_garbage_makes_negative_or_giant_use(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct chance chance = {seed * UINT64_C(0xd1342543de82ef95)};
        struct meter_policy policy = {.rollover_ml = chance_below(&chance, 2) ? 1000000 * LITRE : 0,
                                      .max_flow_ml_s = 2200};
        struct meter meter = {0};
        int64_t time_ms = T0;
        for (int i = 0; i < 400; i++) {
            int64_t shown_ml = (int64_t)chance_next(&chance) >> chance_below(&chance, 63);
            time_ms += 1 + chance_below(&chance, HOUR);
            struct meter_verdict verdict = meter_take(&meter, &policy, time_ms, shown_ml);
            /* A series that had been replaced may come back after a while; its growth is bounded by that while. */
            int64_t most_ml = 2200 * (time_ms - T0 + MINUTE) / 1000;
            if (verdict.use_ml < 0 || verdict.use_ml > most_ml ||
                (verdict.quality != SW_QUALITY_GOOD && verdict.use_ml != 0))
                fail_msg("seed %llu step %d: use of %lld ml", (unsigned long long)seed, i, (long long)verdict.use_ml);
        }
    }
}

/* What each total of a series did, and by how much. */
static void expect_events(const struct meter_policy *policy, const int64_t *litres, const enum meter_event *events,
                          const int64_t *steps, size_t count)
{
    struct meter meter = {0};
    for (size_t i = 0; i < count; i++) {
        struct meter_verdict verdict = meter_take(&meter, policy, T0 + (int64_t)i * HOUR, litres[i] * LITRE);
        if (verdict.event != events[i] || verdict.step_ml != steps[i] * LITRE)
            fail_msg("total %zu (%lld L): event %d step %lld ml, expected %d %lld L", i, (long long)litres[i],
                     verdict.event, (long long)verdict.step_ml, events[i], (long long)steps[i]);
    }
}

#define EXPECT_EVENTS(policy, totals, what, how_far)                                                                   \
    do {                                                                                                               \
        static const int64_t litres[] = totals, steps[] = how_far;                                                     \
        static const enum meter_event events[] = what;                                                                 \
        expect_events(policy, litres, events, steps, sizeof litres / sizeof litres[0]);                                \
    } while (0)
#define LIST(...)                                                                                                      \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }

static void a_verdict_says_what_the_total_did_and_by_how_much(void **state)
{
    (void)state;
    static const struct meter_policy five_digits = {.rollover_ml = 100000 * LITRE, .max_flow_ml_s = 2200};
    /* A wrong value that goes, and a total that runs back and counts up again: growth includes what is no use. */
    EXPECT_EVENTS(
        &domestic, LIST(5000, 5007, 17000, 5009, 5004, 5004, 5006, 5020),
        LIST(METER_NONE, METER_NONE, METER_ODD, METER_ODD_WITHDRAWN, METER_ODD, METER_RAN_BACK, METER_NONE, METER_NONE),
        LIST(0, 7, 11993, 11993, -5, -5, 2, 14));
    /* An exchange; a wrong series that is left again; a turn of the register. */
    EXPECT_EVENTS(&domestic, LIST(5000, 3, 4, 6), LIST(METER_NONE, METER_ODD, METER_SERIES_REPLACED, METER_NONE),
                  LIST(0, -4997, -4997, 2));
    EXPECT_EVENTS(&domestic, LIST(5000, 90000, 90001, 5004, 5005),
                  LIST(METER_NONE, METER_ODD, METER_SERIES_REPLACED, METER_SERIES_RESTORED, METER_NONE),
                  LIST(0, 85000, 85000, -84997, 1));
    EXPECT_EVENTS(&five_digits, LIST(99990, 15, 16), LIST(METER_NONE, METER_ROLLED_OVER, METER_NONE), LIST(0, 25, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(growth_is_use),
        cmocka_unit_test(growth_over_a_pause_of_days_is_use_at_its_end),
        cmocka_unit_test(one_litre_back_for_two_readings_is_no_use_on_the_way_up),
        cmocka_unit_test(running_back_litre_by_litre_never_makes_use),
        cmocka_unit_test(a_meter_that_turns_backwards_is_followed_and_makes_no_use),
        cmocka_unit_test(eight_litres_back_that_recover_slowly_make_no_use),
        cmocka_unit_test(one_wrong_value_12288_l_below_leaves_no_trace),
        cmocka_unit_test(one_wrong_value_248243_l_above_leaves_no_trace),
        cmocka_unit_test(a_wrong_value_that_stays_for_hours_leaves_no_trace_when_it_goes),
        cmocka_unit_test(a_jump_stays_a_jump_after_a_long_pause),
        cmocka_unit_test(an_exchanged_meter_goes_on_from_its_own_total),
        cmocka_unit_test(a_restart_from_zero_is_not_use),
        cmocka_unit_test(a_first_value_that_is_wrong_is_given_up),
        cmocka_unit_test(the_total_goes_over_its_rollover),
        cmocka_unit_test(a_pulse_of_100_litres_is_believed_between_quick_readings),
        cmocka_unit_test(values_no_meter_can_show_are_bad),
        cmocka_unit_test(a_verdict_says_what_the_total_did_and_by_how_much),
        cmocka_unit_test(single_wrong_values_never_change_the_use),
        cmocka_unit_test(no_garbage_makes_negative_or_giant_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
