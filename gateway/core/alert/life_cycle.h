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

/* The present alert of one (subject, kind), or the last one. Starts zeroed. Ids are made when they are needed. */
struct alert_life {
    enum sw_alert_state state; /* NONE = there never was one */
    enum sw_colour colour;     /* green once closed */
    enum sw_colour peak;
    bool muted;                  /* resolved, and the condition lasts */
    enum sw_colour muted_colour; /* its colour then */
    uint32_t revision;
    int64_t onset_ms;
    int64_t raised_at_ms;
    int64_t updated_at_ms;
    struct sw_evidence evidence;
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
void alert_life_step(struct alert_life *life, enum alert_step step, enum sw_colour colour, int64_t onset_ms,
                     const struct sw_evidence *evidence, int64_t now_ms);

/* A person's action. SW_OK, or SW_ERROR_NOT_PERMITTED and nothing has changed. */
int alert_life_act(struct alert_life *life, enum sw_alert_action action, int64_t now_ms);

/* The alert as published, a kind without a colour in green (inside it has one, so that it can be over); id, subject,
 * actor and note are left to the caller, zeroed. */
void alert_life_describe(const struct alert_life *life, enum sw_alert_kind kind, struct sw_alert *alert);

#endif
