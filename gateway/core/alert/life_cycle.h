/* The life of alerts. A subject has at most one open alert of a kind; each change is one action of the table in
 * alert.def and one revision. While it is pending nobody is told and there is no revision; what was pending and is over
 * never was an alert.
 *
 * An alert that a person has resolved while its condition lasts is not raised again until the condition has ended, or
 * has become worse than it was when it was resolved. */
#ifndef GATEWAY_CORE_ALERT_LIFE_CYCLE_H
#define GATEWAY_CORE_ALERT_LIFE_CYCLE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/detect/condition.h"
#include "stillwater/alert.h"

/* The present alert of one (subject, kind), or the last one. Starts zeroed. Ids and evidence are made when they are
 * needed. In bits, for every subject has several of these. */
struct alert_life {
    uint64_t onset_ms : 48;
    uint64_t state : 4;            /* enum sw_alert_state; NONE = there never was one */
    uint64_t colour : 3;           /* enum sw_colour; green once closed */
    uint64_t peak : 3;             /* enum sw_colour */
    uint64_t muted : 1;            /* resolved, and the condition lasts */
    uint64_t muted_colour : 3;     /* enum sw_colour: its colour then */
    uint64_t raised_after_ms : 38; /* onset until raised, or pending; a longer time, 8 years, counts as that */
    uint64_t rule : 6;             /* enum sw_alert_rule: that fired last */
    uint64_t revision : 20;        /* 0 while pending */
};

/* An alert that goes up and down so often, every minute for two years, stays at its worst until it is over: what can
 * still come (worse, people's actions, the end) has room. */
#define ALERT_REVISION_EASE_MAX ((1u << 20) - 100)

bool alert_life_is_open(const struct alert_life *life);
bool alert_life_is_pending(const struct alert_life *life);

/* What has to be done about a condition: RAISE, WORSEN, EASE or CLEAR; NONE = nothing. RAISE also of one that is
 * pending: it is for the caller to say whether it is told now or stays back. Also notes that a muted condition has
 * ended. */
enum sw_alert_action alert_life_follow(struct alert_life *life, const struct condition *condition);

/* Takes the step, one of the table's for its state. `onset_ms` counts where a new alert begins (HOLD, and RAISE of one
 * that was not pending); the caller has made sure that its id is new. */
void alert_life_step(struct alert_life *life, enum sw_alert_action step, enum sw_colour colour, enum sw_alert_rule rule,
                     int64_t onset_ms, int64_t now_ms);

/* Of one that is pending: since when. */
int64_t alert_life_pending_since_ms(const struct alert_life *life);

/* A person's action, or ESCALATE where there was none. SW_OK, or SW_ERROR_NOT_PERMITTED and nothing has changed. */
int alert_life_act(struct alert_life *life, enum sw_alert_action action);

/* The alert as published, a kind without a colour in green (inside it has one, so that it can be over); id, subject,
 * updated_at, evidence, actor and note are left to the caller, zeroed. */
void alert_life_describe(const struct alert_life *life, enum sw_alert_kind kind, struct sw_alert *alert);

#endif
