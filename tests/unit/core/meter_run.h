/* A home's totals through the rooms of the core that look at its meter, with the truth beside it. */
#ifndef TESTS_UNIT_CORE_METER_RUN_H
#define TESTS_UNIT_CORE_METER_RUN_H

#include "core/aggregate/use_window.h"
#include "core/detect/backflow.h"
#include "core/detect/meter_fault.h"
#include "core/detect/no_use.h"
#include "core/detect/nothing_in.h"
#include "core/policy.h"

#define METER_RUN_MAX 20000

struct meter_total {
    int64_t time_ms;
    int64_t index_ml;
    int64_t truth_ml; /* what it would have shown without a fault */
};

struct meter_run {
    struct policy policy;
    struct meter_fault_policy fault_policy;
    struct backflow_policy backflow_policy;
    struct nothing_in_policy nothing_policy;

    struct meter meter;
    struct use_window window;
    struct meter_fault fault;
    struct backflow backflow;

    const char *name; /* of the home, for messages; the caller's */
    int64_t used_ml;
    int events[METER_ROLLED_OVER + 1];
    int repeated;    /* stamps that were not later than the one before: passed over, as the core does */
    int64_t span_ms; /* from the first total to the last */
    int fault_alerts, backflow_alerts, no_use_alerts, nothing_alerts;
    bool told, back_told, still_told, nothing_told;
    uint8_t told_reason;
    bool report; /* print each fault that is told */

    struct meter_total taken[METER_RUN_MAX];
    int count;
};

/* Everything fresh; policies as the built-in ones, "nothing in 24 h" switched on. */
void meter_run_begin(struct meter_run *run, const char *name);

/* One total. Fails the test on a use that is negative or more than a pipe can pass, when what was counted as use is not
 * what the truth grew by, and when a rule holds for a home that had water. */
void meter_run_take(struct meter_run *run, const struct meter_total *total);

#endif
