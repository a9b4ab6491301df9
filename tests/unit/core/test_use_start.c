/* What counts as human use: with and without a drip, at all reading periods. */
#include "core/aggregate/use_start.h"
#include "flow_fixture.h"

static const int64_t periods[] = {MINUTE, 15 * MINUTE, HOUR};
#define PERIODS (sizeof periods / sizeof periods[0])

struct watch {
    struct use_start start;
    struct use_start_policy policy;
    int64_t read_ms;
    int uses, taken_back;
};

static struct watch watch_from(int64_t time_ms)
{
    return (struct watch){.policy = use_start_policy_default(), .read_ms = time_ms};
}

/* Reads up to `until_ms`; the number of intervals that are human use. */
static int read_on(struct watch *watch, const struct tap_home *home, int64_t until_ms, int64_t period_ms)
{
    int uses = 0;
    for (; watch->read_ms + period_ms <= until_ms; watch->read_ms += period_ms) {
        struct flow flow = tap_flow(home, watch->read_ms, watch->read_ms + period_ms);
        struct use_start_verdict verdict = use_start_take(&watch->start, &watch->policy, &flow);
        assert_true(verdict.use == (verdict.volume_ml > 0));
        assert_true(verdict.volume_ml <= flow.use_ml);
        uses += verdict.use;
        watch->taken_back += verdict.taken_back;
    }
    watch->uses += uses;
    return uses;
}

static void state_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(struct use_start) <= 96);
}

static void in_a_home_without_drip_any_growth_is_use(void **state)
{
    (void)state;
    for (size_t p = 0; p < PERIODS; p++) {
        static struct tap_home home;
        home = (struct tap_home){.step_ml = LITRE};
        tap_live(&home, T0, 14);
        struct watch watch = watch_from(T0);
        int growths = 0;
        for (int64_t t = T0; t < T0 + 14 * DAY; t += periods[p])
            growths += tap_flow(&home, t, t + periods[p]).use_ml > 0;
        assert_int_equal(read_on(&watch, &home, T0 + 14 * DAY, periods[p]), growths);
        assert_int_equal(watch.start.drip_ml_day, 0);
        assert_int_equal((watch.start.last_use_s * SECOND),
                         T0 + 13 * DAY + 22 * HOUR + (p < 2 ? 22 + (p ? 8 : 0) : 60) * MINUTE);
    }
}

static void a_drip_known_before_does_not_keep_a_still_home_alive(void **state)
{
    (void)state;
    static const int64_t drips_ml_h[] = {1500, 2000, 5250, 10000, 17300};
    for (size_t d = 0; d < sizeof drips_ml_h / sizeof drips_ml_h[0]; d++) {
        for (size_t p = 0; p < PERIODS; p++) {
            static struct tap_home home;
            home = (struct tap_home){.step_ml = LITRE, .drip_ml_h = drips_ml_h[d], .drip_from_ms = T0 - 400 * SECOND};
            tap_live(&home, T0, 10);
            struct watch watch = watch_from(T0);
            read_on(&watch, &home, T0 + 10 * DAY + 3 * HOUR, periods[p]);
            int late = read_on(&watch, &home, T0 + 14 * DAY, periods[p]);
            if (late)
                fail_msg("drip %d ml/h, period %d min: %d uses", (int)drips_ml_h[d], (int)(periods[p] / MINUTE), late);
            assert_in_range((watch.start.last_use_s * SECOND), T0 + 9 * DAY + 20 * HOUR, T0 + 10 * DAY + 3 * HOUR);
            assert_in_range(watch.start.drip_ml_day / 24, drips_ml_h[d] * 95 / 100, drips_ml_h[d] * 125 / 100);
        }
    }
}

static void a_flush_on_top_of_a_drip_is_seen(void **state)
{
    (void)state;
    for (size_t p = 0; p < PERIODS; p++) {
        static struct tap_home home;
        home = (struct tap_home){.step_ml = LITRE, .drip_ml_h = 5250, .drip_from_ms = T0};
        struct watch watch = watch_from(T0);
        read_on(&watch, &home, T0 + DAY, periods[p]);
        tap_use(&home, T0 + 30 * HOUR + 20 * MINUTE, 30 * SECOND, 3 * LITRE);
        assert_int_equal(read_on(&watch, &home, T0 + 30 * HOUR, periods[p]), 0);
        assert_true(read_on(&watch, &home, T0 + 31 * HOUR, periods[p]) >= 1);
        assert_in_range((watch.start.last_use_s * SECOND), T0 + 30 * HOUR + 20 * MINUTE, T0 + 31 * HOUR);
        assert_int_equal(read_on(&watch, &home, T0 + 60 * HOUR, periods[p]), 0);
    }
}

