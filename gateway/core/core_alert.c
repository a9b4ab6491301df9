/* From conditions to alert revisions: steps, evidence, ids, and what people do. */
#include <string.h>

#include "core/alert/alert_id.h"
#include "core/core_cover.h"
#include "core/core_home.h"
#include "core/core_level.h"

#define DAMAGE_TOLD_MS (INT64_C(24) * 3600 * 1000)

/* The alerts of each domain. */
static const enum sw_alert_kind kinds[SUBJECT_DOMAIN_COUNT][SUBJECT_ALERT_COUNT] = {
    [SUBJECT_HOME] = {[SUBJECT_ALERT_MAIN] = SW_ALERT_KIND_NO_USE,
                      [SUBJECT_ALERT_SILENCE] = SW_ALERT_KIND_SENSOR_SILENT,
                      [HOME_ALERT_QUIET] = SW_ALERT_KIND_QUIET,
                      [HOME_ALERT_LEAK] = SW_ALERT_KIND_LEAK,
                      [HOME_ALERT_BURST] = SW_ALERT_KIND_BURST,
                      [HOME_ALERT_BACKFLOW] = SW_ALERT_KIND_BACKFLOW,
                      [HOME_ALERT_METER_FAULT] = SW_ALERT_KIND_METER_FAULT,
                      [HOME_ALERT_HIGH_USE] = SW_ALERT_KIND_HIGH_USE,
                      [HOME_ALERT_SLOW_CHANGE] = SW_ALERT_KIND_SLOW_CHANGE,
                      [HOME_ALERT_FIRST_USE] = SW_ALERT_KIND_FIRST_USE},
    [SUBJECT_LEVEL] = {[SUBJECT_ALERT_MAIN] = SW_ALERT_KIND_LEVEL,
                       [SUBJECT_ALERT_SILENCE] = SW_ALERT_KIND_SENSOR_SILENT,
                       [SENSOR_ALERT_BATTERY] = SW_ALERT_KIND_BATTERY_LOW,
                       [LEVEL_ALERT_SOON] = SW_ALERT_KIND_LEVEL_SOON,
                       [LEVEL_ALERT_QUALITY] = SW_ALERT_KIND_SENSOR_QUALITY},
    [SUBJECT_COVER] = {[SUBJECT_ALERT_MAIN] = SW_ALERT_KIND_COVER_OPEN,
                       [SUBJECT_ALERT_SILENCE] = SW_ALERT_KIND_SENSOR_SILENT,
                       [SENSOR_ALERT_BATTERY] = SW_ALERT_KIND_BATTERY_LOW,
                       [COVER_ALERT_FLOAT] = SW_ALERT_KIND_LEVEL},
    [SUBJECT_RAIN] = {[SUBJECT_ALERT_SILENCE] = SW_ALERT_KIND_SENSOR_SILENT},
    [SUBJECT_NODE] = {[SUBJECT_ALERT_MAIN] = SW_ALERT_KIND_NODE_SILENT},
    [SUBJECT_LINE] = {[SUBJECT_ALERT_MAIN] = SW_ALERT_KIND_BUS_SILENT},
    [SUBJECT_STORE] =
        {[SUBJECT_ALERT_MAIN] = SW_ALERT_KIND_STORE_FULL, [STORE_ALERT_DAMAGED] = SW_ALERT_KIND_STORE_DAMAGED},
    [SUBJECT_PLACE] = {[SUBJECT_ALERT_MAIN] = SW_ALERT_KIND_REPORTED},
};

enum sw_alert_kind core_alert_kind(enum subject_domain domain, enum subject_alert which)
{
    return kinds[domain][which];
}

int core_alert_count(enum subject_domain domain)
{
    int count = SUBJECT_ALERT_COUNT;
    while (count > 0 && kinds[domain][count - 1] == SW_ALERT_KIND_NONE)
        count--;
    return count;
}

