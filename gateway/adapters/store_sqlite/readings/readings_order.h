/* Readings of one series in the order of their times. */
#ifndef GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_ORDER_H
#define GATEWAY_ADAPTERS_STORE_SQLITE_READINGS_READINGS_ORDER_H

#include "adapters/store_sqlite/readings/readings.h"

/* Those of one time stay in their order. `scratch` has room for as many. */
void readings_sort(struct series_reading *readings, size_t count, struct series_reading *scratch);

/* Both are in order; `joined` has room for both. What is there already is left out: a device's reading of a time that
 * has one, and a record that came twice. How many there are then. */
size_t readings_join(const struct series_reading *base, size_t base_count, const struct series_reading *fresh,
                     size_t fresh_count, struct series_reading *joined);

#endif
