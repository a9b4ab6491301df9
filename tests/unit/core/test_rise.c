#include <stdlib.h>
#include <string.h>

#include "core/detect/rise.h"
#include "core_fixture.h"
#include "flood_data.h"

static struct level_policy bands(void)
{
    return policy_city_default().level;
}

/* One sample a minute, all of them in mm. */
static void feed(struct rise *rise, int64_t from_ms, const int64_t *mm, int count)
{
    struct rise_policy policy = rise_policy_default();
    struct level_policy level = bands();
    for (int i = 0; i < count; i++)
        rise_take(rise, &policy, &level, from_ms + i * MINUTE, mm[i] * MM, false);
}

static void the_rate_is_that_of_the_line(void **state)
{
    (void)state;
    struct rise_policy policy = rise_policy_default();
    struct rise rise = {0};
    const int64_t mm[] = {0, 7, 14, 21, 28, 35};
    feed(&rise, T0, mm, 6);
    assert_int_equal(rise_rate_um_min(&rise, &policy), 7 * MM);
}

static void one_wrong_sample_does_not_move_the_rate(void **state)
{
    (void)state;
    struct rise_policy policy = rise_policy_default();
    struct rise rise = {0};
    const int64_t mm[] = {20, 20, 20, 20, 20, 400, 20, 20};
    feed(&rise, T0, mm, 6);
    assert_int_equal(rise_rate_um_min(&rise, &policy), 0);
    feed(&rise, T0 + 6 * MINUTE, mm + 6, 2);
    assert_int_equal(rise_rate_um_min(&rise, &policy), 0);
}

static void irregular_sampling_has_the_same_rate(void **state)
{
    (void)state;
    struct rise_policy policy = rise_policy_default();
    struct level_policy level = bands();
    struct rise rise = {0};
    const int64_t minutes[] = {0, 1, 4, 5, 12, 27};
    for (int i = 0; i < 6; i++)
        rise_take(&rise, &policy, &level, T0 + minutes[i] * MINUTE, 3 * minutes[i] * MM, false);
    assert_int_equal(rise_rate_um_min(&rise, &policy), 3 * MM);
}

static void fast_sampling_does_not_shorten_the_window(void **state)
{
    (void)state;
    struct rise_policy policy = rise_policy_default();
    struct level_policy level = bands();
    struct rise rise = {0};
    for (int64_t second = 0; second <= 300; second += 5)
        rise_take(&rise, &policy, &level, T0 + second * SECOND, 100 * second + (second % 10 ? 4 * MM : 0), false);
    assert_in_range(rise_rate_um_min(&rise, &policy), 5 * MM, 7 * MM);
}

static void samples_before_a_long_pause_do_not_count(void **state)
{
    (void)state;
    struct rise_policy policy = rise_policy_default();
    struct rise rise = {0};
    const int64_t mm[] = {0, 0, 0, 90, 90};
    feed(&rise, T0, mm, 3);
    feed(&rise, T0 + 5 * HOUR, mm + 3, 2);
    assert_int_equal(rise_rate_um_min(&rise, &policy), 0);
}

static void a_steep_rise_warns_before_the_band(void **state)
{
    (void)state;
    struct rise_policy policy = rise_policy_default();
    struct level_policy level = bands();
    struct rise rise = {0};
    const int64_t mm[] = {0, 20, 40, 60, 80};
    feed(&rise, T0, mm, 5);
    struct condition condition = rise_judge(&rise);
    assert_true(condition.colour >= SW_COLOUR_ORANGE);
    assert_int_equal(condition.onset_ms, T0 + 3 * MINUTE);
    struct rise_forecast forecast = rise_forecast(&rise, &policy, &level, SW_COLOUR_ORANGE);
    assert_int_equal(forecast.rate_um_min, 20 * MM);
    assert_true(forecast.min_ms < 510 * SECOND && forecast.max_ms > 510 * SECOND);
    assert_true(forecast.min_ms < forecast.likely_ms && forecast.likely_ms < forecast.max_ms);
    struct sw_evidence evidence = {0};
    rise_evidence(&rise, &policy, &level, SW_COLOUR_ORANGE, &evidence);
    assert_int_equal(evidence.rule, SW_ALERT_RULE_TIME_TO_BAND);
    assert_int_equal(evidence.value_milli, 80 * MM);
    assert_int_equal(evidence.threshold_milli, 250 * MM);
    assert_int_equal(evidence.rate_milli_per_h, 1200 * MM);
    assert_int_equal(evidence.forecast_ms, forecast.likely_ms);
}

