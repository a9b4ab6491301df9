/* What comes in: readings, answers of nodes, states of lines. Each goes through its rooms in the order of the folders:
 * normalise, aggregate, detect, alert. */
#include "core/core.h"

#include <assert.h>

#include "core/alert/alert_id.h"
#include "core/core_cover.h"
#include "core/core_home.h"
#include "core/core_level.h"
#include "core/normalise/gauge.h"

enum subject_domain subject_domain_of(enum sw_reading_kind kind)
{
    switch (kind) {
    case SW_READING_WATER_INDEX:
    case SW_READING_WATER_REVERSE_INDEX:
        return SUBJECT_HOME;
    case SW_READING_LEVEL:
        return SUBJECT_LEVEL;
    case SW_READING_COVER_TILT:
    case SW_READING_COVER_OPEN:
    case SW_READING_COVER_FLOAT:
        return SUBJECT_COVER;
    case SW_READING_RAIN:
        return SUBJECT_RAIN;
    default:
        return (enum subject_domain)0;
    }
}

/* A time that is only estimated makes a reading suspect; its value is as good as any. */
static bool has_good_value(const struct core_reading *reading)
{
    return reading->quality == SW_QUALITY_GOOD ||
           (reading->quality == SW_QUALITY_SUSPECT && reading->reason == SW_REASON_CLOCK);
}

/* Puts a worse opinion in place of the reading's own. */
static bool reject(struct core *core, enum sw_quality quality, enum sw_quality_reason reason)
{
    core->verdict.quality = quality;
    core->verdict.reason = reason;
    return false;
}

static bool take_home(struct core *core, const struct core_reading *reading)
{
    if (reading->kind == SW_READING_WATER_REVERSE_INDEX) {
        core_home_settle(core, reading->subject);
        core_home_take_reverse(&core->subjects[reading->subject], reading->time.ms, reading->value_milli);
        return true;
    }
    bool guessed = reading->clock_quality == SW_CLOCK_ESTIMATED;
    struct meter_verdict verdict =
        core_home_take(core, reading->subject, reading->time.ms, reading->value_milli, guessed);
    if (verdict.quality != SW_QUALITY_GOOD) return reject(core, verdict.quality, verdict.reason);
    core->verdict.use_ml = verdict.use_ml;
    return true;
}

static bool take_level(struct core *core, struct subject *subject, const struct core_reading *reading)
{
    if (reading->kind == SW_READING_BATTERY) {
        battery_take(&subject->state.water->battery, &subject->policy->battery, reading->time.ms, reading->value_milli);
        return true;
    }
    if (!gauge_level_in_range(&subject->policy->level, reading->value_milli))
        return reject(core, SW_QUALITY_BAD, SW_REASON_RANGE);
    struct level_quality_verdict verdict = core_level_take(core, subject, reading->time.ms, reading->value_milli);
    return verdict.quality == SW_QUALITY_GOOD || reject(core, verdict.quality, verdict.reason);
}

/* Hands a reading with a good value to its detector. False when the normaliser does not believe it. */
static bool take(struct core *core, struct subject *subject, const struct core_reading *reading)
{
    switch ((enum subject_domain)subject->domain) {
    case SUBJECT_HOME:
        return take_home(core, reading);
    case SUBJECT_LEVEL:
        return take_level(core, subject, reading);
    case SUBJECT_COVER:
        return core_cover_take(subject, reading->kind, reading->time.ms, reading->value_milli) ||
               reject(core, SW_QUALITY_BAD, SW_REASON_RANGE);
    case SUBJECT_RAIN:
        rain_take(subject->state.rain, reading->time.ms, reading->value_milli);
        break;
    case SUBJECT_NODE:
    case SUBJECT_LINE:
    case SUBJECT_SOURCE:
    case SUBJECT_STORE:
    case SUBJECT_PLACE:
        break;
    }
    return true;
}

/* Whether such a reading belongs to such a subject. */
static bool belongs(const struct subject *subject, enum sw_reading_kind kind)
{
    if (kind == SW_READING_BATTERY) return subject->domain == SUBJECT_LEVEL || subject->domain == SUBJECT_COVER;
    return subject_domain_of(kind) == subject->domain;
}

