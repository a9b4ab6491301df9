/* Which parts of a configuration are still the same in another one: they are polled on as if nothing had happened. What
 * the bus does not look at (subjects, places, policies) makes no difference. Pure. */
#ifndef FIELD_BUS_SAME_UNIT_H
#define FIELD_BUS_SAME_UNIT_H

#include <stdbool.h>
#include <stdint.h>

#include "config/gateway_config.h"

#define NO_SUCH_UNIT UINT32_MAX

/* For each place of the line `next` (its nodes, then its devices) the place of the same unit in `old`, or NO_SUCH_UNIT.
 * `from` has room for stations_count(next). */
void units_match(const struct config_line *old, const struct config_line *next, uint32_t *from);

/* The line of this id, or NULL. `hint` is where it is looked for first: in most cases it is still there. */
const struct config_line *line_of_id(const struct gateway_config *config, const char *id, uint32_t hint);

#endif
