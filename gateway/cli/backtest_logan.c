/* Logan River (github AmberSJones/pyhydroqc): river stage of five site-years, raw, every 15 min; a sample is labelled
 * where a technician gave it a qualifier. Our flag: the core took the reading for suspect or bad. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/backtest.h"
#include "cli/backtest_core.h"
#include "cli/backtest_file.h"
#include "cli/backtest_flags.h"
#include "cli/backtest_metrics.h"
#include "cli/backtest_series.h"

static const char *const sites[] = {"FranklinBasin2014", "MainStreet2019", "Mendon2020", "TonyGrove2020",
                                    "WaterLab2020"};
#define SITE_COUNT (sizeof sites / sizeof sites[0])

static const struct flag_rule rules[] = {{"step over 3 cm", 30000, 0},
                                         {"step over 10 cm", 100000, 0},
                                         {"the same for 3 h", 0, 3 * BACKTEST_HOUR_MS},
                                         {"step over 1 cm", 10000, 0}};
#define RULE_COUNT (sizeof rules / sizeof rules[0])
#define RULES_MAX  (BACKTEST_POLICIES_MAX + RULE_COUNT)

static const struct table_column columns[] = {
    {"subject", "|site", -1},
    {"rule", "|rule", -1},
    {"samples", "|samples", 0},
    {"labelled", "|labelled", 0},
    {"flagged", "|flagged", 0},
    {"precision", "|precision", 3},
    {"recall", "|recall", 3},
    {"f1", "|F1", 3},
    {"label_spans", "label|spans", 0},
    {"label_spans_found", "|found", 3},
    {"flag_spans", "flag|spans", 0},
    {"flag_spans_right", "|right", 3},
    {"sensor_quality_per_month", "sensor_quality|a month", 2},
};

struct logan {
    struct backtest *backtest;
    size_t rule_count, site_count;
    struct flag_score pooled[RULES_MAX];
    uint64_t pooled_alerts[RULES_MAX];
    int64_t pooled_ms;
};

struct site {
    struct series series; /* um */
    bool *labels, *flags;
    size_t capacity;
};

static bool add_sample(struct site *site, int64_t time_ms, int64_t level_um, bool label)
{
    if (site->series.count == site->capacity) {
        size_t capacity = site->capacity ? 2 * site->capacity : 4096;
        bool *labels = realloc(site->labels, capacity * sizeof *labels);
        if (labels) site->labels = labels;
        bool *flags = realloc(site->flags, capacity * sizeof *flags);
        if (flags) site->flags = flags;
        if (!labels || !flags) return false;
        site->capacity = capacity;
    }
    site->labels[site->series.count] = label;
    return series_add(&site->series, time_ms, level_um);
}

/* Samples without a raw value are left out: there is nothing to judge. */
static bool read_site(struct backtest *backtest, struct site *site)
{
    static const char *const names[] = {"time", "raw_cm", "label"};
    char path[SW_ID_SIZE + 32];
    (void)snprintf(path, sizeof path, "stage_logan/%s.csv", site->series.name);
    struct backtest_file *file = backtest_file_open(backtest->options.data, path, names, 3, &backtest->bad_rows);
    if (!file) return false;
    bool done = true;
    int64_t time_ms, raw_milli, label_milli, last_ms = 0;
    while (done && backtest_file_next(file)) {
        if (backtest_file_text(file, 1)[0] == '\0') continue;
        if (!backtest_file_wall_clock(file, 0, &time_ms) || !backtest_file_milli(file, 1, &raw_milli) ||
            !backtest_file_milli(file, 2, &label_milli))
            continue;
        if (time_ms <= last_ms) {
            backtest_file_bad(file, 0, "a time later than that of the row before");
            continue;
        }
        last_ms = time_ms;
        /* Thousandths of a cm are 10 um. */
        done = add_sample(site, time_ms, raw_milli * 10, label_milli != 0) || backtest_out_of_memory();
    }
    done = done && !file->failed;
    backtest_file_close(file);
    return done;
}

static void on_alert(void *ctx, uint32_t subject, const struct sw_alert *alert)
{
    (void)subject;
    uint64_t *quality_alerts = ctx;
    enum sw_alert_kind kind = sw_alert_kind_from_name("sensor_quality");
    if (kind != SW_ALERT_KIND_NONE && alert->kind == kind && alert->revision == 1) (*quality_alerts)++;
}

static bool flag_by_core(const struct site *site, const struct policy *policy, uint64_t *quality_alerts)
{
    struct one_core one;
    struct core_sink sink = {.ctx = quality_alerts, .alert = on_alert};
    int error = one_core_open(&one, SUBJECT_LEVEL, site->series.name, policy, sink);
    if (error != SW_OK) {
        fprintf(stderr, "stillwater backtest: %s: %s\n", site->series.name, sw_error_text(error));
        return false;
    }
    for (size_t i = 0; i < site->series.count; i++) {
        const struct series_reading *sample = &site->series.readings[i];
        struct core_verdict verdict = one_core_take(&one, SW_READING_LEVEL, sample->time_ms, sample->value_milli);
        site->flags[i] = verdict.quality != SW_QUALITY_GOOD;
    }
    one_core_close(&one);
    return true;
}