enum subject_alert core_alert_of_kind(enum subject_domain domain, enum sw_alert_kind kind)
{
    int which = SUBJECT_ALERT_MAIN;
    while (which < SUBJECT_ALERT_COUNT && core_alert_kind(domain, (enum subject_alert)which) != kind)
        which++;
    return (enum subject_alert)which;
}

static void silence_evidence(const struct subject *subject, enum sw_alert_rule rule, struct sw_evidence *evidence)
{
    if (subject->domain == SUBJECT_NODE) {
        evidence->rule = SW_ALERT_RULE_NODE_TIMEOUT;
        evidence->window_ms = subject->policy->silence.node_ms;
        evidence->last_good.ms = subject->state.source->silence.last_alive_ms;
    } else if (subject->domain == SUBJECT_LINE && rule == SW_ALERT_RULE_NOBODY_ANSWERS) {
        evidence->rule = rule;
        evidence->last_good.ms = subject->state.line->heard_ms;
    } else if (subject->domain == SUBJECT_LINE) {
        evidence->rule = SW_ALERT_RULE_PORT_FAILED;
        evidence->window_ms = subject->policy->silence.bus_ms;
    } else {
        evidence->rule = SW_ALERT_RULE_SENSOR_TIMEOUT;
        evidence->window_ms = core_silence_limit_ms(subject);
    }
}

/* `rule`: of the condition, or the one that had fired when it is over. */
static struct sw_evidence evidence_of(const struct core *core, const struct subject *subject, enum subject_alert which,
                                      enum sw_colour colour, enum sw_alert_rule rule)
{
    struct sw_evidence evidence;
    memset(&evidence, 0, sizeof evidence);
    evidence.coverage_permille = -1;
    evidence.last_good.ms = subject->last_good_ms;
    if (subject->domain == SUBJECT_HOME) evidence.last_use.ms = core_home_last_use_ms(subject);

    if (which == SUBJECT_ALERT_SILENCE || subject->domain == SUBJECT_NODE || subject->domain == SUBJECT_LINE) {
        silence_evidence(subject, rule, &evidence);
        return evidence;
    }
    if (which == SUBJECT_ALERT_COUNT && subject->domain != SUBJECT_HOME) {
        evidence.rule = rule;
        return evidence;
    }
    int64_t looked_at_ms = 0;
    if (subject->domain == SUBJECT_HOME) {
        core_home_evidence(subject, which, rule, &evidence);
        looked_at_ms = evidence.window_ms;
    } else if (subject->domain == SUBJECT_LEVEL) {
        core_level_evidence(core, subject, which, colour, rule, &evidence);
    } else if (subject->domain == SUBJECT_COVER) {
        core_cover_evidence(subject, which, rule, &evidence);
    }
    /* Over, a detector may not know any more what it was. */
    if (evidence.rule == SW_ALERT_RULE_NONE) evidence.rule = rule;
    evidence.estimated_time =
        subject->estimated_ms != 0 && subject->last_good_ms - subject->estimated_ms <= looked_at_ms;
    return evidence;
}

/* The sensors of one place may share a name (a level and a cover) and have alerts of one kind that begin with the same
 * sample: each domain before this one with such an alert and the same name moves the onset by a millisecond, so that
 * their ids differ. */
static int64_t namesakes_before(const struct core *core, const struct subject *subject, enum sw_alert_kind kind)
{
    int64_t count = 0;
    for (int domain = SUBJECT_HOME; domain < (int)subject->domain; domain++) {
        uint32_t index;
        if (core_alert_of_kind((enum subject_domain)domain, kind) == SUBJECT_ALERT_COUNT) continue;
        if (core_find_subject(core, (enum subject_domain)domain, subject->name, &index) == SW_OK) count++;
    }
    return count;
}

