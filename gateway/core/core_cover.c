/* A manhole cover through its rooms: its tilt, its switch, its float, and the water under it. */
#include "core/core_cover.h"

#include "core/core_level.h"
#include "core/detect/agreement.h"
#include "core/normalise/gauge.h"

static bool take_tilt(struct manhole *manhole, const struct policy *policy, int64_t time_ms, int64_t angle_mdeg)
{
    int64_t tilt_mdeg;
    if (!gauge_tilt_in_range(angle_mdeg)) return false;
    if (cover_mount_take(&manhole->mount, &policy->cover_mount, angle_mdeg, manhole->cover.open, &tilt_mdeg))
        cover_take_tilt(&manhole->cover, &policy->cover, time_ms, tilt_mdeg);
    return true;
}

bool core_cover_take(struct subject *subject, enum sw_reading_kind kind, int64_t time_ms, int64_t value_milli)
{
    struct manhole *manhole = subject->state.manhole;
    const struct policy *policy = subject->policy;
    if (kind == SW_READING_COVER_TILT) return take_tilt(manhole, policy, time_ms, value_milli);
    if (kind == SW_READING_BATTERY) {
        battery_take(&manhole->battery, &policy->battery, time_ms, value_milli);
        return true;
    }
    if (!gauge_switch_in_range(value_milli)) return false;
    if (kind == SW_READING_COVER_FLOAT)
        float_switch_take(&manhole->floats, &policy->float_switch, time_ms, value_milli != 0);
    else
        cover_take_switch(&manhole->cover, &policy->cover, time_ms, value_milli != 0);
    return true;
}

/* An open cover in a flood takes people with it: more than either alone. */
static struct condition judge_cover(const struct core *core, const struct subject *subject, struct sw_wall now)
{
    struct condition cover = cover_judge(&subject->state.manhole->cover, &subject->policy->cover);
    if (subject->twin == SUBJECT_NO_TWIN) return cover;
    const struct subject *site = &core->subjects[subject->twin];
    struct condition level = level_judge(&site->state.water->level);
    struct condition soon = core_level_soon(site, now);
    struct condition both = agreement_cover_and_level(&cover, &level, &soon);
    if (!both.decided || both.colour <= cover.colour) return cover;
    both.rule = SW_ALERT_RULE_COVER_AND_LEVEL;
    both.onset_ms = cover.onset_ms;
    return both;
}

void core_cover_follow(struct core *core, uint32_t index, struct sw_wall now)
{
    const struct subject *subject = &core->subjects[index];
    const struct manhole *manhole = subject->state.manhole;
    struct condition cover = judge_cover(core, subject, now);
    struct condition floats = float_switch_judge(&manhole->floats, &subject->policy->float_switch);
    struct condition battery = battery_judge(&manhole->battery, &subject->policy->battery);
    core_follow(core, index, SUBJECT_ALERT_MAIN, &cover, now);
    core_follow(core, index, COVER_ALERT_FLOAT, &floats, now);
    core_follow(core, index, SENSOR_ALERT_BATTERY, &battery, now);
}

void core_cover_pass_time(struct subject *subject, int64_t now_ms)
{
    struct manhole *manhole = subject->state.manhole;
    const struct policy *policy = subject->policy;
    bool was_active = manhole->cover.active, floated = manhole->floats.active;
    cover_pass_time(&manhole->cover, &policy->cover, now_ms, policy->silence.cover_ms);
    float_switch_pass_time(&manhole->floats, &policy->float_switch, now_ms, policy->silence.cover_ms);
    if (manhole->cover.active != was_active || manhole->floats.active != floated) core_must_save(subject);
}

int64_t core_cover_deadline_ms(const struct subject *subject)
{
    const struct manhole *manhole = subject->state.manhole;
    const struct policy *policy = subject->policy;
    int64_t cover_ms = cover_deadline_ms(&manhole->cover, &policy->cover, policy->silence.cover_ms);
    int64_t float_ms = float_switch_deadline_ms(&manhole->floats, &policy->float_switch, policy->silence.cover_ms);
    return cover_ms < float_ms ? cover_ms : float_ms;
}

void core_cover_evidence(const struct subject *subject, enum subject_alert which, enum sw_alert_rule rule,
                         struct sw_evidence *evidence)
{
    const struct manhole *manhole = subject->state.manhole;
    if (which == SENSOR_ALERT_BATTERY) {
        battery_evidence(&manhole->battery, &subject->policy->battery, evidence);
    } else if (which == COVER_ALERT_FLOAT) {
        evidence->rule = SW_ALERT_RULE_OVER_THE_TOP;
        evidence->value_kind = SW_READING_COVER_FLOAT;
        evidence->value_milli = manhole->floats.up ? 1000 : 0;
        evidence->threshold_milli = 1000;
    } else {
        cover_evidence(&manhole->cover, &subject->policy->cover, evidence);
        if (rule == SW_ALERT_RULE_COVER_AND_LEVEL) evidence->rule = rule;
    }
}

void core_cover_set_back(struct subject *subject, int64_t now_ms)
{
    struct manhole *manhole = subject->state.manhole;
    cover_restart_delays(&manhole->cover, now_ms);
    float_switch_restart_delays(&manhole->floats, now_ms);
    battery_restart_delays(&manhole->battery, now_ms);
}
