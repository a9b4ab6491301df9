/* A manhole cover inside the core: what core.c, core_alert.c, core_level.c and core_watch.c ask of core_cover.c. */
#ifndef GATEWAY_CORE_CORE_COVER_H
#define GATEWAY_CORE_CORE_COVER_H

#include "core/core_state.h"

/* A good reading of one of its kinds. False when no such unit can say this. */
bool core_cover_take(struct subject *subject, enum sw_reading_kind kind, int64_t time_ms, int64_t value_milli);

/* Brings all its alerts in line, the one of its silence apart. */
void core_cover_follow(struct core *core, uint32_t index, struct sw_wall now);

/* Delays run out. */
void core_cover_pass_time(struct subject *subject, int64_t now_ms);
int64_t core_cover_deadline_ms(const struct subject *subject);

/* `rule` fired, or had fired when the alert is over. */
void core_cover_evidence(const struct subject *subject, enum subject_alert which, enum sw_alert_rule rule,
                         struct sw_evidence *evidence);

/* The clock was set back to `now_ms`. */
void core_cover_set_back(struct subject *subject, int64_t now_ms);

#endif