static int64_t new_onset(const struct core *core, const struct subject *subject, enum subject_alert which,
                         int64_t onset_ms)
{
    const struct alert_life *life = &subject->alerts[which];
    onset_ms += namesakes_before(core, subject, core_alert_kind((enum subject_domain)subject->domain, which));
    if (onset_ms <= (int64_t)life->onset_ms) onset_ms = (int64_t)life->onset_ms + 1;
    if (onset_ms < 1) onset_ms = 1;
    return onset_ms > ALERT_TIME_MAX_MS ? ALERT_TIME_MAX_MS : onset_ms;
}

static void publish(struct core *core, uint32_t index, enum subject_alert which, const struct sw_evidence *evidence,
                    struct cause cause, struct sw_wall now);

void core_note_standing(struct subject *subject, enum subject_alert which)
{
    const struct alert_life *life = &subject->alerts[which];
    unsigned bit = 1u << which;
    bool stands = alert_life_is_open(life) || alert_life_is_pending(life) || life->muted;
    subject->standing = (uint16_t)(stands ? subject->standing | bit : subject->standing & ~bit);
}

void core_take_step(struct core *core, uint32_t index, enum subject_alert which, enum sw_alert_action step,
                    const struct condition *condition, struct cause cause, struct sw_wall now)
{
    struct subject *subject = &core->subjects[index];
    struct alert_life *life = &subject->alerts[which];
    bool begins = step == SW_ALERT_ACTION_RAISE || step == SW_ALERT_ACTION_HOLD;
    int64_t onset_ms = begins ? new_onset(core, subject, which, condition->onset_ms) : 0;
    bool named = condition->rule != SW_ALERT_RULE_NONE && step != SW_ALERT_ACTION_CLEAR;
    enum sw_alert_rule rule = named ? condition->rule : (enum sw_alert_rule)life->rule;
    struct sw_evidence evidence = evidence_of(core, subject, which, condition->colour, rule);
    alert_life_step(life, step, condition->colour, evidence.rule, onset_ms, now.ms);
    core_note_step(core, index, which, step, condition, now.ms);
    int64_t expire_after_ms = subject->policy->noise.expire_after_ms;
    if (step == SW_ALERT_ACTION_RAISE && expire_after_ms > 0 && now.ms + expire_after_ms < core->expire_due_ms)
        core->expire_due_ms = now.ms + expire_after_ms;
    core_note_standing(subject, which);
    core_must_save(subject);
    if (life->revision > 0) publish(core, index, which, &evidence, cause, now);
    bool carries = subject->domain == SUBJECT_NODE || subject->domain == SUBJECT_LINE;
    if (carries && which == SUBJECT_ALERT_MAIN && step == SW_ALERT_ACTION_RAISE)
        core_inhibit_children(core, index, now);
}

void core_take_condition(struct core *core, uint32_t index, enum subject_alert which, const struct condition *condition,
                         struct sw_wall now)
{
    struct subject *subject = &core->subjects[index];
    struct alert_life *life = &subject->alerts[which];
    if (subject->is_maintained) return;
    struct condition heard = core_people_judge(subject, which, *condition);
    bool muted = life->muted;
    enum sw_alert_action step = alert_life_follow(life, &heard);
    if (muted != life->muted) {
        core_note_standing(subject, which);
        core_must_save(subject);
    }
    step = core_hold_back(core, index, which, step, &heard, now);
    if (step != SW_ALERT_ACTION_NONE) core_take_step(core, index, which, step, &heard, (struct cause){NULL, NULL}, now);
}

/* Cuts at the start of a character rather than through it: bytes 10xxxxxx go on with a character. */
static void copy_text(char *out, size_t size, const char *text)
{
    size_t length = strlen(text);
    if (length >= size) {
        length = size - 1;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--;
    }
    memcpy(out, text, length);
    out[length] = '\0';
}

