/* A back-test of one home: its series runs through a rule, alarms are counted, and the series is cut at many times to
 * see how long after the last use the alarm would come. */
#ifndef GATEWAY_CLI_BACKTEST_HOME_H
#define GATEWAY_CLI_BACKTEST_HOME_H

#include "cli/backtest_metrics.h"
#include "cli/backtest_series.h"
#include "core/policy.h"
#include "stillwater/alert.h"

/* After a cut the meter is followed for so long; a longer delay counts as this one and as not told. */
#define CUT_FOLLOW_MS (48 * BACKTEST_HOUR_MS)
/* No cuts before: learning has its time. */
#define CUT_FIRST_MS (28 * BACKTEST_DAY_MS)
/* Stillness of this length is taken for absence. */
#define ABSENCE_MS (36 * BACKTEST_HOUR_MS)

/* What a rule did in one home, or in several together. Starts zeroed. */
struct home_score {
    int64_t observed_ms;
    uint64_t homes;
    uint64_t alarms;
    uint64_t alarms_under_36h, alarms_under_24h; /* in stretches without use that were shorter than that */
    uint64_t raised[SW_ALERT_KIND_COUNT];        /* alerts of the core by kind */
    uint64_t serious[SW_ALERT_KIND_COUNT];       /* of these, those that became yellow or worse */
    struct numbers delays_ms;                    /* of the cuts */
    uint64_t untold;                             /* cuts with no alarm within CUT_FOLLOW_MS of the last use */
};

bool home_score_add(struct home_score *sum, const struct home_score *score);
void home_score_free(struct home_score *score);

/* Readings the core believes, and the water between them. False when memory is refused (told). */
bool home_history(const struct series *series, const struct policy *policy, struct history *history);

/* Times of observations at which to cut, one after every so many observed hours. With `without_absences` none in
 * stretches of ABSENCE_MS and more. */
bool home_cuts(const struct history *history, int64_t every_ms, bool without_absences, struct numbers *cuts);

/* A tap that drips, or a cistern that leaks, all the time: water that nobody uses. */
struct drip {
    int64_t ml_day;  /* 0 = none */
    int64_t lot_ml;  /* passes at once */
    int64_t step_ml; /* of the meter */
};

/* Fills `score`; false after the reason was told. The drip comes on top of the series and goes on after each cut; the
 * history, and with it the last use, is of the series alone. */
bool home_score_core(const struct series *series, const struct drip *drip, const struct policy *policy,
                     const struct history *history, const struct numbers *cuts, bool without_absences,
                     struct home_score *score);
bool home_score_fixed(const struct fixed_rule *rule, const struct history *history, const struct numbers *cuts,
                      bool without_absences, struct home_score *score);

#endif
