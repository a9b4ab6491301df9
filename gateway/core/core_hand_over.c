/* Another configuration, while the gateway runs: a core made for it takes over what the one before knew. */
#include <string.h>

#include "core/core_home.h"

/* Who it is, what the city wants to be told of it and whom it asks come with the new core, all else from the old one.
 */
static void take_subject(struct core *core, uint32_t index, const struct subject *before)
{
    struct subject *subject = &core->subjects[index];
    const struct subject made = *subject;
    enum subject_domain domain = (enum subject_domain)made.domain;
    struct asked asked;
    if (domain == SUBJECT_LEVEL) asked = made.state.water->asked;
    memcpy(made.state.home, before->state.home, core_state_size(domain));
    memcpy(made.alerts, before->alerts, (size_t)core_alert_count(domain) * sizeof made.alerts[0]);
    *subject = *before;
    subject->name = made.name;
    subject->grid = made.grid;
    subject->policy = made.policy;
    subject->parent = made.parent;
    subject->twin = made.twin;
    subject->state = made.state;
    subject->alerts = made.alerts;
    if (domain == SUBJECT_LEVEL) subject->state.water->asked = asked;
    if (domain == SUBJECT_HOME)
        core_home_follow_policy(subject->state.home, &subject->policy->no_use, &before->policy->no_use);
}

static uint32_t same_subject(const struct core *core, const struct core *before, uint32_t index)
{
    uint32_t same;
    const struct subject *subject = &before->subjects[index];
    return core_find_subject(core, (enum subject_domain)subject->domain, subject->name, &same) == SW_OK
               ? same
               : CORE_NO_SUBJECT;
}

static void take_flaps(struct core *core, const struct core *before)
{
    core->flaps = before->flaps;
    core->flaps.count = 0;
    for (uint32_t i = 0; i < before->flaps.count; i++) {
        struct flap flap = before->flaps.list[i];
        flap.subject = same_subject(core, before, flap.subject);
        if (flap.subject != CORE_NO_SUBJECT) core->flaps.list[core->flaps.count++] = flap;
    }
}

void core_hand_over(struct core *core, struct core *before)
{
    core->last_tick_ms = before->last_tick_ms;
    for (uint32_t i = 0; i < before->count; i++) {
        uint32_t index = same_subject(core, before, i);
        if (index == CORE_NO_SUBJECT) continue;
        /* By the policy under which they came. */
        if (before->subjects[i].domain == SUBJECT_HOME) core_home_settle(before, i);
        take_subject(core, index, &before->subjects[i]);
    }
    core->weather = before->weather;
    core->weather_until_ms = before->weather_until_ms;
    core->drill_count = before->drill_count;
    memcpy(core->drills, before->drills, sizeof core->drills);
    for (uint32_t i = 0; i < core->drill_count; i++)
        if (core->drills[i].subject != CORE_NO_SUBJECT)
            core->drills[i].subject = same_subject(core, before, core->drills[i].subject);
    core->holds = before->holds;
    take_flaps(core, before);
    core_held_restored(core);
    core->drills_dirty = before->drills_dirty;
    core->held_dirty = before->held_dirty;
    core->expire_due_ms = core->last_tick_ms;
    for (uint32_t i = 0; i < core->count; i++)
        core_reschedule(core, i, core->last_tick_ms);
    core->resumed = true;
}
