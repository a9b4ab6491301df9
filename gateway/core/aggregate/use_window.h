/* A home's water use and coverage over the window that ends at its last good reading. Fixed memory, O(1) a reading.
 *
 * Only the newest uses that together reach the rule's volume are kept: whatever lies before them cannot change the
 * answer to "is less than this volume in the window". Uses so small that they together stay within 1/32 of the volume
 * share an entry, dated at the last of them, so the volume in the window may be told too high by 1/32 of the rule's
 * volume, never too low: the rule may be late by that, never early.
 * Time that was not observed is kept as gaps. When they do not fit, the two nearest become one: coverage is then told
 * too low, never too high. */
#ifndef GATEWAY_CORE_AGGREGATE_USE_WINDOW_H
#define GATEWAY_CORE_AGGREGATE_USE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/policy.h"

#define USE_WINDOW_SHARE 32
#define USE_WINDOW_USES  (2 * USE_WINDOW_SHARE + 4)
#define USE_WINDOW_GAPS  32

struct use_window_use {
    int64_t end_ms;
    int64_t volume_ml;
};

struct use_window_gap {
    int64_t start_ms;
    int64_t end_ms;
};

/* Times are 0 where nothing has been seen yet. Starts zeroed. */
struct use_window {
    int64_t observed_since_ms; /* first good reading */
    int64_t last_good_ms;
    int64_t last_use_ms;
    int64_t volume_ml;     /* in the window that ends at last_good_ms */
    int64_t kept_ml;       /* of the uses below */
    int64_t unobserved_ms; /* of the gaps below */
    uint32_t use_first, use_count, gap_first, gap_count;
    struct use_window_use uses[USE_WINDOW_USES]; /* rings, oldest first */
    struct use_window_gap gaps[USE_WINDOW_GAPS];
};

/* A good reading at `time_ms` (later than any before) found that use_ml went through since the last good one. */
void use_window_take(struct use_window *window, const struct no_use_policy *policy, int64_t time_ms, int64_t use_ml);

/* Share of the window that was observed, 0..1000; 0 before the first reading. */
int32_t use_window_coverage_permille(const struct use_window *window, const struct no_use_policy *policy);

/* True when the first good reading is at least a window old. */
bool use_window_is_full(const struct use_window *window, const struct no_use_policy *policy);

/* Observation starts anew at the last good reading: what lies before is unknown. */
void use_window_forget(struct use_window *window);

/* The clock was set back to `now_ms`: observation starts anew then, for what lies before has no times to go by. */
void use_window_set_back(struct use_window *window, int64_t now_ms);

#endif