static void a_slow_rise_on_a_street_that_never_floods_is_no_warning(void **state)
{
    (void)state;
    struct rise rise = {0};
    const int64_t mm[] = {0, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70};
    feed(&rise, T0, mm, 13);
    assert_int_equal(rise_judge(&rise).colour, SW_COLOUR_GREEN);
}

static void the_same_rise_is_one_where_floods_came_high(void **state)
{
    (void)state;
    struct rise rise = {0};
    const int64_t high[] = {0, 100, 200, 300, 200, 100, 0};
    for (int flood = 0; flood < 3; flood++)
        feed(&rise, T0 + flood * DAY, high, 7);
    const int64_t mm[] = {0, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70};
    feed(&rise, T0 + 4 * DAY, mm, 13);
    assert_int_equal(rise_judge(&rise).colour, SW_COLOUR_ORANGE);
}

static void a_weather_warning_makes_it_earlier(void **state)
{
    (void)state;
    struct rise_policy policy = rise_policy_default();
    struct level_policy level = bands();
    struct rise warned = {0}, plain = {0};
    for (int64_t minute = 0; minute <= 10; minute++) {
        rise_take(&warned, &policy, &level, T0 + minute * MINUTE, 8 * minute * MM, true);
        rise_take(&plain, &policy, &level, T0 + minute * MINUTE, 8 * minute * MM, false);
    }
    assert_int_equal(rise_judge(&warned).colour, SW_COLOUR_ORANGE);
    assert_int_equal(rise_judge(&plain).colour, SW_COLOUR_GREEN);
}

static void a_reached_band_is_no_longer_forecast(void **state)
{
    (void)state;
    struct rise rise = {0};
    const int64_t mm[] = {0, 50, 100, 150, 200, 260, 265, 266, 266, 266, 266, 266};
    feed(&rise, T0, mm, 5);
    assert_int_not_equal(rise_judge(&rise).colour, SW_COLOUR_GREEN);
    feed(&rise, T0 + 5 * MINUTE, mm + 5, 7);
    assert_true(rise_judge(&rise).colour != SW_COLOUR_ORANGE);
}

static void a_warning_ends_when_the_water_goes(void **state)
{
    (void)state;
    struct rise rise = {0};
    int64_t mm[60] = {0, 20, 40, 60, 80};
    feed(&rise, T0, mm, 60);
    assert_int_equal(rise_judge(&rise).colour, SW_COLOUR_GREEN);
}

/* From over red down to nothing, second by second, with a stop where orange would be near for water that rises. */
static void water_that_falls_is_on_its_way_to_no_band(void **state)
{
    (void)state;
    struct rise_policy policy = rise_policy_default();
    struct level_policy level = bands();
    struct rise rise = {0};
    int64_t t = T0;
    for (int mm = 0; mm <= 450; mm += 15, t += SECOND)
        rise_take(&rise, &policy, &level, t, mm * MM, false);
    for (int mm = 450; mm > 0; mm -= mm == 210 ? 1 : 10, t += SECOND) {
        for (int i = 0; i < (mm == 210 ? 120 : 1); i++, t += SECOND)
            rise_take(&rise, &policy, &level, t, mm * MM, false);
        assert_int_equal(rise_judge(&rise).colour, SW_COLOUR_GREEN);
    }
    /* And the next crest is warned of. */
    for (int mm = 20; mm < 240; mm += 15, t += SECOND)
        rise_take(&rise, &policy, &level, t, mm * MM, false);
    assert_int_equal(rise_judge(&rise).colour, SW_COLOUR_ORANGE);
}

