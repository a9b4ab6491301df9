/* A back-test of one street sensor: its floods, with dry readings before and after each, run through a rule. Pure but
 * for memory. */
#ifndef GATEWAY_CLI_BACKTEST_FLOOD_H
#define GATEWAY_CLI_BACKTEST_FLOOD_H

#include "cli/backtest_metrics.h"
#include "cli/backtest_series.h"
#include "core/policy.h"
#include "stillwater/alert.h"

/* Depths in um. */
#define FLOOD_BLUE_UM   50000
#define FLOOD_YELLOW_UM 100000
#define FLOOD_ORANGE_UM 250000

/* Readings of 0 mm, one a minute, before and after each flood. */
#define FLOOD_DRY_BEFORE_MS INT64_C(86400000)
#define FLOOD_DRY_AFTER_MS  INT64_C(21600000)
#define FLOOD_DRY_EVERY_MS  INT64_C(60000)

/* What is known of a flood from its profile. */
struct flood_facts {
    int64_t deepest_um;
    int64_t orange_ms; /* first sample of 250 mm or more; 0 = none */
};
struct flood_facts flood_facts_of(const struct series *profile);

/* What a rule said of one flood. */
struct flood_told {
    bool any;             /* an alert of any colour */
    int64_t yellow_ms;    /* the first of yellow or worse; 0 = none */
    enum sw_colour worst; /* of the bands */
};

/* Sums over floods. Starts zeroed. */
struct flood_score {
    uint64_t events, blue, blue_found, yellow, yellow_found, orange;
    uint64_t warned;              /* floods with an alarm of yellow or worse */
    uint64_t warned_never_yellow; /* of these, never 100 mm deep */
    uint64_t warned_never_orange; /* never 250 mm deep */
    struct numbers leads_ms;      /* of the floods of 250 mm and more; 0 = told too late or not at all */
    /* Of a core only. */
    uint64_t band_errors;                /* floods whose worst colour is not the band of the deepest sample */
    uint64_t wet_samples, under_samples; /* in a band; of these, the state was below it */
    uint64_t forecasts, forecasts_inside, forecasts_in_vain;
    struct numbers forecast_errors_ms; /* of the forecasts that came true */
    uint64_t quality_alerts;
};

void flood_score_free(struct flood_score *score);

/* False when memory is refused. */
bool flood_count(struct flood_score *score, const struct flood_facts *facts, const struct flood_told *told);

/* A fixed line: what it says of a flood. */
struct flood_told flood_told_by_line(const struct series *profile, int64_t line_um);

/* A forecast, and what came of it. */
struct flood_forecast {
    int64_t made_ms, threshold_um;
    int64_t min_ms, likely_ms, max_ms; /* from made_ms */
    int64_t reached_ms;                /* first sample at the threshold, not before made_ms; 0 = never */
};
bool flood_count_forecast(struct flood_score *score, const struct flood_forecast *forecast);

/* The band a level is in by a policy. */
enum sw_colour flood_band_of(const struct level_policy *policy, int64_t level_um);

/* All floods of one sensor, in order of time, through the core. False after the reason was told. */
bool flood_score_core(const struct series *profiles, size_t count, const struct policy *policy,
                      struct flood_score *score);

#endif
