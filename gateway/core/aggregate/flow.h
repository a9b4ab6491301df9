/* Water that went through a meter between two good readings: what all modules read that look at a home's flow. */
#ifndef GATEWAY_CORE_AGGREGATE_FLOW_H
#define GATEWAY_CORE_AGGREGATE_FLOW_H

#include <stdbool.h>
#include <stdint.h>

/* Intervals follow each other: from_ms is the to_ms of the one before, except after a clock was set back. */
struct flow {
    int64_t from_ms;
    int64_t to_ms;  /* > from_ms */
    int64_t use_ml; /* >= 0, by normalise/meter.h */
    bool observed;  /* false: the readings are too far apart; the use is real, but when it was is not known */
};

/* More than any pipe passes in the longest pause: volumes up to here stay far from overflow in all that is done to
 * them. */
#define FLOW_USE_MAX_ML INT64_C(1000000000)

#endif
