/* The synthetic noise below stands in for quiet time, which FloodNet's set does not hold. It is built from what is
 * published of that network: about 100 false crossings per sensor and month, nearly all from a few bad sensors, in
 * blips of one sample, values that bounce, and objects that stand under the sensor. It is a model, not a measurement.
 */
#include "core/normalise/level_quality.h"
#include "core_fixture.h"
#include "flood_data.h"

static struct level_quality_verdict say(struct level_quality *quality, int64_t minute, int64_t mm)
{
    struct level_quality_policy policy = level_quality_policy_default();
    return level_quality_take(quality, &policy, T0 + minute * MINUTE, mm * MM, false);
}

/* Three blips of one sample, an hour apart: enough to be quarantined. Returns the next free minute. */
static int64_t blame_from(struct level_quality *quality, int64_t minute)
{
    for (int i = 0; i < 3; i++, minute += 60) {
        say(quality, minute, 0);
        say(quality, minute + 1, 300);
        say(quality, minute + 2, 0);
    }
    assert_true(level_quality_is_quarantined(quality));
    return minute;
}

static int64_t blame(struct level_quality *quality)
{
    return blame_from(quality, 0);
}

static void a_healthy_sensor_is_believed_at_once(void **state)
{
    (void)state;
    struct level_quality quality = {0};
    assert_int_equal(say(&quality, 0, 0).quality, SW_QUALITY_GOOD);
    assert_int_equal(say(&quality, 1, 259).quality, SW_QUALITY_GOOD);
    assert_int_equal(say(&quality, 2, 900).quality, SW_QUALITY_GOOD);
    assert_int_equal(say(&quality, 3, 9000).quality, SW_QUALITY_GOOD);
}

/* Where a city switches the rate test on. */
static struct level_quality_verdict say_by_rate(struct level_quality *quality, int64_t minute, int64_t mm)
{
    struct level_quality_policy policy = level_quality_policy_default();
    policy.rise_max_um_min = 1000 * MM;
    return level_quality_take(quality, &policy, T0 + minute * MINUTE, mm * MM, false);
}

static void a_rise_no_water_makes_is_suspect_until_it_stays(void **state)
{
    (void)state;
    struct level_quality quality = {0};
    say_by_rate(&quality, 0, 0);
    assert_int_equal(say_by_rate(&quality, 1, 1500).reason, SW_REASON_RATE);
    assert_int_equal(say_by_rate(&quality, 2, 0).quality, SW_QUALITY_GOOD);
    quality = (struct level_quality){0};
    say_by_rate(&quality, 2, 0);
    assert_int_equal(say_by_rate(&quality, 3, 3500).reason, SW_REASON_RATE);
    assert_int_equal(say_by_rate(&quality, 4, 3510).reason, SW_REASON_RATE);
    assert_int_equal(say_by_rate(&quality, 5, 3520).quality, SW_QUALITY_GOOD);
}

static void outside_the_range_is_bad_and_leaves_no_trace(void **state)
{
    (void)state;
    struct level_quality_policy policy = level_quality_policy_default();
    policy.full_scale_um = 5000 * MM;
    struct level_quality quality = {0};
    struct level_quality before = quality;
    assert_int_equal(level_quality_take(&quality, &policy, T0, 20000 * MM, false).quality, SW_QUALITY_BAD);
    assert_int_equal(level_quality_take(&quality, &policy, T0, -600 * MM, false).reason, SW_REASON_RANGE);
    assert_int_equal(level_quality_take(&quality, &policy, T0, 5000 * MM, false).reason, SW_REASON_NO_ECHO);
    assert_memory_equal(&quality, &before, sizeof quality);
}

static void blips_of_one_sample_bring_quarantine(void **state)
{
    (void)state;
    struct level_quality quality = {0};
    int64_t minute = blame(&quality);
    struct level_quality_verdict verdict = say(&quality, minute, 300);
    assert_int_equal(verdict.reason, SW_REASON_QUARANTINE);
    assert_true(verdict.quarantined);
    assert_int_equal(say(&quality, minute + 1, 0).quality, SW_QUALITY_GOOD);
}

static void a_flood_breaks_through_quarantine_by_its_shape(void **state)
{
    (void)state;
    struct level_quality quality = {0};
    int64_t minute = blame(&quality);
    say(&quality, minute, 0);
    assert_int_equal(say(&quality, minute + 1, 40).reason, SW_REASON_QUARANTINE);
    assert_int_equal(say(&quality, minute + 2, 55).reason, SW_REASON_QUARANTINE);
    assert_int_equal(say(&quality, minute + 3, 70).quality, SW_QUALITY_GOOD);
}

