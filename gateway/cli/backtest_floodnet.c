/* FloodNet (github mebauer/floodnet-nyc-tutorial): street floods with depth profiles in mm. Every event is a validated
 * flood; of the quiet time in between the set has nothing. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/backtest.h"
#include "cli/backtest_file.h"
#include "cli/backtest_flood.h"
#include "cli/backtest_noise.h"

#define LINE_COUNT 6
#define LINE_50    2
#define LINE_100   4
#define RULES_MAX  (BACKTEST_POLICIES_MAX + LINE_COUNT)
#define MINUTE_MS  60000.0

static const struct {
    const char *name;
    int64_t line_um;
} lines[LINE_COUNT] = {{"10 mm line", 10000}, {"25 mm line", 25000},   {"50 mm line", 50000},
                       {"75 mm line", 75000}, {"100 mm line", 100000}, {"150 mm line", 150000}};

static const struct table_column columns[] = {
    {"subject", "|sensors", -1},
    {"rule", "|rule", -1},
    {"sensor_months", "sensor-|months", 0},
    {"events", "|events", 0},
    {"events_50mm", "events|>= 50 mm", 0},
    {"events_50mm_missed", "|missed", 0},
    {"events_100mm", "events|>= 100 mm", 0},
    {"events_100mm_missed", "|missed", 0},
    {"events_250mm", "events|>= 250 mm", 0},
    {"lead_median_min", "lead min|median", 1},
    {"lead_p10_min", "lead min|p10", 1},
    {"lead_of_100mm_line", "x 100 mm|line", 2},
    {"warned", "events|warned", 0},
    {"warned_never_250mm", "never|250 mm", 0},
    {"warned_never_100mm", "never|100 mm", 0},
    {"false_per_sensor_month", "false per|sensor-mo.", 2},
    {"band_errors", "band|errors", 0},
    {"samples_under_percent", "state too|low %", 2},
    {"forecasts", "fore-|casts", 0},
    {"forecast_error_median_min", "error min|median", 1},
    {"forecasts_inside_percent", "inside|range %", 0},
    {"forecasts_in_vain_percent", "in|vain %", 0},
    {"sensor_quality_per_sensor_month", "sensor|quality", 3},
};

struct floodnet {
    struct backtest *backtest;
    struct series_list profiles; /* one a flood, named after its sensor */
    int64_t sensor_ms;           /* how long the chosen sensors have been installed, in all */
    int64_t last_ms;             /* of all samples */
    size_t sensor_count, rule_count;
    struct flood_score scores[RULES_MAX];
};

static bool add_sample(struct floodnet *floodnet, struct backtest_file *file, char event[SW_ID_SIZE])
{
    int64_t time_ms, level_um;
    if (!backtest_file_time(file, 0, &time_ms) || !backtest_file_milli(file, 1, &level_um)) return true;
    const char *sensor = backtest_file_text(file, 2);
    if (!sw_id_valid(sensor)) {
        backtest_file_bad(file, 2, "an id of 1 to 63 characters of A-Z a-z 0-9 - _ and '.'");
        return true;
    }
    if (time_ms > floodnet->last_ms) floodnet->last_ms = time_ms;
    if (!backtest_chosen(floodnet->backtest, sensor, true)) return true;
    struct series_list *profiles = &floodnet->profiles;
    if (profiles->count == 0 || strcmp(event, backtest_file_text(file, 3)) != 0) {
        (void)snprintf(event, SW_ID_SIZE, "%s", backtest_file_text(file, 3));
        if (!series_list_add(profiles, sensor)) return false;
    }
    struct series *profile = &profiles->series[profiles->count - 1];
    if (profile->count > 0 && time_ms <= profile->readings[profile->count - 1].time_ms) {
        backtest_file_bad(file, 0, "a time later than that of the event's row before");
        return true;
    }
    return series_add(profile, time_ms, level_um);
}

static bool read_profiles(struct floodnet *floodnet)
{
    static const char *const names[] = {"timestamp", "depth_mm", "series_id", "event_id"};
    struct backtest *backtest = floodnet->backtest;
    struct backtest_file *file =
        backtest_file_open(backtest->options.data, "flood_floodnet/profiles.csv", names, 4, &backtest->bad_rows);
    if (!file) return false;
    char event[SW_ID_SIZE] = "";
    bool done = true;
    while (done && backtest_file_next(file))
        done = add_sample(floodnet, file, event) || backtest_out_of_memory();
    done = done && !file->failed;
    backtest_file_close(file);
    return done;
}