void core_send_alert(const struct core *core, uint32_t index, const char *name, struct sw_alert *alert,
                     const struct sw_evidence *evidence, struct cause cause, struct sw_wall now)
{
    (alert->drill ? alert_id_write_drill : alert_id_write)(alert->id, core->gateway, alert->kind, name,
                                                           alert->onset.ms);
    copy_text(alert->subject, sizeof alert->subject, name);
    alert->updated_at = now;
    alert->evidence = *evidence;
    copy_text(alert->actor, sizeof alert->actor, cause.actor ? cause.actor : "");
    copy_text(alert->note, sizeof alert->note, cause.note ? cause.note : "");
    if (core->sink.alert) core->sink.alert(core->sink.ctx, index, alert);
}

static void publish(struct core *core, uint32_t index, enum subject_alert which, const struct sw_evidence *evidence,
                    struct cause cause, struct sw_wall now)
{
    const struct subject *subject = &core->subjects[index];
    struct sw_evidence told = *evidence;
    struct sw_alert alert;
    told.flaps = core_flaps(core, index, which, now.ms);
    alert_life_describe(&subject->alerts[which], core_alert_kind((enum subject_domain)subject->domain, which), &alert);
    core_send_alert(core, index, subject->name, &alert, &told, cause, now);
}

void core_note(const struct core *core, uint32_t index, enum sw_alert_kind kind, enum sw_alert_rule rule,
               int64_t onset_ms, const char *note, struct sw_wall now)
{
    const struct subject *subject = &core->subjects[index];
    struct sw_evidence evidence = evidence_of(core, subject, SUBJECT_ALERT_COUNT, SW_COLOUR_GREEN, rule);
    struct sw_alert alert = {.revision = 1, .kind = kind, .state = SW_ALERT_STATE_CLEARED};
    alert.onset.ms = onset_ms;
    alert.raised_at = now;
    core_send_alert(core, index, subject->name, &alert, &evidence, (struct cause){NULL, note}, now);
}

static bool has_open_alert(const struct core *core, uint32_t index, enum subject_alert which, enum sw_alert_kind kind,
                           const char *alert_id)
{
    const struct subject *subject = &core->subjects[index];
    if (which == SUBJECT_ALERT_COUNT || !alert_life_is_open(&subject->alerts[which])) return false;
    const struct alert_life *life = &subject->alerts[which];
    char id[SW_ALERT_ID_SIZE];
    alert_id_write(id, core->gateway, kind, subject->name, life->onset_ms);
    return strcmp(id, alert_id) == 0;
}

static bool find_open_alert(const struct core *core, const char *alert_id, uint32_t *index, enum subject_alert *which)
{
    enum sw_alert_kind kind;
    char name[SW_ID_SIZE];
    if (!alert_id_parse(alert_id, core->gateway, &kind, name)) return false;
    for (int domain = SUBJECT_HOME; domain < SUBJECT_DOMAIN_COUNT; domain++) {
        *which = core_alert_of_kind((enum subject_domain)domain, kind);
        if (core_find_subject(core, (enum subject_domain)domain, name, index) == SW_OK &&
            has_open_alert(core, *index, *which, kind, alert_id))
            return true;
    }
    return false;
}

int core_find_open_alert(const struct core *core, const char *alert_id, uint32_t *subject, enum sw_alert_kind *kind)
{
    enum subject_alert which;
    uint32_t drill = core_find_drill(core, alert_id);
    if (drill < core->drill_count) {
        *subject = core->drills[drill].subject;
        *kind = (enum sw_alert_kind)core->drills[drill].kind;
        return SW_OK;
    }
    if (!find_open_alert(core, alert_id, subject, &which)) return SW_ERROR_NOT_FOUND;
    *kind = core_alert_kind((enum subject_domain)core->subjects[*subject].domain, which);
    return SW_OK;
}

uint32_t core_alert_capacity(const struct core *core)
{
    uint32_t capacity = CORE_DRILLS_MAX;
    for (uint32_t i = 0; i < core->count; i++)
        capacity += (uint32_t)core_alert_count((enum subject_domain)core->subjects[i].domain);
    return capacity;
}

