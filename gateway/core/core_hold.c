/* What is held back: silences and maintenance, delays, and alerts that flap. */
#include <assert.h>
#include <string.h>

#include "core/core_home.h"

#define NOTE_SIZE (SW_ALERT_NOTE_SIZE + SW_ALERT_ACTOR_SIZE)

void core_set_grid(struct core *core, uint32_t index, const char *grid)
{
    core->subjects[index].grid = grid;
}

static struct hold_question question(const struct subject *subject, enum sw_alert_kind kind, enum sw_colour colour)
{
    return (struct hold_question){subject->name, subject->grid, kind, colour};
}

static const struct hold *silence_on(const struct core *core, const struct subject *subject, enum subject_alert which,
                                     enum sw_colour colour)
{
    if (core->holds.count == 0) return NULL;
    struct hold_question alert =
        question(subject, core_alert_kind((enum subject_domain)subject->domain, which), colour);
    return holds_silence_on(&core->holds, &alert);
}

bool core_is_silenced(const struct core *core, uint32_t index, enum sw_alert_kind kind, enum sw_colour colour)
{
    assert(index < core->count);
    struct hold_question alert = question(&core->subjects[index], kind, colour);
    return holds_silence_on(&core->holds, &alert) != NULL;
}

/* ---- delays and flaps ---- */

static struct flap *flap_of(struct core *core, uint32_t index, enum subject_alert which)
{
    bool known = (core->subjects[index].remembered >> which & 1) != 0;
    return known ? &core->flaps.list[flap_find(&core->flaps, index, (uint8_t)which)] : NULL;
}

bool core_is_held_open(const struct core *core, const struct subject *subject, enum subject_alert which)
{
    if ((subject->remembered >> which & 1) == 0) return false;
    uint32_t index = (uint32_t)(subject - core->subjects);
    const struct flap *flap = &core->flaps.list[flap_find(&core->flaps, index, (uint8_t)which)];
    return flap->due_ms != DEADLINE_NONE && flap->colour == SW_COLOUR_GREEN;
}

/* Readings handed in again would find the flap as it is now, not as it was before them. */
static void flap_changed(struct core *core, uint32_t index)
{
    core->held_dirty = true;
    core_must_save(&core->subjects[index]);
}

static struct flap *remember(struct core *core, uint32_t index, enum subject_alert which)
{
    struct flap forgotten;
    struct flap *flap = flap_of(core, index, which);
    if (flap) return flap;
    flap = flap_add(&core->flaps, index, (uint8_t)which, &forgotten);
    if (!flap) return NULL;
    if (forgotten.subject != FLAP_NOBODY)
        core->subjects[forgotten.subject].remembered &= (uint16_t) ~(1u << forgotten.which);
    core->subjects[index].remembered |= (uint16_t)(1u << which);
    flap_changed(core, index);
    return flap;
}

static void wait_until(struct core *core, struct flap *flap, int64_t due_ms)
{
    flap->due_ms = due_ms;
    if (due_ms < core->held_due_ms) core->held_due_ms = due_ms;
}

/* Whether a condition that nobody has been told of stays back. */
static bool stays_back(struct core *core, uint32_t index, enum subject_alert which, enum sw_colour colour,
                       int64_t now_ms)
{
    const struct subject *subject = &core->subjects[index];
    const struct alert_life *life = &subject->alerts[which];
    int64_t delay_ms = subject->policy->noise.on_delay_ms;
    if (silence_on(core, subject, which, colour)) return true;
    if (delay_ms <= 0 || colour == SW_COLOUR_RED) return false;
    int64_t since_ms = alert_life_is_pending(life) ? alert_life_pending_since_ms(life) : now_ms;
    struct flap *flap = now_ms - since_ms < delay_ms ? remember(core, index, which) : NULL;
    if (!flap) return false;
    if (flap->due_ms == DEADLINE_NONE || !alert_life_is_pending(life)) wait_until(core, flap, since_ms + delay_ms);
    return now_ms < flap->due_ms;
}