static void neighbours_or_rain_open_the_quarantine(void **state)
{
    (void)state;
    struct level_quality_policy policy = level_quality_policy_default();
    struct level_quality quality = {0};
    int64_t minute = blame(&quality);
    assert_int_equal(level_quality_take(&quality, &policy, T0 + minute * MINUTE, 300 * MM, true).quality,
                     SW_QUALITY_GOOD);
}

static void very_high_for_long_breaks_through(void **state)
{
    (void)state;
    struct level_quality quality = {0};
    int64_t minute = blame(&quality) + 1;
    int64_t last = minute + 6 * 60;
    say(&quality, minute - 1, 0);
    for (int64_t at = minute; at < last; at++)
        assert_int_not_equal(say(&quality, at, 800).quality, SW_QUALITY_GOOD);
    assert_int_equal(say(&quality, last, 800).quality, SW_QUALITY_GOOD);
}

static void a_parked_object_is_found_out_after_a_quarter_of_an_hour(void **state)
{
    (void)state;
    struct level_quality quality = {0};
    say(&quality, 0, 0);
    for (int minute = 1; minute < 16; minute++)
        assert_int_equal(say(&quality, minute, 400 + minute % 3).quality, SW_QUALITY_GOOD);
    struct level_quality_verdict verdict = say(&quality, 16, 401);
    assert_int_equal(verdict.reason, SW_REASON_OBSTRUCTION);
    uint8_t blame = quality.blame;
    assert_true(blame > 0);
    verdict = say(&quality, 17, 402);
    assert_int_equal(verdict.reason, SW_REASON_OBSTRUCTION);
    assert_int_equal(quality.blame, blame); /* an object is blamed once */
    assert_int_equal(say(&quality, 18, 0).quality, SW_QUALITY_GOOD);
}

static void water_that_comes_under_a_parked_car_is_seen(void **state)
{
    (void)state;
    struct level_quality quality = {0};
    say(&quality, 0, 0);
    for (int minute = 1; minute < 30; minute++)
        say(&quality, minute, 200);
    say(&quality, 30, 220);
    assert_int_equal(say(&quality, 31, 240).quality, SW_QUALITY_GOOD);
}

static void quarantine_ends_after_weeks_without_a_false_rise(void **state)
{
    (void)state;
    struct level_quality quality = {0};
    int64_t minute = blame(&quality);
    for (int64_t day = 1; day < 30; day++)
        say(&quality, minute + day * 24 * 60, 0);
    assert_false(level_quality_is_quarantined(&quality));
}

static void the_noise_of_a_dry_sensor_is_learned(void **state)
{
    (void)state;
    struct level_quality_policy policy = level_quality_policy_default();
    struct level_quality quality = {0};
    for (int minute = 0; minute < 300; minute++)
        say(&quality, minute, minute % 2 ? 8 : -8);
    int64_t noise_um = level_quality_noise_um(&quality, &policy);
    assert_in_range(noise_um, 12 * MM, 18 * MM);
}

static void a_river_probe_lifted_out_of_the_water_is_a_spike(void **state)
{
    (void)state;
    struct level_quality_policy policy = level_quality_policy_river();
    struct level_quality quality = {0};
    const int64_t mm[] = {678, 679, 61, 674};
    const enum sw_quality_reason doubt[] = {SW_REASON_NONE, SW_REASON_NONE, SW_REASON_SPIKE, SW_REASON_NONE};
    for (int i = 0; i < 4; i++)
        assert_int_equal(level_quality_take(&quality, &policy, T0 + i * 15 * MINUTE, mm[i] * MM, false).reason,
                         doubt[i]);
}

/* A tide of 3 m: the change of level between two samples changes by no more than `turn_mm`. */
static int32_t ebb(struct level_quality *quality, const struct level_quality_policy *policy, int64_t period_ms,
                   int64_t turn_mm, int64_t most_mm)
{
    int64_t time_ms = T0, level_mm = 5500;
    int32_t doubted = 0;
    for (int64_t fall_mm = 0; level_mm > 2500; fall_mm += fall_mm < most_mm ? turn_mm : 0) {
        doubted += level_quality_take(quality, policy, time_ms, level_mm * MM, false).quality != SW_QUALITY_GOOD;
        level_mm -= fall_mm;
        time_ms += period_ms;
    }
    return doubted;
}

