/* A level through its rooms: who else says it, is it believed, which band, how soon the next one. */
#include "core/core_level.h"

#include <string.h>

#include "core/core_cover.h"

static struct agreement_witness ask(const struct agreement_policy *policy, const struct subject *other,
                                    enum agreement_place place, int64_t now_ms)
{
    if (other->domain == SUBJECT_RAIN) {
        const struct rain *rain = other->state.rain;
        enum agreement_word word = agreement_word_of_rain(policy, rain_fallen_um(rain));
        return (struct agreement_witness){AGREEMENT_RAIN, rain->known ? word : AGREEMENT_UNKNOWN, rain->last_ms};
    }
    const struct water *water = other->state.water;
    enum agreement_word word = place == AGREEMENT_UPSTREAM
                                   ? agreement_word_of_upstream(policy, &water->rise, &other->policy->rise, now_ms)
                                   : agreement_word_of_level(policy, &water->rise, &other->policy->rise);
    return (struct agreement_witness){place, water->quarantined ? AGREEMENT_UNKNOWN : word, water->rise.time_ms};
}

/* What the sensors upstream and around say, in this order, for what this one claims. */
static struct agreement ask_others(const struct core *core, const struct subject *subject, enum agreement_claim claim,
                                   int64_t now_ms)
{
    const struct agreement_policy *policy = &subject->policy->agreement;
    const struct asked *asked = &subject->state.water->asked;
    struct agreement_witness witnesses[CORE_UPSTREAM_MAX + CORE_NEIGHBOURS_MAX];
    size_t count = 0;
    for (uint32_t i = 0; i < asked->upstream_count; i++)
        witnesses[count++] = ask(policy, &core->subjects[asked->upstream[i]], AGREEMENT_UPSTREAM, now_ms);
    for (uint32_t i = 0; i < asked->neighbour_count; i++)
        witnesses[count++] = ask(policy, &core->subjects[asked->neighbours[i]], AGREEMENT_NEIGHBOUR, now_ms);
    bool warned = core_weather(core, sw_wall_from_ms(now_ms)) != SW_COLOUR_GREEN;
    return agreement_judge(policy, claim, witnesses, count, warned, now_ms);
}

/* What was held back and is believed now, counts for the bands as if it had just come. */
static void take_bands(struct water *water, const struct policy *policy, const struct agreement *agreement,
                       const struct level_quality_verdict *verdict, int64_t time_ms, int64_t level_um)
{
    struct level_policy bands = policy->level;
    bands.on_delay_ms = agreement_on_delay_ms(&policy->agreement, agreement, bands.on_delay_ms);
    struct rise_policy river;
    const struct rise_policy *reaches = &policy->rise;
    if (level_quality_is_river(&water->quality)) {
        river = rise_policy_of_river(reaches);
        reaches = &river;
    }
    if (verdict->released && verdict->held_um > level_um) {
        level_take(&water->level, &bands, time_ms, verdict->held_um);
        rise_take(&water->rise, reaches, &policy->level, time_ms, verdict->held_um, agreement->helped);
    }
    level_take(&water->level, &bands, time_ms, level_um);
    rise_take(&water->rise, reaches, &policy->level, time_ms, level_um, agreement->helped);
}

struct level_quality_verdict core_level_take(const struct core *core, struct subject *subject, int64_t time_ms,
                                             int64_t level_um)
{
    struct water *water = subject->state.water;
    const struct policy *policy = subject->policy;
    enum agreement_claim claim = water->quarantined ? AGREEMENT_CLAIM_QUARANTINED : AGREEMENT_CLAIM_REACHED;
    struct agreement agreement = ask_others(core, subject, claim, time_ms);
    struct level_quality_verdict verdict =
        level_quality_take(&water->quality, &policy->level_quality, time_ms, level_um, agreement.helped);
    water->quarantined = verdict.quarantined;
    water->doubt = (uint8_t)(verdict.quality == SW_QUALITY_GOOD ? SW_REASON_NONE : verdict.reason);
    water->doubt_ms = time_ms;
    if (verdict.quality == SW_QUALITY_GOOD) take_bands(water, policy, &agreement, &verdict, time_ms, level_um);
    return verdict;
}

/* A single sample that is not believed is counted, not told: only what lasts is somebody's work. */
static enum sw_alert_rule quality_rule(const struct water *water)
{
    if (water->doubt == SW_REASON_NO_ECHO || water->doubt == SW_REASON_OBSTRUCTION) return SW_ALERT_RULE_NO_ECHO;
    if (water->doubt == SW_REASON_FLAT_LINE) return SW_ALERT_RULE_FLAT_LINE;
    return water->quarantined ? SW_ALERT_RULE_QUARANTINE : SW_ALERT_RULE_NONE;
}

