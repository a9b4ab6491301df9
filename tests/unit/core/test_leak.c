/* No still hour: advice, alert, and what ends them. */
#include "core/detect/leak.h"
#include "flow_fixture.h"

static const int64_t periods[] = {MINUTE, 15 * MINUTE, HOUR};
#define PERIODS (sizeof periods / sizeof periods[0])

struct watch {
    struct leak leak;
    struct leak_policy policy;
    int64_t read_ms, advice_ms, alert_ms;
    int advices, alerts;
    enum sw_colour colour;
};

static struct watch watch_from(int64_t time_ms)
{
    return (struct watch){.policy = leak_policy_default(), .read_ms = time_ms};
}

static void heed(struct watch *watch, const struct flow *flow, int64_t step_ml)
{
    leak_take(&watch->leak, &watch->policy, flow, (int32_t)step_ml);
    struct condition condition = leak_judge(&watch->leak, &watch->policy);
    if (!condition.decided) return;
    if (condition.colour >= SW_COLOUR_BLUE && watch->colour < SW_COLOUR_BLUE) {
        watch->advices++;
        watch->advice_ms = flow->to_ms;
    }
    if (condition.colour >= SW_COLOUR_YELLOW && watch->colour < SW_COLOUR_YELLOW) {
        watch->alerts++;
        watch->alert_ms = flow->to_ms;
    }
    watch->colour = condition.colour;
}

static void read_on(struct watch *watch, const struct tap_home *home, int64_t until_ms, int64_t period_ms)
{
    for (; watch->read_ms + period_ms <= until_ms; watch->read_ms += period_ms) {
        struct flow flow = tap_flow(home, watch->read_ms, watch->read_ms + period_ms);
        heed(watch, &flow, home->step_ml);
    }
}

static void state_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(struct leak) <= 48);
}

static void a_home_without_leak_is_never_told_of_one(void **state)
{
    (void)state;
    static const int64_t steps_ml[] = {1, LITRE, 3785, 10 * LITRE};
    for (size_t s = 0; s < sizeof steps_ml / sizeof steps_ml[0]; s++) {
        for (size_t p = 0; p < PERIODS; p++) {
            static struct tap_home home;
            home = (struct tap_home){.step_ml = steps_ml[s]};
            tap_live(&home, T0, 30);
            struct watch watch = watch_from(T0);
            read_on(&watch, &home, T0 + 30 * DAY, periods[p]);
            assert_int_equal(watch.advices, 0);
            assert_true(leak_judge(&watch.leak, &watch.policy).decided);
        }
    }
}

static void a_leak_is_advice_after_a_day_and_an_alert_after_two(void **state)
{
    (void)state;
    for (size_t p = 0; p < PERIODS; p++) {
        static struct tap_home home;
        int64_t begin_ms = T0 + 2 * DAY + 10 * HOUR;
        home = (struct tap_home){.step_ml = LITRE, .drip_ml_h = 5000, .drip_from_ms = begin_ms};
        tap_live(&home, T0, 10);
        struct watch watch = watch_from(T0);
        read_on(&watch, &home, T0 + 6 * DAY, periods[p]);
        assert_int_equal(watch.advices, 1);
        assert_int_equal(watch.alerts, 1);
        assert_in_range(watch.advice_ms, begin_ms + 23 * HOUR, begin_ms + 25 * HOUR);
        assert_int_equal(watch.alert_ms - watch.advice_ms, DAY);
        struct leak_figures figures = leak_figures(&watch.leak);
        assert_in_range(figures.rate_ml_h, 4500, 5600);
        assert_in_range(figures.lost_ml, 5000 * 84 * 9 / 10, 5000 * 87 * 11 / 10);
    }
}

static void the_tiers_come_at_the_same_hour_at_every_period(void **state)
{
    (void)state;
    int64_t alert_ms[PERIODS];
    for (size_t p = 0; p < PERIODS; p++) {
        static struct tap_home home;
        home = (struct tap_home){.step_ml = LITRE, .drip_ml_h = 9000, .drip_from_ms = T0 + 30 * HOUR};
        struct watch watch = watch_from(T0);
        read_on(&watch, &home, T0 + 4 * DAY, periods[p]);
        alert_ms[p] = watch.alert_ms;
    }
    assert_in_range(alert_ms[0], T0 + 78 * HOUR, T0 + 78 * HOUR + 10 * MINUTE);
    assert_in_range(alert_ms[1], alert_ms[0] - 15 * MINUTE, alert_ms[0]);
    assert_int_equal(alert_ms[2], T0 + 78 * HOUR);
}

static void a_still_hour_ends_it(void **state)
{
    (void)state;
    for (size_t p = 0; p < PERIODS; p++) {
        static struct tap_home home;
        home = (struct tap_home){.step_ml = LITRE, .drip_ml_h = 5000, .drip_from_ms = T0, .drip_to_ms = T0 + 60 * HOUR};
        struct watch watch = watch_from(T0);
        read_on(&watch, &home, T0 + 60 * HOUR, periods[p]);
        assert_int_equal(watch.colour, SW_COLOUR_YELLOW);
        read_on(&watch, &home, T0 + 60 * HOUR + 45 * MINUTE, periods[p]);
        assert_int_equal(watch.colour, SW_COLOUR_YELLOW);
        read_on(&watch, &home, T0 + 62 * HOUR, periods[p]);
        assert_int_equal(watch.colour, SW_COLOUR_GREEN);
    }
}