static enum subject_input input_of(const struct subject *subject, enum sw_reading_kind kind)
{
    if (kind == SW_READING_COVER_OPEN || kind == SW_READING_WATER_REVERSE_INDEX) return SUBJECT_INPUT_SECOND;
    if (kind == SW_READING_COVER_FLOAT) return COVER_INPUT_FLOAT;
    if (kind != SW_READING_BATTERY) return SUBJECT_INPUT_MAIN;
    return subject->domain == SUBJECT_COVER ? COVER_INPUT_BATTERY : SUBJECT_INPUT_SECOND;
}

/* Notes when it was heard; a sensor that did not answer was not. False for one that does not belong here or is not
 * later than the last of its kind. */
static bool is_next(struct subject *subject, const struct core_reading *reading)
{
    if (!belongs(subject, reading->kind)) return false;
    int64_t *heard_ms = core_heard_ms(subject, input_of(subject, reading->kind));
    if (reading->time.ms <= *heard_ms || reading->time.ms > ALERT_TIME_MAX_MS) return false;
    if (reading->quality != SW_QUALITY_MISSING) *heard_ms = reading->time.ms;
    return true;
}

/* Readings that show that the subject is watched; a battery's voltage or a reverse total alone does not. */
static bool counts_as_heard(enum sw_reading_kind kind)
{
    return kind != SW_READING_BATTERY && kind != SW_READING_WATER_REVERSE_INDEX;
}

static void follow(struct core *core, uint32_t index, struct sw_wall now)
{
    switch ((enum subject_domain)core->subjects[index].domain) {
    case SUBJECT_HOME:
        core_home_follow(core, index, now);
        break;
    case SUBJECT_LEVEL:
        core_level_follow(core, index, now);
        break;
    case SUBJECT_COVER:
        core_cover_follow(core, index, now);
        break;
    case SUBJECT_RAIN:
    case SUBJECT_NODE:
    case SUBJECT_LINE:
    case SUBJECT_SOURCE:
    case SUBJECT_STORE:
    case SUBJECT_PLACE:
        break;
    }
}

static void note_good(struct subject *subject, const struct core_reading *reading)
{
    bool later = reading->time.ms > subject->last_good_ms;
    if (later && counts_as_heard(reading->kind)) subject->last_good_ms = reading->time.ms;
    if (reading->clock_quality == SW_CLOCK_ESTIMATED) subject->estimated_ms = reading->time.ms;
}

static const struct condition over = {.decided = true, .colour = SW_COLOUR_GREEN, .onset_ms = 0};

void core_on_reading(struct core *core, const struct core_reading *reading, struct sw_wall now)
{
    assert(reading->subject < core->count);
    struct subject *subject = &core->subjects[reading->subject];
    core->verdict = (struct core_verdict){.quality = reading->quality, .reason = reading->reason};
    subject->dirty = true;
    /* What a level makes of it depends on the warning, and the next start does not know of that. */
    if (subject->domain == SUBJECT_LEVEL && core_weather(core, now) != SW_COLOUR_GREEN) core_must_save(subject);
    subject->readings++;
    if (!is_next(subject, reading)) {
        core->verdict.ignored = true;
        subject->rejected++;
        return;
    }
    if (subject->is_maintained) {
        (void)reject(core, SW_QUALITY_SUSPECT, SW_REASON_MAINTENANCE);
        return;
    }
    if (!has_good_value(reading)) {
        subject->rejected++;
        return;
    }
    if (reading->kind == SW_READING_WATER_INDEX &&
        core_home_stays_still(subject, reading->time.ms, reading->value_milli)) {
        note_good(subject, reading);
        return;
    }
    if (!take(core, subject, reading)) {
        subject->rejected++;
        /* What the sensor did wrong may be an alert of its own. */
        follow(core, reading->subject, now);
        return;
    }
    note_good(subject, reading);
    follow(core, reading->subject, now);
    if (counts_as_heard(reading->kind)) core_follow(core, reading->subject, SUBJECT_ALERT_SILENCE, &over, now);
    core_reschedule(core, reading->subject, now.ms);
}

static void note_past_tick(struct core *core, uint32_t index, struct sw_wall taken)
{
    if (taken.ms > core->last_tick_ms) core->last_tick_ms = taken.ms;
    core->due_ms[index] = taken.ms;
    if (taken.ms < core->next_due_ms) core->next_due_ms = taken.ms;
}