/* "2023-07-26"; empty: `otherwise`. */
static bool read_day(struct backtest_file *file, size_t column, int64_t otherwise_ms, int64_t *ms)
{
    const char *text = backtest_file_text(file, column);
    struct tm day = {0};
    *ms = otherwise_ms;
    if (*text == '\0') return true;
    const char *end = strptime(text, "%Y-%m-%d", &day);
    if (!end || *end != '\0') {
        backtest_file_bad(file, column, "a day such as 2023-07-26");
        return false;
    }
    *ms = (int64_t)timegm(&day) * 1000;
    return true;
}

static bool read_sensors(struct floodnet *floodnet)
{
    static const char *const names[] = {"series_id", "installed", "removed"};
    struct backtest *backtest = floodnet->backtest;
    struct backtest_file *file =
        backtest_file_open(backtest->options.data, "flood_floodnet/sensors.csv", names, 3, &backtest->bad_rows);
    if (!file) return false;
    int64_t installed_ms, removed_ms;
    while (backtest_file_next(file)) {
        const char *sensor = backtest_file_text(file, 0);
        if (!backtest_chosen(backtest, sensor, true) || !series_list_find(&floodnet->profiles, sensor)) continue;
        if (!read_day(file, 1, 0, &installed_ms) || !read_day(file, 2, floodnet->last_ms, &removed_ms)) continue;
        if (installed_ms > 0 && removed_ms > installed_ms) floodnet->sensor_ms += removed_ms - installed_ms;
    }
    bool done = !file->failed;
    backtest_file_close(file);
    return done;
}

static int by_sensor_and_start(const void *a, const void *b)
{
    const struct series *left = a, *right = b;
    int order = strcmp(left->name, right->name);
    if (order != 0 || left->count == 0 || right->count == 0) return order;
    int64_t left_ms = left->readings[0].time_ms, right_ms = right->readings[0].time_ms;
    return (left_ms > right_ms) - (left_ms < right_ms);
}

/* Leaves out a flood that begins before the one before it has ended: a sensor has one level at a time. */
static void drop_overlaps(struct series_list *profiles)
{
    size_t kept = 0;
    for (size_t i = 0; i < profiles->count; i++) {
        struct series *last = kept > 0 ? &profiles->series[kept - 1] : NULL;
        struct series profile = profiles->series[i];
        bool overlaps = last && strcmp(last->name, profile.name) == 0 && profile.count > 0 &&
                        profile.readings[0].time_ms <= last->readings[last->count - 1].time_ms;
        if (profile.count == 0 || overlaps) {
            free(profile.readings);
            continue;
        }
        profiles->series[kept++] = profile;
    }
    profiles->count = kept;
}

static bool score_lines(struct floodnet *floodnet)
{
    size_t first = floodnet->backtest->policy_count;
    for (size_t i = 0; i < floodnet->profiles.count; i++) {
        const struct series *profile = &floodnet->profiles.series[i];
        struct flood_facts facts = flood_facts_of(profile);
        for (size_t line = 0; line < LINE_COUNT; line++) {
            struct flood_told told = flood_told_by_line(profile, lines[line].line_um);
            if (!flood_count(&floodnet->scores[first + line], &facts, &told)) return backtest_out_of_memory();
        }
    }
    return true;
}

static bool score_sensors(struct floodnet *floodnet)
{
    const struct backtest *backtest = floodnet->backtest;
    const struct series *profiles = floodnet->profiles.series;
    for (size_t first = 0, next; first < floodnet->profiles.count; first = next) {
        for (next = first + 1; next < floodnet->profiles.count; next++)
            if (strcmp(profiles[next].name, profiles[first].name) != 0) break;
        floodnet->sensor_count++;
        for (size_t i = 0; i < backtest->policy_count; i++) {
            struct policy policy = *config_policy_of(backtest->policies[i].config, profiles[first].name);
            if (!flood_score_core(&profiles[first], next - first, &policy, &floodnet->scores[i])) return false;
        }
    }
    return true;
}

