#include "cli/backtest_homes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/backtest_home.h"

#define HOUR BACKTEST_HOUR_MS

/* The fixed rules cities use; those that ask for nothing at all make the curve, shortest window first. */
static const struct fixed_rule fixed_rules[] = {{"less than 10 L in 12 h", 10000, 12 * HOUR},
                                                {"less than 10 L in 24 h", 10000, 24 * HOUR},
                                                {"nothing in 8 h", 1, 8 * HOUR},
                                                {"nothing in 12 h", 1, 12 * HOUR},
                                                {"nothing in 14 h", 1, 14 * HOUR},
                                                {"nothing in 16 h", 1, 16 * HOUR},
                                                {"nothing in 20 h", 1, 20 * HOUR},
                                                {"nothing in 24 h", 1, 24 * HOUR}};
#define FIXED_COUNT (sizeof fixed_rules / sizeof fixed_rules[0])
#define CURVE_FIRST 2
#define CURVE_COUNT (FIXED_COUNT - CURVE_FIRST)
#define RULES_MAX   (BACKTEST_POLICIES_MAX + FIXED_COUNT)

/* Looked up by name: what this build does not know is shown as "-". */
static const char *const kind_names[] = {"quiet", "leak", "burst", "backflow", "meter_fault"};
#define KIND_COUNT (sizeof kind_names / sizeof kind_names[0])

static const struct table_column columns[] = {
    {"subject", "|home", -1},
    {"rule", "|rule", -1},
    {"homes", "|homes", 0},
    {"home_months", "home-|months", 1},
    {"alarms", "|alarms", 0},
    {"alarms_per_home_month", "per home-|month", 2},
    {"alarms_under_36h_per_home_month", "in gaps|under 36 h", 2},
    {"alarms_under_24h_per_home_month", "in gaps|under 24 h", 2},
    {"cuts", "|cuts", 0},
    {"delay_median_h", "delay h|median", 1},
    {"delay_p90_h", "delay h|p90", 1},
    {"untold_percent", "not told|in 48 h %", 1},
    {"percent_of_fixed_delay", "% of fixed|at this rate", 0},
    {"quiet_per_home_month", "|quiet", 2},
    {"leak_per_home_month", "|leak", 2},
    {"leak_yellow_per_home_month", "leak|yellow+", 2},
    {"burst_per_home_month", "|burst", 2},
    {"backflow_per_home_month", "back-|flow", 2},
    {"meter_fault_per_home_month", "meter|fault", 2},
};

struct homes_run {
    struct backtest *backtest;
    const struct series_list *homes;
    const struct time_zone *zone;
    size_t rule_count; /* policies, then fixed rules; with a drip policies alone, since volume tells nothing then */
    struct home_score pooled[RULES_MAX];
    struct home_score *scores; /* home x rule */
};

static bool is_policy(const struct homes_run *run, size_t rule)
{
    return rule < run->backtest->policy_count;
}

static struct policy policy_of(const struct homes_run *run, size_t rule, const char *home)
{
    struct policy policy = *config_policy_of(run->backtest->policies[rule].config, home);
    policy.habit.zone = policy.day_rhythm.zone = policy.day_volume.zone = *run->zone;
    return policy;
}

static bool score_home(struct homes_run *run, size_t home)
{
    const struct backtest *backtest = run->backtest;
    const struct series *series = &run->homes->series[home];
    struct home_score *scores = &run->scores[home * run->rule_count];
    bool without = backtest->options.without_absences;
    const struct drip drip = {.ml_day = backtest->options.drip_l_day * 1000,
                              .lot_ml = backtest->options.drip_lot_ml,
                              .step_ml = backtest->options.pulse_ml};
    struct policy policy = policy_of(run, 0, series->name);
    struct history history = {0};
    struct numbers cuts = {0};
    bool done = home_history(series, &policy, &history) &&
                home_cuts(&history, backtest->options.cut_every_hours * HOUR, without, &cuts);
    for (size_t rule = 0; done && rule < run->rule_count; rule++) {
        if (is_policy(run, rule)) {
            policy = policy_of(run, rule, series->name);
            done = home_score_core(series, &drip, &policy, &history, &cuts, without, &scores[rule]);
        } else {
            done =
                home_score_fixed(&fixed_rules[rule - backtest->policy_count], &history, &cuts, without, &scores[rule]);
        }
        if (done && !home_score_add(&run->pooled[rule], &scores[rule])) done = backtest_out_of_memory();
    }
    history_free(&history);
    numbers_free(&cuts);
    return done;
}

static double per_month(const struct home_score *score, uint64_t count)
{
    if (score->observed_ms == 0) return NAN;
    return (double)count * (double)BACKTEST_MONTH_MS / (double)score->observed_ms;
}

static double delay_h(struct home_score *score, unsigned permille)
{
    if (score->delays_ms.count == 0) return NAN;
    return (double)numbers_quantile(&score->delays_ms, permille) / (double)HOUR;
}

/* The score's median delay in percent of that of "nothing in T" at the same rate of alarms; `first_fixed` are the
 * scores of the fixed rules. */