static void a_tap_of_two_litres_on_top_of_a_drip_is_seen_within_the_hour(void **state)
{
    (void)state;
    static struct tap_home home;
    home = (struct tap_home){.step_ml = LITRE, .drip_ml_h = 2000, .drip_from_ms = T0};
    struct watch watch = watch_from(T0);
    read_on(&watch, &home, T0 + DAY, MINUTE);
    for (int i = 0; i < 8; i++)
        tap_use(&home, T0 + (25 + 3 * i) * HOUR + (7 * i + 3) * MINUTE, MINUTE, 2 * LITRE);
    for (int i = 0; i < 8; i++) {
        read_on(&watch, &home, T0 + (25 + 3 * i) * HOUR, MINUTE);
        assert_true(read_on(&watch, &home, T0 + (26 + 3 * i) * HOUR, MINUTE) >= 1);
    }
}

static void a_drip_that_begins_when_uses_stop_is_found_out_and_its_uses_taken_back(void **state)
{
    (void)state;
    static const struct {
        int64_t drip_ml_h;
        int64_t hours;
    } cases[] = {{500, 30}, {2000, 26}, {10000, 26}, {17300, 26}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        for (size_t p = 0; p < PERIODS; p++) {
            static struct tap_home home;
            int64_t fall_ms = T0 + 6 * DAY + 11 * HOUR;
            home = (struct tap_home){.step_ml = LITRE, .drip_ml_h = cases[c].drip_ml_h, .drip_from_ms = fall_ms};
            tap_live(&home, T0, 6);
            struct watch watch = watch_from(T0);
            read_on(&watch, &home, fall_ms, periods[p]);
            assert_int_equal(watch.start.drip_ml_day, 0);
            read_on(&watch, &home, fall_ms + cases[c].hours * HOUR, periods[p]);
            assert_true(watch.start.drip_ml_day > 0);
            assert_int_equal(watch.taken_back, 1);
            assert_true((watch.start.last_use_s * SECOND) <= fall_ms + 3 * HOUR);
            assert_int_equal(read_on(&watch, &home, fall_ms + 3 * DAY, periods[p]), 0);
        }
    }
}

/* Ten litres an hour, up and down by a tenth within seven hours. */
static void a_drip_that_wavers_is_still_a_drip(void **state)
{
    (void)state;
    for (size_t p = 0; p < PERIODS; p++) {
        struct use_start start = {0};
        struct use_start_policy policy = use_start_policy_default();
        int64_t passed_ul = 0, before_ml = 0;
        int uses = 0;
        for (int64_t t = 0; t < 5 * DAY; t += periods[p]) {
            for (int64_t s = t; s < t + periods[p]; s += MINUTE) {
                int64_t phase_min = s / MINUTE % 420;
                int64_t waver = phase_min < 210 ? phase_min - 105 : 315 - phase_min; /* -105 to 105 */
                passed_ul += (10000000 + waver * 9500) / 60;
            }
            int64_t total_ml = passed_ul / 1000000 * 1000;
            struct flow flow = {T0 + t, T0 + t + periods[p], total_ml - before_ml, true};
            before_ml = total_ml;
            uses += use_start_take(&start, &policy, &flow).use && t > DAY;
        }
        assert_true(start.drip_ml_day > 0);
        assert_int_equal(uses, 0);
    }
}

static void a_drip_that_has_stopped_is_forgotten(void **state)
{
    (void)state;
    for (size_t p = 0; p < PERIODS; p++) {
        static struct tap_home home;
        home = (struct tap_home){.step_ml = LITRE, .drip_ml_h = 2000, .drip_from_ms = T0, .drip_to_ms = T0 + 2 * DAY};
        struct watch watch = watch_from(T0);
        read_on(&watch, &home, T0 + 2 * DAY, periods[p]);
        assert_true(watch.start.drip_ml_day > 0);
        /* 2, 2, 2 L by the hour look like a step of 2 L, and by the minute like lots of a cistern. */
        read_on(&watch, &home, T0 + 2 * DAY + 16 * HOUR, periods[p]);
        assert_int_equal(watch.start.drip_ml_day, 0);
        tap_use(&home, T0 + 3 * DAY, 10 * SECOND, LITRE); /* the least use its meter shows */
        assert_int_equal(read_on(&watch, &home, T0 + 4 * DAY, periods[p]), 1);
    }
}

