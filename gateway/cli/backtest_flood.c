#include "cli/backtest_flood.h"

#include <stdio.h>

#include "cli/backtest.h"
#include "cli/backtest_core.h"

#define FORECASTS_MAX 16 /* of one flood; more are not looked at */

struct flood_facts flood_facts_of(const struct series *profile)
{
    struct flood_facts facts = {0};
    for (size_t i = 0; i < profile->count; i++) {
        const struct series_reading *sample = &profile->readings[i];
        if (sample->value_milli > facts.deepest_um) facts.deepest_um = sample->value_milli;
        if (facts.orange_ms == 0 && sample->value_milli >= FLOOD_ORANGE_UM) facts.orange_ms = sample->time_ms;
    }
    return facts;
}

void flood_score_free(struct flood_score *score)
{
    numbers_free(&score->leads_ms);
    numbers_free(&score->forecast_errors_ms);
}

bool flood_count(struct flood_score *score, const struct flood_facts *facts, const struct flood_told *told)
{
    bool warned = told->yellow_ms != 0;
    score->events++;
    score->warned += warned;
    score->blue += facts->deepest_um >= FLOOD_BLUE_UM;
    score->blue_found += facts->deepest_um >= FLOOD_BLUE_UM && told->any;
    score->yellow += facts->deepest_um >= FLOOD_YELLOW_UM;
    score->yellow_found += facts->deepest_um >= FLOOD_YELLOW_UM && warned;
    score->warned_never_yellow += warned && facts->deepest_um < FLOOD_YELLOW_UM;
    score->warned_never_orange += warned && facts->orange_ms == 0;
    if (facts->orange_ms == 0) return true;
    score->orange++;
    int64_t lead_ms = warned && told->yellow_ms < facts->orange_ms ? facts->orange_ms - told->yellow_ms : 0;
    return numbers_add(&score->leads_ms, lead_ms);
}

struct flood_told flood_told_by_line(const struct series *profile, int64_t line_um)
{
    for (size_t i = 0; i < profile->count; i++)
        if (profile->readings[i].value_milli >= line_um)
            return (struct flood_told){.any = true, .yellow_ms = profile->readings[i].time_ms};
    return (struct flood_told){0};
}

bool flood_count_forecast(struct flood_score *score, const struct flood_forecast *forecast)
{
    score->forecasts++;
    if (forecast->reached_ms == 0) {
        score->forecasts_in_vain++;
        return true;
    }
    int64_t took_ms = forecast->reached_ms - forecast->made_ms;
    score->forecasts_inside += took_ms >= forecast->min_ms && took_ms <= forecast->max_ms;
    int64_t error_ms = took_ms - forecast->likely_ms;
    return numbers_add(&score->forecast_errors_ms, error_ms < 0 ? -error_ms : error_ms);
}

enum sw_colour flood_band_of(const struct level_policy *policy, int64_t level_um)
{
    int colour = SW_COLOUR_COUNT - 1;
    while (colour > SW_COLOUR_GREEN &&
           (policy->band_um[colour] == LEVEL_BAND_OFF || level_um < policy->band_um[colour]))
        colour--;
    return (enum sw_colour)colour;
}

/* A sensor's run: what its alerts say now, and what they have said of the flood under way. */
struct flood_run {
    const struct policy *policy;
    struct one_core one;
    struct flood_score *score;
    enum sw_alert_kind soon_kind, quality_kind;
    enum sw_colour level_colour; /* of the open level alert; green = none */
    enum sw_colour soon_peak;    /* of the open forecast */
    struct flood_told told;
    struct flood_forecast forecasts[FORECASTS_MAX];
    size_t forecast_count;
};

static void note_forecast(struct flood_run *run, const struct sw_alert *alert)
{
    bool open = sw_alert_state_is_open(alert->state);
    bool news = open && (alert->revision == 1 || alert->peak > run->soon_peak);
    run->soon_peak = open ? alert->peak : SW_COLOUR_GREEN;
    if (!news || alert->evidence.forecast_ms <= 0 || run->forecast_count == FORECASTS_MAX) return;
    int64_t threshold_um = alert->evidence.threshold_milli;
    if (threshold_um <= 0) threshold_um = run->policy->level.band_um[alert->colour];
    run->forecasts[run->forecast_count++] = (struct flood_forecast){.made_ms = alert->updated_at.ms,
                                                                    .threshold_um = threshold_um,
                                                                    .min_ms = alert->evidence.forecast_min_ms,
                                                                    .likely_ms = alert->evidence.forecast_ms,
                                                                    .max_ms = alert->evidence.forecast_max_ms};
}

