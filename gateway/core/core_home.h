/* A home inside the core: what core.c, core_alert.c, core_watch.c and core_subject.c ask of core_home.c. */
#ifndef GATEWAY_CORE_CORE_HOME_H
#define GATEWAY_CORE_CORE_HOME_H

#include "core/core_state.h"

/* A good total, later than any before; `guessed`: nobody knows by how much. The verdict tells whether the meter is
 * believed. */
struct meter_verdict core_home_take(struct core *core, uint32_t index, int64_t time_ms, int64_t index_ml, bool guessed);

/* Most readings of a home show what the one before did. Until something may become due by stillness alone, a quarter of
 * an hour at most, they are only counted, and count together when one comes that does not. True for such a reading:
 * then neither core_home_take() nor core_home_follow() need be called. */
bool core_home_stays_still(const struct subject *subject, int64_t time_ms, int64_t index_ml);

/* Makes up for the readings that were only counted, before anything else than a reading changes the home. */
void core_home_settle(struct core *core, uint32_t index);

/* A good reading of the meter's reverse total. */
void core_home_take_reverse(struct subject *subject, int64_t time_ms, int64_t reverse_ml);

/* Brings all its alerts in line, the one of its silence apart. */
void core_home_follow(struct core *core, uint32_t index, struct sw_wall now);

/* End of the last human use seen; 0 = none. */
int64_t core_home_last_use_ms(const struct subject *subject);

/* `rule` fired, or had fired when the alert is over. */
void core_home_evidence(const struct subject *subject, enum subject_alert which, enum sw_alert_rule rule,
                        struct sw_evidence *evidence);

/* Another rule than `before`, under which the window was kept: where it asks for more than was kept, that is not known.
 */
void core_home_follow_policy(struct home *home, const struct no_use_policy *policy, const struct no_use_policy *before);

/* The clock was set back to `now_ms`. */
void core_home_set_back(struct subject *subject, int64_t now_ms);

#endif