static int read_real(struct watch *watch, const struct tap_home *home, int64_t until_ms, int64_t period_ms)
{
    int64_t before_ms = (watch->start.last_real_s * SECOND);
    read_on(watch, home, until_ms, period_ms);
    return (watch->start.last_real_s * SECOND) != before_ms;
}

static void a_slow_drip_is_never_real_use_and_a_flush_is(void **state)
{
    (void)state;
    static const int64_t steps_ml[] = {1, LITRE};
    static const int64_t drips_l_day[] = {1, 2, 3, 4, 6, 24};
    for (size_t k = 0; k < sizeof drips_l_day / sizeof drips_l_day[0] * 2 * PERIODS; k++) {
        static struct tap_home home;
        home = (struct tap_home){.step_ml = steps_ml[k % 2], .drip_from_ms = T0 - 77 * MINUTE};
        home.drip_ml_h = drips_l_day[k / 2 / PERIODS] * LITRE / 24;
        struct watch watch = watch_from(T0);
        assert_false(read_real(&watch, &home, T0 + 12 * DAY, periods[k / 2 % PERIODS]));
        tap_use(&home, T0 + 12 * DAY + 10 * MINUTE, MINUTE, 6 * LITRE);
        assert_true(read_real(&watch, &home, T0 + 13 * DAY, periods[k / 2 % PERIODS]));
        assert_in_range((watch.start.last_real_s * SECOND), T0 + 12 * DAY, T0 + 12 * DAY + HOUR);
    }
}

static void real_use_that_turns_out_to_be_a_drip_is_taken_back(void **state)
{
    (void)state;
    for (size_t p = 0; p < PERIODS; p++) {
        static struct tap_home home;
        int64_t fall_ms = T0 + 6 * DAY + 11 * HOUR;
        home = (struct tap_home){.step_ml = LITRE, .drip_ml_h = 10 * LITRE, .drip_from_ms = fall_ms};
        tap_live(&home, T0, 6);
        struct watch watch = watch_from(T0);
        read_on(&watch, &home, fall_ms + 12 * HOUR, periods[p]);
        assert_true((watch.start.last_real_s * SECOND) > fall_ms + 10 * HOUR);
        read_on(&watch, &home, fall_ms + 3 * DAY, periods[p]);
        assert_true((watch.start.last_real_s * SECOND) <= fall_ms + 3 * HOUR);
    }
}

static void human_hours_are_the_same_at_every_period(void **state)
{
    (void)state;
    static struct tap_home home;
    home = (struct tap_home){.step_ml = LITRE};
    tap_live(&home, T0, 20);
    bool seen[3][20 * 24] = {{false}};
    for (size_t p = 0; p < PERIODS; p++) {
        struct watch watch = watch_from(T0);
        for (int hour = 0; hour < 20 * 24; hour++)
            seen[p][hour] = read_on(&watch, &home, T0 + (hour + 1) * HOUR, periods[p]) > 0;
    }
    assert_memory_equal(seen[0], seen[1], sizeof seen[0]);
    assert_memory_equal(seen[0], seen[2], sizeof seen[0]);
}

static void the_meters_step_is_learned(void **state)
{
    (void)state;
    static const int64_t steps_ml[] = {LITRE, 3785, 10 * LITRE};
    for (size_t s = 0; s < sizeof steps_ml / sizeof steps_ml[0]; s++) {
        static struct tap_home home;
        home = (struct tap_home){.step_ml = steps_ml[s]};
        tap_live(&home, T0, 20);
        struct watch watch = watch_from(T0);
        read_on(&watch, &home, T0 + 20 * DAY, HOUR);
        assert_int_equal(use_start_step_ml(&watch.start), steps_ml[s]);
    }
}

static void a_total_rounded_to_ml_hides_no_step(void **state)
{
    (void)state;
    struct use_start start = {0};
    struct use_start_policy policy = use_start_policy_default();
    struct chance chance = {42};
    for (int64_t t = T0, pulses = 0; t < T0 + 30 * DAY; t += HOUR) {
        int64_t before = pulses;
        pulses += chance_below(&chance, 12);
        struct flow flow = {t, t + HOUR, pulses * 3785412 / 1000 - before * 3785412 / 1000, true};
        use_start_take(&start, &policy, &flow);
    }
    assert_in_range(use_start_step_ml(&start), 3780, 3790);
}

