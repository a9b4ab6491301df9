/* Exercises: alerts that are raised by a person's word, and marked. They live beside the subjects' own, so that a real
 * alert of the same subject and kind comes and goes as if there were no drill. */
#include <string.h>

#include "core/alert/alert_id.h"
#include "core/core_state.h"

static_assert(CORE_DRILLS_MAX * 120 + 16 <= CORE_SNAPSHOT_SIZE_MAX, "all of them fit into one snapshot");

static void publish(struct core *core, const struct drill *drill, struct cause cause, struct sw_wall now)
{
    static const struct sw_evidence nothing = {.rule = SW_ALERT_RULE_DRILL, .coverage_permille = -1};
    struct sw_alert alert;
    alert_life_describe(&drill->life, (enum sw_alert_kind)drill->kind, &alert);
    alert.drill = true;
    core->drills_dirty = true;
    core_send_alert(core, drill->subject, drill->name, &alert, &nothing, cause, now);
}

/* It has told that it is over. */
static void forget(struct core *core, struct drill *drill)
{
    *drill = core->drills[--core->drill_count];
}

static void end(struct core *core, struct drill *drill, struct sw_wall now)
{
    struct drill over = *drill;
    bool orphan = over.subject == CORE_NO_SUBJECT;
    struct cause gone = {SW_ALERT_ACTOR_CONFIGURATION, "no longer in the gateway's configuration"};
    forget(core, drill);
    if (orphan)
        (void)alert_life_act(&over.life, SW_ALERT_ACTION_RESOLVE);
    else
        alert_life_step(&over.life, SW_ALERT_ACTION_CLEAR, SW_COLOUR_GREEN, SW_ALERT_RULE_DRILL, 0, now.ms);
    publish(core, &over, orphan ? gone : (struct cause){NULL, NULL}, now);
}

static bool find_subject(const struct core *core, const char *name, enum sw_alert_kind kind, uint32_t *index)
{
    for (int domain = SUBJECT_HOME; domain < SUBJECT_DOMAIN_COUNT; domain++)
        if (core_alert_of_kind((enum subject_domain)domain, kind) != SUBJECT_ALERT_COUNT &&
            core_find_subject(core, (enum subject_domain)domain, name, index) == SW_OK)
            return true;
    return false;
}

static bool is_open(const struct core *core, uint32_t subject, enum sw_alert_kind kind)
{
    for (uint32_t i = 0; i < core->drill_count; i++)
        if (core->drills[i].subject == subject && core->drills[i].kind == kind) return true;
    return false;
}

int core_start_drill(struct core *core, const char *subject, enum sw_alert_kind kind, enum sw_colour colour,
                     struct sw_wall until, const char *actor, const char *note, struct sw_wall now)
{
    uint32_t index;
    if (colour == SW_COLOUR_GREEN || colour >= SW_COLOUR_COUNT || !sw_alert_kind_is_coloured(kind) ||
        until.ms <= now.ms || until.ms - now.ms > CORE_DRILL_MAX_MS)
        return SW_ERROR_INVALID_ARGUMENT;
    if (!find_subject(core, subject, kind, &index)) return SW_ERROR_NOT_FOUND;
    if (is_open(core, index, kind)) return SW_ERROR_NOT_PERMITTED;
    if (core->drill_count == CORE_DRILLS_MAX) return SW_ERROR_BUSY;

    struct drill *drill = &core->drills[core->drill_count++];
    *drill = (struct drill){
        .subject = index, .domain = core->subjects[index].domain, .kind = (uint8_t)kind, .until_ms = until.ms};
    memcpy(drill->name, core->subjects[index].name, strlen(core->subjects[index].name) + 1);
    alert_life_step(&drill->life, SW_ALERT_ACTION_RAISE, colour, SW_ALERT_RULE_DRILL, now.ms, now.ms);
    publish(core, drill, (struct cause){actor, note}, now);
    return SW_OK;
}

uint32_t core_find_drill(const struct core *core, const char *alert_id)
{
    uint32_t i = 0;
    for (; i < core->drill_count; i++) {
        const struct drill *drill = &core->drills[i];
        char id[SW_ALERT_ID_SIZE];
        alert_id_write_drill(id, core->gateway, (enum sw_alert_kind)drill->kind, drill->name,
                             (int64_t)drill->life.onset_ms);
        if (strcmp(id, alert_id) == 0) break;
    }
    return i;
}

int core_act_on_drill(struct core *core, uint32_t place, uint32_t revision, enum sw_alert_action action,
                      struct cause cause, struct sw_wall now)
{
    struct drill *drill = &core->drills[place];
    if (revision != 0 && revision != drill->life.revision) return SW_ERROR_STALE;
    int error = alert_life_act(&drill->life, action);
    if (error != SW_OK) return error;
    struct drill acted_on = *drill;
    if (!alert_life_is_open(&drill->life)) forget(core, drill);
    publish(core, &acted_on, cause, now);
    return SW_OK;
}

void core_tick_drills(struct core *core, struct sw_wall now)
{
    for (uint32_t i = core->drill_count; i-- > 0;) {
        struct drill *drill = &core->drills[i];
        /* The clock was set back. */
        if (drill->until_ms - now.ms > CORE_DRILL_MAX_MS) drill->until_ms = now.ms + CORE_DRILL_MAX_MS;
        if (drill->until_ms <= now.ms || drill->subject == CORE_NO_SUBJECT) end(core, drill, now);
    }
}

int64_t core_drills_due_ms(const struct core *core)
{
    int64_t due_ms = DEADLINE_NONE;
    for (uint32_t i = 0; i < core->drill_count; i++)
        if (core->drills[i].until_ms < due_ms) due_ms = core->drills[i].until_ms;
    return due_ms;
}