static void a_coarse_meter_has_to_stand_still_for_longer(void **state)
{
    (void)state;
    static struct tap_home home;
    home = (struct tap_home){.step_ml = 10 * LITRE, .drip_ml_h = 6000, .drip_from_ms = T0}; /* a pulse in 100 min */
    struct watch watch = watch_from(T0);
    read_on(&watch, &home, T0 + 3 * DAY, MINUTE);
    assert_int_equal(watch.alerts, 1);
    struct watch taken_for_fine = watch_from(T0);
    home.step_ml = 10 * LITRE;
    for (int64_t t = T0; t < T0 + 3 * DAY; t += MINUTE) {
        struct flow flow = tap_flow(&home, t, t + MINUTE);
        heed(&taken_for_fine, &flow, LITRE);
    }
    assert_int_equal(taken_for_fine.advices, 0);
}

static void unobserved_time_is_neither_still_nor_flowing(void **state)
{
    (void)state;
    static struct tap_home home;
    home = (struct tap_home){.step_ml = LITRE, .drip_ml_h = 5000, .drip_from_ms = T0};
    struct watch watch = watch_from(T0);
    read_on(&watch, &home, T0 + 20 * HOUR, HOUR);
    struct flow gap = {T0 + 20 * HOUR, T0 + 25 * HOUR, 0, false}; /* the total stood still, but who knows why */
    heed(&watch, &gap, LITRE);
    assert_int_equal(watch.advices, 0);
    watch.read_ms = T0 + 25 * HOUR;
    read_on(&watch, &home, T0 + 28 * HOUR, HOUR);
    assert_int_equal(watch.advices, 0);
    read_on(&watch, &home, T0 + 29 * HOUR, HOUR);
    assert_int_equal(watch.advices, 1);
    assert_in_range(leak_figures(&watch.leak).coverage_permille, 800, 850);
}

static void a_long_gap_begins_the_watch_anew(void **state)
{
    (void)state;
    static struct tap_home home;
    home = (struct tap_home){.step_ml = LITRE, .drip_ml_h = 5000, .drip_from_ms = T0};
    struct watch watch = watch_from(T0);
    read_on(&watch, &home, T0 + 20 * HOUR, HOUR);
    struct flow gap = tap_flow(&home, T0 + 20 * HOUR, T0 + 3 * DAY);
    heed(&watch, &gap, LITRE);
    assert_false(leak_judge(&watch.leak, &watch.policy).decided);
    watch.read_ms = T0 + 3 * DAY;
    read_on(&watch, &home, T0 + 3 * DAY + 23 * HOUR, HOUR);
    assert_int_equal(watch.advices, 0);
    read_on(&watch, &home, T0 + 4 * DAY, HOUR);
    assert_int_equal(watch.advices, 1);
}

static void a_home_read_too_rarely_is_undecided(void **state)
{
    (void)state;
    static struct tap_home home;
    home = (struct tap_home){.step_ml = LITRE, .drip_ml_h = 5000, .drip_from_ms = T0};
    struct watch watch = watch_from(T0);
    read_on(&watch, &home, T0 + 10 * DAY, 3 * HOUR);
    assert_false(leak_judge(&watch.leak, &watch.policy).decided);
}

static void what_was_told_stands_while_unobserved_and_says_its_figures(void **state)
{
    (void)state;
    static struct tap_home home;
    home = (struct tap_home){.step_ml = LITRE, .drip_ml_h = 5000, .drip_from_ms = T0};
    struct watch watch = watch_from(T0);
    read_on(&watch, &home, T0 + 50 * HOUR, HOUR);
    struct sw_evidence evidence = {0};
    leak_evidence(&watch.leak, &evidence);
    assert_int_equal(evidence.rule, SW_ALERT_RULE_NO_STILL_HOUR);
    assert_int_equal(evidence.window_ms, 50 * HOUR);
    assert_int_equal(evidence.coverage_permille, 1000);
    assert_int_equal(evidence.value_milli, 250 * LITRE);
    assert_true(evidence.rate_known);
    assert_int_equal(evidence.rate_milli_per_h, 5 * LITRE);
    assert_int_equal(leak_judge(&watch.leak, &watch.policy).onset_ms, T0);
}

static void a_clock_set_back_begins_the_watch_anew(void **state)
{
    (void)state;
    static struct tap_home home;
    home = (struct tap_home){.step_ml = LITRE, .drip_ml_h = 5000, .drip_from_ms = T0 - DAY};
    struct watch watch = watch_from(T0);
    read_on(&watch, &home, T0 + 30 * HOUR, HOUR);
    leak_set_back(&watch.leak, T0);
    assert_false(leak_judge(&watch.leak, &watch.policy).decided);
    watch.read_ms = T0;
    read_on(&watch, &home, T0 + 23 * HOUR, HOUR);
    assert_false(leak_judge(&watch.leak, &watch.policy).decided);
    read_on(&watch, &home, T0 + 24 * HOUR, HOUR);
    assert_true(leak_judge(&watch.leak, &watch.policy).decided);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_is_small),
        cmocka_unit_test(a_home_without_leak_is_never_told_of_one),
        cmocka_unit_test(a_leak_is_advice_after_a_day_and_an_alert_after_two),
        cmocka_unit_test(the_tiers_come_at_the_same_hour_at_every_period),
        cmocka_unit_test(a_still_hour_ends_it),
        cmocka_unit_test(a_coarse_meter_has_to_stand_still_for_longer),
        cmocka_unit_test(unobserved_time_is_neither_still_nor_flowing),
        cmocka_unit_test(a_long_gap_begins_the_watch_anew),
        cmocka_unit_test(a_home_read_too_rarely_is_undecided),
        cmocka_unit_test(what_was_told_stands_while_unobserved_and_says_its_figures),
        cmocka_unit_test(a_clock_set_back_begins_the_watch_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
