#include "cli/backtest_home.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/backtest.h"
#include "cli/backtest_core.h"

/* What the alerts of a home's core say, up to now. */
struct watch {
    struct home_score *score;          /* NULL after a cut: nothing is counted then */
    int64_t raised_ms;                 /* of the no_use alert that is open; 0 = none is */
    bool raised_now;                   /* by the reading last taken */
    bool serious[SW_ALERT_KIND_COUNT]; /* the last alert of this kind has been yellow or worse */
};

bool home_score_add(struct home_score *sum, const struct home_score *score)
{
    sum->observed_ms += score->observed_ms;
    sum->homes += score->homes;
    sum->alarms += score->alarms;
    sum->alarms_under_36h += score->alarms_under_36h;
    sum->alarms_under_24h += score->alarms_under_24h;
    for (int kind = 0; kind < SW_ALERT_KIND_COUNT; kind++) {
        sum->raised[kind] += score->raised[kind];
        sum->serious[kind] += score->serious[kind];
    }
    sum->untold += score->untold;
    return numbers_add_all(&sum->delays_ms, &score->delays_ms);
}

void home_score_free(struct home_score *score)
{
    numbers_free(&score->delays_ms);
}

static void count_kind(struct watch *watch, const struct sw_alert *alert)
{
    if (alert->revision == 1) {
        watch->score->raised[alert->kind]++;
        watch->serious[alert->kind] = false;
    }
    if (watch->serious[alert->kind] || alert->peak < SW_COLOUR_YELLOW) return;
    watch->serious[alert->kind] = true;
    watch->score->serious[alert->kind]++;
}

static void on_alert(void *ctx, uint32_t subject, const struct sw_alert *alert)
{
    (void)subject;
    struct watch *watch = ctx;
    if (watch->score) count_kind(watch, alert);
    if (alert->kind != SW_ALERT_KIND_NO_USE) return;
    if (alert->revision == 1) {
        watch->raised_ms = alert->raised_at.ms;
        watch->raised_now = true;
    }
    if (!sw_alert_state_is_open(alert->state)) watch->raised_ms = 0;
}

static bool cannot_start(const char *name, int error)
{
    fprintf(stderr, "stillwater backtest: %s: %s\n", name, sw_error_text(error));
    return false;
}

bool home_history(const struct series *series, const struct policy *policy, struct history *history)
{
    struct core_sink sink = {0};
    struct one_core one;
    int error = one_core_open(&one, SUBJECT_HOME, series->name, policy, sink);
    if (error != SW_OK) return cannot_start(series->name, error);
    *history = (struct history){.gap_ms = policy->no_use.observed_gap_ms};
    bool done = true;
    for (size_t i = 0; done && i < series->count; i++) {
        const struct series_reading *reading = &series->readings[i];
        struct core_verdict verdict =
            one_core_take(&one, SW_READING_WATER_INDEX, reading->time_ms, reading->value_milli);
        if (verdict.ignored || verdict.quality != SW_QUALITY_GOOD) continue;
        done = history_add(history, reading->time_ms, verdict.use_ml);
    }
    one_core_close(&one);
    return (done && history_finish(history)) || backtest_out_of_memory();
}

static int64_t stillness_ms(const struct history *history, int64_t time_ms)
{
    struct stillness still = history_stillness(history, time_ms);
    return still.end_ms - still.start_ms;
}

bool home_cuts(const struct history *history, int64_t every_ms, bool without_absences, struct numbers *cuts)
{
    int64_t observed_ms = 0, next_ms = every_ms;
    for (size_t i = 1; i < history->count; i++) {
        int64_t time_ms = history->observations[i].time_ms;
        int64_t interval_ms = time_ms - history->observations[i - 1].time_ms;
        if (interval_ms <= history->gap_ms) observed_ms += interval_ms;
        if (observed_ms < next_ms) continue;
        next_ms += every_ms;
        if (time_ms - history->observations[0].time_ms < CUT_FIRST_MS) continue;
        if (without_absences && stillness_ms(history, time_ms) >= ABSENCE_MS) continue;
        if (!numbers_add(cuts, time_ms)) return backtest_out_of_memory();
    }
    return true;
}

/* An alarm on the uncut series. */
static void count_alarm(struct home_score *score, const struct history *history, int64_t raised_ms,
                        bool without_absences)
{
    int64_t length_ms = stillness_ms(history, raised_ms);
    if (without_absences && length_ms >= ABSENCE_MS) return;
    score->alarms++;
    if (length_ms < ABSENCE_MS) score->alarms_under_36h++;
    if (length_ms < BACKTEST_DAY_MS) score->alarms_under_24h++;
}

/* `raised_ms` 0: no alarm came. */
static bool count_delay(struct home_score *score, int64_t last_use_ms, int64_t raised_ms)
{
    int64_t delay_ms = raised_ms ? alarm_delay_ms(last_use_ms, raised_ms) : CUT_FOLLOW_MS;
    if (!raised_ms || delay_ms > CUT_FOLLOW_MS) {
        delay_ms = CUT_FOLLOW_MS;
        score->untold++;
    }
    return numbers_add(&score->delays_ms, delay_ms) || backtest_out_of_memory();
}