enum sw_alert_action core_hold_back(struct core *core, uint32_t index, enum subject_alert which,
                                    enum sw_alert_action step, const struct condition *condition, struct sw_wall now)
{
    const struct subject *subject = &core->subjects[index];
    const struct alert_life *life = &subject->alerts[which];
    if (step == SW_ALERT_ACTION_RAISE && stays_back(core, index, which, condition->colour, now.ms)) {
        if (!alert_life_is_pending(life)) return SW_ALERT_ACTION_HOLD;
        if (life->colour == condition->colour && life->rule == condition->rule) return SW_ALERT_ACTION_NONE;
        return condition->colour > life->colour ? SW_ALERT_ACTION_WORSEN : SW_ALERT_ACTION_EASE;
    }
    if (!condition->decided || !alert_life_is_open(life)) return step;
    if (step == SW_ALERT_ACTION_WORSEN && silence_on(core, subject, which, condition->colour))
        return SW_ALERT_ACTION_NONE;

    const struct noise_policy *noise = &subject->policy->noise;
    bool may_wait = step == SW_ALERT_ACTION_CLEAR && noise->off_delay_ms > 0;
    struct flap *flap = may_wait ? remember(core, index, which) : flap_of(core, index, which);
    if (!flap) return step;
    const struct flap before = *flap;
    bool holds = flap_holds(flap, noise, step, condition, now.ms);
    /* When it began to stand says only which one is forgotten first. */
    if (flap->due_ms != before.due_ms || flap->colour != before.colour || flap->rule != before.rule)
        flap_changed(core, index);
    if (!holds) return step;
    wait_until(core, flap, flap->due_ms);
    return SW_ALERT_ACTION_NONE;
}

void core_note_step(struct core *core, uint32_t index, enum subject_alert which, enum sw_alert_action step,
                    const struct condition *condition, int64_t now_ms)
{
    const struct noise_policy *noise = &core->subjects[index].policy->noise;
    bool counts = step == SW_ALERT_ACTION_RAISE && noise->flap_raises > 0;
    struct flap *flap = counts ? remember(core, index, which) : flap_of(core, index, which);
    if (!flap) return;
    flap_changed(core, index);
    if (counts) {
        if (flap_raised(flap, noise, condition, now_ms)) wait_until(core, flap, flap->due_ms);
    } else if (step == SW_ALERT_ACTION_RAISE || step == SW_ALERT_ACTION_CLEAR || step == SW_ALERT_ACTION_EASE) {
        flap->flapping = false;
        flap->due_ms = DEADLINE_NONE;
    }
}

uint16_t core_flaps(struct core *core, uint32_t index, enum subject_alert which, int64_t now_ms)
{
    const struct flap *flap = flap_of(core, index, which);
    return flap && flap->flapping ? flap_raises(flap, &core->subjects[index].policy->noise, now_ms) : 0;
}

/* The alert is raised if nothing holds it back any more. What the condition was when it was last decided stands. */
static void raise_pending(struct core *core, uint32_t index, enum subject_alert which, const char *note,
                          struct sw_wall now)
{
    const struct alert_life *life = &core->subjects[index].alerts[which];
    enum sw_colour colour = (enum sw_colour)life->colour;
    if (!alert_life_is_pending(life) || stays_back(core, index, which, colour, now.ms)) return;
    struct condition condition = {.decided = true, .colour = colour, .rule = (enum sw_alert_rule)life->rule};
    core_take_step(core, index, which, SW_ALERT_ACTION_RAISE, &condition, (struct cause){NULL, note}, now);
}

static void follow_flap(struct core *core, struct flap *flap, struct sw_wall now)
{
    uint32_t index = flap->subject;
    enum subject_alert which = (enum subject_alert)flap->which;
    struct alert_life *life = &core->subjects[index].alerts[which];
    struct condition condition = {
        .decided = true, .colour = (enum sw_colour)flap->colour, .rule = (enum sw_alert_rule)flap->rule};
    flap->flapping = false;
    flap->due_ms = DEADLINE_NONE;
    flap_changed(core, index);
    raise_pending(core, index, which, NULL, now);
    if (!alert_life_is_open(life) || core->subjects[index].is_maintained) return;
    enum sw_alert_action step = alert_life_follow(life, &condition);
    if (step != SW_ALERT_ACTION_NONE)
        core_take_step(core, index, which, step, &condition, (struct cause){NULL, NULL}, now);
}

/* ---- holds ---- */