static struct condition judge_quality(const struct subject *subject)
{
    const struct water *water = subject->state.water;
    struct condition condition = {.decided = true, .rule = quality_rule(water)};
    if (condition.rule == SW_ALERT_RULE_NONE) {
        /* A wild value among good ones ends nothing and begins nothing. */
        condition.decided = water->doubt_ms != 0 && water->doubt == SW_REASON_NONE;
        return condition;
    }
    condition.colour = subject->policy->silence.colour;
    condition.onset_ms = water->doubt_ms;
    return condition;
}

struct condition core_level_soon(const struct subject *subject, struct sw_wall now)
{
    const struct water *water = subject->state.water;
    struct condition soon = rise_judge(&water->rise);
    int64_t limit_ms = subject->policy->silence.level_ms;
    bool stale = limit_ms > 0 && now.ms - water->rise.time_ms >= limit_ms;
    if (stale || water->doubt == SW_REASON_OBSTRUCTION)
        soon.colour = SW_COLOUR_GREEN;
    else if (level_quality_is_unsteady(&water->quality, &subject->policy->level_quality))
        soon.decided = false;
    return soon;
}

void core_level_follow(struct core *core, uint32_t index, struct sw_wall now)
{
    const struct subject *subject = &core->subjects[index];
    const struct water *water = subject->state.water;
    struct condition level = level_judge(&water->level);
    struct condition soon = core_level_soon(subject, now);
    struct condition quality = judge_quality(subject);
    struct condition battery = battery_judge(&water->battery, &subject->policy->battery);
    core_follow(core, index, SUBJECT_ALERT_MAIN, &level, now);
    core_follow(core, index, LEVEL_ALERT_SOON, &soon, now);
    core_follow(core, index, LEVEL_ALERT_QUALITY, &quality, now);
    core_follow(core, index, SENSOR_ALERT_BATTERY, &battery, now);
    if (subject->twin != SUBJECT_NO_TWIN) core_cover_follow(core, subject->twin, now);
}

static void quality_evidence(const struct subject *subject, enum sw_alert_rule rule, struct sw_evidence *evidence)
{
    evidence->rule = rule;
    evidence->value_kind = SW_READING_LEVEL;
    evidence->value_milli = subject->state.water->quality.last_um;
    evidence->threshold_milli = level_quality_noise_um(&subject->state.water->quality, &subject->policy->level_quality);
}

void core_level_evidence(const struct core *core, const struct subject *subject, enum subject_alert which,
                         enum sw_colour colour, enum sw_alert_rule rule, struct sw_evidence *evidence)
{
    const struct water *water = subject->state.water;
    const struct policy *policy = subject->policy;
    if (which == LEVEL_ALERT_QUALITY) {
        quality_evidence(subject, rule, evidence);
        return;
    }
    if (which == SENSOR_ALERT_BATTERY) {
        battery_evidence(&water->battery, &policy->battery, evidence);
        return;
    }
    enum agreement_claim claim = water->quarantined ? AGREEMENT_CLAIM_QUARANTINED : AGREEMENT_CLAIM_REACHED;
    if (which == LEVEL_ALERT_SOON) {
        claim = AGREEMENT_CLAIM_FORECAST;
        rise_evidence(&water->rise, &policy->rise, &policy->level, colour, evidence);
    } else {
        level_evidence(&water->level, &policy->level, colour, evidence);
    }
    struct agreement agreement = ask_others(core, subject, claim, water->level.time_ms);
    bool alone = agreement.agree == 0 && agreement.disagree == 0;
    /* A healthy sensor that nobody is asked about has observed what it says. */
    if (!alone || claim != AGREEMENT_CLAIM_REACHED) agreement_evidence(&agreement, evidence);
    if (agreement.upstream == AGREEMENT_NOBODY) return;
    const char *upstream = core->subjects[water->asked.upstream[agreement.upstream]].name;
    memcpy(evidence->upstream, upstream, strlen(upstream) + 1);
}

void core_level_pass_time(struct subject *subject, int64_t now_ms)
{
    struct level *level = &subject->state.water->level;
    uint8_t active = level->active;
    level_pass_time(level, &subject->policy->level, now_ms, subject->policy->silence.level_ms);
    if (level->active != active) core_must_save(subject);
}

void core_level_set_back(struct subject *subject, int64_t now_ms)
{
    struct water *water = subject->state.water;
    level_restart_delays(&water->level, now_ms);
    level_quality_set_back(&water->quality, now_ms);
    rise_set_back(&water->rise, now_ms);
    battery_restart_delays(&water->battery, now_ms);
    if (water->doubt_ms > now_ms) water->doubt_ms = now_ms;
}