static double minutes(struct numbers *numbers, unsigned permille)
{
    return numbers->count ? (double)numbers_quantile(numbers, permille) / MINUTE_MS : NAN;
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : NAN;
}

static double per_month(const struct floodnet *floodnet, uint64_t count)
{
    if (floodnet->sensor_ms == 0) return NAN;
    return (double)count * (double)BACKTEST_MONTH_MS / (double)floodnet->sensor_ms;
}

static void add_core_cells(const struct floodnet *floodnet, struct flood_score *score, bool policy)
{
    struct table *table = &floodnet->backtest->table;
    bool forecasts = policy && sw_alert_kind_from_name("level_soon") != SW_ALERT_KIND_NONE;
    bool quality = policy && sw_alert_kind_from_name("sensor_quality") != SW_ALERT_KIND_NONE;
    table_count(table, policy, (double)score->band_errors);
    table_count(table, policy, percent(score->under_samples, score->wet_samples));
    table_count(table, forecasts, (double)score->forecasts);
    table_number(table, minutes(&score->forecast_errors_ms, 500));
    table_number(table, percent(score->forecasts_inside, score->forecasts - score->forecasts_in_vain));
    table_number(table, percent(score->forecasts_in_vain, score->forecasts));
    table_count(table, quality, per_month(floodnet, score->quality_alerts));
}

static bool add_row(struct floodnet *floodnet, size_t rule)
{
    struct backtest *backtest = floodnet->backtest;
    struct table *table = &backtest->table;
    struct flood_score *score = &floodnet->scores[rule];
    bool policy = rule < backtest->policy_count;
    double line_100 = minutes(&floodnet->scores[backtest->policy_count + LINE_100].leads_ms, 500);
    char subject[TABLE_TEXT_SIZE];
    (void)snprintf(subject, sizeof subject, "all %zu", floodnet->sensor_count);
    if (!table_row(table, false)) return backtest_out_of_memory();
    table_text(table, subject);
    table_text(table, policy ? backtest->policies[rule].name : lines[rule - backtest->policy_count].name);
    table_number(table, (double)floodnet->sensor_ms / (double)BACKTEST_MONTH_MS);
    table_number(table, (double)score->events);
    table_number(table, (double)score->blue);
    table_number(table, (double)(score->blue - score->blue_found));
    table_number(table, (double)score->yellow);
    table_number(table, (double)(score->yellow - score->yellow_found));
    table_number(table, (double)score->orange);
    table_number(table, minutes(&score->leads_ms, 500));
    table_number(table, minutes(&score->leads_ms, 100));
    table_count(table, line_100 > 0, minutes(&score->leads_ms, 500) / line_100);
    table_number(table, (double)score->warned);
    table_number(table, (double)score->warned_never_orange);
    table_number(table, (double)score->warned_never_yellow);
    table_number(table, per_month(floodnet, score->warned_never_yellow));
    add_core_cells(floodnet, score, policy);
    return true;
}

/* Cells that do not apply to what comes next. */
static void skip_cells(struct table *table, size_t count)
{
    while (count-- > 0)
        table_number(table, NAN);
}

static bool add_noise_row(struct floodnet *floodnet, size_t kind, size_t rule, const struct noise_score *score)
{
    struct backtest *backtest = floodnet->backtest;
    struct table *table = &backtest->table;
    bool policy = rule < backtest->policy_count;
    bool quality = policy && sw_alert_kind_from_name("sensor_quality") != SW_ALERT_KIND_NONE;
    size_t line = policy ? LINE_50 : rule - backtest->policy_count;
    double months = (double)NOISE_SENSORS * NOISE_DAYS * (double)BACKTEST_DAY_MS / (double)BACKTEST_MONTH_MS;
    char subject[TABLE_TEXT_SIZE];
    (void)snprintf(subject, sizeof subject, "made up: %s", noise_kind_name(kind));
    if (!table_row(table, line != LINE_50 && line != LINE_100)) return backtest_out_of_memory();
    table_text(table, subject);
    table_text(table, policy ? backtest->policies[rule].name : lines[rule - backtest->policy_count].name);
    table_number(table, months);
    table_number(table, (double)score->floods);
    table_number(table, (double)score->floods);
    table_number(table, (double)(score->floods - score->found));
    skip_cells(table, 9);
    table_number(table, (double)score->false_alarms / months);
    skip_cells(table, 6);
    table_count(table, quality, (double)score->quality_alerts / months);
    return true;
}

