#include "cli/backtest_metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool numbers_add(struct numbers *numbers, int64_t value)
{
    if (numbers->count == numbers->capacity) {
        size_t capacity = numbers->capacity ? 2 * numbers->capacity : 64;
        int64_t *values = realloc(numbers->values, capacity * sizeof *values);
        if (!values) return false;
        numbers->values = values;
        numbers->capacity = capacity;
    }
    numbers->values[numbers->count++] = value;
    return true;
}

bool numbers_add_all(struct numbers *numbers, const struct numbers *more)
{
    for (size_t i = 0; i < more->count; i++)
        if (!numbers_add(numbers, more->values[i])) return false;
    return true;
}

void numbers_free(struct numbers *numbers)
{
    free(numbers->values);
    memset(numbers, 0, sizeof *numbers);
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

int64_t numbers_quantile(struct numbers *numbers, unsigned permille)
{
    if (numbers->count == 0) return INT64_MIN;
    qsort(numbers->values, numbers->count, sizeof *numbers->values, compare);
    size_t rank = (numbers->count * permille + 999) / 1000;
    return numbers->values[rank > 0 ? rank - 1 : 0];
}

bool history_add(struct history *history, int64_t time_ms, int64_t use_ml)
{
    if (history->count == history->capacity) {
        size_t capacity = history->capacity ? 2 * history->capacity : 1024;
        struct observation *larger = realloc(history->observations, capacity * sizeof *larger);
        if (!larger) return false;
        history->observations = larger;
        history->capacity = capacity;
    }
    if (history->count > 0) {
        int64_t interval_ms = time_ms - history->observations[history->count - 1].time_ms;
        if (interval_ms <= history->gap_ms) history->observed_ms += interval_ms;
    }
    history->observations[history->count++] = (struct observation){time_ms, use_ml};
    return true;
}

bool history_finish(struct history *history)
{
    struct numbers intervals = {0};
    bool done = true;
    for (size_t i = 1; done && i < history->count; i++)
        done = numbers_add(&intervals, history->observations[i].time_ms - history->observations[i - 1].time_ms);
    history->cadence_ms = intervals.count ? numbers_quantile(&intervals, 500) : BACKTEST_HOUR_MS;
    numbers_free(&intervals);
    return done;
}

void history_free(struct history *history)
{
    free(history->observations);
    memset(history, 0, sizeof *history);
}

/* The first observation later than time_ms; the count when there is none. */
static size_t first_after(const struct history *history, int64_t time_ms)
{
    size_t low = 0, high = history->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (history->observations[middle].time_ms <= time_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct stillness history_stillness(const struct history *history, int64_t time_ms)
{
    struct stillness still = {time_ms, time_ms};
    if (history->count == 0) return still;
    size_t after = first_after(history, time_ms);
    size_t before = after;
    while (before > 0 && history->observations[before - 1].use_ml <= 0)
        before--;
    still.start_ms = history->observations[before > 0 ? before - 1 : 0].time_ms;
    while (after < history->count && history->observations[after].use_ml <= 0)
        after++;
    still.end_ms = history->observations[after < history->count ? after : history->count - 1].time_ms;
    return still;
}

/* Judges the window that ends at time_ms, an observation with all before it taken. */
static bool judge(struct fixed_state *state, const struct fixed_rule *rule, const struct history *history,
                  int64_t time_ms)
{
    bool seen = state->observed_since_ms != 0 && time_ms - state->last_ms <= history->gap_ms;
    if (!seen) state->observed_since_ms = time_ms;
    state->last_ms = time_ms;
    while (state->tail < state->next && history->observations[state->tail].time_ms <= time_ms - rule->window_ms)
        state->sum_ml -= history->observations[state->tail++].use_ml;
    if (state->sum_ml >= rule->volume_ml) {
        state->raised_ms = 0;
        return false;
    }
    if (state->raised_ms != 0 || time_ms - state->observed_since_ms < rule->window_ms) return false;
    state->raised_ms = time_ms;
    return true;
}

bool fixed_state_take(struct fixed_state *state, const struct fixed_rule *rule, const struct history *history)
{
    const struct observation *observation = &history->observations[state->next++];
    state->sum_ml += observation->use_ml;
    return judge(state, rule, history, observation->time_ms);
}

bool fixed_state_take_still(struct fixed_state *state, const struct fixed_rule *rule, const struct history *history,
                            int64_t time_ms)
{
    return judge(state, rule, history, time_ms);
}

int64_t alarm_delay_ms(int64_t last_use_ms, int64_t raised_ms)
{
    return raised_ms > last_use_ms ? raised_ms - last_use_ms : 0;
}

double curve_delay_at(const double *rates, const double *delays, size_t count, double rate)
{
    for (size_t i = 0; i + 1 < count; i++) {
        if (rate > rates[i] || rate < rates[i + 1]) continue;
        double span = rates[i] - rates[i + 1];
        double share = span > 0 ? (rates[i] - rate) / span : 0;
        return delays[i] + share * (delays[i + 1] - delays[i]);
    }
    return NAN;
}
