/* Open alerts that nothing can clear any more: their sensor gives no readings. One expires only while its silence is
 * told by another alert, or a person has resolved that one: else nothing would stand for the place any more. That
 * alert itself never expires, for silence is what is known. */
#include "core/core_state.h"

/* How often it is looked again whether an overdue one's silence is told. */
#define LOOK_AGAIN_MS (3600LL * 1000)

static bool stands(const struct subject *subject, enum subject_alert which)
{
    return (subject->standing >> which & 1) != 0;
}

static bool is_told_silent(const struct core *core, const struct subject *subject)
{
    if (stands(subject, SUBJECT_ALERT_SILENCE)) return true;
    for (const struct subject *above = core_parent(core, subject); above; above = core_parent(core, above))
        if (above->domain != SUBJECT_SOURCE && stands(above, SUBJECT_ALERT_MAIN)) return true;
    return false;
}

static int64_t expires_ms(const struct subject *subject, const struct alert_life *life)
{
    int64_t since_ms = (int64_t)(life->onset_ms + life->raised_after_ms);
    if (subject->heard_ms[SUBJECT_INPUT_MAIN] > since_ms) since_ms = subject->heard_ms[SUBJECT_INPUT_MAIN];
    if (subject->last_good_ms > since_ms) since_ms = subject->last_good_ms;
    return since_ms + subject->policy->noise.expire_after_ms;
}

/* When the alert has to be looked at next. */
static int64_t look_at(struct core *core, uint32_t index, enum subject_alert which, struct sw_wall now)
{
    const struct subject *subject = &core->subjects[index];
    const struct alert_life *life = &subject->alerts[which];
    if (!alert_life_is_open(life) || subject->policy->noise.expire_after_ms <= 0) return DEADLINE_NONE;
    int64_t due_ms = expires_ms(subject, life);
    if (due_ms > now.ms) return due_ms;
    if (!is_told_silent(core, subject)) return now.ms + LOOK_AGAIN_MS;
    static const struct condition unknown = {.decided = false, .colour = SW_COLOUR_GREEN};
    struct cause cause = {NULL, "no readings any more: nothing can say whether it is over"};
    core_take_step(core, index, which, SW_ALERT_ACTION_EXPIRE, &unknown, cause, now);
    return DEADLINE_NONE;
}

void core_tick_expiry(struct core *core, struct sw_wall now)
{
    if (now.ms < core->expire_due_ms && !core->resumed) return;
    core->expire_due_ms = DEADLINE_NONE;
    for (uint32_t i = 0; i < core->count; i++) {
        if (!core_is_sensor((enum subject_domain)core->subjects[i].domain)) continue;
        for (int which = 0; core->subjects[i].standing >> which != 0; which++) {
            if (which == SUBJECT_ALERT_SILENCE) continue;
            int64_t due_ms = look_at(core, i, (enum subject_alert)which, now);
            if (due_ms < core->expire_due_ms) core->expire_due_ms = due_ms;
        }
    }
}