static void an_ebb_is_no_spike(void **state)
{
    (void)state;
    struct level_quality_policy policy = level_quality_policy_river();
    struct level_quality slow = {0}, fast = {0};
    assert_int_equal(ebb(&slow, &policy, HOUR, 385, 760), 0);
    assert_int_equal(ebb(&fast, &policy, 15 * MINUTE, 24, 190), 0);
    /* Lifted out of the water meanwhile, it is one nevertheless. */
    int64_t time_ms = fast.time_ms + 15 * MINUTE;
    assert_int_equal(level_quality_take(&fast, &policy, time_ms, 500 * MM, false).reason, SW_REASON_SPIKE);
}

static void a_river_that_stands_still_for_hours_is_a_flat_line(void **state)
{
    (void)state;
    struct level_quality_policy policy = level_quality_policy_river();
    struct level_quality quality = {0};
    enum sw_quality_reason doubt = SW_REASON_NONE;
    for (int i = 0; i <= 24; i++)
        doubt = level_quality_take(&quality, &policy, T0 + i * 15 * MINUTE, 903 * MM, false).reason;
    assert_int_equal(doubt, SW_REASON_FLAT_LINE);
}

static void one_false_rise_is_forgotten_within_ten_days(void **state)
{
    (void)state;
    struct level_quality quality = {0};
    say(&quality, 0, 0);
    say(&quality, 1, 300);
    say(&quality, 2, 0);
    assert_true(level_quality_is_quarantined(&quality));
    say(&quality, 5 * 24 * 60, 0);
    assert_true(level_quality_is_quarantined(&quality));
    say(&quality, 10 * 24 * 60, 0);
    assert_false(level_quality_is_quarantined(&quality));
}

static void who_often_rose_falsely_stays_in_quarantine_longer(void **state)
{
    (void)state;
    struct level_quality quality = {0};
    int64_t minute = 0;
    for (int i = 0; i < 3; i++)
        minute = blame_from(&quality, minute);
    say(&quality, minute + 40 * 24 * 60, 0);
    assert_true(level_quality_is_quarantined(&quality));
    say(&quality, minute + 80 * 24 * 60, 0);
    assert_false(level_quality_is_quarantined(&quality));
}

static void a_short_flood_is_released_when_it_ebbs(void **state)
{
    (void)state;
    struct level_quality quality = {0};
    int64_t minute = blame(&quality);
    say(&quality, minute++, 0);
    for (int i = 0; i < 6; i++)
        assert_int_equal(say(&quality, minute++, 60 + i % 2).reason, SW_REASON_QUARANTINE);
    struct level_quality_verdict verdict = say(&quality, minute++, 34);
    assert_int_equal(verdict.quality, SW_QUALITY_GOOD);
    assert_true(verdict.released);
    assert_int_equal(verdict.held_um, 61 * MM);
    assert_false(say(&quality, minute, 30).released);
}

/* Up and down by 70 mm once a day, by straight lines. */
static int64_t swing_mm(int64_t minute)
{
    int64_t at = minute % 1440;
    return 70 * (at < 720 ? at : 1440 - at) / 720;
}

static void a_daily_swing_is_believed_once(void **state)
{
    (void)state;
    struct level_quality quality = {0};
    for (int64_t minute = 0; minute < 1440; minute++)
        assert_int_equal(say(&quality, minute, swing_mm(minute)).quality, SW_QUALITY_GOOD);
    for (int64_t minute = 1440; minute < 10 * 1440; minute++)
        assert_int_equal(say(&quality, minute, swing_mm(minute)).quality != SW_QUALITY_GOOD, swing_mm(minute) >= 40);
    assert_true(level_quality_is_quarantined(&quality));
    /* Water on top of it comes faster. */
    say(&quality, 10 * 1440, 0);
    assert_int_equal(say(&quality, 10 * 1440 + 1, 55).quality, SW_QUALITY_GOOD);
}

static void values_that_contradict_each_other_have_to_agree_for_long(void **state)
{
    (void)state;
    static const int64_t wild_mm[] = {150, 60, 200, 90, 240, 40, 180, 70, 220, 30};
    struct level_quality quality = {0};
    int64_t minute = blame(&quality);
    for (size_t i = 0; i < sizeof wild_mm / sizeof wild_mm[0]; i++)
        assert_int_not_equal(say(&quality, minute++, wild_mm[i]).quality, SW_QUALITY_GOOD);
    int agreed = 0;
    while (say(&quality, minute++, 60 + agreed).quality != SW_QUALITY_GOOD)
        agreed++;
    assert_in_range(agreed, 7, 20);
}

