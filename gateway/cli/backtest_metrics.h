/* Figures of a back-test over one home: pure functions of a list of observations, so that they can be checked by hand.
 *
 * A use is growth of the total. An interval between two observations is observed when it is no longer than the gap the
 * history was made with; what lies in a longer one is unknown, and growth over it counts as a use at its end. */
#ifndef GATEWAY_CLI_BACKTEST_METRICS_H
#define GATEWAY_CLI_BACKTEST_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BACKTEST_HOUR_MS INT64_C(3600000)
#define BACKTEST_DAY_MS  (24 * BACKTEST_HOUR_MS)
/* A twelfth of 365.25 days. */
#define BACKTEST_MONTH_MS INT64_C(2629800000)

/* Numbers in the order they came; grows as needed. Starts zeroed. */
struct numbers {
    int64_t *values;
    size_t count, capacity;
};

/* False when memory is refused. */
bool numbers_add(struct numbers *numbers, int64_t value);
bool numbers_add_all(struct numbers *numbers, const struct numbers *more);
void numbers_free(struct numbers *numbers);

/* The smallest value such that at least `permille` of all are not above it (nearest rank); sorts. INT64_MIN when there
 * are none. */
int64_t numbers_quantile(struct numbers *numbers, unsigned permille);

/* A reading that was believed, and the water since the one before. */
struct observation {
    int64_t time_ms;
    int64_t use_ml;
};

struct history {
    int64_t gap_ms; /* the longest interval that counts as observed */
    struct observation *observations;
    size_t count, capacity;
    int64_t observed_ms;
    int64_t cadence_ms; /* of the last history_finish: the median interval */
};

bool history_add(struct history *history, int64_t time_ms, int64_t use_ml);
/* Works the cadence out. False when memory is refused. */
bool history_finish(struct history *history);
void history_free(struct history *history);

/* The stretch without use around a time. A start or end that was not seen is that of the history. */
struct stillness {
    int64_t start_ms; /* last use at or before the time */
    int64_t end_ms;   /* first use after it */
};
struct stillness history_stillness(const struct history *history, int64_t time_ms);

/* "Less than volume_ml in window_ms", with volume 1 ml "nothing in window_ms". The window must be observed from end to
 * end; where it is not, what was said before stands. One alarm until the volume in a window has reached the limit. */
struct fixed_rule {
    const char *name;
    int64_t volume_ml;
    int64_t window_ms;
};

/* Starts zeroed. */
struct fixed_state {
    int64_t observed_since_ms; /* no unobserved interval since then; 0 = no observation yet */
    int64_t last_ms;
    int64_t sum_ml;    /* of the observations [tail, next) */
    size_t tail, next; /* of the history's observations */
    int64_t raised_ms; /* 0 = no alarm stands */
};

/* The history's next observation. True when an alarm is raised. */
bool fixed_state_take(struct fixed_state *state, const struct fixed_rule *rule, const struct history *history);
/* Instead: the total was read at `time_ms` and had not changed. */
bool fixed_state_take_still(struct fixed_state *state, const struct fixed_rule *rule, const struct history *history,
                            int64_t time_ms);

/* From the last use to an alarm: 0 where one was standing at that use already. */
int64_t alarm_delay_ms(int64_t last_use_ms, int64_t raised_ms);

/* Delay of the curve through the points (rate, delay) at `rate`, by straight lines; points in falling order of rate.
 * Not a number outside of them. */
double curve_delay_at(const double *rates, const double *delays, size_t count, double rate);

#endif
