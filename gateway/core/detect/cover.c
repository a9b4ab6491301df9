#include "core/detect/cover.h"

static void run_delays(struct cover *cover, const struct cover_policy *policy, int64_t now_ms)
{
    if (!cover->active && cover->on_since_ms && now_ms - cover->on_since_ms >= policy->on_delay_ms) {
        cover->active = true;
        cover->rule = cover->open ? SW_ALERT_RULE_COVER_SWITCH : SW_ALERT_RULE_COVER_TILT;
    }
    if (cover->active && cover->off_since_ms && now_ms - cover->off_since_ms >= policy->off_delay_ms) {
        cover->active = false;
        cover->on_since_ms = cover->off_since_ms = 0;
    }
}

static void follow(struct cover *cover, const struct cover_policy *policy, int64_t time_ms)
{
    cover->time_ms = time_ms;
    if (cover->tilted || cover->open) {
        if (!cover->on_since_ms) cover->on_since_ms = time_ms;
        cover->off_since_ms = 0;
    } else if (!cover->active) {
        cover->on_since_ms = 0;
    } else if (!cover->off_since_ms) {
        cover->off_since_ms = time_ms;
    }
    run_delays(cover, policy, time_ms);
}

void cover_take_tilt(struct cover *cover, const struct cover_policy *policy, int64_t time_ms, int64_t tilt_mdeg)
{
    int64_t away_mdeg = tilt_mdeg < 0 ? -tilt_mdeg : tilt_mdeg;
    cover->tilt_mdeg = tilt_mdeg;
    if (away_mdeg >= policy->tilt_limit_mdeg)
        cover->tilted = true;
    else if (away_mdeg < policy->tilt_limit_mdeg - policy->tilt_deadband_mdeg)
        cover->tilted = false;
    follow(cover, policy, time_ms);
}

void cover_take_switch(struct cover *cover, const struct cover_policy *policy, int64_t time_ms, bool open)
{
    cover->open = open;
    follow(cover, policy, time_ms);
}

void cover_pass_time(struct cover *cover, const struct cover_policy *policy, int64_t now_ms, int64_t trusted_ms)
{
    if (cover->time_ms == 0 || (trusted_ms > 0 && now_ms - cover->time_ms > trusted_ms)) return;
    run_delays(cover, policy, now_ms);
}

int64_t cover_deadline_ms(const struct cover *cover, const struct cover_policy *policy, int64_t trusted_ms)
{
    int64_t deadline_ms = DEADLINE_NONE;
    if (!cover->active && cover->on_since_ms) deadline_ms = cover->on_since_ms + policy->on_delay_ms;
    if (cover->active && cover->off_since_ms) deadline_ms = cover->off_since_ms + policy->off_delay_ms;
    bool trusted = trusted_ms <= 0 || deadline_ms == DEADLINE_NONE || deadline_ms - cover->time_ms <= trusted_ms;
    return trusted ? deadline_ms : DEADLINE_NONE;
}

void cover_restart_delays(struct cover *cover, int64_t now_ms)
{
    if (cover->time_ms > now_ms) cover->time_ms = now_ms;
    if (!cover->active && cover->on_since_ms > now_ms) cover->on_since_ms = now_ms;
    if (cover->off_since_ms > now_ms) cover->off_since_ms = now_ms;
}

struct condition cover_judge(const struct cover *cover, const struct cover_policy *policy)
{
    return (struct condition){.decided = cover->time_ms != 0,
                              .colour = cover->active ? policy->colour : SW_COLOUR_GREEN,
                              .onset_ms = cover->active ? cover->on_since_ms : 0,
                              .rule = cover->active ? cover->rule : SW_ALERT_RULE_NONE};
}

void cover_evidence(const struct cover *cover, const struct cover_policy *policy, struct sw_evidence *evidence)
{
    evidence->rule = cover->rule;
    if (cover->rule == SW_ALERT_RULE_COVER_SWITCH) {
        evidence->value_kind = SW_READING_COVER_OPEN;
        evidence->value_milli = cover->open ? 1000 : 0;
        evidence->threshold_milli = 1000;
    } else {
        evidence->value_kind = SW_READING_COVER_TILT;
        evidence->value_milli = cover->tilt_mdeg;
        evidence->threshold_milli = policy->tilt_limit_mdeg;
    }
}
