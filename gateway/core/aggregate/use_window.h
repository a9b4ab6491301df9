/* A home's water use and coverage over the window that ends at its last good reading. Fixed memory, O(1) a reading.
 *
 * Only the newest uses that together reach the rule's volume are kept: whatever lies before them cannot change the
 * answer to "is less than this volume in the window". Uses so small that they together stay within 1/8 of the volume
 * share an entry, dated at the last of them, so the volume in the window may be told too high by 1/8 of the rule's
 * volume, never too low: the rule may be late by that, never early.
 * Time that was not observed is kept as gaps. When they do not fit, the two nearest become one: coverage is then told
 * too low, never too high.
 *
 * Times inside the entries are milliseconds modulo 2^32. Each entry is younger than USE_WINDOW_LONGEST_MS against
 * last_good_ms, which says which 2^32 is meant. */
#ifndef GATEWAY_CORE_AGGREGATE_USE_WINDOW_H
#define GATEWAY_CORE_AGGREGATE_USE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/policy.h"

#define USE_WINDOW_SHARE 8
/* Two neighbours are more than a share together, and all but the oldest are less than the volume: 16 entries, and one
 * more before older ones are let go. */
#define USE_WINDOW_USES (2 * USE_WINDOW_SHARE + 2)
#define USE_WINDOW_GAPS 8

/* A rule with a longer window or a larger volume is never decided. 45 days; 1,000 m3. */
#define USE_WINDOW_LONGEST_MS    (45LL * 24 * 3600 * 1000)
#define USE_WINDOW_VOLUME_MAX_ML 1000000000LL

struct use_window_use {
    uint32_t end_ms; /* modulo 2^32, as the two below */
    uint32_t volume_ml;
};

struct use_window_gap {
    uint32_t start_ms;
    uint32_t end_ms;
};

/* Times are 0 where nothing has been seen yet. Starts zeroed. */
struct use_window {
    int64_t
        observed_since_ms; /* nothing is known of the time before: first good reading, or the end of a dropped gap */
    int64_t last_good_ms;
    uint32_t last_use_s;
    uint32_t volume_ml; /* in the window that ends at last_good_ms */
    uint32_t kept_ml;   /* of the uses below */
    uint8_t use_first, use_count, gap_first, gap_count;
    struct use_window_use uses[USE_WINDOW_USES]; /* rings, oldest first */
    struct use_window_gap gaps[USE_WINDOW_GAPS];
};

/* A good reading at `time_ms` (later than any before) found that use_ml went through since the last good one. Gaps are
 * kept for the rule's window, and for `span_ms` where another rule asks for the coverage of a longer span. */
void use_window_take(struct use_window *window, const struct no_use_policy *policy, int64_t span_ms, int64_t time_ms,
                     int64_t use_ml);

/* Share of the window that was observed, 0..1000; 0 before the first reading. */
int32_t use_window_coverage_permille(const struct use_window *window, const struct no_use_policy *policy);

/* The same of the last `span_ms`. Time for which gaps are no longer kept counts as unobserved. */
int32_t use_window_span_coverage_permille(const struct use_window *window, int64_t span_ms);

/* True when observation began at least a window ago. */
bool use_window_is_full(const struct use_window *window, const struct no_use_policy *policy);
bool use_window_span_is_full(const struct use_window *window, int64_t span_ms);

/* When the window holds something else by the passing of time alone: a use leaves it, or it is full. INT64_MAX: never.
 * While it has gaps its coverage always changes: now. */
int64_t use_window_due_ms(const struct use_window *window, const struct no_use_policy *policy);

/* Observation starts anew at the last good reading: what lies before is unknown. */
void use_window_forget(struct use_window *window);

/* The clock was set back to `now_ms`: observation starts anew then, for what lies before has no times to go by. */
void use_window_set_back(struct use_window *window, int64_t now_ms);

#endif