static void the_state_of_the_rise_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(struct rise) <= 56);
}

/* Real floods. */

#define SENSORS_MAX 256

struct sensor {
    char name[64];
    struct rise rise;
};

static struct rise *rise_of(struct sensor *sensors, int *count, const char *name)
{
    for (int i = 0; i < *count; i++)
        if (strcmp(sensors[i].name, name) == 0) return &sensors[i].rise;
    strcpy(sensors[*count].name, name);
    return &sensors[(*count)++].rise;
}

struct tally {
    int floods, warned, false_alarms, line_false_alarms;
    int leads, inside, forecasts;
    int64_t lead_ms[1000], line_lead_ms[1000], error_ms[1000], ratio_permille[1000];
};

static int by_value(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;
    return first < second ? -1 : first > second;
}

static int64_t quantile(int64_t *values, int count, int permille)
{
    if (count == 0) return 0;
    qsort(values, (size_t)count, sizeof *values, by_value);
    return values[(count - 1) * permille / 1000];
}

static int64_t first_at(const struct flood_event *event, int64_t level_um)
{
    for (int32_t i = 0; i < event->count; i++)
        if (event->samples[i].level_um >= level_um) return event->samples[i].time_ms;
    return 0;
}

/* One flood after an hour of dry samples: when was orange or more warned of, and what was forecast then? */
static void run_flood(struct rise *rise, const struct flood_event *event, struct tally *tally)
{
    struct rise_policy policy = rise_policy_default();
    struct level_policy level = bands();
    int64_t warned_ms = 0, line_ms = first_at(event, 100 * MM), reached_ms = first_at(event, 250 * MM);
    struct rise_forecast forecast = {0};
    for (int64_t minute = 60; minute > 0; minute--)
        rise_take(rise, &policy, &level, event->samples[0].time_ms - minute * MINUTE, 0, false);
    for (int32_t i = 0; i < event->count; i++) {
        rise_take(rise, &policy, &level, event->samples[i].time_ms, event->samples[i].level_um, false);
        if (warned_ms || rise_judge(rise).colour < SW_COLOUR_ORANGE) continue;
        warned_ms = event->samples[i].time_ms;
        forecast = rise_forecast(rise, &policy, &level, SW_COLOUR_ORANGE);
    }
    if (!reached_ms) {
        tally->false_alarms += warned_ms != 0;
        tally->line_false_alarms += line_ms != 0;
        return;
    }
    bool before = warned_ms && warned_ms < reached_ms;
    int at = tally->leads++;
    tally->warned += before;
    tally->lead_ms[at] = before ? reached_ms - warned_ms : 0;
    tally->line_lead_ms[at] = reached_ms - line_ms;
    if (!before || !forecast.rising) return;
    int64_t took_ms = reached_ms - warned_ms;
    int64_t off_ms = took_ms - forecast.likely_ms;
    tally->inside += took_ms >= forecast.min_ms && took_ms <= forecast.max_ms;
    tally->ratio_permille[tally->forecasts] = took_ms * policy.likely_permille / (forecast.likely_ms + 1);
    tally->error_ms[tally->forecasts++] = off_ms < 0 ? -off_ms : off_ms;
}

