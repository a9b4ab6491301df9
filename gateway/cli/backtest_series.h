/* Series of readings of a data set, held in memory. */
#ifndef GATEWAY_CLI_BACKTEST_SERIES_H
#define GATEWAY_CLI_BACKTEST_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/policy.h"
#include "stillwater/topics.h"

struct series_reading {
    int64_t time_ms;
    int64_t value_milli; /* thousandths of the kind's unit: ml of a total, um of a level */
};

struct series {
    char name[SW_ID_SIZE];
    struct series_reading *readings;
    size_t count, capacity;
};

struct series_list {
    struct series *series;
    size_t count, capacity;
};

/* NULL when memory is refused. Valid until the next one is added. The name is cut to fit. */
struct series *series_list_add(struct series_list *list, const char *name);
struct series *series_list_find(const struct series_list *list, const char *name);
void series_list_free(struct series_list *list);

bool series_add(struct series *series, int64_t time_ms, int64_t value_milli);

/* Clocks of central Europe (Directive 2000/84/EC). */
extern const struct time_zone series_central_europe;

/* A wall clock as UTC. The hour that comes twice is taken for its first time unless that is not after
 * `previous_utc_ms`; a time in the hour that is left out is counted on from standard time. */
int64_t series_utc(const struct time_zone *zone, int64_t wall_ms, int64_t previous_utc_ms);

#endif