static double percent_of_fixed(struct home_score *score, struct home_score *first_fixed)
{
    double rates[CURVE_COUNT], delays[CURVE_COUNT];
    for (size_t i = 0; i < CURVE_COUNT; i++) {
        rates[i] = per_month(&first_fixed[CURVE_FIRST + i], first_fixed[CURVE_FIRST + i].alarms);
        delays[i] = delay_h(&first_fixed[CURVE_FIRST + i], 500);
    }
    return 100 * delay_h(score, 500) / curve_delay_at(rates, delays, CURVE_COUNT, per_month(score, score->alarms));
}

static void add_kinds(struct table *table, const struct home_score *score, bool policy)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        enum sw_alert_kind kind = sw_alert_kind_from_name(kind_names[i]);
        bool applies = policy && kind != SW_ALERT_KIND_NONE;
        table_count(table, applies, per_month(score, score->raised[kind]));
        if (strcmp(kind_names[i], "leak") == 0) table_count(table, applies, per_month(score, score->serious[kind]));
    }
}

static bool has_fixed(const struct homes_run *run)
{
    return run->rule_count > run->backtest->policy_count;
}

static bool add_row(struct homes_run *run, const char *subject, size_t rule, struct home_score *scores)
{
    struct backtest *backtest = run->backtest;
    struct table *table = &backtest->table;
    struct home_score *score = &scores[rule];
    bool pooled = scores == run->pooled;
    if (!table_row(table, !pooled && !is_policy(run, rule))) return backtest_out_of_memory();
    table_text(table, subject);
    table_text(table,
               is_policy(run, rule) ? backtest->policies[rule].name : fixed_rules[rule - backtest->policy_count].name);
    table_number(table, (double)score->homes);
    table_number(table, (double)score->observed_ms / (double)BACKTEST_MONTH_MS);
    table_number(table, (double)score->alarms);
    table_number(table, per_month(score, score->alarms));
    table_number(table, per_month(score, score->alarms_under_36h));
    table_number(table, per_month(score, score->alarms_under_24h));
    table_number(table, (double)score->delays_ms.count);
    table_number(table, delay_h(score, 500));
    table_number(table, delay_h(score, 900));
    table_count(table, score->delays_ms.count > 0, 100.0 * (double)score->untold / (double)score->delays_ms.count);
    bool compared = pooled && is_policy(run, rule) && has_fixed(run);
    table_count(table, compared, compared ? percent_of_fixed(score, &scores[backtest->policy_count]) : NAN);
    add_kinds(table, score, is_policy(run, rule));
    return true;
}

static bool fill_table(struct homes_run *run)
{
    table_init(&run->backtest->table, columns, sizeof columns / sizeof columns[0]);
    char all[TABLE_TEXT_SIZE];
    (void)snprintf(all, sizeof all, "all %zu", run->homes->count);
    for (size_t rule = 0; rule < run->rule_count; rule++)
        if (!add_row(run, all, rule, run->pooled)) return false;
    for (size_t home = 0; run->homes->count > 1 && home < run->homes->count; home++)
        for (size_t rule = 0; rule < run->rule_count; rule++)
            if (!add_row(run, run->homes->series[home].name, rule, &run->scores[home * run->rule_count])) return false;
    return true;
}

static void add_point(struct plot_series *series, struct home_score *score, const char *label)
{
    plot_add_point(series, delay_h(score, 500), delay_h(score, 900), per_month(score, score->alarms), label);
}

static void fill_plot(struct homes_run *run, const char *title)
{
    struct plot *plot = &run->backtest->plot;
    plot->title = title;
    plot->x_title = "delay after the last use, hours: median, whisker to p90";
    plot->y_title = "alarms per home-month, absences counted as false";
    plot->log_y = true;
    size_t policies = run->backtest->policy_count;
    struct plot_series *nothing = plot_add_series(plot, "fixed: nothing in T", true);
    struct plot_series *volume = plot_add_series(plot, "fixed: less than 10 L in T", false);
    struct plot_series *ours = plot_add_series(plot, "the policies under test", policies > 1);
    for (size_t i = 0; has_fixed(run) && i < FIXED_COUNT; i++) {
        bool curve = i >= CURVE_FIRST;
        const char *label = curve ? strstr(fixed_rules[i].name, "in ") + 3 : fixed_rules[i].name;
        add_point(curve ? nothing : volume, &run->pooled[policies + i], label);
    }
    for (size_t i = 0; i < policies; i++)
        add_point(ours, &run->pooled[i], run->backtest->policies[i].name);
}

bool backtest_homes(struct backtest *backtest, const struct series_list *homes, const struct time_zone *zone,
                    const char *title)
{
    if (homes->count == 0) {
        fprintf(stderr, "stillwater backtest: no home of the set is in --homes\n");
        return false;
    }
    struct homes_run run = {
        .backtest = backtest, .homes = homes, .zone = zone, .rule_count = backtest->policy_count, .pooled = {{0}}};
    if (backtest->options.drip_l_day == 0) run.rule_count += FIXED_COUNT;
    size_t score_count = homes->count * run.rule_count;
    run.scores = calloc(score_count, sizeof *run.scores);
    bool done = run.scores || backtest_out_of_memory();
    for (size_t home = 0; done && home < homes->count; home++)
        done = score_home(&run, home);
    if (done) done = fill_table(&run);
    if (done) fill_plot(&run, title);
    for (size_t i = 0; run.scores && i < score_count; i++)
        home_score_free(&run.scores[i]);
    for (size_t rule = 0; rule < run.rule_count; rule++)
        home_score_free(&run.pooled[rule]);
    free(run.scores);
    return done;
}