static void nothing_is_foretold_of_a_step_that_stands(void **state)
{
    (void)state;
    struct level_quality_policy policy = level_quality_policy_default();
    struct level_quality quality = {0};
    say(&quality, 0, 0);
    say(&quality, 1, 220);
    assert_true(level_quality_is_unsteady(&quality, &policy));
    say(&quality, 2, 222);
    assert_true(level_quality_is_unsteady(&quality, &policy));
    say(&quality, 3, 235);
    assert_false(level_quality_is_unsteady(&quality, &policy));
}

static void what_is_wet_from_the_start_is_a_river_until_it_was_dry(void **state)
{
    (void)state;
    struct level_quality quality = {0};
    for (int64_t minute = 0; minute < 600; minute += 15)
        say(&quality, minute, 500 + minute % 7);
    assert_true(level_quality_is_river(&quality));
    assert_int_equal(say(&quality, 600, 300).reason, SW_REASON_SPIKE);
    struct level_quality other = {0};
    say(&other, 0, 100);
    assert_true(level_quality_is_river(&other));
    for (int64_t minute = 1; minute <= 61; minute++)
        say(&other, minute, 0);
    assert_false(level_quality_is_river(&other));
}

static void water_for_days_is_a_river_and_an_object_is_not(void **state)
{
    (void)state;
    struct level_quality water = {0}, object = {0};
    say(&water, 0, 0);
    say(&object, 0, 0);
    for (int64_t minute = 1; minute < 5 * 1440; minute++) {
        say(&water, minute, 30 + minute % 200);
        say(&object, minute, 300);
    }
    assert_true(level_quality_is_river(&water));
    assert_false(level_quality_is_river(&object));
    for (int64_t minute = 5 * 1440; minute < 8 * 1440; minute++)
        say(&water, minute, 0);
    assert_false(level_quality_is_river(&water));
}

static void a_river_needs_no_setting(void **state)
{
    (void)state;
    struct level_quality_policy policies[] = {level_quality_policy_default(), level_quality_policy_river()};
    struct level_quality found = {0}, told = {0};
    for (int64_t i = 0; i < 500; i++) {
        int64_t time_ms = T0 + i * 15 * MINUTE, level_um = (600 + i % 9 * 3 - (i % 100 == 50 ? 400 : 0)) * MM;
        struct level_quality_verdict a = level_quality_take(&found, &policies[0], time_ms, level_um, false);
        struct level_quality_verdict b = level_quality_take(&told, &policies[1], time_ms, level_um, false);
        assert_int_equal(a.reason, b.reason);
    }
}

static void the_state_of_the_tests_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(struct level_quality) <= 64);
}

/* Real floods. */

struct outcome {
    int32_t events, found, late, blamed;
    int64_t late_ms;
};

/* Feeds one event after an hour of dry samples; what comes out of at least `line_um`, or is released of it. */
static void feed(struct level_quality *quality, const struct flood_event *event, int64_t line_um,
                 struct outcome *outcome)
{
    struct level_quality_policy policy = level_quality_policy_default();
    int64_t crossed_ms = 0, found_ms = 0;
    bool blamed = false;
    for (int64_t minute = 60; minute > 0; minute--)
        level_quality_take(quality, &policy, event->samples[0].time_ms - minute * MINUTE, 0, false);
    for (int32_t i = 0; i < event->count; i++) {
        const struct flood_sample *sample = &event->samples[i];
        uint8_t blame = quality->blame;
        struct level_quality_verdict verdict =
            level_quality_take(quality, &policy, sample->time_ms, sample->level_um, false);
        blamed |= quality->blame > blame;
        bool above = sample->level_um >= line_um;
        bool good = above && verdict.quality == SW_QUALITY_GOOD;
        if (above && !crossed_ms) crossed_ms = sample->time_ms;
        if (!found_ms && (good || (verdict.released && verdict.held_um >= line_um))) found_ms = sample->time_ms;
    }
    if (!crossed_ms) return;
    if (!found_ms) print_message("  not found: %s %s, peak %d mm\n", event->id, event->sensor, event->peak_um / 1000);
    outcome->events++;
    outcome->found += found_ms != 0;
    outcome->late += found_ms > crossed_ms;
    outcome->blamed += blamed;
    if (found_ms > crossed_ms && found_ms - crossed_ms > outcome->late_ms) outcome->late_ms = found_ms - crossed_ms;
}

