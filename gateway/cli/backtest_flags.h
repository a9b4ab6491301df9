/* Flags against labels, sample by sample and span by span. Pure. */
#ifndef GATEWAY_CLI_BACKTEST_FLAGS_H
#define GATEWAY_CLI_BACKTEST_FLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sums; starts zeroed. A span is a run of samples that are all labelled (or all flagged). It is found when one of its
 * samples is flagged, and a span of flags is right when one of its samples is labelled. */
struct flag_score {
    uint64_t samples, labelled, flagged, both;
    uint64_t label_spans, label_spans_found;
    uint64_t flag_spans, flag_spans_right;
};

/* `labels` and `flags` of `count` samples in order of time. */
void flag_score_count(struct flag_score *score, const bool *labels, const bool *flags, size_t count);
void flag_score_add(struct flag_score *sum, const struct flag_score *score);

/* part / whole; not a number for 0 of 0. */
double flag_share(uint64_t part, uint64_t whole);
/* The harmonic mean of precision and recall of the samples. */
double flag_score_f1(const struct flag_score *score);

/* Fixed tests: the sample differs from the one before by more than `step_um`; it is the same as all samples of the last
 * `flat_ms`, of which there are at least two. 0 leaves a test out. */
struct flag_rule {
    const char *name;
    int64_t step_um;
    int64_t flat_ms;
};
struct series;
void flag_rule_apply(const struct flag_rule *rule, const struct series *series, bool *flags);

#endif