static bool is_policy(const struct logan *logan, size_t rule)
{
    return rule < logan->backtest->policy_count;
}

static bool add_row(struct logan *logan, const char *subject, size_t rule, const struct flag_score *score,
                    uint64_t quality_alerts, int64_t observed_ms)
{
    struct backtest *backtest = logan->backtest;
    struct table *table = &backtest->table;
    bool known = sw_alert_kind_from_name("sensor_quality") != SW_ALERT_KIND_NONE && observed_ms > 0;
    if (!table_row(table, false)) return backtest_out_of_memory();
    table_text(table, subject);
    table_text(table,
               is_policy(logan, rule) ? backtest->policies[rule].name : rules[rule - backtest->policy_count].name);
    table_number(table, (double)score->samples);
    table_number(table, (double)score->labelled);
    table_number(table, (double)score->flagged);
    table_number(table, flag_share(score->both, score->flagged));
    table_number(table, flag_share(score->both, score->labelled));
    table_number(table, flag_score_f1(score));
    table_number(table, (double)score->label_spans);
    table_number(table, flag_share(score->label_spans_found, score->label_spans));
    table_number(table, (double)score->flag_spans);
    table_number(table, flag_share(score->flag_spans_right, score->flag_spans));
    table_count(table, known && is_policy(logan, rule),
                (double)quality_alerts * (double)BACKTEST_MONTH_MS / (double)observed_ms);
    return true;
}

static bool score_site(struct logan *logan, struct site *site)
{
    const struct series *series = &site->series;
    const struct backtest *backtest = logan->backtest;
    if (series->count == 0) return true;
    int64_t observed_ms = series->readings[series->count - 1].time_ms - series->readings[0].time_ms;
    logan->pooled_ms += observed_ms;
    logan->site_count++;
    for (size_t rule = 0; rule < logan->rule_count; rule++) {
        struct flag_score score = {0};
        uint64_t quality_alerts = 0;
        if (is_policy(logan, rule)) {
            struct policy policy = *config_policy_of(backtest->policies[rule].config, series->name);
            if (!flag_by_core(site, &policy, &quality_alerts)) return false;
        } else {
            flag_rule_apply(&rules[rule - backtest->policy_count], series, site->flags);
        }
        flag_score_count(&score, site->labels, site->flags, series->count);
        flag_score_add(&logan->pooled[rule], &score);
        logan->pooled_alerts[rule] += quality_alerts;
        if (!add_row(logan, series->name, rule, &score, quality_alerts, observed_ms)) return false;
    }
    return true;
}

static bool run_site(struct logan *logan, const char *name)
{
    struct site site = {0};
    (void)snprintf(site.series.name, sizeof site.series.name, "%s", name);
    bool done = read_site(logan->backtest, &site) && score_site(logan, &site);
    free(site.series.readings);
    free(site.labels);
    free(site.flags);
    return done;
}

static bool add_pooled(struct logan *logan)
{
    char subject[TABLE_TEXT_SIZE];
    (void)snprintf(subject, sizeof subject, "all %zu", logan->site_count);
    for (size_t rule = 0; rule < logan->rule_count; rule++)
        if (!add_row(logan, subject, rule, &logan->pooled[rule], logan->pooled_alerts[rule], logan->pooled_ms))
            return false;
    return true;
}

static void fill_plot(struct logan *logan)
{
    struct plot *plot = &logan->backtest->plot;
    size_t policies = logan->backtest->policy_count;
    plot->title = "Logan River: quality flags against the technician's labels";
    plot->x_title = "recall";
    plot->y_title = "precision";
    struct plot_series *fixed = plot_add_series(plot, "fixed tests", false);
    struct plot_series *ours = plot_add_series(plot, "the policies under test", policies > 1);
    for (size_t rule = 0; rule < logan->rule_count; rule++) {
        const struct flag_score *score = &logan->pooled[rule];
        bool policy = is_policy(logan, rule);
        plot_add_point(policy ? ours : fixed, flag_share(score->both, score->labelled), NAN,
                       flag_share(score->both, score->flagged),
                       policy ? logan->backtest->policies[rule].name : rules[rule - policies].name);
    }
}

bool backtest_logan(struct backtest *backtest)
{
    struct logan logan = {.backtest = backtest, .rule_count = backtest->policy_count + RULE_COUNT};
    table_init(&backtest->table, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < SITE_COUNT; i++)
        if (backtest_chosen(backtest, sites[i], true) && !run_site(&logan, sites[i])) return false;
    if (logan.site_count == 0) {
        fputs("stillwater backtest: no site of the set is in --sensors\n", stderr);
        return false;
    }
    if (!add_pooled(&logan)) return false;
    fill_plot(&logan);
    return true;
}