static struct outcome floods(const struct flood_data *data, int64_t line_um, bool quarantined)
{
    struct outcome outcome = {0};
    for (int32_t i = 0; i < data->count; i++) {
        struct level_quality quality = {0};
        if (quarantined) blame_from(&quality, (data->events[i].samples[0].time_ms - T0) / MINUTE - 300);
        feed(&quality, &data->events[i], line_um, &outcome);
    }
    print_message(
        "%s sensors, floods of %lld mm: %d, found %d, later than the crossing %d (longest %lld s), blamed %d\n",
        quarantined ? "quarantined" : "healthy", (long long)(line_um / MM), outcome.events, outcome.found, outcome.late,
        (long long)(outcome.late_ms / 1000), outcome.blamed);
    return outcome;
}

static void no_real_flood_is_missed(void **state)
{
    (void)state;
    struct flood_data *data = flood_data_floodnet();
    if (!data) {
        print_message("skipped: no FloodNet data\n");
        skip();
        return;
    }
    struct outcome outcome = floods(data, 50 * MM, false);
    assert_int_equal(outcome.found, outcome.events);
    assert_int_equal(outcome.late, 0);
    outcome = floods(data, 100 * MM, false);
    assert_int_equal(outcome.found, outcome.events);
    /* E1725 is 51 mm for one sample and ebbs from there: it is told when its ebb has shown what it was. */
    outcome = floods(data, 50 * MM, true);
    assert_int_equal(outcome.found, outcome.events);
    outcome = floods(data, 100 * MM, true);
    assert_int_equal(outcome.found, outcome.events);
    flood_data_free(data);
}

/* A year of a noisy sensor, a sample a minute. */
enum fault { FAULT_BLIPS, FAULT_BOUNCES, FAULT_OBJECTS, FAULT_NOISE, FAULT_ALL, FAULT_COUNT };
static const char *const fault_names[FAULT_COUNT] = {"blips", "bouncing", "objects", "noise", "all of them"};

struct noisy {
    struct chance chance;
    enum fault fault;
    int64_t left, height_mm; /* minutes the present disturbance goes on */
    bool bouncing;
};

static int64_t noisy_mm(struct noisy *noisy)
{
    int64_t noise = noisy->fault == FAULT_NOISE || noisy->fault == FAULT_ALL ? 12 : 3;
    int64_t dry = chance_below(&noisy->chance, 2 * noise + 1) - noise;
    if (noisy->left > 0) {
        noisy->left--;
        if (noisy->bouncing) return chance_below(&noisy->chance, 3) ? chance_below(&noisy->chance, 600) : dry;
        return noisy->height_mm + chance_below(&noisy->chance, 5) - 2;
    }
    if (chance_below(&noisy->chance, 432) != 0) return dry; /* 100 in 43,200 minutes */
    enum fault fault = noisy->fault;
    if (fault == FAULT_ALL) fault = (enum fault)chance_below(&noisy->chance, FAULT_NOISE);
    noisy->bouncing = fault == FAULT_BOUNCES;
    noisy->height_mm = 60 + chance_below(&noisy->chance, 900);
    if (fault == FAULT_BOUNCES) noisy->left = 2 + chance_below(&noisy->chance, 20);
    if (fault == FAULT_OBJECTS) noisy->left = 5 + chance_below(&noisy->chance, 300);
    return fault == FAULT_NOISE ? dry : noisy->height_mm;
}

