/* The rule volume_below: a home has used less than X in the window of length T that ends at its last good reading, and
 * enough of that window was observed. No data is not no use: without new good readings the answer never changes. */
#ifndef GATEWAY_CORE_DETECT_NO_USE_H
#define GATEWAY_CORE_DETECT_NO_USE_H

#include "core/aggregate/use_window.h"
#include "core/detect/condition.h"

/* Fulfilled: onset is the last use seen, or the start of the window. Over:
 * only when the volume in the window has reached X again. Anything else is undecided. */
struct condition no_use_judge(const struct use_window *window, const struct no_use_policy *policy);

void no_use_evidence(const struct use_window *window, const struct no_use_policy *policy, struct sw_evidence *evidence);

#endif