/* The evidence of a person's action is as of now, for the band or rule that the alert was about. */
static int act(struct core *core, uint32_t index, enum subject_alert which, enum sw_alert_action action,
               struct cause cause, struct sw_wall now)
{
    struct subject *subject = &core->subjects[index];
    struct alert_life *life = &subject->alerts[which];
    enum sw_colour colour = (enum sw_colour)life->colour;
    int error = alert_life_act(life, action);
    if (error != SW_OK) return error;
    core_note_standing(subject, which);
    struct sw_evidence evidence = evidence_of(core, subject, which, colour, (enum sw_alert_rule)life->rule);
    core_must_save(subject);
    publish(core, index, which, &evidence, cause, now);
    return SW_OK;
}

int core_on_action(struct core *core, const char *alert_id, uint32_t revision, enum sw_alert_action action,
                   const char *actor, const char *note, struct sw_wall now)
{
    uint32_t index;
    enum subject_alert which;
    uint32_t drill = core_find_drill(core, alert_id);
    if (drill < core->drill_count)
        return core_act_on_drill(core, drill, revision, action, (struct cause){actor, note}, now);
    if (!find_open_alert(core, alert_id, &index, &which)) return SW_ERROR_NOT_FOUND;
    if (revision != 0 && revision != core->subjects[index].alerts[which].revision) return SW_ERROR_STALE;
    int error = act(core, index, which, action, (struct cause){actor, note}, now);
    if (error == SW_OK) core_reschedule(core, index, now.ms);
    return error;
}

void core_retire(struct core *core, uint32_t index, const char *actor, const char *note, struct sw_wall now)
{
    struct subject *subject = &core->subjects[index];
    for (int which = 0; subject->standing >> which != 0; which++) {
        struct cause cause = {actor, note};
        if (alert_life_is_pending(&subject->alerts[which]))
            core_clear(core, index, (enum subject_alert)which, actor, note, now);
        if (act(core, index, (enum subject_alert)which, SW_ALERT_ACTION_RESOLVE, cause, now) != SW_OK) continue;
        subject->alerts[which].muted = false;
        core_note_standing(subject, (enum subject_alert)which);
    }
}

void core_clear(struct core *core, uint32_t index, enum subject_alert which, const char *actor, const char *note,
                struct sw_wall now)
{
    static const struct condition over = {.decided = true, .colour = SW_COLOUR_GREEN};
    const struct alert_life *life = &core->subjects[index].alerts[which];
    if (!alert_life_is_open(life) && !alert_life_is_pending(life)) return;
    core_take_step(core, index, which, SW_ALERT_ACTION_CLEAR, &over, (struct cause){actor, note}, now);
}

int core_tell(struct core *core, uint32_t index, enum sw_alert_kind kind, const char *actor, const char *note,
              struct sw_wall now)
{
    const struct subject *subject = &core->subjects[index];
    enum subject_alert which = core_alert_of_kind((enum subject_domain)subject->domain, kind);
    if (which == SUBJECT_ALERT_COUNT || !alert_life_is_open(&subject->alerts[which])) return SW_ERROR_NOT_FOUND;
    const struct alert_life *life = &subject->alerts[which];
    struct condition as_it_is = {
        .decided = true, .colour = (enum sw_colour)life->colour, .rule = (enum sw_alert_rule)life->rule};
    core_take_step(core, index, which, SW_ALERT_ACTION_TELL, &as_it_is, (struct cause){actor, note}, now);
    return SW_OK;
}

/* Something that is told once rather than watched. An alert that was resolved makes room for the next: what is told now
 * is not what was then. */