void core_replay(struct core *core, const struct core_reading *reading, struct sw_wall taken)
{
    core_on_reading(core, reading, taken);
    note_past_tick(core, reading->subject, taken);
}

struct core_verdict core_last_verdict(const struct core *core)
{
    return core->verdict;
}

/* Whatever answers shows that its line works. */
static void hear_line(struct core *core, const struct subject *source, struct sw_wall now)
{
    uint32_t above = source->parent;
    if (above == CORE_NO_PARENT || core->subjects[above].domain != SUBJECT_LINE) return;
    if (!silence_line_hear(core->subjects[above].state.line, now.ms)) return;
    core_follow(core, above, SUBJECT_ALERT_MAIN, &over, now);
    core_reschedule(core, above, now.ms);
    core_reschedule_children(core, above, now.ms);
}

void core_on_source_alive(struct core *core, uint32_t source, struct sw_wall now)
{
    assert(source < core->count);
    struct subject *subject = &core->subjects[source];
    if (subject->domain != SUBJECT_NODE && subject->domain != SUBJECT_SOURCE) return;
    struct source *state = subject->state.source;
    int64_t came_back_ms = state->silence.came_back_ms;
    hear_line(core, subject, now);
    silence_source_take(&state->silence, &subject->policy->silence, core_line_above(core, subject), now.ms);
    core_follow(core, source, SUBJECT_ALERT_MAIN, &over, now);
    core_reschedule(core, source, now.ms);
    subject->dirty = true;
    if (came_back_ms != state->silence.came_back_ms) core_must_save(subject);
    /* Later on a source only comes back later, which never makes its sensors due earlier. */
    if (came_back_ms == 0) core_reschedule_children(core, source, now.ms);
}

void core_on_source_seen(struct core *core, uint32_t source, struct sw_wall seen_until, struct sw_wall now)
{
    core_on_source_alive(core, source, now);
    struct subject *subject = &core->subjects[source];
    if (subject->domain == SUBJECT_NODE || subject->domain == SUBJECT_SOURCE)
        subject->state.source->silence.seen_until_ms = seen_until.ms;
}

/* Of its line nothing is told: that knows more than was known then. */
void core_replay_answer(struct core *core, uint32_t source, struct sw_wall seen_until, struct sw_wall taken)
{
    assert(source < core->count);
    struct subject *subject = &core->subjects[source];
    if (subject->domain != SUBJECT_NODE && subject->domain != SUBJECT_SOURCE) return;
    struct silence_source *silence = &subject->state.source->silence;
    silence_source_take(silence, &subject->policy->silence, core_line_above(core, subject), taken.ms);
    if (seen_until.ms > silence->seen_until_ms) silence->seen_until_ms = seen_until.ms;
    subject->dirty = true;
    core_reschedule_children(core, source, taken.ms);
    note_past_tick(core, source, taken);
}

void core_on_line(struct core *core, uint32_t line, bool port_ok, struct sw_wall now)
{
    assert(line < core->count);
    struct subject *subject = &core->subjects[line];
    if (subject->domain != SUBJECT_LINE) return;
    silence_line_take(subject->state.line, port_ok, now.ms);
    struct condition condition = silence_line_judge(subject->state.line, &subject->policy->silence, now.ms);
    core_follow(core, line, SUBJECT_ALERT_MAIN, &condition, now);
    core_must_save(subject);
    core_reschedule(core, line, now.ms);
    core_reschedule_children(core, line, now.ms);
}

void core_on_store(struct core *core, uint32_t store, enum sw_alert_rule rule, struct sw_wall now)
{
    assert(store < core->count);
    if (core->subjects[store].domain != SUBJECT_STORE) return;
    /* Full, it gives up readings to keep alerts; a quota that is too small was somebody's wish. */
    enum sw_colour colour = rule == SW_ALERT_RULE_DISK_FULL     ? SW_COLOUR_ORANGE
                            : rule == SW_ALERT_RULE_QUOTA_SHORT ? SW_COLOUR_YELLOW
                                                                : SW_COLOUR_GREEN;
    struct condition condition = {.decided = true, .colour = colour, .rule = rule, .onset_ms = now.ms};
    core_follow(core, store, SUBJECT_ALERT_MAIN, &condition, now);
}