struct core_run {
    const struct series *series;
    const struct drip *drip;
    const struct policy *policy;
    const struct history *history;
    struct one_core main, cut;
    struct watch watch, cut_watch;
    uint8_t snapshot[CORE_SNAPSHOT_SIZE_MAX];
};

/* Of a total that is kept in whole steps, as the series' own is, so that the sum is one, too. */
static int64_t dripped_ml(const struct core_run *run, int64_t time_ms)
{
    const struct drip *drip = run->drip;
    int64_t since_ms = time_ms - run->series->readings[0].time_ms;
    int64_t lots = drip->ml_day * (since_ms / 1000) / (BACKTEST_DAY_MS / 1000) / drip->lot_ml;
    return lots * drip->lot_ml / drip->step_ml * drip->step_ml;
}

static struct core_verdict take_total(const struct core_run *run, struct one_core *one, int64_t time_ms,
                                      int64_t total_ml)
{
    return one_core_take(one, SW_READING_WATER_INDEX, time_ms, total_ml + dripped_ml(run, time_ms));
}

/* The water stops after `reading`: its total is read again and again at the home's own cadence. */
static bool cut_core(struct core_run *run, const struct series_reading *reading, struct home_score *score)
{
    int64_t last_use_ms = history_stillness(run->history, reading->time_ms).start_ms;
    run->cut_watch = (struct watch){.raised_ms = run->watch.raised_ms};
    if (run->watch.raised_ms) return count_delay(score, last_use_ms, run->watch.raised_ms);
    size_t size = core_snapshot(run->main.core, run->main.subject, run->snapshot, sizeof run->snapshot);
    struct core_sink sink = {.ctx = &run->cut_watch, .alert = on_alert};
    int error =
        size == 0 ? SW_ERROR_NO_SPACE
                  : one_core_renew(&run->cut, SUBJECT_HOME, run->series->name, run->policy, sink, run->snapshot, size);
    if (error != SW_OK) return cannot_start(run->series->name, error);
    int64_t until_ms = last_use_ms + CUT_FOLLOW_MS;
    for (int64_t time_ms = reading->time_ms + run->history->cadence_ms;
         time_ms <= until_ms && run->cut_watch.raised_ms == 0; time_ms += run->history->cadence_ms)
        take_total(run, &run->cut, time_ms, reading->value_milli);
    return count_delay(score, last_use_ms, run->cut_watch.raised_ms);
}

static bool run_core(struct core_run *run, const struct numbers *cuts, bool without_absences, struct home_score *score)
{
    size_t next_cut = 0;
    for (size_t i = 0; i < run->series->count; i++) {
        const struct series_reading *reading = &run->series->readings[i];
        run->watch.raised_now = false;
        struct core_verdict verdict = take_total(run, &run->main, reading->time_ms, reading->value_milli);
        if (run->watch.raised_now) count_alarm(score, run->history, reading->time_ms, without_absences);
        if (verdict.ignored || next_cut == cuts->count || reading->time_ms < cuts->values[next_cut]) continue;
        next_cut++;
        if (!cut_core(run, reading, score)) return false;
    }
    return true;
}

bool home_score_core(const struct series *series, const struct drip *drip, const struct policy *policy,
                     const struct history *history, const struct numbers *cuts, bool without_absences,
                     struct home_score *score)
{
    struct core_run run = {.series = series, .drip = drip, .policy = policy, .history = history};
    struct core_sink sink = {.ctx = &run.watch, .alert = on_alert};
    struct core_sink none = {0};
    run.watch.score = score;
    score->homes = 1;
    score->observed_ms = history->observed_ms;
    int error = one_core_open(&run.main, SUBJECT_HOME, series->name, policy, sink);
    if (error == SW_OK) error = one_core_open(&run.cut, SUBJECT_HOME, series->name, policy, none);
    bool done = error == SW_OK ? run_core(&run, cuts, without_absences, score) : cannot_start(series->name, error);
    one_core_close(&run.main);
    one_core_close(&run.cut);
    return done;
}

static bool cut_fixed(struct fixed_state state, const struct fixed_rule *rule, const struct history *history,
                      int64_t cut_ms, struct home_score *score)
{
    int64_t last_use_ms = history_stillness(history, cut_ms).start_ms;
    for (int64_t time_ms = cut_ms + history->cadence_ms; state.raised_ms == 0 && time_ms <= last_use_ms + CUT_FOLLOW_MS;
         time_ms += history->cadence_ms)
        (void)fixed_state_take_still(&state, rule, history, time_ms);
    return count_delay(score, last_use_ms, state.raised_ms);
}

bool home_score_fixed(const struct fixed_rule *rule, const struct history *history, const struct numbers *cuts,
                      bool without_absences, struct home_score *score)
{
    struct fixed_state state = {0};
    size_t next_cut = 0;
    score->homes = 1;
    score->observed_ms = history->observed_ms;
    for (size_t i = 0; i < history->count; i++) {
        int64_t time_ms = history->observations[i].time_ms;
        if (fixed_state_take(&state, rule, history)) count_alarm(score, history, time_ms, without_absences);
        if (next_cut == cuts->count || time_ms < cuts->values[next_cut]) continue;
        next_cut++;
        if (!cut_fixed(state, rule, history, time_ms, score)) return false;
    }
    return true;
}
