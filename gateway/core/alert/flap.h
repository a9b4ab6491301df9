/* Alerts whose condition is not followed at once: what waits for its delay, and what flaps.
 *
 * An alert that was raised more often than the policy bears is held open, at its worst, until its condition has stood
 * still for a while; worse still goes out at once. Times are those of deciding: what a person hears at his desk is what
 * makes the noise, also when a backlog of days comes in within a minute. */
#ifndef GATEWAY_CORE_ALERT_FLAP_H
#define GATEWAY_CORE_ALERT_FLAP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/detect/condition.h"
#include "core/policy.h"

/* Alerts remembered at a time: those raised last, and those that wait. */
#define FLAPS_MAX 512

struct flap {
    uint32_t subject;
    uint8_t which;  /* alert of the subject */
    uint8_t colour; /* enum sw_colour: what the condition was when it changed last */
    uint8_t rule;   /* enum sw_alert_rule */
    uint8_t count;  /* in raised_s */
    bool flapping;
    int64_t since_ms;                        /* the condition stands so since then */
    int64_t due_ms;                          /* and is followed then; DEADLINE_NONE: nothing waits */
    uint32_t raised_s[NOISE_RAISES_MAX + 1]; /* newest first */
};

/* Starts zeroed. */
struct flaps {
    uint32_t count;
    struct flap list[FLAPS_MAX];
};

/* Its place in the list; count: not remembered. */
uint32_t flap_find(const struct flaps *flaps, uint32_t subject, uint8_t which);

/* Makes room for one, in place of the one that has been quiet longest; that is `forgotten`, its subject FLAP_NOBODY
 * when none was. NULL when all that are remembered wait: then nothing is delayed. */
#define FLAP_NOBODY UINT32_MAX
struct flap *flap_add(struct flaps *flaps, uint32_t subject, uint8_t which, struct flap *forgotten);

/* The alert was raised with this condition: is it flapping now? */
bool flap_raised(struct flap *flap, const struct noise_policy *policy, const struct condition *condition,
                 int64_t now_ms);
/* Times raised within the policy's window. */
uint16_t flap_raises(const struct flap *flap, const struct noise_policy *policy, int64_t now_ms);

/* Of an open alert: whether this step of it has to wait, and notes until when. */
bool flap_holds(struct flap *flap, const struct noise_policy *policy, enum sw_alert_action step,
                const struct condition *condition, int64_t now_ms);

/* When the first of those that wait is due. */
int64_t flaps_due_ms(const struct flaps *flaps);
/* The clock was set back. */
void flaps_set_back(struct flaps *flaps, int64_t now_ms);

#endif