static bool score_noise_kind(struct floodnet *floodnet, size_t kind, const struct series *const *deep,
                             size_t deep_count)
{
    const struct backtest *backtest = floodnet->backtest;
    struct noise_score scores[RULES_MAX] = {{0}};
    bool done = true;
    for (uint64_t seed = 1; done && seed <= NOISE_SENSORS; seed++) {
        struct noise_sensor sensor = {0};
        done = noise_sensor_make(&sensor, kind, seed, deep, deep_count) || backtest_out_of_memory();
        for (size_t rule = 0; done && rule < floodnet->rule_count; rule++) {
            if (rule < backtest->policy_count)
                done = noise_score_core(&sensor, &backtest->policies[rule].config->policy, &scores[rule]);
            else
                noise_score_line(&sensor, lines[rule - backtest->policy_count].line_um, &scores[rule]);
        }
        noise_sensor_free(&sensor);
    }
    for (size_t rule = 0; done && rule < floodnet->rule_count; rule++)
        done = add_noise_row(floodnet, kind, rule, &scores[rule]);
    return done;
}

static bool score_noise(struct floodnet *floodnet)
{
    const struct series_list *profiles = &floodnet->profiles;
    const struct series **deep = malloc(profiles->count * sizeof *deep);
    if (!deep) return backtest_out_of_memory();
    size_t deep_count = 0;
    for (size_t i = 0; i < profiles->count; i++)
        if (flood_facts_of(&profiles->series[i]).deepest_um >= NOISE_FLOOD_LEAST)
            deep[deep_count++] = &profiles->series[i];
    bool done = true;
    for (size_t kind = 0; done && kind < NOISE_KIND_COUNT; kind++)
        done = score_noise_kind(floodnet, kind, deep, deep_count);
    free(deep);
    return done;
}

static void fill_plot(struct floodnet *floodnet)
{
    struct plot *plot = &floodnet->backtest->plot;
    size_t policies = floodnet->backtest->policy_count;
    plot->title = "FloodNet street floods";
    plot->x_title = "median lead before 250 mm, minutes";
    plot->y_title = "floods warned of that never reach 250 mm";
    struct plot_series *fixed = plot_add_series(plot, "fixed lines", true);
    struct plot_series *ours = plot_add_series(plot, "the policies under test", policies > 1);
    for (size_t rule = 0; rule < floodnet->rule_count; rule++) {
        struct flood_score *score = &floodnet->scores[rule];
        bool policy = rule < policies;
        plot_add_point(policy ? ours : fixed, minutes(&score->leads_ms, 500), NAN, (double)score->warned_never_orange,
                       policy ? floodnet->backtest->policies[rule].name : lines[rule - policies].name);
    }
}

static bool score_all(struct floodnet *floodnet)
{
    if (floodnet->profiles.count == 0) {
        fputs("stillwater backtest: no sensor of the set is in --sensors\n", stderr);
        return false;
    }
    qsort(floodnet->profiles.series, floodnet->profiles.count, sizeof *floodnet->profiles.series, by_sensor_and_start);
    drop_overlaps(&floodnet->profiles);
    if (!score_sensors(floodnet) || !score_lines(floodnet)) return false;
    table_init(&floodnet->backtest->table, columns, sizeof columns / sizeof columns[0]);
    for (size_t rule = 0; rule < floodnet->rule_count; rule++)
        if (!add_row(floodnet, rule)) return false;
    fill_plot(floodnet);
    return score_noise(floodnet);
}

bool backtest_floodnet(struct backtest *backtest)
{
    struct floodnet floodnet = {.backtest = backtest, .rule_count = backtest->policy_count + LINE_COUNT};
    bool done = read_profiles(&floodnet) && read_sensors(&floodnet) && score_all(&floodnet);
    for (size_t rule = 0; rule < floodnet.rule_count; rule++)
        flood_score_free(&floodnet.scores[rule]);
    series_list_free(&floodnet.profiles);
    return done;
}