static void a_noisy_sensor_alarms_falsely_less_than_once_a_month(void **state)
{
    (void)state;
    struct level_quality_policy policy = level_quality_policy_default();
    for (int fault = 0; fault < FAULT_COUNT; fault++) {
        int32_t raw = 0, alarms = 0, sensors = 4, worst = 0;
        for (int32_t sensor = 0; sensor < sensors; sensor++) {
            struct noisy noisy = {.chance = {(uint64_t)(sensor + 1) * 7919}, .fault = (enum fault)fault};
            struct level_quality quality = {0};
            bool was_above = false, was_alarm = false;
            int32_t before = alarms;
            for (int64_t minute = 0; minute < 360 * 24 * 60; minute++) {
                int64_t mm = noisy_mm(&noisy);
                struct level_quality_verdict verdict =
                    level_quality_take(&quality, &policy, T0 + minute * MINUTE, mm * MM, false);
                bool alarm = mm >= 50 && verdict.quality == SW_QUALITY_GOOD;
                raw += mm >= 50 && !was_above;
                alarms += alarm && !was_alarm;
                was_above = mm >= 50;
                was_alarm = alarm;
            }
            if (alarms - before > worst) worst = alarms - before;
        }
        print_message("%s (synthetic, 4 sensors, 12 months): %d raw crossings a sensor-month, %d.%03d false alarms a "
                      "sensor-month, worst sensor %d a year\n",
                      fault_names[fault], raw / sensors / 12, alarms / sensors / 12,
                      alarms * 1000 / sensors / 12 % 1000, worst);
        assert_true(alarms <= sensors * 12);
    }
}

/* Rivers. */

static void the_technicians_labels_and_the_flags(void **state)
{
    (void)state;
    static const char *const files[] = {"FranklinBasin2014.csv", "MainStreet2019.csv", "Mendon2020.csv",
                                        "TonyGrove2020.csv", "WaterLab2020.csv"};
    struct level_quality_policy policy = level_quality_policy_river();
    for (int site = 0; site < 5; site++) {
        struct flood_data *data = flood_data_logan(files[site]);
        if (!data) {
            print_message("skipped: no Logan data\n");
            skip();
            return;
        }
        const struct flood_event *series = &data->events[0];
        struct level_quality quality = {0};
        int32_t flagged = 0, right = 0, labels = 0, visits = 0, visits_found = 0;
        for (int32_t i = 0; i < series->count; i++) {
            const struct flood_sample *sample = &series->samples[i];
            bool flag = level_quality_take(&quality, &policy, sample->time_ms, sample->level_um, false).quality !=
                        SW_QUALITY_GOOD;
            flagged += flag;
            right += flag && sample->label;
            labels += sample->label;
            visits += sample->qualifier == 1;
            visits_found += flag && sample->qualifier == 1;
        }
        print_message("%s: %d samples, %d labelled, %d flagged, %d of these labelled; qualifier 1 (spikes): %d of %d\n",
                      files[site], series->count, labels, flagged, right, visits_found, visits);
        flood_data_free(data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_healthy_sensor_is_believed_at_once),
        cmocka_unit_test(a_rise_no_water_makes_is_suspect_until_it_stays),
        cmocka_unit_test(outside_the_range_is_bad_and_leaves_no_trace),
        cmocka_unit_test(blips_of_one_sample_bring_quarantine),
        cmocka_unit_test(a_flood_breaks_through_quarantine_by_its_shape),
        cmocka_unit_test(neighbours_or_rain_open_the_quarantine),
        cmocka_unit_test(very_high_for_long_breaks_through),
        cmocka_unit_test(a_parked_object_is_found_out_after_a_quarter_of_an_hour),
        cmocka_unit_test(water_that_comes_under_a_parked_car_is_seen),
        cmocka_unit_test(quarantine_ends_after_weeks_without_a_false_rise),
        cmocka_unit_test(the_noise_of_a_dry_sensor_is_learned),
        cmocka_unit_test(a_river_probe_lifted_out_of_the_water_is_a_spike),
        cmocka_unit_test(an_ebb_is_no_spike),
        cmocka_unit_test(a_river_that_stands_still_for_hours_is_a_flat_line),
        cmocka_unit_test(one_false_rise_is_forgotten_within_ten_days),
        cmocka_unit_test(who_often_rose_falsely_stays_in_quarantine_longer),
        cmocka_unit_test(a_short_flood_is_released_when_it_ebbs),
        cmocka_unit_test(a_daily_swing_is_believed_once),
        cmocka_unit_test(values_that_contradict_each_other_have_to_agree_for_long),
        cmocka_unit_test(nothing_is_foretold_of_a_step_that_stands),
        cmocka_unit_test(what_is_wet_from_the_start_is_a_river_until_it_was_dry),
        cmocka_unit_test(water_for_days_is_a_river_and_an_object_is_not),
        cmocka_unit_test(a_river_needs_no_setting),
        cmocka_unit_test(the_state_of_the_tests_is_small),
        cmocka_unit_test(no_real_flood_is_missed),
        cmocka_unit_test(a_noisy_sensor_alarms_falsely_less_than_once_a_month),
        cmocka_unit_test(the_technicians_labels_and_the_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