static int happened(struct core *core, uint32_t index, enum subject_alert which, enum sw_colour colour,
                    enum sw_alert_rule rule, struct sw_wall onset, struct cause cause, struct sw_wall now)
{
    struct subject *subject = &core->subjects[index];
    struct alert_life *life = &subject->alerts[which];
    enum sw_alert_kind kind = core_alert_kind((enum subject_domain)subject->domain, which);
    bool open = alert_life_is_open(life), pending = alert_life_is_pending(life);
    bool silenced = core_is_silenced(core, index, kind, colour);
    if (open && (silenced || colour <= (enum sw_colour)life->colour))
        return core_tell(core, index, kind, cause.actor, cause.note, now);
    if (pending && colour <= (enum sw_colour)life->colour) return SW_OK;
    struct condition condition = {.decided = true,
                                  .colour = colour,
                                  .onset_ms = onset.ms,
                                  .rule = open || pending ? (enum sw_alert_rule)life->rule : rule};
    enum sw_alert_action step = SW_ALERT_ACTION_RAISE;
    if (silenced && !pending) step = SW_ALERT_ACTION_HOLD;
    if (open || (silenced && pending)) step = SW_ALERT_ACTION_WORSEN;
    if (!open) life->muted = false;
    core_take_step(core, index, which, step, &condition, cause, now);
    return SW_OK;
}

int core_report(struct core *core, uint32_t place, enum sw_colour colour, enum sw_alert_rule rule, struct sw_wall onset,
                const char *actor, const char *note, struct sw_wall now)
{
    if (core->subjects[place].domain != SUBJECT_PLACE) return SW_ERROR_INVALID_ARGUMENT;
    return happened(core, place, SUBJECT_ALERT_MAIN, colour, rule, onset, (struct cause){actor, note}, now);
}

void core_on_damage(struct core *core, uint32_t store, enum sw_alert_rule rule, const char *note, struct sw_wall now)
{
    if (core->subjects[store].domain != SUBJECT_STORE) return;
    (void)happened(core, store, STORE_ALERT_DAMAGED, SW_COLOUR_ORANGE, rule, now, (struct cause){NULL, note}, now);
}

void core_forget_damage(struct core *core, uint32_t store, struct sw_wall now)
{
    const struct subject *subject = &core->subjects[store];
    if (subject->domain != SUBJECT_STORE) return;
    if (now.ms - (int64_t)subject->alerts[STORE_ALERT_DAMAGED].onset_ms < DAMAGE_TOLD_MS) return;
    core_clear(core, store, STORE_ALERT_DAMAGED, NULL, NULL, now);
}

bool core_held_report(const struct core *core, uint32_t place, struct sw_alert *alert)
{
    const struct subject *subject = &core->subjects[place];
    const struct alert_life *life = &subject->alerts[SUBJECT_ALERT_MAIN];
    if (subject->domain != SUBJECT_PLACE || !alert_life_is_pending(life)) return false;
    alert_life_describe(life, SW_ALERT_KIND_REPORTED, alert);
    alert->evidence.rule = (enum sw_alert_rule)life->rule;
    alert->updated_at.ms = alert_life_pending_since_ms(life);
    alert_id_write(alert->id, core->gateway, SW_ALERT_KIND_REPORTED, subject->name, alert->onset.ms);
    return true;
}

void core_expire_place(struct core *core, uint32_t place, const char *note, struct sw_wall now)
{
    const struct subject *subject = &core->subjects[place];
    const struct alert_life *life = &subject->alerts[SUBJECT_ALERT_MAIN];
    if (subject->domain != SUBJECT_PLACE) return;
    if (alert_life_is_pending(life)) core_clear(core, place, SUBJECT_ALERT_MAIN, NULL, note, now);
    if (!alert_life_is_open(life)) return;
    struct condition over = {.decided = true, .colour = SW_COLOUR_GREEN, .rule = (enum sw_alert_rule)life->rule};
    core_take_step(core, place, SUBJECT_ALERT_MAIN, SW_ALERT_ACTION_EXPIRE, &over, (struct cause){NULL, note}, now);
}
