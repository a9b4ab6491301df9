#include "core/detect/agreement.h"
#include "core_fixture.h"

static struct agreement judge(enum agreement_claim claim, const struct agreement_witness *witnesses, size_t count,
                              bool weather_warning)
{
    struct agreement_policy policy = agreement_policy_default();
    return agreement_judge(&policy, claim, witnesses, count, weather_warning, T0);
}

static void alone_a_healthy_sensor_is_likely_and_a_quarantined_one_possible(void **state)
{
    (void)state;
    assert_int_equal(judge(AGREEMENT_CLAIM_REACHED, NULL, 0, false).certainty, SW_CERTAINTY_LIKELY);
    assert_int_equal(judge(AGREEMENT_CLAIM_QUARANTINED, NULL, 0, false).certainty, SW_CERTAINTY_POSSIBLE);
    assert_int_equal(judge(AGREEMENT_CLAIM_FORECAST, NULL, 0, false).certainty, SW_CERTAINTY_POSSIBLE);
    assert_false(judge(AGREEMENT_CLAIM_REACHED, NULL, 0, false).helped);
}

static void who_agrees_raises_the_certainty(void **state)
{
    (void)state;
    const struct agreement_witness rain = {AGREEMENT_RAIN, AGREEMENT_RISING, T0 - 10 * MINUTE};
    struct agreement agreement = judge(AGREEMENT_CLAIM_REACHED, &rain, 1, false);
    assert_int_equal(agreement.certainty, SW_CERTAINTY_OBSERVED);
    assert_int_equal(agreement.agree, 1);
    assert_true(agreement.helped);
    assert_int_equal(judge(AGREEMENT_CLAIM_FORECAST, &rain, 1, false).certainty, SW_CERTAINTY_LIKELY);
}

static void who_disagrees_lowers_it(void **state)
{
    (void)state;
    const struct agreement_witness dry = {AGREEMENT_NEIGHBOUR, AGREEMENT_DRY, T0 - MINUTE};
    struct agreement agreement = judge(AGREEMENT_CLAIM_REACHED, &dry, 1, false);
    assert_int_equal(agreement.certainty, SW_CERTAINTY_POSSIBLE);
    assert_int_equal(agreement.disagree, 1);
    assert_int_equal(judge(AGREEMENT_CLAIM_QUARANTINED, &dry, 1, false).certainty, SW_CERTAINTY_UNLIKELY);
}

static void one_wet_neighbour_weighs_more_than_one_dry_one(void **state)
{
    (void)state;
    const struct agreement_witness both[] = {{AGREEMENT_NEIGHBOUR, AGREEMENT_DRY, T0},
                                             {AGREEMENT_NEIGHBOUR, AGREEMENT_RISING, T0}};
    assert_int_equal(judge(AGREEMENT_CLAIM_REACHED, both, 2, false).certainty, SW_CERTAINTY_OBSERVED);
    const struct agreement_witness three[] = {both[0], both[0], both[1]};
    assert_int_equal(judge(AGREEMENT_CLAIM_REACHED, three, 3, false).certainty, SW_CERTAINTY_LIKELY);
}

static void the_first_upstream_that_agrees_is_known(void **state)
{
    (void)state;
    const struct agreement_witness all[] = {{AGREEMENT_NEIGHBOUR, AGREEMENT_RISING, T0},
                                            {AGREEMENT_UPSTREAM, AGREEMENT_DRY, T0},
                                            {AGREEMENT_UPSTREAM, AGREEMENT_RISING, T0},
                                            {AGREEMENT_UPSTREAM, AGREEMENT_RISING, T0}};
    assert_int_equal(judge(AGREEMENT_CLAIM_REACHED, all, 4, false).upstream, 2);
    assert_true(judge(AGREEMENT_CLAIM_REACHED, all, 2, false).upstream == AGREEMENT_NOBODY);
}

static void an_old_word_is_no_word(void **state)
{
    (void)state;
    const struct agreement_witness old[] = {{AGREEMENT_NEIGHBOUR, AGREEMENT_DRY, T0 - 31 * MINUTE},
                                            {AGREEMENT_RAIN, AGREEMENT_DRY, 0},
                                            {AGREEMENT_UPSTREAM, AGREEMENT_RISING, T0 - 2 * HOUR}};
    struct agreement agreement = judge(AGREEMENT_CLAIM_REACHED, old, 3, false);
    assert_int_equal(agreement.unknown, 3);
    assert_int_equal(agreement.certainty, SW_CERTAINTY_LIKELY);
}

static void a_weather_warning_lowers_the_bar_but_is_no_witness(void **state)
{
    (void)state;
    struct agreement_policy policy = agreement_policy_default();
    struct agreement agreement = judge(AGREEMENT_CLAIM_REACHED, NULL, 0, true);
    assert_true(agreement.helped);
    assert_int_equal(agreement.certainty, SW_CERTAINTY_LIKELY);
    assert_int_equal(agreement_on_delay_ms(&policy, &agreement, 10 * MINUTE), 5 * MINUTE);
    agreement.helped = false;
    assert_int_equal(agreement_on_delay_ms(&policy, &agreement, 10 * MINUTE), 10 * MINUTE);
}