static void on_alert(void *ctx, uint32_t subject, const struct sw_alert *alert)
{
    (void)subject;
    struct flood_run *run = ctx;
    bool level = alert->kind == SW_ALERT_KIND_LEVEL;
    bool soon = run->soon_kind != SW_ALERT_KIND_NONE && alert->kind == run->soon_kind;
    if (alert->kind == run->quality_kind && alert->revision == 1) run->score->quality_alerts++;
    if (!level && !soon) return;
    if (soon) note_forecast(run, alert);
    if (level) run->level_colour = alert->colour;
    if (level && alert->colour > run->told.worst) run->told.worst = alert->colour;
    if (!sw_alert_state_is_open(alert->state)) return;
    run->told.any = true;
    if (alert->colour >= SW_COLOUR_YELLOW && run->told.yellow_ms == 0) run->told.yellow_ms = alert->updated_at.ms;
}

static void feed(struct flood_run *run, int64_t time_ms, int64_t level_um)
{
    one_core_take(&run->one, SW_READING_LEVEL, time_ms, level_um);
    for (size_t i = 0; i < run->forecast_count; i++) {
        struct flood_forecast *forecast = &run->forecasts[i];
        if (forecast->reached_ms == 0 && level_um >= forecast->threshold_um) forecast->reached_ms = time_ms;
    }
}

/* Dry readings from `from_ms` on, before `until_ms`. */
static void feed_dry(struct flood_run *run, int64_t from_ms, int64_t until_ms)
{
    for (int64_t time_ms = from_ms; time_ms < until_ms; time_ms += FLOOD_DRY_EVERY_MS)
        feed(run, time_ms, 0);
}

/* An alert that still stands from the flood before has told of this one, too. */
static void begin_flood(struct flood_run *run, int64_t start_ms)
{
    run->told = (struct flood_told){.any = run->level_colour > SW_COLOUR_GREEN, .worst = run->level_colour};
    if (run->level_colour >= SW_COLOUR_YELLOW) run->told.yellow_ms = start_ms;
    run->forecast_count = 0;
}

static void feed_flood(struct flood_run *run, const struct series *profile)
{
    for (size_t i = 0; i < profile->count; i++) {
        const struct series_reading *sample = &profile->readings[i];
        feed(run, sample->time_ms, sample->value_milli);
        enum sw_colour band = flood_band_of(&run->policy->level, sample->value_milli);
        if (band == SW_COLOUR_GREEN) continue;
        run->score->wet_samples++;
        run->score->under_samples += run->level_colour < band;
    }
}

/* `next` is the sensor's next flood, or NULL. */
static bool run_flood(struct flood_run *run, const struct series *profile, const struct series *next)
{
    int64_t start_ms = profile->readings[0].time_ms;
    int64_t end_ms = profile->readings[profile->count - 1].time_ms;
    int64_t dry_ms = start_ms - FLOOD_DRY_BEFORE_MS;
    int64_t after_ms = end_ms + FLOOD_DRY_AFTER_MS;
    if (dry_ms <= run->one.now_ms) dry_ms = run->one.now_ms + FLOOD_DRY_EVERY_MS;
    if (next && next->readings[0].time_ms < after_ms) after_ms = next->readings[0].time_ms;
    begin_flood(run, start_ms);
    feed_dry(run, dry_ms, start_ms);
    feed_flood(run, profile);
    feed_dry(run, end_ms + FLOOD_DRY_EVERY_MS, after_ms);
    struct flood_facts facts = flood_facts_of(profile);
    enum sw_colour band = flood_band_of(&run->policy->level, facts.deepest_um);
    run->score->band_errors += run->told.worst != band;
    bool done = flood_count(run->score, &facts, &run->told);
    for (size_t i = 0; done && i < run->forecast_count; i++)
        done = flood_count_forecast(run->score, &run->forecasts[i]);
    return done || backtest_out_of_memory();
}

bool flood_score_core(const struct series *profiles, size_t count, const struct policy *policy,
                      struct flood_score *score)
{
    struct flood_run run = {.policy = policy,
                            .score = score,
                            .soon_kind = sw_alert_kind_from_name("level_soon"),
                            .quality_kind = sw_alert_kind_from_name("sensor_quality")};
    struct core_sink sink = {.ctx = &run, .alert = on_alert};
    int error = one_core_open(&run.one, SUBJECT_LEVEL, profiles[0].name, policy, sink);
    if (error != SW_OK) {
        fprintf(stderr, "stillwater backtest: %s: %s\n", profiles[0].name, sw_error_text(error));
        return false;
    }
    bool done = true;
    for (size_t i = 0; done && i < count; i++)
        done = run_flood(&run, &profiles[i], i + 1 < count ? &profiles[i + 1] : NULL);
    one_core_close(&run.one);
    return done;
}
