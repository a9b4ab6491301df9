/* A level sensor inside the core: what core.c, core_alert.c and core_watch.c ask of core_level.c. */
#ifndef GATEWAY_CORE_CORE_LEVEL_H
#define GATEWAY_CORE_CORE_LEVEL_H

#include "core/core_state.h"

/* A sample, later than any before. The verdict tells how far it is believed; only good ones move the bands. */
struct level_quality_verdict core_level_take(const struct core *core, struct subject *subject, int64_t time_ms,
                                             int64_t level_um);

/* The band that is expected. A forecast is no better than the last sample it rests on: it is over when that is older
 * than the silence limit, or when it turns out that something stands under the sensor. */
struct condition core_level_soon(const struct subject *subject, struct sw_wall now);

/* Brings all its alerts in line, the one of its silence apart, and those of the cover of the same name. */
void core_level_follow(struct core *core, uint32_t index, struct sw_wall now);

/* `rule` fired, or had fired when the alert is over. */
void core_level_evidence(const struct core *core, const struct subject *subject, enum subject_alert which,
                         enum sw_colour colour, enum sw_alert_rule rule, struct sw_evidence *evidence);

/* What becomes true by waiting. */
void core_level_pass_time(struct subject *subject, int64_t now_ms);

/* The clock was set back to `now_ms`. */
void core_level_set_back(struct subject *subject, int64_t now_ms);

#endif