static struct tally *run_half(const struct flood_data *data, int32_t held_out, const char *name)
{
    struct sensor *sensors = calloc(SENSORS_MAX, sizeof *sensors);
    struct tally *tally = calloc(1, sizeof *tally);
    int count = 0;
    for (int32_t i = 0; i < data->count; i++) {
        const struct flood_event *event = &data->events[i];
        if (held_out >= 0 && event->held_out != held_out) continue;
        tally->floods++;
        run_flood(rise_of(sensors, &count, event->sensor), event, tally);
    }
    print_message(
        "%s: %d sensors, %d floods, %d reach 250 mm, warned before %d; false alarms %d, of the 100 mm line %d\n", name,
        count, tally->floods, tally->leads, tally->warned, tally->false_alarms, tally->line_false_alarms);
    print_message("  median lead %lld s, of the line %lld s; forecast: %d, median error %lld s, inside the range %d\n",
                  (long long)(quantile(tally->lead_ms, tally->leads, 500) / 1000),
                  (long long)(quantile(tally->line_lead_ms, tally->leads, 500) / 1000), tally->forecasts,
                  (long long)(quantile(tally->error_ms, tally->forecasts, 500) / 1000), tally->inside);
    print_message("  time taken / straight line, thousandths: p5 %lld p50 %lld p95 %lld\n",
                  (long long)quantile(tally->ratio_permille, tally->forecasts, 50),
                  (long long)quantile(tally->ratio_permille, tally->forecasts, 500),
                  (long long)quantile(tally->ratio_permille, tally->forecasts, 950));
    free(sensors);
    return tally;
}

/* What any line on the level alone can reach: its lead and its price. A line at the first wet sample bounds every rule
 * that sees one sensor only. */
static void print_curve(const struct flood_data *data)
{
    static const int lines_mm[] = {1, 20, 30, 40, 50, 75, 100, 125, 150, 200};
    static int64_t leads[1000];
    for (size_t line = 0; line < sizeof lines_mm / sizeof lines_mm[0]; line++) {
        int count = 0, wrong = 0;
        for (int32_t i = 0; i < data->count; i++) {
            int64_t reached_ms = first_at(&data->events[i], 250 * MM);
            int64_t line_ms = first_at(&data->events[i], lines_mm[line] * MM);
            if (reached_ms)
                leads[count++] = reached_ms - line_ms;
            else
                wrong += line_ms != 0;
        }
        print_message("  line at %d mm: median lead %lld s, false alarms %d\n", lines_mm[line],
                      (long long)(quantile(leads, count, 500) / 1000), wrong);
    }
}

static void real_floods_are_warned_of_earlier_than_by_a_line_at_no_more_false_alarms(void **state)
{
    (void)state;
    struct flood_data *data = flood_data_floodnet();
    if (!data) {
        print_message("skipped: no FloodNet data\n");
        skip();
        return;
    }
    static const char *const names[] = {"all sensors", "tuned on", "held out"};
    for (int32_t half = -1; half < 2; half++) {
        struct tally *tally = run_half(data, half, names[half + 1]);
        assert_true(tally->false_alarms <= tally->line_false_alarms);
        assert_int_equal(tally->warned, tally->leads);
        assert_true(quantile(tally->lead_ms, tally->leads, 500) > quantile(tally->line_lead_ms, tally->leads, 500));
        free(tally);
    }
    print_curve(data);
    flood_data_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rate_is_that_of_the_line),
        cmocka_unit_test(one_wrong_sample_does_not_move_the_rate),
        cmocka_unit_test(irregular_sampling_has_the_same_rate),
        cmocka_unit_test(fast_sampling_does_not_shorten_the_window),
        cmocka_unit_test(samples_before_a_long_pause_do_not_count),
        cmocka_unit_test(a_steep_rise_warns_before_the_band),
        cmocka_unit_test(a_slow_rise_on_a_street_that_never_floods_is_no_warning),
        cmocka_unit_test(the_same_rise_is_one_where_floods_came_high),
        cmocka_unit_test(a_weather_warning_makes_it_earlier),
        cmocka_unit_test(a_reached_band_is_no_longer_forecast),
        cmocka_unit_test(a_warning_ends_when_the_water_goes),
        cmocka_unit_test(water_that_falls_is_on_its_way_to_no_band),
        cmocka_unit_test(the_state_of_the_rise_is_small),
        cmocka_unit_test(real_floods_are_warned_of_earlier_than_by_a_line_at_no_more_false_alarms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