/* "silenced by carer-3: pump works" */
static void write_note(char note[NOTE_SIZE], const char *what, const struct hold *hold)
{
    const char *const parts[] = {what, hold->by, hold->note[0] != '\0' ? ": " : "", hold->note};
    size_t at = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t length = strlen(parts[i]);
        if (length > NOTE_SIZE - 1 - at) length = NOTE_SIZE - 1 - at;
        memcpy(note + at, parts[i], length);
        at += length;
    }
    note[at] = '\0';
}

static void tell_end_of_silence(struct core *core, uint32_t index, const struct hold *hold, struct sw_wall now)
{
    struct subject *subject = &core->subjects[index];
    char held[NOTE_SIZE], over[NOTE_SIZE];
    write_note(held, "was held back, silenced by ", hold);
    write_note(over, "no longer silenced by ", hold);
    for (int at = 0; subject->standing >> at != 0; at++) {
        enum subject_alert which = (enum subject_alert)at;
        const struct alert_life *life = &subject->alerts[which];
        enum sw_colour colour = (enum sw_colour)life->colour;
        struct hold_question alert =
            question(subject, core_alert_kind((enum subject_domain)subject->domain, which), colour);
        if (!hold_covers(hold, &alert) || silence_on(core, subject, which, colour)) continue;
        bool was_open = alert_life_is_open(life);
        raise_pending(core, index, which, held, now);
        if (!was_open) continue;
        struct condition same = {.decided = true, .colour = colour};
        core_take_step(core, index, which, SW_ALERT_ACTION_TELL, &same, (struct cause){NULL, over}, now);
    }
}

static void begin_maintenance(struct core *core, uint32_t index, const struct hold *hold, struct sw_wall now)
{
    struct subject *subject = &core->subjects[index];
    char note[NOTE_SIZE];
    write_note(note, "in maintenance by ", hold);
    subject->is_maintained = true;
    core_must_save(subject);
    for (int which = 0; subject->standing >> which != 0; which++) {
        core_clear(core, index, (enum subject_alert)which, hold->by, note, now);
        subject->alerts[which].muted = false;
        core_note_standing(subject, (enum subject_alert)which);
    }
}

/* Whoever serviced the sensor may have exchanged it: what it said before, and how, counts no more. */
static void end_maintenance(struct core *core, uint32_t index, int64_t end_ms)
{
    struct subject *subject = &core->subjects[index];
    subject->is_maintained = false;
    subject->watched_from_ms = end_ms;
    core_must_save(subject);
    if (subject->domain == SUBJECT_HOME) core_home_serviced(core, index, end_ms);
    if (subject->domain == SUBJECT_LEVEL) {
        struct water *water = subject->state.water;
        *water = (struct water){.asked = water->asked};
    }
    if (subject->domain == SUBJECT_COVER) {
        struct manhole *manhole = subject->state.manhole;
        *manhole = (struct manhole){.heard_ms = {manhole->heard_ms[0], manhole->heard_ms[1]}};
    }
    if (subject->domain == SUBJECT_RAIN) *subject->state.rain = (struct rain){0};
}

static bool is_maintainable(const struct subject *subject, const struct hold *hold)
{
    return core_is_sensor((enum subject_domain)subject->domain) && strcmp(subject->name, hold->subject) == 0;
}

static bool concerns_anybody(const struct core *core, const struct hold *hold)
{
    for (uint32_t i = 0; i < core->count; i++) {
        const struct subject *subject = &core->subjects[i];
        struct hold_question any = question(subject, hold->kind, SW_COLOUR_GREEN);
        if (hold->reason == HOLD_MAINTENANCE ? is_maintainable(subject, hold) : hold_covers(hold, &any)) return true;
    }
    return false;
}

static void changed(struct core *core, struct sw_wall now)
{
    core->held_dirty = true;
    core->held_due_ms = now.ms;
}

