#include "cli/backtest_flags.h"

#include <math.h>

#include "cli/backtest_series.h"

/* Spans of `inside`, and those that touch `other`. */
static void count_spans(const bool *inside, const bool *other, size_t count, uint64_t *spans, uint64_t *touching)
{
    bool touched = false;
    for (size_t i = 0; i < count; i++) {
        if (!inside[i]) continue;
        bool first = i == 0 || !inside[i - 1];
        *spans += first;
        if (first) touched = false;
        if (other[i] && !touched) {
            touched = true;
            (*touching)++;
        }
    }
}

void flag_score_count(struct flag_score *score, const bool *labels, const bool *flags, size_t count)
{
    score->samples += count;
    for (size_t i = 0; i < count; i++) {
        score->labelled += labels[i];
        score->flagged += flags[i];
        score->both += labels[i] && flags[i];
    }
    count_spans(labels, flags, count, &score->label_spans, &score->label_spans_found);
    count_spans(flags, labels, count, &score->flag_spans, &score->flag_spans_right);
}

void flag_score_add(struct flag_score *sum, const struct flag_score *score)
{
    sum->samples += score->samples;
    sum->labelled += score->labelled;
    sum->flagged += score->flagged;
    sum->both += score->both;
    sum->label_spans += score->label_spans;
    sum->label_spans_found += score->label_spans_found;
    sum->flag_spans += score->flag_spans;
    sum->flag_spans_right += score->flag_spans_right;
}

double flag_share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : NAN;
}

double flag_score_f1(const struct flag_score *score)
{
    return flag_share(2 * score->both, score->labelled + score->flagged);
}

void flag_rule_apply(const struct flag_rule *rule, const struct series *series, bool *flags)
{
    size_t same_since = 0;
    for (size_t i = 0; i < series->count; i++) {
        const struct series_reading *now = &series->readings[i];
        int64_t step_um = i > 0 ? now->value_milli - series->readings[i - 1].value_milli : 0;
        if (step_um != 0) same_since = i;
        int64_t flat_ms = now->time_ms - series->readings[same_since].time_ms;
        bool jumped = rule->step_um > 0 && (step_um > rule->step_um || step_um < -rule->step_um);
        flags[i] = jumped || (rule->flat_ms > 0 && i > same_since && flat_ms >= rule->flat_ms);
    }
}