static void use_in_an_unobserved_time_is_use_and_ends_a_line(void **state)
{
    (void)state;
    static struct tap_home home;
    home = (struct tap_home){.step_ml = LITRE, .drip_ml_h = 2000, .drip_from_ms = T0};
    struct watch watch = watch_from(T0);
    read_on(&watch, &home, T0 + DAY, HOUR);
    struct flow drip_alone = tap_flow(&home, T0 + DAY, T0 + 2 * DAY);
    assert_false(drip_alone.observed);
    assert_false(use_start_take(&watch.start, &watch.policy, &drip_alone).use);
    struct flow more = {T0 + 2 * DAY, T0 + 3 * DAY, 70 * LITRE, false};
    struct use_start_verdict verdict = use_start_take(&watch.start, &watch.policy, &more);
    assert_true(verdict.use);
    assert_in_range(verdict.volume_ml, 10 * LITRE, 22 * LITRE); /* 22 L, less what a drip may waver in a day */
    assert_int_equal(verdict.time_ms, T0 + 3 * DAY);
    assert_int_equal((watch.start.anchor_s * SECOND), 0);
}

static void a_clock_set_back_leaves_no_time_ahead(void **state)
{
    (void)state;
    static struct tap_home home;
    home = (struct tap_home){.step_ml = LITRE, .drip_ml_h = 2000, .drip_from_ms = T0 - 10 * DAY};
    tap_live(&home, T0, 3);
    struct watch watch = watch_from(T0);
    read_on(&watch, &home, T0 + 3 * DAY, MINUTE);
    use_start_set_back(&watch.start, T0);
    assert_true((watch.start.last_use_s * SECOND) <= T0);
    assert_true((watch.start.still_s * SECOND) <= T0);
    watch.read_ms = T0 - 5 * DAY; /* no use there: the drip is still known */
    assert_int_equal(read_on(&watch, &home, T0, MINUTE), 0);
}

static void any_numbers_leave_a_sound_state(void **state)
{
    (void)state;
    struct chance chance = {7};
    struct use_start_policy policy = use_start_policy_default();
    struct use_start start = {0};
    int64_t time_ms = T0;
    for (int i = 0; i < 200000; i++) {
        int64_t elapsed_ms = 1 + chance_below(&chance, chance_below(&chance, 50) ? HOUR : 400 * DAY);
        int64_t use_ml =
            chance_below(&chance, 3) ? 0 : chance_below(&chance, chance_below(&chance, 50) ? 5000 : INT64_C(1) << 49);
        struct flow flow = {time_ms, time_ms + elapsed_ms, use_ml, elapsed_ms <= FLOW_OBSERVED_GAP};
        time_ms += elapsed_ms;
        struct use_start_verdict verdict = use_start_take(&start, &policy, &flow);
        assert_true(verdict.volume_ml >= 0 && verdict.volume_ml <= use_ml);
        assert_true(start.allowance_ul >= 0 && start.drip_ml_day >= 0);
        assert_true((start.last_use_s * SECOND) <= time_ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_is_small),
        cmocka_unit_test(in_a_home_without_drip_any_growth_is_use),
        cmocka_unit_test(a_drip_known_before_does_not_keep_a_still_home_alive),
        cmocka_unit_test(a_flush_on_top_of_a_drip_is_seen),
        cmocka_unit_test(a_tap_of_two_litres_on_top_of_a_drip_is_seen_within_the_hour),
        cmocka_unit_test(a_drip_that_begins_when_uses_stop_is_found_out_and_its_uses_taken_back),
        cmocka_unit_test(a_drip_that_wavers_is_still_a_drip),
        cmocka_unit_test(a_drip_that_has_stopped_is_forgotten),
        cmocka_unit_test(a_slow_drip_is_never_real_use_and_a_flush_is),
        cmocka_unit_test(real_use_that_turns_out_to_be_a_drip_is_taken_back),
        cmocka_unit_test(human_hours_are_the_same_at_every_period),
        cmocka_unit_test(the_meters_step_is_learned),
        cmocka_unit_test(a_total_rounded_to_ml_hides_no_step),
        cmocka_unit_test(use_in_an_unobserved_time_is_use_and_ends_a_line),
        cmocka_unit_test(a_clock_set_back_leaves_no_time_ahead),
        cmocka_unit_test(any_numbers_leave_a_sound_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
