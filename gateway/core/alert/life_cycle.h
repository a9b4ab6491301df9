/* The life of alerts. A subject has at most one open alert of a kind; each change is one action of the table in
 * alert.def and one revision.
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
 * needed. Small types, for every subject has some of these: see the enums beside them. */
struct alert_life {
    uint8_t state;        /* enum sw_alert_state; NONE = there never was one */
    uint8_t colour;       /* enum sw_colour; green once closed */
    uint8_t peak;         /* enum sw_colour */
    uint8_t rule;         /* enum sw_alert_rule: that fired last */
    bool muted;           /* resolved, and the condition lasts */
    uint8_t muted_colour; /* enum sw_colour: its colour then */
    uint32_t revision;
    int64_t onset_ms;
    int64_t raised_at_ms;
};

/* What has to be done about a condition; NONE = nothing. RAISE is the one step the table of actions does not have. */
enum alert_step {
    ALERT_STEP_NONE = 0,
    ALERT_STEP_RAISE,
    ALERT_STEP_WORSEN,
    ALERT_STEP_EASE,
    ALERT_STEP_CLEAR,
};

bool alert_life_is_open(const struct alert_life *life);

/* Also notes that a muted condition has ended. */
enum alert_step alert_life_follow(struct alert_life *life, const struct condition *condition);

/* Takes the step. `onset_ms` counts for RAISE only; the caller has made sure that its id is new. */
void alert_life_step(struct alert_life *life, enum alert_step step, enum sw_colour colour, enum sw_alert_rule rule,
                     int64_t onset_ms, int64_t now_ms);

/* A person's action. SW_OK, or SW_ERROR_NOT_PERMITTED and nothing has changed. */
int alert_life_act(struct alert_life *life, enum sw_alert_action action);

/* The alert as published, a kind without a colour in green (inside it has one, so that it can be over); id, subject,
 * updated_at, evidence, actor and note are left to the caller, zeroed. */
void alert_life_describe(const struct alert_life *life, enum sw_alert_kind kind, struct sw_alert *alert);

#endif