static void the_evidence_counts_who_agrees(void **state)
{
    (void)state;
    const struct agreement_witness both[] = {{AGREEMENT_UPSTREAM, AGREEMENT_RISING, T0},
                                             {AGREEMENT_RAIN, AGREEMENT_DRY, T0}};
    struct agreement agreement = judge(AGREEMENT_CLAIM_REACHED, both, 2, false);
    struct sw_evidence evidence = {0};
    agreement_evidence(&agreement, &evidence);
    assert_int_equal(evidence.certainty, SW_CERTAINTY_OBSERVED);
    assert_int_equal(evidence.agree, 1);
    assert_int_equal(evidence.disagree, 1);
}

static void a_level_sensor_says_dry_rising_or_nothing(void **state)
{
    (void)state;
    struct agreement_policy policy = agreement_policy_default();
    struct rise_policy rising = rise_policy_default();
    struct level_policy bands = policy_city_default().level;
    struct rise rise = {0};
    assert_int_equal(agreement_word_of_level(&policy, &rise, &rising), AGREEMENT_UNKNOWN);
    rise_take(&rise, &rising, &bands, T0, 0, false);
    assert_int_equal(agreement_word_of_level(&policy, &rise, &rising), AGREEMENT_DRY);
    for (int64_t minute = 1; minute < 6; minute++)
        rise_take(&rise, &rising, &bands, T0 + minute * MINUTE, 12 * minute * MM, false);
    assert_int_equal(agreement_word_of_level(&policy, &rise, &rising), AGREEMENT_RISING);
    for (int64_t minute = 6; minute < 30; minute++)
        rise_take(&rise, &rising, &bands, T0 + minute * MINUTE, 60 * MM, false);
    assert_int_equal(agreement_word_of_level(&policy, &rise, &rising), AGREEMENT_UNKNOWN);
}

/* 12 mm a minute for five minutes, a plateau, dry again: the crest is passed on for as long as water travels. */
static void a_crest_upstream_counts_until_it_is_here(void **state)
{
    (void)state;
    struct agreement_policy policy = agreement_policy_default(), travels = policy;
    struct rise_policy rising = rise_policy_default();
    struct level_policy bands = policy_city_default().level;
    struct rise rise = {0};
    travels.travel_ms = 90 * MINUTE;
    for (int64_t minute = 0; minute < 120; minute++) {
        int64_t level_um = minute < 10 ? 0 : minute < 15 ? 12 * (minute - 9) * MM : minute < 30 ? 60 * MM : 0;
        rise_take(&rise, &rising, &bands, T0 + minute * MINUTE, level_um, false);
        int64_t now_ms = T0 + minute * MINUTE + 30 * SECOND;
        enum agreement_word word = agreement_word_of_level(&policy, &rise, &rising);
        assert_int_equal(agreement_word_of_upstream(&policy, &rise, &rising, now_ms), word);
        bool on_its_way = minute >= 10 && minute < 14 + 90;
        if (minute == 0 || minute >= 80) assert_int_equal(word, AGREEMENT_DRY);
        assert_int_equal(agreement_word_of_upstream(&travels, &rise, &rising, now_ms),
                         on_its_way ? AGREEMENT_RISING : word);
    }
}

static void a_rain_gauge_says_dry_only_without_any_rain(void **state)
{
    (void)state;
    struct agreement_policy policy = agreement_policy_default();
    assert_int_equal(agreement_word_of_rain(&policy, 0), AGREEMENT_DRY);
    assert_int_equal(agreement_word_of_rain(&policy, 400), AGREEMENT_UNKNOWN);
    assert_int_equal(agreement_word_of_rain(&policy, 2 * MM), AGREEMENT_RISING);
}

static struct condition of(enum sw_colour colour, int64_t onset_ms)
{
    return (struct condition){.decided = true, .colour = colour, .onset_ms = onset_ms};
}

static void an_open_cover_over_rising_water_is_more_than_either(void **state)
{
    (void)state;
    const struct condition open = of(SW_COLOUR_ORANGE, T0), shut = of(SW_COLOUR_GREEN, 0);
    const struct condition yellow = of(SW_COLOUR_YELLOW, T0 + MINUTE), dry = of(SW_COLOUR_GREEN, 0);
    const struct condition soon = of(SW_COLOUR_ORANGE, T0 - MINUTE);
    struct condition both = agreement_cover_and_level(&open, &yellow, &dry);
    assert_int_equal(both.colour, SW_COLOUR_RED);
    assert_int_equal(both.onset_ms, T0 + MINUTE);
    assert_int_equal(agreement_cover_and_level(&open, &dry, &soon).colour, SW_COLOUR_RED);
    assert_int_equal(agreement_cover_and_level(&shut, &yellow, &soon).colour, SW_COLOUR_GREEN);
    assert_int_equal(agreement_cover_and_level(&open, &dry, &dry).colour, SW_COLOUR_GREEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alone_a_healthy_sensor_is_likely_and_a_quarantined_one_possible),
        cmocka_unit_test(who_agrees_raises_the_certainty),
        cmocka_unit_test(who_disagrees_lowers_it),
        cmocka_unit_test(one_wet_neighbour_weighs_more_than_one_dry_one),
        cmocka_unit_test(the_first_upstream_that_agrees_is_known),
        cmocka_unit_test(an_old_word_is_no_word),
        cmocka_unit_test(a_weather_warning_lowers_the_bar_but_is_no_witness),
        cmocka_unit_test(the_evidence_counts_who_agrees),
        cmocka_unit_test(a_level_sensor_says_dry_rising_or_nothing),
        cmocka_unit_test(a_crest_upstream_counts_until_it_is_here),
        cmocka_unit_test(a_rain_gauge_says_dry_only_without_any_rain),
        cmocka_unit_test(an_open_cover_over_rising_water_is_more_than_either),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
