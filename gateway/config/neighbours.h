/* Which sensors are asked whether they say the same: those upstream, and those near enough. */
#ifndef GATEWAY_CONFIG_NEIGHBOURS_H
#define GATEWAY_CONFIG_NEIGHBOURS_H

#include "config/gateway_config.h"
#include "core/core.h"

/* Tells every level of the core who is upstream of it, and its nearest neighbours, CORE_NEIGHBOURS_MAX at most: levels
 * and rain gauges whose place is known and within reach, the nearest first, those upstream left out. `subject_of` gives
 * what the configuration says of a subject of the core, or NULL. SW_ERROR_NO_SPACE. */
int neighbours_link(struct core *core, const struct config_subject *(*subject_of)(void *ctx, uint32_t subject),
                    void *ctx);

#endif
