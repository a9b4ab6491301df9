/* How much rain a gauge has seen lately, from its total. */
#ifndef GATEWAY_CORE_AGGREGATE_RAIN_H
#define GATEWAY_CORE_AGGREGATE_RAIN_H

#include <stdbool.h>
#include <stdint.h>

/* The sum reaches back between one and two of these. */
#define RAIN_SPAN_MS (20LL * 60 * 1000)

/* Starts zeroed. Totals in thousandths of a mm. */
struct rain {
    int64_t last_ms; /* of the last total; 0 = none */
    int64_t last_um;
    int64_t span_ms; /* begin of the present span */
    int64_t present_um;
    int64_t former_um; /* fallen in the span before */
    bool known;        /* two totals have been seen */
};

/* A good total, later than any before. One that went down is a gauge that was emptied or exchanged. */
void rain_take(struct rain *rain, int64_t time_ms, int64_t total_um);

int64_t rain_fallen_um(const struct rain *rain);

/* The clock was set back to `now_ms`. */
void rain_set_back(struct rain *rain, int64_t now_ms);

#endif
