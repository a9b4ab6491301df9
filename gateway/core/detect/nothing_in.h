/* The rule nothing_in: a home has used nothing for the window of length T that ends at its last good reading, and
 * enough of that window was observed. What counts as use is the caller's: any growth of the total (the window's
 * last_use_ms), or use by people as told apart from a drip. Use in a gap counts at the gap's end.
 *
 * The window must keep gaps for T: use_window_take() with T as its span; else coverage is told too low. */
#ifndef GATEWAY_CORE_DETECT_NOTHING_IN_H
#define GATEWAY_CORE_DETECT_NOTHING_IN_H

#include "core/aggregate/use_window.h"
#include "core/detect/condition.h"
#include "core/policy.h"

/* `last_use_ms`: 0 = none seen yet. Fulfilled: onset is the last use seen, or the start of the window. Over: only by a
 * use within T. Anything else is undecided. */
struct condition nothing_in_judge(const struct use_window *window, const struct nothing_in_policy *policy,
                                  int64_t last_use_ms);

void nothing_in_evidence(const struct use_window *window, const struct nothing_in_policy *policy, int64_t last_use_ms,
                         struct sw_evidence *evidence);

#endif
