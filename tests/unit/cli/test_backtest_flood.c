#include <stdlib.h>

#include "cli/backtest_flood.h"
#include "core_fixture.h"

/* A sample a minute from `start_ms` on. */
static struct series profile_of(int64_t start_ms, const int *depths_mm, size_t count)
{
    struct series profile = {.name = "street-1"};
    for (size_t i = 0; i < count; i++)
        assert_true(series_add(&profile, start_ms + (int64_t)i * MINUTE, depths_mm[i] * MM));
    return profile;
}

static const int deep[] = {0, 20, 60, 100, 180, 240, 255, 300, 200, 120, 60, 0};
static const int shallow[] = {0, 30, 70, 110, 40, 0};
static const int puddle[] = {0, 20, 45, 0};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void facts_of_a_profile(void **state)
{
    (void)state;
    struct series profile = profile_of(T0, deep, COUNT(deep));
    struct flood_facts facts = flood_facts_of(&profile);
    assert_int_equal(facts.deepest_um, 300 * MM);
    assert_int_equal(facts.orange_ms, T0 + 6 * MINUTE);
    assert_int_equal(flood_told_by_line(&profile, 100 * MM).yellow_ms, T0 + 3 * MINUTE);
    assert_int_equal(flood_told_by_line(&profile, 301 * MM).yellow_ms, 0);
    free(profile.readings);
}

static void found_missed_and_lead(void **state)
{
    (void)state;
    struct flood_score score = {0};
    struct flood_facts orange = {300 * MM, T0 + 10 * MINUTE}, yellow = {110 * MM, 0}, blue = {60 * MM, 0};
    struct flood_told early = {.any = true, .yellow_ms = T0 + 3 * MINUTE};
    struct flood_told late = {.any = true, .yellow_ms = T0 + 12 * MINUTE};
    struct flood_told soft = {.any = true}, none = {0};
    assert_true(flood_count(&score, &orange, &early) && flood_count(&score, &orange, &late));
    assert_true(flood_count(&score, &yellow, &soft) && flood_count(&score, &yellow, &early));
    assert_true(flood_count(&score, &blue, &none) && flood_count(&score, &blue, &early));
    assert_int_equal(score.events, 6);
    assert_int_equal(score.blue, 6);
    assert_int_equal(score.blue_found, 5);
    assert_int_equal(score.yellow, 4);
    assert_int_equal(score.yellow_found, 3);
    assert_int_equal(score.orange, 2);
    assert_int_equal(score.warned, 4);
    assert_int_equal(score.warned_never_yellow, 1);
    assert_int_equal(score.warned_never_orange, 2);
    assert_int_equal(score.leads_ms.values[0], 7 * MINUTE);
    assert_int_equal(score.leads_ms.values[1], 0);
    flood_score_free(&score);
}

static void forecasts_are_held_against_what_came(void **state)
{
    (void)state;
    struct flood_score score = {0};
    struct flood_forecast right = {T0, 250 * MM, 5 * MINUTE, 8 * MINUTE, 20 * MINUTE, T0 + 10 * MINUTE};
    struct flood_forecast early = {T0, 250 * MM, 5 * MINUTE, 8 * MINUTE, 20 * MINUTE, T0 + 2 * MINUTE};
    struct flood_forecast vain = {T0, 250 * MM, 5 * MINUTE, 8 * MINUTE, 20 * MINUTE, 0};
    assert_true(flood_count_forecast(&score, &right) && flood_count_forecast(&score, &early));
    assert_true(flood_count_forecast(&score, &vain));
    assert_int_equal(score.forecasts, 3);
    assert_int_equal(score.forecasts_inside, 1);
    assert_int_equal(score.forecasts_in_vain, 1);
    assert_int_equal(numbers_quantile(&score.forecast_errors_ms, 0), 2 * MINUTE);
    assert_int_equal(numbers_quantile(&score.forecast_errors_ms, 1000), 6 * MINUTE);
    flood_score_free(&score);
}

static void bands_by_policy(void **state)
{
    (void)state;
    struct level_policy policy = policy_city_default().level;
    assert_int_equal(flood_band_of(&policy, 49 * MM), SW_COLOUR_GREEN);
    assert_int_equal(flood_band_of(&policy, 50 * MM), SW_COLOUR_BLUE);
    assert_int_equal(flood_band_of(&policy, 399 * MM), SW_COLOUR_ORANGE);
    policy.band_um[SW_COLOUR_RED] = LEVEL_BAND_OFF;
    assert_int_equal(flood_band_of(&policy, 5000 * MM), SW_COLOUR_ORANGE);
}

/* Bands alone: no forecast, so that the yellow band's own sample is the first alarm. */
static void the_core_is_told_of_every_flood_of_a_sensor(void **state)
{
    (void)state;
    struct series profiles[] = {profile_of(T0, deep, COUNT(deep)), profile_of(T0 + 2 * HOUR, shallow, COUNT(shallow)),
                                profile_of(T0 + 40 * DAY, puddle, COUNT(puddle))};
    struct policy policy = policy_city_default();
    struct flood_score score = {0};
    assert_true(flood_score_core(profiles, 3, &policy, &score));
    assert_int_equal(score.events, 3);
    assert_int_equal(score.blue_found, 2);
    assert_int_equal(score.yellow_found, 2);
    assert_int_equal(score.band_errors, 0);
    assert_int_equal(score.wet_samples, 11);
    assert_int_equal(score.under_samples, 0);
    assert_int_equal(score.leads_ms.count, 1);
    assert_true(score.leads_ms.values[0] >= 3 * MINUTE);
    flood_score_free(&score);
    for (size_t i = 0; i < 3; i++)
        free(profiles[i].readings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_of_a_profile),
        cmocka_unit_test(found_missed_and_lead),
        cmocka_unit_test(forecasts_are_held_against_what_came),
        cmocka_unit_test(bands_by_policy),
        cmocka_unit_test(the_core_is_told_of_every_flood_of_a_sensor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