int core_hold(struct core *core, const struct hold *hold, struct sw_wall now)
{
    assert(hold->reason < HOLD_REASON_COUNT && (hold->subject[0] == '\0') != (hold->area[0] == '\0'));
    if (hold->until.ms <= now.ms || hold->until.ms - now.ms > HOLD_MAX_MS) return SW_ERROR_INVALID_ARGUMENT;
    if (!concerns_anybody(core, hold)) return SW_ERROR_NOT_FOUND;
    struct hold put = *hold;
    put.since = now;
    if (!holds_put(&core->holds, &put)) return SW_ERROR_BUSY;
    changed(core, now);
    for (uint32_t i = 0; hold->reason == HOLD_MAINTENANCE && i < core->count; i++) {
        if (!is_maintainable(&core->subjects[i], hold)) continue;
        begin_maintenance(core, i, &put, now);
        core_reschedule(core, i, now.ms);
    }
    return SW_OK;
}

/* `by_itself`: nobody knows yet. */
static void end_hold(struct core *core, struct hold *ending, bool by_itself, struct sw_wall now)
{
    struct hold hold = *ending;
    int64_t end_ms = hold.until.ms < now.ms ? hold.until.ms : now.ms;
    bool told = !by_itself;
    holds_remove(&core->holds, ending);
    changed(core, now);
    for (uint32_t i = 0; i < core->count; i++) {
        if (hold.reason == HOLD_SILENCE) {
            tell_end_of_silence(core, i, &hold, now);
        } else if (is_maintainable(&core->subjects[i], &hold)) {
            end_maintenance(core, i, end_ms);
            if (!told) core_note(core, i, SW_ALERT_KIND_BACK, SW_ALERT_RULE_MAINTENANCE_OVER, end_ms, hold.note, now);
            told = true;
            core_reschedule(core, i, now.ms);
        }
    }
}

int core_release(struct core *core, const struct hold *like, struct sw_wall now)
{
    struct hold *hold = holds_find(&core->holds, like);
    if (!hold) return SW_ERROR_NOT_FOUND;
    end_hold(core, hold, false, now);
    return SW_OK;
}

const struct holds *core_holds(const struct core *core)
{
    return &core->holds;
}

uint32_t core_pending_count(const struct core *core)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < core->count; i++)
        for (int which = 0; core->subjects[i].standing >> which != 0; which++)
            count += alert_life_is_pending(&core->subjects[i].alerts[which]);
    return count;
}

void core_held_restored(struct core *core)
{
    for (uint32_t i = 0; core->holds.count > 0 && i < core->count; i++) {
        struct subject *subject = &core->subjects[i];
        subject->is_maintained =
            core_is_sensor((enum subject_domain)subject->domain) && holds_maintain(&core->holds, subject->name);
        if (subject->is_maintained) core_reschedule(core, i, core->last_tick_ms);
    }
    for (uint32_t i = 0; i < core->flaps.count; i++) {
        const struct flap *flap = &core->flaps.list[i];
        core->subjects[flap->subject].remembered |= (uint16_t)(1u << flap->which);
    }
    core->held_due_ms = 0;
}

/* ---- time ---- */

/* What was pending when the gateway went goes on from there. */
static void resume_pending(struct core *core, struct sw_wall now)
{
    for (uint32_t i = 0; i < core->count; i++)
        for (int which = 0; core->subjects[i].standing >> which != 0; which++)
            raise_pending(core, i, (enum subject_alert)which, NULL, now);
}

void core_tick_held(struct core *core, struct sw_wall now)
{
    if (core->resumed) resume_pending(core, now);
    if (now.ms < core->held_due_ms) return;
    for (uint32_t i = core->holds.count; i-- > 0;) {
        struct hold *hold = &core->holds.list[i];
        /* The clock was set back. */
        if (hold->until.ms - now.ms > HOLD_MAX_MS) hold->until.ms = now.ms + HOLD_MAX_MS;
        if (hold->until.ms <= now.ms) end_hold(core, hold, true, now);
    }
    for (uint32_t i = 0; i < core->flaps.count; i++)
        if (core->flaps.list[i].due_ms <= now.ms) follow_flap(core, &core->flaps.list[i], now);
    int64_t hold_ms = holds_due_ms(&core->holds), flap_ms = flaps_due_ms(&core->flaps);
    core->held_due_ms = hold_ms < flap_ms ? hold_ms : flap_ms;
}

void core_held_set_back(struct core *core, int64_t now_ms)
{
    flaps_set_back(&core->flaps, now_ms);
    core->held_due_ms = now_ms;
}
